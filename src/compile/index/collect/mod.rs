//! Goes through the syntax trees once: what is declared ([`declare`]), then every name and what it means, with ids of rules, tests and
//! messages in [`ids`].

mod declare;
mod ids;

use std::sync::Arc;

use ahash::HashMap;

use crate::functions::{self, AggregateKind};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{
    self, AttributeArgument, BlockItemKind, ConstraintKind, Expr, ExprKind, ItemKind, Name, SetSource, Tail, TypeExpr, TypeKind,
};
use crate::syntax::{Lexeme, LexemeKind, all_lexemes};
use crate::types::ColumnType;

use crate::compile::ir::Block;

use super::shape::{Scope, Shapes};
use super::{BlockNames, Symbol, SymbolId, SymbolKind, Target, Use, Written, words};

/// What the syntax trees tell of names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub symbols: Vec<Symbol>,
    pub blocks: Vec<BlockNames>,
    /// The lexemes of each file.
    pub lexemes: std::collections::HashMap<FileId, Vec<Lexeme>>,
    uses: Vec<Use>,
    /// Ids of rules, without back-ticks, that no name stands for, and the places of their last parts.
    ids: Vec<(Span, String)>,
}

impl Names {
    /// Every place a name stands at, once the rules of the entry are known.
    pub(super) fn resolved(&mut self, blocks: &[Arc<Block>]) -> Vec<Use> {
        let mut uses = std::mem::take(&mut self.uses);
        if !self.ids.is_empty() {
            let rules = blocks.iter().flat_map(|block| &block.rules).enumerate();
            let by_id: HashMap<String, usize> = rules.map(|(index, rule)| (rule.id.replace('`', ""), index)).collect();
            let found = self.ids.iter().filter_map(|(span, id)| Some((*span, *by_id.get(id)?)));
            uses.extend(found.map(|(span, rule)| Use { span, target: Target::Rule(rule), declares: false }));
            in_order(&mut uses);
        }
        uses
    }
}

fn in_order(uses: &mut Vec<Use>) {
    uses.sort_by_key(|found| (found.span.file, found.span.start, std::cmp::Reverse(found.declares)));
    // Types of named types are gone through at each of their uses, and messages may name one thing twice: each place counts once.
    uses.dedup_by_key(|found| (found.span.file, found.span.start));
}

/// Finds the names of some files.
pub(super) fn collect(sources: &SourceMap, trees: &[&ast::File], written: &[Written], imports: &[(Span, String)]) -> Names {
    let of_file = |file: &Written| (file.file, all_lexemes(&file.tokens, &file.comments));
    let lexemes: std::collections::HashMap<FileId, Vec<Lexeme>> = written.iter().map(of_file).collect();
    // Every third lexeme or so is a name.
    let names = lexemes.values().map(Vec::len).sum::<usize>() / 3;
    let mut collector = Collector {
        sources,
        shapes: Shapes::new(trees.iter().copied()),
        lexemes: &lexemes,
        ids: Vec::new(),
        symbols: Vec::new(),
        uses: Vec::with_capacity(names),
        blocks: Vec::new(),
        globals: HashMap::default(),
        members: HashMap::default(),
        scope: Scope::default(),
        block: None,
        variables: Vec::new(),
    };
    for tree in trees {
        collector.declare(tree);
    }
    for (span, name) in imports {
        if let Some((file, _)) = sources.files().find(|(_, file)| file.name == *name) {
            collector.uses.push(Use { span: *span, target: Target::File(file), declares: false });
        }
    }
    for tree in trees {
        collector.file(tree);
    }
    let Collector { symbols, mut uses, blocks, ids, .. } = collector;
    in_order(&mut uses);
    Names { symbols, blocks, lexemes, uses, ids }
}

/// A variable of `any` or `all`, with the type of the list's items.
struct Variable<'t> {
    name: &'t str,
    symbol: SymbolId,
    ty: Option<&'t TypeExpr>,
}

struct Collector<'s, 't> {
    sources: &'s SourceMap,
    shapes: Shapes<'t>,
    lexemes: &'s std::collections::HashMap<FileId, Vec<Lexeme>>,
    /// Ids of rules that no name stands for, and the places of their last parts.
    ids: Vec<(Span, String)>,
    symbols: Vec<Symbol>,
    uses: Vec<Use>,
    blocks: Vec<BlockNames>,
    globals: HashMap<(SymbolKind, &'t str), SymbolId>,
    /// Members of structs by the place of their names.
    members: HashMap<Span, SymbolId>,
    scope: Scope<'t>,
    /// The block at hand: an index of `blocks`.
    block: Option<usize>,
    variables: Vec<Variable<'t>>,
}

impl<'t> Collector<'_, 't> {
    fn symbol(&mut self, kind: SymbolKind, name: &Name, item: Span, docs: Option<&String>, owner: Option<SymbolId>) -> SymbolId {
        let id = SymbolId(self.symbols.len());
        let span = self.word(name.span, &name.node).unwrap_or(name.span);
        self.symbols.push(Symbol {
            kind,
            name: name.node.clone(),
            span,
            item,
            docs: docs.cloned(),
            owner,
            ty: None,
            values: Vec::new(),
            set: None,
        });
        self.uses.push(Use { span, target: Target::Symbol(id), declares: true });
        id
    }

    fn used(&mut self, span: Span, name: &str, target: Target) {
        // Brackets around a name belong to its expression and not to the name.
        if let Some(span) = self.word(span, name) {
            self.uses.push(Use { span, target, declares: false });
        }
    }

    /// Where exactly a name stands within a place.
    fn word(&self, span: Span, name: &str) -> Option<Span> {
        let text = &self.sources.get(span.file)?.text;
        // Most places begin with the name, and a plain one is all of its word.
        let is_part = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
        let rest = text.get(span.range()).and_then(|rest| rest.strip_prefix(name));
        if rest.is_some_and(|rest| rest.bytes().next().is_none_or(|next| next.is_ascii() && !is_part(next))) && name.bytes().all(is_part) {
            let start = span.range().start;
            return Some(Span::new(span.file, start..start + name.len()));
        }
        let lexemes = self.lexemes.get(&span.file)?;
        let range = span.range();
        let from = lexemes.partition_point(|lexeme| lexeme.start < range.start);
        let inside = lexemes.get(from..)?.iter().take_while(|lexeme| lexeme.end <= range.end);
        let mut names = inside.filter(|lexeme| matches!(lexeme.kind, LexemeKind::Word | LexemeKind::QuotedName));
        let found = names.find(|lexeme| lexeme.text(text).trim_matches('`') == name)?;
        Some(Span::new(span.file, found.start..found.end))
    }

    fn file(&mut self, tree: &'t ast::File) {
        for item in &tree.items {
            match &*item.kind {
                ItemKind::Import(_) => {}
                ItemKind::Param(param) => {
                    self.ty(&param.ty);
                    param.default.iter().for_each(|default| self.expr(default, false));
                }
                ItemKind::Set(set) => {
                    if let SetSource::Inline(values) = &set.source {
                        values.iter().for_each(|value| self.expr(value, false));
                    }
                }
                ItemKind::Type(decl) => {
                    self.ty(&decl.ty);
                    self.attributes(&decl.attributes);
                    self.constraints(&decl.constraints);
                }
                ItemKind::Extern(function) => {
                    function.arguments.iter().for_each(|(_, ty)| self.ty(ty));
                    self.ty(&function.result);
                }
                ItemKind::Features(found) | ItemKind::Output(found) => {
                    self.block = self.blocks.iter().position(|block| self.is_block_of(block, item));
                    self.scope = Scope::of(found);
                    self.of_block(found);
                    self.block = None;
                    self.scope = Scope::default();
                }
                ItemKind::Test(test) => self.test(tree, test),
            }
        }
    }

    fn is_block_of(&self, block: &BlockNames, item: &ast::Item) -> bool {
        let span = block.symbol.and_then(|id| self.symbols.get(id.0)).map(|symbol| symbol.item);
        span == Some(item.span)
    }

    fn of_block(&mut self, block: &'t ast::Block) {
        if let Some(from) = &block.from {
            self.column(from);
        }
        self.attributes(&block.attributes);
        for item in &block.items {
            match &*item.kind {
                BlockItemKind::Key(names) => names.iter().for_each(|name| self.column(name)),
                BlockItemKind::Field(field) => self.body(&field.body),
                BlockItemKind::Fields(pattern) => self.body(&pattern.body),
                BlockItemKind::Let(binding) => self.expr(&binding.value, false),
                BlockItemKind::Rule(rule) => {
                    self.attributes(&rule.attributes);
                    rule.when.iter().for_each(|when| self.expr(when, false));
                    self.expr(&rule.expect, false);
                    rule.message.iter().for_each(|message| self.message(message.span));
                }
                BlockItemKind::Check(check) => {
                    self.attributes(&check.attributes);
                    check.filter.iter().chain(&check.by).for_each(|expr| self.expr(expr, false));
                    self.expr(&check.expect, true);
                    check.message.iter().for_each(|message| self.message(message.span));
                }
                BlockItemKind::Waive(waive) => {
                    self.path(&waive.rule);
                    waive.until.iter().chain(&waive.filter).for_each(|expr| self.expr(expr, false));
                }
                BlockItemKind::Observe(observe) => {
                    self.expr(&observe.value, false);
                    observe.buckets.iter().for_each(|bucket| self.expr(bucket, false));
                }
                BlockItemKind::Example { row, .. } | BlockItemKind::Fallback(row) => self.record(row),
                BlockItemKind::Columns(columns) => columns.iter().for_each(|(_, ty)| self.ty(ty)),
            }
        }
    }

    fn body(&mut self, body: &'t ast::FieldBody) {
        self.ty(&body.ty);
        self.attributes(&body.attributes);
        self.constraints(&body.constraints);
    }

    fn constraints(&mut self, constraints: &'t [ast::Constraint]) {
        for constraint in constraints {
            self.constraint(&constraint.kind);
            constraint.when.iter().for_each(|when| self.expr(when, false));
            self.attributes(&constraint.attributes);
        }
    }

    fn constraint(&mut self, kind: &'t ConstraintKind) {
        match kind {
            ConstraintKind::Test(tail) => self.tail(tail, false),
            ConstraintKind::Measure { function, arguments, test } => {
                self.function(function, false);
                arguments.iter().for_each(|argument| self.expr(argument, false));
                self.tail(test, false);
            }
            ConstraintKind::Predicate { function, arguments } => {
                self.function(function, false);
                // Kinds and levels of detectors are words, not columns.
                let words = function.node.starts_with("no_") && functions::find(&function.node).is_some();
                for argument in arguments.iter().filter(|_| !words) {
                    if let AttributeArgument::Value(value) | AttributeArgument::Named(_, value) = argument {
                        self.expr(value, false);
                    }
                }
            }
            ConstraintKind::Each(inner) => self.constraint(inner),
            ConstraintKind::Unique | ConstraintKind::Increasing | ConstraintKind::Reference { .. } => {}
        }
    }

    fn attributes(&mut self, attributes: &'t [ast::Attribute]) {
        for attribute in attributes {
            if let Some((name, _)) = words::attribute(&attribute.name.node) {
                self.used(attribute.name.span, name, Target::Attribute(name));
            }
            if attribute.name.node != "finish_reason" {
                continue;
            }
            if let [AttributeArgument::Value(Expr { kind: ExprKind::Name(name), span })] = attribute.arguments.as_slice() {
                self.column(&Name::new(name.clone(), *span));
            }
        }
    }

    fn ty(&mut self, ty: &'t TypeExpr) {
        match &ty.kind {
            TypeKind::Name(name) => match self.globals.get(&(SymbolKind::Type, name.as_str())) {
                Some(id) => self.used(ty.span, name, Target::Symbol(*id)),
                None => self.builtin(ty.span, name),
            },
            TypeKind::Decimal(..) => self.builtin(ty.span, "decimal"),
            TypeKind::TimestampZone(_) | TypeKind::TimestampLocal => self.builtin(ty.span, "timestamp"),
            TypeKind::List(item) => {
                self.builtin(ty.span, "list");
                self.ty(item);
            }
            TypeKind::Vector(item, _) => {
                self.builtin(ty.span, "vector");
                self.ty(item);
            }
            TypeKind::Map(key, value) => {
                self.builtin(ty.span, "map");
                self.ty(key);
                self.ty(value);
            }
            TypeKind::Enum(values) => {
                self.builtin(ty.span, "enum");
                values.iter().for_each(|value| self.expr(value, false));
            }
            TypeKind::Struct(fields) => {
                self.builtin(ty.span, "struct");
                fields.iter().for_each(|field| self.body(&field.body));
            }
            TypeKind::OneOf { variants, .. } => {
                self.builtin(ty.span, "one_of");
                variants.iter().flat_map(|(_, fields)| fields).for_each(|field| self.body(&field.body));
            }
        }
    }

    fn builtin(&mut self, span: Span, name: &str) {
        if let Some(name) = ColumnType::BUILTIN_NAMES.iter().find(|known| **known == name) {
            self.used(span, name, Target::BuiltinType(name));
        }
    }

    /// A column, where nothing else can be meant.
    fn column(&mut self, name: &Name) {
        if let Some(id) = self.named(&name.node) {
            self.used(name.span, &name.node, Target::Symbol(id));
        }
    }

    fn named(&self, name: &str) -> Option<SymbolId> {
        self.blocks.get(self.block?)?.names.get(name).copied()
    }

    fn record(&mut self, row: &'t [(Name, Expr)]) {
        for (name, value) in row {
            self.column(name);
            self.expr(value, false);
        }
    }

    fn function(&mut self, function: &Name, in_check: bool) {
        let name = function.node.as_str();
        let aggregate = functions::find_aggregate(name);
        let target = match (aggregate, self.globals.get(&(SymbolKind::Extern, name)), functions::find(name)) {
            (Some(aggregate), ..) if in_check => Target::Aggregate(aggregate),
            (_, Some(id), _) => Target::Symbol(*id),
            (_, None, Some(function)) => Target::Function(function),
            (Some(aggregate), None, None) => Target::Aggregate(aggregate),
            (None, None, None) => return,
        };
        self.used(function.span, name, target);
    }

    fn expr(&mut self, expr: &'t Expr, in_check: bool) {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Param(name) => {
                if let Some(id) = self.globals.get(&(SymbolKind::Param, name.as_str())).copied() {
                    self.used(expr.span, name, Target::Symbol(id));
                }
            }
            ExprKind::List(all) | ExprKind::And(all) | ExprKind::Or(all) => all.iter().for_each(|one| self.expr(one, in_check)),
            ExprKind::Record(row) => row.iter().for_each(|(_, value)| self.expr(value, in_check)),
            ExprKind::Negate(inner) | ExprKind::Not(inner) => self.expr(inner, in_check),
            ExprKind::Arith(_, left, right) | ExprKind::Index(left, right) => {
                self.expr(left, in_check);
                self.expr(right, in_check);
            }
            ExprKind::Test(subject, tail) => {
                self.expr(subject, in_check);
                self.tail(tail, in_check);
            }
            ExprKind::Call { function, arguments } => self.call(function, arguments, in_check),
            ExprKind::Quantifier { variable, list, body, .. } => self.quantifier(variable, list, body, in_check),
            ExprKind::Case { operand, branches, otherwise } => {
                operand.iter().chain(otherwise).for_each(|part| self.expr(part, in_check));
                for (condition, value) in branches {
                    self.expr(condition, in_check);
                    self.expr(value, in_check);
                }
            }
            ExprKind::Cast { value, ty, .. } => {
                self.expr(value, in_check);
                self.ty(ty);
            }
            ExprKind::Member(value, member) => {
                self.expr(value, in_check);
                self.member(value, member);
            }
            _ => {}
        }
    }

    fn name(&mut self, name: &str, span: Span) {
        let variable = self.variables.iter().rev().find(|variable| variable.name == name).map(|variable| variable.symbol);
        if let Some(id) = variable.or_else(|| self.named(name)) {
            self.used(span, name, Target::Symbol(id));
        }
    }

    fn member(&mut self, value: &'t Expr, member: &Name) {
        let variables: Vec<_> = self.variables.iter().map(|variable| (variable.name, variable.ty)).collect();
        let Some(ty) = self.shapes.of(value, &self.scope, &variables) else { return };
        let field = self.shapes.members(ty).iter().find(|field| field.name.node == member.node);
        if let Some(id) = field.and_then(|field| self.members.get(&field.name.span)).copied() {
            self.used(member.span, &member.node, Target::Symbol(id));
        }
    }

    fn call(&mut self, function: &Name, arguments: &'t [Expr], in_check: bool) {
        self.function(function, in_check);
        // These take the id of a rule, which reads like an expression.
        let about_rule = matches!(function.node.as_str(), "failed_fraction" | "reason_fraction");
        let taken = match (arguments.first(), about_rule) {
            (Some(first), true) => match path_of(first) {
                Some(path) => {
                    self.path(&path);
                    1
                }
                None => 0,
            },
            _ => 0,
        };
        let is_drift =
            in_check && functions::find_aggregate(&function.node).is_some_and(|found| matches!(found.kind, AggregateKind::Drift(_)));
        for (at, argument) in arguments.iter().enumerate().skip(taken) {
            match &argument.kind {
                // The baseline is a value set before it is a column.
                ExprKind::Name(name) if is_drift && at == 1 && self.set(name, argument.span) => {}
                _ => self.expr(argument, in_check),
            }
        }
    }

    /// A value set, if it is one.
    fn set(&mut self, name: &str, span: Span) -> bool {
        let Some(id) = self.globals.get(&(SymbolKind::Set, name)).copied() else { return false };
        self.used(span, name, Target::Symbol(id));
        true
    }

    fn quantifier(&mut self, variable: &'t Name, list: &'t Expr, body: &'t Expr, in_check: bool) {
        self.expr(list, in_check);
        let variables: Vec<_> = self.variables.iter().map(|variable| (variable.name, variable.ty)).collect();
        let ty = self.shapes.of(list, &self.scope, &variables).and_then(|ty| self.shapes.item(ty));
        let owner = self.block.and_then(|block| self.blocks.get(block)).and_then(|block| block.symbol);
        let symbol = self.symbol(SymbolKind::Variable, variable, variable.span.to(list.span), None, owner);
        self.variables.push(Variable { name: &variable.node, symbol, ty });
        self.expr(body, in_check);
        self.variables.pop();
    }

    fn tail(&mut self, tail: &'t Tail, in_check: bool) {
        match tail {
            Tail::Compare(_, other) | Tail::IsDistinct { other, .. } => self.expr(other, in_check),
            Tail::Between { low, high, .. } => {
                self.expr(low, in_check);
                self.expr(high, in_check);
            }
            Tail::InList { values, .. } => values.iter().for_each(|value| self.expr(value, in_check)),
            Tail::InSet { set, .. } => {
                self.set(&set.node, set.span);
            }
            Tail::Like { pattern, .. } => self.expr(pattern, in_check),
            Tail::Matches { .. } | Tail::IsNull { .. } => {}
        }
    }
}

/// `a.b.c` as the names it is made of.
fn path_of(expr: &Expr) -> Option<Vec<Name>> {
    match &expr.kind {
        ExprKind::Name(name) => Some(vec![Name::new(name.clone(), expr.span)]),
        ExprKind::Member(inner, member) => {
            let mut path = path_of(inner)?;
            path.push(member.clone());
            Some(path)
        }
        _ => None,
    }
}
