//! Files that survive: one or several files that appear together, whole, or not at all.
//!
//! ```text
//!  begin ──▶ create ──▶ write … finish ──▶ publish: intent ──▶ renames ──▶ done
//!  locks,    temporary  hashed, synced     the manifest,       whoever     the manifest
//!  journals  beside     as it is written   synced: this is     looks sees  says so
//!            its target                    the commit point    old or new
//! ```
//!
//! At the door: [`Commit`], [`recover`], [`verify`], [`Manifest`]. A run that is killed before the intent is on disk has changed nothing, and its
//! temporaries are removed; one that is killed after it is finished. Either is done by the next run into the same targets, or by [`recover`].
//!
//! Where a ledger is to have the decision about the files ([`Commit::publish_recorded`]), its entry is the commit point: the intent is
//! complete and synced under its temporary name before, and gets its name after. A [`Witness`] tells of a killed run whether the entry is there.
//!
//! | name beside the target `x` | what it is | when it is there |
//! | --- | --- | --- |
//! | `.x.rulegate-lock` | held while a run writes `x`; says which files belong together | from [`Commit::begin`] until all is done |
//! | `.x.rulegate-tmp` | what will be `x` | from [`Commit::create`] until the rename |
//! | `x.manifest.json` | what was written: names, hashes, rows | from the commit point on; beside the first target |
//!
//! This room knows no Arrow and no rules. It touches the folders of its targets and nothing else, and removes only what it has written down
//! as its own. It reads locks and manifests as if someone hostile had written them.

mod begin;
mod digest;
mod disk;
mod error;
mod journal;
mod manifest;
mod names;
mod publish;
mod recover;
mod settle;
mod staged;
#[cfg(test)]
mod tests;
mod verify;
mod witness;

pub use begin::{Commit, Keep, Target};
pub use error::{Cause, CommitError};
pub use manifest::{FileEntry, Finished, InputEntry, LedgerPlace, Manifest, RowCounts, RuleSetEntry, State};
pub use names::MANIFEST_ENDING;
pub use recover::{Recovered, Recovery, recover, recover_with};
pub use settle::Settled;
pub use staged::{Staged, StagedFile};
pub use verify::{Checked, Verdict, Verified, manifests_of, verify};
pub use witness::Witness;
