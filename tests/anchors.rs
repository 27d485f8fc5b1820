//! Anchors in worlds from seeds, held against ids: every item has one that no other has, and every
//! character of a text is a character that stands nowhere else.
//!
//! At each moment, in each view, an anchor stands at the item, and between the characters, that it
//! was set at; at rest all replicas read it alike. `DRAFTSYNC_SEED=<seed>` runs one
//! seed again, `DRAFTSYNC_RUNS=<number>` that many.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use draftsync::client::{Client, Output};
use draftsync::doc::Value;
use draftsync::path::{Path, Token};
use draftsync::protocol::{Anchor, ClientId, Epoch, PatchOp, ToClient, ToRoom};
use draftsync::room::{Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use support::{Dice, tree};

const SEEDS: u64 = 500;
const STEPS: usize = 120;
/// Of each hundred anchors that are read, so many stand somewhere at least.
const ALIVE_PERCENT_MIN: usize = 60;

/// What an anchor was set at.
#[derive(Clone, Debug)]
struct Target {
    item: u32,
    /// The characters on both sides of it, if it stands in the item's text.
    text: Option<[BTreeSet<char>; 2]>,
}

struct Peer {
    client: Client<Tree>,
    session: Option<SessionId>,
    up: VecDeque<ToRoom<Tree>>,
    down: VecDeque<ToClient<Tree>>,
    /// What it showed last, by its place in the world's list.
    shows: Option<usize>,
    /// What it knows that others show.
    sees: BTreeMap<ClientId, usize>,
    /// What it was told of anchors that moved.
    told: BTreeMap<Option<ClientId>, Vec<Option<Anchor>>>,
}

struct World {
    dice: Dice,
    room: Room<Tree>,
    peers: Vec<Peer>,
    sessions: u64,
    /// Everything that was ever shown.
    shown: Vec<Vec<Target>>,
    /// Anchors, by what they were shown in and their place in it, that were gone in their author's
    /// view once: what became void stays void (T43), also where its item comes back.
    void: BTreeSet<(usize, usize)>,
    items: u32,
    characters: u32,
    now: Duration,
    writing: usize,
    /// How many anchors were read, and how many of them stood somewhere.
    read: [usize; 2],
}

/// Every item of a document with its path and its text.
fn items(doc: &Tree) -> Vec<(Path, u32, Vec<char>)> {
    let all = support::paths(doc).into_iter();
    let items = all.filter_map(|(path, value)| {
        let Tree::Object(members) = &value else {
            return None;
        };
        let id = match members.get("id")? {
            Tree::Number(id) => *id as u32,
            _ => return None,
        };
        let Tree::Text(text) = members.get("t")? else {
            return None;
        };
        Some((path, id, text.to_string().chars().collect()))
    });
    items.collect()
}

/// Every list that items stand in, with its length.
fn lists(doc: &Tree) -> Vec<(Path, usize)> {
    let all = support::paths(doc).into_iter();
    all.filter_map(|(path, value)| match value {
        Tree::Array(elements) => Some((path, elements.len())),
        _ => None,
    })
    .collect()
}

fn inside(path: &Path, key: &str) -> String {
    path.clone().child(Token::Key(key.into())).pointer()
}

fn units(characters: &[char]) -> usize {
    characters.iter().map(|one| one.len_utf16()).sum()
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let initial = tree(r#"{"a":[],"b":[]}"#);
        let count = 2 + dice.below(2);
        let peers = (0..count).map(|_| Peer {
            client: Client::new(initial.clone(), u128::from(dice.bits())),
            session: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            shows: None,
            sees: BTreeMap::new(),
            told: BTreeMap::new(),
        });
        let peers = peers.collect();
        Self {
            dice,
            room: Room::new(Epoch(1)),
            peers,
            sessions: 0,
            shown: Vec::new(),
            void: BTreeSet::new(),
            items: 0,
            characters: 0,
            now: Duration::ZERO,
            writing: 0,
            read: [0, 0],
        }
    }

    fn run(mut self) -> [usize; 2] {
        for _ in 0..STEPS {
            self.step();
            self.now += Duration::from_millis(self.dice.below(60) as u64);
            self.room.handle_time(self.now);
            self.drain();
            self.check();
        }
        self.come_to_rest();
        self.read
    }

    fn step(&mut self) {
        let peer = self.dice.below(self.peers.len());
        match self.dice.below(20) {
            0..5 => self.edit(peer),
            5..8 => self.show(peer),
            8..12 => drop(self.deliver_up(peer)),
            12..16 => drop(self.deliver_down(peer)),
            16..18 if self.writing > 0 => self.write(),
            18 if self.dice.once_in(4) => self.close(peer),
            _ if self.peers[peer].session.is_none() => self.open(peer),
            _ => self.peers[peer].client.show_again(),
        }
    }

    /// One to three operations, now and then with a guard that may fail.
    fn edit(&mut self, peer: usize) {
        let mut doc = self.peers[peer].client.view().clone();
        let mut ops = Vec::new();
        let known = items(&doc);
        if self.dice.once_in(5) && !known.is_empty() {
            let (path, _, text) = self.dice.pick(&known);
            ops.push(PatchOp::Test {
                path: inside(path, "t"),
                value: Tree::Text(text.iter().collect::<String>().into()),
            });
        }
        for _ in 0..1 + self.dice.below(3) {
            let op = self.operation(&doc);
            let rules = draftsync::apply::Rules::RFC;
            if draftsync::apply::write(&mut doc, std::slice::from_ref(&op), &rules).is_ok() {
                ops.push(op);
            }
        }
        let written = self.peers[peer].client.write(&ops);
        written.expect("it fits the view");
        self.drain();
    }

    fn operation(&mut self, doc: &Tree) -> PatchOp<Tree> {
        let (known, lists) = (items(doc), lists(doc));
        let (list, len) = self.dice.pick(&lists).clone();
        let gap = list.child(Token::Index(self.dice.below(len + 1))).pointer();
        if known.len() < 3 || self.dice.once_in(4) {
            self.items += 1;
            let text = self.text(4);
            let text: String = text.into_iter().collect();
            let item = format!(r#"{{"id":{},"t":"{text}","sub":[]}}"#, self.items);
            let value = tree(&item);
            return PatchOp::Add { path: gap, value };
        }
        let (path, _, text) = self.dice.pick(&known).clone();
        let at = self.dice.below(text.len() + 1);
        let (pos, in_text) = (units(&text[..at]), inside(&path, "t"));
        match self.dice.below(8) {
            0 => PatchOp::Remove {
                path: path.pointer(),
            },
            1 | 2 => PatchOp::Move {
                from: path.pointer(),
                path: gap,
            },
            3 if self.dice.once_in(2) => PatchOp::Replace {
                path: in_text,
                value: Tree::Text(self.text(3).into_iter().collect::<String>().into()),
            },
            3..6 => PatchOp::StrIns {
                path: in_text,
                pos,
                str: Tree::Text(self.text(2).into_iter().collect::<String>().into()),
            },
            _ => {
                let end = at + self.dice.below(text.len() - at + 1);
                PatchOp::StrDel {
                    path: in_text,
                    pos,
                    len: units(&text[at..end]),
                }
            }
        }
    }

    /// Characters that stand nowhere else, of one or two units each.
    fn text(&mut self, most: usize) -> Vec<char> {
        let one = |number: u32| {
            let plane = if number.is_multiple_of(3) {
                0x2_0000
            } else {
                0x4e00
            };
            char::from_u32(plane + number).expect("a character")
        };
        let count = 1 + self.dice.below(most) as u32;
        self.characters += count;
        (self.characters - count..self.characters)
            .map(one)
            .collect()
    }

    fn show(&mut self, peer: usize) {
        let known = items(self.peers[peer].client.view());
        let (mut anchors, mut targets) = (Vec::new(), Vec::new());
        for _ in 0..self.dice.below(4).min(known.len()) {
            let (path, id, text) = self.dice.pick(&known).clone();
            let (anchor, text) = if self.dice.once_in(2) {
                let at = self.dice.below(text.len() + 1);
                let (path, pos) = (inside(&path, "t"), Some(units(&text[..at])));
                let (left, right) = text.split_at(at);
                let sides = [left, right].map(|side| side.iter().copied().collect());
                (Anchor { path, pos }, Some(sides))
            } else {
                let (path, pos) = (path.pointer(), None);
                (Anchor { path, pos }, None)
            };
            anchors.push(Some(anchor));
            targets.push(Target { item: id, text });
        }
        let value = Tree::number(self.shown.len() as f64);
        let at_once = self.dice.once_in(2);
        self.peers[peer].shows = Some(self.shown.len());
        self.peers[peer].told.remove(&None);
        self.shown.push(targets);
        let shown = self.peers[peer].client.show(value, &anchors, at_once);
        shown.expect("it is small");
        self.drain();
    }

    /// Each anchor that anybody knows of, in the view of whoever knows it.
    fn check(&mut self) {
        for peer in &mut self.peers {
            let doc = peer.client.view().clone();
            let known: BTreeMap<u32, (Path, Vec<char>)> = items(&doc)
                .into_iter()
                .map(|(path, id, text)| (id, (path, text)))
                .collect();
            peer.client.tell_moved(|of, anchors| {
                let before = peer.told.insert(of, anchors.to_vec());
                assert_ne!(before.as_deref(), Some(anchors), "it has not moved");
            });
            let own = peer.shows.map(|shows| (None, shows));
            let others = peer.sees.iter().map(|(id, shows)| (Some(*id), *shows));
            for (of, shows) in own.into_iter().chain(others).collect::<Vec<_>>() {
                let anchors = peer.client.anchors(of);
                assert_eq!(anchors.len(), self.shown[shows].len());
                let told = peer.told.get(&of).map_or(&[][..], Vec::as_slice);
                assert_eq!(told, anchors, "what has moved was told");
                for (at, anchor) in anchors.iter().enumerate() {
                    self.read[usize::from(anchor.is_some())] += 1;
                    let target = &self.shown[shows][at];
                    if anchor.is_some() || !self.void.contains(&(shows, at)) {
                        check(anchor.as_ref(), target, known.get(&target.item));
                    }
                    if anchor.is_none() && of.is_none() {
                        self.void.insert((shows, at));
                    }
                }
            }
        }
    }

    fn come_to_rest(&mut self) {
        for peer in 0..self.peers.len() {
            if self.peers[peer].session.is_none() {
                self.open(peer);
            }
            self.peers[peer].client.show_again();
        }
        self.drain();
        for _ in 0..200 {
            for peer in 0..self.peers.len() {
                while self.deliver_up(peer) || self.deliver_down(peer) {}
                if self.peers[peer].session.is_none() {
                    self.open(peer);
                }
            }
            while self.writing > 0 {
                self.write();
            }
            self.now += Duration::from_millis(60);
            self.room.handle_time(self.now);
            self.drain();
        }
        self.check();
        let all = self.peers.iter_mut().map(|peer| {
            assert_eq!(peer.client.pending(), 0, "it is at rest");
            (peer.client.id(), peer.shows, peer.client.anchors(None))
        });
        let all: Vec<_> = all.collect();
        for (author, shows, anchors) in all {
            for peer in self
                .peers
                .iter_mut()
                .filter(|peer| peer.client.id() != author)
            {
                assert_eq!(
                    peer.sees.get(&author),
                    shows.as_ref(),
                    "the latest is known"
                );
                assert_eq!(peer.client.anchors(Some(author)), anchors, "and read alike");
            }
        }
    }

    fn open(&mut self, peer: usize) {
        self.sessions += 1;
        self.peers[peer].session = Some(SessionId(self.sessions));
        self.peers[peer].client.handle_opened();
        self.drain();
    }

    fn close(&mut self, peer: usize) {
        let peer = &mut self.peers[peer];
        peer.up.clear();
        peer.down.clear();
        peer.client.handle_closed();
        if let Some(session) = peer.session.take() {
            self.room.handle_closed(session);
        }
        self.drain();
    }

    fn deliver_up(&mut self, peer: usize) -> bool {
        let peer = &mut self.peers[peer];
        let (Some(session), Some(message)) = (peer.session, peer.up.pop_front()) else {
            return false;
        };
        if let ToRoom::Presence { value, anchors, .. } = &message {
            // One that waited to be sent while a newer one was shown already.
            let nulls = anchors.iter().enumerate().filter(|(_, one)| one.is_none());
            let shows = value.as_number().expect("a number") as usize;
            self.void.extend(nulls.map(|(at, _)| (shows, at)));
        }
        self.room.handle_message(session, message);
        self.drain();
        true
    }

    fn deliver_down(&mut self, peer: usize) -> bool {
        let Some(message) = self.peers[peer].down.pop_front() else {
            return false;
        };
        self.peers[peer].client.handle_message(message);
        self.drain();
        // Each time, so that none is gone for a moment unseen.
        self.check();
        true
    }

    fn write(&mut self) {
        self.writing -= 1;
        self.room.handle_durable();
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll_output() {
            let (sessions, message) = match output {
                RoomOutput::Append(_) => {
                    self.writing += 1;
                    continue;
                }
                RoomOutput::Send(session, message) => (vec![session], message),
                RoomOutput::Relay(sessions, change) => (sessions, ToClient::Change(change)),
                RoomOutput::Show(sessions, _, message) => (sessions, message),
                RoomOutput::Close(_, code) => panic!("the room closes: {}", code.word()),
            };
            for peer in &mut self.peers {
                if peer.session.is_some_and(|id| sessions.contains(&id)) {
                    peer.down.push_back(message.clone());
                }
            }
        }
        for peer in &mut self.peers {
            while let Some(output) = peer.client.poll_output() {
                match output {
                    Output::Send(message) => peer.up.push_back(message),
                    Output::Met(id, Some(seen)) => {
                        let shows = seen.value.as_number().expect("a number");
                        peer.sees.insert(id, shows as usize);
                        peer.told.remove(&Some(id));
                    }
                    Output::Met(id, None) => drop(peer.sees.remove(&id)),
                    Output::Alone => peer.sees.clear(),
                    Output::Mispredicted(seq) => panic!("canonical != form for {}", seq.0),
                    Output::Reconnect => panic!("nothing is out of turn here"),
                    _ => {}
                }
            }
        }
    }
}

/// Whether an anchor stands where it should, in a view in which its item is this, or is not.
fn check(anchor: Option<&Anchor>, target: &Target, item: Option<&(Path, Vec<char>)>) {
    let Some((path, text)) = item else {
        assert_eq!(anchor, None, "its item {} is gone", target.item);
        return;
    };
    let Some([left, right]) = &target.text else {
        let path = path.pointer();
        assert_eq!(anchor, Some(&Anchor { path, pos: None }), "{target:?}");
        return;
    };
    let Some(anchor) = anchor else {
        let stands = |one: &char| left.contains(one) || right.contains(one);
        assert!(!text.iter().any(stands), "{target:?} stands in {text:?}");
        return;
    };
    assert_eq!(anchor.path, inside(path, "t"));
    let mut at = 0;
    for one in text {
        let before = Some(at) < anchor.pos;
        assert!(
            before || !left.contains(one),
            "{one} is left of {anchor:?} in {text:?}"
        );
        assert!(
            !(before && right.contains(one)),
            "{one} is right of {anchor:?} in {text:?}"
        );
        at += one.len_utf16();
    }
    assert!(anchor.pos <= Some(at), "{anchor:?} is in {text:?}");
}

#[test]
fn c42_c43_c44_r26_an_anchor_stands_where_it_was_set_for_everybody() {
    let variable = |name| {
        let value = std::env::var(name).ok()?;
        Some(value.parse::<u64>().expect("a number"))
    };
    let seeds = match variable("DRAFTSYNC_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("DRAFTSYNC_RUNS").unwrap_or(SEEDS),
    };
    let mut read = [0, 0];
    for seed in seeds {
        let world = std::panic::catch_unwind(|| World::new(seed).run());
        let Ok([gone, alive]) = world else {
            panic!("run it again: DRAFTSYNC_SEED={seed} cargo test --test anchors");
        };
        read = [read[0] + gone, read[1] + alive];
    }
    let [gone, alive] = read;
    println!("{alive} anchors stood somewhere, {gone} nowhere");
    assert!(alive * 100 > (alive + gone) * ALIVE_PERCENT_MIN);
}
