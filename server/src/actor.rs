//! One task for each open room: the room decides, this carries out.

use crate::engine::Engine;
use crate::outgoing::{Outgoing, encode};
use crate::registry::Registry;
use axum::extract::ws::Utf8Bytes;
use draftsync::error::ErrorCode;
use draftsync::protocol::{Epoch, ToClient, ToRoom};
use draftsync::room::{Append, Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// What a socket tells its room.
#[derive(Debug)]
pub(crate) enum Mail {
    /// A new session, whose first message follows.
    Open {
        /// Its number.
        session: SessionId,
        /// Where it hears.
        outgoing: Outgoing,
        /// Answered when the session is in; dropped when the room closed meanwhile.
        opened: oneshot::Sender<()>,
    },
    /// It says something.
    Message(SessionId, ToRoom<Tree>),
    /// Its socket closed.
    Closed(SessionId),
}

/// The storage failed; the room has told its sessions.
struct StorageFailed;

pub(crate) struct Actor {
    name: String,
    generation: u64,
    room: Room<Tree>,
    sessions: BTreeMap<SessionId, Outgoing>,
    engine: Arc<dyn Engine>,
    registry: Arc<Registry>,
}

impl Actor {
    /// A room that nobody has written to.
    pub(crate) fn new(
        name: String,
        generation: u64,
        epoch: Epoch,
        engine: Arc<dyn Engine>,
        registry: Arc<Registry>,
    ) -> Self {
        Self {
            name,
            generation,
            room: Room::new(epoch),
            sessions: BTreeMap::new(),
            engine,
            registry,
        }
    }

    /// Runs until the room is not needed any more, or until its storage fails.
    pub(crate) async fn run(mut self, mut mailbox: mpsc::Receiver<Mail>) {
        while let Some(mail) = mailbox.recv().await {
            self.take(mail);
            if let Err(StorageFailed) = self.carry_out().await {
                break;
            }
            // Nobody is here, nobody wrote: what is left is worth nothing.
            if self.sessions.is_empty() && self.room.head().0 == 0 && mailbox.is_empty() {
                break;
            }
        }
        // First no more finds this room, then no more gets in. Who got in between is let go
        // with the mailbox, and asks the registry again.
        self.registry.forget(&self.name, self.generation);
        mailbox.close();
    }

    fn take(&mut self, mail: Mail) {
        match mail {
            Mail::Open {
                session,
                outgoing,
                opened,
            } => {
                if opened.send(()).is_ok() {
                    self.sessions.insert(session, outgoing);
                }
            }
            // A session that was closed may have sent more before it heard of that.
            Mail::Message(session, message) => {
                if self.sessions.contains_key(&session) {
                    self.room.handle_message(session, message);
                }
            }
            Mail::Closed(session) => self.drop_session(session),
        }
    }

    async fn carry_out(&mut self) -> Result<(), StorageFailed> {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(append) => self.append(append).await?,
                RoomOutput::Send(session, message) => self.send(session, &message),
                RoomOutput::Relay(sessions, change) => {
                    let Some(text) = encode(&ToClient::Change(change)) else {
                        continue;
                    };
                    for session in sessions {
                        self.deliver(session, text.clone());
                    }
                }
                RoomOutput::Close(session, code) => {
                    if let Some(outgoing) = self.sessions.remove(&session) {
                        outgoing.close(code);
                    }
                }
            }
        }
        Ok(())
    }

    async fn append(&mut self, append: Append<Tree>) -> Result<(), StorageFailed> {
        let stored = self.engine.append(&self.name, self.room.epoch(), &append);
        if let Err(error) = stored.await {
            tracing::error!(%error, "the storage failed; a room closes and nothing is decided");
            for outgoing in std::mem::take(&mut self.sessions).into_values() {
                let message = "the room's storage failed; the change stays pending";
                outgoing.refuse(ErrorCode::Storage, message);
            }
            return Err(StorageFailed);
        }
        self.room.handle_durable();
        Ok(())
    }

    fn send(&mut self, session: SessionId, message: &ToClient<Tree>) {
        let Some(text) = encode(message) else {
            return;
        };
        if matches!(message, ToClient::Welcome(_)) {
            // Bounded by the document's limits, and nobody can be slow before the first frame.
            if let Some(outgoing) = self.sessions.get(&session) {
                outgoing.uncounted(text);
            }
        } else {
            self.deliver(session, text);
        }
    }

    fn deliver(&mut self, session: SessionId, text: Utf8Bytes) {
        let Some(outgoing) = self.sessions.get(&session) else {
            return;
        };
        if outgoing.frame(text).is_err() {
            outgoing.cut_off();
            self.drop_session(session);
        }
    }

    fn drop_session(&mut self, session: SessionId) {
        self.sessions.remove(&session);
        self.room.handle_closed(session);
    }
}
