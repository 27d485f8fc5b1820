//! Fuzz target: see `src/decode.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| draftsync_fuzz::decode(data));
