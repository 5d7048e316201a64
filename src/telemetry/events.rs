//! Events of rules that fail, of what detectors found, and of what a session has come to.

use tracing::{debug, info, warn};

use crate::detectors::Family;
use crate::eval::tally::Partial;
use crate::plan::{Body, Plan};
use crate::report::Report;
use crate::safety::Event;

pub(super) fn judged(plan: &Plan, partial: &Partial) {
    for (bound, tally) in plan.rules.iter().zip(&partial.tallies) {
        let Some(rule) = plan.block.rules.get(bound.index).filter(|_| tally.counts.failed > 0) else { continue };
        let counts = &tally.counts;
        debug!(target: "rulegate", rule = %rule.id, severity = %rule.severity, shadow = rule.shadow, rows = counts.failed, "rows fail a rule");
        let Some(family) = family(&bound.body) else { continue };
        for (kind, rows) in &tally.why {
            let event = Event::of(Some(family), kind).code();
            warn!(target: "rulegate::safety", event, rule = %rule.id, shadow = rule.shadow, kind, rows, "a detector found something");
        }
    }
}

/// The family of a detector rule.
fn family(body: &Body) -> Option<Family> {
    match body {
        Body::Row(rule) => rule.finds.as_ref().map(|(_, detector)| detector.family()),
        _ => None,
    }
}

pub(super) fn decided(block: &str, outcome: &'static str, fates: [(&'static str, u64); 4]) {
    let rows = |wanted: &str| fates.iter().filter(|(fate, _)| *fate == wanted).map(|(_, rows)| rows).sum::<u64>();
    let (passed, quarantined, replaced, fallback) = (rows("passed"), rows("quarantined"), rows("replaced"), rows("fallback"));
    match outcome {
        "accepted" => debug!(target: "rulegate", block, outcome, passed, replaced, fallback, "a batch was decided"),
        _ => warn!(target: "rulegate", block, outcome, passed, quarantined, replaced, fallback, "a batch was decided"),
    }
}

pub(super) fn finished(report: &Report) {
    let block = report.inputs.first().map_or("", |input| input.block.as_str());
    let (rows, rows_failed, hash) = (report.rows, report.rows_failed, report.ruleset.hash.as_str());
    info!(target: "rulegate", block, rows, rows_failed, hash, passed = report.holds(), "a session was judged");
}
