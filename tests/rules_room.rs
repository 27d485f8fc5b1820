//! A room, told what sessions say: part R, and the parts of W that a room decides.
#![cfg(not(target_arch = "wasm32"))]

use draftsync::apply::{self, Rules};
use draftsync::frame;
use draftsync::protocol::{Change, Epoch, PatchOp, ToClient, ToRoom, Version};
use draftsync::room::{LOG_CHANGES_MAX, Room, RoomOutput, SessionId, WINDOW_VERSIONS_MAX};
use draftsync::tree::Tree;

const EPOCH: &str = "0000000000000000000000000000abcd";
const ADA: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const BOB: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// A room and its disk. `said` has what went out, a line each: `1 <frame>`, `1 closed <code>`.
struct Hall {
    room: Room<Tree>,
    said: Vec<String>,
    log: Vec<Change<Tree>>,
    /// Whether the disk is as fast as the room.
    fast: bool,
}

fn tree(text: &str) -> Tree {
    serde_json::from_str(text).expect("a document")
}

impl Hall {
    fn new() -> Self {
        let room = Room::new(Epoch(0xabcd));
        Self {
            room,
            said: Vec::new(),
            log: Vec::new(),
            fast: true,
        }
    }

    /// A room at version 1 with this document; Ada is session 1, Bob is session 2.
    fn with(doc: &str) -> Self {
        let mut hall = Self::new();
        hall.says(1, &hello(ADA, ""));
        hall.says(1, &format!(r#"{{"type":"seed","value":{doc}}}"#));
        hall.says(2, &hello(BOB, ""));
        hall.said.clear();
        hall
    }

    fn says(&mut self, session: u64, text: &str) {
        let message: ToRoom<Tree> =
            frame::read(text).unwrap_or_else(|error| panic!("{text:.200}: {error}"));
        self.room.handle_message(SessionId(session), message);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(append) => {
                    self.log.extend(append.changes);
                    if self.fast {
                        self.room.handle_durable();
                    }
                }
                RoomOutput::Send(SessionId(to), message) => {
                    let text = frame::write(&message).expect("a message");
                    self.said.push(format!("{to} {text}"));
                }
                RoomOutput::Relay(sessions, change) => {
                    let text = frame::write(&ToClient::Change(change)).expect("a message");
                    self.said
                        .extend(sessions.iter().map(|SessionId(to)| format!("{to} {text}")));
                }
                RoomOutput::Show(sessions, _, message) => {
                    let text = frame::write(&message).expect("a message");
                    self.said
                        .extend(sessions.iter().map(|SessionId(to)| format!("{to} {text}")));
                }
                RoomOutput::Close(SessionId(to), code) => {
                    self.said.push(format!("{to} closed {}", code.word()));
                }
            }
        }
    }

    /// What was said since the last time.
    fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    /// The one message that this session was sent since the last time.
    fn sent(&mut self, session: u64) -> serde_json::Value {
        let prefix = format!("{session} {{");
        let heard = self.heard();
        let mut mine = heard.iter().filter(|line| line.starts_with(&prefix));
        let text = mine
            .next()
            .unwrap_or_else(|| panic!("session {session} heard {heard:?}"));
        assert_eq!(mine.next(), None, "one message");
        serde_json::from_str(&text[prefix.len() - 1..]).expect("JSON")
    }

    fn has(&self, version: u64, doc: &str) {
        assert_eq!(self.room.doc(), Some(&tree(doc)));
        assert_eq!(self.room.head(), Version(version));
        // The log of plain patches leads to the same document.
        let mut folded = tree("{}");
        for (change, version) in self.log.iter().zip(1..) {
            assert_eq!(change.version, Version(version));
            draftsync::apply::write(&mut folded, &change.patch, &draftsync::apply::Rules::RFC)
                .expect("the log applies");
        }
        assert_eq!(folded, tree(doc));
    }
}

fn hello(client_id: &str, known: &str) -> String {
    format!(r#"{{"type":"hello","protocol":1,"client_id":"{client_id}"{known}}}"#)
}

fn tag(seq: u64) -> String {
    format!("{:016x}", seq * 17)
}

fn offer(seq: u64, ops: &str) -> String {
    format!(r#"{{"seq":{seq},"tag":"{}","patch":[{ops}]}}"#, tag(seq))
}

fn push(base: u64, offers: &[String]) -> String {
    format!(
        r#"{{"type":"push","base":{base},"changes":[{}]}}"#,
        offers.join(",")
    )
}

/// A push of one change.
fn one(base: u64, seq: u64, ops: &str) -> String {
    push(base, &[offer(seq, ops)])
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

const ADD_X: &str = r#"{"op":"add","path":"/l/0","value":"x"}"#;
const ADD_Y: &str = r#"{"op":"add","path":"/l/0","value":"y"}"#;
const INC: &str = r#"{"op":"inc","path":"/n","inc":1}"#;

#[test]
fn r1_r5_w14_changes_stand_in_one_order_and_everybody_hears_them_in_it() {
    let mut hall = Hall::with(r#"{"l":[]}"#);
    hall.says(1, &one(1, 1, ADD_X));
    let told = hall.heard();
    let ack = format!(
        r#"1 {{"type":"ack","results":[{{"seq":1,"tag":"{}","version":2}}]}}"#,
        tag(1)
    );
    let change = format!(
        r#"2 {{"type":"change","version":2,"client_id":"{ADA}","seq":1,"tag":"{}","patch":[{ADD_X}]}}"#,
        tag(1)
    );
    assert_eq!(told, [change, ack]);
    hall.says(2, &one(1, 1, ADD_Y));
    assert_eq!(hall.sent(1)["version"], 3);
    hall.says(2, &one(3, 2, ADD_Y));
    hall.has(4, r#"{"l":["y","x","y"]}"#);
}

#[test]
fn r2_a_push_is_read_on_the_document_it_was_written_on() {
    let mut hall = Hall::with(r#"{"v":{"0":"member"}}"#);
    hall.says(
        1,
        &one(1, 1, r#"{"op":"replace","path":"/v","value":["element"]}"#),
    );
    hall.heard();
    // Bob wrote of a member; the array that stands there now has another `/v/0`.
    hall.says(
        2,
        &one(1, 1, r#"{"op":"replace","path":"/v/0","value":"mine"}"#),
    );
    let result = &hall.sent(2)["results"][0];
    assert_eq!(result["void"], true);
    hall.has(2, r#"{"v":["element"]}"#);
    // On what Bob had there was no such thing: that is no patch, whatever stands there now.
    hall.says(2, &one(1, 2, r#"{"op":"remove","path":"/w"}"#));
    assert_eq!(
        hall.sent(2)["results"][0]["rejected"]["code"],
        "invalid-patch"
    );
}

#[test]
fn r3_r4_a_change_is_rebased_and_the_log_has_plain_operations() {
    let mut hall = Hall::with(r#"{"l":["a","b"],"g":1}"#);
    hall.says(1, &one(1, 1, r#"{"op":"remove","path":"/l/0"}"#));
    hall.heard();
    let ops = r#"{"op":"test","path":"/g","value":1},{"op":"replace","path":"/l/1","value":"B"},{"op":"add","path":"/l/-","value":"c"},{"op":"copy","from":"/g","path":"/h"}"#;
    hall.says(2, &one(1, 1, ops));
    let result = hall.sent(2)["results"][0].clone();
    let canonical = json(
        r#"[{"op":"replace","path":"/l/0","value":"B"},{"op":"add","path":"/l/1","value":"c"},{"op":"add","path":"/h","value":1}]"#,
    );
    assert_eq!(
        (&result["version"], &result["patch"]),
        (&json("3"), &canonical)
    );
    let logged = serde_json::to_value(&hall.log[2].patch).expect("JSON");
    assert_eq!(logged, canonical, "no `-`, no copy, no test");
    hall.has(3, r#"{"l":["B","c"],"g":1,"h":1}"#);
}

#[test]
fn r3_each_change_of_a_push_is_decided_on_those_before_it() {
    let mut hall = Hall::with(r#"{"l":[]}"#);
    hall.says(1, &one(1, 1, ADD_X));
    let offers = [
        offer(1, ADD_Y),
        offer(2, r#"{"op":"replace","path":"/l/0","value":"Y"}"#),
    ];
    hall.says(2, &push(1, &offers));
    hall.has(4, r#"{"l":["x","Y"]}"#);
}

#[test]
fn r6_void_and_rejected_changes_take_no_version_but_their_seq() {
    let mut hall = Hall::with(r#"{"a":{},"n":0,"g":1}"#);
    hall.says(1, &one(1, 1, r#"{"op":"remove","path":"/a"}"#));
    hall.heard();
    let offers = [
        offer(1, INC),
        offer(2, r#"{"op":"add","path":"/a/x","value":1}"#),
        offer(3, r#"{"op":"test","path":"/g","value":2}"#),
        offer(5, INC),
    ];
    hall.says(2, &push(1, &offers));
    let results = hall.sent(2)["results"].clone();
    let versions: Vec<_> = (0..4).map(|at| results[at]["version"].as_u64()).collect();
    assert_eq!(versions, [Some(3), Some(3), Some(3), Some(4)]);
    assert_eq!(results[1]["void"], true);
    assert_eq!(
        results[1]["lost"],
        json(r#"[{"op":0,"reason":"parent-gone","path":"/a/x"}]"#)
    );
    assert_eq!(results[2]["rejected"]["rule"], "guard-failed");
    hall.says(3, &hello(BOB, ""));
    let heard = hall.heard();
    let welcome = heard
        .iter()
        .find(|line| line.contains("welcome"))
        .expect("a welcome");
    assert!(welcome.contains(r#""last_seq":5"#), "{welcome}");
}

#[test]
fn r7_nobody_hears_of_what_is_not_durable() {
    let mut hall = Hall::with(r#"{"l":[]}"#);
    hall.fast = false;
    hall.says(1, &one(1, 1, ADD_X));
    hall.says(2, &one(1, 1, ADD_Y));
    hall.says(3, &hello("cccccccccccccccccccccccccccccccc", ""));
    assert_eq!(
        hall.heard(),
        [""; 0],
        "not the ack, not the change, not a welcome with it"
    );
    hall.room.handle_durable();
    hall.drain();
    let heard = hall.heard();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].contains(r#""version":2"#) && heard[1].contains(r#""version":2"#));
    hall.room.handle_durable();
    hall.drain();
    assert_eq!(
        hall.heard().len(),
        3,
        "Bob's ack, his change for Ada, and the welcome"
    );
}

#[test]
fn r9_a_change_that_comes_again_has_the_answer_it_had() {
    let mut hall = Hall::with(r#"{"l":[],"n":0}"#);
    hall.says(2, &one(1, 1, ADD_Y));
    hall.says(1, &one(1, 1, ADD_X));
    hall.heard();
    for session in [3, 4] {
        hall.says(session, &hello(ADA, ""));
        hall.heard();
        hall.says(session, &one(1, 1, ADD_X));
        let result = hall.sent(session)["results"][0].clone();
        assert_eq!(result["version"], 3);
        assert_eq!(
            result["patch"],
            json(r#"[{"op":"add","path":"/l/1","value":"x"}]"#)
        );
    }
    hall.has(3, r#"{"l":["y","x"],"n":0}"#);
    // Together with something new only that is new.
    hall.says(4, &push(3, &[offer(1, ADD_X), offer(2, INC)]));
    hall.has(4, r#"{"l":["y","x"],"n":1}"#);
    // What was answered, and seen, and comes again all the same, is not known any more.
    hall.says(4, &one(4, 3, INC));
    hall.heard();
    hall.says(4, &one(4, 1, ADD_X));
    assert_eq!(
        hall.sent(4)["results"][0]["rejected"]["code"],
        "unknown-outcome"
    );
    hall.has(5, r#"{"l":["y","x"],"n":2}"#);
}

#[test]
fn r10_a_known_seq_under_another_tag_closes_the_session() {
    let mut hall = Hall::with(r#"{"n":0}"#);
    hall.says(1, &one(1, 1, INC));
    hall.heard();
    let other = one(1, 1, INC).replace(&tag(1), "ffffffffffffffff");
    hall.says(1, &other);
    assert_eq!(hall.heard(), ["1 closed replaced"]);
    hall.has(2, r#"{"n":1}"#);
}

#[test]
fn r11_a_new_session_of_a_client_fences_the_old_one() {
    let mut hall = Hall::with(r#"{"n":0}"#);
    hall.fast = false;
    hall.says(1, &one(1, 1, INC));
    hall.says(3, &hello(ADA, ""));
    hall.room.handle_durable();
    hall.drain();
    let heard = hall.heard();
    assert!(heard.contains(&"1 closed replaced".into()), "{heard:?}");
    let welcome = heard
        .iter()
        .find(|line| line.starts_with("3 "))
        .expect("a welcome");
    assert!(
        welcome.contains(r#""last_seq":1"#),
        "what was taken stays: {welcome}"
    );
    assert!(
        !heard.iter().any(|line| line.starts_with("2 closed")),
        "{heard:?}"
    );
    // Nothing more is taken from the old one.
    hall.fast = true;
    hall.says(1, &one(2, 2, INC));
    hall.has(2, r#"{"n":1}"#);
}

#[test]
fn r12_a_welcome_has_the_answers_that_were_not_seen() {
    let mut hall = Hall::with(r#"{"n":0}"#);
    hall.says(1, &push(1, &[offer(1, INC), offer(2, INC)]));
    hall.says(1, &one(3, 3, INC));
    hall.heard();
    hall.says(3, &hello(ADA, ""));
    let heard = hall.heard();
    let welcome = heard
        .iter()
        .find(|line| line.starts_with("3 "))
        .expect("a welcome");
    let welcome = json(&welcome[2..]);
    assert_eq!(welcome["last_seq"], 3);
    let expected = format!(r#"[{{"seq":3,"tag":"{}","version":4}}]"#, tag(3));
    assert_eq!(
        welcome["results"],
        json(&expected),
        "the push of 3 says that 1 and 2 were seen"
    );
}

#[test]
fn r13_w13_a_welcome_has_changes_where_the_log_reaches_back_else_a_snapshot() {
    let mut hall = Hall::with(r#"{"n":0}"#);
    (0..3).for_each(|at| hall.says(1, &one(1 + at, 1 + at, INC)));
    let mut session = 10;
    let mut welcome = |known: &str| {
        session += 1;
        hall.heard();
        hall.says(session, &hello("cccccccccccccccccccccccccccccccc", known));
        let heard = hall.heard();
        let line = heard
            .iter()
            .find(|line| line.contains("welcome"))
            .expect("a welcome")
            .clone();
        json(line.split_once(' ').expect("a line").1)
    };
    let at = |version: u64| format!(r#","epoch":"{EPOCH}","version":{version}"#);
    let caught_up = welcome(&at(2));
    let versions: Vec<_> = (0..2)
        .map(|at| caught_up["changes"][at]["version"].as_u64())
        .collect();
    assert_eq!(versions, [Some(3), Some(4)]);
    assert_eq!(caught_up["changes"][0].get("type"), None);
    assert_eq!(caught_up["snapshot"], serde_json::Value::Null);
    assert_eq!(welcome(&at(4))["changes"], json("[]"));
    for known in ["", &at(5), &at(2).replace(EPOCH, ADA)] {
        let fresh = welcome(known);
        assert_eq!(
            (&fresh["snapshot"], &fresh["version"]),
            (&json(r#"{"n":3}"#), &json("4"))
        );
        assert_eq!(fresh.get("changes"), None);
    }
}

#[test]
fn r13_a_client_behind_the_log_gets_a_snapshot() {
    let mut hall = Hall::with(r#"{"n":0}"#);
    let head = LOG_CHANGES_MAX as u64 + 50;
    for at in 1..head {
        hall.says(1, &one(at, at, INC));
    }
    // Bob named no version since, and what nobody can push on is forgotten when he leaves.
    hall.room.handle_closed(SessionId(2));
    hall.says(1, &format!(r#"{{"type":"ping","version":{head}}}"#));
    hall.heard();
    let known = |version: u64| format!(r#","epoch":"{EPOCH}","version":{version}"#);
    hall.says(3, &hello(BOB, &known(20)));
    assert_eq!(hall.sent(3)["snapshot"]["n"], head - 1);
    hall.says(4, &hello(BOB, &known(head - 1)));
    let heard = hall.heard();
    let welcome = heard
        .iter()
        .find(|line| line.starts_with("4 {"))
        .expect("a welcome");
    assert_eq!(json(&welcome[2..])["changes"][0]["version"], head);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn r15_p25_p26_p27_a_change_that_breaks_a_rule_is_rejected_and_the_others_are_decided() {
    let deep = |depth: usize| format!(r#"{{"op":"add","path":"/d","value":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let key = |units: usize| format!(r#"{{"op":"add","path":"/{}","value":1}}"#, "é".repeat(units));
    let inner = |units: usize| format!(r#"{{"op":"add","path":"/d","value":{{"{}":1}}}}"#, "k".repeat(units));
    let text = |units: usize| format!(r#"{{"op":"add","path":"/d","value":"{}"}}"#, "😀".repeat(units / 2));
    let many = |ops: usize| vec![r#"{"op":"inc","path":"/n","inc":0}"#; ops].join(",");
    let far = |tokens: usize| format!(r#"{{"op":"remove","path":"{}"}}"#, "/a".repeat(tokens));
    for ops in [deep(63), key(1_024), inner(1_024), text(524_288), many(20_000)] {
        let mut hall = Hall::with(r#"{"n":0}"#);
        hall.says(1, &one(1, 1, &ops));
        assert_eq!(hall.sent(1)["results"][0].get("rejected"), None, "{ops:.100}");
    }
    for (ops, rule) in [
        (deep(64), "too-deep"),
        (far(64), "too-deep"),
        (key(1_025), "key-too-long"),
        (inner(1_025), "key-too-long"),
        (text(524_290), "string-too-long"),
        (many(20_001), "too-many-ops"),
        (r#"{"op":"remove","path":"/nothing"}"#.into(), "target-missing"),
        (r#"{"op":"remove","path":"n"}"#.into(), "bad-pointer"),
        (r#"{"op":"add","path":"/__proto__","value":1}"#.into(), "proto-key"),
        (r#"{"op":"move","from":"/n","path":"/n/a"}"#.into(), "into-itself"),
        (r#"{"op":"replace","path":"","value":1}"#.into(), "root"),
    ] {
        let mut hall = Hall::with(r#"{"n":0}"#);
        hall.says(1, &push(1, &[offer(1, &ops), offer(2, INC)]));
        let results = hall.sent(1)["results"].clone();
        let rejected = &results[0]["rejected"];
        assert_eq!((rejected["code"].as_str(), rejected["rule"].as_str()), (Some("invalid-patch"), Some(rule)), "{ops:.100}");
        assert_eq!(results[1]["version"], 2, "{ops:.100}");
        hall.has(2, r#"{"n":1}"#);
    }
}

#[test]
fn r16_what_is_too_deep_only_through_others_is_no_invalid_patch() {
    let within = |depth: usize| (r#"{"k":"#.repeat(depth), "}".repeat(depth));
    let (open, close) = within(40);
    let mut hall = Hall::with(&format!(r#"{{"a":{{}},"b":{open}{{}}{close}}}"#));
    let deep = "/k".repeat(40);
    hall.says(
        2,
        &one(
            1,
            1,
            &format!(r#"{{"op":"move","from":"/a","path":"/b{deep}/a"}}"#),
        ),
    );
    let (open, close) = within(30);
    let add = format!(r#"{{"op":"add","path":"/a/x","value":{open}1{close}}}"#);
    let offers: Vec<_> = (1..=4).map(|seq| offer(seq, &add)).collect();
    hall.heard();
    hall.says(1, &push(1, &offers));
    let results = hall.sent(1)["results"].clone();
    for result in results.as_array().expect("a list") {
        let rejected = &result["rejected"];
        let told = (rejected["code"].as_str(), rejected["rule"].as_str());
        assert_eq!(told, (Some("rejected"), Some("too-deep")), "{result}");
    }
    // Four invalid ones would have closed the session.
    hall.says(1, r#"{"type":"ping","version":2}"#);
    assert_eq!(hall.sent(1)["type"], "pong");
}

#[test]
fn r15_the_rejection_names_the_operation() {
    let mut hall = Hall::with(r#"{"n":0}"#);
    let ops = format!(r#"{INC},{{"op":"remove","path":"/nothing"}}"#);
    hall.says(1, &one(1, 1, &ops));
    let rejected = hall.sent(1)["results"][0]["rejected"].clone();
    assert_eq!(
        rejected,
        json(r#"{"code":"invalid-patch","op":1,"rule":"target-missing"}"#)
    );
    hall.has(1, r#"{"n":0}"#);
}

#[test]
fn r16_a_guard_is_judged_at_the_head() {
    let mut hall = Hall::with(r#"{"g":1,"l":[]}"#);
    hall.says(1, &one(1, 1, r#"{"op":"inc","path":"/g","inc":1}"#));
    hall.heard();
    let guarded = format!(r#"{{"op":"test","path":"/g","value":1}},{ADD_X}"#);
    let offers = [
        offer(1, &guarded),
        offer(2, r#"{"op":"add","path":"/l/1","value":"y"}"#),
    ];
    hall.says(2, &push(1, &offers));
    let results = hall.sent(2)["results"].clone();
    assert_eq!(
        results[0]["rejected"],
        json(r#"{"code":"rejected","op":0,"rule":"guard-failed"}"#)
    );
    assert_eq!(
        results[1]["patch"],
        json(r#"[{"op":"add","path":"/l/0","value":"y"}]"#)
    );
    hall.has(3, r#"{"g":2,"l":["y"]}"#);
    // One that does not hold where it was written, but does at the head, holds.
    hall.says(
        2,
        &one(
            1,
            3,
            r#"{"op":"test","path":"/g","value":2},{"op":"remove","path":"/g"}"#,
        ),
    );
    hall.has(4, r#"{"l":["y"]}"#);
}

#[test]
fn r17_a_document_grows_no_further_than_its_limit() {
    let mut hall = Hall::with(r#"{"l":[]}"#);
    let half = format!(
        r#"{{"op":"add","path":"/l/-","value":"{}"}}"#,
        "x".repeat(500_000)
    );
    let mut seq = 0;
    let mut rejected = None;
    while rejected.is_none() && seq < 40 {
        seq += 1;
        hall.says(1, &one(seq, seq, &half));
        rejected = hall.sent(1)["results"][0].get("rejected").cloned();
    }
    assert_eq!(rejected.expect("a rejection")["code"], "too-large");
    assert_eq!(seq, 17, "sixteen of them are 8 000 000 bytes");
    // Making it smaller is always possible, and then there is room again.
    hall.says(1, &one(seq, seq + 1, r#"{"op":"remove","path":"/l/0"}"#));
    hall.heard();
    hall.says(1, &one(seq + 1, seq + 2, &half));
    assert_eq!(hall.sent(1)["results"][0].get("rejected"), None);
}

#[test]
fn r17_what_comes_and_goes_adds_up_to_nothing() {
    let doc = r#"{"l":["x"],"o":{"k":1},"t":"a😀b"}"#;
    for ops in [
        r#"{"op":"add","path":"/l/-","value":["y"]},{"op":"remove","path":"/l/1"}"#,
        r#"{"op":"add","path":"/a~1b","value":"é"},{"op":"remove","path":"/a~1b"}"#,
        r#"{"op":"str_ins","path":"/t","pos":3,"str":"ü\u0000"},{"op":"str_del","path":"/t","pos":3,"len":2}"#,
        r#"{"op":"move","from":"/l/0","path":"/a long name"},{"op":"move","from":"/a long name","path":"/l/0"}"#,
        r#"{"op":"copy","from":"/o","path":"/p"},{"op":"move","from":"/p","path":"/o"}"#,
    ] {
        let ops: Vec<PatchOp<Tree>> = serde_json::from_str(&format!("[{ops}]")).expect("a patch");
        let mut now = tree(doc);
        let applied = apply::write(&mut now, &ops, &Rules::RFC).expect("it applies");
        assert_eq!(now, tree(doc), "{ops:?}");
        assert_eq!(applied.growth(), (0, 0), "{ops:?}");
    }
}

#[test]
fn p27_texts_that_grow_together_stay_within_the_limit() {
    let mut hall = Hall::with(r#"{"t":"","n":0}"#);
    let half = format!(
        r#"{{"op":"str_ins","path":"/t","pos":0,"str":"{}"}}"#,
        "x".repeat(262_145)
    );
    hall.says(1, &one(1, 1, &half));
    hall.heard();
    hall.says(2, &push(1, &[offer(1, &half), offer(2, INC)]));
    let results = hall.sent(2)["results"].clone();
    assert_eq!(results[0]["rejected"]["rule"], "string-too-long");
    assert_eq!(results[1]["version"], 3);
}

#[test]
fn t44_a_report_of_several_walks_stands_in_the_order_of_the_operations() {
    let mut hall = Hall::with(r#"{"a":1,"b":1,"n":1.7e308}"#);
    hall.says(1, &one(1, 1, r#"{"op":"remove","path":"/b"}"#));
    hall.says(1, &one(2, 2, r#"{"op":"remove","path":"/a"}"#));
    let huge = r#"{"op":"inc","path":"/n","inc":9e306}"#;
    hall.says(1, &one(3, 3, huge));
    hall.heard();
    let set = |path: &str| format!(r#"{{"op":"replace","path":"{path}","value":2}}"#);
    hall.says(
        2,
        &one(1, 1, &[set("/a"), huge.to_owned(), set("/b")].join(",")),
    );
    let result = hall.sent(2)["results"][0].clone();
    let lost = result["lost"].as_array().expect("a report");
    let lost: Vec<_> = lost
        .iter()
        .map(|lost| (lost["op"].as_u64(), lost["reason"].as_str()))
        .collect();
    let gone = Some("target-gone");
    let expected = [
        (Some(0), gone),
        (Some(1), Some("not-number")),
        (Some(2), gone),
    ];
    assert_eq!(lost, expected);
    assert_eq!(result["void"], true, "nothing of it is left");
}

#[test]
fn r18_w11_what_is_no_push_closes_the_session() {
    let many: Vec<_> = (1..=257).map(|seq| offer(seq, INC)).collect();
    for text in [
        push(1, &[]),
        push(1, &many),
        one(2, 1, INC),
        one(1, 0, INC),
        push(1, &[offer(2, INC), offer(2, INC)]),
        push(1, &[offer(2, INC), offer(1, INC)]),
    ] {
        let mut hall = Hall::with(r#"{"n":0}"#);
        hall.says(1, &text);
        let heard = hall.heard();
        assert_eq!(heard.len(), 2, "{heard:?}");
        assert!(
            heard[0].contains(r#"{"type":"error","code":"protocol""#),
            "{heard:?}"
        );
        assert_eq!(heard[1], "1 closed protocol");
        hall.has(1, r#"{"n":0}"#);
    }
    let mut hall = Hall::with(r#"{"n":0}"#);
    hall.says(1, &push(1, &many[..256]));
    hall.has(257, r#"{"n":256}"#);
}

#[test]
fn r19_r20_the_window_reaches_back_to_what_live_sessions_named() {
    let mut hall = Hall::with(r#"{"n":0,"l":[]}"#);
    // Bob is at version 1 and says nothing.
    for at in 1..100 {
        hall.says(1, &one(at, at, INC));
    }
    hall.heard();
    hall.says(2, &one(1, 1, ADD_Y));
    assert_eq!(hall.sent(2)["results"][0]["version"], 101);
    // Now both have named a later one.
    hall.says(1, r#"{"type":"ping","version":100}"#);
    hall.says(2, r#"{"type":"ping","version":101}"#);
    hall.heard();
    hall.says(2, &one(99, 2, ADD_Y));
    assert_eq!(hall.heard(), ["2 closed unavailable"]);
    hall.says(1, &one(100, 200, ADD_X));
    assert_eq!(hall.sent(1)["results"][0]["version"], 102);
    // Bob comes again under his own name, and nothing had been decided.
    hall.says(
        5,
        &hello(BOB, &format!(r#","epoch":"{EPOCH}","version":101"#)),
    );
    assert_eq!(hall.sent(5)["last_seq"], 1);
}

#[test]
fn r20_the_window_has_an_end() {
    let mut hall = Hall::with(r#"{"n":0}"#);
    let head = WINDOW_VERSIONS_MAX + 10;
    for at in 1..head {
        hall.says(1, &one(at, at, INC));
    }
    hall.heard();
    hall.says(2, &one(1, 1, INC));
    assert_eq!(hall.heard(), ["2 closed unavailable"]);
}

/// The host counts bytes, and may keep less than the number of changes allows.
#[test]
fn r20_a_host_may_shorten_the_window() {
    let mut hall = Hall::with(r#"{"n":0}"#);
    for at in 1..10 {
        hall.says(1, &one(at, at, INC));
    }
    hall.heard();
    hall.room.trim(3);
    assert_eq!(hall.room.first_logged(), Version(7));
    hall.says(2, &one(7, 1, INC));
    assert_eq!(hall.sent(2)["results"][0]["version"], 11);
    hall.room.trim(0);
    hall.says(1, &one(10, 10, INC));
    assert_eq!(hall.heard(), ["1 closed unavailable"]);
    // The document and what is known of the clients are what they were.
    hall.says(3, &hello(ADA, ""));
    let welcome = hall.sent(3);
    assert_eq!(welcome["snapshot"], json(r#"{"n":10}"#));
    assert_eq!(welcome["last_seq"], 9);
    hall.says(3, &one(11, 10, INC));
    hall.has(12, r#"{"n":11}"#);
}

#[test]
fn r19_nothing_is_taken_before_the_seed() {
    let mut hall = Hall::new();
    hall.says(1, &hello(ADA, ""));
    hall.heard();
    hall.says(1, &one(0, 1, r#"{"op":"replace","path":"","value":{}}"#));
    assert_eq!(hall.heard(), ["1 closed unavailable"]);
}

#[test]
fn r21_r22_w10_the_first_seed_counts_and_goes_to_everybody() {
    let mut hall = Hall::new();
    hall.says(1, &hello(ADA, ""));
    let welcome = hall.sent(1);
    assert_eq!(
        (&welcome["version"], &welcome["changes"]),
        (&json("0"), &json("[]"))
    );
    hall.says(2, &hello(BOB, ""));
    hall.heard();
    hall.says(2, r#"{"type":"seed","value":{"by":"bob"}}"#);
    let change = format!(
        r#"{{"type":"change","version":1,"client_id":"{BOB}","seq":0,"tag":null,"patch":[{{"op":"replace","path":"","value":{{"by":"bob"}}}}]}}"#
    );
    assert_eq!(hall.heard(), [format!("1 {change}"), format!("2 {change}")]);
    hall.says(1, r#"{"type":"seed","value":{"by":"ada"}}"#);
    assert_eq!(hall.heard(), [""; 0]);
    hall.has(1, r#"{"by":"bob"}"#);
}

#[test]
fn r21_a_seed_that_is_no_document_closes_its_session() {
    for seed in ["3".into(), "null".into(), "[".repeat(65) + &"]".repeat(65)] {
        let mut hall = Hall::new();
        hall.says(1, &hello(ADA, ""));
        hall.heard();
        hall.says(1, &format!(r#"{{"type":"seed","value":{seed}}}"#));
        let heard = hall.heard();
        assert_eq!(
            heard.last().map(String::as_str),
            Some("1 closed invalid-patch"),
            "{seed}"
        );
        assert_eq!(hall.room.head(), Version(0));
    }
}

#[test]
fn w9_w18_w20_w21_hello_comes_once_and_first_and_in_this_protocol() {
    let before = [
        (one(0, 1, INC), "protocol"),
        (r#"{"type":"ping","version":0}"#.into(), "protocol"),
        (r#"{"type":"seed","value":{}}"#.into(), "protocol"),
        (
            hello(ADA, "").replace(r#""protocol":1"#, r#""protocol":2"#),
            "protocol-version",
        ),
    ];
    for (text, code) in before {
        let mut hall = Hall::new();
        hall.says(1, &text);
        let heard = hall.heard();
        assert_eq!(heard.len(), 2, "{heard:?}");
        assert!(
            heard[0].starts_with(&format!(r#"1 {{"type":"error","code":"{code}""#)),
            "{heard:?}"
        );
        assert_eq!(heard[1], format!("1 closed {code}"));
    }
    let mut hall = Hall::with("{}");
    hall.says(1, &hello(ADA, ""));
    assert_eq!(
        hall.heard().last().map(String::as_str),
        Some("1 closed protocol")
    );
}

#[test]
fn w12_a_ping_is_answered() {
    let mut hall = Hall::with("{}");
    hall.says(1, r#"{"type":"ping","version":1}"#);
    assert_eq!(hall.heard(), [r#"1 {"type":"pong"}"#]);
}

#[test]
fn w23_a_room_that_asks_for_no_token_ignores_one() {
    let mut hall = Hall::with("{}");
    hall.says(1, r#"{"type":"auth","token":"a.b.c"}"#);
    assert_eq!(hall.heard(), [""; 0]);
    hall.says(1, r#"{"type":"ping","version":1}"#);
    assert_eq!(hall.heard(), [r#"1 {"type":"pong"}"#]);
    // It is no hello.
    hall.says(3, r#"{"type":"auth","token":"a.b.c"}"#);
    assert_eq!(hall.heard().last().unwrap(), "3 closed protocol");
}

#[test]
fn w15_w16_w17_an_ack_has_one_result_for_each_change_in_order() {
    let mut hall = Hall::with(r#"{"k":1,"a":{}}"#);
    hall.says(
        1,
        &one(
            1,
            1,
            r#"{"op":"add","path":"/new","value":1},{"op":"remove","path":"/a"}"#,
        ),
    );
    hall.heard();
    let offers = [
        offer(1, r#"{"op":"replace","path":"/k","value":2}"#),
        offer(2, r#"{"op":"add","path":"/new","value":2}"#),
        offer(3, r#"{"op":"add","path":"/a/x","value":2}"#),
        offer(4, r#"{"op":"remove","path":"/nothing"}"#),
    ];
    hall.says(2, &push(1, &offers));
    let lost = r#""lost":[{"op":0,"reason":"overwrote","path":"/new"}]"#;
    let gone = r#""lost":[{"op":0,"reason":"parent-gone","path":"/a/x"}]"#;
    let canonical =
        r#""patch":[{"op":"remove","path":"/new"},{"op":"add","path":"/new","value":2}]"#;
    let no = r#""rejected":{"code":"invalid-patch","op":0,"rule":"target-missing"}"#;
    let result = |seq: u64, version: u64, more: &str| {
        format!(
            r#"{{"seq":{seq},"tag":"{}","version":{version}{more}}}"#,
            tag(seq)
        )
    };
    let results = [
        result(1, 3, ""),
        result(2, 4, &format!(",{canonical},{lost}")),
        result(3, 4, &format!(r#","void":true,{gone}"#)),
        result(4, 4, &format!(",{no}")),
    ];
    assert_eq!(
        hall.sent(2),
        json(&format!(
            r#"{{"type":"ack","results":[{}]}}"#,
            results.join(",")
        ))
    );
}

#[test]
fn s11_three_invalid_changes_close_the_session() {
    let mut hall = Hall::with("{}");
    let invalid = r#"{"op":"remove","path":"/nothing"}"#;
    (1..=2).for_each(|seq| hall.says(1, &one(1, seq, invalid)));
    assert!(!hall.heard().iter().any(|line| line.contains("closed")));
    hall.says(1, &one(1, 3, invalid));
    let heard = hall.heard();
    assert!(
        heard[0].contains("\"ack\""),
        "the answer comes first: {heard:?}"
    );
    assert_eq!(heard.last().map(String::as_str), Some("1 closed protocol"));
}
