use super::*;

const TEXT: &str = r#"rulegate 1
/// A share.
type share = float between 0 and 1
type place = struct { city: string, zip: string length = 5 @name(zip_code) }
set chains = ("base", "solana")
param least: float = 1.0
extern function listed(symbol: string): bool
features t {
  key id
  id : int64 unique
  chain : string in chains
  level : enum("LOW", "HIGH")
  home : place
  lines : list<struct { price: float64 }>
  trust : share <= 1 @name(sane)
  let hot = (trust) > $least and listed(chain)
  rule r { when hot expect trust > 0.5 and home.city != "" message "{chain}: {home.city} {$least}" }
  rule cheap: all(x in lines: x.price < 10 and round(x.price) < 9)
  check c: max(trust) < 1 and failed_fraction(home.zip.zip_code) < 0.1
  waive id.unique until date "2027-01-01" because "known"
  example good { id: 1, chain: "base" }
}
test "one" for t { given good with { id: 2 } expect fail r, trust.range, id.unique }
"#;

fn analysis() -> Analysis {
    analyse("t.rules", TEXT, &CompileOptions::default())
}

/// What the name at a mark such as `rule «r»` means: kind and name of the symbol, with every place it stands at.
fn meaning(analysis: &Analysis, before: &str, name: &str) -> (String, usize) {
    let offset = TEXT.find(&format!("{before}{name}")).unwrap_or_else(|| panic!("{before}{name}")) + before.len();
    let file = analysis.compiled.sources.files().next().unwrap().0;
    let found = analysis.index.use_at(file, u32::try_from(offset).unwrap()).unwrap_or_else(|| panic!("nothing at {before}{name}"));
    assert_eq!(analysis.compiled.sources.text(found.span), name, "{before}");
    let shown = match found.target {
        Target::Symbol(id) => {
            let symbol = analysis.index.symbol(id).unwrap();
            format!("{:?} {}", symbol.kind, symbol.name)
        }
        Target::Rule(rule) => format!("Rule {}", analysis.index.rules[rule].id),
        Target::Function(def) => format!("Function {}", def.name),
        Target::Aggregate(def) => format!("Aggregate {}", def.name),
        Target::Attribute(name) => format!("Attribute {name}"),
        Target::BuiltinType(name) => format!("BuiltinType {name}"),
        Target::File(_) => "File".to_owned(),
    };
    (shown, analysis.index.uses_of(found.target).count())
}

#[test]
fn names_mean_what_the_checker_takes_them_for() {
    let analysis = analysis();
    let errors: Vec<_> = analysis.compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let expected = [
        ("trust : ", "share", "Type share", 2),
        ("string in ", "chains", "Set chains", 2),
        ("> $", "least", "Param least", 3),
        ("and ", "listed", "Extern listed", 2),
        ("key ", "id", "Column id", 6),
        ("let hot = (", "trust", "Column trust", 5),
        ("when ", "hot", "Let hot", 2),
        ("and home.", "city", "Member city", 3),
        ("all(x in ", "lines", "Column lines", 2),
        ("lines: ", "x", "Variable x", 3),
        ("lines: x.", "price", "Member price", 3),
        ("and ", "round", "Function round", 1),
        ("check c: ", "max", "Aggregate max", 1),
        ("failed_fraction(home.zip.", "zip_code", "Rule zip_code", 2),
        ("waive id.", "unique", "Rule t.id.unique", 2),
        ("given ", "good", "Example good", 2),
        ("expect fail ", "r", "Rule r", 2),
        ("r, trust.", "range", "Rule t.trust.range", 1),
        ("\" for ", "t", "Block t", 2),
        ("message \"{", "chain", "Column chain", 4),
        ("trust : share <= 1 @", "name", "Attribute name", 2),
        ("chain : ", "string", "BuiltinType string", 4),
    ];
    for (before, name, wanted, count) in expected {
        assert_eq!(meaning(&analysis, before, name), (wanted.to_owned(), count), "{before}{name}");
    }
}

#[test]
fn values_types_and_members_are_known() {
    let index = analysis().index;
    let symbol = |name: &str| index.symbols.iter().find(|symbol| symbol.name == name).unwrap();
    assert_eq!(symbol("level").values, ["\"LOW\"", "\"HIGH\""]);
    assert_eq!(symbol("chain").set.as_deref(), Some("chains"));
    assert_eq!(index.sets["chains"], ["\"base\"", "\"solana\""]);
    assert_eq!(symbol("share").docs.as_deref(), Some("A share."));
    assert_eq!(index.members("t", &["home"]), ["city", "zip"]);
    assert_eq!(index.members("t", &["lines", "[]"]), ["price"]);
    let file = symbol("t").span.file;
    let at = u32::try_from(TEXT.find("round(x").unwrap()).unwrap();
    assert_eq!(index.type_at(file, at).unwrap().1, &Type::Float);
    assert_eq!(index.rules.iter().find(|rule| rule.id == "t.home.zip.zip_code").unwrap().short(), "home.zip.zip_code");
}

#[test]
fn an_index_changes_nothing_of_what_compiling_says() {
    for cut in (0..TEXT.len()).filter(|cut| TEXT.is_char_boundary(*cut)).step_by(7) {
        let text = &TEXT[..cut];
        let compiled = RuleSet::compile("t.rules", text, &CompileOptions::default());
        let analysis = analyse("t.rules", text, &CompileOptions::default());
        assert_eq!(compiled.diagnostics, analysis.compiled.diagnostics, "{text}");
        for pair in analysis.index.uses.windows(2) {
            assert!(pair[0].span.file != pair[1].span.file || pair[0].span.end <= pair[1].span.start, "{pair:?} in {text}");
        }
    }
}
