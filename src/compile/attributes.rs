//! Attributes: which there are, where they may stand, and what they come to.

use crate::diagnostics::{Code, Diagnostic};
use crate::kernels::number::{parse_decimal, power_of_ten};
use crate::source::Span;
use crate::syntax::ast::{Attribute, AttributeArgument, Expr, ExprKind, Name};

use super::aliases::Alias;
use super::env::constant;
use crate::outputs::Step;

use super::ir::{Bound, Literal, OnFail, Severity};

/// Where an attribute may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A `features` block, before its brace.
    FeaturesBlock,
    /// An `output` block, before its brace.
    OutputBlock,
    /// A field, after its type.
    Field,
    /// A constraint of a field.
    Constraint,
    /// A rule or check, after its name.
    Rule,
}

/// What a list of attributes comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attributes {
    pub severity: Option<Severity>,
    pub warn: Option<Bound>,
    /// Whether `@warn` stands there at all: alone it is `@warn(0%)`, as `@error` alone is `@error(0%)`.
    pub warns: bool,
    pub error: Option<Bound>,
    pub tolerate: Option<Bound>,
    pub on_fail: Option<OnFail>,
    /// The constant of `@on_fail(replace(…))`, and where it stands.
    pub replacement: Option<(Literal, Span)>,
    pub missing: Vec<(Literal, Span)>,
    pub shadow: bool,
    pub redact: bool,
    pub nulls_fail: bool,
    pub closed: bool,
    /// `@coerce`: texts of numbers and truth values are taken for them; and where it stands.
    pub coerce: Option<Span>,
    /// The steps of `@normalize`, and where it stands.
    pub normalize: Option<(Vec<Step>, Span)>,
    /// `@json(lenient)`
    pub lenient: bool,
    /// The column of `@finish_reason`.
    pub finish_reason: Option<Name>,
    pub name: Option<Name>,
    pub tags: Vec<String>,
    pub owner: Option<String>,
}

/// Every attribute with the places it may stand at.
const TABLE: &[(&str, &[Place])] = &[
    ("closed", &[Place::FeaturesBlock, Place::OutputBlock]),
    ("coerce", &[Place::Field, Place::Constraint]),
    ("error", &[Place::Field, Place::Constraint, Place::Rule]),
    ("finish_reason", &[Place::OutputBlock]),
    ("info", &[Place::Field, Place::Constraint, Place::Rule]),
    ("json", &[Place::OutputBlock]),
    ("missing", &[Place::Field, Place::Constraint]),
    ("name", &[Place::Constraint, Place::Field]),
    ("normalize", &[Place::Field, Place::Constraint]),
    ("nulls", &[Place::Field, Place::Constraint, Place::Rule]),
    ("on_fail", &[Place::Field, Place::Constraint, Place::Rule]),
    ("owner", &[Place::FeaturesBlock, Place::OutputBlock, Place::Field, Place::Constraint, Place::Rule]),
    ("redact", &[Place::Field, Place::Constraint]),
    ("shadow", &[Place::Field, Place::Constraint, Place::Rule]),
    ("tag", &[Place::FeaturesBlock, Place::OutputBlock, Place::Field, Place::Constraint, Place::Rule]),
    ("tolerate", &[Place::Field, Place::Constraint, Place::Rule]),
    ("warn", &[Place::Field, Place::Constraint, Place::Rule]),
];

/// The names of the attributes that may stand at a place.
pub(crate) fn allowed(place: Place) -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(move |(_, places)| places.contains(&place)).map(|(name, _)| *name)
}

/// Every attribute with the things it may stand on, in words.
pub(crate) fn known_names() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let word = |place: &Place| match place {
        Place::FeaturesBlock => "features block",
        Place::OutputBlock => "output block",
        Place::Field => "field",
        Place::Constraint => "constraint",
        Place::Rule => "rule or check",
    };
    TABLE.iter().map(move |(name, places)| (*name, places.iter().map(word).collect()))
}

/// Reads attributes.
pub(crate) fn read(attributes: &[Attribute], place: Place, diagnostics: &mut Vec<Diagnostic>) -> Attributes {
    let mut out = Attributes::default();
    for attribute in attributes {
        if known(attribute, place, diagnostics) {
            apply(&mut out, attribute, diagnostics);
        }
    }
    out
}

fn known(attribute: &Attribute, place: Place, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let name = attribute.name.node.as_str();
    let Some((_, places)) = TABLE.iter().find(|(known, _)| *known == name) else {
        let diagnostic = Diagnostic::new(Code::UnknownAttribute, format!("there is no attribute `@{name}`"), attribute.name.span);
        let diagnostic = match super::aliases::attribute(name) {
            Some(Alias::Name(ours)) => diagnostic.help(format!("here it is called `@{ours}`")).suggest(attribute.name.span, ours),
            Some(Alias::Help(help)) => diagnostic.help(help),
            None => diagnostic.did_you_mean(name, TABLE.iter().map(|(known, _)| *known)),
        };
        diagnostics.push(if diagnostic.help.is_some() {
            diagnostic
        } else {
            diagnostic.help("see the attributes in the language reference")
        });
        return false;
    };
    if places.contains(&place) {
        return true;
    }
    let here = match place {
        Place::FeaturesBlock => "a features block",
        Place::OutputBlock => "an output block",
        Place::Field => "a field",
        Place::Constraint => "a constraint",
        Place::Rule => "a rule or check",
    };
    diagnostics
        .push(Diagnostic::new(Code::UnknownAttribute, format!("`@{name}` means nothing on {here}"), attribute.span).help(where_to(places)));
    false
}

fn where_to(places: &[Place]) -> &'static str {
    if places.contains(&Place::Field) {
        "it stands on a field"
    } else if places.contains(&Place::FeaturesBlock) {
        "it stands on a block, before its `{`"
    } else {
        "it stands on an output block, before its `{`"
    }
}

fn apply(out: &mut Attributes, attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) {
    let bound = |diagnostics: &mut Vec<Diagnostic>| bound(attribute, diagnostics);
    match attribute.name.node.as_str() {
        "error" => {
            out.severity = Some(Severity::Error);
            out.error = bound(diagnostics);
        }
        "warn" => {
            out.severity = Some(out.severity.map_or(Severity::Warn, |known| known.max(Severity::Warn)));
            out.warn = bound(diagnostics);
            out.warns = true;
        }
        "info" => {
            out.severity = Some(out.severity.unwrap_or(Severity::Info));
        }
        "tolerate" => {
            let said = diagnostics.len();
            out.tolerate = bound(diagnostics);
            if out.tolerate.is_none() && diagnostics.len() == said {
                wrong::<()>(attribute, "a bound", "`@tolerate(1%)` or `@tolerate(10 rows)`", diagnostics);
            }
        }
        "shadow" => out.shadow = true,
        "redact" => out.redact = true,
        "closed" => out.closed = true,
        "nulls" => match word(attribute) {
            Some("fail") => out.nulls_fail = true,
            _ => wrong(attribute, "the word `fail`", "`@nulls(fail)`", diagnostics).unwrap_or_default(),
        },
        "name" => match attribute.arguments.as_slice() {
            [AttributeArgument::Value(Expr { kind: ExprKind::Name(name), span })] => out.name = Some(Name::new(name.clone(), *span)),
            _ => wrong(attribute, "one name", "`@name(sane_score)`", diagnostics).unwrap_or_default(),
        },
        "tag" | "owner" => texts(out, attribute, diagnostics),
        "missing" => sentinels(out, attribute, diagnostics),
        "on_fail" => {
            out.on_fail = on_fail(attribute, &mut out.replacement).or_else(|| {
                wrong(attribute, "what becomes of a failing row", "`reject_row`, `reject_batch`, `keep` or `replace(value)`", diagnostics)
            })
        }
        "coerce" => out.coerce = Some(attribute.span),
        "normalize" => out.normalize = normalize(attribute, diagnostics).map(|steps| (steps, attribute.span)),
        "json" => match word(attribute) {
            Some("lenient") => out.lenient = true,
            Some("strict") => out.lenient = false,
            _ => wrong(attribute, "one of two words", "`@json(lenient)` or `@json(strict)`", diagnostics).unwrap_or_default(),
        },
        "finish_reason" => match attribute.arguments.as_slice() {
            [AttributeArgument::Value(Expr { kind: ExprKind::Name(name), span })] => {
                out.finish_reason = Some(Name::new(name.clone(), *span));
            }
            _ => wrong(attribute, "a column", "`@finish_reason(finish)`", diagnostics).unwrap_or_default(),
        },
        // Every attribute of the table has an arm.
        _ => {}
    }
}

/// Says what an attribute takes and how that is written; gives nothing, as anything.
fn wrong<T>(attribute: &Attribute, takes: &str, form: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
    let message = format!("`@{}` takes {takes}", attribute.name.node);
    diagnostics.push(Diagnostic::new(Code::AttributeArguments, message, attribute.span).help(format!("write {form}")));
    None
}

/// The steps of `@normalize(…)`.
fn normalize(attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
    let names = || Step::ALL.iter().map(|(name, _)| *name);
    let mut steps = Vec::new();
    for argument in &attribute.arguments {
        let AttributeArgument::Value(Expr { kind: ExprKind::Name(name), span }) = argument else {
            return wrong(attribute, "steps by their names", &names().collect::<Vec<_>>().join(", "), diagnostics);
        };
        match Step::find(name) {
            Some(step) => steps.push(step),
            None => {
                let diagnostic = Diagnostic::new(Code::AttributeArguments, format!("`@normalize` knows no step `{name}`"), *span);
                let diagnostic = diagnostic.did_you_mean(name, names());
                diagnostics.push(if diagnostic.help.is_some() {
                    diagnostic
                } else {
                    diagnostic.help(format!("steps are {}", names().collect::<Vec<_>>().join(", ")))
                });
            }
        }
    }
    if attribute.arguments.is_empty() {
        return wrong(attribute, "steps", "`@normalize(trim, drop_blank)`", diagnostics);
    }
    Some(steps)
}

fn word(attribute: &Attribute) -> Option<&str> {
    match attribute.arguments.as_slice() {
        [AttributeArgument::Value(Expr { kind: ExprKind::Name(name), .. })] => Some(name),
        _ => None,
    }
}

fn bound(attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) -> Option<Bound> {
    let (takes, form) = ("a share or a number of rows", "`0.1%` or `100 rows`");
    if let [AttributeArgument::Value(Expr { kind: ExprKind::Number(number), .. })] = attribute.arguments.as_slice() {
        let rows = number.parse::<u64>().map_or_else(|_| String::new(), |rows| format!(" or `{}`", Bound::Rows(rows)));
        // Whoever writes 0.5 may mean a half.
        let share = parse_decimal(number).filter(|_| rows.is_empty()).and_then(|(mantissa, scale)| {
            let shown = crate::kernels::render::decimal(mantissa.checked_mul(100)?, scale);
            let shown = if shown.contains('.') { shown.trim_end_matches('0').trim_end_matches('.') } else { &shown };
            (mantissa <= power_of_ten(scale)?).then(|| format!(", or `{shown}%` if that is the share of all rows"))
        });
        let forms = format!("`{number}%`{rows}{}", share.unwrap_or_default());
        return wrong(attribute, &format!("{takes}, and `{number}` has no unit"), &forms, diagnostics);
    }
    match attribute.arguments.as_slice() {
        [] => None,
        [AttributeArgument::Rows(rows)] => Some(Bound::Rows(rows.node)),
        [AttributeArgument::Fraction(fraction)] => {
            let value = parse_decimal(&fraction.node).and_then(|(mantissa, scale)| {
                Some(Bound::Fraction(u64::try_from(mantissa).ok()?, u32::try_from(scale).ok().filter(|scale| *scale <= 20)?))
            });
            match value {
                Some(bound) if !at_most_one(bound) => {
                    wrong(attribute, "a share of at most 100%", "a smaller one, such as `1%`", diagnostics)
                }
                Some(bound) => Some(bound),
                None => wrong(attribute, takes, form, diagnostics),
            }
        }
        _ => wrong(attribute, takes, form, diagnostics),
    }
}

fn at_most_one(bound: Bound) -> bool {
    match bound {
        Bound::Fraction(mantissa, decimals) => u128::from(mantissa) <= 10_u128.saturating_pow(decimals),
        Bound::Rows(_) => true,
    }
}

fn texts(out: &mut Attributes, attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) {
    for argument in &attribute.arguments {
        match argument {
            AttributeArgument::Value(Expr { kind: ExprKind::String(text), .. }) if attribute.name.node == "tag" => {
                out.tags.push(text.clone())
            }
            AttributeArgument::Value(Expr { kind: ExprKind::String(text), .. }) => out.owner = Some(text.clone()),
            AttributeArgument::Value(Expr { kind: ExprKind::Name(word), span }) => {
                let name = &attribute.name.node;
                let message = format!("`@{name}` takes texts, and texts stand in quotes");
                let diagnostic = Diagnostic::new(Code::AttributeArguments, message, *span);
                diagnostics.push(diagnostic.help(format!("write `@{name}(\"{word}\")`")).suggest(*span, format!("\"{word}\"")));
                return;
            }
            _ => {
                let form = if attribute.name.node == "tag" { "`@tag(\"finance\")`" } else { "`@owner(\"data team\")`" };
                return wrong(attribute, "texts", form, diagnostics).unwrap_or_default();
            }
        }
    }
    if attribute.arguments.is_empty() {
        let form = if attribute.name.node == "tag" { "`@tag(\"finance\")`" } else { "`@owner(\"data team\")`" };
        wrong::<()>(attribute, "a text", form, diagnostics);
    }
}

fn sentinels(out: &mut Attributes, attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) {
    for argument in &attribute.arguments {
        let value = match argument {
            AttributeArgument::Value(value) => constant(value, diagnostics),
            _ => None,
        };
        match value {
            Some(value) => out.missing.push((value, argument.span())),
            None => return wrong(attribute, "constants", "`@missing(-999, -1)`", diagnostics).unwrap_or_default(),
        }
    }
    if attribute.arguments.is_empty() {
        wrong::<()>(attribute, "constants", "`@missing(-999)`", diagnostics);
    }
}

fn on_fail(attribute: &Attribute, replacement: &mut Option<(Literal, Span)>) -> Option<OnFail> {
    if let Some(word) = word(attribute) {
        return match word {
            "reject_row" => Some(OnFail::RejectRow),
            "reject_batch" => Some(OnFail::RejectBatch),
            "keep" => Some(OnFail::Keep),
            _ => None,
        };
    }
    match attribute.arguments.as_slice() {
        [AttributeArgument::Value(Expr { kind: ExprKind::Call { function, arguments }, .. })] if function.node == "replace" => {
            let [value] = arguments.as_slice() else { return None };
            let literal = constant(value, &mut Vec::new())?;
            let text = super::literal_text(&literal);
            *replacement = Some((literal, value.span));
            Some(OnFail::Replace(text))
        }
        _ => None,
    }
}

impl Attributes {
    /// These on top of those of the field they belong to.
    pub(crate) fn over(mut self, field: &Self) -> Self {
        if self.severity.is_none() {
            self.severity = field.severity;
            self.warn = self.warn.or(field.warn);
            self.error = self.error.or(field.error);
            self.warns |= field.warns;
        }
        self.tolerate = self.tolerate.or(field.tolerate);
        if self.on_fail.is_none() {
            (self.on_fail, self.replacement) = (field.on_fail.clone(), field.replacement.clone());
        }
        self.shadow |= field.shadow;
        self.nulls_fail |= field.nulls_fail;
        self.owner = self.owner.or_else(|| field.owner.clone());
        let mut tags = field.tags.clone();
        tags.append(&mut self.tags);
        self.tags = tags;
        self
    }

    /// Severity with the bound of each level.
    pub(crate) fn bounds(&self) -> (Severity, Option<Bound>, Option<Bound>) {
        let severity = self.severity.unwrap_or(Severity::Error);
        let own = self.tolerate;
        match severity {
            Severity::Error => (severity, self.warn.or(self.warns.then_some(Bound::ZERO)), Some(self.error.or(own).unwrap_or(Bound::ZERO))),
            Severity::Warn | Severity::Info => (severity, Some(self.warn.or(own).unwrap_or(Bound::ZERO)), None),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn hints_know_every_attribute() {
        let known: Vec<&str> = super::TABLE.iter().map(|(name, _)| *name).collect();
        assert_eq!(crate::syntax::ATTRIBUTES, known);
    }
}
