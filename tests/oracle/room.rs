//! The room: it does what it is told to its own document, one operation after the other.

use super::tree::{IdTree, Seat};
use draftsync::op::{Op, Patch};
use draftsync::path::Token;
use draftsync::tree::Tree;

impl IdTree {
    /// Takes a patch that reads as the room's document stands.
    ///
    /// What goes into a list or a text goes directly after its left neighbour, so that nothing
    /// that is decided later can come between them.
    pub(crate) fn take(&mut self, patch: &Patch<Tree>) {
        patch.0.iter().for_each(|op| self.take_op(op));
    }

    fn take_op(&mut self, op: &Op<Tree>) {
        match op {
            Op::Create(path, value) => {
                let (content, key) = self.slot(path);
                let Token::Key(key) = key else {
                    panic!("a member has a key")
                };
                let literal = self.literal(value);
                self.take_in(&literal);
                self.put_member(content, key, literal.top);
                let top = literal.top;
                self.node_mut(top).created = Some((content, key.to_string(), literal));
            }
            Op::Put(path, value) | Op::Rep(path, value) => {
                let node = self.find(&path.0);
                let literal = self.name(value, node);
                self.take_in(&literal);
                self.node_mut(node).put = matches!(op, Op::Put(..));
            }
            Op::Ins(path, value) => {
                let (content, index) = self.slot(path);
                let literal = self.literal(value);
                self.take_in(&literal);
                self.sit(content, index, literal.top);
            }
            Op::Rm(path) => self.take_out(self.find(&path.0)),
            Op::Move { from, to, .. } => {
                let node = self.find(&from.0);
                self.take_out(node);
                self.node_mut(node).moved = true;
                let (content, last) = self.slot(to);
                match last {
                    Token::Key(key) => self.put_member(content, key, node),
                    index => self.sit(content, index, node),
                }
            }
            Op::Inc(path, by) => {
                let content = self.node(self.find(&path.0)).content;
                self.add_to_number(content, *by);
            }
            Op::StrIns {
                path, pos, text, ..
            } => {
                let content = self.node(self.find(&path.0)).content;
                let seats = self.units(text);
                let gap = self.gap_after_left(content, *pos);
                self.add_seats(content, gap, &seats);
            }
            Op::StrDel { path, pos, len } => {
                let content = self.node(self.find(&path.0)).content;
                let gone = self.taken(content)[*pos..*pos + *len].to_vec();
                for seat in self.seats_mut(content) {
                    seat.taken &= !gone.iter().any(|gone| gone.id == seat.id);
                }
            }
            Op::Test(..) => {}
        }
    }

    /// Puts a value at an index, directly after its left neighbour.
    fn sit(&mut self, content: u64, index: &Token, node: u64) {
        let Token::Index(index) = index else {
            panic!("an element has an index")
        };
        let gap = self.gap_after_left(content, *index);
        let seat = Seat {
            id: self.fresh(),
            taken: true,
            holds: node,
        };
        self.put_seat(content, gap, seat);
    }

    /// A text with a name for each code unit.
    pub(super) fn units(&self, text: &Tree) -> Vec<Seat> {
        let Tree::Text(text) = text else {
            panic!("no text")
        };
        let seat = |unit: u16| Seat {
            id: self.fresh(),
            taken: true,
            holds: unit.into(),
        };
        text.encode_utf16().map(seat).collect()
    }
}
