//! Workflow commands of GitHub Actions, which it shows beside the lines of the rule files they speak about.

use super::json::Entry;
use super::place::Place;
use super::text::{escape, fit};
use super::words::{Weight, said, samples, template, weight};
use super::{Checked, Form, Judged, overrides};
use crate::exit::Failure;

pub(super) const FORM: Form = Form { name: "github", about: "annotations for GitHub Actions", reports, diagnostics: Some(diagnostics) };

/// Failing rows that an annotation shows.
const SAMPLES: usize = 3;
/// Columns of a title or a line.
const COLUMNS: usize = 300;

/// Worst first: GitHub shows only so many of a step.
fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    let mut found = Vec::new();
    for report in judged.reports {
        for rule in &report.rules {
            let Some(weight) = weight(rule, report) else { continue };
            let mut lines = vec![said(rule)];
            lines.extend(template(rule).map(|message| fit(&escape(message), COLUMNS)));
            lines.extend(samples(rule, report).into_iter().take(SAMPLES));
            found.push((weight, command(weight, judged.places.get(&rule.id), &escape(&rule.id), &lines)));
        }
    }
    for line in judged.reports.iter().flat_map(overrides::lines) {
        found.push((Weight::Note, command(Weight::Note, None, "override", &[line])));
    }
    found.sort_by_key(|(weight, _)| *weight);
    Ok(found.into_iter().map(|(_, line)| line).collect())
}

fn diagnostics(checked: &Checked) -> Result<String, Failure> {
    let line = |entry: &Entry| {
        let weight = if entry.is_error() { Weight::Error } else { Weight::Warning };
        command(weight, Some(&entry.place), entry.code, &entry.lines())
    };
    Ok(checked.entries.iter().map(line).collect())
}

/// `::error file=a.rules,line=3,endLine=3,col=5,endColumn=9,title=id::text`.
fn command(weight: Weight, place: Option<&Place>, title: &str, lines: &[String]) -> String {
    let name = match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "notice",
    };
    let place = place.map_or_else(String::new, |place| {
        // The last column is included; columns are understood where a place is on one line only.
        let columns = if place.line == place.end_line {
            format!(",col={},endColumn={}", place.column, place.end_column.saturating_sub(1).max(place.column))
        } else {
            String::new()
        };
        // GitHub knows files by their names as they are.
        format!("file={},line={},endLine={}{columns},", property(&escape(&place.file)), place.line, place.end_line)
    });
    format!("::{name} {place}title={}::{}\n", property(&fit(title, COLUMNS)), data(&lines.join("\n")))
}

/// Text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
