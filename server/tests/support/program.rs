//! The server as a process of its own.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) output: BufReader<ChildStdout>,
}

impl Program {
    pub(crate) fn start(program: &Path, flags: &[&str], errors: Stdio) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let output = BufReader::new(output);
        Ok(Self { child, output })
    }

    /// What it says first: where it listens.
    pub(crate) fn address(&mut self) -> Result<SocketAddr, String> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        let address = line.trim_end().strip_prefix("http://");
        address
            .and_then(|address| address.parse().ok())
            .ok_or_else(|| self.said_instead(&format!("{line:?} ({read:?})")))
    }

    fn said_instead(&mut self, line: &str) -> String {
        // Whoever does not say where it listens has ended, or must.
        let _ended = self.child.kill();
        let mut errors = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            let _unread = stderr.read_to_string(&mut errors);
        }
        format!("the server did not say where it listens but {line}\n{errors}")
    }

    /// Ends it without a word, as a crash does.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Tells it to stop, and does not wait.
    pub(crate) fn terminate(&self) -> io::Result<()> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status()?;
        let failed = || io::Error::other(format!("kill ended with {told}"));
        told.success().then_some(()).ok_or_else(failed)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended needs no killing.
        let _ended = self.child.kill();
    }
}
