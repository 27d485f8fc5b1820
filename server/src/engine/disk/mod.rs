//! Keeps rooms in one file, and answers when the disk has them.

mod folder;
mod record;
mod writer;

pub use folder::OpenFolderError;

use self::folder::Space;
use self::record::{CLIENTS, Client, Document, FORMAT, HEADS, Head, LOG, META, Place, SNAPSHOTS};
use self::writer::{Job, What};
use super::{Answer, Engine, EngineError, Snapshot};
use crate::limits::DISK_CACHE_BYTES;
use draftsync::protocol::{ClientId, Epoch};
use draftsync::room::{Append, Stored};
use draftsync::tree::Tree;
use redb::{Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageBackend};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};

/// The engine that survives the process, a crash and the loss of power.
///
/// One thread writes. What has come together while it wrote goes into the next transaction, so
/// that many changes share one sync of the disk.
#[derive(Debug)]
pub struct Redb {
    database: Arc<Database>,
    space: Arc<Space>,
    /// None only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    broken: watch::Receiver<bool>,
    writer: Option<JoinHandle<()>>,
}

impl Redb {
    /// Opens the rooms in a folder, or makes it, for nobody else to read.
    ///
    /// `free_min` is how many bytes of the disk stay free; none for a twentieth of it, at most
    /// a gibibyte.
    ///
    /// # Errors
    /// The folder belongs to something else, another process has it, or the system refuses.
    pub fn open(folder: &Path, free_min: Option<u64>) -> Result<Self, OpenFolderError> {
        let file = folder::prepare(folder)?;
        let failed = |why: String| OpenFolderError::Failed {
            folder: folder.to_owned(),
            why,
        };
        if !file.exists() {
            let make = |path: &Path| {
                let database = builder().create(path).map_err(|error| error.to_string())?;
                prepare(&database).map_err(|error| error.to_string())
            };
            folder::make_file(folder, make).map_err(failed)?;
        }
        let opened = catch_unwind(|| builder().open(&file));
        let database = match opened {
            Ok(Ok(database)) => database,
            Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => {
                return Err(OpenFolderError::InUse(folder.to_owned()));
            }
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Err(_) => return Err(failed("the file is damaged".to_owned())),
        };
        let space = Space::new(Some(folder.to_owned()), free_min);
        Self::start(database, space).map_err(|error| failed(error.to_string()))
    }

    /// Opens the rooms on something that behaves like a file.
    ///
    /// # Errors
    /// It cannot be read or written, or has something else in it.
    pub fn open_on(backend: impl StorageBackend) -> Result<Self, EngineError> {
        let opened = catch_unwind(AssertUnwindSafe(|| builder().create_with_backend(backend)));
        let opened = opened.map_err(|_| EngineError::Damaged("the file".to_owned()))?;
        Self::start(opened.map_err(failed)?, Space::new(None, None))
    }

    fn start(database: Database, space: Space) -> Result<Self, EngineError> {
        let prepared = catch_unwind(AssertUnwindSafe(|| prepare(&database)));
        prepared.map_err(|_| EngineError::Damaged("the file".to_owned()))??;
        let (database, space) = (Arc::new(database), Arc::new(space));
        let (jobs, queue) = mpsc::channel();
        let (broke, broken) = watch::channel(false);
        let writer = {
            let (database, space) = (Arc::clone(&database), Arc::clone(&space));
            let writing = move || writer::run(database, &space, &queue, &broke);
            let thread = std::thread::Builder::new().name("rooms-writer".to_owned());
            thread.spawn(writing).map_err(failed)?
        };
        Ok(Self {
            database,
            space,
            jobs: Some(jobs),
            broken,
            writer: Some(writer),
        })
    }

    fn job(&self, room: &str, epoch: Epoch, what: What) -> Answer<()> {
        let (done, answer) = oneshot::channel();
        let job = Job {
            room: room.to_owned(),
            epoch,
            what,
            done,
        };
        let sent = self
            .jobs
            .as_ref()
            .is_some_and(|jobs| jobs.send(job).is_ok());
        Box::pin(async move {
            match answer.await {
                Ok(answer) if sent => answer,
                _ => Err(EngineError::Failed("the writer is gone".to_owned())),
            }
        })
    }
}

impl Drop for Redb {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // What was queued is written before; a panic in there has been told already.
            let _ended = writer.join();
        }
    }
}

impl Engine for Redb {
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>> {
        let before = self.job(room, Epoch(0), What::Wait);
        let (database, name) = (Arc::clone(&self.database), room.to_owned());
        Box::pin(async move {
            before.await?;
            let reading = tokio::task::spawn_blocking(move || read(&database, &name));
            let panicked = |_| Err(EngineError::Damaged("reading it panicked".to_owned()));
            reading.await.unwrap_or_else(panicked)
        })
    }

    fn append(&self, room: &str, epoch: Epoch, append: Append<Tree>) -> Answer<()> {
        let texts = append.changes.iter().map(record::text).collect();
        let client = record::text(&Client::from(append.dedupe));
        let (changes, client) = match (texts, client) {
            (Ok(changes), Ok(client)) => (changes, client),
            (Err(error), _) | (_, Err(error)) => return Box::pin(std::future::ready(Err(error))),
        };
        let what = What::Append {
            head: append.head,
            changes,
            client_id: append.client_id.0,
            client,
        };
        self.job(room, epoch, what)
    }

    fn snapshot(&self, room: &str, epoch: Epoch, snapshot: Snapshot) -> Answer<()> {
        let (jobs, room) = (self.jobs.clone(), room.to_owned());
        Box::pin(async move {
            // A large document takes its time, which is nobody else's.
            let (version, forget) = (snapshot.version, snapshot.forget);
            let writing = tokio::task::spawn_blocking(move || {
                record::text(&Document {
                    version,
                    document: snapshot.document,
                })
            });
            let gone = || EngineError::Failed("the writer is gone".to_owned());
            let document = writing.await.map_err(|_| gone())??;
            let (done, answer) = oneshot::channel();
            let what = What::Snapshot {
                version,
                document,
                forget,
            };
            let job = Job {
                room,
                epoch,
                what,
                done,
            };
            jobs.ok_or_else(gone)?.send(job).map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        })
    }

    fn takes_writes(&self) -> bool {
        self.space.has_room()
    }

    fn is_broken(&self) -> bool {
        *self.broken.borrow()
    }

    fn broke(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut broken = self.broken.clone();
        Box::pin(async move {
            if broken.wait_for(|broken| *broken).await.is_err() {
                // It ended without having failed.
                std::future::pending().await
            }
        })
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(DISK_CACHE_BYTES);
    builder.set_repair_callback(|repair| {
        let done = repair.progress();
        tracing::info!(
            done,
            "the last process did not close the rooms; looking at them"
        );
    });
    builder
}

/// Makes the tables, so that whoever reads finds them, and asks whose file it is.
fn prepare(database: &Database) -> Result<(), EngineError> {
    let transaction = database.begin_write().map_err(failed)?;
    let found = {
        let mut meta = transaction.open_table(META).map_err(failed)?;
        transaction.open_table(HEADS).map_err(failed)?;
        transaction.open_table(LOG).map_err(failed)?;
        transaction.open_table(CLIENTS).map_err(failed)?;
        transaction.open_table(SNAPSHOTS).map_err(failed)?;
        let found = meta
            .get("format")
            .map_err(failed)?
            .map(|found| found.value());
        if found.is_none() {
            meta.insert("format", FORMAT).map_err(failed)?;
        }
        found
    };
    match found {
        Some(FORMAT) => transaction.abort().map_err(failed),
        None => transaction.commit().map_err(failed),
        Some(other) => Err(EngineError::Failed(format!(
            "the file has format {other}, this server has {FORMAT}; use the server that wrote it"
        ))),
    }
}

fn read(database: &Database, room: &str) -> Result<Option<Stored<Tree>>, EngineError> {
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
        let version = draftsync::protocol::Version(key.value().1);
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
    Ok(Some(Stored {
        epoch: head.epoch,
        snapshot,
        log: changes,
        clients: known,
    }))
}

fn failed(error: impl std::fmt::Display) -> EngineError {
    EngineError::Failed(error.to_string())
}
