//! A stricter rule is rolled out without a bad morning: in shadow first, then enforced, and back again, without a change of the rule file.
//!
//! `cargo run --example shadow_to_enforce`
//!
//! A gate stands in front of a store. The new rule is laid in shadow by an override; its failures are counted and nothing is set aside. Once the
//! count is known it is enforced, sets aside too much, and is put back in shadow. Every switch and every batch is in the ledger.

use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use rulegate::compile::{Mode, Override, Overrides};
use rulegate::gate::{Gate, Policy};
use rulegate::ledger::{Event, Ledger};
use rulegate::live::{Change, LiveRules, RecordedGate, Reload, Texts};

const RULES: &str = "rulegate 1
features tokens {
  gem_score     : float64 between 0 and 100
  liquidity_usd : float64 >= 1_000
}
";

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let ledger = Ledger::at(folder.path().join("decisions.ledger"));
    let column = |values: [f64; 4]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    let batch = RecordBatch::try_from_iter([
        ("gem_score", column([50.0, 120.0, 70.0, 90.0])),
        ("liquidity_usd", column([5_000.0, 8_000.0, 10.0, 20.0])),
    ])?;
    let schema = batch.schema();
    let in_mode = |mode, why: &str| Texts {
        name: "tokens.rules",
        text: RULES,
        overrides: Overrides::from_iter([Override::of("tokens.liquidity_usd.range", "ana", "2026-11-20", why).mode(mode)]),
        ..Texts::default()
    };
    let change = |why| Change { who: "ana", why, at: SystemTime::now() };

    let trial = in_mode(Mode::Shadow, "a new floor, on trial");
    let live = LiveRules::start(&trial, &change("trial of the floor"), Default::default(), Some(ledger.clone()))?;
    let gate = RecordedGate::new(Gate::new(&live.current().validator(&schema)?, Policy::Split)?, ledger.clone());
    // The few lines in which rules and gate are switched together.
    let switch = |texts: &Texts<'_>, why| {
        live.reload_through(texts, &change(why), |next| {
            gate.gate().swap(&next.validator(&schema)?)?;
            Ok(())
        })
    };
    let aside = |id: &str| -> Result<u64, Box<dyn Error>> {
        let (decision, _) = gate.judge_as(id, &batch, SystemTime::now(), None)?;
        let floor = decision.violations.iter().find(|violation| violation.rule == "tokens.liquidity_usd.range");
        let said = floor.map_or_else(String::new, |floor| {
            format!("; the floor fails {} rows{}", floor.failed, if floor.shadow { ", in shadow" } else { "" })
        });
        println!("{id}: {}, {} of {} rows set aside{said}", decision.outcome, decision.counts.quarantined, decision.counts.rows);
        Ok(decision.counts.quarantined)
    };

    check(aside("monday")? == 1, "in shadow the floor sets nothing aside")?;
    let enforced = in_mode(Mode::Enforce, "the trial found few");
    check(matches!(switch(&enforced, "enforce the floor"), Reload::Reloaded { .. }), "the floor is enforced")?;
    check(aside("tuesday")? == 3, "it sets its rows aside now")?;
    check(matches!(switch(&trial, "too many rows set aside"), Reload::Reloaded { .. }), "and goes back to shadow")?;
    check(aside("wednesday")? == 1, "as on monday")?;

    let mut told = Vec::new();
    ledger.each(None, |entry| {
        told.push(match &entry.event {
            Event::RulesChanged(change) => format!("entry {}: rules changed by {}: {}", entry.seq, change.who, change.why),
            Event::Decision(decision) => {
                format!("entry {}: {} rows {}, {} rules fail in shadow", entry.seq, decision.rows, decision.outcome, decision.shadow.fail)
            }
            _ => format!("entry {}", entry.seq),
        });
    })?;
    println!("\nthe ledger:\n{}", told.join("\n"));
    check(told.len() == 6, "three switches and three decisions are in the ledger, and its chain holds")
}

fn check(holds: bool, what: &str) -> Result<(), Box<dyn Error>> {
    println!("{} {what}", if holds { "ok:" } else { "NOT SO:" });
    if holds { Ok(()) } else { Err(what.into()) }
}
