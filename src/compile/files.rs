//! Files: the entry, its imports, and what they declare at the top.

use crate::diagnostics::{Code, Diagnostic, counted};
use crate::kernels::number::int_in_range;
use crate::source::{Span, Spanned};
use crate::syntax::Recall;
use crate::syntax::ast::{self, ItemKind, SetSource};
use crate::types::Type;

use super::Compiler;
use super::env::{NamedType, Param, constant, fit, warn_of_duplicates};
use super::index::Written;
use super::ir::{Extern, Literal, Set, SetId};
use super::load::{LoadError, LoadedValue};

/// Imports go this deep, and this many files at most.
const MAX_IMPORT_DEPTH: usize = 32;
const MAX_FILES: usize = 256;
/// Most values of a set.
const MAX_SET_VALUES: usize = 10_000_000;

impl Compiler<'_> {
    /// Parses a file and everything it imports, and declares what stands at their tops.
    pub(super) fn read(&mut self, name: &str, text: &str, open: &mut Vec<String>) -> ast::File {
        let file = self.sources.add(name, text);
        let crate::syntax::Read { tree, mut diagnostics, tokens } =
            crate::syntax::read(file, text, self.memory.as_deref_mut().map_or(Recall::Nothing, Recall::Exactly));
        self.diagnostics.append(&mut diagnostics);
        self.files.push(name.to_owned());
        if let Some(facts) = &mut self.env.facts {
            facts.written.push(Written { file, tokens, comments: crate::syntax::comment_places(&tree.comments) });
        }
        open.push(name.to_owned());
        for item in &tree.items {
            if let ItemKind::Import(path) = &*item.kind {
                self.import(name, path, open);
            }
        }
        open.pop();
        self.env.broken.extend(tree.broken.iter().map(|name| name.node.clone()));
        // Types first: parameters and functions may name them.
        for item in &tree.items {
            if let ItemKind::Type(decl) = &*item.kind
                && self.env.declare("type", &decl.name, &mut self.diagnostics)
            {
                self.env.types.insert(decl.name.node.clone(), NamedType { decl: decl.clone() });
            }
        }
        for item in &tree.items {
            match &*item.kind {
                // Resolved here too, so that a type nobody uses is still sound.
                ItemKind::Type(decl) => self.env.resolve_named(&decl.name, &decl.ty, &mut self.diagnostics),
                ItemKind::Param(param) => self.param(param),
                ItemKind::Set(set) => self.set(name, set),
                ItemKind::Extern(function) => self.extern_function(function),
                _ => {}
            }
        }
        tree
    }

    fn import(&mut self, from: &str, path: &Spanned<String>, open: &mut Vec<String>) {
        let loaded = match self.loader.rules(from, &path.node) {
            Ok(loaded) => loaded,
            Err(error) => return self.diagnostics.push(unreadable(&error, path.span)),
        };
        if let Some(facts) = &mut self.env.facts {
            facts.imports.push((path.span, loaded.name.clone()));
        }
        if open.contains(&loaded.name) {
            let chain = open.iter().map(String::as_str).chain([loaded.name.as_str()]).collect::<Vec<_>>().join(" → ");
            let message = format!("this import leads back to itself: {chain}");
            return self.diagnostics.push(Diagnostic::new(Code::Cycle, message, path.span).help("move what both need into a third file"));
        }
        if self.files.contains(&loaded.name) {
            return;
        }
        if open.len() >= MAX_IMPORT_DEPTH || self.files.len() >= MAX_FILES {
            let message = format!("imports go {MAX_IMPORT_DEPTH} files deep and {MAX_FILES} files wide at most");
            return self.diagnostics.push(Diagnostic::new(Code::Limit, message, path.span).help("gather what is imported in fewer files"));
        }
        // Its blocks and tests stay its own: only what it declares at the top is taken.
        let tree = self.read(&loaded.name, &loaded.text, open);
        if let Some(facts) = &mut self.env.facts {
            facts.trees.push(tree);
        }
    }

    fn param(&mut self, param: &ast::Param) {
        if !self.env.declare("parameter", &param.name, &mut self.diagnostics) {
            return;
        }
        let ty = self.env.resolve(&param.ty, &mut self.diagnostics).ty.value_type();
        let (value, span) = match (self.params.get(&param.name.node), &param.default) {
            (Some(text), _) => (self.given(text, &ty, &param.name), param.name.span),
            (None, Some(default)) => (constant(default, &mut self.diagnostics), default.span),
            (None, None) => {
                let message = format!("the parameter `{}` has no value", param.name.node);
                let help =
                    format!("give one when the rules are compiled (`--param {0}=…`), or a default: `param {0}: {ty} = …`", param.name.node);
                self.diagnostics.push(Diagnostic::new(Code::Parameter, message, param.name.span).help(help));
                (Some(Literal::Null), param.name.span)
            }
        };
        let found = value.as_ref().map_or(Type::Error, Literal::ty);
        let value = match value {
            Some(Literal::Null) => Literal::Null,
            value => value.and_then(|value| fit(value, &ty)).unwrap_or_else(|| {
                let what = if found == Type::Error { "no constant".to_owned() } else { found.to_string() };
                let message = format!("the value of `{}` is {what}, the parameter is {ty}", param.name.node);
                self.diagnostics.push(Diagnostic::new(Code::Parameter, message, span).help(format!("give a constant of type {ty}")));
                Literal::Null
            }),
        };
        self.env.params.insert(param.name.node.clone(), Param { ty, value });
    }

    /// A value given from outside: in the language's form, and texts without quotes too.
    fn given(&mut self, text: &str, ty: &Type, name: &ast::Name) -> Option<Literal> {
        let parsed = constant_of(text);
        let dated = |prefix: &str| constant_of(&format!("{prefix} {text:?}"));
        match (ty, parsed) {
            (Type::String, Some(literal @ Literal::Str(_))) => Some(literal),
            (Type::String, _) => Some(Literal::Str(text.to_owned())),
            (Type::Date, parsed) => parsed.or_else(|| dated("date")),
            (Type::Timestamp | Type::LocalTimestamp, parsed) => parsed.or_else(|| dated("timestamp")),
            (_, Some(literal)) => Some(literal),
            _ => {
                let message = format!("`{text}` is no value for the parameter `{}`", name.node);
                self.diagnostics.push(Diagnostic::new(Code::Parameter, message, name.span).help(format!("give a constant of type {ty}")));
                Some(Literal::Null)
            }
        }
    }

    fn set(&mut self, from: &str, set: &ast::Set) {
        if !self.env.declare("set", &set.name, &mut self.diagnostics) {
            return;
        }
        let values = match &set.source {
            SetSource::Inline(values) => self.inline_values(values),
            SetSource::File { path, column } => self.file_values(from, path, column.as_ref()),
        };
        let (ty, values) = self.one_type(values, set.name.span);
        let id = SetId(u32::try_from(self.env.sets.len()).unwrap_or(u32::MAX));
        self.env.sets.push(Set { name: Some(set.name.node.clone()), ty, values });
        self.env.set_names.insert(set.name.node.clone(), id);
    }

    fn inline_values(&mut self, values: &[ast::Expr]) -> Vec<Literal> {
        warn_of_duplicates(values, &mut self.diagnostics);
        let mut out = Vec::new();
        for value in values {
            match constant(value, &mut self.diagnostics) {
                Some(Literal::Null) => {
                    self.diagnostics.push(
                        Diagnostic::new(Code::NullInList, "null in a list of values matches nothing", value.span).help("leave it out"),
                    );
                }
                Some(literal) => out.push(literal),
                None => self.diagnostics.push(
                    Diagnostic::new(Code::ValueType, "a value set holds constants", value.span).help("write numbers, strings or dates"),
                ),
            }
        }
        out
    }

    fn file_values(&mut self, from: &str, path: &Spanned<String>, column: Option<&Spanned<String>>) -> Vec<Literal> {
        let loaded = match self.loader.column(from, &path.node, column.map(|column| column.node.as_str())) {
            Ok(loaded) => loaded,
            Err(error) => {
                let span = match (&error, column) {
                    (LoadError::NoColumn { .. }, Some(column)) => column.span,
                    _ => path.span,
                };
                self.diagnostics.push(unreadable(&error, span));
                return Vec::new();
            }
        };
        self.loaded.push(loaded.sha256.clone());
        if loaded.values.len() > MAX_SET_VALUES {
            let message = format!("the file has more than {MAX_SET_VALUES} values");
            self.diagnostics.push(Diagnostic::new(Code::Limit, message, path.span).help("list fewer values"));
            return Vec::new();
        }
        let nulls = loaded.values.iter().filter(|value| value.is_none()).count();
        if nulls > 0 {
            let are = if nulls == 1 { "is" } else { "are" };
            let message = format!("{} in `{}` {are} left out of the set", counted(nulls, "null"), path.node);
            let help = "remove them from the file; a field that may be null is declared with `?` behind its type";
            self.diagnostics.push(Diagnostic::new(Code::SetValues, message, path.span).help(help));
        }
        loaded.values.into_iter().flatten().filter_map(literal_of).collect()
    }

    /// Brings all values of a set to one type.
    fn one_type(&mut self, values: Vec<Literal>, span: Span) -> (Type, Vec<Literal>) {
        let ty = values.iter().try_fold(Type::Null, |ty, value| ty.unify(&value.ty()));
        match ty {
            Some(ty) => (if ty == Type::Null { Type::Error } else { ty }, values),
            None => {
                self.diagnostics.push(
                    Diagnostic::new(Code::ValueType, "the values of this set are of different types", span).help("write all of them alike"),
                );
                (Type::Error, Vec::new())
            }
        }
    }

    fn extern_function(&mut self, function: &ast::ExternFunction) {
        if !self.env.declare("function", &function.name, &mut self.diagnostics) {
            return;
        }
        if crate::functions::find(&function.name.node).is_some() {
            let message = format!("`{}` is a function of the language", function.name.node);
            self.diagnostics.push(Diagnostic::new(Code::DuplicateName, message, function.name.span).help("give yours another name"));
            return;
        }
        let arguments = function.arguments.iter().map(|(_, ty)| self.env.resolve(ty, &mut self.diagnostics).ty).collect();
        let result = self.env.resolve(&function.result, &mut self.diagnostics).ty;
        let declared = Extern { name: function.name.node.clone(), arguments, result };
        self.env.externs.insert(function.name.node.clone(), declared);
    }
}

/// Why a file that rules name cannot be had.
pub(super) fn unreadable(error: &LoadError, span: Span) -> Diagnostic {
    let code = match error {
        LoadError::OutsideRoot(_) => Code::OutsideRoot,
        LoadError::NoColumn { .. } => Code::SetFile,
        LoadError::Missing(_) | LoadError::Unreadable { .. } => Code::Unreadable,
    };
    let diagnostic = Diagnostic::new(code, error.to_string(), span);
    match error {
        LoadError::Missing(_) => diagnostic.help("paths are relative to the file they stand in"),
        LoadError::OutsideRoot(_) => {
            diagnostic.help("the root is the nearest folder upwards with a `rulegate.toml`, else the folder of the first file")
        }
        LoadError::Unreadable { reason, .. } if reason.ends_with("so name one") => diagnostic.help("write `column \"…\"` behind the path"),
        LoadError::Unreadable { .. } => diagnostic.help("check that the file may be read, and what is in it"),
        LoadError::NoColumn { column, known, .. } => match crate::diagnostics::nearest(column, known.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).guess(span, format!("{near:?}")),
            None => diagnostic.help(format!("it has {}", known.join(", "))),
        },
    }
}

/// The constant that a text is, if it is one.
fn constant_of(text: &str) -> Option<Literal> {
    let source = format!("param p: string = {text}");
    let mut map = crate::source::SourceMap::default();
    let (tree, found) = crate::syntax::parse(map.add("value", source.as_str()), &source);
    let ItemKind::Param(param) = &*tree.items.first()?.kind else { return None };
    let literal = constant(param.default.as_ref()?, &mut Vec::new())?;
    (!found.iter().any(Diagnostic::is_error)).then_some(literal)
}

fn literal_of(value: LoadedValue) -> Option<Literal> {
    Some(match value {
        LoadedValue::Text(text) => Literal::Str(text),
        LoadedValue::Int(value) => Literal::Int(int_in_range(value)?),
        LoadedValue::Float(value) => Literal::Float(value.to_bits()),
        LoadedValue::Bool(value) => Literal::Bool(value),
        LoadedValue::Decimal(mantissa, scale) => Literal::Decimal(mantissa, scale),
        LoadedValue::Date(days) => Literal::Date(days),
        LoadedValue::Timestamp(nanos) => Literal::Timestamp(nanos),
    })
}
