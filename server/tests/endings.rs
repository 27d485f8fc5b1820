//! How a room and a server end: storage that fails (part R), and being told to stop (S12).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync::protocol::Epoch;
use draftsync::room::Append;
use draftsync::tree::Tree;
use draftsync_server::engine::{Answer, Engine, EngineError, Memory};
use serde_json::json;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{Client, add, push, refusal, seed, server, server_with_engine, until, within};
use tokio::sync::Semaphore;

/// Stores as long as there are permits, then waits for more; a closed one fails.
#[derive(Debug)]
struct Gate {
    permits: Semaphore,
    /// How many appends have been asked for.
    asked: AtomicUsize,
    memory: Memory,
}

impl Gate {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            permits: Semaphore::new(permits),
            asked: AtomicUsize::new(0),
            memory: Memory::default(),
        })
    }

    async fn until_asked(&self, times: usize) {
        until(|| self.asked.load(Ordering::Relaxed) == times).await;
    }
}

impl Engine for Gate {
    fn append<'a>(&'a self, room: &'a str, epoch: Epoch, append: &'a Append<Tree>) -> Answer<'a> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            match self.permits.acquire().await {
                Ok(permit) => permit.forget(),
                Err(_) => return Err(EngineError::Failed("the disk is gone".to_owned())),
            }
            self.memory.append(room, epoch, append).await
        })
    }
}

#[tokio::test]
async fn r7_nobody_hears_of_what_is_not_durable() {
    let gate = Gate::new(1);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    ada.send(&seed(json!([]))).await;
    assert_eq!(ada.next().await["version"], 1);
    assert_eq!(bob.next().await["version"], 1);

    ada.send(&push(1, 1, add("/-", json!(1)))).await;
    gate.until_asked(2).await;
    // The server reads on while the disk is slow: it is in another room that this is answered.
    let (mut eve, _) = Client::join(&server, "other", 3).await;
    eve.send(&json!({"type": "ping", "version": 0})).await;
    assert_eq!(eve.next().await["type"], "pong");
    tokio::select! {
        biased;
        message = ada.next() => panic!("acknowledged before it was durable: {message}"),
        message = bob.next() => panic!("relayed before it was durable: {message}"),
        () = tokio::task::yield_now() => {}
    }
    gate.permits.add_permits(1);
    assert_eq!(bob.next().await["version"], 2);
    assert_eq!(ada.next().await["type"], "ack");
}

#[tokio::test]
async fn r8_when_storing_fails_nothing_was_decided() {
    let gate = Gate::new(1);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, first) = Client::join(&server, "r", 1).await;
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    bob.next().await;
    gate.permits.close();
    ada.send(&push(1, 1, add("/-", json!(1)))).await;
    assert_eq!(ada.closed().await, refusal("storage", 4503));
    assert_eq!(bob.closed().await, refusal("storage", 4503));
    // R14: what the memory lost comes back under another epoch, so nobody mixes the two.
    let (_ada, again) = Client::join(&server, "r", 1).await;
    assert_ne!(again["epoch"], first["epoch"]);
    assert_eq!(again["last_seq"], 0);
}

#[tokio::test]
async fn s12_a_stopping_server_answers_what_it_took_and_closes_with_1012() {
    let gate = Gate::new(1);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    let mut silent = Client::connect(&server, "r").await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    ada.send(&push(1, 1, add("/-", json!(1)))).await;
    // Its push is with the disk when the server is told to stop.
    gate.until_asked(2).await;
    let stopping = tokio::spawn(server.stop());
    let (_, code, _) = silent.closed().await;
    assert_eq!(code, 1012);
    gate.permits.add_permits(1);
    assert_eq!(ada.next().await["type"], "ack");
    let (_, code, reason) = ada.closed().await;
    assert_eq!((code, reason.as_str()), (1012, "unavailable"));
    within(stopping).await.unwrap();
}

#[tokio::test]
async fn s12_a_stopped_server_lets_nobody_in() {
    let server = server().await;
    let address = server.address();
    let (mut client, _) = Client::join(&server, "r", 1).await;
    let stopping = tokio::spawn(server.stop());
    assert_eq!(client.closed().await.1, 1012);
    within(stopping).await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[test]
fn s12_the_program_prints_its_url_and_stops_when_told() {
    for signal in ["-TERM", "-INT"] {
        let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
        let mut output = BufReader::new(program.child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let port = line.trim_end().strip_prefix("http://127.0.0.1:");
        let port = port.and_then(|port| port.parse::<u16>().ok());
        assert!(port.is_some_and(|port| port > 0), "{line:?}");
        let id = program.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(program.child.wait().unwrap().success(), "{signal}");
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line and no more on stdout");
    }
}

#[test]
fn s1_the_program_refuses_an_open_address() {
    let mut program = Program::start(&["--listen", "0.0.0.0:0"]);
    assert!(!program.child.wait().unwrap().success());
    let mut message = String::new();
    let mut errors = program.child.stderr.take().unwrap();
    errors.read_to_string(&mut message).unwrap();
    assert!(message.contains("listen on 127.0.0.1"), "{message}");
}

struct Program {
    child: Child,
}

impl Program {
    fn start(flags: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_draftsync-server"))
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended needs no killing.
        let _ended = self.child.kill();
    }
}
