//! What this replica shows of itself, and the places that it and others point at.
//!
//! What others show is the app's to keep; here are only their anchors, on the base. An own anchor
//! stands behind the changes that were pending when it was set, and is carried by every walk at
//! its place among them. It is sent when the room has decided those, so that it reads on the base.

use super::{Client, Output, Phase};
use crate::doc::{Doc, Value};
use crate::error::Error;
use crate::op::Patch;
use crate::path::text_bytes;
use crate::protocol::{
    Anchor, ClientId, PRESENCE_ANCHORS_MAX, PRESENCE_BYTES_MAX, PRESENCE_POINTERS_BYTES_MAX, Seq,
    ToClient, ToRoom,
};
use crate::rebase::{Spot, Walker, carry, find, written};
use alloc::vec;
use alloc::vec::Vec;

/// What another client shows of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<V> {
    /// Who is behind it, as their token says.
    pub user: Option<V>,
    /// What they show; its anchors are asked for by [`Client::anchors`].
    pub value: V,
}

/// What this replica shows of itself.
#[derive(Clone, Debug)]
struct Shown<V> {
    value: V,
    spots: Vec<Option<Spot>>,
    /// The last change that the spots stand behind.
    after: Seq,
}

/// The places that another client points at.
#[derive(Debug)]
struct Peer {
    id: ClientId,
    spots: Vec<Option<Spot>>,
}

#[derive(Debug)]
pub(super) struct Presence<V> {
    /// As the app gave it last.
    own: Option<Shown<V>>,
    /// On its way: it waits for the changes that it stands behind. A newer one does not take its
    /// place, or nothing would be sent while somebody types on.
    going: Option<Shown<V>>,
    /// Whether `own` is to follow it.
    due: bool,
    peers: Vec<Peer>,
    /// Whether the app knows of anybody.
    met: bool,
}

impl<V> Default for Presence<V> {
    fn default() -> Self {
        Self {
            own: None,
            going: None,
            due: false,
            peers: Vec::new(),
            met: false,
        }
    }
}

impl<V: Value> Presence<V> {
    fn spots(&mut self) -> impl Iterator<Item = (Seq, &mut Option<Spot>)> {
        let shown = [&mut self.own, &mut self.going].into_iter().flatten();
        shown.flat_map(|shown| {
            let after = shown.after;
            shown.spots.iter_mut().map(move |spot| (after, spot))
        })
    }

    /// What was shown inside the transaction that is open: it stands behind the change after the
    /// last.
    fn inside(&mut self, last: Seq) -> impl Iterator<Item = &mut Shown<V>> {
        let shown = [&mut self.own, &mut self.going].into_iter().flatten();
        shown.filter(move |shown| shown.after > last)
    }

    /// The transaction that is open has written.
    pub(super) fn wrote(&mut self, last: Seq, patch: &Patch<V>) {
        carry(self.inside(last).flat_map(|shown| &mut shown.spots), patch);
    }

    /// Whether any place in the document is meant.
    pub(super) fn is_anchored(&mut self) -> bool {
        self.spots().any(|(_, spot)| spot.is_some())
    }

    /// Carries what stands behind the change `last` and before `next` over what the walk has run.
    pub(super) fn fork(&mut self, last: Seq, next: Option<Seq>, walker: &mut Walker<V>) {
        for (after, spot) in self.spots() {
            if after >= last && next.is_none_or(|next| after < next) {
                *spot = spot.as_ref().and_then(|spot| walker.follow(spot));
            }
        }
    }

    /// A patch of others that touches nothing pending came into the base.
    pub(super) fn pass(&mut self, patch: &Patch<V>) {
        carry(self.spots().map(|(_, spot)| spot), patch);
    }

    /// A pending change was taken into the base with this form: what stands before it is carried
    /// over it.
    pub(super) fn taken(&mut self, seq: Seq, form: &Patch<V>) {
        self.advance(form);
        let before = self.spots().filter(|(after, _)| *after < seq);
        carry(before.map(|(_, spot)| spot), form);
    }

    /// A patch, whosever, came into the base.
    pub(super) fn advance(&mut self, patch: &Patch<V>) {
        carry(
            self.peers.iter_mut().flat_map(|peer| &mut peer.spots),
            patch,
        );
    }

    /// Goes over to a document that has nothing to do with the one before.
    pub(super) fn uproot(&mut self) {
        for (_, spot) in self.spots() {
            *spot = None;
        }
        for shown in [&mut self.own, &mut self.going].into_iter().flatten() {
            shown.after = Seq(0);
        }
    }
}

impl<D: Doc> Client<D> {
    /// Shows a value to the others, with anchors in the view; at once, or with the next
    /// [`Client::show_again`]. What it shows is sent again after every `welcome`.
    ///
    /// # Errors
    /// Above one of the limits of SPEC W25; then what was shown before stays.
    pub fn show(
        &mut self,
        value: D::Value,
        anchors: &[Option<Anchor>],
        at_once: bool,
    ) -> Result<(), Error> {
        if anchors.len() > PRESENCE_ANCHORS_MAX {
            return Err(Error::TooManyAnchors);
        }
        let pointers = anchors.iter().flatten();
        let pointers = pointers.map(|anchor| text_bytes(&anchor.path)).sum();
        for (bytes, bytes_max) in [
            (value.json_bytes(), PRESENCE_BYTES_MAX),
            (pointers, PRESENCE_POINTERS_BYTES_MAX),
        ] {
            if bytes > bytes_max {
                return Err(Error::TooLarge { bytes, bytes_max });
            }
        }
        let mut after = self.last_seq;
        // A transaction that is open becomes the next change.
        after.0 += u64::from(!self.transactions.is_empty());
        let spots = find(self.view(), anchors);
        self.presence.own = Some(Shown {
            value,
            spots,
            after,
        });
        if at_once {
            self.show_again();
        }
        Ok(())
    }

    /// Sends what is shown as it is now, as soon as it can go.
    pub fn show_again(&mut self) {
        self.presence.due = true;
        self.tell();
    }

    /// The anchors of another client, or of this one, as they read in the view; null for one whose
    /// place is gone.
    pub fn anchors(&mut self, of: Option<ClientId>) -> Vec<Option<Anchor>> {
        self.replay();
        let (mut spots, after) = match (of, &self.presence.own) {
            (None, Some(own)) => (own.spots.clone(), own.after),
            (None, None) => return Vec::new(),
            (Some(id), _) => {
                let mut peers = self.presence.peers.iter();
                let peer = peers.find(|peer| peer.id == id);
                (
                    peer.map_or_else(Vec::new, |peer| peer.spots.clone()),
                    Seq(0),
                )
            }
        };
        let newer = self.pending.iter().filter(|change| change.seq > after);
        newer.for_each(|change| carry(&mut spots, &change.form));
        if after <= self.last_seq {
            for transaction in &self.transactions {
                carry(&mut spots, &Patch(transaction.ops.clone()));
            }
        }
        written(&spots)
    }

    /// A transaction has ended: what was shown in it has nothing to stand on when its edits were
    /// taken back, and there is no next change to wait for when none is open.
    pub(super) fn leave_transaction(&mut self, undone: bool) {
        let (last, open) = (self.last_seq, !self.transactions.is_empty());
        for shown in self.presence.inside(last) {
            if undone {
                shown.spots.fill(None);
            }
            if !open {
                shown.after = last;
            }
        }
        self.tell();
    }

    /// Sends what is shown, when it is due and stands behind nothing that the room has not decided.
    pub(super) fn tell(&mut self) {
        loop {
            if self.presence.going.is_none() && core::mem::take(&mut self.presence.due) {
                self.presence.going = self.presence.own.clone();
            }
            let (pending, last) = (&self.pending, self.last_seq);
            let waits = |shown: &Shown<_>| {
                let first = pending.first();
                let anchored = shown.spots.iter().any(Option::is_some);
                let stands_behind = first.is_some_and(|first| first.seq <= shown.after);
                anchored && (stands_behind || shown.after > last)
            };
            let ready =
                self.phase == Phase::Live && !self.presence.going.as_ref().is_none_or(waits);
            if !ready {
                return;
            }
            self.walk();
            let Some(shown) = self.presence.going.take() else {
                return;
            };
            self.outputs.push(Output::Send(ToRoom::Presence {
                version: self.version,
                value: shown.value,
                anchors: written(&shown.spots),
            }));
        }
    }

    /// The room has greeted, or has a newer token: it may know nothing of what this replica shows.
    pub(super) fn show_anew(&mut self) {
        self.presence.going = None;
        self.presence.due = self.presence.own.is_some();
    }

    /// Takes what another client shows of itself, or that it shows nothing any more.
    pub(super) fn meet(&mut self, message: ToClient<D::Value>) {
        let (id, seen, spots) = match message {
            ToClient::Presence {
                client_id,
                version,
                user,
                value,
                anchors,
            } => {
                // Of another document than the base they mean nothing.
                let known = version == self.version;
                let spots = if known {
                    find(&self.base, &anchors)
                } else {
                    vec![None; anchors.len()]
                };
                (client_id, Some(Seen { user, value }), spots)
            }
            ToClient::Gone { client_id } => (client_id, None, Vec::new()),
            _ => return,
        };
        if id == self.id {
            return;
        }
        self.presence.peers.retain(|peer| peer.id != id);
        if !spots.is_empty() {
            self.presence.peers.push(Peer { id, spots });
        }
        self.presence.met = true;
        self.outputs.push(Output::Met(id, seen));
    }

    /// There is no connection to hear of others by.
    pub(super) fn be_alone(&mut self) {
        self.presence.peers.clear();
        if core::mem::take(&mut self.presence.met) {
            self.outputs.push(Output::Alone);
        }
    }
}
