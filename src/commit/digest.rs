//! What tells one content from another: its length and its SHA-256.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

/// Length and hash of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digest {
    pub bytes: u64,
    /// In hexadecimal, as the manifest has it.
    pub sha256: String,
}

/// A digest in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct Hasher {
    bytes: u64,
    hash: Sha256,
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
    }

    pub(super) fn finish(self) -> Digest {
        let mut sha256 = String::with_capacity(64);
        for byte in self.hash.finalize() {
            // Writing to a string does not fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Digest { bytes: self.bytes, sha256 }
    }
}
