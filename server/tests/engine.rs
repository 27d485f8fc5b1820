//! What every engine must do, told to each of them: R7, R8 and S13.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use draftsync::protocol::{Change, ClientId, Epoch, PatchOp, Seq, Version};
use draftsync::room::{Append, Dedupe, Room};
use draftsync::tree::Tree;
use draftsync_server::engine::{Engine, EngineError, Memory, Redb, Snapshot};
use redb::backends::InMemoryBackend;
use std::sync::Arc;

const EPOCH: Epoch = Epoch(1);
const OTHER: Epoch = Epoch(2);

fn engines() -> Vec<Arc<dyn Engine>> {
    vec![
        Arc::new(Memory::default()),
        Arc::new(Redb::open_on(InMemoryBackend::new()).unwrap()),
    ]
}

fn tree(text: &str) -> Tree {
    serde_json::from_str(text).unwrap()
}

/// The seed `[]` at version 1, and one more item with every change after it.
fn change(version: u64) -> Change<Tree> {
    let (path, value) = (format!("/{}", version.saturating_sub(2)), tree("0"));
    let op = match version {
        1 => PatchOp::Replace {
            path: String::new(),
            value: tree("[]"),
        },
        _ => PatchOp::Add { path, value },
    };
    Change {
        version: Version(version),
        client_id: ClientId(7),
        seq: Seq(version - 1),
        tag: None,
        patch: vec![op],
    }
}

fn append(head: u64, changes: u64) -> Append<Tree> {
    Append {
        head: Version(head),
        changes: (head + 1..=head + changes).map(change).collect(),
        client_id: ClientId(7),
        dedupe: Dedupe {
            last_seq: Seq(head + changes - 1),
            results: Vec::new(),
            owner: None,
        },
    }
}

fn snapshot(version: u64, forget: u64) -> Snapshot {
    let zeros = vec!["0"; version as usize - 1].join(",");
    Snapshot {
        version: Version(version),
        document: tree(&format!("[{zeros}]")),
        forget: Version(forget),
    }
}

#[tokio::test]
async fn s13_what_was_appended_is_loaded() {
    for engine in engines() {
        assert_eq!(engine.load("r").await, Ok(None));
        engine.append("r", EPOCH, append(0, 1)).await.unwrap();
        engine.append("r", EPOCH, append(1, 3)).await.unwrap();
        // Void changes make no version and are remembered all the same.
        let mut void = append(4, 0);
        void.dedupe.last_seq = Seq(9);
        engine.append("r", EPOCH, void).await.unwrap();
        assert_eq!(engine.load("other").await, Ok(None));

        let stored = engine.load("r").await.unwrap().unwrap();
        assert_eq!(stored.epoch, EPOCH);
        assert_eq!(stored.clients.len(), 1);
        assert_eq!(stored.clients[0].1.last_seq, Seq(9));
        let room = Room::<Tree>::load(stored).unwrap();
        assert_eq!(room.head(), Version(4));
        assert_eq!(room.doc(), Some(&tree("[0,0,0]")));
    }
}

#[tokio::test]
async fn r8_an_append_on_another_head_or_history_stores_nothing() {
    for engine in engines() {
        let moved = |stored, expected| Err(EngineError::HeadMoved { stored, expected });
        assert_eq!(engine.append("r", EPOCH, append(3, 1)).await, moved(0, 3));
        assert_eq!(engine.load("r").await, Ok(None));
        engine.append("r", EPOCH, append(0, 2)).await.unwrap();
        let before = engine.load("r").await;
        for head in [0, 1, 3] {
            assert_eq!(
                engine.append("r", EPOCH, append(head, 1)).await,
                moved(2, head)
            );
        }
        let other = engine.append("r", OTHER, append(2, 1)).await;
        assert_eq!(other, Err(EngineError::EpochChanged));
        let other = engine.append("r", OTHER, append(0, 1)).await;
        assert_eq!(other, Err(EngineError::EpochChanged));
        assert_eq!(engine.load("r").await, before);
    }
}

/// Writers that do not know of each other: of those who expect one head one is stored, and the
/// log has every change of each once and in its order.
#[tokio::test(flavor = "multi_thread")]
async fn r8_of_many_writers_on_one_head_one_is_stored() {
    const WRITERS: u32 = 8;
    const CHANGES: u64 = 25;
    for engine in engines() {
        let mut writers = Vec::new();
        for writer in 1..=WRITERS {
            let engine = Arc::clone(&engine);
            writers.push(tokio::spawn(async move {
                let mut head = 0;
                for seq in 1..=CHANGES {
                    loop {
                        let mut mine = append(head, 1);
                        mine.client_id = ClientId(writer.into());
                        mine.changes[0].client_id = mine.client_id;
                        mine.changes[0].seq = Seq(seq);
                        mine.dedupe.last_seq = Seq(seq);
                        match engine.append("r", EPOCH, mine).await {
                            Ok(()) => break,
                            Err(EngineError::HeadMoved { stored, .. }) => head = stored,
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let stored = engine.load("r").await.unwrap().unwrap();
        let count = u64::from(WRITERS) * CHANGES;
        let versions: Vec<_> = stored.log.iter().map(|change| change.version.0).collect();
        assert_eq!(versions, (1..=count).collect::<Vec<_>>());
        for writer in 1..=WRITERS {
            let of = |change: &&Change<Tree>| change.client_id == ClientId(writer.into());
            let seqs: Vec<_> = stored
                .log
                .iter()
                .filter(of)
                .map(|change| change.seq.0)
                .collect();
            assert_eq!(seqs, (1..=CHANGES).collect::<Vec<_>>());
        }
        let last = |(_, known): &(ClientId, Dedupe<Tree>)| known.last_seq == Seq(CHANGES);
        assert_eq!(stored.clients.len(), WRITERS as usize);
        assert!(stored.clients.iter().all(last));
    }
}

/// Everything that a room remembers comes back as it was, to the last field.
#[tokio::test]
async fn r9_what_is_remembered_of_clients_comes_back_whole() {
    let results = r#"[{"seq":3,"tag":"00000000000000aa","version":4},
        {"seq":4,"tag":"00000000000000ab","version":4,"void":true,
         "lost":[{"op":0,"reason":"target-gone","path":"/a~1b"}]},
        {"seq":5,"tag":"00000000000000ac","version":4,
         "rejected":{"code":"rejected","op":1,"rule":"test-failed"}},
        {"seq":6,"tag":"ffffffffffffffff","version":9007199254740991,
         "patch":[{"op":"add","path":"/x","value":null},{"op":"inc","path":"/n","inc":0.1}]}]"#;
    let dedupe = Dedupe {
        last_seq: Seq(6),
        results: serde_json::from_str(results).unwrap(),
        owner: Some("ada".into()),
    };
    for engine in engines() {
        engine.append("r", EPOCH, append(0, 1)).await.unwrap();
        let mut more = append(1, 0);
        more.client_id = ClientId(u128::MAX);
        more.dedupe = dedupe.clone();
        engine.append("r", EPOCH, more).await.unwrap();
        let stored = engine.load("r").await.unwrap().unwrap();
        assert_eq!(stored.clients.len(), 2);
        assert_eq!(stored.clients[1], (ClientId(u128::MAX), dedupe.clone()));
    }
}

/// Appends are taken in the order of the calls, whichever answer is asked for first.
#[tokio::test]
async fn r7_calls_are_queued_when_they_return() {
    for engine in engines() {
        let first = engine.append("r", EPOCH, append(0, 1));
        let second = engine.append("r", EPOCH, append(1, 1));
        let lost = engine.append("r", EPOCH, append(1, 1));
        let loaded = engine.load("r");
        second.await.unwrap();
        first.await.unwrap();
        assert!(lost.await.is_err(), "of two on one head one is stored");
        assert_eq!(loaded.await.unwrap().unwrap().log.len(), 2);
    }
}

#[tokio::test]
async fn s13_a_snapshot_shortens_the_log_and_changes_nothing_else() {
    for engine in engines() {
        engine.append("r", EPOCH, append(0, 10)).await.unwrap();
        let versions = async || {
            let stored = engine.load("r").await.unwrap().unwrap();
            let log = stored.log.iter().map(|change| change.version.0);
            let versions = (stored.snapshot.as_ref().map(|at| at.0.0), log.collect());
            let room = Room::<Tree>::load(stored).unwrap();
            assert_eq!(room.doc(), Some(&snapshot(10, 0).document));
            versions
        };
        engine.snapshot("r", EPOCH, snapshot(8, 6)).await.unwrap();
        assert_eq!(versions().await, (Some(8), vec![7, 8, 9, 10]));
        // Older, of another history, of a room that is not kept, or ahead: as if never said.
        engine.snapshot("r", EPOCH, snapshot(7, 7)).await.unwrap();
        engine.snapshot("r", OTHER, snapshot(9, 9)).await.unwrap();
        engine
            .snapshot("none", EPOCH, snapshot(9, 9))
            .await
            .unwrap();
        engine.snapshot("r", EPOCH, snapshot(11, 9)).await.unwrap();
        assert_eq!(versions().await, (Some(8), vec![7, 8, 9, 10]));
        assert_eq!(engine.load("none").await, Ok(None));
        // What the snapshot does not have is never forgotten.
        engine.snapshot("r", EPOCH, snapshot(9, 10)).await.unwrap();
        assert_eq!(versions().await, (Some(9), vec![10]));
        engine.append("r", EPOCH, append(10, 1)).await.unwrap();
        engine.snapshot("r", EPOCH, snapshot(11, 11)).await.unwrap();
        let stored = engine.load("r").await.unwrap().unwrap();
        assert_eq!(Room::<Tree>::load(stored).unwrap().head(), Version(11));
    }
}

/// What the memory engine counts comes back when it is forgotten.
#[tokio::test]
async fn s16_the_memory_engine_is_bounded() {
    let engine = Memory::with_bytes_max(20_000_000);
    assert!(engine.takes_writes());
    let mut head = 0;
    let full = loop {
        match engine.append("r", EPOCH, append(head, 1_000)).await {
            Ok(()) => head += 1_000,
            Err(error) => break error,
        }
    };
    assert_eq!(full, EngineError::Full);
    assert!(!engine.takes_writes());
    assert!(engine.bytes() <= 20_000_000);
    let stored = engine.load("r").await.unwrap().unwrap();
    assert_eq!(
        stored.log.len() as u64,
        head,
        "what did not fit left nothing"
    );
    engine
        .snapshot("r", EPOCH, snapshot(head, head))
        .await
        .unwrap();
    assert!(engine.takes_writes());
    engine.append("r", EPOCH, append(head, 1)).await.unwrap();
    assert!(engine.bytes() < 26 * head as usize + 10_000);
}
