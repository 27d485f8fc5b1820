//! What an author makes, sets, removes and moves.

use super::author::{Author, Done, void};
use super::literal::Literal;
use super::tree::{Gap, Id, Place, Seat};
use draftsync::op::Op;
use draftsync::path::{Path, Token};
use draftsync::tree::Tree;

impl Author {
    pub(super) fn create(&mut self, path: &Path, value: &Tree, live: bool) -> Done {
        let (content, key) = self.replica.slot(path);
        let key = key_of(key);
        let Some(place) = self.standing_content(content, live) else {
            let literal = self.replica.literal(value);
            self.replica.take_in(&literal);
            self.replica.put_member(content, key, literal.top);
            return void("parent-gone");
        };
        let occupant = self.room.member(content, key);
        if let Some(theirs) = occupant.and_then(|node| self.same_create(node, content, key, value))
        {
            if self.replica.knows(theirs.content) {
                self.replica.meet(theirs.top);
            } else {
                self.replica.take_in(&theirs);
            }
            self.replica.put_member(content, key, theirs.top);
            return void("merged");
        }
        let literal = self.replica.literal(value);
        for tree in [&mut self.replica, &mut self.room] {
            tree.take_in(&literal);
            tree.put_member(content, key, literal.top);
        }
        self.made(child(place, Token::Key(key.into())), value, occupant)
    }

    /// What the room does where a new value takes a member.
    fn made(&self, place: Path, value: &Tree, occupant: Option<Id>) -> Done {
        let create = Op::Create(place.clone(), value.clone());
        match occupant {
            Some(_) => (vec![Op::Rm(place), create], Some("overwrote")),
            None => (vec![create], None),
        }
    }

    /// The literal from which somebody else made this very member, if it is an equal one.
    fn same_create(&self, node: Id, content: Id, key: &str, value: &Tree) -> Option<Literal> {
        let known = self.replica.nodes.iter().find(|known| known.id == node);
        let unseen = known.is_none_or(|known| known.place == Place::Nowhere);
        match &self.room.node(node).created {
            Some((at, name, literal)) if *at == content && name == key && unseen => {
                Some(literal.clone()).filter(|literal| literal.value == *value)
            }
            _ => None,
        }
    }

    pub(super) fn put(&mut self, path: &Path, value: &Tree, live: bool) -> Done {
        let node = self.replica.find(&path.0);
        let Place::Member(content, key) = self.replica.node(node).place.clone() else {
            panic!("only a member is put")
        };
        let foreign = live && self.takes_foreign(node);
        let literal = self.replica.name(value, node);
        self.replica.take_in(&literal);
        if let Some(path) = self.standing(node, live) {
            self.room.take_in(&literal);
            let op = match path.split() {
                Some((_, Token::Key(_))) => Op::Put(path, value.clone()),
                _ => Op::Rep(path, value.clone()),
            };
            return (vec![op], foreign.then_some("removed-foreign"));
        }
        // It is gone, so the key is made again.
        let Some(place) = self.standing_content(content, live) else {
            return void("parent-gone");
        };
        let occupant = self.room.member(content, &key);
        self.room.meet(node);
        self.room.take_out(node);
        self.room.take_in(&literal);
        self.room.put_member(content, &key, node);
        self.made(
            child(place, Token::Key(key.as_str().into())),
            value,
            occupant,
        )
    }

    pub(super) fn replace(&mut self, path: &Path, value: &Tree, live: bool) -> Done {
        let node = self.replica.find(&path.0);
        let foreign = live && self.takes_foreign(node);
        let literal = self.replica.name(value, node);
        self.replica.take_in(&literal);
        let Some(path) = self.standing(node, live) else {
            return void("target-gone");
        };
        self.room.take_in(&literal);
        let op = Op::Rep(path, value.clone());
        (vec![op], foreign.then_some("removed-foreign"))
    }

    pub(super) fn insert(&mut self, path: &Path, value: &Tree, live: bool) -> Done {
        let (content, index) = self.replica.slot(path);
        let literal = self.replica.literal(value);
        self.replica.take_in(&literal);
        let place = self.standing_content(content, live);
        if place.is_some() {
            self.room.take_in(&literal);
        }
        let gap = self.replica.gap_before_right(content, index_of(index));
        let seat = self.sit(content, gap, literal.top, place.is_some());
        match place {
            Some(place) => {
                let place = child(place, Token::Index(self.index_in_room(content, seat)));
                (vec![Op::Ins(place, value.clone())], None)
            }
            None => void("parent-gone"),
        }
    }

    /// Puts a value on a new seat in both trees. Where the room does not do it the seat is empty
    /// there: it only shows where the author's later inserts go.
    fn sit(&mut self, content: Id, gap: Gap, node: Id, done: bool) -> Id {
        let id = self.replica.fresh();
        let seat = |taken| Seat {
            id,
            taken,
            holds: node,
        };
        self.replica.put_seat(content, gap, seat(true));
        if self.room.knows(content) {
            self.room.put_seat(content, gap, seat(done));
        }
        id
    }

    pub(super) fn remove(&mut self, path: &Path, live: bool) -> Done {
        let node = self.replica.find(&path.0);
        let foreign = live && self.takes_foreign(node);
        self.replica.take_out(node);
        let Some(path) = self.standing(node, live) else {
            return void("target-gone");
        };
        self.room.take_out(node);
        (vec![Op::Rm(path)], foreign.then_some("removed-foreign"))
    }

    /// Whether inside `node` the room has something that somebody else moved, and that its author
    /// sees outside it.
    fn takes_foreign(&self, node: Id) -> bool {
        let moved = self.room.nodes.iter().filter(|moved| moved.moved);
        let mut inside = moved
            .map(|moved| moved.id)
            .filter(|moved| self.room.is_alive(*moved) && self.room.is_below(*moved, node));
        inside.any(|moved| self.replica.is_alive(moved) && !self.replica.is_below(moved, node))
    }

    pub(super) fn shift(&mut self, from: &Path, to: &Path, over: bool, live: bool) -> Done {
        let node = self.replica.find(&from.0);
        self.replica.take_out(node);
        let (content, last) = self.replica.slot(to);
        let source = self.standing(node, live);
        let place = self.standing_content(content, live);
        let reason = if source.is_none() {
            Some("target-gone")
        } else if place.is_none() {
            Some("parent-gone")
        } else if self.room.is_inside(content, node) {
            Some("cycle")
        } else {
            None
        };
        let source = source.filter(|_| reason.is_none());
        if source.is_some() {
            self.room.take_out(node);
        }
        let (last, overwrote) = match last {
            Token::Key(key) => {
                self.replica.put_member(content, key, node);
                let occupied = source.is_some() && self.room.member(content, key).is_some();
                if source.is_some() {
                    self.room.put_member(content, key, node);
                }
                (Token::Key(key.clone()), occupied)
            }
            Token::Index(index) => {
                let gap = self.replica.gap_before_right(content, *index);
                let seat = self.sit(content, gap, node, source.is_some());
                let index = source
                    .as_ref()
                    .map_or(0, |_| self.index_in_room(content, seat));
                (Token::Index(index), false)
            }
        };
        let Some(source) = source else {
            return (Vec::new(), reason);
        };
        // The removal may have shifted the way to the place, so it is asked for afterwards.
        let place = self.room.content_path(content).expect("it stands");
        let to = child(place, last);
        let told = (overwrote && !over).then_some("overwrote");
        if source == to {
            return (Vec::new(), told);
        }
        let over = overwrote;
        let op = Op::Move {
            from: source,
            to,
            over,
        };
        (vec![op], told)
    }
}

fn child(mut path: Path, last: Token) -> Path {
    path.0.push(last);
    path
}

fn key_of(token: &Token) -> &str {
    match token {
        Token::Key(key) => key,
        Token::Index(_) => panic!("a member has a key"),
    }
}

fn index_of(token: &Token) -> usize {
    match token {
        Token::Index(index) => *index,
        Token::Key(_) => panic!("an element has an index"),
    }
}
