//! The ledger: every decision on a line of its own, each chained to the one before by SHA-256, so that whoever alters, removes, inserts or
//! reorders one is found out.
//!
//! At the door: [`Ledger`], which appends to a file it is handed and checks it; [`verify`], which checks any bytes; [`Decision`], what is
//! written of a [`Report`](crate::report::Report). The form is described in `docs/ledger.md` well enough to be checked by another program.
//!
//! This room knows no Arrow and no rows: what it writes is counts, hashes, ids of rules and the names its caller gives. It reads no clock.

mod chain;
mod decision;
mod entry;
mod error;
mod file;
mod lines;
mod tail;

pub use chain::{Head, HeadError, Verified, verify};
pub use decision::{Decision, DecisionOutcome, Failing, Identity, OverrideLine, OverrideSummary, RuleCounts, RulesId};
pub use entry::is_hash;
pub use entry::{ENTRY_VERSION, Entry, Event, GENESIS, Moved, RulesChanged};
pub use error::{Flaw, FlawKind, LedgerError};
pub use file::{Ledger, sha256};
pub use lines::MAX_LINE_BYTES;
