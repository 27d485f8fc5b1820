//! Two clients and their room in one place: what one of them missed comes as changes or as a
//! snapshot.

use draftsync::client::{Client, Output};
use draftsync::doc::Doc;
use draftsync::protocol::{CatchUp, Epoch, PatchOp, Seq, ToClient, ToRoom, Version};
use draftsync::room::{Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::collections::{BTreeMap, VecDeque};

/// What became of the changes of one client.
#[derive(Default)]
pub(crate) struct Told {
    /// How many operations of a change were lost.
    pub(crate) lost: BTreeMap<u64, usize>,
    pub(crate) rejected: Vec<u64>,
}

struct Peer {
    client: Client<Tree>,
    session: Option<SessionId>,
    /// Whether what the room says is lost on the way.
    deaf: bool,
    told: Told,
    snapshots: usize,
}

pub(crate) struct Meeting {
    room: Room<Tree>,
    peers: Vec<Peer>,
    sessions: u64,
}

impl Meeting {
    /// So many clients, connected, in a room with this document.
    pub(crate) fn new(doc: &Tree, peers: usize) -> Self {
        let peer = |index: usize| Peer {
            client: Client::new(doc.clone(), index as u128 + 1),
            session: None,
            deaf: false,
            told: Told::default(),
            snapshots: 0,
        };
        let mut meeting = Self {
            room: Room::new(Epoch(7)),
            peers: (0..peers).map(peer).collect(),
            sessions: 0,
        };
        (0..peers).for_each(|peer| meeting.connect(peer));
        meeting
    }

    pub(crate) fn connect(&mut self, peer: usize) {
        self.sessions += 1;
        self.peers[peer].session = Some(SessionId(self.sessions));
        self.peers[peer].deaf = false;
        self.peers[peer].client.handle_opened();
        self.drain();
    }

    /// The client learns at once that the link is gone.
    pub(crate) fn disconnect(&mut self, peer: usize) {
        self.peers[peer].client.handle_closed();
        if let Some(session) = self.peers[peer].session.take() {
            self.room.handle_closed(session);
        }
    }

    /// From now on the room hears the client, and not the other way round.
    pub(crate) fn deafen(&mut self, peer: usize) {
        self.peers[peer].deaf = true;
    }

    /// The room forgets what led to its document.
    pub(crate) fn forget(&mut self) {
        self.room.trim(0);
    }

    /// How many changes the room has taken.
    pub(crate) fn head(&self) -> Version {
        self.room.head()
    }

    pub(crate) fn write(&mut self, peer: usize, ops: &[PatchOp<Tree>]) -> Option<Seq> {
        let written = self.peers[peer].client.write(ops);
        self.drain();
        written
            .expect("an edit fits its document")
            .map(|(seq, _)| seq)
    }

    /// What the app of a client sees.
    pub(crate) fn view(&mut self, peer: usize) -> Tree {
        self.peers[peer].client.view().root()
    }

    pub(crate) fn told(&self, peer: usize) -> &Told {
        &self.peers[peer].told
    }

    pub(crate) fn snapshots(&self, peer: usize) -> usize {
        self.peers[peer].snapshots
    }

    /// The one document that everybody has, with nothing left to send.
    pub(crate) fn agreed(&mut self) -> Tree {
        let doc = self.room.doc().expect("it was seeded").root();
        for peer in &mut self.peers {
            assert_eq!(peer.client.pending(), 0, "nothing is pending");
            assert_eq!(
                peer.client.view().root(),
                doc,
                "everybody has the room's document"
            );
        }
        doc
    }

    /// Carries everything to where it belongs; the disk is quick.
    fn drain(&mut self) {
        let mut up: VecDeque<(SessionId, ToRoom<Tree>)> = VecDeque::new();
        loop {
            while let Some(output) = self.room.poll_output() {
                match output {
                    RoomOutput::Append(_) => self.room.handle_durable(),
                    RoomOutput::Send(session, message) => self.hear(session, message),
                    RoomOutput::Relay(sessions, change) => {
                        for session in sessions {
                            self.hear(session, ToClient::Change(change.clone()));
                        }
                    }
                    RoomOutput::Show(sessions, _, message) => {
                        for session in sessions {
                            self.hear(session, message.clone());
                        }
                    }
                    RoomOutput::Close(_, code) => panic!("the room closes: {}", code.word()),
                }
            }
            for peer in &mut self.peers {
                while let Some(output) = peer.client.poll_output() {
                    match output {
                        Output::Send(message) => up.extend(peer.session.map(|to| (to, message))),
                        Output::Settled(seq, outcome) => {
                            peer.told.lost.insert(seq.0, outcome.lost.len());
                        }
                        Output::Rejected(seq, _) => peer.told.rejected.push(seq.0),
                        Output::Mispredicted(seq) => panic!("canonical != form: {}", seq.0),
                        Output::Reconnect => panic!("nothing is out of turn here"),
                        _ => {}
                    }
                }
            }
            let Some((session, message)) = up.pop_front() else {
                return;
            };
            self.room.handle_message(session, message);
        }
    }

    fn hear(&mut self, session: SessionId, message: ToClient<Tree>) {
        let mut peers = self.peers.iter_mut();
        let Some(peer) = peers.find(|peer| peer.session == Some(session) && !peer.deaf) else {
            return;
        };
        if let ToClient::Welcome(welcome) = &message
            && matches!(welcome.catch_up, CatchUp::Snapshot(_))
        {
            peer.snapshots += 1;
        }
        peer.client.handle_message(message);
    }
}
