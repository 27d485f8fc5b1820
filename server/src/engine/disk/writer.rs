//! The one thread that writes: what has come together goes into one transaction and one sync.

use super::folder::Space;
use super::record::{CLIENTS, HEADS, Head, LOG, META, Place, SNAPSHOTS, text};
use crate::engine::EngineError;
use crate::limits::{BATCH_BYTES_MAX, BATCH_JOBS_MAX, FORGET_ROWS_MAX};
use draftsync::protocol::{Epoch, Version};
use redb::{Database, ReadableTable as _, Table};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use tokio::sync::{oneshot, watch};

/// What is answered when a job is durable, or was not done.
pub(super) type Done = oneshot::Sender<Result<(), EngineError>>;

/// Something to write.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) room: String,
    pub(super) epoch: Epoch,
    pub(super) what: What,
    pub(super) done: Done,
}

#[derive(Debug)]
pub(super) enum What {
    /// Changes and what is known of their client from now on.
    Append {
        head: Version,
        /// The texts of the changes, of consecutive versions.
        changes: Vec<Vec<u8>>,
        client_id: u128,
        client: Vec<u8>,
    },
    /// A document, and up to where changes are not needed any more.
    Snapshot {
        version: Version,
        document: Vec<u8>,
        forget: Version,
    },
    /// Nothing; it is answered when all before it is durable.
    Wait,
}

impl Job {
    fn bytes(&self) -> usize {
        match &self.what {
            What::Append {
                changes, client, ..
            } => changes.iter().map(Vec::len).sum::<usize>() + client.len(),
            What::Snapshot { document, .. } => document.len(),
            What::Wait => 0,
        }
    }
}

/// Writes until nobody can send a job any more.
///
/// After the first failure nothing is written: what the disk has of the failed write is not
/// known, and a second sync would only say that it has nothing left to do.
pub(super) fn run(
    database: Arc<Database>,
    space: &Space,
    jobs: &Receiver<Job>,
    broken: &watch::Sender<bool>,
) {
    let mut failed: Option<EngineError> = None;
    while let Ok(first) = jobs.recv() {
        let mut bytes = first.bytes();
        let mut batch = vec![first];
        while batch.len() < BATCH_JOBS_MAX
            && bytes < BATCH_BYTES_MAX
            && let Ok(job) = jobs.try_recv()
        {
            bytes += job.bytes();
            batch.push(job);
        }
        let (jobs, done): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|job| ((job.room, job.epoch, job.what), job.done))
            .unzip();
        let answers = match &failed {
            Some(error) => vec![Err(error.clone()); done.len()],
            None => {
                let written = catch_unwind(AssertUnwindSafe(|| write(&database, jobs)));
                let panicked = |_| Err("the store panicked".into());
                written.unwrap_or_else(panicked).unwrap_or_else(|error| {
                    tracing::error!(%error, "writing failed; nothing is written any more");
                    let error = EngineError::Failed(error.to_string());
                    failed = Some(error.clone());
                    broken.send_replace(true);
                    vec![Err(error); done.len()]
                })
            }
        };
        for (done, answer) in done.into_iter().zip(answers) {
            // Who does not wait any more does not need it.
            let _gone = done.send(answer);
        }
        space.look();
    }
}

/// Every kind of failure of the store, which all mean the same here.
type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// One transaction. A job that does not fit what is stored is answered so and leaves nothing
/// behind; an error means that nothing of the whole batch may be relied on.
fn write(
    database: &Database,
    jobs: Vec<(String, Epoch, What)>,
) -> Result<Vec<Result<(), EngineError>>, StoreError> {
    if jobs.iter().all(|(_, _, what)| matches!(what, What::Wait)) {
        return Ok(vec![Ok(()); jobs.len()]);
    }
    let transaction = database.begin_write()?;
    let mut answers = Vec::with_capacity(jobs.len());
    {
        let mut tables = Tables {
            meta: transaction.open_table(META)?,
            heads: transaction.open_table(HEADS)?,
            log: transaction.open_table(LOG)?,
            clients: transaction.open_table(CLIENTS)?,
            snapshots: transaction.open_table(SNAPSHOTS)?,
        };
        for (room, epoch, what) in jobs {
            answers.push(match what {
                What::Append {
                    head,
                    changes,
                    client_id,
                    client,
                } => {
                    let client = (client_id, client.as_slice());
                    tables.append(&room, epoch, head, &changes, client)?
                }
                What::Snapshot {
                    version,
                    document,
                    forget,
                } => tables.snapshot(&room, epoch, version, &document, forget)?,
                What::Wait => Ok(()),
            });
        }
    }
    transaction.commit()?;
    Ok(answers)
}

struct Tables<'a> {
    meta: Table<'a, &'static str, u64>,
    heads: Table<'a, &'static str, &'static [u8]>,
    log: Table<'a, (u64, u64), &'static [u8]>,
    clients: Table<'a, (u64, u128), &'static [u8]>,
    snapshots: Table<'a, u64, &'static [u8]>,
}

impl Tables<'_> {
    /// The room; none when nobody has written to it.
    fn head(&self, room: &str) -> Result<Result<Option<Head>, EngineError>, StoreError> {
        let record = self.heads.get(room)?;
        Ok(record
            .map(|record| Place::Head(room).open(record.value()))
            .transpose())
    }

    fn put_head(&mut self, room: &str, head: &Head) -> Result<(), StoreError> {
        let record = Place::Head(room).seal(&text(head)?);
        self.heads.insert(room, record.as_slice())?;
        Ok(())
    }

    fn fresh(&mut self, epoch: Epoch) -> Result<Head, StoreError> {
        let number = self.meta.get("rooms")?.map_or(0, |count| count.value());
        self.meta.insert("rooms", number + 1)?;
        Ok(Head {
            number,
            epoch,
            head: Version(0),
            snapshot: Version(0),
            forgotten: Version(0),
            clients: 0,
        })
    }

    fn append(
        &mut self,
        room: &str,
        epoch: Epoch,
        expected: Version,
        changes: &[Vec<u8>],
        (client_id, client): (u128, &[u8]),
    ) -> Result<Result<(), EngineError>, StoreError> {
        let known = match self.head(room)? {
            Ok(known) => known,
            Err(damaged) => return Ok(Err(damaged)),
        };
        let stored = known.as_ref().map_or(Version(0), |head| head.head);
        if known.as_ref().is_some_and(|head| head.epoch != epoch) {
            return Ok(Err(EngineError::EpochChanged));
        }
        if stored != expected {
            return Ok(Err(EngineError::HeadMoved {
                stored: stored.0,
                expected: expected.0,
            }));
        }
        let mut head = match known {
            Some(head) => head,
            None => self.fresh(epoch)?,
        };
        for change in changes {
            head.head.0 += 1;
            let record = Place::Change(head.number, head.head).seal(change);
            self.log
                .insert((head.number, head.head.0), record.as_slice())?;
        }
        let record = Place::Client(head.number, client_id).seal(client);
        let before = self
            .clients
            .insert((head.number, client_id), record.as_slice())?;
        head.clients += u64::from(before.is_none());
        drop(before);
        self.put_head(room, &head)?;
        Ok(Ok(()))
    }

    /// The document and the end of what it makes superfluous, in one transaction: a log is never
    /// shorter than the document that stands in for what is missing.
    fn snapshot(
        &mut self,
        room: &str,
        epoch: Epoch,
        version: Version,
        document: &[u8],
        forget: Version,
    ) -> Result<Result<(), EngineError>, StoreError> {
        let mut head = match self.head(room)? {
            Ok(Some(head)) if head.epoch == epoch => head,
            Ok(_) => return Ok(Ok(())),
            Err(damaged) => return Ok(Err(damaged)),
        };
        if version > head.head || version <= head.snapshot {
            return Ok(Ok(()));
        }
        let record = Place::Snapshot(head.number).seal(document);
        self.snapshots.insert(head.number, record.as_slice())?;
        head.snapshot = version;
        let until = forget.min(version).0;
        // A long log goes in parts, so that nobody waits long behind it.
        let until = until.min(head.forgotten.0 + FORGET_ROWS_MAX);
        for forgotten in head.forgotten.0 + 1..=until {
            self.log.remove((head.number, forgotten))?;
        }
        head.forgotten.0 = head.forgotten.0.max(until);
        self.put_head(room, &head)?;
        Ok(Ok(()))
    }
}
