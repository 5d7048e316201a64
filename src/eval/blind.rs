//! Keys of redacted columns as a state may hold them: still equal where the values are, and no longer the values.

use sha2::{Digest, Sha256};

/// Bytes of a blind key: too many for two values to meet in one by chance.
const BYTES: usize = 16;

/// What all blind keys of a rule set begin with.
pub(crate) fn seed(rule_set_hash: &str) -> [u8; 32] {
    Sha256::digest(rule_set_hash).into()
}

/// What turns the keys of one rule into others. The same for all states of one rule set, so that they merge; another for every other
/// rule set and rule, so that keys cannot be compared between them.
///
/// It hides values from whoever comes across a state. Who has the rules can still guess a value and see whether its key is there.
#[derive(Debug, Clone)]
pub(crate) struct Blind {
    seed: [u8; 32],
}

impl Blind {
    /// For a rule of the rule set with this seed.
    pub(crate) fn new(rule_set: &[u8; 32], rule: &str) -> Self {
        Self { seed: Sha256::new().chain_update(rule_set).chain_update(rule).finalize().into() }
    }

    /// Puts the blind key in the place of the key.
    pub(crate) fn hide(&self, key: &mut Vec<u8>) {
        let digest = Sha256::new().chain_update(self.seed).chain_update(&*key).finalize();
        key.clear();
        key.extend(digest.iter().take(BYTES));
    }
}
