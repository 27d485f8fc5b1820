//! What only a browser can show: the codec beside the golden frames (part W), and the exported
//! class with its callbacks, typed errors and identities (part B).
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used)] // The lint knows `#[test]` only.

use draftsync::protocol::{ToClient, ToRoom};
use draftsync::web::{Codec, SyncedStore};
use js_sys::{Array, Function, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[derive(serde::Deserialize)]
struct Golden {
    name: String,
    to: String,
    frame: String,
    ok: bool,
}

fn frames(to: &str) -> Vec<Golden> {
    let all: Vec<Golden> = serde_json::from_str(include_str!("golden/frames.json")).unwrap();
    let frames: Vec<_> = all.into_iter().filter(|golden| golden.to == to).collect();
    assert!(frames.len() > 20, "{} frames to {to}", frames.len());
    frames
}

#[wasm_bindgen_test]
fn w3_the_codec_gives_every_golden_frame_its_verdict() {
    let codec = Codec::default();
    let wrong: Vec<_> = frames("client")
        .iter()
        .filter(|golden| codec.decode(&JsValue::from_str(&golden.frame)).is_ok() != golden.ok)
        .map(|golden| golden.name.clone())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[wasm_bindgen_test]
fn w3_the_second_opinion_reads_every_good_frame_alike() {
    let codec = Codec::default();
    for golden in frames("client").iter().filter(|golden| golden.ok) {
        let parsed = JSON::parse(&golden.frame).unwrap();
        let second: ToClient<serde_json::Value> = serde_wasm_bindgen::from_value(parsed)
            .unwrap_or_else(|error| {
                panic!("{}: {error}", golden.name);
            });
        let first = codec.decode(&JsValue::from_str(&golden.frame)).unwrap();
        if let (ToClient::Change(first), ToClient::Change(second)) = (first, second) {
            assert_eq!(
                (first.version, first.client_id, first.seq, first.tag),
                (second.version, second.client_id, second.seq, second.tag)
            );
            let text = String::from(JSON::stringify(&codec.write_patch(&first.patch)).unwrap());
            let written: serde_json::Value = serde_json::from_str(&text).unwrap();
            let expected = serde_json::to_value(&second.patch).unwrap();
            assert!(
                same(&written, &expected),
                "{}: {written} {expected}",
                golden.name
            );
        }
    }
}

/// JS knows one kind of number.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Number(a), Number(b)) => a.as_f64() == b.as_f64(),
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

#[wasm_bindgen_test]
fn w3_what_the_codec_writes_is_what_the_types_say() {
    let codec = Codec::default();
    let mut written = 0;
    for golden in frames("room").iter().filter(|golden| golden.ok) {
        // A value is a handle in one case and serde's own in the other; the text is the same.
        let parsed = JSON::parse(&golden.frame).unwrap();
        let Ok(message) = serde_wasm_bindgen::from_value::<ToRoom<serde_json::Value>>(parsed)
        else {
            panic!("{} is a good frame", golden.name);
        };
        let message = match message {
            ToRoom::Ping { version } => ToRoom::Ping { version },
            ToRoom::Hello {
                protocol,
                client_id,
                epoch,
                version,
                token,
                presence,
            } => ToRoom::Hello {
                protocol,
                client_id,
                epoch,
                version,
                token,
                presence,
            },
            ToRoom::Auth { token } => ToRoom::Auth { token },
            _ => continue,
        };
        let text = codec.encode(&message).as_string().unwrap();
        let back: ToRoom<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let expected: ToRoom<serde_json::Value> = serde_json::from_str(&golden.frame).unwrap();
        assert_eq!(back, expected, "{}", golden.name);
        written += 1;
    }
    assert!(written >= 8, "{written} frames");
}

fn function(arguments: &str, body: &str) -> Function {
    Function::new_with_args(arguments, body)
}

/// A store without a connection, and the list of what it tells.
fn store(initial: &str) -> (SyncedStore, Array) {
    let options = Object::new();
    let initial = JSON::parse(initial).unwrap();
    Reflect::set(&options, &"initial".into(), &initial).unwrap();
    Reflect::set(&options, &"development".into(), &true.into()).unwrap();
    let told = Array::new();
    let emit = function(
        "told",
        "return (type, payload) => { told.push([type, payload]); }",
    );
    let emit = emit.call1(&JsValue::UNDEFINED, &told).unwrap();
    let store = SyncedStore::new(&options, emit.unchecked_into()).unwrap();
    (store, told)
}

fn text(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

fn member(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap()
}

#[wasm_bindgen_test]
fn b1_b3_a_snapshot_keeps_its_identity_until_something_changes() {
    let (store, _) = store(r#"{"a":{"n":1},"b":{"n":2}}"#);
    let before = store.state();
    assert_eq!(store.state(), before);
    let made = store
        .update(&function("d", "d.a.n = 5"), JsValue::UNDEFINED, false)
        .unwrap();
    let after = store.state();
    assert_ne!(after, before);
    assert_eq!(member(&after, "b"), member(&before, "b"));
    assert_eq!(text(&before), r#"{"a":{"n":1},"b":{"n":2}}"#);
    // They are written when somebody asks.
    let patches = Function::from(member(&made, "patches")).call0(&JsValue::NULL);
    assert_eq!(
        text(&patches.unwrap()),
        r#"[{"op":"replace","path":"/a/n","value":5}]"#
    );
}

#[wasm_bindgen_test]
fn b8_a_throwing_recipe_changes_nothing_and_its_own_error_goes_on() {
    let (store, _) = store(r#"{"n":1}"#);
    let before = store.state();
    let thrown = store
        .update(
            &function("d", "d.n = 2; throw 'mine'"),
            JsValue::UNDEFINED,
            false,
        )
        .unwrap_err();
    assert_eq!(thrown.as_string().unwrap(), "mine");
    assert_eq!(store.state(), before);
}

#[wasm_bindgen_test]
fn p18_p20_a_patch_that_does_not_fit_is_a_typed_error_and_changes_nothing() {
    let (store, _) = store(r#"{"n":1}"#);
    let ops =
        JSON::parse(r#"[{"op":"replace","path":"/n","value":2},{"op":"remove","path":"/gone"}]"#);
    let thrown = store
        .patch(&ops.unwrap(), JsValue::UNDEFINED, false)
        .unwrap_err();
    assert_eq!(
        member(&thrown, "code").as_string().unwrap(),
        "invalid-patch"
    );
    assert_eq!(member(&thrown, "op").as_f64().unwrap(), 1.0);
    assert_eq!(
        member(&thrown, "reason").as_string().unwrap(),
        "target-missing"
    );
    assert_eq!(text(&store.state()), r#"{"n":1}"#);
}

#[wasm_bindgen_test]
fn b20_every_change_is_told_once() {
    let (store, told) = store(r#"{"n":0}"#);
    store
        .update(&function("d", "d.n = 1"), JsValue::UNDEFINED, false)
        .unwrap();
    store
        .update(&function("d", "d.n = 2"), JsValue::UNDEFINED, false)
        .unwrap();
    let changes = told
        .iter()
        .filter(|entry| text(&Array::from(entry).get(0)) == "\"change\"");
    assert_eq!(changes.count(), 2);
    assert_eq!(store.pending(), 2);
}

#[wasm_bindgen_test]
fn b19_a_transaction_is_one_change_or_none() {
    let (store, _) = store(r#"{"n":0}"#);
    let thrown = store
        .transact(&function("", "throw 'mine'"), JsValue::UNDEFINED, false)
        .unwrap_err();
    assert_eq!(thrown.as_string().unwrap(), "mine");
    assert_eq!(
        (store.pending(), text(&store.state())),
        (0, r#"{"n":0}"#.into())
    );
    let nothing = store
        .transact(&function("", "return 7"), JsValue::UNDEFINED, false)
        .unwrap();
    assert_eq!(member(&nothing, "result").as_f64().unwrap(), 7.0);
    assert_eq!(store.pending(), 0);
}

#[wasm_bindgen_test]
fn b31_after_dispose_the_state_is_readable_and_writing_is_an_error() {
    let (store, _) = store(r#"{"n":1}"#);
    store.dispose();
    store.dispose();
    assert_eq!(text(&store.state()), r#"{"n":1}"#);
    let thrown = store
        .update(&function("d", "d.n = 2"), JsValue::UNDEFINED, false)
        .unwrap_err();
    assert_eq!(member(&thrown, "code").as_string().unwrap(), "disposed");
    assert_eq!(
        member(&store.status(), "state").as_string().unwrap(),
        "closed"
    );
}

#[wasm_bindgen_test]
fn b4_development_freezes_what_it_hands_out() {
    let (store, _) = store(r#"{"n":1}"#);
    let frozen = function("state", "return Object.isFrozen(state)");
    let frozen = frozen.call1(&JsValue::UNDEFINED, &store.state()).unwrap();
    assert!(frozen.is_truthy(), "development freezes what it hands out");
}
