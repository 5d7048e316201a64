//! `rulegate schema`: a block as a schema of another program.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use rulegate::RuleSet;
use rulegate::interchange::{Export, Residue, Target, export};

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output::{self, Format};
use crate::render::diagnostics::render;
use crate::render::text::{escape, wrapped};
use crate::render::{human, json};
use crate::rules;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(crate) struct Schema {
    /// The rule file
    #[arg(short, long, value_name = "FILE")]
    rules: PathBuf,

    /// The block, where the rules have several
    #[arg(short, long, value_name = "NAME")]
    block: Option<String>,

    /// What the schema is for
    #[arg(long = "for", value_name = "TARGET", default_value = "draft2020-12",
          value_parser = PossibleValuesParser::new(Target::all().map(|target| target.name)))]
    target: String,

    /// Value of a parameter of the rules; may be repeated
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = rules::parse_param)]
    params: Vec<(String, String)>,

    /// Writes what the schema does not say to a file, as JSON, rather than to stderr
    #[arg(long, value_name = "FILE")]
    residue: Option<PathBuf>,

    /// human: the schema alone on stdout; json: schema, carried and residue in one object
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Subcommand for Schema {
    const NAME: &'static str = "schema";
    const ABOUT: &'static str = "Exports a block as a JSON Schema, for a provider of models, or as an Arrow schema";
    const EXAMPLES: &'static str = "\
Targets: draft2020-12 (validators), openai, anthropic, gemini (structured outputs of the providers), arrow.

Rules that the target cannot say, or not wholly, are the residue: each with its place in the schema (a JSON pointer), what is lost and \
the id of the rule that still judges it here. Nothing is lost in silence.

Exit codes: 0 exported, 2 the block cannot be exported, or the rules have errors.

Examples:
  rulegate schema --rules mood.rules --for openai > mood.schema.json
  rulegate schema --rules mood.rules --for anthropic --residue residue.json
  rulegate schema --rules mood.rules --block mood --for gemini --format json";

    fn run(self) -> Result<Exit, Failure> {
        let rules = self.compile()?;
        let block = self.block(&rules)?;
        let target = Target::named(&self.target).ok_or_else(|| Failure::new(format!("there is no target `{}`", self.target)))?;
        let export = export(&rules, &block, target).map_err(|error| Failure::new(&error).help(error.help()))?;
        self.tell(&export, target)?;
        Ok(Exit::Holds)
    }
}

impl Schema {
    fn compile(&self) -> Result<RuleSet, Failure> {
        let compiled = rules::compile(&self.rules, &rules::params(&self.params)?)?;
        compiled.rule_set.ok_or_else(|| {
            let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
            output::stderr(&errors.map(|error| render(error, &compiled.sources, human::columns())).collect::<String>());
            Failure::new(format!("{}: the rules have errors: nothing was exported", self.rules.display())).help("mend them first")
        })
    }

    /// The block that was named; else the only one, or the only one that judges responses.
    fn block(&self, rules: &RuleSet) -> Result<String, Failure> {
        let blocks = rules.blocks();
        if let Some(name) = &self.block {
            let known: Vec<&str> = blocks.iter().map(|block| block.name.as_str()).collect();
            let unknown = || Failure::new(format!("the rules have no block `{name}`")).help(format!("they have {}", known.join(", ")));
            return if known.contains(&name.as_str()) { Ok(name.clone()) } else { Err(unknown()) };
        }
        let outputs: Vec<_> = blocks.iter().filter(|block| block.output).collect();
        match (blocks.as_slice(), outputs.as_slice()) {
            ([only], _) => Ok(only.name.clone()),
            (_, [only]) => Ok(only.name.clone()),
            ([], _) => Err(Failure::new(format!("{}: there is no block to export", self.rules.display())).help("write an `output` block")),
            _ => {
                let names: Vec<&str> = blocks.iter().map(|block| block.name.as_str()).collect();
                let what = format!("{}: there are several blocks: {}", self.rules.display(), names.join(", "));
                Err(Failure::new(what).help("name one with --block"))
            }
        }
    }

    fn tell(&self, export: &Export, target: &Target) -> Result<(), Failure> {
        match &self.residue {
            Some(path) => {
                let text = json::pretty(&export.residue)?;
                output::replace(path, text.as_bytes())?;
            }
            None if self.format == Format::Human => output::stderr(&residue(export, target, human::columns())),
            None => {}
        }
        match self.format {
            Format::Human => output::raw_stdout(&format!("{}\n", export.schema)),
            Format::Json => output::raw_stdout(&json::pretty(export)?),
        }
    }
}

/// What is lost, for people.
fn residue(export: &Export, target: &Target, columns: usize) -> String {
    if export.residue.is_empty() {
        return format!("Every rule is in the schema for {}.\n", target.name);
    }
    let rules: std::collections::HashSet<&String> = export.residue.iter().filter_map(|lost| lost.rule.as_ref()).collect();
    let (rules, are, they) = match rules.len() {
        1 => ("1 rule".to_owned(), "is", "it is"),
        count => (format!("{count} rules"), "are", "they are"),
    };
    let mut out = format!("{rules} {are} not in the schema for {}, or not wholly; {they} judged here:\n", target.name);
    for lost in &export.residue {
        out.push_str(&entry(lost, columns));
    }
    out
}

fn entry(lost: &Residue, columns: usize) -> String {
    let place = if lost.pointer.is_empty() { "the root" } else { &lost.pointer };
    let name = lost.rule.as_deref().unwrap_or("the schema");
    let mut out = format!("\n{} {} at {}\n", escape(name), lost.loss, escape(place));
    let mut line = |text: &str| {
        for part in wrapped(text, columns.saturating_sub(2)) {
            out.push_str(&format!("  {}\n", escape(&part)));
        }
    };
    if !lost.asks.is_empty() {
        line(&lost.asks);
    }
    line(&format!("why: {}", lost.why));
    out
}
