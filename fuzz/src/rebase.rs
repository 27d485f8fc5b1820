//! Rebase: two clients and a room, their messages delivered in any order that a network may
//! choose. Forms apply and are their texts, the room takes what the client foresaw, and at rest
//! all documents are equal.

use super::choices::Choices;
use super::edits::{document, fitting_patch};
use draftsync::apply::{Rules, write};
use draftsync::client::{Client, Output};
use draftsync::protocol::{Epoch, ToClient, ToRoom};
use draftsync::room::{Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::collections::VecDeque;

struct Peer {
    client: Client<Tree>,
    session: Option<SessionId>,
    up: VecDeque<ToRoom<Tree>>,
    down: VecDeque<ToClient<Tree>>,
    written: usize,
    decided: usize,
}

struct World {
    room: Room<Tree>,
    peers: Vec<Peer>,
    sessions: u64,
}

/// Edits of two or three clients, rebased over each other.
pub fn rebase(data: &[u8]) {
    let mut choices = Choices::new(data);
    let initial = document(&mut choices);
    let peer = |seed| Peer {
        client: Client::new(initial.clone(), seed),
        session: None,
        up: VecDeque::new(),
        down: VecDeque::new(),
        written: 0,
        decided: 0,
    };
    let peers = (0..2 + choices.below(2) as u128).map(peer).collect();
    let mut world = World {
        room: Room::new(Epoch(1)),
        peers,
        sessions: 0,
    };
    world.rest();
    for _ in 0..32 {
        if choices.is_spent() {
            break;
        }
        let peer = choices.below(world.peers.len());
        match choices.below(8) {
            0..3 => world.edit(&mut choices, peer),
            3 | 4 => drop(world.up(peer)),
            5 | 6 => drop(world.down(peer)),
            _ if choices.once_in(3) => world.cut(peer),
            _ => world.open(peer),
        }
    }
    world.rest();
    world.check();
}

impl World {
    fn edit(&mut self, choices: &mut Choices<'_>, peer: usize) {
        let Peer {
            client, written, ..
        } = &mut self.peers[peer];
        let doc = client.view().clone();
        let ops = fitting_patch(choices, &doc);
        let change = client.write(&ops).expect("a fitting patch fits");
        *written += usize::from(change.is_some());
        self.drain();
    }

    fn open(&mut self, peer: usize) {
        if self.peers[peer].session.is_none() {
            self.sessions += 1;
            self.peers[peer].session = Some(SessionId(self.sessions));
            self.peers[peer].client.handle_opened();
            self.drain();
        }
    }

    fn cut(&mut self, peer: usize) {
        let peer = &mut self.peers[peer];
        peer.up.clear();
        peer.down.clear();
        if let Some(session) = peer.session.take() {
            peer.client.handle_closed();
            self.room.handle_closed(session);
        }
    }

    fn up(&mut self, peer: usize) -> bool {
        let peer = &mut self.peers[peer];
        let (Some(session), Some(message)) = (peer.session, peer.up.pop_front()) else {
            return false;
        };
        self.room.handle_message(session, message);
        self.drain();
        true
    }

    fn down(&mut self, peer: usize) -> bool {
        let Some(message) = self.peers[peer].down.pop_front() else {
            return false;
        };
        self.peers[peer].client.handle_message(message);
        self.drain();
        true
    }

    fn rest(&mut self) {
        for _ in 0..1_000 {
            let mut moved = false;
            for peer in 0..self.peers.len() {
                self.open(peer);
                while self.up(peer) || self.down(peer) {
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
        panic!("C6: the world does not come to rest");
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(_) => self.room.handle_durable(),
                RoomOutput::Send(session, message) => self.send(session, &message),
                RoomOutput::Relay(sessions, change) => {
                    let message = ToClient::Change(change);
                    sessions
                        .into_iter()
                        .for_each(|session| self.send(session, &message));
                }
                RoomOutput::Show(sessions, _, message) => {
                    sessions
                        .into_iter()
                        .for_each(|session| self.send(session, &message));
                }
                RoomOutput::Close(_, code) => panic!("the room closes: {}", code.word()),
            }
        }
        for index in 0..self.peers.len() {
            while let Some(output) = self.peers[index].client.poll_output() {
                match output {
                    Output::Send(message) => self.peers[index].up.push_back(message),
                    Output::Settled(..) | Output::Rejected(..) => self.peers[index].decided += 1,
                    Output::Ready | Output::Changed | Output::Patched { .. } => {}
                    other => panic!("a client says {other:?}"),
                }
            }
            self.peers[index].check_forms();
        }
    }

    fn send(&mut self, session: SessionId, message: &ToClient<Tree>) {
        let mut peers = self.peers.iter_mut();
        if let Some(peer) = peers.find(|peer| peer.session == Some(session)) {
            peer.down.push_back(message.clone());
        }
    }

    fn check(&mut self) {
        let doc = self.room.doc().expect("the room was seeded").clone();
        for peer in &mut self.peers {
            assert_eq!(peer.client.version(), self.room.head(), "C6");
            assert_eq!(
                peer.client.base(),
                &doc,
                "C1: a base is the fold of the log"
            );
            assert_eq!(peer.client.view(), &doc, "C2: at rest the view is the base");
            assert_eq!(
                peer.decided, peer.written,
                "C6: every change was decided once"
            );
        }
    }
}

impl Peer {
    /// A form applies where it stands, and is exactly its text there.
    fn check_forms(&mut self) {
        self.client.view();
        let rules = Rules {
            judge: false,
            inspect: |_, _| Ok(()),
        };
        let mut doc = self.client.base().clone();
        for form in self.client.forms() {
            let typed = write(&mut doc, &form.to_text(), &rules)
                .unwrap_or_else(|error| panic!("T12: {error}: {:?}", form.to_text()));
            assert_eq!(&typed.patch, form, "T13: a form is exactly its text");
        }
    }
}
