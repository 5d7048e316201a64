//! Who tells whether a ledger has the decision about files that were being written when their run was killed.

use super::error::Cause;
use super::manifest::Manifest;

/// Reads the ledger that a manifest names ([`Manifest::ledger`]). The answer must not change any more once the run that asks is over.
pub trait Witness: Send + Sync {
    /// Whether it has the decision about the files of a manifest.
    ///
    /// # Errors
    /// Whatever keeps it from telling: nothing is finished or undone then.
    fn has(&self, manifest: &Manifest) -> Result<bool, Cause>;
}
