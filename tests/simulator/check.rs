//! What must be true at every moment, and at rest.

use super::{Peer, World};
use draftsync::apply::{self, Rules};
use draftsync::protocol::{ToClient, Verdict, Version};
use draftsync::tree::Tree;

impl World {
    /// A form is exactly its text: typed anew where it stands, it is the same.
    pub(super) fn check_forms(&mut self, peer: usize) {
        self.peers[peer].client.view();
        let client = &self.peers[peer].client;
        let mut doc = client.base().clone();
        let rules = Rules {
            judge: false,
            inspect: |_, _| Ok(()),
        };
        for form in client.forms() {
            let text = form.to_text();
            let typed = apply::write(&mut doc, &text, &rules)
                .unwrap_or_else(|error| panic!("a form does not apply: {error}: {text:?}"));
            assert_eq!(&typed.patch, form, "type(text(form)) == form");
        }
    }

    /// What a client is told; the room must never say otherwise of the same change.
    pub(super) fn note(&mut self, peer: usize, message: &ToClient<Tree>) {
        let results: &[Verdict<Tree>] = match message {
            ToClient::Welcome(welcome) => {
                self.peers[peer].epoch = Some(welcome.epoch);
                &welcome.results
            }
            ToClient::Ack { results } => results,
            _ => return,
        };
        for result in results {
            let taken = !result.void && result.rejected.is_none();
            let before = self.told.insert(result.tag, taken);
            assert!(before.is_none_or(|before| before == taken), "{result:?}");
        }
    }

    /// Of a room that had nothing yet nothing is lost, and no app hears that anything was.
    pub(super) fn check_loss(&mut self, version: Version, renamed: bool, told: bool) {
        if renamed && version.0 == 0 {
            self.events.empty_rooms += 1;
        }
        assert!(!told || version.0 > 0, "nothing was lost");
    }

    /// Clients at one version of one history have one document, whatever came to them and how.
    pub(super) fn check_base(&self, peer: usize) {
        let peer = &self.peers[peer];
        if let (true, Some(epoch)) = (peer.client.is_live(), peer.epoch) {
            let document = &self.documents[&(epoch, peer.client.version())];
            assert_eq!(
                peer.client.base(),
                document,
                "a base is the fold of the log"
            );
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        let quiet = |peer: &Peer| {
            peer.session.is_some()
                && peer.up.is_empty()
                && peer.down.is_empty()
                && peer.client.is_live()
                && peer.client.pending() == 0
                && peer.kept.is_quiet()
        };
        self.writing.is_empty() && self.peers.iter().all(quiet)
    }

    pub(super) fn check(&mut self) {
        let doc = self.room.doc().expect("the room was seeded").clone();
        let taken = &self.disk.taken;
        for peer in &mut self.peers {
            assert_eq!(peer.client.version(), self.room.head());
            assert_eq!(peer.client.base(), &doc, "a base is the fold of the log");
            assert_eq!(peer.client.view(), &doc, "at rest the view is the base");
            assert_eq!(
                peer.settled.len(),
                peer.open.len(),
                "every change was decided"
            );
            assert!(peer.settled.values().all(|times| *times == 1), "and once");
            for (_, tag) in &peer.open {
                let times = taken.iter().filter(|(_, taken)| *taken == Some(*tag));
                let times = times.count();
                assert!(times <= 1, "a change was taken {times} times");
            }
        }
        for tag in &self.gone {
            let sent = taken.iter().any(|(_, taken)| *taken == Some(*tag));
            assert!(!sent, "a change was sent before it was written");
        }
        for (tag, said) in &self.told {
            let times = taken.iter().filter(|(_, taken)| *taken == Some(*tag));
            let times = times.count();
            assert_eq!(times, usize::from(*said), "what was said of a change holds");
        }
        let seeds = taken.iter().filter(|(_, tag)| tag.is_none()).count();
        assert_eq!(seeds, 1, "one seed counts");
        assert_eq!(taken.len() as u64, self.room.head().0);
    }
}
