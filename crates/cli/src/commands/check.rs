//! `rulegate check`: compiles rule files and tells what is wrong with them.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use rulegate::compile::Compiled;
use rulegate::diagnostics::Diagnostic;
use rulegate::source::SourceMap;

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output::{self, Format};
use crate::render::diagnostics::{counts, render};
use crate::render::text::{escape, plural};
use crate::render::{human, json};
use crate::{fix, rules};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Rule files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Value of a parameter of the rules; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = rules::parse_param)]
    params: Vec<(String, String)>,

    /// Makes the edits that are safe, writes the files and tells what was mended; guesses are left to you
    #[arg(long)]
    fix: bool,

    /// Form of the diagnostics
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Subcommand for Check {
    const NAME: &'static str = "check";
    const ABOUT: &'static str = "Compiles rule files and tells what is wrong with them";
    const EXAMPLES: &'static str = "\
Exit codes: 0 no errors (warnings allowed), 1 errors, 2 a file could not be read.

Examples:
  rulegate check tokens.rules
  rulegate check rules/*.rules --format json
  rulegate check tokens.rules --param min_liquidity=5_000
  rulegate check tokens.rules --fix

A rule file:
  rulegate 1
  features tokens {
    key token_id
    token_id  : int64 unique
    gem_score : float64 between 0 and 100
    chain     : string in (\"ethereum\", \"solana\", \"base\")
    rule hot_tokens_are_liquid { when gem_score > 80 expect liquidity_usd >= 1_000 }
    liquidity_usd : float64 >= 0 @warn(0.1%) @error(2%)
  }";

    fn run(self) -> Result<Exit, Failure> {
        let params = rules::params(&self.params)?;
        let mut found = Found::default();
        let mut unread = false;
        for path in &self.files {
            match self.compiled(path, &params) {
                Ok(compiled) => found.add(&compiled),
                Err(failure) => {
                    failure.print();
                    unread = true;
                }
            }
        }
        match self.format {
            Format::Human => output::stdout(&found.human())?,
            Format::Json => output::stdout(&json::diagnostics(&found.entries)?)?,
        }
        Ok(match (unread, found.errors) {
            (true, _) => Exit::NotDone,
            (false, 0) => Exit::Holds,
            (false, _) => Exit::Fails,
        })
    }
}

impl Check {
    /// The file compiled; mended before, if that was asked for.
    fn compiled(&self, path: &Path, params: &BTreeMap<String, String>) -> Result<Compiled, Failure> {
        if !self.fix {
            return rules::compile(path, params);
        }
        let mended = fix::mend(path, params)?;
        // On stderr, so that stdout is what it is without `--fix`.
        for made in &mended.made {
            output::stderr(&format!("fixed: {}: {}\n", escape(&path.to_string_lossy()), escape(made)));
        }
        Ok(mended.compiled)
    }
}

/// Diagnostics of all files; those of an imported file once, however many files import it.
#[derive(Default)]
struct Found {
    seen: HashSet<(PathBuf, u32, u32, String)>,
    rendered: String,
    entries: Vec<json::Entry>,
    files: u64,
    errors: u64,
    warnings: u64,
}

impl Found {
    fn add(&mut self, compiled: &Compiled) {
        self.files += 1;
        for diagnostic in &compiled.diagnostics {
            if self.seen.insert(identity(diagnostic, &compiled.sources)) {
                *(if diagnostic.is_error() { &mut self.errors } else { &mut self.warnings }) += 1;
                self.rendered.push_str(&render(diagnostic, &compiled.sources, human::columns()));
                self.entries.push(json::Entry::new(diagnostic, &compiled.sources));
            }
        }
    }

    fn human(&self) -> String {
        format!("{}checked {}: {}\n", self.rendered, plural(self.files, "file"), counts(self.errors, self.warnings))
    }
}

fn identity(diagnostic: &Diagnostic, sources: &SourceMap) -> (PathBuf, u32, u32, String) {
    let name = PathBuf::from(sources.get(diagnostic.span.file).map_or("", |file| file.name.as_str()));
    let path = name.canonicalize().unwrap_or(name);
    (path, diagnostic.span.start, diagnostic.span.end, format!("{} {}", diagnostic.code.as_str(), diagnostic.message))
}
