//! Sequences: nodes one after the other with the blanks that belong between them.
//!
//! Keywords are contextual, so a [`Flow`] follows whether an operand or an operator comes next: `-` is a sign before an operand, `in (…)`
//! is an operator with a list, and `f(…)` is a call.

use super::bracket::{self, Braces};
use super::doc::{Doc, Docs};
use super::expr;
use super::lexeme::{Kind, Note};
use super::nest::Node;

/// Where a sequence stands between operands and operators.
#[derive(Debug, Clone)]
pub(super) struct Flow<'n> {
    /// Whether an operand comes next.
    pub operand: bool,
    /// How deep in `case … end`.
    pub cases: usize,
    first: bool,
    /// Whether what comes next stands right behind what was last.
    glue: bool,
    /// Whether what was last can be called.
    callable: bool,
    /// Whether `not` stood where an operator can.
    negated: bool,
    /// The last leaf.
    last: &'n str,
}

impl<'n> Flow<'n> {
    pub(super) fn new(operand: bool) -> Self {
        Self { operand, cases: 0, first: true, glue: false, callable: false, negated: false, last: "" }
    }

    /// Whether a word is part of a name here: `a.end`, `@when`, `$in`.
    pub(super) fn in_name(&self) -> bool {
        matches!(self.last, "." | "$" | "@")
    }

    /// Goes past a node; tells whether it stands right behind the one before.
    pub(super) fn pass(&mut self, node: &Node<'n>) -> bool {
        let glued = self.first || self.glue || self.is_glued(node);
        self.first = false;
        self.glue = false;
        match node {
            Node::Nest(_) => {
                (self.operand, self.callable, self.last) = (false, false, "");
            }
            Node::Leaf(leaf) => {
                match leaf.kind {
                    Kind::Word => self.word(leaf.text),
                    Kind::Literal => (self.operand, self.callable) = (false, leaf.text.starts_with('`')),
                    _ => self.symbol(leaf.text),
                }
                self.last = if matches!(leaf.kind, Kind::Literal) { "" } else { leaf.text };
            }
        }
        glued
    }

    fn is_glued(&self, node: &Node<'_>) -> bool {
        match node {
            Node::Leaf(leaf) => leaf.kind == Kind::Symbol && matches!(leaf.text, "," | ":" | "." | "?" | "%"),
            Node::Nest(nest) => match nest.open.text {
                "(" => self.callable,
                "[" => !self.operand,
                "<" => true,
                _ => false,
            },
        }
    }

    fn word(&mut self, word: &str) {
        let negated = std::mem::take(&mut self.negated);
        let keyword = !self.in_name()
            && if self.operand {
                matches!(word, "not" | "case" | "when" | "then" | "else" | "and" | "or" | "in" | "is" | "between")
                    || negated && matches!(word, "like" | "matches")
            } else {
                matches!(word, "and" | "or" | "not" | "in" | "is" | "between" | "like" | "matches" | "div" | "mod")
                    || matches!(word, "when" | "then" | "else" | "as" | "from")
            };
        if !self.in_name() {
            match (word, self.operand) {
                ("case", true) => self.cases += 1,
                ("end", false) => self.cases = self.cases.saturating_sub(1),
                _ => {}
            }
        }
        self.negated = keyword && word == "not" && !self.operand;
        (self.operand, self.callable) = (keyword, !keyword);
    }

    fn symbol(&mut self, symbol: &str) {
        self.glue = matches!(symbol, "." | "$" | "@") || symbol == "-" && self.operand;
        (self.operand, self.callable) = (!matches!(symbol, "?" | "%"), false);
    }
}

/// Nodes on one line, but for what brackets and `case` in them need.
pub(super) fn sequence<'a>(nodes: &[Node<'a>], operand: bool) -> Docs<'a> {
    let mut docs = Docs::default();
    let mut flow = Flow::new(operand);
    let mut rest = nodes;
    let mut before: [Option<&Node<'a>>; 2] = [None, None];
    while let Some((node, after)) = rest.split_first() {
        let case = if node.is("case") && flow.operand && !flow.in_name() { expr::case_length(rest) } else { None };
        let glued = flow.pass(node);
        if !docs.is_empty() && (!glued || matches!(node.first().lead.first(), Some(Note::Inline(_)))) {
            docs.push(Doc::Space);
        }
        if let Some((case, after)) = case.and_then(|length| rest.split_at_checked(length)) {
            expr::case(case, &mut docs);
            // `end` leaves the case as it leaves an operand.
            (flow.operand, flow.cases) = (false, 0);
            (before, rest) = ([None, None], after);
            continue;
        }
        match node {
            Node::Leaf(leaf) => leaf.push_to(&mut docs),
            Node::Nest(nest) => bracket::push(nest, Braces::after(before), word_of(before.last().copied().flatten()), &mut docs),
        }
        before = [before.last().copied().flatten(), Some(node)];
        rest = after;
    }
    docs
}

fn word_of<'a>(node: Option<&Node<'a>>) -> &'a str {
    node.and_then(Node::leaf).map_or("", |leaf| leaf.text)
}
