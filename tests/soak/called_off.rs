//! Work that is called off, or too late: no decision, and nothing counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rulegate::gate::{CancelToken, Clock, Gate, GateError, GateOptions, Limits, Policy};

use super::Soak;
use super::random::Random;
use super::rows::{self, Faults};

/// Judges a batch, and calls it off, or lets the time run out, the so-many-th time that the clock is asked.
pub(super) fn judge(soak: &Soak, random: &mut Random) {
    let (asked, at, is_cancelled) = (Arc::new(AtomicU64::new(0)), 1 + random.below(5), random.below(2) == 0);
    let cancel = CancelToken::default();
    let clock = {
        let (asked, cancel) = (Arc::clone(&asked), cancel.clone());
        Clock::new(move || {
            let due = asked.fetch_add(1, Ordering::Relaxed) >= at;
            if due && is_cancelled {
                cancel.cancel();
            }
            Duration::from_secs(if due && !is_cancelled { 100 } else { 0 })
        })
    };
    let limits = Limits { deadline: Some(Duration::from_secs(9)), ..Limits::default() };
    let options = GateOptions { limits, clock: Some(clock), cancel: Some(cancel), ..GateOptions::default() };
    let gate = Gate::with_options(&soak.live.current().validator(&rows::schema()).unwrap(), Policy::Split, options).unwrap();
    let rows = rows::rows(random, Faults::Rows);
    let counted = match gate.judge_as("x", &rows::batch(&rows)) {
        Ok(_) => 1,
        Err(GateError::Cancelled { .. }) if is_cancelled => 0,
        Err(GateError::Deadline { .. }) if !is_cancelled => 0,
        Err(other) => panic!("{other}"),
    };
    let totals = gate.totals();
    assert_eq!((totals.batches, totals.rows, gate.report().rows), (counted, counted * rows.len() as u64, counted * rows.len() as u64));
    soak.seen.called_off.fetch_add(1 - counted, Ordering::Relaxed);
}
