//! Rules that are replaced while they judge: never a moment without rules, never a batch of two minds, every switch in the ledger.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod examples;
mod record;
mod reload;
mod stress;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use rulegate::compile::{Mode, Override, Overrides};
use rulegate::ledger::Ledger;
use rulegate::live::{Change, LiveRules, Reload, Texts};

/// Rules that fail the first `floor` of the rows 0, 1, 2 …
fn floor(floor: u64) -> String {
    format!("rulegate 1\nfeatures t {{ a : int64 >= {floor} }}")
}

fn texts(text: &str) -> Texts<'_> {
    Texts { name: "t.rules", text, ..Texts::default() }
}

fn change(day: u64) -> Change<'static> {
    Change { who: "ana", why: "a test", at: SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * day + 60) }
}

fn live(ledger: Option<Ledger>) -> LiveRules {
    LiveRules::start(&texts(&floor(0)), &change(0), Default::default(), ledger).expect("sound rules")
}

fn rows(count: i64) -> RecordBatch {
    RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from_iter_values(0..count)) as ArrayRef)]).expect("one column")
}

fn failed(live: &LiveRules, batch: &RecordBatch) -> usize {
    live.current().validator(&batch.schema()).expect("binds").validate(batch).expect("of the schema").rows_failed()
}

fn shadow(until: Option<&str>) -> Overrides {
    let quiet = Override::of("t.a.range", "ana", "2026-11-20", "a trial").mode(Mode::Shadow);
    Overrides::from_iter([Override { until: until.map(str::to_owned), ..quiet }])
}

fn kept(reload: Reload) -> String {
    match reload {
        Reload::Kept(problem) => problem.to_string(),
        other => panic!("{other:?}"),
    }
}
