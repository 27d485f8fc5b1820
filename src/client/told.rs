//! What the app is told of its changes.

use super::pending::{LostHere, Outcome, Pending, in_order};
use super::{Client, Origin, Output, Refused};
use crate::doc::Doc;
use crate::error::ErrorCode;
use crate::protocol::{Seq, Verdict};
use crate::rebase::Kind;
use alloc::vec::Vec;

impl<D: Doc> Client<D> {
    /// Tells the app what became of a change.
    pub(super) fn report(
        &mut self,
        change: Pending<D::Value>,
        result: Verdict<D::Value>,
        unseen: bool,
    ) {
        self.waiting_ops -= change.written_ops;
        if result.void || result.rejected.is_some() || change.refused.is_some() {
            self.history.forget(change.seq);
        }
        if let Some(refusal) = &result.rejected {
            let refused = Refused {
                code: ErrorCode::from_word(&refusal.code).unwrap_or(ErrorCode::Rejected),
                op: change.written(refusal.op),
                rule: refusal.rule.clone(),
            };
            self.roll_back(change.seq, refused);
            return;
        }
        if let Some(LostHere { op, kind }) = change.refused {
            let rule = kind.word().into();
            self.roll_back(
                change.seq,
                Refused {
                    code: ErrorCode::Rejected,
                    op,
                    rule,
                },
            );
            return;
        }
        let mut lost = change.lost.clone();
        if unseen {
            // Nothing was rebased here: what the room says is all there is to know.
            let told = result.lost.iter().filter_map(|lost| {
                let kind = Kind::from_word(&lost.reason)?;
                Some(LostHere {
                    op: change.written(lost.op),
                    kind,
                })
            });
            lost.extend(told);
        }
        let rebased =
            change.written_after < self.foreign_changes || result.patch.is_some() || result.void;
        let outcome = Outcome {
            version: result.version,
            rebased,
            lost: in_order(lost),
            left_out: change.left_out,
        };
        self.outputs.push(Output::Settled(change.seq, outcome));
    }

    fn roll_back(&mut self, seq: Seq, refused: Refused) {
        if self.watched {
            self.outputs.push(Output::Patched {
                origin: Origin::Rollback,
                client_id: self.id,
                tag: None,
                version: Some(self.version),
                patch: Vec::new(),
                label: None,
            });
        }
        self.outputs.push(Output::Rejected(seq, refused));
    }
}
