//! Many readers, many reloads, broken ones among them: each batch is judged wholly by one generation, and the counts add up.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rulegate::gate::{Gate, Policy};
use rulegate::live::LiveRules;

use super::*;

/// More than there are generations, each of which fails another number of them.
const ROWS: i64 = 5_000;
const READERS: usize = 6;

fn reloads() -> u64 {
    std::env::var("LIVE_RELOADS").ok().and_then(|reloads| reloads.parse().ok()).unwrap_or(120)
}

/// The floor of the rules of each generation: its number, and each third reload is broken in between.
fn reload_all(live: &LiveRules, take: impl Fn(&rulegate::live::Generation)) {
    for number in 2..reloads() + 2 {
        let before = live.current().number();
        if number % 3 == 0 {
            assert!(matches!(live.reload(&texts("rulegate 1\nfeatures t { a : int64 >= }"), &change(0)), Reload::Kept(_)));
            assert_eq!(live.current().number(), before);
        }
        let reload = live.reload_through(&texts(&floor(number)), &change(0), |next| {
            take(next);
            Ok(())
        });
        assert!(matches!(reload, Reload::Reloaded { .. }), "{reload:?}");
    }
}

#[test]
fn readers_always_have_rules_and_each_batch_is_of_one_generation() {
    let live = LiveRules::start(&texts(&floor(1)), &change(0), Default::default(), None).unwrap();
    let (done, batch) = (AtomicBool::new(false), rows(ROWS));
    let judged: Mutex<BTreeMap<u64, (u64, u64)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Acquire) {
                    let generation = live.current();
                    // Never back, never nothing.
                    assert!(generation.number() >= last);
                    last = generation.number();
                    let verdict = generation.validator(&batch.schema()).unwrap().validate(&batch).unwrap();
                    // The floor of generation n is n: neither the rules before nor those after fail as many.
                    assert_eq!(verdict.rows_failed() as u64, last);
                    let mut judged = judged.lock().unwrap();
                    let (batches, rows) = judged.entry(last).or_default();
                    (*batches, *rows) = (*batches + 1, *rows + verdict.rows_failed() as u64);
                }
            });
        }
        reload_all(&live, |_| ());
        done.store(true, Ordering::Release);
    });
    let judged = judged.into_inner().unwrap();
    assert!(judged.iter().all(|(generation, (batches, failed))| *failed == batches * generation));
    assert_eq!(live.current().number(), reloads() + 1);
}

#[test]
fn a_gate_that_is_swapped_under_load_counts_every_batch_once_and_under_one_generation() {
    let live = LiveRules::start(&texts(&floor(1)), &change(0), Default::default(), None).unwrap();
    let (done, batch) = (AtomicBool::new(false), rows(ROWS));
    let schema = batch.schema();
    let gate = Gate::new(&live.current().validator(&schema).unwrap(), Policy::Split).unwrap();
    let hashes: Mutex<BTreeMap<String, u64>> = Mutex::new([(live.current().rules().hash().to_owned(), 1)].into());
    // Batches, rows that were set aside: as the producers saw it, and as the reports of the generations say.
    let seen: Mutex<BTreeMap<u64, (u64, u64)>> = Mutex::default();
    let reported: Mutex<BTreeMap<u64, (u64, u64)>> = Mutex::default();
    let report = |report: rulegate::report::Report| {
        let generation = hashes.lock().unwrap()[&report.ruleset.hash];
        let twice = reported.lock().unwrap().insert(generation, (report.rows / ROWS as u64, report.rows_failed));
        assert!(twice.is_none());
    };
    std::thread::scope(|scope| {
        for producer in 0..READERS {
            let (gate, done, seen, hashes, batch) = (&gate, &done, &seen, &hashes, &batch);
            scope.spawn(move || {
                let mut number = 0;
                while !done.load(Ordering::Acquire) {
                    number += 1;
                    let decision = gate.judge_as(&format!("{producer}-{number}"), batch).unwrap();
                    let generation = hashes.lock().unwrap()[decision.rule_set().hash()];
                    assert_eq!(decision.counts.quarantined, generation);
                    let mut seen = seen.lock().unwrap();
                    let (batches, rows) = seen.entry(generation).or_default();
                    (*batches, *rows) = (*batches + 1, *rows + decision.counts.quarantined);
                }
            });
        }
        reload_all(&live, |next| {
            hashes.lock().unwrap().insert(next.rules().hash().to_owned(), next.number());
            report(gate.swap(&next.validator(&schema).unwrap()).unwrap());
        });
        done.store(true, Ordering::Release);
    });
    let end = gate.finish();
    report(end.report);
    let (seen, mut reported) = (seen.into_inner().unwrap(), reported.into_inner().unwrap());
    assert_eq!(reported.len() as u64, reloads() + 1, "a report for each generation");
    reported.retain(|_, (batches, _)| *batches > 0);
    assert_eq!(reported, seen);
    assert_eq!(end.totals.batches, seen.values().map(|(batches, _)| batches).sum::<u64>());
}
