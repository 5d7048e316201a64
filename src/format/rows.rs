//! Rows: neighbouring fields, members, `let`s and observations, whose parts stand below each other.

use super::bracket::{elements, push_comma};
use super::doc::{Chunk, Doc, Docs};
use super::expr::expr;
use super::flow::{Flow, sequence};
use super::lexeme::Kind;
use super::nest::{Nest, Node};

/// Further in than the row: what of it stands on lines of its own.
pub(super) const CONTINUED: usize = 4;

/// Longest name, and longest type, that others are always aligned with; longer ones must not be longer than half again the usual.
const NAME_WIDTH: usize = 16;
const TYPE_WIDTH: usize = 9;

/// Which rows stand below each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    Field,
    Let,
    Observe,
}

/// A row: a name; between them for fields the type; and the rest.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub kind: RowKind,
    name: Docs<'a>,
    /// Whether others are aligned with its name.
    counts: bool,
    /// What joins name and rest on several lines, and on one.
    joint: Joint<'a>,
    /// The type of a field.
    ty: Docs<'a>,
    rest: Docs<'a>,
}

#[derive(Debug)]
enum Joint<'a> {
    /// The colon of a field, which stands right behind the name on one line.
    Colon,
    /// A colon with comments.
    Noted(Docs<'a>),
    None,
}

/// Columns that names and types of a run of rows take.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Columns {
    name: usize,
    ty: usize,
}

impl Columns {
    pub(super) fn of<'r, 'a: 'r>(rows: impl Iterator<Item = &'r Row<'a>> + Clone) -> Self {
        let names = rows.clone().filter(|row| row.counts).filter_map(|row| row.name.width());
        let types = rows.filter(|row| !row.rest.is_empty()).filter_map(|row| row.ty.width());
        Self { name: usual(names, NAME_WIDTH), ty: usual(types, TYPE_WIDTH) }
    }
}

/// The largest width that is not out of the ordinary.
fn usual(widths: impl Iterator<Item = usize>, least: usize) -> usize {
    let mut widths: Vec<usize> = widths.collect();
    widths.sort_unstable();
    let median = widths.get(widths.len() / 2).copied().unwrap_or(0);
    let limit = least.max(median + median / 2);
    widths.into_iter().rfind(|width| *width <= limit).unwrap_or(0)
}

impl<'a> Row<'a> {
    /// `name : type …`, `fields /pattern/ : type …`
    pub(super) fn field(nodes: &[Node<'a>]) -> Option<Self> {
        let at = nodes.iter().position(|node| node.is(":"))?;
        let (name, rest) = nodes.split_at_checked(at)?;
        let (colon, body) = rest.split_first()?;
        let colon = colon.leaf()?;
        let joint = if colon.lead.is_empty() && colon.trail.is_empty() {
            Joint::Colon
        } else {
            let mut docs = Docs::default();
            docs.push(Doc::Space);
            colon.push_to(&mut docs);
            docs.push(Doc::Space);
            Joint::Noted(docs)
        };
        let (ty, rest) = body.split_at_checked(type_length(body))?;
        let counts = name.len() == 1;
        Some(Self { kind: RowKind::Field, name: sequence(name, true), counts, joint, ty: sequence(ty, true), rest: constraints(rest) })
    }

    /// A row of two parts.
    pub(super) fn pair(kind: RowKind, name: Docs<'a>, rest: Docs<'a>) -> Self {
        Self { kind, name, counts: true, joint: Joint::None, ty: Docs::default(), rest }
    }

    pub(super) fn docs(self, columns: Columns) -> Docs<'a> {
        let mut docs = self.name;
        let blanks = |columns: usize, docs: &Docs<'_>| docs.width().map_or(0, |width| columns.saturating_sub(width));
        let after_name = blanks(columns.name, &docs);
        // A name that stands out takes what follows it out of the columns too.
        let stands_out = docs.width().is_none_or(|width| width > columns.name);
        match self.joint {
            Joint::Colon => {
                docs.push(Doc::Either { blanks: after_name + 1, broken: ":", flat: ":" });
                docs.push(Doc::Space);
            }
            Joint::Noted(joint) => docs.append(joint),
            Joint::None => docs.push(Doc::Either { blanks: after_name, broken: "", flat: "" }),
        }
        let after_type = if stands_out { 0 } else { blanks(columns.ty, &self.ty) };
        docs.append(self.ty);
        if !self.rest.is_empty() {
            docs.push(Doc::Either { blanks: after_type, broken: "", flat: "" });
            docs.append(self.rest);
        }
        docs
    }
}

/// How many nodes the type at the start takes.
pub(super) fn type_length(nodes: &[Node<'_>]) -> usize {
    let is_nest = |at: usize, open: &str| nodes.get(at).is_some_and(|node| node.nest(open).is_some());
    let mut length = 1;
    length += usize::from(is_nest(length, "<"));
    length += usize::from(is_nest(length, "("));
    length += usize::from(is_nest(length, "{"));
    length += usize::from(nodes.get(length).is_some_and(|node| node.is("?")));
    length.min(nodes.len())
}

/// What follows a type: attributes, then constraints. On one line if they fit, else each constraint on its own.
pub(super) fn constraints<'a>(nodes: &[Node<'a>]) -> Docs<'a> {
    let mut docs = Docs::default();
    if nodes.is_empty() {
        return docs;
    }
    let (attributes, rest) = attributes(nodes);
    let constraints = elements(rest);
    if !attributes.is_empty() {
        docs.push(Doc::Space);
        docs.indent(CONTINUED, filled(attributes));
    }
    if let [only] = constraints.as_slice()
        && is_list(only.nodes)
    {
        docs.push(Doc::Space);
        push_constraint(only.nodes, &mut docs);
        return docs;
    }
    let mut list = Docs::default();
    for constraint in &constraints {
        list.push(Doc::Line);
        push_constraint(constraint.nodes, &mut list);
        push_comma(constraint, &mut list);
    }
    let mut group = Docs::default();
    group.indent(CONTINUED, list);
    docs.group(group);
    docs
}

fn filled<'a>(parts: Vec<Docs<'a>>) -> Docs<'a> {
    let mut docs = Docs::default();
    docs.push(Doc::Fill(parts.into_iter().map(|docs| Chunk { starts_line: false, docs }).collect()));
    docs
}

/// Whether a constraint ends in a list of values, which can stand on lines of its own.
fn is_list(nodes: &[Node<'_>]) -> bool {
    let (body, _) = split_constraint(nodes);
    body.last().and_then(|last| last.nest("(")).is_some_and(|nest| nest.inside.iter().any(|node| node.is(",")))
}

/// A constraint; what follows its own part stands further in where the line does not hold it.
fn push_constraint<'a>(nodes: &[Node<'a>], docs: &mut Docs<'a>) {
    let (body, more) = split_constraint(nodes);
    docs.append(sequence(body, false));
    let parts = parts_of(more);
    if !parts.is_empty() {
        docs.indent(CONTINUED, filled(std::iter::once(Docs::default()).chain(parts).collect()));
    }
}

/// A constraint's own part, and its `when` and attributes.
fn split_constraint<'n, 'a>(nodes: &'n [Node<'a>]) -> (&'n [Node<'a>], &'n [Node<'a>]) {
    let mut flow = Flow::new(false);
    let at = nodes.iter().position(|node| {
        let found = flow.cases == 0 && !flow.in_name() && (node.is("when") || node.is("@"));
        flow.pass(node);
        found
    });
    nodes.split_at_checked(at.unwrap_or(nodes.len())).unwrap_or((nodes, &[]))
}

/// `when …` and the attributes behind it.
fn parts_of<'a>(nodes: &[Node<'a>]) -> Vec<Docs<'a>> {
    let mut parts = Vec::new();
    let mut rest = nodes;
    if let Some((Node::Leaf(when), after)) = nodes.split_first().filter(|(first, _)| first.is("when")) {
        let at = after.iter().position(|node| node.is("@")).unwrap_or(after.len());
        let (condition, behind) = after.split_at_checked(at).unwrap_or((after, &[]));
        let mut docs = Docs::default();
        when.push_to(&mut docs);
        docs.push(Doc::Space);
        docs.append(expr(condition, true));
        parts.push(docs);
        rest = behind;
    }
    let (attributes, rest) = attributes(rest);
    if !attributes.is_empty() {
        // Together on a line of their own, where the line does not hold them all.
        parts.push(filled(attributes));
    }
    if !rest.is_empty() {
        parts.push(sequence(rest, false));
    }
    parts
}

/// The attributes at the start, and what follows them.
pub(super) fn attributes<'n, 'a>(nodes: &'n [Node<'a>]) -> (Vec<Docs<'a>>, &'n [Node<'a>]) {
    let mut found = Vec::new();
    let mut rest = nodes;
    while rest.first().is_some_and(|node| node.is("@")) {
        let length = if rest.get(2).is_some_and(|node| node.nest("(").is_some()) { 3 } else { 2 };
        let Some((attribute, after)) = rest.split_at_checked(length) else { break };
        found.push(sequence(attribute, true));
        rest = after;
    }
    (found, rest)
}

/// The members of a struct, or of `columns`; and whether a comma belongs behind the last.
pub(super) fn members<'a>(nest: &Nest<'a>) -> (Docs<'a>, bool) {
    let parts = split_members(&nest.inside);
    let commas = parts.iter().any(|part| part.last().is_some_and(|node| node.is(",")));
    let mut rows = Vec::new();
    for part in &parts {
        let (comma, nodes) = match part.split_last() {
            Some((Node::Leaf(last), before)) if last.is(",") => (Some(last), before),
            _ => (None, *part),
        };
        let Some(row) = Row::field(nodes) else { return (sequence(&nest.inside, true), false) };
        rows.push((row, comma));
    }
    let columns = Columns::of(rows.iter().map(|(row, _)| row));
    let mut docs = Docs::default();
    let count = rows.len();
    for (index, (row, comma)) in rows.into_iter().enumerate() {
        if index > 0 {
            docs.push(Doc::Line);
        }
        docs.append(row.docs(columns));
        match comma {
            Some(comma) => comma.push_to(&mut docs),
            // Without a comma between them, members are told apart by lines.
            None if index + 1 < count => docs.force(),
            None => {}
        }
    }
    (docs, commas || count == 1 || nest.comma)
}

/// Each member with the comma behind it.
fn split_members<'n, 'a>(nodes: &'n [Node<'a>]) -> Vec<&'n [Node<'a>]> {
    let mut starts: Vec<usize> = Vec::new();
    for (at, pair) in nodes.windows(2).enumerate() {
        if let [Node::Leaf(name), colon] = pair
            && colon.is(":")
            && (name.kind == Kind::Word || name.text.starts_with('`'))
        {
            starts.push(at);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([nodes.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| nodes.get(*start..end)).collect()
}
