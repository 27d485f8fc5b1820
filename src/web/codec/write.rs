//! From messages to frames, and to what the app is told.

use super::Codec;
use super::fields::{
    list, make, name, push, put, put_flag, put_number, put_text, put_word, stringify,
};
use crate::client::{Outcome, Refused, Saved};
use crate::hex::hex;
use crate::protocol::{Anchor, ClientId, Offer, PROTOCOL_VERSION, PatchOp, Seq, Tag, ToRoom};
use wasm_bindgen::JsValue;

/// Puts a whole number.
pub(in crate::web) fn put_whole(object: &JsValue, name: u32, number: u64) {
    put_number(object, name, number as f64);
}

/// Puts the name of a change.
pub(in crate::web) fn put_tag(object: &JsValue, name: u32, tag: Tag) {
    put_text(object, name, &hex(tag.0.into(), Tag::DIGITS as u32));
}

/// A replica's name as JS has it.
pub(in crate::web) fn js_client_id(client_id: ClientId) -> JsValue {
    JsValue::from_str(&hex(client_id.0, ClientId::DIGITS as u32))
}

impl Codec {
    /// Writes a frame for the room.
    pub fn encode(&self, message: &ToRoom<JsValue>) -> JsValue {
        let frame = make();
        let kind = match message {
            ToRoom::Push { base, changes } => {
                put_whole(&frame, name::BASE, base.0);
                let offers = list();
                for change in changes {
                    push(&offers, &self.write_offer(change));
                }
                put(&frame, name::CHANGES, &offers);
                name::PUSH
            }
            ToRoom::Hello {
                protocol,
                client_id,
                epoch,
                version,
                token,
                presence,
            } => {
                put_whole(&frame, name::PROTOCOL, (*protocol).into());
                put(&frame, name::CLIENT_ID, &js_client_id(*client_id));
                if let (Some(epoch), Some(version)) = (epoch, version) {
                    // Both have as many digits.
                    put(&frame, name::EPOCH, &js_client_id(ClientId(epoch.0)));
                    put_whole(&frame, name::VERSION, version.0);
                }
                if let Some(token) = token {
                    put_text(&frame, name::TOKEN, token);
                }
                if *presence {
                    put_flag(&frame, name::PRESENCE, true);
                }
                name::HELLO
            }
            ToRoom::Seed { value } => {
                put(&frame, name::VALUE, value);
                name::SEED
            }
            ToRoom::Ping { version } => {
                put_whole(&frame, name::VERSION, version.0);
                name::PING
            }
            ToRoom::Presence {
                version,
                value,
                anchors,
            } => {
                put_whole(&frame, name::VERSION, version.0);
                put(&frame, name::VALUE, value);
                if !anchors.is_empty() {
                    put(&frame, name::ANCHORS, &write_anchors(anchors));
                }
                name::PRESENCE
            }
            ToRoom::Auth { token } => {
                put_text(&frame, name::TOKEN, token);
                name::AUTH
            }
        };
        put_word(&frame, name::KIND, kind);
        stringify(&frame)
    }

    fn write_offer(&self, change: &Offer<JsValue>) -> JsValue {
        let offer = make();
        put_whole(&offer, name::SEQ, change.seq.0);
        put_tag(&offer, name::TAG, change.tag);
        put(&offer, name::PATCH, &self.write_patch(&change.patch));
        offer
    }

    /// Writes an entry of the journal: a change that was written.
    pub(in crate::web) fn encode_written(&self, change: &Offer<JsValue>) -> JsValue {
        stringify(&self.write_offer(change))
    }

    /// Writes an entry of the journal: so many changes were pushed.
    pub(in crate::web) fn encode_pushed(&self, changes: usize) -> JsValue {
        let entry = make();
        put_whole(&entry, name::PUSH, changes as u64);
        stringify(&entry)
    }

    /// Writes a whole state, to be kept.
    pub(in crate::web) fn encode_saved(&self, saved: &Saved<JsValue>) -> JsValue {
        let kept = make();
        put_whole(&kept, name::PROTOCOL, PROTOCOL_VERSION.into());
        put(&kept, name::CLIENT_ID, &js_client_id(saved.client_id));
        if let Some(epoch) = saved.epoch {
            put(&kept, name::EPOCH, &js_client_id(ClientId(epoch.0)));
        }
        put_whole(&kept, name::VERSION, saved.version.0);
        put_whole(&kept, name::LAST_SEQ, saved.last_seq.0);
        put(&kept, name::VALUE, &saved.base);
        let changes = list();
        for change in &saved.pending {
            push(&changes, &self.write_offer(change));
        }
        put(&kept, name::CHANGES, &changes);
        stringify(&kept)
    }

    /// Operations as JS objects with pointers.
    pub fn write_patch(&self, patch: &[PatchOp<JsValue>]) -> JsValue {
        let ops = list();
        for op in patch {
            push(&ops, &write_op(op));
        }
        ops
    }

    /// What became of a change, for the app.
    pub(in crate::web) fn write_outcome(&self, seq: Seq, outcome: &Outcome<JsValue>) -> JsValue {
        let told = make();
        put_whole(&told, name::SEQ, seq.0);
        put_whole(&told, name::VERSION, outcome.version.0);
        put_flag(&told, name::REBASED, outcome.rebased);
        let all = list();
        for lost in &outcome.lost {
            let entry = make();
            put_whole(&entry, name::OP, lost.op as u64);
            put_text(&entry, name::REASON, lost.kind.word());
            push(&all, &entry);
        }
        for (op, kind) in &outcome.left_out {
            let entry = make();
            put(&entry, name::OP, &write_op(op));
            put_text(&entry, name::REASON, kind.word());
            push(&all, &entry);
        }
        put(&told, name::LOST, &all);
        told
    }

    /// Why a change was refused, for the app.
    pub(in crate::web) fn write_refused(&self, seq: Seq, refused: &Refused) -> JsValue {
        let told = make();
        put_whole(&told, name::SEQ, seq.0);
        put_text(&told, name::CODE, refused.code.word());
        put_whole(&told, name::OP, refused.op as u64);
        put_text(&told, name::RULE, &refused.rule);
        told
    }
}

/// Anchors as JS has them.
pub(in crate::web) fn write_anchors(anchors: &[Option<Anchor>]) -> JsValue {
    let all = list();
    for anchor in anchors {
        let written = match anchor {
            None => JsValue::NULL,
            Some(Anchor { path, pos }) => {
                let written = make();
                put_text(&written, name::PATH, path);
                if let Some(pos) = pos {
                    put_whole(&written, name::POS, *pos as u64);
                }
                written
            }
        };
        push(&all, &written);
    }
    all
}

fn write_op(op: &PatchOp<JsValue>) -> JsValue {
    let written = make();
    let word = match op {
        PatchOp::Add { .. } => name::ADD,
        PatchOp::Replace { .. } => name::REPLACE,
        PatchOp::Remove { .. } => name::REMOVE,
        PatchOp::Move { .. } => name::MOVE,
        PatchOp::Copy { .. } => name::COPY,
        PatchOp::Test { .. } => name::TEST,
        PatchOp::Inc { .. } => name::INC,
        PatchOp::StrIns { .. } => name::STR_INS,
        PatchOp::StrDel { .. } => name::STR_DEL,
    };
    put_word(&written, name::OP, word);
    if let PatchOp::Move { from, .. } | PatchOp::Copy { from, .. } = op {
        put_text(&written, name::FROM, from);
    }
    put_text(&written, name::PATH, op.path());
    match op {
        PatchOp::Add { value, .. }
        | PatchOp::Replace { value, .. }
        | PatchOp::Test { value, .. } => put(&written, name::VALUE, value),
        PatchOp::Inc { inc, .. } => put_number(&written, name::INC, *inc),
        PatchOp::StrIns { pos, str, .. } => {
            put_whole(&written, name::POS, *pos as u64);
            put(&written, name::STR, str);
        }
        PatchOp::StrDel { pos, len, .. } => {
            put_whole(&written, name::POS, *pos as u64);
            put_whole(&written, name::LEN, *len as u64);
        }
        PatchOp::Remove { .. } | PatchOp::Move { .. } | PatchOp::Copy { .. } => {}
    }
    written
}
