//! The room's disk: what is on it survives the room.

use super::World;
use draftsync::apply::{self, Rules};
use draftsync::doc::Doc;
use draftsync::protocol::{Change, ClientId, Epoch, PatchOp, Tag, Version};
use draftsync::room::{Append, Dedupe, Room, Stored};
use draftsync::tree::Tree;
use std::collections::BTreeMap;

/// The name of the room's first history.
pub(super) const FIRST: Epoch = Epoch(7);

/// What was made durable.
#[derive(Clone)]
pub(super) struct Disk {
    epoch: Epoch,
    snapshot: Option<(Version, Tree)>,
    log: Vec<Change<Tree>>,
    clients: BTreeMap<ClientId, Dedupe<Tree>>,
    /// Author and name of every change that was ever taken.
    pub(super) taken: Vec<(ClientId, Option<Tag>)>,
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            epoch: FIRST,
            snapshot: None,
            log: Vec::new(),
            clients: BTreeMap::new(),
            taken: Vec::new(),
        }
    }
}

impl Disk {
    fn write(&mut self, append: Append<Tree>) {
        let names = append.changes.iter();
        self.taken
            .extend(names.map(|change| (change.client_id, change.tag)));
        self.log.extend(append.changes);
        self.clients.insert(append.client_id, append.dedupe);
    }

    /// The version of its last change, which every change that was taken made one of.
    fn head(&self) -> Version {
        Version(self.taken.len() as u64)
    }
}

impl World {
    pub(super) fn finish_write(&mut self) -> bool {
        let Some(append) = self.writing.pop_front() else {
            return false;
        };
        self.write(append);
        self.room.handle_durable();
        self.drain();
        true
    }

    fn write(&mut self, append: Append<Tree>) {
        self.events.taken += append.changes.len() as u64;
        for change in &append.changes {
            let version = change.version;
            let before = self
                .documents
                .get(&(self.disk.epoch, Version(version.0 - 1)));
            let document = match (before, &change.patch[..]) {
                (Some(before), patch) => {
                    let mut document = before.clone();
                    apply::write(&mut document, patch, &Rules::RFC).expect("the log applies");
                    document
                }
                (None, [PatchOp::Replace { value, .. }]) => Tree::new(value.clone()),
                (None, other) => panic!("the first change is the seed: {other:?}"),
            };
            self.documents.insert((self.disk.epoch, version), document);
        }
        self.disk.write(append);
    }

    /// The room dies, with every socket. Some of what was on its way to the disk still arrived,
    /// and nobody was told of it.
    pub(super) fn crash(&mut self) {
        self.events.crashes += 1;
        let arrives = self.dice_below(self.writing.len() + 1);
        let mut writing = std::mem::take(&mut self.writing);
        self.events.vanished += (writing.len() - arrives) as u64;
        self.events.acked_unheard += arrives as u64;
        for append in writing.drain(..arrives) {
            self.write(append);
        }
        self.start();
    }

    /// The room dies, and the disk is the one of the backup from then on: what came after that is
    /// gone, and so the history bears another name.
    pub(super) fn restore(&mut self) {
        let Some(backup) = self.backup.clone() else {
            return;
        };
        self.events.backups += 1;
        self.writing.clear();
        let (before, epoch) = (
            backup.epoch,
            Epoch(FIRST.0 + u128::from(self.events.backups)),
        );
        self.disk = Disk { epoch, ..backup };
        for version in 1..=self.disk.head().0 {
            let document = self.documents[&(before, Version(version))].clone();
            self.documents.insert((epoch, Version(version)), document);
        }
        // What clients were told was true, and is not any more.
        self.told.clear();
        self.start();
    }

    /// A new room from what is on the disk; the old one's sockets are gone.
    fn start(&mut self) {
        for peer in 0..self.peers.len() {
            self.cut(peer);
        }
        self.ghosts.clear();
        let stored = Stored {
            epoch: self.disk.epoch,
            snapshot: self.disk.snapshot.clone(),
            log: self.disk.log.clone(),
            clients: self.disk.clients.clone().into_iter().collect(),
        };
        let seeded = stored.snapshot.is_some() || !stored.log.is_empty();
        self.room = if seeded {
            Room::load(stored).expect("what the room wrote is a room")
        } else {
            Room::new(self.disk.epoch)
        };
        self.drain();
    }

    /// The disk makes a snapshot and forgets what led to it, and the room forgets old changes:
    /// whoever comes from before them gets a whole document.
    pub(super) fn compact(&mut self) {
        self.events.compactions += 1;
        let keep = self.dice_below(4);
        let head = self.disk.head();
        let document = self.documents.get(&(self.disk.epoch, head));
        self.disk.snapshot = document.map(|document| (head, document.clone()));
        let gone = self.disk.log.len().saturating_sub(keep);
        self.disk.log.drain(..gone);
        self.room.trim(keep);
    }

    /// Chance of the weather, which leaves that of the rest alone.
    pub(super) fn dice_below(&mut self, bound: usize) -> usize {
        self.weather.as_mut().map_or(0, |dice| dice.below(bound))
    }
}
