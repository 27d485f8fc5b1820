//! Apply against the `json-patch` crate, a second reading of RFC 6902, on random documents and
//! patches, good and half-broken.
//!
//! Run one case again with `DRAFTSYNC_SEED=<seed> cargo test --test differential -- --nocapture`.
#![cfg(not(target_arch = "wasm32"))]

#[path = "differential/cases.rs"]
mod cases;
#[path = "differential/readings.rs"]
mod readings;
mod support;

use draftsync::path::tokens_of;
use draftsync::protocol::PatchOp;

use cases::case;
use readings::{json, try_case};

const CASES: u64 = 100_000;

#[test]
fn p1_p2_p3_p4_p7_p8_p9_p10_p11_p18_p19_p20_apply_does_what_the_json_patch_crate_does() {
    let seeds = match std::env::var("DRAFTSYNC_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("DRAFTSYNC_SEED is a number");
            let (doc, ops) = case(seed);
            println!("document {}\npatch {}", json(&doc), json(&ops));
            seed..seed + 1
        }
        Err(_) => 0..CASES,
    };
    let (mut taken, mut refused) = (0, [0; 8]);
    for seed in seeds.clone() {
        match try_case(seed) {
            Ok(Ok(())) => taken += 1,
            Ok(Err(op)) => refused[op.min(7)] += 1,
            Err(problem) => panic!("DRAFTSYNC_SEED={seed}: {problem}"),
        }
    }
    // Neither kind may die out unnoticed when the generator changes.
    if seeds.end - seeds.start == CASES {
        assert!(taken > CASES / 5, "{taken} patches were taken");
        let late = refused.iter().skip(1).sum::<u64>();
        assert!(
            late > CASES / 20,
            "{refused:?} were refused, by the operation that failed"
        );
    }
}

#[test]
fn the_generator_makes_what_it_should() {
    let mut cases = (0..2_000).flat_map(|seed| case(seed).1);
    assert!(cases.any(|op| op.path().ends_with("/-")), "appends");
    assert!(
        cases.any(|op| op.path().contains("~0") || op.path().contains("~1")),
        "escapes"
    );
    assert!(cases.any(|op| op.path().ends_with('/')), "empty keys");
    assert!(cases.any(|op| op.path().is_empty()), "the root");
    assert!(
        cases.any(|op| tokens_of(op.path()).is_none()),
        "no pointers"
    );
    let moves = cases.filter_map(|op| match op {
        PatchOp::Move { from, path } => Some((from, path)),
        _ => None,
    });
    let moves: Vec<_> = moves.collect();
    assert!(moves.iter().any(|(from, path)| from == path), "onto itself");
    let below = |from: &str, path: &str| path.starts_with(&(from.to_owned() + "/"));
    assert!(
        moves.iter().any(|(from, path)| below(from, path)),
        "into itself"
    );
    assert!(
        moves.iter().any(|(from, path)| below(path, from)),
        "onto what holds it"
    );
}
