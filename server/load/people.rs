//! Clients that all read, and of whom some write at given times.

use crate::Failed;
use crate::client::{Clock, Kind, PATIENCE, Reading, Speaker, frame, join, kind};
use crate::figures::Times;
use crate::node::Node;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// What was relayed with the last answer is on its way for at most so long.
const LAST_FRAMES: Duration = Duration::from_millis(500);

/// What came to whom, and when.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) acks: Times,
    pub(crate) relays: Times,
    pub(crate) deliveries_per_second: f64,
    pub(crate) syncs: Times,
}

/// What a client is at, and what it heard.
#[derive(Debug, Default)]
struct Heard {
    version: u64,
    /// When its pushes were due that are not answered, the oldest first.
    open: VecDeque<u64>,
    acks: Vec<Duration>,
    relays: Vec<Duration>,
}

type Shared = Arc<Mutex<Heard>>;

fn lock(heard: &Shared) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct People {
    clock: Clock,
    /// Those that write, in turn; nobody leaves before the end.
    speakers: Vec<Speaker<TcpStream>>,
    writers: usize,
    heard: Vec<Shared>,
    listeners: Vec<JoinHandle<Result<(), Failed>>>,
}

impl People {
    /// Everybody enters, the next client always another room. `writers` of them write.
    pub(crate) async fn enter(
        node: &Node,
        rooms: usize,
        count: usize,
        writers: usize,
    ) -> Result<Self, Failed> {
        let mut people = Self {
            clock: Clock(Instant::now()),
            speakers: Vec::new(),
            writers,
            heard: Vec::new(),
            listeners: Vec::new(),
        };
        for number in 0..count {
            let room = format!("room-{}", number % rooms);
            let (mut speaker, mut stream, mut version) = join(node.address, &room, number).await?;
            if version == 0 {
                speaker.seed(&mut stream).await?;
                version = 1;
            }
            let heard = Shared::default();
            lock(&heard).version = version;
            people.speakers.push(speaker);
            people.heard.push(Arc::clone(&heard));
            let listening = listen(stream, people.clock, heard);
            people.listeners.push(tokio::spawn(listening));
        }
        Ok(people)
    }

    /// The writers push in turn, at their times, whether or not they were answered.
    pub(crate) async fn write(&mut self, per_second: u32, length: Duration) -> Result<(), Failed> {
        let mut ticks = interval(Duration::from_secs(1) / per_second);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        ticks.tick().await;
        let count = length.as_secs_f64() * f64::from(per_second);
        for number in 0..count as usize {
            // The moment that it was due, not the one that this task came to it.
            let late = ticks.tick().await.elapsed().as_micros() as u64;
            let due = self.clock.now().saturating_sub(late);
            let at = number % self.writers;
            let base = {
                let mut heard = lock(&self.heard[at]);
                heard.open.push_back(due);
                heard.version
            };
            self.speakers[at].push(base, 1, due).await?;
        }
        Ok(())
    }

    /// Waits until all is answered, and gives what was heard.
    pub(crate) async fn leave(self, length: Duration, syncs: Times) -> Result<Round, Failed> {
        let answered = async {
            while self.heard.iter().any(|heard| !lock(heard).open.is_empty()) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let answered = timeout(PATIENCE, answered).await;
        sleep(LAST_FRAMES).await;
        for listener in self.listeners {
            if listener.is_finished() {
                listener.await??;
            } else {
                listener.abort();
            }
        }
        answered.map_err(|_| "a push was not answered in time")?;
        let heard = || self.heard.iter().map(lock);
        let relays = Times::of(heard().map(|mut heard| std::mem::take(&mut heard.relays)));
        Ok(Round {
            acks: Times::of(heard().map(|mut heard| std::mem::take(&mut heard.acks))),
            deliveries_per_second: relays.len() as f64 / length.as_secs_f64(),
            relays,
            syncs,
        })
    }
}

/// Reads until it is stopped.
async fn listen(mut stream: Reading<TcpStream>, clock: Clock, heard: Shared) -> Result<(), Failed> {
    loop {
        let kind = kind(&frame(&mut stream).await?)?;
        let mut heard = lock(&heard);
        match kind {
            Kind::Ack(version) => {
                heard.version = version;
                let due = heard.open.pop_front().ok_or("an answer to nothing")?;
                heard.acks.push(clock.since(due));
            }
            Kind::Change { version, due } => {
                heard.version = version;
                heard.relays.push(clock.since(due));
            }
        }
    }
}
