//! The samples that checks of drift compare a column with: a value set, or a column of a file.

use std::sync::Arc;

use crate::diagnostics::{Code, Diagnostic};
use crate::functions::{self, AggregateKind};
use crate::kernels::drift::{Baseline, Measure};
use crate::kernels::number::Num;
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::types::Type;

use super::block::Scope;
use super::expr::{Checked, Mode};
use super::ir::{AggregateCall, Literal, NamedBaseline};
use super::references::{Named, NoValues, of_text};

impl Scope<'_> {
    /// `psi(x, baseline)`, `ks(x, baseline)`, `js_divergence(x, baseline)`.
    pub(super) fn drift(&mut self, def: &'static functions::AggregateDef, measure: Measure, arguments: &[Expr], span: Span) -> Checked {
        let [value, baseline] = arguments else {
            let message = format!("`{}` takes a value and a baseline", def.name);
            return self.fail(Diagnostic::new(Code::ArgumentCount, message, span).help(like(def.name)));
        };
        let checked = self.expr(value, Mode::Row);
        let fits = match &checked.ty {
            Type::Error => return self.error(),
            Type::String | Type::Bool => measure != Measure::Ks,
            ty => ty.is_numeric(),
        };
        if !fits {
            let message = format!("`{}` does not compare values of type {}", def.name, checked.ty);
            let what = if measure == Measure::Ks { "numbers" } else { "numbers, texts and truth values" };
            return self.fail(Diagnostic::new(Code::ArgumentType, message, value.span).help(format!("it compares {what}")));
        }
        let Some((name, values)) = self.baseline(def.name, baseline, &checked.ty) else { return self.error() };
        let Some(sample) = sample(measure, &values, &checked.ty) else {
            let message = format!("this baseline has no values of type {} to compare with", checked.ty);
            return self.fail(Diagnostic::new(Code::ArgumentType, message, baseline.span).help("name one that has, and no NaN"));
        };
        let baseline = Some(Arc::new(NamedBaseline { name, sample }));
        self.aggregate_node(AggregateCall {
            kind: AggregateKind::Drift(measure),
            share: None,
            baseline,
            arguments: vec![checked.id],
            ty: Type::Float,
        })
    }

    /// The name and the values of a baseline.
    fn baseline(&mut self, function: &str, expr: &Expr, ty: &Type) -> Option<(String, Vec<Literal>)> {
        match &expr.kind {
            ExprKind::Name(name) => {
                let env = self.env;
                if let Some(set) = env.set_names.get(name).and_then(|id| env.sets.get(id.0 as usize)) {
                    return Some((name.clone(), set.values.clone()));
                }
                if self.names().contains(name) {
                    self.planned = Some("a column as a baseline comes with a later version".to_owned());
                } else if !env.broken.contains(name) {
                    let message = format!("`{name}` is no value set, and a baseline is one");
                    let diagnostic = Diagnostic::new(Code::UnknownName, message, expr.span);
                    let near = diagnostic.did_you_mean(name, env.set_names.keys().map(String::as_str));
                    let help = format!("declare it: `set {name} from \"usual.csv\" column \"{name}\"`");
                    self.diagnostics.push(if near.help.is_some() { near } else { near.help(help) });
                }
                None
            }
            ExprKind::Call { function, arguments } if function.node == "reference" => self.file_baseline(arguments, expr.span, ty),
            _ => {
                let diagnostic = Diagnostic::new(Code::ArgumentType, "a baseline is a value set, or a column of a file", expr.span);
                self.diagnostics.push(diagnostic.help(like(function)));
                None
            }
        }
    }

    fn file_baseline(&mut self, arguments: &[Expr], span: Span, ty: &Type) -> Option<(String, Vec<Literal>)> {
        let text = |argument: &Expr| match &argument.kind {
            ExprKind::String(text) => Some(ast::Name::new(text.clone(), argument.span)),
            _ => None,
        };
        let [path, column] = arguments else {
            let diagnostic = Diagnostic::new(Code::ArgumentCount, "`reference` takes a file and a column", span);
            self.diagnostics.push(diagnostic.help("write `reference(\"usual.parquet\", \"score\")`"));
            return None;
        };
        let (Some(path), Some(column)) = (text(path), text(column)) else {
            let diagnostic = Diagnostic::new(Code::ArgumentType, "`reference` takes two texts", span);
            self.diagnostics.push(diagnostic.help("write `reference(\"usual.parquet\", \"score\")`"));
            return None;
        };
        let named = Named { path: &path, column: &column };
        match self.references.values(named, ty, self.diagnostics) {
            Ok(values) => Some((named.shown(), values)),
            Err(NoValues::Mistake) => None,
            Err(NoValues::Missing(reason)) => {
                self.broken = Some(reason);
                None
            }
        }
    }
}

/// How a call is written.
fn like(function: &str) -> String {
    format!("write it like `{function}(score, usual_scores)`, with `set usual_scores from \"usual.csv\" column \"score\"`")
}

fn sample(measure: Measure, values: &[Literal], ty: &Type) -> Option<Baseline> {
    match ty {
        Type::String => {
            let texts: Option<Vec<String>> =
                values.iter().map(|value| if let Literal::Str(text) = value { Some(text.clone()) } else { None }).collect();
            Baseline::of_texts(measure, texts?)
        }
        Type::Bool => {
            Baseline::of_texts(measure, values.iter().map(truth).collect::<Option<Vec<_>>>()?)
        }
        _ => Baseline::of_numbers(measure, values.iter().map(number).collect::<Option<_>>()?),
    }
}

/// A truth value, as a text.
fn truth(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Bool(value) => Some(value.to_string()),
        Literal::Str(text) => of_text(text, &Type::Bool).as_ref().and_then(truth),
        _ => None,
    }
}

fn number(literal: &Literal) -> Option<f64> {
    Some(match literal {
        Literal::Int(value) => Num::Int(*value).to_f64(),
        Literal::Number(_, _, bits) | Literal::Float(bits) => f64::from_bits(*bits),
        Literal::Decimal(mantissa, scale) => Num::Decimal(*mantissa, *scale).to_f64(),
        // A set from a CSV file holds texts.
        Literal::Str(text) => return number(&of_text(text, &Type::Float)?),
        _ => return None,
    })
}
