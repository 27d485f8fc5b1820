//! Apply: all or nothing, the typed patch like its text, the inverse leads back, the room's
//! bookkeeping never too low.

use super::choices::Choices;
use super::edits::{any_patch, document};
use draftsync::apply::{Rules, apply as apply_typed, write};
use draftsync::doc::Value;
use draftsync::op::Op;
use draftsync::tree::Tree;

/// Applies random patches one after another to one document.
pub fn apply(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut doc = document(&mut choices);
    for _ in 0..4 {
        if choices.is_spent() {
            return;
        }
        let before = doc.clone();
        let ops = any_patch(&mut choices, &doc);
        let applied = match write(&mut doc, &ops, &Rules::RFC) {
            Ok(applied) => applied,
            Err(error) => {
                assert_eq!(doc, before, "P18: after {error}");
                assert!(
                    error.op < ops.len() && error.path == ops[error.op].path(),
                    "P20: {error}"
                );
                continue;
            }
        };
        let mut typed = before.clone();
        apply_typed(&mut typed, &applied.patch, &Rules::RFC).expect("the typed patch applies");
        assert_eq!(typed, doc, "the typed patch does the same");
        let mut read = before.clone();
        let text = applied.patch.to_text();
        let again = write(&mut read, &text, &Rules::RFC).expect("the typed patch's text applies");
        assert_eq!(
            again.patch, applied.patch,
            "T13: a form is exactly its text"
        );
        assert_eq!(read, doc);

        let mut back = doc.clone();
        apply_typed(&mut back, &applied.inverse(), &Rules::RFC)
            .unwrap_or_else(|error| panic!("P19: {error} of {:?}", applied.inverse()));
        assert_eq!(
            back,
            before,
            "P19: {:?} is no inverse of {text:?}",
            applied.inverse()
        );

        let onto_ancestor = |op: &Op<Tree>| match op {
            Op::Move { from, to, .. } => to.contains(from),
            _ => false,
        };
        let exact = !applied.patch.0.iter().any(onto_ancestor);
        let grown = |after: usize, before: usize| after as isize - before as isize;
        let (bytes, nodes) = applied.growth();
        for (told, real) in [
            (bytes, grown(doc.json_bytes(), before.json_bytes())),
            (nodes, grown(doc.nodes(), before.nodes())),
        ] {
            let holds = if exact { real == told } else { real <= told };
            assert!(
                holds,
                "R17: {real} more, told {told}: {text:?} on {before:?}"
            );
        }
    }
}
