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
