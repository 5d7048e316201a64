//! `rulegate lsp`: the language server, for editors.

use super::Subcommand;
use crate::exit::{Exit, Failure};

/// Arguments of `lsp`: none.
#[derive(Debug, clap::Args)]
pub(crate) struct Lsp {
    /// Talks over standard input and output, which it always does: some editors say so
    #[arg(long)]
    stdio: bool,
}

impl Subcommand for Lsp {
    const NAME: &'static str = "lsp";
    const ABOUT: &'static str = "Serves an editor: diagnostics, completion, hover, navigation over the Language Server Protocol";
    const EXAMPLES: &'static str = "\
Editors start it themselves and talk to it over standard input and output.

Exit codes: 0 the editor said goodbye, 1 it went away, 2 the server failed.

Example:
  rulegate lsp";

    fn run(self) -> Result<Exit, Failure> {
        let Self { stdio: _ } = self;
        match rulegate_lsp::run() {
            Ok(rulegate_lsp::Ended::Properly) => Ok(Exit::Holds),
            Ok(rulegate_lsp::Ended::Abruptly) => Ok(Exit::Fails),
            Err(error) => Err(Failure::new(format!("the language server ended: {error}"))),
        }
    }
}
