//! `rulegate check`: compiles rule files and tells what is wrong with them.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rulegate::compile::Compiled;
use rulegate::diagnostics::Diagnostic;
use rulegate::source::SourceMap;

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::overrides::{self, OverrideFile, Remark};
use crate::render::diagnostics::{overrides_remark, render};
use crate::render::text::escape;
use crate::render::{Checked, Form, human, json};
use crate::{diff, fix, rules};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Rule files, or folders with everything below that ends in .rules; those of `rulegate.toml`, or the current folder where left out
    #[arg(value_name = "FILE|DIR")]
    files: Vec<PathBuf>,

    /// Value of a parameter of the rules; may be repeated
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = rules::parse_param)]
    params: Vec<(String, String)>,

    /// A file of overrides that is to fit the rule file: rules enforced, in shadow or off, other severities, bounds and parameters
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,

    /// Makes the edits that are safe, writes the files and tells what was mended; guesses are left to you
    #[arg(long)]
    fix: bool,

    /// Writes nothing; shows what --fix would change, and nothing else
    #[arg(long, conflicts_with = "format")]
    diff: bool,

    /// Form of the diagnostics
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = Form::of_diagnostics())]
    format: &'static Form,
}

impl Subcommand for Check {
    const NAME: &'static str = "check";
    const ABOUT: &'static str = "Compiles rule files and tells what is wrong with them";
    const EXAMPLES: &'static str = "\
Exit codes: 0 no errors (warnings allowed), 1 errors, 2 a file could not be read.
With --diff: 0 --fix would change nothing, 1 it would, 2 a file could not be read.

Examples:
  rulegate check
  rulegate check tokens.rules
  rulegate check rules/ --format json
  rulegate check tokens.rules --param min_liquidity=5_000
  rulegate check tokens.rules --fix
  rulegate check tokens.rules --overrides overrides.toml
  rulegate check tokens.rules --fix --diff

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
        let files = rules::named(&self.files)?;
        let now = SystemTime::now();
        let overrides = self.overrides(&files, now)?;
        let params: Vec<_> = self.params.iter().cloned().chain(overrides.iter().flat_map(OverrideFile::params)).collect();
        let params = rules::params(&params)?;
        if self.diff {
            return preview(&files, &params);
        }
        let mut found = Found::default();
        let mut unread = false;
        for path in &files {
            match self.compiled(path, &params) {
                Ok(compiled) => found.add(path, &compiled, overrides.as_ref()),
                Err(failure) => {
                    failure.print();
                    unread = true;
                }
            }
        }
        if let Some(overrides) = &overrides {
            found.remark(overrides, &overrides.out_of_time(now));
        }
        if let Some(form) = self.format.diagnostics {
            output::stdout(&form(&found.told)?)?;
        }
        Ok(match (unread, found.told.errors) {
            (true, _) => Exit::NotDone,
            (false, 0) => Exit::Holds,
            (false, _) => Exit::Fails,
        })
    }
}

impl Check {
    /// Overrides are about the rules of one file.
    fn overrides(&self, files: &[PathBuf], now: SystemTime) -> Result<Option<OverrideFile>, Failure> {
        let Some(path) = &self.overrides else { return Ok(None) };
        if files.len() > 1 {
            return Err(Failure::new("--overrides is about one rule file").help("check the file it belongs to by itself"));
        }
        overrides::read(path, now).map(Some)
    }

    /// The file compiled; mended before, if that was asked for.
    fn compiled(&self, path: &Path, params: &BTreeMap<String, String>) -> Result<Compiled, Failure> {
        if !self.fix {
            return rules::compile(path, params);
        }
        let mended = fix::mend(path, params)?;
        mended.write(path)?;
        tell("fixed", path, &mended);
        Ok(mended.compiled)
    }
}

/// Shows what `--fix` would change.
fn preview(files: &[PathBuf], params: &BTreeMap<String, String>) -> Result<Exit, Failure> {
    let mut exit = Exit::Holds;
    for path in files {
        match fix::mend(path, params) {
            Ok(mended) if mended.made.is_empty() => {}
            Ok(mended) => {
                diff::show(&path.to_string_lossy(), &mended.before, &mended.after)?;
                tell("would fix", path, &mended);
                exit = if exit == Exit::Holds { Exit::Fails } else { exit };
            }
            Err(failure) => {
                failure.print();
                exit = Exit::NotDone;
            }
        }
    }
    Ok(exit)
}

/// Tells what was mended: on stderr, so that stdout is what it is without `--fix`.
fn tell(verb: &str, path: &Path, mended: &fix::Mended) {
    for made in &mended.made {
        output::stderr(&format!("{verb}: {}: {}\n", escape(&path.to_string_lossy()), escape(made)));
    }
}

/// Diagnostics of all files; those of an imported file once, however many files import it.
#[derive(Default)]
struct Found {
    seen: HashSet<(PathBuf, u32, u32, String)>,
    told: Checked,
}

impl Found {
    fn add(&mut self, path: &Path, compiled: &Compiled, overrides: Option<&OverrideFile>) {
        self.told.files.push(path.to_string_lossy().into_owned());
        let mut remarks = Vec::new();
        for diagnostic in &compiled.diagnostics {
            if let Some(remark) = overrides.and_then(|overrides| overrides.claim(diagnostic)) {
                remarks.push(remark);
            } else if self.seen.insert(identity(diagnostic, &compiled.sources)) {
                let told = &mut self.told;
                *(if diagnostic.is_error() { &mut told.errors } else { &mut told.warnings }) += 1;
                told.rendered.push_str(&render(diagnostic, &compiled.sources, human::columns()));
                told.entries.push(json::Entry::new(diagnostic, &compiled.sources));
            }
        }
        if let Some(overrides) = overrides {
            remarks.extend(compiled.rule_set.iter().filter_map(|rules| overrides.over(rules).err()).flatten());
            self.remark(overrides, &remarks);
        }
    }

    /// What is to be said of overrides stands among the diagnostics.
    fn remark(&mut self, overrides: &OverrideFile, remarks: &[Remark]) {
        let told = &mut self.told;
        for remark in remarks {
            *(if remark.is_error { &mut told.errors } else { &mut told.warnings }) += 1;
            told.rendered.push_str(&overrides_remark(remark, overrides, human::columns()));
            told.entries.push(json::Entry::of_override(remark, overrides));
        }
    }
}

fn identity(diagnostic: &Diagnostic, sources: &SourceMap) -> (PathBuf, u32, u32, String) {
    let name = PathBuf::from(sources.get(diagnostic.span.file).map_or("", |file| file.name.as_str()));
    let path = name.canonicalize().unwrap_or(name);
    (path, diagnostic.span.start, diagnostic.span.end, format!("{} {}", diagnostic.code.as_str(), diagnostic.message))
}
