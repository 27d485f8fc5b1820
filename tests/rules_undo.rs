//! Undo and redo: part U, with a real room and one or two other authors.
#![cfg(not(target_arch = "wasm32"))]

mod oracle;
mod property;
mod support;

use draftsync::client::{Outcome, WriteOptions};
use draftsync::error::Error;
use draftsync::history::{Chain, HISTORY_BYTES_MAX, HISTORY_ENTRIES};
use draftsync::protocol::{
    CatchUp, Epoch, Limits, MESSAGE_BYTES_MAX, PatchOp, Refusal, Seq, ToClient, ToRoom, Verdict,
    Version, Welcome,
};
use draftsync::room::SessionId;
use draftsync::tree::Tree;
use property::session::Table;
use support::tree;

/// The author whose history it is, and somebody else.
const ME: usize = 0;
const THEY: usize = 1;

struct Desk(Table);

impl Desk {
    /// Both are connected and have this document.
    fn new(doc: &str) -> Self {
        let mut desk = Self(Table::new(&tree(doc), 2, 1));
        desk.settle();
        desk
    }

    fn settle(&mut self) {
        self.0.settle().expect("it comes to rest");
    }

    /// Somebody writes, and nobody hears of it yet.
    fn writes(&mut self, who: usize, ops: &str) {
        let ops: Vec<PatchOp<Tree>> = serde_json::from_str(&format!("[{ops}]")).expect("a patch");
        let made = self.0.peers[who].client.write(&ops);
        made.unwrap_or_else(|error| panic!("{error}"));
    }

    /// The same, and everybody hears of it.
    fn takes(&mut self, who: usize, ops: &str) {
        self.writes(who, ops);
        self.settle();
    }

    /// The room hears what somebody has said.
    fn room_hears(&mut self, who: usize) {
        self.0.collect().expect("it is sent");
        while !self.0.peers[who].up.is_empty() {
            self.0.deliver_up(who).expect("a message");
        }
    }

    /// Somebody hears what the room has said.
    fn hears(&mut self, who: usize) {
        while !self.0.peers[who].down.is_empty() {
            self.0.deliver_down(who).expect("a message");
        }
    }

    fn cut(&mut self, who: usize) {
        self.0.peers[who].client.handle_closed();
        self.0.room.handle_closed(SessionId(who as u64));
    }

    fn comes(&mut self, who: usize) {
        self.0.peers[who].client.handle_opened();
        self.settle();
    }

    fn steps(&mut self, chain: Chain) -> bool {
        let client = &mut self.0.peers[ME].client;
        let made = match chain {
            Chain::Undo => client.undo(),
            Chain::Redo => client.redo(),
        };
        made.unwrap_or_else(|error| panic!("{error}")).is_some()
    }

    fn undo(&mut self) -> bool {
        self.steps(Chain::Undo)
    }

    fn redo(&mut self) -> bool {
        self.steps(Chain::Redo)
    }

    fn can(&mut self, chain: Chain) -> bool {
        self.0.peers[ME].client.can(chain)
    }

    #[track_caller]
    fn shows(&mut self, doc: &str) {
        assert_eq!(self.0.peers[ME].client.view(), &tree(doc));
    }

    /// Everybody has this document, once all have heard of all.
    #[track_caller]
    fn comes_to(&mut self, doc: &str) {
        self.settle();
        for peer in &mut self.0.peers {
            assert_eq!(peer.client.view(), &tree(doc));
        }
    }

    /// What the author was told of the last change that the room has answered.
    fn outcome(&self) -> &Outcome<Tree> {
        let mine = self.0.outcomes.iter().rev().find(|(who, _)| *who == ME);
        &mine.expect("an outcome").1
    }

    #[track_caller]
    fn left_out(&self, expected: &[(&str, &str)]) {
        let left_out = self.outcome().left_out.iter();
        let left_out: Vec<_> = left_out
            .map(|(op, kind)| (op.path(), kind.word()))
            .collect();
        assert_eq!(left_out, expected);
    }
}

fn replace(path: &str, value: &str) -> String {
    format!(r#"{{"op":"replace","path":"{path}","value":{value}}}"#)
}

fn add(path: &str, value: &str) -> String {
    format!(r#"{{"op":"add","path":"{path}","value":{value}}}"#)
}

fn remove(path: &str) -> String {
    format!(r#"{{"op":"remove","path":"{path}"}}"#)
}

fn shift(from: &str, path: &str) -> String {
    format!(r#"{{"op":"move","from":"{from}","path":"{path}"}}"#)
}

#[test]
fn u1_undos_lead_back_and_redos_forth_while_pending_and_after() {
    for settled in [false, true] {
        let mut desk = Desk::new(r#"{"n":0,"s":"abc","l":[1,2]}"#);
        let edits = [
            replace("/n", "1"),
            r#"{"op":"str_ins","path":"/s","pos":1,"str":"x"}"#.into(),
            shift("/l/0", "/l/1"),
            remove("/l/0"),
        ];
        for edit in &edits {
            desk.writes(ME, edit);
            if settled {
                desk.settle();
            }
        }
        desk.shows(r#"{"n":1,"s":"axbc","l":[1]}"#);
        assert!(desk.undo());
        desk.shows(r#"{"n":1,"s":"axbc","l":[2,1]}"#);
        assert!(desk.undo() && desk.undo());
        desk.shows(r#"{"n":1,"s":"abc","l":[1,2]}"#);
        assert!(desk.undo());
        assert!(!desk.undo(), "nothing is left");
        desk.comes_to(r#"{"n":0,"s":"abc","l":[1,2]}"#);
        for _ in &edits {
            assert!(desk.redo());
        }
        assert!(!desk.redo());
        desk.comes_to(r#"{"n":1,"s":"axbc","l":[1]}"#);
    }
}

#[test]
fn u1_an_undo_is_a_change_that_others_see() {
    let mut desk = Desk::new(r#"{"l":[]}"#);
    desk.takes(ME, &add("/l/0", "7"));
    desk.takes(THEY, &add("/l/0", "8"));
    assert!(desk.undo());
    assert_eq!(desk.0.peers[ME].client.pending(), 1);
    desk.comes_to(r#"{"l":[8]}"#);
    assert_eq!(desk.0.log.len(), 3);
}

#[test]
fn u2_an_undo_brings_back_what_came_before_the_change_in_the_order() {
    for heard in [false, true] {
        let mut desk = Desk::new(r#"{"n":0}"#);
        desk.writes(THEY, &replace("/n", "2"));
        desk.writes(ME, &replace("/n", "1"));
        desk.room_hears(THEY);
        if heard {
            desk.hears(ME);
            assert_eq!(desk.0.peers[ME].client.pending(), 1);
        } else {
            desk.settle();
        }
        desk.shows(r#"{"n":1}"#);
        assert!(desk.undo());
        desk.comes_to(r#"{"n":2}"#);
    }
}

#[test]
fn u3_a_newer_value_of_somebody_else_stands() {
    let mut desk = Desk::new(r#"{"n":0,"m":0}"#);
    desk.takes(
        ME,
        &format!("{},{}", replace("/n", "1"), replace("/m", "1")),
    );
    desk.takes(THEY, &replace("/n", "2"));
    assert!(desk.undo());
    desk.comes_to(r#"{"n":2,"m":0}"#);
    desk.left_out(&[("/n", "superseded")]);
    assert!(desk.redo());
    desk.comes_to(r#"{"n":2,"m":1}"#);
}

#[test]
fn u3_what_somebody_else_replaced_or_filled_is_not_removed() {
    let mut desk = Desk::new(r#"{"k":{},"box":{"x":1},"other":5}"#);
    let made = [add("/k/a", "1"), add("/k/b", "{}"), replace("/other", "6")].join(",");
    desk.takes(ME, &made);
    desk.takes(THEY, &replace("/k/a", "2"));
    desk.takes(THEY, &shift("/box/x", "/k/b/x"));
    assert!(desk.undo());
    desk.comes_to(r#"{"k":{"a":2,"b":{"x":1}},"box":{},"other":5}"#);
    desk.left_out(&[("/k/b", "superseded"), ("/k/a", "superseded")]);
}

#[test]
fn u3_what_somebody_else_moved_stays_where_it_is() {
    let mut desk = Desk::new(r#"{"a":["x","y"],"b":[],"c":[],"n":0}"#);
    desk.takes(
        ME,
        &format!("{},{}", shift("/a/0", "/b/0"), replace("/n", "1")),
    );
    desk.takes(THEY, &shift("/b/0", "/c/0"));
    assert!(desk.undo());
    desk.comes_to(r#"{"a":["y"],"b":[],"c":["x"],"n":0}"#);
    desk.left_out(&[("/a/0", "superseded")]);
}

#[test]
fn u3_a_member_that_somebody_else_added_since_stays() {
    let mut desk = Desk::new(r#"{"k":{"a":1},"n":0}"#);
    desk.takes(ME, &format!("{},{}", remove("/k/a"), replace("/n", "1")));
    desk.takes(THEY, &add("/k/a", "2"));
    assert!(desk.undo());
    desk.comes_to(r#"{"k":{"a":2},"n":0}"#);
    desk.left_out(&[("/k/a", "superseded")]);
}

#[test]
fn u4_what_somebody_else_removed_is_not_brought_back() {
    let mut desk = Desk::new(r#"{"l":[{"v":1},{"v":2}]}"#);
    desk.takes(ME, &replace("/l/0/v", "7"));
    desk.takes(THEY, &remove("/l/0"));
    assert!(!desk.can(Chain::Undo));
    assert!(!desk.undo());
    desk.comes_to(r#"{"l":[{"v":2}]}"#);
}

#[test]
fn u4_a_member_that_a_change_took_from_another_stays_away_once_it_is_removed() {
    let mut desk = Desk::new(r#"{"k":{}}"#);
    desk.writes(THEY, &add("/k/a", "2"));
    desk.writes(ME, &add("/k/a", "1"));
    desk.room_hears(THEY);
    desk.comes_to(r#"{"k":{"a":1}}"#);
    desk.takes(THEY, &remove("/k/a"));
    assert!(!desk.undo(), "it would bring 2 back");
    desk.comes_to(r#"{"k":{}}"#);
}

#[test]
fn u4_what_was_written_into_a_container_of_the_author_goes_with_it() {
    let mut desk = Desk::new(r#"{"l":[]}"#);
    desk.takes(ME, &add("/l/0", r#"{"v":1}"#));
    desk.takes(THEY, &replace("/l/0/v", "2"));
    assert!(desk.undo());
    desk.comes_to(r#"{"l":[]}"#);
    assert!(desk.redo());
    desk.comes_to(r#"{"l":[{"v":2}]}"#);
}

#[test]
fn u5_what_others_added_stays_added() {
    let mut desk = Desk::new(r#"{"n":1}"#);
    desk.takes(ME, &replace("/n", "5"));
    desk.takes(THEY, r#"{"op":"inc","path":"/n","inc":2}"#);
    desk.shows(r#"{"n":7}"#);
    assert!(desk.undo());
    desk.comes_to(r#"{"n":3}"#);
    assert!(desk.redo());
    desk.comes_to(r#"{"n":7}"#);
}

#[test]
fn u6_a_change_of_which_nothing_is_left_is_passed_over_and_told_with_the_next() {
    let mut desk = Desk::new(r#"{"n":0,"m":0}"#);
    desk.takes(ME, &replace("/m", "1"));
    desk.takes(ME, &replace("/n", "1"));
    desk.takes(THEY, &replace("/n", "2"));
    assert!(desk.undo());
    desk.comes_to(r#"{"n":2,"m":0}"#);
    desk.left_out(&[("/n", "superseded")]);
    assert!(!desk.undo());
}

#[test]
fn u7_a_rejected_or_void_change_leaves_the_history() {
    let mut desk = Desk::new(r#"{"n":0,"m":0,"l":[1]}"#);
    desk.writes(THEY, &format!("{},{}", replace("/n", "9"), remove("/l/0")));
    desk.writes(ME, &replace("/m", "1"));
    let guard = r#"{"op":"test","path":"/n","value":0}"#;
    desk.writes(ME, &format!("{guard},{}", replace("/m", "2")));
    desk.writes(ME, &replace("/l/0", "3"));
    desk.room_hears(THEY);
    desk.comes_to(r#"{"n":9,"m":1,"l":[]}"#);
    assert!(desk.undo());
    desk.comes_to(r#"{"n":9,"m":0,"l":[]}"#);
    assert!(!desk.undo());
}

#[test]
fn u7_a_change_that_the_room_refuses_for_a_reason_of_its_own_leaves_the_history() {
    let mut desk = Desk::new(r#"{"n":0,"m":0}"#);
    desk.writes(ME, &replace("/m", "1"));
    desk.settle();
    desk.writes(ME, &replace("/n", "1"));
    desk.0.collect().expect("it is sent");
    let peer = &mut desk.0.peers[ME];
    let Some(ToRoom::Push { changes, .. }) = peer.up.pop_front() else {
        panic!("a push");
    };
    let refusal = Refusal {
        code: "rejected".into(),
        op: 0,
        rule: "no".into(),
    };
    let verdict = Verdict {
        seq: changes[0].seq,
        tag: changes[0].tag,
        version: peer.client.version(),
        patch: None,
        void: false,
        rejected: Some(refusal),
        lost: Vec::new(),
    };
    let results = vec![verdict];
    peer.client.handle_message(ToClient::Ack { results });
    desk.shows(r#"{"n":0,"m":1}"#);
    assert!(desk.undo());
    desk.shows(r#"{"n":0,"m":0}"#);
    assert!(!desk.undo());
}

#[test]
fn u7_a_disturbed_change_under_something_undone_leaves_the_history() {
    let mut desk = Desk::new(r#"{"n":0,"m":0}"#);
    desk.writes(THEY, &replace("/n", "9"));
    desk.writes(ME, &replace("/n", "1"));
    desk.writes(ME, &replace("/m", "1"));
    assert!(desk.undo());
    desk.room_hears(THEY);
    desk.comes_to(r#"{"n":1,"m":0}"#);
    assert!(
        !desk.can(Chain::Undo),
        "it would write 0, which 9 has replaced"
    );
    assert!(desk.redo());
    desk.comes_to(r#"{"n":1,"m":1}"#);
}

#[test]
fn u8_an_edit_drops_what_could_be_redone() {
    let mut desk = Desk::new(r#"{"n":0}"#);
    desk.writes(ME, &replace("/n", "1"));
    assert!(desk.undo() && desk.can(Chain::Redo));
    desk.writes(ME, &replace("/n", "2"));
    assert!(!desk.can(Chain::Redo) && !desk.redo());
    assert!(desk.undo());
    desk.comes_to(r#"{"n":0}"#);
}

#[test]
fn u9_a_group_and_a_transaction_are_undone_as_one() {
    let mut desk = Desk::new(r#"{"n":0,"m":0}"#);
    desk.writes(ME, &replace("/m", "1"));
    desk.0.peers[ME].client.set_history_group(true, None);
    desk.writes(ME, &replace("/n", "1"));
    desk.takes(ME, &replace("/n", "2"));
    desk.writes(ME, &replace("/n", "3"));
    desk.0.peers[ME].client.set_history_group(false, None);
    desk.0.peers[ME].client.begin();
    desk.writes(ME, &replace("/n", "4"));
    desk.writes(ME, &replace("/n", "5"));
    assert!(!desk.undo(), "a transaction is open");
    desk.0.peers[ME]
        .client
        .end(WriteOptions::default())
        .expect("a change");
    assert!(desk.undo());
    desk.shows(r#"{"n":3,"m":1}"#);
    assert!(desk.undo());
    desk.shows(r#"{"n":0,"m":1}"#);
    assert!(desk.redo());
    desk.shows(r#"{"n":3,"m":1}"#);
    assert!(desk.undo() && desk.undo() && !desk.undo());
    desk.comes_to(r#"{"n":0,"m":0}"#);
}

#[test]
fn u10_the_oldest_entries_leave_first() {
    let undos = |desk: &mut Desk| std::iter::from_fn(|| desk.undo().then_some(())).count();
    let writes = |desk: &mut Desk, times: usize| {
        for time in 0..times {
            desk.takes(ME, &replace("/n", &time.to_string()));
        }
    };
    let mut desk = Desk::new(r#"{"n":0}"#);
    writes(&mut desk, HISTORY_ENTRIES + 5);
    assert_eq!(undos(&mut desk), HISTORY_ENTRIES);
    desk.comes_to(r#"{"n":4}"#);
    for (wanted, kept) in [(3, 3), (0, 0), (1_000_000, 110)] {
        let mut desk = Desk::new(r#"{"n":0}"#);
        desk.0.peers[ME].client.set_history_entries_max(wanted);
        writes(&mut desk, 110);
        assert_eq!(undos(&mut desk), kept);
    }
}

#[test]
fn u10_the_history_holds_so_many_bytes_and_the_newest_entry() {
    let mut desk = Desk::new(r#"{"s":""}"#);
    let text = format!("\"{}\"", "x".repeat(HISTORY_BYTES_MAX / 8));
    for _ in 0..20 {
        desk.takes(ME, &replace("/s", &text));
    }
    let undos = std::iter::from_fn(|| desk.undo().then_some(())).count();
    assert!((3..=8).contains(&undos), "{undos}");
}

#[test]
fn u9_a_group_whose_first_change_is_void_does_not_join_what_was_before() {
    let mut desk = Desk::new(r#"{"n":0,"m":0,"l":[1]}"#);
    desk.takes(ME, &replace("/m", "1"));
    desk.0.peers[ME].client.set_history_group(true, None);
    desk.writes(THEY, &remove("/l/0"));
    desk.writes(ME, &replace("/l/0", "2"));
    desk.room_hears(THEY);
    desk.settle();
    desk.takes(ME, &replace("/n", "1"));
    assert!(desk.undo());
    desk.comes_to(r#"{"n":0,"m":1,"l":[]}"#);
    assert!(desk.undo());
    desk.comes_to(r#"{"n":0,"m":0,"l":[]}"#);
}

#[test]
fn u9_a_group_that_goes_on_and_on_is_several_steps() {
    let mut desk = Desk::new(r#"{"n":0}"#);
    desk.0.peers[ME].client.set_history_group(true, None);
    for time in 1..=1_500 {
        desk.writes(ME, &replace("/n", &time.to_string()));
    }
    desk.settle();
    assert!(desk.undo());
    desk.shows(r#"{"n":1000}"#);
    assert!(desk.undo());
    desk.comes_to(r#"{"n":0}"#);
}

#[test]
fn u10_what_an_undo_would_bring_back_counts() {
    let text = "x".repeat(HISTORY_BYTES_MAX / 10);
    let items: Vec<_> = (0..15).map(|_| format!("\"{text}\"")).collect();
    let mut desk = Desk::new("[]");
    for item in &items {
        desk.takes(THEY, &add("/0", item));
    }
    for _ in &items {
        desk.takes(ME, &remove("/0"));
    }
    let undos = std::iter::from_fn(|| desk.undo().then_some(())).count();
    assert!((7..=10).contains(&undos), "{undos}");
    let redos = std::iter::from_fn(|| desk.redo().then_some(())).count();
    assert_eq!(redos, undos, "going back and forth drops nothing");
}

#[test]
fn u10_an_undo_that_no_message_holds_is_an_error_and_is_forgotten() {
    let text = format!("\"{}\"", "x".repeat(300_000));
    let mut desk = Desk::new(r#"{"l":[],"n":0}"#);
    desk.takes(ME, &replace("/n", "1"));
    for _ in 0..4 {
        desk.takes(THEY, &add("/l/0", &text));
    }
    desk.takes(ME, &remove("/l"));
    let undone = desk.0.peers[ME].client.undo();
    assert!(matches!(undone, Err(Error::TooLarge { .. })), "{undone:?}");
    assert!(!desk.can(Chain::Undo) && !desk.undo());
    desk.takes(ME, &replace("/n", "2"));
    assert!(desk.undo());
    desk.comes_to(r#"{"n":1}"#);
}

#[test]
fn u6_a_report_is_not_lost_with_an_undo_that_fails() {
    let mut desk = Desk::new(r#"{"n":0,"m":0}"#);
    desk.takes(ME, &replace("/m", "1"));
    desk.takes(ME, &replace("/n", "1"));
    desk.takes(THEY, &replace("/n", "2"));
    desk.0.peers[ME].client.set_queue_changes_max(0);
    let undone = desk.0.peers[ME].client.undo();
    assert!(matches!(undone, Err(Error::QueueFull { .. })), "{undone:?}");
    desk.0.peers[ME].client.set_queue_changes_max(10);
    assert!(desk.undo());
    desk.comes_to(r#"{"n":2,"m":0}"#);
    desk.left_out(&[("/n", "superseded")]);
}

#[test]
fn u8_a_change_that_only_looks_is_no_step() {
    let mut desk = Desk::new(r#"{"n":0}"#);
    desk.writes(ME, &replace("/n", "1"));
    assert!(desk.undo());
    desk.writes(ME, r#"{"op":"test","path":"/n","value":0}"#);
    assert!(!desk.can(Chain::Undo) && desk.can(Chain::Redo));
    assert!(desk.redo());
    desk.comes_to(r#"{"n":1}"#);
}

#[test]
fn u11_in_another_history_the_steps_are_rebased_too() {
    let mut desk = Desk::new(r#"{"n":0,"m":0}"#);
    desk.takes(ME, &replace("/n", "1"));
    desk.takes(ME, &replace("/m", "1"));
    desk.cut(ME);
    desk.0.peers[ME].client.handle_opened();
    let welcome = |snapshot: &str| Welcome {
        version: Version(3),
        epoch: Epoch(9),
        last_seq: Seq(0),
        results: Vec::new(),
        catch_up: CatchUp::Snapshot(tree(snapshot)),
        limits: Limits {
            message_bytes_max: MESSAGE_BYTES_MAX,
        },
    };
    let client = &mut desk.0.peers[ME].client;
    client.handle_message(ToClient::Welcome(welcome(r#"{"n":"theirs","m":1}"#)));
    client.handle_opened();
    client.handle_message(ToClient::Welcome(welcome(r#"{"n":"theirs","m":1}"#)));
    desk.shows(r#"{"n":"theirs","m":1}"#);
    assert!(desk.undo());
    desk.shows(r#"{"n":"theirs","m":0}"#);
    assert!(!desk.undo(), "theirs stands");
}

#[test]
fn u11_over_a_snapshot_the_history_is_rebased() {
    let mut desk = Desk::new(r#"{"l":[{"id":1,"n":0},{"id":2,"n":0}]}"#);
    desk.takes(ME, &replace("/l/1/n", "5"));
    desk.takes(ME, &replace("/l/0/n", "6"));
    desk.cut(ME);
    desk.takes(THEY, &add("/l/0", r#"{"id":3,"n":0}"#));
    desk.takes(THEY, &replace("/l/1/n", "7"));
    desk.0.room.trim(0);
    desk.comes(ME);
    desk.comes_to(r#"{"l":[{"id":3,"n":0},{"id":1,"n":7},{"id":2,"n":5}]}"#);
    assert!(desk.undo());
    desk.comes_to(r#"{"l":[{"id":3,"n":0},{"id":1,"n":7},{"id":2,"n":0}]}"#);
    desk.left_out(&[("/l/0/n", "superseded")]);
}
