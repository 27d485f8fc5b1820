//! What outlives a process: the state of a replica, and what happened to it since.
//!
//! The journal is what the client took in, in order: what the app wrote, what was pushed and what
//! the room said. As the client has neither clock nor chance of its own, the same inputs lead a
//! restored replica to where the other one was (SPEC part J).

use super::pending::Pending;
use super::replay::guessing;
use super::{Client, Output, Phase};
use crate::apply;
use crate::diff::diff;
use crate::doc::Doc;
use crate::protocol::{CatchUp, ClientId, Epoch, Offer, Seq, ToClient, Version};
use crate::rebase::Run;
use alloc::vec::Vec;

/// A restored replica numbers on from so far behind what it knows: had its disk lost what was
/// written last, it would give the same numbers to other changes.
const SEQ_GAP: u64 = 1 << 20;

/// A replica at one moment, with nothing in flight.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved<V> {
    /// Its name.
    pub client_id: ClientId,
    /// The history that `base` belongs to; `None` while it is the replica's own `initial`.
    pub epoch: Option<Epoch>,
    /// The version of `base`.
    pub version: Version,
    /// The seq of its last change.
    pub last_seq: Seq,
    /// The confirmed document.
    pub base: V,
    /// What waits for the room, in order, each on what is before it.
    pub pending: Vec<Offer<V>>,
}

/// One thing that happened to a replica.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<V> {
    /// The app wrote a change.
    Wrote(Offer<V>),
    /// So many of the first changes in pending were pushed.
    Pushed(usize),
    /// The room said something.
    Heard(ToClient<V>),
}

/// A state or a journal that no replica can have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

impl<D: Doc> Client<D> {
    /// From here on tells what has to be kept: [`Output::Saved`], first, with the next thing that
    /// happens or at once when something waits already, and then an output for each [`Entry`].
    pub fn keep_journal(&mut self) {
        self.journaled = true;
        self.save_soon();
        if !self.pending.is_empty() {
            self.save_if_due();
        }
    }

    /// Wants the whole state again, as soon as nothing is in flight; the journal before it is
    /// worth nothing then.
    pub fn save_soon(&mut self) {
        self.save_due = self.journaled;
    }

    /// Becomes the replica that was kept, from here on with a journal. What the app has written
    /// meanwhile stands on top of it.
    ///
    /// When that replica lives elsewhere this is not to be it but only like it (`mine` is false):
    /// it takes the confirmed document, and leaves the pending changes to the other one.
    ///
    /// # Errors
    /// [`Corrupt`], or what an entry fails with; then nothing has changed. Also when this replica has
    /// met its room already.
    pub fn restore(
        &mut self,
        saved: Saved<D::Value>,
        journal: impl IntoIterator<Item = Result<Entry<D::Value>, Corrupt>>,
        mine: bool,
    ) -> Result<(), Corrupt> {
        if self.phase != Phase::Offline || self.epoch.is_some() || !self.transactions.is_empty() {
            return Err(Corrupt);
        }
        let name = saved.client_id;
        let mut kept = Self::saved(saved, self.chance.client_id().0)?;
        for entry in journal {
            kept.happened(entry?)?;
        }
        kept.phase = Phase::Offline;
        kept.last_seq.0 += SEQ_GAP;
        core::mem::swap(&mut kept.outputs, &mut self.outputs);
        kept.moved = true;
        kept.queue_changes_max = self.queue_changes_max;
        kept.watched = self.watched;
        kept.token = self.token.take();
        kept.journaled = true;
        if !mine {
            kept.take_leave();
        }
        kept.presence = core::mem::take(&mut self.presence);
        kept.presence.uproot();
        core::mem::swap(&mut kept.history, &mut self.history);
        kept.history.clear();
        let before = core::mem::replace(self, kept);
        self.write_over(before);
        if self.id != name {
            // It is another from here on, or died between taking a new name and keeping it.
            self.save_soon();
            self.save_if_due();
        }
        Ok(())
    }

    /// What waits for the room, each change on what is before it.
    pub fn offers(&self) -> impl Iterator<Item = Offer<D::Value>> {
        self.pending.iter().map(Pending::offer)
    }

    /// Tells the whole state, when it is wanted and nothing is in flight.
    pub(super) fn save_if_due(&mut self) {
        if !self.save_due || self.in_flight > 0 {
            return;
        }
        self.walk();
        self.save_due = false;
        self.outputs.push(Output::Saved(Saved {
            client_id: self.id,
            epoch: self.epoch,
            version: self.version,
            last_seq: self.last_seq,
            base: self.base.root(),
            pending: self.offers().collect(),
        }));
    }

    /// Whether a message, which is about to be handled, belongs into the journal.
    pub(super) fn note(&mut self, message: &ToClient<D::Value>) -> bool {
        let noted = match (message, self.phase) {
            (ToClient::Welcome(welcome), Phase::Greeting) => {
                let whole = matches!(welcome.catch_up, CatchUp::Snapshot(_));
                if whole {
                    // The state with it is hardly larger, and is kept in its place.
                    self.save_soon();
                }
                !whole
            }
            (ToClient::Change(_), Phase::Seeding | Phase::Live) => true,
            (ToClient::Ack { .. }, Phase::Live) => true,
            // Out of turn: it has no effect but that the client comes again.
            _ => false,
        };
        if noted {
            self.outputs.push(Output::Heard);
        }
        noted
    }

    fn saved(saved: Saved<D::Value>, seed: u128) -> Result<Self, Corrupt> {
        let mut kept = Self::new(saved.base, seed);
        kept.id = saved.client_id;
        kept.epoch = saved.epoch;
        kept.version = saved.version;
        // Nobody knows what came before them.
        kept.foreign_changes = 1;
        for offer in saved.pending {
            kept.rewrite(offer, 0)?;
        }
        kept.last_seq = kept.last_seq.max(saved.last_seq);
        Ok(kept)
    }

    fn happened(&mut self, entry: Entry<D::Value>) -> Result<(), Corrupt> {
        match entry {
            Entry::Wrote(offer) => self.rewrite(offer, self.foreign_changes),
            Entry::Pushed(changes) if changes <= self.pending.len() => {
                self.walk();
                self.in_flight = changes;
                for change in &mut self.pending[..changes] {
                    change.pushed = None;
                }
                Ok(())
            }
            Entry::Pushed(_) => Err(Corrupt),
            Entry::Heard(message) => {
                self.phase = match (&message, self.phase) {
                    (ToClient::Welcome(_), _) => Phase::Greeting,
                    (_, Phase::Offline) if self.version.0 == 0 => Phase::Seeding,
                    (_, Phase::Offline) => Phase::Live,
                    (_, phase) => phase,
                };
                self.take_in(message);
                self.outputs.clear();
                Ok(())
            }
        }
    }

    /// Writes a change once more, under the name that it has.
    fn rewrite(&mut self, offer: Offer<D::Value>, written_after: u64) -> Result<(), Corrupt> {
        self.walk();
        let mut next = self.view().clone();
        let applied = apply::write(&mut next, &offer.patch, &guessing()).map_err(|_| Corrupt)?;
        if offer.seq <= self.last_seq {
            return Err(Corrupt);
        }
        self.last_seq = offer.seq;
        let change = Pending::new(offer.seq, offer.tag, applied, written_after);
        self.enter(change, next);
        Ok(())
    }

    /// Becomes another replica with the same base; what was pending is the other's to offer.
    fn take_leave(&mut self) {
        self.id = self.chance.client_id();
        self.in_flight = 0;
        self.waiting_ops = 0;
        self.pending.clear();
        self.unwalked.clear();
        self.places = None;
        self.view = None;
    }

    /// Puts what was written before this replica was restored on top of it.
    fn write_over(&mut self, mut before: Self) {
        let pending = core::mem::take(&mut before.pending);
        if pending.is_empty() {
            return;
        }
        let view = self.view().root();
        let (_, mut walker) = diff(&before.base.root(), &view);
        let first = self.last_seq.0;
        for mut change in pending {
            let rebased = walker.pending(&change.form, Run::Live);
            change.take(rebased, false);
            change.seq.0 += first;
            change.written_after = self.foreign_changes;
            self.last_seq = change.seq;
            self.waiting_ops += change.written_ops;
            self.outputs.push(Output::Wrote(change.offer()));
            self.pending.push(change);
        }
        self.places = None;
        self.stale = true;
    }
}
