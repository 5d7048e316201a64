//! Files of overrides: TOML in, the library's structures out, and each mistake at its line.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, Utc};
use rulegate::RuleSet;
use rulegate::compile::{Mode, Override, OverrideError, OverridePlace, Overrides, ParamOverride, Severity};
use rulegate::diagnostics::{Code, Diagnostic};
use serde::Deserialize;
use toml::Spanned;

use crate::exit::Failure;

/// More than this is no file of overrides.
const MAX_BYTES: u64 = 1 << 20;

/// A file of overrides.
pub(crate) struct OverrideFile {
    pub(crate) name: String,
    pub(crate) text: String,
    /// What each of them names, in the text.
    rules: Vec<Range<usize>>,
    params: Vec<Range<usize>>,
    pub(crate) overrides: Overrides,
}

/// Something that is to be said of an override.
pub(crate) struct Remark {
    pub(crate) is_error: bool,
    pub(crate) what: String,
    pub(crate) help: String,
    /// Where in the text.
    pub(crate) place: Range<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default, rename = "override")]
    rules: Vec<RuleForm>,
    #[serde(default, rename = "param")]
    params: Vec<ParamForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleForm {
    rule: Spanned<String>,
    mode: Option<Mode>,
    severity: Option<Severity>,
    tolerate: Option<rulegate::Bound>,
    who: String,
    when: Day,
    why: String,
    until: Option<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamForm {
    name: Spanned<String>,
    value: String,
    who: String,
    when: Day,
    why: String,
}

/// TOML has dates of its own; both ways of writing one are taken.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a date, such as 2026-11-20")]
enum Day {
    Text(String),
    Date(toml::value::Datetime),
}

impl Day {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Date(date) => date.to_string(),
        }
    }
}

/// Reads a file of overrides; those whose last day is before `now` are laid aside.
pub(crate) fn read(path: &Path, now: SystemTime) -> Result<OverrideFile, Failure> {
    let name = path.to_string_lossy().into_owned();
    let failure = |reason: &dyn std::fmt::Display| Failure::new(format!("{name}: the overrides cannot be read: {reason}"));
    let file = File::open(path).map_err(|error| failure(&error).help("check the path; it is relative to the current folder"))?;
    let mut text = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| failure(&error).help("save it as UTF-8"))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(failure(&format!("it has more than {MAX_BYTES} bytes")).help("use patterns such as `tokens.*`"));
    }
    let form: Form = toml::from_str(&text).map_err(|error| {
        let at = line(&text, error.span().map_or(0, |span| span.start));
        Failure::new(format!("{name}:{at}: {}", error.message())).help(
            "write [[override]] with rule, one of mode, severity or tolerate, and who, when and why; [[param]] with name, value, who, when and why",
        )
    })?;
    let rules = form.rules.iter().map(|form| form.rule.span()).collect();
    let params = form.params.iter().map(|form| form.name.span()).collect();
    let overrides = Overrides::new(form.rules.into_iter().map(Override::from).collect(), form.params.into_iter().map(Into::into).collect());
    Ok(OverrideFile { name, text, rules, params, overrides: overrides.at(now) })
}

fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
}

impl From<RuleForm> for Override {
    fn from(form: RuleForm) -> Self {
        let RuleForm { rule, mode, severity, tolerate, who, when, why, until } = form;
        Self { rule: rule.into_inner(), mode, severity, tolerate, who, when: when.text(), why, until: until.map(Day::text) }
    }
}

impl From<ParamForm> for ParamOverride {
    fn from(form: ParamForm) -> Self {
        let ParamForm { name, value, who, when, why } = form;
        Self { name: name.into_inner(), value, who, when: when.text(), why }
    }
}

impl OverrideFile {
    /// Parameters as the command line gives them.
    pub(crate) fn params(&self) -> impl Iterator<Item = (String, String)> {
        self.overrides.params.iter().map(|param| (param.name.clone(), param.value.clone()))
    }

    /// Lays them over rules.
    ///
    /// # Errors
    /// All mistakes there are.
    pub(crate) fn over(&self, rules: &RuleSet) -> Result<RuleSet, Vec<Remark>> {
        let mistake = |error: OverrideError| Remark { is_error: true, what: error.what, help: error.help, place: self.place(error.place) };
        rules.with_overrides(&self.overrides).map_err(|errors| errors.errors.into_iter().map(mistake).collect())
    }

    /// What the compiler says of rules because of a parameter that stands here.
    pub(crate) fn claim(&self, diagnostic: &Diagnostic) -> Option<Remark> {
        let named = |name: &str| diagnostic.message.contains(&format!("`{name}`"));
        let at = self.overrides.params.iter().position(|param| diagnostic.code == Code::Parameter && named(&param.name))?;
        let help = diagnostic.help.clone().unwrap_or_default();
        Some(Remark { is_error: true, what: diagnostic.message.clone(), help, place: self.place(OverridePlace::Param(at)) })
    }

    /// Overrides whose time is over, or seems yet to come.
    pub(crate) fn out_of_time(&self, now: SystemTime) -> Vec<Remark> {
        let today = DateTime::<Utc>::from(now).date_naive();
        let mut remarks = Vec::new();
        for (index, one) in self.overrides.rules.iter().enumerate() {
            let mut remark = |what: String, help: &str| {
                let place = self.place(OverridePlace::Rule(index));
                remarks.push(Remark { is_error: false, what, help: help.to_owned(), place });
            };
            match one.until.as_deref().and_then(day) {
                Some(until) if until < today => {
                    let what = format!("the override of `{}` by {} ended after {until}: the rule file holds again", one.rule, one.who);
                    remark(what, "take it out, or give it another `until`");
                }
                _ => {}
            }
            match day(&one.when) {
                Some(when) if when > today => {
                    let what = format!("the override of `{}` is dated {when}, which is yet to come: it holds today", one.rule);
                    remark(what, "`when` says when somebody laid it, and delays nothing; put it in when its day has come");
                }
                _ => {}
            }
        }
        remarks
    }

    /// Tells what is wrong, on stderr.
    pub(crate) fn print(&self, remarks: &[Remark]) {
        for remark in remarks {
            let at = line(&self.text, remark.place.start);
            Failure::new(format!("{}:{at}: {}", self.name, remark.what)).help(remark.help.as_str()).print();
        }
    }

    fn place(&self, place: OverridePlace) -> Range<usize> {
        let found = match place {
            OverridePlace::Rule(index) => self.rules.get(index),
            OverridePlace::Param(index) => self.params.get(index),
        };
        found.cloned().unwrap_or(0..0)
    }
}

/// The day of a date or of a time.
fn day(text: &str) -> Option<NaiveDate> {
    text.get(..10)?.parse().ok()
}
