//! What waits to be written to one socket.
//!
//! Bounded by frames and by bytes: a reader that is too slow is closed and comes back for what
//! it missed, so that it costs the others nothing.
//! What others show of themselves stands beside that and is written when nothing else waits: the
//! latest of each, and nothing is dropped for it.

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
    latest: Mutex<BTreeMap<ClientId, Utf8Bytes>>,
    /// Told when there is one.
    came: Notify,
}

impl Faces {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ClientId, Utf8Bytes>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end where frames are put in.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    items: mpsc::UnboundedSender<Item>,
    waiting: Arc<Waiting>,
    faces: Arc<Faces>,
    cut: Arc<Notify>,
    bytes_max: usize,
    frames_max: usize,
}

/// The end where the socket takes them.
#[derive(Debug)]
pub(crate) struct Queue {
    /// What to write, in order.
    pub(crate) items: mpsc::UnboundedReceiver<Item>,
    waiting: Arc<Waiting>,
    faces: Arc<Faces>,
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
    let faces = Arc::<Faces>::default();
    let outgoing = Outgoing {
        items: sender,
        waiting: Arc::clone(&waiting),
        faces: Arc::clone(&faces),
        cut: Arc::clone(&cut),
        bytes_max: limits.outgoing_bytes_max,
        frames_max: limits.outgoing_frames_max,
    };
    let queue = Queue {
        items,
        waiting,
        faces,
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
        self.faces.lock().insert(client_id, text);
        self.faces.came.notify_one();
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
        // A socket that is gone has told the room, or is about to.
        let _gone = self.items.send(item);
    }
}

impl Queue {
    /// The next thing to write: what is in order first. `None` when no more will come.
    pub(crate) async fn next(&mut self) -> Option<Item> {
        loop {
            tokio::select! {
                biased;
                item = self.items.recv() => return item,
                () = self.faces.came.notified() => {
                    let Some((client_id, text)) = self.faces.lock().pop_first() else {
                        continue;
                    };
                    // There may be another one.
                    self.faces.came.notify_one();
                    // What is in order and came before this has to be written before it.
                    let Ok(item) = self.items.try_recv() else {
                        return Some(Item::Frame { text, counted: false });
                    };
                    // A newer one may have come meanwhile.
                    self.faces.lock().entry(client_id).or_insert(text);
                    return Some(item);
                }
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
