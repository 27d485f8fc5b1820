//! Keeps rooms in one file, and answers when the disk has them.

mod folder;
mod read;
mod record;
mod writer;

pub use folder::OpenFolderError;

use self::folder::Space;
use self::read::{names_are_whole, read};
use self::record::{CLIENTS, Client, Document, FORMAT, HEADS, LOG, META, SNAPSHOTS};
use self::writer::{Job, What};
use super::{Answer, Engine, EngineError, Snapshot};
use crate::limits::DISK_CACHE_BYTES;
use draftsync::protocol::Epoch;
use draftsync::room::{Append, Stored};
use draftsync::tree::Tree;
use redb::{Database, DatabaseError, ReadableTable as _, StorageBackend};
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
    /// None only while it is dropped.
    database: Option<Arc<Database>>,
    space: Arc<Space>,
    history: History,
    /// Whether every room can be found by its name.
    names_whole: bool,
    /// None only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    broken: watch::Receiver<bool>,
    writer: Option<JoinHandle<()>>,
}

/// Tells the epochs of a file from those of its copies.
///
/// A copy is a backup that was put in place: clients may know of changes that it does not have,
/// so to them every room in it has another history. What is stored stays as it is.
#[derive(Clone, Copy, Debug)]
struct History {
    /// 0 for a file that never was a copy, else made at random when it was found to be one: two
    /// copies of one backup have two histories.
    number: u64,
}

impl History {
    fn shift(self) -> u128 {
        // Odd, so that another number is another shift, and wide, so that all of it changes.
        u128::from(self.number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }

    fn stored(self, told: Epoch) -> Epoch {
        Epoch(told.0.wrapping_sub(self.shift()))
    }

    fn told(self, stored: Epoch) -> Epoch {
        Epoch(stored.0.wrapping_add(self.shift()))
    }
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
                prepare(&database, None).map_err(|error| error.to_string())?;
                Ok(())
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
        let mark = folder::mark(&file).map_err(|error| failed(error.to_string()))?;
        let space = Space::new(Some(folder.to_owned()), free_min);
        Self::start(database, space, Some(mark)).map_err(|error| failed(error.to_string()))
    }

    /// Opens the rooms on something that behaves like a file.
    ///
    /// # Errors
    /// It cannot be read or written, or has something else in it.
    pub fn open_on(backend: impl StorageBackend) -> Result<Self, EngineError> {
        let opened = catch_unwind(AssertUnwindSafe(|| builder().create_with_backend(backend)));
        let opened = opened.map_err(|_| EngineError::Damaged("the file".to_owned()))?;
        Self::start(opened.map_err(failed)?, Space::new(None, None), None)
    }

    fn start(database: Database, space: Space, mark: Option<u64>) -> Result<Self, EngineError> {
        let prepared = catch_unwind(AssertUnwindSafe(|| prepare(&database, mark)));
        let damaged = |_| Err(EngineError::Damaged("the file".to_owned()));
        let history = match prepared.unwrap_or_else(damaged) {
            Ok(history) => history,
            Err(error) => {
                close(database);
                return Err(error);
            }
        };
        let examined = catch_unwind(AssertUnwindSafe(|| names_are_whole(&database)));
        let names_whole = matches!(examined, Ok(Ok(true)));
        if !names_whole {
            tracing::error!("the file is damaged: a room is not found, so no new one is made");
        }
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
            database: Some(database),
            space,
            history,
            names_whole,
            jobs: Some(jobs),
            broken,
            writer: Some(writer),
        })
    }

    fn job(&self, room: &str, epoch: Epoch, what: What) -> Answer<()> {
        let (done, answer) = oneshot::channel();
        let job = Job {
            room: room.to_owned(),
            epoch: self.history.stored(epoch),
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
        close(self.database.take());
    }
}

/// The store closes its file when it is dropped, and panics when that is damaged, which was told
/// before.
fn close<T>(database: T) {
    let _closed = catch_unwind(AssertUnwindSafe(|| drop(database)));
}

impl Engine for Redb {
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>> {
        let before = self.job(room, Epoch(0), What::Wait);
        let (database, name) = (self.database.clone(), room.to_owned());
        let (history, names_whole) = (self.history, self.names_whole);
        Box::pin(async move {
            before.await?;
            let reading = tokio::task::spawn_blocking(move || match database {
                Some(database) => read(&database, &name),
                None => Err(failed("the engine is closed")),
            });
            let panicked = |_| Err(EngineError::Damaged("reading it panicked".to_owned()));
            let stored = reading.await.unwrap_or_else(panicked)?;
            if stored.is_none() && !names_whole {
                let message = "some room cannot be found in the file, and it may be this one";
                return Err(EngineError::Damaged(message.to_owned()));
            }
            Ok(stored.map(|stored| Stored {
                epoch: history.told(stored.epoch),
                ..stored
            }))
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
        let epoch = self.history.stored(epoch);
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

/// Makes the tables, so that whoever reads finds them, and asks whose file it is and which.
fn prepare(database: &Database, mark: Option<u64>) -> Result<History, EngineError> {
    let transaction = database.begin_write().map_err(failed)?;
    let history = {
        let mut meta = transaction.open_table(META).map_err(failed)?;
        transaction.open_table(HEADS).map_err(failed)?;
        transaction.open_table(LOG).map_err(failed)?;
        transaction.open_table(CLIENTS).map_err(failed)?;
        transaction.open_table(SNAPSHOTS).map_err(failed)?;
        let number = |key| {
            let found = meta.get(key).map_err(failed)?;
            Ok(found.map(|found| found.value()))
        };
        let format = number("format")?;
        if let Some(other) = format.filter(|format| *format != FORMAT) {
            return Err(EngineError::Failed(format!(
                "the file has format {other}, this server has {FORMAT}; use the server that wrote it"
            )));
        }
        let (known, mut history) = (number("file")?, number("history")?.unwrap_or(0));
        if known.is_some() && mark.is_some() && known != mark {
            tracing::warn!("the rooms are a copy, as from a backup: each gets a new epoch");
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).map_err(failed)?;
            history = u64::from_le_bytes(bytes);
        }
        meta.insert("format", FORMAT).map_err(failed)?;
        meta.insert("history", history).map_err(failed)?;
        if let Some(mark) = mark {
            meta.insert("file", mark).map_err(failed)?;
        }
        History { number: history }
    };
    transaction.commit().map_err(failed)?;
    Ok(history)
}

fn failed(error: impl std::fmt::Display) -> EngineError {
    EngineError::Failed(error.to_string())
}
