//! Which failures are waived: counted, and not held against the data.

use super::eval::{Context, Scope};
use super::rules::{Judged, Rule};
use super::subject::id_name;
use super::time::parse_date;
use super::value::Value;
use rulegate::syntax::ast::{BlockItemKind, Expr, ExprKind, Waive};
use std::collections::BTreeSet;

const DAY: i128 = 86_400_000_000_000;

/// A waiver of one rule.
pub struct Waiver {
    /// Its place among the waivers of the file.
    at: usize,
    is_over: bool,
    /// The rows its filter is true for; `None` where it has none and covers all.
    rows: Option<BTreeSet<usize>>,
}

impl Waiver {
    pub fn covers(&self, row: usize) -> bool {
        !self.is_over && self.rows.as_ref().is_none_or(|rows| rows.contains(&row))
    }
}

/// Does a waiver cover whatever the rule says, its schema included?
pub fn is_whole(waivers: &[Waiver]) -> bool {
    waivers.iter().any(|waiver| !waiver.is_over && waiver.rows.is_none())
}

/// Failures of a rule by waiver; one that several would cover is the first one's.
pub fn covered(rule: &Rule, waivers: &[Waiver]) -> Vec<u64> {
    let mut counts = vec![0; waivers.len()];
    for row in rule.judged.failures() {
        if let Some(first) = waivers.iter().position(|waiver| waiver.covers(row)) {
            counts[first] += 1;
        }
    }
    counts
}

/// What there is to tell of all waivers, in file order.
pub fn told(rules: &[Rule], waivers: &[Vec<Waiver>]) -> Vec<(String, &'static str, u64)> {
    let mut all = Vec::new();
    for (rule, waivers) in rules.iter().zip(waivers) {
        let covers_schema = |waiver: &Waiver| waiver.rows.is_none() && matches!(rule.judged, Judged::Schema("fail"));
        for (waiver, rows) in waivers.iter().zip(covered(rule, waivers)) {
            let state = match waiver.is_over {
                true => "expired",
                false if rows > 0 || covers_schema(waiver) => "active",
                false => "unused",
            };
            all.push((waiver.at, (rule.id.clone(), state, rows)));
        }
    }
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, told)| told).collect()
}

impl<'a> Context<'a> {
    /// The waivers of a rule, in file order.
    pub fn waivers_of(&self, rule: &str) -> Vec<Waiver> {
        let waivers =
            self.block.items.iter().filter_map(|item| if let BlockItemKind::Waive(waive) = &*item.kind { Some(waive) } else { None });
        waivers.enumerate().filter(|(_, waive)| self.names(waive, rule)).map(|(at, waive)| self.waiver(at, waive)).collect()
    }

    fn names(&self, waive: &Waive, rule: &str) -> bool {
        let path: Vec<String> = waive.rule.iter().map(|part| id_name(&part.node)).collect();
        let plain: Vec<&str> = waive.rule.iter().map(|part| &*part.node).collect();
        let short = rule.strip_prefix(&format!("{}.", self.block.name.node)).expect("ids begin with the block");
        short == path.join(".") || short == plain.join(".")
    }

    fn waiver(&self, at: usize, waive: &'a Waive) -> Waiver {
        let rows = waive.filter.as_ref().map(|filter| self.rows_of(filter));
        Waiver { at, is_over: waive.until.as_ref().is_some_and(|until| self.is_over(until)), rows }
    }

    fn rows_of(&self, filter: &'a Expr) -> BTreeSet<usize> {
        if self.reads_broken(&[filter]) {
            return BTreeSet::new();
        }
        (0..self.table.rows).filter(|row| self.eval(filter, &Scope::row(*row)) == Value::Bool(true)).collect()
    }

    fn is_over(&self, until: &Expr) -> bool {
        let ExprKind::Date(text) = &until.kind else { panic!("a waiver ends on a date literal") };
        let Some(Value::Date(last)) = parse_date(text) else { panic!("{text} is no date") };
        self.options.now.div_euclid(DAY) > i128::from(last)
    }
}
