//! What clients cost that do nothing.

use crate::client::{Reading, Speaker, join};
use crate::figures::{Table, short, spread};
use crate::node::{Node, sockets_max};
use crate::{Failed, Plan, table};
use futures_util::future::try_join_all;
use futures_util::{FutureExt, StreamExt};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// How many connect at the same time.
const AT_ONCE: usize = 50;
/// How many are in one room.
const CLIENTS_PER_ROOM: usize = 100;

#[derive(Debug)]
struct Round {
    connected: Duration,
    bytes: f64,
    /// Of one processor, in percent.
    processor: f64,
    dropped: usize,
}

type Pair = (Speaker<TcpStream>, Reading<TcpStream>);

pub(crate) async fn measure(plan: &Plan) -> Result<Table, Failed> {
    let head = [
        "connections",
        "connected within, s",
        "memory for each, kB",
        "processor, %",
        "dropped",
    ];
    let mut table = table("Idle connections", &head);
    let count = plan.idle.min(sockets_max());
    let what = format!("{count} idle connections");
    let length = plan.long();
    let rounds = plan
        .repeat(&what, async |node| {
            one(node, count, plan.document, length).await
        })
        .await?;
    table.row(vec![
        short(count as f64),
        spread(&rounds, |round| round.connected.as_secs_f64()),
        spread(&rounds, |round| round.bytes / count as f64 / 1024.0),
        spread(&rounds, |round| round.processor),
        spread(&rounds, |round| round.dropped as f64),
    ]);
    if count < plan.idle {
        table.note(format!(
            "The system allows no more than {count} sockets to one process (`ulimit -n`)."
        ));
    }
    table.note(format!(
        "{CLIENTS_PER_ROOM} clients in each room, whose document has {} bytes. \
         Goals: at most 12 kB for each, 2 % of a processor, connected within 10 s, none dropped.",
        plan.document
    ));
    Ok(table)
}

async fn one(
    node: &Node,
    count: usize,
    document: usize,
    length: Duration,
) -> Result<Round, Failed> {
    let rooms = count.div_ceil(CLIENTS_PER_ROOM);
    // The rooms are there before, and so is what the server needs for itself.
    let mut all: Vec<Pair> = Vec::new();
    for number in 0..rooms {
        all.push(enter(node, rooms, number, Some(document)).await?);
    }
    let before = node.memory()?;
    let began = Instant::now();
    for first in (rooms..count).step_by(AT_ONCE) {
        let numbers = first..count.min(first + AT_ONCE);
        let more = try_join_all(numbers.map(|number| enter(node, rooms, number, None)));
        all.extend(more.await?);
    }
    let connected = began.elapsed();
    let ticks = node.ticks()?;
    let began = Instant::now();
    let mut dropped = 0;
    while began.elapsed() < length {
        sleep(Duration::from_millis(500)).await;
        // Pings have to be answered, which reading does.
        let before = all.len();
        all.retain_mut(|(_, stream)| lives(stream));
        dropped += before - all.len();
    }
    let ticks = node.ticks()? - ticks;
    // After the pings, which each of them has sent and heard by now when it took long enough.
    let bytes = (node.memory()? - before) * count as f64 / (count - rooms).max(1) as f64;
    Ok(Round {
        connected,
        bytes,
        // A tick is a hundredth of a second.
        processor: ticks as f64 / began.elapsed().as_secs_f64(),
        dropped,
    })
}

/// Enters a room, which the first gives so many bytes.
async fn enter(
    node: &Node,
    rooms: usize,
    number: usize,
    first: Option<usize>,
) -> Result<Pair, Failed> {
    let room = format!("room-{}", number % rooms);
    let (mut speaker, mut stream, _) = join(node.address, &room, number).await?;
    if let Some(bytes) = first {
        speaker.seed_with(bytes, &mut stream).await?;
    }
    Ok((speaker, stream))
}

/// Reads what there is; false when the server has ended it.
fn lives(stream: &mut Reading<TcpStream>) -> bool {
    while let Some(next) = stream.next().now_or_never() {
        match next {
            Some(Ok(frame)) if !frame.is_close() => {}
            _ => return false,
        }
    }
    true
}
