//! Rooms that close whenever nobody is there, and clients that come and go in all ways at that very
//! moment: one life at a time, and every change once: R1, R9, R11, R12, R23.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync::protocol::Epoch;
use draftsync::room::{Append, Stored};
use draftsync::tree::Tree;
use draftsync_server::engine::{Answer, Engine, EngineError, Memory, Snapshot};
use draftsync_server::limits::Limits;
use draftsync_server::{Config, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::client::End;
use support::{Client, add, config, hello, push, seed, until, within};
use tokio::task::yield_now;

const ROOMS: u32 = 4;
const CLIENTS: u32 = 8;
const CHANGES: u64 = 100;

/// A small stream of chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// The memory engine, as slow as a disk in how it takes turns with the rest, and what of a room
/// must never happen at the same time.
#[derive(Debug, Default)]
struct Watched {
    memory: Memory,
    turn: AtomicU64,
    /// The rooms whose last document is on its way.
    storing: Arc<Mutex<BTreeMap<String, usize>>>,
    lives: AtomicUsize,
    stored: Arc<AtomicUsize>,
    /// What went wrong.
    faults: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    /// Lets others go first, now and then more often.
    fn wait(&self) -> impl Future<Output = ()> + use<> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        async move {
            for _ in 0..turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58 {
                yield_now().await;
            }
        }
    }
}

impl Engine for Watched {
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>> {
        self.lives.fetch_add(1, Ordering::Relaxed);
        let before = self.storing.lock().unwrap().get(room).copied();
        if before.unwrap_or(0) > 0 {
            let fault = format!("{room} was opened while it was stored");
            self.faults.lock().unwrap().push(fault);
        }
        let (wait, loaded) = (self.wait(), self.memory.load(room));
        Box::pin(async move {
            wait.await;
            loaded.await
        })
    }

    fn append(&self, room: &str, epoch: Epoch, append: Append<Tree>) -> Answer<()> {
        let (wait, appended) = (self.wait(), self.memory.append(room, epoch, append));
        let (faults, room) = (Arc::clone(&self.faults), room.to_owned());
        Box::pin(async move {
            wait.await;
            let appended = appended.await;
            if let Err(error) = &appended {
                let fault = format!("two write to {room}: {error}");
                faults.lock().unwrap().push(fault);
            }
            appended
        })
    }

    fn snapshot(&self, room: &str, epoch: Epoch, snapshot: Snapshot) -> Answer<()> {
        let (wait, answer) = (self.wait(), self.memory.snapshot(room, epoch, snapshot));
        let (storing, stored) = (Arc::clone(&self.storing), Arc::clone(&self.stored));
        let room = room.to_owned();
        *storing.lock().unwrap().entry(room.clone()).or_default() += 1;
        Box::pin(async move {
            wait.await;
            let answer: Result<(), EngineError> = answer.await;
            *storing.lock().unwrap().entry(room).or_default() -= 1;
            stored.fetch_add(1, Ordering::Relaxed);
            answer
        })
    }
}

/// Offers its changes one after the other, each until the room says that it was decided.
struct Writer {
    number: u32,
    room: String,
    /// The change that is open, and those before it are decided.
    seq: u64,
    dice: Dice,
    /// How often a change was offered that was decided already.
    again: u64,
}

impl Writer {
    async fn writes(mut self, address: SocketAddr) -> Self {
        while self.seq <= CHANGES {
            // A session that another of the same name has closed is as good as any other end.
            let _ended = self.visits(address).await;
            // Comes back before the room has closed, while it closes, or afterwards.
            for _ in 0..1 << self.dice.below(13) {
                yield_now().await;
            }
        }
        self
    }

    fn push(&self, base: u64) -> String {
        push(base, self.seq, add("/-", json!([self.number, self.seq]))).to_string()
    }

    async fn greets(&self, address: SocketAddr) -> Result<(Client, Value), End> {
        let mut client = Client::try_connect(address, &self.room).await?;
        client.try_send_text(hello(self.number).to_string()).await;
        let welcome = client.try_next().await?;
        Ok((client, welcome))
    }

    async fn visits(&mut self, address: SocketAddr) -> Result<(), End> {
        let (mut client, welcome) = self.greets(address).await?;
        let last = welcome["last_seq"].as_u64().unwrap();
        assert!(last + 1 == self.seq || last == self.seq, "{welcome}");
        if last == self.seq && self.dice.below(2) == 0 {
            // Decided, and the answer was not heard. It is offered once more or not.
            self.seq += 1;
        } else if last == self.seq {
            self.again += 1;
        }
        if self.seq > CHANGES {
            return Ok(());
        }
        let base = welcome["version"].as_u64().unwrap();
        client.try_send_text(self.push(base)).await;
        match self.dice.below(4) {
            // Gone before the answer, without a word.
            0 => return Ok(()),
            // The same change on another socket too, and then on none.
            1 => {
                let (mut other, welcome) = self.greets(address).await?;
                let base = welcome["version"].as_u64().unwrap();
                other.try_send_text(self.push(base)).await;
                return self.hears(other).await;
            }
            _ => {}
        }
        self.hears(client).await
    }

    async fn hears(&mut self, mut client: Client) -> Result<(), End> {
        loop {
            let message = client.try_next().await?;
            if message["type"] != "ack" {
                continue;
            }
            let result = &message["results"][0];
            assert_eq!(result["seq"], self.seq, "{message}");
            assert!(result.get("rejected").is_none(), "{message}");
            self.seq += 1;
            if self.dice.below(2) == 0 {
                client.leave().await;
            }
            return Ok(());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r23_r1_r9_r11_r12_a_room_has_one_life_at_a_time_whoever_comes_and_goes() {
    let engine = Arc::new(Watched::default());
    let limits = Limits {
        room_idle: Duration::ZERO,
        new_connections_per_second: 100_000,
        new_connections_burst: 100_000,
        ..Limits::default()
    };
    let engine_of_server = Arc::<Watched>::clone(&engine);
    let config = Config {
        limits,
        engine: engine_of_server,
        ..config()
    };
    let server = Server::start(config).await.unwrap();
    let address = server.address();
    for room in 0..ROOMS {
        let (mut first, _) = Client::join(&server, &format!("r{room}"), 0).await;
        first.send(&seed(json!([]))).await;
        first.next().await;
    }
    let writers = (1..=CLIENTS).map(|number| Writer {
        number,
        room: format!("r{}", number % ROOMS),
        seq: 1,
        dice: Dice(u64::from(number) * 0x9e37_79b9),
        again: 0,
    });
    let writers: Vec<_> = writers
        .map(|writer| tokio::spawn(writer.writes(address)))
        .collect();
    let mut again = 0;
    for writer in writers {
        again += within(writer).await.unwrap().again;
    }
    until(|| server.rooms() == 0).await;
    let faults = engine.faults.lock().unwrap().clone();
    assert!(faults.is_empty(), "{faults:?}");
    // Without many ends, and ends in the middle of something, this shows nothing.
    let (lives, stored) = (&engine.lives, &engine.stored);
    let lives = lives.load(Ordering::Relaxed);
    assert!(lives > 50, "{lives} lives");
    let stored = stored.load(Ordering::Relaxed);
    assert!(stored > 50, "{stored} documents were stored");
    assert!(again > 10, "{again} changes were offered again");
    for room in 0..ROOMS {
        let (_reader, welcome) = Client::join(&server, &format!("r{room}"), 99).await;
        let items = welcome["snapshot"].as_array().unwrap();
        for number in (1..=CLIENTS).filter(|number| number % ROOMS == room) {
            let of = |item: &&Value| item[0] == number;
            let seqs: Vec<_> = items.iter().filter(of).map(|item| &item[1]).collect();
            let all: Vec<_> = (1..=CHANGES).map(|seq| json!(seq)).collect();
            assert!(all.iter().eq(seqs.iter().copied()), "{number}: {seqs:?}");
        }
    }
}
