//! Many threads at one gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rulegate::gate::{Gate, Policy};

use super::{EVERYTHING, batch, rows, validator};

const THREADS: u64 = 6;
const BATCHES: u64 = 40;

#[test]
fn totals_are_exact_whoever_comes_first_and_however_often() {
    let schema = rows(&[], &[], &[]);
    let gate = Gate::new(&validator(EVERYTHING, &schema), Policy::Split).unwrap();
    let (passed, aside) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (gate, passed, aside) = (&gate, &passed, &aside);
            scope.spawn(move || {
                for step in 0..BATCHES {
                    // Every thread sends every batch, in an order of its own.
                    let number = (step * 7 + thread * 11) % BATCHES;
                    let bad = i64::try_from(number).unwrap();
                    let batch = rows(&[1, bad, 2], &[0, 0, 0], &[0, 0, 0]);
                    let decision = gate.judge_as(&format!("batch {number}"), &batch).unwrap();
                    assert_eq!(decision.counts.quarantined, u64::from(number > 9));
                    if !decision.repeated {
                        passed.fetch_add(decision.counts.passed, Ordering::Relaxed);
                        aside.fetch_add(decision.counts.quarantined, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let totals = gate.totals();
    assert_eq!((totals.batches, totals.repeated, totals.rows), (BATCHES, BATCHES * (THREADS - 1), BATCHES * 3));
    assert_eq!((totals.passed, totals.quarantined), (passed.into_inner(), aside.into_inner()));
    assert_eq!(totals.quarantined, BATCHES - 10);
    let report = gate.finish().report;
    assert_eq!((report.rows, report.rule("t.a.range").unwrap().failed), (BATCHES * 3, BATCHES - 10));
}

#[test]
fn of_equal_keys_from_many_threads_one_lands() {
    let text = "rulegate 1\nfeatures t { k : int64 unique }";
    let gate = Gate::new(&validator(text, &batch(&[("k", &[])])), Policy::Split).unwrap();
    let landed = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for number in 0..20 {
                    let decision = gate.judge(&batch(&[("k", &[number, number + 1])])).unwrap();
                    landed.fetch_add(decision.counts.passed, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(landed.into_inner(), 21);
}

#[test]
fn rules_are_replaced_between_batches_and_no_row_is_lost_or_counted_twice() {
    let schema = batch(&[("a", &[])]);
    let rules = |most: i64| validator(&format!("rulegate 1\nfeatures t {{ a : int64 <= {most} }}"), &schema);
    let gate = Gate::new(&rules(0), Policy::Split).unwrap();
    let reports = Arc::new(std::sync::Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..BATCHES {
                    let decision = gate.judge(&batch(&[("a", &[1, 2, 3, 4])])).unwrap();
                    let violation = &decision.violations[0];
                    assert_eq!(violation.failed, decision.counts.quarantined);
                }
            });
        }
        for most in [1, 2, 3] {
            reports.lock().unwrap().push(gate.swap(&rules(most)).unwrap());
        }
    });
    let mut reports = reports.lock().unwrap().clone();
    reports.push(gate.finish().report);
    assert_eq!(reports.iter().map(|report| report.rows).sum::<u64>(), THREADS * BATCHES * 4);
    for (most, report) in reports.iter().enumerate() {
        let rule = report.rule("t.a.range").unwrap();
        assert_eq!(rule.failed * 4, report.rows * (4 - most as u64), "each batch is judged by one set of rules");
    }
    let total: u64 = reports.iter().map(|report| report.rules[0].failed.max(report.rows_failed)).sum();
    assert_eq!(gate.totals().quarantined, total);
}
