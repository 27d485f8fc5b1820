//! How a server is stopped without its clients noticing more than they must: S20.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync_server::engine::{Engine, Memory};
use draftsync_server::limits::Limits;
use draftsync_server::{Config, Server};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use support::program::Program;
use support::{Client, add, config, get, http, push, seed, status, until, within};

/// Longer than any test takes.
const NEVER: Duration = Duration::from_secs(3_600);

async fn server(limits: Limits, engine: &Arc<Memory>) -> Arc<Server> {
    let engine = Arc::<Memory>::clone(engine);
    let config = Config {
        limits,
        engine,
        ..config()
    };
    Arc::new(Server::start(config).await.unwrap())
}

/// Stops a server that is drained, as the program does at a second signal.
async fn stop(server: Arc<Server>, draining: tokio::task::JoinHandle<()>) {
    draining.abort();
    let _aborted = draining.await;
    within(Arc::into_inner(server).unwrap().stop()).await;
}

#[tokio::test]
async fn s20_a_server_that_will_stop_says_so_and_goes_on() {
    let limits = Limits {
        drain_delay: NEVER,
        ..Limits::default()
    };
    let engine = Arc::default();
    let server = server(limits, &engine).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    assert_eq!(status(&get(&server, "/readyz", &[]).await), 200);
    let same = Arc::clone(&server);
    let draining = tokio::spawn(async move { same.drain().await });
    within(async { while status(&get(&server, "/readyz", &[]).await) != 503 {} }).await;
    assert_eq!(status(&get(&server, "/healthz", &[]).await), 200);
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    let (_bob, _) = Client::join(&server, "r", 2).await;
    ada.send(&push(1, 1, add("/-", json!(1)))).await;
    assert_eq!(ada.next().await["type"], "ack");
    stop(server, draining).await;
    assert_eq!(ada.closed().await.1, 1012);
    // The next server need not fold the log.
    let stored = engine.load("r").await.unwrap().unwrap();
    let (version, document) = stored.snapshot.unwrap();
    assert_eq!(version.0, 2);
    assert_eq!(document, serde_json::from_str("[1]").unwrap());
}

#[tokio::test]
async fn s20_a_tenth_of_many_sockets_closes_at_a_time() {
    const SOCKETS: usize = 120;
    let limits = Limits {
        drain_delay: Duration::ZERO,
        drain_pause: NEVER,
        ..Limits::default()
    };
    let server = server(limits, &Arc::default()).await;
    let mut clients = Vec::new();
    for number in 0..SOCKETS {
        let room = format!("r{}", number % 7);
        clients.push(Client::join(&server, &room, number as u32 + 1).await.0);
    }
    let same = Arc::clone(&server);
    let draining = tokio::spawn(async move { same.drain().await });
    let rest = SOCKETS - SOCKETS / 10;
    until(|| server.connections() == rest).await;
    // The others are served.
    let mut served = 0;
    for client in &mut clients {
        let ping = json!({"type": "ping", "version": 0}).to_string();
        let sent = client.try_send_text(ping).await;
        match client.next_or_close().await {
            Ok(pong) if sent => {
                assert_eq!(pong["type"], "pong");
                served += 1;
            }
            Ok(other) => panic!("{other}"),
            Err((code, _)) => assert_eq!(code, 1012),
        }
    }
    assert_eq!((served, server.connections()), (rest, rest));
    stop(server, draining).await;
}

#[tokio::test]
async fn s20_few_sockets_close_together() {
    let limits = Limits {
        drain_delay: Duration::ZERO,
        drain_pause: NEVER,
        ..Limits::default()
    };
    let server = server(limits, &Arc::default()).await;
    let mut clients = Vec::new();
    for number in 1..=20 {
        clients.push(Client::join(&server, "r", number).await.0);
    }
    within(server.drain()).await;
    for client in &mut clients {
        assert_eq!(client.closed().await.1, 1012);
    }
}

#[tokio::test]
async fn s20_the_program_drains_when_terminated_and_stops_when_told_again() {
    let program = Path::new(env!("CARGO_BIN_EXE_draftsync-server"));
    let memory = ["--listen", "127.0.0.1:0", "--engine", "memory"];
    let flags = [&memory[..], &["--drain-delay", "3600"]].concat();
    for again in ["-TERM", "-INT"] {
        let mut program = Program::start(program, &flags, Stdio::piped()).unwrap();
        let address = program.address().unwrap();
        let id = program.child.id().to_string();
        let signal = |name: &str| Command::new("kill").args([name, &id]).status().unwrap();
        assert!(signal("-TERM").success());
        let ask = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        within(async { while status(&http(address, &ask, false).await) != 503 {} }).await;
        assert!(signal(again).success());
        assert!(program.child.wait().unwrap().success(), "{again}");
    }
}
