//! One replica: base, what is pending on it, and the view that the app sees.
//!
//! A state machine without IO. `handle_*` methods take what the network brought, the other
//! methods what the app wants, and after each of them the caller drains [`Client::poll_output`].
//! The base is only ever the fold of the room's log (SPEC C1): whatever a rebase does to pending
//! changes, replicas that have the same version have the same base.

mod inbound;
mod journal;
mod local;
mod outbound;
mod pending;
mod presence;
mod replay;
mod told;

pub use journal::{Corrupt, Entry, Saved};
pub use local::WriteOptions;
pub use pending::{LostHere, Outcome};
pub use presence::Seen;

use crate::chance::Chance;
use crate::doc::Doc;
use crate::error::ErrorCode;
use crate::history::History;
use crate::op::Patch;
use crate::places::Places;
use crate::protocol::{
    ClientId, Epoch, Limits, MESSAGE_BYTES_MAX, Offer, PatchOp, Seq, Tag, ToRoom, Version,
};
use crate::queue::Queue;
use alloc::string::String;
use alloc::vec::Vec;
use local::Transaction;
use pending::Pending;
use presence::Presence;

/// Most changes that may wait, unless the app says otherwise.
pub const QUEUE_CHANGES_MAX: usize = 10_000;
/// Most operations that may wait.
pub const QUEUE_OPS_MAX: usize = 50_000;
/// What a push's envelope takes of a message, in bytes, at most.
const ENVELOPE_BYTES_MAX: usize = 256;

/// How far this replica is with its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Phase {
    /// No connection.
    Offline,
    /// `hello` was sent.
    Greeting,
    /// The room was empty and a seed was sent; its change has not come.
    Seeding,
    /// Up to date but for what is on the way.
    Live,
}

/// Who made a change that a listener hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This replica's app.
    Local,
    /// Another replica.
    Remote,
    /// The room's content as a whole.
    Load,
    /// A change of this replica that was refused was taken back.
    Rollback,
    /// This replica's app, which took a change back.
    Undo,
    /// This replica's app, which took an undo back.
    Redo,
}

/// What the caller must do or tell.
#[derive(Clone, Debug)]
pub enum Output<V> {
    /// Send this message.
    Send(ToRoom<V>),
    /// Operations came into the document, as the log has them.
    Patched {
        /// Whose they are.
        origin: Origin,
        /// The author.
        client_id: ClientId,
        /// The change's name; a seed or a snapshot has none.
        tag: Option<Tag>,
        /// The version, once the room has given one.
        version: Option<Version>,
        /// The operations; empty for a rollback, which has no text of its own.
        patch: Vec<PatchOp<V>>,
        /// What this replica's app calls it.
        label: Option<V>,
    },
    /// The room took a change, or nothing of it was left.
    Settled(Seq, Outcome<V>),
    /// The room refused a change and it was taken back.
    Rejected(Seq, Refused),
    /// The room has content now, and this replica has it.
    Ready,
    /// Close the connection and come again.
    Reconnect,
    /// The room's history is another one: what had been acknowledged may be gone.
    HistoryLost,
    /// The token is soon no longer good: the app gives a newer one.
    AuthExpiring,
    /// The room says what went wrong.
    Told(ErrorCode),
    /// The room took another text than this replica predicted; its text counts.
    Mispredicted(Seq),
    /// Keep this, in the place of whatever was kept before.
    Saved(Saved<V>),
    /// Keep an [`Entry`]: this change was written.
    Wrote(Offer<V>),
    /// Keep an [`Entry`]: so many changes are pushed.
    Pushed(usize),
    /// Keep an [`Entry`]: the oldest message that was handled and not kept yet. The caller has it.
    Heard,
    /// Another client is here and shows this, or shows nothing any more.
    Met(ClientId, Option<Seen<V>>),
    /// Nobody else is known to be here.
    Alone,
    /// The view is another one.
    Changed,
}

/// Why a change was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The error code.
    pub code: ErrorCode,
    /// Zero-based index of the operation in the change as it was written.
    pub op: usize,
    /// The rule or reason.
    pub rule: String,
}

/// One replica of a room's document.
#[derive(Debug)]
pub struct Client<D: Doc> {
    id: ClientId,
    /// The history that `base` belongs to; `None` while `base` is this replica's own `initial`.
    epoch: Option<Epoch>,
    version: Version,
    /// The provisional base, and the seed of an empty room.
    initial: D::Value,
    base: D,
    /// Base and pending; `None` while nothing is pending, when it is the base.
    view: Option<D>,
    pending: Vec<Pending<D::Value>>,
    /// How many of `pending` are in the push that is under way.
    in_flight: usize,
    /// How many operations `pending` had when it was written.
    waiting_ops: usize,
    /// How many changes of others came into the base one by one.
    foreign_changes: u64,
    /// Foreign patches that pending has not been rebased over yet.
    unwalked: Vec<Patch<D::Value>>,
    /// What the forms of `pending` touch; `None` while it has to be made anew.
    places: Option<Places>,
    /// Whether `view` must be made anew from base and pending.
    stale: bool,
    /// Whether the view moved since `Changed` was last put out.
    moved: bool,
    last_seq: Seq,
    phase: Phase,
    limits: Limits,
    /// Largest message that the room has not closed for, as far as is known.
    message_bytes_max: usize,
    /// The same for a message with several changes.
    push_bytes_max: usize,
    /// What lets this replica in.
    token: Option<String>,
    /// Whether another replica bears this one's name.
    cloned: bool,
    queue_changes_max: usize,
    history: History<D>,
    /// The transactions that are open, the innermost last.
    transactions: Vec<Transaction<D>>,
    presence: Presence<D::Value>,
    /// Whether anybody wants to hear of patches; their text is not made for nobody.
    watched: bool,
    /// Whether what happens is told, to be kept.
    journaled: bool,
    /// Whether the whole state is to be told as soon as nothing is in flight.
    save_due: bool,
    chance: Chance,
    outputs: Queue<Output<D::Value>>,
}

impl<D: Doc> Client<D> {
    /// A replica that has not met its room: `initial` is its provisional base at version 0.
    pub fn new(initial: D::Value, seed: u128) -> Self {
        let mut chance = Chance::new(seed);
        Self {
            id: chance.client_id(),
            epoch: None,
            version: Version(0),
            base: D::new(initial.clone()),
            initial,
            view: None,
            pending: Vec::new(),
            in_flight: 0,
            waiting_ops: 0,
            foreign_changes: 0,
            unwalked: Vec::new(),
            places: None,
            stale: false,
            moved: false,
            last_seq: Seq(0),
            phase: Phase::Offline,
            limits: Limits {
                message_bytes_max: MESSAGE_BYTES_MAX,
            },
            message_bytes_max: MESSAGE_BYTES_MAX,
            push_bytes_max: MESSAGE_BYTES_MAX,
            token: None,
            cloned: false,
            queue_changes_max: QUEUE_CHANGES_MAX,
            history: History::new(),
            transactions: Vec::new(),
            presence: Presence::default(),
            watched: false,
            journaled: false,
            save_due: false,
            chance,
            outputs: Queue::new(),
        }
    }

    /// Sets how many changes may wait.
    pub fn set_queue_changes_max(&mut self, changes: usize) {
        self.queue_changes_max = changes;
    }

    /// Says whether [`Output::Patched`] is wanted.
    pub fn set_watched(&mut self, watched: bool) {
        self.watched = watched;
    }

    /// This replica's name.
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// The version of the base.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The confirmed document.
    pub fn base(&self) -> &D {
        &self.base
    }

    /// What the app sees: base and pending.
    pub fn view(&mut self) -> &D {
        self.replay();
        match self.transactions.last() {
            Some(transaction) => &transaction.view,
            None => self.view.as_ref().unwrap_or(&self.base),
        }
    }

    /// How many changes wait for the room's answer.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether the room has greeted this replica on the present connection.
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// The pending changes as they are now, in order: for tests and diagnosis.
    pub fn forms(&self) -> impl Iterator<Item = &Patch<D::Value>> {
        self.pending.iter().map(|change| &change.form)
    }

    /// What the caller must do next; `None` when everything is done.
    pub fn poll_output(&mut self) -> Option<Output<D::Value>> {
        if let Some(output) = self.outputs.pop() {
            if let Output::Met(id, _) = output {
                self.presence.hear(id);
            }
            return Some(output);
        }
        let moved = core::mem::take(&mut self.moved);
        self.presence.drifted |= moved;
        moved.then_some(Output::Changed)
    }

    /// Closes the connection, to come again through `hello`.
    fn reconnect(&mut self) {
        self.phase = Phase::Offline;
        self.outputs.push(Output::Reconnect);
    }
}
