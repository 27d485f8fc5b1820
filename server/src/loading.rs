//! A room from its engine, before its actor lives.

use crate::engine::{Engine, EngineError};
use crate::log_size::LogSize;
use crate::outgoing::encode;
use axum::extract::ws::Utf8Bytes;
use draftsync::protocol::{Change, Epoch, ToClient};
use draftsync::room::{Room, StoredError};
use draftsync::tree::Tree;

/// Why a room could not be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Stored(#[from] StoredError),
    #[error("loading it panicked")]
    Panicked,
}

/// A room as its engine has it, or a new one.
pub(crate) async fn load(
    name: &str,
    epoch: Epoch,
    engine: &dyn Engine,
) -> Result<(Room<Tree>, LogSize), LoadError> {
    let mut log = LogSize::default();
    let Some(stored) = engine.load(name).await? else {
        return Ok((Room::new(epoch), log));
    };
    for change in &stored.log {
        log.push(
            change.version,
            relayed(change.clone()).map_or(0, |text| text.len()),
        );
    }
    let room = Room::load(stored)?;
    Ok((room, log))
}

/// A change as its frame; one text for all who read it.
pub(crate) fn relayed(change: Change<Tree>) -> Option<Utf8Bytes> {
    encode(&ToClient::Change(change))
}
