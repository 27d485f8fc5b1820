//! What the app does: changes, and transactions that become one.

use super::pending::Pending;
use super::{Client, Origin, Output, QUEUE_OPS_MAX};
use crate::apply::{self, Applied, Rules};
use crate::doc::Doc;
use crate::error::Error;
use crate::history::{Chain, Entry};
use crate::op::Patch;
use crate::protocol::{Offer, PatchOp, Seq, Tag};
use alloc::vec::Vec;

/// What the app says of a change, beyond what it does.
#[derive(Clone, Debug)]
pub struct WriteOptions<V> {
    /// What it is called, for people.
    pub label: Option<V>,
    /// Whether the history takes note of it; if not, it is to the history as if others had written
    /// it.
    pub undoable: bool,
}

impl<V> Default for WriteOptions<V> {
    fn default() -> Self {
        Self {
            label: None,
            undoable: true,
        }
    }
}

/// Where a change comes from.
enum Source<V> {
    /// The app wrote it.
    Edit(WriteOptions<V>),
    /// It is the top of a chain.
    History(Chain, Entry<V>),
}

/// Updates that become one change, or none.
#[derive(Debug)]
pub(super) struct Transaction<D: Doc> {
    pub(super) patch: Patch<D::Value>,
    pub(super) view: D,
}

impl<D: Doc> Client<D> {
    /// Begins a transaction, inside the one that is open. No message may be handled before the
    /// outermost has ended.
    pub fn begin(&mut self) {
        let view = self.view().clone();
        self.transactions.push(Transaction {
            patch: Patch::default(),
            view,
        });
    }

    /// Ends the innermost transaction: the outermost becomes one change, of which the options say
    /// something.
    ///
    /// # Errors
    /// As [`Client::record`]; then all of it is undone.
    pub fn end(&mut self, options: WriteOptions<D::Value>) -> Result<Option<(Seq, Tag)>, Error> {
        let Some(inner) = self.transactions.pop() else {
            return Ok(None);
        };
        self.moved = true;
        match self.transactions.last_mut() {
            Some(outer) => {
                outer.patch.0.extend(inner.patch.0);
                outer.view = inner.view;
                Ok(None)
            }
            None => {
                let applied = Applied::recorded(inner.patch);
                let done = self.commit(applied, inner.view, Source::Edit(options));
                self.leave_transaction(done.is_err());
                done
            }
        }
    }

    /// What the innermost transaction has written so far.
    pub fn written(&self) -> Vec<PatchOp<D::Value>> {
        let transaction = self.transactions.last();
        transaction.map_or_else(Vec::new, |transaction| transaction.patch.to_text())
    }

    /// Takes the innermost transaction back.
    pub fn abandon(&mut self) {
        if let Some(inner) = self.transactions.pop() {
            self.moved = true;
            self.leave_transaction(!inner.patch.0.is_empty());
        }
    }

    /// Applies operations as an app writes them, all or none.
    ///
    /// # Errors
    /// `invalid-patch` with the first operation that does not fit, or `queue-full`.
    pub fn write(&mut self, ops: &[PatchOp<D::Value>]) -> Result<Option<(Seq, Tag)>, Error> {
        self.write_with(ops, WriteOptions::default())
    }

    /// As [`Client::write`]; the options count unless a transaction is open, which has its own.
    ///
    /// # Errors
    /// As there.
    pub fn write_with(
        &mut self,
        ops: &[PatchOp<D::Value>],
        options: WriteOptions<D::Value>,
    ) -> Result<Option<(Seq, Tag)>, Error> {
        self.has_room_for(ops.len())?;
        let mut next = self.view().clone();
        let applied = apply::write(&mut next, ops, &Rules::RFC)?;
        self.commit(applied, next, Source::Edit(options))
    }

    /// Takes the last entry of the history back, as a change like any other.
    ///
    /// `None` when there is nothing to undo, or a transaction is open. What newer foreign writes
    /// superseded is left out and told in the outcome (SPEC U).
    ///
    /// # Errors
    /// As [`Client::record`]; then nothing has changed. What is too large for a message is
    /// forgotten, with all that lies below it.
    pub fn undo(&mut self) -> Result<Option<(Seq, Tag)>, Error> {
        self.step_back(Chain::Undo)
    }

    /// Takes the last undo back, under the same conditions.
    ///
    /// # Errors
    /// As [`Client::record`]; then nothing has changed.
    pub fn redo(&mut self) -> Result<Option<(Seq, Tag)>, Error> {
        self.step_back(Chain::Redo)
    }

    fn step_back(&mut self, chain: Chain) -> Result<Option<(Seq, Tag)>, Error> {
        if !self.transactions.is_empty() {
            return Ok(None);
        }
        let mut next = self.view().clone();
        self.settle_history();
        let Some(entry) = self.history.top(chain) else {
            return Ok(None);
        };
        self.has_room_for(entry.patch.0.len())?;
        let Ok(applied) = apply::apply(&mut next, &entry.patch, &Rules::RFC) else {
            debug_assert!(false, "the top of a chain fits the view");
            self.history.clear();
            return Ok(None);
        };
        let done = self.commit(applied, next, Source::History(chain, entry));
        if matches!(done, Err(Error::TooLarge { .. })) {
            // No message will ever hold it, and what lies below stands on it.
            self.history.clear_chain(chain);
        }
        done
    }

    /// Whether [`Client::undo`] or [`Client::redo`] has anything to do.
    pub fn can(&mut self, chain: Chain) -> bool {
        self.next_label(chain).is_some()
    }

    /// What [`Client::undo`] or [`Client::redo`] would take back: `None` when there is nothing,
    /// and what it is called where it has a label.
    pub fn next_label(&mut self, chain: Chain) -> Option<Option<&D::Value>> {
        self.replay();
        self.settle_history();
        self.history.next_label(chain)
    }

    /// Sets how many entries can be undone; 0 switches the history off.
    pub fn set_history_entries_max(&mut self, entries: usize) {
        self.history.set_entries_max(entries);
    }

    /// From here on edits are one entry of the history, with this label if there is one, until it
    /// is said again, or that they are not.
    pub fn set_history_group(&mut self, open: bool, label: Option<D::Value>) {
        self.history.set_group(open, label);
    }

    /// Forgets everything that could be undone or redone.
    pub fn clear_history(&mut self) {
        self.history.clear();
    }

    /// Takes a patch that was recorded on the view, and the view that it leads to.
    ///
    /// # Errors
    /// `queue-full`; then nothing has changed.
    pub fn record(
        &mut self,
        patch: Patch<D::Value>,
        next: D::Value,
        options: WriteOptions<D::Value>,
    ) -> Result<Option<(Seq, Tag)>, Error> {
        self.has_room_for(patch.0.len())?;
        let applied = Applied::recorded(patch);
        self.commit(applied, D::new(next), Source::Edit(options))
    }

    fn has_room_for(&self, ops: usize) -> Result<(), Error> {
        if self.pending.len() >= self.queue_changes_max || self.waiting_ops + ops > QUEUE_OPS_MAX {
            return Err(Error::QueueFull {
                waiting: self.pending.len(),
            });
        }
        Ok(())
    }

    fn commit(
        &mut self,
        applied: Applied<D::Value>,
        next: D,
        source: Source<D::Value>,
    ) -> Result<Option<(Seq, Tag)>, Error> {
        if let Some(transaction) = self.transactions.last_mut() {
            self.presence.wrote(self.last_seq, &applied.patch);
            transaction.patch.0.extend(applied.patch.0);
            transaction.view = next;
            return Ok(None);
        }
        if applied.patch.0.is_empty() {
            return Ok(None);
        }
        let bytes = applied.patch.json_bytes();
        let bytes_max = self.change_bytes_max();
        if bytes > bytes_max {
            return Err(Error::TooLarge { bytes, bytes_max });
        }
        self.walk();
        self.settle_history();
        self.last_seq = Seq(self.last_seq.0 + 1);
        let (seq, tag) = (self.last_seq, self.chance.tag());
        if self.journaled {
            let patch = applied.patch.to_text();
            self.outputs.push(Output::Wrote(Offer { seq, tag, patch }));
        }
        if self.watched {
            self.outputs.push(Output::Patched {
                label: match &source {
                    Source::Edit(options) => options.label.clone(),
                    Source::History(_, entry) => entry.label.clone(),
                },
                origin: match &source {
                    Source::Edit(_) => Origin::Local,
                    Source::History(Chain::Undo, _) => Origin::Undo,
                    Source::History(Chain::Redo, _) => Origin::Redo,
                },
                client_id: self.id,
                tag: Some(tag),
                version: None,
                patch: applied.patch.to_text(),
            });
        }
        let mut left_out = Vec::new();
        match source {
            Source::Edit(options) if options.undoable => {
                let before = self.view().clone();
                let label = options.label;
                self.history.edited(seq, &applied, before, label, bytes);
            }
            Source::Edit(_) => self.history.step_over(&applied.patch.without_tests()),
            Source::History(chain, entry) => {
                let inverse = applied.inverse();
                left_out = self.history.undone(chain, seq, inverse, entry.label, bytes);
            }
        }
        let mut change = Pending::new(seq, tag, applied, self.foreign_changes);
        change.left_out = left_out;
        self.enter(change, next);
        self.moved = true;
        self.offer();
        Ok(Some((seq, tag)))
    }

    /// Puts a change at the end of pending, with the view that it leads to.
    pub(super) fn enter(&mut self, change: Pending<D::Value>, next: D) {
        self.waiting_ops += change.written_ops;
        if let Some(places) = &mut self.places {
            places.add(&change.form);
        }
        self.pending.push(change);
        self.view = Some(next);
    }
}
