//! Random documents, and patches that fit them or nearly do.

use crate::support::{Dice, paths};
use draftsync::apply::{self, Rules};
use draftsync::path::{Path, Token, pointer_of};
use draftsync::protocol::PatchOp;
use draftsync::tree::{Members, Tree};

/// Copies of the whole into itself double the document; no more of them from here on.
const PATHS_MAX: usize = 120;

/// Names that mean something elsewhere: to pointers, to arrays, to JavaScript.
const KEYS: [&str; 16] = [
    "a",
    "b",
    "c",
    "",
    "0",
    "1",
    "-",
    "a/b",
    "m~n",
    "~1",
    "~0/",
    "01",
    "length",
    "constructor",
    "é😀",
    "__proto__",
];
/// What is no index, or rarely one.
const NO_INDEX: [&str; 12] = [
    "-",
    "-",
    "01",
    "+1",
    "-1",
    "1.0",
    "1e0",
    "",
    " 0",
    "length",
    "99",
    "99999999999999999999",
];
const NO_POINTER: [&str; 5] = ["a", "~", "/~", "/a~2", "a/b"];

/// A document and a patch; the same for the same seed.
pub(crate) fn case(seed: u64) -> (Tree, Vec<PatchOp<Tree>>) {
    let mut dice = Dice::new(seed);
    let doc = container(&mut dice, 3);
    let mut now = doc.clone();
    let mut ops = Vec::new();
    // Half the patches stay whole; in the others an operation that fails may stand anywhere.
    let broken = dice.once_in(2);
    for _ in 0..1 + dice.below(6) {
        let op = operation(&mut dice, &now);
        let fits = apply::write(&mut now, std::slice::from_ref(&op), &Rules::RFC).is_ok();
        if fits || (broken && dice.once_in(3)) {
            ops.push(op);
        }
    }
    (doc, ops)
}

fn operation(dice: &mut Dice, doc: &Tree) -> PatchOp<Tree> {
    let all = paths(doc);
    let any = |dice: &mut Dice| dice.pick(&all).clone();
    let (there, here) = any(dice);
    let value = random(dice, 2);
    match dice.below(12) {
        0..3 => PatchOp::Add {
            path: place(dice, &all),
            value,
        },
        3 => PatchOp::Replace {
            path: there.pointer(),
            value,
        },
        4 => PatchOp::Replace {
            path: place(dice, &all),
            value,
        },
        5 => PatchOp::Remove {
            path: there.pointer(),
        },
        6 => PatchOp::Remove {
            path: place(dice, &all),
        },
        7 => PatchOp::Test {
            path: there.pointer(),
            value: here,
        },
        8 if dice.once_in(2) => PatchOp::Test {
            path: place(dice, &all),
            value,
        },
        8 => {
            // Into itself, or onto itself.
            let from = there.pointer();
            let path = match dice.below(3) {
                0 => from.clone(),
                1 => from.clone() + "/" + &token(dice, &here),
                _ => from.clone() + "/" + &token(dice, &here) + "/x",
            };
            PatchOp::Move { from, path }
        }
        9 if all.len() < PATHS_MAX => PatchOp::Copy {
            from: there.pointer(),
            path: place(dice, &all),
        },
        9 => PatchOp::Copy {
            from: "/no".to_owned(),
            path: place(dice, &all),
        },
        _ => {
            let from = match dice.below(8) {
                0 => place(dice, &all),
                _ => there.pointer(),
            };
            let path = match dice.below(4) {
                // Onto a thing that is there, and so into its place or over it.
                0 => any(dice).0.pointer(),
                _ => place(dice, &all),
            };
            PatchOp::Move { from, path }
        }
    }
}

/// A pointer to something in the document, beside it, or to nothing at all.
fn place(dice: &mut Dice, all: &[(Path, Tree)]) -> String {
    if dice.once_in(40) {
        return (*dice.pick(&NO_POINTER)).to_owned();
    }
    let (path, here) = dice.pick(all);
    let pointer = path.pointer();
    match dice.below(8) {
        0 => pointer,
        1 => pointer + "/" + &token(dice, here) + "/" + &token(dice, &Tree::Null),
        _ => pointer + "/" + &token(dice, here),
    }
}

/// One more token of a pointer, escaped, for a place in `here`.
fn token(dice: &mut Dice, here: &Tree) -> String {
    match here {
        Tree::Array(items) if !dice.once_in(5) => dice.below(items.len() + 2).to_string(),
        Tree::Array(_) => (*dice.pick(&NO_INDEX)).to_owned(),
        Tree::Object(members) if !members.is_empty() && dice.once_in(2) => {
            let at = dice.below(members.len());
            escaped(members.iter().nth(at).map_or("", |(key, _)| key))
        }
        _ => escaped(dice.pick::<&str>(&KEYS)),
    }
}

fn escaped(key: &str) -> String {
    pointer_of(&[Token::Key(key.into())]).split_off(1)
}

fn container(dice: &mut Dice, depth: usize) -> Tree {
    let inner = depth.saturating_sub(1);
    match dice.below(12) {
        // Large objects and arrays are other structures than small ones.
        0 if depth == 3 => {
            let members = (0..40).map(|at| (format!("k{at}").into(), random(dice, 0)));
            object(members.collect())
        }
        1 if depth == 3 => Tree::Array((0..90).map(|_| random(dice, 0)).collect()),
        0..5 => Tree::Array((0..dice.below(5)).map(|_| random(dice, inner)).collect()),
        _ => {
            // The last name is one that no document may have.
            let names = &KEYS[..KEYS.len() - 1];
            let members = 0..dice.below(6);
            let members = members.map(|_| ((*dice.pick(names)).into(), random(dice, inner)));
            object(members.collect())
        }
    }
}

fn object(list: Vec<(std::sync::Arc<str>, Tree)>) -> Tree {
    let mut members = Members::default();
    for (key, value) in list {
        members.insert(key, value);
    }
    Tree::Object(members)
}

fn random(dice: &mut Dice, depth: usize) -> Tree {
    match dice.below(if depth == 0 { 6 } else { 12 }) {
        0 => Tree::Null,
        1 => Tree::Bool(dice.once_in(2)),
        2 | 3 => Tree::Number([0.0, 1.0, -1.5, 1e21, 0.1][dice.below(5)]),
        4 | 5 => Tree::Text((*dice.pick(&["", "x", "a😀b", "~1"])).into()),
        _ => container(dice, depth),
    }
}
