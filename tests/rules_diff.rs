//! The difference of two documents: what is the same thing in both, and what it costs.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use draftsync::apply::{self, Rules};
use draftsync::diff::{ARRAY_OPS_MAX, diff};
use draftsync::doc::{Kind, Value};
use draftsync::error::Reason;
use draftsync::op::{Op, Patch};
use draftsync::path::Token;
use draftsync::rebase::{Run, rebase};
use draftsync::tree::Tree;
use std::cell::Cell;
use std::sync::Arc;
use support::{Dice, edit, items, object, shuffle, tree};

/// The difference as the text of its operations.
fn lines(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (tree(old), tree(new));
    let patch = checked(&old, &new);
    let ops = patch.to_text();
    ops.iter()
        .map(|op| serde_json::to_string(op).expect("JSON"))
        .collect()
}

/// The difference, after a look whether it is one.
fn checked(old: &Tree, new: &Tree) -> Patch<Tree> {
    let (patch, _) = diff(old, new);
    let mut doc = old.clone();
    apply::apply(&mut doc, &patch, &Rules::RFC)
        .unwrap_or_else(|error| panic!("{error}: {old:?} to {new:?}: {patch:?}"));
    assert_eq!(&doc, new, "from {old:?} by {patch:?}");
    patch
}

fn is_move(op: &Op<Tree>) -> bool {
    matches!(op, Op::Move { .. })
}

#[test]
fn t46_the_difference_leads_from_one_document_to_the_other() {
    let mut dice = Dice::new(45);
    for round in 0..100_000 {
        let old = match round % 2 {
            0 => object(&mut dice, 4),
            _ => items(&mut dice),
        };
        let new = match round % 5 {
            0 => object(&mut dice, 4),
            1 => items(&mut dice),
            _ => shuffle(&mut dice, &old),
        };
        let patch = checked(&old, &new);
        // What is written is what is read back: the typed patch is its text.
        let mut doc = old.clone();
        let typed = apply::write(&mut doc, &patch.to_text(), &Rules::RFC).unwrap();
        assert_eq!(typed.patch, patch);
    }
}

#[test]
fn t46_there_is_no_difference_between_equal_documents() {
    let mut dice = Dice::new(46);
    for _ in 0..1_000 {
        let doc = items(&mut dice);
        assert!(diff(&doc, &doc).0.0.is_empty());
        let text = serde_json::to_string(&doc).unwrap();
        assert!(diff(&doc, &tree(&text)).0.0.is_empty(), "{text}");
    }
}

#[test]
fn t46_pending_is_rebased_over_the_difference_as_over_any_patch() {
    let mut dice = Dice::new(47);
    let mut all = 0;
    for _ in 0..10_000 {
        let old = items(&mut dice);
        let new = shuffle(&mut dice, &old);
        let (patch, mut walker) = diff(&old, &new);
        let mut doc = old.clone();
        let pending: Vec<Patch<Tree>> = (0..3)
            .filter_map(|_| {
                let op = edit(&mut dice, &doc);
                let applied = apply::write(&mut doc, &[op], &Rules::RFC);
                Some(applied.ok()?.patch)
            })
            .collect();
        let live = pending.iter().map(|patch| (patch, Run::Live));
        let expected = rebase(live, [&patch]);
        let mut doc = new.clone();
        for (pending, expected) in pending.iter().zip(expected) {
            let form = walker.pending(pending, Run::Live);
            assert_eq!(form.patch, expected.patch, "{pending:?} over {patch:?}");
            assert_eq!(form.lost, expected.lost, "{pending:?} over {patch:?}");
            apply::apply(&mut doc, &form.patch, &Rules::RFC).expect("a form applies");
            all += 1;
        }
    }
    assert!(all > 20_000, "{all} patches");
}

#[test]
fn t47_what_has_an_id_is_the_same_thing_wherever_it_stands() {
    let rows: [(&str, &str, &[&str]); 8] = [
        // A field of an item that moved is an operation of its own.
        (
            r#"[{"id":1,"n":1},{"id":2},{"id":3}]"#,
            r#"[{"id":2},{"id":3},{"id":1,"n":2}]"#,
            &[
                r#"{"op":"move","from":"/0","path":"/2"}"#,
                r#"{"op":"replace","path":"/2/n","value":2}"#,
            ],
        ),
        // `_id` and `key` are ids too, and a text is not a number.
        (
            r#"[{"_id":"1"},{"key":1},{"id":1}]"#,
            r#"[{"id":1},{"_id":"1"},{"key":1}]"#,
            &[r#"{"op":"move","from":"/2","path":"/0"}"#],
        ),
        // Another array that was there.
        (
            r#"{"a":[{"id":1,"s":"x"}],"b":[{"id":2}]}"#,
            r#"{"a":[],"b":[{"id":2},{"id":1,"s":"xy"}]}"#,
            &[
                r#"{"op":"move","from":"/a/0","path":"/b/1"}"#,
                r#"{"op":"str_ins","path":"/b/1/s","pos":1,"str":"y"}"#,
            ],
        ),
        // Out of an item that goes, and out of what is replaced.
        (
            r#"{"a":[{"id":1,"in":[{"id":3}]}],"b":[],"c":{"in":[{"id":4}]}}"#,
            r#"{"a":[],"b":[{"id":3},{"id":4}],"c":0}"#,
            &[
                r#"{"op":"move","from":"/a/0/in/0","path":"/b/0"}"#,
                r#"{"op":"move","from":"/c/in/0","path":"/b/1"}"#,
                r#"{"op":"remove","path":"/a/0"}"#,
                r#"{"op":"replace","path":"/c","value":0}"#,
            ],
        ),
        // Two items that change places as parent and child.
        (
            r#"[{"id":1,"in":[{"id":2,"in":[]}]}]"#,
            r#"[{"id":2,"in":[{"id":1,"in":[]}]}]"#,
            &[
                r#"{"op":"move","from":"/0/in/0","path":"/0"}"#,
                r#"{"op":"move","from":"/1","path":"/0/in/0"}"#,
            ],
        ),
        // An array that was not there takes copies.
        (
            r#"{"a":[{"id":1}]}"#,
            r#"{"a":[],"b":[{"id":1}]}"#,
            &[
                r#"{"op":"add","path":"/b","value":[{"id":1}]}"#,
                r#"{"op":"remove","path":"/a/0"}"#,
            ],
        ),
        // An id that stands twice in a document still counts in its array.
        (
            r#"{"a":[{"id":1},{"id":2}],"b":[{"id":1},{"id":2}]}"#,
            r#"{"a":[{"id":2},{"id":1}],"b":[{"id":2}]}"#,
            &[
                r#"{"op":"move","from":"/a/1","path":"/a/0"}"#,
                r#"{"op":"remove","path":"/b/0"}"#,
            ],
        ),
        // An item that goes is not made into the one that comes.
        (
            r#"[{"id":1,"n":1}]"#,
            r#"[{"id":2,"n":1}]"#,
            &[
                r#"{"op":"add","path":"/0","value":{"id":2,"n":1}}"#,
                r#"{"op":"remove","path":"/1"}"#,
            ],
        ),
    ];
    for (old, new, expected) in rows {
        assert_eq!(lines(old, new), expected, "{old} to {new}");
    }
}

#[test]
fn t47_what_has_no_id_is_the_same_by_its_place_between_equal_ends() {
    let rows: [(&str, &str, &[&str]); 5] = [
        (
            r#"[1,2,3]"#,
            r#"[1,9,3]"#,
            &[r#"{"op":"replace","path":"/1","value":9}"#],
        ),
        (
            r#"[{"n":1},{"n":2}]"#,
            r#"[{"n":1},{"n":0},{"n":2}]"#,
            &[r#"{"op":"add","path":"/1","value":{"n":0}}"#],
        ),
        (
            r#"["a","b","c","d"]"#,
            r#"["a","d"]"#,
            &[
                r#"{"op":"remove","path":"/1"}"#,
                r#"{"op":"remove","path":"/1"}"#,
            ],
        ),
        // One that is changed between the ends keeps its node.
        (
            r#"[0,{"n":1,"m":1},2,3]"#,
            r#"[0,{"n":2,"m":1},3]"#,
            &[
                r#"{"op":"replace","path":"/1/n","value":2}"#,
                r#"{"op":"remove","path":"/2"}"#,
            ],
        ),
        // Beside items with ids.
        (
            r#"["x",{"id":1},{"id":2}]"#,
            r#"[{"id":2},"x",{"id":1}]"#,
            &[r#"{"op":"move","from":"/2","path":"/0"}"#],
        ),
    ];
    for (old, new, expected) in rows {
        assert_eq!(lines(old, new), expected, "{old} to {new}");
    }
}

#[test]
fn t48_only_what_is_outside_the_longest_run_moves() {
    let ids = |ids: &[usize]| -> Tree {
        let item = |id: &usize| tree(&format!(r#"{{"id":{id}}}"#));
        Tree::Array(ids.iter().map(item).collect())
    };
    let mut dice = Dice::new(47);
    for _ in 0..300 {
        let old: Vec<usize> = (0..1 + dice.below(9)).collect();
        let mut new = old.clone();
        (0..4).for_each(|_| {
            let id = new.remove(dice.below(new.len()));
            new.insert(dice.below(new.len() + 1), id);
        });
        // Every choice of items, as bits; the most that rise are the ones that stay.
        let rises = |choice: &u32| {
            let chosen = new.iter().filter(|id| choice >> **id & 1 == 1);
            chosen.is_sorted()
        };
        let most = (0u32..1 << new.len()).filter(rises);
        let most = most.map(u32::count_ones).max().unwrap();
        let patch = checked(&ids(&old), &ids(&new));
        assert!(patch.0.iter().all(is_move));
        assert_eq!(patch.0.len(), new.len() - most as usize, "{new:?}");
    }
}

#[test]
fn t49_texts_differ_between_their_common_ends() {
    let rows: [(&str, &str, &[&str]); 6] = [
        ("ab", "ab", &[]),
        (
            "hello world",
            "hello new world",
            &[r#"{"op":"str_ins","path":"/s","pos":6,"str":"new "}"#],
        ),
        (
            "abc",
            "axc",
            &[
                r#"{"op":"str_del","path":"/s","pos":1,"len":1}"#,
                r#"{"op":"str_ins","path":"/s","pos":1,"str":"x"}"#,
            ],
        ),
        // These two share their first half, which is no place to cut.
        (
            "a😀b",
            "a😁b",
            &[
                r#"{"op":"str_del","path":"/s","pos":1,"len":2}"#,
                r#"{"op":"str_ins","path":"/s","pos":1,"str":"😁"}"#,
            ],
        ),
        // And these their second half.
        (
            "a🀀b",
            "a🐀b",
            &[
                r#"{"op":"str_del","path":"/s","pos":1,"len":2}"#,
                r#"{"op":"str_ins","path":"/s","pos":1,"str":"🐀"}"#,
            ],
        ),
        (
            "abc",
            "xyz",
            &[r#"{"op":"replace","path":"/s","value":"xyz"}"#],
        ),
    ];
    for (old, new, expected) in rows {
        let doc = |text: &str| format!(r#"{{"s":"{text}"}}"#);
        assert_eq!(lines(&doc(old), &doc(new)), expected, "{old} to {new}");
    }
}

#[test]
fn t50_an_array_that_takes_too_many_operations_is_replaced() {
    let list = |len: usize| {
        let item = |id| tree(&format!(r#"{{"id":{id}}}"#));
        let mut doc = draftsync::tree::Members::default();
        doc.insert("l".into(), Tree::Array((0..len).map(item).collect()));
        Tree::Object(doc)
    };
    for (more, ops) in [(ARRAY_OPS_MAX, ARRAY_OPS_MAX), (ARRAY_OPS_MAX + 1, 1)] {
        assert_eq!(checked(&list(3), &list(3 + more)).0.len(), ops);
        assert_eq!(checked(&list(3 + more), &list(3)).0.len(), ops);
    }
    // What moves out of such an array is not lost with it.
    let full: Vec<String> = (0..=ARRAY_OPS_MAX).map(|n| n.to_string()).collect();
    let old = format!(r#"{{"a":[{{"id":1}},{}],"b":[]}}"#, full.join(","));
    let ops = lines(&old, r#"{"a":[],"b":[{"id":1}]}"#);
    let expected = [
        r#"{"op":"move","from":"/a/0","path":"/b/0"}"#,
        r#"{"op":"replace","path":"/a","value":[]}"#,
    ];
    assert_eq!(ops, expected);
}

#[test]
fn t50_a_deep_document_takes_no_stack() {
    let deep = |leaf: &str| {
        let depth = 64;
        tree(&("[".repeat(depth) + leaf + &"]".repeat(depth)))
    };
    let patch = checked(&deep("1"), &deep("2"));
    assert_eq!(patch.0.len(), 1);
}

thread_local! {
    /// How many values were looked at, anywhere.
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// A value that counts how often anybody looks at it, and that is the same only by reference, as
/// in the browser.
#[derive(Clone, Debug)]
struct Counted(Tree);

impl Counted {
    fn look(&self) -> &Tree {
        LOOKS.set(LOOKS.get() + 1);
        &self.0
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        let scalar = !matches!(self.look().kind(), Kind::Array | Kind::Object);
        scalar && self.0 == other.0
    }
}

impl Value for Counted {
    fn kind(&self) -> Kind {
        self.look().kind()
    }
    fn as_number(&self) -> Option<f64> {
        self.look().as_number()
    }
    fn number(number: f64) -> Self {
        Self(Tree::number(number))
    }
    fn equals(&self, other: &Self) -> bool {
        LOOKS.set(LOOKS.get() + self.0.nodes().min(other.0.nodes()));
        self.0.equals(&other.0)
    }
    fn splice(&self, pos: usize, del: usize, insert: Option<&Self>) -> Option<Self> {
        self.look()
            .splice(pos, del, insert.map(|insert| &insert.0))
            .map(Self)
    }
    fn slice(&self, pos: usize, len: usize) -> Option<Self> {
        self.look().slice(pos, len).map(Self)
    }
    fn length(&self) -> usize {
        self.look().length()
    }
    fn json_bytes(&self) -> usize {
        self.0.json_bytes()
    }
    fn nodes(&self) -> usize {
        self.0.nodes()
    }
    fn children(&self) -> Vec<(Token, Self)> {
        let children = self.look().children();
        children
            .into_iter()
            .map(|(token, child)| (token, Self(child)))
            .collect()
    }
    fn id(&self) -> Option<Arc<str>> {
        self.look().id()
    }
    fn common(&self, other: &Self) -> (usize, usize) {
        self.look().common(&other.0)
    }
    fn check(&self, depth: usize) -> Result<(), Reason> {
        self.0.check(depth)
    }
}

/// How often a value of two documents is looked at, on the average.
fn looks(old: &Tree, new: &Tree) -> f64 {
    LOOKS.set(0);
    let (patch, _) = diff(&Counted(old.clone()), &Counted(new.clone()));
    assert!(!patch.0.is_empty());
    LOOKS.get() as f64 / (old.nodes() + new.nodes()) as f64
}

#[test]
fn t50_each_value_is_looked_at_a_few_times_however_many_there_are() {
    let list = |ids: &mut dyn Iterator<Item = usize>| {
        let item = |id| {
            tree(&format!(
                r#"{{"id":{id},"title":"item {id}","tags":["a","b"]}}"#
            ))
        };
        Tree::Array(ids.map(item).collect())
    };
    let bare = |ids: &mut dyn Iterator<Item = usize>| {
        let item = |id| tree(&format!(r#"[{{"title":"item {id}","tags":["a",{id}]}}]"#));
        Tree::Array(ids.map(item).collect())
    };
    for len in [100, 1_000, 10_000] {
        let pairs = [
            // All in another order, a few gone, a few new.
            (list(&mut (0..len)), list(&mut (3..len + 3).rev())),
            (list(&mut (0..len)), list(&mut (0..len).chain(len..len + 9))),
            // Without ids: one more at the beginning, and all others like their neighbours.
            (bare(&mut (0..len)), bare(&mut (1..len + 2))),
            (bare(&mut (0..len)), bare(&mut (9..len + 9))),
        ];
        for (at, (old, new)) in pairs.iter().enumerate() {
            let looks = looks(old, new);
            assert!(looks < 6.0, "pair {at} of {len}: {looks:.1} looks a value");
        }
    }
}
