//! What the host program's monitoring sees: spans and events through `tracing`, counters through `metrics`. Each is a feature of the
//! library; without them nothing here does anything. Nothing that is told holds a value of the data.
//!
//! Spans of target `rulegate`: `compile`, `bind`, `judge` (a batch), `gate` (a batch before it lands), `finish`; the trace id is a matter of the caller's
//! own span around them. Events of target `rulegate::safety` have the field `event` with a stable code, such as
//! `prompt_injection_detected` ([`crate::safety::Event`]), the rule, the kind and a count of rows.
//!
//! | counter | labels | counts |
//! | --- | --- | --- |
//! | `rulegate_rows_total` | block | rows judged |
//! | `rulegate_rows_failed_total` | block | rows that fail an enforced rule of severity error |
//! | `rulegate_rule_failed_rows_total` | block, rule, field, check, severity, shadow | rows that fail a rule |
//! | `rulegate_rule_faulted_rows_total` | the same | rows whose rule could not be computed |
//! | `rulegate_rule_failed_rows_by_reason_total` | the same, reason | rows that fail a rule, by reason |
//! | `rulegate_batches_total` | block, outcome | batches a [gate](crate::gate) has decided: accepted, escalated, refused |
//! | `rulegate_gate_rows_total` | block, fate | rows of them: passed, replaced, fallback, quarantined (those of refused batches too) |
//! | `rulegate_batch_duration_seconds` (histogram) | block | how long a decision takes, where the gate was given a clock |
//! | `rulegate_observed_value_bucket`, `…_count` | block, value, le | the distribution of an `observe`, as a Prometheus histogram |
//! | `rulegate_observed_value_sum` (gauge) | block, value | the sum of these values |
//!
//! Batches are counted where a [`Session`](crate::Session) takes them in, so that each row is counted once. Rules that fail nowhere make no
//! series: [`describe_metrics`] tells all names.
//!
//! The duration of other work is that of the spans; the library has no clock.

#[cfg(feature = "metrics")]
mod counters;
#[cfg(feature = "tracing")]
mod events;

use std::time::Duration;

use crate::eval::tally::Partial;
use crate::plan::Plan;
use crate::report::Report;

#[cfg(feature = "metrics")]
pub use counters::describe_metrics;

/// Tells what some rows have come to; each row is told once.
pub(crate) fn judged(plan: &Plan, partial: &Partial) {
    #[cfg(feature = "metrics")]
    counters::judged(plan, partial);
    #[cfg(feature = "tracing")]
    events::judged(plan, partial);
    let _ = (plan, partial);
}

/// Tells what a gate has decided of a batch; each batch is told once.
pub(crate) fn decided(block: &str, outcome: &'static str, fates: [(&'static str, u64); 4], took: Option<Duration>) {
    #[cfg(feature = "metrics")]
    counters::decided(block, outcome, fates, took);
    #[cfg(feature = "tracing")]
    events::decided(block, outcome, fates);
    let _ = (block, outcome, fates, took);
}

/// Tells what a session has come to.
pub(crate) fn finished(report: &Report) {
    #[cfg(feature = "tracing")]
    events::finished(report);
    let _ = report;
}
