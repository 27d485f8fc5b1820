//! What one socket, one room and the whole server may take.
//!
//! The limits on the shape of a document stand in `draftsync::protocol` and are the room's to
//! check. These are the host's.

use draftsync::protocol::MESSAGE_BYTES_MAX;
use draftsync::room::DOCUMENT_BYTES_MAX;
use std::time::Duration;

/// How many addresses are remembered before those are forgotten that nothing is to be known of.
pub const ADDRESSES_MAX: usize = 4_096;
/// Largest frame before `hello` was taken; nobody needs more to introduce themselves.
pub const HELLO_BYTES_MAX: usize = 16 * 1024;
/// Most messages that wait for one room; a socket with one more stops reading.
pub const MAILBOX_MAX: usize = 1_024;
/// Most bytes of one socket's messages that are not decided, or not durable; then it is not read.
pub const UNDECIDED_BYTES_MAX: usize = MESSAGE_BYTES_MAX;
/// What a message counts at least towards that, so that at most 256 of them are undecided.
pub const UNDECIDED_BYTES_MIN: usize = UNDECIDED_BYTES_MAX / 256;
/// Most appends of one room that are not durable; then its mailbox is not read.
pub const APPENDS_MAX: usize = 256;
/// After so many changes the engine is given the document, so that the log can be shortened.
pub const SNAPSHOT_CHANGES: u64 = 1_000;
/// After so many bytes of changes too, or as many as the document has when that is larger.
pub const SNAPSHOT_BYTES: usize = 1024 * 1024;
/// Most bytes that the memory engine keeps, unless another number is asked for.
pub const ENGINE_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Most jobs of the durable engine that share one transaction and one sync.
pub const BATCH_JOBS_MAX: usize = 4_096;
/// A transaction with so many bytes takes no further job.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most changes that one snapshot forgets; the next one forgets on.
pub const FORGET_ROWS_MAX: u64 = 4_096;
/// What the durable engine keeps of its file in memory, in bytes.
pub const DISK_CACHE_BYTES: usize = 64 * 1024 * 1024;
/// Bytes that stay free on the disk, when a twentieth of it is more than that.
pub const DISK_FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// A server that drains closes its sockets in so many waves.
pub const DRAIN_WAVES: u32 = 10;
/// So many sockets may go, and come to another server, at once.
pub const DRAIN_AT_ONCE_MAX: usize = 100;
/// Longest name of a room, in bytes.
pub const ROOM_BYTES_MAX: usize = 512;
/// Longest segment of a room's name, in bytes.
pub const ROOM_SEGMENT_BYTES_MAX: usize = 128;
/// Most bytes that the system keeps for a reader beyond what is on its way to it, about.
#[cfg(target_os = "linux")]
pub const UNSENT_BYTES_MAX: u32 = 64 * 1024;
/// The socket's read buffer; the default of the library is 64 times that, for every socket.
pub const READ_BUFFER_BYTES: usize = 2 * 1024;
/// The socket's write buffer.
pub const WRITE_BUFFER_BYTES: usize = 4 * 1024;
/// Largest frame that is read at all; a message above its limit but below this is read, so that
/// its sender can be told why it is refused.
pub const FRAME_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;

/// The limits that a server's operator may set.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most sockets at once.
    pub connections_max: usize,
    /// Most sockets at once from one address.
    pub connections_per_address_max: usize,
    /// New sockets a second, in the long run.
    pub new_connections_per_second: u32,
    /// New sockets at once.
    pub new_connections_burst: u32,
    /// New sockets a second from one address, in the long run.
    pub new_per_address_per_second: u32,
    /// New sockets at once from one address.
    pub new_per_address_burst: u32,
    /// Whether an address of this machine counts as one address, like any other.
    pub loopback_is_an_address: bool,
    /// Most rooms open at once.
    pub rooms_max: usize,
    /// Most bytes of JSON in the documents and the logs of all open rooms, by an estimate.
    pub rooms_bytes_max: usize,
    /// Largest message from a socket, in bytes; no more than `MESSAGE_BYTES_MAX`.
    pub message_bytes_max: usize,
    /// Most bytes of messages to one room that are not decided; then its sockets are not read.
    pub mailbox_bytes_max: usize,
    /// Most bytes of changes that a room keeps to bring clients up to date; a catch-up larger
    /// than the largest document would be worse than a snapshot.
    pub log_bytes_max: usize,
    /// How long a room stays open after its last session.
    pub room_idle: Duration,
    /// Frames a second from one socket, in the long run.
    pub frames_per_second: u32,
    /// Frames from one socket at once.
    pub frames_burst: u32,
    /// Bytes a second from one socket, in the long run.
    pub bytes_per_second: u32,
    /// Bytes from one socket at once.
    pub bytes_burst: u32,
    /// Most bytes that wait for one reader.
    pub outgoing_bytes_max: usize,
    /// Most frames that wait for one reader.
    pub outgoing_frames_max: usize,
    /// How long a socket may stay silent before `hello`.
    pub hello_timeout: Duration,
    /// How often the server pings.
    pub ping_interval: Duration,
    /// How long a socket may be silent, pongs counted.
    pub idle_timeout: Duration,
    /// How long one write may make no progress.
    pub write_timeout: Duration,
    /// How long a socket may go on over its rate, read more slowly, before it is closed.
    pub rate_wait: Duration,
    /// How long a server that drains says so before it closes anything.
    pub drain_delay: Duration,
    /// How long it waits between two waves.
    pub drain_pause: Duration,
    /// How long a stopping server waits for its sockets and its rooms to close.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 50_000,
            connections_per_address_max: 100,
            new_connections_per_second: 200,
            new_connections_burst: 400,
            new_per_address_per_second: 10,
            new_per_address_burst: 40,
            loopback_is_an_address: false,
            rooms_max: 10_000,
            rooms_bytes_max: 1024 * 1024 * 1024,
            message_bytes_max: MESSAGE_BYTES_MAX,
            mailbox_bytes_max: 8 * MESSAGE_BYTES_MAX,
            log_bytes_max: DOCUMENT_BYTES_MAX,
            room_idle: Duration::from_secs(60),
            frames_per_second: 100,
            frames_burst: 300,
            bytes_per_second: 1024 * 1024,
            bytes_burst: 4 * 1024 * 1024,
            outgoing_bytes_max: 1024 * 1024,
            outgoing_frames_max: 1_024,
            hello_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(45),
            write_timeout: Duration::from_secs(10),
            rate_wait: Duration::from_secs(5),
            drain_delay: Duration::from_secs(5),
            drain_pause: Duration::from_secs(1),
            stop_timeout: Duration::from_secs(5),
        }
    }
}
