//! What a token says.

use crate::name;
use draftsync::doc::Value;
use draftsync::protocol::PRESENCE_BYTES_MAX;
use draftsync::tree::Tree;
use serde::Deserialize;

/// Longest name of somebody, in bytes.
const SUBJECT_BYTES_MAX: usize = 256;
/// What stands for everything below a place, or for every room.
const ANY: &str = "*";

/// The claims that are looked at; the audience is compared before.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    /// In seconds since 1970.
    pub(super) exp: f64,
    #[serde(default)]
    pub(super) nbf: Option<f64>,
    #[serde(default)]
    rooms: Vec<Rooms>,
    /// What others are told of who is behind it; anything.
    #[serde(default)]
    user: serde_json::Value,
}

/// Some rooms, and what may be done there.
#[derive(Debug, Deserialize)]
struct Rooms {
    room: String,
    can: Vec<String>,
}

/// What may be done in one room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Can {
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) presence: bool,
}

impl Claims {
    /// Whether it is what a token has to be.
    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=SUBJECT_BYTES_MAX).contains(&self.sub.len()) {
            return Err(format!("its `sub` has not 1 to {SUBJECT_BYTES_MAX} bytes"));
        }
        // A mistake must not read as no right at all, which nobody would look for in the token.
        match self.rooms.iter().find(|rooms| !is_pattern(&rooms.room)) {
            Some(rooms) => Err(format!(
                "{:?} in its `rooms` is no room and no pattern of rooms",
                rooms.room
            )),
            None => Ok(()),
        }
    }

    /// What others are told of them; nothing when it is too large, or no value of a document.
    pub(super) fn user(&self) -> Option<Tree> {
        let user = serde_json::from_str::<Option<Tree>>(&self.user.to_string());
        user.ok()
            .flatten()
            .filter(|user| user.json_bytes() <= PRESENCE_BYTES_MAX && user.check(0).is_ok())
    }

    /// What may be done in a room, all that stands about it taken together.
    pub(super) fn can(&self, room: &str) -> Can {
        let mut can = Can::default();
        for rooms in self.rooms.iter().filter(|rooms| has(&rooms.room, room)) {
            let has = |word: &str| rooms.can.iter().any(|can| can == word);
            can.read |= has("read");
            can.write |= has("write");
            can.presence |= has("presence");
        }
        can
    }
}

/// Whether this is the name of a room, or one whose last segment is `*`.
fn is_pattern(text: &str) -> bool {
    text == ANY || name::valid(text.strip_suffix("/*").unwrap_or(text))
}

fn has(pattern: &str, room: &str) -> bool {
    // With the slash, so that `team-7/*` says nothing of `team-70`.
    let below = pattern
        .strip_suffix(ANY)
        .filter(|place| place.is_empty() || place.ends_with('/'));
    match below {
        Some(place) => room.len() > place.len() && room.starts_with(place),
        None => room == pattern,
    }
}
