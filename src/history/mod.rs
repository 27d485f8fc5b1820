//! Undo and redo: two chains of inverses, the tail of what is pending (SPEC part U).
//!
//! The top of a chain applies on the view, the next one on what that leaves, and so on down. So
//! every walk of pending ends with them, in a mode where whatever is foreign stands. The inverse
//! of a change that is still pending is taken from its latest application; what lies deeper is
//! walked on the document before it.

mod walk;

use crate::apply::{self, Applied};
use crate::doc::{Doc, Value};
use crate::op::Patch;
use crate::places::Places;
use crate::protocol::{PatchOp, Seq};
use crate::rebase::Kind;
use alloc::vec::Vec;

/// How many entries can be undone, unless the app says otherwise.
pub const HISTORY_ENTRIES: usize = 100;
/// Most entries that an app may ask for.
pub const HISTORY_ENTRIES_MAX: usize = 10_000;
/// Most bytes of JSON that the entries of both chains hold, about.
pub const HISTORY_BYTES_MAX: usize = 4 << 20;

/// One of the two chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// What takes edits back.
    Undo = 0,
    /// What takes undos back.
    Redo = 1,
}

/// An operation that an undo leaves out, and why.
pub(crate) type LeftOut<V> = (PatchOp<V>, Kind);

#[derive(Debug)]
struct Step<V> {
    /// The change that it takes back.
    seq: Seq,
    /// What takes it back, on the document after the change and the inverses above.
    inverse: Patch<V>,
    /// Whether the step below belongs to the same entry.
    joined: bool,
    /// What the change is called, for people.
    label: Option<V>,
    left_out: Vec<LeftOut<V>>,
    /// What the change and its inverse came to when they were made.
    bytes: usize,
}

impl<V: Value> Step<V> {
    /// `bytes` are those of the change.
    fn new(seq: Seq, inverse: Patch<V>, label: Option<V>, bytes: usize) -> Self {
        Self {
            seq,
            joined: false,
            bytes: bytes + inverse.json_bytes() + label.as_ref().map_or(0, Value::json_bytes),
            label,
            left_out: Vec::new(),
            inverse,
        }
    }
}

/// What one undo or redo does.
pub(crate) struct Entry<V> {
    pub(crate) patch: Patch<V>,
    pub(crate) label: Option<V>,
}

/// The changes of one author that can be undone and redone.
#[derive(Debug)]
pub(crate) struct History<D: Doc> {
    /// The steps of each chain, the top last.
    chains: [Vec<Step<D::Value>>; 2],
    /// Changes whose inverses nobody has asked for yet, with the documents before them: to derive
    /// an inverse copies what the change has copied.
    underived: Vec<(Seq, D, Patch<D::Value>)>,
    /// Foreign patches that touch nothing pending, and over which the chains were not walked.
    unwalked: Vec<Patch<D::Value>>,
    unwalked_bytes: usize,
    /// What was left out of entries of which nothing was left; the next undo or redo tells it.
    untold: Vec<LeftOut<D::Value>>,
    /// What the steps touch; `None` while it has to be made anew.
    places: Option<Places>,
    entries_max: usize,
    /// Whether the next edit belongs to the entry of the one before.
    joining: bool,
    /// Whether a group is open, and what it is called.
    group: bool,
    group_label: Option<D::Value>,
}

impl<D: Doc> History<D> {
    pub(crate) fn new() -> Self {
        Self {
            chains: [Vec::new(), Vec::new()],
            underived: Vec::new(),
            unwalked: Vec::new(),
            unwalked_bytes: 0,
            untold: Vec::new(),
            places: None,
            entries_max: HISTORY_ENTRIES,
            joining: false,
            group: false,
            group_label: None,
        }
    }

    /// How many entries are kept; none switches it off.
    pub(crate) fn set_entries_max(&mut self, entries: usize) {
        self.entries_max = entries.min(HISTORY_ENTRIES_MAX);
        self.bound();
    }

    /// From here on edits belong to one entry, or no more.
    pub(crate) fn set_group(&mut self, open: bool, label: Option<D::Value>) {
        self.group = open;
        self.group_label = label;
        self.joining = false;
    }

    pub(crate) fn clear(&mut self) {
        for chain in [Chain::Undo, Chain::Redo] {
            self.clear_chain(chain);
        }
        self.unwalked.clear();
        self.unwalked_bytes = 0;
        self.untold.clear();
        self.joining = false;
    }

    pub(crate) fn clear_chain(&mut self, chain: Chain) {
        self.derive();
        self.chains[chain as usize].clear();
        self.places = None;
    }

    /// Whether there is no step, not even one that does nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.chains.iter().all(Vec::is_empty)
    }

    /// Derives the inverses that were not derived yet.
    fn derive(&mut self) {
        while !self.underived.is_empty() {
            self.derive_oldest();
        }
    }

    fn derive_oldest(&mut self) {
        let (seq, before, change) = self.underived.remove(0);
        let mut steps = self.chains[Chain::Undo as usize].iter_mut().rev();
        if let Some(step) = steps.find(|step| step.seq == seq) {
            step.inverse = apply::inverse(&before, &change);
            step.bytes += step.inverse.json_bytes();
            if let Some(places) = &mut self.places {
                places.add(&step.inverse);
            }
        }
    }

    /// What is next in a chain: `None` when nothing is left to do, and the newest label of the
    /// entry where it has one.
    pub(crate) fn next_label(&mut self, chain: Chain) -> Option<Option<&D::Value>> {
        self.derive();
        let mut label = None;
        let mut does_something = false;
        for step in self.chains[chain as usize].iter().rev() {
            label = label.or(step.label.as_ref());
            does_something |= !step.inverse.0.is_empty();
            if !step.joined {
                if does_something {
                    return Some(label);
                }
                label = None;
            }
        }
        None
    }

    /// Takes note of an edit of `before`, and drops what could be redone.
    pub(crate) fn edited(
        &mut self,
        seq: Seq,
        applied: &Applied<D::Value>,
        before: D,
        label: Option<D::Value>,
        bytes: usize,
    ) {
        if self.entries_max == 0 || applied.patch.without_tests().0.is_empty() {
            return;
        }
        if !self.chains[Chain::Redo as usize].is_empty() {
            self.clear_chain(Chain::Redo);
        }
        let joined = core::mem::replace(&mut self.joining, self.group);
        let joined = joined && self.has_room_in_entry();
        let label = self.group_label.clone().or(label);
        if let [_, _, ..] = &applied.patch.0[..]
            && applied.is_recorded()
        {
            let step = Step::new(seq, Patch::default(), label, bytes);
            self.push(Chain::Undo, step, joined);
            self.underived.push((seq, before, applied.patch.clone()));
            if self.underived.len() > UNDERIVED_MAX {
                self.derive_oldest();
            }
            return;
        }
        let inverse = if applied.is_recorded() {
            apply::inverse(&before, &applied.patch)
        } else {
            applied.inverse()
        };
        let step = Step::new(seq, inverse, label, bytes);
        self.push(Chain::Undo, step, joined);
    }

    /// Whether another step may join the top entry: an entry is one walk, and one change.
    fn has_room_in_entry(&self) -> bool {
        let steps = &self.chains[Chain::Undo as usize];
        let entry = &steps[steps.len() - entry_len(steps).unwrap_or(0)..];
        let bytes: usize = entry.iter().map(|step| step.bytes).sum();
        entry.len() < ENTRY_STEPS_MAX && bytes < ENTRY_BYTES_MAX
    }

    /// Takes the inverse of what the top of `from` did: it goes on the other chain. Returns what
    /// was left out of that top.
    pub(crate) fn undone(
        &mut self,
        from: Chain,
        seq: Seq,
        inverse: Patch<D::Value>,
        label: Option<D::Value>,
        bytes: usize,
    ) -> Vec<LeftOut<D::Value>> {
        self.derive();
        self.drop_top(from);
        let to = match from {
            Chain::Undo => Chain::Redo,
            Chain::Redo => Chain::Undo,
        };
        self.joining = false;
        let step = Step::new(seq, inverse, label, bytes);
        self.push(to, step, false);
        core::mem::take(&mut self.untold)
    }

    fn push(&mut self, chain: Chain, mut step: Step<D::Value>, joined: bool) {
        if let Some(places) = &mut self.places {
            places.add(&step.inverse);
        }
        let steps = &mut self.chains[chain as usize];
        step.joined = joined && !steps.is_empty();
        steps.push(step);
        // One that joins makes no entry more, and the entry it joins is kept whole: looking at all
        // steps can wait, or a long drag would take longer with every move.
        if !joined {
            self.bound();
        }
    }

    /// Drops the oldest entries above the limits.
    fn bound(&mut self) {
        for chain in 0..2 {
            let steps = &self.chains[chain];
            let other: usize = self.chains[1 - chain].iter().map(|step| step.bytes).sum();
            let (mut entries, mut bytes) = (0, other);
            let mut keep = steps.len();
            for (index, step) in steps.iter().enumerate().rev() {
                bytes += step.bytes;
                if bytes > HISTORY_BYTES_MAX && entries > 0 || entries == self.entries_max {
                    break;
                }
                if !step.joined {
                    entries += 1;
                    keep = index;
                }
            }
            if keep > 0 {
                self.chains[chain].drain(..keep);
                self.places = None;
            }
        }
    }

    /// What the top entry of a chain does now, after those that do nothing any more have left.
    pub(crate) fn top(&mut self, chain: Chain) -> Option<Entry<D::Value>> {
        self.derive();
        loop {
            let steps = &mut self.chains[chain as usize];
            let size = entry_len(steps)?;
            let at = steps.len() - size;
            let mut ops = Vec::new();
            let mut label = None;
            for step in steps[at..].iter_mut().rev() {
                label = label.or_else(|| step.label.clone());
                self.untold.append(&mut step.left_out);
                ops.extend(step.inverse.0.iter().cloned());
            }
            if !ops.is_empty() {
                let patch = Patch(ops);
                return Some(Entry { patch, label });
            }
            self.drop_top(chain);
        }
    }

    fn drop_top(&mut self, chain: Chain) {
        let steps = &mut self.chains[chain as usize];
        let size = entry_len(steps).unwrap_or(0);
        steps.truncate(steps.len() - size);
        self.places = None;
    }

    /// The step of a change leaves: the change was refused, or nothing of it was left.
    pub(crate) fn forget(&mut self, seq: Seq) {
        self.derive();
        for steps in &mut self.chains {
            if let Some(at) = steps.iter().position(|step| step.seq == seq) {
                let step = steps.remove(at);
                // Whatever joined it does not join what was below.
                match steps.get_mut(at) {
                    Some(above) => above.joined &= step.joined,
                    None => self.joining &= step.joined,
                }
                self.places = None;
            }
        }
    }
}

/// So many documents are kept to derive inverses from.
const UNDERIVED_MAX: usize = 8;
/// So many steps, or bytes, are one entry at most; a longer group is several.
const ENTRY_STEPS_MAX: usize = 1_000;
const ENTRY_BYTES_MAX: usize = 512 << 10;

/// How many steps the top entry has.
fn entry_len<V>(steps: &[Step<V>]) -> Option<usize> {
    let begin = steps.iter().rposition(|step| !step.joined)?;
    Some(steps.len() - begin)
}
