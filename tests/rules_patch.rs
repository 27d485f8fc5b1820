//! What patches mean, natively: rules P1 to P24.
#![cfg(not(target_arch = "wasm32"))]

use draftsync::apply::{self, Applied, Rules};
use draftsync::error::PatchError;
use draftsync::op::Patch;
use draftsync::protocol::PatchOp;
use draftsync::tree::Tree;

type Ops = Vec<PatchOp<Tree>>;

fn write(doc: &mut Tree, ops: &[PatchOp<Tree>]) -> Result<Applied<Tree>, PatchError> {
    apply::write(doc, ops, &Rules::RFC)
}

fn apply(doc: &mut Tree, patch: &Patch<Tree>) -> Result<Applied<Tree>, PatchError> {
    apply::apply(doc, patch, &Rules::RFC)
}

fn tree(text: &str) -> Tree {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn text(tree: &Tree) -> String {
    serde_json::to_string(tree).expect("a tree is JSON")
}

fn ops(text: &str) -> Ops {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Applies a patch; takes it back again; checks that a refused one left everything as it was.
fn after(before: &str, patch: &str) -> Result<String, String> {
    let mut doc = tree(before);
    match write(&mut doc, &ops(patch)) {
        Ok(applied) => {
            let after = text(&doc);
            apply(&mut doc, &applied.inverse())
                .unwrap_or_else(|error| panic!("{patch}: inverse: {error}"));
            assert_eq!(doc, tree(before), "{patch}: the inverse");
            Ok(after)
        }
        Err(error) => {
            assert_eq!(doc, tree(before), "{patch}: a failed patch");
            Err(error.reason.word().to_owned())
        }
    }
}

/// Rows of document, one operation, and the document after it.
fn holds(rows: &[(&str, &str, &str)]) {
    for (before, op, expected) in rows {
        let found = after(before, &format!("[{op}]"));
        assert_eq!(found.as_deref(), Ok(*expected), "{op} on {before}");
    }
}

/// Rows of document, one operation, and why it is refused.
fn refused(rows: &[(&str, &str, &str)]) {
    for (before, op, reason) in rows {
        let found = after(before, &format!("[{op}]"));
        assert_eq!(found, Err((*reason).to_owned()), "{op} on {before}");
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p1_a_pointer_names_members_with_escapes() {
    holds(&[
        (r#"{"a/b":1}"#, r#"{"op":"remove","path":"/a~1b"}"#, "{}"),
        (r#"{"m~n":1}"#, r#"{"op":"remove","path":"/m~0n"}"#, "{}"),
        (r#"{"~1":1}"#, r#"{"op":"remove","path":"/~01"}"#, "{}"),
        (r#"{"":{"":1}}"#, r#"{"op":"remove","path":"//"}"#, r#"{"":{}}"#),
        ("{}", r#"{"op":"add","path":"/ä😀","value":1}"#, r#"{"ä😀":1}"#),
    ]);
    refused(&[
        (r#"{"a":1}"#, r#"{"op":"remove","path":"a"}"#, "bad-pointer"),
        (r#"{"a~":1}"#, r#"{"op":"remove","path":"/a~"}"#, "bad-pointer"),
        (r#"{"~2":1}"#, r#"{"op":"remove","path":"/~2"}"#, "bad-pointer"),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p2_the_container_decides_between_index_and_member() {
    holds(&[
        (r#"{"0":1}"#, r#"{"op":"replace","path":"/0","value":2}"#, r#"{"0":2}"#),
        (r#"{"01":1}"#, r#"{"op":"remove","path":"/01"}"#, "{}"),
        (r#"{"-":1}"#, r#"{"op":"remove","path":"/-"}"#, "{}"),
        ("[1]", r#"{"op":"replace","path":"/0","value":2}"#, "[2]"),
        (r#"[{"0":[5]}]"#, r#"{"op":"remove","path":"/0/0/0"}"#, r#"[{"0":[]}]"#),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p3_an_index_is_plain_and_in_bounds() {
    holds(&[
        ("[]", r#"{"op":"add","path":"/0","value":1}"#, "[1]"),
        ("[1,2]", r#"{"op":"add","path":"/2","value":3}"#, "[1,2,3]"),
        ("[1,2]", r#"{"op":"copy","from":"/0","path":"/2"}"#, "[1,2,1]"),
        ("[1,2]", r#"{"op":"move","from":"/0","path":"/1"}"#, "[2,1]"),
    ]);
    refused(&[
        ("[1,2]", r#"{"op":"add","path":"/3","value":3}"#, "out-of-range"),
        ("[1,2]", r#"{"op":"replace","path":"/2","value":3}"#, "out-of-range"),
        ("[1,2]", r#"{"op":"remove","path":"/2"}"#, "out-of-range"),
        ("[1,2]", r#"{"op":"move","from":"/0","path":"/2"}"#, "out-of-range"),
    ]);
    for index in ["01", "+1", "-1", "1e0", "1.0", " 1", "1 ", "", "a", "٣", "99999999999999999999"]
    {
        let op = format!(r#"{{"op":"replace","path":"/{index}","value":3}}"#);
        assert_eq!(after("[1,2]", &format!("[{op}]")), Err("bad-index".into()), "{op}");
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p4_the_dash_is_the_place_after_the_last() {
    holds(&[
        ("[1]", r#"{"op":"add","path":"/-","value":2}"#, "[1,2]"),
        ("[1]", r#"{"op":"copy","from":"/0","path":"/-"}"#, "[1,1]"),
        ("[1,2]", r#"{"op":"move","from":"/0","path":"/-"}"#, "[2,1]"),
    ]);
    for op in [
        r#"{"op":"replace","path":"/-","value":2}"#,
        r#"{"op":"remove","path":"/-"}"#,
        r#"{"op":"test","path":"/-","value":1}"#,
        r#"{"op":"copy","from":"/-","path":"/0"}"#,
        r#"{"op":"move","from":"/-","path":"/0"}"#,
        r#"{"op":"inc","path":"/-","inc":1}"#,
        r#"{"op":"add","path":"/-/a","value":1}"#,
    ] {
        assert!(after("[1]", &format!("[{op}]")).is_err(), "{op}");
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p5_only_own_members_exist() {
    for path in ["/length", "/constructor", "/toString", "/__proto__", "/hasOwnProperty"] {
        for before in ["{}", "[1]", r#"{"a":{}}"#] {
            for op in [
                format!(r#"[{{"op":"remove","path":"{path}"}}]"#),
                format!(r#"[{{"op":"copy","from":"{path}","path":"/x"}}]"#),
                format!(r#"[{{"op":"test","path":"{path}","value":1}}]"#),
                format!(r#"[{{"op":"add","path":"{path}/x","value":1}}]"#),
            ] {
                assert!(after(before, &op).is_err(), "{op} on {before}");
            }
        }
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p6_proto_is_refused_as_a_key_and_its_cousins_are_not() {
    holds(&[
        (
            "{}",
            r#"{"op":"add","path":"/constructor","value":{"prototype":1}}"#,
            r#"{"constructor":{"prototype":1}}"#,
        ),
        (r#"{"prototype":1}"#, r#"{"op":"remove","path":"/prototype"}"#, "{}"),
    ]);
    refused(&[
        ("{}", r#"{"op":"add","path":"/__proto__","value":1}"#, "proto-key"),
        (r#"{"a":{}}"#, r#"{"op":"add","path":"/a/__proto__/b","value":1}"#, "proto-key"),
        (r#"{"a":1}"#, r#"{"op":"move","from":"/a","path":"/__proto__"}"#, "proto-key"),
        (r#"{"a":1}"#, r#"{"op":"copy","from":"/__proto__","path":"/a"}"#, "proto-key"),
    ]);
    for value in [r#"{"__proto__":1}"#, r#"[{"a":{"__proto__":{}}}]"#, r#"{"\u005f_proto__":1}"#] {
        assert!(serde_json::from_str::<Tree>(value).is_err(), "{value}");
    }
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p7_add_sets_a_member_and_inserts_an_element() {
    holds(&[
        ("{}", r#"{"op":"add","path":"/a","value":1}"#, r#"{"a":1}"#),
        (r#"{"a":1,"b":2}"#, r#"{"op":"add","path":"/a","value":3}"#, r#"{"a":3,"b":2}"#),
        ("[1,3]", r#"{"op":"add","path":"/1","value":2}"#, "[1,2,3]"),
    ]);
    refused(&[
        ("{}", r#"{"op":"add","path":"/a/b","value":1}"#, "parent-missing"),
        (r#"{"a":1}"#, r#"{"op":"add","path":"/a/b","value":1}"#, "parent-missing"),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p8_replace_and_remove_need_a_target() {
    holds(&[
        ("[1,2,3]", r#"{"op":"remove","path":"/1"}"#, "[1,3]"),
        (r#"{"a":1,"b":2}"#, r#"{"op":"remove","path":"/a"}"#, r#"{"b":2}"#),
        (r#"{"a":1}"#, r#"{"op":"replace","path":"/a","value":[]}"#, r#"{"a":[]}"#),
    ]);
    refused(&[
        ("{}", r#"{"op":"replace","path":"/a","value":1}"#, "target-missing"),
        ("{}", r#"{"op":"remove","path":"/a"}"#, "target-missing"),
        ("{}", r#"{"op":"remove","path":"/a/b"}"#, "parent-missing"),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p9_a_move_reads_its_path_after_the_removal() {
    holds(&[
        ("[0,1,2,3]", r#"{"op":"move","from":"/0","path":"/2"}"#, "[1,2,0,3]"),
        ("[0,1,2,3]", r#"{"op":"move","from":"/3","path":"/0"}"#, "[3,0,1,2]"),
        (r#"{"a":1,"l":[]}"#, r#"{"op":"move","from":"/a","path":"/l/0"}"#, r#"{"l":[1]}"#),
        (r#"{"a":1,"b":2}"#, r#"{"op":"move","from":"/a","path":"/b"}"#, r#"{"b":1}"#),
        (r#"{"a":1}"#, r#"{"op":"move","from":"/a","path":"/a"}"#, r#"{"a":1}"#),
        ("[1,2]", r#"{"op":"move","from":"/1","path":"/1"}"#, "[1,2]"),
        (r#"{"a":{"b":1}}"#, r#"{"op":"move","from":"/a/b","path":"/a"}"#, r#"{"a":1}"#),
    ]);
    refused(&[
        ("{}", r#"{"op":"move","from":"/a","path":"/a"}"#, "target-missing"),
        ("{}", r#"{"op":"move","from":"/a","path":"/b"}"#, "target-missing"),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p10_nothing_moves_into_itself() {
    refused(&[
        (r#"{"a":{"b":{}}}"#, r#"{"op":"move","from":"/a","path":"/a/b/c"}"#, "into-itself"),
        (r#"[1,{"l":[]}]"#, r#"{"op":"move","from":"/0","path":"/0/l/0"}"#, "into-itself"),
        (r#"{"a":{}}"#, r#"{"op":"move","from":"","path":"/a/b"}"#, "into-itself"),
    ]);
    // A longer name is no child.
    holds(&[(r#"{"a":1}"#, r#"{"op":"move","from":"/a","path":"/ab"}"#, r#"{"ab":1}"#)]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p11_a_copy_goes_its_own_way() {
    holds(&[
        (r#"{"a":[1]}"#, r#"{"op":"copy","from":"/a","path":"/b"}"#, r#"{"a":[1],"b":[1]}"#),
        ("[[1]]", r#"{"op":"copy","from":"/0","path":"/0"}"#, "[[1],[1]]"),
        (r#"{"a":{}}"#, r#"{"op":"copy","from":"/a","path":"/a/b"}"#, r#"{"a":{"b":{}}}"#),
    ]);
    let patch = r#"[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/-","value":2}]"#;
    assert_eq!(after(r#"{"a":[1]}"#, patch).as_deref(), Ok(r#"{"a":[1],"b":[1,2]}"#));
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p12_the_root_is_an_object_or_an_array() {
    holds(&[
        ("{}", r#"{"op":"replace","path":"","value":[1]}"#, "[1]"),
        ("[]", r#"{"op":"add","path":"","value":{"a":1}}"#, r#"{"a":1}"#),
        (r#"{"a":[1]}"#, r#"{"op":"move","from":"/a","path":""}"#, "[1]"),
        (r#"{"a":{"b":1}}"#, r#"{"op":"copy","from":"/a","path":""}"#, r#"{"b":1}"#),
        (r#"{"a":1}"#, r#"{"op":"test","path":"","value":{"a":1}}"#, r#"{"a":1}"#),
    ]);
    refused(&[
        ("{}", r#"{"op":"replace","path":"","value":1}"#, "root"),
        ("{}", r#"{"op":"add","path":"","value":null}"#, "root"),
        ("{}", r#"{"op":"remove","path":""}"#, "root"),
        (r#"{"a":"x"}"#, r#"{"op":"move","from":"/a","path":""}"#, "root"),
        (r#"{"a":1}"#, r#"{"op":"copy","from":"/a","path":""}"#, "root"),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p13_a_test_compares_json() {
    for (before, value) in [
        (r#"{"v":{"a":1,"b":2}}"#, r#"{"b":2,"a":1}"#),
        (r#"{"v":[1,[2,{}]]}"#, "[1,[2,{}]]"),
        (r#"{"v":1}"#, "1.0"),
        (r#"{"v":100}"#, "1e2"),
        (r#"{"v":0}"#, "-0.0"),
        (r#"{"v":"é"}"#, r#""\u00e9""#),
        (r#"{"v":null}"#, "null"),
    ] {
        let patch = format!(r#"[{{"op":"test","path":"/v","value":{value}}}]"#);
        assert!(after(before, &patch).is_ok(), "{value} on {before}");
    }
    for (before, value) in [
        (r#"{"v":[1,2]}"#, "[2,1]"),
        (r#"{"v":{"a":1}}"#, r#"{"a":1,"b":null}"#),
        (r#"{"v":{"a":1,"b":null}}"#, r#"{"a":1}"#),
        (r#"{"v":{"a":1}}"#, r#"{"b":1}"#),
        (r#"{"v":"1"}"#, "1"),
        (r#"{"v":0}"#, "false"),
        (r#"{"v":[]}"#, "{}"),
        (r#"{"v":"é"}"#, r#""e\u0301""#),
    ] {
        let patch = format!(r#"[{{"op":"test","path":"/v","value":{value}}}]"#);
        assert_eq!(after(before, &patch), Err("test-failed".into()), "{value} on {before}");
    }
    refused(&[("{}", r#"{"op":"test","path":"/v","value":null}"#, "target-missing")]);
}

#[test]
fn p13_a_failed_test_refuses_the_whole_patch() {
    let patch = r#"[{"op":"add","path":"/a","value":2},{"op":"test","path":"/a","value":1}]"#;
    assert_eq!(after(r#"{"a":1}"#, patch), Err("test-failed".into()));
    // A test sees what the operations before it did.
    let patch = r#"[{"op":"add","path":"/a","value":2},{"op":"test","path":"/a","value":2}]"#;
    assert_eq!(after(r#"{"a":1}"#, patch).as_deref(), Ok(r#"{"a":2}"#));
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p14_inc_is_one_addition_of_doubles() {
    holds(&[
        (r#"{"n":1}"#, r#"{"op":"inc","path":"/n","inc":2}"#, r#"{"n":3}"#),
        ("[1.5]", r#"{"op":"inc","path":"/0","inc":-2}"#, "[-0.5]"),
        (r#"{"n":0.1}"#, r#"{"op":"inc","path":"/n","inc":0.2}"#, r#"{"n":0.30000000000000004}"#),
    ]);
    refused(&[
        ("{}", r#"{"op":"inc","path":"/n","inc":1}"#, "target-missing"),
        (r#"{"n":"1"}"#, r#"{"op":"inc","path":"/n","inc":1}"#, "not-number"),
        (r#"{"n":null}"#, r#"{"op":"inc","path":"/n","inc":1}"#, "not-number"),
        (
            r#"{"n":1.7976931348623157e308}"#,
            r#"{"op":"inc","path":"/n","inc":1e308}"#,
            "not-number",
        ),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p15_texts_are_cut_and_filled() {
    holds(&[
        (r#"{"t":""}"#, r#"{"op":"str_ins","path":"/t","pos":0,"str":"ab"}"#, r#"{"t":"ab"}"#),
        (r#"{"t":"ac"}"#, r#"{"op":"str_ins","path":"/t","pos":1,"str":"b"}"#, r#"{"t":"abc"}"#),
        (r#"{"t":"a"}"#, r#"{"op":"str_ins","path":"/t","pos":1,"str":"b"}"#, r#"{"t":"ab"}"#),
        (r#"["abc"]"#, r#"{"op":"str_del","path":"/0","pos":1,"len":2}"#, r#"["a"]"#),
        (r#"["abc"]"#, r#"{"op":"str_del","path":"/0","pos":3,"len":0}"#, r#"["abc"]"#),
    ]);
    refused(&[
        (r#"{"t":"a"}"#, r#"{"op":"str_ins","path":"/t","pos":2,"str":"b"}"#, "bad-offset"),
        (r#"{"t":"abc"}"#, r#"{"op":"str_del","path":"/t","pos":1,"len":3}"#, "bad-offset"),
        (r#"{"t":"abc"}"#, r#"{"op":"str_del","path":"/t","pos":4,"len":0}"#, "bad-offset"),
        (r#"{"t":1}"#, r#"{"op":"str_ins","path":"/t","pos":0,"str":"b"}"#, "not-text"),
        (r#"{"t":["a"]}"#, r#"{"op":"str_del","path":"/t","pos":0,"len":1}"#, "not-text"),
        ("{}", r#"{"op":"str_ins","path":"/t","pos":0,"str":"b"}"#, "target-missing"),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p16_offsets_count_utf16_and_never_cut_a_pair() {
    holds(&[
        (
            r#"{"t":"é😀!"}"#,
            r#"{"op":"str_ins","path":"/t","pos":3,"str":"x"}"#,
            r#"{"t":"é😀x!"}"#,
        ),
        (r#"{"t":"é😀!"}"#, r#"{"op":"str_del","path":"/t","pos":1,"len":2}"#, r#"{"t":"é!"}"#),
        (r#"{"t":"漢字"}"#, r#"{"op":"str_del","path":"/t","pos":1,"len":1}"#, r#"{"t":"漢"}"#),
    ]);
    refused(&[
        (r#"{"t":"😀"}"#, r#"{"op":"str_ins","path":"/t","pos":1,"str":"x"}"#, "bad-offset"),
        (r#"{"t":"😀"}"#, r#"{"op":"str_del","path":"/t","pos":0,"len":1}"#, "bad-offset"),
        (r#"{"t":"a😀"}"#, r#"{"op":"str_del","path":"/t","pos":2,"len":1}"#, "bad-offset"),
    ]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p17_operations_are_read_whole_or_refused() {
    for op in [
        r#"{"op":"add","path":"/a"}"#,
        r#"{"op":"remove"}"#,
        r#"{"op":"move","path":"/a"}"#,
        r#"{"op":"merge","path":"/a","value":1}"#,
        r#"{"path":"/a","value":1}"#,
        r#"{"op":"remove","path":1}"#,
        r#"{"op":"inc","path":"/a","inc":null}"#,
        r#"{"op":"str_del","path":"/a","pos":-1,"len":1}"#,
    ] {
        assert!(serde_json::from_str::<PatchOp<Tree>>(op).is_err(), "{op}");
    }
    holds(&[
        (r#"{"a":1}"#, r#"{"op":"remove","path":"/a","value":3,"note":{}}"#, "{}"),
        ("{}", r#"{"op":"add","path":"/a","value":null}"#, r#"{"a":null}"#),
        (r#"{"a":1}"#, r#"{"op":"replace","path":"/a","value":null}"#, r#"{"a":null}"#),
    ]);
}

/// One patch that does everything, so that each prefix of it can be followed by a failure.
const EVERYTHING: &str = r#"[
    {"op":"add","path":"/new","value":{"deep":[1,2,3]}},
    {"op":"add","path":"/n","value":5},
    {"op":"add","path":"/list/1","value":"x"},
    {"op":"replace","path":"/list/0","value":{"a":1}},
    {"op":"move","from":"/list/3","path":"/list/0"},
    {"op":"move","from":"/list/0","path":"/new/deep/1"},
    {"op":"move","from":"/new/deep","path":"/text"},
    {"op":"copy","from":"/text","path":"/copy"},
    {"op":"inc","path":"/n","inc":0.5},
    {"op":"str_ins","path":"/other","pos":1,"str":"é😀"},
    {"op":"str_del","path":"/other","pos":0,"len":2},
    {"op":"remove","path":"/list/0"},
    {"op":"remove","path":"/copy"},
    {"op":"replace","path":"","value":[{"whole":"document"}]}
]"#;
const BEFORE: &str = r#"{"n":1,"list":["a","b","c"],"text":"t","other":"other"}"#;

#[test]
fn p18_p19_every_prefix_is_undone_by_its_inverse_and_by_a_failure() {
    let all = ops(EVERYTHING);
    for length in 0..=all.len() {
        let prefix = serde_json::to_string(&all[..length]).unwrap();
        after(BEFORE, &prefix).unwrap_or_else(|error| panic!("{length} operations: {error}"));
        let mut failing = all[..length].to_vec();
        failing.extend(ops(r#"[{"op":"remove","path":"/nowhere/to/be"}]"#));
        let failing = serde_json::to_string(&failing).unwrap();
        assert!(
            after(BEFORE, &failing).is_err(),
            "{length} operations and a failure"
        );
    }
}

#[test]
fn p20_an_error_names_operation_path_and_reason() {
    let mut doc = tree("{}");
    let patch = ops(
        r#"[{"op":"add","path":"/a","value":1},{"op":"remove","path":"/x~1y"},{"op":"remove","path":"/z"}]"#,
    );
    let error = write(&mut doc, &patch).unwrap_err();
    assert_eq!((error.op, error.path.as_str()), (1, "/x~1y"));
    assert_eq!(error.reason.word(), "target-missing");
    assert!(error.to_string().contains("/x~1y"), "{error}");
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p21_members_stand_in_the_order_in_which_they_were_made() {
    holds(&[
        (r#"{"b":1,"a":2}"#, r#"{"op":"add","path":"/0","value":3}"#, r#"{"b":1,"a":2,"0":3}"#),
        (r#"{"b":1,"a":2}"#, r#"{"op":"replace","path":"/b","value":3}"#, r#"{"b":3,"a":2}"#),
        (r#"{"b":1,"a":2}"#, r#"{"op":"add","path":"/b","value":3}"#, r#"{"b":3,"a":2}"#),
    ]);
    // The same where an object is large enough to be kept as a map.
    let names: Vec<_> = (0..100).rev().map(|number| format!("\"k{number}\":0")).collect();
    let before = format!("{{{}}}", names.join(","));
    let expected = before.replace("\"k70\":0", "\"k70\":1");
    let patch = r#"[{"op":"replace","path":"/k70","value":1}]"#;
    assert_eq!(after(&before, patch).as_deref(), Ok(expected.as_str()));
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p22_numbers_are_finite_and_zero_has_no_sign() {
    for number in ["1e999", "-1e999", "1e309"] {
        assert!(serde_json::from_str::<Tree>(number).is_err(), "{number}");
    }
    for zero in ["-0", "-0.0", "-0e5", "-1e-999"] {
        assert_eq!(text(&tree(zero)), "0", "{zero}");
    }
    holds(&[(r#"{"n":-1}"#, r#"{"op":"inc","path":"/n","inc":1}"#, r#"{"n":0}"#)]);
}

#[test]
#[rustfmt::skip] // Rows read best when each is a line.
fn p23_numbers_are_read_and_written_to_the_last_bit() {
    for (read, written) in [
        ("1.0", "1"),
        ("1e2", "100"),
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740991.0", "-9007199254740991"),
        ("0.1", "0.1"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("5e-324", "5e-324"),
    ] {
        assert_eq!(text(&tree(read)), written, "{read}");
    }
    // Texts on which a reader that rounds twice goes wrong, beside doubles of every size.
    for exact in [
        (9_007_199_254_740_993_f64, "9007199254740993"),
        (1.7976931348623157e308, "179769313486231570000e288"),
        (2.225073858507201e-308, "2.2250738585072011e-308"),
        (8.41e21, "8.41E+21"),
        (5.0052e-318, "5.0052e-318"),
        (0.000_001_234_567_890_123_456_7, "1.2345678901234567e-6"),
    ] {
        let Tree::Number(read) = tree(exact.1) else { panic!("{}", exact.1) };
        assert_eq!(read.to_bits(), exact.0.to_bits(), "{}", exact.1);
    }
    let mut bits: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..10_000 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let number = f64::from_bits(bits ^ (bits >> 29));
        if number.is_finite() {
            let Tree::Number(again) = tree(&text(&Tree::Number(number))) else { panic!() };
            assert_eq!(again, number, "{number:e}");
        }
    }
}

#[test]
fn p24_surrogates_come_in_pairs() {
    for refused in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\udc00\ud800""#,
        r#"{"\ud800":1}"#,
    ] {
        assert!(serde_json::from_str::<Tree>(refused).is_err(), "{refused}");
    }
    assert_eq!(text(&tree(r#""\ud83d\ude00""#)), r#""😀""#);
}
