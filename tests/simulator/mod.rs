//! A whole world from a seed: clients, a room, links that delay, lose, repeat and shuffle, a disk
//! that takes its time, crashes, backups that are put back, and tabs that die and are opened again.
//! At rest all documents are equal and every change was taken exactly once.
#![allow(dead_code)] // Each test file uses its own part of this.

mod check;
mod crowd;
mod disk;
mod events;
mod links;
mod reload;

use crate::support::{Dice, edit, paths, tree};
use disk::Disk;
use draftsync::apply;
use draftsync::client::Client;
use draftsync::protocol::{Epoch, PatchOp, Tag, ToClient, ToRoom, Verdict, Version};
use draftsync::room::{Append, Room, SessionId};
use draftsync::tree::Tree;
pub(crate) use events::Events;
use reload::Kept;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A client, its socket, and what its app was told.
struct Peer {
    client: Client<Tree>,
    session: Option<SessionId>,
    /// The history that it was greeted with last.
    epoch: Option<Epoch>,
    /// On the wire, each way; TCP keeps the order.
    up: VecDeque<ToRoom<Tree>>,
    down: VecDeque<ToClient<Tree>>,
    /// Names of changes whose fate is open, and how often each was decided.
    open: Vec<(u64, Tag)>,
    settled: BTreeMap<u64, usize>,
    kept: Kept,
    /// Whether it shows anything of itself.
    shows: bool,
}

impl Peer {
    fn new(client: Client<Tree>) -> Self {
        Self {
            client,
            session: None,
            epoch: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            open: Vec::new(),
            settled: BTreeMap::new(),
            kept: Kept::default(),
            shows: false,
        }
    }
}

/// A socket that only the room still has, and what is on the way to it.
struct Ghost {
    session: SessionId,
    up: VecDeque<ToRoom<Tree>>,
}

struct World {
    dice: Dice,
    room: Room<Tree>,
    peers: Vec<Peer>,
    sessions: u64,
    /// Appends that the disk has not finished, the oldest first.
    writing: VecDeque<Append<Tree>>,
    disk: Disk,
    /// A copy of the disk, as somebody made it some time ago.
    backup: Option<Disk>,
    /// The document of every version of every history.
    documents: BTreeMap<(Epoch, Version), Tree>,
    /// What clients were told of changes in the present history: whether they were taken.
    told: BTreeMap<Tag, bool>,
    /// Changes that died with their tab, before they were written or sent.
    gone: Vec<Tag>,
    /// Sockets that their clients have left, and the room has not heard of that.
    ghosts: Vec<Ghost>,
    /// Chance for what befalls the room and the wire beyond the usual, where there is any.
    weather: Option<Dice>,
    events: Events,
    now: Duration,
}

/// So many steps has a world at most, before it comes to rest.
pub(crate) const STEPS_MAX: usize = 100;

/// Runs the world of a seed to its end, with every fault.
pub(crate) fn simulate(seed: u64) -> Events {
    simulate_steps(seed, STEPS_MAX)
}

/// Runs so many steps of it, and then to rest.
pub(crate) fn simulate_steps(seed: u64, steps: usize) -> Events {
    World::new(seed, Some(Dice::new(!seed))).run(steps)
}

/// Runs it in a room that neither crashes nor forgets.
pub(crate) fn simulate_without_crashes(seed: u64) -> Events {
    World::new(seed, None).run(STEPS_MAX)
}

/// What a client shows before it has met the room.
fn initial() -> Tree {
    tree(r#"{"list":[{"n":1,"s":"one"},{"n":2}],"n":0,"s":"hello","a":{}}"#)
}

impl World {
    fn new(seed: u64, weather: Option<Dice>) -> Self {
        let mut dice = Dice::new(seed);
        let peers = (0..2 + dice.below(3)).map(|_| {
            let mut client = Client::new(initial(), u128::from(dice.bits()));
            client.keep_journal();
            Peer::new(client)
        });
        let peers = peers.collect();
        Self {
            dice,
            room: Room::new(disk::FIRST),
            peers,
            sessions: 0,
            writing: VecDeque::new(),
            disk: Disk::default(),
            backup: None,
            documents: BTreeMap::new(),
            told: BTreeMap::new(),
            gone: Vec::new(),
            ghosts: Vec::new(),
            weather,
            events: Events::default(),
            now: Duration::ZERO,
        }
    }

    fn run(mut self, steps: usize) -> Events {
        for _ in 0..steps.min(STEPS_MAX - self.dice.below(60)) {
            self.step();
            self.weather();
        }
        self.come_to_rest();
        if self.dice_below(4) == 3 {
            self.lose_much();
            self.come_to_rest();
        }
        self.tell_all();
        self.check();
        self.check_anchors();
        self.events
    }

    /// A backup is put back late, when all clients have content that the room had told of, and
    /// some changes are on the way: while a world begins, a lost history takes little from anybody.
    fn lose_much(&mut self) {
        for _ in 0..self.dice_below(20) {
            self.step();
        }
        self.restore();
    }

    /// The faults end. Nobody misses the last frame of all, so everybody comes again once.
    fn come_to_rest(&mut self) {
        while !self.ghosts.is_empty() {
            self.haunt();
        }
        for peer in 0..self.peers.len() {
            self.cut(peer);
        }
        for _ in 0..10_000 {
            for peer in 0..self.peers.len() {
                if self.peers[peer].session.is_none() {
                    self.open(peer);
                }
                while self.deliver_up(peer) || self.deliver_down(peer) {}
            }
            while self.finish_write() {}
            self.keep();
            if self.is_at_rest() {
                return;
            }
        }
        panic!("the world does not come to rest");
    }

    fn step(&mut self) {
        let peer = self.dice.below(self.peers.len());
        match self.dice.below(16) {
            0..3 => self.edit(peer),
            3 => self.edit_or_step_back(peer),
            4..8 => drop(self.deliver_up(peer)),
            8..12 => drop(self.deliver_down(peer)),
            12 | 13 => drop(self.finish_write()),
            14 if self.peers[peer].session.is_none() => self.open(peer),
            14 => {
                // A frame that arrives twice, as a resend whose first copy was late does.
                if let Some(push) = self.peers[peer].up.front().cloned() {
                    self.peers[peer].up.push_front(push);
                }
            }
            _ if self.dice.once_in(3) => {
                // A frame that never comes, which a later version must betray. An answer that took
                // no version leaves no gap; no link that keeps its order loses it alone.
                let down = &mut self.peers[peer].down;
                let taken = |result: &Verdict<Tree>| !result.void && result.rejected.is_none();
                let quiet = |message: &ToClient<Tree>| match message {
                    ToClient::Ack { results } => !results.iter().any(taken),
                    _ => false,
                };
                down.pop_front_if(|message| !quiet(message));
            }
            _ if self.dice.once_in(2) => self.cut(peer),
            _ => {}
        }
    }

    /// What befalls the room itself, and the wire beyond what a link does that keeps its order.
    fn weather(&mut self) {
        let Some(weather) = &mut self.weather else {
            return;
        };
        match weather.below(40) {
            0 => self.crash(),
            1 | 26 | 27 if !self.writing.is_empty() => self.crash(),
            1 | 2 => self.compact(),
            3 => self.backup = Some(self.disk.clone()),
            4 if weather.once_in(2) => self.restore(),
            5 | 6 => self.repeat_down(),
            7 | 8 => self.shuffle_down(),
            9..20 => self.haunt(),
            20..23 => {
                let peer = weather.below(self.peers.len());
                self.reload(peer);
            }
            23 | 24 => {
                let peer = weather.below(self.peers.len());
                self.peers[peer].client.save_soon();
            }
            25 => {
                let peer = weather.below(self.peers.len());
                self.second_tab(peer);
            }
            28..34 => {
                let peer = weather.below(self.peers.len());
                self.show(peer);
            }
            _ => {}
        }
    }

    /// An edit, an undo or a redo.
    fn edit_or_step_back(&mut self, peer: usize) {
        let client = &mut self.peers[peer].client;
        let made = match self.dice.below(4) {
            0 | 1 => client.undo(),
            2 => client.redo(),
            _ => return self.edit(peer),
        };
        if let Some((seq, tag)) = made.expect("what is undone fits the view") {
            self.events.undos += 1;
            self.peers[peer].open.push((seq.0, tag));
        }
        self.drain();
    }

    fn edit(&mut self, peer: usize) {
        let mut doc = self.peers[peer].client.view().clone();
        let mut ops = Vec::new();
        if self.dice.once_in(6) {
            let (path, value) = self.dice.pick(&paths(&doc)).clone();
            ops.push(PatchOp::Test {
                path: path.pointer(),
                value,
            });
        }
        for _ in 0..1 + self.dice.below(3) {
            let op = edit(&mut self.dice, &doc);
            let rules = apply::Rules::RFC;
            if apply::write(&mut doc, std::slice::from_ref(&op), &rules).is_ok() {
                ops.push(op);
            }
        }
        let peer = &mut self.peers[peer];
        if let Some((seq, tag)) = peer
            .client
            .write(&ops)
            .expect("a random edit fits its document")
        {
            peer.open.push((seq.0, tag));
        }
        self.drain();
    }
}
