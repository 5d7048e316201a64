//! The commands, one file each: what a command is called, what it takes and what it does stand together.
//!
//! A new command is a new file and a line in [`ALL`].

mod check;
mod completions;
mod explain;
mod fmt;
mod import;
mod ledger;
mod lsp;
mod recover;
mod schema;
mod test;
mod validate;
mod verify;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::exit::{Exit, Failure};
use crate::logs;

/// Every command, in the order of the help.
const ALL: &[Definition] = &[
    define::<check::Check>(),
    define::<fmt::Fmt>(),
    define::<test::Test>(),
    define::<validate::Validate>(),
    define::<verify::Verify>(),
    define::<recover::Recover>(),
    define::<ledger::Decisions>(),
    define::<explain::Explain>(),
    define::<schema::Schema>(),
    define::<import::Import>(),
    define::<lsp::Lsp>(),
    define::<completions::Completions>(),
];

/// What each command says of itself.
pub(crate) trait Subcommand: Args + FromArgMatches {
    /// What it is called.
    const NAME: &'static str;
    /// One line on what it does.
    const ABOUT: &'static str;
    /// What the help ends with: examples, and whatever else a reader may need.
    const EXAMPLES: &'static str;

    /// Does it.
    fn run(self) -> Result<Exit, Failure>;
}

struct Definition {
    name: &'static str,
    build: fn() -> Command,
    run: fn(&ArgMatches) -> Result<Exit, Failure>,
}

const fn define<T: Subcommand>() -> Definition {
    Definition { name: T::NAME, build: build::<T>, run: run::<T> }
}

fn build<T: Subcommand>() -> Command {
    // Said last, so that comments on the arguments' type do not take its place.
    T::augment_args(Command::new(T::NAME)).about(T::ABOUT).long_about(None).after_help(T::EXAMPLES)
}

fn run<T: Subcommand>(matches: &ArgMatches) -> Result<Exit, Failure> {
    T::from_arg_matches(matches).map_err(|error| Failure::new(error.to_string().trim()))?.run()
}

/// The whole command line.
pub(crate) fn cli() -> Command {
    let command = Command::new("rulegate")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Validates data and LLM outputs with a typed rule language")
        .after_help(
            "Exit codes: 0 the data holds, 1 it does not, 2 the work could not be done.\n\n\
             Example:\n  rulegate validate --rules tokens.rules tokens.parquet",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(100)
        .arg(
            Arg::new("color")
                .long("color")
                .global(true)
                .value_name("WHEN")
                .value_parser(["auto", "always", "never"])
                .default_value("auto")
                .help("Colours: on a terminal unless NO_COLOR is set, always, or never"),
        )
        .subcommands(ALL.iter().map(|command| (command.build)()));
    logs::options(command)
}

/// Runs the command that was chosen.
pub(crate) fn dispatch(matches: &ArgMatches) -> Result<Exit, Failure> {
    match matches.get_one::<String>("color").map(String::as_str) {
        Some("always") => anstream::ColorChoice::Always.write_global(),
        Some("never") => anstream::ColorChoice::Never.write_global(),
        _ => {}
    }
    let (name, matches) = matches.subcommand().ok_or_else(|| Failure::new("no command was given").help("see `rulegate --help`"))?;
    match ALL.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(matches),
        None => Err(Failure::new(format!("there is no command `{name}`")).help("see `rulegate --help`")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound_and_every_command_has_an_example() {
        super::cli().debug_assert();
        for command in super::cli().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("rulegate {}", command.get_name())), "{}", command.get_name());
        }
    }
}
