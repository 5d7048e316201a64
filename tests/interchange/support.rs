//! Rules, exports and judges, as all of these tests need them.

use std::path::{Path, PathBuf};

use rulegate::RuleSet;
use rulegate::compile::CompileOptions;
use rulegate::interchange::{Document, Export, Target, export};
use rulegate::scan::FolderLoader;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn rules(text: &str) -> RuleSet {
    let compiled = RuleSet::compile("test.rules", text, &CompileOptions::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{text}\n{:#?}", compiled.diagnostics))
}

/// The rules of a shipped file.
pub(crate) fn pack(path: &Path) -> RuleSet {
    let loader = FolderLoader::for_entry(path);
    let text = std::fs::read_to_string(path).unwrap();
    let compiled = RuleSet::compile(&path.to_string_lossy(), &text, &CompileOptions { loader: Some(&loader), ..CompileOptions::default() });
    compiled.rule_set.unwrap_or_else(|| panic!("{}: {:#?}", path.display(), compiled.diagnostics))
}

pub(crate) fn packs() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["rules/llm", "rules/std"]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rules"))
        .collect();
    found.sort();
    found
}

pub(crate) fn target(name: &str) -> &'static Target {
    Target::named(name).unwrap()
}

/// The only block of a text, exported.
pub(crate) fn exported(text: &str, name: &str) -> Export {
    let rules = rules(text);
    let block = rules.blocks()[0].name.clone();
    export(&rules, &block, target(name)).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

pub(crate) fn plain(document: &Document) -> serde_json::Value {
    serde_json::to_value(document).unwrap()
}

pub(crate) fn cases(default: u64) -> u64 {
    std::env::var("INTERCHANGE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
