//! `rulegate recover`: ends what killed runs have begun in a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rulegate::commit::{Recovered, Settled, recover_with};

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::record::Ledgers;
use crate::render::text::escape;

/// Arguments of `recover`.
#[derive(Debug, clap::Args)]
pub(crate) struct Recover {
    /// The folder that files were being written to
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// Where the ledger is now, if it was moved since
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

impl Subcommand for Recover {
    const NAME: &'static str = "recover";
    const ABOUT: &'static str = "Finishes or undoes what a killed run was writing";
    const EXAMPLES: &'static str = "\
A run writes its files under temporary names, then a manifest, then gives the files their names. Killed before the manifest it has changed \
nothing, and its temporaries are removed; killed after it, its files get their names. A run with --ledger is finished where the ledger has \
its decision, and undone where not. The next run into the same files does the same. \
May be run at any time, and again; runs that are at work are left alone.

Exit codes: 0 nothing is left to do, 2 something could not be ended.

Examples:
  rulegate recover
  rulegate recover out/
  rulegate recover out/ --ledger archive/decisions.ledger";

    fn run(self) -> Result<Exit, Failure> {
        let recovery = recover_with(&self.folder, Arc::new(Ledgers { moved: self.ledger }))?;
        let mut text = String::new();
        for run in &recovery.settled {
            text.push_str(&told(run));
        }
        if recovery.settled.is_empty() && recovery.failed.is_empty() {
            text.push_str(&format!("nothing to recover in {}\n", shown(&self.folder)));
        }
        output::stdout(&text)?;
        for path in &recovery.left {
            output::stderr(&format!("warning: {}: no run is known that left this; it is left alone\n", shown(path)));
        }
        let is_done = recovery.failed.is_empty();
        for error in recovery.failed {
            Failure::from(error).print();
        }
        Ok(if is_done { Exit::Holds } else { Exit::NotDone })
    }
}

fn told(run: &Recovered) -> String {
    let files: Vec<String> = run.files.iter().map(|file| shown(file)).collect();
    match run.settled {
        Settled::Finished => format!("finished: {}\n", files.join(", ")),
        Settled::Undone => format!("undone, nothing had been changed: {}\n", files.join(", ")),
        Settled::Cleared => format!("over, only locks were left: {}\n", files.join(", ")),
    }
}

fn shown(path: &Path) -> String {
    escape(&path.display().to_string()).into_owned()
}
