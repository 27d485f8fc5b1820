//! Keeps rooms as long as the process lives.

use super::{Answer, Engine, EngineError};
use draftsync::protocol::Epoch;
use draftsync::room::Append;
use draftsync::tree::Tree;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The engine of a demo and of tests: what is stored is gone when the process ends.
///
/// An open room holds its document, its log and what it knows of its clients itself. So this
/// keeps only what an append is compared with, not the room a second time.
#[derive(Debug, Default)]
pub struct Memory {
    heads: Mutex<BTreeMap<String, (Epoch, u64)>>,
}

impl Engine for Memory {
    fn append<'a>(&'a self, room: &'a str, epoch: Epoch, append: &'a Append<Tree>) -> Answer<'a> {
        Box::pin(std::future::ready(
            self.compare_and_set(room, epoch, append),
        ))
    }
}

impl Memory {
    fn compare_and_set(
        &self,
        room: &str,
        epoch: Epoch,
        append: &Append<Tree>,
    ) -> Result<(), EngineError> {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let known = heads.get(room).copied();
        let (stored_epoch, stored) = known.unwrap_or((epoch, 0));
        let begins = append.head.0 == 0 && stored_epoch != epoch;
        if stored_epoch != epoch && !begins {
            return Err(EngineError::EpochChanged);
        }
        if stored != append.head.0 && !begins {
            return Err(EngineError::HeadMoved {
                stored,
                expected: append.head.0,
            });
        }
        let head = append.head.0 + append.changes.len() as u64;
        heads.insert(room.to_owned(), (epoch, head));
        Ok(())
    }
}
