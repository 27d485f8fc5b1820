//! Sockets: what is on the way, and what comes to an end.

use super::{Peer, World};
use draftsync::client::Output;
use draftsync::protocol::{CatchUp, ToClient};
use draftsync::room::{RoomOutput, SessionId};
use draftsync::tree::Tree;

impl World {
    pub(super) fn open(&mut self, peer: usize) {
        self.sessions += 1;
        self.events.connections += 1;
        self.peers[peer].session = Some(SessionId(self.sessions));
        self.peers[peer].client.handle_opened();
        self.drain();
    }

    /// The link is gone, and what was on it.
    pub(super) fn cut(&mut self, peer: usize) {
        let peer = &mut self.peers[peer];
        peer.up.clear();
        peer.down.clear();
        if let Some(session) = peer.session.take() {
            peer.client.handle_closed();
            self.room.handle_closed(session);
        }
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
        self.peers[peer].client.handle_message(message);
        self.drain();
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
                RoomOutput::Close(session, _) => {
                    let closed = |peer: &Peer| peer.session == Some(session);
                    if let Some(peer) = self.peers.iter().position(closed) {
                        self.cut(peer);
                    }
                }
            }
        }
        for index in 0..self.peers.len() {
            while let Some(output) = self.peers[index].client.poll_output() {
                self.hear(index, output);
            }
            self.check_forms(index);
        }
    }

    fn hear(&mut self, peer: usize, output: Output<Tree>) {
        match output {
            Output::Send(message) => self.peers[peer].up.push_back(message),
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
            Output::HistoryLost => panic!("this room never loses its history"),
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
