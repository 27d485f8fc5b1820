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
use crate::rebase::{Carrier, Spot, Walker, find, written};
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
    told: Told,
}

/// Anchors as the app was told them last, nothing at first; `None` while it has not heard of what
/// is shown.
type Told = Option<Vec<Option<Spot>>>;

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
    /// Of `own`.
    told: Told,
    /// Whether the view has moved since the app was told what moved.
    pub(super) drifted: bool,
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
            told: None,
            drifted: false,
            met: false,
        }
    }
}

impl<V: Value> Presence<V> {
    fn shown(&mut self) -> impl Iterator<Item = &mut Shown<V>> {
        self.own.iter_mut().chain(&mut self.going)
    }

    /// The transaction that is open has written. What was shown inside it stands behind the change
    /// after the last.
    pub(super) fn wrote(&mut self, last: Seq, patch: &Patch<V>) {
        self.carry(&|after| after > last, patch);
    }

    /// Carries what stands behind such a change over a patch.
    fn carry(&mut self, moves: &dyn Fn(Seq) -> bool, patch: &Patch<V>) {
        let mut carrier = Carrier::new(patch);
        for shown in self.shown() {
            if moves(shown.after) {
                carrier.carry(&mut shown.spots);
            }
        }
    }

    /// Whether any place in the document is meant.
    pub(super) fn is_anchored(&mut self) -> bool {
        self.shown().any(|shown| shown.is_anchored())
    }

    /// Carries what stands behind the change `last` and before `next` over what the walk has run.
    pub(super) fn fork(&mut self, last: Seq, next: Option<Seq>, walker: &mut Walker<V>) {
        for shown in self.shown() {
            if shown.after >= last && next.is_none_or(|next| shown.after < next) {
                for spot in &mut shown.spots {
                    *spot = spot.as_ref().and_then(|spot| walker.follow(spot));
                }
            }
        }
    }

    /// A patch of others that touches nothing pending came into the base.
    pub(super) fn pass(&mut self, patch: &Patch<V>) {
        self.carry(&|_| true, patch);
    }

    /// A pending change was taken into the base with this form: what stands before it is carried
    /// over it.
    pub(super) fn taken(&mut self, seq: Seq, form: &Patch<V>) {
        self.advance(form);
        self.carry(&|after| after < seq, form);
    }

    /// A patch, whosever, came into the base.
    pub(super) fn advance(&mut self, patch: &Patch<V>) {
        let mut carrier = Carrier::new(patch);
        for peer in &mut self.peers {
            carrier.carry(&mut peer.spots);
        }
    }

    /// The app hears of what another client shows.
    pub(super) fn hear(&mut self, id: ClientId) {
        let mut peers = self.peers.iter_mut();
        if let Some(peer) = peers.find(|peer| peer.id == id) {
            peer.told = Some(Vec::new());
        }
    }

    /// Goes over to a document that has nothing to do with the one before.
    pub(super) fn uproot(&mut self) {
        for shown in self.shown() {
            shown.forget_spots();
            shown.after = Seq(0);
        }
    }
}

impl<V> Shown<V> {
    fn is_anchored(&self) -> bool {
        self.spots.iter().any(Option::is_some)
    }

    fn forget_spots(&mut self) {
        for spot in &mut self.spots {
            *spot = None;
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
        self.presence.told = Some(Vec::new());
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
        let mut anchors = Vec::new();
        self.read(
            |whose, _| whose == of,
            |_, spots, _| anchors = written(&spots),
        );
        anchors
    }

    /// Tells whose anchors read otherwise in the view than they were told here before, and how:
    /// of those of whom the app has heard.
    pub fn tell_moved(&mut self, mut tell: impl FnMut(Option<ClientId>, &[Option<Anchor>])) {
        let drifted = core::mem::take(&mut self.presence.drifted);
        let drifted = drifted || self.moved || !self.transactions.is_empty();
        self.read(
            |_, told| match told {
                Some(told) => drifted || told.is_empty(),
                None => false,
            },
            |whose, spots, told| {
                if told.as_ref() != Some(&spots) {
                    tell(whose, &written(&spots));
                    *told = Some(spots);
                }
            },
        );
    }

    /// Reads the spots of some in the view.
    fn read(
        &mut self,
        wanted: impl Fn(Option<ClientId>, &Told) -> bool,
        mut take: impl FnMut(Option<ClientId>, Vec<Option<Spot>>, &mut Told),
    ) {
        self.replay();
        // A transaction becomes the next change.
        let next = Seq(self.last_seq.0 + 1);
        let mut over = Vec::new();
        for change in &self.pending {
            over.push((change.seq, Carrier::new(&change.form)));
        }
        for open in &self.transactions {
            over.push((next, Carrier::new(&open.patch)));
        }
        let mut look = |whose, after, spots: &Vec<Option<Spot>>, told: &mut Told| {
            if wanted(whose, told) {
                let mut spots = spots.clone();
                for (seq, carrier) in &mut over {
                    if after < *seq {
                        carrier.carry(&mut spots);
                    }
                }
                take(whose, spots, told);
            }
        };
        let Presence {
            own, peers, told, ..
        } = &mut self.presence;
        if let Some(own) = own {
            look(None, own.after, &own.spots, told);
        }
        for peer in peers {
            look(Some(peer.id), Seq(0), &peer.spots, &mut peer.told);
        }
    }

    /// A transaction has ended: what was shown in it has nothing to stand on when its edits were
    /// taken back, and there is no next change to wait for when none is open.
    pub(super) fn leave_transaction(&mut self, undone: bool) {
        let (last, open) = (self.last_seq, !self.transactions.is_empty());
        for shown in self.presence.shown() {
            // It was shown inside of this transaction.
            if shown.after > last {
                if undone {
                    shown.forget_spots();
                }
                if !open {
                    shown.after = last;
                }
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
                let stands_behind = first.is_some_and(|first| first.seq <= shown.after);
                shown.is_anchored() && (stands_behind || shown.after > last)
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
                mut anchors,
            } => {
                if version != self.version {
                    // Of another document than the base they mean nothing.
                    anchors.fill(None);
                }
                let spots = find(&self.base, &anchors);
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
            let told = None;
            self.presence.peers.push(Peer { id, spots, told });
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
