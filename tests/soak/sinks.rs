//! Sinks that are slow and sinks that fail: what landed is told exactly, and nothing is committed after a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use rulegate::gate::{Gate, GuardedWriter, Policy, Sink, WriteError};

use super::random::Random;
use super::rows::{self, Faults};
use super::{Soak, add};

#[derive(Clone, Default)]
struct Slow {
    /// Batches it takes before it fails.
    takes: u64,
    rest: Duration,
    landed: Arc<AtomicU64>,
    batches: Arc<AtomicU64>,
    committed: Arc<AtomicBool>,
}

impl Sink for Slow {
    fn land(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        std::thread::sleep(self.rest);
        if self.batches.fetch_add(1, Ordering::Relaxed) >= self.takes {
            return Err(ArrowError::IoError("the disk is full".to_owned(), std::io::ErrorKind::StorageFull.into()));
        }
        self.landed.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<(), ArrowError> {
        self.committed.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn abort(self: Box<Self>) {}
}

/// Some batches through a gate of its own.
pub(super) fn write(soak: &Soak, random: &mut Random) {
    let gate = Arc::new(Gate::new(&soak.live.current().validator(&rows::schema()).unwrap(), Policy::Split).unwrap());
    let mut slow = || Slow { takes: random.below(24), rest: Duration::from_micros(random.below(600)), ..Slow::default() };
    let (sink, aside) = (slow(), slow());
    let mut writer = GuardedWriter::new(Arc::clone(&gate), sink.clone()).with_quarantine(aside.clone());
    let mut failed = false;
    for _ in 0..10 {
        let batch = rows::batch(&rows::rows(random, Faults::Rows));
        match writer.write(&batch) {
            Ok(_) => assert!(!failed, "nothing is written after a failure"),
            Err(WriteError::Sink { .. } | WriteError::Quarantine { .. }) => failed = true,
            Err(WriteError::Failed(_)) => assert!(failed),
            Err(other) => panic!("{other}"),
        }
    }
    let progress = writer.progress().clone();
    let landed = |sink: &Slow| sink.landed.load(Ordering::Relaxed);
    assert_eq!((progress.rows_landed, progress.rows_set_aside), (landed(&sink), landed(&aside)));
    let totals = gate.totals();
    assert_eq!(totals.passed + totals.quarantined, totals.rows);
    assert!(failed || (totals.passed, totals.quarantined) == (landed(&sink), landed(&aside)));
    assert_eq!(writer.finish().is_err(), failed);
    assert_eq!(sink.committed.load(Ordering::Relaxed), !failed);
    assert!(aside.committed.load(Ordering::Relaxed), "what was set aside is kept in any case");
    add(if failed { &soak.seen.sinks_failed } else { &soak.seen.sinks_committed });
}
