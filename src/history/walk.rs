//! How the chains follow what is foreign, and what became of the changes that they take back.

use super::History;
use crate::apply::Applied;
use crate::doc::Doc;
use crate::op::Patch;
use crate::places::Places;
use crate::protocol::Seq;
use crate::rebase::{Run, Walker};

/// So many foreign patches, or bytes of them, may wait before the chains are walked over them.
const UNWALKED_MAX: usize = 1_000;
const UNWALKED_BYTES_MAX: usize = 1 << 20;

impl<D: Doc> History<D> {
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
        self.derive();
        for (steps, trailing) in self.chains.iter_mut().zip(trailing) {
            if after < trailing
                && let Some(step) = steps.iter_mut().rev().nth(after)
            {
                step.inverse = applied.inverse();
                self.places = None;
            }
        }
    }

    /// Takes note of a foreign patch that touches nothing pending.
    pub(crate) fn pass(&mut self, patch: &Patch<D::Value>) {
        // After one that concerns the chains, any other may build on it.
        if !self.unwalked.is_empty() || !self.is_apart(patch) {
            self.unwalked_bytes += patch.json_bytes();
            self.unwalked.push(patch.clone());
        }
    }

    /// Takes note of a change of the author's own that is not to be undone: to the chains it is as
    /// foreign as those of others.
    pub(crate) fn step_over(&mut self, patch: &Patch<D::Value>) {
        if self.is_apart(patch) {
            return;
        }
        let mut walker = Walker::new();
        walker.foreign(patch);
        for chain in 0..self.chains.len() {
            self.follow(chain, 0, walker.clone(), &[]);
        }
    }

    fn is_apart(&mut self, patch: &Patch<D::Value>) -> bool {
        self.derive();
        let chains = &self.chains;
        let places = self.places.get_or_insert_with(|| {
            let mut places = Places::default();
            let steps = chains.iter().flatten();
            steps.for_each(|step| places.add(&step.inverse));
            places
        });
        places.is_apart(patch)
    }

    /// Whether foreign patches wait for a walk, more of them than should.
    pub(crate) fn is_behind(&self) -> bool {
        self.unwalked.len() > UNWALKED_MAX || self.unwalked_bytes > UNWALKED_BYTES_MAX
    }

    /// Walks both chains over the foreign patches that passed pending by.
    pub(crate) fn catch_up(&mut self, trailing: [usize; 2]) {
        if self.unwalked.is_empty() {
            return;
        }
        let foreign = core::mem::take(&mut self.unwalked);
        self.unwalked_bytes = 0;
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
        self.derive();
        let steps = self.chains[chain].iter_mut().rev().skip(trailing);
        for step in steps {
            let run = if stale.contains(&step.seq) {
                Run::Refused
            } else {
                Run::Undo
            };
            let rebased = walker.pending(&step.inverse, run);
            let gone = rebased.lost.iter().filter(|lost| lost.kind.is_void());
            let ops = &step.inverse.0;
            step.left_out
                .extend(gone.map(|lost| (ops[lost.op].to_text(), lost.kind)));
            step.inverse = rebased.patch;
        }
        self.places = None;
    }
}
