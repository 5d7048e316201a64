//! What nulls and NaN come to: each node's possible results are worked out as a set, from those of its children.
//!
//! One column at a time is null (or NaN) and the others hold ordinary values: not null, not NaN. The sets are never too small; where all results but one
//! are ruled out, the rule does that and nothing else.

use std::collections::BTreeMap;

use crate::compile::ir::{Block, ColumnId, ExprId, Literal, Node, Rule};
use crate::functions::FunctionDef;
use crate::types::{ColumnType, CompareOp};

/// What one unusual value comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Special {
    /// The column that holds it; empty for the columns of a pattern.
    pub column: String,
    /// Whether it is NaN rather than null.
    pub nan: bool,
    /// What may happen to the row, likelier first; one where the others play no part.
    pub then: Vec<Then>,
}

/// What may happen to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Then {
    /// It passes.
    Passes,
    /// It fails.
    Fails,
    /// It is unknown, and neither passes nor fails.
    Unknown,
    /// It fails, since the rule says `@nulls(fail)`.
    UnknownFails,
    /// The rule is not asked: its `when` is not true.
    NotAsked,
}

/// Possible results, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Results(u8);

impl Results {
    const NONE: Self = Self(0);
    const TRUE: Self = Self(1);
    const FALSE: Self = Self(2);
    const NULL: Self = Self(4);
    /// Any value that is neither a boolean, null nor NaN.
    const VALUE: Self = Self(8);
    const NAN: Self = Self(16);
    const BOOL: Self = Self(3);
    const ANY: Self = Self(31);

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// `result` where any of `when` is possible.
    fn then(self, when: Self, result: Self) -> Self {
        if self.has(when) { result } else { Self::NONE }
    }

    /// Null for null, and something for the rest.
    fn mapped(self, result: Self) -> Self {
        self.then(Self::NULL, Self::NULL).or(self.then(Self::ANY.without(Self::NULL), result))
    }
}

/// What null and NaN come to in each column of a rule over rows.
pub(super) fn special(block: &Block, rule: &Rule, test: ExprId) -> Vec<Special> {
    let mut out = Vec::new();
    let mut subjects: Vec<(Subject, String, Option<ColumnType>)> = rule
        .columns
        .iter()
        .filter_map(|id| {
            block.columns.get(id.0 as usize).map(|column| (Subject::Column(*id), column.name.clone(), Some(column.ty.clone())))
        })
        .collect();
    let over_pattern = block.arena.closure([test]).into_iter().any(|id| *block.arena.node(id) == Node::PatternColumn);
    if over_pattern {
        let ty = if let super::RuleBody::Pattern(index, _) = &rule.body {
            block.patterns.get(*index).map(|pattern| pattern.ty.clone())
        } else {
            None
        };
        subjects.push((Subject::Pattern, String::new(), ty));
    }
    for (subject, column, ty) in subjects {
        out.push(Special { column: column.clone(), nan: false, then: outcomes(block, rule, test, subject, Results::NULL) });
        if ty.is_some_and(|ty| matches!(ty, ColumnType::Float32 | ColumnType::Float64 | ColumnType::Float | ColumnType::Number)) {
            out.push(Special { column, nan: true, then: outcomes(block, rule, test, subject, Results::NAN) });
        }
    }
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Column(ColumnId),
    Pattern,
}

fn outcomes(block: &Block, rule: &Rule, test: ExprId, subject: Subject, holds: Results) -> Vec<Then> {
    let known = results(block, rule.when.into_iter().chain([test]), subject, holds);
    let of = |id: ExprId| known.get(&id).copied().unwrap_or(Results::ANY);
    let asked = rule.when.map_or(Results::TRUE, of);
    let mut then = Vec::new();
    if asked.has(Results::TRUE) {
        let result = of(test);
        let unknown = if rule.nulls_fail { Then::UnknownFails } else { Then::Unknown };
        let possible = [(Results::NULL, unknown), (Results::FALSE, Then::Fails), (Results::TRUE, Then::Passes)];
        then.extend(possible.into_iter().filter(|(bit, _)| result.has(*bit)).map(|(_, then)| then));
    }
    if asked.has(Results::FALSE.or(Results::NULL)) {
        then.push(Then::NotAsked);
    }
    then
}

fn results(block: &Block, roots: impl IntoIterator<Item = ExprId>, subject: Subject, holds: Results) -> BTreeMap<ExprId, Results> {
    let mut known = BTreeMap::new();
    for id in block.arena.closure(roots) {
        let result = node(block, &known, block.arena.node(id), subject, holds);
        known.insert(id, result);
    }
    known
}

fn node(block: &Block, known: &BTreeMap<ExprId, Results>, node: &Node, subject: Subject, holds: Results) -> Results {
    let of = |id: &ExprId| known.get(id).copied().unwrap_or(Results::ANY);
    match node {
        Node::Literal(literal) => literal_results(literal),
        Node::Column(column) if Subject::Column(*column) == subject => holds,
        Node::Column(column) => {
            let is_bool = block.columns.get(column.0 as usize).is_some_and(|column| column.ty == ColumnType::Bool);
            if is_bool { Results::BOOL } else { Results::VALUE }
        }
        Node::PatternColumn if subject == Subject::Pattern => holds,
        Node::PatternColumn | Node::Now | Node::List(_) => Results::VALUE,
        Node::Missing(inner, _) | Node::Typed(inner, _) => of(inner),
        Node::Present(inner) => null_test(of(inner), Results::FALSE, Results::TRUE),
        Node::IsNull(inner) => null_test(of(inner), Results::TRUE, Results::FALSE),
        Node::Not(inner) => not(of(inner)),
        Node::And(all) => all.iter().map(of).fold(Results::TRUE, and),
        Node::Or(all) => not(all.iter().map(|id| not(of(id))).fold(Results::TRUE, and)),
        Node::Compare(op, a, b) => compare(*op, of(a), of(b)),
        Node::Distinct(a, b) => distinct(of(a), of(b)),
        Node::InSet(a, _) => {
            let a = of(a);
            a.then(Results::NAN, Results::FALSE).or(a.without(Results::NAN).mapped(Results::BOOL))
        }
        Node::TypeOk(a, _) | Node::Matches(a, ..) => of(a).mapped(Results::BOOL),
        Node::Like(a, b) => both(of(a), of(b), Results::BOOL),
        Node::Arith(_, a, b) => arith(of(a), of(b)),
        Node::Negate(a) => of(a),
        Node::Cast(a, ..) => of(a).mapped(Results::ANY.without(Results::NULL)),
        Node::Call(function, all) => call(function.0, &all.iter().map(of).collect::<Vec<_>>()),
        Node::Coalesce(all) => coalesce(all.iter().map(of)),
        Node::NullIf(a, b) => null_if(of(a), of(b)),
        Node::Case(branches, otherwise) => case(branches, *otherwise, of),
        Node::Quantifier { list, body, .. } => {
            // An empty list asks nothing of its items.
            of(list).mapped(Results::BOOL.or(of(body).then(Results::NULL, Results::NULL)))
        }
        Node::Member(a, _) => of(a).mapped(Results::ANY),
        Node::Entries(a, _) => of(a).mapped(Results::VALUE),
        Node::ListItem(a, b) | Node::MapItem(a, b) => both(of(a), of(b), Results::ANY),
        Node::Item(_) => Results::VALUE.or(Results::BOOL),
        Node::Host(..) | Node::Aggregate(_) => Results::ANY,
    }
}

fn literal_results(literal: &Literal) -> Results {
    match literal {
        Literal::Null => Results::NULL,
        Literal::Bool(true) => Results::TRUE,
        Literal::Bool(false) => Results::FALSE,
        Literal::Float(bits) if f64::from_bits(*bits).is_nan() => Results::NAN,
        _ => Results::VALUE,
    }
}

fn null_test(value: Results, null: Results, other: Results) -> Results {
    value.then(Results::NULL, null).or(value.then(Results::ANY.without(Results::NULL), other))
}

fn not(value: Results) -> Results {
    value
        .then(Results::TRUE, Results::FALSE)
        .or(value.then(Results::FALSE, Results::TRUE))
        .or(value.then(Results::NULL, Results::NULL))
        .or(value.then(Results::VALUE, Results::BOOL))
}

/// Kleene's `and`. A value that is no boolean as yet may be either.
fn and(a: Results, b: Results) -> Results {
    let opened = |value: Results| value.or(value.then(Results::VALUE, Results::BOOL));
    let (a, b) = (opened(a), opened(b));
    let mut out = Results::NONE;
    if a.has(Results::FALSE) || b.has(Results::FALSE) {
        out = out.or(Results::FALSE);
    }
    if a.has(Results::TRUE) && b.has(Results::TRUE) {
        out = out.or(Results::TRUE);
    }
    let null_beside = |one: Results, other: Results| one.has(Results::NULL) && other.has(Results::NULL.or(Results::TRUE));
    if null_beside(a, b) || null_beside(b, a) {
        out = out.or(Results::NULL);
    }
    out
}

/// Null where either is, else `result`.
fn both(a: Results, b: Results, result: Results) -> Results {
    let null = a.then(Results::NULL, Results::NULL).or(b.then(Results::NULL, Results::NULL));
    let values = Results::ANY.without(Results::NULL);
    if a.has(values) && b.has(values) { null.or(result) } else { null }
}

/// NaN is in no order with anything and differs from everything.
fn compare(op: CompareOp, a: Results, b: Results) -> Results {
    let unordered = if op == CompareOp::NotEq { Results::TRUE } else { Results::FALSE };
    let ordinary = Results::VALUE.or(Results::BOOL);
    let mut out = both(a, b, Results::NONE);
    let live = ordinary.or(Results::NAN);
    if a.has(Results::NAN) && b.has(live) || b.has(Results::NAN) && a.has(live) {
        out = out.or(unordered);
    }
    if a.has(ordinary) && b.has(ordinary) { out.or(Results::BOOL) } else { out }
}

/// Never null; two nulls are alike, and so are two NaN.
fn distinct(a: Results, b: Results) -> Results {
    let odd = Results::NULL.or(Results::NAN);
    let mut out = Results::NONE;
    for kind in [Results::NULL, Results::NAN] {
        if a.has(kind) && b.has(kind) {
            out = out.or(Results::FALSE);
        }
        if a.has(kind) && b.has(Results::ANY.without(kind)) || b.has(kind) && a.has(Results::ANY.without(kind)) {
            out = out.or(Results::TRUE);
        }
    }
    let ordinary = |value: Results| value.has(Results::ANY.without(odd));
    if ordinary(a) && ordinary(b) { out.or(Results::BOOL) } else { out }
}

fn arith(a: Results, b: Results) -> Results {
    let nan = a.then(Results::NAN, Results::NAN).or(b.then(Results::NAN, Results::NAN));
    let ordinary =
        a.without(Results::NULL.or(Results::NAN)).has(Results::ANY) && b.without(Results::NULL.or(Results::NAN)).has(Results::ANY);
    both(a, b, nan.or(if ordinary { Results::VALUE } else { Results::NONE }))
}

/// Null arguments give null, as the reference says of every function that is called like this.
fn call(function: &FunctionDef, arguments: &[Results]) -> Results {
    let gives_bool = matches!(function.signature.returns, crate::functions::Returns::Bool);
    let nan = arguments.iter().any(|argument| argument.has(Results::NAN));
    let result = match (function.name, nan) {
        ("finite", true) => Results::FALSE,
        ("is_nan", true) => Results::TRUE,
        (_, true) if gives_bool => Results::BOOL,
        (_, true) => Results::ANY.without(Results::NULL),
        (_, false) if gives_bool => Results::BOOL,
        (_, false) => Results::VALUE,
    };
    let nulls = arguments.iter().fold(Results::NONE, |all, argument| all.or(argument.then(Results::NULL, Results::NULL)));
    let all_live = arguments.iter().all(|argument| argument.has(Results::ANY.without(Results::NULL)));
    if all_live { nulls.or(result) } else { nulls }
}

fn coalesce(arguments: impl Iterator<Item = Results>) -> Results {
    let mut out = Results::NONE;
    for argument in arguments {
        out = out.or(argument.without(Results::NULL));
        if !argument.has(Results::NULL) {
            return out;
        }
    }
    out.or(Results::NULL)
}

fn null_if(a: Results, b: Results) -> Results {
    let ordinary = Results::VALUE.or(Results::BOOL);
    if a.has(ordinary) && b.has(ordinary) { a.or(Results::NULL) } else { a }
}

fn case(branches: &[(ExprId, ExprId)], otherwise: ExprId, of: impl Fn(&ExprId) -> Results) -> Results {
    let mut out = Results::NONE;
    for (condition, value) in branches {
        let condition = of(condition);
        if condition.has(Results::TRUE.or(Results::VALUE)) {
            out = out.or(of(value));
        }
        if !condition.has(Results::ANY.without(Results::TRUE)) {
            return out;
        }
    }
    out.or(of(&otherwise))
}
