//! What a lock says: which files belong together, so that whoever finds one of them after a kill finds all.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::names::{Place, is_plain, locked_name};

/// Most bytes of a lock that are read.
pub(super) const MAX_JOURNAL_BYTES: u64 = 1 << 20;

/// Most files of a commit.
pub(super) const MAX_FILES: usize = 256;

const VERSION: u32 = 1;

/// The text of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Journal {
    /// Of the first file: all files, and the name of the manifest that will list them.
    Home { version: u32, manifest: Option<String>, files: Vec<String> },
    /// Of every other file: the lock of the first.
    Part { version: u32, home: String },
}

impl Journal {
    /// `None` where the text is none that a run writes.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let journal: Self = serde_json::from_slice(bytes).ok()?;
        let (Self::Home { version, .. } | Self::Part { version, .. }) = &journal;
        (*version == VERSION).then_some(journal)
    }

    pub(super) fn text(&self) -> Vec<u8> {
        // A tree of strings always has a text.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Files that are committed together, the first of which gives the others a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub files: Vec<Place>,
    /// `None` where there is one file and no manifest is kept: its rename alone is the commit point.
    pub manifest: Option<Manifested>,
}

/// Where the manifest stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifested {
    pub place: Place,
    /// Whether it stays when all is done.
    pub kept: bool,
}

impl Group {
    /// The first file.
    pub(super) fn home(&self) -> Option<&Place> {
        self.files.first()
    }

    /// What the lock of each file is to say, the first file's first.
    pub(super) fn journals(&self) -> Option<Vec<(&Place, Journal)>> {
        let home = self.home()?;
        let files = self.files.iter().map(|file| file.written(&home.folder)).collect::<Option<Vec<_>>>()?;
        let manifest = self.manifest.as_ref().map(|manifest| manifest.place.name.clone());
        let mut journals = vec![(home, Journal::Home { version: VERSION, manifest, files })];
        let lock = home.lock();
        for file in self.files.iter().skip(1) {
            let lock = if file.folder == home.folder { lock.file_name()?.to_str()? } else { lock.to_str()? };
            journals.push((file, Journal::Part { version: VERSION, home: lock.to_owned() }));
        }
        Some(journals)
    }

    /// The files that the lock of `home` speaks of; `None` where it says what no run would.
    pub(super) fn read(home: &Place, manifest: Option<&str>, files: &[String]) -> Option<Self> {
        if files.len() > MAX_FILES || files.first() != Some(&home.name) {
            return None;
        }
        let files = files.iter().map(|file| Place::read(file, &home.folder)).collect::<Option<Vec<_>>>()?;
        let manifest = match manifest {
            None if files.len() == 1 => None,
            None => return None,
            Some(name) if name == home.manifest().name => Some(Manifested { place: home.manifest(), kept: true }),
            Some(name) if name == home.passing_manifest().name => Some(Manifested { place: home.passing_manifest(), kept: false }),
            Some(_) => return None,
        };
        Some(Self { files, manifest })
    }
}

/// The file whose lock a part points to.
pub(super) fn home_of(lock: &str, folder: &Path) -> Option<Place> {
    let lock = if is_plain(lock) { Place { folder: folder.to_path_buf(), name: lock.to_owned() } } else { Place::read(lock, folder)? };
    let name = locked_name(&lock.name)?.to_owned();
    Some(lock.beside(name))
}
