//! The page about JSON Schema shows what really comes out. `UPDATE=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use rulegate::interchange::{Export, ImportOptions, Loss, Source, Target, export, import};

use crate::support::{pack, root};

#[test]
fn the_page_about_json_schema_is_up_to_date() {
    let path = root().join("docs/language/json-schema.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let fresh = filled(&page);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    } else {
        assert!(page == fresh, "docs/language/json-schema.md is stale: run this test with UPDATE=1");
    }
}

/// The page with what stands between `<!-- name argument -->` and `<!-- end -->` made anew.
fn filled(page: &str) -> String {
    let (mut out, mut skipping) = (String::new(), false);
    for line in page.lines() {
        if line == "<!-- end -->" {
            skipping = false;
        }
        if skipping {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        let Some(marker) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")).filter(|marker| *marker != "end") else {
            continue;
        };
        skipping = true;
        let (name, argument) = marker.split_once(' ').unwrap_or((marker, ""));
        out.push_str(&match name {
            "targets" => targets(),
            "pack" => shape(argument),
            "model" => model(argument),
            "import" => imported(argument),
            _ => panic!("nothing is made for `{marker}`"),
        });
    }
    assert!(!skipping, "the last part has no end");
    out
}

fn targets() -> String {
    Target::all().map(|target| format!("| `{}` | {} | {} |\n", target.name, target.summary, target.source)).collect()
}

/// A table of rules by target, and the schemas.
fn shape(name: &str) -> String {
    let rules = pack(&root().join(format!("rules/llm/{name}.rules")));
    let targets: Vec<&Target> = Target::all().filter(|target| target.name != "arrow").collect();
    let exports: Vec<Export> = targets.iter().map(|target| export(&rules, name, Target::named(target.name).unwrap()).unwrap()).collect();
    let heads: Vec<String> = targets.iter().map(|target| format!(" {} ", target.name)).collect();
    let mut out = format!("\n| rule |{}|\n| --- |{}\n", heads.join("|"), " --- |".repeat(targets.len()));
    for id in rules.rule_ids().filter(|id| id.starts_with(&format!("{name}."))) {
        let cells: Vec<String> = exports.iter().map(|export| format!(" {} ", said(export, id))).collect();
        writeln!(out, "| `{}` |{}|", &id[name.len() + 1..], cells.join("|")).unwrap();
    }
    for (target, export) in targets.iter().zip(&exports) {
        let target = target.name;
        writeln!(out, "\n<details><summary>{target}</summary>\n\n```json file={name}.{target}.json\n{}\n```\n", export.schema).unwrap();
        let mut whys: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for lost in &export.residue {
            let rule = lost.rule.as_deref().map_or("the schema", |rule| &rule[name.len() + 1..]);
            whys.entry(&lost.why).or_default().push(format!("`{rule}`"));
        }
        for (why, rules) in whys {
            writeln!(out, "* {}: {why}", rules.join(", ")).unwrap();
        }
        out.push_str("\n</details>\n");
    }
    out.push('\n');
    out
}

fn said(export: &Export, rule: &str) -> &'static str {
    let losses: Vec<Loss> = export.residue.iter().filter(|lost| lost.rule.as_deref() == Some(rule)).map(|lost| lost.loss).collect();
    match losses.as_slice() {
        [] => "yes",
        losses if losses.contains(&Loss::Dropped) => "here",
        _ => "part",
    }
}

/// A class of the models, as it is written in Python.
fn model(name: &str) -> String {
    let models = std::fs::read_to_string(root().join("tests/interchange/pydantic/models.py")).unwrap();
    let start = models.find(&format!("class {name}(")).unwrap();
    let rest = &models[start..];
    let end = rest.find("\n\n\n").unwrap_or(rest.len());
    format!("\n```python file={name}.py\n{}\n```\n\n", rest[..end].trim_end())
}

fn imported(name: &str) -> String {
    let schema = std::fs::read_to_string(root().join(format!("tests/interchange/pydantic/{name}.json"))).unwrap();
    let imported = import(Source::named("json-schema").unwrap(), &schema, &ImportOptions::default()).unwrap();
    let mut out = format!("\n```rules\n{}```\n\n", imported.rules);
    if imported.residue.is_empty() {
        out.push_str("and nothing is lost.\n\n");
        return out;
    }
    out.push_str("with this residue:\n\n| keyword | at | why |\n| --- | --- | --- |\n");
    for unsaid in &imported.residue {
        writeln!(out, "| `{}` | `{}` | {} |", unsaid.keyword, if unsaid.pointer.is_empty() { "/" } else { &unsaid.pointer }, unsaid.why)
            .unwrap();
    }
    out.push('\n');
    out
}
