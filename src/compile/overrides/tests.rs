use super::*;
use crate::compile::{OnFail, RuleSet};

const TEXT: &str = "rulegate 1
param floor: int = 0
features t {
  key a
  a : int64 >= $floor, < 100 @name(top) @shadow
  b : string? in (\"x\") @warn(10%)
  c : float64 >= 0 @warn(0.1%) @error(2%)
  d : int64? > 0 @warn @on_fail(reject_row)
  check few: failed_fraction(a.range) <= 50%
}";

fn rules() -> RuleSet {
    compiled(&[])
}

fn compiled(params: &[(&str, &str)]) -> RuleSet {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let compiled = RuleSet::compile("t.rules", TEXT, &crate::CompileOptions { params, ..Default::default() });
    compiled.rule_set.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

fn one(rule: &str) -> Override {
    Override::of(rule, "ana", "2026-11-20", "a reason")
}

fn over(overrides: impl IntoIterator<Item = Override>) -> Result<RuleSet, String> {
    rules().with_overrides(&Overrides::from_iter(overrides)).map_err(|errors| errors.to_string())
}

/// Severity, bounds, shadow and consequence of a rule.
fn terms(rules: &RuleSet, id: &str) -> String {
    let rule = rules.describe(id).expect("declared");
    let bound = |bound: Option<Bound>| bound.map_or_else(|| "-".to_owned(), |bound| bound.to_string());
    let shadow = if rule.shadow { " shadow" } else { "" };
    let then = match rule.on_fail {
        OnFail::RejectRow => "reject",
        OnFail::Keep => "keep",
        _ => "other",
    };
    format!("{}{shadow} {} {} {then}", rule.severity, bound(rule.warn), bound(rule.error))
}

#[test]
fn mode_severity_and_tolerance_change_what_they_name_and_nothing_else() {
    let rules = over([
        one("t.a.top").mode(Mode::Enforce),
        one("t.a.range").mode(Mode::Shadow),
        one("t.b.enum").severity(Severity::Error),
        one("t.c.range").severity(Severity::Warn),
        one("t.d.range").severity(Severity::Error).tolerate(Bound::Rows(5)),
    ])
    .unwrap();
    let found: Vec<String> =
        ["t.a.top", "t.a.range", "t.b.enum", "t.c.range", "t.d.range", "t.a.required"].map(|id| terms(&rules, id)).into();
    assert_eq!(
        found,
        [
            "error - 0 rows reject",
            "error shadow - 0 rows reject",
            // The bound goes with the severity, and so does what the gate does by default.
            "error - 10% reject",
            // What warned before it failed goes on warning there.
            "warn 0.1% - keep",
            "error - 5 rows reject",
            "error - 0 rows reject",
        ]
    );
    assert_eq!(
        terms(&over([one("t.d.range").severity(Severity::Info)]).unwrap(), "t.d.range"),
        "info 0 rows - reject",
        "`@on_fail` is written"
    );
}

#[test]
fn the_identity_tells_of_every_override_and_comes_back_without_them() {
    let plain = rules();
    let quiet = over([one("t.a.range").mode(Mode::Shadow)]).unwrap();
    let other = over([Override { why: "another reason".to_owned(), ..one("t.a.range").mode(Mode::Shadow) }]).unwrap();
    let hashes = [plain.hash(), quiet.hash(), other.hash()];
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
    assert_eq!(over([one("t.a.range").mode(Mode::Shadow)]).unwrap().hash(), quiet.hash());
    // Laid anew, not on top: what was laid before is gone.
    let back = other.with_overrides(&Overrides::default()).unwrap();
    assert_eq!((back.hash(), terms(&back, "t.a.range")), (plain.hash(), terms(&plain, "t.a.range")));
    let again = other.with_overrides(&Overrides::from_iter([one("t.c.range").mode(Mode::Off)])).unwrap();
    assert_eq!(terms(&again, "t.a.range"), terms(&plain, "t.a.range"));
    assert_eq!((plain.overrides_hash(), back.overrides().len(), again.overrides().len()), (None, 0, 1));
}

#[test]
fn an_exact_id_comes_before_a_pattern_and_types_are_passed_over() {
    let rules =
        over([one("t.*").mode(Mode::Shadow), one("t.a.range").mode(Mode::Enforce), one("*.range").severity(Severity::Warn)]).unwrap();
    assert_eq!(terms(&rules, "t.a.range"), "warn 0 rows - keep");
    assert_eq!(terms(&rules, "t.c.range"), "warn shadow 0.1% - keep");
    assert_eq!(terms(&rules, "t.c.type"), "error - 0 rows reject");
    assert!(rules.overrides()[0].rules.iter().all(|id| !id.ends_with(".type")));
    assert_eq!(rules.overrides()[2].rules, ["t.a.range", "t.c.range", "t.d.range"]);
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let unsigned = Override { who: " ".to_owned(), when: "yesterday".to_owned(), why: String::new(), ..one("t.a.range").mode(Mode::Off) };
    for (overrides, parts) in [
        (vec![one("t.a.rnage").mode(Mode::Off)], &["there is no rule `t.a.rnage`", "did you mean `t.a.range`?"][..]),
        (vec![one("u.*").mode(Mode::Off)], &["no rule fits `u.*`", "there are t.a.required, t.a.type, "]),
        (vec![one("t.a.range")], &["changes nothing", "give `mode`"]),
        (vec![unsigned], &["`who` is empty", "`why` is empty", "`when` is neither a date nor a time: `yesterday`"]),
        (vec![one("t.a.type").mode(Mode::Off)], &["`t.a.type` cannot be overridden"]),
        (vec![one("t.c.range").mode(Mode::Off), one("t.c.range").mode(Mode::Shadow)], &["two overrides give `mode` of `t.c.range`"]),
        (
            vec![one("t.*").mode(Mode::Off), one("*.range").mode(Mode::Shadow)],
            &["two overrides give `mode` of `t.a.range`: `t.*` and `*.range`"],
        ),
        (vec![one("t.c.range").mode(Mode::Off).until("soon")], &["`until` is no date: `soon`"]),
        (vec![one("t.c.range").mode(Mode::Off).until("2026-12-31")], &["no time was given"]),
        (vec![one("t.a.range").mode(Mode::Off)], &["the check `t.few` asks for its share", "switch `t.few` off too"]),
        (vec![Override { why: "x".repeat(1_001), ..one("t.c.range").mode(Mode::Off) }], &["`why` has more than 1000 characters"]),
    ] {
        let told = over(overrides).expect_err(parts[0]);
        for part in parts {
            assert!(told.contains(part), "{part:?} is not in {told:?}");
        }
    }
    assert!(over([one("t.a.range").mode(Mode::Off), one("t.few").mode(Mode::Off)]).is_ok());
}

#[test]
fn an_override_that_is_over_leaves_the_files_word_and_says_so() {
    let day = |days: u64| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400 * days + 5);
    // 2026-12-31 is day 20 818.
    let quiet = Overrides::from_iter([one("t.c.range").mode(Mode::Off).until("2026-12-31")]);
    let last = rules().with_overrides(&quiet.clone().at(day(20_818))).unwrap();
    let after = rules().with_overrides(&quiet.at(day(20_819))).unwrap();
    assert_eq!((last.overrides()[0].state, after.overrides()[0].state), (OverrideState::Active, OverrideState::Expired));
    let outcome = |rules: &RuleSet| {
        let schema = std::sync::Arc::new(arrow::datatypes::Schema::empty());
        let mut session = rules.bind(&schema).unwrap().session();
        session.add(&arrow::array::RecordBatch::new_empty(schema)).unwrap();
        let report = session.finish();
        let warned: Vec<String> = report.warnings.iter().map(|warning| warning.code.clone()).collect();
        (report.rule("t.c.range").unwrap().reason.clone().unwrap_or_default(), warned)
    };
    assert_eq!(outcome(&last), ("switched off by ana on 2026-11-20 until 2026-12-31: a reason".to_owned(), vec![]));
    let (reason, warned) = outcome(&after);
    assert!(!reason.contains("switched off"), "{reason}");
    assert_eq!(warned, ["override_expired"]);
    // The rule may have gone by then.
    let gone = Overrides::from_iter([one("t.gone").mode(Mode::Off).until("2026-12-31")]).at(day(20_819));
    assert!(rules().with_overrides(&gone).is_ok());
}

#[test]
fn parameters_arrive_with_compilation_or_not_at_all() {
    let param = |name: &str, value: &str| ParamOverride {
        name: name.to_owned(),
        value: value.to_owned(),
        who: "ana".to_owned(),
        when: "2026-11-20T09:00:00Z".to_owned(),
        why: "a reason".to_owned(),
    };
    let of = |param| Overrides { params: vec![param], ..Overrides::default() };
    let mut params = BTreeMap::new();
    of(param("floor", "1_0")).compile_params(&mut params).unwrap();
    assert_eq!(params["floor"], "1_0");
    assert!(of(param("floor", "11")).compile_params(&mut params).unwrap_err().to_string().contains("given twice: `1_0` and `11`"));
    let given = compiled(&[("floor", "1_0")]);
    assert_eq!(given.with_overrides(&of(param("floor", "1_0"))).unwrap().overrides()[0].target, "param floor");
    let told = |rules: &RuleSet, overrides: Overrides| rules.with_overrides(&overrides).unwrap_err().to_string();
    assert!(told(&given, of(param("floor", "11"))).contains("were compiled with `1_0`"));
    assert!(told(&rules(), of(param("floor", "11"))).contains("were compiled without it"));
    assert!(told(&rules(), of(param("flor", "11"))).contains("did you mean `floor`?"));
}

#[test]
fn overrides_are_read_from_the_form_that_files_have() {
    let json = r#"{"override":[{"rule":"t.a.range","mode":"shadow","severity":"warn","tolerate":"0.5%","who":"a","when":"2026-01-01","why":"b","until":"2026-02-01"}],"param":[]}"#;
    let read: Overrides = serde_json::from_str(json).unwrap();
    assert_eq!(read.rules[0].tolerate, Some(Bound::Fraction(5, 3)));
    let again: Overrides = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(read, again);
    for wrong in [
        r#"{"overrides":[]}"#,
        r#"{"override":[{"rule":"x","mode":"loud","who":"a","when":"b","why":"c"}]}"#,
        r#"{"override":[{"rule":"x","who":"a","when":"b"}]}"#,
    ] {
        assert!(serde_json::from_str::<Overrides>(wrong).is_err(), "{wrong}");
    }
}
