//! A disk that can lose its power, lie, fill up and break, at any step.

use redb::StorageBackend;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

/// What a disk does from some step on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The power is gone: nothing is done any more.
    Power,
    /// No write is done, for there is no room; syncs and reads go on.
    NoSpace,
    /// A write puts half of its bytes and fails, once.
    ShortWrite,
    /// A write fails, once.
    Write,
    /// A sync fails, once, and what it should have kept is lost.
    Sync,
}

#[derive(Clone, Debug)]
enum Unsynced {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug, Default)]
struct State {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What a loss of power leaves for certain.
    kept: Vec<u8>,
    /// What may or may not be left besides, in order.
    unsynced: Vec<Unsynced>,
    /// Writes, changes of length and syncs so far.
    steps: usize,
    syncs: usize,
    fault: Option<(usize, Fault)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

impl Disk {
    /// A disk with this on it, all of it for certain.
    pub(crate) fn with(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        let mut state = disk.state();
        state.seen.clone_from(&bytes);
        state.kept = bytes;
        drop(state);
        disk
    }

    /// From this many more steps on it has a fault.
    pub(crate) fn breaks_after(&self, steps: usize, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.steps + steps, fault));
    }

    pub(crate) fn steps(&self) -> usize {
        self.state().steps
    }

    pub(crate) fn syncs(&self) -> usize {
        self.state().syncs
    }

    /// What a loss of power may leave: what was synced, and of the rest what `stays` says; a write
    /// that it gives a length for has only so many bytes.
    pub(crate) fn after_power_loss(
        &self,
        mut stays: impl FnMut(usize) -> Option<usize>,
    ) -> Vec<u8> {
        let state = self.state();
        let mut bytes = state.kept.clone();
        for (number, write) in state.unsynced.iter().enumerate() {
            let Some(length) = stays(number) else {
                continue;
            };
            match write {
                Unsynced::Bytes(offset, data) => {
                    put(&mut bytes, *offset, &data[..length.min(data.len())]);
                }
                Unsynced::Length(length) => bytes.resize(*length, 0),
            }
        }
        bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn step(&self) -> (MutexGuard<'_, State>, Option<Fault>) {
        let mut state = self.state();
        let step = state.steps;
        state.steps += 1;
        let fault = state.fault.and_then(|(at, fault)| {
            let lasts = matches!(fault, Fault::Power | Fault::NoSpace);
            (step == at || lasts && step > at).then_some(fault)
        });
        (state, fault)
    }
}

fn put(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(data);
}

fn broken() -> Error {
    Error::other("the disk is broken")
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let state = self.state();
        let from = offset as usize;
        let bytes = state.seen.get(from..from + out.len());
        out.copy_from_slice(bytes.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let (mut state, fault) = self.step();
        match fault {
            Some(Fault::Power | Fault::Write | Fault::ShortWrite) => return Err(broken()),
            Some(Fault::NoSpace) if len as usize > state.seen.len() => {
                return Err(ErrorKind::StorageFull.into());
            }
            _ => {}
        }
        state.seen.resize(len as usize, 0);
        state.unsynced.push(Unsynced::Length(len as usize));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        let (mut state, fault) = self.step();
        match fault {
            Some(Fault::Power) => return Err(broken()),
            // The system has marked the pages as clean; the next sync will have nothing to do.
            Some(Fault::Sync) => {
                state.unsynced.clear();
                return Err(broken());
            }
            _ => {}
        }
        state.syncs += 1;
        let unsynced = std::mem::take(&mut state.unsynced);
        for write in unsynced {
            match write {
                Unsynced::Bytes(offset, data) => put(&mut state.kept, offset, &data),
                Unsynced::Length(length) => state.kept.resize(length, 0),
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let (mut state, fault) = self.step();
        let written = match fault {
            None | Some(Fault::Sync) => data,
            Some(Fault::ShortWrite) => &data[..data.len() / 2],
            Some(_) => &[],
        };
        put(&mut state.seen, offset as usize, written);
        let write = Unsynced::Bytes(offset as usize, written.to_vec());
        state.unsynced.push(write);
        match fault {
            None | Some(Fault::Sync) => Ok(()),
            Some(Fault::NoSpace) => Err(ErrorKind::StorageFull.into()),
            Some(_) => Err(broken()),
        }
    }
}
