//! Brackets: lists, calls, records and the members of structs, on one line or on several.

use super::doc::{Chunk, Doc, Docs};
use super::expr::expr;
use super::flow::sequence;
use super::lexeme::{Kind, push_notes};
use super::nest::{Nest, Node};
use super::rows;

/// What braces hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Braces {
    /// `{ name: value, … }`
    Record,
    /// `struct { name: type …, … }`
    Members,
    /// `one_of(tag) { "a": { … }, … }`
    Variants,
}

impl Braces {
    /// Told by the two nodes before them.
    pub(super) fn after(before: [Option<&Node<'_>>; 2]) -> Self {
        let [first, second] = before;
        if second.is_some_and(|node| node.is("struct")) {
            Self::Members
        } else if second.is_some_and(|node| node.nest("(").is_some()) && first.is_some_and(|node| node.is("one_of")) {
            Self::Variants
        } else {
            Self::Record
        }
    }
}

/// A part of what brackets hold, and the comma behind it.
pub(super) struct Element<'n, 'a> {
    pub nodes: &'n [Node<'a>],
    pub comma: Option<&'n Node<'a>>,
}

/// The parts between commas.
pub(super) fn elements<'n, 'a>(nodes: &'n [Node<'a>]) -> Vec<Element<'n, 'a>> {
    let mut elements = Vec::new();
    let mut rest = nodes;
    while let Some(at) = rest.iter().position(|node| node.is(",")) {
        let Some((part, after)) = rest.split_at_checked(at) else { break };
        elements.push(Element { nodes: part, comma: after.first() });
        rest = after.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        elements.push(Element { nodes: rest, comma: None });
    }
    elements
}

/// Brackets with what is in them; `word` is the one before.
pub(super) fn push<'a>(nest: &Nest<'a>, braces: Braces, word: &str, docs: &mut Docs<'a>) {
    match (nest.open.text, braces) {
        ("<", _) => angles(nest, docs),
        ("{", Braces::Members) => enclose(nest, Doc::Line, rows::members(nest), true, docs),
        ("{", Braces::Variants) => {
            let (body, comma) = one_a_line(nest, Braces::Members);
            enclose(nest, Doc::Line, (body, comma), true, docs);
        }
        ("{", Braces::Record) => {
            let (body, _) = one_a_line(nest, Braces::Record);
            enclose(nest, Doc::Line, (body, true), false, docs);
        }
        _ => {
            let (body, comma) = list(nest);
            // These two take no comma at their end.
            let comma = nest.comma || comma && !matches!(word, "decimal" | "reference");
            enclose(nest, Doc::SoftLine, (body, comma), false, docs);
        }
    }
}

/// `<T>` stands on one line always.
fn angles<'a>(nest: &Nest<'a>, docs: &mut Docs<'a>) {
    nest.open.push_to(docs);
    docs.append(sequence(&nest.inside, true));
    push_notes(&nest.tail, docs);
    nest.close.push_to(docs);
}

/// Puts a body between its brackets: on one line, or further in on lines of its own, with a comma at its end where `comma` says so.
/// With `keeps_lines`, what its author broke over lines stays so.
pub(super) fn enclose<'a>(nest: &Nest<'a>, line: Doc<'a>, (body, comma): (Docs<'a>, bool), keeps_lines: bool, docs: &mut Docs<'a>) {
    nest.open.push_lead(docs);
    let mut group = Docs::default();
    group.text(nest.open.text);
    let mut inner = Docs::default();
    push_notes(&nest.open.trail, &mut inner);
    let empty = nest.inside.is_empty();
    if !empty {
        inner.push(line.clone());
        inner.append(body);
        if comma {
            inner.push(Doc::Either { blanks: 0, broken: ",", flat: "" });
        }
    }
    push_notes(&nest.tail, &mut inner);
    nest.close.push_lead(&mut inner);
    group.indent(2, inner);
    if !empty || !nest.close.lead.is_empty() || !nest.open.trail.is_empty() {
        group.push(line);
    }
    if keeps_lines && nest.inside.first().is_some_and(|node| node.first().starts_line) {
        group.force();
    }
    group.text(nest.close.text);
    docs.group(group);
    push_notes(&nest.close.trail, docs);
}

/// Values or arguments. Short ones fill the lines, and keep the lines they were given; others stand on a line each.
fn list<'a>(nest: &Nest<'a>) -> (Docs<'a>, bool) {
    let elements = elements(&nest.inside);
    let (several, plain) = (elements.len() > 1, elements.iter().all(|element| is_plain(element.nodes)));
    let mut docs = Docs::default();
    let mut chunks = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let mut docs_of = entry(element.nodes, several);
        push_comma(element, &mut docs_of);
        if plain {
            let starts_line = element.nodes.first().is_some_and(|node| node.first().starts_line);
            chunks.push(Chunk { starts_line, docs: docs_of });
        } else {
            if index > 0 {
                docs.push(Doc::Line);
            }
            docs.append(docs_of);
        }
    }
    if plain {
        docs.push(Doc::Fill(chunks));
    }
    (docs, several)
}

/// Whether an element is a value of a word or two: `"a"`, `-1`, `date "2026-01-31"`, `90 s`.
fn is_plain(nodes: &[Node<'_>]) -> bool {
    let leaf = |node: &Node<'_>| node.leaf().is_some_and(|leaf| leaf.kind != Kind::Symbol || matches!(leaf.text, "-" | "%" | "$"));
    nodes.len() <= 3 && nodes.iter().all(leaf)
}

fn one_a_line<'a>(nest: &Nest<'a>, braces: Braces) -> (Docs<'a>, bool) {
    let mut docs = Docs::default();
    let elements = elements(&nest.inside);
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            docs.push(Doc::Line);
        }
        docs.append(if braces == Braces::Members { variant(element.nodes) } else { entry(element.nodes, true) });
        push_comma(element, &mut docs);
    }
    (docs, true)
}

/// `"a": { … }`
fn variant<'a>(nodes: &[Node<'a>]) -> Docs<'a> {
    let Some((Node::Nest(members), head)) = nodes.split_last() else { return sequence(nodes, true) };
    let mut docs = sequence(head, true);
    docs.push(Doc::Space);
    push(members, Braces::Members, "", &mut docs);
    docs
}

/// An element: a value, or a name and a value.
fn entry<'a>(nodes: &[Node<'a>], nested: bool) -> Docs<'a> {
    let colon = nodes.iter().position(|node| node.is(":"));
    let Some((name, value)) = colon.and_then(|at| nodes.split_at_checked(at + 1)) else { return expr(nodes, nested) };
    let mut docs = sequence(name, true);
    if !value.is_empty() {
        docs.push(Doc::Space);
        docs.append(expr(value, true));
    }
    docs
}

pub(super) fn push_comma<'a>(element: &Element<'_, 'a>, docs: &mut Docs<'a>) {
    if let Some(Node::Leaf(comma)) = element.comma {
        docs.text(",");
        push_notes(&comma.trail, docs);
    }
}
