//! The examples check themselves; here they are run.

#[path = "../../examples/hot_reload.rs"]
mod hot_reload;
#[path = "../../examples/ledger_tampered.rs"]
mod ledger_tampered;
#[path = "../../examples/shadow_to_enforce.rs"]
mod shadow_to_enforce;

#[test]
fn rules_are_reloaded_under_four_threads() {
    hot_reload::main().unwrap();
}

#[test]
fn a_ledger_is_tampered_with_in_five_ways() {
    ledger_tampered::main().unwrap();
}

#[test]
fn a_rule_goes_from_shadow_to_enforced_and_back() {
    shadow_to_enforce::main().unwrap();
}
