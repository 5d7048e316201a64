//! Readers and streams behind a gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow::error::ArrowError;
use rulegate::gate::{AfterRefusal, Gate, GateOptions, GuardedReader, Policy};

use super::{EVERYTHING, batch, column, rows, validator};

fn values(values: &[i64]) -> RecordBatch {
    let sound = vec![0; values.len()];
    rows(values, &sound, &sound)
}

fn gate(policy: Policy, after_refusal: AfterRefusal) -> Gate {
    Gate::with_options(&validator(EVERYTHING, &values(&[])), policy, GateOptions { after_refusal, ..GateOptions::default() }).unwrap()
}

#[test]
fn a_reader_asks_for_one_batch_at_a_time_and_gives_what_passes() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let source = [values(&[1, 12]), values(&[13]), values(&[3])].into_iter().map(move |batch| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(batch)
    });
    let source = RecordBatchIterator::new(source, values(&[]).schema());
    let mut aside = Vec::new();
    let mut reader = GuardedReader::new(gate(Policy::Split, AfterRefusal::GoOn), source).on_decision(|decision| {
        aside.extend(column(&decision.quarantined, "a"));
        Ok(())
    });
    assert_eq!(reader.schema(), values(&[]).schema());
    assert_eq!(column(&reader.next().unwrap().unwrap(), "a"), [1]);
    assert_eq!(asked.load(Ordering::Relaxed), 1, "nothing is read ahead");
    assert_eq!(column(&reader.next().unwrap().unwrap(), "a"), [3], "batches of which nothing passes are left out");
    assert!(reader.next().is_none() && reader.next().is_none());
    assert_eq!(reader.finished().unwrap().totals.quarantined, 2);
    drop(reader);
    assert_eq!(aside, [12, 13]);
}

#[test]
fn rows_that_nobody_takes_end_the_reading() {
    let mut reader = GuardedReader::new(gate(Policy::Split, AfterRefusal::GoOn), [Ok(values(&[1, 12])), Ok(values(&[3]))]);
    assert!(reader.next().unwrap().unwrap_err().to_string().contains("on_decision"));
    assert!(reader.next().is_none());
}

#[test]
fn the_last_item_is_an_error_if_the_whole_is_refused() {
    let source = || [Ok(values(&[1])), Ok(values(&[12])), Ok(values(&[3]))];
    let read = |after_refusal: AfterRefusal| {
        GuardedReader::new(gate(Policy::Reject, after_refusal), source()).map(|batch| batch.is_ok()).collect::<Vec<_>>()
    };
    assert_eq!(read(AfterRefusal::FailAtEnd), [true, true, false]);
    assert_eq!(read(AfterRefusal::Stop), [true, false]);
    assert_eq!(read(AfterRefusal::GoOn), [true, false]);
    let text = "rulegate 1\nfeatures t { a : int64  check enough: row_count() >= 3 }";
    let few = batch(&[("a", &[1, 2])]);
    let whole = Gate::new(&validator(text, &few), Policy::Split).unwrap();
    let read: Vec<_> = GuardedReader::new(whole, [Ok(few)]).collect();
    assert!(read[0].is_ok() && read[1].as_ref().unwrap_err().to_string().contains("`t.enough` does not hold with 2"), "{read:?}");
}

#[test]
fn an_error_of_the_source_is_handed_on_and_ends_the_reading() {
    let source = [Ok(values(&[1])), Err(ArrowError::ParseError("line 7".to_owned())), Ok(values(&[2]))];
    let mut reader = GuardedReader::new(gate(Policy::Reject, AfterRefusal::GoOn), source);
    assert!(reader.next().unwrap().is_ok() && reader.next().unwrap().is_err() && reader.next().is_none());
    assert!(reader.finished().is_none(), "the end was not reached, so nothing of it is decided");
}

#[cfg(feature = "async")]
mod asynchronous {
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use futures_core::Stream;
    use rulegate::gate::GuardedStream;

    use super::*;

    /// Ready every other time it is asked.
    struct Slow(VecDeque<RecordBatch>, bool);

    impl Stream for Slow {
        type Item = Result<RecordBatch, ArrowError>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.1 = !self.1;
            if self.1 { Poll::Pending } else { Poll::Ready(self.0.pop_front().map(Ok)) }
        }
    }

    #[test]
    fn a_stream_gives_what_a_reader_gives() {
        let source = Slow([values(&[1, 12]), values(&[13]), values(&[3])].into(), false);
        let mut stream = GuardedStream::new(gate(Policy::Split, AfterRefusal::GoOn), source).on_decision(|_| Ok(()));
        let mut context = Context::from_waker(Waker::noop());
        let (mut read, mut pending) = (Vec::new(), 0);
        loop {
            match Pin::new(&mut stream).poll_next(&mut context) {
                Poll::Pending => pending += 1,
                Poll::Ready(Some(batch)) => read.extend(column(&batch.unwrap(), "a")),
                Poll::Ready(None) => break,
            }
        }
        assert_eq!((read, pending), (vec![1, 3], 4));
        assert_eq!(stream.finished().unwrap().totals.quarantined, 2);
    }
}
