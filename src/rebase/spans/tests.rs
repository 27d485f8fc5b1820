//! Spans against a list with one entry for each element.

use super::*;
use crate::chance::Chance;

/// The same list with one entry for each element: visible where, and its slot.
#[derive(Default)]
struct Plain(Vec<([bool; 2], Option<SlotId>)>);

impl Plain {
    fn seen(&self, upto: usize, view: View) -> usize {
        let before = self.0[..upto].iter();
        before.filter(|(seen, _)| seen[view as usize]).count()
    }

    /// Where an element with this index in `view` stands.
    fn find(&self, index: usize, view: View) -> usize {
        (0..self.0.len())
            .filter(|at| self.0[*at].0[view as usize])
            .nth(index)
            .unwrap()
    }

    fn gap(&self, (index, view, side): Gap) -> usize {
        match side {
            Side::AfterLeft if index == 0 => 0,
            Side::AfterLeft => self.find(index - 1, view) + 1,
            Side::BeforeRight => self.find(index, view),
        }
    }
}

#[test]
fn t3_chunks_find_what_a_plain_list_finds() {
    for seed in 0..200 {
        let mut chance = Chance::new(seed);
        let mut spans = Spans::default();
        let mut plain = Plain(vec![([true, true], None); 2_000]);
        let mut slots = Vec::new();
        for step in 0..400 {
            let view = if chance.below(2) == 0 {
                View::L
            } else {
                View::M
            };
            // Only the front half is touched, so that the plain list stays long enough.
            let index = chance.below(300) as usize;
            match chance.below(6) {
                0 | 1 => {
                    let side = if view == View::M {
                        Side::AfterLeft
                    } else {
                        Side::BeforeRight
                    };
                    let gap = (index, view, side);
                    let visible = [chance.below(3) > 0, chance.below(3) > 0];
                    let at = plain.gap(gap);
                    let (offset, slot) = spans.insert(gap, 1, visible, Some(NodeId(step)));
                    assert_eq!(offset, plain.seen(at, View::M), "seed {seed}");
                    plain.0.insert(at, (visible, Some(slot)));
                    slots.push(slot);
                }
                2 => {
                    let at = plain.find(index, view);
                    let (_, slot) = spans.node(index, view, NodeId(step)).unwrap();
                    assert_eq!(slot.is_some(), plain.0[at].1.is_none(), "seed {seed}");
                    if let Some(slot) = slot {
                        plain.0[at].1 = Some(slot);
                        slots.push(slot);
                    }
                }
                3 => {
                    let len = chance.below(4) as usize;
                    let mut offsets = Vec::new();
                    spans.range(index, len, view, &mut |visible, offset, len| {
                        if visible[view as usize] {
                            offsets.extend((0..len).map(|_| offset));
                        }
                        visible[view as usize] = false;
                    });
                    assert_eq!(offsets.len(), len, "seed {seed}");
                    for _ in 0..len {
                        let at = plain.find(index, view);
                        plain.0[at].0[view as usize] = false;
                    }
                }
                _ if slots.is_empty() => {}
                4 => {
                    let slot = slots[chance.below(slots.len() as u64) as usize];
                    spans.hide(slot, view);
                    let at = plain.0.iter().position(|(_, id)| *id == Some(slot));
                    plain.0[at.unwrap()].0[view as usize] = false;
                }
                _ => {
                    let slot = slots[chance.below(slots.len() as u64) as usize];
                    let at = plain.0.iter().position(|(_, id)| *id == Some(slot));
                    let at = at.unwrap();
                    let seen = plain.0[at].0[view as usize].then(|| plain.seen(at, view));
                    assert_eq!(spans.index_of(slot, view), seen, "seed {seed}");
                }
            }
        }
        assert!(
            spans.chunks.len() > 4,
            "the lists are long enough for chunks"
        );
    }
}
