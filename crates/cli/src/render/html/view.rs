//! What the page shows, as text and lengths. Everything from data has its unseen characters spelt out here; the template escapes it for HTML.

use std::collections::BTreeSet;

use rulegate::report::{GroupReport, InputInfo, ObservationReport, Outcome, Report, RuleOutcome, RuleReport};
use serde::Serialize;

use super::super::human;
use super::super::place::Places;
use super::super::text::{self, escape, fit, grouped, percent, plural, quoted, value};
use super::super::words::{Weight, said, weight};

/// Bars, rules and groups that are shown before the page says how many more there are.
const BARS: usize = 40;
const TELLING: usize = 200;
const GROUPS: usize = 50;
/// Characters of a text.
const CHARS: usize = 300;
/// Rules that are unfolded from the start.
const OPEN: usize = 3;
/// The histogram: width of a column with its gap, and height of the highest.
const COLUMN: usize = 52;
const HEIGHT: f64 = 84.0;

#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) verdict: String,
    tone: &'static str,
    why: String,
    about: String,
    tiles: Vec<Tile>,
    bars: Vec<Bar>,
    more_bars: usize,
    telling: Vec<Telling>,
    observations: Vec<Plot>,
    waivers: Vec<Waiver>,
    overrides: Vec<String>,
    warnings: Vec<String>,
    inputs: Vec<Input>,
    rules: Vec<Row>,
    made: String,
    hash: String,
    params: String,
}

#[derive(Debug, Serialize)]
struct Tile {
    figure: String,
    label: &'static str,
    tone: &'static str,
    none: bool,
}

#[derive(Debug, Serialize)]
struct Bar {
    id: String,
    anchor: String,
    tone: &'static str,
    width: String,
    ticks: Vec<String>,
    failed: String,
    judged: String,
    share: String,
}

#[derive(Debug, Serialize)]
struct Telling {
    id: String,
    anchor: String,
    open: bool,
    tone: &'static str,
    outcome: String,
    severity: String,
    said: String,
    message: Option<String>,
    place: Option<String>,
    top_values: Vec<(String, String)>,
    groups: Vec<Group>,
    many_inputs: bool,
    columns: Vec<String>,
    messages: bool,
    samples: Vec<Sample>,
}

#[derive(Debug, Serialize)]
struct Group {
    key: String,
    value: String,
    failed: String,
    judged: String,
}

#[derive(Debug, Serialize)]
struct Sample {
    input: String,
    row: String,
    values: Vec<String>,
    message: String,
}

#[derive(Debug, Serialize)]
struct Plot {
    name: String,
    about: String,
    width: usize,
    columns: Vec<Column>,
}

#[derive(Debug, Serialize)]
struct Column {
    x: usize,
    y: String,
    height: String,
    middle: usize,
    above: String,
    count: String,
    label: String,
}

#[derive(Debug, Serialize)]
struct Waiver {
    rule: String,
    until: String,
    state: String,
    rows: String,
}

#[derive(Debug, Serialize)]
struct Input {
    name: String,
    rows: String,
    row_groups: String,
    proved: String,
    integrity: String,
    absent: String,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    severity: String,
    outcome: String,
    tone: &'static str,
    evaluated: String,
    passed: String,
    failed: String,
    unknown: String,
}

/// What a report comes to on the page; `index` tells the anchors of several reports apart.
pub(super) fn page(report: &Report, index: usize, places: &Places) -> Page {
    let holds = report.outcome == Outcome::Pass;
    let telling = telling(report);
    let barred: Vec<(usize, &RuleReport)> = telling
        .iter()
        .copied()
        .filter(|(_, rule)| rule.failed_fraction.is_some_and(|share| share > 0.0) && !human::is_check(rule))
        .collect();
    Page {
        verdict: format!("{}: the data {}", shown(human::block(report)), if holds { "holds" } else { "does not hold" }),
        tone: if holds { "good" } else { "bad" },
        why: human::why(report),
        about: about(report),
        tiles: tiles(report),
        bars: barred.iter().take(BARS).map(|(at, rule)| bar(rule, report, anchor(index, *at))).collect(),
        more_bars: barred.len().saturating_sub(BARS),
        telling: telling
            .iter()
            .take(TELLING)
            .enumerate()
            .map(|(place, (at, rule))| details(rule, report, anchor(index, *at), place < OPEN, places))
            .collect(),
        observations: report.observations.iter().map(plot).collect(),
        waivers: report.waivers.iter().map(waiver).collect(),
        overrides: super::super::overrides::lines(report).collect(),
        warnings: report.warnings.iter().map(|warning| shown(&warning.text)).collect(),
        inputs: report.inputs.iter().map(input).collect(),
        rules: report.rules.iter().map(|rule| row(rule, report)).collect(),
        made: made(report),
        hash: report.ruleset.hash.clone(),
        params: report
            .ruleset
            .params
            .iter()
            .map(|(name, value)| format!("{}={}", shown(name), shown(value)))
            .collect::<Vec<_>>()
            .join("  "),
    }
}

/// A text of data, made visible and cut.
fn shown(text: &str) -> String {
    fit(&escape(text), CHARS)
}

fn anchor(index: usize, at: usize) -> String {
    format!("rule-{index}-{at}")
}

/// Rules with something to say, with their places in the report: what counts against the data first, then the largest share first.
fn telling(report: &Report) -> Vec<(usize, &RuleReport)> {
    let mut rules: Vec<(usize, &RuleReport)> =
        report.rules.iter().enumerate().filter(|(_, rule)| weight(rule, report).is_some() || rule.failed > 0).collect();
    let share = |rule: &RuleReport| rule.failed_fraction.unwrap_or(0.0);
    rules.sort_by(|(_, a), (_, b)| {
        let rank = |rule: &RuleReport| (weight(rule, report).is_none(), weight(rule, report));
        rank(a).cmp(&rank(b)).then(share(b).total_cmp(&share(a)))
    });
    rules
}

/// The colour of a rule's result.
fn tone(rule: &RuleReport, report: &Report) -> &'static str {
    match (weight(rule, report), rule.outcome) {
        (Some(Weight::Error), _) => "bad",
        (Some(Weight::Warning), _) | (None, RuleOutcome::Waived) => "careful",
        (None, RuleOutcome::Pass) if !rule.shadow => "good",
        _ => "still",
    }
}

fn about(report: &Report) -> String {
    let files = match report.inputs.as_slice() {
        [one] => shown(&one.name),
        several => plural(several.len() as u64, "file"),
    };
    format!("{files}, judged by {}{}", shown(&report.ruleset.name), human::speed(report))
}

fn tiles(report: &Report) -> Vec<Tile> {
    let tile = |count: u64, label, tone| Tile { figure: grouped(count), label, tone, none: count == 0 };
    let with = |outcome| report.with_outcome(outcome).count() as u64;
    let failing = if report.outcome == Outcome::Fail { "bad" } else { "careful" };
    vec![
        tile(report.rows, "rows", ""),
        tile(report.rows_failed, "rows that fail", failing),
        tile(with(RuleOutcome::Pass), "rules pass", "good"),
        tile(with(RuleOutcome::Warn), "warn", "careful"),
        tile(with(RuleOutcome::Fail), "fail", "bad"),
        tile(with(RuleOutcome::Error), "in error", "bad"),
        tile(with(RuleOutcome::Skipped), "skipped", "still"),
        tile(with(RuleOutcome::Vacuous), "vacuous", "still"),
        tile(with(RuleOutcome::Waived), "waived", "careful"),
    ]
}

fn bar(rule: &RuleReport, report: &Report, anchor: String) -> Bar {
    let share = rule.failed_fraction.unwrap_or(0.0);
    let bounds = [&rule.bounds.warn, &rule.bounds.error].into_iter().flatten();
    Bar {
        id: shown(&rule.id),
        anchor,
        tone: tone(rule, report),
        width: length(share),
        ticks: bounds
            .filter_map(|bound| bound.strip_suffix('%')?.parse::<f64>().ok())
            .filter(|bound| *bound > 0.0)
            .map(|bound| length(bound / 100.0))
            .collect(),
        failed: grouped(rule.failed),
        judged: grouped(rule.passed.saturating_add(rule.failed)),
        share: percent(share),
    }
}

/// The length of a share's bar of 100: full at 100%, a fifth less for each factor of ten, never nothing.
fn length(share: f64) -> String {
    let length = if share > 0.0 { ((share.log10() + 5.0) * 20.0).clamp(1.0, 100.0) } else { 0.0 };
    format!("{length:.1}")
}

fn details(rule: &RuleReport, report: &Report, anchor: String, open: bool, places: &Places) -> Telling {
    let names: BTreeSet<&String> = rule.samples.iter().flat_map(|sample| sample.values.keys()).collect();
    let keys: BTreeSet<&String> = rule.samples.iter().flat_map(|sample| sample.key.keys()).collect();
    let columns: Vec<&String> = keys.iter().copied().chain(names.into_iter().filter(|name| !keys.contains(name))).collect();
    let cell = |sample: &rulegate::report::SampleReport, name: &String| {
        sample.key.get(name).or_else(|| sample.values.get(name)).map_or_else(String::new, |shown| fit(&value(shown), CHARS))
    };
    let samples = rule.samples.iter().map(|sample| Sample {
        input: shown(&sample.input),
        row: grouped(sample.row),
        values: columns.iter().map(|name| cell(sample, name)).collect(),
        message: sample.message.as_deref().map_or_else(String::new, shown),
    });
    Telling {
        id: shown(&rule.id),
        anchor,
        open,
        tone: tone(rule, report),
        outcome: rule.outcome.to_string(),
        severity: if rule.shadow { format!("{}, shadow", rule.severity) } else { rule.severity.to_string() },
        said: said(rule),
        message: rule.message.as_deref().map(shown),
        place: places.get(&rule.id).map(|place| format!("{}:{}", shown(&place.file), place.line)),
        top_values: rule.top_values.iter().map(|top| (fit(&quoted(&top.value), CHARS), grouped(top.count))).collect(),
        groups: rule.groups.iter().filter(|group| group.failed > 0).take(GROUPS).map(group).collect(),
        many_inputs: report.inputs.len() > 1,
        messages: rule.samples.iter().any(|sample| sample.message.is_some()),
        samples: samples.collect(),
        columns: columns.iter().map(|name| shown(name)).collect(),
    }
}

fn group(group: &GroupReport) -> Group {
    let key: Vec<String> = group.key.iter().map(|(name, of)| format!("{}={}", escape(name), value(of))).collect();
    Group {
        key: fit(&key.join("  "), CHARS),
        value: group.value.as_ref().map_or_else(String::new, |measured| fit(&text::measured(measured), CHARS)),
        failed: grouped(group.failed),
        judged: grouped(group.passed.saturating_add(group.failed)),
    }
}

/// A histogram; the columns' heights are shares of the highest.
fn plot(observed: &ObservationReport) -> Plot {
    let most = observed.counts.iter().copied().max().unwrap_or(0).max(1);
    let labels = observed.bounds.iter().map(|bound| format!("≤ {bound}"));
    let last = observed.bounds.last().map_or_else(|| "all".to_owned(), |bound| format!("> {bound}"));
    let columns: Vec<Column> = observed
        .counts
        .iter()
        .zip(labels.chain([last]))
        .enumerate()
        .map(|(index, (count, label))| column(index, *count, most, label))
        .collect();
    let mut about = plural(observed.counts.iter().copied().fold(0, u64::saturating_add), "value");
    for (count, noun) in [(observed.nulls, "null"), (observed.nans, "NaN")] {
        if count > 0 {
            about.push_str(&format!(", {} {noun}", grouped(count)));
        }
    }
    Plot { name: shown(&observed.name), about, width: columns.len() * COLUMN, columns }
}

fn column(index: usize, count: u64, most: u64, label: String) -> Column {
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let share = count as f64 / most as f64;
    let height = if count == 0 { 0.0 } else { (share * HEIGHT).max(1.5) };
    let top = 20.0 + HEIGHT - height;
    Column {
        x: index * COLUMN + 6,
        y: format!("{top:.1}"),
        height: format!("{height:.1}"),
        middle: index * COLUMN + COLUMN / 2,
        above: format!("{:.1}", top - 5.0),
        count: grouped(count),
        label: fit(&label, 9),
    }
}

fn waiver(waiver: &rulegate::report::WaiverInfo) -> Waiver {
    Waiver {
        rule: shown(&waiver.rule),
        until: waiver.until.as_deref().map_or_else(String::new, shown),
        state: waiver.state.to_string(),
        rows: grouped(waiver.rows),
    }
}

fn input(input: &InputInfo) -> Input {
    Input {
        name: shown(&input.name),
        rows: grouped(input.rows),
        row_groups: input.row_groups.map_or_else(|| "–".to_owned(), grouped),
        proved: grouped(input.rows_proved),
        integrity: format!("{:?}", input.integrity).to_lowercase(),
        absent: input.absent_columns.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", "),
    }
}

fn row(rule: &RuleReport, report: &Report) -> Row {
    Row {
        id: shown(&rule.id),
        severity: if rule.shadow { format!("{}, shadow", rule.severity) } else { rule.severity.to_string() },
        outcome: rule.outcome.to_string(),
        tone: tone(rule, report),
        evaluated: grouped(rule.evaluated),
        passed: grouped(rule.passed),
        failed: grouped(rule.failed),
        unknown: grouped(rule.unknown),
    }
}

fn made(report: &Report) -> String {
    let mut parts = vec![format!("rulegate {}", report.rulegate_version)];
    parts.extend(report.started_at.as_deref().map(shown));
    parts.extend(report.ruleset.now.as_deref().map(|now| format!("now() is {}", shown(now))));
    parts.extend(report.trace_id.as_deref().map(|id| format!("trace {}", shown(id))));
    if report.strict {
        parts.push("strict".to_owned());
    }
    parts.join(" · ")
}
