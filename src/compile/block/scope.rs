//! What an expression of a block can see: columns, lets, and what the block has gathered so far.

use std::collections::{BTreeSet, HashMap};

use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, Name};
use crate::types::Type;

use crate::compile::env::Env;
use crate::compile::expr::{Checked, Mode};
use crate::compile::ir::{AggregateCall, Arena, Column, ExprId, LambdaId, Literal, Node, Set, SetId};
use crate::compile::references::References;

/// Where the expressions of a block are written: equal ones are one node, which can stand at many places.
#[derive(Debug, Default)]
pub(crate) struct Places {
    of: Vec<(ExprId, Span)>,
    /// The conditions of constraints, by the places of what they are behind.
    whens: HashMap<Span, Span, ahash::RandomState>,
}

impl Places {
    pub(crate) fn note(&mut self, id: ExprId, span: Span) {
        self.of.push((id, span));
    }

    /// Puts what was noted in order, before anyone asks.
    pub(crate) fn in_order(&mut self) {
        self.of.sort_unstable();
    }

    /// Notes the condition behind a constraint.
    pub(crate) fn note_when(&mut self, constraint: Span, when: Span) {
        self.whens.insert(constraint, when);
    }

    /// Where an expression stands in a rule: in what its place covers, or in the condition behind it.
    pub(crate) fn in_rule(&self, id: ExprId, rule: Span) -> Option<Span> {
        self.within(id, rule).or_else(|| self.within(id, *self.whens.get(&rule)?))
    }

    /// The first place of an expression within a place.
    pub(crate) fn within(&self, id: ExprId, around: Span) -> Option<Span> {
        let from = self.of.partition_point(|noted| *noted < (id, Span { end: 0, ..around }));
        let of_file = self.of.get(from..)?.iter().take_while(|(noted, span)| *noted == id && span.file == around.file);
        of_file.map(|(_, span)| *span).take_while(|span| span.start <= around.end).find(|span| span.end <= around.end)
    }
}

/// A `let` on its way from text to value.
pub(super) enum Let {
    Open(Expr),
    Busy,
    Done(Checked),
}

/// Everything an expression of a block can see, and what the block has come to so far.
pub(crate) struct Scope<'a> {
    pub env: &'a Env,
    pub references: &'a References<'a>,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    pub arena: Arena,
    pub lambdas: Vec<(String, LambdaId, Type)>,
    pub next_lambda: &'a mut u32,
    /// Inline value sets; their ids go on after those of the environment.
    pub inline_sets: &'a mut Vec<Set>,
    pub aggregates: Vec<AggregateCall>,
    /// Rules that checks ask about, by name.
    pub shares: Vec<Vec<Name>>,
    pub planned: Option<String>,
    /// Why what was read last cannot be computed.
    pub broken: Option<String>,
    /// What parameters stand for: literals that may be others tomorrow.
    pub param_nodes: BTreeSet<ExprId>,
    /// Where each expression is written, for remarks about a part of a rule.
    pub places: Places,
    pub(super) columns: Vec<Column>,
    /// What reading a column gives: sentinels and ill-typed values taken for null.
    pub(super) values: HashMap<String, Checked, ahash::RandomState>,
    pub(super) lets: HashMap<String, Let, ahash::RandomState>,
}

impl Scope<'_> {
    /// Columns and lets, for suggestions.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.values.keys().chain(self.lets.keys()).cloned().collect();
        names.sort_unstable();
        names
    }

    /// The value of a column or `let`.
    pub(crate) fn named_value(&mut self, name: &str, span: Span) -> Option<Checked> {
        if let Some(checked) = self.values.get(name) {
            return Some(checked.clone());
        }
        let entry = self.lets.get_mut(name)?;
        match std::mem::replace(entry, Let::Busy) {
            Let::Done(checked) => {
                *entry = Let::Done(checked.clone());
                Some(checked)
            }
            Let::Open(expr) => {
                let checked = self.expr(&expr, Mode::Row);
                self.lets.insert(name.to_owned(), Let::Done(checked.clone()));
                Some(checked)
            }
            Let::Busy => {
                let message = format!("`{name}` leads back to itself");
                self.diagnostics
                    .push(Diagnostic::new(Code::Cycle, message, span).help("a `let` is built from columns and lets that do not use it"));
                let broken = Checked { id: self.arena.intern(Node::Literal(Literal::Null)), ty: Type::Error };
                self.lets.insert(name.to_owned(), Let::Done(broken.clone()));
                Some(broken)
            }
        }
    }

    /// The id of a set that a file brings.
    pub(crate) fn file_set(&mut self, name: String, ty: Type, values: Vec<Literal>) -> SetId {
        let known = self.inline_sets.iter().position(|set| set.name.as_ref() == Some(&name) && set.ty == ty && set.values == values);
        let index = known.unwrap_or_else(|| {
            self.inline_sets.push(Set { name: Some(name), ty, values });
            self.inline_sets.len() - 1
        });
        SetId(u32::try_from(self.env.sets.len() + index).unwrap_or(u32::MAX))
    }

    /// The id of a set of constants, new or known.
    pub(crate) fn inline_set(&mut self, ty: Type, values: Vec<Literal>) -> SetId {
        let offset = self.env.sets.len();
        let known = self.inline_sets.iter().position(|set| set.name.is_none() && set.ty == ty && set.values == values);
        let index = known.unwrap_or_else(|| {
            self.inline_sets.push(Set { name: None, ty, values });
            self.inline_sets.len() - 1
        });
        SetId(u32::try_from(offset + index).unwrap_or(u32::MAX))
    }
}
