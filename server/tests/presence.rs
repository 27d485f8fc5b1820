//! Who is here, over real sockets: S28, and the rules of part R that a server could break.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync_server::Server;
use draftsync_server::engine::{Engine, Memory};
use serde_json::{Value, json};
use std::sync::Arc;
use support::token::{claims, hello_with, renewal, server_with_auth, sign, with};
use support::{Client, add, hello, id, push, seed, server, server_with_engine};

/// Somebody who knows presence, welcomed.
async fn join(server: &Server, room: &str, hello: Value) -> Client {
    let mut client = Client::connect(server, room).await;
    client.send(&with(hello, "presence", json!(true))).await;
    assert_eq!(client.next().await["type"], "welcome");
    client
}

/// Waits until everything sent so far is answered, and gives what came meanwhile.
async fn until_pong(client: &mut Client) -> Vec<Value> {
    client.send(&json!({"type": "ping", "version": 0})).await;
    let mut heard = Vec::new();
    loop {
        let message = client.next().await;
        if message["type"] == "pong" {
            return heard;
        }
        heard.push(message);
    }
}

fn shows(version: u64, value: Value) -> Value {
    json!({"type": "presence", "version": version, "value": value})
}

fn gone(number: u32) -> Value {
    json!({"type": "gone", "client_id": id(number)})
}

#[tokio::test]
async fn r25_r29_presence_is_told_and_ends_with_its_socket() {
    let server = server().await;
    let mut ada = join(&server, "r", hello(1)).await;
    ada.send(&seed(json!(["x"]))).await;
    assert_eq!(ada.next().await["version"], 1);
    let mut bob = join(&server, "r", hello(2)).await;
    let mut anchored = shows(1, json!({"at": 0}));
    anchored["anchors"] = json!([{"path": "/0"}]);
    ada.send(&anchored).await;
    let mut expected = anchored.clone();
    expected["client_id"] = json!(id(1));
    assert_eq!(bob.next().await, expected);
    // Too large: said, and nothing else happens.
    ada.send(&shows(1, json!("x".repeat(1_024)))).await;
    let heard = until_pong(&mut ada).await;
    assert_eq!(heard.len(), 1);
    assert_eq!(
        (&heard[0]["type"], &heard[0]["code"]),
        (&json!("error"), &json!("too-large"))
    );
    // Who comes sees it where it is by then.
    bob.send(&push(1, 1, add("/0", json!("w")))).await;
    assert_eq!(bob.next().await["type"], "ack");
    let mut eve = join(&server, "r", hello(3)).await;
    let seen = eve.next().await;
    assert_eq!(seen["anchors"], json!([{"path": "/1"}]));
    assert_eq!(
        (&seen["version"], &seen["value"]),
        (&json!(2), &json!({"at": 0}))
    );
    ada.leave().await;
    assert_eq!(bob.next().await, gone(1));
    assert_eq!(eve.next().await, gone(1));
}

#[tokio::test]
async fn r28_a_burst_ends_with_its_latest() {
    let server = server().await;
    let mut ada = join(&server, "r", hello(1)).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    let mut bob = join(&server, "r", hello(2)).await;
    for round in 0..=200 {
        ada.send(&shows(1, json!(round))).await;
    }
    let mut seen = Vec::new();
    while seen.last() != Some(&200) {
        seen.push(bob.next().await["value"].as_u64().unwrap());
    }
    assert!(seen.is_sorted() && seen[0] == 0, "{seen:?}");
    // As many as there were intervals, on however slow a machine.
    assert!(seen.len() < 150, "{}", seen.len());
}

#[tokio::test]
async fn r25_a_server_that_was_started_again_shows_nobody() {
    let engine: Arc<dyn Engine> = Arc::new(Memory::default());
    let server = server_with_engine(Arc::clone(&engine)).await;
    let mut ada = join(&server, "r", hello(1)).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    ada.send(&shows(1, json!("ada"))).await;
    let mut bob = join(&server, "r", hello(2)).await;
    assert_eq!(bob.next().await["value"], "ada");
    drop((ada, bob));
    server.stop().await;
    let server = server_with_engine(engine).await;
    let mut bob = join(&server, "r", hello(2)).await;
    assert_eq!(until_pong(&mut bob).await, Vec::<Value>::new());
    bob.send(&push(1, 1, add("/0", json!(1)))).await;
    assert_eq!(
        bob.next().await["results"][0]["version"],
        2,
        "it took no version"
    );
}

#[tokio::test]
async fn s28_the_right_and_the_user_are_the_tokens() {
    let server = server_with_auth().await;
    let token =
        |sub: &str, can: &[&str], user: Value| sign(&with(claims(sub, "r", can), "user", user));
    let named = json!({"name": "Ada", "id": 7});
    let all = ["read", "write", "presence"];
    let ada = token("ada", &all, named.clone());
    let mut ada = join(&server, "r", hello_with(1, &ada)).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    let bob = token("bob", &["read", "presence"], json!("x".repeat(1_024)));
    let mut bob = join(&server, "r", hello_with(2, &bob)).await;
    let eve = token("eve", &["read", "write"], json!("Eve"));
    let mut eve = join(&server, "r", hello_with(3, &eve)).await;

    ada.send(&shows(1, json!("a"))).await;
    let seen = bob.next().await;
    assert_eq!((&seen["value"], &seen["user"]), (&json!("a"), &named));
    bob.send(&shows(1, json!("b"))).await;
    let seen = ada.next().await;
    assert_eq!(seen["value"], "b");
    assert_eq!(
        seen["user"],
        Value::Null,
        "a user that is too large is none"
    );
    eve.send(&shows(1, json!("e"))).await;
    let heard = until_pong(&mut eve).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0]["code"], "forbidden");
    assert_eq!(until_pong(&mut ada).await, Vec::<Value>::new());

    eve.send(&renewal(&token("eve", &all, json!("Eve")))).await;
    // She says nothing more, and sees who is there.
    for _ in 0..2 {
        assert_eq!(eve.next().await["type"], "presence");
    }
    eve.send(&shows(1, json!("e"))).await;
    let seen = ada.next().await;
    assert_eq!(
        (&seen["value"], &seen["user"]),
        (&json!("e"), &json!("Eve"))
    );
    eve.send(&renewal(&token("eve", &["read"], json!("Eve"))))
        .await;
    assert_eq!(ada.next().await, gone(3));
    let hidden = [eve.next().await, eve.next().await];
    assert_eq!(hidden, [gone(1), gone(2)]);
}
