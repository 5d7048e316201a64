//! Sinks that fail: what landed is told exactly, and nothing is committed that should not be.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::{RecordBatch, RecordBatchWriter};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use rulegate::gate::{AfterRefusal, Gate, GateOptions, GuardedWriter, Outcome, Policy, Refusal, Sink, WriteError};

use super::{EVERYTHING, batch, column, rows, validator};

/// A sink that takes so many batches, and fails with the next one.
#[derive(Clone, Default)]
struct Flaky {
    takes: usize,
    landed: Arc<Mutex<Vec<RecordBatch>>>,
    committed: Arc<AtomicBool>,
    aborted: Arc<AtomicBool>,
}

impl Sink for Flaky {
    fn land(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let mut landed = self.landed.lock().unwrap();
        if landed.len() == self.takes {
            return Err(ArrowError::IoError("the disk is full".to_owned(), std::io::ErrorKind::StorageFull.into()));
        }
        landed.push(batch.clone());
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<(), ArrowError> {
        self.committed.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn abort(self: Box<Self>) {
        self.aborted.store(true, Ordering::Relaxed);
    }
}

impl Flaky {
    fn rows(&self) -> u64 {
        self.landed.lock().unwrap().iter().map(|batch| batch.num_rows() as u64).sum()
    }

    fn ends(&self) -> (bool, bool) {
        (self.committed.load(Ordering::Relaxed), self.aborted.load(Ordering::Relaxed))
    }
}

fn values(batch: &[i64]) -> RecordBatch {
    let sound = vec![0; batch.len()];
    rows(batch, &sound, &sound)
}

proptest! {
    #[test]
    fn after_a_failure_the_totals_are_exact(
        batches in prop::collection::vec(prop::collection::vec(5_i64..12, 0..6), 1..8),
        takes in 0_usize..10,
        aside_takes in 0_usize..10,
    ) {
        let sink = Flaky { takes, ..Flaky::default() };
        let aside = Flaky { takes: aside_takes, ..Flaky::default() };
        let gate = Arc::new(Gate::new(&validator(EVERYTHING, &values(&[])), Policy::Split).unwrap());
        let mut writer = GuardedWriter::new(Arc::clone(&gate), sink.clone()).with_quarantine(aside.clone());
        let mut failed = false;
        for batch in &batches {
            let passed = batch.iter().filter(|value| **value <= 9).count() as u64;
            match writer.write(&values(batch)) {
                Ok(_) => prop_assert!(!failed, "nothing is written after a failure"),
                Err(WriteError::Sink { progress, .. }) => {
                    prop_assert_eq!(progress.rows_uncertain, passed);
                    failed = true;
                }
                Err(WriteError::Quarantine { .. }) => failed = true,
                Err(WriteError::Failed(_)) => prop_assert!(failed),
                Err(other) => prop_assert!(false, "{other}"),
            }
            let progress = writer.progress().clone();
            prop_assert_eq!(progress.rows_landed, sink.rows());
            prop_assert_eq!(progress.batches_landed, sink.landed.lock().unwrap().len() as u64);
            prop_assert_eq!(progress.rows_set_aside, aside.rows());
            let totals = gate.totals();
            prop_assert_eq!(totals.passed + totals.quarantined, totals.rows);
// Where the quarantine failed, nothing of the batch has gone to the sink.
            if !failed || progress.failed_batch.is_some() {
                prop_assert_eq!(totals.passed, sink.rows() + progress.rows_uncertain);
            }
        }
        let end = writer.finish();
        prop_assert_eq!(end.is_err(), failed);
        prop_assert_eq!(sink.ends(), (!failed, failed));
        prop_assert!(aside.ends().0, "what was set aside is kept in any case");
    }
}

/// A file that takes so many bytes, in short writes.
struct Short {
    left: Arc<AtomicUsize>,
}

impl Write for Short {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let take = bytes.len().min(7).min(self.left.load(Ordering::Relaxed));
        if take == 0 && !bytes.is_empty() {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.left.fetch_sub(take, Ordering::Relaxed);
        Ok(take)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_parquet_writer_on_a_full_disk_is_not_committed() {
    let batch = values(&[1, 2, 3]);
    let mut committed = 0;
    for bytes in (0..6_000).step_by(150) {
        let gate = Gate::new(&validator(EVERYTHING, &batch), Policy::Reject).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(3)).build();
        let file = Short { left: Arc::new(AtomicUsize::new(bytes)) };
        let Ok(sink) = ArrowWriter::try_new(file, batch.schema(), Some(properties)) else { continue };
        let mut writer = GuardedWriter::new(gate, sink);
        let written = (0..3).map(|_| writer.write(&batch)).take_while(Result::is_ok).count();
        let progress = writer.progress().clone();
        assert_eq!((progress.batches_landed, progress.rows_landed), (written as u64, 3 * written as u64));
        match writer.finish() {
            Ok(finished) => {
                assert_eq!((written, finished.outcome), (3, Outcome::Accepted));
                committed += 1;
            }
            Err(WriteError::Failed(_)) => assert!(written < 3),
            Err(WriteError::Commit { .. }) => assert_eq!(written, 3),
            Err(other) => panic!("{other}"),
        }
    }
    assert!((1..40).contains(&committed), "{committed}");
}

#[test]
fn nothing_is_committed_before_the_checks_of_the_whole_are_decided() {
    let text = "rulegate 1\nfeatures t { a : int64  check enough: row_count() >= 3 }";
    let two = batch(&[("a", &[1, 2])]);
    for (batches, ends) in [(1, (false, true)), (2, (true, false))] {
        let sink = Flaky { takes: 9, ..Flaky::default() };
        let mut writer = GuardedWriter::new(Gate::new(&validator(text, &two), Policy::Reject).unwrap(), sink.clone());
        for _ in 0..batches {
            writer.write(&two).unwrap();
        }
        assert_eq!(sink.ends(), (false, false));
        let refused = matches!(writer.finish(), Err(WriteError::Refused { .. }));
        assert_eq!((sink.ends(), refused), (ends, ends.1));
    }
}

#[test]
fn failing_fast_and_failing_at_the_end() {
    let (bad, good) = (values(&[1, 12]), values(&[3]));
    let writes = |after_refusal: AfterRefusal| {
        let sink = Flaky { takes: 9, ..Flaky::default() };
        let options = GateOptions { after_refusal, ..GateOptions::default() };
        let gate = Gate::with_options(&validator(EVERYTHING, &bad), Policy::Reject, options).unwrap();
        let mut writer = GuardedWriter::new(gate, sink.clone());
        let ok: Vec<bool> = [&good, &bad, &good].into_iter().map(|batch| RecordBatchWriter::write(&mut writer, batch).is_ok()).collect();
        (ok, sink.rows(), RecordBatchWriter::close(writer).is_ok(), sink.ends())
    };
    assert_eq!(writes(AfterRefusal::GoOn), (vec![true, false, true], 2, true, (true, false)));
    assert_eq!(writes(AfterRefusal::Stop), (vec![true, false, false], 1, false, (false, true)));
    assert_eq!(writes(AfterRefusal::FailAtEnd), (vec![true, true, true], 2, false, (false, true)));
}

#[test]
fn a_writer_in_the_place_of_another_tells_the_refusal() {
    let bad = values(&[1, 12]);
    let sink = Flaky { takes: 9, ..Flaky::default() };
    let mut writer = GuardedWriter::new(Gate::new(&validator(EVERYTHING, &bad), Policy::Reject).unwrap(), sink);
    let Err(ArrowError::ExternalError(error)) = RecordBatchWriter::write(&mut writer, &bad) else { panic!("it must be refused") };
    let refusal = error.downcast_ref::<Refusal>().expect("a refusal");
    assert_eq!(refusal.violations[0].value, Some(12.into()));
    let mut split =
        GuardedWriter::new(Gate::new(&validator(EVERYTHING, &bad), Policy::Split).unwrap(), Flaky { takes: 9, ..Flaky::default() });
    let error = RecordBatchWriter::write(&mut split, &bad).unwrap_err();
    assert!(error.to_string().contains("with_quarantine"), "rows must not be lost: {error}");
}

#[test]
fn a_batch_that_comes_again_is_written_once_and_by_another_writer_again() {
    let batch = values(&[1, 2]);
    let gate = Arc::new(Gate::new(&validator(EVERYTHING, &batch), Policy::Reject).unwrap());
    let (one, two) = (Flaky { takes: 9, ..Flaky::default() }, Flaky { takes: 9, ..Flaky::default() });
    let mut writer = GuardedWriter::new(Arc::clone(&gate), one.clone());
    writer.write_as("x", &batch).unwrap();
    writer.write_as("x", &batch).unwrap();
    let mut other = GuardedWriter::new(Arc::clone(&gate), two.clone());
    other.write_as("x", &batch).unwrap();
    assert_eq!((one.rows(), two.rows(), gate.totals().rows), (2, 2, 2));
}

#[test]
fn rows_of_a_dropped_writer_are_not_committed() {
    let sink = Flaky { takes: 9, ..Flaky::default() };
    let mut writer = GuardedWriter::new(Gate::new(&validator(EVERYTHING, &values(&[1])), Policy::Reject).unwrap(), sink.clone());
    writer.write(&values(&[1])).unwrap();
    drop(writer);
    assert_eq!((sink.rows(), sink.ends().0), (1, false));
    assert_eq!(column(&sink.landed.lock().unwrap()[0], "a"), [1]);
}
