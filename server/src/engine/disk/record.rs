//! What stands in the file: keys, records, and a mark on each record that it is whole.
//!
//! A record is the CRC-32 of its place and its text, little-endian, and then the text, JSON. With
//! the place in it, a record that stands where another belongs is noticed too.

use crate::engine::EngineError;
use draftsync::protocol::{Epoch, Seq, Verdict, Version};
use draftsync::room::Dedupe;
use draftsync::tree::Tree;
use redb::TableDefinition;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of all this; a file of another version is not opened.
pub(super) const FORMAT: u64 = 1;

/// `format`; `rooms`, the number of rooms that were ever made; `file`, which file this was when it
/// was last opened; `history`, a random number since it was found to be a copy.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// Each room by its name.
pub(super) const HEADS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("heads");
/// Each change by its room's number and its version.
pub(super) const LOG: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("log");
/// Each client by its room's number and its own id.
pub(super) const CLIENTS: TableDefinition<'_, (u64, u128), &[u8]> = TableDefinition::new("clients");
/// Each room's newest document by the room's number.
pub(super) const SNAPSHOTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("snapshots");

/// What is known of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// What the other tables call it.
    pub(super) number: u64,
    pub(super) epoch: Epoch,
    pub(super) head: Version,
    /// The version of the document that is stored; 0 for none.
    pub(super) snapshot: Version,
    /// The changes up to this version are not kept.
    pub(super) forgotten: Version,
    /// How many clients are known: a record that lost its place would be missed by nobody else.
    pub(super) clients: u64,
}

/// A document and where it belongs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) version: Version,
    pub(super) document: Tree,
}

/// What a room remembers of a client.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Client {
    last_seq: Seq,
    results: Vec<Verdict<Tree>>,
    /// Whose replica it is; left out where nobody asked, and so in files from before there were
    /// tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

impl From<Dedupe<Tree>> for Client {
    fn from(dedupe: Dedupe<Tree>) -> Self {
        Self {
            last_seq: dedupe.last_seq,
            results: dedupe.results,
            owner: dedupe.owner.as_deref().map(str::to_owned),
        }
    }
}

impl From<Client> for Dedupe<Tree> {
    fn from(client: Client) -> Self {
        Self {
            last_seq: client.last_seq,
            results: client.results,
            owner: client.owner.map(Into::into),
        }
    }
}

/// Where a record stands, for its mark and for whoever reads of a damaged one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    Head(&'a str),
    Change(u64, Version),
    Client(u64, u128),
    Snapshot(u64),
}

impl Place<'_> {
    fn crc(self, text: &[u8]) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        match self {
            Self::Head(name) => {
                crc.update(b"h");
                crc.update(name.as_bytes());
            }
            Self::Change(room, version) => {
                crc.update(b"l");
                crc.update(&room.to_le_bytes());
                crc.update(&version.0.to_le_bytes());
            }
            Self::Client(room, client) => {
                crc.update(b"c");
                crc.update(&room.to_le_bytes());
                crc.update(&client.to_le_bytes());
            }
            Self::Snapshot(room) => {
                crc.update(b"s");
                crc.update(&room.to_le_bytes());
            }
        }
        crc.update(text);
        crc.finalize()
    }

    /// The record of a text.
    pub(super) fn seal(self, text: &[u8]) -> Vec<u8> {
        let mut record = Vec::with_capacity(CRC_BYTES + text.len());
        record.extend_from_slice(&self.crc(text).to_le_bytes());
        record.extend_from_slice(text);
        record
    }

    /// What a record says, when it is the one that was written.
    pub(super) fn open<T: DeserializeOwned>(self, record: &[u8]) -> Result<T, EngineError> {
        let (crc, text) = record
            .split_first_chunk::<CRC_BYTES>()
            .ok_or_else(|| self.damaged("it is too short"))?;
        if u32::from_le_bytes(*crc) != self.crc(text) {
            return Err(self.damaged("its checksum is another"));
        }
        serde_json::from_slice(text).map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(self, why: &str) -> EngineError {
        EngineError::Damaged(format!("{self:?}: {why}"))
    }
}

const CRC_BYTES: usize = 4;

/// The text of a record.
pub(super) fn text<T: Serialize>(value: &T) -> Result<Vec<u8>, EngineError> {
    serde_json::to_vec(value).map_err(|error| {
        EngineError::Failed(format!("a record cannot be written as JSON: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s17_a_record_is_only_read_where_it_was_written_and_as_it_was() {
        let head = Head {
            number: 7,
            epoch: Epoch(1),
            head: Version(2),
            snapshot: Version(0),
            forgotten: Version(0),
            clients: 3,
        };
        let record = Place::Head("r").seal(&text(&head).expect("JSON"));
        assert_eq!(Place::Head("r").open::<Head>(&record), Ok(head));
        for place in [Place::Head("s"), Place::Snapshot(7), Place::Client(7, 1)] {
            assert!(place.open::<Head>(&record).is_err(), "{place:?}");
        }
        for bit in 0..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                Place::Head("r").open::<Head>(&flipped).is_err(),
                "bit {bit}"
            );
        }
        for length in 0..record.len() {
            assert!(Place::Head("r").open::<Head>(&record[..length]).is_err());
        }
    }
}
