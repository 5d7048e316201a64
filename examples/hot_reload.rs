//! Rules are replaced while threads judge with them, and no batch meets half of each.
//!
//! `cargo run --example hot_reload`
//!
//! Four threads judge batches for as long as it takes; meanwhile the rule file is made stricter, broken, and mended. Whoever judges always has
//! rules, the broken file changes nothing, and the ledger says who switched what and when.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use rulegate::ledger::Ledger;
use rulegate::live::{Change, LiveRules, Reload, Texts};

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tokens.rules");
    let ledger = Ledger::at(folder.path().join("decisions.ledger"));
    let change = |why| Change { who: "ana", why, at: SystemTime::now() };
    let rules = |most: u32| format!("rulegate 1\nfeatures tokens {{ gem_score : float64 between 0 and {most} }}\n");

    std::fs::write(&file, rules(1000))?;
    let first = Texts { name: "tokens.rules", text: &rules(1000), ..Texts::default() };
    let live = LiveRules::start(&first, &change("the first rules"), Default::default(), Some(ledger.clone()))?;
    let scores: ArrayRef = Arc::new(Float64Array::from_iter_values((0..200).map(f64::from)));
    let batch = RecordBatch::try_from_iter([("gem_score", scores)])?;

    // Failing rows of a batch, by generation: each generation must have one answer only.
    let seen: Mutex<BTreeMap<u64, Vec<usize>>> = Mutex::default();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    let generation = live.current();
                    let judged = generation.validator(&batch.schema()).and_then(|validator| validator.validate(&batch));
                    // Whatever goes wrong shows as an answer that nobody expects.
                    let failed = judged.map_or(usize::MAX, |verdict| verdict.rows_failed());
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.entry(generation.number()).or_default().push(failed);
                }
            });
        }
        let switch = || -> Result<(), Box<dyn Error>> {
            wait_for(&seen, 1);
            std::fs::write(&file, rules(99))?;
            expect("stricter", true, &live.reload_from(&file, BTreeMap::new(), Default::default(), &change("scores end at 99")))?;
            wait_for(&seen, 2);
            std::fs::write(&file, "rulegate 1\nfeatures tokens { gem_score : float64 between 0 and }\n")?;
            expect("broken", false, &live.reload_from(&file, BTreeMap::new(), Default::default(), &change("a slip of the keys")))?;
            std::fs::write(&file, rules(49))?;
            expect("mended", true, &live.reload_from(&file, BTreeMap::new(), Default::default(), &change("scores end at 49")))?;
            wait_for(&seen, 3);
            Ok(())
        };
        let switched = switch();
        done.store(true, Ordering::Release);
        switched
    })?;

    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (generation, failed) in &seen {
        println!("generation {generation}: {} batches, each with {} failing rows", failed.len(), failed.first().copied().unwrap_or(0));
    }
    let expected = BTreeMap::from([(1, 0), (2, 100), (3, 150)]);
    let as_expected = |(generation, failed): (&u64, &Vec<usize>)| failed.iter().all(|rows| Some(rows) == expected.get(generation));
    check(seen.len() == 3 && seen.iter().all(as_expected), "every batch was judged by one generation")?;
    check(ledger.verify(None)?.entries == 3, "the ledger has the start and two switches, and nothing of the broken file")
}

/// Waits until a generation has judged something.
fn wait_for(seen: &Mutex<BTreeMap<u64, Vec<usize>>>, generation: u64) {
    while !seen.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&generation) {
        std::thread::yield_now();
    }
}

fn expect(what: &str, reloaded: bool, reload: &Reload) -> Result<(), Box<dyn Error>> {
    match reload {
        Reload::Reloaded { generation, .. } => println!("{what}: generation {} is in force", generation.number()),
        Reload::Kept(problem) => println!("{what}: the old rules stay: {problem}"),
        other => println!("{what}: {other:?}"),
    }
    if matches!(reload, Reload::Reloaded { .. }) == reloaded { Ok(()) } else { Err(format!("{what}: not as it should be").into()) }
}

fn check(holds: bool, what: &str) -> Result<(), Box<dyn Error>> {
    println!("{} {what}", if holds { "ok:" } else { "NOT SO:" });
    if holds { Ok(()) } else { Err(what.into()) }
}
