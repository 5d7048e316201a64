//! On the disk of the machine: what is refused, and what is told of what others have left.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::commit::{Commit, CommitError, FileEntry, Finished, Keep, Manifest, Settled, State, Target, Verdict, recover, verify};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn targets(folder: &Path, names: &[&str]) -> Vec<Target> {
    names.iter().map(|name| Target::new(folder.join(name), "data")).collect()
}

fn write(targets: &[Target], text: &str) -> Result<Option<Manifest>, CommitError> {
    let mut commit = Commit::begin(targets, Keep::Manifest)?;
    let mut files = Vec::new();
    for index in 0..targets.len() {
        let mut file = commit.create(index)?;
        file.write_all(text.as_bytes()).unwrap();
        files.push(file.finish(None)?);
    }
    commit.publish(files, Finished::default())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A manifest that has committed and is not done, as a killed run leaves it, without locks.
fn intent(folder: &Path, first: &str, files: &[(&str, &[u8])]) {
    let mut entries = Vec::new();
    for (path, bytes) in files {
        let mut hasher = crate::commit::digest::Hasher::default();
        hasher.update(bytes);
        let digest = hasher.finish();
        entries.push(FileEntry { path: (*path).to_owned(), role: "data".into(), rows: None, bytes: digest.bytes, sha256: digest.sha256 });
    }
    let manifest = Manifest::intent(Finished::default(), entries);
    std::fs::write(folder.join(format!("{first}.manifest.json")), manifest.text()).unwrap();
}

#[test]
fn files_and_their_manifest_appear_and_nothing_else() {
    let folder = folder();
    let manifest = write(&targets(folder.path(), &["a", "b"]), "x").unwrap().unwrap();
    assert_eq!(names(folder.path()), ["a", "a.manifest.json", "b"]);
    let stored = Manifest::parse(&std::fs::read(folder.path().join("a.manifest.json")).unwrap()).unwrap();
    assert_eq!((stored.state, &stored), (State::Done, &manifest));
    assert!(verify(&folder.path().join("a.manifest.json"), &[]).unwrap().holds());
}

#[test]
fn what_is_not_a_file_of_its_own_is_no_target() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("folder")).unwrap();
    std::fs::write(at("file"), "old").unwrap();
    let mut refused = vec![vec!["folder"], vec!["a", "a"], vec!["a", "a.manifest.json"], vec![".x.rulegate-tmp"], vec![".."], vec![]];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        refused.push(vec!["link"]);
    }
    for names in refused {
        let error = write(&targets(folder.path(), &names), "x").unwrap_err();
        assert!(matches!(error, CommitError::Refused { .. }), "{names:?}: {error}");
    }
    let error = write(&targets(folder.path(), &["nowhere/a"]), "x").unwrap_err();
    assert!(matches!(error, CommitError::Io { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(at("file")).unwrap(), "old");
    assert!(names(folder.path()).iter().all(|name| !name.starts_with('.')), "{:?}", names(folder.path()));
}

#[test]
fn what_somebody_else_has_put_under_our_names_is_told_and_left_alone() {
    let folder = folder();
    std::fs::write(folder.path().join(".a.rulegate-tmp"), "mine").unwrap();
    let error = write(&targets(folder.path(), &["a"]), "x").unwrap_err();
    assert!(matches!(&error, CommitError::Refused { path, .. } if path.ends_with(".a.rulegate-tmp")), "{error}");
    assert_eq!(recover(folder.path()).unwrap().left.len(), 1);
    std::fs::write(folder.path().join("b.manifest.json"), "{\"my\": \"own\"}").unwrap();
    let error = write(&targets(folder.path(), &["b"]), "x").unwrap_err();
    assert!(matches!(error, CommitError::Damaged { .. }), "{error}");
    assert_eq!(names(folder.path()), [".a.rulegate-tmp", "b.manifest.json"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("b.manifest.json")).unwrap(), "{\"my\": \"own\"}");
}

#[test]
fn a_lock_that_says_nonsense_does_not_cost_a_file() {
    for text in [
        "",
        "{",
        "null",
        "{\"home\":{\"version\":1,\"manifest\":null,\"files\":[\"../a\"]}}",
        "{\"part\":{\"version\":1,\"home\":\"/nowhere/.x.rulegate-lock\"}}",
    ] {
        let folder = folder();
        std::fs::write(folder.path().join(".a.rulegate-lock"), text).unwrap();
        std::fs::write(folder.path().join(".a.rulegate-tmp"), "rows").unwrap();
        let found = recover(folder.path()).unwrap();
        assert_eq!((found.failed.len(), found.settled.len()), (1, 0), "{text}: {found:?}");
        assert!(write(&targets(folder.path(), &["a"]), "x").is_err(), "{text}");
        assert_eq!(std::fs::read_to_string(folder.path().join(".a.rulegate-tmp")).unwrap(), "rows", "{text}");
        // Without a temporary there is nothing to lose.
        std::fs::remove_file(folder.path().join(".a.rulegate-tmp")).unwrap();
        if !text.contains("..") {
            write(&targets(folder.path(), &["a"]), "x").unwrap();
            assert_eq!(names(folder.path()), ["a", "a.manifest.json"], "{text}");
        }
    }
}

#[test]
fn an_intent_without_locks_is_finished_where_hashes_agree() {
    let folder = folder();
    intent(folder.path(), "a", &[("a", b"new a"), ("b", b"new b")]);
    std::fs::write(folder.path().join(".a.rulegate-tmp"), "new a").unwrap();
    std::fs::write(folder.path().join("b"), "new b").unwrap();
    let found = recover(folder.path()).unwrap();
    assert_eq!(found.settled[0].settled, Settled::Finished, "{found:?}");
    assert_eq!(names(folder.path()), ["a", "a.manifest.json", "b"]);
}

#[test]
fn a_hostile_manifest_moves_nothing() {
    let (folder, victim) = (folder(), folder());
    let outside = victim.path().canonicalize().unwrap().join("x");
    std::fs::write(victim.path().join("x"), "precious").unwrap();
    std::fs::write(victim.path().join(".x.rulegate-tmp"), "evil").unwrap();
    let outside = outside.to_str().unwrap();
    let before = std::fs::read(victim.path().join(".x.rulegate-tmp")).unwrap();
    let wrong: [&[(&str, &[u8])]; 5] = [
        &[("a", b"x"), (outside, b"evil")],
        &[("a", b"x"), ("../x", b"evil")],
        &[("a", b"x"), ("a", b"x")],
        &[("a", b"other")],
        &[("a", b"x"), ("missing", b"y")],
    ];
    for files in wrong {
        intent(folder.path(), "a", files);
        std::fs::write(folder.path().join("a"), "old").unwrap();
        std::fs::write(folder.path().join(".a.rulegate-tmp"), "x").unwrap();
        let found = recover(folder.path()).unwrap();
        assert_eq!((found.failed.len(), found.settled.len()), (1, 0), "{files:?}: {found:?}");
        assert_eq!(std::fs::read_to_string(folder.path().join("a")).unwrap(), "old", "{files:?}");
        assert_eq!(std::fs::read(victim.path().join(".x.rulegate-tmp")).unwrap(), before);
        assert_eq!(std::fs::read_to_string(victim.path().join("x")).unwrap(), "precious");
        assert_eq!(names(folder.path()), [".a.rulegate-tmp", "a", "a.manifest.json"], "{files:?}");
    }
    std::fs::write(folder.path().join("a.manifest.json"), "{\"rulegate_manifest\": 1, \"files\": [").unwrap();
    assert!(matches!(recover(folder.path()).unwrap().failed.as_slice(), [CommitError::Damaged { .. }]));
}

#[test]
fn what_is_changed_or_missing_is_told() {
    let folder = folder();
    let manifest = folder.path().join("a.manifest.json");
    write(&targets(folder.path(), &["a", "b", "c"]), "rows").unwrap();
    std::fs::write(folder.path().join("a"), "rowS").unwrap();
    std::fs::remove_file(folder.path().join("b")).unwrap();
    let verdicts: Vec<Verdict> = verify(&manifest, &[]).unwrap().files.into_iter().map(|file| file.verdict).collect();
    assert!(matches!(verdicts.as_slice(), [Verdict::Differs(_), Verdict::Missing, Verdict::Same]), "{verdicts:?}");
}

#[test]
fn files_elsewhere_are_looked_at_where_they_are_named() {
    let (here, there) = (folder(), folder());
    let files = vec![Target::new(here.path().join("a"), "data"), Target::new(there.path().join("b"), "data")];
    write(&files, "x").unwrap();
    let manifest = here.path().join("a.manifest.json");
    let verdict = |named: &[PathBuf]| verify(&manifest, named).unwrap().files.remove(1).verdict;
    assert_eq!((verdict(&[]), verdict(&[there.path().join("b")])), (Verdict::Elsewhere, Verdict::Same));
    assert_eq!(names(there.path()), ["b"]);
}

#[test]
fn rows_that_do_not_add_up_are_no_manifest() {
    let text = |quarantined: u64| {
        let files = serde_json::json!([{"path": "a", "role": "clean", "rows": 2, "bytes": 0, "sha256": "0".repeat(64)}]);
        serde_json::json!({"rulegate_manifest": 1, "state": "done", "rulegate_version": "0", "ruleset": null, "trace_id": null,
            "inputs": [{"block": "t", "name": "in", "rows": 3}], "rows": {"input": 3, "clean": 2, "quarantined": quarantined}, "files": files})
        .to_string()
    };
    assert!(Manifest::parse(text(1).as_bytes()).is_ok());
    assert!(Manifest::parse(text(2).as_bytes()).unwrap_err().contains("are not the 3 rows"));
}

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_hands_on_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    std::fs::write(folder.path().join("a"), "old").unwrap();
    std::fs::set_permissions(folder.path().join("a"), std::fs::Permissions::from_mode(0o640)).unwrap();
    write(&[Target::new(folder.path().join("a"), "data"), Target::new(folder.path().join("b"), "data").private()], "x").unwrap();
    assert_eq!((mode("a"), mode("b")), (0o640, 0o600));
}
