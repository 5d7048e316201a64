//! The rules of a block in file order, each judged on its own.

use super::aggregates::is_aggregate;
use super::eval::{Context, Operand, Scope, and_all};
use super::functions;
use super::number::{compare, same};
use super::settings::Settings;
use super::shape::{Shape, call_shape};
use super::subject::{Cell, Layered, Subject, id_name, predicate_arguments};
use super::value::{Value, group_key};
use super::walk::{constraint_exprs, names_of, outer_calls};
use rulegate::syntax::ast::{BlockItemKind, CheckItem, Constraint, ConstraintKind, Expr, RuleItem, Tail, TypeKind};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What a rule came to on one row (or, for a check, on one group).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its `when` was not true.
    Aside,
    Pass,
    Fail,
    Unknown,
    /// Failed, since it could not be evaluated.
    Fault,
}

/// How a rule was judged.
pub enum Judged {
    /// Row by row: one list of verdicts per column.
    Rows(Vec<Vec<Verdict>>),
    /// Over all rows, but with a verdict for each.
    Session(Vec<Verdict>),
    /// Once, or once per group.
    Check { verdicts: Vec<Verdict>, value: Option<Value> },
    /// By the schema alone.
    Schema(&'static str),
    /// It reads a column that is not as declared; the kind it would have had.
    Skipped(&'static str),
    /// It cannot be computed here; the kind it has.
    Error(&'static str),
}

impl Judged {
    /// Rows that fail, one for each column they fail in; of a check, the groups that do.
    pub fn failures(&self) -> Vec<usize> {
        let of = |verdicts: &Vec<Verdict>| -> Vec<usize> {
            (0..verdicts.len()).filter(|row| matches!(verdicts[*row], Verdict::Fail | Verdict::Fault)).collect()
        };
        match self {
            Self::Rows(columns) => columns.iter().flat_map(of).collect(),
            Self::Session(verdicts) | Self::Check { verdicts, .. } => of(verdicts),
            _ => Vec::new(),
        }
    }
}

pub struct Rule {
    pub id: String,
    pub settings: Settings,
    pub judged: Judged,
}

impl<'a> Context<'a> {
    pub fn rules(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        for item in &self.block.items {
            match &*item.kind {
                BlockItemKind::Field(field) => rules.extend(self.subject_rules(&self.field_subject(field))),
                BlockItemKind::Fields(pattern) => rules.extend(self.subject_rules(&self.pattern_subject(pattern))),
                BlockItemKind::Rule(rule) => rules.push(self.row_rule(rule)),
                BlockItemKind::Check(check) => rules.push(self.check(check)),
                _ => {}
            }
        }
        rules
    }

    /// `required`, `type`, members, the enum type, then the constraints of named types and of the field.
    fn subject_rules(&self, subject: &Subject<'a>) -> Vec<Rule> {
        let levels = self.own_levels(subject);
        let (resolved, nullable) = self.resolve(&subject.body.ty);
        let mut rules = Vec::new();
        if !nullable {
            rules.push(self.required(subject, Settings::of(&levels)));
        }
        rules.push(self.type_rule(subject));
        for member in self.members(subject) {
            rules.extend(self.subject_rules(&self.member_subject(subject, member)));
        }
        if let TypeKind::Enum(values) = &resolved.kind {
            rules.push(self.enum_rule(subject, values, Settings::of(&levels)));
        }
        rules.extend(self.constraints(subject.body).iter().map(|constraint| self.constraint_rule(subject, constraint)));
        rules
    }

    /// The field's attributes with those around it; the rule itself has none (`@name` is not theirs).
    fn own_levels(&self, subject: &Subject<'a>) -> Vec<&'a [rulegate::syntax::ast::Attribute]> {
        [&[][..], &*subject.body.attributes].into_iter().chain(subject.outer.iter().copied()).collect()
    }

    fn required(&self, subject: &Subject<'a>, settings: Settings) -> Rule {
        let judged = if !subject.fits {
            Judged::Skipped("row")
        } else if !subject.is_there {
            Judged::Schema("fail")
        } else {
            by_cell(subject, |_, cell| {
                if cell.parent_null {
                    unknown(&settings)
                } else if cell.present.is_null() {
                    Verdict::Fail
                } else {
                    Verdict::Pass
                }
            })
        };
        Rule { id: format!("{}.required", subject.id), settings, judged }
    }

    /// `@warn` on a field does not soften `type`, so it has the settings of an unmarked rule.
    fn type_rule(&self, subject: &Subject<'a>) -> Rule {
        let ty = &subject.body.ty;
        let judged = if !subject.fits {
            Judged::Schema("fail")
        } else if !subject.is_there && !self.resolve(ty).1 {
            Judged::Skipped("schema")
        } else if self.is_judged_by_row(ty) {
            by_cell(subject, |_, cell| match &cell.present {
                Value::Null => Verdict::Unknown,
                value if self.conforms(value, ty) => Verdict::Pass,
                _ => Verdict::Fail,
            })
        } else if subject.is_pattern && subject.columns.is_empty() {
            Judged::Schema("vacuous")
        } else {
            Judged::Schema("pass")
        };
        Rule { id: format!("{}.type", subject.id), settings: Settings::default(), judged }
    }

    fn is_unreadable(&self, subject: &Subject<'a>) -> bool {
        !subject.fits || (!subject.is_there && !self.resolve(&subject.body.ty).1)
    }

    pub fn reads_broken(&self, exprs: &[&'a Expr]) -> bool {
        let mut names = BTreeSet::new();
        exprs.iter().for_each(|expr| names_of(self.block, expr, &mut names));
        names.iter().any(|name| self.is_broken(name))
    }

    fn enum_rule(&self, subject: &Subject<'a>, values: &'a [Expr], settings: Settings) -> Rule {
        let shape = self.type_shape(&subject.body.ty);
        let judged = if self.is_unreadable(subject) {
            Judged::Skipped("row")
        } else {
            by_cell(subject, |row, cell| {
                let operand = Operand { value: cell.typed.clone(), shape: shape.clone() };
                verdict(&self.is_in(&operand, values, &Scope::row(row)), &settings)
            })
        };
        Rule { id: format!("{}.enum", subject.id), settings, judged }
    }

    fn constraint_rule(&self, subject: &Subject<'a>, (constraint, levels): &Layered<'a>) -> Rule {
        let levels: Vec<_> = levels.iter().chain(&subject.outer).copied().collect();
        let settings = Settings::of(&levels);
        let kind = kind_of(&constraint.kind, settings.name.as_deref());
        let is_session = matches!(constraint.kind, ConstraintKind::Unique | ConstraintKind::Increasing);
        let judged = if self.is_unreadable(subject) || self.reads_broken(&constraint_exprs(constraint)) {
            Judged::Skipped(if is_session { "dataset" } else { "row" })
        } else {
            self.judge_constraint(subject, constraint, &settings)
        };
        Rule { id: format!("{}.{kind}", subject.id), settings, judged }
    }

    fn judge_constraint(&self, subject: &Subject<'a>, constraint: &'a Constraint, settings: &Settings) -> Judged {
        match &constraint.kind {
            ConstraintKind::Unique => self.session(subject, constraint, settings, repeated),
            ConstraintKind::Increasing => self.session(subject, constraint, settings, not_greater),
            ConstraintKind::Reference { .. } => Judged::Error("dataset"),
            kind => by_cell(subject, |row, cell| self.cell_verdict(subject, kind, constraint.when.as_ref(), row, cell, settings)),
        }
    }

    fn cell_verdict(
        &self,
        subject: &Subject<'a>,
        kind: &'a ConstraintKind,
        when: Option<&'a Expr>,
        row: usize,
        cell: &Cell,
        settings: &Settings,
    ) -> Verdict {
        let scope = Scope::row(row);
        if let Some(early) = self.kept_out(when, &scope) {
            return early;
        }
        // One missing value is one failure, that of `required`.
        let is_required = !self.resolve(&subject.body.ty).1;
        if cell.typed.is_null() && (is_required || cell.parent_null) {
            return unknown(settings);
        }
        let operand = Operand { value: cell.typed.clone(), shape: self.type_shape(&subject.body.ty) };
        verdict(&self.constraint(kind, &operand, &scope), settings)
    }

    /// The verdict where `when` is not true.
    fn kept_out(&self, when: Option<&'a Expr>, scope: &Scope) -> Option<Verdict> {
        match when.map(|when| self.eval(when, scope)) {
            None | Some(Value::Bool(true)) => None,
            Some(Value::Fault) => Some(Verdict::Fault),
            Some(_) => Some(Verdict::Aside),
        }
    }

    fn constraint(&self, kind: &'a ConstraintKind, subject: &Operand, scope: &Scope) -> Value {
        match kind {
            ConstraintKind::Test(tail) => self.test(subject, tail, scope),
            ConstraintKind::Measure { function, arguments, test } => {
                let measured = self.applied(&function.node, subject, &arguments.iter().collect::<Vec<_>>(), scope);
                self.test(&measured, test, scope)
            }
            ConstraintKind::Predicate { function, arguments } => {
                let arguments: Vec<&Expr> = predicate_arguments(arguments).collect();
                self.applied(&function.node, subject, &arguments, scope).value
            }
            ConstraintKind::Each(inner) => self.each(inner, subject, scope),
            _ => unreachable!("session rules are judged over all rows"),
        }
    }

    fn applied(&self, function: &str, subject: &Operand, arguments: &[&'a Expr], scope: &Scope) -> Operand {
        let others = arguments.iter().map(|argument| self.operand(argument, scope));
        let operands: Vec<Operand> = std::iter::once(subject.clone()).chain(others).collect();
        let shapes: Vec<Shape> = operands.iter().map(|operand| operand.shape.clone()).collect();
        Operand { value: functions::call(self, function, &operands), shape: call_shape(function, &shapes) }
    }

    /// Fails if an item of a list, or a value of a map, fails, else unknown if one is null.
    fn each(&self, inner: &'a ConstraintKind, subject: &Operand, scope: &Scope) -> Value {
        let items: Vec<&Value> = match &subject.value {
            Value::List(items) => items.iter().collect(),
            Value::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
            other => return other.clone(),
        };
        let shape = subject.shape.item();
        and_all(items.into_iter().map(|item| self.constraint(inner, &Operand { value: item.clone(), shape: shape.clone() }, scope)))
    }

    /// `unique` and `increasing`: null rows are unknown, `fails` says which of the others fail.
    fn session(
        &self,
        subject: &Subject<'a>,
        constraint: &'a Constraint,
        settings: &Settings,
        fails: fn(&[(usize, Value)]) -> BTreeSet<usize>,
    ) -> Judged {
        let cells = subject.columns.first().map(Vec::as_slice).unwrap_or_default();
        let mut verdicts = vec![Verdict::Aside; self.table.rows];
        let mut keys = Vec::new();
        for (row, cell) in cells.iter().enumerate() {
            verdicts[row] = match self.kept_out(constraint.when.as_ref(), &Scope::row(row)) {
                Some(early) => early,
                None if cell.typed.is_null() => unknown(settings),
                None => {
                    keys.push((row, cell.typed.clone()));
                    Verdict::Pass
                }
            };
        }
        fails(&keys).into_iter().for_each(|row| verdicts[row] = Verdict::Fail);
        Judged::Session(verdicts)
    }

    fn row_rule(&self, rule: &'a RuleItem) -> Rule {
        let settings = Settings::of(&[&rule.attributes]);
        let exprs: Vec<&Expr> = rule.when.iter().chain([&rule.expect]).collect();
        let judged = if self.reads_broken(&exprs) {
            Judged::Skipped("row")
        } else {
            let on_row = |row| {
                let scope = Scope::row(row);
                self.kept_out(rule.when.as_ref(), &scope).unwrap_or_else(|| verdict(&self.eval(&rule.expect, &scope), &settings))
            };
            Judged::Rows(vec![(0..self.table.rows).map(on_row).collect()])
        };
        Rule { id: self.item_id(&rule.name.node, &settings), settings, judged }
    }

    fn item_id(&self, name: &str, settings: &Settings) -> String {
        format!("{}.{}", self.block.name.node, id_name(settings.name.as_deref().unwrap_or(name)))
    }

    fn check(&self, check: &'a CheckItem) -> Rule {
        let settings = Settings::of(&[&check.attributes]);
        let exprs: Vec<&Expr> = check.filter.iter().chain(&check.by).chain([&check.expect]).collect();
        let judged = if self.reads_broken(&exprs) { Judged::Skipped("dataset") } else { self.judge_check(check, &settings) };
        Rule { id: self.item_id(&check.name.node, &settings), settings, judged }
    }

    fn judge_check(&self, check: &'a CheckItem, settings: &Settings) -> Judged {
        let Some(groups) = self.groups(check) else { return Judged::Error("dataset") };
        let scopes: Vec<Scope> = groups.into_iter().map(Scope::group).collect();
        if scopes.iter().any(|scope| self.aggregates_break(check, scope)) {
            return Judged::Error("dataset");
        }
        let verdicts = scopes.iter().map(|scope| verdict(&self.eval(&check.expect, scope), settings));
        Judged::Check { verdicts: verdicts.collect(), value: self.check_value(check) }
    }

    /// The rows of each group, in order of first appearance; one group without `by`. `None` where a row faults.
    fn groups(&self, check: &'a CheckItem) -> Option<Vec<Vec<usize>>> {
        let mut places: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        let mut groups: Vec<Vec<usize>> = if check.by.is_empty() { vec![Vec::new()] } else { Vec::new() };
        for row in 0..self.table.rows {
            let scope = Scope::row(row);
            match self.kept_out(check.filter.as_ref(), &scope) {
                Some(Verdict::Fault) => return None,
                Some(_) => continue,
                None => {}
            }
            let key: Vec<Value> = check.by.iter().map(|by| self.eval(by, &scope)).collect();
            if key.contains(&Value::Fault) {
                return None;
            }
            let count = places.len();
            let place = *places.entry(key.iter().map(group_key).collect()).or_insert(count);
            if place == groups.len() {
                groups.push(Vec::new());
            }
            groups[place].push(row);
        }
        Some(groups)
    }

    /// Does an aggregate fault, through a row under it or by overflow? Such a check is in error even where Kleene logic
    /// would hide the fault; one whose aggregates are sound and whose expression faults has failed, like any rule.
    fn aggregates_break(&self, check: &'a CheckItem, scope: &Scope) -> bool {
        let mut calls = Vec::new();
        outer_calls(&check.expect, &is_aggregate, &mut calls);
        calls.iter().any(|call| self.eval(call, scope).is_fault())
    }

    /// The aggregate's value, where the check has one aggregate and no groups.
    fn check_value(&self, check: &'a CheckItem) -> Option<Value> {
        let mut calls = Vec::new();
        outer_calls(&check.expect, &is_aggregate, &mut calls);
        match (&*calls, &*check.by) {
            ([call], []) => Some(self.eval(call, &Scope::group(self.groups(check)?.remove(0)))),
            _ => None,
        }
    }
}

fn by_cell(subject: &Subject, judge: impl Fn(usize, &Cell) -> Verdict) -> Judged {
    let column = |cells: &Vec<Cell>| cells.iter().enumerate().map(|(row, cell)| judge(row, cell)).collect();
    Judged::Rows(subject.columns.iter().map(column).collect())
}

fn unknown(settings: &Settings) -> Verdict {
    if settings.nulls_fail { Verdict::Fail } else { Verdict::Unknown }
}

fn verdict(value: &Value, settings: &Settings) -> Verdict {
    match value {
        Value::Bool(true) => Verdict::Pass,
        Value::Bool(false) => Verdict::Fail,
        Value::Null => unknown(settings),
        Value::Fault => Verdict::Fault,
        other => panic!("{other:?} is no verdict"),
    }
}

/// Every member of a group of equal keys.
fn repeated(keys: &[(usize, Value)]) -> BTreeSet<usize> {
    let twice = |(row, key): &&(usize, Value)| keys.iter().any(|(other, value)| other != row && same(key, value));
    keys.iter().filter(twice).map(|(row, _)| *row).collect()
}

/// Rows that are not greater than the last non-null value before them; NaN is greater than nothing.
fn not_greater(keys: &[(usize, Value)]) -> BTreeSet<usize> {
    let is_nan = |value: &Value| matches!(value, Value::Float(float) if float.is_nan());
    let mut fails: BTreeSet<usize> = keys.iter().filter(|(_, key)| is_nan(key)).map(|(row, _)| *row).collect();
    let steps = keys.windows(2).filter(|step| compare(&step[1].1, &step[0].1) != Some(Ordering::Greater));
    fails.extend(steps.map(|step| step[1].0));
    fails
}

/// The last part of a constraint's id; `@name` replaces it, inside `each` too.
fn kind_of(kind: &ConstraintKind, name: Option<&str>) -> String {
    if let ConstraintKind::Each(inner) = kind {
        return format!("each.{}", kind_of(inner, name));
    }
    let own = match kind {
        ConstraintKind::Test(Tail::InList { .. } | Tail::InSet { .. }) => "enum",
        ConstraintKind::Test(Tail::Matches { .. } | Tail::Like { .. }) => "regex",
        ConstraintKind::Test(Tail::IsNull { .. }) => "null",
        ConstraintKind::Test(_) => "range",
        ConstraintKind::Measure { function, .. } | ConstraintKind::Predicate { function, .. } => &*function.node,
        ConstraintKind::Unique => "unique",
        ConstraintKind::Increasing => "order",
        ConstraintKind::Reference { .. } => "reference",
        ConstraintKind::Each(_) => unreachable!("taken above"),
    };
    name.map_or_else(|| own.to_owned(), id_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[Value]) -> Vec<(usize, Value)> {
        values.iter().cloned().enumerate().collect()
    }

    #[test]
    fn every_member_of_a_repeated_key_fails() {
        let nan = Value::Float(f64::NAN);
        let keys = rows(&[Value::Float(-0.0), nan.clone(), Value::Float(0.0), Value::Float(1.0), nan]);
        assert_eq!(repeated(&keys), BTreeSet::from([0, 1, 2, 4]));
    }

    #[test]
    fn increasing_is_strict_and_knows_no_nan() {
        let keys = rows(&[1.0, 1.0, 3.0, 2.0, f64::NAN, 5.0, 6.0].map(Value::Float));
        assert_eq!(not_greater(&keys), BTreeSet::from([1, 3, 4, 5]));
        assert_eq!(not_greater(&rows(&[Value::Float(f64::NAN)])), BTreeSet::from([0]));
    }
}
