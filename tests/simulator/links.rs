//! Sockets: what is on the way, and what comes to an end.

use super::{Ghost, Peer, World};
use draftsync::client::Output;
use draftsync::protocol::{CatchUp, ToClient};
use draftsync::room::{RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::collections::VecDeque;

impl World {
    pub(super) fn open(&mut self, peer: usize) {
        self.sessions += 1;
        self.events.connections += 1;
        self.peers[peer].session = Some(SessionId(self.sessions));
        self.peers[peer].client.handle_opened();
        self.drain();
    }

    /// The link is gone, and what was on it. Now and then only its client knows, and what was on
    /// the way to the room still arrives there.
    pub(super) fn cut(&mut self, peer: usize) {
        let half_open = self.dice_below(2) == 1;
        let peer = &mut self.peers[peer];
        let up = std::mem::take(&mut peer.up);
        peer.down.clear();
        peer.kept.drop_sends();
        let Some(session) = peer.session.take() else {
            return;
        };
        peer.client.handle_closed();
        if half_open {
            self.ghosts.push(Ghost { session, up });
        } else {
            self.room.handle_closed(session);
        }
    }

    /// The room hears something that was said long ago, or that a socket was closed.
    pub(super) fn haunt(&mut self) {
        if self.ghosts.is_empty() {
            return;
        }
        let at = self.dice_below(self.ghosts.len());
        match self.ghosts[at].up.pop_front() {
            Some(message) => {
                self.events.ghosts += 1;
                let session = self.ghosts[at].session;
                self.room.handle_message(session, message);
            }
            None => {
                let session = self.ghosts.swap_remove(at).session;
                self.room.handle_closed(session);
            }
        }
        self.drain();
    }

    /// A frame to a client comes again, at once or some frames later.
    pub(super) fn repeat_down(&mut self) {
        let behind = 1 + self.dice_below(3);
        let down = self.busiest();
        if let Some(frame) = down.front().cloned() {
            down.insert(behind.min(down.len()), frame);
            self.events.repeated += 1;
        }
    }

    /// Two frames to a client change places.
    pub(super) fn shuffle_down(&mut self) {
        let last = self.busiest().len().saturating_sub(1);
        let at = self.dice_below(last + 1);
        if at > 0 {
            self.busiest().swap(0, at);
            self.events.shuffled += 1;
        }
    }

    /// The frames to the client that the most are on their way to.
    fn busiest(&mut self) -> &mut VecDeque<ToClient<Tree>> {
        let downs = self.peers.iter_mut().map(|peer| &mut peer.down);
        downs
            .max_by_key(|down| down.len())
            .expect("a world has clients")
    }

    pub(super) fn deliver_up(&mut self, peer: usize) -> bool {
        let Some(session) = self.peers[peer].session else {
            return false;
        };
        let Some(message) = self.peers[peer].up.pop_front() else {
            return false;
        };
        self.room.handle_message(session, message);
        self.drain();
        true
    }

    pub(super) fn deliver_down(&mut self, peer: usize) -> bool {
        let Some(message) = self.peers[peer].down.pop_front() else {
            return false;
        };
        let snapshot = matches!(
            &message,
            ToClient::Welcome(welcome) if matches!(welcome.catch_up, CatchUp::Snapshot(_))
        );
        self.events.snapshots += u64::from(snapshot);
        self.note(peer, &message);
        let client = &self.peers[peer].client;
        let (id, version, histories) = (client.id(), client.version(), self.events.histories);
        self.peers[peer].handle(message);
        self.drain();
        let renamed = self.peers[peer].client.id() != id;
        self.check_loss(version, renamed, self.events.histories > histories);
        self.check_base(peer);
        true
    }

    /// Carries every output to where it belongs.
    pub(super) fn drain(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(append) => self.writing.push_back(append),
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
                RoomOutput::Close(session, _) => {
                    let closed = |peer: &Peer| peer.session == Some(session);
                    if let Some(peer) = self.peers.iter().position(closed) {
                        self.cut(peer);
                    }
                    self.ghosts.retain(|ghost| ghost.session != session);
                }
            }
        }
        for index in 0..self.peers.len() {
            while let Some(output) = self.peers[index].client.poll_output() {
                if let Some(output) = self.peers[index].kept.take(output) {
                    self.hear(index, output);
                }
            }
            self.check_forms(index);
        }
        self.keep();
    }

    fn hear(&mut self, peer: usize, output: Output<Tree>) {
        match output {
            Output::Reconnect => self.cut(peer),
            Output::Settled(seq, outcome) => {
                self.events.lost += outcome.lost.len() as u64;
                *self.peers[peer].settled.entry(seq.0).or_default() += 1;
            }
            Output::Rejected(seq, _) => {
                self.events.rejected += 1;
                *self.peers[peer].settled.entry(seq.0).or_default() += 1;
            }
            Output::Mispredicted(seq) => panic!("canonical != form for seq {}", seq.0),
            Output::Told(code) => panic!("the room complains: {}", code.word()),
            Output::HistoryLost => self.events.histories += 1,
            _ => {}
        }
    }

    fn send(&mut self, session: SessionId, message: ToClient<Tree>) {
        if let ToClient::Ack { results } = &message {
            let void = results.iter().filter(|result| result.void);
            self.events.void += void.count() as u64;
        }
        let mut peers = self.peers.iter_mut();
        if let Some(peer) = peers.find(|peer| peer.session == Some(session)) {
            peer.down.push_back(message);
        }
    }
}
