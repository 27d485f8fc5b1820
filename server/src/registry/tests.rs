//! The lives of a room, with the runtime's clock stopped: R23, S13 and the limits of S15.

use super::*;
use crate::engine::{Answer, EngineError, Memory, Snapshot};
use crate::limits::MAILBOX_MAX;
use crate::mail::Undecided;
use crate::outgoing::{Item, Queue, queue};
use draftsync::protocol::{ToRoom, Version};
use draftsync::room::{Append, Speaker, Stored};
use draftsync::tree::Tree;
use std::time::Duration;
use tokio::time::Instant;

/// The memory engine, and how often it was asked for a room.
#[derive(Debug, Default)]
struct Counted {
    memory: Memory,
    loads: AtomicUsize,
    snapshots: AtomicUsize,
}

impl Engine for Counted {
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        self.memory.load(room)
    }

    fn append(&self, room: &str, epoch: Epoch, append: Append<Tree>) -> Answer<()> {
        self.memory.append(room, epoch, append)
    }

    fn snapshot(&self, room: &str, epoch: Epoch, snapshot: Snapshot) -> Answer<()> {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
        self.memory.snapshot(room, epoch, snapshot)
    }
}

impl Counted {
    fn loads(&self) -> usize {
        self.loads.load(Ordering::Relaxed)
    }
}

fn registry(engine: &Arc<Counted>, limits: Limits) -> Arc<Registry> {
    Arc::new(Registry::new(
        Arc::<Counted>::clone(engine),
        limits,
        Arc::default(),
    ))
}

/// A session without a socket.
struct Visitor {
    session: SessionId,
    entered: Entered,
    queue: Queue,
}

impl Visitor {
    async fn enter(registry: &Arc<Registry>, room: &str) -> Result<Self, OpenError> {
        let session = registry.session();
        let (outgoing, queue) = queue(&registry.limits);
        let entered = registry.enter(room, session, &outgoing).await?;
        Ok(Self {
            session,
            entered,
            queue,
        })
    }

    fn mail(&self, text: &str) -> Mail {
        let permit = || {
            let permits = Arc::new(Semaphore::new(1));
            permits.try_acquire_owned().expect("a fresh one")
        };
        let message = draftsync::frame::read::<ToRoom<Tree>>(text).expect("a message");
        Mail::Message {
            session: self.session,
            speaker: Speaker::ANYBODY,
            message,
            undecided: Undecided {
                pushed: None,
                _own: permit(),
                _all: permit(),
            },
        }
    }

    async fn says(&self, text: &str) {
        let mail = self.mail(text);
        self.entered.mailbox.send(mail).await.expect("it is open");
    }

    async fn hears(&mut self) -> String {
        match self.queue.next().await {
            Some(Item::Frame { text, .. }) => text.to_string(),
            other => panic!("{other:?} is no frame"),
        }
    }

    /// Seeds the room with a text.
    async fn seeds(&mut self, text: &str) {
        self.says(&format!(r#"{{"type":"seed","value":["{text}"]}}"#))
            .await;
        self.hears().await;
    }

    /// Says hello, and gives the welcome.
    async fn greets(&mut self, client_id: u32) -> String {
        let id = format!("{client_id:032x}");
        let hello = r#"{"type":"hello","protocol":1,"presence":true,"client_id":""#;
        self.says(&format!(r#"{hello}{id}"}}"#)).await;
        self.hears().await
    }

    async fn leaves(self) {
        let gone = Mail::Closed(self.session);
        self.entered.mailbox.send(gone).await.expect("it is open");
    }
}

/// Opens a room with a text in it, and leaves it.
async fn visit(registry: &Arc<Registry>, name: &str, text: &str) {
    let mut visitor = Visitor::enter(registry, name).await.expect("a place");
    if visitor.greets(1).await.contains(r#""version":0,"#) {
        visitor.seeds(text).await;
    }
    visitor.leaves().await;
    // The room hears that its last session has left, and waits.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// When the room with this name is off the list.
async fn off_the_list(registry: &Registry, name: &str) -> Instant {
    let listed = registry
        .lock()
        .open
        .get(name)
        .map(|open| open.listed.clone());
    if let Some(mut listed) = listed {
        let _gone = listed.changed().await;
    }
    Instant::now()
}

#[tokio::test(start_paused = true)]
async fn s13_a_room_closes_when_nobody_was_there_for_a_while() {
    let engine = Arc::<Counted>::default();
    let registry = registry(&engine, Limits::default());
    let idle = Limits::default().room_idle;
    let mut ada = Visitor::enter(&registry, "r").await.expect("a place");
    let first = ada.greets(1).await;
    ada.seeds("").await;
    // A day with one silent session is no time at all.
    tokio::time::advance(Duration::from_secs(86_400)).await;
    assert_eq!(registry.len(), 1);
    let left = Instant::now();
    ada.leaves().await;
    // Somebody who looks in begins the time again.
    tokio::time::advance(idle / 2).await;
    let bob = Visitor::enter(&registry, "r").await.expect("a place");
    bob.leaves().await;
    let closed = off_the_list(&registry, "r").await;
    assert_eq!(closed - left, idle + idle / 2);
    assert_eq!((registry.len(), engine.loads()), (0, 1));
    assert_eq!(engine.snapshots.load(Ordering::Relaxed), 1);

    let mut again = Visitor::enter(&registry, "r").await.expect("a place");
    let welcome = again.greets(1).await;
    let epoch = |text: &str| {
        text.split("\"epoch\":")
            .nth(1)
            .map(|rest| rest[..34].to_owned())
    };
    assert_eq!(epoch(&welcome), epoch(&first));
    assert!(welcome.contains(r#""version":1,"#), "{welcome}");
    assert_eq!(engine.loads(), 2);
}

/// Every open makes a new generation, and none is open beside another.
#[tokio::test(start_paused = true)]
async fn r23_a_room_has_one_life_at_a_time() {
    let engine = Arc::<Counted>::default();
    let registry = registry(&engine, Limits::default());
    for life in 1..=5 {
        visit(&registry, "r", "").await;
        let generation = registry.lock().open.get("r").map(|open| open.generation);
        assert_eq!(generation, Some(life));
        off_the_list(&registry, "r").await;
        assert_eq!(registry.len(), 0);
    }
    assert_eq!(engine.loads(), 5);
}

/// The door of a room is closed while it stores its document; who comes then waits and is in the
/// next life.
#[tokio::test(start_paused = true)]
async fn r23_who_comes_while_a_room_closes_waits_for_the_next_life() {
    let engine = Arc::<Counted>::default();
    let registry = registry(&engine, Limits::default());
    visit(&registry, "r", "").await;
    let (sender, listed) = watch::channel(());
    let (mailbox, closed) = mpsc::channel(1);
    drop(closed);
    let real = registry.lock().open.get("r").cloned().expect("it is open");
    let closing = Open {
        mailbox,
        listed,
        ..real.clone()
    };
    registry.lock().open.insert("r".to_owned(), closing);
    let waits = Visitor::enter(&registry, "r");
    tokio::pin!(waits);
    tokio::select! {
        biased;
        _ = &mut waits => panic!("let in through a closed door"),
        () = tokio::task::yield_now() => {}
    }
    registry.lock().open.insert("r".to_owned(), real);
    drop(sender);
    let mut visitor = waits.await.expect("a place");
    assert!(visitor.greets(1).await.contains(r#""version":1,"#));
}

/// A server that comes back has ten thousand rooms and reads none before somebody asks for it.
#[tokio::test(start_paused = true)]
async fn s13_rooms_are_loaded_when_somebody_comes() {
    const ROOMS: u64 = 10_000;
    let engine = Arc::<Counted>::default();
    for number in 0..ROOMS {
        let change = r#"{"version":1,"client_id":"00000000000000000000000000000001","seq":0,
                         "tag":null,"patch":[{"op":"replace","path":"","value":[]}]}"#;
        let append = Append {
            head: Version(0),
            changes: vec![serde_json::from_str(change).expect("a change")],
            client_id: draftsync::protocol::ClientId(1),
            dedupe: draftsync::room::Dedupe::default(),
        };
        let name = format!("r{number}");
        let stored = engine.append(&name, Epoch(1), append).await;
        assert_eq!(stored, Ok(()));
    }
    let registry = registry(&engine, Limits::default());
    assert_eq!((registry.len(), engine.loads()), (0, 0));
    let mut visitor = Visitor::enter(&registry, "r77").await.expect("a place");
    assert!(visitor.greets(1).await.contains(r#""snapshot":[]"#));
    assert_eq!((registry.len(), engine.loads()), (1, 1));
}

/// What nobody needs makes place: the one that comes is told to come again, and then is let in.
#[tokio::test(start_paused = true)]
async fn s15_idle_rooms_make_place_for_others() {
    let full = Limits {
        rooms_max: 2,
        ..Limits::default()
    };
    // The document and its log, twice five thousand bytes, of two rooms.
    let heavy = Limits {
        rooms_bytes_max: 15_000,
        ..Limits::default()
    };
    for limits in [full, heavy] {
        let engine = Arc::<Counted>::default();
        let registry = registry(&engine, limits);
        let text = "x".repeat(5_000);
        let mut ada = Visitor::enter(&registry, "busy").await.expect("a place");
        ada.greets(1).await;
        ada.seeds(&text).await;
        visit(&registry, "idle", &text).await;
        let before = Instant::now();
        let refused = Visitor::enter(&registry, "next").await.map(drop);
        assert!(matches!(refused, Err(OpenError::Full)), "{refused:?}");
        let closed = off_the_list(&registry, "idle").await;
        assert_eq!(closed, before, "it did not wait until its time was over");
        let next = Visitor::enter(&registry, "next").await.expect("a place");
        next.leaves().await;
        ada.leaves().await;
        off_the_list(&registry, "busy").await;
        off_the_list(&registry, "next").await;
        assert_eq!(registry.bytes.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn r27_a_room_tells_by_itself_who_has_become_silent() {
    let engine = Arc::<Counted>::default();
    let registry = registry(&engine, Limits::default());
    let mut ada = Visitor::enter(&registry, "r").await.expect("a place");
    ada.greets(1).await;
    ada.seeds("").await;
    let mut bob = Visitor::enter(&registry, "r").await.expect("a place");
    bob.greets(2).await;
    ada.says(r#"{"type":"presence","version":1,"value":"ada"}"#)
        .await;
    assert!(bob.hears().await.contains(r#""value":"ada""#));
    let shown = Instant::now();
    let gone = bob.hears().await;
    assert!(gone.starts_with(r#"{"type":"gone","#), "{gone}");
    assert!(shown.elapsed() >= Duration::from_secs(30));
    assert!(shown.elapsed() < Duration::from_secs(31));
    ada.says(r#"{"type":"ping","version":1}"#).await;
    assert!(bob.hears().await.contains(r#""value":"ada""#));
    // The latest of a burst comes when its time has come, without another word.
    for value in 0..5 {
        let value = format!(r#"{{"type":"presence","version":1,"value":{value}}}"#);
        ada.says(&value).await;
    }
    assert!(bob.hears().await.contains(r#""value":4"#));
}

#[tokio::test(start_paused = true)]
async fn s15_a_mailbox_holds_so_many_messages_and_so_many_bytes() {
    let engine = Arc::<Counted>::default();
    let registry = registry(&engine, Limits::default());
    let mut ada = Visitor::enter(&registry, "r").await.expect("a place");
    ada.greets(1).await;
    // Nothing waits here, so the room does not get to reading.
    let ping = r#"{"type":"ping","version":0}"#;
    for _ in 0..MAILBOX_MAX {
        let put = ada.entered.mailbox.try_send(ada.mail(ping));
        assert!(put.is_ok(), "a place for each of {MAILBOX_MAX}");
    }
    let full = ada.entered.mailbox.try_send(ada.mail(ping));
    assert!(matches!(full, Err(mpsc::error::TrySendError::Full(_))));
    for _ in 0..MAILBOX_MAX {
        ada.hears().await;
    }
    let bytes = ada.entered.undecided.available_permits();
    assert_eq!(bytes, Limits::default().mailbox_bytes_max);
    assert_eq!(engine.memory.load("r").await, Ok::<_, EngineError>(None));
}
