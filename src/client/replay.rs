//! Pending over what is foreign, and the view made from both.

use super::pending::Pending;
use super::{Client, Origin};
use crate::apply::{self, Rules};
use crate::diff::diff;
use crate::doc::{Doc, Value};
use crate::op::{Op, Patch};
use crate::places::Places;
use crate::protocol::{Change, Seq};
use crate::rebase::{Kind, Lost, Rebased, Run, Walker};
use alloc::vec::Vec;

impl<D: Doc> Client<D> {
    /// Takes a change of somebody else into the base.
    ///
    /// Nothing pending: the base is the view. Pending untouched: both take it and no form changes.
    /// Otherwise pending is rebased, at once while a push is under way, because the room will
    /// rebase that push over one change after the other, else over all of them together later.
    pub(super) fn take(&mut self, change: Change<D::Value>) -> Result<(), Unfit> {
        let applied =
            apply::write(&mut self.base, &change.patch, &Rules::RFC).map_err(|_| Unfit)?;
        self.version = change.version;
        self.presence.advance(&applied.patch);
        self.foreign_changes += 1;
        self.moved = true;
        if self.pending.is_empty() {
            self.pass(&applied.patch);
        } else {
            let apart = self.unwalked.is_empty() && self.is_apart(&applied.patch);
            let shown = apart
                && !self.stale
                && self
                    .view
                    .as_mut()
                    .is_some_and(|view| apply::apply(view, &applied.patch, &Rules::RFC).is_ok());
            if apart {
                self.pass(&applied.patch);
            } else {
                self.unwalked.push(applied.patch);
                if self.in_flight > 0 {
                    self.walk();
                }
            }
            self.stale |= !shown;
        }
        if self.watched {
            let origin = if change.seq.0 == 0 {
                Origin::Load
            } else {
                Origin::Remote
            };
            self.patched(origin, change.client_id, change.tag, change.patch);
        }
        Ok(())
    }

    /// A foreign patch that touches nothing pending is still foreign to what can be undone.
    fn pass(&mut self, patch: &Patch<D::Value>) {
        self.history.pass(patch);
        self.presence.pass(patch);
        if self.history.is_behind() {
            self.settle_history();
        }
    }

    /// Whether a patch touches nothing that pending touches.
    fn is_apart(&mut self, patch: &Patch<D::Value>) -> bool {
        let pending = &self.pending;
        let places = self.places.get_or_insert_with(|| {
            let mut places = Places::default();
            pending.iter().for_each(|change| places.add(&change.form));
            places
        });
        places.is_apart(patch)
    }

    /// Rebases pending over what it has not been rebased over.
    pub(super) fn walk(&mut self) {
        if self.unwalked.is_empty() {
            return;
        }
        let foreign = core::mem::take(&mut self.unwalked);
        self.rebase_pending(&foreign, &|_| Run::Live);
    }

    /// Runs foreign patches, then all of pending, in one walk.
    pub(super) fn rebase_pending(
        &mut self,
        foreign: &[Patch<D::Value>],
        run: &dyn Fn(usize) -> Run,
    ) {
        let mut walker = Walker::new();
        foreign.iter().for_each(|patch| walker.foreign(patch));
        self.run_pending(walker, run);
    }

    /// Runs all of pending in a walk that has run what is foreign.
    fn run_pending(&mut self, mut walker: Walker<D::Value>, run: &dyn Fn(usize) -> Run) {
        let trailing = self.settle_history();
        let in_flight = self.in_flight;
        let mut left = self.pending.len();
        // Changes of which the inverses of before are stale.
        let mut stale = Vec::new();
        let mut last = Seq(0);
        for (index, change) in self.pending.iter_mut().enumerate() {
            self.history.fork(left, trailing, &walker, &stale);
            self.presence.fork(last, Some(change.seq), &mut walker);
            last = change.seq;
            left -= 1;
            let run = run(index);
            let rebased = walker.pending(&change.form, run);
            if run == Run::Refused || rebased.disturbed {
                stale.push(change.seq);
            }
            change.take(rebased, index < in_flight);
        }
        self.history.fork(left, trailing, &walker, &stale);
        self.presence.fork(last, None, &mut walker);
        self.places = None;
        self.stale = true;
    }

    /// Makes the view anew when it has to be: once however many changes came.
    pub(super) fn replay(&mut self) {
        self.walk();
        if !core::mem::take(&mut self.stale) {
            return;
        }
        let old = self.view.take();
        if let Some(old) = &old {
            // What was taken meanwhile stands in the base anew, and the app has seen it in the view.
            self.base.keep(old);
        }
        if self.pending.is_empty() {
            return;
        }
        let mut view = self.base.clone();
        let trailing = self.trailing();
        let mut left = self.pending.len();
        for change in &self.pending {
            left -= 1;
            let applied = apply::apply(&mut view, &change.form, &guessing());
            // If a fault of ours says otherwise, the view does without it and the room decides.
            debug_assert!(
                applied.is_ok(),
                "a form fits the document that it stands on"
            );
            if let Ok(applied) = applied {
                self.history.refresh(left, trailing, &applied);
            }
        }
        if let Some(old) = &old {
            view.keep(old);
        }
        self.view = Some(view);
    }

    /// Walks the history over what has passed it by; tells as [`Self::trailing`].
    pub(super) fn settle_history(&mut self) -> [usize; 2] {
        let trailing = self.trailing();
        self.history.catch_up(trailing);
        trailing
    }

    /// How many of the last pending changes have their inverses on the top of each chain.
    pub(super) fn trailing(&self) -> [usize; 2] {
        self.history
            .trailing(self.pending.iter().map(|change| change.seq))
    }

    /// Leaves out of the forms that the room has decided on what it left out: increments that
    /// have no finite sum at their place (SPEC T45). The base stands at that place.
    pub(super) fn leave_out_sums(&mut self, results: usize) {
        let foreign_changes = self.foreign_changes;
        let may_be_void = |change: &Pending<D::Value>| {
            let is_sum = |op: &Op<_>| matches!(op, Op::Inc(..));
            change.written_after < foreign_changes && change.form.0.iter().any(is_sum)
        };
        if !self.pending.iter().take(results).any(may_be_void) {
            return;
        }
        let mut doc = self.base.clone();
        for change in self.pending.iter_mut().take(results) {
            let Ok(applied) = apply::settle(&mut doc, &change.form, &Rules::RFC) else {
                // The room says what it took, and that counts.
                return;
            };
            let left_out = applied.left_out(change.form.0.len()).into_iter();
            let lost = |op| Lost {
                op,
                kind: Kind::NotNumber,
            };
            let lost: Vec<_> = left_out.map(lost).collect();
            if !lost.is_empty() {
                let settled = Rebased {
                    patch: applied.patch,
                    origin: applied.origin,
                    lost,
                    refused: None,
                    disturbed: true,
                };
                change.take(settled, true);
            }
        }
    }

    /// Goes over to a document whose history since the base is not known: pending is rebased over
    /// the difference, and what is equal stays the same object.
    pub(super) fn replant(&mut self, snapshot: D::Value) {
        if self.pending.is_empty()
            && !self.stale
            && let Some(view) = self.view.take()
        {
            // All that was pending was taken: what the app has seen is the base.
            self.base = view;
        }
        let base = self.base.root();
        let first = self.version.0 == 0
            && self.pending.is_empty()
            && self.history.is_empty()
            && !self.presence.is_anchored();
        if first && !base.equals(&snapshot) {
            // Nothing was written on `initial`, so nothing has to be found again.
            self.base = D::new(snapshot);
            self.moved = true;
            return;
        }
        let (patch, walker) = diff(&base, &snapshot);
        let led = apply::apply(&mut self.base, &patch, &Rules::RFC).is_ok();
        if !led || !self.base.root().equals(&snapshot) {
            // Whatever a fault of ours makes of pending, the base is what the room says.
            debug_assert!(false, "the difference leads to the snapshot");
            self.base = D::new(snapshot);
            self.stale = true;
        }
        if !patch.0.is_empty() {
            self.foreign_changes += 1;
            self.moved = true;
            self.run_pending(walker, &|_| Run::Live);
        }
    }
}

/// A change that does not fit the base: the base is not the room's document any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unfit;

/// For the view: guards and sums are the room's to judge, here they are passed over.
pub(super) fn guessing<D: Doc>() -> Rules<D> {
    Rules {
        judge: false,
        ..Rules::RFC
    }
}
