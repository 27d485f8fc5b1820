//! What the app is told of its changes.

use super::pending::{LostHere, Outcome, Pending, in_order};
use super::{Client, Origin, Output, Refused};
use crate::doc::Doc;
use crate::error::ErrorCode;
use crate::protocol::{ClientId, PatchOp, Refusal, Seq, Tag, Verdict};
use crate::rebase::Kind;
use alloc::vec::Vec;

impl<D: Doc> Client<D> {
    /// Tells the app what became of a change.
    pub(super) fn report(
        &mut self,
        mut change: Pending<D::Value>,
        result: Verdict<D::Value>,
        unseen: bool,
    ) {
        self.waiting_ops -= change.written_ops;
        if result.void || result.rejected.is_some() || change.refused.is_some() {
            self.history.forget(change.seq);
        }
        let refused = match (&result.rejected, change.refused) {
            (Some(Refusal { code, op, rule }), _) => {
                let code = ErrorCode::from_word(code).unwrap_or(ErrorCode::Rejected);
                Some((code, change.written(*op), &**rule))
            }
            (None, Some(LostHere { op, kind })) => Some((ErrorCode::Rejected, op, kind.word())),
            (None, None) => None,
        };
        if let Some((code, op, rule)) = refused {
            let rule = rule.into();
            self.roll_back(change.seq, Refused { code, op, rule });
            return;
        }
        let mut lost = core::mem::take(&mut change.lost);
        if unseen {
            // Nothing was rebased here: what the room says is all there is to know.
            for told in &result.lost {
                if let Some(kind) = Kind::from_word(&told.reason) {
                    let op = change.written(told.op);
                    lost.push(LostHere { op, kind });
                }
            }
        }
        let rebased =
            change.written_after < self.foreign_changes || result.patch.is_some() || result.void;
        let outcome = Outcome {
            version: result.version,
            rebased,
            lost: in_order(lost),
            left_out: core::mem::take(&mut change.left_out),
        };
        self.outputs.push(Output::Settled(change.seq, outcome));
    }

    fn roll_back(&mut self, seq: Seq, refused: Refused) {
        if self.watched {
            self.patched(Origin::Rollback, self.id, None, Vec::new());
        }
        self.outputs.push(Output::Rejected(seq, refused));
    }

    /// Tells of what the room said, at the version that it led to.
    pub(super) fn patched(
        &mut self,
        origin: Origin,
        client_id: ClientId,
        tag: Option<Tag>,
        patch: Vec<PatchOp<D::Value>>,
    ) {
        self.outputs.push(Output::Patched {
            origin,
            client_id,
            tag,
            version: Some(self.version),
            patch,
            label: None,
        });
    }
}
