/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#ifndef RING_H
#define RING_H
#define RING_CAPACITY 64
#define ring_next(i) (((i) + 1) % RING_CAPACITY)

/* A fixed-size queue of integers. */
struct ring {
	int items[RING_CAPACITY];
	unsigned head, tail;
};

enum ring_state { RING_EMPTY, RING_FULL };

typedef struct ring ring_t;
typedef int (*ring_visitor)(int item, void *context);

typedef struct {
	int count;
} ring_stats;

union ring_word {
	int number;
	char bytes[4];
};

extern int ring_debug(const struct ring *ring);

static const char *const ring_names[] = {
	"empty",
	"full",
};

/**
 * ring_push - put an item at the end
 */
static int ring_push(struct ring *ring, int item)
{
	if (ring_next(ring->tail) == ring->head)
		return -1;
	ring->items[ring->tail] = item; /* the slot was free */
	ring->tail = ring_next(ring->tail);
	return 0;
}

// Who owns the result: the caller.
struct ring *
ring_new(void)
{
	return calloc(1, sizeof(struct ring));
}

#ifdef RING_DEBUG
int ring_debug(const struct ring *ring)
{
	return printf("%u\n", ring->head);
}
#endif
#endif
