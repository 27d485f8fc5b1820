//! One replica, told what a room says: part C, as conversations in the text of the wire.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use draftsync::client::{Client, Output};
use draftsync::doc::Doc;
use draftsync::error::Error;
use draftsync::frame;
use draftsync::protocol::{PatchOp, ToClient};
use draftsync::tree::Tree;

const EPOCH: &str = "fedcba9876543210fedcba9876543210";
const OTHER: &str = "0000000000000000000000000000000f";
const TAG: &str = "00112233445566aa";

struct Replica(Client<Tree>);

fn tree(text: &str) -> Tree {
    serde_json::from_str(text).expect("a document")
}

impl Replica {
    fn new(initial: &str) -> Self {
        Self(Client::new(tree(initial), 7))
    }

    /// A replica at version 5 of a room with this document.
    fn joined(doc: &str) -> Self {
        let mut replica = Self::new("{}");
        replica.0.handle_opened();
        replica.hears(&welcome(5, &format!(r#""snapshot":{doc}"#), 0, ""));
        replica.drain();
        replica
    }

    fn hears(&mut self, text: &str) {
        let message: ToClient<Tree> =
            frame::read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        self.0.handle_message(message);
    }

    fn writes(&mut self, ops: &str) {
        self.try_write(ops)
            .unwrap_or_else(|error| panic!("{ops:.200}: {error}"));
    }

    fn try_write(&mut self, ops: &str) -> Result<(), Error> {
        let ops: Vec<PatchOp<Tree>> = serde_json::from_str(&format!("[{ops}]")).expect("a patch");
        self.0.write(&ops).map(|_| ())
    }

    /// What the replica wants done, a line each.
    fn drain(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.poll_output())
            .map(|output| match output {
                Output::Send(message) => frame::write(&message).expect("a message"),
                Output::Settled(seq, outcome) => {
                    let lost = outcome.lost.iter();
                    let lost: Vec<_> = lost
                        .map(|lost| format!(" {}:{}", lost.op, lost.kind.word()))
                        .collect();
                    format!(
                        "settled {} at {}{}",
                        seq.0,
                        outcome.version.0,
                        lost.concat()
                    )
                }
                Output::Rejected(seq, why) => {
                    format!(
                        "rejected {} {} {} {}",
                        seq.0,
                        why.code.word(),
                        why.op,
                        why.rule
                    )
                }
                Output::AuthExpiring => "token expires".into(),
                Output::Told(code) => format!("told {}", code.word()),
                Output::Mispredicted(seq) => format!("mispredicted {}", seq.0),
                Output::Ready => "ready".into(),
                Output::Reconnect => "reconnect".into(),
                Output::HistoryLost => "history lost".into(),
                Output::Changed => "changed".into(),
                Output::Patched { .. } => "patched".into(),
                Output::Saved(_) => "saved".into(),
                Output::Wrote(offer) => format!("wrote {}", offer.seq.0),
                Output::Pushed(changes) => format!("pushed {changes}"),
                Output::Heard => "heard".into(),
                Output::Met(id, seen) => format!("met {:x} {}", id.0, seen.is_some()),
                Output::Alone => "alone".into(),
            })
            .collect()
    }

    fn pushes(&mut self) -> Vec<Push> {
        self.drain()
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The one push that is due.
    fn push(&mut self) -> Push {
        let mut pushes = self.pushes();
        assert_eq!(pushes.len(), 1, "one push");
        pushes.remove(0)
    }

    fn shows(&mut self, doc: &str) {
        assert_eq!(self.0.view(), &tree(doc));
    }

    fn has_base(&self, doc: &str) {
        assert_eq!(self.0.base(), &tree(doc));
    }

    fn reopens(&mut self) -> Vec<String> {
        self.0.handle_closed();
        self.0.handle_opened();
        self.drain()
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Push {
    base: u64,
    changes: Vec<Offer>,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Offer {
    seq: u64,
    tag: String,
    patch: serde_json::Value,
}

fn welcome(version: u64, content: &str, last_seq: u64, results: &str) -> String {
    welcome_in(EPOCH, version, content, last_seq, results)
}

fn welcome_in(epoch: &str, version: u64, content: &str, last_seq: u64, results: &str) -> String {
    format!(
        r#"{{"type":"welcome","version":{version},"epoch":"{epoch}","last_seq":{last_seq},"results":[{results}],{content},"limits":{{"message_bytes_max":1048576}}}}"#
    )
}

/// A change of another client, as it stands in a log.
fn logged(version: u64, ops: &str) -> String {
    format!(
        r#"{{"version":{version},"client_id":"{OTHER}","seq":1,"tag":"{TAG}","patch":[{ops}]}}"#
    )
}

fn change(version: u64, ops: &str) -> String {
    logged(version, ops).replacen('{', r#"{"type":"change","#, 1)
}

fn result(offer: &Offer, version: u64, more: &str) -> String {
    format!(
        r#"{{"seq":{},"tag":"{}","version":{version}{more}}}"#,
        offer.seq, offer.tag
    )
}

fn ack(results: &[String]) -> String {
    format!(r#"{{"type":"ack","results":[{}]}}"#, results.join(","))
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

const ADD_1: &str = r#"{"op":"add","path":"/l/0","value":1}"#;
const ADD_2: &str = r#"{"op":"add","path":"/l/1","value":2}"#;
const INC: &str = r#"{"op":"inc","path":"/n","inc":1}"#;

#[test]
fn c1_c2_base_is_what_the_room_said_and_the_view_is_pending_on_it() {
    let mut replica = Replica::joined(r#"{"l":[],"n":1}"#);
    replica.writes(ADD_1);
    replica.has_base(r#"{"l":[],"n":1}"#);
    replica.shows(r#"{"l":[1],"n":1}"#);
    replica.hears(&change(6, INC));
    replica.hears(&change(7, r#"{"op":"add","path":"/l/0","value":0}"#));
    replica.has_base(r#"{"l":[0],"n":2}"#);
    replica.shows(r#"{"l":[0,1],"n":2}"#);
    replica.writes(INC);
    replica.has_base(r#"{"l":[0],"n":2}"#);
    replica.shows(r#"{"l":[0,1],"n":3}"#);
}

#[test]
fn c3_an_edit_shows_at_once_and_has_a_seq_and_a_tag() {
    let mut replica = Replica::joined(r#"{"l":[]}"#);
    replica.writes(ADD_1);
    replica.shows(r#"{"l":[1]}"#);
    let first = replica.push().changes.remove(0);
    replica.hears(&ack(&[result(&first, 6, "")]));
    replica.writes(ADD_2);
    let second = replica.push().changes.remove(0);
    assert_eq!((first.seq, second.seq), (1, 2));
    assert_ne!(first.tag, second.tag);
}

#[test]
fn c4_edits_before_the_first_welcome_and_offline_are_offered_later() {
    let mut replica = Replica::new(r#"{"l":[]}"#);
    replica.writes(ADD_1);
    replica.shows(r#"{"l":[1]}"#);
    replica.0.handle_opened();
    replica.writes(ADD_2);
    assert!(
        replica.pushes().is_empty(),
        "nothing is pushed before the welcome"
    );
    replica.hears(&welcome(5, r#""snapshot":{"l":[]}"#, 0, ""));
    let push = replica.push();
    assert_eq!(push.base, 5);
    assert_eq!(
        push.changes
            .iter()
            .map(|change| change.seq)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    let results = [
        result(&push.changes[0], 6, ""),
        result(&push.changes[1], 7, ""),
    ];
    replica.hears(&ack(&results));
    replica.0.handle_closed();
    replica.writes(r#"{"op":"remove","path":"/l/0"}"#);
    replica.shows(r#"{"l":[2]}"#);
    replica.0.handle_opened();
    replica.hears(&welcome(7, r#""changes":[]"#, 2, ""));
    assert_eq!(replica.push().changes[0].seq, 3);
}

#[test]
fn c5_pending_is_rebased_over_what_others_did() {
    let mut replica = Replica::joined(r#"{"l":["a","b"]}"#);
    replica.writes(r#"{"op":"replace","path":"/l/1","value":"B"}"#);
    let first = replica.push().changes.remove(0);
    replica.writes(r#"{"op":"replace","path":"/l/0","value":"A"}"#);
    replica.hears(&change(6, r#"{"op":"add","path":"/l/0","value":"new"}"#));
    replica.shows(r#"{"l":["new","A","B"]}"#);
    let moved = r#","patch":[{"op":"replace","path":"/l/2","value":"B"}]"#;
    replica.hears(&ack(&[result(&first, 7, moved)]));
    replica.has_base(r#"{"l":["new","a","B"]}"#);
    let second = replica.push();
    assert_eq!(second.base, 7);
    assert_eq!(second.changes[0].patch[0]["path"], "/l/1");
}

#[test]
fn c7_the_same_inputs_give_the_same_outputs() {
    let run = || {
        let mut replica = Replica::new(r#"{"l":[]}"#);
        replica.writes(ADD_1);
        replica.0.handle_opened();
        replica.hears(&welcome(5, r#""snapshot":{"l":[]}"#, 0, ""));
        replica.hears(&change(6, ADD_1));
        replica.drain()
    };
    let lines = run();
    assert!(lines.len() > 2);
    assert_eq!(lines, run());
}

#[test]
fn c8_one_push_is_in_flight_and_the_ack_brings_the_next() {
    let mut replica = Replica::joined(r#"{"l":[],"n":0}"#);
    replica.writes(ADD_1);
    replica.writes(ADD_2);
    replica.writes(INC);
    let push = replica.push();
    assert_eq!(push.changes.len(), 1, "the first went at once, alone");
    replica.hears(&ack(&[result(&push.changes[0], 6, "")]));
    let push = replica.push();
    assert_eq!(push.base, 6);
    assert_eq!(
        push.changes
            .iter()
            .map(|change| change.seq)
            .collect::<Vec<_>>(),
        [2, 3]
    );
}

#[test]
fn c9_a_push_takes_the_longest_prefix_that_fits() {
    let mut replica = Replica::new(r#"{"n":0}"#);
    (0..300).for_each(|_| replica.writes(INC));
    replica.0.handle_opened();
    replica.hears(&welcome(5, r#""snapshot":{"n":0}"#, 0, ""));
    let push = replica.push();
    assert_eq!((push.changes.len(), push.changes[0].seq), (256, 1));
    let results: Vec<_> = push
        .changes
        .iter()
        .zip(6..)
        .map(|(offer, version)| result(offer, version, ""))
        .collect();
    replica.hears(&ack(&results));
    assert_eq!(replica.push().changes.len(), 44);

    let mut replica = Replica::new("{}");
    for key in ["a", "b", "c"] {
        let text = "x".repeat(400_000);
        replica.writes(&format!(
            r#"{{"op":"add","path":"/{key}","value":"{text}"}}"#
        ));
    }
    replica.0.handle_opened();
    replica.hears(&welcome(5, r#""snapshot":{}"#, 0, ""));
    let lines = replica.drain();
    let push = lines
        .iter()
        .find(|line| line.contains("\"push\""))
        .expect("a push");
    assert!(push.len() <= 1_048_576, "{} bytes", push.len());
    assert_eq!(
        push.matches("\"seq\"").count(),
        2,
        "the third would not fit"
    );
}

#[test]
fn c9_the_estimate_of_a_size_is_never_too_low_and_seldom_far_off() {
    let mut dice = support::Dice::new(9);
    let (mut estimated, mut real) = (0, 0);
    let strange = tree(r#"{"\u0001\"\\~/é😀":{"list":[1.5e-300,"\u0002\n\"x"]},"list":[]}"#);
    for round in 0..2_000 {
        let mut doc = if round % 2 == 0 {
            strange.clone()
        } else {
            support::object(&mut dice, 3)
        };
        let ops: Vec<_> = (0..5).map(|_| support::edit(&mut dice, &doc)).collect();
        for op in ops {
            let rules = draftsync::apply::Rules::RFC;
            let Ok(applied) = draftsync::apply::write(&mut doc, &[op], &rules) else {
                continue;
            };
            let text = serde_json::to_string(&applied.patch.to_text()).unwrap();
            let bytes = applied.patch.json_bytes();
            assert!(bytes >= text.len(), "{bytes} for {text}");
            estimated += bytes;
            real += text.len() + 60;
        }
    }
    assert!(estimated < real * 3 / 2, "{estimated} for {real}");
}

#[test]
fn c9_a_change_of_ten_thousand_small_operations_fits() {
    let items = vec![r#"{"done":false}"#; 10_000].join(",");
    let mut replica = Replica::joined(&format!(r#"{{"todos":[{items}]}}"#));
    let toggles = (0..10_000)
        .map(|at| format!(r#"{{"op":"replace","path":"/todos/{at}/done","value":true}}"#));
    replica.writes(&toggles.collect::<Vec<_>>().join(","));
    assert_eq!(replica.push().changes.len(), 1);
}

#[test]
fn c10_a_change_that_fits_no_message_is_refused_when_it_is_made() {
    let mut replica = Replica::joined("{}");
    let text = "x".repeat(400_000);
    let ops: Vec<_> = ["a", "b", "c"]
        .map(|key| format!(r#"{{"op":"add","path":"/{key}","value":"{text}"}}"#))
        .into();
    let refused = replica.try_write(&ops.join(","));
    assert!(
        matches!(refused, Err(Error::TooLarge { .. })),
        "{refused:?}"
    );
    replica.shows("{}");
    assert_eq!((replica.0.pending(), replica.drain().len()), (0, 0));
}

#[test]
fn c11_a_full_queue_refuses_and_changes_nothing() {
    let mut replica = Replica::new(r#"{"n":0}"#);
    replica.0.set_queue_changes_max(2);
    replica.writes(INC);
    replica.writes(INC);
    assert_eq!(replica.try_write(INC), Err(Error::QueueFull { waiting: 2 }));
    replica.shows(r#"{"n":2}"#);
    let mut replica = Replica::new(r#"{"n":0}"#);
    let many = vec![INC; 10_000].join(",");
    (0..4).for_each(|_| replica.writes(&many));
    replica.writes(INC);
    assert_eq!(
        replica.try_write(&many),
        Err(Error::QueueFull { waiting: 5 })
    );
    replica.shows(r#"{"n":40001}"#);
}

#[test]
fn c12_an_ack_counts_at_its_place() {
    let mut replica = Replica::joined(r#"{"l":["x"]}"#);
    replica.writes(r#"{"op":"add","path":"/l/1","value":"mine"}"#);
    let push = replica.push();
    replica.writes(r#"{"op":"add","path":"/l/2","value":"later"}"#);
    replica.hears(&change(6, r#"{"op":"add","path":"/l/0","value":"theirs"}"#));
    let taken = r#","patch":[{"op":"add","path":"/l/2","value":"mine"}]"#;
    replica.hears(&ack(&[result(&push.changes[0], 7, taken)]));
    replica.has_base(r#"{"l":["theirs","x","mine"]}"#);
    replica.shows(r#"{"l":["theirs","x","mine","later"]}"#);
    assert_eq!((replica.0.version().0, replica.0.pending()), (7, 1));
    assert!(replica.drain().contains(&"settled 1 at 7".into()));
}

#[test]
fn c13_an_ack_as_foreseen_moves_nothing() {
    let mut replica = Replica::joined(r#"{"l":[]}"#);
    replica.writes(ADD_1);
    let push = replica.push();
    let view = replica.0.view().clone();
    replica.hears(&ack(&[result(&push.changes[0], 6, "")]));
    assert_eq!(
        replica.drain(),
        ["settled 1 at 6"],
        "nobody is told of a change"
    );
    assert!(
        replica.0.base().is(&view),
        "the view is the base now, the same object"
    );
    assert!(replica.0.view().is(&view));
}

#[test]
fn c14_a_void_change_leaves_and_names_what_it_lost() {
    let mut replica = Replica::joined(r#"{"a":{"x":1,"y":1}}"#);
    replica
        .writes(r#"{"op":"replace","path":"/a/x","value":2},{"op":"add","path":"/a/z","value":2}"#);
    let push = replica.push();
    replica.hears(&change(6, r#"{"op":"remove","path":"/a"}"#));
    replica.shows("{}");
    let void = r#","void":true,"lost":[{"op":0,"reason":"target-gone","path":"/a/x"},{"op":1,"reason":"parent-gone","path":"/a/z"}]"#;
    replica.hears(&ack(&[result(&push.changes[0], 6, void)]));
    let lines = replica.drain();
    assert!(
        lines.contains(&"settled 1 at 6 0:target-gone 1:parent-gone".into()),
        "{lines:?}"
    );
    assert_eq!(replica.0.pending(), 0);
}

#[test]
fn c15_a_rejected_change_is_taken_out_and_the_rest_stands() {
    let mut replica = Replica::joined(r#"{"g":1,"l":[0]}"#);
    replica
        .writes(r#"{"op":"test","path":"/g","value":1},{"op":"add","path":"/l/0","value":"mine"}"#);
    replica.writes(r#"{"op":"add","path":"/l/2","value":"later"}"#);
    replica.shows(r#"{"g":1,"l":["mine",0,"later"]}"#);
    let push = replica.push();
    let rejected = r#","rejected":{"code":"rejected","op":0,"rule":"guard-failed"}"#;
    replica.hears(&ack(&[result(&push.changes[0], 5, rejected)]));
    replica.shows(r#"{"g":1,"l":[0,"later"]}"#);
    let lines = replica.drain();
    assert!(
        lines.contains(&"rejected 1 rejected 0 guard-failed".into()),
        "{lines:?}"
    );
    assert!(lines.contains(&"changed".into()), "{lines:?}");
    let next: Push = lines
        .iter()
        .find_map(|line| serde_json::from_str(line).ok())
        .expect("a push");
    assert_eq!(next.changes[0].patch[0]["path"], "/l/1");
}

#[test]
fn c16_another_canonical_patch_is_taken_and_told() {
    let mut replica = Replica::joined(r#"{"l":[0,1]}"#);
    replica.writes(r#"{"op":"remove","path":"/l/0"}"#);
    let push = replica.push();
    replica.writes(r#"{"op":"replace","path":"/l/0","value":"one"}"#);
    let other = r#","patch":[{"op":"add","path":"/l/0","value":"odd"}]"#;
    replica.hears(&ack(&[result(&push.changes[0], 6, other)]));
    replica.has_base(r#"{"l":["odd",0,1]}"#);
    replica.shows(r#"{"l":["odd",0,"one"]}"#);
    let lines = replica.drain();
    assert!(lines.contains(&"mispredicted 1".into()), "{lines:?}");
    assert!(!lines.contains(&"reconnect".into()), "{lines:?}");
}

#[test]
fn c17_hello_says_who_and_what_is_known() {
    let mut replica = Replica::new("{}");
    let id = String::from(replica.0.id());
    let hello = |lines: &[String]| json(&lines[0]);
    replica.0.handle_opened();
    let expected = format!(r#"{{"type":"hello","protocol":1,"client_id":"{id}","presence":true}}"#);
    assert_eq!(hello(&replica.drain()), json(&expected));
    replica.hears(&welcome(5, r#""snapshot":{}"#, 0, ""));
    replica.hears(&change(6, r#"{"op":"add","path":"/a","value":1}"#));
    let expected = format!(
        r#"{{"type":"hello","protocol":1,"client_id":"{id}","epoch":"{EPOCH}","version":6,"presence":true}}"#
    );
    replica.drain();
    assert_eq!(hello(&replica.reopens()), json(&expected));
}

#[test]
fn c18_a_welcome_says_what_became_of_a_push_whose_ack_was_lost() {
    let mut replica = Replica::joined(r#"{"l":["x"]}"#);
    replica.writes(r#"{"op":"add","path":"/l/1","value":"mine"}"#);
    let offer = replica.push().changes.remove(0);
    replica.reopens();
    // The room took it as version 7, between two changes of others.
    let mine = format!(
        r#"{{"version":7,"client_id":"{}","seq":1,"tag":"{}","patch":[{{"op":"add","path":"/l/2","value":"mine"}}]}}"#,
        String::from(replica.0.id()),
        offer.tag
    );
    let before = logged(6, r#"{"op":"add","path":"/l/0","value":"a"}"#);
    let after = logged(8, r#"{"op":"add","path":"/l/3","value":"z"}"#);
    let changes = format!(r#""changes":[{before},{mine},{after}]"#);
    let taken = result(
        &offer,
        7,
        r#","patch":[{"op":"add","path":"/l/2","value":"mine"}]"#,
    );
    replica.hears(&welcome(8, &changes, 1, &taken));
    replica.has_base(r#"{"l":["a","x","mine","z"]}"#);
    replica.shows(r#"{"l":["a","x","mine","z"]}"#);
    assert_eq!((replica.0.version().0, replica.0.pending()), (8, 0));
    let lines = replica.drain();
    assert!(lines.contains(&"settled 1 at 7".into()), "{lines:?}");
    assert!(
        !lines.iter().any(|line| line.contains("push")),
        "it is not offered again"
    );
}

#[test]
fn c19_what_was_not_decided_is_offered_again_under_the_same_name() {
    let mut replica = Replica::joined(r#"{"l":["x"]}"#);
    replica.writes(r#"{"op":"replace","path":"/l/0","value":"mine"}"#);
    let before = replica.push();
    replica.reopens();
    let changes = format!(
        r#""changes":[{}]"#,
        logged(6, r#"{"op":"add","path":"/l/0","value":"a"}"#)
    );
    replica.hears(&welcome(6, &changes, 0, ""));
    let again = replica.push();
    assert_eq!(again.base, 6);
    assert_eq!(again.changes[0].seq, before.changes[0].seq);
    assert_eq!(again.changes[0].tag, before.changes[0].tag);
    assert_eq!(again.changes[0].patch[0]["path"], "/l/1");
}

#[test]
fn c20_what_does_not_follow_closes_the_socket() {
    for text in [
        change(7, INC),
        change(5, INC),
        change(6, r#"{"op":"remove","path":"/nothing"}"#),
        format!(r#"{{"type":"ack","results":[{{"seq":1,"tag":"{TAG}","version":6}}]}}"#),
        welcome(5, r#""changes":[]"#, 0, ""),
    ] {
        let mut replica = Replica::joined(r#"{"n":0}"#);
        replica.hears(&text);
        assert_eq!(replica.drain(), ["reconnect"], "{text}");
        replica.has_base(r#"{"n":0}"#);
    }
}

#[test]
fn c21_over_a_snapshot_pending_follows_what_is_the_same_thing() {
    let mut replica = Replica::joined(r#"{"l":[{"id":1},{"id":2,"n":1}],"s":"ab","k":1}"#);
    replica.0.handle_closed();
    replica.writes(r#"{"op":"replace","path":"/l/1/n","value":2}"#);
    replica.writes(
        r#"{"op":"str_ins","path":"/s","pos":2,"str":"!"},{"op":"inc","path":"/k","inc":1}"#,
    );
    replica.writes(r#"{"op":"replace","path":"/l/0","value":{"id":1,"mine":true}}"#);
    replica.0.handle_opened();
    replica.drain();
    let doc = r#"{"l":[{"id":2,"n":0},{"id":3}],"s":"--ab","k":5,"new":true}"#;
    replica.hears(&welcome(900, &format!(r#""snapshot":{doc}"#), 0, ""));
    replica.has_base(doc);
    replica.shows(r#"{"l":[{"id":2,"n":2},{"id":3}],"s":"--ab!","k":6,"new":true}"#);
    let push = replica.push();
    assert_eq!(push.base, 900);
    let patches: Vec<_> = push.changes.iter().map(|change| &change.patch).collect();
    assert_eq!(patches[0][0]["path"], "/l/0/n");
    assert_eq!(patches[1][0]["pos"], 4);
    assert_eq!(patches[2], &json("[]"), "the item is gone");
    let results = [
        result(&push.changes[0], 901, ""),
        result(&push.changes[1], 902, ""),
        result(&push.changes[2], 902, r#","void":true"#),
    ];
    replica.hears(&ack(&results));
    let told = [
        "settled 1 at 901",
        "settled 2 at 902",
        "settled 3 at 902 0:target-gone",
    ];
    assert_eq!(replica.drain(), told);
}

#[test]
fn c21_what_was_decided_unseen_leaves_pending_and_what_stood_on_it_follows() {
    // Three in one push; the answer is lost, and the log is trimmed.
    let mut replica = Replica::new(r#"{"l":[]}"#);
    replica.0.handle_opened();
    replica.hears(&welcome(5, r#""snapshot":{"l":["x"],"g":1}"#, 0, ""));
    replica.writes(r#"{"op":"add","path":"/l/1","value":"first"}"#);
    let first = replica.push();
    replica.writes(
        r#"{"op":"test","path":"/g","value":1},{"op":"add","path":"/l/0","value":["refused"]}"#,
    );
    replica.writes(r#"{"op":"add","path":"/l/0/1","value":"in what is refused"},{"op":"add","path":"/l/3","value":"last"}"#);
    replica.hears(&ack(&[result(&first.changes[0], 6, "")]));
    let push = replica.push();
    assert_eq!(push.changes.len(), 2);
    replica.writes(r#"{"op":"replace","path":"/l/3","value":"LAST"}"#);
    replica.reopens();
    let results = [
        result(
            &push.changes[0],
            900,
            r#","rejected":{"code":"rejected","op":0,"rule":"guard-failed"}"#,
        ),
        result(
            &push.changes[1],
            901,
            r#","patch":[{"op":"add","path":"/l/3","value":"last"}],"lost":[{"op":0,"reason":"parent-gone","path":"/l/0/1"}]"#,
        ),
    ];
    let doc = r#"{"l":["new","x","first","last"],"g":2}"#;
    replica.hears(&welcome(
        902,
        &format!(r#""snapshot":{doc}"#),
        3,
        &results.join(","),
    ));
    replica.has_base(doc);
    replica.shows(r#"{"l":["new","x","first","LAST"],"g":2}"#);
    let lines = replica.drain();
    assert!(
        lines.contains(&"rejected 2 rejected 0 guard-failed".into()),
        "{lines:?}"
    );
    // What the rejection took along is named once, by this replica's own walk.
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("settled 3 at 901 0:parent-gone")),
        "{lines:?}"
    );
    let again: Push = lines
        .iter()
        .find_map(|line| serde_json::from_str(line).ok())
        .expect("a push");
    assert_eq!((again.changes.len(), again.changes[0].seq), (1, 4));
}

#[test]
fn c21_a_void_change_is_taken_out_of_what_follows_it() {
    let mut replica = Replica::joined(r#"{"a":{},"l":["x","y"]}"#);
    replica.writes(
        r#"{"op":"add","path":"/a/in","value":[]},{"op":"add","path":"/l/0","value":"mine"}"#,
    );
    let push = replica.push();
    replica.writes(r#"{"op":"replace","path":"/l/2","value":"Y"}"#);
    replica.reopens();
    let void = result(&push.changes[0], 900, r#","void":true"#);
    replica.hears(&welcome(900, r#""snapshot":{"l":["x","y"]}"#, 1, &void));
    replica.shows(r#"{"l":["x","Y"]}"#);
}

#[test]
fn c29_what_is_equal_in_a_snapshot_stays_the_same_object() {
    let many = |more: &str| {
        let items: Vec<_> = (0..300).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        format!(
            r#"{{"l":[{}],"m":{{"x":[{}]}}{more}}}"#,
            items.join(","),
            items.join(",")
        )
    };
    let mut replica = Replica::joined(&many(""));
    let kept = |replica: &mut Replica, path: &str| {
        let path = [draftsync::path::Token::Key(path.into())];
        replica.0.view().get(&path).expect("it is there")
    };
    let (l, m) = (kept(&mut replica, "l"), kept(&mut replica, "m"));
    replica.reopens();
    replica.hears(&welcome(
        900,
        &format!(r#""snapshot":{}"#, many(r#","new":1"#)),
        0,
        "",
    ));
    assert!(kept(&mut replica, "l").is(&l) && kept(&mut replica, "m").is(&m));
    let lines = replica.drain();
    assert!(lines.contains(&"changed".into()), "{lines:?}");

    // One that says what the app sees already, its own change included, moves nothing.
    replica.writes(r#"{"op":"add","path":"/mine","value":{"x":1}}"#);
    let push = replica.push();
    let view = replica.0.view().clone();
    replica.reopens();
    let taken = result(&push.changes[0], 901, "");
    let doc = many(r#","new":1,"mine":{"x":1}"#);
    replica.hears(&welcome(901, &format!(r#""snapshot":{doc}"#), 1, &taken));
    assert_eq!(
        replica.drain(),
        ["settled 1 at 901", "ready"],
        "nobody is told of a change"
    );
    assert!(replica.0.view().is(&view) && replica.0.base().is(&view));

    // Nor does the first content of a replica whose `initial` says the same.
    let mut replica = Replica::new(&many(""));
    let view = replica.0.view().clone();
    replica.0.handle_opened();
    replica.drain();
    replica.hears(&welcome(5, &format!(r#""snapshot":{}"#, many("")), 0, ""));
    assert_eq!(replica.drain(), ["ready"]);
    assert!(replica.0.view().is(&view));
}

#[test]
fn c22_another_epoch_means_another_name_and_pending_is_offered_again() {
    let mut replica = Replica::joined(r#"{"n":0}"#);
    replica.writes(INC);
    let (id, before) = (replica.0.id(), replica.push());
    replica.reopens();
    let other = "0000000000000000000000000000000a";
    replica.hears(&welcome_in(other, 3, r#""snapshot":{"n":10}"#, 0, ""));
    let lines = replica.drain();
    assert!(lines.contains(&"history lost".into()) && lines.contains(&"reconnect".into()));
    assert_ne!(replica.0.id(), id);
    // What was lost can still be looked at, and put back.
    replica.shows(r#"{"n":1}"#);
    let hello = replica.reopens();
    let expected = format!(
        r#"{{"type":"hello","protocol":1,"client_id":"{}","presence":true}}"#,
        String::from(replica.0.id())
    );
    assert_eq!(json(&hello[0]), json(&expected));
    replica.hears(&welcome_in(other, 3, r#""snapshot":{"n":10}"#, 0, ""));
    replica.shows(r#"{"n":11}"#);
    let again = replica.push();
    assert_eq!(
        (again.base, &again.changes[0].patch),
        (3, &before.changes[0].patch)
    );
}

/// A backup was made after the push and before its answer: the room that is put back has it.
#[test]
fn c22_what_another_epoch_has_already_is_not_offered_again() {
    let mut replica = Replica::joined(r#"{"n":0}"#);
    replica.writes(INC);
    let first = replica.push().changes.remove(0);
    replica.writes(INC);
    replica.writes(INC);
    replica.reopens();
    let other = "0000000000000000000000000000000a";
    let taken = result(&first, 6, "");
    replica.hears(&welcome_in(other, 7, r#""snapshot":{"n":11}"#, 1, &taken));
    let lines = replica.drain();
    assert!(lines.contains(&"settled 1 at 6".into()), "{lines:?}");
    assert!(lines.contains(&"history lost".into()) && lines.contains(&"reconnect".into()));
    assert_eq!(replica.0.pending(), 2);
    replica.reopens();
    replica.hears(&welcome_in(other, 7, r#""snapshot":{"n":11}"#, 0, ""));
    replica.shows(r#"{"n":13}"#);
    let seqs: Vec<_> = replica
        .push()
        .changes
        .iter()
        .map(|offer| offer.seq)
        .collect();
    assert_eq!(seqs, [2, 3]);
}

#[test]
fn c22_of_an_empty_room_nothing_is_lost() {
    let mut replica = Replica::new(r#"{"l":[]}"#);
    replica.writes(ADD_1);
    replica.0.handle_opened();
    replica.hears(&welcome(0, r#""changes":[]"#, 0, ""));
    let id = replica.0.id();
    let view = replica.0.view().clone();
    replica.reopens();
    let other = "0000000000000000000000000000000a";
    replica.hears(&welcome_in(other, 0, r#""changes":[]"#, 0, ""));
    let lines = replica.drain();
    assert!(!lines.contains(&"history lost".into()), "{lines:?}");
    assert!(lines.contains(&"reconnect".into()), "{lines:?}");
    assert_ne!(replica.0.id(), id);
    assert_eq!(replica.0.view(), &view);
    // What waited is offered to whatever room comes.
    replica.reopens();
    replica.hears(&welcome_in(other, 3, r#""snapshot":{"l":[0]}"#, 0, ""));
    let again = replica.push();
    assert_eq!((again.base, again.changes[0].seq), (3, 1));
}

#[test]
fn c23_a_seq_under_another_tag_means_that_the_name_was_used_twice() {
    let mut replica = Replica::joined(r#"{"n":0}"#);
    replica.writes(INC);
    let (id, push) = (replica.0.id(), replica.push());
    replica.reopens();
    let stranger = Offer {
        tag: "ffffffffffffffff".into(),
        ..push.changes.into_iter().next().expect("a change")
    };
    let taken = logged(6, r#"{"op":"inc","path":"/n","inc":5}"#);
    replica.hears(&welcome(
        6,
        &format!(r#""changes":[{taken}]"#),
        1,
        &result(&stranger, 6, ""),
    ));
    assert!(replica.drain().contains(&"reconnect".into()));
    assert_ne!(replica.0.id(), id);
    replica.reopens();
    replica.hears(&welcome(6, r#""snapshot":{"n":5}"#, 0, ""));
    replica.shows(r#"{"n":6}"#);
    assert_eq!(replica.push().changes.len(), 1);
}

#[test]
fn c26_initial_is_shown_and_never_pushed() {
    let mut replica = Replica::new(r#"{"l":[1]}"#);
    replica.shows(r#"{"l":[1]}"#);
    assert_eq!(replica.0.pending(), 0);
    replica.0.handle_opened();
    replica.hears(&welcome(5, r#""snapshot":{"other":true}"#, 0, ""));
    replica.shows(r#"{"other":true}"#);
    assert!(replica.pushes().is_empty());
}

#[test]
fn c27_an_empty_room_is_seeded_before_anything_is_pushed() {
    let mut replica = Replica::new(r#"{"l":[]}"#);
    replica.writes(ADD_1);
    replica.0.handle_opened();
    replica.drain();
    replica.hears(&welcome(0, r#""changes":[]"#, 0, ""));
    replica.writes(ADD_2);
    let lines: Vec<_> = replica
        .drain()
        .into_iter()
        .filter(|line| line != "changed")
        .collect();
    assert_eq!(lines, [r#"{"type":"seed","value":{"l":[]}}"#]);
    // Whose seed it was does not matter when it says the same.
    let base = replica.0.base().clone();
    let seed = r#"{"op":"replace","path":"","value":{"l":[]}}"#;
    replica.hears(&format!(
        r#"{{"type":"change","version":1,"client_id":"{OTHER}","seq":0,"tag":null,"patch":[{seed}]}}"#
    ));
    assert!(replica.0.base().is(&base), "base keeps its object");
    let lines = replica.drain();
    assert!(!lines.contains(&"changed".into()), "{lines:?}");
    let push: Push = lines
        .iter()
        .find_map(|line| serde_json::from_str(line).ok())
        .expect("a push");
    assert_eq!((push.base, push.changes.len()), (1, 2));
}

#[test]
fn c28_edits_made_before_another_seed_came_survive_on_it() {
    let mut replica = Replica::new(r#"{"l":[],"k":1}"#);
    replica.writes(ADD_1);
    replica.writes(r#"{"op":"replace","path":"/k","value":2}"#);
    replica.0.handle_opened();
    replica.hears(&welcome(0, r#""changes":[]"#, 0, ""));
    let seed = r#"{"op":"replace","path":"","value":{"l":["theirs"]}}"#;
    replica.hears(&format!(
        r#"{{"type":"change","version":1,"client_id":"{OTHER}","seq":0,"tag":null,"patch":[{seed}]}}"#
    ));
    replica.has_base(r#"{"l":["theirs"]}"#);
    replica.shows(r#"{"l":["theirs",1]}"#);
    let push = replica.push();
    assert_eq!((push.base, push.changes.len()), (1, 2));
    let void = r#","void":true"#;
    let results = [
        result(&push.changes[0], 2, ""),
        result(&push.changes[1], 2, void),
    ];
    replica.hears(&ack(&results));
    let lines = replica.drain();
    assert!(
        lines.contains(&"settled 2 at 2 0:target-gone".into()),
        "{lines:?}"
    );
}

#[test]
fn c30_a_ping_names_the_version_of_base_in_the_order_of_what_is_said() {
    let mut replica = Replica::joined(r#"{"n":0}"#);
    replica.writes(INC);
    replica.hears(&change(6, r#"{"op":"add","path":"/m","value":1}"#));
    replica.0.ping();
    let said = replica.drain();
    // A room that has heard of version 6 may have forgotten what the push stands on.
    assert!(json(&said[0])["base"] == 5, "{said:?}");
    assert_eq!(
        json(&said[1]),
        json(r#"{"type":"ping","version":6}"#),
        "{said:?}"
    );
}

#[test]
fn c38_a_newer_token_goes_on_the_same_socket_and_into_every_hello() {
    let mut replica = Replica::new("{}");
    replica.0.set_token(Some("first".into()));
    assert_eq!(replica.drain().len(), 0, "there is no socket");
    replica.0.handle_opened();
    assert_eq!(json(&replica.drain()[0])["token"], "first");
    replica.hears(&welcome(5, r#""snapshot":{}"#, 0, ""));
    replica.drain();
    replica.writes(r#"{"op":"add","path":"/a","value":1}"#);
    let push = replica.push();
    replica.hears(r#"{"type":"auth_expiring"}"#);
    assert_eq!(replica.drain(), ["token expires"]);
    replica.0.set_token(Some("second".into()));
    let said = replica.drain();
    assert_eq!(said.len(), 1);
    assert_eq!(json(&said[0]), json(r#"{"type":"auth","token":"second"}"#));
    // What is under way goes on.
    replica.hears(&ack(&[result(&push.changes[0], 6, "")]));
    assert_eq!(replica.0.pending(), 0);
    replica.drain();
    assert_eq!(json(&replica.reopens()[0])["token"], "second");
}

/// A room that takes messages of so many bytes.
fn small_room(bytes: usize) -> String {
    welcome(5, r#""snapshot":{"n":0}"#, 0, "").replace("1048576", &bytes.to_string())
}

fn add(key: &str, length: usize) -> String {
    let text = "x".repeat(length);
    format!(r#"{{"op":"add","path":"/{key}","value":"{text}"}}"#)
}

#[test]
fn c39_what_was_written_before_the_limit_was_known_is_refused_and_the_rest_goes_on() {
    let mut replica = Replica::new("{}");
    replica.writes(&add("a", 100));
    replica.writes(&add("large", 5_000));
    replica.writes(r#"{"op":"add","path":"/b","value":1},{"op":"remove","path":"/b"}"#);
    replica.writes(&add("c", 100));
    replica.writes(&add("huge", 9_000));
    replica.0.handle_opened();
    replica.hears(&small_room(2_000));
    let first = replica.push();
    assert_eq!(seqs(&first), [1], "no more fits one message with it");
    replica.hears(&ack(&[result(&first.changes[0], 6, "")]));
    let lines = replica.drain();
    assert!(
        lines.contains(&"rejected 2 too-large 0 too-large".into()),
        "{lines:?}"
    );
    let second = lines
        .iter()
        .find_map(|line| serde_json::from_str::<Push>(line).ok());
    let second = second.expect("a push");
    assert_eq!(seqs(&second), [3, 4]);
    let answers = [
        result(&second.changes[0], 7, ""),
        result(&second.changes[1], 8, ""),
    ];
    replica.hears(&ack(&answers));
    let lines = replica.drain();
    assert!(
        lines.contains(&"rejected 5 too-large 0 too-large".into()),
        "{lines:?}"
    );
    assert_eq!(replica.0.pending(), 0);
    let x = "x".repeat(100);
    replica.shows(&format!(r#"{{"n":0,"a":"{x}","c":"{x}"}}"#));
    // From here on it is known.
    assert!(matches!(
        replica.try_write(&add("d", 3_000)),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn c40_a_push_that_was_too_large_is_divided_until_one_change_is_given_up() {
    let mut replica = Replica::joined(r#"{"n":0}"#);
    replica.writes(INC);
    let opening = replica.push();
    for at in 0..8 {
        replica.writes(&add(&format!("k{at}"), if at == 5 { 4_000 } else { 100 }));
    }
    replica.hears(&ack(&[result(&opening.changes[0], 6, "")]));
    // The room says that it takes more than it does.
    let (mut version, mut refused, mut sockets) = (6, Vec::new(), 0);
    while replica.0.pending() > 0 {
        let lines = replica.drain();
        refused.extend(
            lines
                .iter()
                .filter(|line| line.starts_with("rejected"))
                .cloned(),
        );
        let Some(push) = lines.iter().find(|line| line.contains(r#""push""#)) else {
            continue;
        };
        let offered: Push = serde_json::from_str(push).expect("a push");
        if push.len() > 2_000 {
            assert!(replica.0.handle_too_large());
            replica.0.handle_opened();
            replica.drain();
            replica.hears(&welcome(version, r#""changes":[]"#, 0, ""));
            sockets += 1;
            assert!(sockets < 10, "it ends");
        } else {
            let results: Vec<_> = offered
                .changes
                .iter()
                .map(|offer| {
                    version += 1;
                    result(offer, version, "")
                })
                .collect();
            replica.hears(&ack(&results));
        }
    }
    refused.extend(
        replica
            .drain()
            .into_iter()
            .filter(|line| line.starts_with("rejected")),
    );
    assert_eq!(refused, ["rejected 7 too-large 0 too-large"]);
    assert_eq!(version, 13, "the seven others were taken");
}

#[test]
fn c40_with_nothing_pushed_coming_again_would_not_help() {
    let mut replica = Replica::new("{}");
    replica.0.handle_opened();
    assert!(!replica.0.handle_too_large(), "it was the hello");
    let mut replica = Replica::joined(r#"{"n":0}"#);
    replica.writes(INC);
    replica.reopens();
    assert!(
        !replica.0.handle_too_large(),
        "the push was on another socket"
    );
}

#[test]
fn c41_who_is_replaced_learns_what_was_decided_and_takes_another_name() {
    let mut replica = Replica::joined(r#"{"n":0}"#);
    replica.writes(INC);
    let (id, push) = (replica.0.id(), replica.push());
    replica.writes(INC);
    replica.0.handle_replaced();
    replica.0.handle_opened();
    assert_eq!(json(&replica.drain()[0])["client_id"], String::from(id));
    let taken = result(&push.changes[0], 6, "");
    replica.hears(&welcome(6, r#""changes":[]"#, 1, &taken));
    let lines = replica.drain();
    assert!(lines.contains(&"settled 1 at 6".into()), "{lines:?}");
    assert!(lines.contains(&"reconnect".into()), "{lines:?}");
    assert_ne!(replica.0.id(), id);
    replica.reopens();
    replica.hears(&welcome(6, r#""snapshot":{"n":1}"#, 0, ""));
    assert_eq!(seqs(&replica.push()), [2]);
    replica.shows(r#"{"n":2}"#);
}

#[test]
fn c41_a_name_that_the_room_does_not_even_greet_is_given_up_at_once() {
    let mut replica = Replica::joined(r#"{"n":0}"#);
    replica.writes(INC);
    let id = replica.0.id();
    assert_eq!(seqs(&replica.push()), [1]);
    replica.writes(r#"{"op":"add","path":"/m","value":1}"#);
    replica.reopens();
    replica.0.handle_replaced();
    let lines = replica.drain();
    let unknown = "rejected 1 unknown-outcome 0 unknown-outcome".to_string();
    assert!(lines.contains(&unknown), "{lines:?}");
    assert_ne!(replica.0.id(), id);
    replica.reopens();
    replica.hears(&welcome(6, r#""snapshot":{"n":1}"#, 0, ""));
    assert_eq!(seqs(&replica.push()), [2]);
    replica.shows(r#"{"n":1,"m":1}"#);
}

fn seqs(push: &Push) -> Vec<u64> {
    push.changes.iter().map(|offer| offer.seq).collect()
}
