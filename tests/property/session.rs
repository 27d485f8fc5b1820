//! P4. Real clients and a real room: what the room takes is what its author foresaw.

use super::case::Case;
use super::walk::{check_form, same};
use crate::support::Dice;
use draftsync::apply::{self, Rules};
use draftsync::client::{Client, Output};
use draftsync::op::Patch;
use draftsync::protocol::{Epoch, ToClient, ToRoom};
use draftsync::room::{Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::collections::VecDeque;

/// Far more messages than a session has.
const DELIVERIES_MAX: usize = 100_000;

struct Peer {
    client: Client<Tree>,
    up: VecDeque<ToRoom<Tree>>,
    down: VecDeque<ToClient<Tree>>,
}

struct Table {
    room: Room<Tree>,
    peers: Vec<Peer>,
    dice: Dice,
}

/// P4. Everybody writes before hearing of the others; messages come in any order that the links
/// allow. The room's patches are the forms, always, and a form is exactly its text.
pub(crate) fn p4_canonical_is_form(case: &Case) -> Result<(), String> {
    let authors = case.patches();
    let mut table = Table::new(case, authors.len());
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
    fn new(case: &Case, peers: usize) -> Self {
        let peer = |index: usize| {
            let mut client = Client::new(case.doc.clone(), index as u128 + 1);
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
            dice: Dice::new(case.seed),
        }
    }

    /// Delivers in any order until nothing is on the way.
    fn settle(&mut self) -> Result<(), String> {
        self.collect()?;
        for _ in 0..DELIVERIES_MAX {
            let waiting = |peer: &Peer| !peer.up.is_empty() || !peer.down.is_empty();
            if !self.peers.iter().any(waiting) {
                return Ok(());
            }
            let index = self.dice.below(self.peers.len());
            let up = self.dice.once_in(2);
            let peer = &mut self.peers[index];
            if up {
                if let Some(message) = peer.up.pop_front() {
                    self.room.handle_message(SessionId(index as u64), message);
                }
            } else if let Some(message) = peer.down.pop_front() {
                peer.client.handle_message(message);
                check_forms(&mut peer.client)?;
            }
            self.collect()?;
        }
        Err("it does not come to rest".into())
    }

    /// Puts what was said on its links.
    fn collect(&mut self) -> Result<(), String> {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(_) => self.room.handle_durable(),
                RoomOutput::Send(session, message) => self.send(session, message),
                RoomOutput::Relay(sessions, change) => {
                    for session in sessions {
                        self.send(session, ToClient::Change(change.clone()));
                    }
                }
                RoomOutput::Close(_, code) => return Err(format!("closed: {}", code.word())),
            }
        }
        for peer in &mut self.peers {
            while let Some(output) = peer.client.poll_output() {
                match output {
                    Output::Send(message) => peer.up.push_back(message),
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
