//! Rulegate
#![allow(missing_docs, dead_code)]
pub mod compile;
pub mod diagnostics;
pub(crate) mod eval;
pub mod functions;
pub mod host;
pub mod kernels;
pub(crate) mod plan;
pub mod report;
pub mod scan;
pub mod session;
pub mod source;
pub mod syntax;
pub mod types;
pub use compile::{Bound, RuleSet, Severity};
pub use session::{BatchVerdict, BindOptions, Error, Session, Validator};
pub use host::HostFunctions;
