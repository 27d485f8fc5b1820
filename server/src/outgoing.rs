//! What waits to be written to one socket.
//!
//! Bounded by frames and by bytes: a reader that is too slow is closed and comes back for what
//! it missed, so that it costs the others nothing.
//! Of what others show of themselves only the latest of each waits, behind what was put in before
//! it and before what came after, for it reads in just the document that the reader has by then.
//! Nothing is dropped for it.

use crate::limits::Limits;
use axum::extract::ws::Utf8Bytes;
use draftsync::error::ErrorCode;
use draftsync::frame;
use draftsync::protocol::{ClientId, ToClient};
use draftsync::tree::Tree;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc};

/// One thing to write.
#[derive(Debug)]
pub(crate) enum Item {
    /// A frame.
    Frame {
        /// Its text, shared by all who read it.
        text: Utf8Bytes,
        /// Whether it counts towards the queue's limits; a welcome does not.
        counted: bool,
    },
    /// The end.
    Close(ErrorCode),
}

#[derive(Debug, Default)]
struct Waiting {
    frames: AtomicUsize,
    bytes: AtomicUsize,
}

/// What others show of themselves that is not written yet: the latest of each, as frames.
#[derive(Debug, Default)]
struct Faces {
    /// How many items were put in before.
    items: u64,
    /// Behind how many items each stands.
    behind: BTreeMap<ClientId, u64>,
    /// All of them, in the order in which they are written.
    texts: BTreeMap<(u64, ClientId), Utf8Bytes>,
}

impl Faces {
    fn put(&mut self, client_id: ClientId, text: Utf8Bytes) {
        if let Some(behind) = self.behind.insert(client_id, self.items) {
            self.texts.remove(&(behind, client_id));
        }
        self.texts.insert((self.items, client_id), text);
    }

    /// Takes one that is to be written when so many items are.
    fn take(&mut self, items: u64) -> Option<Utf8Bytes> {
        let first = self.texts.first_entry()?;
        let (behind, client_id) = *first.key();
        if behind > items {
            return None;
        }
        self.behind.remove(&client_id);
        Some(first.remove())
    }
}

/// The faces of one socket, which both its ends share.
#[derive(Debug, Default)]
struct Beside {
    faces: Mutex<Faces>,
    /// Told when there is one.
    came: Notify,
}

impl Beside {
    fn lock(&self) -> MutexGuard<'_, Faces> {
        self.faces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end where frames are put in.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    items: mpsc::UnboundedSender<Item>,
    waiting: Arc<Waiting>,
    beside: Arc<Beside>,
    cut: Arc<Notify>,
    bytes_max: usize,
    frames_max: usize,
}

/// The end where the socket takes them.
#[derive(Debug)]
pub(crate) struct Queue {
    /// What to write, in order.
    items: mpsc::UnboundedReceiver<Item>,
    /// The item that comes next, and may have to wait for a face.
    held: Option<Item>,
    /// How many were given out before it.
    given: u64,
    waiting: Arc<Waiting>,
    beside: Arc<Beside>,
    /// Told when the reader is too slow, and the socket closes without writing what waits.
    pub(crate) cut: Arc<Notify>,
}

/// The reader did not keep up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slow;

/// A queue for one socket.
pub(crate) fn queue(limits: &Limits) -> (Outgoing, Queue) {
    let (sender, items) = mpsc::unbounded_channel();
    let cut = Arc::<Notify>::default();
    let waiting = Arc::<Waiting>::default();
    let beside = Arc::<Beside>::default();
    let outgoing = Outgoing {
        items: sender,
        waiting: Arc::clone(&waiting),
        beside: Arc::clone(&beside),
        cut: Arc::clone(&cut),
        bytes_max: limits.outgoing_bytes_max,
        frames_max: limits.outgoing_frames_max,
    };
    let queue = Queue {
        items,
        held: None,
        given: 0,
        waiting,
        beside,
        cut,
    };
    (outgoing, queue)
}

impl Outgoing {
    /// Puts a frame at the end, when there is room for it.
    ///
    /// A single frame always has room: a change may be a little larger than the limit.
    pub(crate) fn frame(&self, text: Utf8Bytes) -> Result<(), Slow> {
        let frames = self.waiting.frames.load(Ordering::Relaxed);
        let bytes = self.waiting.bytes.load(Ordering::Relaxed);
        let full = frames >= self.frames_max || bytes + text.len() > self.bytes_max;
        if frames > 0 && full {
            return Err(Slow);
        }
        self.waiting.frames.fetch_add(1, Ordering::Relaxed);
        self.waiting.bytes.fetch_add(text.len(), Ordering::Relaxed);
        self.put(Item::Frame {
            text,
            counted: true,
        });
        Ok(())
    }

    /// Takes what a client shows of itself, in the place of what waits of the same one.
    pub(crate) fn face(&self, client_id: ClientId, text: Utf8Bytes) {
        self.beside.lock().put(client_id, text);
        self.beside.came.notify_one();
    }

    /// Puts a frame at the end that the limits do not count.
    pub(crate) fn uncounted(&self, text: Utf8Bytes) {
        self.put(Item::Frame {
            text,
            counted: false,
        });
    }

    /// Says why, then closes.
    pub(crate) fn refuse(&self, code: ErrorCode, message: &str) {
        if let Some(text) = encode(&ToClient::Error {
            code: code.word().to_owned(),
            message: message.to_owned(),
        }) {
            self.uncounted(text);
        }
        self.close(code);
    }

    /// Closes after what waits is written.
    pub(crate) fn close(&self, code: ErrorCode) {
        self.put(Item::Close(code));
    }

    /// Closes at once, as slow; what waits is dropped.
    pub(crate) fn cut_off(&self) {
        self.cut.notify_one();
    }

    fn put(&self, item: Item) {
        // Under the lock, for the room is not the only one that puts items in.
        let mut faces = self.beside.lock();
        faces.items += 1;
        // A socket that is gone has told the room, or is about to.
        let _gone = self.items.send(item);
    }
}

impl Queue {
    /// The next thing to write; `None` when no more will come.
    pub(crate) async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(text) = self.beside.lock().take(self.given) {
                return Some(Item::Frame {
                    text,
                    counted: false,
                });
            }
            if let Some(item) = self.held.take() {
                self.given += 1;
                return Some(item);
            }
            // What comes here may be an item before which a face came: that is looked at again.
            tokio::select! {
                biased;
                item = self.items.recv() => self.held = Some(item?),
                () = self.beside.came.notified() => {}
            }
        }
    }

    /// A frame was written.
    pub(crate) fn written(&self, bytes: usize) {
        self.waiting.frames.fetch_sub(1, Ordering::Relaxed);
        self.waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The text of a message; `None`, and a line in the log, for what cannot be said.
pub(crate) fn encode(message: &ToClient<Tree>) -> Option<Utf8Bytes> {
    match frame::write(message) {
        Ok(text) => Some(text.into()),
        Err(error) => {
            tracing::error!(%error, "a message could not be written as JSON");
            None
        }
    }
}

#[cfg(test)]
mod tests;
