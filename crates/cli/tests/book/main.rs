//! The book (`docs/`): every snippet compiles and passes its own tests, every console shows what the command says, every link leads
//! somewhere, and every page has a place in `SUMMARY.md`. `UPDATE=1 cargo test -p rulegate-cli --test book` rewrites outputs, marks of what
//! comes later, and the lists of pages that come from folders.
//!
//! The info string of a fenced block tells what it is:
//!
//! | info string | what it is |
//! | --- | --- |
//! | `rules` | a whole file without anything to remark, in canonical layout; its tests pass |
//! | `rules later` | the same, and something in it is not evaluated yet |
//! | `rules wrong` | a whole file that does not compile |
//! | `rules prelude` | the file around the snippets of tables, once in `docs/migrating/README.md` |
//! | `… file=name` | written as this file, for what stands below it on the page |
//! | `console` | commands after `$ `, each followed by what it says; they run in a folder with `rules/` and the page's files in it |
//! | anything else | not looked at |
//!
//! In a table with a column `Rulegate`, each piece of code in that column is compiled: items of the prelude's block, or of a file.
//! `(later)` beside it says that it is not evaluated yet. In `docs/cookbook`, every `##` is a recipe.
//!
//! `docs/language`, `docs/errors` and `docs/glossary.md` have fences of their own, which `tests/reference.rs` and `tests/diagnostics.rs` look at.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod consoles;
mod pages;
mod snippets;
mod summary;
mod tables;

use std::sync::Mutex;

use pages::{Page, UPDATE_HINT, pages};

/// Looks at every page, two at a time, and fails with everything that was found. The text that `look` gives is the page as it should be.
fn every_page(look: impl Fn(&Page, &mut Vec<String>) -> Option<String> + Sync) {
    let wrong = Mutex::new(Vec::new());
    let all = pages();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(page) = all.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let mut found = Vec::new();
                    let better = look(page, &mut found);
                    page.rewrite(better);
                    wrong.lock().unwrap().extend(found.into_iter().map(|what| format!("docs/{}{what}", page.name)));
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{} wrong; {UPDATE_HINT}\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn snippets_compile_are_laid_out_and_pass_their_tests_and_consoles_show_what_is_said() {
    let counted = Mutex::new((0, 0));
    every_page(|page, wrong| {
        let walked = snippets::walk(page, wrong);
        let mut counted = counted.lock().unwrap();
        counted.0 += walked.snippets;
        counted.1 += walked.commands;
        walked.better
    });
    let (snippets, commands) = *counted.lock().unwrap();
    assert!(snippets >= 40 && commands >= 30, "only {snippets} snippets and {commands} commands were found");
}

#[test]
fn tables_of_constructs_compile() {
    let prelude = tables::prelude();
    let counted = Mutex::new(0);
    every_page(|page, wrong| {
        let (better, cells) = tables::walk(page, &prelude, wrong);
        *counted.lock().unwrap() += cells;
        let is_table_page = page.name.starts_with("migrating/") && page.name != "migrating/README.md";
        if is_table_page && cells < 12 {
            wrong.push(format!(": a column `Rulegate` with {cells} snippets is too few"));
        }
        better
    });
    assert!(*counted.lock().unwrap() >= 100);
}

#[test]
fn every_recipe_has_a_row_that_passes_one_that_does_not_and_tells_of_nulls() {
    let recipes = Mutex::new(0);
    every_page(|page, wrong| {
        if page.name.starts_with("cookbook/") && page.name != "cookbook/README.md" {
            for recipe in page.sections() {
                *recipes.lock().unwrap() += 1;
                let says = |any: &[&str]| any.iter().any(|text| recipe.text.contains(text));
                let mut needs = |fine: bool, what: &str| {
                    if !fine {
                        wrong.push(format!(":{}: the recipe `{}` {what}", recipe.line, recipe.title));
                    }
                };
                needs(says(&["\n```rules", "\n````rules"]), "has no snippet");
                needs(says(&["expect pass", "expect unknown"]), "has no test with a row that passes");
                needs(says(&["expect fail", "expect only fail", "expect fallback"]), "has no test with a row that fails");
                needs(says(&["\n**Nulls.** "]), "does not tell what nulls do (a paragraph that begins with `**Nulls.** `)");
            }
        }
        None
    });
    let recipes = *recipes.lock().unwrap();
    assert!(recipes >= 25, "only {recipes} recipes");
}

#[test]
fn links_lead_somewhere() {
    every_page(|page, wrong| {
        for link in page.links().into_iter().filter(|link| !link.target.contains("://") && !link.target.starts_with("mailto:")) {
            if let Err(why) = page.resolve(&link.target) {
                wrong.push(format!(":{}: {}: {why}", link.line, link.target));
            }
        }
        None
    });
}

#[test]
fn every_page_has_its_place_in_the_summary() {
    summary::check();
}
