//! The room of a test server, spoken to by frames: what goes to whom, and what is kept of it.
#![cfg(not(target_arch = "wasm32"))]

use draftsync::protocol::Epoch;
use draftsync::room::SessionId;
use draftsync::tree::Tree;
use draftsync_testing::room::{HELLO_BYTES_MAX, HostedRoom, Leave, Said};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ADA: SessionId = SessionId(1);
const GRACE: SessionId = SessionId(2);

fn leave() -> Leave {
    Leave {
        writes: true,
        user: None,
        refused: BTreeSet::new(),
    }
}

fn hello(digit: &str) -> Value {
    json!({"type": "hello", "protocol": 1, "client_id": digit.repeat(32)})
}

fn push(base: u64, changes: &[(u64, Value)]) -> Value {
    let changes: Vec<_> = changes
        .iter()
        .map(|(seq, patch)| json!({"seq": seq, "tag": format!("{seq:016x}"), "patch": patch}))
        .collect();
    json!({"type": "push", "base": base, "changes": changes})
}

fn add(member: &str) -> Value {
    json!([{"op": "add", "path": format!("/{member}"), "value": 1}])
}

/// What the room says to a session, as JSON; an end as its reason.
fn heard(said: &[Said], by: SessionId) -> Vec<Value> {
    let heard = said.iter().filter_map(|said| match said {
        Said::Frame { to, text } => to
            .contains(&by.0)
            .then(|| serde_json::from_str(text).expect("a frame is JSON")),
        Said::Close { close, reason, .. } => (*close == by.0).then(|| json!(reason)),
    });
    heard.collect()
}

fn say(room: &mut HostedRoom, session: SessionId, message: &Value) -> Vec<Said> {
    room.handle_frame(session, &message.to_string(), &leave())
}

/// A room with `{}` in it, and two sessions.
fn met() -> HostedRoom {
    let mut room = HostedRoom::new(Epoch(7));
    say(&mut room, ADA, &hello("a"));
    say(&mut room, ADA, &json!({"type": "seed", "value": {}}));
    say(&mut room, GRACE, &hello("b"));
    room
}

fn document(room: &HostedRoom) -> Value {
    serde_json::to_value(room.document()).expect("a document is JSON")
}

#[test]
fn d1_a_change_is_acknowledged_and_relayed_and_kept() {
    let mut room = met();
    let said = say(&mut room, ADA, &push(1, &[(1, add("x"))]));
    assert_eq!(heard(&said, ADA)[0]["type"], "ack");
    assert_eq!(heard(&said, GRACE)[0]["type"], "change");
    assert_eq!(heard(&said, GRACE)[0]["version"], 2);
    assert_eq!(document(&room), json!({"x": 1}));
    assert_eq!(room.log().count(), 2);
}

#[test]
fn d1_messages_have_the_limits_of_the_server() {
    let mut room = HostedRoom::new(Epoch(7));
    let mut long = hello("a");
    long["token"] = json!("x".repeat(HELLO_BYTES_MAX));
    let said = say(&mut room, ADA, &long);
    assert_eq!(heard(&said, ADA)[0]["code"], "too-large");
    assert_eq!(heard(&said, ADA)[1], "too-large");
    let mut room = met();
    for nonsense in ["", "[]", "{\"type\": \"push\"}"] {
        let said = room.handle_frame(ADA, nonsense, &leave());
        assert_eq!(heard(&said, ADA)[1], "protocol", "{nonsense}");
    }
}

#[test]
fn d11_a_refused_change_is_rejected_and_those_after_it_are_decided_without_it() {
    let mut room = met();
    let refused = Leave {
        refused: [1].into(),
        ..leave()
    };
    let changes = [(1, add("x")), (2, add("y")), (3, add("z"))];
    let text = push(1, &changes).to_string();
    let said = room.handle_frame(ADA, &text, &refused);
    let results = &heard(&said, ADA)[0]["results"];
    assert_eq!(results[1]["rejected"]["code"], "rejected");
    assert_eq!(results[0].get("rejected"), None);
    assert_eq!(results[2].get("rejected"), None);
    assert_eq!(document(&room), json!({"x": 1, "z": 1}));
    // It stays so when the same is offered again.
    let said = room.handle_frame(ADA, &text, &leave());
    let results = &heard(&said, ADA)[0]["results"];
    assert_eq!(results[1]["rejected"]["code"], "rejected");
    assert_eq!(document(&room), json!({"x": 1, "z": 1}));
}

#[test]
fn d10_who_may_only_read_is_told_forbidden_and_stays() {
    let mut room = met();
    let reading = Leave {
        writes: false,
        ..leave()
    };
    let text = push(1, &[(1, add("x"))]).to_string();
    let said = room.handle_frame(ADA, &text, &reading);
    let answers = heard(&said, ADA);
    assert_eq!(answers.len(), 1, "nothing closes");
    assert_eq!(answers[0]["results"][0]["rejected"]["code"], "forbidden");
}

#[test]
fn d20_what_a_session_shows_is_forwarded_with_its_user_and_in_the_rooms_time() {
    let mut room = HostedRoom::new(Epoch(7));
    let (mut ada, mut grace) = (hello("a"), hello("b"));
    (ada["presence"], grace["presence"]) = (json!(true), json!(true));
    say(&mut room, ADA, &ada);
    say(&mut room, GRACE, &grace);
    let show = |room: &mut HostedRoom, value: u64| {
        let shown = json!({"type": "presence", "version": 0, "value": value, "anchors": []});
        let named = Leave {
            user: Some(Tree::Text("Ada".into())),
            ..leave()
        };
        let said = room.handle_frame(ADA, &shown.to_string(), &named);
        heard(&said, GRACE)
    };
    let first = show(&mut room, 1);
    assert_eq!(
        (&first[0]["user"], &first[0]["value"]),
        (&json!("Ada"), &json!(1))
    );
    assert!(show(&mut room, 2).is_empty(), "too soon after the first");
    assert!(show(&mut room, 3).is_empty());
    let due = room.poll_timeout().expect("something waits");
    let said = room.handle_time(due);
    assert_eq!(heard(&said, GRACE)[0]["value"], 3);
    // Who is silent for long is not shown any more, and whose socket is gone neither.
    let due = room.poll_timeout().expect("a silence would be noticed");
    let said = room.handle_time(due);
    assert_eq!(heard(&said, GRACE)[0]["type"], "gone");
    assert_eq!(show(&mut room, 4)[0]["value"], 4);
    let said = room.handle_closed(ADA);
    assert_eq!(heard(&said, GRACE)[0]["type"], "gone");
    room.handle_closed(GRACE);
    assert_eq!(room.poll_timeout(), None, "nobody is here");
}

#[test]
fn d9_a_restarted_room_has_what_was_acknowledged_and_knows_who_has_offered_it() {
    let mut room = met();
    say(&mut room, ADA, &push(1, &[(1, add("x"))]));
    room.restart(Epoch(8)).expect("what is kept is a room");
    assert_eq!(room.epoch(), Epoch(7));
    assert_eq!(document(&room), json!({"x": 1}));
    let said = say(&mut room, GRACE, &push(1, &[(1, add("y"))]));
    assert_eq!(heard(&said, GRACE)[1], "protocol", "nobody is in it");
    let said = say(&mut room, ADA, &hello("a"));
    assert_eq!(heard(&said, ADA)[0]["last_seq"], 1);
    let said = say(&mut room, ADA, &push(2, &[(1, add("x"))]));
    assert_eq!(heard(&said, ADA)[0]["results"][0]["version"], 2);
    assert_eq!(room.log().count(), 2, "it is not taken again");
}

#[test]
fn d9_a_restarted_room_without_a_document_has_another_history() {
    let mut room = HostedRoom::new(Epoch(7));
    say(&mut room, ADA, &hello("a"));
    room.restart(Epoch(8)).expect("there is nothing to load");
    assert_eq!(room.epoch(), Epoch(8));
    assert_eq!(document(&room), Value::Null);
}

#[test]
fn d9_a_room_with_a_long_log_is_restarted_from_a_snapshot() {
    let mut room = met();
    let mut seq = 0;
    for round in 0..42 {
        let changes: Vec<_> = (0..250).map(|at| (seq + at + 1, add("n"))).collect();
        seq += 250;
        let base = 1 + round * 250;
        let said = say(&mut room, ADA, &push(base, &changes));
        assert_eq!(heard(&said, ADA)[0]["type"], "ack");
    }
    say(&mut room, ADA, &push(seq + 1, &[(seq + 1, add("last"))]));
    room.restart(Epoch(8)).expect("what is kept is a room");
    assert_eq!(room.log().count(), 10_000);
    assert_eq!(document(&room), json!({"n": 1, "last": 1}));
}
