//! A queue of work.

use std::collections::VecDeque;

/// How many items fit.
pub const LIMIT: usize = 100;

static NAME: &str = "queue";

/// A queue of items.
#[derive(Debug, Clone)]
pub struct Queue<T> {
    items: VecDeque<T>,
}

pub enum State {
    Open,
    Closed,
}

pub type Numbers = Queue<i32>;

/// Things that can be closed.
pub trait Close {
    fn close(&mut self);

    fn is_open(&self) -> bool {
        true
    }
}

impl<T> Queue<T> {
    /// Adds an item at the end.
    #[inline]
    pub fn push(&mut self, item: T) {
        self.items.push_back(item);
    }
}

impl<T> Close for Queue<T> {
    fn close(&mut self) {
        self.items.clear();
    }
}

macro_rules! queue {
    ($($x:expr),*) => { Queue::from([$($x),*]) };
}

pub async fn drain(queue: &mut Queue<i32>) -> usize {
    queue.items.len()
}

union Word {
    number: u32,
    bytes: [u8; 4],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes() {
        assert!(true);
    }
}
