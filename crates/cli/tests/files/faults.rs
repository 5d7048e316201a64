//! Full disks, limits, folders that cannot be written, inputs that vanish, two runs at once.

use std::process::{Command, Stdio};

use super::{Folder, RULES, Ran, names};

/// Rows of CSV that take some room.
fn csv(rows: usize) -> String {
    let row =
        |id: usize| format!("{id},{},{},note {:x}\n", if id % 3 == 0 { "tron" } else { "base" }, id % 120, id.wrapping_mul(2_654_435_761));
    format!("id,chain,score,note\n{}", (0..rows).map(row).collect::<String>())
}

fn folder(rows: usize) -> Folder {
    Folder::new(&[("t.rules", RULES), ("t.csv", &csv(rows)), ("out/clean.csv", "old clean\n"), ("out/bad.csv", "old bad\n")])
}

/// Nothing was changed and nothing is left.
fn is_untouched(folder: &Folder) {
    assert_eq!(folder.names("out"), ["bad.csv", "clean.csv"]);
    assert_eq!((folder.read("out/clean.csv").as_str(), folder.read("out/bad.csv").as_str()), ("old clean\n", "old bad\n"));
}

fn refused(ran: &Ran, said: &[&str]) {
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("error: ") && ran.stderr.contains(" help: "), "{ran:?}");
    said.iter().for_each(|text| assert!(ran.stderr.contains(text), "`{text}` is not in {ran:?}"));
}

/// Runs the command under a limit on the size of files; `signal` says what happens at the limit.
fn limited(folder: &Folder, blocks: u32, signal: &str) -> Ran {
    let script = format!(
        "{signal} ulimit -f {blocks}; exec \"$0\" validate --rules t.rules t.csv --clean out/clean.csv --quarantine out/bad.csv --quiet"
    );
    let mut command = Command::new("bash");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_rulegate")]).current_dir(folder.0.path());
    command.output().unwrap().into()
}

#[test]
fn a_file_that_may_not_grow_leaves_the_old_files_and_nothing_else() {
    let folder = folder(20_000);
    let ran = limited(&folder, 64, "trap '' XFSZ;");
    refused(&ran, &["cannot be written"]);
    is_untouched(&folder);
    // The signal that the limit sends by itself kills the run: recovery then.
    assert_eq!(limited(&folder, 64, "").code, None);
    assert!(names(&folder.path("out")).iter().any(|name| name.starts_with('.')));
    let ran = folder.run(&["recover", "out"]);
    assert!(ran.code == Some(0) && ran.stdout.starts_with("undone"), "{ran:?}");
    is_untouched(&folder);
}

#[test]
fn a_full_disk_leaves_the_old_files_and_nothing_else() {
    let folder = folder(20_000);
    let mounted = |size: &str| {
        let mut mount = Command::new("mount");
        let options = format!("size={size}");
        mount.args(["-t", "tmpfs", "-o", &options, "none"]).arg(folder.path("small")).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success())
    };
    std::fs::create_dir(folder.path("small")).unwrap();
    // Where nothing may be mounted, the limit on the size of files stands in for a full disk, above.
    for size in ["64k", "128k", "256k"].into_iter().take_while(|size| mounted(size)) {
        folder.write("small/clean.csv", "old");
        let ran = folder.split(&["t.csv"], "small/clean.csv", "out/bad.csv", &["--quiet"]);
        let left = (folder.names("small"), folder.read("small/clean.csv"));
        Command::new("umount").arg(folder.path("small")).status().unwrap();
        refused(&ran, &["No space left"]);
        assert_eq!(left, (vec!["clean.csv".to_owned()], "old".to_owned()), "{size}");
        is_untouched(&folder);
    }
}

#[test]
fn two_folders_on_two_file_systems_are_written_together() {
    let folder = folder(50);
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
    let bad = other.path().join("bad.csv");
    let ran = folder.split(&["t.csv"], "out/clean.csv", bad.to_str().unwrap(), &["--quiet"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(names(other.path()), ["bad.csv"]);
    let ran = folder.run(&["verify", "out/clean.csv.manifest.json", bad.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let alone = folder.run(&["verify", "out/clean.csv.manifest.json"]);
    assert!(alone.code == Some(2) && alone.stdout.contains("name it, too"), "{alone:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_any_row_is_read() {
    let folder = folder(5);
    // The rows are not sound: whoever reads them says so.
    folder.write("t.csv", "id,chain,score,note\n1,2\n");
    refused(&folder.split(&["t.csv"], "nowhere/clean.csv", "out/bad.csv", &[]), &["nowhere/clean.csv"]);
    refused(&folder.split(&["t.csv"], "t.rules/clean.csv", "out/bad.csv", &[]), &["t.rules/clean.csv"]);
    refused(&folder.split(&["t.csv"], "/proc/clean.csv", "out/bad.csv", &[]), &["/proc"]);
    refused(&folder.split(&["t.csv"], "out", "out/bad.csv", &[]), &["out: "]);
    refused(&folder.split(&["t.csv"], "out/clean.xlsx", "out/bad.csv", &[]), &["tells no format", ".parquet"]);
    refused(&folder.split(&["t.csv"], "out/clean.csv", "out/clean.csv", &[]), &["two outputs go to one file"]);
    refused(&folder.split(&["t.csv"], "t.csv", "out/bad.csv", &[]), &["would replace a file that is read"]);
    is_untouched(&folder);
}

#[test]
fn an_input_that_breaks_off_leaves_the_old_files() {
    let folder = folder(5);
    folder.write("broken.csv", &format!("{}x,y\n", csv(20_000)));
    let ran = folder.split(&["t.csv", "broken.csv"], "out/clean.csv", "out/bad.csv", &[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("broken.csv: line 20002"), "{ran:?}");
    is_untouched(&folder);
    let ran = folder.split(&["gone.csv"], "out/clean.csv", "out/bad.csv", &[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("gone.csv"), "{ran:?}");
    is_untouched(&folder);
}

#[test]
fn of_two_runs_into_one_file_one_is_refused_or_both_come_one_after_the_other() {
    let folder = folder(8_000);
    for _ in 0..4 {
        let args = ["validate", "--rules", "t.rules", "t.csv", "--quarantine", "out/bad.csv", "--quiet", "--clean"];
        let begin = |clean: &str| folder.command(&args).arg(clean).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let both = [begin("out/clean.csv"), begin("out/other.csv")];
        let ran = both.map(|child| Ran::from(child.wait_with_output().unwrap()));
        assert!(ran.iter().any(|ran| ran.code == Some(1)), "{ran:?}");
        for ran in ran.iter().filter(|ran| ran.code != Some(1)) {
            refused(ran, &["another run is writing this file"]);
        }
        assert!(!folder.names("out").iter().any(|name| name.starts_with('.')), "{:?}", folder.names("out"));
        assert_eq!(folder.run(&["verify", "out/bad.csv"]).code, Some(0));
    }
}

#[test]
fn a_damaged_manifest_is_told_and_costs_no_row() {
    let folder = folder(50);
    assert_eq!(folder.split(&["t.csv"], "out/clean.csv", "out/bad.csv", &["--quiet"]).code, Some(1));
    let (clean, manifest) = (folder.read("out/clean.csv"), folder.read("out/clean.csv.manifest.json"));
    for damaged in
        [&manifest[..manifest.len() / 2], &manifest.replace("\"clean\": ", "\"clean\": 1"), "", "{}", &manifest.replace("out", "../out")]
    {
        folder.write("out/clean.csv.manifest.json", damaged);
        let ran = folder.run(&["verify", "out/clean.csv.manifest.json"]);
        let is_other_path = damaged.contains("rulegate_manifest") && damaged.ends_with("}\n") && !damaged.contains("\"clean\": 1");
        assert!(is_other_path || ran.code == Some(2) && ran.stderr.contains("manifest"), "{ran:?}");
        assert_eq!(folder.read("out/clean.csv"), clean);
    }
    folder.write("out/clean.csv.manifest.json", &manifest.replace("\"done\"", "\"intent\""));
    let ran = folder.run(&["verify", "out/clean.csv"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("rulegate recover out"), "{ran:?}");
    assert_eq!(folder.run(&["recover", "out"]).code, Some(0));
    assert_eq!(folder.run(&["verify", "out/clean.csv"]).code, Some(0));
    let text = folder.read("out/bad.csv");
    folder.write("out/bad.csv", &text.replace("tron", "TRON"));
    let ran = folder.run(&["verify", "out/bad.csv"]);
    assert!(ran.code == Some(1) && ran.stdout.contains("✗ bad.csv"), "{ran:?}");
}

/// What a run leaves that is killed between its last rename and the removal of its locks.
#[test]
fn a_run_that_was_killed_after_it_was_done_is_not_told_to_be_undone() {
    let folder = folder(50);
    assert_eq!(folder.split(&["t.csv"], "out/clean.csv", "out/bad.csv", &["--quiet"]).code, Some(1));
    let before = folder.read("out/clean.csv");
    let home = r#"{"home":{"version":1,"manifest":"clean.csv.manifest.json","files":["clean.csv","bad.csv"]}}"#;
    folder.write("out/.clean.csv.rulegate-lock", home);
    folder.write("out/.bad.csv.rulegate-lock", r#"{"part":{"version":1,"home":".clean.csv.rulegate-lock"}}"#);
    let ran = folder.run(&["recover", "out"]);
    assert!(ran.code == Some(0) && ran.stdout.starts_with("over, only locks were left: "), "{ran:?}");
    assert_eq!((folder.names("out").len(), folder.read("out/clean.csv")), (3, before));
    assert_eq!(folder.run(&["verify", "out/clean.csv.manifest.json"]).code, Some(0));
}

#[test]
fn a_ledger_without_room_leaves_the_old_files_and_nothing_else() {
    let folder = folder(50);
    std::fs::create_dir(folder.path("small")).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(folder.path("small")).stderr(Stdio::null());
    if !mount.status().is_ok_and(|status| status.success()) {
        return;
    }
    let ledger = ["--ledger", "small/decisions.ledger", "--quiet"];
    let first = folder.split(&["t.csv"], "out/first.csv", "out/second.csv", &ledger);
    // What is left of the disk is filled up.
    let _ = std::fs::write(folder.path("small/filler"), vec![b'x'; 1 << 20]);
    let ran = folder.split(&["t.csv"], "out/clean.csv", "out/bad.csv", &ledger);
    let left = (folder.names("out"), folder.read("out/clean.csv"), folder.read("out/bad.csv"));
    std::fs::remove_file(folder.path("small/filler")).unwrap();
    let ledger_holds = folder.run(&["ledger", "verify", "small/decisions.ledger"]);
    let again = folder.split(&["t.csv"], "out/clean.csv", "out/bad.csv", &ledger);
    let verified = folder.run(&["verify", "out/clean.csv", "out/bad.csv", "--ledger", "small/decisions.ledger"]);
    Command::new("umount").arg(folder.path("small")).status().unwrap();
    assert_eq!((first.code, again.code, verified.code, ledger_holds.code), (Some(1), Some(1), Some(0), Some(0)), "{ran:?} {again:?}");
    // The ledger has no room within its last block at times; then the entry fits, and the files are there.
    if ran.code == Some(1) {
        return;
    }
    refused(&ran, &["the decision is not in the ledger, so nothing was written"]);
    let names = ["bad.csv", "clean.csv", "first.csv", "first.csv.manifest.json", "second.csv"].map(str::to_owned).to_vec();
    assert_eq!(left, (names, "old clean\n".to_owned(), "old bad\n".to_owned()));
}

/// A run that waits for its ledger is neither finished nor undone without it.
#[test]
fn a_run_whose_ledger_is_gone_is_left_alone_until_it_is_named() {
    let folder = folder(50);
    let ledger = ["--ledger", "l.ledger", "--quiet"];
    assert_eq!(folder.split(&["t.csv"], "out/clean.csv", "out/bad.csv", &ledger).code, Some(1));
    // As if it had been killed between the entry and the manifest's name.
    let intent = folder.read("out/clean.csv.manifest.json").replace("\"done\"", "\"intent\"");
    let (clean, bad) = (folder.read("out/clean.csv"), folder.read("out/bad.csv"));
    let killed = |folder: &Folder| {
        for name in ["clean.csv", "bad.csv", "clean.csv.manifest.json"] {
            let _ = std::fs::remove_file(folder.path(&format!("out/{name}")));
        }
        folder.write("out/.clean.csv.manifest.json.rulegate-tmp", &intent);
        folder.write("out/.clean.csv.rulegate-tmp", &clean);
        folder.write("out/.bad.csv.rulegate-tmp", &bad);
        let home = r#"{"home":{"version":1,"manifest":"clean.csv.manifest.json","files":["clean.csv","bad.csv"]}}"#;
        folder.write("out/.clean.csv.rulegate-lock", home);
        folder.write("out/.bad.csv.rulegate-lock", r#"{"part":{"version":1,"home":".clean.csv.rulegate-lock"}}"#);
    };
    killed(&folder);
    std::fs::rename(folder.path("l.ledger"), folder.path("moved.ledger")).unwrap();
    let before = folder.names("out");
    let ran = folder.run(&["recover", "out"]);
    refused(&ran, &["l.ledger", "cannot be asked", "--ledger FILE"]);
    refused(&folder.split(&["t.csv"], "out/clean.csv", "out/bad.csv", &ledger), &["cannot be asked"]);
    assert_eq!(folder.names("out"), before, "nothing was touched");
    let ran = folder.run(&["recover", "out", "--ledger", "moved.ledger"]);
    assert!(ran.code == Some(0) && ran.stdout.starts_with("finished: "), "{ran:?}");
    assert_eq!(folder.run(&["verify", "out/clean.csv", "out/bad.csv", "--ledger", "moved.ledger"]).code, Some(0));
    assert_eq!((folder.read("out/clean.csv"), folder.read("out/bad.csv")), (clean.clone(), bad.clone()));

    // A ledger without the entry: the run had not committed.
    killed(&folder);
    folder.write("other.ledger", "");
    let ran = folder.run(&["recover", "out", "--ledger", "other.ledger"]);
    assert!(ran.code == Some(0) && ran.stdout.starts_with("undone, nothing had been changed: "), "{ran:?}");
    assert_eq!(folder.names("out"), Vec::<String>::new());
}
