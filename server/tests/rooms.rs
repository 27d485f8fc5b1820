//! Parts R and W over real sockets: what a room decides arrives, and arrives in order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync_server::limits::Limits;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use support::{Client, add, hello, id, push, seed, server, server_with_limits, until, within};

#[tokio::test]
async fn r5_two_clients_see_each_others_changes() {
    let server = server().await;
    let (mut ada, welcome) = Client::join(&server, "lists/one", 1).await;
    assert_eq!(welcome["version"], 0);
    assert_eq!(welcome["changes"], json!([]));
    ada.send(&seed(json!({"todos": []}))).await;
    assert_eq!(ada.next().await["version"], 1);

    let (mut bob, welcome) = Client::join(&server, "lists/one", 2).await;
    assert_eq!(welcome["snapshot"], json!({"todos": []}));
    ada.send(&push(1, 1, add("/todos/0", json!("milk")))).await;
    let change = bob.next().await;
    assert_eq!(change["type"], "change");
    assert_eq!(change["version"], 2);
    assert_eq!(change["client_id"], id(1));
    assert_eq!(change["patch"], add("/todos/0", json!("milk")));
    let ack = ada.next().await;
    assert_eq!(
        ack["results"],
        json!([{"seq": 1, "tag": "0000000000000001", "version": 2}])
    );

    bob.send(&push(2, 1, add("/todos/1", json!("bread")))).await;
    assert_eq!(ada.next().await["client_id"], id(2));
    assert_eq!(bob.next().await["type"], "ack");
    server.stop().await;
}

#[tokio::test]
async fn w1_rooms_of_other_names_do_not_hear_each_other() {
    let server = server().await;
    let (mut ada, _) = Client::join(&server, "a", 1).await;
    let (mut bob, _) = Client::join(&server, "a/b", 2).await;
    ada.send(&seed(json!(["a"]))).await;
    bob.send(&seed(json!(["b"]))).await;
    let change = bob.next().await;
    assert_eq!(change["patch"][0]["value"], json!(["b"]));
    bob.send(&json!({"type": "ping", "version": 1})).await;
    assert_eq!(bob.next().await, json!({"type": "pong"}));
}

#[tokio::test]
async fn r13_who_comes_back_gets_what_was_missed() {
    let server = server().await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    let (bob, welcome) = Client::join(&server, "r", 2).await;
    bob.leave().await;
    for seq in 1..=3 {
        ada.send(&push(seq, seq, add("/-", json!(seq)))).await;
        assert_eq!(ada.next().await["type"], "ack");
    }

    let mut bob = Client::connect(&server, "r").await;
    let mut back = hello(2);
    back["epoch"] = welcome["epoch"].clone();
    back["version"] = json!(1);
    bob.send(&back).await;
    let welcome = bob.next().await;
    let versions: Vec<&Value> = welcome["changes"]
        .as_array()
        .expect("changes, not a snapshot")
        .iter()
        .map(|change| &change["version"])
        .collect();
    assert_eq!(versions, [2, 3, 4]);
}

#[tokio::test]
async fn r9_a_change_that_is_sent_again_is_taken_once() {
    let server = server().await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    let patch = add("/-", json!("once"));
    ada.send(&push(1, 1, patch.clone())).await;
    let first = ada.next().await;
    ada.leave().await;

    let (mut ada, welcome) = Client::join(&server, "r", 1).await;
    assert_eq!(welcome["last_seq"], 1);
    assert_eq!(welcome["results"], first["results"]);
    ada.send(&push(2, 1, patch)).await;
    assert_eq!(ada.next().await["results"], first["results"]);
    let (_bob, welcome) = Client::join(&server, "r", 2).await;
    assert_eq!(welcome["snapshot"], json!(["once"]));
}

#[tokio::test]
async fn r11_a_newer_session_of_a_client_closes_the_older() {
    let server = server().await;
    let (mut older, _) = Client::join(&server, "r", 1).await;
    let (mut newer, _) = Client::join(&server, "r", 1).await;
    let (_, code, reason) = older.closed().await;
    assert_eq!((code, reason.as_str()), (4409, "replaced"));
    newer.send(&json!({"type": "ping", "version": 0})).await;
    assert_eq!(newer.next().await["type"], "pong");
}

/// Many first visitors seed one room at once: one seed wins, and all hear of the same one.
#[tokio::test(flavor = "multi_thread")]
async fn r21_one_of_many_seeds_wins_everywhere() {
    const VISITORS: u32 = 16;
    let server = server().await;
    let mut visits = Vec::new();
    for number in 1..=VISITORS {
        let mut client = Client::connect(&server, "fresh").await;
        visits.push(tokio::spawn(async move {
            client.send(&hello(number)).await;
            client.send(&seed(json!({"by": number}))).await;
            // The welcome has the seed already, or else the change that it became follows.
            let welcome = client.next().await;
            match welcome.get("snapshot") {
                Some(snapshot) => snapshot.clone(),
                None => client.next().await["patch"][0]["value"].clone(),
            }
        }));
    }
    let mut seen = Vec::new();
    for visit in visits {
        seen.push(within(visit).await.unwrap());
    }
    assert!(seen.iter().all(|value| *value == seen[0]), "{seen:?}");
}

#[tokio::test]
async fn s13_a_room_lives_without_sessions_and_an_unwritten_one_is_dropped() {
    let server = server().await;
    let (mut ada, written) = Client::join(&server, "written", 1).await;
    ada.send(&seed(json!([1]))).await;
    ada.next().await;
    let (bob, unwritten) = Client::join(&server, "unwritten", 2).await;
    assert_eq!(server.rooms(), 2);
    ada.leave().await;
    bob.leave().await;
    until(|| server.rooms() == 1).await;

    let (_ada, again) = Client::join(&server, "written", 1).await;
    assert_eq!(again["snapshot"], json!([1]));
    assert_eq!(again["epoch"], written["epoch"]);
    let (_bob, again) = Client::join(&server, "unwritten", 2).await;
    assert_ne!(again["epoch"], unwritten["epoch"]);
}

/// An idle room gives its memory back and is the same room when somebody comes again.
#[tokio::test]
async fn s13_an_idle_room_is_closed_and_opened_as_it_was() {
    let server = server_with_limits(Limits {
        room_idle: Duration::ZERO,
        ..Limits::default()
    })
    .await;
    let (mut ada, first) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    for seq in 1..=5 {
        ada.send(&push(seq, seq, add("/-", json!(seq)))).await;
        assert_eq!(ada.next().await["type"], "ack");
        ada.leave().await;
        until(|| server.rooms() == 0).await;
        let (again, welcome) = Client::join(&server, "r", 1).await;
        assert_eq!(welcome["epoch"], first["epoch"]);
        assert_eq!(welcome["last_seq"], seq);
        assert_eq!(welcome["snapshot"], json!((1..=seq).collect::<Vec<_>>()));
        ada = again;
    }
}

/// The same, with many clients that come and go at once: no change is lost, none is taken twice.
#[tokio::test(flavor = "multi_thread")]
async fn r1_no_change_is_lost_between_two_lives_of_a_room() {
    const CLIENTS: u32 = 8;
    const CHANGES: u64 = 20;
    let limits = Limits {
        room_idle: Duration::ZERO,
        ..Limits::default()
    };
    let server = Arc::new(server_with_limits(limits).await);
    let (mut first, _) = Client::join(&server, "r", 0).await;
    first.send(&seed(json!([]))).await;
    first.next().await;
    first.leave().await;
    let mut visits = Vec::new();
    for number in 1..=CLIENTS {
        let server = Arc::clone(&server);
        visits.push(tokio::spawn(async move {
            for seq in 1..=CHANGES {
                let (mut client, welcome) = Client::join(&server, "r", number).await;
                assert_eq!(welcome["last_seq"], seq - 1);
                let base = welcome["version"].as_u64().unwrap();
                let item = json!([number, seq]);
                client.send(&push(base, seq, add("/-", item))).await;
                while client.next().await["type"] != "ack" {}
                client.leave().await;
            }
        }));
    }
    for visit in visits {
        within(visit).await.unwrap();
    }
    let (_last, welcome) = Client::join(&server, "r", 0).await;
    let mut items: Vec<_> = welcome["snapshot"].as_array().unwrap().clone();
    items.sort_by_key(ToString::to_string);
    let all = (1..=CLIENTS).flat_map(|number| (1..=CHANGES).map(move |seq| json!([number, seq])));
    let mut expected: Vec<_> = all.collect();
    expected.sort_by_key(ToString::to_string);
    assert_eq!(items, expected);
}

/// Sockets come and go while the room that nobody wrote to is dropped again and again.
#[tokio::test(flavor = "multi_thread")]
async fn r1_no_socket_is_lost_between_two_lives_of_a_room() {
    let server = Arc::new(server().await);
    let mut visits = Vec::new();
    for number in 1..=8 {
        let server = Arc::clone(&server);
        visits.push(tokio::spawn(async move {
            for _ in 0..25 {
                let (client, _) = Client::join(&server, "brief", number).await;
                client.leave().await;
            }
        }));
    }
    for visit in visits {
        within(visit).await.unwrap();
    }
    until(|| server.rooms() == 0 && server.connections() == 0).await;
}
