use super::*;

fn compiled(text: &str) -> Compiled {
    RuleSet::compile("t.rules", text, &CompileOptions::default())
}

fn codes(body: &str) -> Vec<&'static str> {
    compiled(&format!("rulegate 1\n{body}")).diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

fn ids(body: &str) -> Vec<String> {
    let compiled = compiled(&format!("rulegate 1\n{body}"));
    compiled.rule_set.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)).rule_ids().map(str::to_owned).collect()
}

#[test]
fn ids_follow_the_contract() {
    let body = "type unit = float between 0 and 1\nfeatures t {\n  a : unit? finite\n  `b c` : string length <= 3 @name(short)\n  l : list<string>? each length <= 8\n  s : struct { x: int64 >= 0 }?\n  fields /v_\\d/ : float64? >= 0\n  rule r: a > 0\n}";
    assert_eq!(
        ids(body),
        [
            "t.a.type",
            "t.a.range",
            "t.a.finite",
            "t.`b c`.required",
            "t.`b c`.type",
            "t.`b c`.short",
            "t.l.type",
            "t.l.each.length",
            "t.s.type",
            "t.s.x.required",
            "t.s.x.type",
            "t.s.x.range",
            "t.fields(v_\\d).type",
            "t.fields(v_\\d).range",
            "t.r"
        ]
    );
}

#[test]
fn a_second_constraint_of_a_kind_needs_a_name() {
    let compiled = compiled("rulegate 1\nfeatures t { a : float64 >= 0, <= 10 }");
    assert_eq!(compiled.diagnostics[0].code, Code::DuplicateId);
    assert_eq!(compiled.diagnostics[0].suggestion.as_ref().unwrap().replacement, " @name(range_2)");
}

#[test]
fn mistakes_have_codes() {
    for (body, code) in [
        ("features t { a : int64 >= \"0\" }", "E0301"),
        ("features t { a : int64  rule r: b > 0 }", "E0201"),
        ("features t { a : int65 }", "E0204"),
        ("features t { a : int64 @wran }", "E0205"),
        ("features t { a : string matches /(?=x)/ }", "E0404"),
        ("features t { a : int64 in (1, null) }", "E0304"),
        ("features t { a : int64  rule r: a }", "E0302"),
        ("features t { a : timestamp  b : timestamp(local)  rule r: a > b }", "E0303"),
        ("features t { a : int64  rule r: foo(a) > 0 }", "E0401"),
        ("features t { a : int64  rule r: abs(a, a) > 0 }", "E0402"),
        ("features t { a : int64  rule r: lower(a) = \"x\" }", "E0403"),
        ("features t { a : int64  check c: a > 0 }", "E0405"),
        ("features t { a : int64  rule r: mean(a) > 0 }", "E0405"),
        ("features t { a : int64 @warn(200%) }", "E0406"),
        ("features t { let x = y  let y = x }", "E0206"),
        ("param p: int\nfeatures t { a : int64 >= $p }", "E0501"),
        ("features t { a : date >= date \"2026-13-01\" }", "E0106"),
        ("set s from \"x.csv\"\nfeatures t { a : string in s }", "E0602"),
        ("features t { a : int64 = null }", "E0301"),
        ("features t { a : int64 between 5 and 1 }", "E0305"),
        ("features t { a : int64 each >= 1 }", "E0306"),
        ("output o from r { m : map<int64, float> }", "E0306"),
    ] {
        assert_eq!(codes(body).first().copied(), Some(code), "{body}");
    }
}

#[test]
fn one_mistake_makes_one_diagnostic() {
    assert_eq!(codes("features t { a : int64  let x = nosuch + 1  rule r: x > 2 and x < 5 }").len(), 1);
}

#[test]
fn what_comes_later_is_a_warning_and_compiles() {
    let body = "features t { a : string no_secrets  waive a.no_secrets until date \"2030-01-01\" because \"x\"  check c: ks(b, b) > 0  b : float64 }\ntest \"x\" for t { given { a: \"x\" } expect pass }";
    assert_eq!(codes(body), ["W0101"]);
    assert!(ids(body).contains(&"t.a.no_secrets".to_owned()));
}

#[test]
fn baselines_are_value_sets_or_columns_of_files() {
    let of = |check: &str| {
        let text = "set usual = (1.5, 2.5)\nset places = (\"Rome\", \"Oslo\")\n";
        let rest = "x : float64  place : string  placed : date  y : float64 in usual  p : string in places";
        codes(&format!("{text}features t {{ {rest}  check c: {check} <= 0.1 }}"))
    };
    for check in ["ks(x, usual)", "psi(place, places)", "js_divergence(x + 1, usual)"] {
        assert!(of(check).is_empty(), "{check}: {:?}", of(check));
    }
    for (check, code) in [
        ("ks(x, usul)", "E0201"),
        ("ks(place, places)", "E0403"),
        ("psi(x, places)", "E0403"),
        ("psi(placed, usual)", "E0403"),
        ("psi(x)", "E0402"),
        ("psi(x, \"usual.csv\")", "E0403"),
        ("psi(x, reference(\"usual.csv\"))", "E0402"),
        ("psi(x, reference(\"usual.csv\", \"x\"))", "W0204"),
        ("psi(x, y)", "W0101"),
    ] {
        assert_eq!(of(check), [code], "{check}");
    }
}

#[test]
fn params_from_outside_are_typed() {
    let text = "rulegate 1\nparam p: float = 1\nfeatures t { a : float64 >= $p }";
    let with = |value: &str| CompileOptions { params: [("p".to_owned(), value.to_owned())].into(), ..CompileOptions::default() };
    let (one, two) = (RuleSet::compile("t", text, &with("1.5")), RuleSet::compile("t", text, &with("2")));
    assert_ne!(one.rule_set.unwrap().hash(), two.rule_set.unwrap().hash());
    assert!(RuleSet::compile("t", text, &with("\"x\"")).rule_set.is_none());
    let unknown = CompileOptions { params: [("q".to_owned(), "1".to_owned())].into(), ..CompileOptions::default() };
    assert_eq!(RuleSet::compile("t", text, &unknown).diagnostics[0].code, Code::Parameter);
}

#[test]
fn comments_do_not_change_the_hash() {
    let hash = |text: &str| compiled(text).rule_set.unwrap().hash().to_owned();
    assert_eq!(hash("rulegate 1\nfeatures t { a : int64 }"), hash("// hello\nrulegate 1\n\nfeatures t {\n  a : int64 // x\n}\n"));
    assert_ne!(hash("rulegate 1\nfeatures t { a : int64 }"), hash("rulegate 1\nfeatures t { a : int32 }"));
}
