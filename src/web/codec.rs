//! Frames to messages and back, by hand: `JSON.parse` reads, cached keys pick.
//!
//! `protocol.rs` says what the wire is; the golden frames hold this file to it.

use super::js_doc::limit;
use crate::client::{Origin, Outcome, Refused};
use crate::hex::{hex, unhex};
use crate::op::{Op, Patch};
use crate::path::{Path, Token};
use crate::protocol::{
    CatchUp, Change, ClientId, Epoch, Limits, LostOp, PatchOp, Refusal, SAFE_INTEGER_MAX, Seq, Tag,
    ToClient, ToRoom, Verdict, Version, Welcome,
};
use alloc::string::String;
use alloc::vec::Vec;
use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// What is no message of this protocol.
#[derive(Clone, Copy, Debug)]
pub struct Bad;

macro_rules! keys {
    ($($name:ident = $text:literal,)*) => {
        /// Reads and writes frames, with the names in them as JS has them, made once.
        #[derive(Debug)]
        pub struct Keys { $(pub(super) $name: JsValue,)* }

        impl Default for Keys {
            fn default() -> Self {
                Self { $($name: JsValue::from_str($text),)* }
            }
        }
    };
}

keys! {
    add = "add",
    base = "base",
    changes = "changes",
    client_id = "client_id",
    code = "code",
    copy = "copy",
    epoch = "epoch",
    from = "from",
    inc = "inc",
    kind = "type",
    last_seq = "last_seq",
    len = "len",
    limits = "limits",
    lost = "lost",
    message_bytes_max = "message_bytes_max",
    mv = "move",
    op = "op",
    over = "over",
    patch = "patch",
    path = "path",
    pos = "pos",
    protocol = "protocol",
    reason = "reason",
    rejected = "rejected",
    remove = "remove",
    replace = "replace",
    results = "results",
    rule = "rule",
    seq = "seq",
    snapshot = "snapshot",
    str = "str",
    str_del = "str_del",
    str_ins = "str_ins",
    tag = "tag",
    test = "test",
    value = "value",
    version = "version",
    void = "void",
}

/// Reads `object[key]`; anything that is no object has no members.
fn get(object: &JsValue, key: &JsValue) -> JsValue {
    Reflect::get(object, key).unwrap_or(JsValue::UNDEFINED)
}

/// Sets `object[key]` of an object made here.
pub(super) fn set(object: &Object, key: &JsValue, value: &JsValue) {
    let done = Reflect::set(object, key, value);
    debug_assert!(done.is_ok(), "an object made here takes any member");
}

/// A whole number as JS has it.
pub(super) fn js_number(number: u64) -> JsValue {
    JsValue::from_f64(number as f64)
}

fn whole(value: &JsValue) -> Result<u64, Bad> {
    let number = value.as_f64().ok_or(Bad)?;
    let whole = number as u64;
    if whole as f64 == number && whole <= SAFE_INTEGER_MAX {
        Ok(whole)
    } else {
        Err(Bad)
    }
}

fn list(value: &JsValue) -> Result<&Array, Bad> {
    value.dyn_ref::<Array>().ok_or(Bad)
}

fn object(value: &JsValue) -> Result<&JsValue, Bad> {
    if value.is_object() && !Array::is_array(value) {
        Ok(value)
    } else {
        Err(Bad)
    }
}

impl Keys {
    fn whole(&self, object: &JsValue, key: &JsValue) -> Result<u64, Bad> {
        whole(&get(object, key))
    }

    fn text(&self, object: &JsValue, key: &JsValue) -> Result<String, Bad> {
        get(object, key).as_string().ok_or(Bad)
    }

    fn name(&self, object: &JsValue, key: &JsValue, digits: usize) -> Result<u128, Bad> {
        unhex(&self.text(object, key)?, digits).ok_or(Bad)
    }

    /// Reads a frame of the room.
    ///
    /// # Errors
    /// What is no message of this protocol.
    pub fn decode(&self, frame: &JsValue) -> Result<ToClient<JsValue>, Bad> {
        let text = frame.as_string().ok_or(Bad)?;
        self.read(&JSON::parse(&text).map_err(|_| Bad)?)
    }

    fn read(&self, message: &JsValue) -> Result<ToClient<JsValue>, Bad> {
        let kind = self.text(object(message)?, &self.kind)?;
        Ok(match kind.as_str() {
            "change" => ToClient::Change(self.read_change(message)?),
            "ack" => ToClient::Ack {
                results: self.read_results(message)?,
            },
            "welcome" => ToClient::Welcome(self.read_welcome(message)?),
            "pong" => ToClient::Pong,
            "error" => ToClient::Error {
                code: self.text(message, &self.code)?,
                message: self.text(message, &JsValue::from_str("message"))?,
            },
            _ => return Err(Bad),
        })
    }

    fn read_welcome(&self, message: &JsValue) -> Result<Welcome<JsValue>, Bad> {
        let changes = get(message, &self.changes);
        let snapshot = get(message, &self.snapshot);
        let catch_up = match (changes.is_undefined(), snapshot.is_object()) {
            (false, false) if snapshot.is_undefined() => CatchUp::Changes(
                list(&changes)?
                    .iter()
                    .map(|c| self.read_change(&c))
                    .collect::<Result<_, _>>()?,
            ),
            (true, true) => CatchUp::Snapshot(snapshot),
            _ => return Err(Bad),
        };
        let limits = get(message, &self.limits);
        Ok(Welcome {
            version: Version(self.whole(message, &self.version)?),
            epoch: Epoch(self.name(message, &self.epoch, Epoch::DIGITS)?),
            last_seq: Seq(self.whole(message, &self.last_seq)?),
            results: self.read_results(message)?,
            catch_up,
            limits: Limits {
                message_bytes_max: self.whole(object(&limits)?, &self.message_bytes_max)? as usize,
            },
        })
    }

    fn read_change(&self, change: &JsValue) -> Result<Change<JsValue>, Bad> {
        let tag = get(object(change)?, &self.tag);
        Ok(Change {
            version: Version(self.whole(change, &self.version)?),
            client_id: ClientId(self.name(change, &self.client_id, ClientId::DIGITS)?),
            seq: Seq(self.whole(change, &self.seq)?),
            tag: if tag.is_null() || tag.is_undefined() {
                None
            } else {
                Some(read_tag(&tag)?)
            },
            patch: self.read_patch(&get(change, &self.patch))?,
        })
    }

    fn read_results(&self, message: &JsValue) -> Result<Vec<Verdict<JsValue>>, Bad> {
        let results = get(message, &self.results);
        list(&results)?
            .iter()
            .map(|result| self.read_result(&result))
            .collect()
    }

    fn read_result(&self, result: &JsValue) -> Result<Verdict<JsValue>, Bad> {
        let patch = get(object(result)?, &self.patch);
        let void = get(result, &self.void);
        let rejected = get(result, &self.rejected);
        let lost = get(result, &self.lost);
        Ok(Verdict {
            seq: Seq(self.whole(result, &self.seq)?),
            tag: read_tag(&get(result, &self.tag))?,
            version: Version(self.whole(result, &self.version)?),
            patch: if patch.is_undefined() || patch.is_null() {
                None
            } else {
                Some(self.read_patch(&patch)?)
            },
            void: if void.is_undefined() {
                false
            } else {
                void.as_bool().ok_or(Bad)?
            },
            rejected: if rejected.is_undefined() || rejected.is_null() {
                None
            } else {
                Some(Refusal {
                    code: self.text(object(&rejected)?, &self.code)?,
                    op: self.whole(&rejected, &self.op)? as usize,
                    rule: self.text(&rejected, &self.rule)?,
                })
            },
            lost: if lost.is_undefined() {
                Vec::new()
            } else {
                list(&lost)?
                    .iter()
                    .map(|lost| self.read_lost(&lost))
                    .collect::<Result<_, _>>()?
            },
        })
    }

    fn read_lost(&self, lost: &JsValue) -> Result<LostOp, Bad> {
        Ok(LostOp {
            op: self.whole(object(lost)?, &self.op)? as usize,
            reason: self.text(lost, &self.reason)?,
            path: self.text(lost, &self.path)?,
        })
    }

    /// Reads operations that came from `JSON.parse` or were checked like it.
    pub(super) fn read_patch(&self, patch: &JsValue) -> Result<Vec<PatchOp<JsValue>>, Bad> {
        let ops = list(patch)?;
        // The list and the operation do not count as depth of a value.
        limit(patch, -2.0).map_err(|_| Bad)?;
        ops.iter().map(|op| self.read_op(&op)).collect()
    }

    fn read_op(&self, op: &JsValue) -> Result<PatchOp<JsValue>, Bad> {
        let word = get(object(op)?, &self.op);
        let path = self.text(op, &self.path)?;
        let value = || {
            let value = get(op, &self.value);
            if value.is_undefined() {
                Err(Bad)
            } else {
                Ok(value)
            }
        };
        let offset = |key| Ok(self.whole(op, key)? as usize);
        Ok(if word == self.replace {
            PatchOp::Replace {
                path,
                value: value()?,
            }
        } else if word == self.add {
            PatchOp::Add {
                path,
                value: value()?,
            }
        } else if word == self.remove {
            PatchOp::Remove { path }
        } else if word == self.mv {
            PatchOp::Move {
                from: self.text(op, &self.from)?,
                path,
            }
        } else if word == self.inc {
            PatchOp::Inc {
                path,
                inc: get(op, &self.inc).as_f64().ok_or(Bad)? + 0.0,
            }
        } else if word == self.str_ins {
            let str = get(op, &self.str);
            if !str.is_string() {
                return Err(Bad);
            }
            PatchOp::StrIns {
                path,
                pos: offset(&self.pos)?,
                str,
            }
        } else if word == self.str_del {
            PatchOp::StrDel {
                path,
                pos: offset(&self.pos)?,
                len: offset(&self.len)?,
            }
        } else if word == self.copy {
            PatchOp::Copy {
                from: self.text(op, &self.from)?,
                path,
            }
        } else if word == self.test {
            PatchOp::Test {
                path,
                value: value()?,
            }
        } else {
            return Err(Bad);
        })
    }

    /// Reads what the recorder wrote: paths are typed already.
    pub(super) fn read_recorded(&self, ops: &JsValue) -> Result<Patch<JsValue>, Bad> {
        list(ops)?
            .iter()
            .map(|op| self.read_recorded_op(&op))
            .collect::<Result<_, _>>()
            .map(Patch)
    }

    fn read_recorded_op(&self, op: &JsValue) -> Result<Op<JsValue>, Bad> {
        let word = get(op, &self.op);
        let path = read_path(&get(op, &self.path))?;
        let value = || get(op, &self.value);
        Ok(if word == self.replace {
            Op::Rep(path, value())
        } else if word == self.add {
            match path.0.last() {
                Some(Token::Index(_)) => Op::Ins(path, value()),
                _ => Op::Create(path, value()),
            }
        } else if word == self.remove {
            Op::Rm(path)
        } else {
            let from = read_path(&get(op, &self.from))?;
            Op::Move {
                from,
                to: path,
                over: get(op, &self.over).is_truthy(),
            }
        })
    }

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
    pub(super) fn write_outcome(&self, seq: Seq, outcome: &Outcome) -> Object {
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
    pub(super) fn write_refused(&self, seq: Seq, refused: &Refused) -> Object {
        let told = Object::new();
        set(&told, &self.seq, &js_number(seq.0));
        set(&told, &self.code, &JsValue::from_str(refused.code.word()));
        set(&told, &self.op, &js_number(refused.op as u64));
        set(&told, &self.rule, &JsValue::from_str(&refused.rule));
        told
    }
}

/// A replica's name as JS has it.
pub(super) fn js_client_id(client_id: ClientId) -> JsValue {
    JsValue::from_str(&hex(client_id.0, ClientId::DIGITS as u32))
}

/// A change's name as JS has it.
pub(super) fn js_tag(tag: Tag) -> JsValue {
    JsValue::from_str(&hex(tag.0.into(), Tag::DIGITS as u32))
}

/// Whose operations they are, as JS has it.
pub(super) fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Local => "local",
        Origin::Remote => "remote",
        Origin::Load => "load",
        Origin::Rollback => "rollback",
    }
}

fn read_tag(tag: &JsValue) -> Result<Tag, Bad> {
    let text = tag.as_string().ok_or(Bad)?;
    unhex(&text, Tag::DIGITS)
        .map(|bits| Tag(bits as u64))
        .ok_or(Bad)
}

fn read_path(path: &JsValue) -> Result<Path, Bad> {
    let token = |token: JsValue| match token.as_f64() {
        Some(index) => Ok(Token::Index(index as usize)),
        None => token
            .as_string()
            .map(|key| Token::Key(key.into()))
            .ok_or(Bad),
    };
    list(path)?
        .iter()
        .map(token)
        .collect::<Result<_, _>>()
        .map(Path)
}
