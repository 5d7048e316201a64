//! Random waivers of the rules a block has.

use super::dice::Dice;
use super::exprs::Names;
use rulegate::{CompileOptions, RuleSet};

/// A day before the pinned clock, its day, and days after it.
const DAYS: [&str; 4] = ["2031-01-01", "2025-11-25", "2025-11-24", "9999-12-31"];

/// A line for each tape, behind the lines of a block that is not closed yet.
pub fn lines(block: &[String], names: &Names, tapes: &[Vec<u32>]) -> Vec<String> {
    if tapes.is_empty() {
        return Vec::new();
    }
    let text = format!("{}\n}}\n", block.join("\n"));
    let compiled = RuleSet::compile("t.rules", &text, &CompileOptions::default()).rule_set;
    let ids: Vec<String> = compiled.iter().flat_map(RuleSet::rule_ids).map(str::to_owned).collect();
    let waiver = |tape: &Vec<u32>| {
        let mut dice = Dice::new(tape);
        let id = ids.get(dice.below(ids.len()))?;
        let short = id.split_once('.').map_or("", |(_, short)| short);
        let until = if dice.one_in(5) { String::new() } else { format!(" until date \"{}\"", dice.word(&DAYS)) };
        let is_check = short.starts_with('k') && !short.contains('.');
        let filter = if is_check || dice.one_in(3) { String::new() } else { format!(" where {}", names.boolean(&mut dice, 1)) };
        Some(format!("  waive {}{until} because \"drawn\"{filter}", path(short)))
    };
    tapes.iter().filter_map(waiver).collect()
}

/// The id of a pattern's rule is no path of names: `fields(…)` is quoted.
fn path(short: &str) -> String {
    match short.strip_prefix("fields(").and_then(|rest| rest.rsplit_once(").")) {
        Some((pattern, kind)) => format!("`fields({pattern})`.{kind}"),
        None => short.to_owned(),
    }
}
