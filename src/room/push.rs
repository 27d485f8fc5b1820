//! A push: typed where it was written, rebased over what came since, decided at head.

use super::check::{check, fits};
use super::{
    Append, DOCUMENT_BYTES_MAX, DOCUMENT_NODES_MAX, Dedupe, Room, RoomOutput, Session, SessionId,
};
use crate::apply::{self, Applied, Rules};
use crate::doc::{Doc, Value};
use crate::error::{ErrorCode, Reason};
use crate::op::Patch;
use crate::places::Places;
use crate::protocol::{
    Change, ClientId, LostOp, Offer, PUSH_CHANGES_MAX, PatchOp, Refusal, Seq, ToClient, Verdict,
    Version,
};
use crate::rebase::{Kind, Lost, Rebased, Run, Walker, rebase};
use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::vec::Vec;

/// After this many invalid changes a session is closed.
const INVALID_CHANGES_MAX: u32 = 3;

/// An offered change on its way to head.
#[derive(Debug)]
struct Candidate<V> {
    offer: Offer<V>,
    form: Patch<V>,
    /// For each operation of `form` the index of the offered one that it came from.
    origin: Vec<usize>,
    lost: Vec<LostOp>,
    refused: Option<Refusal>,
}

/// What became of a push.
struct Decided<V> {
    /// The changes that were taken.
    changes: Vec<Change<V>>,
    /// One answer for each change that was offered.
    results: Vec<Verdict<V>>,
}

impl<V: Value> Candidate<V> {
    fn take(&mut self, rebased: Rebased<V>) {
        let offered = |origin: &[usize], lost: &Lost| origin.get(lost.op).copied().unwrap_or(0);
        self.lost.extend(rebased.lost.iter().map(|lost| LostOp {
            op: offered(&self.origin, lost),
            reason: lost.kind.word().to_owned(),
            path: self.form.0[lost.op].path().pointer(),
        }));
        if let (None, Some(lost)) = (&self.refused, &rebased.refused) {
            let op = offered(&self.origin, lost);
            self.refused = Some(refusal(ErrorCode::Rejected, op, lost.kind.word()));
        }
        self.origin = rebased.origin.iter().map(|op| self.origin[*op]).collect();
        self.form = rebased.patch;
    }
}

impl<D: Doc> Room<D> {
    pub(super) fn push(
        &mut self,
        session: SessionId,
        writes: bool,
        base: Version,
        offers: Vec<Offer<D::Value>>,
    ) {
        let Some(known) = self.sessions.get(&session) else {
            return;
        };
        let (client_id, mut dedupe) = (known.client_id, self.dedupe(known));
        if !is_push(&offers) || base > self.head {
            self.refuse(
                session,
                ErrorCode::Protocol,
                "this is no push on this room's history",
            );
            return;
        }
        if base < self.window() || self.roots.is_empty() {
            self.close(session, ErrorCode::Unavailable);
            return;
        }
        self.name(session, base);
        // A push begins where the client has seen every answer before it.
        dedupe.results.retain(|result| result.seq >= offers[0].seq);
        let (old, new): (Vec<_>, Vec<_>) = offers
            .into_iter()
            .partition(|offer| offer.seq <= dedupe.last_seq);
        let Some(mut results) = self.repeated(&old, &dedupe) else {
            self.close(session, ErrorCode::Replaced);
            return;
        };
        if !writes {
            // Nothing is remembered of it: a change that comes again is looked at again.
            let forbidden = || refusal(ErrorCode::Forbidden, 0, ErrorCode::Forbidden.word());
            let refused = new
                .iter()
                .map(|offer| verdict(offer, self.head, Some(forbidden())));
            results.extend(refused);
        } else {
            if !new.is_empty() {
                results.extend(self.take(session, client_id, base, new, &mut dedupe));
            }
            self.clients.insert(client_id, dedupe);
        }
        self.answer(session, results);
    }

    /// The answers to changes that were decided before; `None` when another change bears the name
    /// of one.
    fn repeated(
        &self,
        offers: &[Offer<D::Value>],
        dedupe: &Dedupe<D::Value>,
    ) -> Option<Vec<Verdict<D::Value>>> {
        let unknown = || refusal(ErrorCode::UnknownOutcome, 0, "unknown-outcome");
        let answer = |offer: &Offer<D::Value>| {
            let mut results = dedupe.results.iter();
            match results.find(|result| result.seq == offer.seq) {
                Some(result) => (result.tag == offer.tag).then(|| result.clone()),
                None => Some(verdict(offer, self.head, Some(unknown()))),
            }
        };
        offers.iter().map(answer).collect()
    }

    /// Decides changes, and puts out what was taken: to be kept, and for the others.
    fn take(
        &mut self,
        session: SessionId,
        client_id: ClientId,
        base: Version,
        offers: Vec<Offer<D::Value>>,
        dedupe: &mut Dedupe<D::Value>,
    ) -> Vec<Verdict<D::Value>> {
        let head = self.head;
        let Decided { changes, results } = self.decide(client_id, base, offers);
        if let Some(last) = results.last() {
            dedupe.last_seq = last.seq;
        }
        dedupe.results.extend(results.iter().cloned());
        self.append(Append {
            head,
            changes: changes.clone(),
            client_id,
            dedupe: dedupe.clone(),
        });
        let others = self.sessions.keys().copied().filter(|id| *id != session);
        let others: Vec<_> = others.collect();
        for change in changes {
            self.put(RoomOutput::Relay(others.clone(), change));
        }
        results
    }

    /// Answers a push; who offers too much that is invalid is closed.
    fn answer(&mut self, session: SessionId, results: Vec<Verdict<D::Value>>) {
        let rejected = results.iter().filter_map(|result| result.rejected.as_ref());
        let invalid = rejected.filter(|r| r.code == ErrorCode::InvalidPatch.word());
        let invalid = invalid.count() as u32;
        self.put(RoomOutput::Send(session, ToClient::Ack { results }));
        if let Some(known) = self.sessions.get_mut(&session) {
            known.invalid += invalid;
            if known.invalid >= INVALID_CHANGES_MAX {
                self.refuse(
                    session,
                    ErrorCode::Protocol,
                    "too many of its changes are invalid",
                );
            }
        }
    }

    /// What is remembered of a session's client, with its owner.
    pub(super) fn dedupe(&self, session: &Session<D::Value>) -> Dedupe<D::Value> {
        let known = self.clients.get(&session.client_id).cloned();
        let mut dedupe = known.unwrap_or_else(|| Dedupe {
            last_seq: Seq(0),
            results: Vec::new(),
            owner: None,
        });
        dedupe.owner = dedupe.owner.or_else(|| session.owner.clone());
        dedupe
    }

    /// Takes, voids or rejects each change, in order, each on the document after those before it.
    fn decide(
        &mut self,
        client_id: ClientId,
        base: Version,
        offers: Vec<Offer<D::Value>>,
    ) -> Decided<D::Value> {
        let mut candidates = self.candidates(base, offers);
        let mut changes = Vec::new();
        let mut results = Vec::new();
        // From the first refusal on, one walk over nothing shows how changes read without it.
        let mut walker: Option<Walker<D::Value>> = None;
        for index in 0..candidates.len() {
            let form = candidates[index].form.clone();
            let before = walker.clone();
            if let Some(walker) = &mut walker {
                let rebased = walker.pending(&form, Run::Live);
                candidates[index].take(rebased);
            }
            let decided = self.settle(&mut candidates[index]);
            // Several walks may have lost operations in any order.
            candidates[index].lost.sort_by_key(|lost| lost.op);
            if candidates[index].refused.is_some() && !candidates[index].form.0.is_empty() {
                let mut back = before.unwrap_or_else(|| {
                    let mut walker = Walker::new();
                    candidates[..index].iter().for_each(|earlier| {
                        walker.pending(&earlier.form, Run::Live);
                    });
                    walker
                });
                let rebased = back.pending(&form, Run::Refused);
                candidates[index].take(rebased);
                walker = Some(back);
            }
            let candidate = &candidates[index];
            let mut result = verdict(&candidate.offer, self.head, candidate.refused.clone());
            match decided {
                Some((applied, doc)) => {
                    let version = Version(self.head.0 + 1);
                    let text = applied.patch.to_text();
                    let change = Change {
                        version,
                        client_id,
                        seq: candidate.offer.seq,
                        tag: Some(candidate.offer.tag),
                        patch: text.clone(),
                    };
                    result.version = version;
                    result.patch = Some(text).filter(|text| !is_offered(&candidate.offer, text));
                    result.lost.clone_from(&candidate.lost);
                    changes.push(change.clone());
                    self.accept(change, applied.patch, doc);
                }
                None if candidate.refused.is_none() => {
                    result.void = true;
                    result.lost.clone_from(&candidate.lost);
                }
                None => {}
            }
            results.push(result);
        }
        Decided { changes, results }
    }

    /// Types each change on the document that it was written on, and rebases all of them over
    /// one change of the log after the other, as their author does.
    fn candidates(&self, base: Version, offers: Vec<Offer<D::Value>>) -> Vec<Candidate<D::Value>> {
        let behind = (self.head.0 - base.0) as usize;
        let Some(root) = self
            .roots
            .len()
            .checked_sub(behind + 1)
            .and_then(|at| self.roots.get(at))
        else {
            return Vec::new();
        };
        let mut doc = root.clone();
        // Guards are judged at head, not where they were written.
        let as_written = Rules {
            judge: false,
            inspect: fits,
        };
        let mut candidates: Vec<_> = offers
            .into_iter()
            .map(|offer| {
                let applied = match check(&offer.patch) {
                    Ok(()) => apply::write(&mut doc, &offer.patch, &as_written)
                        .map_err(|error| (error.op, error.reason)),
                    Err(error) => Err(error),
                };
                let (form, origin, refused) = match applied {
                    Ok(applied) => (applied.patch, applied.origin, None),
                    Err((op, reason)) => {
                        let refused = refusal(ErrorCode::InvalidPatch, op, reason.word());
                        (Patch::default(), Vec::new(), Some(refused))
                    }
                };
                Candidate {
                    offer,
                    form,
                    origin,
                    lost: Vec::new(),
                    refused,
                }
            })
            .collect();
        let mut places = places_of(&candidates);
        for entry in self.log.iter().skip(self.log.len() - behind) {
            if places.is_apart(&entry.patch) {
                continue;
            }
            let mine: Vec<_> = candidates
                .iter()
                .map(|next| (&next.form, Run::Live))
                .collect();
            let rebased = rebase(mine, [&entry.patch]);
            candidates
                .iter_mut()
                .zip(rebased)
                .for_each(|(next, form)| next.take(form));
            places = places_of(&candidates);
        }
        candidates
    }

    /// Applies a change at head; `None` when nothing of it is left or it is refused.
    fn settle(&mut self, candidate: &mut Candidate<D::Value>) -> Option<(Applied<D::Value>, D)> {
        if candidate.form.0.is_empty() || candidate.refused.is_some() {
            return None;
        }
        let mut doc = self.doc()?.clone();
        let rules = Rules {
            judge: true,
            inspect: fits,
        };
        let applied = match apply::settle(&mut doc, &candidate.form, &rules) {
            Ok(applied) => applied,
            Err(error) => {
                let op = candidate.origin.get(error.op).copied().unwrap_or(0);
                let (code, rule) = match error.reason {
                    Reason::TestFailed => (ErrorCode::Rejected, Kind::GuardFailed.word()),
                    other => (ErrorCode::Rejected, other.word()),
                };
                candidate.refused = Some(refusal(code, op, rule));
                return None;
            }
        };
        let left_out = applied.left_out(candidate.form.0.len());
        candidate.lost.extend(left_out.iter().map(|op| LostOp {
            op: candidate.origin[*op],
            reason: Kind::NotNumber.word().to_owned(),
            path: candidate.form.0[*op].path().pointer(),
        }));
        if !left_out.is_empty() && applied.patch.0.is_empty() {
            return None;
        }
        let (bytes, nodes) = applied.growth();
        let bytes = self.bytes.saturating_add_signed(bytes);
        let nodes = self.nodes.saturating_add_signed(nodes);
        let grows = bytes > self.bytes || nodes > self.nodes;
        if grows && (bytes > DOCUMENT_BYTES_MAX || nodes > DOCUMENT_NODES_MAX) {
            candidate.refused = Some(refusal(ErrorCode::TooLarge, 0, Reason::TooLarge.word()));
            return None;
        }
        (self.bytes, self.nodes) = (bytes, nodes);
        Some((applied.without_tests(), doc))
    }
}

/// Whether these are changes that one push may have.
fn is_push<V>(offers: &[Offer<V>]) -> bool {
    let rising = offers.windows(2).all(|pair| pair[0].seq < pair[1].seq);
    let counted = offers.first().is_some_and(|offer| offer.seq.0 > 0);
    rising && counted && offers.len() <= PUSH_CHANGES_MAX
}

fn places_of<V>(candidates: &[Candidate<V>]) -> Places {
    let mut places = Places::default();
    for candidate in candidates {
        places.add(&candidate.form);
    }
    places
}

fn refusal(code: ErrorCode, op: usize, rule: &str) -> Refusal {
    Refusal {
        code: code.word().to_string(),
        op,
        rule: rule.to_string(),
    }
}

fn verdict<V>(offer: &Offer<V>, version: Version, rejected: Option<Refusal>) -> Verdict<V> {
    Verdict {
        seq: offer.seq,
        tag: offer.tag,
        version,
        patch: None,
        void: false,
        rejected,
        lost: Vec::new(),
    }
}

/// Whether the room took just the text that was offered, its guards aside.
fn is_offered<V: Value>(offer: &Offer<V>, text: &[PatchOp<V>]) -> bool {
    let offered = offer
        .patch
        .iter()
        .filter(|op| !matches!(op, PatchOp::Test { .. }));
    offered.clone().count() == text.len() && offered.zip(text).all(|(a, b)| a.says(b))
}
