//! What a patch becomes after an earlier one: part T, as rows of documents and patches.
#![cfg(not(target_arch = "wasm32"))]

use draftsync::apply::{self, Applied, Rules};
use draftsync::error::PatchError;
use draftsync::op::Patch;
use draftsync::protocol::PatchOp;
use draftsync::rebase::{Rebased, Run, Walker, rebase};
use draftsync::tree::Tree;

fn write(doc: &mut Tree, ops: &[PatchOp<Tree>]) -> Result<Applied<Tree>, PatchError> {
    apply::write(doc, ops, &Rules::RFC)
}

fn apply(doc: &mut Tree, patch: &Patch<Tree>) -> Result<Applied<Tree>, PatchError> {
    apply::apply(doc, patch, &Rules::RFC)
}

fn tree(text: &str) -> Tree {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn ops(text: &str) -> Vec<PatchOp<Tree>> {
    serde_json::from_str(&format!("[{text}]")).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A patch as its author's document types it.
fn typed(doc: &Tree, text: &str) -> Patch<Tree> {
    write(&mut doc.clone(), &ops(text))
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .patch
}

fn kinds(rebased: &Rebased<Tree>) -> Vec<&'static str> {
    rebased
        .lost
        .iter()
        .chain(&rebased.refused)
        .map(|lost| lost.kind.word())
        .collect()
}

/// Applies `form`, which must fit and must be exactly its text.
fn advance(doc: &mut Tree, form: &Patch<Tree>) {
    let (mut before, text) = (doc.clone(), form.to_text());
    apply(doc, form).unwrap_or_else(|error| panic!("{text:?} on {before:?}: {error}"));
    let read = write(&mut before, &text).map(|read| read.patch);
    assert_eq!(read.as_ref(), Ok(form), "T14: a form is exactly its text");
}

/// Both patches written on `doc`, `a` first in the room: the document, and b's report.
fn both(doc: &str, a: &str, b: &str) -> (Tree, Vec<&'static str>) {
    let mut doc = tree(doc);
    let (a, b) = (typed(&doc, a), typed(&doc, b));
    let rebased = rebase([(&b, Run::Live)], [&a]).remove(0);
    advance(&mut doc, &a);
    advance(&mut doc, &rebased.patch);
    (doc, kinds(&rebased))
}

/// One row: document, a, b, the document after both, and what b's author is told.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str, &'a [&'a str]);

fn check(rows: &[Row<'_>]) {
    for (doc, a, b, expected, report) in rows {
        let (found, told) = both(doc, a, b);
        assert_eq!(found, tree(expected), "{b} after {a} on {doc}");
        assert_eq!(told, *report, "{b} after {a} on {doc}");
    }
}

/// Shorthands, so that a row fits its line.
fn add(path: &str, value: &str) -> String {
    format!(r#"{{"op":"add","path":"{path}","value":{value}}}"#)
}
fn rep(path: &str, value: &str) -> String {
    format!(r#"{{"op":"replace","path":"{path}","value":{value}}}"#)
}
fn rm(path: &str) -> String {
    format!(r#"{{"op":"remove","path":"{path}"}}"#)
}
fn mv(from: &str, path: &str) -> String {
    format!(r#"{{"op":"move","from":"{from}","path":"{path}"}}"#)
}
fn inc(path: &str, by: &str) -> String {
    format!(r#"{{"op":"inc","path":"{path}","inc":{by}}}"#)
}
fn ins(path: &str, pos: usize, text: &str) -> String {
    format!(r#"{{"op":"str_ins","path":"{path}","pos":{pos},"str":"{text}"}}"#)
}
fn del(path: &str, pos: usize, len: usize) -> String {
    format!(r#"{{"op":"str_del","path":"{path}","pos":{pos},"len":{len}}}"#)
}
fn test(path: &str, value: &str) -> String {
    format!(r#"{{"op":"test","path":"{path}","value":{value}}}"#)
}
fn all(ops: &[String]) -> String {
    ops.join(",")
}

#[test]
fn t1_over_nothing_a_patch_stays_as_it_is() {
    let doc = tree(r#"{"l":[1,2,3],"o":{"k":1},"n":1,"t":"abc"}"#);
    let everything = all(&[
        add("/l/1", "9"),
        mv("/l/0", "/l/3"),
        rm("/l/1"),
        add("/o/k", "2"),
        add("/o/new", "{}"),
        rep("/n", "5"),
        inc("/n", "1"),
        ins("/t", 1, "x"),
        del("/t", 0, 2),
        mv("/o/k", "/k"),
        mv("/k", "/n"),
    ]);
    let patch = typed(&doc, &everything);
    let rebased = rebase([(&patch, Run::Live)], []).remove(0);
    assert_eq!(rebased.patch, patch);
    assert_eq!(rebased.origin, (0..patch.0.len()).collect::<Vec<_>>());
    assert!(rebased.lost.is_empty() && rebased.refused.is_none());
}

#[test]
fn t2_patches_apart_both_hold_in_either_order() {
    let doc = r#"{"o":{"x":1,"y":1},"l":[1,2,3,4],"t":"abcdef","n":1}"#;
    let pairs = [
        (rep("/o/x", "2"), rep("/o/y", "2")),
        (rep("/l/0", "9"), rm("/l/3")),
        (add("/l/1", "9"), rep("/l/2", "8")),
        (mv("/l/0", "/l/1"), rm("/l/3")),
        (ins("/t", 1, "x"), del("/t", 3, 2)),
        (inc("/n", "1"), add("/new", "[]")),
        (mv("/o/x", "/x"), rep("/o/y", "5")),
    ];
    for (a, b) in &pairs {
        let (ab, lost) = both(doc, a, b);
        let (ba, lost_too) = both(doc, b, a);
        assert_eq!(ab, ba, "{a} and {b}");
        assert!(lost.is_empty() && lost_too.is_empty(), "{a} and {b}");
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t3_indices_follow_the_list() {
    let l = "[0,1,2,3]";
    check(&[
        (l, &add("/1", "9"), &rep("/2", "7"), "[0,9,1,7,3]", &[]),
        (l, &rm("/1"), &rep("/2", "7"), "[0,7,3]", &[]),
        (l, &rm("/1"), &rm("/2"), "[0,3]", &[]),
        (l, &rm("/0"), &add("/2", "7"), "[1,7,2,3]", &[]),
        (l, &rm("/0"), &mv("/3", "/1"), "[3,1,2]", &[]),
        (l, &mv("/3", "/0"), &rep("/1", "7"), "[3,0,7,2]", &[]),
        (l, &mv("/0", "/3"), &rm("/2"), "[1,3,0]", &[]),
        (l, &all(&[rm("/0"), rm("/0"), add("/0", "9")]), &rep("/3", "7"), "[9,2,7]", &[]),
        ("[[0],[1]]", &rm("/0"), &add("/1/0", "7"), "[[7,1]]", &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t4_an_edit_follows_what_was_moved() {
    let doc = r#"{"a":{"x":1,"l":[1],"t":"t","n":1},"b":{}}"#;
    let moved = |edit: &str, inside: &str| {
        let expected = format!(r#"{{"b":{{"c":{inside}}}}}"#);
        check(&[(doc, &mv("/a", "/b/c"), edit, &expected, &[])]);
    };
    moved(&rep("/a/x", "2"), r#"{"x":2,"l":[1],"t":"t","n":1}"#);
    moved(&add("/a/new", "2"), r#"{"x":1,"l":[1],"t":"t","n":1,"new":2}"#);
    moved(&add("/a/x", "2"), r#"{"x":2,"l":[1],"t":"t","n":1}"#);
    moved(&add("/a/l/1", "2"), r#"{"x":1,"l":[1,2],"t":"t","n":1}"#);
    moved(&rm("/a/x"), r#"{"l":[1],"t":"t","n":1}"#);
    moved(&inc("/a/n", "1"), r#"{"x":1,"l":[1],"t":"t","n":2}"#);
    moved(&ins("/a/t", 1, "u"), r#"{"x":1,"l":[1],"t":"tu","n":1}"#);
    moved(&mv("/a/x", "/a/y"), r#"{"y":1,"l":[1],"t":"t","n":1}"#);
    moved(&rep("/a", "5"), "5");
    let doc = r#"{"a":1,"b":{}}"#;
    check(&[
        (doc, &rep("/a", "2"), &mv("/a", "/b/c"), r#"{"b":{"c":2}}"#, &[]),
        (doc, &mv("/a", "/b/c"), &rep("/a", "2"), r#"{"b":{"c":2}}"#, &[]),
        ("[0,1,2]", &mv("/0", "/2"), &rep("/0", "9"), "[1,2,9]", &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t5_inserts_at_one_gap_stand_in_order_and_in_runs() {
    let l = "[0,1]";
    check(&[
        (l, &add("/1", "8"), &add("/1", "9"), "[0,8,9,1]", &[]),
        (l, &add("/0", "8"), &add("/0", "9"), "[8,9,0,1]", &[]),
        ("[]", &add("/0", "8"), &add("/0", "9"), "[8,9]", &[]),
        (
            l,
            &all(&[add("/1", "7"), add("/2", "8")]),
            &all(&[add("/1", "5"), add("/2", "6")]),
            "[0,7,8,5,6,1]",
            &[],
        ),
        (
            l,
            &all(&[add("/1", "8"), add("/1", "7")]),
            &all(&[add("/1", "6"), add("/1", "5")]),
            "[0,7,8,5,6,1]",
            &[],
        ),
        ("[0,1,2]", &mv("/2", "/0"), &add("/0", "9"), "[2,9,0,1]", &[]),
        // The gap that an element left is the same gap.
        ("[0,1,2]", &all(&[rm("/1"), add("/1", "8")]), &add("/1", "9"), "[0,8,9,2]", &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t6_an_insert_beside_what_was_removed_keeps_its_place() {
    let l = "[0,1,2,3]";
    check(&[
        (l, &rm("/1"), &add("/1", "9"), "[0,9,2,3]", &[]),
        (l, &rm("/1"), &add("/2", "9"), "[0,9,2,3]", &[]),
        (l, &all(&[rm("/1"), rm("/1")]), &add("/2", "9"), "[0,9,3]", &[]),
        (l, &all(&[rm("/0"), rm("/0"), rm("/0"), rm("/0")]), &add("/2", "9"), "[9]", &[]),
        (l, &mv("/1", "/3"), &add("/2", "9"), "[0,9,2,3,1]", &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t7_appends_both_stand_at_the_end() {
    check(&[
        ("[0]", &add("/-", "8"), &add("/-", "9"), "[0,8,9]", &[]),
        (r#"{"l":[0]}"#, &rm("/l/0"), &add("/l/-", "9"), r#"{"l":[9]}"#, &[]),
        (
            "[0]",
            &all(&[add("/-", "5"), add("/-", "6")]),
            &all(&[add("/-", "7"), add("/-", "8")]),
            "[0,5,6,7,8]",
            &[],
        ),
    ]);
    let form = typed(&tree("[1,2]"), &add("/-", "3"));
    assert_eq!(form.to_text(), ops(&add("/2", "3")), "written as an index");
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t8_without_a_test_the_rest_of_a_patch_holds() {
    let b = all(&[rep("/a/x", "2"), rep("/k", "2"), add("/a/l", "[]"), add("/new", "1")]);
    let told = &["target-gone", "parent-gone"];
    check(&[(r#"{"a":{"x":1},"k":1}"#, &rm("/a"), &b, r#"{"k":2,"new":1}"#, told)]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t9_a_patch_with_a_test_holds_whole_or_not() {
    let doc = r#"{"g":1,"a":{"x":1},"k":1,"l":[1,2]}"#;
    let (guard, k) = (test("/g", "1"), rep("/k", "2"));
    let strict = all(&[guard.clone(), k.clone(), rep("/a/x", "2")]);
    let kept = r#"{"g":1,"k":1,"l":[1,2]}"#;
    check(&[(doc, &rm("/a"), &strict, kept, &["target-gone"])]);
    // The test need not stand first.
    let strict = all(&[k.clone(), rep("/a/x", "2"), guard.clone()]);
    check(&[(doc, &rm("/a"), &strict, kept, &["target-gone"])]);
    // What is gone need not be removed again.
    let removal = all(&[guard.clone(), rm("/a"), k.clone()]);
    let (found, _) = both(doc, &rm("/a"), &removal);
    assert_eq!(found, tree(r#"{"g":1,"k":2,"l":[1,2]}"#));
    // Nothing lost, nothing refused.
    let strict = all(&[guard, k]);
    check(&[(doc, &rm("/l/0"), &strict, r#"{"g":1,"a":{"x":1},"k":2,"l":[2]}"#, &[])]);
}

#[test]
fn t10_a_test_follows_its_target_and_dies_with_it() {
    let doc = r#"{"l":[1,2],"k":1}"#;
    let b = all(&[test("/l/1", "2"), rep("/k", "2")]);
    let patch = |a: &str| {
        let doc = tree(doc);
        rebase([(&typed(&doc, &b), Run::Live)], [&typed(&doc, a)]).remove(0)
    };
    let followed = patch(&rm("/l/0"));
    let expected = ops(&all(&[test("/l/0", "2"), rep("/k", "2")]));
    assert_eq!(followed.patch.to_text(), expected);
    for a in [rm("/l/1"), rep("/l/1", "2"), rep("/l", "[1,2]"), rm("/l")] {
        let dead = patch(&a);
        assert_eq!(kinds(&dead), ["guard-failed"], "{a}");
        assert!(dead.patch.0.is_empty(), "{a}");
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t11_a_void_operation_still_counts_for_those_after_it() {
    check(&[
        // The insert into the removed list shifted what b wrote next.
        (
            r#"{"l":[{"m":[]},5]}"#,
            &rm("/l/0"),
            &all(&[add("/l/0/m/0", "1"), add("/l/0", "9"), rep("/l/2", "6")]),
            r#"{"l":[9,6]}"#,
            &["parent-gone"],
        ),
        // b's index 1 is read in b's list, where the first element is gone.
        ("[0,1,2]", &rm("/0"), &all(&[rm("/0"), rep("/1", "9")]), "[1,9]", &["target-gone"]),
        // The moved node stayed where it was; b's edit of it goes there.
        (
            r#"{"n":{"v":1},"to":{}}"#,
            &rm("/to"),
            &all(&[mv("/n", "/to/n"), rep("/to/n/v", "2")]),
            r#"{"n":{"v":2}}"#,
            &["parent-gone"],
        ),
    ]);
}

#[test]
fn t12_t13_what_is_emitted_applies_and_is_exactly_its_text() {
    // `both` checks the two on every row of this file; here they meet everything at once.
    let doc = r#"{"l":[{"m":[1]},2,3],"o":{"a":1,"b":"text"},"n":1}"#;
    let patches = [
        mv("/l/0", "/l/2"),
        mv("/o", "/l/0/o"),
        mv("/o/a", "/o/b"),
        add("/o/c", "1"),
        add("/l/1", "[1]"),
        rm("/l/0"),
        rm("/o"),
        rep("/o", "{}"),
        rep("", "[]"),
        mv("/l/1", "/l/0/m/0"),
        inc("/n", "2"),
        rep("/n", "{}"),
        ins("/o/b", 2, "é😀"),
        del("/o/b", 1, 3),
        all(&[rm("/n"), add("/n", "5")]),
        all(&[mv("/l", "/o/l"), mv("/o", "/n")]),
    ];
    for a in &patches {
        for b in &patches {
            for c in &patches {
                let mut doc = tree(doc);
                let (a, b, c) = (typed(&doc, a), typed(&doc, b), typed(&doc, c));
                let forms = rebase([(&b, Run::Live)], [&a]);
                advance(&mut doc, &a);
                // The third was written on what the second made of nothing: over both.
                let over = rebase([(&c, Run::Live)], [&a, &forms[0].patch]).remove(0);
                advance(&mut doc, &forms[0].patch);
                advance(&mut doc, &over.patch);
            }
        }
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t14_a_move_into_the_next_sibling_is_two_moves() {
    // Written: the pointer of the list's second element is that of the first after the removal.
    let doc = tree(r#"{"l":["x",["y"],"z"],"k":"x"}"#);
    let b = typed(&doc, &mv("/l/2", "/l/1/0"));
    let rebased = rebase([(&b, Run::Live)], [&typed(&doc, &rm("/l/0"))]).remove(0);
    assert_eq!(rebased.patch.to_text(), ops(&mv("/l/1", "/l/0/0")));
    // Here a brought the moved element directly before the list it goes into.
    let b = typed(&doc, &mv("/l/2", "/l/1/0"));
    let a = typed(&doc, &mv("/l/2", "/l/1"));
    let rebased = rebase([(&b, Run::Live)], [&a]).remove(0);
    let expected = ops(&all(&[mv("/l/1", "/l/2"), mv("/l/2", "/l/1/0")]));
    assert_eq!(rebased.patch.to_text(), expected);
    check(&[(r#"["x",["y"],"z"]"#, &mv("/2", "/1"), &mv("/2", "/1/0"), r#"["x",["z","y"]]"#, &[])]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t15_what_goes_into_something_gone_is_void() {
    let doc = r#"{"o":{"k":1,"l":[]},"x":1}"#;
    for (b, kind) in [
        (add("/o/new", "2"), "parent-gone"),
        (add("/o/k", "2"), "parent-gone"),
        (add("/o/l/0", "2"), "parent-gone"),
    ] {
        check(&[
            (doc, &rm("/o"), &b, r#"{"x":1}"#, &[kind]),
            (doc, &rep("/o", r#"{"l":[]}"#), &b, r#"{"o":{"l":[]},"x":1}"#, &[kind]),
        ]);
    }
    check(&[(
        doc,
        &rep("/o/l", "[5]"),
        &add("/o/l/0", "2"),
        r#"{"o":{"k":1,"l":[5]},"x":1}"#,
        &["parent-gone"],
    )]);
}

#[test]
fn t16_of_two_creates_the_later_stands_as_another_node() {
    let mut doc = tree("{}");
    let (a, b) = (typed(&doc, &add("/k", "1")), typed(&doc, &add("/k", "2")));
    let rebased = rebase([(&b, Run::Live)], [&a]).remove(0);
    assert_eq!(
        rebased.patch.to_text(),
        ops(&all(&[rm("/k"), add("/k", "2")]))
    );
    assert_eq!(kinds(&rebased), ["overwrote"]);
    advance(&mut doc, &a);
    advance(&mut doc, &rebased.patch);
    assert_eq!(doc, tree(r#"{"k":2}"#));
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t17_two_equal_creates_are_one() {
    check(&[
        ("{}", &add("/k", "1.0"), &add("/k", "1"), r#"{"k":1}"#, &["merged"]),
        (
            "{}",
            &all(&[add("/tags", "[]"), add("/tags/0", "1")]),
            &all(&[add("/tags", "[]"), add("/tags/0", "2")]),
            r#"{"tags":[1,2]}"#,
            &["merged"],
        ),
        // Only the very same making is merged, not a value that came there by a move.
        (r#"{"a":1}"#, &mv("/a", "/k"), &add("/k", "1"), r#"{"k":1}"#, &["overwrote"]),
    ]);
}

#[test]
fn t18_a_create_takes_the_place_of_what_was_moved_there() {
    let doc = tree(r#"{"a":{"x":1}}"#);
    let b = typed(&doc, &add("/k", "2"));
    let rebased = rebase([(&b, Run::Live)], [&typed(&doc, &mv("/a", "/k"))]).remove(0);
    assert_eq!(
        rebased.patch.to_text(),
        ops(&all(&[rm("/k"), add("/k", "2")]))
    );
    assert_eq!(kinds(&rebased), ["overwrote"]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t19_a_put_sets_its_node_wherever_it_is() {
    let doc = r#"{"k":1}"#;
    check(&[
        (doc, &mv("/k", "/j"), &add("/k", "2"), r#"{"j":2}"#, &[]),
        (doc, &add("/k", "3"), &add("/k", "2"), r#"{"k":2}"#, &[]),
        (doc, &rep("/k", "3"), &add("/k", "2"), r#"{"k":2}"#, &[]),
        (r#"{"k":1,"l":[]}"#, &mv("/k", "/l/0"), &add("/k", "2"), r#"{"l":[2]}"#, &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t20_a_put_makes_its_member_again() {
    let doc = r#"{"k":1,"o":{}}"#;
    check(&[
        (doc, &rm("/k"), &add("/k", "2"), r#"{"k":2,"o":{}}"#, &[]),
        (
            doc,
            &all(&[rm("/k"), add("/k", "5")]),
            &add("/k", "2"),
            r#"{"k":2,"o":{}}"#,
            &["overwrote"],
        ),
        // In this order the removal comes last.
        (doc, &add("/k", "2"), &rm("/k"), r#"{"o":{}}"#, &[]),
    ]);
    let doc = tree(doc);
    let a = typed(&doc, &all(&[rm("/k"), add("/k", "5")]));
    let rebased = rebase([(&typed(&doc, &add("/k", "2")), Run::Live)], [&a]).remove(0);
    assert_eq!(rebased.patch.to_text(), ops(&all(&[rm("/k"), add("/k", "2")])));
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t21_a_replace_never_brings_back() {
    check(&[
        (r#"{"k":1}"#, &rep("/k", "2"), &rep("/k", "3"), r#"{"k":3}"#, &[]),
        (r#"{"k":1}"#, &add("/k", "2"), &rep("/k", "3"), r#"{"k":3}"#, &[]),
        (r#"{"k":1}"#, &rm("/k"), &rep("/k", "2"), "{}", &["target-gone"]),
        ("[1,2]", &rm("/0"), &rep("/0", "3"), "[2]", &["target-gone"]),
        (r#"{"o":{"x":1}}"#, &rm("/o"), &rep("/o/x", "2"), "{}", &["target-gone"]),
        (
            r#"{"o":{"x":1}}"#,
            &rep("/o", r#"{"x":1}"#),
            &rep("/o/x", "2"),
            r#"{"o":{"x":1}}"#,
            &["target-gone"],
        ),
        (
            r#"{"k":1}"#,
            &all(&[rm("/k"), add("/k", "5")]),
            &rep("/k", "2"),
            r#"{"k":5}"#,
            &["target-gone"],
        ),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t22_what_is_gone_cannot_be_removed_again() {
    check(&[
        ("[1,2]", &rm("/0"), &rm("/0"), "[2]", &["target-gone"]),
        (r#"{"o":{"x":1}}"#, &rm("/o"), &rm("/o/x"), "{}", &["target-gone"]),
        (
            r#"{"o":{"x":1}}"#,
            &rep("/o", r#"{"x":2}"#),
            &rm("/o/x"),
            r#"{"o":{"x":2}}"#,
            &["target-gone"],
        ),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t23_a_removal_beats_an_earlier_replacement() {
    check(&[
        (r#"{"k":1}"#, &rep("/k", "2"), &rm("/k"), "{}", &[]),
        (r#"{"k":1}"#, &add("/k", "2"), &rm("/k"), "{}", &[]),
        ("[1]", &rep("/0", "{}"), &rm("/0"), "[]", &[]),
        (r#"{"k":1}"#, &inc("/k", "2"), &rm("/k"), "{}", &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t24_a_removal_finds_its_node_at_its_new_place() {
    check(&[
        ("[0,1,2]", &mv("/0", "/2"), &rm("/0"), "[1,2]", &[]),
        (r#"{"a":1,"b":2}"#, &mv("/a", "/b"), &rm("/a"), "{}", &[]),
        (r#"{"l":[1],"m":[2]}"#, &mv("/l/0", "/m/0"), &rm("/l/0"), r#"{"l":[],"m":[2]}"#, &[]),
    ]);
}

#[test]
fn t25_what_was_moved_out_survives_a_removal() {
    let doc = r#"{"x":{"n":1,"m":2},"to":{}}"#;
    for b in [rm("/x"), rep("/x", "0"), add("/x", "0")] {
        let (found, told) = both(doc, &mv("/x/n", "/to/n"), &b);
        let Tree::Object(members) = found else {
            panic!()
        };
        assert_eq!(members.get("to"), Some(&tree(r#"{"n":1}"#)), "{b}");
        assert!(told.is_empty(), "{b}");
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t26_what_was_moved_in_goes_with_a_removal_and_is_reported() {
    let doc = r#"{"x":{"m":2},"n":1}"#;
    for (b, expected) in
        [(rm("/x"), "{}"), (rep("/x", "0"), r#"{"x":0}"#), (add("/x", "0"), r#"{"x":0}"#)]
    {
        check(&[(doc, &mv("/n", "/x/n"), &b, expected, &["removed-foreign"])]);
    }
    // What was inside anyhow, or only edited, is not foreign.
    check(&[
        (doc, &mv("/x/m", "/x/k"), &rm("/x"), r#"{"n":1}"#, &[]),
        (doc, &add("/x/new", "1"), &rm("/x"), r#"{"n":1}"#, &[]),
    ]);
    // In the other order the node stays where it was.
    check(&[(doc, &rm("/x"), &mv("/n", "/x/n"), r#"{"n":1}"#, &["parent-gone"])]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t27_t28_a_move_without_node_or_destination_is_void() {
    let doc = r#"{"n":1,"o":{"p":{}},"l":[]}"#;
    check(&[
        (doc, &rm("/n"), &mv("/n", "/o/p/n"), r#"{"o":{"p":{}},"l":[]}"#, &["target-gone"]),
        (doc, &rm("/o"), &mv("/n", "/o/p/n"), r#"{"n":1,"l":[]}"#, &["parent-gone"]),
        (doc, &rep("/o/p", "{}"), &mv("/n", "/o/p/n"), doc, &["parent-gone"]),
        (doc, &rep("/l", "[]"), &mv("/n", "/l/0"), doc, &["parent-gone"]),
        ("[[1],2]", &rep("/0", "[1]"), &mv("/0/0", "/1"), "[[1],2]", &["target-gone"]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t29_of_two_moves_the_later_wins() {
    check(&[
        ("[0,1,2,3]", &mv("/0", "/2"), &mv("/0", "/3"), "[1,2,3,0]", &[]),
        ("[0,1,2,3]", &mv("/0", "/3"), &mv("/0", "/1"), "[1,0,2,3]", &[]),
        (r#"{"a":1}"#, &mv("/a", "/b"), &mv("/a", "/c"), r#"{"c":1}"#, &[]),
        (r#"{"a":1,"l":[]}"#, &mv("/a", "/l/0"), &mv("/a", "/c"), r#"{"l":[],"c":1}"#, &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t30_nothing_comes_to_stand_inside_itself() {
    let doc = r#"{"a":{},"b":{}}"#;
    check(&[
        (doc, &mv("/a", "/b/a"), &mv("/b", "/a/b"), r#"{"b":{"a":{}}}"#, &["cycle"]),
        (doc, &mv("/b", "/a/b"), &mv("/a", "/b/a"), r#"{"a":{"b":{}}}"#, &["cycle"]),
        // b's further edits of what it moved go where that stayed.
        (
            doc,
            &mv("/a", "/b/a"),
            &all(&[mv("/b", "/a/b"), add("/a/b/k", "1")]),
            r#"{"b":{"a":{},"k":1}}"#,
            &["cycle"],
        ),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t31_a_move_names_the_first_of_its_troubles() {
    let doc = r#"{"n":{},"o":{}}"#;
    check(&[
        (doc, &all(&[rm("/n"), rm("/o")]), &mv("/n", "/o/n"), "{}", &["target-gone"]),
        // The destination went into the node, and then its content was replaced.
        (
            doc,
            &all(&[mv("/o", "/n/o"), rep("/n/o", "1")]),
            &mv("/n", "/o/n"),
            r#"{"n":{"o":1}}"#,
            &["parent-gone"],
        ),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t32_a_move_takes_the_place_of_what_came_to_its_key() {
    let doc = r#"{"a":1,"b":2}"#;
    check(&[
        (doc, &add("/k", "5"), &mv("/a", "/k"), r#"{"b":2,"k":1}"#, &["overwrote"]),
        (doc, &mv("/b", "/k"), &mv("/a", "/k"), r#"{"k":1}"#, &["overwrote"]),
        // What it meant to overwrite is no surprise.
        (doc, &rep("/b", "5"), &mv("/a", "/b"), r#"{"b":1}"#, &[]),
        (doc, &rm("/b"), &mv("/a", "/b"), r#"{"b":1}"#, &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t33_a_void_move_overwrites_nothing() {
    check(&[(r#"{"a":1,"b":2}"#, &rm("/a"), &mv("/a", "/b"), r#"{"b":2}"#, &["target-gone"])]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t34_t35_numbers_add_up_and_a_set_counts_from_its_place() {
    let doc = r#"{"n":10}"#;
    check(&[
        (doc, &inc("/n", "3"), &inc("/n", "4"), r#"{"n":17}"#, &[]),
        (doc, &inc("/n", "4"), &inc("/n", "3"), r#"{"n":17}"#, &[]),
        (doc, &rep("/n", "100"), &inc("/n", "3"), r#"{"n":103}"#, &[]),
        (doc, &add("/n", "100"), &inc("/n", "3"), r#"{"n":103}"#, &[]),
        (doc, &inc("/n", "3"), &rep("/n", "100"), r#"{"n":100}"#, &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t36_an_inc_of_what_is_no_number_is_void() {
    let doc = r#"{"n":10}"#;
    check(&[
        (doc, &rep("/n", "[]"), &inc("/n", "3"), r#"{"n":[]}"#, &["not-number"]),
        (
            doc,
            &all(&[rep("/n", "[]"), rep("/n", "1")]),
            &inc("/n", "3"),
            r#"{"n":1}"#,
            &["not-number"],
        ),
        (doc, &all(&[rep("/n", "5"), rep("/n", "1")]), &inc("/n", "3"), r#"{"n":4}"#, &[]),
        (doc, &rm("/n"), &inc("/n", "3"), "{}", &["target-gone"]),
        (doc, &all(&[rm("/n"), add("/n", "1")]), &inc("/n", "3"), r#"{"n":1}"#, &["target-gone"]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t37_text_edits_follow_each_other() {
    let doc = r#"{"t":"abcdef"}"#;
    check(&[
        (doc, &ins("/t", 0, "12"), &ins("/t", 6, "!"), r#"{"t":"12abcdef!"}"#, &[]),
        (doc, &ins("/t", 3, "1"), &ins("/t", 3, "2"), r#"{"t":"abc12def"}"#, &[]),
        (doc, &del("/t", 0, 2), &ins("/t", 4, "!"), r#"{"t":"cd!ef"}"#, &[]),
        (doc, &del("/t", 1, 4), &ins("/t", 3, "!"), r#"{"t":"a!f"}"#, &[]),
        (doc, &ins("/t", 0, "😀"), &del("/t", 1, 1), r#"{"t":"😀acdef"}"#, &[]),
        (r#"{"t":"é😀z"}"#, &del("/t", 0, 1), &ins("/t", 3, "y"), r#"{"t":"😀yz"}"#, &[]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t38_a_deletion_leaves_what_was_written_inside_it() {
    let doc = tree(r#"{"t":"abcdef"}"#);
    let b = typed(&doc, &del("/t", 1, 4));
    let rebased = rebase([(&b, Run::Live)], [&typed(&doc, &ins("/t", 3, "12"))]).remove(0);
    assert_eq!(rebased.patch.to_text(), ops(&all(&[del("/t", 1, 2), del("/t", 3, 2)])));
    check(&[(r#"{"t":"abcdef"}"#, &ins("/t", 3, "12"), &del("/t", 1, 4), r#"{"t":"a12f"}"#, &[])]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t39_of_two_deletions_the_later_takes_what_is_left() {
    let doc = r#"{"t":"abcdef"}"#;
    check(&[
        (doc, &del("/t", 0, 3), &del("/t", 2, 3), r#"{"t":"f"}"#, &[]),
        (doc, &del("/t", 2, 2), &del("/t", 1, 4), r#"{"t":"af"}"#, &[]),
        (doc, &del("/t", 1, 4), &del("/t", 2, 2), r#"{"t":"af"}"#, &["target-gone"]),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t40_edits_of_a_text_that_was_replaced_are_void() {
    let doc = r#"{"t":"abc","l":["abc"]}"#;
    for b in [ins("/t", 1, "x"), del("/t", 0, 1)] {
        check(&[
            (doc, &rep("/t", "\"abc\""), &b, doc, &["content-replaced"]),
            (doc, &rm("/t"), &b, r#"{"l":["abc"]}"#, &["content-replaced"]),
        ]);
    }
    check(&[(doc, &rm("/l"), &ins("/l/0", 0, "x"), r#"{"t":"abc"}"#, &["content-replaced"])]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn t41_a_new_document_ends_what_was_written_on_the_old_one() {
    let doc = r#"{"k":1,"l":[],"t":"t"}"#;
    let new = r#"{"k":5}"#;
    check(&[
        (doc, &rep("", new), &rep("/k", "2"), new, &["target-gone"]),
        (doc, &rep("", new), &add("/k", "2"), new, &["parent-gone"]),
        (doc, &rep("", new), &add("/l/0", "2"), new, &["parent-gone"]),
        (doc, &rep("", new), &ins("/t", 0, "x"), new, &["content-replaced"]),
        (doc, &rep("", new), &rep("", "[1]"), "[1]", &[]),
        (doc, &rep("/k", "2"), &rep("", "[1]"), "[1]", &[]),
    ]);
}

#[test]
fn t42_t43_a_refused_change_leaves_no_trace_in_what_follows() {
    let doc = tree(r#"{"l":[0,1],"o":{}}"#);
    let mut walker = Walker::new();
    walker.foreign(&typed(&doc, &add("/l/0", "9")));
    let mut view = doc.clone();
    let mut next = |text: &str, run: Run| {
        let patch = write(&mut view, &ops(text)).unwrap().patch;
        walker.pending(&patch, run)
    };
    next(&all(&[add("/o/new", "{}"), add("/l/0", "5")]), Run::Refused);
    let touched = next(&add("/o/new/k", "1"), Run::Live);
    assert_eq!(kinds(&touched), ["parent-gone"]);
    assert!(touched.patch.0.is_empty());
    let apart = next(&rep("/l/2", "7"), Run::Live);
    assert_eq!(apart.patch.to_text(), ops(&rep("/l/2", "7")));
    let mut room = doc;
    let foreign = typed(&room, &add("/l/0", "9"));
    advance(&mut room, &foreign);
    advance(&mut room, &apart.patch);
    assert_eq!(room, tree(r#"{"l":[9,0,7],"o":{}}"#));
    // Void is final: a form that is empty has nothing that could come back.
    let again = rebase([(&touched.patch, Run::Live)], []).remove(0);
    assert!(again.patch.0.is_empty() && again.lost.is_empty());
}

#[test]
fn t44_a_report_names_operation_reason_and_path_in_order() {
    let doc = tree(r#"{"a":{"x":1},"k":1,"n":1}"#);
    let b = all(&[
        rep("/k", "2"),
        rep("/a/x", "2"),
        inc("/n", "1"),
        add("/a/y~1z", "1"),
    ]);
    let a = all(&[rm("/a"), rep("/n", "\"\"")]);
    let written = typed(&doc, &b);
    let rebased = rebase([(&written, Run::Live)], [&typed(&doc, &a)]).remove(0);
    let told = |lost: &draftsync::rebase::Lost| {
        let path = written.0[lost.op].path().pointer();
        (lost.op, lost.kind.word(), path)
    };
    let lost: Vec<_> = rebased.lost.iter().map(told).collect();
    assert_eq!(
        lost,
        [
            (1, "target-gone", "/a/x".into()),
            (2, "not-number", "/n".into()),
            (3, "parent-gone", "/a/y~1z".into()),
        ]
    );
    assert_eq!(
        rebased.origin,
        [0],
        "what is left came from the first operation"
    );
}
