//! Overrides laid over a compiled rule set.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::Digest;

use super::{Mode, Override, OverrideError, OverrideErrors, OverrideInfo, OverridePlace, OverrideState, Overrides, ParamOverride};
use crate::compile::RuleSet;
use crate::compile::ir::{Block, Bound, OnFail, Rule, RuleBody, Severity};
use crate::diagnostics::nearest;
use crate::kernels::time;

/// Most characters of `who` and of `why`: they stand in every report and in the ledger.
const MAX_TEXT: usize = 1_000;
/// Most overrides of a rule set.
const MAX_OVERRIDES: usize = 10_000;

impl RuleSet {
    /// The rule set with overrides laid over it, in place of any laid before.
    ///
    /// A rule that is switched off is in every report, skipped with who switched it off, when and why. Rules about types cannot be
    /// overridden, since rules on those columns rest on them; patterns pass over them. An override that is over leaves the file's word. The
    /// identity of the result tells of every override, so sessions under different overrides do not merge.
    ///
    /// # Errors
    /// [`OverrideErrors`], all there are: an unknown rule (with the nearest id), nothing changed, nobody, no time or no reason named, two
    /// overrides of one thing, an end without [`Overrides::at`], a parameter the rules were not compiled with, or a check that asks for
    /// the share of a rule that is off.
    pub fn with_overrides(&self, overrides: &Overrides) -> Result<Self, OverrideErrors> {
        let base = self.base.as_deref().unwrap_or(self);
        if overrides.is_empty() {
            return Ok(base.clone());
        }
        let mut apply = Apply { base, overrides, settings: BTreeMap::new(), infos: Vec::new(), errors: Vec::new() };
        apply.all();
        let (settings, infos, errors) = (apply.settings, apply.infos, apply.errors);
        OverrideErrors::none_or(errors)?;
        let blocks: Vec<Arc<Block>> = base.blocks.iter().map(|block| overridden(block, &settings, overrides)).collect();
        OverrideErrors::none_or(unanswered(&blocks, &settings))?;
        let state = state_hash(&infos);
        Ok(Self {
            hash: identity(&base.hash, &state),
            blocks,
            overrides: infos.into(),
            overrides_hash: Some(state),
            base: Some(Arc::new(base.clone())),
            ..base.clone()
        })
    }

    /// The overrides laid over it, parameters last; empty where there are none.
    #[must_use]
    pub fn overrides(&self) -> &[OverrideInfo] {
        &self.overrides
    }

    /// SHA-256 of its overrides as compact JSON, in hex; `None` where there are none.
    #[must_use]
    pub fn overrides_hash(&self) -> Option<&str> {
        self.overrides_hash.as_deref()
    }
}

/// What overrides say of a rule, each setting with the override it comes from.
#[derive(Default, Clone)]
struct Settings {
    mode: Option<(Mode, usize)>,
    severity: Option<(Severity, usize)>,
    tolerate: Option<(Bound, usize)>,
}

struct Apply<'a> {
    base: &'a RuleSet,
    overrides: &'a Overrides,
    settings: BTreeMap<String, Settings>,
    infos: Vec<OverrideInfo>,
    errors: Vec<OverrideError>,
}

impl Apply<'_> {
    fn all(&mut self) {
        let overrides = self.overrides;
        if overrides.rules.len() + overrides.params.len() > MAX_OVERRIDES {
            let what = format!("there are more than {MAX_OVERRIDES} overrides");
            return self.wrong(OverridePlace::Rule(MAX_OVERRIDES), what, "use patterns such as `tokens.*`, or change the rule file");
        }
        for (index, one) in overrides.rules.iter().enumerate() {
            let info = self.one(index, one);
            self.infos.push(info);
        }
        for (index, param) in overrides.params.iter().enumerate() {
            let info = self.param(index, param);
            self.infos.push(info);
        }
    }

    fn wrong(&mut self, place: OverridePlace, what: impl Into<String>, help: impl Into<String>) {
        self.errors.push(OverrideError { place, what: what.into(), help: help.into() });
    }

    fn one(&mut self, index: usize, one: &Override) -> OverrideInfo {
        let place = OverridePlace::Rule(index);
        self.signed(place, &one.who, &one.when, &one.why);
        if one.mode.is_none() && one.severity.is_none() && one.tolerate.is_none() {
            self.wrong(place, format!("the override of `{}` changes nothing", one.rule), "give `mode`, `severity` or `tolerate`");
        }
        let state = self.state(place, one);
        // One that is over may name a rule that is gone.
        let found = if state == OverrideState::Active { self.found(place, one) } else { Vec::new() };
        found.iter().for_each(|id| self.set(index, one, id));
        OverrideInfo {
            target: one.rule.clone(),
            rules: found,
            mode: one.mode,
            severity: one.severity,
            tolerate: one.tolerate.map(|bound| bound.to_string()),
            value: None,
            who: one.who.clone(),
            when: one.when.clone(),
            why: one.why.clone(),
            until: one.until.clone(),
            state,
        }
    }

    fn param(&mut self, index: usize, param: &ParamOverride) -> OverrideInfo {
        let place = OverridePlace::Param(index);
        self.signed(place, &param.who, &param.when, &param.why);
        match self.base.given.get(&param.name) {
            Some(given) if *given == param.value => {}
            Some(given) => self.wrong(
                place,
                format!("the parameter `{}` is overridden to `{}`, and the rules were compiled with `{given}`", param.name, param.value),
                "compile the rules with `Overrides::compile_params`",
            ),
            None if self.base.params.contains_key(&param.name) => self.wrong(
                place,
                format!("the parameter `{}` is overridden, and the rules were compiled without it", param.name),
                "compile the rules with `Overrides::compile_params`",
            ),
            None => {
                let near = nearest(&param.name, self.base.params.keys().map(String::as_str));
                let help = near.map_or_else(|| known(self.base.params.keys()), |near| format!("did you mean `{near}`?"));
                self.wrong(place, format!("the rules have no parameter `{}`", param.name), help);
            }
        }
        let (who, when, why) = (param.who.clone(), param.when.clone(), param.why.clone());
        OverrideInfo {
            target: format!("param {}", param.name),
            rules: Vec::new(),
            mode: None,
            severity: None,
            tolerate: None,
            value: Some(param.value.clone()),
            who,
            when,
            why,
            until: None,
            state: OverrideState::Active,
        }
    }

    /// Somebody, at some time, for some reason.
    fn signed(&mut self, place: OverridePlace, who: &str, when: &str, why: &str) {
        for (name, text) in [("who", who), ("why", why)] {
            if text.trim().is_empty() {
                self.wrong(place, format!("`{name}` is empty"), "every override says who laid it and why");
            } else if text.chars().count() > MAX_TEXT {
                self.wrong(place, format!("`{name}` has more than {MAX_TEXT} characters"), "shorten it: it stands in every report");
            }
        }
        if time::parse_date(when).is_none() && !matches!(time::parse_timestamp(when), Some((_, true))) {
            let what = format!("`when` is neither a date nor a time: `{when}`");
            self.wrong(place, what, "write 2026-11-20, or 2026-11-20T09:30:00Z");
        }
    }

    fn state(&mut self, place: OverridePlace, one: &Override) -> OverrideState {
        let Some(until) = &one.until else { return OverrideState::Active };
        match (time::parse_date(until), self.overrides.today) {
            (None, _) => self.wrong(place, format!("`until` is no date: `{until}`"), "write its last day, such as 2026-12-31"),
            (_, None) => self.wrong(
                place,
                format!("the override of `{}` ends, and no time was given", one.rule),
                "say what time it is: `Overrides::at`",
            ),
            (Some(until), Some(today)) if until < today => return OverrideState::Expired,
            _ => {}
        }
        OverrideState::Active
    }

    /// The ids that an override means, in file order.
    fn found(&mut self, place: OverridePlace, one: &Override) -> Vec<String> {
        let rules = || self.base.blocks.iter().flat_map(|block| &block.rules);
        if let Some(rule) = rules().find(|rule| rule.id == one.rule) {
            if is_type(rule) {
                let what = format!("`{}` cannot be overridden: rules on a column rest on its type", one.rule);
                self.wrong(place, what, "change the type in the rule file, or switch off the rules that read the column");
                return Vec::new();
            }
            return vec![one.rule.clone()];
        }
        let fitting: Vec<String> = rules()
            .filter(|rule| is_pattern(&one.rule) && fits(&one.rule, &rule.id) && !is_type(rule))
            .map(|rule| rule.id.clone())
            .collect();
        if fitting.is_empty() {
            // The block may have been left out.
            let end = format!(".{}", one.rule);
            let whole = rules().map(|rule| rule.id.as_str()).find(|id| id.ends_with(&end));
            let near = whole.or_else(|| nearest(&one.rule, rules().map(|rule| rule.id.as_str()))).map(str::to_owned);
            let help = near.map_or_else(|| known(self.base.rule_ids()), |near| format!("did you mean `{near}`?"));
            let what =
                if is_pattern(&one.rule) { format!("no rule fits `{}`", one.rule) } else { format!("there is no rule `{}`", one.rule) };
            self.wrong(place, what, help);
        }
        fitting
    }

    /// Notes what an override says of a rule. An exact id comes before a pattern; otherwise nothing is said twice.
    fn set(&mut self, index: usize, one: &Override, id: &str) {
        let is_exact = |index: usize| self.overrides.rules.get(index).is_some_and(|other| other.rule == id);
        let settings = self.settings.entry(id.to_owned()).or_default();
        let twice = [
            ("mode", put(&mut settings.mode, one.mode, index, &is_exact)),
            ("severity", put(&mut settings.severity, one.severity, index, &is_exact)),
            ("tolerate", put(&mut settings.tolerate, one.tolerate, index, &is_exact)),
        ];
        for (name, first) in twice {
            let Some(first) = first.and_then(|first| self.overrides.rules.get(first)) else { continue };
            let what = format!("two overrides give `{name}` of `{id}`: `{}` and `{}`", first.rule, one.rule);
            self.wrong(OverridePlace::Rule(index), what, "leave one; an exact id comes before a pattern");
        }
    }
}

/// Puts a setting where there is none, or one that gives way; else the index of the override that said it first.
fn put<T>(slot: &mut Option<(T, usize)>, value: Option<T>, index: usize, is_exact: &dyn Fn(usize) -> bool) -> Option<usize> {
    let value = value?;
    let first = slot.as_ref().map(|(_, first)| *first);
    match first {
        Some(first) if is_exact(first) == is_exact(index) => return Some(first),
        Some(first) if is_exact(first) => {}
        _ => *slot = Some((value, index)),
    }
    None
}

fn is_pattern(text: &str) -> bool {
    text.contains('*')
}

/// Whether an id fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, id: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = id.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// `.type` in all its forms.
fn is_type(rule: &Rule) -> bool {
    let body = if let RuleBody::Response(_, asked) = &rule.body { asked } else { &rule.body };
    matches!(body, RuleBody::Type(..))
}

/// What there is, as far as it can be told in a line.
fn known(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(8).map(|name| name.as_ref().to_owned()).collect();
    match (shown.is_empty(), names.next()) {
        (true, _) => "there are none".to_owned(),
        (false, None) => format!("there are {}", shown.join(", ")),
        (false, Some(_)) => format!("there are {}, …", shown.join(", ")),
    }
}

/// A block with settings laid over its rules; the same block where none is about it.
fn overridden(block: &Arc<Block>, settings: &BTreeMap<String, Settings>, overrides: &Overrides) -> Arc<Block> {
    if !block.rules.iter().any(|rule| settings.contains_key(&rule.id)) {
        return Arc::clone(block);
    }
    let mut block = Block::clone(block);
    for rule in &mut block.rules {
        if let Some(settings) = settings.get(&rule.id) {
            change(rule, settings, overrides);
        }
    }
    Arc::new(block)
}

fn change(rule: &mut Rule, settings: &Settings, overrides: &Overrides) {
    if let Some((severity, _)) = settings.severity {
        weigh(rule, severity);
    }
    if let Some((bound, _)) = settings.tolerate {
        *(if rule.severity == Severity::Error { &mut rule.error } else { &mut rule.warn }) = Some(bound);
    }
    match settings.mode {
        Some((Mode::Enforce, _)) => rule.shadow = false,
        Some((Mode::Shadow, _)) => rule.shadow = true,
        Some((Mode::Off, index)) => rule.off = overrides.rules.get(index).map(reason),
        None => {}
    }
}

/// `switched off by ana on 2026-11-20 until 2026-12-01: the feed is being rebuilt`.
fn reason(one: &Override) -> String {
    let until = one.until.as_deref().map_or_else(String::new, |until| format!(" until {until}"));
    format!("switched off by {} on {}{until}: {}", one.who, one.when, one.why)
}

/// Another severity. The bound of the old one becomes that of the new one; what warns before it fails goes on warning there.
fn weigh(rule: &mut Rule, severity: Severity) {
    let (before, after) = (rule.severity == Severity::Error, severity == Severity::Error);
    match (before, after) {
        (true, false) => (rule.warn, rule.error) = (rule.warn.or(rule.error), None),
        (false, true) => (rule.warn, rule.error) = (None, rule.warn.or(Some(Bound::ZERO))),
        _ => {}
    }
    if !rule.on_fail_given {
        rule.on_fail = OnFail::by_default(severity);
    }
    rule.severity = severity;
}

/// Checks that ask for the share of a rule that is off: they would be vacuous, which fails the data for another reason than it seems.
fn unanswered(blocks: &[Arc<Block>], settings: &BTreeMap<String, Settings>) -> Vec<OverrideError> {
    let off = |id: &str| settings.get(id).and_then(|settings| settings.mode.filter(|(mode, _)| *mode == Mode::Off));
    let mut errors = Vec::new();
    for rule in blocks.iter().flat_map(|block| &block.rules).filter(|rule| rule.off.is_none()) {
        let RuleBody::Check(check) = &rule.body else { continue };
        for share in check.aggregates.iter().filter_map(|call| call.share.as_ref()) {
            let Some((_, index)) = off(&share.rule) else { continue };
            errors.push(OverrideError {
                place: OverridePlace::Rule(index),
                what: format!("`{}` is switched off, and the check `{}` asks for its share of failing rows", share.rule, rule.id),
                help: format!("switch `{}` off too, or put the rule in shadow", rule.id),
            });
        }
    }
    errors
}

fn state_hash(infos: &[OverrideInfo]) -> String {
    // Texts, numbers and lists of them always serialise.
    let json = serde_json::to_string(infos).unwrap_or_default();
    hex(&sha2::Sha256::digest(json.as_bytes()))
}

/// The identity of rules under overrides: both hashes, and a word that no rule text hashes to by itself.
fn identity(base: &str, state: &str) -> String {
    hex(&sha2::Sha256::digest(format!("rulegate overrides 1\n{base}\n{state}\n").as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, id) in [
            ("*", "t.a.range"),
            ("t.*", "t.a.range"),
            ("*.range", "t.a.range"),
            ("t.*.range", "t.a.range"),
            ("t.a*a*e", "t.a.range"),
            ("t.a.range*", "t.a.range"),
        ] {
            assert!(fits(pattern, id), "{pattern}");
        }
        for (pattern, id) in [("t.*.enum", "t.a.range"), ("a*", "t.a"), ("*a", "t.ab"), ("t.a*a", "t.a"), ("", "t.a"), ("t.a", "t.ab")] {
            assert!(!fits(pattern, id), "{pattern}");
        }
    }
}
