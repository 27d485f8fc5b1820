//! Phase 2 for texts.

use super::Run;
use super::pending::{Left, emit, void};
use super::report::Kind as Rule;
use super::spans::Side;
use super::walker::{ContentId, View, Walker};
use crate::doc::Value;
use crate::op::Op;
use crate::path::Path;
use alloc::vec::Vec;

const L: usize = View::L as usize;
const M: usize = View::M as usize;

impl<V: Value> Walker<V> {
    pub(super) fn insert_text(
        &mut self,
        path: &Path,
        pos: usize,
        (text, units): (&V, usize),
        run: Run,
    ) -> Option<Left<V>> {
        let (content, path) = self.text(path, run)?;
        let gap = (pos, View::L, Side::BeforeRight);
        let visible = [true, path.is_some()];
        let (pos, _) = self.list(content).insert(gap, units, visible, None);
        Some(match path {
            Some(path) => emit(Op::StrIns {
                path,
                pos,
                text: text.clone(),
                units,
            }),
            None => void(Rule::ContentReplaced),
        })
    }

    pub(super) fn delete_text(
        &mut self,
        path: &Path,
        pos: usize,
        len: usize,
        run: Run,
    ) -> Option<Left<V>> {
        let (content, path) = self.text(path, run)?;
        let mut left: Vec<(usize, usize)> = Vec::new();
        let list = self.list(content);
        list.range(pos, len, View::L, |visible, offset, units| {
            if !core::mem::replace(&mut visible[L], false) || path.is_none() {
                return;
            }
            if core::mem::replace(&mut visible[M], false) {
                match left.last_mut() {
                    Some((at, len)) if *at == offset => *len += units,
                    _ => left.push((offset, units)),
                }
            }
        });
        let Some(path) = path else {
            return Some(void(Rule::ContentReplaced));
        };
        self.disturbed |= left.iter().map(|(_, units)| units).sum::<usize>() < len;
        if left.is_empty() {
            return Some(void(Rule::TargetGone));
        }
        let ops = left.into_iter().map(|(pos, len)| Op::StrDel {
            path: path.clone(),
            pos,
            len,
        });
        Some((ops.collect(), Vec::new()))
    }

    /// The text that `path` names in L, and its path in M while it is the same text there.
    fn text(&mut self, path: &Path, run: Run) -> Option<(ContentId, Option<Path>)> {
        let node = self.resolve(&path.0, View::L)?;
        let content = self.node(node).content;
        let path = self.live_path(node, run);
        Some((content[L], path.filter(|_| content[L] == content[M])))
    }
}
