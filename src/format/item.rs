//! Items: how each kind is laid out.

use crate::syntax::scan::ItemStart;

use super::bracket::{Braces, elements, enclose, push, push_comma};
use super::doc::{Chunk, Doc, Docs};
use super::expr::expr;
use super::flow::{Flow, sequence};
use super::lexeme::push_notes;
use super::nest::{Node, split_tail};
use super::rows::{CONTINUED, Row, RowKind, attributes, constraints};

/// An item, laid out but for what its neighbours decide.
#[derive(Debug)]
pub(super) enum Built<'a> {
    Docs(Docs<'a>),
    /// A row that stands below others of its kind, and the comments behind it.
    Row(Box<Row<'a>>, Docs<'a>),
}

/// Lays an item out; `None` if it is not written as items of its kind are.
pub(super) fn build<'a>(mut nodes: Vec<Node<'a>>, start: ItemStart) -> Option<Built<'a>> {
    let (_, tail) = split_tail(&mut nodes);
    let mut after = Docs::default();
    push_notes(&tail, &mut after);
    let row = match start {
        ItemStart::Field | ItemStart::Fields => Some(Row::field(&nodes)?),
        ItemStart::Let => Some(let_row(&nodes)?),
        ItemStart::Observe => observe(&nodes),
        _ => None,
    };
    if let Some(row) = row {
        return Some(Built::Row(Box::new(row), after));
    }
    let mut docs = match start {
        ItemStart::Param => assigned(&nodes),
        ItemStart::Type => named_type(&nodes)?,
        ItemStart::Key => key(&nodes)?,
        ItemStart::Rule => rule(&nodes, &["when", "expect", "message"]),
        ItemStart::Check => rule(&nodes, &["where", "by", "expect", "message"]),
        ItemStart::Test => test(&nodes),
        ItemStart::Waive => waive(&nodes),
        ItemStart::Columns => columns(&nodes)?,
        _ => sequence(&nodes, true),
    };
    docs.append(after);
    Some(Built::Docs(docs))
}

/// The line a block begins with, without its brace.
pub(super) fn header<'a>(nodes: &[Node<'a>]) -> Docs<'a> {
    let at = nodes.iter().position(|node| node.is("@")).unwrap_or(nodes.len());
    let (name, rest) = nodes.split_at_checked(at).unwrap_or((nodes, &[]));
    let mut docs = sequence(name, true);
    let (attributes, rest) = attributes(rest);
    if !attributes.is_empty() {
        docs.push(Doc::Space);
        docs.indent(CONTINUED, fill(attributes));
    }
    docs.append(sequence(rest, true));
    docs
}

fn fill(parts: Vec<Docs<'_>>) -> Docs<'_> {
    let mut docs = Docs::default();
    docs.push(Doc::Fill(parts.into_iter().map(|docs| Chunk { starts_line: false, docs }).collect()));
    docs
}

/// A value behind `=` or `:`: on the same line, or on the next, further in.
fn push_value<'a>(value: &[Node<'a>], docs: &mut Docs<'a>) {
    if let [Node::Nest(_)] = value {
        docs.push(Doc::Space);
        docs.append(sequence(value, true));
        return;
    }
    let mut inner = Docs::default();
    inner.push(Doc::Line);
    inner.append(expr(value, false));
    let mut group = Docs::default();
    group.indent(CONTINUED, inner);
    docs.group(group);
}

/// `param name: type = value`
fn assigned<'a>(nodes: &[Node<'a>]) -> Docs<'a> {
    let at = nodes.iter().position(|node| node.is("="));
    let Some((head, value)) = at.and_then(|at| nodes.split_at_checked(at + 1)) else { return sequence(nodes, true) };
    let mut docs = sequence(head, true);
    push_value(value, &mut docs);
    docs
}

/// `type name = type constraints`
fn named_type<'a>(nodes: &[Node<'a>]) -> Option<Docs<'a>> {
    let at = nodes.iter().position(|node| node.is("="))?;
    let (head, body) = nodes.split_at_checked(at + 1)?;
    let (ty, rest) = body.split_at_checked(super::rows::type_length(body))?;
    let mut docs = sequence(head, true);
    docs.push(Doc::Space);
    docs.append(sequence(ty, true));
    docs.append(constraints(rest));
    Some(docs)
}

/// `key a, b`
fn key<'a>(nodes: &[Node<'a>]) -> Option<Docs<'a>> {
    let (word, names) = nodes.split_at_checked(1)?;
    let mut docs = sequence(word, true);
    docs.push(Doc::Space);
    let parts = elements(names).into_iter().map(|element| {
        let mut docs = sequence(element.nodes, true);
        push_comma(&element, &mut docs);
        docs
    });
    docs.indent(CONTINUED, fill(parts.collect()));
    Some(docs)
}

/// `let name = value`
fn let_row<'a>(nodes: &[Node<'a>]) -> Option<Row<'a>> {
    let (name, rest) = nodes.split_at_checked(2)?;
    let (equals, value) = rest.split_first()?;
    let mut docs = Docs::default();
    docs.push(Doc::Space);
    equals.leaf()?.push_to(&mut docs);
    push_value(value, &mut docs);
    Some(Row::pair(RowKind::Let, sequence(name, true), docs))
}

/// `observe value buckets (…)`
fn observe<'a>(nodes: &[Node<'a>]) -> Option<Row<'a>> {
    let (value, buckets) = nodes.split_at_checked(nodes.len().checked_sub(2)?)?;
    let [Node::Leaf(word), Node::Nest(list)] = buckets else { return None };
    if !word.is("buckets") || value.len() < 2 {
        return None;
    }
    let mut docs = Docs::default();
    docs.push(Doc::Space);
    word.push_to(&mut docs);
    docs.push(Doc::Space);
    push(list, Braces::Record, "buckets", &mut docs);
    Some(Row::pair(RowKind::Observe, sequence(value, true), docs))
}

/// `rule name: condition`, or with a body of clauses.
fn rule<'a>(nodes: &[Node<'a>], words: &[&str]) -> Docs<'a> {
    let at = nodes.iter().position(|node| node.is(":") || node.nest("{").is_some()).unwrap_or(nodes.len());
    let (head, body) = nodes.split_at_checked(at).unwrap_or((nodes, &[]));
    let mut docs = header(head);
    match body.split_first() {
        Some((Node::Leaf(colon), condition)) => {
            colon.push_to(&mut docs);
            push_value(condition, &mut docs);
        }
        Some((Node::Nest(nest), _)) => {
            docs.push(Doc::Space);
            let clauses = clauses(&nest.inside, |flow, node| !flow.operand && words.iter().any(|word| node.is(word)));
            enclose(nest, Doc::Line, (clauses, false), true, &mut docs);
        }
        None => {}
    }
    docs
}

/// `test "name" for block { … }`
fn test<'a>(nodes: &[Node<'a>]) -> Docs<'a> {
    let Some((Node::Nest(nest), head)) = nodes.split_last() else { return sequence(nodes, true) };
    let mut docs = sequence(head, true);
    docs.push(Doc::Space);
    // Rules may be called `given` and `expect`: behind these words stand names.
    let mut before = "";
    let clauses = clauses(&nest.inside, |_, node| {
        let names = ["fail", "unknown", "reason", "given", ",", "."].contains(&std::mem::take(&mut before));
        before = node.leaf().map_or("", |leaf| leaf.text);
        !names && (node.is("given") || node.is("expect"))
    });
    enclose(nest, Doc::Line, (clauses, false), true, &mut docs);
    docs
}

/// Clauses, each a word and what belongs to it; on several lines these stand below each other. `starts` tells which words begin one.
fn clauses<'a>(nodes: &[Node<'a>], mut starts: impl FnMut(&Flow<'a>, &Node<'a>) -> bool) -> Docs<'a> {
    let mut places: Vec<usize> = Vec::new();
    let mut flow = Flow::new(true);
    for (at, node) in nodes.iter().enumerate() {
        if starts(&flow, node) && flow.cases == 0 && !flow.in_name() || at == 0 {
            places.push(at);
            flow = Flow::new(true);
        } else {
            flow.pass(node);
        }
    }
    let ends = places.iter().skip(1).copied().chain([nodes.len()]);
    let parts: Vec<&[Node<'a>]> = places.iter().zip(ends).filter_map(|(start, end)| nodes.get(*start..end)).collect();
    let columns = parts.iter().filter_map(|part| part.first()).map(|word| word.first().text.len()).max().unwrap_or(0);
    let mut docs = Docs::default();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            docs.push(Doc::Line);
        }
        push_clause(part, columns, &mut docs);
    }
    docs
}

fn push_clause<'a>(nodes: &[Node<'a>], columns: usize, docs: &mut Docs<'a>) {
    let Some((word, rest)) = nodes.split_first() else { return };
    docs.append(sequence(std::slice::from_ref(word), true));
    docs.push(Doc::Either { blanks: columns.saturating_sub(word.first().text.len()), broken: "", flat: "" });
    docs.push(Doc::Space);
    if let [_, _, ..] = rest
        && rest.iter().all(|node| node.nest("{").is_some())
    {
        // Several rows stand below each other.
        let mut group = Docs::default();
        for (index, row) in rest.iter().enumerate() {
            if index > 0 {
                group.push(Doc::Line);
            }
            group.append(sequence(std::slice::from_ref(row), true));
        }
        let mut grouped = Docs::default();
        grouped.group(group);
        docs.indent(columns + 1, grouped);
    } else if rest.last().is_some_and(|node| node.nest("{").is_some()) {
        docs.append(sequence(rest, true));
    } else if rest.iter().any(|node| node.is(",")) {
        let parts = elements(rest).into_iter().map(|element| {
            let mut docs = expr(element.nodes, true);
            push_comma(&element, &mut docs);
            docs
        });
        docs.indent(columns + 1, fill(parts.collect()));
    } else {
        docs.indent(columns + 1, expr(rest, false));
    }
}

/// `waive rule until … because … where …`
fn waive<'a>(nodes: &[Node<'a>]) -> Docs<'a> {
    // The rule's name may hold any words: a name, then more of them behind points.
    let mut path = 2;
    while nodes.get(path).is_some_and(|node| node.is(".")) {
        path += 2;
    }
    let (head, rest) = nodes.split_at_checked(path).unwrap_or((nodes, &[]));
    let mut group = sequence(head, true);
    let mut inner = Docs::default();
    let mut flow = Flow::new(true);
    let mut start = 0;
    let mut push = |part: Option<&[Node<'a>]>| {
        if let Some((word, part)) = part.and_then(|part| part.split_first()) {
            inner.push(Doc::Line);
            inner.append(sequence(std::slice::from_ref(word), true));
            inner.push(Doc::Space);
            inner.append(expr(part, true));
        }
    };
    for (at, node) in rest.iter().enumerate() {
        if at > 0 && !flow.operand && flow.cases == 0 && ["because", "where"].iter().any(|word| node.is(word)) {
            push(rest.get(start..at));
            start = at;
            flow = Flow::new(true);
        } else if at > 0 {
            flow.pass(node);
        }
    }
    push(rest.get(start..));
    group.indent(CONTINUED, inner);
    let mut docs = Docs::default();
    docs.group(group);
    docs
}

/// `columns { name: type, … }`
fn columns<'a>(nodes: &[Node<'a>]) -> Option<Docs<'a>> {
    let [word, Node::Nest(nest)] = nodes else { return None };
    let mut docs = sequence(std::slice::from_ref(word), true);
    docs.push(Doc::Space);
    push(nest, Braces::Members, "", &mut docs);
    Some(docs)
}
