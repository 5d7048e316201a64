//! Expressions: where they break when a line does not hold them. The operators that bind loosest give way first.

use super::doc::{Doc, Docs};
use super::flow::{Flow, sequence};
use super::lexeme::Kind;
use super::nest::Node;

/// How tightly an operator binds, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Compare,
    Add,
    Multiply,
}

/// An expression. Where it is `nested` in another, its operators stand further in than its first operand.
pub(super) fn expr<'a>(nodes: &[Node<'a>], nested: bool) -> Docs<'a> {
    let operators = operators(nodes);
    let Some(loosest) = operators.iter().map(|(_, level)| *level).min() else { return sequence(nodes, true) };
    let mut parts = Vec::new();
    let (mut rest, mut done) = (nodes, 0);
    for (at, _) in operators.iter().filter(|(_, level)| *level == loosest) {
        let Some((part, after)) = rest.split_at_checked(at - done) else { continue };
        parts.push(part);
        (rest, done) = (after, *at);
    }
    parts.push(rest);
    let mut docs = Docs::default();
    let mut tail = Docs::default();
    for (index, part) in parts.iter().enumerate() {
        if index == 0 {
            docs.append(expr(part, true));
        } else if let Some((operator, operand)) = part.split_first() {
            tail.push(if breaks_before(part) { Doc::Line } else { Doc::Space });
            push_operator(operator, operand, &mut tail);
        }
    }
    docs.indent(if nested { 2 } else { 0 }, tail);
    let mut grouped = Docs::default();
    grouped.group(docs);
    grouped
}

/// An operator with its right side.
fn push_operator<'a>(operator: &Node<'a>, operand: &[Node<'a>], docs: &mut Docs<'a>) {
    if let Node::Leaf(leaf) = operator {
        leaf.push_to(docs);
    }
    if operand.is_empty() {
        return;
    }
    docs.push(Doc::Space);
    let is_word = operator.leaf().is_some_and(|leaf| leaf.kind == Kind::Word && !matches!(leaf.text, "and" | "or" | "div" | "mod"));
    docs.append(if is_word { sequence_after(operator, operand) } else { expr(operand, true) });
}

/// What follows `in`, `between`, `like`, `matches`, `is` or `not`.
fn sequence_after<'a>(operator: &Node<'a>, operand: &[Node<'a>]) -> Docs<'a> {
    // After an infix `not`, `like (…)` is no call.
    if operator.is("not")
        && let Some((word, rest)) = operand.split_first()
        && matches!(word.leaf().map(|leaf| leaf.text), Some("like" | "matches"))
    {
        let mut docs = sequence(std::slice::from_ref(word), true);
        docs.push(Doc::Space);
        docs.append(sequence(rest, true));
        return docs;
    }
    sequence(operand, true)
}

/// A comparison may break before its sign; `in (…)` and its like break inside their brackets.
fn breaks_before(part: &[Node<'_>]) -> bool {
    part.first().and_then(Node::leaf).is_some_and(|leaf| leaf.kind == Kind::Symbol || matches!(leaf.text, "and" | "or" | "div" | "mod"))
}

/// The operators of an expression, outside brackets and `case`, with their places.
fn operators(nodes: &[Node<'_>]) -> Vec<(usize, Level)> {
    let mut found = Vec::new();
    let mut flow = Flow::new(true);
    let mut betweens = 0_usize;
    for (at, node) in nodes.iter().enumerate() {
        let infix = at > 0 && !flow.operand && !flow.in_name() && flow.cases == 0;
        if let (true, Some(leaf)) = (infix, node.leaf()) {
            let level = match (leaf.kind, leaf.text) {
                (Kind::Word, "or") => Some(Level::Or),
                (Kind::Word, "and") if betweens > 0 => {
                    betweens -= 1;
                    None
                }
                (Kind::Word, "and") => Some(Level::And),
                (Kind::Word, "between" | "in" | "like" | "matches" | "is" | "not") => Some(Level::Compare),
                (Kind::Symbol, "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=") => Some(Level::Compare),
                (Kind::Symbol, "+" | "-" | "||") => Some(Level::Add),
                (Kind::Symbol, "*" | "/") | (Kind::Word, "div" | "mod") => Some(Level::Multiply),
                _ => None,
            };
            found.extend(level.map(|level| (at, level)));
        }
        // `not between` has its `between` where an operand could stand.
        if node.is("between") && !flow.in_name() && flow.cases == 0 {
            betweens += 1;
        }
        flow.pass(node);
    }
    found
}

/// How many nodes `case … end` takes at the start; `None` if it does not end.
pub(super) fn case_length(nodes: &[Node<'_>]) -> Option<usize> {
    let mut flow = Flow::new(true);
    for (at, node) in nodes.iter().enumerate() {
        flow.pass(node);
        if flow.cases == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// `case … end`: on one line, or a branch on each.
pub(super) fn case<'a>(nodes: &[Node<'a>], docs: &mut Docs<'a>) {
    let (Some((Node::Leaf(case), rest)), Some(Node::Leaf(end))) = (nodes.split_first(), nodes.last()) else { return };
    let Some((_, inside)) = rest.split_last() else { return };
    let mut group = Docs::default();
    case.push_to(&mut group);
    let mut body = Docs::default();
    for (word, part) in parts_of_case(inside) {
        match word {
            Some(word) => {
                body.push(if word.is("then") { Doc::Space } else { Doc::Line });
                if let Node::Leaf(word) = word {
                    word.push_to(&mut body);
                }
                body.push(Doc::Space);
                body.append(expr(part, true));
            }
            None => {
                group.push(Doc::Space);
                group.append(expr(part, true));
            }
        }
    }
    group.indent(2, body);
    group.push(Doc::Line);
    end.push_to(&mut group);
    docs.group(group);
}

/// The operand, and `when`, `then` and `else` with what follows each.
fn parts_of_case<'n, 'a>(nodes: &'n [Node<'a>]) -> Vec<(Option<&'n Node<'a>>, &'n [Node<'a>])> {
    let mut parts = Vec::new();
    let mut flow = Flow::new(true);
    let (mut word, mut start) = (None, 0);
    for (at, node) in nodes.iter().enumerate() {
        if flow.cases == 0 && !flow.in_name() && ["when", "then", "else"].iter().any(|word| node.is(word)) {
            parts.push((word, nodes.get(start..at).unwrap_or_default()));
            (word, start) = (Some(node), at + 1);
        }
        flow.pass(node);
    }
    parts.push((word, nodes.get(start..).unwrap_or_default()));
    parts.retain(|(word, part)| word.is_some() || !part.is_empty());
    parts
}
