//! From frames to messages.
//!
//! A field that is not as it should be reads as something harmless and is remembered in
//! `fields.js`; the verdict is asked for once, at the end.

use super::fields::{
    entry, fail, failed, field, flag, index, item, key, name, number, object, parse, presence,
    size, text, value, whole, word,
};
use super::{Bad, Codec};
use crate::client::{Entry, Saved};
use crate::hex::unhex;
use crate::op::{Op, Patch};
use crate::path::{Path, Token};
use crate::protocol::{
    Anchor, CatchUp, Change, ClientId, Epoch, Limits, LostOp, Offer, PROTOCOL_VERSION, PatchOp,
    Refusal, Seq, Tag, ToClient, Verdict, Version, Welcome,
};
use crate::web::js_doc::limit;
use alloc::vec::Vec;
use wasm_bindgen::JsValue;

/// There is such a member, and it is not null.
const PRESENT: u32 = 2;

impl Codec {
    /// Reads a frame of the room.
    ///
    /// # Errors
    /// What is no message of this protocol.
    pub fn decode(&self, frame: &JsValue) -> Result<ToClient<JsValue>, Bad> {
        verdict(read_message(&parse(frame)))
    }

    /// Reads an entry of the journal.
    ///
    /// # Errors
    /// What this build has not written.
    pub(in crate::web) fn read_entry(&self, text: &JsValue) -> Result<Entry<JsValue>, Bad> {
        let entry = parse(text);
        verdict(if presence(&entry, name::KIND) != 0 {
            Entry::Heard(read_message(&entry))
        } else if presence(&entry, name::PUSH) != 0 {
            Entry::Pushed(offset(&entry, name::PUSH))
        } else {
            Entry::Wrote(read_offer(&entry))
        })
    }

    /// Reads a state that was kept.
    ///
    /// # Errors
    /// What this build has not written.
    pub(in crate::web) fn read_saved(&self, text: &JsValue) -> Result<Saved<JsValue>, Bad> {
        let kept = parse(text);
        let base = field(&kept, name::VALUE);
        let ours = whole(&kept, name::PROTOCOL) == f64::from(PROTOCOL_VERSION);
        if !ours || !base.is_object() || limit(&base, 0.0).is_err() {
            fail();
        }
        verdict(Saved {
            client_id: client_id(&kept),
            epoch: if presence(&kept, name::EPOCH) == PRESENT {
                Some(Epoch(bits(&kept, name::EPOCH, Epoch::DIGITS)))
            } else {
                None
            },
            version: version(&kept),
            last_seq: Seq(whole(&kept, name::LAST_SEQ) as u64),
            base,
            pending: read_list(&field(&kept, name::CHANGES), read_offer),
        })
    }

    /// Reads operations that came from `JSON.parse` or were checked like it.
    pub(in crate::web) fn read_patch(&self, patch: &JsValue) -> Result<Vec<PatchOp<JsValue>>, Bad> {
        verdict(read_patch(patch))
    }

    /// Reads anchors as the package writes them.
    pub(in crate::web) fn read_anchors(
        &self,
        anchors: &JsValue,
    ) -> Result<Vec<Option<Anchor>>, Bad> {
        verdict(read_anchors(anchors))
    }

    /// Reads what the recorder wrote: paths are typed already.
    pub(in crate::web) fn read_recorded(&self, ops: &JsValue) -> Result<Patch<JsValue>, Bad> {
        let mut patch = Patch::default();
        for at in 0..size(ops) {
            patch.0.push(read_recorded_op(&entry(ops, at)));
        }
        verdict(patch)
    }
}

fn verdict<T>(read: T) -> Result<T, Bad> {
    if failed() { Err(Bad) } else { Ok(read) }
}

fn seq(object: &JsValue) -> Seq {
    Seq(whole(object, name::SEQ) as u64)
}

fn version(object: &JsValue) -> Version {
    Version(whole(object, name::VERSION) as u64)
}

fn offset(object: &JsValue, name: u32) -> usize {
    whole(object, name) as usize
}

fn bits(object: &JsValue, name: u32, digits: usize) -> u128 {
    unhex(&text(object, name), digits).unwrap_or_else(|| {
        fail();
        0
    })
}

fn client_id(object: &JsValue) -> ClientId {
    ClientId(bits(object, name::CLIENT_ID, ClientId::DIGITS))
}

fn tag(object: &JsValue) -> Tag {
    Tag(bits(object, name::TAG, Tag::DIGITS) as u64)
}

/// Reads a list of objects.
fn read_list<T>(list: &JsValue, read: fn(&JsValue) -> T) -> Vec<T> {
    let mut all = Vec::new();
    for at in 0..size(list) {
        all.push(read(&entry(list, at)));
    }
    all
}

fn read_message(message: &JsValue) -> ToClient<JsValue> {
    match word(message, name::KIND) {
        name::CHANGE => ToClient::Change(read_change(message)),
        name::ACK => ToClient::Ack {
            results: read_results(message),
        },
        name::WELCOME => ToClient::Welcome(read_welcome(message)),
        name::ERROR => ToClient::Error {
            code: text(message, name::CODE),
            message: text(message, name::MESSAGE),
        },
        name::PONG => ToClient::Pong,
        name::PRESENCE => ToClient::Presence {
            client_id: client_id(message),
            version: version(message),
            user: if presence(message, name::USER) == PRESENT {
                Some(clean(field(message, name::USER)))
            } else {
                None
            },
            value: clean(value(message, name::VALUE)),
            anchors: if presence(message, name::ANCHORS) == 0 {
                Vec::new()
            } else {
                read_anchors(&field(message, name::ANCHORS))
            },
        },
        name::GONE => ToClient::Gone {
            client_id: client_id(message),
        },
        name::AUTH_EXPIRING => ToClient::AuthExpiring,
        _ => {
            fail();
            ToClient::Pong
        }
    }
}

/// A value that no limit of part P is asked of elsewhere.
fn clean(value: JsValue) -> JsValue {
    if limit(&value, 0.0).is_err() {
        fail();
    }
    value
}

/// Reads a list of anchors, some of which may be null.
fn read_anchors(list: &JsValue) -> Vec<Option<Anchor>> {
    let mut anchors = Vec::new();
    for at in 0..size(list) {
        anchors.push(if item(list, at).is_null() {
            None
        } else {
            let anchor = entry(list, at);
            Some(Anchor {
                path: text(&anchor, name::PATH),
                pos: if presence(&anchor, name::POS) == PRESENT {
                    Some(offset(&anchor, name::POS))
                } else {
                    None
                },
            })
        });
    }
    anchors
}

fn read_offer(offer: &JsValue) -> Offer<JsValue> {
    Offer {
        seq: seq(offer),
        tag: tag(offer),
        patch: read_patch(&field(offer, name::PATCH)),
    }
}

fn read_results(message: &JsValue) -> Vec<Verdict<JsValue>> {
    read_list(&field(message, name::RESULTS), read_result)
}

fn read_welcome(message: &JsValue) -> Welcome<JsValue> {
    let changes = presence(message, name::CHANGES);
    let snapshot = field(message, name::SNAPSHOT);
    // One of the two.
    if (changes == 0) != snapshot.is_object() || (changes != 0) != snapshot.is_undefined() {
        fail();
    }
    Welcome {
        version: version(message),
        epoch: Epoch(bits(message, name::EPOCH, Epoch::DIGITS)),
        last_seq: Seq(whole(message, name::LAST_SEQ) as u64),
        results: read_results(message),
        catch_up: if changes == 0 {
            CatchUp::Snapshot(snapshot)
        } else {
            CatchUp::Changes(read_list(&field(message, name::CHANGES), read_change))
        },
        limits: Limits {
            message_bytes_max: offset(&object(message, name::LIMITS), name::MESSAGE_BYTES_MAX),
        },
    }
}

fn read_change(change: &JsValue) -> Change<JsValue> {
    Change {
        version: version(change),
        client_id: client_id(change),
        seq: seq(change),
        tag: if presence(change, name::TAG) == PRESENT {
            Some(tag(change))
        } else {
            None
        },
        patch: read_patch(&field(change, name::PATCH)),
    }
}

fn read_result(result: &JsValue) -> Verdict<JsValue> {
    Verdict {
        seq: seq(result),
        tag: tag(result),
        version: version(result),
        patch: if presence(result, name::PATCH) == PRESENT {
            Some(read_patch(&field(result, name::PATCH)))
        } else {
            None
        },
        void: flag(result, name::VOID),
        rejected: if presence(result, name::REJECTED) == PRESENT {
            let rejected = object(result, name::REJECTED);
            Some(Refusal {
                code: text(&rejected, name::CODE),
                op: offset(&rejected, name::OP),
                rule: text(&rejected, name::RULE),
            })
        } else {
            None
        },
        lost: if presence(result, name::LOST) == 0 {
            Vec::new()
        } else {
            read_list(&field(result, name::LOST), read_lost)
        },
    }
}

fn read_lost(lost: &JsValue) -> LostOp {
    LostOp {
        op: offset(lost, name::OP),
        reason: text(lost, name::REASON),
        path: text(lost, name::PATH),
    }
}

fn read_patch(patch: &JsValue) -> Vec<PatchOp<JsValue>> {
    // The list and the operation do not count as depth of a value.
    if limit(patch, -2.0).is_err() {
        fail();
    }
    read_list(patch, read_op)
}

fn read_op(op: &JsValue) -> PatchOp<JsValue> {
    let path = text(op, name::PATH);
    match word(op, name::OP) {
        name::REPLACE => PatchOp::Replace {
            path,
            value: value(op, name::VALUE),
        },
        name::ADD => PatchOp::Add {
            path,
            value: value(op, name::VALUE),
        },
        name::TEST => PatchOp::Test {
            path,
            value: value(op, name::VALUE),
        },
        name::MOVE => PatchOp::Move {
            from: text(op, name::FROM),
            path,
        },
        name::COPY => PatchOp::Copy {
            from: text(op, name::FROM),
            path,
        },
        name::INC => PatchOp::Inc {
            path,
            inc: number(op, name::INC) + 0.0,
        },
        name::STR_INS => {
            let str = field(op, name::STR);
            if !str.is_string() {
                fail();
            }
            PatchOp::StrIns {
                path,
                pos: offset(op, name::POS),
                str,
            }
        }
        name::STR_DEL => PatchOp::StrDel {
            path,
            pos: offset(op, name::POS),
            len: offset(op, name::LEN),
        },
        other => {
            if other != name::REMOVE {
                fail();
            }
            PatchOp::Remove { path }
        }
    }
}

fn read_recorded_op(op: &JsValue) -> Op<JsValue> {
    let path = read_path(op, name::PATH);
    match word(op, name::OP) {
        name::REPLACE => Op::Rep(path, field(op, name::VALUE)),
        name::ADD => match path.0.last() {
            Some(Token::Index(_)) => Op::Ins(path, field(op, name::VALUE)),
            _ => Op::Create(path, field(op, name::VALUE)),
        },
        name::REMOVE => Op::Rm(path),
        _ => Op::Move {
            from: read_path(op, name::FROM),
            to: path,
            over: field(op, name::OVER).is_truthy(),
        },
    }
}

fn read_path(op: &JsValue, name: u32) -> Path {
    let tokens = field(op, name);
    let mut path = Path::default();
    for at in 0..size(&tokens) {
        let place = index(&tokens, at);
        path.0.push(if place < 0.0 {
            Token::Key(key(&tokens, at).into())
        } else {
            Token::Index(place as usize)
        });
    }
    path
}
