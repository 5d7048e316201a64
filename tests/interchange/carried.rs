//! Every rule is said by the schema, or told as residue; and the pointers lead where they say.

use std::collections::BTreeSet;

use rulegate::RuleSet;
use rulegate::interchange::{ExportError, Target, export};

use crate::generate;
use crate::support::{cases, pack, packs, plain, rules};

/// Holds an export of each block for each target against the rules of the block.
fn nothing_is_lost(rules: &RuleSet, what: &str) -> usize {
    let mut exported = 0;
    for block in rules.blocks() {
        for target in Target::all() {
            let export = match export(rules, &block.name, target) {
                Ok(export) => export,
                Err(ExportError::Map { .. }) => continue,
                Err(ExportError::NoOutput { .. }) if !block.output => continue,
                Err(error) => panic!("{what}: {error}"),
            };
            exported += 1;
            let schema = plain(&export.schema);
            let mut told: BTreeSet<&str> = BTreeSet::new();
            for carried in &export.carried {
                assert!(schema.pointer(&carried.pointer).is_some(), "{what}, {}: {carried:?}\n{schema:#}", target.name);
                told.insert(&carried.rule);
            }
            for lost in &export.residue {
                assert!(schema.pointer(&lost.pointer).is_some(), "{what}, {}: {lost:?}\n{schema:#}", target.name);
                assert!(!lost.why.is_empty());
                told.extend(lost.rule.as_deref());
            }
            let prefix = format!("{}.", block.name);
            let own: BTreeSet<&str> = rules.rule_ids().filter(|id| id.starts_with(&prefix)).collect();
            assert_eq!(told, own, "{what}, {}", target.name);
        }
    }
    exported
}

#[test]
fn every_rule_of_every_pack_is_carried_or_told() {
    let exported: usize = packs().iter().map(|path| nothing_is_lost(&pack(path), &path.to_string_lossy())).sum();
    assert!(exported > 20, "{exported}");
}

#[test]
fn every_rule_of_made_up_blocks_is_carried_or_told() {
    for seed in 0..cases(200) {
        let block = generate::block(seed);
        nothing_is_lost(&rules(&block.text), &block.text);
    }
}
