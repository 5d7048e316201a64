//! Entries of the ledger for people.

use std::fmt::Write;

use rulegate::ledger::{Decision, Entry, Event, Identity, OverrideSummary, RuleCounts, RulesChanged, RulesId};
use rulegate::report::OverrideState;

use super::text::{escape, grouped, plural};

/// Hex digits of a hash that are shown: enough to find it.
const DIGITS: usize = 12;
/// Inputs, outputs and failing rules that are shown of each entry.
const SHOWN: usize = 5;

/// An entry as a paragraph.
pub(crate) fn human(entry: &Entry) -> String {
    let mut out = String::new();
    let trace = entry.trace_id.as_deref().map_or_else(String::new, |id| format!("  trace {}", escape(id)));
    let mut say = |name: &str, text: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {name:<9} {text}");
    };
    let what = match &entry.event {
        Event::Decision(decision) => {
            tell(decision, &mut say);
            decision.outcome.to_string()
        }
        Event::RulesChanged(change) => {
            changed(change, &mut say);
            "rules changed".to_owned()
        }
        Event::Repaired { moved } => {
            for piece in moved {
                say("moved", &format!("{} of half an entry to {}", plural(piece.bytes, "byte"), escape(&piece.name)));
            }
            "repaired after a crash".to_owned()
        }
        _ => "an event of a later version".to_owned(),
    };
    say("hash", &entry.hash);
    format!("entry {}  {}  {what}{trace}\n{out}", entry.seq, escape(&entry.at))
}

fn tell(decision: &Decision, say: &mut impl FnMut(&str, &str)) {
    say("rules", &rules(&decision.ruleset));
    identities("judged", &decision.inputs, say);
    identities("written", &decision.outputs, say);
    let strict = if decision.strict { ", strict" } else { "" };
    let baseline = if decision.baseline { ", beside a baseline" } else { "" };
    say("rows", &format!("{} of {} fail{strict}{baseline}", grouped(decision.rows_failed), grouped(decision.rows)));
    say("outcomes", &outcomes(&decision.rules));
    if decision.shadow != RuleCounts::default() {
        say("in shadow", &outcomes(&decision.shadow));
    }
    for failing in decision.failing.iter().take(SHOWN) {
        say("failing", &format!("{} ({})", escape(&failing.rule), grouped(failing.failed)));
    }
    let more = (decision.failing.len().saturating_sub(SHOWN) as u64).saturating_add(decision.failing_more);
    if more > 0 {
        say("", &format!("and {} more", plural(more, "rule")));
    }
    overrides(decision.overrides.as_ref(), say);
}

fn changed(change: &RulesChanged, say: &mut impl FnMut(&str, &str)) {
    say("from", &change.from.as_ref().map_or_else(|| "none: the start".to_owned(), rules));
    say("to", &format!("{}, generation {}", rules(&change.to), change.generation));
    say("by", &format!("{}: {}", escape(&change.who), escape(&change.why)));
    overrides(change.overrides.as_ref(), say);
}

fn rules(rules: &RulesId) -> String {
    format!("{} ({})", escape(&rules.name), short(&rules.hash))
}

fn short(hash: &str) -> String {
    escape(&hash.chars().take(DIGITS).collect::<String>()).into_owned()
}

fn identities(name: &str, data: &[Identity], say: &mut impl FnMut(&str, &str)) {
    for one in data.iter().take(SHOWN) {
        let block = one.block.as_deref().map_or_else(String::new, |block| format!(" by {}", escape(block)));
        let hash = one.sha256.as_deref().map_or_else(String::new, |hash| format!(", sha256 {}", short(hash)));
        say(name, &format!("{}{block}: {}{hash}", escape(&one.name), plural(one.rows, "row")));
    }
    if data.len() > SHOWN {
        say("", &format!("and {} more", plural((data.len() - SHOWN) as u64, "file")));
    }
}

fn outcomes(counts: &RuleCounts) -> String {
    let all = [
        (counts.pass, "pass"),
        (counts.warn, "warn"),
        (counts.fail, "fail"),
        (counts.error, "error"),
        (counts.waived, "waived"),
        (counts.vacuous, "vacuous"),
        (counts.skipped, "skipped"),
    ];
    let told: Vec<String> = all.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{} {name}", grouped(*count))).collect();
    if told.is_empty() { "no rules".to_owned() } else { told.join(", ") }
}

fn overrides(summary: Option<&OverrideSummary>, say: &mut impl FnMut(&str, &str)) {
    for line in summary.iter().flat_map(|summary| &summary.list).take(SHOWN) {
        let mut says: Vec<String> = Vec::new();
        says.extend(line.mode.map(|mode| mode.to_string()));
        says.extend(line.severity.map(|severity| severity.to_string()));
        says.extend(line.tolerate.as_ref().map(|bound| format!("tolerate {}", escape(bound))));
        says.extend(line.value.as_ref().map(|value| format!("= {}", escape(value))));
        let until = line.until.as_deref().map_or_else(String::new, |until| match line.state {
            OverrideState::Active => format!(" until {}", escape(until)),
            OverrideState::Expired => format!(", over since {}", escape(until)),
        });
        let signed = format!("by {} on {}: {}", escape(&line.who), escape(&line.when), escape(&line.why));
        say("override", &format!("{} {}{until}, {signed}", escape(&line.target), says.join(", ")));
    }
    let more = summary.map_or(0, |summary| summary.list.len().saturating_sub(SHOWN));
    if more > 0 {
        say("", &format!("and {} more", plural(more as u64, "override")));
    }
}
