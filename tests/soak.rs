//! The bodies of the fuzz targets on random bytes: what nightly fuzzing does for longer.
//!
//! `DRAFTSYNC_SEED=<seed>` runs one seed again, `DRAFTSYNC_RUNS=<number>` that many of each.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub)] // Public for the fuzz targets.
mod bodies;
mod support;

use std::panic::catch_unwind;
use support::Dice;

const RUNS: u64 = 10_000;

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
    )
}

fn soak(name: &str, body: fn(&[u8])) {
    let seeds = match variable("DRAFTSYNC_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("DRAFTSYNC_RUNS").unwrap_or(RUNS),
    };
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let bytes: Vec<u8> = (0..dice.below(600)).map(|_| dice.bits() as u8).collect();
        if catch_unwind(|| body(&bytes)).is_err() {
            panic!("run it again: DRAFTSYNC_SEED={seed} cargo test --test soak {name}");
        }
    }
}

#[test]
fn w8_r15_c20_no_frame_and_no_message_breaks_a_room_or_a_client() {
    soak("no_frame", bodies::decode);
}

#[test]
fn p18_p19_t13_r17_every_patch_applies_whole_or_not_and_leads_back() {
    soak("every_patch", bodies::apply);
}

#[test]
fn t12_t13_c1_c2_c6_whatever_the_network_does_all_agree() {
    soak("all_agree", bodies::rebase);
}
