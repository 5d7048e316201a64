//! Files read in order, for the typed values of their responses: batch after batch, so that what waits to be taken stays small.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use rayon::prelude::*;

use crate::session::{Input, Judged, Typed};

use super::{Progress, Run, ScanError, Source};

/// Takes typed rows: those of all files of a run, in order, in batches of one schema ([`RuleSet::typed_schema`](crate::RuleSet::typed_schema)).
///
/// An error is told as it is and ends the run.
pub type TakeTyped<'a> = dyn FnMut(RecordBatch) -> Result<(), String> + 'a;

/// Rows of a batch in memory whose typed values are made at a time by one thread.
pub(super) const TYPED_ROWS: usize = 8_192;

/// Where typed rows go.
pub(super) struct Taker<'a> {
    schema: SchemaRef,
    take: &'a mut TakeTyped<'a>,
}

impl Run {
    /// Judges files as [`Run::add_all`] does, and hands the typed values of their responses to `take`, of one reading. Files are read one
    /// after another and batches in order, each of them on all threads; nothing is proved without reading.
    ///
    /// # Errors
    /// [`ScanError`], as [`Run::add`]; [`ScanError::Bind`] also where the block is no `output` block or a file has no responses, and
    /// [`ScanError::Taken`] where `take` says no.
    pub fn add_all_typed<'a>(&mut self, sources: &[Source], progress: &dyn Progress, take: &'a mut TakeTyped<'a>) -> Result<(), ScanError> {
        let Some(first) = sources.first() else { return Ok(()) };
        let fail = |error| ScanError::Bind { file: first.name.clone(), source: error };
        let schema = self.rules.typed_schema(self.bind.block.as_deref()).map_err(fail)?;
        let mut taker = Some(Taker { schema, take });
        sources.iter().try_for_each(|source| self.add_to(source, progress, &mut taker))
    }
}

impl Taker<'_> {
    fn take(&mut self, source: &Source, typed: &Typed, first: u64) -> Result<(), ScanError> {
        let fail = |error| ScanError::Bind { file: source.name.clone(), source: error };
        let rows = typed.rows(&self.schema, &source.name, first).map_err(fail)?;
        (self.take)(rows).map_err(|reason| ScanError::Taken { reason })
    }
}

/// Some rows that were read together.
pub(super) struct Part<'a> {
    pub columns: &'a [ArrayRef],
    /// Of the columns.
    pub start: usize,
    pub rows: usize,
    /// The row of the input that the columns begin with.
    pub first: u64,
}

/// Judges parts side by side; their typed values are handed on in order, where somebody takes them.
pub(super) fn judge(input: &Input, source: &Source, parts: Vec<Part<'_>>, taker: &mut Option<Taker<'_>>) -> Result<Vec<Judged>, ScanError> {
    let Some(taker) = taker else {
        return Ok(parts.into_par_iter().map(|part| input.judge_range(part.columns, part.start, part.rows, part.first)).collect());
    };
    let fail = |error| ScanError::Bind { file: source.name.clone(), source: error };
    let judge = |part: Part<'_>| {
        let judged = input.judge_typed_range(part.columns, part.start, part.rows, part.first);
        judged.map(|(judged, typed)| (judged, typed, part.first + part.start as u64))
    };
    let judged = parts.into_par_iter().map(judge).collect::<Result<Vec<_>, _>>().map_err(fail)?;
    let mut out = Vec::with_capacity(judged.len());
    for (judged, typed, first) in judged {
        taker.take(source, &typed, first)?;
        out.push(judged);
    }
    Ok(out)
}
