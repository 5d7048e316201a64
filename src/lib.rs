//! Rulegate judges Apache Arrow data by rules that people can read, before bad data lands.
//!
//! A `.rules` file declares what a batch must hold. It is compiled once, bound to a schema, and run over batches: every rule
//! gives exact counts of rows that passed, failed, or say nothing, and every row a verdict.
//!
//! ```text
//!  .rules text ──compile──▶ RuleSet ──bind(schema)──▶ Validator ──validate(batch)──▶ BatchVerdict
//!      │                    typed,                    physical plan,                 counts, masks,
//!      ▼                    no data                   Send + Sync                    passing / failing rows
//!  Diagnostics                                            │
//!                                                         └──session──▶ Session ──finish──▶ Report
//!                                                                       many batches,       every rule,
//!                                                                       mergeable           JSON Schema
//! ```
//!
//! # Example
//! Compile, bind, validate, and split a batch into the rows that pass and the rows that fail:
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
//! use rulegate::RuleSet;
//!
//! let text = r#"
//! rulegate 1
//! features tokens {
//!   key symbol
//!   symbol    : string  length between 1 and 12
//!   gem_score : float64 between 0 and 100
//! }"#;
//! let compiled = RuleSet::compile("tokens.rules", text, &Default::default());
//! assert!(compiled.diagnostics.is_empty());
//! let rules = compiled.rule_set.expect("no diagnostic is an error");
//!
//! let batch = RecordBatch::try_from_iter([
//!     ("symbol", Arc::new(StringArray::from(vec!["ETH", "SOL", "PEPE"])) as ArrayRef),
//!     ("gem_score", Arc::new(Float64Array::from(vec![Some(91.5), Some(104.2), None])) as ArrayRef),
//! ])?;
//! let validator = rules.bind(&batch.schema())?;
//! let verdict = validator.validate(&batch)?;
//! assert_eq!(verdict.rows_failed(), 2);
//!
//! let (passing, failing) = verdict.split(&batch)?;
//! assert_eq!((passing.num_rows(), failing.num_rows()), (1, 2));
//!
//! let range = verdict.counts().iter().find(|rule| rule.id == "tokens.gem_score.range").expect("declared above");
//! // 104.2 fails the range; the missing value is the failure of `required`, and unknown here.
//! assert_eq!((range.passed, range.failed, range.unknown), (1, 1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What stands where
//! * [`RuleSet`]: compiled rules; [`diagnostics`] tell what is wrong with a file, with code, place and cure.
//! * [`Validator`] and [`BatchVerdict`]: rules bound to a schema, and what they say of one batch.
//! * [`Session`]: folds batches and inputs, decides bounds and dataset checks, gives a [`report::Report`].
//! * [`testing`]: runs the tests of a rule file, and tells what they leave untested.
//! * [`gate`]: between a producer of batches and a store: every write judged, rows passed, replaced or set aside.
//! * [`HostFunctions`]: functions of your program that rules may call.
//! * [`scan`]: whole files (Parquet, Arrow IPC, JSON lines, CSV), read as if someone hostile had written them.
//! * [`commit`]: files that appear together, whole, or not at all; recovery after a kill.
//! * [`split`]: files in, a clean and a quarantine file out.
//! * [`functions`]: the library of the language, one file each.
//! * [`interchange`]: blocks as JSON Schema for validators and model providers, and rules from JSON Schema.
//! * [`mod@format`]: rule files in canonical layout.
//! * [`telemetry`]: spans, events and counters for the monitoring of your program.
//! * [`ledger`]: every decision in an append-only file that tells whoever alters it.
//! * [`live`]: rules that are replaced while they judge, without a moment without any.
//! * [`safety`]: one text looked through for secrets, personal data and attacks, without rules.
//!
//! The library prints nothing, reads no clock and no environment, and opens no file it is not handed; it runs on the rayon pool of
//! its caller. No input makes it panic: rules give diagnostics, data gives counts, the world gives an [`Error`].

pub mod commit;
pub mod compile;
mod detectors;
pub mod diagnostics;
mod eval;
pub mod format;
pub mod functions;
pub mod gate;
mod host;
pub mod interchange;
pub mod kernels;
pub mod ledger;
pub mod live;
mod outputs;
mod plan;
pub mod report;
pub mod safety;
pub mod scan;
mod session;
pub mod source;
mod spans;
pub mod split;
pub mod syntax;
pub mod telemetry;
pub mod testing;
pub mod types;

pub use compile::{Bound, CompileOptions, Compiled, RuleSet, Severity};
pub use host::{HostClosure, HostFunction, HostFunctions};
pub use session::{
    BatchVerdict, BindOptions, DEFAULT_SAMPLES, Error, FailedRule, Input, Judged, ResponseFailure, ResponseVerdict, RowFailure, RowOutcome,
    RowValidator, RowValue, RowVerdict, RuleCounts, Session, SessionState, Typed, Validator,
};

/// The README's examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So are those of the book.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
struct Book;

/// And those of pages that stand by themselves.
#[cfg(doctest)]
#[doc = include_str!("../docs/ledger.md")]
#[doc = include_str!("../docs/overrides.md")]
struct Pages;
