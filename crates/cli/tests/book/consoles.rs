//! Consoles: commands that stand on a page, and what they say.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that consoles may run.
const KNOWN: &[&str] = &["rulegate", "cat", "cp", "echo", "grep", "head", "ls", "mkdir", "printf", "rm", "sed", "tail"];

/// A folder, and the exit code of what ran last in it.
pub(crate) struct Console {
    folder: PathBuf,
    code: i32,
}

/// What a console has said, commands included.
pub(crate) struct Said {
    pub(crate) text: String,
}

impl Console {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.canonicalize().unwrap(), code: 0 }
    }

    /// Runs the commands of a block, one after the other; gives what a terminal would show, and how many there were.
    pub(crate) fn run(&mut self, block: &str) -> (Said, usize) {
        let (mut text, mut commands) = (String::new(), 0);
        let mut lines = block.lines();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let mut command = command.to_owned();
            // A command goes on behind a backslash, as in a shell.
            while command.ends_with('\\') {
                command = format!("{command}\n{}", lines.next().unwrap_or_default());
            }
            commands += 1;
            text.push_str(&format!("$ {command}\n"));
            text.push_str(&self.said(&command));
        }
        assert!(commands > 0, "a console without a command: {block}");
        (Said { text }, commands)
    }

    /// Stdout and stderr, as they come.
    fn said(&mut self, command: &str) -> String {
        let program = command.split_whitespace().next().unwrap_or_default();
        assert!(KNOWN.contains(&program), "consoles do not run `{program}`");
        let binary = Path::new(env!("CARGO_BIN_EXE_rulegate"));
        // The words after `--` are the command's name and the code that `$?` is.
        let script = format!("exec 2>&1\n(exit {})\n{command}\n", self.code);
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", binary.parent().unwrap().display()))
            .env("HOME", &self.folder)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        self.code = output.status.code().unwrap_or(-1);
        let said = String::from_utf8_lossy(&output.stdout).replace(&format!("{}/", self.folder.display()), "");
        let said: String = said.lines().map(|line| format!("{}\n", normal(line).trim_end())).collect();
        let kept = said.trim_end_matches('\n');
        if kept.is_empty() { String::new() } else { format!("{kept}\n") }
    }
}

impl Said {
    /// Where it is not what the page shows.
    pub(crate) fn differs(&self, shown: &str) -> Option<String> {
        if self.text == shown {
            return None;
        }
        let at = shown.lines().zip(self.text.lines()).position(|(a, b)| a != b);
        let at = at.unwrap_or_else(|| shown.lines().count().min(self.text.lines().count()));
        let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
        Some(format!("line {} of the console is shown as `{}`, and is `{}`", at + 1, line(shown), line(&self.text)))
    }
}

/// A line without what differs from run to run: times, speeds, versions.
fn normal(line: &str) -> String {
    let version = format!("rulegate {}", env!("CARGO_PKG_VERSION"));
    let line = line.replace(&version, "rulegate 0.1.0");
    for unit in [" rows in ", " row in "] {
        let is_time = |after: &str| after.ends_with(" ms") || after.ends_with(" s") || after.ends_with(" rows/s)");
        if let Some((before, _)) = line.split_once(unit).filter(|(_, after)| is_time(after)) {
            return format!("{before}{unit}… ms");
        }
    }
    match line.rsplit_once(" (").filter(|(_, after)| after.strip_suffix(" s)").is_some_and(|time| time.parse::<f64>().is_ok())) {
        Some((before, _)) => format!("{before} (0.00 s)"),
        None => line,
    }
}
