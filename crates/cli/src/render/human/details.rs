//! What a rule has to say beyond its line in the table: bounds, values, groups, failing rows.

use rulegate::report::{GroupReport, RuleKind, RuleReport, SampleReport};

use super::super::text::{self, escape, fit, fit_middle, grouped, plural, quoted, value, width, wrapped};
use super::{BOLD, DIM, is_check, is_unjudged, mark};

/// Groups and values that are shown of a rule.
const GROUPS: usize = 5;
const VALUES: usize = 5;
/// Columns a value takes at most.
const VALUE_COLUMNS: usize = 48;

/// The details of a rule, ending with an empty line; nothing if there are none.
pub(super) fn render(rule: &RuleReport, many_inputs: bool, samples: usize, columns: usize) -> String {
    // The table says why a rule was not judged.
    if is_unjudged(rule) {
        return String::new();
    }
    let mut lines = Vec::new();
    let room = columns.saturating_sub(5);
    lines.extend(rule.reason.as_deref().map(|reason| wrapped(&escape(reason), room)).unwrap_or_default());
    if rule.failed > 0 {
        lines.extend(faults(rule));
        lines.extend(reasons(rule).map(|text| wrapped(&text, room)).unwrap_or_default());
        lines.extend(packed(&top_values(rule), room));
        lines.extend(groups(rule).iter().map(|line| fit(line, room)));
        let samples = rule.samples.iter().take(samples);
        samples.for_each(|sample| lines.extend(sample_lines(sample, many_inputs, room)));
    }
    if lines.is_empty() && rule.failed == 0 {
        return String::new();
    }
    let (sign, style) = mark(rule);
    let mut out = format!(" {style}{sign}{style:#} {BOLD}{}{BOLD:#}", escape(&rule.id));
    if let Some(summary) = summary(rule) {
        // A summary that does not fit beside the id goes below it.
        if width(&rule.id) + width(&summary) + 5 <= columns {
            out.push_str(&format!("  {DIM}{summary}{DIM:#}"));
        } else {
            lines.splice(0..0, wrapped(&summary, room));
        }
    }
    out.push('\n');
    lines.iter().for_each(|line| out.push_str(&format!("   {DIM}│{DIM:#} {line}\n")));
    out.push('\n');
    out
}

/// `120 of 119 998 rows fail; warns past 0.1%, fails past 2%`.
fn summary(rule: &RuleReport) -> Option<String> {
    let mut parts: Vec<String> = rule.shadow.then(|| "in shadow: not acted on".to_owned()).into_iter().collect();
    if let Some(measured) = &rule.value {
        parts.push(format!("measured {}", fit(&text::measured(measured), VALUE_COLUMNS)));
    } else if rule.kind != RuleKind::Schema && rule.failed > 0 {
        let judged = plural(rule.passed.saturating_add(rule.failed), noun(rule));
        parts.push(format!("{} of {judged} fail{}", grouped(rule.failed), if rule.failed == 1 { "s" } else { "" }));
    }
    if rule.waived > 0 {
        parts.push(if rule.waived == rule.failed { "waived".to_owned() } else { format!("{} waived", grouped(rule.waived)) });
    }
    parts.extend(bounds(rule));
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What a rule judges: a pattern judges each row once for each of its columns.
pub(in crate::render) fn noun(rule: &RuleReport) -> &'static str {
    match rule {
        _ if is_check(rule) => "group",
        _ if rule.groups.is_empty() => "row",
        _ => "value",
    }
}

/// The bounds a rule has, other than that nothing may fail.
pub(in crate::render) fn bounds(rule: &RuleReport) -> Option<String> {
    let told = |bound: &Option<String>, verb: &str| {
        let bound = bound.as_deref().filter(|bound| !matches!(*bound, "0 rows" | "0%"))?;
        Some(format!("{verb} past {bound}"))
    };
    let parts: Vec<String> = [told(&rule.bounds.warn, "warns"), told(&rule.bounds.error, "fails")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn faults(rule: &RuleReport) -> Option<String> {
    // A check without groups has one verdict: there is no "them".
    let is_single = is_check(rule) && rule.groups.is_empty();
    let who = if is_single { "it".to_owned() } else { format!("{} of them", grouped(rule.faulted)) };
    (rule.faulted > 0).then(|| format!("{who} could not be computed"))
}

fn reasons(rule: &RuleReport) -> Option<String> {
    let parts: Vec<String> = rule.reasons.iter().map(|(reason, count)| format!("{} {}", escape(reason), grouped(*count))).collect();
    (!parts.is_empty()).then(|| format!("by reason: {}", parts.join(", ")))
}

fn top_values(rule: &RuleReport) -> Vec<String> {
    let values = rule.top_values.iter().take(VALUES);
    let mut parts: Vec<String> =
        values.map(|top| format!("{} × {}", fit(&quoted(&top.value), VALUE_COLUMNS), grouped(top.count))).collect();
    if rule.top_values.len() > VALUES {
        parts.push("…".to_owned());
    }
    if let Some(first) = parts.first_mut() {
        first.insert_str(0, "most frequent: ");
    }
    parts
}

/// Columns of a pattern, or groups of a check, that fail.
fn groups(rule: &RuleReport) -> Vec<String> {
    let failing: Vec<&GroupReport> = rule.groups.iter().filter(|group| group.failed > 0).collect();
    let mut lines: Vec<String> = failing.iter().take(GROUPS).map(|group| group_line(group)).collect();
    if failing.len() > GROUPS {
        lines.push(format!("and {} more", grouped((failing.len() - GROUPS) as u64)));
    }
    lines
}

fn group_line(group: &GroupReport) -> String {
    let key = pairs(&group.key).join("  ");
    match &group.value {
        Some(measured) => format!("{key}  measured {}", fit(&text::measured(measured), VALUE_COLUMNS)),
        None if group.evaluated <= 1 => key,
        None => format!("{key}  {} of {} fail", grouped(group.failed), plural(group.passed.saturating_add(group.failed), "row")),
    }
}

fn pairs(values: &serde_json::Map<String, serde_json::Value>) -> Vec<String> {
    values.iter().map(|(name, shown)| format!("{}={}", escape(name), fit(&value(shown), VALUE_COLUMNS))).collect()
}

/// `row 123  token_id=7  gem_score=101.2   the message`: on one line if it fits, the message below if not.
pub(in crate::render) fn sample_lines(sample: &SampleReport, many_inputs: bool, room: usize) -> Vec<String> {
    let mut values = sample.values.clone();
    values.retain(|name, _| !sample.key.contains_key(name));
    let input = if many_inputs { format!("{} ", fit_middle(&escape(&sample.input), 40)) } else { String::new() };
    let waived = if sample.waived { " (waived)" } else { "" };
    let mut parts = vec![format!("{input}row {}{waived}", sample.row)];
    parts.extend(pairs(&sample.key));
    parts.extend(pairs(&values));
    let mut lines = packed(&parts, room);
    let Some(message) = sample.message.as_deref().map(escape) else { return lines };
    match lines.as_mut_slice() {
        [row] if width(row) + 3 + width(&message) <= room => *row = format!("{row}   {message}"),
        _ => lines.extend(wrapped(&message, room.saturating_sub(4)).into_iter().map(|line| format!("    {line}"))),
    }
    lines
}

/// Parts side by side, on as many lines as it takes; lines after the first are set in.
fn packed(parts: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + 2 + width(part) <= room => line.push_str(&format!("  {part}")),
            Some(_) => lines.push(fit(&format!("    {part}"), room)),
            None => lines.push(fit(part, room)),
        }
    }
    lines
}
