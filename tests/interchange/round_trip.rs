//! Export, import, export: the same schema, wherever the language can say it.

use rulegate::interchange::{ImportOptions, Source, export, import};

use crate::generate;
use crate::support::{cases, plain, rules, target};

#[test]
fn what_is_exported_comes_back_as_rules_that_export_the_same() {
    let source = Source::named("json-schema").unwrap();
    for seed in 0..cases(250) {
        let block = generate::block(seed);
        let first = export(&rules(&block.text), "made", target("draft2020-12")).unwrap();
        let imported = import(source, &first.schema.to_string(), &ImportOptions::default())
            .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}\n{}", block.text, first.schema));
        let second = export(&rules(&imported.rules), "made", target("draft2020-12")).unwrap();
        assert_eq!(plain(&first.schema), plain(&second.schema), "seed {seed}\n{}\n{}\n{:#?}", block.text, imported.rules, imported.residue);
        let order = |schema: &rulegate::interchange::Document| {
            schema.get("properties").unwrap().members().iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(order(&first.schema), order(&second.schema), "fields keep their order");
        let told: Vec<_> = imported.residue.iter().filter(|unsaid| !expected(&unsaid.keyword, &unsaid.why)).collect();
        assert!(told.is_empty(), "seed {seed}\n{}\n{told:#?}", first.schema);
    }
}

/// What comes back and is told all the same.
fn expected(keyword: &str, why: &str) -> bool {
    keyword == "format" && why.starts_with("durations in years")
}
