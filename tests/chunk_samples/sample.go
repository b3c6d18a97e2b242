// Package queue holds work to be done.
package queue

import (
	"errors"
	"sync"
)

// ErrFull is returned by Push.
var ErrFull = errors.New("queue: full")

const (
	// Small is the default capacity.
	Small = 16
	Large = 1024
)

// Queue is safe for concurrent use.
type Queue struct {
	mu    sync.Mutex
	items []int
}

type (
	// Visitor sees every item.
	Visitor interface {
		Visit(item int) error
	}
	Name string
)

// New makes an empty queue.
func New() *Queue {
	return &Queue{}
}

// Push adds an item at the end.
func (q *Queue) Push(item int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) >= Large {
		return ErrFull
	}
	q.items = append(q.items, item)
	return nil
}

func Map[T, U any](items []T, f func(T) U) []U {
	var out []U
	for _, item := range items {
		out = append(out, f(item))
	}
	return out
}
