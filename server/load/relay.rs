//! How long a change takes to the others: in many small rooms, and in a large one.

use crate::figures::{Table, spread};
use crate::people::People;
use crate::{Failed, Plan, disk, table};

const ROOMS: usize = 500;
const CLIENTS_PER_ROOM: usize = 3;
const CLIENTS: usize = ROOMS * CLIENTS_PER_ROOM;
const CHANGES_PER_SECOND: u32 = 350;
const READERS: usize = 1_000;
/// How often a second the large room changes.
const READER_LOADS: [u32; 2] = [20, 200];

pub(crate) async fn rooms(plan: &Plan) -> Result<Table, Failed> {
    let head = [
        "changes/s",
        "relay p50, ms",
        "relay p99, ms",
        "ack p50, ms",
        "ack p99, ms",
        "sync p50, ms",
        "sync p99, ms",
        "goal for relay p99, ms",
    ];
    let title = format!("{ROOMS} rooms with {CLIENTS_PER_ROOM} clients each");
    let mut table = table(&title, &head);
    let length = plan.length;
    let rounds = plan
        .repeat(&title, async |node| {
            let syncs = disk::syncs(&node.folder).await?;
            let mut people = People::enter(node, ROOMS, CLIENTS, CLIENTS).await?;
            people.write(CHANGES_PER_SECOND, length).await?;
            people.leave(length, syncs).await
        })
        .await?;
    table.row(vec![
        CHANGES_PER_SECOND.to_string(),
        spread(&rounds, |round| round.relays.p50()),
        spread(&rounds, |round| round.relays.p99()),
        spread(&rounds, |round| round.acks.p50()),
        spread(&rounds, |round| round.acks.p99()),
        spread(&rounds, |round| round.syncs.p50()),
        spread(&rounds, |round| round.syncs.p99()),
        spread(&rounds, |round| round.syncs.p99() + 3.0),
    ]);
    Ok(table)
}

pub(crate) async fn readers(plan: &Plan) -> Result<Table, Failed> {
    let head = [
        "changes/s",
        "deliveries/s",
        "p50, ms",
        "p99, ms",
        "sync p99, ms",
    ];
    let mut table = table(&format!("One room with {READERS} readers"), &head);
    let length = plan.length;
    for changes in READER_LOADS {
        let what = format!("{READERS} readers × {changes}");
        let rounds = plan
            .repeat(&what, async |node| {
                let syncs = disk::syncs(&node.folder).await?;
                // One writes, all others read.
                let mut people = People::enter(node, 1, READERS + 1, 1).await?;
                people.write(changes, length).await?;
                people.leave(length, syncs).await
            })
            .await?;
        table.row(vec![
            changes.to_string(),
            spread(&rounds, |round| round.deliveries_per_second),
            spread(&rounds, |round| round.relays.p50()),
            spread(&rounds, |round| round.relays.p99()),
            spread(&rounds, |round| round.syncs.p99()),
        ]);
    }
    table.note(
        "Goals: p99 below 50 ms at 20 changes a second, and 200 000 deliveries a second."
            .to_owned(),
    );
    Ok(table)
}
