//! Undo and redo: two chains of inverses, the tail of what is pending (SPEC part U).
//!
//! The top of a chain applies on the view, the next one on what that leaves, and so on down. So
//! every walk of pending ends with them, in a mode where whatever is foreign stands. The inverse
//! of a change that is still pending is taken from its latest application; what lies deeper is
//! walked on the document before it.

use crate::apply::{self, Applied, Rules};
use crate::doc::Doc;
use crate::op::Patch;
use crate::places::Places;
use crate::protocol::{PatchOp, Seq};
use crate::rebase::{Kind, Run, Walker};
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

/// What takes one change back.
#[derive(Clone, Debug)]
pub(crate) enum Inverse<D: Doc> {
    /// Not derived yet: the document before the change, by handle, and the change.
    Later(D, Patch<D::Value>),
    /// On the document after the change and the inverses above.
    Ready(Patch<D::Value>),
}

/// An operation that an undo leaves out, and why.
pub(crate) type LeftOut<V> = (PatchOp<V>, Kind);

#[derive(Debug)]
struct Step<D: Doc> {
    /// The change that it takes back.
    seq: Seq,
    inverse: Inverse<D>,
    /// Whether the step below belongs to the same entry.
    joined: bool,
    left_out: Vec<LeftOut<D::Value>>,
    bytes: usize,
}

impl<D: Doc> Step<D> {
    /// The inverse, derived now if it was not.
    fn patch(&mut self) -> &Patch<D::Value> {
        if let Inverse::Later(before, change) = &self.inverse {
            let mut doc = before.clone();
            let applied = apply::apply(&mut doc, &change.without_tests(), &Rules::RFC);
            debug_assert!(applied.is_ok(), "a change fits the document before it");
            let inverse = applied.map(|applied| applied.inverse()).unwrap_or_default();
            self.inverse = Inverse::Ready(inverse);
        }
        match &self.inverse {
            Inverse::Ready(patch) | Inverse::Later(_, patch) => patch,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(&self.inverse, Inverse::Ready(patch) if patch.0.is_empty())
    }
}

/// What one undo or redo does.
pub(crate) struct Entry<V> {
    pub(crate) patch: Patch<V>,
    pub(crate) left_out: Vec<LeftOut<V>>,
}

/// The changes of one author that can be undone and redone.
#[derive(Debug)]
pub(crate) struct History<D: Doc> {
    /// The steps of each chain, the top last.
    chains: [Vec<Step<D>>; 2],
    /// Foreign patches that touch nothing pending, and over which the chains were not walked.
    unwalked: Vec<Patch<D::Value>>,
    /// What the steps touch; `None` while it has to be made anew.
    places: Option<Places>,
    entries_max: usize,
    /// Whether the next edit belongs to the entry of the one before.
    joining: bool,
    /// Whether a group is open.
    group: bool,
}

impl<D: Doc> History<D> {
    pub(crate) fn new() -> Self {
        Self {
            chains: [Vec::new(), Vec::new()],
            unwalked: Vec::new(),
            places: None,
            entries_max: HISTORY_ENTRIES,
            joining: false,
            group: false,
        }
    }

    /// How many entries are kept; none switches it off.
    pub(crate) fn set_entries_max(&mut self, entries: usize) {
        self.entries_max = entries.min(HISTORY_ENTRIES_MAX);
        self.bound();
    }

    /// From here on edits belong to one entry, or no more.
    pub(crate) fn set_group(&mut self, open: bool) {
        self.group = open;
        self.joining = false;
    }

    pub(crate) fn clear(&mut self) {
        self.chains = [Vec::new(), Vec::new()];
        self.unwalked.clear();
        self.places = None;
        self.joining = false;
    }

    /// Whether anything is left to do in a chain.
    pub(crate) fn can(&self, chain: Chain) -> bool {
        self.chains[chain as usize]
            .iter()
            .any(|step| !step.is_empty())
    }

    /// Takes the inverse of an edit, and drops what could be redone.
    pub(crate) fn edited(&mut self, seq: Seq, inverse: Inverse<D>, bytes: usize) {
        if self.entries_max == 0 {
            return;
        }
        self.chains[Chain::Redo as usize].clear();
        let joined = core::mem::replace(&mut self.joining, self.group);
        self.push(Chain::Undo, seq, inverse, joined, bytes);
    }

    /// Takes the inverse of what the top of `from` did: it goes on the other chain.
    pub(crate) fn undone(&mut self, from: Chain, seq: Seq, inverse: Inverse<D>, bytes: usize) {
        self.drop_top(from);
        let to = match from {
            Chain::Undo => Chain::Redo,
            Chain::Redo => Chain::Undo,
        };
        self.joining = false;
        self.push(to, seq, inverse, false, bytes);
    }

    fn push(&mut self, chain: Chain, seq: Seq, inverse: Inverse<D>, joined: bool, bytes: usize) {
        let steps = &mut self.chains[chain as usize];
        let joined = joined && !steps.is_empty();
        steps.push(Step {
            seq,
            inverse,
            joined,
            left_out: Vec::new(),
            bytes,
        });
        self.places = None;
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
        let mut left_out = Vec::new();
        loop {
            let steps = &mut self.chains[chain as usize];
            let size = entry_len(steps)?;
            let at = steps.len() - size;
            let mut ops = Vec::new();
            for step in steps[at..].iter_mut().rev() {
                left_out.append(&mut step.left_out);
                ops.extend(step.patch().0.iter().cloned());
            }
            if !ops.is_empty() {
                let patch = Patch(ops);
                return Some(Entry { patch, left_out });
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
        for steps in &mut self.chains {
            if let Some(at) = steps.iter().position(|step| step.seq == seq) {
                let step = steps.remove(at);
                if let Some(above) = steps.get_mut(at) {
                    above.joined &= step.joined;
                }
                self.places = None;
            }
        }
    }

    /// How many of the last pending changes have their inverses on the top of each chain.
    pub(crate) fn trailing(
        &self,
        pending: impl DoubleEndedIterator<Item = Seq> + Clone,
    ) -> [usize; 2] {
        [0, 1].map(|chain| {
            let steps = self.chains[chain].iter().rev();
            let pairs = steps.zip(pending.clone().rev());
            pairs.take_while(|(step, seq)| step.seq == *seq).count()
        })
    }

    /// Takes the inverses of a change from its latest application, where it is a trailing one;
    /// `after` pending changes follow it.
    pub(crate) fn refresh(
        &mut self,
        after: usize,
        trailing: [usize; 2],
        applied: &Applied<D::Value>,
    ) {
        for (steps, trailing) in self.chains.iter_mut().zip(trailing) {
            if after < trailing
                && let Some(step) = steps.iter_mut().rev().nth(after)
            {
                step.inverse = Inverse::Ready(applied.inverse());
                self.places = None;
            }
        }
    }

    /// Takes note of a foreign patch that touches nothing pending.
    pub(crate) fn pass(&mut self, patch: &Patch<D::Value>) {
        // After one that concerns the chains, any other may build on it.
        if !self.unwalked.is_empty() || !self.is_apart(patch) {
            self.unwalked.push(patch.clone());
        }
    }

    fn is_apart(&mut self, patch: &Patch<D::Value>) -> bool {
        let chains = &self.chains;
        let places = self.places.get_or_insert_with(|| {
            let mut places = Places::default();
            for step in chains.iter().flatten() {
                let (Inverse::Later(_, patch) | Inverse::Ready(patch)) = &step.inverse;
                places.add(patch);
            }
            places
        });
        places.is_apart(patch)
    }

    /// Whether foreign patches wait for a walk, more of them than should.
    pub(crate) fn is_behind(&self) -> bool {
        self.unwalked.len() > UNWALKED_MAX
    }

    /// Walks both chains over the foreign patches that passed pending by.
    pub(crate) fn catch_up(&mut self, trailing: [usize; 2]) {
        if self.unwalked.is_empty() {
            return;
        }
        let foreign = core::mem::take(&mut self.unwalked);
        for (chain, trailing) in trailing.into_iter().enumerate() {
            if self.chains[chain].len() > trailing {
                let mut walker = Walker::new();
                foreign.iter().for_each(|patch| walker.foreign(patch));
                self.follow(chain, trailing, walker, &[]);
            }
        }
    }

    /// Walks each chain of which this many pending changes are trailing, on a fork of a walk that
    /// has run the pending ones before those.
    pub(crate) fn fork(
        &mut self,
        left: usize,
        trailing: [usize; 2],
        walker: &Walker<D::Value>,
        stale: &[Seq],
    ) {
        for (chain, trailing) in trailing.into_iter().enumerate() {
            if trailing == left && self.chains[chain].len() > trailing {
                self.follow(chain, trailing, walker.clone(), stale);
            }
        }
    }

    /// Walks what lies deeper in a chain than its trailing steps. The steps of `stale` changes
    /// only show where the others stand; they do nothing any more.
    fn follow(
        &mut self,
        chain: usize,
        trailing: usize,
        mut walker: Walker<D::Value>,
        stale: &[Seq],
    ) {
        let steps = self.chains[chain].iter_mut().rev().skip(trailing);
        for step in steps {
            let run = if stale.contains(&step.seq) {
                Run::Refused
            } else {
                Run::Undo
            };
            let rebased = walker.pending(step.patch(), run);
            let gone = rebased.lost.iter().filter(|lost| lost.kind.is_void());
            let ops = &step.patch().0;
            let gone: Vec<_> = gone
                .map(|lost| (ops[lost.op].to_text(), lost.kind))
                .collect();
            step.left_out.extend(gone);
            step.inverse = Inverse::Ready(rebased.patch);
        }
        self.places = None;
    }
}

/// So many foreign patches may wait before the chains are walked over them.
const UNWALKED_MAX: usize = 1_000;

/// How many steps the top entry has.
fn entry_len<D: Doc>(steps: &[Step<D>]) -> Option<usize> {
    let begin = steps.iter().rposition(|step| !step.joined)?;
    Some(steps.len() - begin)
}
