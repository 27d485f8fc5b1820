//! Who is here: the rules of presence, as conversations with a room (R25 to R29).
#![cfg(not(target_arch = "wasm32"))]

use draftsync::frame;
use draftsync::protocol::{Epoch, ToClient, ToRoom};
use draftsync::room::{PRESENCE_INTERVAL, PRESENCE_SILENCE, Room, RoomOutput, SessionId, Speaker};
use draftsync::tree::Tree;
use serde_json::{Value, json};
use std::time::Duration;

/// A room and its disk; `said` has what went out, session by session.
struct Hall {
    room: Room<Tree>,
    said: Vec<(u64, Value)>,
    now: Duration,
    /// Whether the disk is as fast as the room.
    fast: bool,
    writing: usize,
    /// How many changes the disk was given.
    stored: usize,
}

impl Hall {
    /// A room at version 1 with this document; sessions 1 and 2 are there and know presence.
    fn with(doc: &Value) -> Self {
        let mut hall = Self {
            room: Room::new(Epoch(0xabcd)),
            said: Vec::new(),
            now: Duration::ZERO,
            fast: true,
            writing: 0,
            stored: 0,
        };
        hall.says(1, &hello(1, true));
        hall.says(1, &json!({"type": "seed", "value": doc}));
        hall.says(2, &hello(2, true));
        hall.said.clear();
        hall
    }

    fn says(&mut self, session: u64, message: &Value) {
        self.says_as(session, &Speaker::ANYBODY, message);
    }

    fn says_as(&mut self, session: u64, speaker: &Speaker<Tree>, message: &Value) {
        let message: ToRoom<Tree> = frame::read(&message.to_string()).expect("a message");
        self.room.handle_time(self.now);
        self.room
            .handle_message_of(SessionId(session), speaker, message);
        self.drain();
    }

    fn leaves(&mut self, session: u64) {
        self.room.handle_closed(SessionId(session));
        self.drain();
    }

    /// Lets time pass, as a host does that looks when it has to and not before.
    fn passes(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.room.poll_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.room.handle_time(at);
            assert_ne!(self.room.poll_timeout(), Some(at), "time goes on");
            self.drain();
        }
        self.now = end;
    }

    fn writes(&mut self) {
        self.writing -= 1;
        self.room.handle_durable();
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll_output() {
            let (sessions, message) = match output {
                RoomOutput::Append(append) => {
                    self.stored += append.changes.len();
                    self.writing += 1;
                    if self.fast {
                        self.writing -= 1;
                        self.room.handle_durable();
                    }
                    continue;
                }
                RoomOutput::Send(session, message) => (vec![session], message),
                RoomOutput::Relay(sessions, change) => (sessions, ToClient::Change(change)),
                RoomOutput::Show(sessions, client_id, message) => {
                    let (ToClient::Presence { client_id: of, .. }
                    | ToClient::Gone { client_id: of }) = &message
                    else {
                        panic!("{message:?} shows nobody");
                    };
                    assert_eq!(*of, client_id);
                    (sessions, message)
                }
                RoomOutput::Close(session, code) => {
                    self.said.push((session.0, json!({"closed": code.word()})));
                    continue;
                }
            };
            let text = frame::write(&message).expect("a message");
            let message: Value = serde_json::from_str(&text).expect("JSON");
            let all = sessions.iter();
            self.said
                .extend(all.map(|session| (session.0, message.clone())));
        }
    }

    /// What a session heard of presence since the last time: `1 value anchors`, or `1 gone`.
    fn sees(&mut self, session: u64) -> Vec<String> {
        let mine = self.said.extract_if(.., |(to, message)| {
            *to == session
                && ["presence", "gone"]
                    .iter()
                    .any(|kind| message["type"] == *kind)
        });
        mine.map(|(_, message)| {
            let id = message["client_id"].as_str().expect("a name");
            let who = id.trim_start_matches('0');
            match message["type"].as_str() {
                Some("gone") => format!("{who} gone"),
                _ => {
                    let optional = |word: &str, name: &str| match &message[name] {
                        Value::Null => String::new(),
                        some => format!("{word}{some}"),
                    };
                    let (anchors, user) = (optional(" ", "anchors"), optional(" of ", "user"));
                    let (value, version) = (&message["value"], &message["version"]);
                    format!("{who} {value} at {version}{anchors}{user}")
                }
            }
        })
        .collect()
    }

    /// The codes of the errors that a session was told, and the closes.
    fn errors(&mut self, session: u64) -> Vec<Value> {
        let mine = self.said.extract_if(.., |(to, message)| {
            *to == session && (message["type"] == "error" || !message["closed"].is_null())
        });
        mine.map(|(_, message)| message["code"].clone()).collect()
    }
}

fn hello(client: u64, presence: bool) -> Value {
    let mut hello = json!({"type": "hello", "protocol": 1, "client_id": format!("{client:032x}")});
    if presence {
        hello["presence"] = json!(true);
    }
    hello
}

fn shows(version: u64, value: Value, anchors: Value) -> Value {
    json!({"type": "presence", "version": version, "value": value, "anchors": anchors})
}

fn pushes(base: u64, seq: u64, op: Value) -> Value {
    let tag = format!("{seq:016x}");
    json!({"type": "push", "base": base, "changes": [{"seq": seq, "tag": tag, "patch": [op]}]})
}

fn speaker(presence: bool) -> Speaker<Tree> {
    Speaker {
        presence,
        ..Speaker::ANYBODY
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn r25_the_others_see_the_latest_and_hear_when_it_ends() {
    let mut hall = Hall::with(&json!([]));
    hall.says(1, &shows(1, json!("a"), json!([])));
    assert_eq!(hall.sees(2), [r#"1 "a" at 1"#]);
    assert_eq!(hall.sees(1), NOTHING, "nobody is told of themselves");
    // Who comes sees who is there.
    hall.says(3, &hello(3, true));
    let welcome = hall
        .said
        .iter()
        .position(|(_, message)| message["type"] == "welcome");
    let presence = hall
        .said
        .iter()
        .position(|(_, message)| message["type"] == "presence");
    assert!(welcome < presence, "welcome comes first");
    assert_eq!(hall.sees(3), [r#"1 "a" at 1"#]);
    assert_eq!(hall.sees(2), NOTHING, "3 shows nothing");
    assert_eq!(hall.room.present(), 1);
    hall.leaves(3);
    assert_eq!(hall.sees(2), NOTHING);
    hall.leaves(1);
    assert_eq!(hall.sees(2), ["1 gone"]);
    assert_eq!(
        (hall.room.head().0, hall.stored),
        (1, 1),
        "nothing is stored"
    );
}

#[test]
fn r25_a_client_that_comes_again_is_shown_once() {
    let mut hall = Hall::with(&json!([]));
    hall.says(1, &shows(1, json!("a"), json!([])));
    hall.says(4, &hello(1, true));
    assert_eq!(hall.sees(2), [r#"1 "a" at 1"#, "1 gone"]);
    assert_eq!(hall.sees(4), NOTHING, "its own name is not told to it");
    hall.says(4, &shows(1, json!("b"), json!([])));
    assert_eq!(hall.sees(2), [r#"1 "b" at 1"#]);
}

#[test]
fn w27_who_does_not_know_presence_is_not_told() {
    let mut hall = Hall::with(&json!([]));
    hall.says(3, &hello(3, false));
    hall.says(1, &shows(1, json!("a"), json!([])));
    hall.says(4, &hello(4, false));
    hall.leaves(1);
    assert_eq!((hall.sees(3), hall.sees(4)), (vec![], vec![]));
    assert_eq!(hall.sees(2).len(), 2);
    // Nor when it may not see anybody any more.
    hall.says(2, &shows(1, json!("b"), json!([])));
    let ping = json!({"type": "ping", "version": 1});
    hall.says_as(3, &speaker(false), &ping);
    assert_eq!(hall.sees(3), NOTHING);
}

#[test]
fn r26_anchors_are_told_in_the_document_that_their_reader_has() {
    let mut hall = Hall::with(&json!({"l": [{"t": "hello"}, "y"], "k": 1}));
    // The author has not heard of this change yet.
    hall.says(
        2,
        &pushes(1, 1, json!({"op": "add", "path": "/l/0", "value": "x"})),
    );
    let text = json!({"path": "/l/0/t", "pos": 2});
    let anchors = json!([text, {"path": "/l/1"}, {"path": "/k"}, null, {"path": "/none"},
        {"path": "/l/0/t", "pos": 9}, {"path": "/k", "pos": 0}, {"path": "l"}]);
    hall.says(1, &shows(1, json!(0), anchors));
    let told =
        r#"[{"path":"/l/1/t","pos":2},{"path":"/l/2"},{"path":"/k"},null,null,null,null,null]"#;
    assert_eq!(hall.sees(2), [format!("1 0 at 2 {told}")]);
    // Who comes later sees them where they are by then.
    for (base, op) in [
        (
            2,
            json!({"op": "str_ins", "path": "/l/1/t", "pos": 0, "str": "oh, "}),
        ),
        (3, json!({"op": "move", "from": "/l/1", "path": "/m"})),
        (4, json!({"op": "remove", "path": "/k"})),
        (5, json!({"op": "replace", "path": "/l", "value": []})),
    ] {
        hall.says(2, &pushes(base, base, op));
    }
    hall.says(3, &hello(3, true));
    let told = r#"[{"path":"/m/t","pos":6},null,null,null,null,null,null,null]"#;
    assert_eq!(hall.sees(3), [format!("1 0 at 6 {told}")]);
}

#[test]
fn r26_anchors_of_a_version_that_the_room_does_not_have_are_null() {
    let mut hall = Hall::with(&json!([0, 1]));
    for base in 1..4 {
        let op = json!({"op": "add", "path": "/-", "value": base});
        hall.says(2, &pushes(base, base, op));
    }
    hall.says(1, &json!({"type": "ping", "version": 3}));
    hall.says(2, &json!({"type": "ping", "version": 4}));
    for version in [2, 5, 1 << 50] {
        hall.says(1, &shows(version, json!(0), json!([{"path": "/0"}])));
        hall.passes(PRESENCE_INTERVAL);
        assert_eq!(hall.sees(2), ["1 0 at 4 [null]"], "{version}");
    }
    hall.says(1, &shows(3, json!(0), json!([{"path": "/0"}])));
    assert_eq!(hall.sees(2), [r#"1 0 at 4 [{"path":"/0"}]"#]);
    // Once the log does not reach back, nobody knows where they are.
    hall.says(
        2,
        &pushes(4, 4, json!({"op": "add", "path": "/0", "value": 9})),
    );
    hall.room.trim(0);
    hall.says(3, &hello(3, true));
    assert_eq!(hall.sees(3), ["1 0 at 5 [null]"]);
}

#[test]
fn r26_nobody_hears_of_it_before_the_changes_that_came_before_it() {
    let mut hall = Hall::with(&json!(["x"]));
    hall.fast = false;
    hall.says(
        2,
        &pushes(1, 1, json!({"op": "add", "path": "/0", "value": "w"})),
    );
    hall.says(1, &shows(1, json!(0), json!([{"path": "/0"}])));
    hall.says(
        2,
        &pushes(1, 2, json!({"op": "add", "path": "/0", "value": "v"})),
    );
    assert_eq!(hall.sees(2), NOTHING);
    hall.passes(PRESENCE_INTERVAL);
    // A newer one takes the turn of the one that waits.
    hall.says(1, &shows(1, json!(1), json!([{"path": "/0"}])));
    hall.writes();
    assert_eq!(hall.sees(2), [r#"1 1 at 2 [{"path":"/1"}]"#]);
    hall.writes();
    hall.says(3, &hello(3, true));
    assert_eq!(hall.sees(3), [r#"1 1 at 3 [{"path":"/2"}]"#]);
    assert_eq!(hall.sees(2), NOTHING);
}

#[test]
fn r26_nobody_hears_of_anybody_before_the_welcome() {
    let mut hall = Hall::with(&json!(["x"]));
    hall.fast = false;
    hall.says(
        2,
        &pushes(1, 1, json!({"op": "add", "path": "/0", "value": "w"})),
    );
    hall.says(1, &shows(1, json!(0), json!([])));
    hall.says(
        2,
        &pushes(1, 2, json!({"op": "add", "path": "/0", "value": "v"})),
    );
    hall.says(3, &hello(3, true));
    hall.says(2, &shows(1, json!(1), json!([])));
    hall.writes();
    assert_eq!(hall.sees(2), ["1 0 at 2"]);
    assert_eq!(hall.sees(3), NOTHING, "its welcome waits for the disk");
    hall.leaves(1);
    hall.writes();
    assert_eq!(hall.sees(3), ["2 1 at 3"]);
    assert_eq!(hall.sees(2), ["1 gone"]);
}

#[test]
fn r27_who_is_silent_is_gone_until_the_next_word() {
    let mut hall = Hall::with(&json!([]));
    hall.says(1, &shows(1, json!("a"), json!([])));
    hall.says(2, &shows(1, json!("b"), json!([])));
    hall.passes(PRESENCE_SILENCE / 2);
    hall.says(2, &json!({"type": "ping", "version": 1}));
    assert_eq!((hall.sees(1).len(), hall.sees(2).len()), (1, 1));
    hall.passes(PRESENCE_SILENCE / 2 - Duration::from_nanos(1));
    assert_eq!(hall.sees(2), NOTHING);
    hall.passes(Duration::from_nanos(1));
    assert_eq!(hall.sees(2), ["1 gone"]);
    assert_eq!(hall.sees(1), NOTHING, "a ping is a word");
    hall.says(3, &hello(3, true));
    assert_eq!(hall.sees(3), [r#"2 "b" at 1"#]);
    hall.says(1, &json!({"type": "ping", "version": 1}));
    assert_eq!(hall.sees(2), [r#"1 "a" at 1"#]);
    assert_eq!(hall.sees(3), [r#"1 "a" at 1"#]);
    hall.passes(PRESENCE_SILENCE * 2);
    assert_eq!(hall.sees(3), ["2 gone", "1 gone"]);
    hall.leaves(1);
    assert_eq!(hall.sees(3), NOTHING, "it was gone already");
    assert_eq!(
        hall.room.poll_timeout(),
        None,
        "nothing is left to wait for"
    );
}

#[test]
fn r27_every_silence_is_told() {
    let mut hall = Hall::with(&json!([]));
    hall.says(1, &shows(1, json!("a"), json!([])));
    for _ in 0..3 {
        assert_eq!(hall.sees(2), [r#"1 "a" at 1"#]);
        hall.passes(PRESENCE_SILENCE);
        assert_eq!(hall.sees(2), ["1 gone"]);
        hall.says(1, &json!({"type": "ping", "version": 1}));
    }
}

#[test]
fn r28_what_comes_too_fast_is_told_by_its_latest() {
    let mut hall = Hall::with(&json!([]));
    for value in 0..10 {
        hall.says(1, &shows(1, json!(value), json!([])));
        hall.passes(PRESENCE_INTERVAL / 5);
    }
    assert_eq!(hall.sees(2), ["1 0 at 1", "1 4 at 1", "1 9 at 1"]);
    hall.passes(PRESENCE_INTERVAL);
    assert_eq!(hall.sees(2), NOTHING);
    hall.says(1, &shows(1, json!("x"), json!([])));
    assert_eq!(hall.sees(2), [r#"1 "x" at 1"#], "at once");
    assert_eq!(hall.errors(1), NOTHING);
}

#[test]
fn r29_w25_what_is_too_large_is_not_taken_and_closes_nothing() {
    let mut hall = Hall::with(&json!([]));
    hall.says(1, &shows(1, json!("a"), json!([])));
    assert_eq!(hall.sees(2).len(), 1);
    let anchor = |units: usize| json!({"path": "/".repeat(units)});
    for (value, anchors) in [
        (json!("a".repeat(1_023)), json!([])),
        (json!(0), json!(vec![json!(null); 17])),
        (json!(0), json!(vec![anchor(1_023); 4])),
    ] {
        hall.says(1, &shows(1, value, anchors));
        assert_eq!(hall.errors(1), ["too-large"]);
    }
    hall.passes(PRESENCE_INTERVAL);
    assert_eq!(hall.sees(2), NOTHING);
    hall.says(3, &hello(3, true));
    assert_eq!(hall.sees(3), [r#"1 "a" at 1"#], "the one before stays");
    for (value, anchors) in [
        (json!("a".repeat(1_022)), json!([])),
        (json!(0), json!(vec![json!(null); 16])),
        (json!(0), json!(vec![anchor(1_022); 4])),
    ] {
        hall.says(1, &shows(1, value, anchors));
        assert_eq!(hall.errors(1), NOTHING);
        hall.passes(PRESENCE_INTERVAL);
        assert_eq!(hall.sees(2).len(), 1);
    }
}

#[test]
fn s28_without_the_right_nobody_is_shown_and_nobody_seen() {
    let mut hall = Hall::with(&json!([]));
    hall.says(1, &shows(1, json!("a"), json!([])));
    hall.said.clear();
    let (may, may_not) = (speaker(true), speaker(false));
    hall.says_as(3, &may_not, &hello(3, true));
    let c = shows(1, json!("c"), json!([]));
    hall.says_as(3, &may_not, &c);
    hall.says_as(3, &may_not, &c);
    assert_eq!(hall.errors(3), ["forbidden"], "said once");
    assert_eq!((hall.sees(2), hall.sees(3)), (vec![], vec![]));
    // A newer token may give the right, and take it.
    let ping = json!({"type": "ping", "version": 1});
    hall.says_as(3, &may, &ping);
    assert_eq!(hall.sees(3), [r#"1 "a" at 1"#]);
    let user = Some(Tree::Text("Eve".into()));
    let named = Speaker { user, ..may };
    hall.says_as(3, &named, &c);
    assert_eq!(hall.sees(2), [r#"3 "c" at 1 of "Eve""#]);
    hall.says_as(3, &may_not, &ping);
    assert_eq!(hall.sees(2), ["3 gone"]);
    assert_eq!(hall.sees(3), ["1 gone"]);
    hall.says_as(3, &may_not, &ping);
    hall.leaves(3);
    assert_eq!((hall.sees(2), hall.errors(3)), (vec![], vec![]));
}

#[test]
fn s28_a_right_that_comes_back_after_a_silence_is_a_right() {
    let mut hall = Hall::with(&json!([]));
    let ping = json!({"type": "ping", "version": 1});
    let a = shows(1, json!("a"), json!([]));
    hall.says(1, &a);
    hall.passes(PRESENCE_SILENCE);
    assert_eq!(hall.sees(2).len(), 2);
    hall.says_as(1, &speaker(false), &ping);
    hall.says(1, &a);
    assert_eq!(hall.sees(2), [r#"1 "a" at 1"#]);
}

#[test]
fn s28_who_has_not_heard_the_welcome_hears_of_no_end() {
    let mut hall = Hall::with(&json!(["x"]));
    hall.says(1, &shows(1, json!("a"), json!([])));
    hall.fast = false;
    hall.says(
        2,
        &pushes(1, 1, json!({"op": "add", "path": "/0", "value": "w"})),
    );
    hall.says(3, &hello(3, true));
    hall.says_as(3, &speaker(false), &json!({"type": "ping", "version": 1}));
    hall.writes();
    assert_eq!(hall.sees(3), NOTHING);
}
