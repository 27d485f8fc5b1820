//! What is read of the file, and whether it is what was written.

use super::failed;
use super::record::{CLIENTS, Client, Document, HEADS, Head, LOG, META, Place, SNAPSHOTS};
use crate::engine::EngineError;
use draftsync::protocol::{ClientId, Version};
use draftsync::room::Stored;
use draftsync::tree::Tree;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _};

/// Whether there are as many rooms as were made, and each is found by its name. A room that is
/// not found would be taken for one that nobody has written to.
pub(super) fn names_are_whole(database: &Database) -> Result<bool, EngineError> {
    let transaction = database.begin_read().map_err(failed)?;
    let heads = transaction.open_table(HEADS).map_err(failed)?;
    let meta = transaction.open_table(META).map_err(failed)?;
    let made = meta.get("rooms").map_err(failed)?;
    if heads.len().map_err(failed)? != made.map_or(0, |made| made.value()) {
        return Ok(false);
    }
    for row in heads.iter().map_err(failed)? {
        let (name, record) = row.map_err(failed)?;
        let found = heads.get(name.value()).map_err(failed)?;
        let same = found.is_some_and(|found| found.value() == record.value());
        let head: Result<Head, _> = Place::Head(name.value()).open(record.value());
        if !same || head.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is kept of a room.
pub(super) fn read(database: &Database, room: &str) -> Result<Option<Stored<Tree>>, EngineError> {
    let transaction = database.begin_read().map_err(failed)?;
    let heads = transaction.open_table(HEADS).map_err(failed)?;
    let Some(record) = heads.get(room).map_err(failed)? else {
        return Ok(None);
    };
    let head: Head = Place::Head(room).open(record.value())?;
    let number = head.number;
    let mut snapshot = None;
    if head.snapshot.0 > 0 {
        let place = Place::Snapshot(number);
        let snapshots = transaction.open_table(SNAPSHOTS).map_err(failed)?;
        let record = snapshots.get(number).map_err(failed)?;
        let missing = || EngineError::Damaged("its document is not there".to_owned());
        let stored: Document = place.open(record.ok_or_else(missing)?.value())?;
        if stored.version != head.snapshot {
            return Err(EngineError::Damaged("its document is another".to_owned()));
        }
        snapshot = Some((stored.version, stored.document));
    }
    let log = transaction.open_table(LOG).map_err(failed)?;
    let mut changes = Vec::new();
    for row in log
        .range((number, 0)..=(number, u64::MAX))
        .map_err(failed)?
    {
        let (key, record) = row.map_err(failed)?;
        let version = Version(key.value().1);
        changes.push(Place::Change(number, version).open(record.value())?);
    }
    // The changes that are kept are those up to the head and no others; the room itself sees
    // whether one in the middle is missing.
    let kept = (head.head.0 - head.forgotten.0) as usize;
    if changes.len() != kept {
        let found = changes.len();
        let message = format!("it has {found} changes where {kept} belong");
        return Err(EngineError::Damaged(message));
    }
    let clients = transaction.open_table(CLIENTS).map_err(failed)?;
    let mut known = Vec::new();
    for row in clients
        .range((number, 0)..=(number, u128::MAX))
        .map_err(failed)?
    {
        let (key, record) = row.map_err(failed)?;
        let id = key.value().1;
        let client: Client = Place::Client(number, id).open(record.value())?;
        known.push((ClientId(id), client.into()));
    }
    if known.len() as u64 != head.clients {
        let (found, belong) = (known.len(), head.clients);
        let message = format!("it knows {found} clients where {belong} belong");
        return Err(EngineError::Damaged(message));
    }
    Ok(Some(Stored {
        epoch: head.epoch,
        snapshot,
        log: changes,
        clients: known,
    }))
}
