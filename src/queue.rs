//! First in, first out, from two vectors: `VecDeque` takes several times the code.

use alloc::vec::Vec;

/// What came, and of what came before that the rest, turned round.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    coming: Vec<T>,
    going: Vec<T>,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self {
            coming: Vec::new(),
            going: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, item: T) {
        self.coming.push(item);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        if self.going.is_empty() {
            core::mem::swap(&mut self.coming, &mut self.going);
            self.going.reverse();
        }
        self.going.pop()
    }

    pub(crate) fn clear(&mut self) {
        self.coming.clear();
        self.going.clear();
    }
}
