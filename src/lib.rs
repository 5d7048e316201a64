//! Rulegate
#![allow(missing_docs, dead_code)]
pub mod compile;
pub mod diagnostics;
pub mod functions;
pub mod kernels;
pub mod source;
pub mod syntax;
pub mod types;
pub use compile::RuleSet;
