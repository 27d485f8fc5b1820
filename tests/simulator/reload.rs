//! What a client keeps, and a client that is made anew from it: a tab that died and is opened
//! again.

use super::{Peer, World, initial};
use draftsync::client::{Client, Entry, Output, Saved};
use draftsync::protocol::{Tag, ToClient, ToRoom};
use draftsync::tree::Tree;
use std::collections::VecDeque;

/// So many tabs has a world at most.
const PEERS_MAX: usize = 6;

/// What waits for the client's own disk, which does one thing after the other.
enum Task {
    Save(Saved<Tree>),
    Append(Entry<Tree>),
    /// Sent when all before it is written.
    Send(ToRoom<Tree>),
}

/// A client's own disk.
#[derive(Default)]
pub(super) struct Kept {
    saved: Option<Saved<Tree>>,
    journal: Vec<Entry<Tree>>,
    tasks: VecDeque<Task>,
    /// Messages that were handled and not told to be kept yet.
    heard: VecDeque<ToClient<Tree>>,
}

impl Kept {
    /// Takes an output that is about keeping or sending, and leaves any other.
    pub(super) fn take(&mut self, output: Output<Tree>) -> Option<Output<Tree>> {
        self.tasks.push_back(match output {
            Output::Saved(saved) => Task::Save(saved),
            Output::Wrote(offer) => Task::Append(Entry::Wrote(offer)),
            Output::Pushed(changes) => Task::Append(Entry::Pushed(changes)),
            Output::Heard => {
                let message = self.heard.pop_front().expect("a message that was handled");
                Task::Append(Entry::Heard(message))
            }
            Output::Send(message) => Task::Send(message),
            other => return Some(other),
        });
        None
    }

    /// Does the oldest task; what is to be sent is returned.
    fn finish(&mut self) -> Option<ToRoom<Tree>> {
        match self.tasks.pop_front()? {
            Task::Save(saved) => {
                self.saved = Some(saved);
                self.journal.clear();
                None
            }
            Task::Append(entry) => {
                self.journal.push(entry);
                None
            }
            Task::Send(message) => Some(message),
        }
    }

    /// Sockets that are gone send nothing.
    pub(super) fn drop_sends(&mut self) {
        self.tasks.retain(|task| !matches!(task, Task::Send(_)));
    }

    /// Whether all is written.
    pub(super) fn is_quiet(&self) -> bool {
        self.tasks.is_empty()
    }
}

impl Peer {
    /// Lets the client handle a message, and remembers it until the client says whether to keep it.
    pub(super) fn handle(&mut self, message: ToClient<Tree>) {
        if self.client.handle_message(message.clone()) {
            self.kept.heard.push_back(message);
        }
    }
}

impl World {
    /// Lets the clients' disks work: all they have to do, or a little where there is weather.
    pub(super) fn keep(&mut self) {
        for peer in 0..self.peers.len() {
            while !self.peers[peer].kept.is_quiet() && self.dice_below(4) < 3 {
                let sent = self.peers[peer].kept.finish();
                self.peers[peer].up.extend(sent);
            }
        }
    }

    /// A tab dies, and what was not written with it; then it is opened again.
    pub(super) fn reload(&mut self, peer: usize) {
        self.cut(peer);
        self.events.reloads += 1;
        let seed = self.dice_below(usize::MAX) as u128;
        let Peer { client, kept, .. } = &mut self.peers[peer];
        let all_written = kept.is_quiet();
        kept.tasks.clear();
        kept.heard.clear();
        let mut next = Client::new(initial(), seed);
        match kept.saved.clone() {
            Some(saved) => {
                let journal = kept.journal.clone().into_iter().map(Ok);
                next.restore(saved, journal, true).expect("what was kept");
            }
            None => next.keep_journal(),
        }
        if all_written && kept.saved.is_some() {
            assert_eq!(next.base(), client.base());
            assert_eq!(next.view(), client.view());
            assert_eq!(next.id(), client.id());
            assert_eq!(next.version(), client.version());
            assert!(next.offers().eq(client.offers()), "pending is the same");
        } else {
            self.events.unwritten += 1;
        }
        *client = next;
        self.peers[peer].shows = false;
        let client = &self.peers[peer].client;
        let waiting: Vec<_> = client
            .offers()
            .map(|offer| (offer.seq.0, offer.tag))
            .collect();
        self.events.restored += waiting.len() as u64;
        self.outlive(peer, &waiting);
        self.drain();
    }

    /// The room is opened in another tab while this one lives: it begins with what this one has
    /// kept, and leaves what waits there to it.
    pub(super) fn second_tab(&mut self, peer: usize) {
        let kept = &self.peers[peer].kept;
        let Some(saved) = kept.saved.clone().filter(|_| self.peers.len() < PEERS_MAX) else {
            return;
        };
        let journal = kept.journal.clone().into_iter().map(Ok);
        self.events.second_tabs += 1;
        let mut second = Client::new(initial(), self.dice_below(usize::MAX) as u128);
        second
            .restore(saved, journal, false)
            .expect("what was kept");
        assert_eq!(second.pending(), 0, "nothing is offered by two");
        assert_ne!(
            second.id(),
            self.peers[peer].client.id(),
            "two live, two names"
        );
        self.peers.push(Peer::new(second));
        self.drain();
    }

    /// What was told of changes that are pending again is told anew, and those that were never
    /// written are gone.
    fn outlive(&mut self, peer: usize, waiting: &[(u64, Tag)]) {
        let Peer { open, settled, .. } = &mut self.peers[peer];
        settled.retain(|seq, _| !waiting.iter().any(|(waits, _)| waits == seq));
        let lives =
            |change: &(u64, Tag)| settled.contains_key(&change.0) || waiting.contains(change);
        let gone = open.extract_if(.., |change| !lives(change));
        self.gone.extend(gone.map(|(_, tag)| tag));
    }
}
