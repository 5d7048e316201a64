//! `rulegate test`: runs the tests of rule files.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use rulegate::RuleSet;
use rulegate::compile::Compiled;
use rulegate::scan::FolderLoader;
use rulegate::source::{SourceMap, Span};
use rulegate::testing::{Options, mutate, run};

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output::{self, OutputFile};
use crate::render::diagnostics::render;
use crate::render::tested::{FileTested, Page};
use crate::render::text::plural;
use crate::render::{human, junit_tests, tested};
use crate::rules;

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Rule files, or folders with everything below that ends in .rules; those of `rulegate.toml`, or the current folder where left out
    #[arg(value_name = "FILE|DIR")]
    files: Vec<PathBuf>,

    /// Only tests with this text in their names
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Form of the results on stdout
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,

    /// Writes the results to a file as well, for example junit=tests.xml; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT=PATH", value_parser = Output::parse)]
    outputs: Vec<Output>,

    /// Files without a test are no mistake, as where a hook names whatever has changed
    #[arg(long)]
    allow_none: bool,

    /// Tells which rules no test has seen to pass, or to fail
    #[arg(long)]
    coverage: bool,

    /// Changes each rule a little, and tells which changes no test notices
    #[arg(long)]
    mutants: bool,

    /// What now() is, in RFC 3339; the clock where left out
    #[arg(long, value_name = "TIME", value_parser = super::validate::parse_instant)]
    now: Option<SystemTime>,

    /// Value of a parameter of the rules; may be repeated
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = rules::parse_param)]
    params: Vec<(String, String)>,
}

/// Forms of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people
    Human,
    /// For programs: everything, as JSON
    Json,
    /// For CI systems: JUnit XML
    Junit,
}

/// A file that results are to be written to.
#[derive(Debug, Clone)]
struct Output {
    form: Form,
    file: OutputFile,
}

impl Output {
    fn parse(text: &str) -> Result<Self, String> {
        let advice = "write it as format=path with a format of human, json, junit; for example junit=tests.xml";
        let (form, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or(advice)?;
        let form = <Form as clap::ValueEnum>::from_str(form, false).map_err(|_| advice)?;
        Ok(Self { form, file: OutputFile::at(path.into()) })
    }
}

impl Subcommand for Test {
    const NAME: &'static str = "test";
    const ABOUT: &'static str = "Runs the tests of rule files";
    const EXAMPLES: &'static str = "\
A test gives rows and says what the rules make of them; without --now, now() is the time of the run.

Exit codes: 0 every test passes, 1 some do not, 2 nothing could be tested, or a file has errors. What --coverage and --mutants find \
changes nothing about that.

Examples:
  rulegate test
  rulegate test tokens.rules
  rulegate test rules/ --filter liquidity --coverage
  rulegate test tokens.rules --mutants --now 2026-11-01T00:00:00Z
  rulegate test rules/ --output junit=tests.xml

A test in a rule file:
  test \"a hot token without liquidity is caught\" for token_features {
    given  valid with { gem_score: 91, liquidity_usd: 12 }    // from `example valid { … }` of the block
    expect fail hot_tokens_need_liquidity
  }";

    fn run(self) -> Result<Exit, Failure> {
        let started = Instant::now();
        let now = self.now.unwrap_or_else(SystemTime::now);
        let paths = rules::named(&self.files)?;
        let mut read: Vec<PathBuf> = paths.clone();
        read.extend(self.files.iter().cloned());
        self.outputs.iter().try_for_each(|output| output.file.check(&read))?;
        let params = rules::params(&self.params)?;
        let (mut files, mut broken) = (Vec::new(), 0_u64);
        for path in &paths {
            let compiled = rules::compile(path, &params)?;
            match &compiled.rule_set {
                Some(rules) => files.push(self.test(path, rules, &compiled, now)),
                None => {
                    broken += 1;
                    tell_errors(path, &compiled);
                }
            }
        }
        let page = Page { files, broken, seconds: started.elapsed().as_secs_f64(), coverage: self.coverage, mutants: self.mutants };
        self.tell(&page)?;
        self.verdict(&page)
    }
}

impl Test {
    fn test(&self, path: &Path, rules: &RuleSet, compiled: &Compiled, now: SystemTime) -> FileTested {
        let loader = FolderLoader::for_entry(path);
        let options = Options { filter: self.filter.clone(), now: Some(now), rows: Some(&loader), ..Options::default() };
        let tested = run(rules, &options);
        let mutants = if self.mutants && !tested.tests.is_empty() { mutate(rules, &options) } else { Vec::new() };
        let lines = tested.tests.iter().map(|test| line_column(&compiled.sources, test.span)).collect();
        FileTested { name: path.to_string_lossy().into_owned(), tested, mutants, lines }
    }

    fn tell(&self, page: &Page) -> Result<(), Failure> {
        let shown = |form: Form, columns: usize| match form {
            Form::Human => Ok(tested::human(page, columns)),
            Form::Json => tested::json(page),
            Form::Junit => junit_tests::render(page),
        };
        for output in &self.outputs {
            output.file.write(&shown(output.form, human::PAGE_COLUMNS)?)?;
        }
        output::stdout(&shown(self.format, human::columns())?)
    }

    fn verdict(&self, page: &Page) -> Result<Exit, Failure> {
        if page.broken > 0 {
            return Ok(Exit::NotDone);
        }
        if page.tests() == 0 && self.allow_none && page.left_out() == 0 {
            return Ok(Exit::Holds);
        }
        if page.tests() == 0 {
            return Err(match &self.filter {
                Some(text) if page.left_out() > 0 => {
                    Failure::new(format!("no test has `{text}` in its name")).help("give a part of a name")
                }
                _ => Failure::new("there is no test").help(
                    "write `test \"what it shows\" for block { given { … } expect … }` in a rule file; --allow-none where there need be none",
                ),
            });
        }
        Ok(if page.failed() == 0 { Exit::Holds } else { Exit::Fails })
    }
}

fn tell_errors(path: &Path, compiled: &Compiled) {
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    let text: String = errors.iter().map(|diagnostic| render(diagnostic, &compiled.sources, human::columns())).collect();
    output::stderr(&text);
    let what = format!("{}: {}: none of its tests was run", path.display(), plural(errors.len() as u64, "error"));
    Failure::new(what).help("mend the rules; `rulegate check` tells when they are sound").print();
}

fn line_column(sources: &SourceMap, span: Span) -> (u32, u32) {
    sources.get(span.file).map_or((1, 1), |file| {
        let at = file.line_column(span.start);
        (at.line, at.column)
    })
}
