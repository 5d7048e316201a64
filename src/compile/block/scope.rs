//! What an expression of a block can see: columns, lets, and what the block has gathered so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, Name};
use crate::types::Type;

use crate::compile::env::Env;
use crate::compile::expr::{Checked, Mode};
use crate::compile::ir::{AggregateCall, Arena, Column, ExprId, LambdaId, Literal, Node, Set, SetId};

/// A `let` on its way from text to value.
pub(super) enum Let {
    Open(Expr),
    Busy,
    Done(Checked),
}

/// Everything an expression of a block can see, and what the block has come to so far.
pub(crate) struct Scope<'a> {
    pub env: &'a Env,
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
    /// What parameters stand for: literals that may be others tomorrow.
    pub param_nodes: BTreeSet<ExprId>,
    pub(super) columns: Vec<Column>,
    /// What reading a column gives: sentinels and ill-typed values taken for null.
    pub(super) values: BTreeMap<String, Checked>,
    pub(super) lets: BTreeMap<String, Let>,
}

impl Scope<'_> {
    /// Columns and lets, for suggestions.
    pub(crate) fn names(&self) -> Vec<String> {
        self.values.keys().chain(self.lets.keys()).cloned().collect()
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

    /// The id of a set of constants, new or known.
    pub(crate) fn inline_set(&mut self, ty: Type, values: Vec<Literal>) -> SetId {
        let offset = self.env.sets.len();
        let known = self.inline_sets.iter().position(|set| set.ty == ty && set.values == values);
        let index = known.unwrap_or_else(|| {
            self.inline_sets.push(Set { name: None, ty, values });
            self.inline_sets.len() - 1
        });
        SetId(u32::try_from(offset + index).unwrap_or(u32::MAX))
    }
}
