//! An author who has not seen what the room took meanwhile.
//!
//! Each operation is looked up by name in the author's own replica, done to the room's tree if
//! what it is about is still there, and done to the replica in any case.

use super::tree::{Id, IdTree};
use draftsync::op::{Op, Patch};
use draftsync::path::Path;
use draftsync::tree::Tree;

/// An author's replica, and the room as it is after the author's patches so far.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(super) replica: IdTree,
    pub(super) room: IdTree,
}

/// What became of one patch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turn {
    /// What the room did, as it reads on the room's document.
    pub(crate) patch: Patch<Tree>,
    /// Index of the operation and reason, in the order of the operations.
    pub(crate) lost: Vec<(usize, &'static str)>,
    /// What a strict patch was refused for.
    pub(crate) refused: Option<(usize, &'static str)>,
    /// The first operation that is a guard and finds something else in the room.
    pub(crate) unequal: Option<usize>,
}

/// What became of one operation: what the room did, and what the author is told.
pub(super) type Done = (Vec<Op<Tree>>, Option<&'static str>);

impl Author {
    /// An author at `base`; `room` has gone on from there.
    pub(crate) fn new(base: &IdTree, room: &IdTree) -> Self {
        Self {
            replica: base.clone(),
            room: room.clone(),
        }
    }

    /// The room's document.
    pub(crate) fn room(&self) -> Tree {
        self.room.read()
    }

    /// The author's document.
    pub(crate) fn view(&self) -> Tree {
        self.replica.read()
    }

    /// The author's next patch. One that is not live was refused: the room never does it.
    pub(crate) fn patch(&mut self, patch: &Patch<Tree>, live: bool) -> Turn {
        let strict = patch.0.iter().any(|op| matches!(op, Op::Test(..)));
        let before = self.clone();
        let turn = self.run(patch, live);
        let counts = |(op, reason): &&(usize, &str)| {
            let gone = *reason == "target-gone" && matches!(patch.0[*op], Op::Rm(_));
            !gone && !["overwrote", "merged", "removed-foreign"].contains(reason)
        };
        match turn.lost.iter().find(counts) {
            Some(lost) if strict => {
                *self = before;
                let refused = Some(*lost);
                let turn = self.run(patch, false);
                Turn { refused, ..turn }
            }
            _ => turn,
        }
    }

    fn run(&mut self, patch: &Patch<Tree>, live: bool) -> Turn {
        let mut turn = Turn {
            patch: Patch::default(),
            lost: Vec::new(),
            refused: None,
            unequal: None,
        };
        for (index, op) in patch.0.iter().enumerate() {
            let (ops, reason) = self.op(op, live);
            if ops.iter().any(|op| self.is_unequal(op)) {
                turn.unequal.get_or_insert(index);
            }
            turn.patch.0.extend(ops);
            turn.lost
                .extend(reason.filter(|_| live).map(|reason| (index, reason)));
        }
        turn
    }

    fn op(&mut self, op: &Op<Tree>, live: bool) -> Done {
        match op {
            Op::Create(path, value) => self.create(path, value, live),
            Op::Put(path, value) => self.put(path, value, live),
            Op::Rep(path, value) => self.replace(path, value, live),
            Op::Ins(path, value) => self.insert(path, value, live),
            Op::Rm(path) => self.remove(path, live),
            Op::Move { from, to, over } => self.shift(from, to, *over, live),
            Op::Inc(path, by) => self.increment(path, *by, live),
            Op::StrIns {
                path,
                pos,
                text,
                units,
            } => self.insert_text(path, *pos, (text, *units), live),
            Op::StrDel { path, pos, len } => self.delete_text(path, *pos, *len, live),
            Op::Test(path, value) => {
                let node = self.replica.find(&path.0);
                match self.standing(node, live) {
                    Some(path) if self.has_same_content(node) => {
                        (vec![Op::Test(path, value.clone())], None)
                    }
                    _ => void("guard-failed"),
                }
            }
        }
    }

    fn is_unequal(&self, op: &Op<Tree>) -> bool {
        match op {
            Op::Test(path, value) => self.room.read_node(self.room.find(&path.0)) != *value,
            _ => false,
        }
    }

    /// Where the room has a value.
    pub(super) fn standing(&self, node: Id, live: bool) -> Option<Path> {
        if live { self.room.path(node) } else { None }
    }

    /// Where the room has a container's content.
    pub(super) fn standing_content(&self, content: Id, live: bool) -> Option<Path> {
        if live {
            self.room.content_path(content)
        } else {
            None
        }
    }

    fn has_same_content(&self, node: Id) -> bool {
        self.room.node(node).content == self.replica.node(node).content
    }

    pub(super) fn index_in_room(&self, content: Id, seat: Id) -> usize {
        let taken = self.room.taken(content);
        let mut ids = taken.iter().map(|taken| taken.id);
        ids.position(|id| id == seat).expect("a taken seat")
    }

    fn increment(&mut self, path: &Path, by: f64, live: bool) -> Done {
        let node = self.replica.find(&path.0);
        let seen = self.replica.node(node).content;
        self.replica.add_to_number(seen, by);
        let Some(path) = self.standing(node, live) else {
            return void("target-gone");
        };
        let content = self.room.node(node).content;
        if !self.room.is_number_since(seen, content) {
            return void("not-number");
        }
        self.room.add_to_number(content, by);
        (vec![Op::Inc(path, by)], None)
    }

    /// Where the room has a text, as long as it is the one that its author sees.
    fn standing_text(&self, node: Id, live: bool) -> Option<Path> {
        self.standing(node, live)
            .filter(|_| self.has_same_content(node))
    }

    fn insert_text(
        &mut self,
        path: &Path,
        pos: usize,
        (text, units): (&Tree, usize),
        live: bool,
    ) -> Done {
        let node = self.replica.find(&path.0);
        let content = self.replica.node(node).content;
        let path = self.standing_text(node, live);
        let gap = self.replica.gap_before_right(content, pos);
        let mut seats = self.replica.units(text);
        self.replica.add_seats(content, gap, &seats);
        for seat in &mut seats {
            seat.taken = path.is_some();
        }
        if self.room.knows(content) {
            self.room.add_seats(content, gap, &seats);
        }
        match path {
            Some(path) => {
                let op = Op::StrIns {
                    path,
                    pos: self.index_in_room(content, seats[0].id),
                    text: text.clone(),
                    units,
                };
                (vec![op], None)
            }
            None => void("content-replaced"),
        }
    }

    fn delete_text(&mut self, path: &Path, pos: usize, len: usize, live: bool) -> Done {
        let node = self.replica.find(&path.0);
        let content = self.replica.node(node).content;
        let path = self.standing_text(node, live);
        let gone = self.replica.taken(content)[pos..pos + len].to_vec();
        for seat in self.replica.seats_mut(content) {
            seat.taken &= !gone.iter().any(|gone| gone.id == seat.id);
        }
        let Some(path) = path else {
            return void("content-replaced");
        };
        // One unit after the other; neighbours in the room make one operation.
        let mut left: Vec<(usize, usize)> = Vec::new();
        for unit in gone {
            let taken = self.room.taken(content);
            let Some(pos) = taken.iter().position(|seat| seat.id == unit.id) else {
                continue;
            };
            match left.last_mut() {
                Some((at, len)) if *at == pos => *len += 1,
                _ => left.push((pos, 1)),
            }
            for seat in self.room.seats_mut(content) {
                seat.taken &= seat.id != unit.id;
            }
        }
        let delete = |(pos, len)| Op::StrDel {
            path: path.clone(),
            pos,
            len,
        };
        let ops: Vec<_> = left.into_iter().map(delete).collect();
        let told = ops.is_empty().then_some("target-gone");
        (ops, told)
    }
}

pub(super) fn void(reason: &'static str) -> Done {
    (Vec::new(), Some(reason))
}
