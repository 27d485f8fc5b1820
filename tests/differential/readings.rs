//! One patch, read by apply and by the `json-patch` crate.

use super::cases::case;
use draftsync::apply::{self, Applied, Rules};
use draftsync::error::PatchError;
use draftsync::op::Patch;
use draftsync::protocol::PatchOp;
use draftsync::tree::Tree;
use serde_json::Value;

/// Tries the case of a seed: `Ok` says what both say, taken or the operation that fails; `Err`
/// where they differ, with a case as small as it becomes.
pub(crate) fn try_case(seed: u64) -> Result<Result<(), usize>, String> {
    let (doc, ops) = case(seed);
    agree(&doc, &ops).map_err(|problem| {
        let (doc, ops, problem) = shrunk(doc, ops, problem);
        let (doc, ops) = (json(&doc), json(&ops));
        format!("{problem}\ndocument {doc}\npatch {ops}")
    })
}

/// Leaves out operations as long as the rest still fails.
fn shrunk(
    doc: Tree,
    mut ops: Vec<PatchOp<Tree>>,
    mut problem: String,
) -> (Tree, Vec<PatchOp<Tree>>, String) {
    let mut at = ops.len();
    while at > 0 {
        at -= 1;
        let mut fewer = ops.clone();
        fewer.remove(at);
        if let Err(still) = agree(&doc, &fewer) {
            (ops, problem) = (fewer, still);
            at = ops.len();
        }
    }
    (doc, ops, problem)
}

// -------------------------------------------------------------------------- the two readings

/// Compares the two on one case. `Ok` says what both say: taken, or the operation that fails.
fn agree(doc: &Tree, ops: &[PatchOp<Tree>]) -> Result<Result<(), usize>, String> {
    let theirs = theirs(doc, ops);
    let mut ours = doc.clone();
    let applied = apply::write(&mut ours, ops, &Rules::RFC);
    match (&applied, theirs) {
        (Err(error), Err(op)) if error.op == op => {
            if ours != *doc {
                return Err(format!(
                    "P18: after {error} the document is {}",
                    json(&ours)
                ));
            }
            Ok(Err(op))
        }
        (Ok(applied), Ok(theirs)) if value(&ours) == theirs => {
            is_typed_well(doc, &ours, applied)?;
            Ok(Ok(()))
        }
        (ours_say, theirs) => {
            let ours = ours_say.as_ref().map(|_| json(&ours));
            let ours = ours.map_err(PatchError::to_string);
            let theirs = theirs.map(|doc| doc.to_string());
            Err(format!("ours {ours:?}\ntheirs {theirs:?}"))
        }
    }
}

/// The typed patch does the same, and its inverse takes it back.
fn is_typed_well(before: &Tree, after: &Tree, applied: &Applied<Tree>) -> Result<(), String> {
    let mut typed = before.clone();
    let again = apply::apply(&mut typed, &applied.patch, &Rules::RFC);
    let again = again.map_err(|error| format!("the typed patch does not apply: {error}"))?;
    if typed != *after {
        return Err(format!("the typed patch leads to {}", json(&typed)));
    }
    for inverse in [applied.inverse(), again.inverse()] {
        let mut back = after.clone();
        apply::apply(&mut back, &inverse, &Rules::RFC)
            .map_err(|error| format!("P19: the inverse does not apply: {error}"))?;
        if back != *before {
            return Err(format!("P19: the inverse leads to {}", json(&back)));
        }
    }
    is_atomic_elsewhere(after, &applied.patch)
}

/// On a document that it was not written for, a typed patch does what its text does there, if
/// the text means the same; or nothing.
fn is_atomic_elsewhere(doc: &Tree, patch: &Patch<Tree>) -> Result<(), String> {
    let (mut typed, mut text) = (doc.clone(), doc.clone());
    let done = apply::apply(&mut typed, patch, &Rules::RFC);
    if let Err(error) = &done
        && typed != *doc
    {
        return Err(format!(
            "P18: typed, after {error} the document is {}",
            json(&typed)
        ));
    }
    match apply::write(&mut text, &patch.to_text(), &Rules::RFC) {
        Ok(read) if read.patch == *patch && (done.is_err() || typed != text) => {
            Err(format!("typed {}, as text {}", json(&typed), json(&text)))
        }
        _ => Ok(()),
    }
}

/// What the crate makes of a patch; `Err` with the index of the operation that fails.
///
/// It runs one operation at a time, on a copy: its own roll-back panics after a move to the root.
fn theirs(doc: &Tree, ops: &[PatchOp<Tree>]) -> Result<Value, usize> {
    let mut doc = value(doc);
    for (index, op) in ops.iter().enumerate() {
        let text = serde_json::to_value([op]).expect("operations can be written");
        let done = serde_json::from_value::<json_patch::Patch>(text)
            .map(|patch| json_patch::patch_unsafe(&mut doc, &patch));
        match differs(op, &doc) {
            Some(Differs::Nothing) => {}
            None if matches!(done, Ok(Ok(()))) => {}
            _ => return Err(index),
        }
    }
    Ok(doc)
}

/// How our rules differ from the crate.
enum Differs {
    /// We refuse the operation.
    Refused,
    /// The operation changes nothing, and the crate refuses it before it changes anything.
    Nothing,
}

/// Every difference there is, each with its reason; `after` is the crate's document.
///
/// One more is settled by the way values are made: the crate's numbers know whether they were
/// written `1` or `1.0`, ours do not (P13). All values come from our trees here, so that one
/// number is always written in one way.
fn differs(op: &PatchOp<Tree>, after: &Value) -> Option<Differs> {
    let from = match op {
        PatchOp::Move { from, .. } | PatchOp::Copy { from, .. } => Some(from.as_str()),
        _ => None,
    };
    // P6: in JavaScript the key would set the object's prototype.
    let mut pointers = from.into_iter().chain([op.path()]);
    if pointers.any(|pointer| pointer.split('/').any(|token| token == "__proto__")) {
        return Some(Differs::Refused);
    }
    // P9 before P12: the document moved onto itself is no removal of the document. The crate
    // removes first, which it refuses for the root.
    if matches!(op, PatchOp::Move { .. }) && from == Some("") && op.path().is_empty() {
        return Some(Differs::Nothing);
    }
    // P12: a document is an object or an array; RFC 6902 knows any value.
    let is_document = after.is_object() || after.is_array();
    (!is_document).then_some(Differs::Refused)
}

fn value(tree: &Tree) -> Value {
    serde_json::to_value(tree).expect("a tree can be written")
}

pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("it can be written")
}
