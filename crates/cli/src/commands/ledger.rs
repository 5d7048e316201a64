//! `rulegate ledger`: checks and shows the ledger of decisions.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use rulegate::ledger::{Decision, Entry, Event, Head, Ledger, LedgerError, Verified};
use serde_json::json;

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output::{self, Format};
use crate::render::decisions;
use crate::render::text::{escape, plural};

/// Arguments of `ledger`.
#[derive(Debug, clap::Args)]
pub(crate) struct Decisions {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Checks that every entry is as it was written and none is missing, and names the first that is not
    Verify(Verify),
    /// Shows the entries
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// The ledger
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// An entry noted down earlier, NUMBER:HASH or HASH: finds out whether the end was cut off since, or the whole replaced
    #[arg(long, value_name = "HEAD")]
    head: Option<Head>,

    /// Form of the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// The ledger
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only the last entries, this many
    #[arg(long, value_name = "N")]
    last: Option<usize>,

    /// Only decisions about a file of this SHA-256, judged or written; its first 8 digits or more are enough
    #[arg(long, value_name = "SHA256", value_parser = parse_digits)]
    about: Option<String>,

    /// Form of the entries; json gives each on a line of its own
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Fewest digits of a SHA-256 that stand for it.
const FEWEST_DIGITS: usize = 8;

fn parse_digits(text: &str) -> Result<String, String> {
    let fits = (FEWEST_DIGITS..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("give 8 to 64 hex digits, as `ledger show` and `sha256sum` print them".to_owned())
    }
}

impl Subcommand for Decisions {
    const NAME: &'static str = "ledger";
    const ABOUT: &'static str = "Checks and shows a ledger of decisions";
    const EXAMPLES: &'static str = "\
A ledger is written by `rulegate validate --ledger FILE`, and by programs that embed rulegate. Each entry has the hash of the one before, so \
an entry that is altered, missing, inserted or out of its place is found. Entries cut off at the end are found with --head: note down what \
`verify` prints somewhere else, and hand it in later.

Exit codes: 0 the chain holds, 1 it does not, 2 the ledger could not be read.

Examples:
  rulegate validate --rules tokens.rules tokens.parquet --ledger decisions.ledger
  rulegate ledger verify decisions.ledger
  rulegate ledger verify decisions.ledger --format json | jq -r .head > head.txt
  rulegate ledger verify decisions.ledger --head \"$(cat head.txt)\"
  rulegate ledger show decisions.ledger --last 5
  rulegate ledger show decisions.ledger --format json";

    fn run(self) -> Result<Exit, Failure> {
        match self.action {
            Action::Verify(verify) => verify.run(),
            Action::Show(show) => show.run(),
        }
    }
}

impl Verify {
    fn run(self) -> Result<Exit, Failure> {
        let verified = Ledger::at(&self.file).verify(self.head.as_ref());
        refuse_others(&self.file, verified.as_ref().err())?;
        match self.format {
            Format::Human => human(&self.file, verified),
            Format::Json => program(&self.file, verified),
        }
    }
}

/// Whether a decision is about a file whose SHA-256 begins so.
fn begins(decision: &Decision, digits: &str) -> bool {
    decision.inputs.iter().chain(&decision.outputs).any(|data| data.sha256.as_deref().is_some_and(|own| own.starts_with(digits)))
}

/// Bytes of a file that are looked through for an entry.
const LOOKED_THROUGH: u64 = 1 << 20;

/// Refuses a file without anything in it that looks like an entry: it is no ledger that somebody has altered.
fn refuse_others(file: &Path, error: Option<&LedgerError>) -> Result<(), Failure> {
    if !matches!(error, Some(LedgerError::Flawed { flaw, .. }) if flaw.seq == 0) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(LOOKED_THROUGH).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    if read.is_err() || text.contains("\"seq\"") || text.contains("\"hash\"") || text.contains("\"prev\"") {
        return Ok(());
    }
    Err(Failure::new(format!("{}: this is no ledger: nothing in it looks like an entry", file.display()))
        .help("name the file that `validate --ledger FILE` has written"))
}

fn human(file: &Path, verified: Result<Verified, LedgerError>) -> Result<Exit, Failure> {
    match verified {
        Ok(verified) => {
            let name = escape(&file.to_string_lossy()).into_owned();
            let head = verified.head.map_or_else(String::new, |head| format!("head: {head}\n"));
            let count = plural(verified.entries, "entry").replace("entrys", "entries");
            output::stdout(&format!("{name}: {count}, the chain holds\n{head}"))?;
            Ok(Exit::Holds)
        }
        Err(error @ LedgerError::Flawed { .. }) => {
            Failure::new(error).print();
            Ok(Exit::Fails)
        }
        Err(error) => Err(Failure::new(error)),
    }
}

fn program(file: &Path, verified: Result<Verified, LedgerError>) -> Result<Exit, Failure> {
    let file = file.to_string_lossy();
    let (answer, exit) = match verified {
        Ok(verified) => {
            let head = verified.head.map(|head| head.to_string());
            (json!({ "file": file, "holds": true, "entries": verified.entries, "head": head, "flaw": null }), Exit::Holds)
        }
        Err(LedgerError::Flawed { flaw, .. }) => {
            let told = json!({ "line": flaw.line, "entry": flaw.seq, "kind": flaw.kind, "what": flaw.what });
            (json!({ "file": file, "holds": false, "entries": null, "head": null, "flaw": told }), Exit::Fails)
        }
        Err(error) => return Err(Failure::new(error)),
    };
    output::raw_stdout(&format!("{answer}\n"))?;
    Ok(exit)
}

impl Show {
    fn run(self) -> Result<Exit, Failure> {
        let mut shown = std::collections::VecDeque::new();
        let walked = Ledger::at(&self.file).each(None, |entry| {
            if self.is_asked_for(entry) {
                shown.push_back(self.text(entry));
            }
            while self.last.is_some_and(|last| shown.len() > last) {
                shown.pop_front();
            }
        });
        refuse_others(&self.file, walked.as_ref().err())?;
        if let (Some(about), true) = (&self.about, shown.is_empty()) {
            // On stderr, so that stdout is the entries that there are: none.
            output::stderr(&format!("no decision is about {about}\n"));
        }
        let gap = if self.format == Format::Human { "\n" } else { "" };
        let text = Vec::from(shown).join(gap);
        match self.format {
            Format::Human => output::stdout(&text)?,
            Format::Json => output::raw_stdout(&text)?,
        }
        match walked {
            Ok(_) => Ok(Exit::Holds),
            // What stands before the flaw is shown; what follows cannot be relied on.
            Err(error @ LedgerError::Flawed { .. }) => {
                Failure::new(error).print();
                Ok(Exit::Fails)
            }
            Err(error) => Err(Failure::new(error)),
        }
    }

    fn is_asked_for(&self, entry: &Entry) -> bool {
        match (&self.about, &entry.event) {
            (None, _) => true,
            (Some(sha256), Event::Decision(decision)) => begins(decision, sha256),
            (Some(_), _) => false,
        }
    }

    fn text(&self, entry: &Entry) -> String {
        match self.format {
            Format::Human => decisions::human(entry),
            // The one form an entry has, with signs that a terminal would obey written as escapes.
            Format::Json => crate::render::json::harmless(serde_json::to_string(entry).unwrap_or_default()) + "\n",
        }
    }
}
