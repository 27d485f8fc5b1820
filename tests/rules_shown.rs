//! One replica and what is shown: presence in part C, as conversations in the text of the wire.
#![cfg(not(target_arch = "wasm32"))]

use draftsync::client::{Client, Output, Seen, WriteOptions};
use draftsync::error::Error;
use draftsync::frame;
use draftsync::protocol::{Anchor, ClientId, PatchOp, ToClient};
use draftsync::tree::Tree;
use serde_json::{Value, json};

const EPOCH: &str = "fedcba9876543210fedcba9876543210";
const BOB: ClientId = ClientId(0xb);

struct Replica(Client<Tree>);

fn tree(value: &Value) -> Tree {
    serde_json::from_value(value.clone()).expect("a document")
}

fn anchor(path: &str) -> Option<Anchor> {
    let (path, pos) = match path.split_once('@') {
        Some((path, pos)) => (path, Some(pos.parse().expect("an offset"))),
        None => (path, None),
    };
    let path = path.to_owned();
    Some(Anchor { path, pos })
}

/// Anchors as texts, `/t@3` or `-`.
fn texts(anchors: &[Option<Anchor>]) -> String {
    let text = |anchor: &Option<Anchor>| match anchor {
        None => "-".to_owned(),
        Some(Anchor { path, pos: None }) => path.clone(),
        Some(Anchor {
            path,
            pos: Some(pos),
        }) => format!("{path}@{pos}"),
    };
    let all: Vec<_> = anchors.iter().map(text).collect();
    all.join(" ")
}

impl Replica {
    fn new(initial: &Value) -> Self {
        Self(Client::new(tree(initial), 7))
    }

    /// A replica at version 5 of a room with this document.
    fn joined(doc: &Value) -> Self {
        let mut replica = Self::new(&json!({}));
        replica.greeted(5, doc);
        replica
    }

    fn greeted(&mut self, version: u64, doc: &Value) -> Vec<Value> {
        self.0.handle_closed();
        self.0.handle_opened();
        self.hears(
            &json!({"type": "welcome", "version": version, "epoch": EPOCH, "last_seq": 0,
            "results": [], "snapshot": doc, "limits": {"message_bytes_max": 1_048_576}}),
        );
        self.says()
    }

    fn hears(&mut self, message: &Value) {
        let message: ToClient<Tree> = frame::read(&message.to_string()).expect("a message");
        self.0.handle_message(message);
    }

    /// A change of somebody else.
    fn takes(&mut self, version: u64, op: Value) {
        self.hears(
            &json!({"type": "change", "version": version, "client_id": String::from(BOB),
            "seq": version, "tag": "00112233445566aa", "patch": [op]}),
        );
    }

    fn sees(&mut self, version: u64, anchors: Value) {
        self.hears(
            &json!({"type": "presence", "client_id": String::from(BOB), "version": version,
            "value": 0, "anchors": anchors}),
        );
    }

    fn writes(&mut self, op: Value) {
        let ops: Vec<PatchOp<Tree>> = serde_json::from_value(json!([op])).expect("a patch");
        self.0.write(&ops).expect("it fits");
    }

    fn shows(&mut self, value: &Value, anchors: &[&str]) {
        let anchors: Vec<_> = anchors.iter().map(|path| anchor(path)).collect();
        self.0
            .show(tree(value), &anchors, true)
            .expect("it is small");
    }

    fn ends(&mut self) {
        self.0.end(WriteOptions::default()).expect("it fits");
    }

    /// The room's answer to what is in flight: all taken.
    fn acknowledged(&mut self, push: &Value, version: u64) {
        let changes = push["changes"].as_array().expect("a push");
        let results = changes.iter().zip(version..).map(|(change, version)| {
            json!({"seq": change["seq"], "tag": change["tag"], "version": version})
        });
        let results: Vec<_> = results.collect();
        self.hears(&json!({"type": "ack", "results": results}));
    }

    fn outputs(&mut self) -> Vec<Output<Tree>> {
        std::iter::from_fn(|| self.0.poll_output()).collect()
    }

    /// The messages that are to be sent.
    fn says(&mut self) -> Vec<Value> {
        let outputs = self.outputs().into_iter();
        let sent = outputs.filter_map(|output| match output {
            Output::Send(message) => Some(frame::write(&message).expect("a message")),
            _ => None,
        });
        sent.map(|text| serde_json::from_str(&text).expect("JSON"))
            .collect()
    }

    /// What is shown to the room now: version, value and anchors.
    fn tells(&mut self) -> Vec<(Value, Value, Value)> {
        let said = self.says().into_iter();
        let shown = said.filter(|message| message["type"] == "presence");
        shown
            .map(|mut message| {
                let [version, value, anchors] =
                    ["version", "value", "anchors"].map(|name| message[name].take());
                (version, value, anchors)
            })
            .collect()
    }

    /// Whose anchors have moved, and where to.
    fn moved(&mut self) -> Vec<String> {
        let mut moved = Vec::new();
        self.0.tell_moved(|of, anchors| {
            let who = if of == Some(BOB) { "Bob" } else { "own" };
            moved.push(format!("{who} {}", texts(anchors)));
        });
        moved
    }

    /// Where the other's anchors are, and this replica's own.
    fn has(&mut self, bob: &str, own: &str) {
        assert_eq!(texts(&self.0.anchors(Some(BOB))), bob, "Bob's");
        assert_eq!(texts(&self.0.anchors(None)), own, "own");
    }
}

fn add(path: &str) -> Value {
    json!({"op": "add", "path": path, "value": "new"})
}

#[test]
fn c42_what_is_shown_goes_to_every_room_that_greets() {
    let mut replica = Replica::new(&json!({}));
    replica.shows(&json!("a"), &[]);
    assert_eq!(replica.tells(), [], "nobody is there");
    let said = replica.greeted(5, &json!([0]));
    assert_eq!(
        said[0]["presence"], true,
        "hello says that presence is known"
    );
    let shown = json!({"type": "presence", "version": 5, "value": "a"});
    assert_eq!(said[1..], [shown]);
    let said = replica.greeted(6, &json!([0]));
    assert_eq!(said[1]["version"], 6);
    // With the next one, but not yet.
    let none: [Option<Anchor>; 0] = [];
    let later = Tree::Text("b".into());
    replica.0.show(later, &none, false).expect("it is small");
    assert_eq!(replica.tells(), []);
    replica.0.show_again();
    assert_eq!(replica.tells(), [(json!(6), json!("b"), json!(null))]);
    replica.takes(7, add("/0"));
    replica.0.ping();
    assert_eq!(replica.tells(), [], "it is said once");
}

#[test]
fn c42_what_is_shown_goes_with_every_newer_token() {
    let mut replica = Replica::joined(&json!({"l": ["a"]}));
    replica.shows(&json!("b"), &["/l/0"]);
    replica.says();
    replica.0.set_token(Some("newer".into()));
    let said = replica.says();
    let kinds: Vec<_> = said.iter().map(|message| &message["type"]).collect();
    assert_eq!(kinds, ["auth", "presence"], "the right first");
    let last = &said[1];
    assert_eq!(last["value"], "b");
    assert_eq!(last["anchors"], json!([{"path": "/l/0"}]));
    // Where no token can go, nothing does.
    replica.0.set_token(None);
    replica.0.handle_closed();
    replica.0.set_token(Some("later".into()));
    assert_eq!(replica.says(), [] as [Value; 0]);
}

#[test]
fn c42_anchors_wait_for_the_changes_that_they_stand_behind() {
    let mut replica = Replica::joined(&json!({"l": ["x"], "t": "abc"}));
    replica.writes(add("/l/0"));
    let first = replica.says().remove(0);
    replica.shows(&json!(1), &["/l/0", "/l/1"]);
    assert_eq!(replica.tells(), [], "the room does not know the item yet");
    // A newer one does not take the turn of the one that waits, nor overtake it.
    replica.writes(json!({"op": "str_ins", "path": "/t", "pos": 3, "str": "d"}));
    replica.shows(&json!(2), &["/t@4"]);
    replica.shows(&json!(3), &["/t@4", "/l/1"]);
    replica.takes(6, add("/l/0"));
    let change = &first["changes"][0];
    replica.hears(
        &json!({"type": "ack", "results": [{"seq": change["seq"], "tag": change["tag"],
        "version": 7, "patch": [add("/l/1")]}]}),
    );
    let said = replica.says();
    assert_eq!(said[0]["type"], "push");
    assert_eq!(
        said[1],
        json!({"type": "presence", "version": 7, "value": 1,
        "anchors": [{"path": "/l/1"}, {"path": "/l/2"}]})
    );
    assert_eq!(said.len(), 2);
    replica.acknowledged(&said[0], 8);
    let anchors = json!([{"path": "/t", "pos": 4}, {"path": "/l/2"}]);
    assert_eq!(replica.tells(), [(json!(8), json!(3), anchors)]);
    // Without an anchor nothing has to be waited for.
    replica.writes(add("/l/0"));
    replica.shows(&json!(4), &[]);
    assert_eq!(replica.tells(), [(json!(8), json!(4), json!(null))]);
}

#[test]
fn c42_anchors_in_what_the_room_refuses_are_null() {
    let mut replica = Replica::joined(&json!({"k": 1, "l": []}));
    let guarded = json!([{"op": "test", "path": "/k", "value": 1}, {"op": "add", "path": "/l/0",
        "value": "new"}]);
    let ops: Vec<PatchOp<Tree>> = serde_json::from_value(guarded).expect("a patch");
    replica.0.write(&ops).expect("it fits");
    replica.shows(&json!(0), &["/l/0", "/k"]);
    let push = replica.says().remove(0);
    let change = &push["changes"][0];
    replica.hears(
        &json!({"type": "ack", "results": [{"seq": change["seq"], "tag": change["tag"],
        "version": 5, "rejected": {"code": "rejected", "op": 0, "rule": "guard-failed"}}]}),
    );
    let anchors = json!([null, {"path": "/k"}]);
    assert_eq!(replica.tells(), [(json!(5), json!(0), anchors)]);
    replica.has("", "- /k");
}

#[test]
fn c43_own_anchors_move_with_every_edit_since() {
    let mut replica = Replica::joined(&json!({"l": ["x", {"t": "hello"}], "k": 1}));
    replica.shows(
        &json!(0),
        &["/l/1/t@2", "/l/0", "/k", "/none", "/l/1/t@6", ""],
    );
    replica.has("", "/l/1/t@2 /l/0 /k - - ");
    replica.writes(add("/l/0"));
    replica.has("", "/l/2/t@2 /l/1 /k - - ");
    // Others' edits come before one's own.
    replica.takes(
        6,
        json!({"op": "str_ins", "path": "/l/1/t", "pos": 0, "str": "oh, "}),
    );
    replica.takes(7, json!({"op": "remove", "path": "/k"}));
    replica.takes(8, add("/l/1"));
    replica.has("", "/l/3/t@6 /l/1 - - - ");
    replica.writes(json!({"op": "move", "from": "/l/3", "path": "/m"}));
    replica.writes(json!({"op": "str_del", "path": "/m/t", "pos": 0, "len": 5}));
    replica.has("", "/m/t@1 /l/1 - - - ");
    // Inside a transaction too.
    replica.0.begin();
    replica.writes(json!({"op": "remove", "path": "/l/1"}));
    replica.has("", "/m/t@1 - - - - ");
    replica.0.abandon();
    replica.has("", "/m/t@1 /l/1 - - - ");
    // An anchor that is set among pending changes, and one's own changes that are taken.
    replica.shows(&json!(0), &["/l/0"]);
    replica.has("", "/l/0");
    replica.writes(add("/l/0"));
    replica.takes(9, add("/l/0"));
    replica.has("", "/l/2");
    let mut replica = Replica::joined(&json!(["x", "y"]));
    replica.shows(&json!(0), &["/1"]);
    replica.writes(add("/0"));
    let first = replica.says().pop().expect("a push");
    replica.writes(json!({"op": "remove", "path": "/1"}));
    replica.has("", "/1");
    replica.acknowledged(&first, 6);
    replica.has("", "/1");
    let second = replica.says().pop().expect("a push");
    replica.takes(7, add("/0"));
    let change = &second["changes"][0];
    replica.hears(
        &json!({"type": "ack", "results": [{"seq": change["seq"], "tag": change["tag"],
        "version": 8, "patch": [{"op": "remove", "path": "/2"}]}]}),
    );
    replica.has("", "/2");
    replica.writes(add("/2"));
    // A snapshot says what became of it.
    let push = replica.says().pop().expect("a push");
    let change = &push["changes"][0];
    let result = json!({"seq": change["seq"], "tag": change["tag"], "version": 9});
    replica.0.handle_closed();
    replica.0.handle_opened();
    replica.hears(
        &json!({"type": "welcome", "version": 9, "epoch": EPOCH, "last_seq": 3,
        "results": [result], "snapshot": ["new", "new", "new", "y"],
        "limits": {"message_bytes_max": 1_048_576}}),
    );
    replica.has("", "/3");
}

#[test]
fn c43_an_anchor_that_is_set_in_a_transaction_moves_with_it() {
    let joined = || Replica::joined(&json!({"l": ["a", "b", "c"]}));
    // Edits behind it, in the same transaction and in one inside.
    let mut replica = joined();
    replica.0.begin();
    replica.writes(add("/l/0"));
    replica.shows(&json!(1), &["/l/1"]);
    replica.writes(add("/l/0"));
    replica.0.begin();
    replica.writes(add("/l/0"));
    replica.ends();
    replica.has("", "/l/3");
    assert_eq!(replica.tells(), [], "nobody else knows that item yet");
    replica.ends();
    replica.has("", "/l/3");
    let push = replica.says().pop().expect("a push");
    replica.acknowledged(&push, 6);
    assert_eq!(
        replica.tells(),
        [(json!(6), json!(1), json!([{"path": "/l/3"}]))]
    );
    replica.writes(add("/l/0"));
    replica.has("", "/l/4");
    // One that writes nothing is no change that it could stand behind.
    let mut replica = joined();
    replica.0.begin();
    replica.shows(&json!(2), &["/l/0"]);
    replica.ends();
    assert_eq!(
        replica.tells(),
        [(json!(5), json!(2), json!([{"path": "/l/0"}]))]
    );
    replica.writes(add("/l/0"));
    replica.has("", "/l/1");
    // Of one that is taken back nothing is left to stand on.
    let mut replica = joined();
    replica.0.begin();
    replica.writes(add("/l/0"));
    replica.shows(&json!(3), &["/l/0"]);
    replica.0.abandon();
    replica.has("", "-");
    assert_eq!(replica.tells(), [(json!(5), json!(3), json!([null]))]);
    // So it is when the change is too large for any message.
    replica.0.begin();
    let large = "x".repeat(600_000);
    for at in ["/l/0", "/l/1"] {
        replica.writes(json!({"op": "add", "path": at, "value": large}));
    }
    replica.shows(&json!(4), &["/l/2"]);
    assert!(replica.0.end(WriteOptions::default()).is_err());
    replica.has("", "-");
    assert_eq!(replica.tells(), [(json!(5), json!(4), json!([null]))]);
}

#[test]
fn c43_anchors_on_the_first_content_are_found_again_in_the_rooms() {
    let item = |id: u32| json!({"id": id, "s": "some text"});
    let mut replica = Replica::new(&json!({"l": [item(1), item(2)]}));
    replica.shows(&json!(0), &["/l/0", "/l/1"]);
    let said = replica.greeted(5, &json!({"l": [item(9), item(2)]}));
    assert_eq!(said[1]["anchors"], json!([null, {"path": "/l/1"}]));
    let mut replica = Replica::new(&json!({"l": [item(1), item(2)]}));
    replica.shows(&json!(0), &["/l/1"]);
    let said = replica.greeted(5, &json!({"l": [item(2), item(1)]}));
    assert_eq!(said[1]["anchors"], json!([{"path": "/l/0"}]));
}

#[test]
fn c44_the_others_anchors_are_read_in_the_view() {
    let mut replica = Replica::joined(&json!({"l": ["x", {"t": "hello"}]}));
    let anchors = json!([{"path": "/l/1/t", "pos": 2}, {"path": "/l/0"}, null]);
    replica.sees(5, anchors.clone());
    replica.has("/l/1/t@2 /l/0 -", "");
    // Over one's own edits, which may be taken back.
    replica.writes(json!({"op": "remove", "path": "/l/0"}));
    replica.has("/l/0/t@2 - -", "");
    let push = replica.says().pop().expect("a push");
    replica.takes(6, add("/l/1"));
    replica.has("/l/1/t@2 - -", "");
    let change = &push["changes"][0];
    replica.hears(
        &json!({"type": "ack", "results": [{"seq": change["seq"], "tag": change["tag"],
        "version": 6, "rejected": {"code": "rejected", "op": 0, "rule": "guard-failed"}}]}),
    );
    replica.has("/l/2/t@2 /l/0 -", "");
    // Over one's own that are taken, as foreseen or not.
    replica.writes(add("/l/0"));
    let push = replica.says().pop().expect("a push");
    replica.acknowledged(&push, 7);
    replica.has("/l/3/t@2 /l/1 -", "");
    replica.writes(json!({"op": "remove", "path": "/l/1"}));
    let push = replica.says().pop().expect("a push");
    let change = &push["changes"][0];
    replica.hears(
        &json!({"type": "ack", "results": [{"seq": change["seq"], "tag": change["tag"],
        "version": 8, "patch": [{"op": "remove", "path": "/l/0"}]}]}),
    );
    replica.has("/l/2/t@2 /l/0 -", "");
    // Those that were read in another document mean nothing here.
    replica.sees(7, anchors);
    replica.has("- - -", "");
}

#[test]
fn c44_others_are_there_until_they_or_the_connection_are_gone() {
    let met = |replica: &mut Replica| -> Vec<String> {
        let outputs = replica.outputs().into_iter();
        let told = outputs.filter_map(|output| match output {
            Output::Met(id, Some(Seen { user, value })) => {
                let user = user.is_some();
                Some(format!(
                    "{:x} {} {user}",
                    id.0,
                    frame::write(&value).expect("JSON")
                ))
            }
            Output::Met(id, None) => Some(format!("{:x} gone", id.0)),
            Output::Alone => Some("alone".to_owned()),
            _ => None,
        });
        told.collect()
    };
    let mut replica = Replica::joined(&json!([0]));
    replica.sees(5, json!([{"path": "/0"}]));
    let named = json!({"type": "presence", "client_id": String::from(ClientId(0xc)), "version": 5,
        "user": "Cid", "value": {"a": 1}});
    replica.hears(&named);
    assert_eq!(met(&mut replica), ["b 0 false", r#"c {"a":1} true"#]);
    replica.hears(&json!({"type": "gone", "client_id": String::from(BOB)}));
    replica.has("", "");
    assert_eq!(met(&mut replica), ["b gone"]);
    // Its own name is nobody else's.
    let mut own = named.clone();
    own["client_id"] = json!(String::from(replica.0.id()));
    replica.hears(&own);
    assert_eq!(met(&mut replica), [""; 0]);
    replica.0.handle_closed();
    assert_eq!(met(&mut replica), ["alone"]);
    replica.0.handle_closed();
    replica.hears(&named);
    assert_eq!(met(&mut replica), [""; 0]);
    // Before the welcome nobody can be there.
    replica.0.handle_opened();
    replica.hears(&named);
    let out_of_turn = |output: &Output<Tree>| matches!(output, Output::Reconnect);
    assert!(replica.outputs().iter().any(out_of_turn));
}

#[test]
fn c46_only_anchors_that_moved_are_told_and_once() {
    let mut replica = Replica::joined(&json!({"l": ["x", "y"], "t": "hello"}));
    replica.sees(5, json!([{"path": "/l/1"}]));
    assert_eq!(replica.moved(), [""; 0], "the app has not heard of it");
    replica.outputs();
    assert_eq!(replica.moved(), ["Bob /l/1"]);
    assert_eq!(replica.moved(), [""; 0]);
    replica.shows(&json!(1), &["/t@2"]);
    assert_eq!(replica.moved(), ["own /t@2"]);
    replica.takes(6, add("/l/0"));
    replica.outputs();
    assert_eq!(replica.moved(), ["Bob /l/2"]);
    replica.takes(7, add("/n"));
    replica.outputs();
    assert_eq!(replica.moved(), [""; 0]);
    replica.writes(json!({"op": "str_ins", "path": "/t", "pos": 0, "str": "-"}));
    assert_eq!(replica.moved(), ["own /t@3"], "before there is word of it");
    // What moved and came back reads as before.
    replica.writes(add("/l/0"));
    replica.writes(json!({"op": "remove", "path": "/l/0"}));
    assert_eq!(replica.moved(), [""; 0]);
    replica.0.begin();
    replica.writes(json!({"op": "remove", "path": "/l/0"}));
    assert_eq!(replica.moved(), ["Bob /l/1"], "inside a transaction");
    replica.0.abandon();
    assert_eq!(replica.moved(), ["Bob /l/2"]);
    // Another value may have its anchors at the same places.
    replica.outputs();
    replica.sees(7, json!([{"path": "/l/2"}]));
    replica.sees(7, json!([{"path": "/l/2"}]));
    for _ in 0..2 {
        assert!(matches!(replica.0.poll_output(), Some(Output::Met(..))));
        assert_eq!(replica.moved(), ["Bob /l/2"]);
    }
}

#[test]
fn c45_what_is_too_large_to_show_is_refused_at_once() {
    let mut replica = Replica::joined(&json!([0]));
    replica.shows(&json!("a"), &["/0"]);
    replica.says();
    let large = tree(&json!("x".repeat(1_023)));
    let refused = replica.0.show(large, &[], true);
    assert!(
        matches!(refused, Err(Error::TooLarge { bytes: 1_025, .. })),
        "{refused:?}"
    );
    let many = vec![None; 17];
    let refused = replica.0.show(tree(&json!(1)), &many, true);
    assert_eq!(refused, Err(Error::TooManyAnchors));
    // Sixteen pointers have 4 096 bytes with their quotes.
    let path = |bytes: usize| anchor(&format!("/{}", "x".repeat(bytes - 3)));
    let most = vec![path(256); 16];
    let (mut more, value) = (most.clone(), tree(&json!("a")));
    more[3] = path(257);
    let bytes_max = 4_096;
    let refused = replica.0.show(value.clone(), &more, true);
    let bytes = 4_097;
    assert_eq!(refused, Err(Error::TooLarge { bytes, bytes_max }));
    let own = [anchor("/0")];
    assert_eq!(replica.0.show(value.clone(), &most, true), Ok(()));
    assert_eq!(replica.tells().len(), 1);
    assert_eq!(replica.0.show(value, &own, true), Ok(()));
    replica.says();
    replica.has("", "/0");
    assert_eq!(replica.tells(), []);
    let said = replica.greeted(6, &json!([0]));
    assert_eq!(said[1]["value"], "a", "what was shown before stays");
    replica.shows(&json!("x".repeat(1_022)), &["/0"; 16]);
    assert_eq!(replica.tells().len(), 1);
}

#[test]
fn w25_a_value_is_counted_without_being_written() {
    // `tests/draft/tree.test.mjs` holds what runs in a browser to the same.
    for (value, bytes) in [
        (json!(7), 25),
        (json!(true), 5),
        (json!(null), 5),
        (
            json!("\"\\\u{8}\t\n\u{c}\r\u{1}\u{7f}é漢\u{1f600}"),
            2 + 14 + 6 + 1 + 9,
        ),
        (json!([]), 2),
        (json!({}), 2),
        (json!([7, [null]]), 2 + 26 + 9),
        (json!({"é\n": 7, "b": {"c": ""}}), 2 + 6 + 27 + 3 + 2 + 9),
    ] {
        assert_eq!(
            draftsync::doc::Value::json_bytes(&tree(&value)),
            bytes,
            "{value}"
        );
    }
}

#[test]
fn c42_j1_nothing_of_it_is_kept() {
    let mut replica = Replica::new(&json!([0]));
    replica.0.keep_journal();
    replica.greeted(5, &json!([0]));
    replica.shows(&json!("a"), &["/0"]);
    replica.sees(5, json!([{"path": "/0"}]));
    let kept = |output: &Output<Tree>| {
        matches!(
            output,
            Output::Heard | Output::Wrote(_) | Output::Saved(_) | Output::Pushed(_)
        )
    };
    assert!(!replica.outputs().iter().any(kept));
    // Restored, it shows what its app shows now, with no place in a document that it has not seen.
    replica.0.save_soon();
    replica.writes(add("/0"));
    let saved = replica
        .outputs()
        .into_iter()
        .find_map(|output| match output {
            Output::Saved(saved) => Some(saved),
            _ => None,
        });
    let mut next = Replica::new(&json!([0]));
    next.shows(&json!("b"), &["/0"]);
    next.0
        .restore(saved.expect("a state"), [], true)
        .expect("it was kept");
    next.has("", "-");
    let said = next.greeted(6, &json!([0]));
    assert_eq!(said.last().expect("it is shown")["value"], "b");
}
