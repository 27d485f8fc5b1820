//! How many changes a second become durable, and how long the answer takes.

use crate::client::{Clock, Kind, frame, join, kind};
use crate::figures::{Table, Times, spread};
use crate::node::Node;
use crate::{Failed, Plan, disk, table};
use futures_util::future::try_join_all;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How many write at once, each in a room of its own, and how many changes a push has.
const LOADS: [(usize, u64); 5] = [(1, 1), (16, 1), (64, 1), (256, 1), (256, 32)];

#[derive(Debug)]
struct Round {
    changes_per_second: f64,
    acks: Times,
    syncs: Times,
}

pub(crate) async fn measure(plan: &Plan) -> Result<Table, Failed> {
    let head = [
        "writers",
        "changes a push",
        "durable changes/s",
        "ack p50, ms",
        "ack p99, ms",
        "sync p50, ms",
        "sync p99, ms",
    ];
    let mut table = table("Durable changes", &head);
    for (writers, changes) in LOADS {
        let what = format!("{writers} writers × {changes}");
        let length = plan.length;
        let rounds = plan
            .repeat(&what, async |node| {
                one(node, writers, changes, length).await
            })
            .await?;
        table.row(vec![
            writers.to_string(),
            changes.to_string(),
            spread(&rounds, |round| round.changes_per_second),
            spread(&rounds, |round| round.acks.p50()),
            spread(&rounds, |round| round.acks.p99()),
            spread(&rounds, |round| round.syncs.p50()),
            spread(&rounds, |round| round.syncs.p99()),
        ]);
    }
    table.note("Goal: at least 20 000 durable changes a second.".to_owned());
    Ok(table)
}

async fn one(node: &Node, writers: usize, changes: u64, length: Duration) -> Result<Round, Failed> {
    let syncs = disk::syncs(&node.folder).await?;
    let clock = Clock(Instant::now());
    let ready = try_join_all((0..writers).map(async |number| {
        let room = format!("room-{number}");
        let (mut speaker, mut stream, _) = join(node.address, &room, number).await?;
        speaker.seed(&mut stream).await?;
        Ok::<_, Failed>((speaker, stream))
    }))
    .await?;
    let began = Instant::now();
    let until = began + length;
    let tasks: Vec<JoinHandle<Result<Vec<Duration>, Failed>>> = ready
        .into_iter()
        .map(|(mut speaker, mut stream)| {
            tokio::spawn(async move {
                let (mut version, mut times) = (1, Vec::new());
                while Instant::now() < until {
                    let due = clock.now();
                    speaker.push(version, changes, due).await?;
                    match kind(&frame(&mut stream).await?)? {
                        Kind::Ack(now) => version = now,
                        Kind::Change { .. } => return Err("a change in a room of one".into()),
                    }
                    times.push(clock.since(due));
                }
                Ok(times)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await??);
    }
    let acks = Times::of(all);
    Ok(Round {
        changes_per_second: acks.len() as f64 * changes as f64 / began.elapsed().as_secs_f64(),
        acks,
        syncs,
    })
}
