//! Worlds from seeds: at rest all documents are equal and every change was taken exactly once.
//!
//! Run one seed again with `cargo xtask soak --property p10 --cases 1 --seed <seed>`.
#![cfg(not(target_arch = "wasm32"))]

mod simulator;
mod support;

use draftsync::client::Client;
use draftsync::op::Patch;
use draftsync::tree::Tree;
use simulator::{Events, simulate, simulate_without_crashes};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use support::tree;

const SEEDS: u64 = 100_000;

#[test]
fn p10_c1_c6_c20_c22_r1_r9_r11_at_rest_all_documents_are_equal_and_each_change_was_taken_once() {
    let next = AtomicU64::new(0);
    let (sum, failed) = (Mutex::new(Events::default()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= SEEDS {
                return;
            }
            match std::panic::catch_unwind(|| simulate(seed)) {
                Ok(events) => sum.lock().expect("no holder panics").add(&events),
                Err(_) => failed.lock().expect("no holder panics").push(seed),
            }
        }
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    for seed in failed.lock().expect("all threads have ended").iter() {
        println!("cargo xtask soak --property p10 --cases 1 --seed {seed}");
    }
    assert!(
        failed
            .into_inner()
            .expect("all threads have ended")
            .is_empty()
    );
    sum.into_inner()
        .expect("all threads have ended")
        .are_many(SEEDS);
}

#[test]
fn an_empty_patch_is_no_change() {
    let mut client: Client<Tree> = Client::new(tree("{}"), 1);
    assert_eq!(client.write(&[]).unwrap(), None);
    assert_eq!(client.forms().next(), None::<&Patch<Tree>>);
}

#[test]
fn c6_two_refusals_in_one_push_seed_13496() {
    simulate_without_crashes(13_496);
}

#[test]
fn p15_an_empty_insertion_leaves_nothing_to_delete_seed_26128() {
    simulate_without_crashes(26_128);
}
