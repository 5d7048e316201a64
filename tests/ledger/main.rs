//! The ledger as a host and an auditor see it: what is altered is found, what a crash leaves is mended in the open, nothing of rows gets in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod append;
mod crash;
mod form;
mod hostile;
mod tamper;

use std::time::{Duration, SystemTime};

use rulegate::ledger::{Decision, DecisionOutcome, Entry, Event, Flaw, Head, Identity, Ledger, RuleCounts, RulesId, Verified};

/// A moment, so many seconds after the ledger's beginning.
fn moment(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn decision(number: u64) -> Event {
    Event::Decision(Box::new(Decision {
        outcome: if number.is_multiple_of(3) { DecisionOutcome::Fail } else { DecisionOutcome::Pass },
        ruleset: RulesId { name: "tokens.rules".to_owned(), hash: format!("{number:064x}") },
        overrides: None,
        strict: false,
        baseline: false,
        inputs: vec![Identity {
            block: Some("tokens".to_owned()),
            name: format!("day={number}/λ \"part\".parquet"),
            rows: number * 10,
            sha256: Some(format!("{:064x}", number * 7 + 1)),
        }],
        outputs: Vec::new(),
        rows: number * 10,
        rows_failed: number,
        rules: RuleCounts { pass: 3, ..RuleCounts::default() },
        shadow: RuleCounts::default(),
        failing: Vec::new(),
        failing_more: 0,
    }))
}

/// A folder with a ledger of some entries.
fn ledger_of(entries: u64) -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::at(folder.path().join("decisions.ledger"));
    for number in 0..entries {
        append(&ledger, number);
    }
    (folder, ledger)
}

fn append(ledger: &Ledger, number: u64) -> Entry {
    ledger.append(moment(number), Some("run-7"), decision(number)).expect("the entry is written")
}

fn bytes(ledger: &Ledger) -> Vec<u8> {
    std::fs::read(ledger.path()).expect("the ledger is there")
}

fn verify(bytes: &[u8], head: Option<&Head>) -> Result<Verified, Flaw> {
    rulegate::ledger::verify(bytes, head).expect("bytes in memory are read")
}

fn flaw(bytes: &[u8]) -> Flaw {
    verify(bytes, None).expect_err("the chain is broken")
}

/// Lines with their ends.
fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}
