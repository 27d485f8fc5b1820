//! What is a name of a room.

use crate::limits::{ROOM_BYTES_MAX, ROOM_SEGMENT_BYTES_MAX};

/// Whether a name is made of segments that need no escape in a URL, joined by `/`.
pub(crate) fn valid(room: &str) -> bool {
    room.len() <= ROOM_BYTES_MAX && room.split('/').all(segment)
}

fn segment(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    (1..=ROOM_SEGMENT_BYTES_MAX).contains(&segment.len())
        && segment.bytes().all(plain)
        // A name is no path to walk.
        && segment != "."
        && segment != ".."
}
