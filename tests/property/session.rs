//! P4. Real clients and a real room: what the room takes is what its author foresaw.

use super::case::Case;
use super::walk::{check_form, same};
use crate::support::Dice;
use draftsync::apply::{self, Rules};
use draftsync::client::{Client, Outcome, Output};
use draftsync::op::Patch;
use draftsync::protocol::{Change, Epoch, ToClient, ToRoom};
use draftsync::room::{Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::collections::VecDeque;

/// Far more messages than a session has.
const DELIVERIES_MAX: usize = 100_000;

pub(crate) struct Peer {
    pub(crate) client: Client<Tree>,
    pub(crate) up: VecDeque<ToRoom<Tree>>,
    pub(crate) down: VecDeque<ToClient<Tree>>,
}

/// A room and its clients, and the links between them.
pub(crate) struct Table {
    pub(crate) room: Room<Tree>,
    pub(crate) peers: Vec<Peer>,
    /// What the room took, after the seed.
    pub(crate) log: Vec<Change<Tree>>,
    /// What became of the changes of each peer.
    pub(crate) outcomes: Vec<(usize, Outcome<Tree>)>,
    dice: Dice,
}

/// P4. Everybody writes before hearing of the others; messages come in any order that the links
/// allow. The room's patches are the forms, always, and a form is exactly its text.
pub(crate) fn p4_canonical_is_form(case: &Case) -> Result<(), String> {
    let authors = case.patches();
    let mut table = Table::new(&case.doc, authors.len(), case.seed);
    table.settle()?;
    for (peer, patches) in authors.iter().enumerate() {
        for patch in patches {
            let text = patch.to_text();
            let client = &mut table.peers[peer].client;
            client.write(&text).map_err(|error| error.to_string())?;
        }
        table.collect()?;
        check_forms(&mut table.peers[peer].client)?;
    }
    table.settle()?;
    let doc = table.room.doc().cloned().unwrap_or_default();
    for peer in &mut table.peers {
        same("document at rest", peer.client.view(), &doc)?;
        same("number of pending changes", &peer.client.pending(), &0)?;
    }
    Ok(())
}

impl Table {
    /// Everybody is connected.
    pub(crate) fn new(doc: &Tree, peers: usize, seed: u64) -> Self {
        let peer = |index: usize| {
            let mut client = Client::new(doc.clone(), index as u128 + 1);
            client.handle_opened();
            Peer {
                client,
                up: VecDeque::new(),
                down: VecDeque::new(),
            }
        };
        Self {
            room: Room::new(Epoch(7)),
            peers: (0..peers).map(peer).collect(),
            log: Vec::new(),
            outcomes: Vec::new(),
            dice: Dice::new(seed),
        }
    }

    /// Delivers in any order until nothing is on the way.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        self.collect()?;
        for _ in 0..DELIVERIES_MAX {
            let waiting = |peer: &Peer| !peer.up.is_empty() || !peer.down.is_empty();
            if !self.peers.iter().any(waiting) {
                return Ok(());
            }
            self.deliver()?;
        }
        Err("it does not come to rest".into())
    }

    /// Delivers the next message of one link, if there is any on it.
    pub(crate) fn deliver(&mut self) -> Result<(), String> {
        let peer = self.dice.below(self.peers.len());
        if self.dice.once_in(2) {
            self.deliver_up(peer)
        } else {
            self.deliver_down(peer)
        }
    }

    /// Brings the next message of a peer to the room.
    pub(crate) fn deliver_up(&mut self, peer: usize) -> Result<(), String> {
        if let Some(message) = self.peers[peer].up.pop_front() {
            self.room.handle_message(SessionId(peer as u64), message);
        }
        self.collect()
    }

    /// Brings a peer the next message of the room.
    pub(crate) fn deliver_down(&mut self, peer: usize) -> Result<(), String> {
        let peer = &mut self.peers[peer];
        if let Some(message) = peer.down.pop_front() {
            peer.client.handle_message(message);
            check_forms(&mut peer.client)?;
        }
        self.collect()
    }

    /// Puts what was said on its links.
    pub(crate) fn collect(&mut self) -> Result<(), String> {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(append) => {
                    let taken = append.changes.into_iter();
                    self.log.extend(taken.filter(|change| change.tag.is_some()));
                    self.room.handle_durable();
                }
                RoomOutput::Send(session, message) => self.send(session, message),
                RoomOutput::Relay(sessions, change) => {
                    for session in sessions {
                        self.send(session, ToClient::Change(change.clone()));
                    }
                }
                RoomOutput::Show(sessions, _, message) => {
                    for session in sessions {
                        self.send(session, message.clone());
                    }
                }
                RoomOutput::Close(_, code) => return Err(format!("closed: {}", code.word())),
            }
        }
        for (index, peer) in self.peers.iter_mut().enumerate() {
            while let Some(output) = peer.client.poll_output() {
                match output {
                    Output::Send(message) => peer.up.push_back(message),
                    Output::Settled(_, outcome) => self.outcomes.push((index, outcome)),
                    Output::Mispredicted(seq) => {
                        return Err(format!("another canonical patch for seq {}", seq.0));
                    }
                    Output::Reconnect => return Err("the client lost its way".into()),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, session: SessionId, message: ToClient<Tree>) {
        self.peers[session.0 as usize].down.push_back(message);
    }
}

/// Each form is its text where it stands, and together they are the view.
fn check_forms(client: &mut Client<Tree>) -> Result<(), String> {
    let view = client.view().clone();
    let mut doc = client.base().clone();
    for form in client.forms() {
        check_form(&doc, form)?;
        let form: &Patch<Tree> = &form.without_tests();
        apply::apply(&mut doc, form, &Rules::RFC).map_err(|error| error.to_string())?;
    }
    same("view", &view, &doc)
}
