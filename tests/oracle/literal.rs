//! Names for everything in a literal.

use super::tree::{Body, Content, Id, IdTree, Node, Place, Seat};
use draftsync::tree::Tree;

/// A literal whose parts have names, so that several replicas can take in the same.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pub(super) value: Tree,
    /// The value itself; when it replaces a content, the value that gets it.
    pub(super) top: Id,
    pub(super) content: Id,
    nodes: Vec<Node>,
    contents: Vec<Content>,
}

impl IdTree {
    pub(super) fn fresh(&self) -> Id {
        self.names.replace(self.names.get() + 1)
    }

    /// A literal as a new value.
    pub(super) fn literal(&self, value: &Tree) -> Literal {
        self.name(value, self.fresh())
    }

    /// A literal as a new content of `top`.
    pub(super) fn name(&self, value: &Tree, top: Id) -> Literal {
        let mut literal = Literal {
            value: value.clone(),
            top,
            content: 0,
            nodes: Vec::new(),
            contents: Vec::new(),
        };
        literal.content = self.name_content(value, top, &mut literal);
        literal
    }

    fn name_content(&self, value: &Tree, owner: Id, into: &mut Literal) -> Id {
        let id = self.fresh();
        let seat = |holds| Seat {
            id: self.fresh(),
            taken: true,
            holds,
        };
        let body = match value {
            Tree::Number(number) => Body::Number(*number),
            Tree::Text(text) => {
                Body::Text(text.encode_utf16().map(|unit| seat(unit.into())).collect())
            }
            Tree::Array(items) => {
                let mut seats = Vec::new();
                for item in items {
                    let seat = seat(self.fresh());
                    self.name_node(item, seat.holds, Place::Seat(id, seat.id), into);
                    seats.push(seat);
                }
                Body::List(seats)
            }
            Tree::Object(members) => {
                let mut named = Vec::new();
                for (key, value) in members.iter() {
                    let node = self.fresh();
                    self.name_node(value, node, Place::Member(id, key.into()), into);
                    named.push((key.to_owned(), node));
                }
                Body::Object(named)
            }
            atom => Body::Atom(atom.clone()),
        };
        into.contents.push(Content {
            id,
            owner,
            replaced: None,
            body,
        });
        id
    }

    fn name_node(&self, value: &Tree, id: Id, place: Place, into: &mut Literal) {
        let content = self.name_content(value, id, into);
        into.nodes.push(Node {
            id,
            place,
            content,
            created: None,
            moved: false,
            put: false,
        });
    }

    /// Takes a literal in: its value stands nowhere yet, or, when it is known, gets new content.
    pub(super) fn take_in(&mut self, literal: &Literal) {
        self.nodes.extend(literal.nodes.iter().cloned());
        self.contents.extend(literal.contents.iter().cloned());
        self.meet(literal.top);
        let replaced = self.node(literal.top).content;
        self.content_mut(literal.content).replaced = Some(replaced);
        self.node_mut(literal.top).content = literal.content;
    }
}
