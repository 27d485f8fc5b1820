//! A whole document with names, and what can be asked of it.

use super::literal::Literal;
use draftsync::doc::Value;
use draftsync::path::{Path, Token};
use draftsync::tree::{Members, Tree};
use std::cell::Cell;
use std::rc::Rc;

/// The name of a value, a content, a seat or a code unit.
pub(super) type Id = u64;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    Root,
    /// In the content of an object, under a key.
    Member(Id, String),
    /// In the content of a list, on a seat.
    Seat(Id, Id),
    Nowhere,
}

/// A value, dead or alive.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) id: Id,
    pub(super) place: Place,
    pub(super) content: Id,
    /// Made as a member that was vacant: under what name, and from what.
    pub(super) created: Option<(Id, String, Literal)>,
    /// The room moved it.
    pub(super) moved: bool,
    /// Its content is that of a put, which makes sure that the member holds it.
    pub(super) put: bool,
}

/// What a value is made of; another one every time the value is replaced.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) id: Id,
    pub(super) owner: Id,
    /// The content that stood there before.
    pub(super) replaced: Option<Id>,
    pub(super) body: Body,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Atom(Tree),
    Number(f64),
    Text(Vec<Seat>),
    List(Vec<Seat>),
    Object(Vec<(String, Id)>),
}

/// A place in a list or a text; it stays when who sat there is gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) id: Id,
    pub(super) taken: bool,
    /// The name of the value, or the code unit.
    pub(super) holds: u64,
}

/// Between which seats something goes, dead ones counted: a taken neighbour, or an end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gap {
    After(Option<Id>),
    Before(Option<Id>),
}

/// A document of named values. Clones go on from the same names, and never give one twice.
#[derive(Clone, Debug)]
pub(crate) struct IdTree {
    pub(super) names: Rc<Cell<Id>>,
    pub(super) nodes: Vec<Node>,
    pub(super) contents: Vec<Content>,
}

const ROOT: Id = 0;

impl IdTree {
    /// Names every value of a document.
    pub(crate) fn new(doc: &Tree) -> Self {
        let mut tree = Self {
            names: Rc::new(Cell::new(ROOT + 1)),
            nodes: Vec::new(),
            contents: Vec::new(),
        };
        let literal = tree.name(doc, ROOT);
        tree.take_in(&literal);
        tree.node_mut(ROOT).place = Place::Root;
        tree
    }

    /// Makes a value known that another replica has.
    pub(super) fn meet(&mut self, id: Id) {
        if !self.nodes.iter().any(|node| node.id == id) {
            self.nodes.push(Node {
                id,
                place: Place::Nowhere,
                content: Id::MAX,
                created: None,
                moved: false,
                put: false,
            });
        }
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        let mut nodes = self.nodes.iter();
        nodes.find(|node| node.id == id).expect("a known value")
    }

    pub(super) fn node_mut(&mut self, id: Id) -> &mut Node {
        let mut nodes = self.nodes.iter_mut();
        nodes.find(|node| node.id == id).expect("a known value")
    }

    pub(super) fn knows(&self, content: Id) -> bool {
        self.contents.iter().any(|known| known.id == content)
    }

    pub(super) fn content(&self, id: Id) -> &Content {
        let mut contents = self.contents.iter();
        contents.find(|known| known.id == id).expect("a content")
    }

    pub(super) fn content_mut(&mut self, id: Id) -> &mut Content {
        let mut contents = self.contents.iter_mut();
        contents.find(|known| known.id == id).expect("a content")
    }

    /// The seats of a list or a text.
    pub(super) fn seats(&self, content: Id) -> &[Seat] {
        match &self.content(content).body {
            Body::List(seats) | Body::Text(seats) => seats,
            other => panic!("no list and no text: {other:?}"),
        }
    }

    pub(super) fn seats_mut(&mut self, content: Id) -> &mut Vec<Seat> {
        match &mut self.content_mut(content).body {
            Body::List(seats) | Body::Text(seats) => seats,
            other => panic!("no list and no text: {other:?}"),
        }
    }

    fn members(&mut self, content: Id) -> &mut Vec<(String, Id)> {
        match &mut self.content_mut(content).body {
            Body::Object(members) => members,
            other => panic!("no object: {other:?}"),
        }
    }

    /// Who stands at a member.
    pub(super) fn member(&self, content: Id, key: &str) -> Option<Id> {
        let Body::Object(members) = &self.content(content).body else {
            panic!("no object");
        };
        let mut members = members.iter();
        members.find(|(name, _)| name == key).map(|(_, node)| *node)
    }

    /// The value that a path names.
    pub(super) fn find(&self, path: &[Token]) -> Id {
        path.iter().fold(ROOT, |node, token| {
            let content = self.node(node).content;
            match token {
                Token::Key(key) => self.member(content, key).expect("a member"),
                Token::Index(index) => self.taken(content)[*index].holds,
            }
        })
    }

    /// The content of the container that a path ends in, and the last token.
    pub(super) fn slot<'a>(&self, path: &'a Path) -> (Id, &'a Token) {
        let (parent, last) = path.split().expect("the root has no slot");
        (self.node(self.find(parent)).content, last)
    }

    /// The seats of a list or text that somebody sits on, in order.
    pub(super) fn taken(&self, content: Id) -> Vec<Seat> {
        let seats = self.seats(content).iter();
        seats.filter(|seat| seat.taken).copied().collect()
    }

    /// Whether a value is part of the document.
    pub(super) fn is_alive(&self, node: Id) -> bool {
        self.path(node).is_some()
    }

    /// Whether a content is part of the document.
    pub(super) fn holds(&self, content: Id) -> bool {
        self.content_path(content).is_some()
    }

    pub(super) fn content_path(&self, content: Id) -> Option<Path> {
        let content = self.contents.iter().find(|known| known.id == content)?;
        let is_current = self.node(content.owner).content == content.id;
        if is_current {
            self.path(content.owner)
        } else {
            None
        }
    }

    /// The path of a value that is part of the document.
    pub(super) fn path(&self, node: Id) -> Option<Path> {
        let node = self.nodes.iter().find(|known| known.id == node)?;
        let (content, token) = match &node.place {
            Place::Root => return Some(Path::default()),
            Place::Nowhere => return None,
            Place::Member(content, key) => (*content, Token::Key(key.as_str().into())),
            Place::Seat(content, seat) => {
                let taken = self.taken(*content);
                let index = taken.iter().position(|taken| taken.id == *seat)?;
                (*content, Token::Index(index))
            }
        };
        let mut path = self.content_path(content)?;
        path.0.push(token);
        Some(path)
    }

    /// Whether a content is inside a value, dead or alive.
    pub(super) fn is_inside(&self, content: Id, node: Id) -> bool {
        let owner = self.content(content).owner;
        owner == node || self.is_below(owner, node)
    }

    /// Whether a value stands inside another one, dead or alive.
    pub(super) fn is_below(&self, node: Id, above: Id) -> bool {
        match self.node(node).place {
            Place::Member(content, _) | Place::Seat(content, _) => self.is_inside(content, above),
            Place::Root | Place::Nowhere => false,
        }
    }

    /// Takes a value out of its place.
    pub(super) fn take_out(&mut self, node: Id) {
        let place = std::mem::replace(&mut self.node_mut(node).place, Place::Nowhere);
        match place {
            Place::Member(content, key) => {
                self.members(content).retain(|(name, _)| *name != key);
            }
            Place::Seat(content, seat) => {
                let mut seats = self.seats_mut(content).iter_mut();
                let seat = seats.find(|known| known.id == seat).expect("its seat");
                seat.taken = false;
            }
            Place::Root | Place::Nowhere => {}
        }
    }

    /// Puts a value at a member; who stood there stands nowhere.
    pub(super) fn put_member(&mut self, content: Id, key: &str, node: Id) {
        if let Some(occupant) = self.member(content, key) {
            self.take_out(occupant);
        }
        self.members(content).push((key.to_owned(), node));
        self.node_mut(node).place = Place::Member(content, key.to_owned());
    }

    /// Puts a value on a new seat at a gap.
    pub(super) fn put_seat(&mut self, content: Id, gap: Gap, seat: Seat) {
        self.add_seats(content, gap, &[seat]);
        if seat.taken {
            self.node_mut(seat.holds).place = Place::Seat(content, seat.id);
        }
    }

    pub(super) fn add_seats(&mut self, content: Id, gap: Gap, new: &[Seat]) {
        let seats = self.seats_mut(content);
        let place_of = |id| {
            let mut ids = seats.iter().map(|seat| seat.id);
            ids.position(|known| known == id).expect("a known seat")
        };
        let at = match gap {
            Gap::After(None) => 0,
            Gap::After(Some(left)) => place_of(left) + 1,
            Gap::Before(Some(right)) => place_of(right),
            Gap::Before(None) => seats.len(),
        };
        seats.splice(at..at, new.iter().copied());
    }

    /// The gap at an index, directly after its left neighbour that is there.
    pub(super) fn gap_after_left(&self, content: Id, index: usize) -> Gap {
        let left = index.checked_sub(1);
        Gap::After(left.map(|left| self.taken(content)[left].id))
    }

    /// The gap at an index, directly before its right neighbour that is there.
    pub(super) fn gap_before_right(&self, content: Id, index: usize) -> Gap {
        Gap::Before(self.taken(content).get(index).map(|seat| seat.id))
    }

    /// The document without names.
    pub(crate) fn read(&self) -> Tree {
        self.read_node(ROOT)
    }

    pub(super) fn read_node(&self, node: Id) -> Tree {
        match &self.content(self.node(node).content).body {
            Body::Atom(atom) => atom.clone(),
            Body::Number(number) => Tree::number(*number),
            Body::Text(seats) => {
                let units = seats.iter().filter(|seat| seat.taken);
                let units: Vec<u16> = units.map(|seat| seat.holds as u16).collect();
                Tree::Text(String::from_utf16(&units).expect("whole pairs").into())
            }
            Body::List(seats) => {
                let taken = seats.iter().filter(|seat| seat.taken);
                Tree::Array(taken.map(|seat| self.read_node(seat.holds)).collect())
            }
            Body::Object(members) => {
                let mut read = Members::default();
                for (key, node) in members {
                    read.insert(key.as_str().into(), self.read_node(*node));
                }
                Tree::Object(read)
            }
        }
    }

    /// Adds to the number that a content is.
    pub(super) fn add_to_number(&mut self, content: Id, by: f64) {
        match &mut self.content_mut(content).body {
            Body::Number(number) => *number += by,
            other => panic!("no number: {other:?}"),
        }
    }

    /// Whether a content followed another one through numbers only.
    pub(super) fn is_number_since(&self, start: Id, content: Id) -> bool {
        if content == start {
            return true;
        }
        match self.contents.iter().find(|known| known.id == content) {
            Some(Content {
                body: Body::Number(_),
                replaced: Some(before),
                ..
            }) => self.is_number_since(start, *before),
            _ => false,
        }
    }
}
