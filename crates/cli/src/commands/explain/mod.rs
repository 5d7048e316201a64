//! `rulegate explain`: what a code, a rule, a function or a word of the language means.

mod topic;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

use rulegate::scan::{Run, ScanOptions};
use rulegate::source::SourceMap;
use rulegate::{BindOptions, RuleSet};

use super::Subcommand;
use crate::discover::discover;
use crate::exit::{Exit, Failure};
use crate::output::{self, Format};
use crate::progress::Bar;
use crate::render::diagnostics::render;
use crate::render::explained::{self, Topic};
use crate::render::{explanation, human, json};
use crate::{rules, threads};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// A code (E0301), a function, an attribute (@warn) or other word, a word of reports (vacuous); with --rules also a rule's id
    #[arg(value_name = "WHAT")]
    what: String,

    /// The rule file, to explain one of its rules
    #[arg(short, long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// Value of a parameter of the rules; may be repeated
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = rules::parse_param)]
    params: Vec<(String, String)>,

    /// Judges these files and tells which way answers the rule, and why no cheaper one; may be repeated
    #[arg(long, value_name = "DATA")]
    plan: Vec<OsString>,

    /// Form of the explanation
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Subcommand for Explain {
    const NAME: &'static str = "explain";
    const ABOUT: &'static str = "Tells what a code, a rule, a function or a word of the language means";
    const EXAMPLES: &'static str = "\
Exit codes: 0 explained, 2 nothing of that name is known, or a file could not be read.

Examples:
  rulegate explain E0301
  rulegate explain round
  rulegate explain @on_fail
  rulegate explain quarantine
  rulegate explain tokens.gem_score.range --rules tokens.rules
  rulegate explain tokens.gem_score.range --rules tokens.rules --plan tokens.parquet";

    fn run(self) -> Result<Exit, Failure> {
        if self.rules.is_none() && !(self.params.is_empty() && self.plan.is_empty()) {
            return Err(Failure::new("--param and --plan speak of a rule file").help("name it with --rules"));
        }
        let compiled = self.rules.is_some().then(|| self.compile()).transpose()?;
        let topics = topic::find(&self.what, compiled.as_ref().map(|(rules, sources)| (rules, sources)))?;
        let plan = match &compiled {
            Some((rules, _)) if !self.plan.is_empty() => Some(self.plan(rules, &topics)?),
            _ => None,
        };
        output::stdout(&match self.format {
            Format::Human => explained::human(&topics, plan.as_deref(), human::columns()),
            Format::Json => json::pretty(&explained::values(&topics, plan.as_deref()))?,
        })?;
        Ok(Exit::Holds)
    }
}

impl Explain {
    fn compile(&self) -> Result<(RuleSet, SourceMap), Failure> {
        let Some(path) = &self.rules else { return Err(Failure::new("no rule file was named").help("name one with --rules")) };
        let compiled = rules::compile(path, &rules::params(&self.params)?)?;
        let Some(rule_set) = compiled.rule_set else {
            let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
            output::stderr(&errors.map(|error| render(error, &compiled.sources, human::columns())).collect::<String>());
            return Err(Failure::new(format!("{}: these rules do not compile", path.display())).help("mend them first"));
        };
        Ok((rule_set, compiled.sources))
    }

    /// How the rule was answered over some data.
    fn plan(&self, rules: &RuleSet, topics: &[Topic]) -> Result<String, Failure> {
        let Some(rule) = topics.iter().find_map(|topic| if let Topic::Rule(rule) = topic { Some(rule) } else { None }) else {
            return Err(
                Failure::new(format!("`{}` is no rule, so no data answers it", self.what)).help("name a rule's id, or leave --plan out")
            );
        };
        threads::start(None)?;
        let bind = BindOptions { block: Some(rule.info.block.clone()), now: Some(SystemTime::now()), ..BindOptions::default() };
        let mut run = Run::new(rules.clone(), bind, ScanOptions::default());
        let mut sources = Vec::new();
        for data in &self.plan {
            sources.extend(discover(data)?);
        }
        let bar = Bar::new(false);
        let judged = run.add_all(&sources, &bar);
        bar.clear();
        judged.map_err(Failure::new)?;
        let mut found = run.explanation().clone();
        found.rules.retain(|ways| ways.id == rule.info.id);
        Ok(explanation::render(&rule.info.block, &found, human::columns()))
    }
}
