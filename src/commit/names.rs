//! Names of targets, and the names that stand beside them.

use std::path::{Component, Path, PathBuf};

/// What the names of manifests end in.
pub const MANIFEST_ENDING: &str = ".manifest.json";

const TEMPORARY_ENDING: &str = ".rulegate-tmp";
const LOCK_ENDING: &str = ".rulegate-lock";

/// A name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Its true path.
    pub folder: PathBuf,
    pub name: String,
}

impl Place {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    pub(super) fn temporary(&self) -> PathBuf {
        // Names with a leading dot are not taken for data.
        self.folder.join(format!(".{}{TEMPORARY_ENDING}", self.name))
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.folder.join(format!(".{}{LOCK_ENDING}", self.name))
    }

    pub(super) fn manifest(&self) -> Self {
        self.beside(format!("{}{MANIFEST_ENDING}", self.name))
    }

    /// The manifest of files that leave none when they are done.
    pub(super) fn passing_manifest(&self) -> Self {
        self.beside(format!(".{}.rulegate-intent", self.name))
    }

    pub(super) fn beside(&self, name: String) -> Self {
        Self { folder: self.folder.clone(), name }
    }

    /// How this place is written down in the folder `home`: by its name where it is there too, else in full.
    pub(super) fn written(&self, home: &Path) -> Option<String> {
        if self.folder == home { Some(self.name.clone()) } else { self.path().to_str().map(str::to_owned) }
    }

    /// Reads what [`Place::written`] gave; `None` for what it never gives.
    pub(super) fn read(text: &str, home: &Path) -> Option<Self> {
        if is_plain(text) {
            return Some(Self { folder: home.to_path_buf(), name: text.to_owned() });
        }
        let path = Path::new(text);
        let sound = path.is_absolute() && path.components().all(|part| !matches!(part, Component::ParentDir | Component::CurDir));
        let name = path.file_name()?.to_str()?;
        (sound && text.ends_with(name) && is_plain(name))
            .then(|| Self { folder: path.parent().unwrap_or(path).to_path_buf(), name: name.to_owned() })
    }
}

/// Whether a text names a file in the folder it stands in, and nothing outside.
pub(super) fn is_plain(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    let one = matches!((parts.next(), parts.next()), (Some(Component::Normal(name)), None) if name == text);
    one && !text.contains(['/', '\\', '\0'])
}

/// The name that a lock guards.
pub(super) fn locked_name(lock: &str) -> Option<&str> {
    lock.strip_prefix('.')?.strip_suffix(LOCK_ENDING).filter(|name| is_plain(name))
}

/// The name that a temporary would get.
pub(super) fn temporary_name(temporary: &str) -> Option<&str> {
    temporary.strip_prefix('.')?.strip_suffix(TEMPORARY_ENDING).filter(|name| is_plain(name))
}

/// Whether a name is one of those this room gives.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with('.') && [TEMPORARY_ENDING, LOCK_ENDING, ".rulegate-intent"].iter().any(|ending| name.ends_with(ending))
}
