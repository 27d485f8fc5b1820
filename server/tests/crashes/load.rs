//! A client that writes until its server is gone, and remembers what it was told.

use super::chance::Dice;
use super::check::{Answer, Entry, Fault, Kind};
use super::client::{Client, End};
use super::{document, entry};
use serde_json::{Value, json};
use std::cell::Cell;
use std::net::SocketAddr;
use tokio::sync::Notify;

/// Most changes of one push.
const CHANGES_MAX: usize = 4;
/// Once in so many pushes the client goes away without waiting for the answer.
const LEAVES: usize = 30;
/// Once in so many changes one is a kind that is refused.
const REFUSED: usize = 12;

/// One life of the server, as the clients see it.
#[derive(Debug, Default)]
pub(super) struct Life {
    ended: Cell<bool>,
    events: Cell<usize>,
    happened: Notify,
}

impl Life {
    fn event(&self) {
        self.events.set(self.events.get() + 1);
        self.happened.notify_one();
    }

    /// Comes when so many pushes and acknowledgements have been.
    pub(super) async fn has_seen(&self, events: usize) {
        while self.events.get() < events {
            self.happened.notified().await;
        }
    }

    /// From now on a connection may break.
    pub(super) fn end(&self) {
        self.ended.set(true);
    }
}

/// A change that was offered.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) seq: u64,
    pub(super) tag: String,
    /// What it adds, which nothing else adds; none for one that must be refused.
    pub(super) value: Option<String>,
    patch: Value,
}

#[cfg(test)]
impl Offer {
    pub(super) fn new(seq: u64, tag: String, value: Option<String>) -> Self {
        Self {
            seq,
            tag,
            value,
            patch: Value::Null,
        }
    }
}

/// What a client was told since the last audit.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) answers: Vec<(Offer, Answer)>,
    /// The changes of the log that came to it, its own too.
    pub(super) seen: Vec<Entry>,
    pub(super) repeated: usize,
    pub(super) faults: Vec<Fault>,
}

impl Told {
    pub(super) fn taken(&self) -> usize {
        let taken = |(_, answer): &&(Offer, Answer)| matches!(answer, Answer::Taken(_));
        self.answers.iter().filter(taken).count()
    }

    pub(super) fn refused(&self) -> usize {
        self.answers.len() - self.taken()
    }

    fn fault(&mut self, kind: Kind, text: String) {
        self.faults.push(Fault { kind, text });
    }
}

/// Its document, as far as the log has come to it.
#[derive(Debug)]
pub(super) struct Base {
    epoch: String,
    pub(super) version: u64,
    pub(super) document: Value,
}

/// A client; it outlives its sockets.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) id: String,
    pub(super) room: usize,
    pub(super) base: Option<Base>,
    /// What was offered and not answered.
    pub(super) pending: Vec<Offer>,
    /// What a welcome answered, offered again to see whether it is taken twice.
    again: Vec<Offer>,
    seq: u64,
    /// Whether it may still offer one that does not apply: three of them end a session, and one
    /// may come from the session before.
    may_be_invalid: bool,
    told: Told,
    dice: Dice,
}

impl Writer {
    pub(super) fn new(number: usize, room: usize, dice: Dice) -> Self {
        Self {
            id: format!("{:032x}", number + 1),
            room,
            base: None,
            pending: Vec::new(),
            again: Vec::new(),
            seq: 0,
            may_be_invalid: true,
            told: Told::default(),
            dice,
        }
    }

    /// What it was told since this was asked.
    pub(super) fn told(&mut self) -> Told {
        std::mem::take(&mut self.told)
    }

    /// Writes until the server is gone.
    pub(super) async fn write(&mut self, address: SocketAddr, life: &Life) -> Result<(), String> {
        loop {
            let ended = self.session(address, Some(life)).await;
            match ended {
                _ if life.ended.get() => return Ok(()),
                Ok(()) => {}
                Err(end) => return Err(format!("client {} was told {end:?}", self.id)),
            }
        }
    }

    /// Offers what is pending, and one push more, and hears what becomes of it.
    pub(super) async fn finish(&mut self, address: SocketAddr) -> Result<(), String> {
        let ended = self.session(address, None).await;
        ended.map_err(|end| format!("client {} was told {end:?} at the end", self.id))
    }

    /// Reads to the end of the log.
    pub(super) async fn catch_up(&mut self, address: SocketAddr) -> Result<(), String> {
        let joined = self.join(address).await;
        joined
            .map(drop)
            .map_err(|end| format!("client {} was told {end:?} as it read", self.id))
    }

    /// One socket. Without a life to be watched the session ends when all is answered.
    async fn session(&mut self, address: SocketAddr, life: Option<&Life>) -> Result<(), End> {
        let mut client = self.join(address).await?;
        let mut pushes = 0;
        loop {
            if self.pending.is_empty() {
                if life.is_none() && pushes > 0 {
                    return Ok(());
                }
                self.make();
            }
            pushes += 1;
            client.try_send_text(self.push()).await;
            life.inspect(|life| life.event());
            if life.is_some() && self.dice.once_in(LEAVES) {
                return Ok(());
            }
            self.hear(&mut client).await?;
            life.inspect(|life| life.event());
        }
    }

    /// Connects, says hello, and takes the welcome.
    async fn join(&mut self, address: SocketAddr) -> Result<Client, End> {
        let mut client = Client::try_connect(address, &format!("room-{}", self.room)).await?;
        let mut hello = json!({"type": "hello", "protocol": 1, "client_id": self.id});
        if let Some(base) = &self.base {
            hello["epoch"] = json!(base.epoch);
            hello["version"] = json!(base.version);
        }
        client.try_send_text(hello.to_string()).await;
        let welcome = client.try_next().await?;
        self.welcome(&welcome)?;
        self.may_be_invalid = true;
        Ok(client)
    }

    fn welcome(&mut self, welcome: &Value) -> Result<(), End> {
        let (Some(version), Some(epoch), Some(last_seq)) = (
            welcome["version"].as_u64(),
            welcome["epoch"].as_str(),
            welcome["last_seq"].as_u64(),
        ) else {
            return Err(unread(welcome));
        };
        if let Some(changes) = welcome["changes"].as_array() {
            for change in changes {
                self.take(entry(change).ok_or_else(|| unread(change))?);
            }
        } else {
            if self.base.is_some() {
                let text = format!("client {} was given another history: {epoch}", self.id);
                self.told.fault(Kind::Lost, text);
            }
            self.base = Some(Base {
                epoch: epoch.to_owned(),
                version,
                document: welcome["snapshot"].clone(),
            });
        }
        let first_open = self.pending.first().map_or(self.seq + 1, |offer| offer.seq);
        if last_seq + 1 < first_open || last_seq > self.seq {
            let text = format!(
                "client {} has answers up to {} of {}, and is told that {last_seq} was its last",
                self.id,
                first_open - 1,
                self.seq,
            );
            self.told.fault(Kind::Lost, text);
        }
        let open = self.pending.partition_point(|offer| offer.seq <= last_seq);
        let decided: Vec<_> = self.pending.drain(..open).collect();
        for offer in &decided {
            let result = result_for(welcome, offer).ok_or_else(|| unread(welcome))?;
            self.answer(offer, result)?;
        }
        self.again = decided;
        self.again
            .truncate(if self.dice.once_in(2) { CHANGES_MAX } else { 0 });
        Ok(())
    }

    /// A change of the log has come; it must be the next one.
    fn take(&mut self, entry: Entry) {
        let Some(base) = &mut self.base else { return };
        if entry.version != base.version + 1 {
            let text = format!(
                "client {} at {}: then came {entry:?}",
                self.id, base.version
            );
            self.told.fault(Kind::Reordered, text);
        } else if let Err(error) = document::apply(&mut base.document, &entry.patch) {
            let text = format!("client {}: {error}, of {entry:?}", self.id);
            self.told.fault(Kind::Wrong, text);
        }
        base.version = entry.version;
        self.told.seen.push(entry);
    }

    /// Makes the changes of the next push.
    fn make(&mut self) {
        for _ in 0..=self.dice.below(CHANGES_MAX) {
            self.seq += 1;
            let value = format!("{}-{}", &self.id[28..], self.seq);
            let at = if self.dice.once_in(3) { "0" } else { "-" };
            let add = json!({"op": "add", "path": format!("/items/{at}"), "value": value});
            let refused = self.dice.once_in(REFUSED);
            let patch = match self.dice.below(2) {
                0 if refused && self.may_be_invalid => {
                    self.may_be_invalid = false;
                    json!([add, {"op": "remove", "path": "/nothing"}])
                }
                // One whose guard never holds.
                _ if refused => json!([{"op": "test", "path": "/n", "value": "no"}, add]),
                0 => json!([add, {"op": "inc", "path": "/n", "inc": 1}]),
                _ => json!([add]),
            };
            self.pending.push(Offer {
                seq: self.seq,
                tag: format!("{:016x}", self.dice.bits()),
                value: (!refused).then_some(value),
                patch,
            });
        }
    }

    fn push(&self) -> String {
        let changes: Vec<_> = (self.again.iter().chain(&self.pending))
            .map(|offer| json!({"seq": offer.seq, "tag": offer.tag, "patch": offer.patch}))
            .collect();
        let base = self.base.as_ref().map(|base| base.version);
        json!({"type": "push", "base": base, "changes": changes}).to_string()
    }

    /// Reads until the push is answered.
    async fn hear(&mut self, client: &mut Client) -> Result<(), End> {
        loop {
            let message = client.try_next().await?;
            if message["type"] == "change" {
                self.take(entry(&message).ok_or_else(|| unread(&message))?);
                continue;
            }
            if message["type"] != "ack" {
                return Err(unread(&message));
            }
            // What was answered already must get the answer it had; the checker compares.
            for offer in std::mem::take(&mut self.again) {
                self.told.repeated += 1;
                let result = result_for(&message, &offer).ok_or_else(|| unread(&message))?;
                let answer = Answer::of(result).ok_or_else(|| unread(result))?;
                self.told.answers.push((offer, answer));
            }
            for offer in std::mem::take(&mut self.pending) {
                let result = result_for(&message, &offer).ok_or_else(|| unread(&message))?;
                let answer = self.answer(&offer, result)?;
                if let Answer::Taken(version) = answer {
                    let patch = result.get("patch").unwrap_or(&offer.patch);
                    self.take(Entry {
                        version,
                        client_id: self.id.clone(),
                        seq: offer.seq,
                        tag: Some(offer.tag),
                        patch: patch.clone(),
                    });
                }
            }
            return Ok(());
        }
    }

    fn answer(&mut self, offer: &Offer, result: &Value) -> Result<Answer, End> {
        let answer = Answer::of(result).ok_or_else(|| unread(result))?;
        self.told.answers.push((offer.clone(), answer));
        Ok(answer)
    }
}

fn result_for<'a>(message: &'a Value, offer: &Offer) -> Option<&'a Value> {
    let results = message["results"].as_array()?;
    results
        .iter()
        .find(|result| result["seq"] == offer.seq && result["tag"] == *offer.tag)
}

/// What should not have come here.
fn unread(message: &Value) -> End {
    End::Broken(format!("it was told {message}"))
}
