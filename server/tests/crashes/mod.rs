//! Kills the server at random moments under load, starts it again, and looks whether it has kept
//! its word.
//!
//! Nothing here knows the server's code or the project's types: what the wire says is read as
//! plain JSON, and `check` decides from that alone.

mod chance;
mod check;
#[path = "../support/client.rs"]
mod client;
mod document;
mod load;
#[path = "../support/program.rs"]
mod program;

use chance::Dice;
use check::{Entry, Fault, Kind, Ledger};
use client::{Client, End};
use futures_util::future::try_join_all;
use load::{Life, Writer};
use program::Program;
use serde_json::{Value, json};
use std::fs::File;
use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How many clients write to one room.
const WRITERS_PER_ROOM: usize = 4;
/// The kill comes after at most so many pushes and acknowledgements of each client, on average.
const EVENTS_MAX: usize = 60;
/// And after at most this time more, so that it also comes where nothing is heard: in a sync.
const DELAY_MAX_MICROS: usize = 20_000;
/// Once in so many cycles the server is told to stop, instead of being killed.
const STOPPED: usize = 5;
/// Once in so many cycles the server is killed while it starts, too.
const KILLED_AT_START: usize = 6;
/// While it starts means within this time.
const START_MICROS: usize = 15_000;

/// What to do.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The server's program.
    pub(crate) server: PathBuf,
    /// A folder that is not there yet, for its data and its log.
    pub(crate) folder: PathBuf,
    pub(crate) cycles: usize,
    pub(crate) clients: usize,
    pub(crate) seed: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) cycles: usize,
    pub(crate) acked: usize,
    pub(crate) refused: usize,
    /// How many changes were offered and not answered when the server was killed, in all.
    pub(crate) unknown: usize,
    /// How many of those turned out to have been taken.
    pub(crate) taken_unheard: usize,
    /// How many decided changes were offered again all the same.
    pub(crate) repeated: usize,
    pub(crate) starts: Vec<Duration>,
    pub(crate) faults: Vec<Fault>,
}

impl Outcome {
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.faults
            .iter()
            .filter(|fault| fault.kind == kind)
            .count()
    }

    /// The last line of the command.
    pub(crate) fn line(&self) -> String {
        format!(
            "cycles={} acked={} lost={} duplicated={} reordered={}",
            self.cycles,
            self.acked,
            self.count(Kind::Lost),
            self.count(Kind::Duplicated),
            self.count(Kind::Reordered),
        )
    }

    /// What else there is to know.
    pub(crate) fn details(&self) -> String {
        let mut starts = self.starts.clone();
        starts.sort();
        let at = |part: usize| starts.get((starts.len() * part / 100).min(starts.len() - 1));
        format!(
            "refused={} unknown={} of them taken={} offered again={} wrong={} \
             start p50={:?} max={:?}",
            self.refused,
            self.unknown,
            self.taken_unheard,
            self.repeated,
            self.count(Kind::Wrong),
            at(50).copied().unwrap_or_default(),
            starts.last().copied().unwrap_or_default(),
        )
    }
}

/// Runs the plan; stops after the first cycle that has faults. An error is something that kept
/// the plan from being run, or a server that ended or refused by itself.
pub(crate) async fn run(plan: &Plan, said: impl Fn(&Outcome)) -> Result<Outcome, String> {
    std::fs::create_dir_all(&plan.folder).map_err(|error| error.to_string())?;
    let mut dice = Dice::new(plan.seed);
    let mut writers: Vec<_> = (0..plan.clients)
        .map(|number| Writer::new(number, number / WRITERS_PER_ROOM, Dice::new(dice.bits())))
        .collect();
    let rooms = plan.clients.div_ceil(WRITERS_PER_ROOM);
    let mut ledgers: Vec<_> = (0..rooms).map(Ledger::new).collect();
    let mut outcome = Outcome::default();
    for cycle in 0..=plan.cycles {
        if dice.once_in(KILLED_AT_START) {
            killed_at_start(plan, &mut dice).await?;
        }
        let (mut program, address) = start(plan, &mut outcome)?;
        audit(address, &mut ledgers, &mut writers, &mut outcome).await?;
        if !outcome.faults.is_empty() {
            break;
        }
        if cycle == plan.cycles {
            calm(address, &mut writers).await?;
            program.kill().map_err(|error| error.to_string())?;
            break;
        }
        loaded(&mut program, address, &mut writers, &mut dice)
            .await
            .map_err(|error| format!("in cycle {cycle}: {error}"))?;
        outcome.cycles += 1;
        said(&outcome);
    }
    if outcome.faults.is_empty() {
        let (_program, address) = start(plan, &mut outcome)?;
        audit(address, &mut ledgers, &mut writers, &mut outcome).await?;
        for writer in &writers {
            ledgers[writer.room].settle(writer, &mut outcome.faults);
        }
    }
    Ok(outcome)
}

fn start(plan: &Plan, outcome: &mut Outcome) -> Result<(Program, SocketAddr), String> {
    let began = Instant::now();
    let mut program = spawn(plan)?;
    let address = program.address().map_err(|error| {
        let log = plan.folder.join("server.log");
        format!("{error}; {} has what it said", log.display())
    })?;
    outcome.starts.push(began.elapsed());
    Ok((program, address))
}

fn spawn(plan: &Plan) -> Result<Program, String> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(plan.folder.join("server.log"))
        .map_err(|error| error.to_string())?;
    let data = plan.folder.join("rooms");
    let data = data.to_str().ok_or("the folder's name is no text")?;
    let address = "127.0.0.1:0";
    let flags = ["--listen", address, "--data", data, "--drain-delay", "0"];
    Program::start(&plan.server, &flags, Stdio::from(log)).map_err(|error| error.to_string())
}

/// The store mends its file when it is opened after a crash; a crash may come then, too.
async fn killed_at_start(plan: &Plan, dice: &mut Dice) -> Result<(), String> {
    let mut program = spawn(plan)?;
    passed(dice.below(START_MICROS)).await;
    program.kill().map_err(|error| error.to_string())
}

/// Lets the server live under load and kills it, or now and then stops it.
async fn loaded(
    program: &mut Program,
    address: SocketAddr,
    writers: &mut [Writer],
    dice: &mut Dice,
) -> Result<(), String> {
    let life = Life::default();
    let events = 1 + dice.below(EVENTS_MAX * writers.len());
    let micros = dice.below(DELAY_MAX_MICROS);
    let stopped = dice.once_in(STOPPED);
    let load = try_join_all(
        writers
            .iter_mut()
            .map(|writer| writer.write(address, &life)),
    );
    let mut load = pin!(load);
    let moment = async {
        life.has_seen(events).await;
        passed(micros).await;
    };
    tokio::select! {
        ended = &mut load => {
            ended?;
            return Err("the clients ended before the server".to_owned());
        }
        () = moment => {}
    }
    life.end();
    let ended = if stopped {
        program.terminate()
    } else {
        program.kill()
    };
    ended.map_err(|error| error.to_string())?;
    load.await?;
    if stopped {
        let status = program.child.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("told to stop, the server ended with {status}"));
        }
    }
    Ok(())
}

/// A random moment is one that no event marks, so it can only be waited for.
async fn passed(micros: usize) {
    let time = Duration::from_micros(micros as u64);
    let _passed = timeout(time, pending::<()>()).await;
}

/// Everybody hears what became of everything, and reads to the end.
async fn calm(address: SocketAddr, writers: &mut [Writer]) -> Result<(), String> {
    try_join_all(writers.iter_mut().map(|writer| writer.finish(address))).await?;
    try_join_all(writers.iter_mut().map(|writer| writer.catch_up(address)))
        .await
        .map(drop)
}

/// Reads what the rooms have after a start, and holds it against what was told before.
async fn audit(
    address: SocketAddr,
    ledgers: &mut [Ledger],
    writers: &mut [Writer],
    outcome: &mut Outcome,
) -> Result<(), String> {
    for ledger in &mut *ledgers {
        if ledger.is_new() {
            found(address, ledger, &mut outcome.faults).await?;
        }
        let lost = |end: End| format!("while {} was read: {end:?}", ledger.room);
        let since = welcome(address, &ledger.hello(), &ledger.room)
            .await
            .map_err(lost)?;
        let anew = json!({"type": "hello", "protocol": 1, "client_id": ledger.id});
        let anew = welcome(address, &anew, &ledger.room).await.map_err(lost)?;
        ledger.read(&since, &mut outcome.faults);
        ledger.compare(&anew, &mut outcome.faults);
    }
    for writer in writers {
        let ledger = &mut ledgers[writer.room];
        let told = writer.told();
        outcome.acked += told.taken();
        outcome.refused += told.refused();
        outcome.repeated += told.repeated;
        outcome.unknown += writer.pending.len();
        outcome.taken_unheard += ledger.has_of(&writer.id, &writer.pending);
        ledger.hear(&writer.id, &told, &mut outcome.faults);
    }
    Ok(())
}

/// Gives a room its first document.
async fn found(
    address: SocketAddr,
    ledger: &mut Ledger,
    faults: &mut Vec<Fault>,
) -> Result<(), String> {
    let failed = |end: End| format!("a room could not be begun: {end:?}");
    let mut client = Client::try_connect(address, &ledger.room)
        .await
        .map_err(failed)?;
    client.try_send_text(ledger.hello().to_string()).await;
    let welcome = client.try_next().await.map_err(failed)?;
    ledger.read(&welcome, faults);
    let seed = json!({"type": "seed", "value": document::empty()});
    client.try_send_text(seed.to_string()).await;
    let first = client.try_next().await.map_err(failed)?;
    let begun = json!({"epoch": welcome["epoch"], "version": 1, "changes": [first]});
    ledger.read(&begun, faults);
    Ok(())
}

async fn welcome(address: SocketAddr, hello: &Value, room: &str) -> Result<Value, End> {
    let mut client = Client::try_connect(address, room).await?;
    client.try_send_text(hello.to_string()).await;
    client.try_next().await
}

/// A change as a message or a welcome has it; none when it is none.
fn entry(change: &Value) -> Option<Entry> {
    Some(Entry {
        version: change["version"].as_u64()?,
        client_id: change["client_id"].as_str()?.to_owned(),
        seq: change["seq"].as_u64()?,
        tag: change["tag"].as_str().map(str::to_owned),
        patch: change["patch"].clone(),
    })
}
