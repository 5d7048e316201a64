//! Inputs that once broke something, or that someone nasty would write: the fuzz targets' checks hold of each of them.
//!
//! `fuzz/regressions/<target>/` keeps the inputs; a fuzzer's finding is put there as it is.
//! `RULEGATE_ONLY` narrows a run to the inputs whose path contains it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../fuzz/checks.rs"]
mod checks;
#[path = "../fuzz/responses.rs"]
mod responses;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest that one input may take, in a build that is not optimised.
const PATIENCE: Duration = Duration::from_secs(20);

fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).filter(|path| path.is_file()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no inputs", folder.display());
    files
}

/// Runs a check over kept inputs, each on a thread with the stack that threads commonly have; tells of all that fail.
fn replay(check: fn(&[u8]), targets: &[&str]) {
    let mut failed = Vec::new();
    let only = std::env::var("RULEGATE_ONLY").unwrap_or_default();
    for path in targets.iter().flat_map(|target| inputs(target)) {
        if !path.to_string_lossy().contains(&only) {
            continue;
        }
        let bytes = std::fs::read(&path).expect("readable");
        println!("{}", path.display());
        let start = Instant::now();
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || check(&bytes)).expect("a thread");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if thread.join().is_err() {
            failed.push(name);
        } else if start.elapsed() > PATIENCE {
            failed.push(format!("{name} ({:?})", start.elapsed()));
        }
    }
    assert!(failed.is_empty(), "{} inputs fail: {}", failed.len(), failed.join(", "));
}

#[test]
fn every_kept_text_can_be_parsed() {
    replay(checks::parse, &["parse", "compile"]);
}

#[test]
fn every_kept_text_can_be_formatted() {
    replay(checks::format, &["parse", "compile"]);
}

#[test]
fn every_kept_text_can_be_compiled() {
    replay(checks::compile, &["parse", "compile"]);
}

#[test]
fn every_kept_schema_becomes_rules_or_is_refused() {
    replay(checks::import, &["import"]);
}

#[test]
fn the_engine_agrees_with_the_oracle_on_every_kept_case() {
    replay(checks::evaluate, &["evaluate"]);
}

#[test]
fn every_kept_response_is_read_as_serde_json_says_and_judged_in_one_way() {
    replay(responses::check, &["responses"]);
}
