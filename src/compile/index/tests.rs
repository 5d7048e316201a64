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
        Target::Rule(rule) => format!("Rule {}", analysis.index.rule(rule).unwrap().id),
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
    assert_eq!(index.rules().find(|rule| rule.id == "t.home.zip.zip_code").unwrap().short(), "home.zip.zip_code");
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

/// An index as a text; names of files and the like have no order of their own.
fn shown_index(index: &Index) -> String {
    let file = index.uses.first().map(|found| found.span.file);
    let lexemes = file.map(|file| index.lexemes_in(file));
    format!("{:?} {:?} {:?} {:?} {:?} {lexemes:?}", index.trees, index.symbols, index.uses, index.rules().collect::<Vec<_>>(), index.types)
}

/// Numbers that look random and are the same in every run.
fn dice(seed: &mut u64, sides: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    ((*seed >> 33) as usize) % sides.max(1)
}

#[test]
fn an_edited_text_is_analysed_as_if_it_were_new() {
    const PIECES: [&str; 12] = ["\n", " ", "// note\n", "/*", "\"", "{", "}", "x", "rule q: id > 0\n", "  key id\n", "@warn", "é"];
    let mut memory = Memory::default();
    let (mut seed, mut text) = (7, TEXT.to_owned());
    for round in 0..400 {
        if round % 40 == 0 {
            text = TEXT.to_owned();
        }
        let mut at = dice(&mut seed, text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        if dice(&mut seed, 3) == 0 {
            let end = text[at..].char_indices().nth(dice(&mut seed, 30)).map_or(text.len(), |(length, _)| at + length);
            text.replace_range(at..end, "");
        } else {
            text.insert_str(at, PIECES[dice(&mut seed, PIECES.len())]);
        }
        let mut again = analyse_again("t.rules", &text, &CompileOptions::default(), &mut memory);
        again.complete();
        let anew = analyse("t.rules", &text, &CompileOptions::default());
        let shown = |analysis: &Analysis| {
            let rules = analysis.compiled.rule_set.as_ref().map(|rules| (rules.hash(), rules.rule_places().collect::<Vec<_>>()));
            format!("{rules:?} {:?} {:?}", analysis.compiled.diagnostics, shown_index(&analysis.index))
        };
        assert_eq!(shown(&again), shown(&anew), "round {round}:\n{text}");
    }
}

#[test]
fn an_edit_costs_the_item_it_is_in() {
    let mut memory = Memory::default();
    let mut items = |text: &str| {
        let analysis = analyse_again("t.rules", text, &CompileOptions::default(), &mut memory);
        assert!(analysis.compiled.rule_set.is_some());
        memory.parsed()
    };
    let large = |bound: usize| {
        let fields: String =
            (0..500).map(|at| format!("  /// Field {at}.\n  field_{at} : float64? >= {}\n", if at == 250 { bound } else { at })).collect();
        format!("rulegate 1\nfeatures t {{\n{fields}}}\n")
    };
    // The version, the head of the block, and the fields.
    assert_eq!(items(&large(0)), 502);
    assert_eq!(items(&large(1_000_000)), 1);
    assert_eq!(items(&format!("// moved\n\n{}", large(1_000_000))), 0);
}
