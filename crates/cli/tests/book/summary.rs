//! `SUMMARY.md`: every page once, and lists of pages that come from folders.

use std::collections::BTreeSet;

use crate::pages::{Page, UPDATE_HINT, docs, pages, read, update};

/// Folders whose pages stand under their `README.md` by name: a new page needs no edit by hand.
const LISTED: &[&str] = &["decisions", "errors"];

pub(crate) fn check() {
    let path = docs().join("SUMMARY.md");
    let all = pages();
    let text = read(&path);
    let made = LISTED.iter().fold(text.clone(), |text, folder| with_list(&text, folder, &all));
    if made != text && update() {
        std::fs::write(&path, &made).unwrap();
    } else {
        assert!(made == text, "docs/SUMMARY.md does not list the pages of {}; {UPDATE_HINT}", LISTED.join(" and "));
    }
    let summary = Page { name: "SUMMARY.md".to_owned(), text: made };
    let mut linked = BTreeSet::new();
    for link in summary.links() {
        summary.resolve(&link.target).unwrap_or_else(|why| panic!("docs/SUMMARY.md:{}: {}: {why}", link.line, link.target));
        assert!(linked.insert(link.target.clone()), "docs/SUMMARY.md:{}: {} stands there twice", link.line, link.target);
    }
    let missing: Vec<&Page> = all.iter().filter(|page| !linked.contains(&page.name)).collect();
    if update() && !missing.is_empty() {
        // Somewhere they must stand; a better place is found by hand.
        let lines: String = missing.iter().map(|page| format!("- [{}]({})\n", page.title(), page.name)).collect();
        std::fs::write(&path, format!("{}\n# More\n\n{lines}", summary.text)).unwrap();
        return;
    }
    let names: Vec<&str> = missing.iter().map(|page| page.name.as_str()).collect();
    assert!(names.is_empty(), "pages without a line in docs/SUMMARY.md, which no reader of the book can find: {names:#?}; {UPDATE_HINT}");
}

/// The summary with the pages of a folder below the line of its `README.md`.
fn with_list(text: &str, folder: &str, all: &[Page]) -> String {
    let readme = format!("{folder}/README.md");
    let pages = all.iter().filter(|page| page.name.starts_with(&format!("{folder}/")) && page.name != readme);
    let mut out = String::new();
    for line in text.lines().filter(|line| !(line.starts_with("  - ") && line.contains(&format!("]({folder}/")))) {
        out.push_str(line);
        out.push('\n');
        if line.contains(&format!("]({readme})")) {
            pages.clone().for_each(|page| out.push_str(&format!("  - [{}]({})\n", page.title(), page.name)));
        }
    }
    out
}
