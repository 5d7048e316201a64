//! The protocol on a disk that can end at any call, and on the disk of the machine.

mod mem;
mod moments;
mod refusals;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mem::Mem;

use super::{Commit, CommitError, Finished, Keep, LedgerPlace, Target};

/// Files of one commit, and what was there before.
struct Scene {
    files: &'static [&'static str],
    keep: Keep,
    old: bool,
    /// Whether a ledger is to have an entry about them.
    ledger: bool,
}

const SCENES: &[Scene] = &[
    Scene { files: &["/a/clean", "/a/bad"], keep: Keep::Manifest, old: true, ledger: false },
    Scene { files: &["/a/clean", "/b/bad", "/a/report"], keep: Keep::Manifest, old: true, ledger: false },
    Scene { files: &["/a/clean", "/b/bad"], keep: Keep::Manifest, old: false, ledger: false },
    Scene { files: &["/a/clean", "/b/bad"], keep: Keep::Manifest, old: true, ledger: true },
    Scene { files: &["/a/clean"], keep: Keep::Manifest, old: false, ledger: true },
    Scene { files: &["/a/one", "/b/two"], keep: Keep::Nothing, old: true, ledger: false },
    Scene { files: &["/a/one"], keep: Keep::Nothing, old: true, ledger: false },
    Scene { files: &["/a/one"], keep: Keep::Nothing, old: false, ledger: false },
];

impl Scene {
    fn disk(&self) -> Arc<Mem> {
        let disk = Arc::new(Mem::default());
        ["/a", "/b", "/l"].iter().for_each(|folder| disk.folder(folder));
        if self.old {
            self.write(&disk, "old").expect("an empty disk takes files");
        }
        disk.put("/a/somebody", b"else");
        disk
    }

    fn write(&self, disk: &Arc<Mem>, text: &str) -> Result<(), CommitError> {
        let targets: Vec<Target> = self.files.iter().map(|file| Target::new(*file, "data")).collect();
        let mut commit = Commit::begin_on(Arc::clone(disk) as Arc<dyn super::disk::Disk>, &targets, self.keep)?;
        let mut staged = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let mut out = commit.create(index)?;
            for piece in [text, " ", file] {
                out.write_all(piece.as_bytes()).map_err(CommitError::io(Path::new(file), "be written"))?;
            }
            staged.push(out.finish(Some(3))?);
        }
        if !self.ledger {
            return commit.publish(staged, Finished::default()).map(|_| ());
        }
        let ledger = LedgerPlace { path: "/l/ledger".to_owned(), from: 0 };
        let finished = Finished { ledger: Some(ledger), ..Finished::default() };
        commit.publish_recorded(staged, finished, |manifest| Ok(disk.record(manifest)?)).map(|_| ())
    }

    /// Whether the disk holds all of this text and nothing besides what belongs there.
    fn holds(&self, disk: &Mem, text: Option<&str>) -> bool {
        let files = self.files.iter().all(|file| disk.get(file) == text.map(|text| format!("{text} {file}").into_bytes()));
        let manifest = PathBuf::from(format!("{}.manifest.json", self.files[0]));
        let listed = disk.get(manifest.to_str().unwrap()).map(|text| super::Manifest::parse(&text).unwrap());
        let sound = listed.is_none_or(|listed| {
            listed.state == super::State::Done && listed.files.iter().zip(self.files).all(|(entry, file)| disk.sha256(file) == entry.sha256)
        });
        // The ledger has an entry about them, and none about files that are not there.
        let told = disk.entries().iter().filter(|hash| **hash == disk.sha256(self.files[0])).count();
        let recorded = !self.ledger || text.is_none() || told == 1;
        files && sound && recorded && disk.get("/a/somebody").as_deref() == Some(b"else".as_slice())
    }

    /// Old or new, never anything between.
    fn which(&self, disk: &Mem) -> &'static str {
        let old = self.old.then_some("old");
        let entries = disk.entries().len();
        match () {
            () if self.holds(disk, Some("new")) && (!self.ledger || entries == 1 + usize::from(self.old)) => "new",
            () if self.holds(disk, old) && (!self.ledger || entries == usize::from(self.old)) => "old",
            () => panic!("neither old nor new: {disk:?}"),
        }
    }
}
