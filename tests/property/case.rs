//! Random sessions, and how a failing one becomes a small one.

use super::walk::UNJUDGED;
use crate::support::{Dice, edit, object, paths, tree};
use draftsync::apply;
use draftsync::op::Patch;
use draftsync::protocol::PatchOp;
use draftsync::tree::Tree;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A document, and what each author wrote on it without seeing the others, in the room's order.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) doc: Tree,
    /// For each author patches of operations.
    authors: Vec<Vec<Vec<PatchOp<Tree>>>>,
    /// Chance for what a law decides itself.
    pub(crate) seed: u64,
}

/// How large a session is, and what is in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) authors: usize,
    pub(crate) patches_max: usize,
    pub(crate) ops_max: usize,
    pub(crate) guards: bool,
}

/// Small documents, so that authors meet.
const DOCS: [&str; 7] = [
    r#"{"list":[{"n":1,"s":"one"},{"n":2}],"n":0,"s":"hello","a":{}}"#,
    r#"{"list":["x","y","z"]}"#,
    r#"{"a":{"list":[1,2]},"b":{}}"#,
    r#"[["x"],[],"s"]"#,
    r#"{"n":1,"s":"a😀b"}"#,
    r#"{"a":{"a":{"a":{}}},"b":[]}"#,
    "{}",
];

impl Case {
    pub(crate) fn random(seed: u64, shape: Shape) -> Self {
        let mut dice = Dice::new(seed);
        let doc = if dice.once_in(4) {
            object(&mut dice, 3)
        } else {
            tree(dice.pick::<&str>(&DOCS))
        };
        let authors = (0..shape.authors).map(|_| {
            let mut replica = doc.clone();
            let patches = 1 + dice.below(shape.patches_max);
            let patches = (0..patches).map(|_| random_patch(&mut dice, &mut replica, shape));
            patches.collect()
        });
        let authors = authors.collect();
        Self { doc, authors, seed }
    }

    /// Each author's patches, typed on the author's own replica. What does not fit there is left
    /// out, so that any operation can be dropped from a case.
    pub(crate) fn patches(&self) -> Vec<Vec<Patch<Tree>>> {
        let author = |patches: &Vec<Vec<PatchOp<Tree>>>| {
            let mut replica = self.doc.clone();
            patches
                .iter()
                .map(|ops| typed(&mut replica, ops))
                .collect::<Vec<_>>()
        };
        self.authors.iter().map(author).collect()
    }

    /// The smallest case that is reached by dropping operations while the law fails.
    fn shrunk(mut self, law: Law) -> Self {
        'again: loop {
            for (author, patches) in self.authors.iter().enumerate() {
                for (patch, ops) in patches.iter().enumerate() {
                    for op in 0..ops.len() {
                        let mut smaller = self.clone();
                        smaller.authors[author][patch].remove(op);
                        if holds(law, &smaller).is_err() {
                            self = smaller;
                            continue 'again;
                        }
                    }
                }
            }
            return self;
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |value: String| value;
        let doc = serde_json::to_string(&self.doc).map(json);
        let authors = serde_json::to_string(&self.authors).map(json);
        write!(
            formatter,
            "document {} authors {}",
            doc.unwrap_or_default(),
            authors.unwrap_or_default()
        )
    }
}

/// What must hold for every session.
pub(crate) type Law = fn(&Case) -> Result<(), String>;

/// Tries a law on the session of a seed; a failing one is told as small as it becomes.
pub(crate) fn attempt(seed: u64, shape: Shape, law: Law) -> Result<(), String> {
    let case = Case::random(seed, shape);
    if holds(law, &case).is_ok() {
        return Ok(());
    }
    let case = case.shrunk(law);
    let why = holds(law, &case).err().unwrap_or_default();
    Err(format!("{why}; {case}"))
}

fn holds(law: Law, case: &Case) -> Result<(), String> {
    caught(|| law(case))
}

/// Runs a session of so many steps; one that fails is told with as few steps as still fail.
pub(crate) fn shortest(
    steps: usize,
    run: impl Fn(usize) -> Result<(), String>,
) -> Result<(), String> {
    let run = |steps| caught(|| run(steps));
    let Err(why) = run(steps) else {
        return Ok(());
    };
    let fewer = (0..steps).find_map(|steps| Some((steps, run(steps).err()?)));
    let (steps, why) = fewer.unwrap_or((steps, why));
    Err(format!("{steps} steps, then rest: {why}"))
}

/// Runs something, and makes a panic its error.
pub(crate) fn caught(run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("it panicked: {}", text.unwrap_or_default()))
    })
}

fn random_patch(dice: &mut Dice, replica: &mut Tree, shape: Shape) -> Vec<PatchOp<Tree>> {
    let mut ops = Vec::new();
    if shape.guards && dice.once_in(6) {
        let (path, value) = dice.pick(&paths(replica)).clone();
        ops.push(PatchOp::Test {
            path: path.pointer(),
            value,
        });
    }
    for _ in 0..1 + dice.below(shape.ops_max) {
        let op = edit(dice, replica);
        if apply::write(replica, std::slice::from_ref(&op), &UNJUDGED).is_ok() {
            ops.push(op);
        }
    }
    ops
}

fn typed(replica: &mut Tree, ops: &[PatchOp<Tree>]) -> Patch<Tree> {
    let fitting = ops
        .iter()
        .filter_map(|op| apply::write(replica, std::slice::from_ref(op), &UNJUDGED).ok());
    Patch(fitting.flat_map(|applied| applied.patch.0).collect())
}
