//! Aggregates that remember values, sketches and fingerprints: what they come to, and that cutting, merging and storing do not show.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use rulegate::report::{Report, RuleOutcome};
use rulegate::{RuleSet, SessionState};

fn rules(text: &str) -> RuleSet {
    let compiled = RuleSet::compile("test.rules", &format!("rulegate 1\n{text}"), &Default::default());
    assert!(compiled.diagnostics.is_empty(), "{:#?}", compiled.diagnostics);
    compiled.rule_set.unwrap()
}

const ALL: &str = r#"
set usual = (0.5, 1, 3.25, 8, 20, 21, 22.5, 30, 47, 60, 61, 90, 118)
set said = ("the same words again and again", "other words")
features t {
  x : float64?   y : int64?   s : string?
  check median: median(x) >= 0
  check low: quantile(y, 10%) >= 0
  check high: approx_quantile(x, 0.9) >= 0
  check mode: mode_fraction(s) <= 1
  check bits: entropy(s) >= 0
  check kinds: approx_distinct_count(y) >= 0
  check together: correlation(x, y) <= 1
  check first: first(s) != "-"
  check last: last(y) >= 0
  check near: near_duplicate_fraction(s) <= 1
  check index: psi(x, usual) >= 0
  check gap: ks(y, usual) <= 1
  check bent: js_divergence(s, said) <= 1
  check by_s { by s  expect median(y) >= 0 and ks(x, usual) <= 1 }
}"#;

fn batch(start: i64, rows: i64) -> RecordBatch {
    let range = || start..start + rows;
    // Small remainders of squares: values that repeat, and lie neither in order nor evenly.
    let x = range().map(|row| (row % 11 != 5).then(|| (row * row % 977) as f64 / 8.0));
    let y = range().map(|row| (row % 13 != 2).then_some(row * 7 % 1_009));
    let s = range().map(|row| match row % 10 {
        0 => None,
        1..=6 => Some("the same words again and again".to_owned()),
        _ => Some(format!("words {} of {} their {} own {}", row, row * 3, row * 5, row * 7)),
    });
    RecordBatch::try_from_iter_with_nullable([
        ("x", Arc::new(x.collect::<Float64Array>()) as ArrayRef, true),
        ("y", Arc::new(y.collect::<Int64Array>()), true),
        ("s", Arc::new(s.collect::<StringArray>()), true),
    ])
    .unwrap()
}

fn values(report: &Report) -> BTreeMap<String, serde_json::Value> {
    report.rules.iter().filter_map(|rule| Some((rule.id.strip_prefix("t.")?.to_owned(), rule.value.clone()?))).collect()
}

fn report(rules: &RuleSet, batches: &[RecordBatch]) -> Report {
    let mut session = rules.bind(&batches[0].schema()).unwrap().session();
    batches.iter().for_each(|batch| session.add(batch).unwrap());
    session.finish()
}

#[test]
fn values_are_those_of_a_plain_computation() {
    const ROWS: i64 = 3_000;
    let found = values(&report(&rules(ALL), &[batch(0, ROWS)]));
    let mut x: Vec<f64> = (0..ROWS).filter(|row| row % 11 != 5).map(|row| (row * row % 977) as f64 / 8.0).collect();
    x.sort_by(f64::total_cmp);
    let mut y: Vec<i64> = (0..ROWS).filter(|row| row % 13 != 2).map(|row| row * 7 % 1_009).collect();
    y.sort_unstable();
    let continuous = |at: f64, value: &dyn Fn(usize) -> f64| {
        let (low, part) = (at.floor(), at - at.floor());
        value(low as usize) + if part > 0.0 { (value(low as usize + 1) - value(low as usize)) * part } else { 0.0 }
    };
    assert_eq!(found["median"], continuous((x.len() - 1) as f64 * 0.5, &|at| x[at]));
    assert_eq!(found["low"], continuous((y.len() - 1) as f64 * 0.1, &|at| y[at] as f64));
    let real = x[((x.len() - 1) as f64 * 0.9).floor() as usize];
    assert!((found["high"].as_f64().unwrap() - real).abs() <= real * 0.010_001);
    // Of ten rows one has no text, six have one, and three have texts of their own.
    assert_eq!(found["mode"], 1_800.0 / 2_700.0);
    let entropy = -(1_800.0 / 2_700.0 * (1_800.0_f64 / 2_700.0).log2()) + 900.0 / 2_700.0 * 2_700_f64.log2();
    assert!((found["bits"].as_f64().unwrap() - entropy).abs() < 1e-9);
    y.dedup();
    let kinds = found["kinds"].as_f64().unwrap();
    assert!((kinds / y.len() as f64 - 1.0).abs() < 0.05, "{kinds} for {}", y.len());
    assert_eq!(found["near"], 1_800.0 / 2_700.0);
    assert_eq!(found["first"], "the same words again and again");
    assert_eq!(found["last"], (ROWS - 1) * 7 % 1_009);
    let pairs: Vec<(f64, f64)> = (0..ROWS)
        .filter(|row| row % 11 != 5 && row % 13 != 2)
        .map(|row| ((row * row % 977) as f64 / 8.0, (row * 7 % 1_009) as f64))
        .collect();
    let n = pairs.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (mx, my) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
    let (vx, vy) = (mean(&|pair| (pair.0 - mx).powi(2)), mean(&|pair| (pair.1 - my).powi(2)));
    let together = mean(&|pair| (pair.0 - mx) * (pair.1 - my)) / (vx * vy).sqrt();
    assert!((found["together"].as_f64().unwrap() - together).abs() < 1e-12);
}

#[test]
fn batches_order_merging_and_storing_do_not_show() {
    let rules = rules(ALL);
    let whole = report(&rules, &[batch(0, 3_000)]);
    let parts: Vec<RecordBatch> = [(0, 1), (1, 6), (7, 993), (1_000, 2_000)].map(|(start, rows)| batch(start, rows)).to_vec();
    let shown = |report: &Report| serde_json::to_value(&report.rules).unwrap();
    assert_eq!(shown(&report(&rules, &parts)), shown(&whole));

    let validator = rules.bind(&parts[0].schema()).unwrap();
    // Rows of one input, judged apart and folded from behind.
    let mut session = validator.session();
    let input = session.begin(&validator, "batches").unwrap();
    let mut first = 0;
    let mut judged: Vec<_> = Vec::new();
    for part in &parts {
        judged.push(input.judge(part, first));
        first += part.num_rows() as u64;
    }
    judged.into_iter().rev().for_each(|part| session.fold(part));
    assert_eq!(shown(&session.finish()), shown(&whole));

    // Two inputs, one of which went through a file.
    let (mut one, mut two) = (validator.session(), validator.session());
    parts[..2].iter().for_each(|part| one.add(part).unwrap());
    parts[2..].iter().for_each(|part| two.add(part).unwrap());
    let stored = serde_json::to_string(two.state()).unwrap();
    let state: SessionState = serde_json::from_str(&stored).unwrap();
    let mut restored = one.clone();
    restored.restore(&validator, state).unwrap();
    assert_eq!(values(&restored.finish()), values(&whole));
    // What is first and last follows the order of the inputs.
    two.merge(one).unwrap();
    let turned = values(&two.finish());
    assert_eq!((&turned["first"], &turned["last"]), (&"words 7 of 21 their 35 own 49".into(), &(6 * 7).into()));
    assert_eq!(turned["median"], values(&whole)["median"]);
}

#[test]
fn nothing_gives_null_and_a_nan_gives_nan() {
    let rules = rules(ALL);
    let empty = report(&rules, &[batch(0, 0)]);
    for rule in empty.rules.iter().filter(|rule| rule.check == "check") {
        assert_eq!(rule.outcome, RuleOutcome::Vacuous, "{}", rule.id);
    }
    let nan = RecordBatch::try_from_iter([
        ("x", Arc::new(Float64Array::from(vec![1.0, f64::NAN])) as ArrayRef),
        ("y", Arc::new(Int64Array::from(vec![1, 2]))),
        ("s", Arc::new(StringArray::from(vec!["a", "b"]))),
    ])
    .unwrap();
    let report = report(&rules, &[nan]);
    for check in ["median", "high", "together"] {
        assert_eq!(report.rule(&format!("t.{check}")).unwrap().outcome, RuleOutcome::Fail, "{check}");
    }
}

#[test]
fn a_share_that_is_no_constant_is_refused_where_it_stands() {
    for call in ["quantile(x, 1.5)", "quantile(x, x)", "approx_quantile(x, 95)"] {
        let text = format!("rulegate 1\nfeatures t {{ x : float64  check c: {call} > 0 }}");
        let compiled = RuleSet::compile("test.rules", &text, &Default::default());
        assert!(compiled.rule_set.is_none());
        assert!(compiled.diagnostics[0].message.contains("is a constant from 0 to 1"), "{:#?}", compiled.diagnostics);
    }
}

#[test]
fn hashes_of_redacted_texts_are_all_that_is_stored_of_them() {
    let rules = rules(
        r#"features t {
      s : string @redact
      check a: mode_fraction(s) < 0.5
      check b: entropy(s) > 1
      check c: approx_distinct_count(s) > 1
      check d: near_duplicate_fraction(s) < 0.5
      check e: first(s) != "q"
    }"#,
    );
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["zq7canary said so", "zq7canary said so", "zq7canary said no"]));
    let mut session = rules
        .bind(&arrow::datatypes::Schema::new(vec![arrow::datatypes::Field::new("s", arrow::datatypes::DataType::Utf8, true)]))
        .unwrap()
        .session();
    session.add(&RecordBatch::try_from_iter_with_nullable([("s", texts, true)]).unwrap()).unwrap();
    assert!(!serde_json::to_string(&session.finish()).unwrap().contains("canary"));
}

/// The recipes of docs/language/outputs.md: what each finds, and what it lets pass.
#[test]
fn recipes_find_repeated_answers_collapsed_enums_and_constant_confidence() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/language/outputs.md")).unwrap();
    let section = docs.split_once("## Across rows").unwrap().1;
    let text = section.split_once("```rules\n").unwrap().1.split_once("```").unwrap().0;
    let compiled = RuleSet::compile("outputs.md", text, &Default::default());
    let rules = compiled.rule_set.unwrap();
    let varied = |row: usize| {
        let tone = ["good", "bad", "mixed"][row % 3];
        let reason = format!("order {row} came with part {} of lot {} on day {}", row * 3, row * 5, row * 7);
        (tone.to_owned(), (row % 50) as f64 / 100.0, reason)
    };
    let verdicts = |change: &dyn Fn(usize, &mut (String, f64, String))| {
        let answers = (0..200).map(|row| {
            let mut answer = varied(row);
            change(row, &mut answer);
            serde_json::json!({"tone": answer.0, "confidence": answer.1, "reason": answer.2}).to_string()
        });
        let responses: ArrayRef = Arc::new(answers.map(Some).collect::<StringArray>());
        let report = report(&rules, &[RecordBatch::try_from_iter([("response", responses)]).unwrap()]);
        let failing = |rule: &&rulegate::report::RuleReport| rule.outcome != RuleOutcome::Pass && rule.check == "check";
        report.rules.iter().filter(failing).map(|rule| rule.id.strip_prefix("mood.").unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&|_, _| {}), Vec::<String>::new());
    assert_eq!(verdicts(&|row, answer| answer.2 = varied(row % 150).2), ["few_repeats", "few_near_repeats"]);
    let nearly = |row: usize, answer: &mut (String, f64, String)| {
        if row < 60 {
            answer.2 =
                format!("the delivery was late and the parcel was damaged so the customer asked for all of the money back, case {row}");
        }
    };
    assert_eq!(verdicts(&nearly), ["few_near_repeats"]);
    assert_eq!(verdicts(&|row, answer| answer.0 = if row == 7 { "bad" } else { "good" }.to_owned()), ["tones_vary"]);
    assert_eq!(verdicts(&|_, answer| answer.1 = 0.85), ["confidence_varies"]);
}

/// Answers of `ks_2samp(x, b).statistic` and `jensenshannon(p, q, base=2) ** 2` of SciPy, and of the sum that defines the index, by hand.
#[test]
fn drift_is_what_statistics_say_it_is() {
    let usual: Vec<String> = (1..=20).map(|value| value.to_string()).collect();
    let text = format!(
        r#"set usual = ({})
set chains = ("base", "sol")
features t {{
  x : float64?   s : string?
  check gap: ks(x, usual) >= 0
  check index: psi(x, usual) >= 0
  check bent: js_divergence(x, usual) >= 0
  check chains_bent: js_divergence(s, chains) >= 0
  check chains_index: psi(s, chains) >= 0
}}"#,
        usual.join(", ")
    );
    let batch = |x: Vec<Option<f64>>, s: Vec<Option<&str>>| {
        RecordBatch::try_from_iter_with_nullable([
            ("x", Arc::new(Float64Array::from(x)) as ArrayRef, true),
            ("s", Arc::new(StringArray::from(s)), true),
        ])
        .unwrap()
    };
    let x = [1.0, 2.5, 2.5, 7.0, 19.0, 20.0, 25.0, 0.5].map(Some);
    let s = ["base", "base", "base", "eth", "sol", "sol"].map(Some);
    let rows = batch([&x[..], &[None]].concat(), [&s[..], &[None; 3]].concat());
    let found = values(&report(&rules(&text), &[rows]));
    let wanted = [
        ("gap", 0.4),
        ("index", 6.207_851_439_157_878),
        ("bent", 0.474_915_687_538_079_17),
        ("chains_bent", 0.095_437_252_310_554_8),
        ("chains_index", 1.303_265_810_385_773_7),
    ];
    for (name, wanted) in wanted {
        assert!((found[name].as_f64().unwrap() - wanted).abs() < 1e-12, "{name}: {} for {wanted}", found[name]);
    }

    let of_nan = report(&rules(&text), &[batch(vec![Some(1.0), Some(f64::NAN)], vec![None, None])]);
    assert_eq!(of_nan.rule("t.gap").unwrap().outcome, RuleOutcome::Fail, "NaN is not above 0");
    assert_eq!(of_nan.rule("t.chains_bent").unwrap().outcome, RuleOutcome::Vacuous, "there is nothing to compare");
}
