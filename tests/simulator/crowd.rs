//! What clients show of themselves: anchors anywhere in what they see.

use super::World;
use crate::support::paths;
use draftsync::protocol::Anchor;
use draftsync::tree::Tree;
use std::time::Duration;

impl World {
    /// A client shows some places of its view.
    pub(super) fn show(&mut self, peer: usize) {
        let count = self.dice_below(4);
        let all = paths(self.peers[peer].client.view());
        let anchors = (0..count).map(|_| {
            let (path, value) = &all[self.dice_below(all.len())];
            let pos = match value {
                Tree::Text(_) => Some(0),
                _ => None,
            };
            let path = path.pointer();
            Some(Anchor { path, pos })
        });
        let anchors: Vec<_> = anchors.collect();
        let peer = &mut self.peers[peer];
        peer.shows = true;
        let shown = peer.client.show(Tree::Null, &anchors, true);
        shown.expect("it is small");
        self.events.shown += 1;
        self.drain();
    }

    /// Time passes, until everything that is shown was told.
    pub(super) fn tell_all(&mut self) {
        for _ in 0..12 {
            self.now += Duration::from_millis(60);
            self.room.handle_time(self.now);
            self.drain();
            for peer in 0..self.peers.len() {
                while self.deliver_up(peer) || self.deliver_down(peer) {}
            }
        }
    }

    /// At rest each anchor is the same place for everybody, or is gone for all.
    pub(super) fn check_anchors(&mut self) {
        let authors = self.peers.iter_mut().filter(|peer| peer.shows);
        let authors = authors.map(|peer| (peer.client.id(), peer.client.anchors(None)));
        let authors: Vec<_> = authors.collect();
        for (author, anchors) in authors {
            for peer in &mut self.peers {
                if peer.client.id() != author {
                    assert_eq!(peer.client.anchors(Some(author)), anchors);
                    self.events.met += anchors.iter().flatten().count() as u64;
                }
            }
        }
    }
}
