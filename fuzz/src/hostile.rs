//! A client that breaks every rule but the form of messages, and a room that lies.

use super::choices::Choices;
use super::edits::{any_patch, document, fitting_patch};
use draftsync::client::{Client, Output};
use draftsync::protocol::{
    Anchor, CatchUp, Change, ClientId, Epoch, Limits, Offer, PatchOp, Refusal, Seq, Tag, ToClient,
    ToRoom, Verdict, Version, Welcome,
};
use draftsync::rebase::Kind;
use draftsync::room::{Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::time::Duration;

/// A room, and a stranger who says anything in two sessions.
pub(super) struct Stranger {
    room: Room<Tree>,
    sessions: u64,
    writing: usize,
    now: Duration,
}

impl Stranger {
    pub(super) fn new(choices: &mut Choices<'_>) -> Self {
        let room = Room::new(Epoch(1));
        let mut stranger = Self {
            room,
            sessions: 2,
            writing: 0,
            now: Duration::ZERO,
        };
        if !choices.once_in(8) {
            stranger.hear(hello(1));
            stranger.hear(ToRoom::Seed {
                value: document(choices),
            });
        }
        stranger
    }

    /// Says something in the newest session.
    pub(super) fn hear(&mut self, message: ToRoom<Tree>) {
        self.room.handle_message(SessionId(self.sessions), message);
        self.drain();
    }

    pub(super) fn say(&mut self, choices: &mut Choices<'_>) {
        let head = self.room.head().0;
        let version = Version(match choices.below(8) {
            0 => head + 1,
            1 => head.saturating_sub(choices.below(4) as u64),
            _ => head,
        });
        let message = match choices.below(12) {
            10 | 11 => ToRoom::Presence {
                version,
                value: document(choices),
                anchors: anchors(choices, &self.room.doc().cloned().unwrap_or_default()),
            },
            0 => hello(choices.below(3) as u128),
            1 => ToRoom::Ping { version },
            2 => ToRoom::Seed {
                value: document(choices),
            },
            _ => ToRoom::Push {
                base: version,
                changes: self.offers(choices),
            },
        };
        let session = SessionId(self.sessions - choices.below(2) as u64);
        // Half a minute without a word happens too.
        self.now += Duration::from_millis(choices.below(20_000) as u64);
        self.room.handle_time(self.now);
        self.room.handle_message(session, message);
        self.drain();
        if choices.once_in(6) {
            self.room.handle_closed(SessionId(self.sessions));
            self.sessions += 1;
            self.hear(hello(choices.below(3) as u128));
        }
        if self.writing > 0 && choices.once_in(2) {
            self.writing -= 1;
            self.room.handle_durable();
            self.drain();
        }
    }

    fn offers(&self, choices: &mut Choices<'_>) -> Vec<Offer<Tree>> {
        let doc = self.room.doc().cloned().unwrap_or_default();
        let first = choices.below(12) as u64;
        let offers = 0..1 + choices.below(4) as u64;
        let offers = offers.map(|at| Offer {
            seq: Seq(if choices.once_in(16) {
                first
            } else {
                first + at
            }),
            tag: Tag(choices.below(3) as u64),
            patch: any_patch(choices, &doc),
        });
        offers.collect()
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(append) => {
                    assert_eq!(
                        append.head.0 + append.changes.len() as u64,
                        self.room.head().0
                    );
                    self.writing += 1;
                }
                RoomOutput::Close(SessionId(session), _) if session == self.sessions => {
                    self.sessions += 1;
                }
                _ => {}
            }
        }
    }

    /// The log must still lead to the document.
    pub(super) fn end(&mut self) {
        self.sessions += 1;
        self.hear(hello(9));
        while self.writing > 0 {
            self.writing -= 1;
            self.room.handle_durable();
            self.drain();
        }
    }
}

fn hello(client: u128) -> ToRoom<Tree> {
    ToRoom::Hello {
        protocol: 1,
        client_id: ClientId(client),
        epoch: Some(Epoch(1)),
        version: Some(Version(1)),
        token: None,
        presence: true,
    }
}

/// Places that may be in a document, or not.
fn anchors(choices: &mut Choices<'_>, doc: &Tree) -> Vec<Option<Anchor>> {
    let ops = any_patch(choices, doc);
    let anchors = ops.iter().map(|op| {
        let path = op.path().to_owned();
        let pos = choices.once_in(2).then(|| choices.below(6));
        (!choices.once_in(8)).then_some(Anchor { path, pos })
    });
    anchors.collect()
}

/// A client, and a room that tells it anything.
pub(super) struct LyingRoom {
    client: Client<Tree>,
    /// What the client has pushed last.
    pushed: Vec<(Seq, Tag)>,
}

impl LyingRoom {
    pub(super) fn new(choices: &mut Choices<'_>) -> Self {
        let client = Client::new(document(choices), 1);
        let mut lying = Self {
            client,
            pushed: Vec::new(),
        };
        lying.client.handle_opened();
        lying.drain();
        lying
    }

    pub(super) fn hear(&mut self, message: ToClient<Tree>) {
        self.client.handle_message(message);
        self.drain();
    }

    pub(super) fn say(&mut self, choices: &mut Choices<'_>) {
        let next = self.client.version().0 + u64::from(!choices.once_in(8));
        let message = match choices.below(11) {
            8 => {
                let shown = document(choices);
                let anchors = anchors(choices, &self.client.view().clone());
                // What is too large is refused.
                drop(self.client.show(shown, &anchors, choices.once_in(2)));
                self.client.anchors(None);
                self.drain();
                return;
            }
            9 => ToClient::Gone {
                client_id: ClientId(choices.below(3) as u128),
            },
            10 => ToClient::Presence {
                client_id: ClientId(choices.below(3) as u128),
                version: Version(next.saturating_sub(choices.below(2) as u64)),
                user: None,
                value: document(choices),
                anchors: anchors(choices, self.client.base()),
            },
            0 | 1 => {
                let ops = fitting_patch(choices, &self.client.view().clone());
                // A room may say that nothing fits a message; then nothing is written.
                drop(self.client.write(&ops));
                self.drain();
                return;
            }
            2 => ToClient::Ack {
                results: self.results(choices),
            },
            3 => ToClient::Error {
                code: "slow".to_owned(),
                message: String::new(),
            },
            4 => self.welcome(choices),
            _ => ToClient::Change(self.change(choices, next)),
        };
        self.hear(message);
        for id in 0..3 {
            self.client.anchors(Some(ClientId(id)));
        }
        if choices.once_in(6) {
            self.client.handle_closed();
            self.client.handle_opened();
            self.drain();
        }
    }

    fn welcome(&self, choices: &mut Choices<'_>) -> ToClient<Tree> {
        let version = self.client.version().0 + choices.below(3) as u64;
        let catch_up = if choices.once_in(3) {
            CatchUp::Snapshot(document(choices))
        } else {
            let first = self.client.version().0 + 1;
            CatchUp::Changes(
                (first..=version)
                    .map(|at| self.change(choices, at))
                    .collect(),
            )
        };
        ToClient::Welcome(Welcome {
            version: Version(version),
            epoch: Epoch(u128::from(choices.once_in(8))),
            last_seq: Seq(choices.below(4) as u64),
            results: self.results(choices),
            catch_up,
            limits: Limits {
                message_bytes_max: [1 << 20, 600, 0][choices.below(3)],
            },
        })
    }

    fn change(&self, choices: &mut Choices<'_>, version: u64) -> Change<Tree> {
        let client_id = if choices.once_in(8) {
            self.client.id()
        } else {
            ClientId(5)
        };
        let patch = if version == 1 && !choices.once_in(4) {
            vec![PatchOp::Replace {
                path: String::new(),
                value: document(choices),
            }]
        } else {
            fitting_patch(choices, self.client.base())
        };
        Change {
            version: Version(version),
            client_id,
            seq: Seq(u64::from(version > 1)),
            tag: Some(Tag(choices.below(4) as u64)).filter(|_| version > 1),
            patch,
        }
    }

    /// Answers to what was pushed; now and then to more, or to less.
    fn results(&self, choices: &mut Choices<'_>) -> Vec<Verdict<Tree>> {
        let mut version = self.client.version().0;
        let mut results = Vec::new();
        for (seq, tag) in &self.pushed {
            let kind = choices.below(8);
            version += u64::from(kind > 2);
            results.push(Verdict {
                seq: *seq,
                tag: if choices.once_in(32) { Tag(0) } else { *tag },
                version: Version(version + u64::from(choices.once_in(32))),
                patch: (kind == 3).then(|| any_patch(choices, self.client.base())),
                void: kind == 0,
                rejected: (kind == 1 || kind == 2).then(|| Refusal {
                    code: "rejected".to_owned(),
                    op: choices.below(9),
                    rule: Kind::ALL[choices.below(11)].word().to_owned(),
                }),
                lost: Vec::new(),
            });
        }
        if choices.once_in(16) {
            results.pop();
        }
        results
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Send(ToRoom::Push { changes, .. }) => {
                    self.pushed = changes.iter().map(|offer| (offer.seq, offer.tag)).collect();
                }
                Output::Reconnect => {
                    self.client.handle_closed();
                    self.client.handle_opened();
                }
                _ => {}
            }
        }
        self.client.view();
    }

    /// The client goes on, whatever it was told.
    pub(super) fn end(&mut self) {
        let add = PatchOp::Add {
            path: String::new(),
            value: self.client.view().clone(),
        };
        drop(self.client.write(&[add]));
        self.drain();
    }
}
