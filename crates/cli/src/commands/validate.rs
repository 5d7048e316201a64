//! `rulegate validate`: judges data with the rules of a file.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rulegate::report::{Baseline, Report};
use rulegate::scan::{Delimiter, Envelope, Envelopes, Explanation, Run, ScanOptions, Source};
use rulegate::split::Split;
use rulegate::{BindOptions, RuleSet};

use super::Subcommand;
use crate::discover::{discover, is_pattern};
use crate::exit::{Exit, Failure};
use crate::logs::TraceContext;
use crate::output::{self, OutputFile};
use crate::overrides::{self, OverrideFile};
use crate::progress::Bar;
use crate::record::{self, Pending, Record};
use crate::render::diagnostics::{counts, render};
use crate::render::explanation;
use crate::render::human::{self, Least, Look};
use crate::render::place::Places;
use crate::render::text::escape;
use crate::render::{Form, Judged};
use crate::split::{Seen, Splitting, Written};
use crate::typed::{self, TypedFile};
use crate::{rules, scrape, threads};

/// Samples of a rule that are kept, and that the report for people shows, where nothing else is said.
const SAMPLES_KEPT: u16 = 5;
const SAMPLES_SHOWN: u16 = 3;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Validate {
    /// Data: files, folders (with everything below), patterns, or block=path
    #[arg(required = true, value_name = "DATA")]
    data: Vec<OsString>,

    /// The rule file
    #[arg(short, long, value_name = "FILE")]
    rules: PathBuf,

    /// Block that judges the data, where the rules have several; may be repeated
    #[arg(short, long = "block", value_name = "NAME")]
    blocks: Vec<String>,

    /// Value of a parameter of the rules; may be repeated
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = rules::parse_param)]
    params: Vec<(String, String)>,

    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = Form::of_reports())]
    format: &'static Form,

    /// Writes the report to a file as well, for example json=report.json; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT=PATH", value_parser = OutputFile::parse)]
    outputs: Vec<OutputFile>,

    /// Writes the rows that may land here, with values replaced where rules say so; the ending tells the format
    #[arg(long, value_name = "FILE")]
    clean: Option<PathBuf>,

    /// Writes the rows that are set aside here, with the file and row they are from and the rules they fail
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,

    /// Splits nothing where the data does not hold as a whole
    #[arg(long)]
    withhold: bool,

    /// Writes the typed values of the responses of an output block to a Parquet file, a row for each row of the data
    #[arg(long, value_name = "FILE", value_parser = typed::parse_path)]
    typed: Option<PathBuf>,

    /// Whether lines of JSON are a provider's batch results: auto, none, openai, anthropic or gemini
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = envelopes())]
    envelope: Envelopes,

    /// What separates the cells of CSV: a character such as ';', or tab
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = str::parse::<Delimiter>)]
    delimiter: Delimiter,

    /// Failing rows that are kept as samples for each rule; the report for people shows 3 of them, and all where more than 5 are asked for
    #[arg(long, value_name = "N", default_value_t = SAMPLES_KEPT, value_parser = clap::value_parser!(u16))]
    limit_samples: u16,

    /// Threads; all processors where left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Rules that judged no row, and nullable columns that are absent, fail the data too
    #[arg(long)]
    strict: bool,

    /// What now() is, in RFC 3339; the clock where left out
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    now: Option<SystemTime>,

    /// Rules the human report shows: error those that fail, warn also those that warn, were not judged or have failing rows, info all
    #[arg(long, value_enum, default_value_t = Least::Warn)]
    severity: Least,

    /// Shows passing rules too, as --severity info
    #[arg(long, conflicts_with = "severity")]
    all: bool,

    /// No progress, no warnings, and of the human report only the verdict
    #[arg(short, long)]
    quiet: bool,

    /// Gives up after this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    time_limit: Option<Duration>,

    /// Lets what Parquet footers say of smallest and largest values and of nulls settle rules; only for writers you trust
    #[arg(long)]
    trust_statistics: bool,

    /// Tells after the report how each rule was answered and why not in a cheaper way; on stderr unless the report is for people
    #[arg(long)]
    explain_plan: bool,

    /// A report saved with --output json=FILE: fails only on failures that are not known from it
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// A file of overrides: rules enforced, in shadow or off, other severities, bounds and parameters, each with who, when and why
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,

    /// Appends the decision to a ledger; files that were judged are read once more for their SHA-256
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,

    /// Goes into the report and the ledger as it is; that of the variable TRACEPARENT where left out
    #[arg(long, value_name = "ID")]
    trace_id: Option<String>,

    /// Answers GET /metrics at this address while the run goes on
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
}

impl Subcommand for Validate {
    const NAME: &'static str = "validate";
    const ABOUT: &'static str = "Judges data with the rules of a file";
    const EXAMPLES: &'static str = "\
Reads .parquet .pq .arrow .arrows .feather .ipc .jsonl .ndjson .csv. In folders, names that begin with `.` or `_` are passed over; \
folders named dt=2026-01-31 give a column dt. Several files under one block give one report. \
A file named block=path is judged by that block; write ./block=path for a file of that name.

In the human report, bars are logarithmic: full at 100%, a fifth shorter for each factor of ten.

A baseline is a report saved by an earlier run. A rule that fails is known from it if its failures that are not waived are no more than \
there, or no greater a share; rules that it does not have count fully.

--clean and --quarantine split the rows: those that fail a rule of severity error are set aside (or as its @on_fail says), all others \
are clean. Both files, their manifest and all --output files appear together, or none; `rulegate recover` ends what a killed run has begun. \
That a bound or a dataset check fails does not change where rows go: the exit code is 1, and the files are written unless --withhold is given.

--typed gives each row the columns input, row, key (the key columns, if the block has some), values (the fields of the block, normalised; \
the fallback where the row fails), status (strict, recovered, fallback or failed) and reason. The file stands under its name only when it is \
whole, whatever the verdict.

--envelope tells whether JSON lines are a provider's batch results, for output blocks. auto recognises them by the first line of a file, \
where there is no doubt, and the report says so; with a name, a line that is none is an error; none reads lines as they are.

Exit codes: 0 the data holds (warnings allowed), 1 it does not, 2 it could not be judged.

Examples:
  rulegate validate --rules tokens.rules tokens.parquet
  rulegate validate --rules tokens.rules 'data/dt=2026-*/' --param min_liquidity=5_000
  rulegate validate --rules shop.rules users=users.parquet orders=orders/ --format json
  rulegate validate --rules shop.rules --block users users.csv --output json=report.json --quiet
  rulegate validate --rules orders.rules orders.csv --delimiter ';'
  rulegate validate --rules tokens.rules tokens.parquet --clean clean.parquet --quarantine bad.parquet
  rulegate validate --rules tokens.rules tokens.parquet --trust-statistics --explain-plan
  rulegate validate --rules tokens.rules tokens/ --output prometheus=/var/lib/node_exporter/rulegate.prom
  rulegate validate --rules tokens.rules tokens/ --log-level info --log-format json --metrics-listen 127.0.0.1:9464
  rulegate validate --rules tokens.rules tokens.parquet --baseline report.json
  rulegate validate --rules mood.rules responses.jsonl --typed mood.parquet

  rulegate validate --rules tokens.rules tokens.parquet --overrides overrides.toml
  rulegate validate --rules tokens.rules tokens.parquet --ledger decisions.ledger";

    fn run(self) -> Result<Exit, Failure> {
        let (clock, started) = (SystemTime::now(), Instant::now());
        let now = self.now.unwrap_or(clock);
        let Some((rules, places)) = self.compile(now)? else { return Ok(Exit::NotDone) };
        let baseline = self.baseline.as_deref().map(read_baseline).transpose()?;
        let jobs = self.jobs(&rules)?;
        self.check_outputs(&jobs)?;
        self.metrics_listen.map_or(Ok(()), scrape::serve)?;
        let splitting = self.splitting(&jobs)?;
        let mut typed = self.typed_file(&rules, &jobs)?;
        let ledger = self.ledger.as_deref().map(Record::begin).transpose()?;
        threads::start(self.threads)?;
        let deadline = self.time_limit.and_then(|limit| started.checked_add(limit));
        let (mut reports, mut plans, mut decisions, mut stamps) = (Vec::new(), String::new(), Vec::new(), Vec::new());
        for job in &jobs {
            let started = Instant::now();
            if ledger.is_some() || splitting.is_some() {
                stamps = record::stamps(&job.sources)?;
            }
            let (mut report, explanation) = self.judge(&rules, job, now, deadline, typed.as_mut())?;
            report.elapsed_ms = Some(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
            report.started_at = Some(rfc3339(clock));
            report.trace_id = self.trace();
            report.baseline = baseline.as_ref().map(|baseline| baseline.compare(&report));
            // Imported files are known by full paths, which differ from machine to machine.
            report.ruleset.files = report.ruleset.files.iter().map(|name| rules::shown(name)).collect();
            if let Some(ledger) = &ledger {
                decisions.push(ledger.decision(&report, &job.sources, &stamps)?);
            }
            reports.push(report);
            plans.push_str(&explanation::render(&job.block, &explanation, human::columns()));
        }
        let mut pending = ledger.as_ref().map(|ledger| Pending { ledger, decisions, at: clock, trace_id: self.trace(), quiet: self.quiet });
        let aside = match (splitting, jobs.first()) {
            (Some(_), _) if self.withhold && !reports.iter().all(Report::holds) => Written::Withheld,
            (Some(splitting), Some(job)) => {
                let (bind, options) = (self.bind(job, now), self.scan(deadline));
                let split = Split { rules: &rules, bind: &bind, options: &options };
                let bar = Bar::new(self.quiet);
                let seen = Seen { sources: &job.sources, stamps: &stamps, reports: &reports };
                let written = splitting.run(&split, &seen, &bar, |file| self.rendered(file, &reports, &places), &mut pending);
                bar.clear();
                written?
            }
            _ => Written::Nothing,
        };
        // Before anything is told, so that no verdict is out without its entry. Where rows were split, the files and it came together.
        if let Some(mut pending) = pending {
            if aside.is_refused() {
                pending.refused();
            }
            pending.append().map_err(Failure::new)?;
        }
        typed.map(TypedFile::commit).transpose()?;
        self.tell(&reports, &places, &plans, aside)
    }
}

/// A block and the files it judges.
struct Job {
    block: String,
    sources: Vec<Source>,
    /// True paths of the sources.
    places: HashSet<PathBuf>,
}

impl Validate {
    /// The id that is given, or that of the caller's trace.
    fn trace(&self) -> Option<String> {
        self.trace_id.clone().or_else(|| TraceContext::of_caller().map(|context| context.trace_id))
    }

    /// The rules and where they stand; `None` if they have errors, which have been told.
    fn compile(&self, now: SystemTime) -> Result<Option<(RuleSet, Places)>, Failure> {
        let overrides = self.overrides.as_deref().map(|path| overrides::read(path, now)).transpose()?;
        let params: Vec<_> = self.params.iter().cloned().chain(overrides.iter().flat_map(OverrideFile::params)).collect();
        let compiled = rules::compile(&self.rules, &rules::params(&params)?)?;
        let mut text = String::new();
        let (mut errors, mut warnings) = (0, 0);
        for diagnostic in &compiled.diagnostics {
            *(if diagnostic.is_error() { &mut errors } else { &mut warnings }) += 1;
            if let (Some(overrides), Some(remark)) = (&overrides, overrides.as_ref().and_then(|overrides| overrides.claim(diagnostic))) {
                overrides.print(&[remark]);
            } else if diagnostic.is_error() || !self.quiet {
                text.push_str(&render(diagnostic, &compiled.sources, human::columns()));
            }
        }
        output::stderr(&text);
        if compiled.rule_set.is_none() {
            let what = format!("{}: {}: nothing was judged", self.rules.display(), counts(errors, warnings));
            Failure::new(what).help("mend the rules; `rulegate check` tells when they are sound").print();
        }
        let sources = compiled.sources;
        let effective = match (&overrides, compiled.rule_set) {
            (Some(overrides), Some(rules)) => overrides.over(&rules).inspect_err(|mistakes| overrides.print(mistakes)).ok(),
            (_, rules) => rules,
        };
        Ok(effective.map(|rules| {
            let places = Places::new(&rules, &sources);
            (rules, places)
        }))
    }

    /// Which block judges which files, in the order of the blocks in the rule file.
    fn jobs(&self, rules: &RuleSet) -> Result<Vec<Job>, Failure> {
        let known: Vec<String> = rules.blocks().into_iter().map(|block| block.name).collect();
        if let Some(unknown) = self.blocks.iter().find(|name| !known.contains(*name)) {
            return Err(Failure::new(format!("the rules have no block `{unknown}`")).help(format!("they have {}", known.join(", "))));
        }
        let mut jobs: Vec<Job> =
            known.iter().map(|block| Job { block: block.clone(), sources: Vec::new(), places: HashSet::new() }).collect();
        for argument in &self.data {
            let (block, found) = mapped(argument, &known)?;
            let judges = match block {
                Some(block) => vec![block],
                None => self.judges(&known, argument)?,
            };
            for job in jobs.iter_mut().filter(|job| judges.contains(&job.block)) {
                job.add(&found, self.quiet);
            }
        }
        jobs.retain(|job| !job.sources.is_empty());
        Ok(jobs)
    }

    /// The blocks that judge what is not mapped to one.
    fn judges(&self, known: &[String], argument: &OsString) -> Result<Vec<String>, Failure> {
        match (self.blocks.as_slice(), known) {
            ([], [only]) => Ok(vec![only.clone()]),
            ([], []) => Err(Failure::new(format!("{}: the rules have no block: nothing could be judged", self.rules.display()))
                .help("write one: `features tokens { token_id : int64 }`")),
            ([], several) => Err(Failure::new(format!("the rules have several blocks: {}", several.join(", "))).help(format!(
                "say which one judges `{}`: --block {first}, or {first}={0}",
                argument.display(),
                first = several.first().map_or("", String::as_str)
            ))),
            (named, _) => Ok(named.to_vec()),
        }
    }

    fn check_outputs(&self, jobs: &[Job]) -> Result<(), Failure> {
        let mut read: Vec<PathBuf> = jobs.iter().flat_map(|job| job.sources.iter().map(|source| source.path.clone())).collect();
        read.push(self.rules.clone());
        read.extend(self.baseline.iter().chain(&self.overrides).cloned());
        if let Some(ledger) = &self.ledger {
            record::check(ledger, &read)?;
            read.push(ledger.clone());
        }
        let mut places = Vec::new();
        let written = [&self.clean, &self.quarantine, &self.typed].into_iter().flatten().map(|path| OutputFile::at(path.clone()));
        for file in self.outputs.iter().cloned().chain(written) {
            file.check(&read)?;
            places.extend(file.place());
        }
        places.extend(self.ledger.iter().filter_map(|ledger| OutputFile::at(ledger.clone()).place().ok()));
        places.sort();
        match places.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            Some(_) => Err(Failure::new("two outputs go to one file").help("give each --output, --typed and --ledger a path of its own")),
            None => Ok(()),
        }
    }

    /// Locks the files that rows are split into, before any row is read; `None` where nothing is split.
    fn splitting(&self, jobs: &[Job]) -> Result<Option<Splitting>, Failure> {
        if self.clean.is_none() && self.quarantine.is_none() {
            return Ok(None);
        }
        if jobs.len() != 1 {
            let what = format!("--clean and --quarantine take the rows of one block, and {} judge data", jobs.len());
            return Err(Failure::new(what).help("run once for each block, with --block"));
        }
        Splitting::begin(self.clean.as_deref(), self.quarantine.as_deref(), &self.outputs).map(Some)
    }

    /// The file of typed values, if there is to be one: of one block's responses.
    fn typed_file(&self, rules: &RuleSet, jobs: &[Job]) -> Result<Option<TypedFile>, Failure> {
        match (&self.typed, jobs) {
            (Some(path), [job]) => TypedFile::create(path, rules, &job.block).map(Some),
            (Some(_), [_, ..]) => {
                let blocks: Vec<&str> = jobs.iter().map(|job| job.block.as_str()).collect();
                Err(Failure::new(format!("--typed writes the responses of one block, and {} judge the data", blocks.join(", ")))
                    .help("name one with --block, and run once for each"))
            }
            _ => Ok(None),
        }
    }

    fn bind(&self, job: &Job, now: SystemTime) -> BindOptions {
        BindOptions {
            block: Some(job.block.clone()),
            now: Some(now),
            samples: Some(usize::from(self.limit_samples)),
            ..BindOptions::default()
        }
    }

    fn scan(&self, deadline: Option<Instant>) -> ScanOptions {
        let (envelopes, delimiter) = (self.envelope, self.delimiter);
        ScanOptions { deadline, trust_statistics: self.trust_statistics, envelopes, delimiter, ..ScanOptions::default() }
    }

    fn judge(
        &self,
        rules: &RuleSet,
        job: &Job,
        now: SystemTime,
        deadline: Option<Instant>,
        typed: Option<&mut TypedFile>,
    ) -> Result<(Report, Explanation), Failure> {
        let mut run = Run::new(rules.clone(), self.bind(job, now), self.scan(deadline));
        let bar = Bar::new(self.quiet);
        let judged = match typed {
            Some(file) => run.add_all_typed(&job.sources, &bar, &mut |rows| file.write(&rows)),
            None => run.add_all(&job.sources, &bar),
        };
        bar.clear();
        // What a reader says ends in what to do.
        judged.map_err(Failure::new)?;
        let report = run.finish(self.strict).ok_or_else(|| Failure::new("no file was judged"))?;
        Ok((report, run.explanation().clone()))
    }

    /// Writes the report wherever it was asked for; files first, so that a verdict on stdout is never ahead of them.
    fn tell(&self, reports: &[Report], places: &Places, plans: &str, aside: Written) -> Result<Exit, Failure> {
        if !aside.has_outputs() {
            let texts = self.outputs.iter().map(|file| Ok((file, self.rendered(file, reports, places)?)));
            output::write_all(&texts.collect::<Result<Vec<_>, Failure>>()?)?;
        }
        let look = self.look(human::columns(), self.quiet, reports);
        output::stdout(&(self.format.reports)(&Judged { reports, places, look })?)?;
        match self.format.is_human() {
            _ if !self.explain_plan => {}
            true => output::stdout(&format!("\n{plans}"))?,
            false => output::stderr(plans),
        }
        if !self.quiet || aside.is_refused() {
            output::stderr(&aside.told());
        }
        Ok(if reports.iter().all(Report::holds) && !aside.is_refused() { Exit::Holds } else { Exit::Fails })
    }

    /// The text of an output file.
    fn rendered(&self, file: &OutputFile, reports: &[Report], places: &Places) -> Result<String, Failure> {
        let look = self.look(human::PAGE_COLUMNS, false, reports);
        (file.form.reports)(&Judged { reports, places, look })
    }

    fn look(&self, columns: usize, verdict_only: bool, reports: &[Report]) -> Look {
        let least = if self.all { Least::Info } else { self.severity };
        // Whoever asks for more than are kept anyway wants to see them.
        let samples = usize::from(if self.limit_samples > SAMPLES_KEPT { self.limit_samples } else { SAMPLES_SHOWN });
        Look { columns, least, verdict_only, several: reports.len() > 1, samples }
    }
}

impl Job {
    /// Adds files; one that is there already would be counted twice, and is not.
    fn add(&mut self, found: &[Source], quiet: bool) {
        for source in found {
            let place = source.path.canonicalize().unwrap_or_else(|_| source.path.clone());
            if self.places.insert(place) {
                self.sources.push(source.clone());
                // A run that wrote nothing leaves such a file, and no rows are no failure.
                if !quiet && source.path.metadata().is_ok_and(|about| about.len() == 0) {
                    output::stderr(&format!("warning: {}: the file is empty\n", escape(&source.name)));
                }
            } else if !quiet {
                output::stderr(&format!("warning: {} is named twice and judged once\n", escape(&source.name)));
            }
        }
    }
}

/// An argument's block, if it is mapped to one, and its files.
fn mapped(argument: &OsString, known: &[String]) -> Result<(Option<String>, Vec<Source>), Failure> {
    let parts = argument.to_str().and_then(|text| text.split_once('='));
    let Some((name, path)) = parts else { return Ok((None, discover(argument)?)) };
    if known.iter().any(|block| block == name) {
        return Ok((Some(name.to_owned()), discover(path.as_ref())?));
    }
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name && !is_pattern(path) && !std::path::Path::new(argument).exists() {
        let what = format!("there is no file `{}`, and the rules have no block `{name}`", argument.display());
        return Err(Failure::new(what).help(format!("they have {}", known.join(", "))));
    }
    Ok((None, discover(argument)?))
}

/// Reads the name of a provider.
fn envelopes() -> impl TypedValueParser<Value = Envelopes> {
    let names = ["auto", "none"].into_iter().chain(Envelope::all().iter().map(|envelope| envelope.name));
    PossibleValuesParser::new(names).map(|name| match name.as_str() {
        "none" => Envelopes::None,
        name => Envelope::named(name).map_or(Envelopes::Recognised, Envelopes::Of),
    })
}

/// Most bytes of a saved report that are read.
const MAX_BASELINE_BYTES: u64 = 256 << 20;

fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let failure = |reason: &dyn std::fmt::Display| {
        Failure::new(format!("{}: the baseline cannot be read: {reason}", path.display()))
            .help("give a report saved with --output json=FILE")
    };
    let mut text = String::new();
    let file = File::open(path).map_err(|error| failure(&error))?;
    file.take(MAX_BASELINE_BYTES + 1).read_to_string(&mut text).map_err(|error| failure(&error))?;
    if text.len() as u64 > MAX_BASELINE_BYTES {
        return Err(failure(&format!("it has more than {MAX_BASELINE_BYTES} bytes")));
    }
    Baseline::parse(&text).map_err(|error| failure(&error))
}

pub(super) fn parse_instant(text: &str) -> Result<SystemTime, String> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(time.into()),
        Err(_) => Err("write it in RFC 3339, for example 2026-01-31T00:00:00Z".to_owned()),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "write a number of seconds above 0, for example 90".to_owned())
}

fn rfc3339(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}
