//! The golden frames, read and written back natively, and the closed lists of part W.
#![cfg(not(target_arch = "wasm32"))]

use draftsync::error::ErrorCode;
use draftsync::frame;
use draftsync::protocol::{ToClient, ToRoom};
use draftsync::tree::Tree;
use serde::Deserialize;

#[derive(Clone, Deserialize)]
struct Golden {
    name: String,
    /// The rule of SPEC.md that decides.
    rule: String,
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

/// Reads the frames about which a rule decides, of which there are at least `count`.
fn decides(rule: &str, count: usize) {
    let frames = frames();
    let mine: Vec<_> = frames.iter().filter(|golden| golden.rule == rule).collect();
    assert!(mine.len() >= count, "{rule} has {} frames", mine.len());
    for golden in mine {
        let read = round_trip(golden).is_some();
        assert_eq!(
            read, golden.ok,
            "{rule}, {}: {:.200}",
            golden.name, golden.frame
        );
    }
}

#[test]
fn w2_a_frame_holds_one_object_and_nothing_else() {
    decides("W2", 18);
}

#[test]
fn w3_unknown_fields_are_passed_over_and_unknown_types_are_not() {
    decides("W3", 75);
}

#[test]
fn w4_ids_and_tags_have_their_digits() {
    decides("W4", 9);
}

#[test]
fn w5_versions_are_whole_numbers_up_to_their_limit() {
    decides("W5", 9);
}

#[test]
fn w6_values_are_clean_at_the_edge() {
    decides("W6", 16);
}

#[test]
fn w7_null_is_a_value() {
    decides("W7", 5);
}

#[test]
fn w9_w10_w11_w12_what_a_client_says_is_read() {
    for (rule, count) in [("W9", 3), ("W10", 2), ("W11", 12), ("W12", 2)] {
        decides(rule, count);
    }
}

#[test]
fn w13_w14_w16_w18_what_a_room_says_is_read() {
    for (rule, count) in [("W13", 5), ("W14", 2), ("W16", 6), ("W18", 1)] {
        decides(rule, count);
    }
}

#[test]
fn w23_w24_a_newer_token_is_asked_for_and_given() {
    for (rule, count) in [("W23", 5), ("W24", 5)] {
        decides(rule, count);
    }
}

#[test]
fn w25_w26_w27_what_clients_show_of_themselves_is_read() {
    for (rule, count) in [("W25", 12), ("W26", 14), ("W27", 3)] {
        decides(rule, count);
    }
}

#[test]
fn w8_every_golden_frame_is_read_with_its_verdict() {
    for golden in frames() {
        decides(&golden.rule, 1);
    }
}

#[test]
fn w8_every_good_frame_is_written_back_as_the_same_json() {
    for golden in frames().iter().filter(|golden| golden.ok) {
        let written = round_trip(golden).unwrap_or_else(|| panic!("{}", golden.name));
        let new = serde_json::from_str(&written).unwrap();
        let old = serde_json::from_str(&golden.frame).unwrap();
        assert!(is_within(&new, &old), "{}: {written}", golden.name);
        // Only what no message defines may be left out.
        let whole = golden.rule != "W3" && !golden.name.contains("nobody knows");
        assert!(
            !whole || is_within(&old, &new),
            "{}: {written}",
            golden.name
        );
        let again = Golden {
            frame: written.clone(),
            ..golden.clone()
        };
        assert_eq!(round_trip(&again), Some(written), "{}", golden.name);
    }
}

/// The table of close codes in part W, as code and reasons.
fn close_codes() -> Vec<(u16, String)> {
    let rows = include_str!("../SPEC.md").lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let code = cells.next()?.parse().ok()?;
        Some((code, cells.next()?.to_owned()))
    });
    rows.collect()
}

#[test]
fn w22_each_reason_of_the_table_closes_with_its_code() {
    let table = close_codes();
    assert!(table.len() >= 10);
    for (close_code, reasons) in table {
        for word in reasons.split(", ").map(|reason| reason.trim_matches('`')) {
            let code = ErrorCode::from_word(word).unwrap_or_else(|| panic!("{word} is no code"));
            assert_eq!(code.close_code(), close_code, "{word}");
        }
    }
}

#[test]
fn w22_the_list_of_error_codes_is_closed_and_the_same_everywhere() {
    let spec = include_str!("../SPEC.md");
    let line = spec
        .lines()
        .find_map(|line| line.split_once("a closed list: "))
        .expect("the list");
    let written: Vec<_> = line
        .1
        .split(", ")
        .map(|word| word.trim_matches(['`', '.']))
        .collect();
    let ours: Vec<_> = ErrorCode::ALL.iter().map(|code| code.word()).collect();
    assert_eq!(written, ours);
    let types = include_str!("../pkg-template/index.d.ts");
    for word in ours {
        assert!(
            types.contains(&format!("\"{word}\"")),
            "{word} is missing in index.d.ts"
        );
    }
}
