//! From messages to frames, and to what the app is told.

use super::Keys;
use crate::client::{Origin, Outcome, Refused};
use crate::hex::hex;
use crate::protocol::{ClientId, PatchOp, Seq, Tag, ToRoom};
use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::JsValue;

/// Sets `object[key]` of an object made here.
pub(in crate::web) fn set(object: &Object, key: &JsValue, value: &JsValue) {
    let done = Reflect::set(object, key, value);
    debug_assert!(done.is_ok(), "an object made here takes any member");
}

/// A whole number as JS has it.
pub(in crate::web) fn js_number(number: u64) -> JsValue {
    JsValue::from_f64(number as f64)
}

impl Keys {
    /// Writes a frame for the room.
    pub fn encode(&self, message: &ToRoom<JsValue>) -> JsValue {
        let frame = Object::new();
        let put = |key: &JsValue, value: &JsValue| set(&frame, key, value);
        let kind = match message {
            ToRoom::Push { base, changes } => {
                put(&self.base, &js_number(base.0));
                let offers = Array::new();
                for change in changes {
                    let offer = Object::new();
                    set(&offer, &self.seq, &js_number(change.seq.0));
                    set(&offer, &self.tag, &js_tag(change.tag));
                    set(&offer, &self.patch, &self.write_patch(&change.patch));
                    offers.push(&offer);
                }
                put(&self.changes, &offers);
                "push"
            }
            ToRoom::Hello {
                protocol,
                client_id,
                epoch,
                version,
                ..
            } => {
                put(&self.protocol, &js_number((*protocol).into()));
                put(&self.client_id, &js_client_id(*client_id));
                if let (Some(epoch), Some(version)) = (epoch, version) {
                    put(&self.epoch, &JsValue::from_str(&hex(epoch.0, 32)));
                    put(&self.version, &js_number(version.0));
                }
                "hello"
            }
            ToRoom::Seed { value } => {
                put(&self.value, value);
                "seed"
            }
            ToRoom::Ping { version } => {
                put(&self.version, &js_number(version.0));
                "ping"
            }
        };
        put(&self.kind, &JsValue::from_str(kind));
        JSON::stringify(&frame).map_or(JsValue::UNDEFINED, Into::into)
    }

    /// Operations as JS objects with pointers.
    pub fn write_patch(&self, patch: &[PatchOp<JsValue>]) -> Array {
        patch.iter().map(|op| self.write_op(op)).collect()
    }

    fn write_op(&self, op: &PatchOp<JsValue>) -> Object {
        let written = Object::new();
        let put = |key: &JsValue, value: &JsValue| set(&written, key, value);
        let word = match op {
            PatchOp::Add { .. } => &self.add,
            PatchOp::Replace { .. } => &self.replace,
            PatchOp::Remove { .. } => &self.remove,
            PatchOp::Move { .. } => &self.mv,
            PatchOp::Copy { .. } => &self.copy,
            PatchOp::Test { .. } => &self.test,
            PatchOp::Inc { .. } => &self.inc,
            PatchOp::StrIns { .. } => &self.str_ins,
            PatchOp::StrDel { .. } => &self.str_del,
        };
        put(&self.op, word);
        if let PatchOp::Move { from, .. } | PatchOp::Copy { from, .. } = op {
            put(&self.from, &JsValue::from_str(from));
        }
        put(&self.path, &JsValue::from_str(op.path()));
        match op {
            PatchOp::Add { value, .. }
            | PatchOp::Replace { value, .. }
            | PatchOp::Test { value, .. } => put(&self.value, value),
            PatchOp::Inc { inc, .. } => put(&self.inc, &JsValue::from_f64(*inc)),
            PatchOp::StrIns { pos, str, .. } => {
                put(&self.pos, &js_number(*pos as u64));
                put(&self.str, str);
            }
            PatchOp::StrDel { pos, len, .. } => {
                put(&self.pos, &js_number(*pos as u64));
                put(&self.len, &js_number(*len as u64));
            }
            PatchOp::Remove { .. } | PatchOp::Move { .. } | PatchOp::Copy { .. } => {}
        }
        written
    }

    /// What became of a change, for the app.
    pub(in crate::web) fn write_outcome(&self, seq: Seq, outcome: &Outcome) -> Object {
        let told = Object::new();
        set(&told, &self.seq, &js_number(seq.0));
        set(&told, &self.version, &js_number(outcome.version.0));
        set(
            &told,
            &JsValue::from_str("rebased"),
            &JsValue::from_bool(outcome.rebased),
        );
        let lost = outcome.lost.iter().map(|lost| {
            let entry = Object::new();
            set(&entry, &self.op, &js_number(lost.op as u64));
            set(&entry, &self.reason, &JsValue::from_str(lost.kind.word()));
            entry
        });
        set(&told, &self.lost, &lost.collect::<Array>());
        told
    }

    /// Why a change was refused, for the app.
    pub(in crate::web) fn write_refused(&self, seq: Seq, refused: &Refused) -> Object {
        let told = Object::new();
        set(&told, &self.seq, &js_number(seq.0));
        set(&told, &self.code, &JsValue::from_str(refused.code.word()));
        set(&told, &self.op, &js_number(refused.op as u64));
        set(&told, &self.rule, &JsValue::from_str(&refused.rule));
        told
    }
}

/// A replica's name as JS has it.
pub(in crate::web) fn js_client_id(client_id: ClientId) -> JsValue {
    JsValue::from_str(&hex(client_id.0, ClientId::DIGITS as u32))
}

/// A change's name as JS has it.
pub(in crate::web) fn js_tag(tag: Tag) -> JsValue {
    JsValue::from_str(&hex(tag.0.into(), Tag::DIGITS as u32))
}

/// Whose operations they are, as JS has it.
pub(in crate::web) fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Local => "local",
        Origin::Remote => "remote",
        Origin::Load => "load",
        Origin::Rollback => "rollback",
    }
}
