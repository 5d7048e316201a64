//! `rulegate fmt` as its users run it.

use std::path::PathBuf;

use tempfile::TempDir;

const UGLY: &str = "rulegate 1\nfeatures t { a:int64>=0 // share\n bb : string }\n";
const PRETTY: &str = "rulegate 1\n\nfeatures t {\n  a  : int64 >= 0  // share\n  bb : string\n}\n";
const BROKEN: &str = "rulegate 1\n\nfeatures t {\n  a:int64\n  b:string = =   1\n}\n";

struct Folder(TempDir);

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            std::fs::create_dir_all(folder.path(name).parent().unwrap()).unwrap();
            std::fs::write(folder.path(name), text).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn fmt(&self, args: &[&str], stdin: &str) -> Ran {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_rulegate"));
        let command = command.arg("fmt").args(args).current_dir(self.0.path()).env_remove("CLICOLOR_FORCE").write_stdin(stdin);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

#[test]
fn files_and_folders_are_rewritten_and_named() {
    let folder = Folder::new(&[
        ("a.rules", UGLY),
        ("deep/er/b.rules", UGLY),
        ("deep/fine.rules", PRETTY),
        ("deep/other.txt", UGLY),
        (".hidden/c.rules", UGLY),
    ]);
    let ran = folder.fmt(&[], "");
    assert_eq!((ran.code, ran.stdout.replace('\\', "/").as_str()), (Some(0), "a.rules\ndeep/er/b.rules\n"), "{}", ran.stderr);
    assert_eq!(ran.stderr, "2 of 3 files changed\n");
    assert_eq!((folder.read("a.rules").as_str(), folder.read("deep/er/b.rules").as_str()), (PRETTY, PRETTY));
    assert_eq!((folder.read("deep/other.txt").as_str(), folder.read(".hidden/c.rules").as_str()), (UGLY, UGLY));
    let again = folder.fmt(&["a.rules", "deep", "./a.rules"], "");
    assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (Some(0), "", "0 of 3 files changed\n"));
    let left: Vec<_> = std::fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "no temporary file is left: {left:?}");
}

#[test]
fn check_lists_what_would_change_and_writes_nothing() {
    let folder = Folder::new(&[("ugly.rules", UGLY), ("pretty.rules", PRETTY)]);
    let ran = folder.fmt(&["--check", "."], "");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(1), "ugly.rules\n", "1 of 2 files would change\n"));
    assert_eq!(folder.read("ugly.rules"), UGLY);
    assert_eq!(folder.fmt(&["--check", "pretty.rules"], "").code, Some(0));
}

#[test]
fn diff_shows_what_would_change_and_writes_nothing() {
    let folder = Folder::new(&[("ugly.rules", UGLY)]);
    let ran = folder.fmt(&["--diff"], "");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.stdout,
        "--- ugly.rules\n+++ ugly.rules\n@@ -1,3 +1,6 @@\n rulegate 1\n-features t { a:int64>=0 // share\n- bb : string }\n\
         +\n+features t {\n+  a  : int64 >= 0  // share\n+  bb : string\n+}\n"
    );
    assert_eq!(folder.read("ugly.rules"), UGLY);
}

#[test]
fn stdin_goes_to_stdout() {
    let folder = Folder::new(&[]);
    let ran = folder.fmt(&["-"], UGLY);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), PRETTY, ""));
    assert_eq!((folder.fmt(&["--check", "-"], UGLY).code, folder.fmt(&["--check", "-"], PRETTY).code), (Some(1), Some(0)));
    let both = folder.fmt(&["-", "a.rules"], UGLY);
    assert_eq!((both.code, both.stdout.as_str()), (Some(2), ""));
    assert!(both.stderr.contains("stands alone"), "{}", both.stderr);
}

#[test]
fn mistakes_are_told_and_the_rest_is_formatted() {
    let folder = Folder::new(&[("broken.rules", BROKEN), ("ugly.rules", UGLY)]);
    let ran = folder.fmt(&["broken.rules", "ugly.rules"], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), "broken.rules\nugly.rules\n"));
    assert_eq!(folder.read("broken.rules"), BROKEN.replace("a:int64", "a : int64"));
    assert_eq!(folder.read("ugly.rules"), PRETTY);
    for said in ["error[E0101]", "broken.rules:5:", "broken.rules: 1 place left as it is"] {
        assert!(ran.stderr.contains(said), "`{said}` is not in {}", ran.stderr);
    }
    // A mistake weighs more than a change.
    assert_eq!(folder.fmt(&["--check", "broken.rules"], "").code, Some(2));
}

#[test]
fn what_cannot_be_read_is_told_and_the_others_are_formatted() {
    let folder = Folder::new(&[("ugly.rules", UGLY)]);
    std::fs::write(folder.path("latin.rules"), b"rulegate 1\n// \xe9\n").unwrap();
    let ran = folder.fmt(&["absent.rules", "latin.rules", "ugly.rules"], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), "ugly.rules\n"));
    assert!(ran.stderr.contains("absent.rules: cannot be read") && ran.stderr.contains("line 2 is not UTF-8"), "{}", ran.stderr);
    let large = format!("rulegate 1\n{}", "// a comment\n".repeat(100_000));
    let ran = folder.fmt(&["-"], &large);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("more than 1048576"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new(&[("ugly.rules", UGLY), ("locked.rules", UGLY)]);
    std::fs::set_permissions(folder.path("ugly.rules"), PermissionsExt::from_mode(0o640)).unwrap();
    std::fs::set_permissions(folder.path("locked.rules"), PermissionsExt::from_mode(0o440)).unwrap();
    symlink("ugly.rules", folder.path("link.rules")).unwrap();
    assert_eq!(folder.fmt(&["link.rules"], "").code, Some(0));
    assert!(folder.path("link.rules").is_symlink());
    assert_eq!(folder.read("ugly.rules"), PRETTY);
    assert_eq!(folder.path("ugly.rules").metadata().unwrap().permissions().mode() & 0o777, 0o640);
    let ran = folder.fmt(&["locked.rules"], "");
    assert_eq!((ran.code, folder.read("locked.rules").as_str()), (Some(2), UGLY));
    assert!(ran.stderr.contains("may only be read"), "{}", ran.stderr);
}
