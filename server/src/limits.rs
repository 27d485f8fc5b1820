//! What one socket, one room and the whole server may take.
//!
//! The limits on the shape of a document stand in `draftsync::protocol` and are the room's to
//! check. These are the host's.

use draftsync::protocol::MESSAGE_BYTES_MAX;
use std::time::Duration;

/// Largest frame before `hello` was taken; nobody needs more to introduce themselves.
pub const HELLO_BYTES_MAX: usize = 16 * 1024;
/// Most bytes that wait for one reader.
pub const OUTGOING_BYTES_MAX: usize = 1024 * 1024;
/// Most frames that wait for one reader.
pub const OUTGOING_FRAMES_MAX: usize = 1_024;
/// Most messages that wait for one room; a socket with one more stops reading.
pub const MAILBOX_MAX: usize = 1_024;
/// Frames a second from one socket, in the long run.
pub const FRAMES_PER_SECOND: u32 = 100;
/// Frames from one socket at once.
pub const FRAMES_BURST: u32 = 300;
/// Bytes a second from one socket, in the long run.
pub const BYTES_PER_SECOND: u32 = 1024 * 1024;
/// Bytes from one socket at once.
pub const BYTES_BURST: u32 = 4 * 1024 * 1024;
/// Longest name of a room, in bytes.
pub const ROOM_BYTES_MAX: usize = 512;
/// Longest segment of a room's name, in bytes.
pub const ROOM_SEGMENT_BYTES_MAX: usize = 128;
/// The socket's read buffer; the default of the library is 32 times that, for every socket.
pub const READ_BUFFER_BYTES: usize = 4 * 1024;
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
    /// How long a socket may stay silent before `hello`.
    pub hello_timeout: Duration,
    /// How often the server pings.
    pub ping_interval: Duration,
    /// How long a socket may be silent, pongs counted.
    pub idle_timeout: Duration,
    /// How long one write may make no progress.
    pub write_timeout: Duration,
    /// How long a socket over its rate is not read before it is closed.
    pub rate_wait: Duration,
    /// How long a stopping server waits for its sockets to close.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 50_000,
            hello_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(45),
            write_timeout: Duration::from_secs(10),
            rate_wait: Duration::from_secs(5),
            stop_timeout: Duration::from_secs(5),
        }
    }
}
