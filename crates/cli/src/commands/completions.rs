//! `rulegate completions`: completions for shells, and pages for `man`.

use std::path::PathBuf;

use clap_complete::Shell;

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell to complete for; its script goes to stdout
    #[arg(value_enum, required_unless_present = "man")]
    shell: Option<Shell>,

    /// Writes a page for each command into this folder instead
    #[arg(long, value_name = "FOLDER", conflicts_with = "shell")]
    man: Option<PathBuf>,
}

impl Subcommand for Completions {
    const NAME: &'static str = "completions";
    const ABOUT: &'static str = "Writes completions for a shell, or pages for man";
    const EXAMPLES: &'static str = "\
Examples:
  rulegate completions bash > ~/.local/share/bash-completion/completions/rulegate
  rulegate completions zsh > ~/.zfunc/_rulegate
  rulegate completions fish > ~/.config/fish/completions/rulegate.fish
  rulegate completions --man ~/.local/share/man/man1";

    fn run(self) -> Result<Exit, Failure> {
        if let Some(folder) = &self.man {
            clap_mangen::generate_to(super::cli(), folder).map_err(|error| {
                Failure::new(format!("{}: the pages cannot be written: {error}", folder.display())).help("make the folder first")
            })?;
        }
        if let Some(shell) = self.shell {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut super::cli(), "rulegate", &mut script);
            output::stdout(&String::from_utf8_lossy(&script))?;
        }
        Ok(Exit::Holds)
    }
}
