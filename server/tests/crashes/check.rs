//! Holds what the rooms have against what the clients were told.
//!
//! An acknowledged change is in the log once, at its version; a refused one is not; one of
//! unknown fate is there at most once. The log has no gap, and every change that came to a client
//! stands in it as it came.

use super::document;
use super::entry;
use super::load::{Offer, Told, Writer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// In which way a promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It was acknowledged or shown, and is not there.
    Lost,
    /// It is there twice.
    Duplicated,
    /// It is there, and elsewhere than was said.
    Reordered,
    /// Anything else that is not as it was said.
    Wrong,
}

/// A broken promise.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.kind, self.text)
    }
}

/// A change of the log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) version: u64,
    pub(super) client_id: String,
    pub(super) seq: u64,
    pub(super) tag: Option<String>,
    pub(super) patch: Value,
}

/// What a client was told of a change that it had offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is in the log, at this version.
    Taken(u64),
    /// It is not, and never will be.
    Refused,
}

impl Answer {
    /// None for an answer that this load cannot lead to.
    pub(super) fn of(result: &Value) -> Option<Self> {
        let version = result["version"].as_u64()?;
        match result["rejected"]["code"].as_str() {
            Some("rejected" | "invalid-patch") => Some(Self::Refused),
            Some(_) => None,
            None if result["void"] == true || result.get("lost").is_some() => None,
            None => Some(Self::Taken(version)),
        }
    }
}

/// A room's log, read from the room itself after each start.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) room: String,
    /// The client that reads.
    pub(super) id: String,
    epoch: Option<String>,
    log: Vec<Entry>,
    document: Value,
    /// The version of each client's changes.
    taken: BTreeMap<(String, u64), u64>,
    answers: BTreeMap<(String, u64), Answer>,
    /// The last seq of each client in the log.
    last: BTreeMap<String, u64>,
}

impl Ledger {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room: format!("room-{room}"),
            id: format!("{:032x}", u64::MAX - room as u64),
            epoch: None,
            log: Vec::new(),
            document: Value::Null,
            taken: BTreeMap::new(),
            answers: BTreeMap::new(),
            last: BTreeMap::new(),
        }
    }

    /// Whether nothing is known of the room, which nobody has written to then.
    pub(super) fn is_new(&self) -> bool {
        self.log.is_empty()
    }

    pub(super) fn hello(&self) -> Value {
        let mut hello = json!({"type": "hello", "protocol": 1, "client_id": self.id});
        if let Some(epoch) = &self.epoch {
            hello["epoch"] = json!(epoch);
            hello["version"] = json!(self.log.len());
        }
        hello
    }

    /// Takes what has come into the log since the last time.
    pub(super) fn read(&mut self, welcome: &Value, faults: &mut Vec<Fault>) {
        let mut fault = |kind, text: String| faults.push(Fault { kind, text });
        let epoch = welcome["epoch"].as_str().map(str::to_owned);
        let head = welcome["version"].as_u64().unwrap_or(0);
        if !self.log.is_empty() && (epoch != self.epoch || head < self.log.len() as u64) {
            let text = format!(
                "{} had {} changes of {:?}, and has {head} of {epoch:?}",
                self.room,
                self.log.len(),
                self.epoch
            );
            fault(Kind::Lost, text);
            return;
        }
        let Some(changes) = welcome["changes"].as_array() else {
            fault(Kind::Wrong, format!("{} does not give its log", self.room));
            return;
        };
        self.epoch = epoch;
        for change in changes {
            match entry(change) {
                Some(entry) => self.add(entry, &mut fault),
                None => fault(Kind::Wrong, format!("{}: {change} is no change", self.room)),
            }
        }
        if self.log.len() as u64 != head {
            let text = format!("{} is at {head}, its log at {}", self.room, self.log.len());
            fault(Kind::Reordered, text);
        }
    }

    fn add(&mut self, entry: Entry, fault: &mut impl FnMut(Kind, String)) {
        let (room, next) = (&self.room, self.log.len() as u64 + 1);
        if entry.version != next {
            fault(
                Kind::Reordered,
                format!("{room}: {entry:?} stands at {next}"),
            );
        }
        let key = (entry.client_id.clone(), entry.seq);
        if let Some(first) = self.taken.insert(key, entry.version) {
            fault(
                Kind::Duplicated,
                format!("{room}: {entry:?} is at {first} too"),
            );
        }
        let last = self.last.entry(entry.client_id.clone()).or_default();
        if entry.seq < *last {
            fault(
                Kind::Reordered,
                format!("{room}: {entry:?} comes after {last}"),
            );
        }
        *last = entry.seq;
        if let Err(error) = document::apply(&mut self.document, &entry.patch) {
            fault(Kind::Wrong, format!("{room}: {error}, of {entry:?}"));
        }
        self.log.push(entry);
    }

    /// The document that the room gives must be what its log makes.
    pub(super) fn compare(&self, welcome: &Value, faults: &mut Vec<Fault>) {
        if self.log.is_empty() || welcome["snapshot"] == self.document {
            return;
        }
        let text = format!("{}: its document is not the fold of its log", self.room);
        faults.push(Fault {
            kind: Kind::Wrong,
            text,
        });
    }

    /// How many of these changes are in the log.
    pub(super) fn has_of(&self, client_id: &str, offers: &[Offer]) -> usize {
        let key = |offer: &Offer| (client_id.to_owned(), offer.seq);
        let known = |offer: &&Offer| self.taken.contains_key(&key(offer));
        offers.iter().filter(known).count()
    }

    /// Holds what a client was told against the log.
    pub(super) fn hear(&mut self, client_id: &str, told: &Told, faults: &mut Vec<Fault>) {
        faults.extend(told.faults.iter().cloned());
        let mut fault = |kind, text: String| faults.push(Fault { kind, text });
        for (offer, answer) in &told.answers {
            let key = (client_id.to_owned(), offer.seq);
            let said = |what: &str| format!("{client_id} {offer:?}, {answer:?}: {what}");
            let taken = self.taken.get(&key);
            match answer {
                Answer::Taken(version) => match self.log.get(*version as usize - 1) {
                    Some(entry) if entry.is(client_id, offer) => {}
                    _ if taken.is_some() => {
                        fault(Kind::Reordered, said(&format!("it is at {taken:?}")));
                    }
                    _ => fault(Kind::Lost, said("it is not in the log")),
                },
                Answer::Refused if taken.is_some() => {
                    fault(Kind::Wrong, said(&format!("it is at {taken:?}")));
                }
                Answer::Refused => {}
            }
            if matches!(answer, Answer::Taken(_)) != offer.value.is_some() {
                fault(Kind::Wrong, said("the other answer was right"));
            }
            if let Some(before) = self.answers.insert(key, *answer)
                && before != *answer
            {
                fault(Kind::Wrong, said(&format!("before it was {before:?}")));
            }
        }
        for seen in &told.seen {
            match self.log.get(seen.version as usize - 1) {
                Some(entry) if entry == seen => {}
                Some(entry) => {
                    let text = format!("{client_id} saw {seen:?}, the log has {entry:?}");
                    fault(Kind::Reordered, text);
                }
                None => {
                    let text = format!("{client_id} saw {seen:?}, and it is not in the log");
                    fault(Kind::Lost, text);
                }
            }
        }
    }

    /// At the end all is answered, everybody has the same document, and each value is in it once.
    pub(super) fn settle(&self, writer: &Writer, faults: &mut Vec<Fault>) {
        let mut fault = |kind, text: String| faults.push(Fault { kind, text });
        let (room, id) = (&self.room, &writer.id);
        if !writer.pending.is_empty() {
            let text = format!("{id} was not answered on {:?}", writer.pending);
            fault(Kind::Wrong, text);
        }
        if writer.base.as_ref().map(|base| &base.document) != Some(&self.document) {
            fault(
                Kind::Wrong,
                format!("{id} has another document than {room}"),
            );
        }
        let items = self.document["items"].as_array();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for value in items.into_iter().flatten().filter_map(Value::as_str) {
            *counts.entry(value).or_default() += 1;
        }
        let mine = self.answers.range((id.clone(), 0)..=(id.clone(), u64::MAX));
        for ((_, seq), answer) in mine {
            let value = format!("{}-{seq}", &id[28..]);
            let count = counts.get(value.as_str()).copied().unwrap_or(0);
            match (answer, count) {
                (Answer::Taken(_), 1) | (Answer::Refused, 0) => {}
                (Answer::Taken(_), 0) => fault(Kind::Lost, format!("{room} has no {value}")),
                (Answer::Refused, 1..) => {
                    fault(
                        Kind::Wrong,
                        format!("{room} has {value}, which was refused"),
                    );
                }
                (Answer::Taken(_), _) => {
                    fault(
                        Kind::Duplicated,
                        format!("{room} has {value} {count} times"),
                    );
                }
            }
        }
    }
}

impl Entry {
    fn is(&self, client_id: &str, offer: &Offer) -> bool {
        self.client_id == client_id
            && self.seq == offer.seq
            && self.tag.as_deref() == Some(&offer.tag)
    }
}

#[cfg(test)]
mod tests;
