//! A room that comes back from a store is the room that it was: R8, R9, R12, R13 and R14.
#![cfg(not(target_arch = "wasm32"))]

use draftsync::frame;
use draftsync::protocol::{Change, ClientId, Epoch, ToRoom, Version};
use draftsync::room::{Append, Dedupe, Room, RoomOutput, SessionId, Stored, StoredError};
use draftsync::tree::Tree;
use std::collections::BTreeMap;

const EPOCH: Epoch = Epoch(0xabcd);
const ADA: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const BOB: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// A room with everything that its store was given, and its document at every version.
struct Kept {
    room: Room<Tree>,
    log: Vec<Change<Tree>>,
    clients: BTreeMap<ClientId, Dedupe<Tree>>,
    documents: BTreeMap<Version, Tree>,
    sent: Vec<String>,
}

impl Kept {
    /// A list that Ada seeded and wrote three items into.
    fn written() -> Self {
        let mut kept = Self::around(Room::new(EPOCH));
        kept.says(1, &hello(ADA, ""));
        kept.says(1, r#"{"type":"seed","value":["seed"]}"#);
        for seq in 1..=3 {
            kept.says(1, &push(seq, seq, seq));
        }
        kept
    }

    fn around(room: Room<Tree>) -> Self {
        Self {
            room,
            log: Vec::new(),
            clients: BTreeMap::new(),
            documents: BTreeMap::new(),
            sent: Vec::new(),
        }
    }

    fn says(&mut self, session: u64, text: &str) {
        let message: ToRoom<Tree> = frame::read(text).expect("a message");
        self.room.handle_message(SessionId(session), message);
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(append) => self.store(append),
                RoomOutput::Send(_, message) => {
                    self.sent.push(frame::write(&message).expect("a message"));
                }
                RoomOutput::Relay(..) | RoomOutput::Show(..) | RoomOutput::Close(..) => {}
            }
        }
    }

    fn store(&mut self, append: Append<Tree>) {
        self.log.extend(append.changes);
        self.clients.insert(append.client_id, append.dedupe);
        self.room.handle_durable();
        let doc = self.room.doc().expect("a document").clone();
        self.documents.insert(self.room.head(), doc);
    }

    /// What a store has that kept the document of `snapshot` and the changes above `behind`.
    fn stored(&self, snapshot: Option<u64>, behind: u64) -> Stored<Tree> {
        let log = self.log.iter().filter(|change| change.version.0 > behind);
        Stored {
            epoch: EPOCH,
            snapshot: snapshot.map(|at| (Version(at), self.documents[&Version(at)].clone())),
            log: log.cloned().collect(),
            clients: self.clients.clone().into_iter().collect(),
        }
    }

    fn last(&self) -> serde_json::Value {
        serde_json::from_str(self.sent.last().expect("a message")).expect("JSON")
    }
}

fn hello(client_id: &str, known: &str) -> String {
    format!(r#"{{"type":"hello","protocol":1,"client_id":"{client_id}"{known}}}"#)
}

fn push(base: u64, seq: u64, value: u64) -> String {
    let patch = format!(r#"[{{"op":"add","path":"/-","value":{value}}}]"#);
    format!(
        r#"{{"type":"push","base":{base},"changes":[{{"seq":{seq},"tag":"{seq:016x}","patch":{patch}}}]}}"#
    )
}

#[test]
fn r8_r14_a_stored_room_is_what_it_was() {
    let written = Kept::written();
    let head = written.room.head();
    assert_eq!(head, Version(4));
    // The whole log; a snapshot anywhere, with all of the log or only what is newer.
    let mut cases = vec![(None, 0)];
    for at in 1..=head.0 {
        cases.extend((0..=at).map(|behind| (Some(at), behind)));
    }
    for (snapshot, behind) in cases {
        let room = Room::load(written.stored(snapshot, behind)).expect("a room");
        assert_eq!(room.doc(), written.room.doc(), "{snapshot:?} {behind}");
        assert_eq!(room.head(), head, "{snapshot:?} {behind}");
        assert_eq!(room.epoch(), EPOCH);
        assert_eq!(room.first_logged(), Version(behind));
    }
}

#[test]
fn r13_a_stored_room_brings_clients_up_to_date() {
    let written = Kept::written();
    let room = Room::load(written.stored(Some(3), 2)).expect("a room");
    let mut kept = Kept::around(room);
    let known = |version: u64| {
        format!(
            r#","epoch":"{}","version":{version}"#,
            "0".repeat(28) + "abcd"
        )
    };
    kept.says(1, &hello(BOB, &known(2)));
    let welcome = kept.last();
    let versions: Vec<_> = welcome["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .collect();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0]["version"], 3);
    kept.says(2, &hello(BOB, &known(1)));
    assert_eq!(
        kept.last()["snapshot"],
        serde_json::json!(["seed", 1, 2, 3])
    );
}

#[test]
fn r9_r12_a_stored_room_takes_nothing_twice_and_goes_on() {
    let written = Kept::written();
    let room = Room::load(written.stored(Some(2), 0)).expect("a room");
    let mut kept = Kept::around(room);
    kept.says(1, &hello(ADA, ""));
    assert_eq!(kept.last()["last_seq"], 3);
    assert_eq!(kept.last()["results"][0]["seq"], 3);
    kept.says(1, &push(4, 3, 3));
    assert_eq!(kept.last()["results"][0]["version"], 4);
    assert_eq!(kept.room.head(), Version(4));
    kept.says(1, &push(4, 4, 4));
    assert_eq!(kept.last()["results"][0]["version"], 5);
    let text = frame::write(kept.room.doc().expect("a document")).expect("JSON");
    assert_eq!(text, r#"["seed",1,2,3,4]"#);
}

#[test]
fn r1_what_contradicts_itself_is_no_room() {
    let written = Kept::written();
    let gap = |expected: u64, found: u64| StoredError::Gap {
        expected: Version(expected),
        found: Version(found),
    };
    let broken = |stored: Stored<Tree>| Room::<Tree>::load(stored).expect_err("no room");
    assert_eq!(broken(written.stored(None, 4)), StoredError::NoDocument);
    assert_eq!(broken(written.stored(None, 1)), gap(1, 2));
    assert_eq!(broken(written.stored(Some(1), 2)), gap(2, 3));

    let mut twice = written.stored(None, 0);
    let again = twice.log[1].clone();
    twice.log.insert(2, again);
    assert_eq!(broken(twice), gap(3, 2));

    let mut short = written.stored(Some(4), 0);
    short.log.truncate(2);
    assert_eq!(broken(short), gap(3, 4));

    let mut zero = written.stored(Some(4), 0);
    zero.log[0].version = Version(0);
    assert_eq!(broken(zero), gap(1, 0));

    let mut misfit = written.stored(None, 0);
    misfit.log[1].patch = serde_json::from_str(r#"[{"op":"remove","path":"/7"}]"#).expect("ops");
    let error = broken(misfit);
    assert!(
        matches!(
            error,
            StoredError::Change {
                version: Version(2),
                ..
            }
        ),
        "{error}"
    );
}
