//! One room, what is kept of it, and its frames as text.

use draftsync::error::ErrorCode;
use draftsync::frame;
use draftsync::protocol::{
    Change, ClientId, Epoch, MESSAGE_BYTES_MAX, PatchOp, ToClient, ToRoom, Version,
};
use draftsync::room::{
    Append, Dedupe, LOG_CHANGES_MAX, Room, RoomOutput, SessionId, Speaker, Stored, StoredError,
};
use draftsync::tree::Tree;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Largest message before a session is in, in bytes; as the server has it.
pub const HELLO_BYTES_MAX: usize = 16 * 1024;

/// What the host lets the author of a frame do.
#[derive(Clone, Debug, PartialEq)]
pub struct Leave {
    /// Whether the session may write.
    pub writes: bool,
    /// What others are told of who it is, if anything.
    pub user: Option<Tree>,
    /// Which changes of a push shall be rejected, by their zero-based places.
    pub refused: BTreeSet<usize>,
}

/// What goes to sockets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// A frame.
    Frame {
        /// To which sessions.
        to: Vec<u64>,
        /// Its text.
        text: String,
    },
    /// The end of a session.
    Close {
        /// Of which one.
        close: u64,
        /// The close code.
        code: u16,
        /// The close reason.
        reason: &'static str,
    },
}

/// A room and what a store has of it.
#[derive(Debug)]
pub struct HostedRoom {
    room: Room<Tree>,
    /// The sessions that have said something.
    known: BTreeSet<SessionId>,
    snapshot: Option<(Version, Tree)>,
    log: VecDeque<Change<Tree>>,
    clients: BTreeMap<ClientId, Dedupe<Tree>>,
}

impl HostedRoom {
    /// A room that nobody has written to.
    pub fn new(epoch: Epoch) -> Self {
        Self {
            room: Room::new(epoch),
            known: BTreeSet::new(),
            snapshot: None,
            log: VecDeque::new(),
            clients: BTreeMap::new(),
        }
    }

    /// The room as its next process has it: nobody is in it, and what was acknowledged is there.
    /// A room without a document has another history then, as on the server.
    ///
    /// # Errors
    /// What is kept contradicts itself, which only a fault of this host can cause.
    pub fn restart(&mut self, epoch: Epoch) -> Result<(), StoredError> {
        self.known.clear();
        if self.room.head() == Version(0) {
            *self = Self::new(epoch);
            return Ok(());
        }
        self.room = Room::load(Stored {
            epoch: self.room.epoch(),
            snapshot: self.snapshot.clone(),
            log: self.log.iter().cloned().collect(),
            clients: self.clients.clone().into_iter().collect(),
        })?;
        Ok(())
    }

    /// The name of the room's history.
    pub fn epoch(&self) -> Epoch {
        self.room.epoch()
    }

    /// The document; none before the seed.
    pub fn document(&self) -> Option<&Tree> {
        self.room.doc()
    }

    /// The changes that the room has taken, the newest last, as far back as it remembers them.
    pub fn log(&self) -> impl Iterator<Item = &Change<Tree>> {
        self.log.iter()
    }

    /// Time has passed: so long since a moment of the host's choice. It never goes back.
    pub fn handle_time(&mut self, now: Duration) -> Vec<Said> {
        self.room.handle_time(now);
        self.carry_out()
    }

    /// When [`Self::handle_time`] wants to be called; never where nobody is, so that no timer of an
    /// empty room holds a process.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let timeout = self.room.poll_timeout();
        timeout.filter(|_| !self.known.is_empty())
    }

    /// A session sends a frame; its first one opens it.
    pub fn handle_frame(&mut self, session: SessionId, text: &str, leave: &Leave) -> Vec<Said> {
        let bytes_max = match self.known.insert(session) {
            true => HELLO_BYTES_MAX,
            false => MESSAGE_BYTES_MAX,
        };
        if text.len() > bytes_max {
            let message = "the message is larger than the room takes here";
            return self.refuse(session, ErrorCode::TooLarge, message);
        }
        let Ok(mut message) = frame::read::<ToRoom<Tree>>(text) else {
            let message = "this is no message of the protocol";
            return self.refuse(session, ErrorCode::Protocol, message);
        };
        if let ToRoom::Push { changes, .. } = &mut message {
            let offered = changes.iter_mut().enumerate();
            for (_, change) in offered.filter(|(at, _)| leave.refused.contains(at)) {
                // A guard that never holds, for no document is null: the room itself rejects the
                // change, remembers that, and decides those after it without this one.
                let (path, value) = (String::new(), Tree::Null);
                change.patch.insert(0, PatchOp::Test { path, value });
            }
        }
        let speaker = Speaker {
            writes: leave.writes,
            user: leave.user.clone(),
            ..Speaker::ANYBODY
        };
        self.room.handle_message_of(session, &speaker, message);
        self.carry_out()
    }

    /// A session's socket is gone.
    pub fn handle_closed(&mut self, session: SessionId) -> Vec<Said> {
        self.known.remove(&session);
        self.room.handle_closed(session);
        self.carry_out()
    }

    fn refuse(&mut self, session: SessionId, code: ErrorCode, message: &str) -> Vec<Said> {
        let mut said = self.handle_closed(session);
        let error = ToClient::Error {
            code: code.word().to_owned(),
            message: message.to_owned(),
        };
        said.extend(told(vec![session], &error));
        said.push(closed(session, code));
        said
    }

    fn carry_out(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(append) => {
                    self.keep(append);
                    self.room.handle_durable();
                }
                RoomOutput::Send(session, message) => said.extend(told(vec![session], &message)),
                RoomOutput::Relay(sessions, change) => {
                    said.extend(told(sessions, &ToClient::Change(change)));
                }
                RoomOutput::Show(sessions, _, message) => said.extend(told(sessions, &message)),
                RoomOutput::Close(session, code) => {
                    self.known.remove(&session);
                    said.push(closed(session, code));
                }
            }
        }
        said
    }

    fn keep(&mut self, append: Append<Tree>) {
        self.log.extend(append.changes);
        self.clients.insert(append.client_id, append.dedupe);
        if self.log.len() <= LOG_CHANGES_MAX {
            return;
        }
        // One message makes one append, so the document is the one after the newest change.
        let document = self.room.doc().cloned();
        self.snapshot = document.map(|document| (self.room.head(), document));
        while self.log.len() > LOG_CHANGES_MAX {
            self.log.pop_front();
        }
    }
}

/// A message to sessions; nothing when it is for nobody.
fn told(sessions: Vec<SessionId>, message: &ToClient<Tree>) -> Option<Said> {
    let to: Vec<_> = sessions.into_iter().map(|session| session.0).collect();
    let text = frame::write(message).ok().filter(|_| !to.is_empty())?;
    Some(Said::Frame { to, text })
}

fn closed(session: SessionId, code: ErrorCode) -> Said {
    Said::Close {
        close: session.0,
        code: code.close_code(),
        reason: code.word(),
    }
}
