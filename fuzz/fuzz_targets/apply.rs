//! Fuzz target: see `src/apply.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| draftsync_fuzz::apply(data));
