//! Files of overrides: TOML in, the library's structures out, and each mistake at its line.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use rulegate::RuleSet;
use rulegate::compile::{Mode, Override, OverrideErrors, OverridePlace, Overrides, ParamOverride, Severity};
use serde::Deserialize;
use toml::Spanned;

use crate::exit::Failure;

/// More than this is no file of overrides.
const MAX_BYTES: u64 = 1 << 20;

/// A file of overrides.
pub(crate) struct OverrideFile {
    name: String,
    /// The line each of them begins in.
    rules: Vec<usize>,
    params: Vec<usize>,
    pub(crate) overrides: Overrides,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default, rename = "override")]
    rules: Vec<Spanned<RuleForm>>,
    #[serde(default, rename = "param")]
    params: Vec<Spanned<ParamForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleForm {
    rule: String,
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
    name: String,
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
    let line = |at: usize| 1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
    let form: Form = toml::from_str(&text).map_err(|error| {
        let at = line(error.span().map_or(0, |span| span.start));
        Failure::new(format!("{name}:{at}: {}", error.message())).help(
            "write [[override]] with rule, one of mode, severity or tolerate, and who, when and why; [[param]] with name, value, who, when and why",
        )
    })?;
    let rules = form.rules.iter().map(|form| line(form.span().start)).collect();
    let params = form.params.iter().map(|form| line(form.span().start)).collect();
    let overrides = Overrides::new(
        form.rules.into_iter().map(|form| form.into_inner().into()).collect(),
        form.params.into_iter().map(|form| form.into_inner().into()).collect(),
    );
    Ok(OverrideFile { name, rules, params, overrides: overrides.at(now) })
}

impl From<RuleForm> for Override {
    fn from(form: RuleForm) -> Self {
        let RuleForm { rule, mode, severity, tolerate, who, when, why, until } = form;
        Self { rule, mode, severity, tolerate, who, when: when.text(), why, until: until.map(Day::text) }
    }
}

impl From<ParamForm> for ParamOverride {
    fn from(form: ParamForm) -> Self {
        let ParamForm { name, value, who, when, why } = form;
        Self { name, value, who, when: when.text(), why }
    }
}

impl OverrideFile {
    /// Parameters as the command line gives them.
    pub(crate) fn params(&self) -> impl Iterator<Item = (String, String)> {
        self.overrides.params.iter().map(|param| (param.name.clone(), param.value.clone()))
    }

    /// Lays them over rules. Mistakes are told, each at its line, and give none.
    pub(crate) fn over(&self, rules: &RuleSet) -> Option<RuleSet> {
        match rules.with_overrides(&self.overrides) {
            Ok(rules) => Some(rules),
            Err(errors) => {
                self.tell(&errors);
                None
            }
        }
    }

    fn tell(&self, errors: &OverrideErrors) {
        for error in &errors.errors {
            let line = match error.place {
                OverridePlace::Rule(index) => self.rules.get(index),
                OverridePlace::Param(index) => self.params.get(index),
            };
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            Failure::new(format!("{}{line}: {}", self.name, error.what)).help(error.help.as_str()).print();
        }
    }
}
