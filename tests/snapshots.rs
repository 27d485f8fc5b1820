//! What is left of the edits of somebody who was away for longer than the room's log reaches back.
//!
//! Each meeting is held twice with the same edits: once the room still has what was missed, once
//! it has only the document. What holds over the changes and not over the snapshot is what the
//! snapshot costs; run with `-- --nocapture` to see it as a figure.
#![cfg(not(target_arch = "wasm32"))]

#[path = "snapshots/lists.rs"]
mod lists;
#[path = "snapshots/meeting.rs"]
mod meeting;
mod support;

use draftsync::protocol::PatchOp;
use draftsync::tree::Tree;
use lists::{Author, MARK_MIN, Shape, document, marks, said, still};
use meeting::{Meeting, Told};
use std::collections::BTreeMap;
use support::{Dice, tree};

/// Meetings of each kind.
const SEEDS: u64 = 800;
/// Who stays in the room.
const ADA: usize = 0;
/// Who is away.
const GRACE: usize = 1;

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Fields,
    Texts,
}

/// Of the edits that hold over the changes that were missed: how many hold over the snapshot too.
#[derive(Debug, Default)]
struct Survival {
    edits: usize,
    kept: usize,
    /// Those that do not, and of which their author is told nothing.
    silent: usize,
    /// Edits that stand in another item than the one that they were written for.
    misplaced: usize,
    /// Changes that were not taken whole, and that was decided while their author heard nothing.
    unheard: usize,
}

impl Survival {
    fn percent(&self) -> f64 {
        100.0 * self.kept as f64 / self.edits as f64
    }
}

#[test]
fn c21_t47_in_one_list_of_items_with_ids_every_edit_survives_a_snapshot() {
    let fields = survival(Shape::OneList, What::Fields);
    assert!(fields.edits > 1_000, "{fields:?}");
    assert_eq!(fields.kept, fields.edits, "{fields:?}");
    assert_eq!(fields.misplaced, 0, "{fields:?}");
    assert!(fields.unheard > 10, "{fields:?}");
}

#[test]
fn c21_t48_across_lists_of_items_with_ids_nearly_every_edit_survives_a_snapshot() {
    for (shape, percent_min) in [(Shape::Lists, 99.5), (Shape::Nested, 99.0)] {
        let fields = survival(shape, What::Fields);
        assert!(fields.edits > 1_000, "{fields:?}");
        assert!(fields.percent() >= percent_min, "{fields:?}");
        assert_eq!((fields.silent, fields.misplaced), (0, 0), "{fields:?}");
    }
}

#[test]
fn c21_t49_nearly_every_edit_of_a_text_survives_a_snapshot() {
    for shape in [Shape::OneList, Shape::Lists, Shape::Nested] {
        let texts = survival(shape, What::Texts);
        assert!(texts.edits > 500, "{texts:?}");
        assert!(texts.percent() >= 99.0, "{texts:?}");
        assert_eq!((texts.silent, texts.misplaced), (0, 0), "{texts:?}");
    }
}

/// The papers say that this is bad; here is how bad.
#[test]
fn c21_t47_without_ids_edits_land_where_the_items_stood() {
    let fields = survival(Shape::NoIds, What::Fields);
    assert!(fields.percent() >= 40.0, "{fields:?}");
    assert!(
        fields.percent() < 90.0,
        "better than the papers say: {fields:?}"
    );
    assert!(fields.misplaced > 0, "{fields:?}");
}

#[test]
fn c21_what_was_refused_unheard_is_gone_before_the_documents_are_compared() {
    let ops = |text: &str| serde_json::from_str::<Vec<_>>(text).expect("a patch");
    let mut meeting = Meeting::new(&tree(r#"{"l":[{"t":"a"},{"t":"b"}],"n":0}"#), 2);
    meeting.deafen(GRACE);
    meeting.write(
        ADA,
        &ops(
            r#"[{"op":"replace","path":"/n","value":1},{"op":"replace","path":"/l/0/t","value":"A"}]"#,
        ),
    );
    let refused = meeting.write(
        GRACE,
        &ops(
            r#"[{"op":"test","path":"/n","value":0},{"op":"add","path":"/l/0","value":{"t":"new"}}]"#,
        ),
    );
    meeting.disconnect(GRACE);
    meeting.write(GRACE, &ops(r#"[{"op":"add","path":"/l/1/m","value":5}]"#));
    meeting.forget();
    meeting.connect(GRACE);
    // With the refused element before it, the first would have been taken for another.
    let expected = tree(r#"{"l":[{"t":"A","m":5},{"t":"b"}],"n":1}"#);
    assert_eq!(meeting.agreed(), expected);
    let refused = refused.map(|seq| seq.0);
    assert_eq!(
        meeting.told(GRACE).rejected,
        refused.into_iter().collect::<Vec<_>>()
    );
}

/// Holds many meetings, and counts.
fn survival(shape: Shape, what: What) -> Survival {
    let mut sum = Survival::default();
    for seed in 0..SEEDS {
        let known = hold(seed, shape, what, false);
        let unknown = hold(seed, shape, what, true);
        let both = (known.unheard, unknown.unheard);
        assert_eq!(
            both.0, both.1,
            "seed {seed}: what the room had decided unheard"
        );
        sum.unheard += usize::from(known.unheard.is_some_and(|end| end != Fate::Lost(0)));
        let (held, left) = (what.marks(&known.doc), what.marks(&unknown.doc));
        for (mark, Written { who, is_lost }) in &unknown.written {
            let there = left.get(mark);
            sum.misplaced += usize::from(there.is_some_and(|there| there != who));
            if held.get(mark) == Some(who) {
                sum.edits += 1;
                sum.kept += usize::from(there == Some(who));
                sum.silent += usize::from(there.is_none() && !is_lost);
            }
        }
    }
    println!("{shape:?}, {what:?}: {:.2} % of {sum:?}", sum.percent());
    sum
}

impl What {
    /// The marks of Grace that stand in a document, and in which item each does.
    fn marks(self, doc: &Tree) -> BTreeMap<usize, usize> {
        let mut found = BTreeMap::new();
        for (who, (number, text)) in said(doc) {
            match self {
                Self::Fields if number >= MARK_MIN => drop(found.insert(number, who)),
                Self::Fields => {}
                Self::Texts => found.extend(marks(&text).map(|mark| (mark, who))),
            }
        }
        found
    }
}

/// An edit with a mark: the item that it was written for, and whether its author is told that it
/// was lost.
struct Written {
    who: usize,
    is_lost: bool,
}

/// How a meeting ended, and what Grace wrote in it.
struct End {
    doc: Tree,
    written: BTreeMap<usize, Written>,
    /// What she is told of the change that the room decided without her hearing of it.
    unheard: Option<Fate>,
}

/// What an author is told of a change.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It was taken, or nothing was left of it; so many operations were lost.
    Lost(usize),
    Rejected,
}

/// Holds the meeting of a seed, and lets the room forget what Grace missed or not.
///
/// Grace writes a little that the room decides without her hearing of it, then more while she is
/// away. Ada is there all the time.
fn hold(seed: u64, shape: Shape, what: What, forget: bool) -> End {
    let mut dice = Dice::new(seed);
    let (doc, next) = document(&mut dice, shape);
    let mut meeting = Meeting::new(&doc, 2);
    let (snapshots, head) = (meeting.snapshots(GRACE), meeting.head());
    let texts = what == What::Texts;
    let mut ada = Author {
        next,
        texts,
        marks: false,
    };
    let mut grace = Author {
        next: MARK_MIN,
        texts,
        marks: true,
    };
    let mut pushed = None;
    let mut written: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
    meeting.deafen(GRACE);
    for away in [false, true] {
        if away {
            meeting.disconnect(GRACE);
        }
        for _ in 0..dice.below(if away { 12 } else { 3 }) {
            let op = ada.edit(&mut dice, shape, &meeting.view(ADA));
            meeting.write(ADA, &[op]);
        }
        for _ in 0..dice.below(if away { 12 } else { 3 }) {
            let view = meeting.view(GRACE);
            let op = grace.edit(&mut dice, shape, &view);
            // What is in flight may be strict, and then Ada may be the reason that it is refused.
            let strict = !away && dice.once_in(3);
            let test = strict.then(|| still(&mut dice, &view)).flatten();
            let ops: Vec<PatchOp<Tree>> = test.into_iter().chain([op]).collect();
            let seq = meeting.write(GRACE, &ops);
            // The second change waits for the answer to the first.
            pushed = pushed.or_else(|| seq.filter(|_| !away));
            let who = what.marks(&meeting.view(GRACE)).remove(&grace.next);
            written.extend(seq.zip(who).map(|(seq, who)| (grace.next, (seq.0, who))));
        }
    }
    if forget {
        meeting.forget();
    }
    let missed = meeting.head() > head;
    meeting.connect(GRACE);
    let came = meeting.snapshots(GRACE) - snapshots;
    assert_eq!(
        came,
        usize::from(forget && missed),
        "seed {seed}: whether a snapshot came"
    );
    let told = meeting.told(GRACE);
    let written = written.into_iter().map(|(mark, (seq, who))| {
        let is_lost = fate(told, seq) != Some(Fate::Lost(0));
        (mark, Written { who, is_lost })
    });
    let written = written.collect();
    let unheard = pushed.and_then(|seq| fate(told, seq.0));
    let doc = meeting.agreed();
    End {
        doc,
        written,
        unheard,
    }
}

fn fate(told: &Told, seq: u64) -> Option<Fate> {
    if told.rejected.contains(&seq) {
        return Some(Fate::Rejected);
    }
    told.lost.get(&seq).copied().map(Fate::Lost)
}
