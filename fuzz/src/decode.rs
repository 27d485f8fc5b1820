//! Frames: what is read is written back the same, and nothing that anybody sends makes a room or
//! a client panic.

use super::choices::Choices;
use super::hostile::{LyingRoom, Stranger};
use draftsync::frame;
use draftsync::protocol::{ToClient, ToRoom};
use draftsync::tree::Tree;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::OnceLock;

/// Frames of one run, at most.
const FRAMES_MAX: usize = 12;

/// Reads frames, well-formed or not, and lets a room and a client have them, between messages
/// of a client that breaks rules and a room that lies.
pub fn decode(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut room = Stranger::new(&mut choices);
    let mut client = LyingRoom::new(&mut choices);
    match choices.below(8) {
        0 => {
            let text = String::from_utf8_lossy(choices.rest()).into_owned();
            for frame in text.split('\n').take(FRAMES_MAX) {
                take(frame, &mut room, &mut client);
            }
        }
        1 => {
            for _ in 0..FRAMES_MAX {
                if !choices.is_spent() {
                    take(&mutated(&mut choices), &mut room, &mut client);
                }
            }
        }
        _ => {
            for _ in 0..FRAMES_MAX {
                match choices.below(8) {
                    _ if choices.is_spent() => break,
                    0 => take(&mutated(&mut choices), &mut room, &mut client),
                    1..5 => room.say(&mut choices),
                    _ => client.say(&mut choices),
                }
            }
        }
    }
    room.end();
    client.end();
}

fn take(text: &str, room: &mut Stranger, client: &mut LyingRoom) {
    if let Some(message) = round_trip::<ToRoom<Tree>>(text) {
        room.hear(message);
    }
    if let Some(message) = round_trip::<ToClient<Tree>>(text) {
        client.hear(message);
    }
}

/// Reads a frame; what was read must be written so that it reads the same again.
fn round_trip<M>(text: &str) -> Option<M>
where
    M: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let message: M = frame::read(text).ok()?;
    let written = frame::write(&message).expect("a message can be written");
    let again: M = frame::read(&written).expect("a written message can be read");
    assert_eq!(again, message, "W8: {text} was written as {written}");
    assert_eq!(frame::write(&again).expect("again"), written, "W8: {text}");
    Some(message)
}

/// One of the golden frames with some bytes changed.
fn mutated(choices: &mut Choices<'_>) -> String {
    let frames = golden();
    let mut bytes = frames[choices.below(frames.len())].clone().into_bytes();
    for _ in 0..choices.below(5) {
        let at = choices.below(bytes.len() + 1);
        match choices.below(4) {
            0 => bytes.insert(at, choices.byte()),
            1 if at < bytes.len() => bytes[at] = choices.byte(),
            2 => {
                let until = (at + choices.below(16)).min(bytes.len());
                bytes.drain(at..until);
            }
            _ => {
                let other = &frames[choices.below(frames.len())].as_bytes();
                let from = choices.below(other.len() + 1);
                let until = (from + choices.below(32)).min(other.len());
                bytes.splice(at..at, other[from..until].iter().copied());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn golden() -> &'static [String] {
    static FRAMES: OnceLock<Vec<String>> = OnceLock::new();
    FRAMES.get_or_init(|| {
        let file = include_str!("../../tests/golden/frames.json");
        let list: Vec<serde_json::Value> = serde_json::from_str(file).expect("a list of frames");
        let frames = list.iter().filter_map(|golden| golden["frame"].as_str());
        // The frames that are at a limit are too long to be worth a run.
        frames
            .filter(|frame| frame.len() < 2_000)
            .map(str::to_owned)
            .collect()
    })
}
