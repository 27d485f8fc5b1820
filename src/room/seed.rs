//! The first content of a room.

use super::{Append, DOCUMENT_BYTES_MAX, DOCUMENT_NODES_MAX, Room, RoomOutput, SessionId};
use crate::doc::{Doc, Kind, Value};
use crate::error::ErrorCode;
use crate::op::Patch;
use crate::protocol::{Change, PatchOp, Seq, Version};
use alloc::string::String;
use alloc::vec;

impl<D: Doc> Room<D> {
    /// The first content of an empty room; any later seed is ignored.
    pub(super) fn seed(&mut self, session: SessionId, value: D::Value) {
        if self.head.0 > 0 {
            return;
        }
        let (bytes, nodes) = (value.json_bytes(), value.nodes());
        let fits = matches!(value.kind(), Kind::Array | Kind::Object)
            && value.check(0).is_ok()
            && bytes <= DOCUMENT_BYTES_MAX
            && nodes <= DOCUMENT_NODES_MAX;
        let Some(known) = self.sessions.get(&session) else {
            return;
        };
        let (client_id, dedupe) = (known.client_id, self.dedupe(known));
        if !fits {
            let message = "the seed is no document within the limits";
            self.refuse(session, ErrorCode::InvalidPatch, message);
            return;
        }
        let change = Change {
            version: Version(1),
            client_id,
            seq: Seq(0),
            tag: None,
            patch: vec![PatchOp::Replace {
                path: String::new(),
                value: value.clone(),
            }],
        };
        let head = self.head;
        self.append(Append {
            head,
            changes: vec![change.clone()],
            client_id,
            dedupe: dedupe.clone(),
        });
        self.clients.insert(client_id, dedupe);
        (self.bytes, self.nodes) = (bytes, nodes);
        // Nothing stands before the seed, so its patch is never rebased over.
        self.accept(change.clone(), Patch::default(), D::new(value));
        let everybody = self.sessions.keys().copied().collect();
        self.put(RoomOutput::Relay(everybody, change));
    }
}
