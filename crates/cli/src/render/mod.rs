//! Forms that results are shown in. Whatever comes from data or files goes through [`text::escape`] or a JSON string, and through the
//! escaping of the form it stands in.
//!
//! A new form of reports is a new file and a line in [`FORMS`].

pub(crate) mod decisions;
pub(crate) mod diagnostics;
pub(crate) mod explained;
pub(crate) mod explanation;
mod github;
mod html;
pub(crate) mod human;
pub(crate) mod json;
mod jsonl;
mod junit;
pub(crate) mod junit_tests;
mod markdown;
mod overrides;
pub(crate) mod place;
mod prometheus;
mod sarif;
pub(crate) mod tested;
pub(crate) mod text;
mod words;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use rulegate::report::Report;

use crate::exit::Failure;
use human::Look;
use place::Places;

/// Every form, in the order of the help.
const FORMS: &[&Form] =
    &[&human::FORM, &json::FORM, &jsonl::FORM, &junit::FORM, &sarif::FORM, &github::FORM, &markdown::FORM, &html::FORM, &prometheus::FORM];

type WriteReports = fn(&Judged<'_>) -> Result<String, Failure>;
type WriteDiagnostics = fn(&Checked) -> Result<String, Failure>;

/// A form that reports, and diagnostics of rule files, can take.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    /// For the help.
    about: &'static str,
    pub(crate) reports: WriteReports,
    /// Absent where the form has nothing to offer for diagnostics.
    pub(crate) diagnostics: Option<WriteDiagnostics>,
}

/// What `validate` has come to.
pub(crate) struct Judged<'a> {
    pub(crate) reports: &'a [Report],
    /// Where the rules are declared.
    pub(crate) places: &'a Places,
    /// How people want to see it.
    pub(crate) look: Look,
}

/// What `check` has come to.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Names of the files that were compiled.
    pub(crate) files: Vec<String>,
    /// The diagnostics of all files.
    pub(crate) entries: Vec<json::Entry>,
    /// The same for people.
    pub(crate) rendered: String,
    pub(crate) errors: u64,
    pub(crate) warnings: u64,
}

impl Form {
    /// Whether it is for people rather than programs.
    pub(crate) fn is_human(&self) -> bool {
        self.name == human::FORM.name
    }

    /// Reads the name of a form of reports.
    pub(crate) fn of_reports() -> impl TypedValueParser<Value = &'static Self> {
        parser(|_| true)
    }

    /// Reads the name of a form of diagnostics.
    pub(crate) fn of_diagnostics() -> impl TypedValueParser<Value = &'static Self> {
        parser(|form| form.diagnostics.is_some())
    }

    /// The form of reports of a name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.name == name).copied()
    }

    /// `human, json, …`
    pub(crate) fn names() -> String {
        FORMS.iter().map(|form| form.name).collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

fn parser(offered: fn(&Form) -> bool) -> impl TypedValueParser<Value = &'static Form> {
    let values = FORMS.iter().filter(move |form| offered(form)).map(|form| PossibleValue::new(form.name).help(form.about));
    PossibleValuesParser::new(values).try_map(|name| Form::named(&name).ok_or("there is no such form"))
}
