//! From frames to messages.

use super::{Bad, Keys};
use crate::hex::unhex;
use crate::op::{Op, Patch};
use crate::path::{Path, Token};
use crate::protocol::{
    CatchUp, Change, ClientId, Epoch, Limits, LostOp, PatchOp, Refusal, SAFE_INTEGER_MAX, Seq, Tag,
    ToClient, Verdict, Version, Welcome,
};
use crate::web::js_doc::limit;
use alloc::string::String;
use alloc::vec::Vec;
use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    /// Takes the text as a handle: a frame may hold a whole document, and its way into wasm and
    /// back would cost as much as the parsing.
    #[wasm_bindgen(catch, js_namespace = JSON)]
    fn parse(text: &JsValue) -> Result<JsValue, JsValue>;
}

/// Reads `object[key]`; anything that is no object has no members.
fn get(object: &JsValue, key: &JsValue) -> JsValue {
    Reflect::get(object, key).unwrap_or(JsValue::UNDEFINED)
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
        if !frame.is_string() {
            return Err(Bad);
        }
        self.read(&parse(frame).map_err(|_| Bad)?)
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
    pub(in crate::web) fn read_patch(&self, patch: &JsValue) -> Result<Vec<PatchOp<JsValue>>, Bad> {
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
    pub(in crate::web) fn read_recorded(&self, ops: &JsValue) -> Result<Patch<JsValue>, Bad> {
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
