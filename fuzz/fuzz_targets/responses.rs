#![no_main]

#[path = "../responses.rs"]
mod responses;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| responses::check(bytes));
