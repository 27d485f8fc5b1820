//! The earlier of two operations, done after the later one: what tests need to walk a diamond the
//! other way round. The product never does this.

use super::tree::{IdTree, Seat};
use draftsync::op::Op;
use draftsync::path::Token;
use draftsync::tree::Tree;

impl IdTree {
    /// Does `op`, which comes first in the room's order and was written on `base`, to this tree,
    /// which is `base` and one later operation: where both decide about the same, it yields.
    ///
    /// Moves only within a list, no two values for one new member (see [`is_sound`]).
    pub(crate) fn take_earlier(&mut self, base: &Self, op: &Op<Tree>) {
        match op {
            Op::Create(path, value) => {
                let (content, key) = base.slot(path);
                let Token::Key(key) = key else { return };
                if self.holds(content) && self.member(content, key).is_none() {
                    let literal = self.literal(value);
                    self.take_in(&literal);
                    self.put_member(content, key, literal.top);
                }
            }
            Op::Put(path, value) | Op::Rep(path, value) => {
                let node = base.find(&path.0);
                let content = base.node(node).content;
                if !self.is_alive(node) || self.node(node).content != content {
                    return;
                }
                // What was added to the old number is added to the new one.
                let added = match (self.read_node(node), base.read_node(node), value) {
                    (Tree::Number(now), Tree::Number(then), Tree::Number(_)) => now - then,
                    _ => 0.0,
                };
                let literal = self.name(value, node);
                self.take_in(&literal);
                if added != 0.0 {
                    self.add_to_number(literal.content, added);
                }
            }
            Op::Ins(path, value) => {
                let (content, index) = base.slot(path);
                if self.holds(content) {
                    let literal = self.literal(value);
                    self.take_in(&literal);
                    self.sit_left(base, content, index, literal.top);
                }
            }
            Op::Rm(path) => {
                let node = base.find(&path.0);
                if self.is_alive(node) && !self.node(node).put {
                    self.take_out(node);
                }
            }
            Op::Move { from, to, .. } => {
                let node = base.find(&from.0);
                if self.is_alive(node) && !self.node(node).moved {
                    self.take_out(node);
                    let mut after = base.clone();
                    after.take_out(node);
                    let (content, index) = after.slot(to);
                    self.sit_left(&after, content, index, node);
                }
            }
            Op::Inc(path, by) => {
                let node = base.find(&path.0);
                let content = base.node(node).content;
                if self.is_alive(node) && self.node(node).content == content {
                    self.add_to_number(content, *by);
                }
            }
            Op::StrIns {
                path, pos, text, ..
            } => {
                let node = base.find(&path.0);
                let content = base.node(node).content;
                if self.is_alive(node) && self.node(node).content == content {
                    let gap = base.gap_after_left(content, *pos);
                    let seats = self.units(text);
                    self.add_seats(content, gap, &seats);
                }
            }
            Op::StrDel { path, pos, len } => {
                let node = base.find(&path.0);
                let content = base.node(node).content;
                let gone = base.taken(content)[*pos..*pos + *len].to_vec();
                for seat in self.seats_mut(content) {
                    seat.taken &= !gone.iter().any(|gone| gone.id == seat.id);
                }
            }
            Op::Test(..) => {}
        }
    }

    fn sit_left(&mut self, base: &Self, content: u64, index: &Token, node: u64) {
        let Token::Index(index) = index else { return };
        let gap = base.gap_after_left(content, *index);
        let seat = Seat {
            id: self.fresh(),
            taken: true,
            holds: node,
        };
        self.put_seat(content, gap, seat);
    }
}

/// Whether the two operations, written on one document, are of those for which a diamond closes
/// with one operation on each side: moves stay within a list, and no two different values are
/// made or moved onto one member.
pub(crate) fn is_sound(first: &Op<Tree>, second: &Op<Tree>) -> bool {
    let stays = |op: &Op<Tree>| match op {
        Op::Move { from, to, .. } => {
            let (Some((here, _)), Some((there, Token::Index(_)))) = (from.split(), to.split())
            else {
                return false;
            };
            here == there
        }
        _ => true,
    };
    let different = match (first, second) {
        (Op::Create(path, value), Op::Create(other, twin)) => path == other && value != twin,
        _ => false,
    };
    stays(first) && stays(second) && !different
}
