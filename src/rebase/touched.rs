//! What foreign patches did to a content: for reports, and for undo, where a foreign write wins.

use super::walker::{Content, ContentId, NodeId, Place, View, Walker};

/// What happened in a content in M.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// A foreign patch wrote something.
    pub(super) written: bool,
    /// A move, of whomever, may have brought something foreign.
    pub(super) received: bool,
}

impl Touched {
    pub(super) const WRITTEN: Self = Self {
        written: true,
        received: false,
    };
    pub(super) const RECEIVED: Self = Self {
        written: true,
        received: true,
    };
}

impl<V> Walker<V> {
    /// Notes what happened in `content` in M, and so in everything around it.
    pub(super) fn touch(&mut self, mut content: ContentId, how: Touched) {
        loop {
            let inside = &mut self.contents[content.0];
            let before = inside.touched;
            inside.touched.written |= how.written;
            inside.touched.received |= how.received;
            if inside.touched == before {
                // Whatever is around it knows: a move that changes that is noted there.
                return;
            }
            let owner = inside.owner;
            match &self.node(owner).place[View::M as usize] {
                Place::Member(around, _) | Place::Element(around, _) => content = *around,
                Place::Root | Place::Gone => return,
            }
        }
    }

    /// Whether foreign patches wrote what stands at a node in M, or something in it.
    pub(super) fn holds_writes(&self, node: NodeId) -> bool {
        let content = &self.contents[self.node(node).content[View::M as usize].0];
        content.foreign || content.added != 0.0 || content.touched.written
    }

    /// Whether a foreign patch replaced a node.
    pub(super) fn is_rewritten(&self, node: NodeId) -> bool {
        self.contents[self.node(node).content[View::M as usize].0].rewritten
    }

    /// What foreign patches added to the number at a node, under whatever was written since.
    pub(super) fn added(&self, node: NodeId) -> f64 {
        let content = &self.contents[self.node(node).content[View::M as usize].0];
        content.added + content.added_before
    }

    /// Notes that a foreign patch wrote a content.
    pub(super) fn mark_foreign(&mut self, content: ContentId) {
        let content = &mut self.contents[content.0];
        content.foreign = true;
        content.rewritten = true;
    }

    /// Notes that a foreign patch added to the number at a node.
    pub(super) fn add(&mut self, node: NodeId, by: f64) {
        let content = self.node(node).content[View::M as usize];
        self.contents[content.0].added += by;
    }

    /// Whether a foreign move brought something into `node` that its author does not see there.
    pub(super) fn holds_foreign(&self, node: NodeId) -> bool {
        let content = self.node(node).content[View::M as usize];
        if !self.contents[content.0].touched.received {
            return false;
        }
        let within = |moved: NodeId, view: View| match &self.node(moved).place[view as usize] {
            Place::Member(content, _) | Place::Element(content, _) => {
                self.is_within(*content, node, view) && self.path(moved, view).is_some()
            }
            Place::Root | Place::Gone => false,
        };
        self.moved.iter().any(|moved| {
            within(*moved, View::M)
                && !within(*moved, View::L)
                && self.path(*moved, View::L).is_some()
        })
    }

    /// Whether `content` was reached from `start` in M through numbers only: then an increment
    /// of the old number still means something.
    pub(super) fn is_number_since(&self, start: ContentId, content: ContentId) -> bool {
        let mut content = content;
        while content != start {
            let Content {
                number: true,
                replaced: Some(before),
                ..
            } = &self.contents[content.0]
            else {
                return false;
            };
            content = *before;
        }
        true
    }
}
