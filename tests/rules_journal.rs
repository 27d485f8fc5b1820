//! What a replica keeps, and a replica that is made from it: part J. That the two are the same,
//! at any moment and whatever befalls the world, is in `simulation.rs`.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use draftsync::client::{Client, Corrupt, Entry, Output, Saved};
use draftsync::error::ErrorCode;
use draftsync::frame;
use draftsync::protocol::{Offer, PatchOp, Seq, ToClient, ToRoom};
use draftsync::tree::Tree;
use support::tree;

const WELCOME: &str = r#"{"type":"welcome","version":5,"epoch":"fedcba9876543210fedcba9876543210",
    "last_seq":0,"results":[],"snapshot":{"list":[1,2,3]},"limits":{"message_bytes_max":1048576}}"#;
const CHANGE: &str = r#"{"type":"change","version":6,"client_id":"0000000000000000000000000000000f",
    "seq":1,"tag":"00112233445566aa","patch":[{"op":"remove","path":"/list/0"}]}"#;

fn message(text: &str) -> ToClient<Tree> {
    frame::read(text).expect("a message")
}

fn write(client: &mut Client<Tree>, ops: &str) {
    let ops: Vec<PatchOp<Tree>> = serde_json::from_str(ops).expect("a patch");
    client.write(&ops).expect("it fits");
}

/// A replica with a journal, and what it has told.
struct Kept {
    client: Client<Tree>,
    saved: Option<Saved<Tree>>,
    journal: Vec<Entry<Tree>>,
    /// What was told, a word each.
    told: Vec<&'static str>,
}

impl Kept {
    fn new() -> Self {
        let mut client = Client::new(tree(r#"{"list":[]}"#), 7);
        client.keep_journal();
        Self {
            client,
            saved: None,
            journal: Vec::new(),
            told: Vec::new(),
        }
    }

    fn joined() -> Self {
        let mut kept = Self::new();
        kept.client.handle_opened();
        kept.hear(WELCOME);
        kept.told.clear();
        kept
    }

    fn hear(&mut self, text: &str) {
        let message = message(text);
        let noted = self.client.handle_message(message.clone());
        self.drain(noted.then_some(message));
    }

    fn write(&mut self, ops: &str) {
        write(&mut self.client, ops);
        self.drain(None);
    }

    fn drain(&mut self, mut heard: Option<ToClient<Tree>>) {
        while let Some(output) = self.client.poll_output() {
            let (word, entry) = match output {
                Output::Saved(saved) => {
                    self.told.push("saved");
                    self.saved = Some(saved);
                    self.journal.clear();
                    continue;
                }
                Output::Wrote(offer) => ("wrote", Entry::Wrote(offer)),
                Output::Pushed(changes) => ("pushed", Entry::Pushed(changes)),
                Output::Heard => ("heard", Entry::Heard(heard.take().expect("a message"))),
                Output::Send(_) => {
                    self.told.push("send");
                    continue;
                }
                _ => continue,
            };
            self.told.push(word);
            self.journal.push(entry);
        }
        assert_eq!(heard, None, "a message that is to be kept");
    }

    fn saved(&self) -> Saved<Tree> {
        self.saved.clone().expect("a state was kept")
    }

    fn restore(&self, client: &mut Client<Tree>, mine: bool) -> Result<(), Corrupt> {
        client.restore(self.saved(), self.journal.clone().into_iter().map(Ok), mine)
    }
}

#[test]
fn j1_j3_what_happens_is_told_in_order_and_before_anything_is_sent() {
    let mut kept = Kept::new();
    kept.client.handle_opened();
    kept.drain(None);
    assert_eq!(kept.told, ["saved", "send"]);
    kept.told.clear();
    kept.hear(WELCOME);
    assert_eq!(kept.told, ["saved"], "a snapshot is kept as the state");
    kept.told.clear();
    kept.write(r#"[{"op":"add","path":"/a","value":1}]"#);
    assert_eq!(kept.told, ["wrote", "pushed", "send"]);
    kept.write(r#"[{"op":"add","path":"/b","value":2}]"#);
    kept.hear(CHANGE);
    assert_eq!(kept.told[3..], ["wrote", "heard"]);
    kept.hear(r#"{"type":"pong"}"#);
    kept.hear(&CHANGE.replace("6", "9"));
    assert_eq!(kept.told.len(), 6, "what has no effect twice is kept once");
}

#[test]
fn j3_the_state_that_the_host_asks_for_waits_until_nothing_is_in_flight() {
    let mut kept = Kept::joined();
    kept.write(r#"[{"op":"add","path":"/a","value":1}]"#);
    kept.client.save_soon();
    kept.write(r#"[{"op":"add","path":"/b","value":2}]"#);
    assert!(!kept.told.contains(&"saved"));
    kept.told.clear();
    let Some(Entry::Wrote(offer)) = kept.journal.first().cloned() else {
        panic!("the first entry is the first change");
    };
    let tag = String::from(offer.tag);
    kept.hear(&format!(
        r#"{{"type":"ack","results":[{{"seq":1,"tag":"{tag}","version":6}}]}}"#
    ));
    assert_eq!(kept.told, ["heard", "saved", "pushed", "send"]);
    assert_eq!(kept.saved().base, tree(r#"{"list":[1,2,3],"a":1}"#));
    assert_eq!(kept.saved().pending.len(), 1);
}

#[test]
fn j2_a_restored_replica_shows_the_same_and_comes_again_under_its_name() {
    let mut kept = Kept::joined();
    kept.write(r#"[{"op":"add","path":"/list/3","value":4}]"#);
    kept.hear(CHANGE);
    let mut restored = Client::new(tree("{}"), 8);
    kept.restore(&mut restored, true).expect("what was kept");
    assert_eq!(restored.view(), &tree(r#"{"list":[2,3,4]}"#));
    assert_eq!(restored.id(), kept.client.id());
    assert_eq!((restored.version().0, restored.pending()), (6, 1));
    restored.handle_opened();
    assert!(matches!(restored.poll_output(), Some(Output::Send(_))));
}

#[test]
fn j4_what_no_replica_can_have_written_is_refused_and_changes_nothing() {
    let mut kept = Kept::joined();
    kept.write(r#"[{"op":"add","path":"/a","value":1}]"#);
    let offer = |client: &Client<Tree>| client.offers().next().expect("a change waits");
    let mut nowhere = offer(&kept.client);
    nowhere.seq = Seq(9);
    nowhere.patch =
        serde_json::from_str(r#"[{"op":"remove","path":"/no/such"}]"#).expect("a patch");
    for entry in [
        Entry::Pushed(2),
        Entry::Wrote(nowhere),
        Entry::Wrote(offer(&kept.client)),
    ] {
        let mut client = Client::new(tree("{}"), 8);
        write(&mut client, r#"[{"op":"add","path":"/mine","value":1}]"#);
        let mut journal = kept.journal.clone();
        journal.push(entry.clone());
        assert_eq!(
            client.restore(kept.saved(), journal.into_iter().map(Ok), true),
            Err(Corrupt),
            "{entry:?}"
        );
        assert_eq!(client.view(), &tree(r#"{"mine":1}"#));
        assert_eq!(client.pending(), 1);
    }
    let mut met = Kept::joined().client;
    assert_eq!(
        kept.restore(&mut met, true),
        Err(Corrupt),
        "it has met its room"
    );
    assert_eq!(met.view(), &tree(r#"{"list":[1,2,3]}"#));
}

#[test]
fn j5_what_was_written_meanwhile_stands_on_top() {
    let mut kept = Kept::joined();
    kept.write(r#"[{"op":"add","path":"/a","value":1}]"#);
    let mut client = Client::new(tree(r#"{"list":[3]}"#), 8);
    write(
        &mut client,
        r#"[{"op":"replace","path":"/list/0","value":4}]"#,
    );
    write(&mut client, r#"[{"op":"add","path":"/b","value":2}]"#);
    while client.poll_output().is_some() {}
    kept.restore(&mut client, true).expect("what was kept");
    assert_eq!(client.view(), &tree(r#"{"list":[1,2,4],"a":1,"b":2}"#));
    let seqs: Vec<u64> = client.offers().map(|offer| offer.seq.0).collect();
    assert_eq!((seqs[0], seqs[2] - seqs[1]), (1, 1));
    assert!(
        seqs[1] > 1_000_000,
        "room for numbers that were lost: {seqs:?}"
    );
    let told: Vec<_> = std::iter::from_fn(|| client.poll_output()).collect();
    let written = told
        .iter()
        .filter(|output| matches!(output, Output::Wrote(_)));
    assert_eq!(written.count(), 2);
}

#[test]
fn j6_beside_a_living_replica_it_takes_the_base_and_another_name() {
    let mut kept = Kept::joined();
    kept.write(r#"[{"op":"add","path":"/a","value":1}]"#);
    let mut other = Client::new(tree("{}"), 8);
    write(&mut other, r#"[{"op":"add","path":"/mine","value":1}]"#);
    kept.restore(&mut other, false).expect("what was kept");
    assert_ne!(other.id(), kept.client.id());
    assert_eq!(other.view(), &tree(r#"{"list":[1,2,3],"mine":1}"#));
    assert_eq!((other.version().0, other.pending()), (5, 1));
    let saved = std::iter::from_fn(|| other.poll_output());
    let saved: Vec<_> = saved
        .filter_map(|output| match output {
            Output::Saved(saved) => Some(saved.client_id),
            _ => None,
        })
        .collect();
    assert_eq!(saved, [other.id()]);
}

#[test]
fn j7_r9_an_old_copy_offers_nothing_twice_that_the_room_has_taken() {
    let mut kept = Kept::joined();
    kept.write(r#"[{"op":"add","path":"/list/0","value":"x"}]"#);
    kept.write(r#"[{"op":"add","path":"/list/0","value":"y"}]"#);
    let [x, y] = &kept.client.offers().collect::<Vec<_>>()[..] else {
        panic!("two changes wait");
    };
    let taken = |offer: &Offer<Tree>, version: u64| {
        let tag = String::from(offer.tag);
        format!(
            r#"{{"seq":{},"tag":"{tag}","version":{version}}}"#,
            offer.seq.0
        )
    };
    // The disk has only the first of them; the room has both, and remembers both or one.
    for (results, unknown) in [
        (format!("{},{}", taken(x, 6), taken(y, 7)), 0),
        (taken(y, 7), 1),
        (String::new(), 1),
    ] {
        let mut journal = kept.journal.clone();
        journal.truncate(2);
        let mut old = Client::new(tree("{}"), 8);
        old.restore(kept.saved(), journal.into_iter().map(Ok), true)
            .expect("what was kept");
        let name = old.id();
        write(&mut old, r#"[{"op":"add","path":"/z","value":1}]"#);
        old.handle_opened();
        old.handle_message(message(&format!(
            r#"{{"type":"welcome","version":7,"epoch":"fedcba9876543210fedcba9876543210",
            "last_seq":2,"results":[{results}],"snapshot":{{"list":["y","x",1,2,3]}},
            "limits":{{"message_bytes_max":1048576}}}}"#
        )));
        let told: Vec<_> = std::iter::from_fn(|| old.poll_output()).collect();
        let refused = told.iter().filter(|output| {
            matches!(output, Output::Rejected(_, why) if why.code == ErrorCode::UnknownOutcome)
        });
        assert_eq!(refused.count(), unknown);
        let pushed: Vec<_> = told
            .iter()
            .filter_map(|output| match output {
                Output::Send(ToRoom::Push { changes, .. }) => Some(changes.len()),
                _ => None,
            })
            .collect();
        assert_eq!(old.id(), name);
        assert_eq!(pushed, [1], "what was written since");
        assert_eq!(old.base(), &tree(r#"{"list":["y","x",1,2,3]}"#));
    }
}
