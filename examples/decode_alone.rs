//! Decodes every column of a Parquet file into Arrow and looks at nothing, and prints one JSON line: how much of a run is reading, for `benches/peers`.
//!
//! `decode_alone FILE`: row groups are decoded side by side, each by the reader of the `parquet` crate as it comes.

use std::error::Error;
use std::fs::File;
use std::time::Instant;

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use rayon::prelude::*;

/// What went wrong, from whichever thread.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let file = std::env::args().nth(1).ok_or("usage: decode_alone FILE")?;
    let start = Instant::now();
    let metadata = ArrowReaderMetadata::load(&File::open(&file)?, ArrowReaderOptions::new())?;
    let decode = |group: usize| -> Result<usize, Failure> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(&file)?, metadata.clone());
        let mut batches = builder.with_row_groups(vec![group]).with_batch_size(1 << 14).build()?;
        batches.try_fold(0, |rows, batch| Ok(rows + batch?.num_rows()))
    };
    let rows: usize = (0..metadata.metadata().num_row_groups()).into_par_iter().map(decode).sum::<Result<usize, Failure>>()?;
    let seconds = [start.elapsed().as_secs_f64()];
    println!(
        "{}",
        serde_json::json!({ "tool": "decode alone", "version": env!("CARGO_PKG_VERSION"), "seconds": seconds, "rows": rows, "counts": {} })
    );
    Ok(())
}
