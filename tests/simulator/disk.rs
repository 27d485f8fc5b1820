//! The room's disk: what is on it survives the room.

use super::{EPOCH, World};
use draftsync::apply::{self, Rules};
use draftsync::doc::Doc;
use draftsync::protocol::{Change, ClientId, PatchOp, Tag, Version};
use draftsync::room::{Append, Dedupe, Room, Stored};
use draftsync::tree::Tree;
use std::collections::BTreeMap;

/// What was made durable.
#[derive(Default)]
pub(super) struct Disk {
    snapshot: Option<(Version, Tree)>,
    log: Vec<Change<Tree>>,
    clients: BTreeMap<ClientId, Dedupe<Tree>>,
    /// Author and name of every change that was ever taken.
    pub(super) taken: Vec<(ClientId, Option<Tag>)>,
}

impl Disk {
    fn write(&mut self, append: Append<Tree>) {
        let names = append.changes.iter();
        self.taken
            .extend(names.map(|change| (change.client_id, change.tag)));
        self.log.extend(append.changes);
        self.clients.insert(append.client_id, append.dedupe);
    }

    /// The document of the last version.
    fn doc(&self) -> Option<(Version, Tree)> {
        let mut doc = self.snapshot.clone();
        for change in &self.log {
            match (&mut doc, &change.patch[..]) {
                (Some((version, _)), _) if *version >= change.version => {}
                (Some((version, doc)), patch) => {
                    apply::write(doc, patch, &Rules::RFC).expect("the log applies");
                    *version = change.version;
                }
                (None, [PatchOp::Replace { value, .. }]) => {
                    doc = Some((change.version, Tree::new(value.clone())));
                }
                (None, other) => panic!("the first change is the seed: {other:?}"),
            }
        }
        doc
    }
}

impl World {
    pub(super) fn finish_write(&mut self) -> bool {
        let Some(append) = self.writing.pop_front() else {
            return false;
        };
        self.events.taken += append.changes.len() as u64;
        self.disk.write(append);
        self.room.handle_durable();
        self.drain();
        true
    }

    /// The room dies, with every socket. Some of what was on its way to the disk still arrived,
    /// and nobody was told of it.
    pub(super) fn crash(&mut self) {
        self.events.crashes += 1;
        let arrives = self.dice_below(self.writing.len() + 1);
        for append in self.writing.drain(..).take(arrives) {
            self.events.taken += append.changes.len() as u64;
            self.disk.write(append);
        }
        for peer in 0..self.peers.len() {
            self.cut(peer);
        }
        let stored = Stored {
            epoch: EPOCH,
            snapshot: self.disk.snapshot.clone(),
            log: self.disk.log.clone(),
            clients: self.disk.clients.clone().into_iter().collect(),
        };
        let seeded = stored.snapshot.is_some() || !stored.log.is_empty();
        self.room = if seeded {
            Room::load(stored).expect("what the room wrote is a room")
        } else {
            Room::new(EPOCH)
        };
        self.drain();
    }

    /// The disk makes a snapshot and forgets what led to it, and the room forgets old changes:
    /// whoever comes from before them gets a whole document.
    pub(super) fn compact(&mut self) {
        self.events.compactions += 1;
        let keep = self.dice_below(4);
        self.disk.snapshot = self.disk.doc();
        let gone = self.disk.log.len().saturating_sub(keep);
        self.disk.log.drain(..gone);
        self.room.trim(keep);
    }

    /// Chance of the weather, which leaves that of the rest alone.
    fn dice_below(&mut self, bound: usize) -> usize {
        self.weather.as_mut().map_or(0, |dice| dice.below(bound))
    }
}
