//! The golden frames, read and written back natively: W2 to W8, and the shapes W9 to W18.

use draftsync::frame;
use draftsync::protocol::{ToClient, ToRoom};
use draftsync::tree::Tree;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    name: String,
    to: String,
    frame: String,
    ok: bool,
}

/// Reads a frame and writes it back; `None` when it is refused.
fn round_trip(golden: &Golden) -> Option<String> {
    match golden.to.as_str() {
        "room" => {
            let message: ToRoom<Tree> = frame::read(&golden.frame).ok()?;
            frame::write(&message).ok()
        }
        "client" => {
            let message: ToClient<Tree> = frame::read(&golden.frame).ok()?;
            frame::write(&message).ok()
        }
        other => panic!("{}: nobody reads what is sent to {other}", golden.name),
    }
}

/// Whether `written` says nothing that `read` did not say; `read` may hold unknown fields.
fn is_within(written: &serde_json::Value, read: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (written, read) {
        (Object(written), Object(read)) => written
            .iter()
            .all(|(key, value)| read.get(key).is_some_and(|read| is_within(value, read))),
        (Array(written), Array(read)) => {
            written.len() == read.len()
                && written
                    .iter()
                    .zip(read)
                    .all(|(written, read)| is_within(written, read))
        }
        (Number(written), Number(read)) => written.as_f64() == read.as_f64(),
        _ => written == read,
    }
}

fn frames() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/frames.json")).expect("a list of frames")
}

#[test]
fn w8_every_golden_frame_is_read_with_its_verdict() {
    let wrong: Vec<_> = frames()
        .iter()
        .filter(|golden| round_trip(golden).is_some() != golden.ok)
        .map(|golden| format!("{} (expected ok: {})", golden.name, golden.ok))
        .collect();
    assert!(
        wrong.is_empty(),
        "read with the wrong verdict:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn w8_every_good_frame_is_written_back_as_the_same_json() {
    for golden in frames().iter().filter(|golden| golden.ok) {
        let Some(written) = round_trip(golden) else {
            continue;
        };
        let (new, old) = (
            serde_json::from_str(&written).unwrap(),
            serde_json::from_str(&golden.frame).unwrap(),
        );
        assert!(is_within(&new, &old), "{}: {written}", golden.name);
        let again = Golden {
            frame: written.clone(),
            ..clone(golden)
        };
        assert_eq!(round_trip(&again), Some(written), "{}", golden.name);
    }
}

fn clone(golden: &Golden) -> Golden {
    Golden {
        name: golden.name.clone(),
        to: golden.to.clone(),
        frame: golden.frame.clone(),
        ok: golden.ok,
    }
}
