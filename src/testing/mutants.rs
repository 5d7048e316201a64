//! Small changes of rules, each of which a good test would notice.

use crate::compile::RuleSet;
use crate::compile::ir::{Arena, Block, ExprId, Literal, Node, Rule, RuleBody, Set, SetId};
use crate::compile::literal_text;
use crate::kernels::number::parse_decimal;
use crate::kernels::{render, time};
use crate::types::CompareOp;

/// Sets up to this size lose each of their values in turn, larger ones only their first.
const SMALL_SET: usize = 8;

/// A changed rule.
pub(super) struct Mutant {
    /// The place of the rule it was made of.
    pub rule: usize,
    /// What was changed, in words.
    pub change: String,
}

/// A rule set of one block: the rules of a block, and after them their mutants, in the same order as they are told.
pub(super) fn mutants(rules: &RuleSet, block: &Block, wanted: impl Fn(usize) -> bool) -> (RuleSet, Vec<Mutant>) {
    let mut maker = Maker { arena: block.arena.clone(), sets: rules.sets.to_vec(), made: Vec::new() };
    for (at, rule) in block.rules.iter().enumerate().filter(|(at, _)| wanted(*at)) {
        maker.rule(at, rule);
    }
    let (changed, told) = maker.made.into_iter().unzip();
    let changed: Vec<Rule> = changed;
    let all = block.rules.iter().cloned().chain(changed).collect();
    let block = Block { rules: all, arena: maker.arena, observations: Vec::new(), ..block.clone() };
    (RuleSet { blocks: vec![block.into()], sets: maker.sets.into(), ..rules.clone() }, told)
}

struct Maker {
    arena: Arena,
    sets: Vec<Set>,
    made: Vec<(Rule, Mutant)>,
}

impl Maker {
    fn rule(&mut self, at: usize, rule: &Rule) {
        let Some(test) = condition(&rule.body) else { return };
        let first = self.made.len();
        let negated = self.arena.intern(Node::Not(test));
        self.push(at, rule, negated, "negated".to_owned());
        for node in self.arena.closure([test]) {
            for (changed, what) in self.changes(node) {
                let test = self.replaced(test, node, changed);
                self.push(at, rule, test, what);
            }
        }
        // Two ways to the same condition are one mutant.
        let mut seen: Vec<ExprId> = vec![test];
        let mut index = first;
        while let Some((made, _)) = self.made.get(index) {
            let test = condition(&made.body).unwrap_or(test);
            if seen.contains(&test) {
                self.made.remove(index);
            } else {
                seen.push(test);
                index += 1;
            }
        }
        self.without_filter(at, rule);
    }

    fn push(&mut self, at: usize, rule: &Rule, test: ExprId, change: String) {
        let body = match &rule.body {
            RuleBody::Row(_) => RuleBody::Row(test),
            RuleBody::Pattern(pattern, _) => RuleBody::Pattern(*pattern, test),
            RuleBody::Check(check) => {
                let mut check = check.clone();
                check.expect = test;
                RuleBody::Check(check)
            }
            _ => return,
        };
        self.made.push((Rule { body, ..rule.clone() }, Mutant { rule: at, change }));
    }

    /// The rule asked of all rows.
    fn without_filter(&mut self, at: usize, rule: &Rule) {
        if rule.when.is_some() {
            self.made.push((Rule { when: None, ..rule.clone() }, Mutant { rule: at, change: "without its `when`".to_owned() }));
        }
        if let RuleBody::Check(check) = &rule.body
            && check.filter.is_some()
        {
            let mut check = check.clone();
            check.filter = None;
            let mutant = Mutant { rule: at, change: "without its `where`".to_owned() };
            self.made.push((Rule { body: RuleBody::Check(check), ..rule.clone() }, mutant));
        }
    }

    /// What can be put in the place of a node.
    fn changes(&mut self, node: ExprId) -> Vec<(ExprId, String)> {
        match self.arena.node(node).clone() {
            Node::Compare(op, left, right) => self.comparison(op, left, right),
            Node::InSet(value, set) => self.smaller_sets(value, set),
            _ => Vec::new(),
        }
    }

    fn comparison(&mut self, op: CompareOp, left: ExprId, right: ExprId) -> Vec<(ExprId, String)> {
        let mut out = Vec::new();
        let swapped = match op {
            CompareOp::Lt => Some(CompareOp::LtEq),
            CompareOp::LtEq => Some(CompareOp::Lt),
            CompareOp::Gt => Some(CompareOp::GtEq),
            CompareOp::GtEq => Some(CompareOp::Gt),
            CompareOp::Eq | CompareOp::NotEq => None,
        };
        let shown = |maker: &Self| match (maker.arena.node(left), maker.arena.node(right)) {
            (Node::Literal(literal), _) | (_, Node::Literal(literal)) => format!(" {}", text(literal)),
            _ => String::new(),
        };
        if let Some(swapped) = swapped {
            let what = format!("`{}{}` became `{}`", op.symbol(), shown(self), swapped.symbol());
            out.push((self.arena.intern(Node::Compare(swapped, left, right)), what));
        }
        for (side, other) in [(left, right), (right, left)] {
            let Node::Literal(literal) = self.arena.node(side).clone() else { continue };
            for moved in neighbours(&literal) {
                let what = format!("{} became {}", text(&literal), text(&moved));
                let moved = self.arena.intern(Node::Literal(moved));
                let changed = if side == left { Node::Compare(op, moved, other) } else { Node::Compare(op, other, moved) };
                out.push((self.arena.intern(changed), what));
            }
        }
        out
    }

    fn smaller_sets(&mut self, value: ExprId, set: SetId) -> Vec<(ExprId, String)> {
        let Some(whole) = self.sets.get(set.0 as usize).cloned() else { return Vec::new() };
        let dropped = if whole.values.len() <= SMALL_SET { whole.values.len() } else { 1 };
        let mut out = Vec::new();
        for (at, gone) in whole.values.iter().enumerate().take(dropped) {
            let mut smaller = whole.clone();
            smaller.values.remove(at);
            let id = SetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
            self.sets.push(smaller);
            out.push((self.arena.intern(Node::InSet(value, id)), format!("{} left the set", text(gone))));
        }
        out
    }

    /// An expression with one of its nodes replaced, wherever it stands in it.
    fn replaced(&mut self, root: ExprId, old: ExprId, new: ExprId) -> ExprId {
        let mut changed: ahash::HashMap<ExprId, ExprId> = [(old, new)].into_iter().collect();
        // Children come before their parents.
        for id in self.arena.closure([root]) {
            let node = self.arena.node(id);
            if id != old && node.children().iter().any(|child| changed.contains_key(child)) {
                let node = with_children(node.clone(), &|child| changed.get(&child).copied().unwrap_or(child));
                changed.insert(id, self.arena.intern(node));
            }
        }
        changed.get(&root).copied().unwrap_or(root)
    }
}

/// The condition that a rule asks. What has none (`unique`, `increasing`) can only be dropped.
fn condition(body: &RuleBody) -> Option<ExprId> {
    match body {
        RuleBody::Row(test) | RuleBody::Pattern(_, test) => Some(*test),
        RuleBody::Check(check) => Some(check.expect),
        RuleBody::Type(..)
        | RuleBody::Response(..)
        | RuleBody::Unique(_)
        | RuleBody::Increasing(_)
        | RuleBody::Reference(..)
        | RuleBody::Planned => None,
    }
}

/// A constant as people write it.
fn text(literal: &Literal) -> String {
    match literal {
        Literal::Float(bits) => {
            let text = render::float(f64::from_bits(*bits));
            text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
        }
        other => literal_text(other),
    }
}

/// The constants next to one: a unit of its last place above and below it.
fn neighbours(literal: &Literal) -> Vec<Literal> {
    let both = |step: &dyn Fn(i128) -> Option<Literal>| [step(-1), step(1)].into_iter().flatten().collect();
    let moved = |value: i128, unit: i128, make: fn(i128) -> Literal| both(&|by| value.checked_add(by * unit).map(make));
    match literal {
        Literal::Int(value) => both(&|by| crate::kernels::number::int_in_range(value.checked_add(by)?).map(Literal::Int)),
        Literal::Date(days) => moved(*days, 1, Literal::Date),
        Literal::Time(nanos) => moved(*nanos, time::SECOND, Literal::Time),
        Literal::Timestamp(nanos) => moved(*nanos, time::SECOND, Literal::Timestamp),
        Literal::LocalTimestamp(nanos) => moved(*nanos, time::SECOND, Literal::LocalTimestamp),
        Literal::Duration(nanos) => moved(*nanos, time::SECOND, Literal::Duration),
        Literal::Decimal(mantissa, scale) => both(&|by| Some(Literal::Decimal(mantissa.checked_add(by)?, *scale))),
        Literal::Number(mantissa, scale, _) => {
            let (mut mantissa, mut scale) = (*mantissa, *scale);
            // `1_000.0` moves by ones.
            while scale > 0 && mantissa % 10 == 0 {
                (mantissa, scale) = (mantissa / 10, scale - 1);
            }
            both(&|by| number(mantissa.checked_add(by)?, scale))
        }
        Literal::Float(bits) => match parse_decimal(&text(&Literal::Float(*bits))) {
            Some((mantissa, scale)) => both(&|by| match number(mantissa.checked_add(by)?, scale)? {
                Literal::Number(_, _, bits) => Some(Literal::Float(bits)),
                other => Some(other),
            }),
            None => Vec::new(),
        },
        Literal::Null | Literal::Bool(_) | Literal::Str(_) => Vec::new(),
    }
}

fn number(mantissa: i128, scale: i32) -> Option<Literal> {
    let float: f64 = render::decimal(mantissa, scale).parse().ok()?;
    Some(Literal::Number(mantissa, scale, float.to_bits()))
}

/// A node over other children.
fn with_children(node: Node, of: &dyn Fn(ExprId) -> ExprId) -> Node {
    let all = |ids: Vec<ExprId>| ids.into_iter().map(of).collect();
    match node {
        Node::Literal(_) | Node::Column(_) | Node::PatternColumn | Node::Item(_) | Node::Now | Node::Aggregate(_) => node,
        Node::Missing(a, sentinels) => Node::Missing(of(a), sentinels),
        Node::Present(a) => Node::Present(of(a)),
        Node::TypeOk(a, ty) => Node::TypeOk(of(a), ty),
        Node::Typed(a, ty) => Node::Typed(of(a), ty),
        Node::IsNull(a) => Node::IsNull(of(a)),
        Node::Not(a) => Node::Not(of(a)),
        Node::InSet(a, set) => Node::InSet(of(a), set),
        Node::Matches(a, pattern, whole) => Node::Matches(of(a), pattern, whole),
        Node::Negate(a) => Node::Negate(of(a)),
        Node::Cast(a, target, lenient) => Node::Cast(of(a), target, lenient),
        Node::Member(a, name) => Node::Member(of(a), name),
        Node::Compare(op, a, b) => Node::Compare(op, of(a), of(b)),
        Node::Distinct(a, b) => Node::Distinct(of(a), of(b)),
        Node::Like(a, b) => Node::Like(of(a), of(b)),
        Node::Arith(op, a, b) => Node::Arith(op, of(a), of(b)),
        Node::NullIf(a, b) => Node::NullIf(of(a), of(b)),
        Node::Entries(a, entry) => Node::Entries(of(a), entry),
        Node::ListItem(a, b) => Node::ListItem(of(a), of(b)),
        Node::MapItem(a, b) => Node::MapItem(of(a), of(b)),
        Node::Quantifier { all, list, lambda, body } => Node::Quantifier { all, list: of(list), lambda, body: of(body) },
        Node::And(ids) => Node::And(all(ids)),
        Node::Or(ids) => Node::Or(all(ids)),
        Node::Call(function, ids) => Node::Call(function, all(ids)),
        Node::Host(name, ids) => Node::Host(name, all(ids)),
        Node::Coalesce(ids) => Node::Coalesce(all(ids)),
        Node::List(ids) => Node::List(all(ids)),
        Node::Case(branches, otherwise) => {
            Node::Case(branches.into_iter().map(|(condition, value)| (of(condition), of(value))).collect(), of(otherwise))
        }
    }
}
