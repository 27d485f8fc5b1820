//! How a room and a server end: storage that fails (part R), and being told to stop (S12).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync::protocol::{Epoch, Version};
use draftsync::room::{Append, Stored};
use draftsync::tree::Tree;
use draftsync_server::engine::{Answer, Engine, EngineError, Memory, Snapshot};
use draftsync_server::limits::{APPENDS_MAX, Limits};
use draftsync_server::{Config, Server};
use serde_json::json;
use std::future::ready;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use support::program::Program;
use support::{
    Client, Folder, add, config, hello, id, push, refusal, seed, server, server_with_engine, until,
    within,
};
use tokio::sync::Semaphore;

/// Answers appends as long as there are permits, and then waits for more.
#[derive(Debug)]
struct Gate {
    permits: Arc<Semaphore>,
    /// How many appends have been asked for.
    asked: AtomicUsize,
    /// How many of them wait, and how many waited at most.
    waiting: Arc<AtomicUsize>,
    most_waiting: AtomicUsize,
    broken: AtomicBool,
    snapshots: AtomicUsize,
    memory: Memory,
}

impl Gate {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(permits)),
            asked: AtomicUsize::new(0),
            waiting: Arc::default(),
            most_waiting: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            snapshots: AtomicUsize::new(0),
            memory: Memory::default(),
        })
    }

    async fn until_asked(&self, times: usize) {
        until(|| self.asked.load(Ordering::Relaxed) == times).await;
    }

    fn failure() -> EngineError {
        EngineError::Failed("the disk is gone".to_owned())
    }
}

impl Engine for Gate {
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>> {
        if self.broken.load(Ordering::Relaxed) {
            return Box::pin(ready(Err(Self::failure())));
        }
        self.memory.load(room)
    }

    fn append(&self, room: &str, epoch: Epoch, append: Append<Tree>) -> Answer<()> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_waiting.fetch_max(waiting, Ordering::Relaxed);
        // In the order of the calls, however the waiting ends.
        let stored = match self.broken.load(Ordering::Relaxed) {
            true => Box::pin(ready(Err(Self::failure()))),
            false => self.memory.append(room, epoch, append),
        };
        let (permits, waiting) = (Arc::clone(&self.permits), Arc::clone(&self.waiting));
        Box::pin(async move {
            permits
                .acquire()
                .await
                .expect("it is never closed")
                .forget();
            waiting.fetch_sub(1, Ordering::Relaxed);
            stored.await
        })
    }

    fn snapshot(&self, room: &str, epoch: Epoch, snapshot: Snapshot) -> Answer<()> {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
        self.memory.snapshot(room, epoch, snapshot)
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
async fn r7_appends_do_not_wait_for_each_other_and_answers_keep_their_order() {
    let gate = Gate::new(1);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    for seq in 1..=5 {
        ada.send(&push(seq, seq, add("/-", json!(seq)))).await;
    }
    // All five are with the disk at once, so that one write can take them.
    gate.until_asked(6).await;
    assert_eq!(gate.waiting.load(Ordering::Relaxed), 5);
    gate.permits.add_permits(5);
    for seq in 1..=5 {
        let ack = ada.next().await;
        assert_eq!(ack["results"][0]["seq"], seq, "{ack}");
    }
}

#[tokio::test]
async fn r8_when_storing_fails_nothing_was_decided() {
    let gate = Gate::new(8);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, first) = Client::join(&server, "r", 1).await;
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    bob.next().await;
    gate.broken.store(true, Ordering::Relaxed);
    ada.send(&push(1, 1, add("/-", json!(1)))).await;
    assert_eq!(ada.closed().await, refusal("storage", 4503));
    assert_eq!(bob.closed().await, refusal("storage", 4503));
    // As long as the room cannot be read it is not opened, and not taken for an empty one.
    let mut early = Client::connect(&server, "r").await;
    early.send(&hello(1)).await;
    assert_eq!(early.closed().await, refusal("storage", 4503));

    gate.broken.store(false, Ordering::Relaxed);
    let (mut ada, again) = Client::join(&server, "r", 1).await;
    assert_eq!(again["epoch"], first["epoch"]);
    assert_eq!(again["last_seq"], 0);
    assert_eq!(again["snapshot"], json!([]));
    ada.send(&push(1, 1, add("/-", json!(1)))).await;
    assert_eq!(ada.next().await["results"][0]["version"], 2);
}

#[tokio::test]
async fn s13_the_engine_gets_the_document_now_and_then() {
    const CHANGES: u64 = 256;
    let gate = Gate::new(8);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    for first in (1..).step_by(CHANGES as usize).take(4) {
        let offer = |seq| json!({"seq": seq, "tag": id(0)[16..], "patch": add("/-", json!(seq))});
        let changes: Vec<_> = (first..first + CHANGES).map(offer).collect();
        ada.send(&json!({"type": "push", "base": first, "changes": changes}))
            .await;
        ada.next().await;
    }
    until(|| gate.snapshots.load(Ordering::Relaxed) == 1).await;
    let stored = gate.load("r").await.unwrap().unwrap();
    assert_eq!(stored.snapshot.unwrap().0, Version(1 + 4 * CHANGES));
}

/// Large changes are not kept until there are a thousand of them.
#[tokio::test]
async fn s13_large_changes_bring_a_snapshot_sooner() {
    let gate = Gate::new(20);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!({"text": ""}))).await;
    ada.next().await;
    let text = "x".repeat(300_000);
    for seq in 1..=4 {
        assert_eq!(gate.snapshots.load(Ordering::Relaxed), 0);
        let patch = json!([{"op": "replace", "path": "/text", "value": text}]);
        ada.send(&push(seq, seq, patch)).await;
        ada.next().await;
    }
    until(|| gate.snapshots.load(Ordering::Relaxed) == 1).await;
    let stored = gate.load("r").await.unwrap().unwrap();
    assert_eq!(stored.snapshot.unwrap().0, Version(5));
}

/// Breaks the task that asks, when it is told to.
#[derive(Debug, Default)]
struct Broken {
    loads: AtomicBool,
    appends: AtomicBool,
    memory: Memory,
}

impl Engine for Broken {
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>> {
        let breaks = self.loads.load(Ordering::Relaxed);
        assert!(!breaks, "this test breaks the room's task");
        self.memory.load(room)
    }

    fn append(&self, room: &str, epoch: Epoch, append: Append<Tree>) -> Answer<()> {
        let breaks = self.appends.load(Ordering::Relaxed);
        assert!(!breaks, "this test breaks the room's task");
        self.memory.append(room, epoch, append)
    }

    fn snapshot(&self, room: &str, epoch: Epoch, snapshot: Snapshot) -> Answer<()> {
        self.memory.snapshot(room, epoch, snapshot)
    }
}

#[tokio::test]
async fn r24_a_room_that_breaks_closes_its_sockets_and_is_opened_again() {
    let engine = Arc::<Broken>::default();
    let server = server_with_engine(Arc::<Broken>::clone(&engine)).await;
    let (mut ada, first) = Client::join(&server, "r", 1).await;
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    let (mut eve, _) = Client::join(&server, "other", 3).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    engine.appends.store(true, Ordering::Relaxed);
    ada.send(&push(1, 1, add("/-", json!(1)))).await;
    // Bob waits and says nothing.
    assert_eq!(ada.closed().await, refusal("unavailable", 4409));
    assert_eq!(bob.closed().await, refusal("unavailable", 4409));
    engine.appends.store(false, Ordering::Relaxed);
    until(|| server.rooms() == 1).await;
    let (mut ada, again) = Client::join(&server, "r", 1).await;
    assert_eq!(again["epoch"], first["epoch"]);
    assert_eq!(again["snapshot"], json!([]));
    assert_eq!(again["last_seq"], 0);
    ada.send(&push(1, 1, add("/-", json!(1)))).await;
    assert_eq!(ada.next().await["results"][0]["version"], 2);
    eve.send(&json!({"type": "ping", "version": 0})).await;
    assert_eq!(eve.next().await["type"], "pong");
}

#[tokio::test]
async fn r24_a_room_that_breaks_while_it_is_loaded_is_refused() {
    let engine = Arc::<Broken>::default();
    let server = server_with_engine(Arc::<Broken>::clone(&engine)).await;
    engine.loads.store(true, Ordering::Relaxed);
    let mut ada = Client::connect(&server, "r").await;
    ada.send(&hello(1)).await;
    assert_eq!(ada.closed().await, refusal("storage", 4503));
    engine.loads.store(false, Ordering::Relaxed);
    until(|| server.rooms() == 0).await;
    let (_ada, welcome) = Client::join(&server, "r", 1).await;
    assert_eq!(welcome["version"], 0);
}

#[tokio::test]
async fn s16_a_full_storage_refuses_who_writes_and_lets_the_others_read() {
    let engine = Arc::new(Memory::with_bytes_max(20_000_000));
    let server = server_with_engine(Arc::<Memory>::clone(&engine)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    ada.send(&seed(json!({"text": ""}))).await;
    ada.next().await;
    bob.next().await;
    let text = "x".repeat(400_000);
    let patch = json!([{"op": "replace", "path": "/text", "value": text}]);
    let mut seq = 0;
    let closed = loop {
        seq += 1;
        assert!(seq < 50, "twenty million bytes are full at some time");
        ada.send(&push(seq, seq, patch.clone())).await;
        match ada.next_or_close().await {
            Ok(message) if message["type"] == "ack" => {
                assert_eq!(bob.next().await["version"], seq + 1)
            }
            Ok(message) => break message["code"].clone(),
            Err(close) => panic!("closed with {close:?} before a word"),
        }
    };
    assert_eq!(closed, "storage-full");
    assert_eq!(ada.closed().await, (None, 4503, "storage-full".to_owned()));
    assert!(engine.bytes() < 20_000_000);
    // Bob reads on; Ada may come back, reads, and has her change still to say.
    bob.send(&json!({"type": "ping", "version": seq})).await;
    assert_eq!(bob.next().await["type"], "pong");
    let (mut ada, welcome) = Client::join(&server, "r", 1).await;
    assert_eq!(welcome["last_seq"], seq - 1);
    assert_eq!(welcome["snapshot"]["text"], text);
    ada.send(&push(seq, seq, patch)).await;
    assert_eq!(ada.closed().await, refusal("storage-full", 4503));
}

/// Two sockets together stay within what one room may have undecided; each has its own part too.
#[tokio::test]
async fn s15_what_is_not_durable_is_bounded_for_each_room() {
    let gate = Gate::new(1);
    let limits = Limits {
        mailbox_bytes_max: 500_000,
        ..Limits::default()
    };
    let config = Config {
        limits,
        engine: Arc::<Gate>::clone(&gate),
        ..config()
    };
    let server = Server::start(config).await.unwrap();
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    ada.send(&seed(json!({"text": ""}))).await;
    ada.next().await;
    bob.next().await;
    let text = "x".repeat(90_000);
    for seq in 1..=5 {
        for client in [&mut ada, &mut bob] {
            let patch = json!([{"op": "replace", "path": "/text", "value": text}]);
            client.send(&push(1, seq, patch)).await;
        }
    }
    gate.until_asked(6).await;
    let (mut eve, _) = Client::join(&server, "other", 3).await;
    for _ in 0..50 {
        eve.send(&json!({"type": "ping", "version": 0})).await;
        eve.next().await;
    }
    assert_eq!(
        gate.asked.load(Ordering::Relaxed),
        6,
        "the seed and five pushes"
    );
    gate.permits.add_permits(10);
    for client in [&mut ada, &mut bob] {
        let mut acks = 0;
        while acks < 5 {
            acks += usize::from(client.next().await["type"] == "ack");
        }
    }
}

/// A slow disk is given so many appends of one room and no more at once.
#[tokio::test]
async fn s15_the_appends_of_a_room_that_are_under_way_are_bounded() {
    let gate = Gate::new(1);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    ada.send(&seed(json!([]))).await;
    ada.next().await;
    bob.next().await;
    for seq in 1..=200 {
        for client in [&mut ada, &mut bob] {
            client.send(&push(1, seq, add("/-", json!(seq)))).await;
        }
    }
    gate.until_asked(1 + APPENDS_MAX).await;
    let (mut eve, _) = Client::join(&server, "other", 3).await;
    for _ in 0..50 {
        eve.send(&json!({"type": "ping", "version": 0})).await;
        eve.next().await;
    }
    assert_eq!(gate.asked.load(Ordering::Relaxed), 1 + APPENDS_MAX);
    gate.permits.add_permits(400);
    for client in [&mut ada, &mut bob] {
        let mut acks = 0;
        while acks < 200 {
            acks += usize::from(client.next().await["type"] == "ack");
        }
    }
    assert_eq!(gate.most_waiting.load(Ordering::Relaxed), APPENDS_MAX);
}

#[tokio::test]
async fn s8_what_is_not_durable_is_bounded_for_each_socket() {
    let gate = Gate::new(1);
    let server = server_with_engine(Arc::<Gate>::clone(&gate)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!({"text": ""}))).await;
    ada.next().await;
    // A mebibyte holds ten of these, and the system's buffers hold the others.
    let text = "x".repeat(100_000);
    for seq in 1..=15 {
        let patch = json!([{"op": "replace", "path": "/text", "value": text}]);
        ada.send(&push(1, seq, patch)).await;
    }
    gate.until_asked(11).await;
    // The others have come in long before so many round trips of somebody else, and wait.
    let (mut bob, _) = Client::join(&server, "other", 2).await;
    for _ in 0..50 {
        bob.send(&json!({"type": "ping", "version": 0})).await;
        bob.next().await;
    }
    assert_eq!(gate.asked.load(Ordering::Relaxed), 11);
    gate.permits.add_permits(15);
    for seq in 1..=15 {
        let ack = ada.next().await;
        assert_eq!(ack["results"][0]["seq"], seq, "{ack}");
    }
    assert_eq!(gate.most_waiting.load(Ordering::Relaxed), 10);
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
        let memory = ["--listen", "127.0.0.1:0", "--engine", "memory"];
        let mut program = start(&[&memory[..], &["--drain-delay", "0"]].concat());
        assert!(program.address().unwrap().port() > 0);
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
        program.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line and no more on stdout");
    }
}

/// Killed without a word right after an acknowledgement, the program has the change when it is
/// started again, and the client goes on where it was.
#[tokio::test]
async fn s17_what_a_killed_program_acknowledged_is_there_again() {
    let folder = Folder::new("rooms-of-a-killed-program");
    let data = folder.path.to_str().unwrap();
    let flags = ["--listen", "127.0.0.1:0", "--data", data];
    let mut epoch = None;
    for life in 1..=3 {
        let mut program = start(&flags);
        let mut client = Client::connect_to(program.address().unwrap(), "r").await;
        client.send(&hello(1)).await;
        let welcome = client.next().await;
        assert_eq!(welcome["last_seq"], life - 1);
        let first = epoch.get_or_insert_with(|| welcome["epoch"].clone());
        assert_eq!(welcome["epoch"], *first);
        if life == 1 {
            client.send(&seed(json!([]))).await;
            client.next().await;
        } else {
            let items: Vec<_> = (1..life).collect();
            assert_eq!(welcome["snapshot"], json!(items));
        }
        client.send(&push(life, life, add("/-", json!(life)))).await;
        assert_eq!(client.next().await["type"], "ack");
        program.child.kill().unwrap();
        program.child.wait().unwrap();
    }
}

#[test]
fn s1_the_program_refuses_an_open_address() {
    let mut program = start(&["--listen", "0.0.0.0:0", "--engine", "memory"]);
    assert!(!program.child.wait().unwrap().success());
    let mut message = String::new();
    let mut errors = program.child.stderr.take().unwrap();
    errors.read_to_string(&mut message).unwrap();
    assert!(message.contains("listen on 127.0.0.1"), "{message}");
}

fn start(flags: &[&str]) -> Program {
    let program = Path::new(env!("CARGO_BIN_EXE_draftsync-server"));
    Program::start(program, flags, Stdio::piped()).unwrap()
}
