//! Expressions in words.
//!
//! Each node's words are made once from those of its children, which have smaller ids. Expressions can be far longer than anybody reads, so words
//! are cut at a length.

use std::collections::BTreeMap;

use crate::compile::ir::{Block, ExprId, Literal, Node, Rule, RuleBody, RuleShare, Set, SetId};
use crate::compile::literal_text;
use crate::functions::aggregates;
use crate::types::{ArithOp, CastTarget, CompareOp, Entry};

/// Characters an expression takes at most.
const MAX_CHARS: usize = 1_000;
/// Values of a set that are shown.
const SET_VALUES: usize = 6;

/// How tightly words hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A value that can stand anywhere.
    Value,
    /// Arithmetic.
    Arith,
    /// A sentence: `x is at least 3`.
    Sentence,
    And,
    Or,
}

#[derive(Debug, Clone)]
struct Phrase {
    text: String,
    kind: Kind,
}

impl Phrase {
    fn new(kind: Kind, text: String) -> Self {
        let text = match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        };
        Self { text, kind }
    }

    /// As an operand of an operator.
    fn operand(&self) -> String {
        if self.kind == Kind::Value { self.text.clone() } else { format!("({})", self.text) }
    }

    /// As the subject or object of a sentence.
    fn part(&self) -> String {
        if matches!(self.kind, Kind::Value | Kind::Arith) { self.text.clone() } else { format!("({})", self.text) }
    }

    /// As a condition of its own.
    fn sentence(&self) -> String {
        if matches!(self.kind, Kind::Value | Kind::Arith) { format!("{} is true", self.text) } else { self.text.clone() }
    }
}

/// A condition as a sentence.
pub(super) fn condition(block: &Block, sets: &[Set], rule: &Rule, root: ExprId) -> String {
    phrase(block, sets, rule, root).sentence()
}

/// A value.
pub(super) fn value(block: &Block, sets: &[Set], rule: &Rule, root: ExprId) -> String {
    phrase(block, sets, rule, root).part()
}

fn phrase(block: &Block, sets: &[Set], rule: &Rule, root: ExprId) -> Phrase {
    let mut roots = vec![root];
    let check = if let RuleBody::Check(check) = &rule.body { Some(check) } else { None };
    roots.extend(check.iter().flat_map(|check| &check.aggregates).flat_map(|call| call.arguments.iter().copied()));
    let mut writer = Writer { block, sets, rule, known: BTreeMap::new() };
    for id in block.arena.closure(roots) {
        let phrase = writer.node(block.arena.node(id));
        writer.known.insert(id, phrase);
    }
    writer.of(root)
}

struct Writer<'a> {
    block: &'a Block,
    sets: &'a [Set],
    rule: &'a Rule,
    known: BTreeMap<ExprId, Phrase>,
}

impl Writer<'_> {
    fn of(&self, id: ExprId) -> Phrase {
        self.known.get(&id).cloned().unwrap_or_else(|| Phrase::new(Kind::Value, "…".to_owned()))
    }

    fn part(&self, id: ExprId) -> String {
        self.of(id).part()
    }

    fn list(&self, ids: &[ExprId]) -> String {
        ids.iter().map(|id| self.part(*id)).collect::<Vec<_>>().join(", ")
    }

    fn node(&self, node: &Node) -> Phrase {
        let value = |text: String| Phrase::new(Kind::Value, text);
        let sentence = |text: String| Phrase::new(Kind::Sentence, text);
        match node {
            Node::Literal(literal) => value(literal_text(literal)),
            Node::Column(column) => value(self.block.columns.get(column.0 as usize).map_or_else(String::new, |column| plain(&column.name))),
            Node::PatternColumn => value("the value".to_owned()),
            Node::Item(_) => value("item".to_owned()),
            Node::Now => value("now()".to_owned()),
            // What is read is the column, whatever stands for null in it.
            Node::Missing(inner, _) | Node::Typed(inner, _) => self.of(*inner),
            Node::Present(inner) => sentence(format!("{} has a value", self.part(*inner))),
            Node::TypeOk(inner, ty) => sentence(format!("{} is {ty}", self.part(*inner))),
            Node::IsNull(inner) => sentence(format!("{} is null", self.part(*inner))),
            Node::Not(inner) => self.not(*inner),
            Node::And(all) => self.and(all),
            Node::Or(all) => Phrase::new(Kind::Or, self.joined(all, " or ", &[Kind::And, Kind::Or])),
            Node::Compare(op, a, b) => sentence(format!("{} {} {}", self.part(*a), verb(*op), self.part(*b))),
            Node::Distinct(a, b) => sentence(format!("{} is distinct from {}", self.part(*a), self.part(*b))),
            Node::InSet(inner, set) => sentence(format!("{} is {}", self.part(*inner), self.set(*set))),
            Node::Matches(inner, pattern, true) => sentence(format!("the whole of {} matches /{pattern}/", self.part(*inner))),
            Node::Matches(inner, pattern, false) => sentence(format!("a part of {} matches /{pattern}/", self.part(*inner))),
            Node::Like(a, b) => sentence(format!("{} is like {}", self.part(*a), self.part(*b))),
            Node::Arith(op, a, b) => self.arith(*op, *a, *b),
            Node::Negate(inner) => value(format!("-{}", self.of(*inner).operand())),
            Node::Cast(inner, to, lenient) => {
                let name = if *lenient { "try_cast" } else { "cast" };
                value(format!("{name}({} as {})", self.part(*inner), cast_name(to)))
            }
            Node::Call(function, all) => value(format!("{}({})", function.0.name, self.list(all))),
            Node::Host(name, all) => value(format!("{name}({})", self.list(all))),
            Node::Coalesce(all) => value(format!("coalesce({})", self.list(all))),
            Node::NullIf(a, b) => value(format!("nullif({}, {})", self.part(*a), self.part(*b))),
            Node::Case(branches, otherwise) => self.case(branches, *otherwise),
            Node::Member(inner, name) => value(format!("{}.{}", self.of(*inner).operand(), plain(name))),
            Node::ListItem(a, b) | Node::MapItem(a, b) => value(format!("{}[{}]", self.of(*a).operand(), self.part(*b))),
            Node::Entries(inner, Entry::Keys) => value(format!("the keys of {}", self.part(*inner))),
            Node::Entries(inner, Entry::Values) => value(format!("the values of {}", self.part(*inner))),
            Node::List(all) => value(format!("[{}]", self.list(all))),
            Node::Quantifier { all, list, body, .. } => {
                let (part, of) = match self.block.arena.node(*list) {
                    Node::Entries(map, Entry::Keys) => ("key", *map),
                    Node::Entries(map, Entry::Values) => ("value", *map),
                    _ => ("item", *list),
                };
                let which = if *all { "every" } else { "some" };
                sentence(format!("for {which} {part} of {}: {}", self.part(of), self.of(*body).sentence()))
            }
            Node::Aggregate(index) => value(self.aggregate(*index)),
        }
    }

    /// Sentences that have a denial of their own; `not (…)` for the rest.
    fn not(&self, inner: ExprId) -> Phrase {
        let text = match self.block.arena.node(inner) {
            Node::IsNull(value) => format!("{} is not null", self.part(*value)),
            Node::InSet(value, set) => format!("{} is not {}", self.part(*value), self.set(*set)),
            Node::Distinct(a, b) => format!("{} is not distinct from {}", self.part(*a), self.part(*b)),
            Node::Matches(value, pattern, true) => format!("the whole of {} does not match /{pattern}/", self.part(*value)),
            Node::Matches(value, pattern, false) => format!("no part of {} matches /{pattern}/", self.part(*value)),
            Node::Like(a, b) => format!("{} is not like {}", self.part(*a), self.part(*b)),
            _ => match self.of(inner) {
                Phrase { text, kind: Kind::Value } => format!("{text} is false"),
                other => match other.text.split_once(" is between ") {
                    Some((subject, rest)) if other.kind == Kind::Sentence => format!("{subject} is not between {rest}"),
                    _ => format!("not ({})", other.text),
                },
            },
        };
        Phrase::new(Kind::Sentence, text)
    }

    fn and(&self, all: &[ExprId]) -> Phrase {
        if let Some(between) = self.between(all) {
            return Phrase::new(Kind::Sentence, between);
        }
        Phrase::new(Kind::And, self.joined(all, " and ", &[Kind::Or]))
    }

    /// `x >= a and x <= b` is `between`.
    fn between(&self, all: &[ExprId]) -> Option<String> {
        let [low, high] = all else { return None };
        match (self.block.arena.node(*low), self.block.arena.node(*high)) {
            (Node::Compare(CompareOp::GtEq, x, a), Node::Compare(CompareOp::LtEq, y, b)) if x == y => {
                Some(format!("{} is between {} and {}, both included", self.part(*x), self.part(*a), self.part(*b)))
            }
            _ => None,
        }
    }

    fn joined(&self, all: &[ExprId], word: &str, looser: &[Kind]) -> String {
        let one = |id: &ExprId| {
            let phrase = self.of(*id);
            if looser.contains(&phrase.kind) { format!("({})", phrase.text) } else { phrase.sentence() }
        };
        all.iter().map(one).collect::<Vec<_>>().join(word)
    }

    fn arith(&self, op: ArithOp, a: ExprId, b: ExprId) -> Phrase {
        let (left, right) = (self.of(a).operand(), self.of(b).operand());
        Phrase::new(Kind::Arith, format!("{left} {} {right}", op.symbol()))
    }

    fn case(&self, branches: &[(ExprId, ExprId)], otherwise: ExprId) -> Phrase {
        if let [(_, value)] = branches
            && matches!(self.block.arena.node(*value), Node::Literal(Literal::Null))
        {
            // The compiler's own: unknown where the subject is missing.
            return self.of(otherwise);
        }
        let branch = |(condition, value): &(ExprId, ExprId)| format!("when {} then {} ", self.of(*condition).sentence(), self.part(*value));
        let branches: String = branches.iter().map(branch).collect();
        Phrase::new(Kind::Value, format!("case {branches}else {} end", self.part(otherwise)))
    }

    fn set(&self, id: SetId) -> String {
        let Some(set) = self.sets.get(id.0 as usize) else { return "in a set".to_owned() };
        let shown: Vec<String> = set.values.iter().take(SET_VALUES).map(literal_text).collect();
        let more = if set.values.len() > SET_VALUES { format!(", … ({} values)", set.values.len()) } else { String::new() };
        match &set.name {
            Some(name) => format!("in the set {} ({}{more})", plain(name), shown.join(", ")),
            None => format!("one of {}{more}", shown.join(", ")),
        }
    }

    fn aggregate(&self, index: u32) -> String {
        let RuleBody::Check(check) = &self.rule.body else { return "…".to_owned() };
        let Some(call) = check.aggregates.get(index as usize) else { return "…".to_owned() };
        match &call.share {
            Some(RuleShare { rule, reason: None }) => return format!("failed_fraction({rule})"),
            Some(RuleShare { rule, reason: Some(reason) }) => return format!("reason_fraction({rule}, {reason:?})"),
            None => {}
        }
        let name = aggregates().iter().find(|known| known.kind == call.kind).map_or("aggregate", |known| known.name);
        match &call.baseline {
            Some(baseline) => format!("{name}({}, {})", self.list(&call.arguments), baseline.name),
            None => format!("{name}({})", self.list(&call.arguments)),
        }
    }
}

fn verb(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "equals",
        CompareOp::NotEq => "differs from",
        CompareOp::Lt => "is less than",
        CompareOp::LtEq => "is at most",
        CompareOp::Gt => "is greater than",
        CompareOp::GtEq => "is at least",
    }
}

fn cast_name(to: &CastTarget) -> String {
    match to {
        CastTarget::Int(least, most) => int_name(*least, *most),
        CastTarget::Float32 => "float32".to_owned(),
        CastTarget::Decimal(Some((precision, scale))) => format!("decimal({precision}, {scale})"),
        other => other.ty().to_string(),
    }
}

/// The name of the integer type of a range.
fn int_name(least: i128, most: i128) -> String {
    let bits = 128 - most.leading_zeros();
    match (least, bits) {
        (0, 8 | 16 | 32 | 64) => format!("uint{bits}"),
        (_, 7 | 15 | 31 | 63) => format!("int{}", bits + 1),
        _ => "int".to_owned(),
    }
}

/// A name as the language writes it.
fn plain(name: &str) -> String {
    crate::compile::block::id_part(name)
}
