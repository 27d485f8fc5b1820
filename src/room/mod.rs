//! One document's authority: it puts changes in one order and takes each exactly once.
//!
//! A state machine without IO and without storage. It decides at once, on what it has decided
//! before; what it decided is told to nobody before the host says that it is durable
//! (SPEC R, durability): every output waits behind the appends that came before it.

mod check;
mod greet;
mod load;
mod presence;
mod push;
mod seed;

pub use load::{Stored, StoredError};
pub use presence::{PRESENCE_INTERVAL, PRESENCE_SILENCE};

use crate::doc::Doc;
use crate::error::ErrorCode;
use crate::op::Patch;
use crate::protocol::{
    Change, ClientId, Epoch, MESSAGE_BYTES_MAX, PROTOCOL_VERSION, Seq, ToClient, ToRoom, Verdict,
    Version,
};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use presence::Face;

/// How far behind head a push may be based.
pub const WINDOW_VERSIONS_MAX: u64 = 10_000;
/// How many changes a room keeps to bring clients up to date without a snapshot.
pub const LOG_CHANGES_MAX: usize = 10_000;
/// Largest document, in bytes of JSON.
pub const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most values in a document.
pub const DOCUMENT_NODES_MAX: usize = 1_000_000;

/// One socket, as the room sees it; the host makes the numbers and never uses one twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// What must be durable before anybody hears of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Append<V> {
    /// The version before the changes.
    pub head: Version,
    /// The changes that were taken, of consecutive versions; may be none.
    pub changes: Vec<Change<V>>,
    /// Whose push it was.
    pub client_id: ClientId,
    /// What the room remembers of that client from now on.
    pub dedupe: Dedupe<V>,
}

/// What a room remembers of a client, so that a change is taken exactly once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dedupe<V> {
    /// The last seq that was decided.
    pub last_seq: Seq,
    /// The answers that the client has not acknowledged having seen, in order of seq.
    pub results: Vec<Verdict<V>>,
    /// Whose replica it is, where the host knows who speaks.
    pub owner: Option<Arc<str>>,
}

/// Who speaks, as far as the host knows, and what the host lets them do.
#[derive(Clone, Debug, PartialEq)]
pub struct Speaker<V> {
    /// Their name; none where the host asks nobody for one.
    pub owner: Option<Arc<str>>,
    /// Whether they may write.
    pub writes: bool,
    /// Whether they may show who they are and see who is here.
    pub presence: bool,
    /// What others are told of them beside what they show.
    pub user: Option<V>,
}

impl<V> Speaker<V> {
    /// Anybody at all, who may do everything.
    pub const ANYBODY: Self = Self {
        owner: None,
        writes: true,
        presence: true,
        user: None,
    };
}

/// What the host must do.
#[derive(Clone, Debug, PartialEq)]
pub enum RoomOutput<V> {
    /// Make this durable, then call [`Room::handle_durable`]; several may be under way, in order.
    Append(Append<V>),
    /// Send a message to one session.
    Send(SessionId, ToClient<V>),
    /// Send a change to these sessions; encode it once.
    Relay(Vec<SessionId>, Change<V>),
    /// Tell these sessions what a client shows of itself, or that it shows nothing any more;
    /// encode it once. What still waits for one of them of the same client is worth nothing now,
    /// and none of it may overtake what was put out before it.
    Show(Vec<SessionId>, ClientId, ToClient<V>),
    /// Close a session's socket, with the code's close code and word.
    Close(SessionId, ErrorCode),
}

/// What waits until all is durable that was decided before.
#[derive(Debug)]
enum Waiting<V> {
    Output(RoomOutput<V>),
    /// What a session shows, as it is when its turn comes, for one other or for all.
    Face {
        of: SessionId,
        to: Option<SessionId>,
    },
}

#[derive(Debug)]
struct Session<V> {
    client_id: ClientId,
    owner: Option<Arc<str>>,
    /// The lowest version that this session may still push on.
    named: Version,
    /// How often it sent what is no patch.
    invalid: u32,
    face: Face<V>,
}

#[derive(Debug)]
struct Entry<V> {
    change: Change<V>,
    /// The patch as it was typed on the version before.
    patch: Patch<V>,
}

/// One document and who is there.
#[derive(Debug)]
pub struct Room<D: Doc> {
    epoch: Epoch,
    /// The last changes, the newest last; its version is head.
    log: VecDeque<Entry<D::Value>>,
    head: Version,
    /// The documents of the versions in the window, head last; empty before the seed.
    roots: VecDeque<D>,
    bytes: usize,
    nodes: usize,
    sessions: BTreeMap<SessionId, Session<D::Value>>,
    clients: BTreeMap<ClientId, Dedupe<D::Value>>,
    /// Appends for the host, which wait for nothing.
    appends: VecDeque<Append<D::Value>>,
    appended: u64,
    durable: u64,
    /// Everything else, each behind the append with its number.
    outputs: VecDeque<(u64, Waiting<D::Value>)>,
    /// The version of the last change that was put out to be relayed.
    relayed: Version,
    /// The time that the host told last.
    now: Duration,
    /// When something is due, or before.
    wake: Option<Duration>,
    /// What clients are told of how large a message may be; the host sees to it.
    message_bytes_max: usize,
}

impl<D: Doc> Room<D> {
    /// A room that nobody has written to.
    pub fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            log: VecDeque::new(),
            head: Version(0),
            roots: VecDeque::new(),
            bytes: 0,
            nodes: 0,
            sessions: BTreeMap::new(),
            clients: BTreeMap::new(),
            appends: VecDeque::new(),
            appended: 0,
            durable: 0,
            outputs: VecDeque::new(),
            relayed: Version(0),
            now: Duration::ZERO,
            wake: None,
            message_bytes_max: MESSAGE_BYTES_MAX,
        }
    }

    /// Sets how large a message its host takes.
    pub fn set_message_bytes_max(&mut self, bytes: usize) {
        self.message_bytes_max = bytes.min(MESSAGE_BYTES_MAX);
    }

    /// How many changes the room has taken.
    pub fn head(&self) -> Version {
        self.head
    }

    /// The name of the room's history.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The document at head; `None` before the seed.
    pub fn doc(&self) -> Option<&D> {
        self.roots.back()
    }

    /// An estimate of the document's bytes of JSON, never too low; 0 before the seed.
    pub fn document_bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets changes that are older than the newest `keep`, and the documents before them:
    /// clients behind them get a snapshot, and pushes from there are told to come again.
    pub fn trim(&mut self, keep: usize) {
        while self.log.len() > keep {
            if self.first_logged() == self.window() {
                self.roots.pop_front();
            }
            self.log.pop_front();
        }
    }

    /// A socket closed.
    pub fn handle_closed(&mut self, session: SessionId) {
        self.leave(session);
        self.prune();
    }

    /// The oldest append that was put out and not confirmed yet is durable.
    pub fn handle_durable(&mut self) {
        debug_assert!(
            self.durable < self.appended,
            "only what was appended becomes durable"
        );
        self.durable += 1;
    }

    /// A session says something, in a room where anybody may say anything.
    pub fn handle_message(&mut self, session: SessionId, message: ToRoom<D::Value>) {
        self.handle_message_of(session, &Speaker::ANYBODY, message);
    }

    /// A session says something.
    ///
    /// Who may not write is heard all the same: a change of theirs is rejected, a seed is ignored.
    pub fn handle_message_of(
        &mut self,
        session: SessionId,
        speaker: &Speaker<D::Value>,
        message: ToRoom<D::Value>,
    ) {
        let greeted = self.sessions.contains_key(&session);
        self.hear(session, speaker);
        match message {
            ToRoom::Hello {
                protocol,
                client_id,
                epoch,
                version,
                presence,
                ..
            } if !greeted => {
                if protocol == PROTOCOL_VERSION {
                    let version = version.filter(|_| epoch == Some(self.epoch));
                    let face = Face::new(presence, speaker.presence, self.now);
                    self.greet(session, speaker, client_id, version, face);
                } else {
                    let message = "this server speaks protocol version 1";
                    self.refuse(session, ErrorCode::ProtocolVersion, message);
                }
            }
            ToRoom::Seed { value } if greeted => {
                if speaker.writes {
                    self.seed(session, value);
                }
            }
            ToRoom::Push { base, changes } if greeted => {
                self.push(session, speaker.writes, base, changes);
            }
            ToRoom::Ping { version } if greeted => {
                self.name(session, version);
                self.put(RoomOutput::Send(session, ToClient::Pong));
            }
            ToRoom::Presence {
                version,
                value,
                anchors,
            } if greeted => self.take_presence(session, speaker, version, value, &anchors),
            // Who may come in is the host's to know; a room without a host lets everybody in.
            ToRoom::Auth { .. } if greeted => {}
            ToRoom::Hello { .. } => {
                self.refuse(session, ErrorCode::Protocol, "hello comes once, and first");
            }
            _ => self.refuse(session, ErrorCode::Protocol, "hello comes first"),
        }
        self.prune();
    }

    /// What the host must do next.
    pub fn poll_output(&mut self) -> Option<RoomOutput<D::Value>> {
        if let Some(append) = self.appends.pop_front() {
            return Some(RoomOutput::Append(append));
        }
        loop {
            let durable = self.durable;
            let (_, waiting) = self
                .outputs
                .pop_front_if(|(behind, _)| *behind <= durable)?;
            let output = match waiting {
                Waiting::Output(output) => Some(output),
                Waiting::Face { of, to } => self.face(of, to),
            };
            match &output {
                Some(RoomOutput::Relay(_, change)) => self.relayed = change.version,
                Some(RoomOutput::Send(id, ToClient::Welcome(_))) => self.welcomed(*id),
                _ => {}
            }
            if output.is_some() {
                return output;
            }
        }
    }

    fn put(&mut self, output: RoomOutput<D::Value>) {
        self.wait(Waiting::Output(output));
    }

    fn wait(&mut self, waiting: Waiting<D::Value>) {
        self.outputs.push_back((self.appended, waiting));
    }

    fn append(&mut self, append: Append<D::Value>) {
        self.appends.push_back(append);
        self.appended += 1;
    }

    /// Says why, and closes.
    fn refuse(&mut self, session: SessionId, code: ErrorCode, message: &str) {
        let (word, message) = (code.word().to_string(), message.to_string());
        self.put(RoomOutput::Send(
            session,
            ToClient::Error {
                code: word,
                message,
            },
        ));
        self.close(session, code);
    }

    fn close(&mut self, session: SessionId, code: ErrorCode) {
        self.leave(session);
        self.put(RoomOutput::Close(session, code));
    }

    fn leave(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.remove(&id)
            && session.face.is_shown()
        {
            self.tell_gone(id, session.client_id);
        }
    }

    /// The lowest version from which the log reaches to head; a store needs no change up to it.
    pub fn first_logged(&self) -> Version {
        Version(self.head.0 - self.log.len() as u64)
    }

    /// The lowest version that a push may be based on.
    fn window(&self) -> Version {
        Version((self.head.0 + 1).saturating_sub(self.roots.len() as u64))
    }

    fn name(&mut self, session: SessionId, version: Version) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.named = session.named.max(version);
        }
    }

    /// Forgets documents that no live session can push on, and old changes.
    fn prune(&mut self) {
        let named = self.sessions.values().map(|session| session.named).min();
        let oldest = Version(self.head.0.saturating_sub(WINDOW_VERSIONS_MAX));
        let lowest = named.unwrap_or(self.head).clamp(oldest, self.head);
        while self.roots.len() > 1 && self.window() < lowest {
            self.roots.pop_front();
        }
        self.trim(LOG_CHANGES_MAX);
    }

    fn accept(&mut self, change: Change<D::Value>, patch: Patch<D::Value>, doc: D) {
        self.head = change.version;
        self.log.push_back(Entry { change, patch });
        self.roots.push_back(doc);
    }
}
