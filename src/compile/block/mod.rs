//! Blocks: fields, constraints, rules and checks become rules with ids.
//!
//! At the door: [`compile`], and [`Scope`], which expressions are checked in.

mod constraint;
mod field;
mod finish;
mod guarded;
mod item;
mod response;
mod scope;
mod waive;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::diagnostics::{Code, Diagnostic};
use crate::outputs::Step;
use crate::source::Span;
use crate::syntax::ast::{self, BlockItemKind, Expr};
use crate::types::ColumnType;

use super::attributes::{self, Attributes, Place};
use super::env::{Env, ResolvedType};
use super::expr::{Checked, Mode};
use super::ir::{Arena, Block, Column, ColumnId, ExprId, Set};
use super::references::References;

use field::Declared;
use scope::Let;
pub(crate) use scope::{Places, Scope};

/// Builds one block.
pub(crate) struct BlockBuilder<'a> {
    scope: Scope<'a>,
    block: Block,
    ids: HashMap<String, Span, ahash::RandomState>,
    keys: Vec<ast::Name>,
    /// For each declared column what reading it gives: with sentinels as null, and with ill-typed values as null too.
    readable: Vec<(ExprId, Checked)>,
    /// Fields that are declared and not yet built, in the order of the text.
    declared: VecDeque<Declared>,
    /// In a response: the paths of fields and members with `@coerce`.
    coerced: BTreeSet<Vec<String>>,
    /// In a response: the steps of `@normalize` by field.
    normalized: BTreeMap<String, Vec<Step>>,
}

/// Most rules one file may have.
pub(crate) const MAX_RULES: usize = 20_000;

/// Compiles a block; tells where its expressions stand.
pub(crate) fn compile(
    item: &ast::Item,
    ast_block: &ast::Block,
    output: bool,
    (env, references): (&Env, &References<'_>),
    inline_sets: &mut Vec<Set>,
    next_lambda: &mut u32,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Block, Places) {
    let place = if output { Place::OutputBlock } else { Place::FeaturesBlock };
    let attributes = attributes::read(&ast_block.attributes, place, diagnostics);
    let scope = Scope {
        env,
        references,
        diagnostics,
        arena: Arena::default(),
        lambdas: Vec::new(),
        next_lambda,
        inline_sets,
        aggregates: Vec::new(),
        shares: Vec::new(),
        planned: None,
        broken: None,
        param_nodes: BTreeSet::new(),
        places: Places::default(),
        columns: Vec::new(),
        values: HashMap::default(),
        lets: HashMap::default(),
    };
    let block = Block {
        name: ast_block.name.node.clone(),
        docs: item.docs.clone(),
        output,
        response: None,
        closed: attributes.closed,
        keys: Vec::new(),
        columns: Vec::new(),
        patterns: Vec::new(),
        arena: Arena::default(),
        rules: Vec::new(),
        observations: Vec::new(),
        waivers: Vec::new(),
        params: BTreeSet::new(),
    };
    let mut builder = BlockBuilder {
        scope,
        block,
        ids: HashMap::default(),
        keys: Vec::new(),
        readable: Vec::new(),
        declared: VecDeque::new(),
        coerced: BTreeSet::new(),
        normalized: BTreeMap::new(),
    };
    builder.reserve(ast_block.items.len());
    builder.declare(ast_block);
    if output {
        builder.parse_rule(ast_block);
    }
    builder.build(ast_block, &attributes);
    if output {
        builder.response(ast_block, &attributes);
    }
    builder.finish(ast_block, output)
}

/// A name as part of an id.
pub(crate) fn id_part(name: &str) -> String {
    let plain =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("`{name}`") }
}

impl BlockBuilder<'_> {
    fn diagnose(&mut self, diagnostic: Diagnostic) {
        self.scope.diagnostics.push(diagnostic);
    }

    /// Makes room for what so many items commonly come to, so that nothing large moves as it grows.
    fn reserve(&mut self, items: usize) {
        const MOST: usize = 10_000;
        let items = items.min(MOST);
        self.block.rules.reserve(items * 3);
        self.ids.reserve(items * 3);
        self.scope.arena.reserve(items * 4);
    }

    /// Columns and lets first: rules may use what stands below them.
    fn declare(&mut self, block: &ast::Block) {
        let mut seen: HashMap<&str, Span, ahash::RandomState> = HashMap::default();
        for name in &block.broken {
            self.column(name, &ResolvedType::plain(ColumnType::Error, true), &Attributes::default(), false, None);
        }
        for item in &block.items {
            let name = match &*item.kind {
                BlockItemKind::Field(field) => &field.name,
                BlockItemKind::Let(binding) => &binding.name,
                BlockItemKind::Columns(columns) => {
                    for (name, ty) in columns {
                        if let Some(first) = seen.insert(&name.node, name.span) {
                            self.declared_twice(name, first);
                            continue;
                        }
                        let declared = Declared::of(&response::companion_field(name, ty), self.scope.columns.len(), self.scope.env);
                        self.column(name, &declared.resolved, &declared.attributes, false, item.docs.as_ref());
                        // Elsewhere they are misplaced, and not built.
                        if self.block.output {
                            self.declared.push_back(declared);
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            if let Some(first) = seen.insert(&name.node, name.span) {
                self.declared_twice(name, first);
                continue;
            }
            match &*item.kind {
                BlockItemKind::Field(field) => {
                    let declared = Declared::of(field, self.scope.columns.len(), self.scope.env);
                    self.column(&field.name, &declared.resolved, &declared.attributes, self.block.output, item.docs.as_ref());
                    self.declared.push_back(declared);
                }
                BlockItemKind::Let(binding) => {
                    self.scope.lets.insert(name.node.clone(), Let::Open(binding.value.clone()));
                }
                _ => {}
            }
        }
    }

    fn declared_twice(&mut self, name: &ast::Name, first: Span) {
        let message = format!("`{}` is declared twice in this block", name.node);
        self.diagnose(
            Diagnostic::new(Code::DuplicateName, message, name.span)
                .also(first, "first declared here")
                .help("rename or remove one of them"),
        );
    }

    fn build(&mut self, block: &ast::Block, outer: &Attributes) {
        for item in &block.items {
            if self.block.rules.len() > MAX_RULES {
                self.diagnose(
                    Diagnostic::new(Code::Limit, format!("a block has at most {MAX_RULES} rules"), item.span).help("split the block"),
                );
                return;
            }
            match &*item.kind {
                BlockItemKind::Key(names) => self.keys.extend(names.iter().cloned()),
                BlockItemKind::Field(field) => self.field(field, item, outer),
                BlockItemKind::Fields(_) if self.block.output => self.diagnose(
                    Diagnostic::new(Code::Misplaced, "a pattern of columns belongs to a `features` block", item.span)
                        .help("declare the fields of the response one by one, or as a `map<string, …>`"),
                ),
                BlockItemKind::Fields(pattern) => self.pattern(pattern, item, outer),
                BlockItemKind::Let(binding) => {
                    self.scope.named_value(&binding.name.node, binding.name.span);
                }
                BlockItemKind::Rule(rule) => self.rule(rule, item, outer),
                BlockItemKind::Check(check) => self.check(check, item, outer),
                BlockItemKind::Waive(_) => {}
                BlockItemKind::Observe(observe) => self.observe(observe),
                // Read when all patterns are known.
                BlockItemKind::Example { .. } => {}
                BlockItemKind::Fallback(_) | BlockItemKind::Columns(_) if !self.block.output => {
                    let word = if matches!(*item.kind, BlockItemKind::Columns(_)) { "columns" } else { "fallback" };
                    self.diagnose(
                        Diagnostic::new(Code::Misplaced, format!("`{word}` belongs to an `output` block"), item.span)
                            .help("remove it, or make the block an `output`"),
                    );
                }
                // Read once the fields are known.
                BlockItemKind::Fallback(_) => {}
                BlockItemKind::Columns(columns) => columns.iter().for_each(|(name, ty)| self.companion(name, ty, item, outer)),
            }
        }
    }

    fn when(&mut self, when: Option<&Expr>) -> Option<ExprId> {
        when.map(|when| self.scope.condition(when, Mode::Row).id)
    }

    fn finish(mut self, block: &ast::Block, output: bool) -> (Block, Places) {
        self.shares();
        self.examples(block);
        for key in std::mem::take(&mut self.keys) {
            match self.scope.columns.iter().position(|column| column.name == key.node) {
                Some(index) => self.block.keys.push(ColumnId(u32::try_from(index).unwrap_or(u32::MAX))),
                None => {
                    let known: Vec<String> = self.scope.columns.iter().map(|column| column.name.clone()).collect();
                    let diagnostic =
                        Diagnostic::new(Code::UnknownName, format!("the key `{}` is no field of this block", key.node), key.span);
                    let diagnostic = diagnostic.did_you_mean(&key.node, known.iter().map(String::as_str));
                    self.diagnose(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("declare it as a field") });
                }
            }
        }
        if self.block.closed && !output {
            let mut rule = self.named(
                &ast::Name::new("extra_columns".to_owned(), block.name.span),
                &Attributes::default(),
                &ast::BlockItem { kind: BlockItemKind::Key(Vec::new()).into(), docs: None, span: block.name.span },
            );
            rule.check = "extra_columns".to_owned();
            self.block.rules.push(rule);
        }
        self.waivers(block);
        self.hide_what_detectors_look_at();
        self.block.params = self.scope.param_nodes;
        self.block.columns = self.scope.columns;
        self.block.arena = self.scope.arena;
        (self.block, self.scope.places)
    }
}

/// The shape of a column in JSON-like words, for tests and `check`.
pub(crate) fn shape(column: &Column) -> String {
    let mark = if column.nullable { "?" } else { "" };
    match &column.ty {
        ColumnType::Error => "?".to_owned(),
        ty => format!("{ty}{mark}"),
    }
}
