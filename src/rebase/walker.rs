//! Nodes and contents in two views: L is the author's document, M is the room's.
//!
//! A node keeps its identity while it is moved or replaced. Members, elements and text belong to
//! its content, and replacing a node gives it another: so edits into the old content are void,
//! while "move it" and "replace it" commute. Everything is made when it is first asked for.

use super::report::Kind as Rule;
use super::spans::{Gap, SlotId, Spans};
use super::touched::Touched;
use crate::doc::{Kind, Value};
use crate::path::{Path, Token};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// L: base and what is pending. M: base, what is foreign, and pending rebased over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    L = 0,
    M = 1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentId(pub(super) usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemberId(usize);

/// Where a node stands in one view.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Root,
    Member(ContentId, MemberId),
    Element(ContentId, SlotId),
    Gone,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) place: [Place; 2],
    pub(super) content: [ContentId; 2],
    /// Which of the literals a foreign `Create` made it of.
    pub(super) created: Option<usize>,
    /// Whether a foreign patch moved it.
    pub(super) moved: bool,
}

/// A member that somebody asked for.
#[derive(Clone, Debug)]
struct Member {
    key: Arc<str>,
    /// Who stands there in each view.
    occupants: [Option<NodeId>; 2],
}

#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) owner: NodeId,
    pub(super) number: bool,
    /// The content that this one replaced in M.
    pub(super) replaced: Option<ContentId>,
    /// Members in the order of their names.
    members: Vec<MemberId>,
    list: Spans,
    /// What happened to it, or deeper in it, in M.
    pub(super) touched: Touched,
    /// Whether a foreign patch wrote it, and whether one wrote it or what it replaced.
    pub(super) foreign: bool,
    pub(super) rewritten: bool,
    /// What foreign patches added to this number, and to those that it replaced.
    pub(super) added: f64,
    pub(super) added_before: f64,
}

/// Runs foreign patches in view M, then pending ones in both.
#[derive(Clone, Debug)]
pub struct Walker<V> {
    nodes: Vec<Node>,
    /// The members that foreign patches made, with their literals: the same one merges with it.
    pub(super) created: Vec<(MemberId, V)>,
    pub(super) contents: Vec<Content>,
    members: Vec<Member>,
    /// Nodes that foreign patches moved.
    pub(super) moved: Vec<NodeId>,
    /// Whether what is foreign got in the way of the pending patch that runs.
    pub(super) disturbed: bool,
}

impl<V> Default for Walker<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Walker<V> {
    /// A walker over nothing: both views are the same document.
    pub fn new() -> Self {
        let mut walker = Self {
            nodes: Vec::new(),
            created: Vec::new(),
            contents: Vec::new(),
            members: Vec::new(),
            moved: Vec::new(),
            disturbed: false,
        };
        walker.make_node([Place::Root, Place::Root], false);
        walker
    }

    pub(super) const ROOT: NodeId = NodeId(0);

    pub(super) fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.0]
    }

    pub(super) fn node_mut(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node.0]
    }

    pub(super) fn list(&mut self, content: ContentId) -> &mut Spans {
        &mut self.contents[content.0].list
    }

    fn make_node(&mut self, place: [Place; 2], number: bool) -> NodeId {
        let node = NodeId(self.nodes.len());
        let content = self.make_content(node, number, None);
        self.nodes.push(Node {
            place,
            content: [content, content],
            created: None,
            moved: false,
        });
        node
    }

    fn make_content(
        &mut self,
        owner: NodeId,
        number: bool,
        replaced: Option<ContentId>,
    ) -> ContentId {
        let before = replaced.map(|before: ContentId| &self.contents[before.0]);
        let rewritten = before.is_some_and(|before| before.rewritten);
        let added_before = before.map_or(0.0, |before| before.added + before.added_before);
        self.contents.push(Content {
            owner,
            number,
            replaced,
            members: Vec::new(),
            list: Spans::default(),
            touched: Touched::default(),
            foreign: false,
            rewritten,
            added: 0.0,
            added_before,
        });
        ContentId(self.contents.len() - 1)
    }

    /// A node for a literal that has no place yet.
    pub(super) fn make_literal(&mut self, value: &V) -> NodeId
    where
        V: Value,
    {
        let number = value.kind() == Kind::Number;
        self.make_node([Place::Gone, Place::Gone], number)
    }

    /// Another content for a node; the caller says in which views it stands.
    pub(super) fn make_epoch(&mut self, node: NodeId, value: &V) -> ContentId
    where
        V: Value,
    {
        let number = value.kind() == Kind::Number;
        let replaced = self.node(node).content[View::M as usize];
        self.make_content(node, number, Some(replaced))
    }

    /// The node that `path` names in `view`. What leads nowhere counts as gone: it is no path of
    /// this document.
    pub(super) fn resolve(&mut self, path: &[Token], view: View) -> Result<NodeId, Rule> {
        let mut node = Self::ROOT;
        for token in path {
            node = self.child(node, token, view).ok_or(Rule::TargetGone)?;
        }
        Ok(node)
    }

    /// Where what stood at `path` before the foreign patches stands after them.
    pub(crate) fn trace(&mut self, path: &Path) -> Option<Path> {
        let node = self.resolve(&path.0, View::L).ok()?;
        self.path(node, View::M)
    }

    /// The content of the container that `path` names a slot in.
    pub(super) fn container(&mut self, path: &[Token], view: View) -> Result<ContentId, Rule> {
        let owner = self.resolve(path, view)?;
        Ok(self.node(owner).content[view as usize])
    }

    /// The content of the container that `path` names a slot in, and the slot.
    pub(super) fn slot<'a>(
        &mut self,
        path: &'a Path,
        view: View,
    ) -> Result<(ContentId, &'a Token), Rule> {
        let (parent, last) = path.split().ok_or(Rule::TargetGone)?;
        Ok((self.container(parent, view)?, last))
    }

    fn child(&mut self, parent: NodeId, token: &Token, view: View) -> Option<NodeId> {
        let content = self.node(parent).content[view as usize];
        match token {
            Token::Key(key) => self.member(content, key, view),
            Token::Index(index) => {
                let fresh = NodeId(self.nodes.len());
                let (node, slot) = self.list(content).node(*index, view, fresh)?;
                if let Some(slot) = slot {
                    let place = Place::Element(content, slot);
                    self.make_node([place, place], false);
                }
                Some(node)
            }
        }
    }

    /// The node of a member; one that nobody asked for yet stands in both views.
    pub(super) fn member(
        &mut self,
        content: ContentId,
        key: &Arc<str>,
        view: View,
    ) -> Option<NodeId> {
        let known = self.members.len();
        let member = self.member_at(content, key);
        if member.0 == known {
            let place = Place::Member(content, member);
            let node = self.make_node([place, place], false);
            self.members[member.0].occupants = [Some(node), Some(node)];
        }
        self.members[member.0].occupants[view as usize]
    }

    /// The member with this name; one that nobody asked for yet becomes one where nobody stands.
    pub(super) fn member_at(&mut self, content: ContentId, key: &Arc<str>) -> MemberId {
        match self.search(content, key) {
            Ok(member) => member,
            Err(at) => {
                let member = MemberId(self.members.len());
                self.members.push(Member {
                    key: key.clone(),
                    occupants: [None, None],
                });
                self.contents[content.0].members.insert(at, member);
                member
            }
        }
    }

    fn search(&self, content: ContentId, key: &str) -> Result<MemberId, usize> {
        let members = &self.contents[content.0].members;
        members
            .binary_search_by(|member| (*self.members[member.0].key).cmp(key))
            .map(|at| members[at])
    }

    pub(super) fn key(&self, member: MemberId) -> &Arc<str> {
        &self.members[member.0].key
    }

    /// Who stands at a member that somebody touched.
    pub(super) fn occupant(&self, content: ContentId, key: &str, view: View) -> Option<NodeId> {
        let member = self.search(content, key).ok()?;
        self.members[member.0].occupants[view as usize]
    }

    /// The path of a node in `view`, or `None` when it is not alive there.
    pub(super) fn path(&self, mut node: NodeId, view: View) -> Option<Path> {
        let mut tokens = Vec::new();
        loop {
            let content = match self.node(node).place[view as usize] {
                Place::Root => {
                    tokens.reverse();
                    return Some(Path(tokens));
                }
                Place::Gone => return None,
                Place::Member(content, member) => {
                    let Member { key, occupants } = &self.members[member.0];
                    if occupants[view as usize] != Some(node) {
                        return None;
                    }
                    tokens.push(Token::Key(key.clone()));
                    content
                }
                Place::Element(content, slot) => {
                    let index = self.contents[content.0].list.index_of(slot, view)?;
                    tokens.push(Token::Index(index));
                    content
                }
            };
            let owner = self.contents[content.0].owner;
            if self.node(owner).content[view as usize] != content {
                return None;
            }
            node = owner;
        }
    }

    /// The path of a content's owner, or `None` when the content does not stand in `view`.
    pub(super) fn content_path(&self, content: ContentId, view: View) -> Option<Path> {
        let owner = self.contents[content.0].owner;
        if self.node(owner).content[view as usize] != content {
            return None;
        }
        self.path(owner, view)
    }

    /// Whether a place inside `content` is inside `node`.
    pub(super) fn is_within(&self, content: ContentId, node: NodeId, view: View) -> bool {
        let mut owner = self.contents[content.0].owner;
        loop {
            if owner == node {
                return true;
            }
            match &self.node(owner).place[view as usize] {
                Place::Member(content, _) | Place::Element(content, _) => {
                    owner = self.contents[content.0].owner;
                }
                Place::Root | Place::Gone => return false,
            }
        }
    }

    /// Takes a node out of its place.
    pub(super) fn detach(&mut self, node: NodeId, view: View) {
        let place = &mut self.node_mut(node).place[view as usize];
        match core::mem::replace(place, Place::Gone) {
            Place::Member(_, member) => {
                let occupant = &mut self.members[member.0].occupants[view as usize];
                if *occupant == Some(node) {
                    *occupant = None;
                }
            }
            Place::Element(content, slot) => self.list(content).hide(slot, view),
            Place::Root | Place::Gone => {}
        }
    }

    /// Puts a node at a member, in the place of whoever stood there.
    pub(super) fn put_member(
        &mut self,
        content: ContentId,
        key: &Arc<str>,
        node: NodeId,
        view: View,
    ) {
        let member = self.member_at(content, key);
        let occupant = &mut self.members[member.0].occupants[view as usize];
        if let Some(evicted) = occupant.replace(node)
            && evicted != node
        {
            self.node_mut(evicted).place[view as usize] = Place::Gone;
        }
        self.node_mut(node).place[view as usize] = Place::Member(content, member);
    }

    /// Puts a node at a gap of a list, in the views that see it; returns its index in M.
    pub(super) fn put_element(
        &mut self,
        content: ContentId,
        gap: Gap,
        visible: [bool; 2],
        node: NodeId,
    ) -> usize {
        let (index, slot) = self.list(content).insert(gap, 1, visible, Some(node));
        for view in [View::L, View::M] {
            if visible[view as usize] {
                self.node_mut(node).place[view as usize] = Place::Element(content, slot);
            }
        }
        index
    }
}
