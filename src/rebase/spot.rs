//! A place that somebody points at, carried along by the patches of others.
//!
//! It is mapped as an operation is that does nothing there: by the same walk, and so with the
//! same meaning (SPEC part T).

use super::spans::Side;
use super::walker::{View, Walker};
use crate::apply::locate;
use crate::doc::{Doc, Value};
use crate::op::Patch;
use crate::path::Path;
use crate::protocol::Anchor;
use alloc::vec::Vec;

/// What stands at a path, or an offset in the text there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// What stands there.
    pub path: Path,
    /// Offset in UTF-16 code units.
    pub pos: Option<usize>,
}

/// The spots that anchors name in a document; nothing for one that names none.
pub fn find<D: Doc>(doc: &D, anchors: &[Option<Anchor>]) -> Vec<Option<Spot>> {
    let spot = |anchor: &Anchor| {
        let path = locate(doc, &anchor.path, anchor.pos).ok()?;
        let pos = anchor.pos;
        Some(Spot { path, pos })
    };
    let anchors = anchors.iter();
    anchors.map(|anchor| spot(anchor.as_ref()?)).collect()
}

/// Spots as they are written on the wire.
pub fn written(spots: &[Option<Spot>]) -> Vec<Option<Anchor>> {
    let anchor = |spot: &Spot| Anchor {
        path: spot.path.pointer(),
        pos: spot.pos,
    };
    let spots = spots.iter();
    spots.map(|spot| spot.as_ref().map(anchor)).collect()
}

impl<V: Value> Walker<V> {
    /// Where a spot that was read in the author's view stands after the foreign patches; `None`
    /// when what stood there is gone, or its text was replaced.
    pub fn follow(&mut self, spot: &Spot) -> Option<Spot> {
        let node = self.resolve(&spot.path.0, View::L).ok()?;
        let path = self.path(node, View::M)?;
        let [content, now] = self.node(node).content;
        let pos = match spot.pos {
            Some(_) if content != now => return None,
            Some(pos) => Some(self.list(content).offset((pos, View::L, Side::BeforeRight))),
            None => None,
        };
        Some(Spot { path, pos })
    }
}

/// Carries spots over a patch, which it walks when the first of them needs it.
#[derive(Debug)]
pub struct Carrier<'a, V> {
    patch: &'a Patch<V>,
    walker: Option<Walker<V>>,
}

impl<'a, V: Value> Carrier<'a, V> {
    /// A carrier over this patch.
    pub fn new(patch: &'a Patch<V>) -> Self {
        Self {
            patch,
            walker: None,
        }
    }

    /// Carries spots; one whose place is gone becomes `None`.
    pub fn carry(&mut self, spots: &mut [Option<Spot>]) {
        let Self { patch, walker } = self;
        for spot in spots {
            // What a patch does inside of something, or beside it, moves it nowhere.
            let touches = |spot: &mut Spot| patch.any_place(|place| spot.path.0.starts_with(place));
            let Some(known) = spot.take_if(touches) else {
                continue;
            };
            let walker = walker.get_or_insert_with(|| {
                let mut walker = Walker::new();
                walker.foreign(patch);
                walker
            });
            *spot = walker.follow(&known);
        }
    }
}
