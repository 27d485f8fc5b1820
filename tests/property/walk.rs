//! One walk of the product beside the id tree: the same documents, reports and operations.

use crate::oracle::{Author, IdTree};
use draftsync::apply::{self, Rules};
use draftsync::error::Reason;
use draftsync::op::{Op, Patch, push_moves};
use draftsync::rebase::{Rebased, Run, Walker};
use draftsync::tree::Tree;

/// Guards are typed and not judged: a form is looked at where no room decides.
pub(crate) const UNJUDGED: Rules<Tree> = Rules {
    judge: false,
    inspect: |_, _| Ok(()),
};

/// The room gone on from a base, as the product and the id tree see it.
#[derive(Clone)]
pub(crate) struct Walk {
    walker: Walker<Tree>,
    author: Author,
    /// The room's document.
    pub(crate) doc: Tree,
}

impl Walk {
    /// The room took `foreign` after the document `base`, which is `names` with names.
    pub(crate) fn new(base: &Tree, names: &IdTree, foreign: &[&Patch<Tree>]) -> Self {
        let mut walker = Walker::new();
        let mut room = names.clone();
        let mut doc = base.clone();
        for patch in foreign {
            walker.foreign(patch);
            room.take(patch);
            apply::apply(&mut doc, patch, &UNJUDGED).expect("the log fits its document");
        }
        assert_eq!(room.read(), doc, "the id tree reads a log as apply does");
        Self {
            walker,
            author: Author::new(names, &room),
            doc,
        }
    }

    /// Runs the author's next patch through both, and says where they differ.
    pub(crate) fn patch(&mut self, patch: &Patch<Tree>, run: Run) -> Result<Rebased<Tree>, String> {
        let rebased = self.walker.pending(patch, run);
        let turn = self.author.patch(patch, run == Run::Live);
        check_form(&self.doc, &rebased.patch)?;
        let before = self.doc.clone();
        apply::apply(&mut self.doc, &rebased.patch, &UNJUDGED)
            .map_err(|error| format!("what was emitted does not apply: {error}"))?;
        same("document", &self.doc, &self.author.room())?;
        let told = |lost: &draftsync::rebase::Lost| (lost.op, lost.kind.word());
        let lost: Vec<_> = rebased.lost.iter().map(told).collect();
        same("report", &lost, &turn.lost)?;
        same(
            "refusal",
            &rebased.refused.as_ref().map(told),
            &turn.refused,
        )?;
        same("form", &rebased.patch, &spelled(&turn.patch))?;
        check_guards(before, &rebased.patch, turn.unequal.is_some())?;
        Ok(rebased)
    }

    /// The document that the author sees.
    pub(crate) fn view(&self) -> Tree {
        self.author.view()
    }
}

/// A form is exactly its text: read back where it stands, it is the same.
pub(crate) fn check_form(doc: &Tree, form: &Patch<Tree>) -> Result<(), String> {
    let typed = apply::write(&mut doc.clone(), &form.to_text(), &UNJUDGED)
        .map_err(|error| format!("a form does not apply as text: {error}: {form:?}"))?;
    same("form read back", &typed.patch, form)
}

/// The room finds a guard unequal just when the id tree does.
fn check_guards(mut before: Tree, form: &Patch<Tree>, unequal: bool) -> Result<(), String> {
    let failed = match apply::apply(&mut before, form, &Rules::RFC) {
        Ok(_) => false,
        Err(error) if error.reason == Reason::TestFailed => true,
        Err(error) => return Err(format!("what was emitted does not apply: {error}")),
    };
    same("guard found unequal", &failed, &unequal)
}

/// A move that RFC 6902 cannot say is two on the wire; the id tree knows no wire.
fn spelled(patch: &Patch<Tree>) -> Patch<Tree> {
    let mut spelled = Vec::new();
    for op in &patch.0 {
        match op {
            Op::Move { from, to, over } => {
                push_moves(&mut spelled, from.clone(), to.clone(), *over);
            }
            other => spelled.push(other.clone()),
        }
    }
    Patch(spelled)
}

pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    ours: &T,
    expected: &T,
) -> Result<(), String> {
    if ours == expected {
        Ok(())
    } else {
        Err(format!(
            "the {what} differs: {ours:?} instead of {expected:?}"
        ))
    }
}
