//! A gate behind an asynchronous stream (feature `async`).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use futures_core::Stream;

use super::decision::Decision;
use super::flow::Flow;
use super::{Finished, Gate};

/// A stream of what passes, around a stream of batches; otherwise as [`GuardedReader`](super::GuardedReader).
///
/// A batch is judged where the stream is polled, on the pool of the caller, and takes as long as judging takes: a runtime that must not wait polls
/// it where waiting is allowed. The next batch is asked for only when what passes of the last one was taken.
#[derive(Debug)]
pub struct GuardedStream<'a, S> {
    flow: Flow<'a>,
    source: S,
}

impl<'a, S: Stream<Item = Result<RecordBatch, ArrowError>> + Unpin> GuardedStream<'a, S> {
    /// A stream behind a gate. A source that is not `Unpin` is pinned first (`Box::pin`).
    pub fn new(gate: impl Into<Arc<Gate>>, source: S) -> Self {
        Self { flow: Flow::new(gate.into()), source }
    }

    /// As [`GuardedReader::on_decision`](super::GuardedReader::on_decision).
    #[must_use]
    pub fn on_decision(mut self, handler: impl FnMut(&Decision) -> Result<(), ArrowError> + Send + 'a) -> Self {
        self.flow.handler = Some(Box::new(handler));
        self
    }

    /// What it has come to, once the last batch was read.
    #[must_use]
    pub fn finished(&self) -> Option<&Finished> {
        self.flow.finished.as_ref()
    }
}

impl<S: Stream<Item = Result<RecordBatch, ArrowError>> + Unpin> Stream for GuardedStream<'_, S> {
    type Item = Result<RecordBatch, ArrowError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.flow.ended {
            let item = match Pin::new(&mut this.source).poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(batch)) => this.flow.on_batch(batch),
                Poll::Ready(None) => this.flow.on_end(),
            };
            if item.is_some() {
                return Poll::Ready(item);
            }
        }
        Poll::Ready(None)
    }
}
