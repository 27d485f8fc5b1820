//! What the room says, and what it does to base and pending.

use super::pending::Pending;
use super::replay::Unfit;
use super::{Client, Origin, Output, Phase};
use crate::apply::{self, Rules};
use crate::doc::{Doc, Value};
use crate::error::ErrorCode;
use crate::op::Patch;
use crate::protocol::{CatchUp, Change, PatchOp, Seq, ToClient, ToRoom, Verdict, Version, Welcome};
use crate::rebase::Run;
use alloc::vec;
use alloc::vec::Vec;

impl<D: Doc> Client<D> {
    /// Takes a message of the room. When it returns true, an [`Output::Heard`] says that this
    /// message is to be kept.
    pub fn handle_message(&mut self, message: ToClient<D::Value>) -> bool {
        let noted = self.journaled && self.note(&message);
        self.take_in(message);
        self.offer();
        self.tell();
        noted
    }

    pub(super) fn take_in(&mut self, message: ToClient<D::Value>) {
        let done = match (message, self.phase) {
            (_, Phase::Offline) | (ToClient::Pong, _) => Ok(()),
            (ToClient::AuthExpiring, _) => {
                self.outputs.push(Output::AuthExpiring);
                Ok(())
            }
            (ToClient::Error { code, .. }, _) => {
                let code = ErrorCode::from_word(&code).unwrap_or(ErrorCode::Protocol);
                self.outputs.push(Output::Told(code));
                Ok(())
            }
            (
                message @ (ToClient::Presence { .. } | ToClient::Gone { .. }),
                Phase::Seeding | Phase::Live,
            ) => {
                self.meet(message);
                Ok(())
            }
            (ToClient::Welcome(welcome), Phase::Greeting) => self.welcomed(welcome),
            (ToClient::Change(change), Phase::Seeding) => self.seeded(change),
            (ToClient::Change(change), Phase::Live) => {
                if change.version.0 == self.version.0 + 1 {
                    self.take(change)
                } else {
                    Err(Unfit)
                }
            }
            (ToClient::Ack { results }, Phase::Live) => self.acknowledged(results),
            _ => Err(Unfit),
        };
        if let Err(Unfit) = done {
            // A gap, or a message out of turn: only `hello` and `welcome` can mend it.
            self.walk();
            self.reconnect();
        }
    }

    fn welcomed(&mut self, welcome: Welcome<D::Value>) -> Result<(), Unfit> {
        self.limits = welcome.limits;
        let lost = self.epoch.is_some_and(|epoch| epoch != welcome.epoch);
        let results = self.results_for_pending(welcome.results, welcome.last_seq);
        if lost {
            // A backup has what it took before it was made; under another name it would take that
            // again. Its document comes with the next welcome: the app, told of the loss, has
            // still the one that is lost.
            self.settle_unseen(results);
            self.stale = true;
            if self.version.0 > 0 {
                self.outputs.push(Output::HistoryLost);
            }
            self.begin_again();
            return Err(Unfit);
        }
        match welcome.catch_up {
            CatchUp::Changes(changes) => self.catch_up(changes, results)?,
            CatchUp::Snapshot(snapshot) => self.load(snapshot, welcome.version, results),
        }
        if self.version != welcome.version {
            return Err(Unfit);
        }
        self.in_flight = 0;
        self.show_anew();
        if self.cloned {
            self.begin_again();
            return Err(Unfit);
        }
        if welcome.version.0 == 0 {
            self.phase = Phase::Seeding;
            self.outputs.push(Output::Send(ToRoom::Seed {
                value: self.initial.clone(),
            }));
        } else {
            self.phase = Phase::Live;
            self.outputs.push(Output::Ready);
        }
        self.epoch = Some(welcome.epoch);
        Ok(())
    }

    /// The results that answer the first changes of pending, in their order.
    ///
    /// A replica that was restored from an old copy may have less in mind than the room: of what
    /// was decided and has no result nobody can say what became, and results of what it has
    /// forgotten mean nothing to it.
    fn results_for_pending(
        &mut self,
        mut results: Vec<Verdict<D::Value>>,
        last_seq: Seq,
    ) -> Vec<Verdict<D::Value>> {
        results.retain(|result| self.pending.iter().any(|next| next.seq == result.seq));
        let first = results.first().map(|result| result.seq);
        let unknown = |next: &&Pending<_>| next.seq <= last_seq && Some(next.seq) != first;
        let forgotten = self.pending.iter().take_while(unknown).count();
        if forgotten > 0 {
            self.in_flight = self.in_flight.saturating_sub(forgotten);
            self.walk();
            self.refuse(forgotten, ErrorCode::UnknownOutcome);
        }
        let both = results.iter().zip(&self.pending);
        let same =
            both.take_while(|(result, next)| (result.seq, result.tag) == (next.seq, next.tag));
        let same = same.count();
        // Where a tag differs another replica bears this name.
        self.cloned |= same < results.len();
        results.truncate(same);
        results
    }

    /// Changes one at a time up to the place of the results, then the results, then the rest.
    fn catch_up(
        &mut self,
        changes: Vec<Change<D::Value>>,
        results: Vec<Verdict<D::Value>>,
    ) -> Result<(), Unfit> {
        let taken = results.iter().filter(|result| is_taken(result)).count() as u64;
        let place = results
            .last()
            .map(|result| Version(result.version.0 - taken.min(result.version.0)));
        let mut results = Some(results);
        for change in changes {
            if place == Some(self.version)
                && let Some(results) = results.take()
            {
                self.answered(results)?;
            }
            let mine = change.client_id == self.id && change.version <= self.version;
            if mine {
                continue;
            }
            match self.version {
                before if change.version.0 != before.0 + 1 => return Err(Unfit),
                Version(0) => self.seed(change)?,
                _ => self.take(change)?,
            }
        }
        match results {
            Some(results) if !results.is_empty() => self.answered(results),
            _ => Ok(()),
        }
    }

    /// A whole document: what is decided leaves pending, the rest is rebased over what the base,
    /// with what was taken, and the document differ in.
    fn load(&mut self, snapshot: D::Value, version: Version, results: Vec<Verdict<D::Value>>) {
        self.settle_unseen(results);
        self.replant(snapshot.clone());
        self.version = version;
        if self.watched {
            let path = "".into();
            let value = snapshot;
            let patch = vec![PatchOp::Replace { path, value }];
            self.patched(Origin::Load, self.id, None, patch);
        }
    }

    /// What was decided leaves pending, and what was taken goes into the base as it is foreseen
    /// here: the room's text of it, and what stands between, is not to be had.
    fn settle_unseen(&mut self, results: Vec<Verdict<D::Value>>) {
        self.walk();
        let refused: Vec<_> = results.iter().map(|result| !is_taken(result)).collect();
        if refused.contains(&true) {
            self.take_back(&refused);
        }
        let trailing = self.trailing();
        let mut left = self.pending.len();
        for (change, result) in self.decided(results.len()).into_iter().zip(results) {
            left -= 1;
            // Nothing is left of the form of one that was not taken.
            let form = change.form.without_tests();
            let applied = apply::settle(&mut self.base, &form, &Rules::RFC);
            debug_assert!(
                applied.is_ok(),
                "a form fits the document that it stands on"
            );
            if let Ok(applied) = applied {
                self.history.refresh(left, trailing, &applied);
            }
            self.presence.taken(change.seq, &form);
            self.report(change, result, true);
        }
    }

    /// The seed that this replica waits for.
    fn seeded(&mut self, change: Change<D::Value>) -> Result<(), Unfit> {
        self.seed(change)?;
        self.phase = Phase::Live;
        self.outputs.push(Output::Ready);
        Ok(())
    }

    /// Takes the first change of a room, somebody's seed: a base that is this replica's own
    /// `initial` is nobody's history, so what is pending is planted on the seed.
    fn seed(&mut self, change: Change<D::Value>) -> Result<(), Unfit> {
        let [PatchOp::Replace { path, value }] = &change.patch[..] else {
            return Err(Unfit);
        };
        if change.version.0 != 1 || change.seq.0 != 0 || !path.is_empty() {
            return Err(Unfit);
        }
        let ours = change.client_id == self.id || value.equals(&self.initial);
        if !ours {
            self.load(value.clone(), change.version, Vec::new());
        } else if !self.base.is(&D::new(self.initial.clone())) {
            // After a lost history the base is still the old one.
            self.load(self.initial.clone(), change.version, Vec::new());
        }
        self.version = change.version;
        Ok(())
    }

    fn acknowledged(&mut self, results: Vec<Verdict<D::Value>>) -> Result<(), Unfit> {
        let same = results.len() == self.in_flight
            && results
                .iter()
                .zip(&self.pending)
                .all(|(result, change)| result.tag == change.tag);
        if !same {
            return Err(Unfit);
        }
        self.answered(results)
    }

    /// Handles the results for the first changes of pending, at their place in the order.
    fn answered(&mut self, results: Vec<Verdict<D::Value>>) -> Result<(), Unfit> {
        let mut next = self.version.0;
        for result in &results {
            next += u64::from(is_taken(result));
            if result.version.0 > next || (is_taken(result) && result.version.0 != next) {
                // Something before it has not come: the base would miss it for ever.
                return Err(Unfit);
            }
        }
        self.walk();
        let refused: Vec<_> = results
            .iter()
            .map(|result| result.rejected.is_some())
            .collect();
        let left = self.pending.iter().zip(&refused);
        if left
            .clone()
            .any(|(change, refused)| *refused && !change.form.0.is_empty())
        {
            self.take_back(&refused);
        }
        self.leave_out_sums(results.len());
        let predicted = self.predicted(&results);
        if predicted {
            let taken = results.iter().zip(&self.pending);
            let taken = taken.filter(|(result, _)| is_taken(result));
            taken.for_each(|(_, change)| self.presence.taken(change.seq, &change.form));
        }
        let whole = predicted && results.len() == self.pending.len() && !self.stale;
        if !whole {
            self.advance(&results, predicted)?;
        }
        for (change, result) in self.decided(results.len()).into_iter().zip(results) {
            if is_taken(&result) {
                self.version = result.version;
            }
            self.report(change, result, false);
        }
        self.in_flight = 0;
        if whole && let Some(view) = self.view.take() {
            self.base = view;
        }
        Ok(())
    }

    /// Takes the first changes, which results have come for, out of pending.
    pub(super) fn decided(&mut self, results: usize) -> Vec<Pending<D::Value>> {
        self.places = None;
        let rest = self.pending.split_off(results.min(self.pending.len()));
        core::mem::replace(&mut self.pending, rest)
    }

    /// Runs pending once over nothing, so that refused changes leave and what stood on them
    /// reads right without them.
    pub(super) fn take_back(&mut self, refused: &[bool]) {
        self.rebase_pending(&[], &|index| match refused.get(index) {
            Some(true) => Run::Refused,
            _ => Run::Live,
        });
        self.moved = true;
    }

    /// Whether the room took the very texts that the forms say.
    fn predicted(&self, results: &[Verdict<D::Value>]) -> bool {
        results.iter().zip(&self.pending).all(|(result, change)| {
            let form = change.form.without_tests().to_text();
            match (&result.patch, &change.pushed) {
                _ if !is_taken(result) => form.is_empty() || result.rejected.is_some(),
                (Some(patch), _) => same_text(patch, &form),
                (None, Some((pushed, _))) => same_text(pushed, &form),
                (None, None) => true,
            }
        })
    }

    /// Applies what the room took to the base.
    fn advance(&mut self, results: &[Verdict<D::Value>], predicted: bool) -> Result<(), Unfit> {
        let mut canonical: Vec<Patch<D::Value>> = Vec::new();
        let trailing = self.trailing();
        let mut left = self.pending.len();
        for (result, change) in results.iter().zip(&self.pending) {
            left -= 1;
            if !is_taken(result) {
                continue;
            }
            let form = change.form.without_tests();
            if predicted {
                let applied =
                    apply::apply(&mut self.base, &form, &Rules::RFC).map_err(|_| Unfit)?;
                self.history.refresh(left, trailing, &applied);
                continue;
            }
            let foreseen;
            let text = match (&result.patch, &change.pushed) {
                (Some(text), _) | (None, Some((text, _))) => text,
                (None, None) => {
                    foreseen = form.to_text();
                    &foreseen
                }
            };
            let applied = apply::write(&mut self.base, text, &Rules::RFC).map_err(|_| Unfit)?;
            self.presence.advance(&applied.patch);
            canonical.push(applied.patch);
        }
        if !predicted {
            self.follow(results, &canonical);
        }
        if results.len() == self.pending.len() || !predicted {
            self.stale = true;
            self.moved = true;
        }
        Ok(())
    }

    /// The room took another text than this replica predicted: its text is foreign to pending,
    /// the forms that stood for it leave.
    fn follow(&mut self, results: &[Verdict<D::Value>], canonical: &[Patch<D::Value>]) {
        // Inverses of what this replica believed are worth nothing now.
        self.history.clear();
        self.rebase_pending(canonical, &|index| {
            if index < results.len() {
                Run::Refused
            } else {
                Run::Live
            }
        });
        if let Some(result) = results.first() {
            self.outputs.push(Output::Mispredicted(result.seq));
        }
    }
}

fn is_taken<V>(result: &Verdict<V>) -> bool {
    !result.void && result.rejected.is_none()
}

fn same_text<V: Value>(a: &[PatchOp<V>], b: &[PatchOp<V>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says(b))
}
