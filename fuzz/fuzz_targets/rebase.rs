//! Fuzz target: see `src/rebase.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| draftsync_fuzz::rebase(data));
