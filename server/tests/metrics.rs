//! What an operator watches (S27).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync_server::{Config, Server};
use serde_json::json;
use std::net::SocketAddr;
use support::token::{auth, claims, hello_with, sign};
use support::{Client, add, config, hello, http, push, refusal, seed, status, upgrade};

async fn scrape(server: &Server, host: &str) -> String {
    let address = server.metrics_address().unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    http(address, &request, false).await
}

/// The number of a line.
fn figure(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let number = line.unwrap_or_else(|| panic!("{name} is missing in\n{text}"));
    number.parse().unwrap()
}

#[tokio::test]
async fn s27_the_figures_are_told_on_a_listener_of_their_own() {
    let server = Server::start(Config {
        metrics: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        auth: Some(auth()),
        ..config()
    })
    .await
    .unwrap();
    let elsewhere = support::get(&server, "/metrics", &[]).await;
    assert_eq!(status(&elsewhere), 404, "{elsewhere}");
    let can = ["read", "write"];
    let mut ada = Client::connect(&server, "team-7/a-room-of-its-own").await;
    let token = sign(&claims("ada-who-is-nobodys-label", "team-7/*", &can));
    ada.send(&hello_with(1, &token)).await;
    assert_eq!(ada.next().await["type"], "welcome");
    ada.send(&seed(json!({}))).await;
    assert_eq!(ada.next().await["version"], 1);
    for (seq, path) in [(1, "/n"), (2, "/no/such/place"), (3, "/m")] {
        ada.send(&push(seq.min(2), seq, add(path, json!(1)))).await;
        assert_eq!(ada.next().await["type"], "ack");
    }
    let mut nobody = Client::connect(&server, "team-7/a-room-of-its-own").await;
    nobody.send(&hello(2)).await;
    assert_eq!(nobody.closed().await, refusal("unauthorized", 4401));
    nobody.leave().await;
    let page = upgrade(&server, "/rooms/a", &["Origin: https://evil.example"]).await;
    assert_eq!(status(&page), 403);

    let host = server.metrics_address().unwrap().to_string();
    let text = scrape(&server, &host).await;
    assert_eq!(status(&text), 200);
    assert!(
        text.contains("content-type: application/openmetrics-text"),
        "{text}"
    );
    let expected = [
        ("draftsync_rooms", 1.0),
        ("draftsync_takes_writes", 1.0),
        ("draftsync_messages_total", 5.0),
        (r#"draftsync_changes_total{outcome="taken"}"#, 2.0),
        (r#"draftsync_changes_total{outcome="invalid-patch"}"#, 1.0),
        ("draftsync_ack_seconds_count", 3.0),
        (r#"draftsync_closes_total{reason="unauthorized"}"#, 1.0),
        (r#"draftsync_refusals_total{why="origin"}"#, 1.0),
        (r#"draftsync_refused_tokens_total{why="none"}"#, 1.0),
    ];
    for (name, number) in expected {
        assert_eq!(figure(&text, name), number, "{name} in\n{text}");
    }
    assert!(figure(&text, "draftsync_sockets") >= 1.0);
    for name in ["team-7", "a-room-of-its-own", "ada-who"] {
        assert!(!text.contains(name), "{name} in\n{text}");
    }
    // A page whose own name resolves to this machine reads nothing.
    assert_eq!(status(&scrape(&server, "evil.example").await), 403);
}
