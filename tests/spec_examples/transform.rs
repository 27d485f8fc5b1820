//! Runs the examples of part T: through the walker and the room's way of applying.

use super::notation::{Example, document, ops, words};
use draftsync::apply::{self, Rules};
use draftsync::diff::diff;
use draftsync::error::Reason;
use draftsync::op::Patch;
use draftsync::protocol::PatchOp;
use draftsync::rebase::{Kind, Rebased, Run, rebase};
use draftsync::tree::Tree;

/// Says what does not happen as the example has it.
pub(crate) fn run(example: &Example<'_>) -> Result<(), String> {
    match example.spans.as_slice() {
        [("", old), ("and", new), ("differ by", patch)] => difference(old, new, patch),
        [("", doc), rest @ ..] => {
            let mut told = Told::new(document(doc)?);
            for (label, span) in rest {
                told.hear(label, span)?;
            }
            told.end(example.end)
        }
        _ => Err("it begins with no document".to_owned()),
    }
}

fn difference(old: &str, new: &str, expected: &str) -> Result<(), String> {
    let (mut old, new) = (document(old)?, document(new)?);
    let (patch, _) = diff(&old, &new);
    apply::apply(&mut old, &patch, &Rules::RFC).map_err(|error| error.to_string())?;
    like(
        "differ by",
        &words(&ops(expected)?),
        &words(&patch.to_text()),
    )?;
    like("differ by", &json(&new), &json(&old))
}

fn like(what: &str, expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}: `{found}` and not `{expected}`"))
}

fn json(doc: &Tree) -> String {
    let value = serde_json::to_value(doc).unwrap_or_default();
    value.to_string()
}

/// A patch of b's author that the room has not decided, and what the example says of it.
struct Mine {
    written: Vec<PatchOp<Tree>>,
    form: Patch<Tree>,
    origin: Vec<usize>,
    lost: Vec<(usize, Kind)>,
    refused: Option<(usize, Kind)>,
    becomes: Option<String>,
    told: String,
}

/// An example while it is read.
struct Told {
    start: Tree,
    /// The document with what others have written.
    room: Tree,
    /// The document as b's author has it.
    view: Tree,
    /// The patches of others that b's author had not heard of when writing.
    foreign: Vec<Patch<Tree>>,
    mine: Vec<Mine>,
    leads_to: Option<Tree>,
}

impl Told {
    fn new(doc: Tree) -> Self {
        Self {
            start: doc.clone(),
            room: doc.clone(),
            view: doc,
            foreign: Vec::new(),
            mine: Vec::new(),
            leads_to: None,
        }
    }

    /// Takes one code span, by the words before it.
    fn hear(&mut self, label: &str, span: &str) -> Result<(), String> {
        match label {
            "a" if self.mine.is_empty() => {
                let patch = typed(&mut self.room, span)?;
                self.foreign.push(patch);
            }
            "b" | "c" => {
                let form = typed(&mut self.view, span)?;
                self.mine.push(Mine {
                    written: ops(span)?,
                    origin: (0..form.0.len()).collect(),
                    form,
                    lost: Vec::new(),
                    refused: None,
                    becomes: None,
                    told: String::new(),
                });
            }
            "becomes" => self.last()?.becomes = Some(span.to_owned()),
            "told" => self.last()?.told = span.to_owned(),
            // Once more somebody else, when b's author has heard of a.
            "then a" => {
                self.walk()?;
                let patch = typed(&mut self.room, span)?;
                self.foreign.push(patch);
            }
            "b still" => self.last()?.becomes = Some(span.to_owned()),
            "leads to" => self.leads_to = Some(document(span)?),
            other => return Err(format!("what does \"{other}\" mean?")),
        }
        Ok(())
    }

    fn last(&mut self) -> Result<&mut Mine, String> {
        self.mine
            .last_mut()
            .ok_or_else(|| "there is no b yet".to_owned())
    }

    /// Rebases what is pending over what is foreign.
    fn walk(&mut self) -> Result<(), String> {
        let walked = |mine: &[Mine]| -> Vec<Rebased<Tree>> {
            let run = |mine: &Mine| match mine.refused {
                Some(_) => Run::Refused,
                None => Run::Live,
            };
            let pending = mine.iter().map(|mine| (&mine.form, run(mine)));
            rebase(pending, &self.foreign)
        };
        let all = walked(&self.mine);
        // What one refusal takes away from those after it shows when they are walked again.
        for (mine, rebased) in self.mine.iter_mut().zip(all) {
            let refused = rebased.refused;
            mine.refused = refused.map(|lost| (mine.origin[lost.op], lost.kind));
        }
        let all = walked(&self.mine);
        for (mine, rebased) in self.mine.iter_mut().zip(all) {
            if mine.refused.is_none() {
                let lost = rebased.lost.iter();
                mine.lost
                    .extend(lost.map(|lost| (mine.origin[lost.op], lost.kind)));
                mine.origin = rebased.origin.iter().map(|op| mine.origin[*op]).collect();
                mine.form = rebased.patch;
            } else {
                mine.form = Patch(Vec::new());
            }
        }
        self.foreign.clear();
        Ok(())
    }

    /// Lets the room decide, and compares.
    fn end(mut self, end: &str) -> Result<(), String> {
        let (start, foreign) = (self.start.clone(), self.foreign.clone());
        let written: Vec<_> = self.mine.iter().map(|mine| mine.form.clone()).collect();
        self.walk()?;
        for index in 0..self.mine.len() {
            let walked = self.mine[index].refused;
            self.mine[index].settle(&mut self.room)?;
            self.mine[index].compare()?;
            // What comes after was not walked without it.
            if self.mine[index].refused != walked && index + 1 < self.mine.len() {
                return Err("this notation has no c after a b that fails at its place".to_owned());
            }
        }
        let expected = self
            .leads_to
            .ok_or("it leads to nothing: no \"leads to\"")?;
        like("leads to", &json(&expected), &json(&self.room))?;
        match (end, written.as_slice(), foreign.as_slice()) {
            ("", ..) => Ok(()),
            ("in either order", [b], [a]) => {
                let mut doc = start;
                let other = rebase([(a, Run::Live)], [b]).remove(0);
                for patch in [b, &other.patch] {
                    apply::settle(&mut doc, patch, &Rules::RFC)
                        .map_err(|error| format!("in either order: {error}"))?;
                }
                like("in either order, leads to", &json(&expected), &json(&doc))
            }
            (other, ..) => Err(format!("what does \"{other}\" mean?")),
        }
    }
}

impl Mine {
    /// The room takes it, or what can be taken of it.
    fn settle(&mut self, room: &mut Tree) -> Result<(), String> {
        is_its_text(room, &self.form)?;
        match apply::settle(room, &self.form, &Rules::RFC) {
            Ok(applied) => {
                let left_out = applied.left_out(self.form.0.len());
                for op in left_out.iter().rev() {
                    self.lost.push((self.origin[*op], Kind::NotNumber));
                    self.form.0.remove(*op);
                }
            }
            Err(error) => {
                let kind = match error.reason {
                    Reason::TestFailed => Kind::GuardFailed,
                    Reason::NotNumber => Kind::NotNumber,
                    _ => return Err(format!("what b becomes does not apply: {error}")),
                };
                self.refused = Some((self.origin[error.op], kind));
            }
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), String> {
        let expected = self
            .becomes
            .as_deref()
            .ok_or("it does not say what it becomes")?;
        let (found, expected) = match (self.refused, expected) {
            (Some(_), _) => ("rejected".to_owned(), expected.to_owned()),
            (None, "rejected") => (words(&self.form.to_text()), expected.to_owned()),
            (None, ops_of) => (words(&self.form.to_text()), words(&ops(ops_of)?)),
        };
        like("becomes", &expected, &found)?;
        let mut lost = self
            .refused
            .map_or_else(|| self.lost.clone(), |one| vec![one]);
        lost.sort_by_key(|(op, _)| *op);
        // An entry may show the path too.
        let expected = self.told.split("; ").filter(|entry| !entry.is_empty());
        let expected: Vec<&str> = expected.collect();
        let found = lost.iter().enumerate().map(|(at, (op, kind))| {
            let path = expected.get(at).map_or(0, |entry| entry.split(' ').count()) > 2;
            match path {
                true => format!("{op} {} {}", kind.word(), self.written[*op].path()),
                false => format!("{op} {}", kind.word()),
            }
        });
        let found: Vec<_> = found.collect();
        like("told", &expected.join("; "), &found.join("; "))
    }
}

/// Writes a patch on a document, and types it so.
fn typed(doc: &mut Tree, text: &str) -> Result<Patch<Tree>, String> {
    let applied = apply::write(doc, &ops(text)?, &Rules::RFC);
    applied
        .map(|applied| applied.patch)
        .map_err(|error| format!("`{text}` does not apply: {error}"))
}

/// Rule T13: read back where it stands, the text of a form is the form.
fn is_its_text(doc: &Tree, form: &Patch<Tree>) -> Result<(), String> {
    let rules = Rules {
        judge: false,
        inspect: |_, _| Ok(()),
    };
    let read = apply::write(&mut doc.clone(), &form.to_text(), &rules);
    match read {
        Ok(read) if read.patch == *form => Ok(()),
        Ok(read) => Err(format!("{form:?} reads back as {:?}", read.patch)),
        Err(error) => Err(format!("what b becomes does not apply: {error}")),
    }
}
