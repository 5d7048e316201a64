//! The rules of `parcels.rules` over data whose every mistake is known: counts, verdicts, samples, and the same report whatever way
//! the rows come.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use rulegate::report::{Outcome, Report, RuleKind, RuleOutcome, RuleReport, WaiverState};
use rulegate::{BindOptions, RuleSet};
use serde_json::json;

use crate::parcels::{self, DataSet, Known, Parcel, ROWS};
use crate::{compiled, rules_of_parcels};

/// What `now()` is: the last parcel of the data set changed less than two days before one, more before the other.
const MAY_2: u64 = 1_777_680_000;
const MAY_9: u64 = 1_778_284_800;

fn rules_of(text: &str) -> RuleSet {
    compiled(text).rule_set.expect("the rules are sound")
}

fn rules() -> RuleSet {
    rules_of(&rules_of_parcels())
}

fn options(now: u64) -> BindOptions {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
    BindOptions { block: Some("parcels".to_owned()), now: Some(now), ..BindOptions::default() }
}

fn judge(rules: &RuleSet, batches: &[RecordBatch], now: u64) -> Report {
    let mut session = rules.bind_with(&batches[0].schema(), &options(now)).expect("binds").session();
    for batch in batches {
        session.add(batch).expect("of the bound schema");
    }
    session.finish()
}

fn rule<'a>(report: &'a Report, id: &str) -> &'a RuleReport {
    report.rule(&format!("parcels.{id}")).unwrap_or_else(|| panic!("no rule {id}"))
}

/// The rules that count apart for each column, under the id of the one rule they belong to.
fn id_of(part: &str) -> &str {
    part.split('/').next().unwrap_or(part)
}

/// Rows that fail an error rule of rows which is acted on and are not waived, each with those rules. `unique` is a question of all rows.
fn failing_rows<'a>(known: &BTreeMap<&'a str, Known>, without: &[&str]) -> BTreeMap<usize, BTreeSet<&'a str>> {
    let mut rows: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for (part, known) in known.iter().filter(|(part, _)| **part != "parcel_id.unique" && !without.contains(part)) {
        for row in known.failed.difference(&known.waived) {
            rows.entry(*row).or_default().insert(id_of(part));
        }
    }
    rows
}

/// The line of a rule of rows, from what is known.
fn known_lines(known: &BTreeMap<&str, Known>, shadowed: &[&str]) -> BTreeMap<String, String> {
    let failing = failing_rows(known, shadowed);
    let mut parts: BTreeMap<&str, Vec<&Known>> = BTreeMap::new();
    for (part, known) in known {
        parts.entry(id_of(part)).or_default().push(known);
    }
    let line = |(id, parts): (&str, Vec<&Known>)| {
        let sum = |of: fn(&Known) -> usize| parts.iter().map(|part| of(part)).sum::<usize>();
        let (evaluated, failed, unknown) = (sum(|part| part.asked.len()), sum(|part| part.failed.len()), sum(|part| part.unknown.len()));
        let rows: BTreeSet<usize> = parts.iter().flat_map(|part| part.failed.difference(&part.waived).copied()).collect();
        let waived = sum(|part| part.waived.len());
        let alone = |row: &&usize| failing.get(row).is_none_or(|rules| rules.iter().all(|rule| *rule == id));
        let alone = if id == "parcel_id.unique" { 0 } else { rows.iter().filter(alone).count() };
        let outcome = match (id, failed) {
            (_, 0) => "pass",
            // More than 0.5%, at most 5%.
            ("mood.range", _) => "warn",
            _ => "fail",
        };
        let passed = evaluated - failed - unknown;
        (
            id.to_owned(),
            format!("{outcome} evaluated {evaluated} passed {passed} failed {failed} alone {alone} unknown {unknown} waived {waived}"),
        )
    };
    parts.into_iter().map(line).collect()
}

/// The same lines of a report: rules of rows, and `unique`.
fn found_lines(report: &Report) -> BTreeMap<String, String> {
    let line = |rule: &RuleReport| {
        assert_eq!(rule.faulted, 0, "{}", rule.id);
        let id = rule.id.strip_prefix("parcels.").unwrap().to_owned();
        let RuleReport { outcome, evaluated, passed, failed, failed_alone, unknown, waived, .. } = rule;
        (
            id,
            format!(
                "{outcome} evaluated {evaluated} passed {passed} failed {failed} alone {failed_alone} unknown {unknown} waived {waived}"
            ),
        )
    };
    report.rules.iter().filter(|rule| rule.kind == RuleKind::Row || rule.check == "unique").map(line).collect()
}

fn differences(known: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Vec<String> {
    let ids: BTreeSet<&String> = known.keys().chain(found.keys()).collect();
    let differ = ids.into_iter().filter(|id| known.get(*id) != found.get(*id));
    differ.map(|id| format!("{id}\n    known {:?}\n    found {:?}", known.get(id), found.get(id))).collect()
}

#[test]
fn every_mistake_is_counted_where_it_was_planted_and_nowhere_else() {
    let data = DataSet::planted();
    let report = judge(&rules(), &[data.batch()], MAY_9);
    assert_eq!(differences(&known_lines(&data.known, &[]), &found_lines(&report)), Vec::<String>::new());
    assert_eq!((report.outcome, report.rows), (Outcome::Fail, ROWS as u64));
    assert_eq!(report.rows_failed, failing_rows(&data.known, &[]).len() as u64);
    let without: Vec<&&str> = data.known.iter().filter(|(_, known)| known.failed.is_empty()).map(|(rule, _)| rule).collect();
    assert!(without.is_empty(), "no mistake is planted for {without:?}");
    // What the schema has settled counts no rows.
    for rule in report.rules.iter().filter(|rule| rule.kind == RuleKind::Schema) {
        assert_eq!((rule.outcome, rule.evaluated, rule.check.as_str()), (RuleOutcome::Pass, 0, "type"), "{}", rule.id);
    }
    assert!(report.warnings.is_empty() && report.inputs[0].absent_columns.is_empty());
}

#[test]
fn sound_rows_fail_nothing() {
    let data = DataSet::sound();
    let report = judge(&rules(), &[data.batch()], MAY_2);
    assert_eq!(differences(&known_lines(&data.known, &[]), &found_lines(&report)), Vec::<String>::new());
    assert_eq!((report.outcome, report.rows_failed), (Outcome::Pass, 0));
    for check in ["enough_parcels", "fresh", "one_row_per_state"] {
        assert_eq!(rule(&report, check).outcome, RuleOutcome::Pass, "{check}");
    }
}

/// The mean of a carrier's parcels that were not returned. All scores are small multiples of a half: their sum is exact in any order.
fn mean(parcels: &[Parcel], carrier: Option<&str>) -> f64 {
    let counted = parcels.iter().filter(|parcel| parcel.carrier == carrier && parcel.returned == Some(false));
    let scores: Vec<f64> = counted.filter_map(|parcel| parcel.lateness_score).collect();
    scores.iter().sum::<f64>() / f64::from(u32::try_from(scores.len()).unwrap())
}

#[test]
fn checks_measure_what_is_in_the_data() {
    let data = DataSet::planted();
    let report = judge(&rules(), &[data.batch()], MAY_9);
    let said = |id: &str| (rule(&report, id).outcome, rule(&report, id).value.clone().unwrap_or_default());
    assert_eq!(said("enough_parcels"), (RuleOutcome::Pass, json!(ROWS)));
    // Row 419 changed last: 419 seconds and an hour after midnight.
    assert_eq!(said("fresh"), (RuleOutcome::Fail, json!("2026-05-01T01:06:59Z")));
    assert_eq!(said("one_row_per_state"), (RuleOutcome::Fail, json!(false)));
    // Bike, van, train, a carrier that does not exist, and none: trains are late.
    let usual = rule(&report, "usual_lateness");
    assert_eq!((usual.outcome, usual.evaluated, usual.failed, usual.unknown), (RuleOutcome::Warn, 5, 1, 0));
    let groups: Vec<_> = usual.groups.iter().map(|group| (json!(group.key), group.value.clone().unwrap_or_default())).collect();
    assert_eq!(groups, [(json!({ "carrier": "train" }), json!(mean(&data.parcels, Some("train"))))]);

    // Too few rows, not too old, each of a state of its own.
    let few = judge(&rules(), &[parcels::batch(&DataSet::sound().parcels[..60])], MAY_2);
    let said = |id: &str| (rule(&few, id).outcome, rule(&few, id).value.clone().unwrap_or_default());
    assert_eq!(said("enough_parcels"), (RuleOutcome::Fail, json!(60)));
    assert_eq!(said("fresh"), (RuleOutcome::Pass, json!("2026-05-01T01:00:59Z")));
    assert_eq!(said("one_row_per_state"), (RuleOutcome::Pass, json!(true)));
    assert_eq!((few.outcome, few.rows_failed), (Outcome::Fail, 0));
}

#[test]
fn samples_show_rows_keys_and_values_and_nothing_redacted() {
    let data = DataSet::planted();
    let report = judge(&rules(), &[data.batch()], MAY_9);
    let id = |row: usize| json!({ "parcel_id": 1_000 + row });
    let shown = |rule: &RuleReport| -> Vec<_> {
        rule.samples.iter().map(|sample| json!([sample.row, sample.key, sample.values, sample.message])).collect()
    };

    let late = rule(&report, "late_parcels_are_insured");
    let first = data.first_failing("late_parcels_are_insured");
    let second = *data.known["late_parcels_are_insured"].failed.last().unwrap();
    let said = ["late by 90.0, insured for 12.5 only", "late by 75.5, insured for 31.0 only"];
    assert_eq!(
        shown(late),
        [
            json!([first, id(first), { "lateness_score": 90.0, "insured_value": 12.5 }, said[0]]),
            json!([second, id(second), { "lateness_score": 75.5, "insured_value": 31.0 }, said[1]])
        ]
    );

    // The first five of six.
    let depot = rule(&report, "depot.enum");
    let rows: Vec<usize> = data.known["depot.enum"].failed.iter().copied().collect();
    let depots = ["WEL", "WEL", "vie", "V", "Vienna"];
    let known: Vec<_> = rows.iter().zip(depots).map(|(row, depot)| json!([row, id(*row), { "depot": depot }, null])).collect();
    assert_eq!((rows.len(), shown(depot)), (6, known));
    let top: Vec<_> = depot.top_values.iter().map(|top| (top.value.as_str(), top.count)).collect();
    assert_eq!(top, [("WEL", 2), ("", 1), ("V", 1), ("Vienna", 1), ("vie", 1)]);

    let mood = rule(&report, "mood.range");
    let bounds = (mood.bounds.warn.as_deref(), mood.bounds.error.as_deref());
    assert_eq!(bounds, (Some("0.5%"), Some("5%")));
    let values: Vec<_> = mood.samples.iter().map(|sample| sample.values["mood"].clone()).collect();
    assert_eq!(values, [json!(1.5), json!("NaN"), json!(-9.5)]);

    // Members of groups of equal keys, in the order of rows.
    let unique = rule(&report, "parcel_id.unique");
    let known: Vec<u64> = data.known["parcel_id.unique"].failed.iter().map(|row| *row as u64).collect();
    assert_eq!(unique.samples.iter().map(|sample| sample.row).collect::<Vec<_>>(), known);
    let values: Vec<_> = unique.samples.iter().map(|sample| sample.values["parcel_id"].clone()).collect();
    assert_eq!(values[0], values[1]);
    assert_eq!((&values[2], &values[2]), (&values[3], &values[4]));

    let temps = rule(&report, "fields(temp_\\d+h).range");
    let counts: Vec<_> = temps.groups.iter().map(|group| (json!(group.key), group.failed, group.unknown)).collect();
    assert_eq!(counts, [(json!({ "column": "temp_1h" }), 2, 1), (json!({ "column": "temp_24h" }), 2, ROWS as u64 / 5)]);

    let contact = rule(&report, "contact.is_email");
    assert!(contact.samples.len() == 2 && contact.samples.iter().all(|sample| sample.values["contact"] == json!("[redacted]")));
    assert!(!serde_json::to_string(&report).unwrap().contains("example.org"));
}

#[test]
fn observed_values_stand_in_their_buckets() {
    let data = DataSet::planted();
    let report = judge(&rules(), &[data.batch()], MAY_9);
    let scores = || data.parcels.iter().map(|parcel| parcel.lateness_score);
    let within = |low: f64, high: f64| scores().flatten().filter(|score| *score > low && *score <= high).count() as u64;
    let bounds = [f64::NEG_INFINITY, 0.0, 25.0, 50.0, 75.0, 90.0, 100.0, f64::INFINITY];
    let counts: Vec<u64> = bounds.windows(2).map(|pair| within(pair[0], pair[1])).collect();
    let [observed] = report.observations.as_slice() else { panic!("one observation") };
    assert_eq!((&observed.counts, observed.nulls, observed.nans), (&counts, 1, 1));
    assert!(counts.iter().sum::<u64>() == ROWS as u64 - 2);
}

#[test]
fn a_waiver_covers_the_rows_it_names_until_its_day_is_over() {
    let data = DataSet::planted();
    let text = rules_of_parcels();
    let in_may = text.replace("until date \"2031-06-30\"", "until date \"2026-05-09\"");
    let before = text.replace("until date \"2031-06-30\"", "until date \"2026-05-08\"");
    for (text, state, waived) in [(&text, WaiverState::Active, 1), (&in_may, WaiverState::Active, 1), (&before, WaiverState::Expired, 0)] {
        let report = judge(&rules_of(text), &[data.batch()], MAY_9);
        let label = rule(&report, "label.regex");
        assert_eq!((label.outcome, label.failed, label.waived), (RuleOutcome::Fail, 4, waived));
        let [waiver] = report.waivers.as_slice() else { panic!("one waiver") };
        assert_eq!((waiver.rule.as_str(), waiver.state, waiver.rows), ("parcels.label.regex", state, waived));
        assert_eq!(waiver.because.as_deref(), Some("old label printers"));
    }
}

#[test]
fn a_shadow_rule_is_counted_and_never_acted_on() {
    let text = rules_of_parcels();
    let shadowed = text.replace("rule insurance_is_plausible:", "rule insurance_is_plausible @shadow:");
    assert_ne!(text, shadowed);
    let data = DataSet::planted();
    let report = judge(&rules_of(&shadowed), &[data.batch()], MAY_9);
    let quiet = ["insurance_is_plausible"];
    assert_eq!(differences(&known_lines(&data.known, &quiet), &found_lines(&report)), Vec::<String>::new());
    assert_eq!(report.rows_failed, failing_rows(&data.known, &quiet).len() as u64);
    assert!(report.rows_failed < failing_rows(&data.known, &[]).len() as u64, "a row fails no other rule");
    assert!(rule(&report, "insurance_is_plausible").shadow);
}

/// A report but for the inputs, whose names and integrity depend on where the rows came from.
fn without_inputs(mut report: Report) -> Report {
    report.inputs.clear();
    for sample in report.rules.iter_mut().flat_map(|rule| &mut rule.samples) {
        sample.input.clear();
    }
    report
}

#[test]
fn slices_and_small_batches_give_the_same_report() {
    let (rules, data) = (rules(), DataSet::planted());
    let batch = data.batch();
    let whole = without_inputs(judge(&rules, std::slice::from_ref(&batch), MAY_9));

    let seven: Vec<RecordBatch> = (0..ROWS).step_by(7).map(|row| batch.slice(row, 7)).collect();
    assert_eq!(without_inputs(judge(&rules, &seven, MAY_9)), whole);

    // Arrays that begin at an offset, with failing rows of others before and behind.
    let around = batch.slice(0, 13);
    let long = concat_batches(&batch.schema(), [&around, &batch, &around]).unwrap();
    let parts = [long.slice(13, 100), long.slice(113, 0), long.slice(113, ROWS - 100)];
    assert_eq!(without_inputs(judge(&rules, &parts, MAY_9)), whole);
}

#[cfg(feature = "parquet")]
#[test]
fn a_parquet_file_gives_the_same_report() {
    use rulegate::scan::{Format, Quiet, Run, ScanOptions, Source};

    let (rules, batch) = (rules(), DataSet::planted().batch());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parcels.parquet");
    let properties = parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(150)).build();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();

    let mut run = Run::new(rules.clone(), options(MAY_9), ScanOptions { batch_rows: 64, ..ScanOptions::default() });
    run.add(&Source { path, name: "parcels".to_owned(), format: Format::Parquet, partitions: Vec::new() }, &Quiet).unwrap();
    let report = run.finish(false).unwrap();
    assert_eq!((report.inputs[0].rows, report.inputs[0].row_groups), (ROWS as u64, Some(3)));
    assert_eq!(without_inputs(report), without_inputs(judge(&rules, &[batch], MAY_9)));
}
