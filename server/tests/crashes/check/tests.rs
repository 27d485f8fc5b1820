//! The checker, checked: small histories, each with one thing wrong.

use super::super::document;
use super::*;
use serde_json::json;

const ADA: &str = "0000000000000000000000000000aaaa";
const EPOCH: &str = "0000000000000000000000000000eeee";

/// A change of the log that adds a value at the front.
fn change(version: u64, seq: u64) -> Value {
    let value = format!("aaaa-{seq}");
    let patch = json!([{"op": "add", "path": "/items/0", "value": value}]);
    json!({"version": version, "client_id": ADA, "seq": seq, "tag": tag(seq), "patch": patch})
}

fn tag(seq: u64) -> String {
    format!("{seq:016x}")
}

fn seed() -> Value {
    let patch = json!([{"op": "replace", "path": "", "value": document::empty()}]);
    json!({"version": 1, "client_id": ADA, "seq": 0, "tag": null, "patch": patch})
}

/// A room that was read once, with these changes after its seed.
fn ledger(changes: &[Value]) -> (Ledger, Vec<Fault>) {
    let mut ledger = Ledger::new(0);
    let mut faults = Vec::new();
    let all = [&[seed()], changes].concat();
    ledger.read(&welcome(all.len(), &all), &mut faults);
    (ledger, faults)
}

fn welcome(head: usize, changes: &[Value]) -> Value {
    json!({"epoch": EPOCH, "version": head, "changes": changes})
}

fn offer(seq: u64) -> Offer {
    Offer::new(seq, tag(seq), Some(format!("aaaa-{seq}")))
}

fn told(answers: &[(u64, Answer)], seen: &[Value]) -> Told {
    Told {
        answers: answers
            .iter()
            .map(|(seq, answer)| (offer(*seq), *answer))
            .collect(),
        seen: seen.iter().filter_map(entry).collect(),
        ..Told::default()
    }
}

/// What is wrong when these answers were given and these changes were seen of such a log.
fn heard(log: &[Value], answers: &[(u64, Answer)], seen: &[Value]) -> Vec<Kind> {
    let (mut ledger, mut faults) = ledger(log);
    ledger.hear(ADA, &told(answers, seen), &mut faults);
    faults.iter().map(|fault| fault.kind).collect()
}

#[test]
fn what_is_as_it_was_said_is_no_fault() {
    let log = [change(2, 1), change(3, 2)];
    let answers = [(1, Answer::Taken(2)), (2, Answer::Taken(3))];
    assert_eq!(heard(&log, &answers, &log), []);
    // What was not answered may be there, once, or not.
    assert_eq!(heard(&log, &answers[..1], &[]), []);
}

#[test]
fn an_acknowledged_change_that_is_not_there_is_lost() {
    let answers = [(1, Answer::Taken(2)), (2, Answer::Taken(3))];
    assert_eq!(heard(&[change(2, 1)], &answers, &[]), [Kind::Lost]);
    let shown = [change(2, 1), change(3, 2)];
    assert_eq!(heard(&shown[..1], &[], &shown), [Kind::Lost]);
}

#[test]
fn a_room_that_is_behind_or_another_has_lost() {
    for (epoch, head) in [(EPOCH, 1), ("ffff", 2)] {
        let (mut ledger, mut faults) = ledger(&[change(2, 1)]);
        let welcome = json!({"epoch": epoch, "version": head, "changes": []});
        ledger.read(&welcome, &mut faults);
        assert_eq!(faults.len(), 1, "{epoch} {head}");
        assert_eq!(faults[0].kind, Kind::Lost);
    }
}

#[test]
fn a_change_that_is_there_twice_is_duplicated() {
    let faults = heard(&[change(2, 1), change(3, 1)], &[], &[]);
    assert_eq!(faults, [Kind::Duplicated]);
}

#[test]
fn a_change_that_stands_elsewhere_is_reordered() {
    let log = [change(2, 1), change(3, 2)];
    let faults = heard(&log, &[(1, Answer::Taken(3))], &[]);
    assert_eq!(faults, [Kind::Reordered]);
    assert_eq!(heard(&log, &[], &[change(3, 1)]), [Kind::Reordered]);
    // A client's changes stand in the order in which it made them.
    let log = [change(2, 2), change(3, 1)];
    assert_eq!(heard(&log, &[], &[]), [Kind::Reordered]);
    // And there is no gap.
    assert!(heard(&[change(3, 1)], &[], &[]).contains(&Kind::Reordered));
}

#[test]
fn a_refused_change_that_is_there_is_wrong() {
    let faults = heard(&[change(2, 1)], &[(1, Answer::Refused)], &[]);
    assert!(faults.contains(&Kind::Wrong), "{faults:?}");
}

#[test]
fn a_change_whose_answer_changes_is_wrong() {
    let answers = [(1, Answer::Taken(2)), (1, Answer::Taken(3))];
    let faults = heard(&[change(2, 1), change(3, 2)], &answers, &[]);
    assert!(faults.contains(&Kind::Wrong), "{faults:?}");
}

#[test]
fn a_document_that_is_not_the_fold_of_the_log_is_wrong() {
    let (ledger, mut faults) = ledger(&[change(2, 1)]);
    let right = json!({"items": ["aaaa-1"], "n": 0});
    ledger.compare(&json!({"snapshot": right}), &mut faults);
    assert!(faults.is_empty());
    let wrong = json!({"items": [], "n": 0});
    ledger.compare(&json!({"snapshot": wrong}), &mut faults);
    assert_eq!(faults[0].kind, Kind::Wrong);
}
