//! The flags of the program.

use clap::{Args, Parser, ValueEnum};
use draftsync::protocol::MESSAGE_BYTES_MAX;
use draftsync_server::auth::{Auth, KeyError};
use draftsync_server::limits::{ENGINE_BYTES_MAX, Limits};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Serves rooms over WebSockets, and the files of a page.
#[derive(Debug, Parser)]
#[command(name = "draftsync-server", version)]
pub(crate) struct Flags {
    /// Where to listen, with port 0 for any free one; without a key for tokens a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7700")]
    pub(crate) listen: SocketAddr,
    /// Where to answer GET /metrics, besides: an address of its own, not to be reached by all.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Files to serve at /.
    #[arg(long, value_name = "DIR")]
    pub(crate) www: Option<PathBuf>,
    /// Files to serve at /pkg.
    #[arg(long, value_name = "DIR")]
    pub(crate) pkg: Option<PathBuf>,
    /// An origin whose pages may open a socket, besides those of this machine where no token is
    /// asked for; repeatable.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// How the rooms are kept.
    #[arg(long, value_enum, default_value_t = EngineName::Redb)]
    pub(crate) engine: EngineName,
    /// The folder that the rooms are kept in, made when it is not there; nobody else may read it.
    #[arg(long, value_name = "DIR", default_value = ".draftsync")]
    pub(crate) data: PathBuf,
    /// How long the server, told to stop by SIGTERM, says that it is not ready before it closes
    /// its sockets; at a second signal, and at SIGINT, it closes them at once.
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().drain_delay.as_secs())]
    pub(crate) drain_delay: u64,
    #[command(flatten)]
    pub(crate) tokens: Tokens,
    #[command(flatten)]
    pub(crate) capacity: Capacity,
}

/// Whom the server lets in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tokens")]
pub(crate) struct Tokens {
    /// A secret of at least 32 bytes; everybody has to bring a token that is signed with it, by
    /// HS256.
    #[arg(long, value_name = "FILE", conflicts_with = "auth_public_key_file")]
    auth_secret_file: Option<PathBuf>,
    /// A public key as PEM; everybody has to bring a token that is signed with its private key, by
    /// RS256, ES256 or EdDSA, as the key is.
    #[arg(long, value_name = "FILE")]
    auth_public_key_file: Option<PathBuf>,
    /// The audience that a token has to name.
    #[arg(long, value_name = "NAME", default_value = "draftsync")]
    auth_audience: String,
}

impl Tokens {
    /// What checks them; none when no key was given.
    pub(crate) fn auth(&self) -> Result<Option<Auth>, KeyError> {
        let audience = &self.auth_audience;
        if let Some(file) = &self.auth_secret_file {
            return Auth::with_secret_file(file, audience).map(Some);
        }
        let public = self.auth_public_key_file.as_ref();
        public
            .map(|file| Auth::with_public_key_file(file, audience))
            .transpose()
    }
}

/// An engine, by its name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EngineName {
    /// In memory, as long as the process lives.
    Memory,
    /// In a file; what is acknowledged is on the disk.
    Redb,
}

/// What the server may take.
#[derive(Debug, Args)]
#[command(next_help_heading = "Capacity")]
pub(crate) struct Capacity {
    /// Most sockets at once.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().connections_max)]
    connections_max: usize,
    /// Most sockets at once from one address; not counted for this machine's own addresses,
    /// unless this flag is given.
    #[arg(long, value_name = "COUNT")]
    connections_per_address_max: Option<usize>,
    /// New sockets a second, in the long run.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().new_connections_per_second,
          value_parser = clap::value_parser!(u32).range(1..))]
    new_connections_per_second: u32,
    /// New sockets at once.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().new_connections_burst,
          value_parser = clap::value_parser!(u32).range(1..))]
    new_connections_burst: u32,
    /// New sockets a second from one address, in the long run.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().new_per_address_per_second,
          value_parser = clap::value_parser!(u32).range(1..))]
    new_per_address_per_second: u32,
    /// New sockets at once from one address.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().new_per_address_burst,
          value_parser = clap::value_parser!(u32).range(1..))]
    new_per_address_burst: u32,
    /// Most rooms open at once.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().rooms_max)]
    rooms_max: usize,
    /// Most bytes of JSON in the documents and the logs of all open rooms, by an estimate; in
    /// memory they take several times that.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().rooms_bytes_max)]
    rooms_bytes_max: usize,
    /// How long a room stays open after its last session.
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().room_idle.as_secs())]
    room_idle: u64,
    /// Largest message from a socket, in bytes; a change that no message holds is refused.
    #[arg(long, value_name = "BYTES", default_value_t = MESSAGE_BYTES_MAX as u32,
          value_parser = clap::value_parser!(u32).range(1_024..=MESSAGE_BYTES_MAX as i64))]
    message_bytes_max: u32,
    /// Most bytes of messages to one room that are not decided yet; its sockets are not read on.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().mailbox_bytes_max)]
    mailbox_bytes_max: usize,
    /// Most bytes of changes that a room keeps; who missed more gets the whole document.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().log_bytes_max)]
    log_bytes_max: usize,
    /// Frames a second from one socket, in the long run.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().frames_per_second,
          value_parser = clap::value_parser!(u32).range(1..))]
    frames_per_second: u32,
    /// Frames from one socket at once.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().frames_burst)]
    frames_burst: u32,
    /// Bytes a second from one socket, in the long run.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().bytes_per_second,
          value_parser = clap::value_parser!(u32).range(1..))]
    bytes_per_second: u32,
    /// Bytes from one socket at once.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().bytes_burst)]
    bytes_burst: u32,
    /// Most bytes that wait for one reader; then it is closed, and comes again.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().outgoing_bytes_max)]
    outgoing_bytes_max: usize,
    /// Most frames that wait for one reader; then it is closed, and comes again.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().outgoing_frames_max)]
    outgoing_frames_max: usize,
    /// Most bytes that the memory engine keeps, of all rooms together, by an estimate; then
    /// nothing can be written.
    #[arg(long, value_name = "BYTES", default_value_t = ENGINE_BYTES_MAX)]
    pub(crate) engine_bytes_max: usize,
    /// Bytes that stay free on the disk of the rooms; then nothing can be written. A twentieth of
    /// the disk, or 1 GiB when that is less, unless this flag is given.
    #[arg(long, value_name = "BYTES")]
    pub(crate) disk_free_min: Option<u64>,
}

impl Capacity {
    /// These, and for the rest what is usual.
    pub(crate) fn limits(&self) -> Limits {
        let usual = Limits::default();
        let per_address = self.connections_per_address_max;
        Limits {
            connections_max: self.connections_max,
            connections_per_address_max: per_address.unwrap_or(usual.connections_per_address_max),
            new_connections_per_second: self.new_connections_per_second,
            new_connections_burst: self.new_connections_burst,
            new_per_address_per_second: self.new_per_address_per_second,
            new_per_address_burst: self.new_per_address_burst,
            loopback_is_an_address: per_address.is_some(),
            rooms_max: self.rooms_max,
            rooms_bytes_max: self.rooms_bytes_max,
            room_idle: Duration::from_secs(self.room_idle),
            message_bytes_max: self.message_bytes_max as usize,
            mailbox_bytes_max: self.mailbox_bytes_max,
            log_bytes_max: self.log_bytes_max,
            frames_per_second: self.frames_per_second,
            frames_burst: self.frames_burst,
            bytes_per_second: self.bytes_per_second,
            bytes_burst: self.bytes_burst,
            outgoing_bytes_max: self.outgoing_bytes_max,
            outgoing_frames_max: self.outgoing_frames_max,
            ..usual
        }
    }
}
