//! The server's process, and what the system says of it.

use crate::Failed;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

#[path = "../tests/support/program.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod program;

use program::Program;

/// The rates that protect a server from one client would stop the few that make the load here.
const FLAGS: [&str; 12] = [
    "--listen",
    "127.0.0.1:0",
    "--drain-delay",
    "0",
    "--new-connections-per-second",
    "100000",
    "--new-connections-burst",
    "100000",
    "--frames-per-second",
    "100000",
    "--bytes-per-second",
    "100000000",
];

pub(crate) struct Node {
    program: Program,
    pub(crate) address: SocketAddr,
    pub(crate) folder: PathBuf,
}

impl Node {
    pub(crate) async fn start(program: &Path, folder: &Path) -> Result<Self, Failed> {
        // What an earlier round left over.
        let _nothing = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)?;
        let data = folder.join("rooms");
        let data = data.to_str().ok_or("the folder's name is no text")?;
        let flags = [&FLAGS[..], &["--data", data]].concat();
        let log = std::fs::File::create(folder.join("server.log"))?;
        let mut program = Program::start(program, &flags, Stdio::from(log))?;
        let address = program.address()?;
        Ok(Self {
            program,
            address,
            folder: folder.to_owned(),
        })
    }

    /// The memory that it has, in bytes.
    pub(crate) fn memory(&self) -> Result<f64, Failed> {
        let status = std::fs::read_to_string(self.about("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: f64 = kilobytes.ok_or("the system says no VmRSS")?.parse()?;
        Ok(kilobytes * 1024.0)
    }

    /// The processor time that it has used, in ticks of a hundredth of a second.
    pub(crate) fn ticks(&self) -> Result<u64, Failed> {
        let stat = std::fs::read_to_string(self.about("stat"))?;
        // The name of the program, which may hold anything, ends with the last bracket.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<_> = fields.split_whitespace().collect();
        let field = |at: usize| fields.get(at).ok_or("the system says no times");
        Ok(field(11)?.parse::<u64>()? + field(12)?.parse::<u64>()?)
    }

    /// How many files and sockets it has open.
    pub(crate) fn files(&self) -> Result<usize, Failed> {
        Ok(std::fs::read_dir(self.about("fd"))?.count())
    }

    fn about(&self, what: &str) -> String {
        format!("/proc/{}/{what}", self.program.child.id())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Its folder is made anew for the next.
        let _gone = self.program.kill();
    }
}

/// Lets this process, and the server that it starts, have as many sockets as the system allows.
pub(crate) fn raise_file_limit() -> Result<(), Failed> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(())
}

/// How many sockets one process may have, some files left out.
pub(crate) fn sockets_max() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| limit.saturating_sub(200) as usize)
}
