//! What the durable engine keeps when the disk or the process does not do its part: S17.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync::protocol::{Change, ClientId, Epoch, PatchOp, Seq, Version};
use draftsync::room::{Append, Dedupe, Room, Stored};
use draftsync::tree::Tree;
use draftsync_server::engine::{Engine, EngineError, OpenFolderError, Redb, Snapshot};
use std::sync::Arc;
use support::disk::{Disk, Fault};
use support::{Client, Folder, add, get, push, refusal, seed, server_with_engine, status, within};

const EPOCH: Epoch = Epoch(5);
const ADA: ClientId = ClientId(7);
/// How many appends a trace has; after one of them comes a snapshot.
const APPENDS: u64 = 6;
const SNAPSHOT_AFTER: u64 = 4;

/// Append `number`: the seed, or two more items, and what is known of the client then.
fn append(number: u64) -> Append<Tree> {
    let head = if number == 1 { 0 } else { 2 * number - 3 };
    let tree = |text: &str| serde_json::from_str::<Tree>(text).unwrap();
    let change = |version: u64| {
        let op = match version {
            1 => PatchOp::Replace {
                path: String::new(),
                value: tree("[]"),
            },
            _ => PatchOp::Add {
                path: format!("/{}", version - 2),
                value: tree(&version.to_string()),
            },
        };
        Change {
            version: Version(version),
            client_id: ADA,
            seq: Seq(version - 1),
            tag: None,
            patch: vec![op],
        }
    };
    let last = if number == 1 { 1 } else { head + 2 };
    Append {
        head: Version(head),
        changes: (head + 1..=last).map(change).collect(),
        client_id: ADA,
        dedupe: Dedupe {
            last_seq: Seq(last - 1),
            results: Vec::new(),
            owner: None,
        },
    }
}

fn document(head: u64) -> Tree {
    let items: Vec<_> = (2..=head).map(|version| version.to_string()).collect();
    serde_json::from_str(&format!("[{}]", items.join(","))).unwrap()
}

/// Appends and stores until something fails; how many appends were acknowledged.
async fn trace(engine: &Redb) -> u64 {
    trace_to(engine, APPENDS).await
}

/// The first so many appends of it.
async fn trace_to(engine: &Redb, appends: u64) -> u64 {
    for number in 1..=appends {
        if engine.append("r", EPOCH, append(number)).await.is_err() {
            return number - 1;
        }
        if number == SNAPSHOT_AFTER {
            let version = Version(2 * number - 1);
            let snapshot = Snapshot {
                version,
                document: document(version.0),
                forget: Version(3),
            };
            // The acknowledged changes do not depend on it.
            let _either = engine.snapshot("r", EPOCH, snapshot).await;
        }
    }
    appends
}

/// What is stored must be that of the first `n` appends, with `n` from `acked` on.
fn check(stored: Option<Stored<Tree>>, acked: u64, attempted: u64, what: &str) {
    let Some(stored) = stored else {
        assert_eq!(acked, 0, "{what}: all is lost");
        return;
    };
    assert_eq!(stored.epoch, EPOCH, "{what}");
    let last_seq = stored.clients[0].1.last_seq.0;
    let room = Room::<Tree>::load(stored).unwrap();
    let head = room.head().0;
    assert_eq!(head % 2, 1, "{what}: half of an append");
    let appends = head.div_ceil(2);
    assert!(appends >= acked, "{what}: {appends} of {acked} are left");
    assert!(appends <= attempted, "{what}: more than was written");
    assert_eq!(last_seq, head - 1, "{what}: changes and dedupe differ");
    assert_eq!(room.doc(), Some(&document(head)), "{what}");
}

/// What a loss of power may leave of the writes that were not synced, several ways.
fn losses(disk: &Disk) -> Vec<(&'static str, Vec<u8>)> {
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance
    };
    vec![
        ("nothing", disk.after_power_loss(|_| None)),
        ("all", disk.after_power_loss(|_| Some(usize::MAX))),
        (
            "every other",
            disk.after_power_loss(|n| (n % 2 == 0).then_some(usize::MAX)),
        ),
        (
            "only the last",
            disk.after_power_loss(|n| (n % 2 == 1).then_some(usize::MAX)),
        ),
        (
            "torn",
            disk.after_power_loss(|_| Some(random() as usize % 5_000)),
        ),
    ]
}

/// The power goes at every step of a trace; nothing that was acknowledged is gone after it.
#[tokio::test]
async fn s17_what_was_acknowledged_survives_a_loss_of_power_at_any_step() {
    let whole = Disk::default();
    let engine = Redb::open_on(whole.clone()).unwrap();
    let opened = whole.steps();
    assert_eq!(trace(&engine).await, APPENDS);
    let steps = whole.steps();
    drop(engine);
    assert!(
        steps > opened + 4 * APPENDS as usize,
        "a trace has many steps"
    );
    let mut acked_somewhere = 0;
    for step in 0..=steps - opened {
        let disk = Disk::default();
        let engine = Redb::open_on(disk.clone()).unwrap();
        disk.breaks_after(step, Fault::Power);
        let acked = trace(&engine).await;
        drop(engine);
        acked_somewhere = acked_somewhere.max(acked);
        for (left, bytes) in losses(&disk) {
            let what = format!("power off at step {step}, of the rest {left}");
            let engine = Redb::open_on(Disk::with(bytes)).expect(&what);
            let stored = engine.load("r").await.expect(&what);
            check(stored, acked, APPENDS.min(acked + 1), &what);
        }
    }
    assert_eq!(acked_somewhere, APPENDS);
}

/// After the first failure there is no acknowledgement; and what was acknowledged is there.
#[tokio::test]
async fn s17_after_a_failed_write_or_sync_nothing_is_acknowledged() {
    let whole = Disk::default();
    let engine = Redb::open_on(whole.clone()).unwrap();
    let opened = whole.steps();
    trace(&engine).await;
    let steps = whole.steps();
    drop(engine);
    let faults = [Fault::NoSpace, Fault::ShortWrite, Fault::Write, Fault::Sync];
    let mut failures = 0;
    for fault in faults {
        for step in 0..steps - opened {
            let disk = Disk::default();
            let engine = Redb::open_on(disk.clone()).unwrap();
            disk.breaks_after(step, fault);
            let acked = trace(&engine).await;
            let what = format!("{fault:?} at step {step}");
            if acked < APPENDS {
                failures += 1;
                assert!(engine.is_broken(), "{what}");
                within(engine.broke()).await;
                let again = engine.append("r", EPOCH, append(acked + 1)).await;
                assert!(
                    matches!(again, Err(EngineError::Failed(_))),
                    "{what}: {again:?}"
                );
                let other = engine.append("other", EPOCH, append(1)).await;
                assert!(
                    matches!(other, Err(EngineError::Failed(_))),
                    "{what}: {other:?}"
                );
            }
            drop(engine);
            for (left, bytes) in losses(&disk) {
                let what = format!("{what}, then power off, of the rest {left}");
                let engine = Redb::open_on(Disk::with(bytes)).expect(&what);
                check(engine.load("r").await.expect(&what), acked, APPENDS, &what);
            }
        }
    }
    assert!(failures > 50, "{failures} traces failed on the way");
}

/// A bit that flips on the disk is noticed, or did not matter; it is never a wrong document. So
/// after every append.
#[tokio::test]
async fn s17_a_flipped_bit_never_gives_a_wrong_document() {
    const FLIPS: usize = 500;
    let mut noticed = 0;
    for appends in 1..=APPENDS {
        let disk = Disk::default();
        let engine = Redb::open_on(disk.clone()).unwrap();
        trace_to(&engine, appends).await;
        drop(engine);
        let head = Version(2 * appends - 1);
        let bytes = disk.after_power_loss(|_| Some(usize::MAX));
        // Only where something is written; most of the file is still empty.
        let written: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        for flip in 0..FLIPS {
            let what = format!("flip {flip} after {appends} appends");
            let mut flipped = bytes.clone();
            flipped[written[flip * written.len() / FLIPS]] ^= 1 << (flip % 8);
            let Ok(engine) = Redb::open_on(Disk::with(flipped)) else {
                noticed += 1;
                continue;
            };
            match engine
                .load("r")
                .await
                .map(|stored| stored.map(Room::<Tree>::load))
            {
                Ok(Some(Ok(room))) => {
                    assert_eq!(room.head(), head, "{what}");
                    assert_eq!(room.doc(), Some(&document(head.0)), "{what}");
                }
                Ok(None) => panic!("{what}: the room was taken for an empty one"),
                Ok(Some(Err(_))) | Err(_) => noticed += 1,
            }
        }
    }
    assert!(noticed > 15, "{noticed} were noticed");
}

#[tokio::test]
async fn s17_when_the_sync_fails_everybody_hears_and_the_server_is_not_ready() {
    let disk = Disk::default();
    let engine = Arc::new(Redb::open_on(disk.clone()).unwrap());
    let server = server_with_engine(Arc::<Redb>::clone(&engine)).await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    ada.send(&seed(serde_json::json!([]))).await;
    ada.next().await;
    bob.next().await;
    assert_eq!(status(&get(&server, "/readyz", &[]).await), 200);
    disk.breaks_after(0, Fault::Sync);
    let mut seq = 0;
    let closed = loop {
        seq += 1;
        ada.send(&push(seq, seq, add("/-", serde_json::json!(seq))))
            .await;
        assert!(seq < 20, "a sync failed, and all is acknowledged");
        match ada.next_or_close().await {
            Ok(message) if message["type"] == "ack" => {
                disk.breaks_after(seq as usize, Fault::Sync);
                bob.next().await;
            }
            Ok(message) => break message["code"].clone(),
            Err(close) => panic!("closed with {close:?} before a word"),
        }
    };
    assert_eq!(closed, "storage");
    assert_eq!(bob.closed().await, refusal("storage", 4503));
    within(server.broke()).await;
    assert_eq!(status(&get(&server, "/readyz", &[]).await), 503);
    assert_eq!(status(&get(&server, "/healthz", &[]).await), 200);
}

#[tokio::test]
async fn s18_a_folder_is_made_for_nobody_else_and_opened_by_one() {
    let folder = Folder::new("rooms-of-one");
    let inside = folder.path.join("deeper");
    let engine = Redb::open(&inside, None).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&inside).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    let second = Redb::open(&inside, None).expect_err("it is open");
    assert!(matches!(second, OpenFolderError::InUse(_)), "{second}");
    assert_eq!(trace(&engine).await, APPENDS);
    drop(engine);
    let engine = Redb::open(&inside, None).unwrap();
    check(
        engine.load("r").await.unwrap(),
        APPENDS,
        APPENDS,
        "opened again",
    );
    drop(engine);
    // A crash while the file was made for the first time leaves a part of it under another name.
    let torn = folder.path.join("torn");
    std::fs::create_dir(&torn).unwrap();
    std::fs::write(torn.join("rooms.redb.new"), "half a file").unwrap();
    let engine = Redb::open(&torn, None).unwrap();
    assert_eq!(engine.load("r").await, Ok(None));
    // A folder that belongs to something else is left as it is.
    let foreign = Redb::open(&folder.path, None).expect_err("it has a folder in it");
    assert!(matches!(foreign, OpenFolderError::NotOurs(_)), "{foreign}");
    assert!(foreign.to_string().contains("--data"), "{foreign}");
}

/// A backup that is put in place has lost what came after it, so nobody may take it for the same
/// history; in every other respect the rooms are what they were.
#[tokio::test]
async fn s19_r14_a_copy_of_the_rooms_has_other_epochs() {
    let folder = Folder::new("rooms-with-a-backup");
    let file = folder.path.join("rooms.redb");
    let backup = Folder::new("rooms-of-the-backup");
    let engine = Redb::open(&folder.path, None).unwrap();
    engine.append("r", EPOCH, append(1)).await.unwrap();
    drop(engine);
    std::fs::copy(&file, &backup.path).unwrap();
    let engine = Redb::open(&folder.path, None).unwrap();
    engine.append("r", EPOCH, append(2)).await.unwrap();
    drop(engine);

    let mut epochs = vec![EPOCH];
    for _ in 0..2 {
        std::fs::remove_file(&file).unwrap();
        std::fs::copy(&backup.path, &file).unwrap();
        let engine = Redb::open(&folder.path, None).unwrap();
        let stored = engine.load("r").await.unwrap().unwrap();
        let epoch = stored.epoch;
        assert!(!epochs.contains(&epoch), "{epoch:?} has been before");
        epochs.push(epoch);
        assert_eq!(Room::<Tree>::load(stored).unwrap().head(), Version(1));
        let old = engine.append("r", EPOCH, append(2)).await;
        assert_eq!(old, Err(EngineError::EpochChanged));
        engine.append("r", epoch, append(2)).await.unwrap();
        engine.append("fresh", Epoch(9), append(1)).await.unwrap();
        drop(engine);
        // The same file again is the same history.
        let engine = Redb::open(&folder.path, None).unwrap();
        let stored = engine.load("r").await.unwrap().unwrap();
        assert_eq!((stored.epoch, stored.log.len()), (epoch, 3));
        let fresh = engine.load("fresh").await.unwrap().unwrap();
        assert_eq!(fresh.epoch, Epoch(9));
        let document = Snapshot {
            version: Version(3),
            document: document(3),
            forget: Version(3),
        };
        engine.snapshot("r", epoch, document).await.unwrap();
        let stored = engine.load("r").await.unwrap().unwrap();
        assert_eq!(
            stored.snapshot.map(|(version, _)| version),
            Some(Version(3))
        );
    }
    std::fs::remove_file(&backup.path).unwrap();
}

#[tokio::test]
async fn s16_a_nearly_full_disk_is_read_and_not_written() {
    let folder = Folder::new("rooms-on-a-full-disk");
    let engine = Redb::open(&folder.path, None).unwrap();
    assert!(engine.takes_writes(), "the disk of this test has room");
    trace(&engine).await;
    drop(engine);
    let engine = Arc::new(Redb::open(&folder.path, Some(u64::MAX)).unwrap());
    assert!(!engine.takes_writes());
    let server = server_with_engine(engine).await;
    let (mut ada, welcome) = Client::join(&server, "r", 1).await;
    assert_eq!(welcome["version"], 2 * APPENDS - 1);
    let (mut bob, _) = Client::join(&server, "r", 2).await;
    let patch = add("/-", serde_json::json!(1));
    ada.send(&push(2 * APPENDS - 1, 1, patch)).await;
    assert_eq!(ada.closed().await, refusal("storage-full", 4503));
    bob.send(&serde_json::json!({"type": "ping", "version": 0}))
        .await;
    assert_eq!(bob.next().await["type"], "pong");
    assert_eq!(status(&get(&server, "/readyz", &[]).await), 200);
}

/// Many rooms write at once, and share what the disk does.
#[tokio::test(flavor = "multi_thread")]
async fn s17_appends_that_wait_share_a_sync() {
    const ROOMS: usize = 200;
    let disk = Disk::default();
    let engine = Redb::open_on(disk.clone()).unwrap();
    engine.append("first", EPOCH, append(1)).await.unwrap();
    let before = disk.syncs();
    let names: Vec<_> = (0..ROOMS).map(|room| format!("r{room}")).collect();
    let all: Vec<_> = names
        .iter()
        .map(|name| engine.append(name, EPOCH, append(1)))
        .collect();
    for appended in all {
        appended.await.unwrap();
    }
    let syncs = disk.syncs() - before;
    assert!(syncs < ROOMS / 4, "{syncs} syncs for {ROOMS} appends");
}
