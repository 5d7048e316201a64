//! Syntax trees to typed rules: names resolved, types checked, ids given, other files read through a [`Loader`].
//!
//! At the door: [`RuleSet::compile`] and [`RuleSet`]. Nothing here touches data; what a rule set needs of a schema is found out
//! when it is bound (`plan`).

mod aliases;
mod attributes;
mod block;
pub(crate) mod cases;
mod describe;
mod detector;
mod drift;
mod env;
mod expr;
mod files;
pub mod index;
pub(crate) mod ir;
mod lines;
mod lint;
mod load;
mod names;
mod overrides;
pub(crate) mod records;
pub mod reference;
mod references;

use std::collections::{BTreeMap, BTreeSet};

pub use describe::{RuleInfo, Special, Then};
pub use ir::{Bound, OnFail, Severity};
pub use load::{LoadError, LoadedColumn, LoadedRules, LoadedValue, Loader, NoFiles};
pub use overrides::{
    BoundError, Mode, Override, OverrideError, OverrideErrors, OverrideInfo, OverridePlace, OverrideState, Overrides, ParamOverride,
};

use crate::diagnostics::{Code, Diagnostic};
use crate::source::SourceMap;
use crate::spans::span;
use crate::syntax::Memory;
use crate::syntax::ast::{self, ItemKind};

use block::Places;
use env::Env;
use ir::{Block, Literal, Set, SetId};
use references::References;

pub(crate) use expr::{arith_type, regex};

/// What compilation may be told.
#[derive(Default)]
pub struct CompileOptions<'a> {
    /// Reads imports and value sets; without one there are none.
    pub loader: Option<&'a dyn Loader>,
    /// Values of parameters by name, as text in the language's own form (`1_000`, `"base"`, `true`).
    pub params: BTreeMap<String, String>,
}

/// What compilation gives: diagnostics always, a rule set if no diagnostic is an error.
#[derive(Debug)]
pub struct Compiled {
    /// The rules, ready to be bound to a schema.
    pub rule_set: Option<RuleSet>,
    /// Everything there is to say about the files, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts the diagnostics point into.
    pub sources: SourceMap,
}

/// Compiled rules. Cheap to clone and share; knows nothing of any data.
#[derive(Debug, Clone)]
pub struct RuleSet {
    pub(crate) name: String,
    pub(crate) hash: String,
    pub(crate) files: Vec<String>,
    pub(crate) params: BTreeMap<String, String>,
    /// Parameters as they were given, by name.
    pub(crate) given: BTreeMap<String, String>,
    pub(crate) blocks: Vec<std::sync::Arc<Block>>,
    pub(crate) tests: std::sync::Arc<[cases::Case]>,
    pub(crate) sets: std::sync::Arc<[Set]>,
    pub(crate) externs: std::sync::Arc<BTreeMap<String, ir::Extern>>,
    /// What is laid over the rule files, its hash, and the rule set without it.
    pub(crate) overrides: std::sync::Arc<[OverrideInfo]>,
    pub(crate) overrides_hash: Option<String>,
    pub(crate) base: Option<std::sync::Arc<RuleSet>>,
}

/// A block as its caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockInfo {
    /// Its name.
    pub name: String,
    /// Whether it judges LLM outputs.
    pub output: bool,
    /// Declared columns with their types as written.
    pub columns: Vec<(String, String)>,
    /// Number of rules.
    pub rules: usize,
}

impl RuleSet {
    /// Compiles a rule file and everything it imports.
    ///
    /// # Errors
    /// None: what is wrong with the text is told by [`Compiled::diagnostics`].
    ///
    /// # Example
    /// ```
    /// use rulegate::RuleSet;
    ///
    /// let compiled = RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64 >= 0 }", &Default::default());
    /// let rules = compiled.rule_set.expect("the rules are sound");
    /// assert_eq!(rules.rule_ids().collect::<Vec<_>>(), ["t.a.required", "t.a.type", "t.a.range"]);
    ///
    /// let broken = RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64 >= \"0\" }", &Default::default());
    /// assert_eq!(broken.diagnostics[0].code.as_str(), "E0301");
    /// ```
    #[must_use]
    pub fn compile(name: &str, text: &str, options: &CompileOptions<'_>) -> Compiled {
        let _span = span!("compile", name = name, bytes = text.len());
        let mut compiler = Compiler::new(options, None, None);
        let tree = compiler.read(name, text, &mut Vec::new());
        let (rule_set, rest) = compiler.build(name, &tree);
        let mut compiled = compiler.compiled(rule_set);
        rest.complete(&tree, &mut compiled);
        compiled
    }

    /// The name it was compiled under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its identity: SHA-256 of the files, the loaded sets, the parameters and the overrides, in hex. Comments and layout do not count.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Its blocks in file order.
    #[must_use]
    pub fn blocks(&self) -> Vec<BlockInfo> {
        self.blocks
            .iter()
            .map(|block| BlockInfo {
                name: block.name.clone(),
                output: block.output,
                columns: block.columns.iter().map(|column| (column.name.clone(), block::shape(column))).collect(),
                rules: block.rules.len(),
            })
            .collect()
    }

    /// The ids of all rules in file order.
    pub fn rule_ids(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().flat_map(|block| block.rules.iter().map(|rule| rule.id.as_str()))
    }

    /// Where each rule is declared, in the texts of [`Compiled::sources`]: its constraint, `rule` or `check`; for the rules a type
    /// brings, the field's name. In file order.
    pub fn rule_places(&self) -> impl Iterator<Item = (&str, crate::source::Span)> {
        self.blocks.iter().flat_map(|block| block.rules.iter().map(|rule| (rule.id.as_str(), rule.span)))
    }

    /// The parameters with the values in force.
    #[must_use]
    pub fn params(&self) -> &BTreeMap<String, String> {
        &self.params
    }

    pub(crate) fn block(&self, name: &str) -> Option<&std::sync::Arc<Block>> {
        self.blocks.iter().find(|block| block.name == name)
    }
}

struct Compiler<'a> {
    sources: SourceMap,
    diagnostics: Vec<Diagnostic>,
    loader: &'a dyn Loader,
    env: Env,
    /// Names of all files, entry first.
    files: Vec<String>,
    /// Hashes of set files.
    loaded: Vec<String>,
    params: &'a BTreeMap<String, String>,
    /// Items of earlier texts, where there were any.
    memory: Option<&'a mut Memory>,
}

impl<'a> Compiler<'a> {
    fn new(options: &'a CompileOptions<'_>, facts: Option<index::Facts>, memory: Option<&'a mut Memory>) -> Self {
        Self {
            sources: SourceMap::default(),
            diagnostics: Vec::new(),
            loader: options.loader.unwrap_or(&NoFiles),
            env: Env::noting(facts),
            files: Vec::new(),
            loaded: Vec::new(),
            params: &options.params,
            memory,
        }
    }

    fn compiled(self, rule_set: RuleSet) -> Compiled {
        let mut diagnostics = self.diagnostics;
        in_order(&mut diagnostics);
        lines::reread(&mut diagnostics, &self.sources);
        let broken = diagnostics.iter().any(Diagnostic::is_error);
        Compiled { rule_set: if broken { None } else { Some(rule_set) }, diagnostics, sources: self.sources }
    }
}

impl Compiler<'_> {
    /// Types the rules of the entry, once it and its imports are read.
    fn build(&mut self, name: &str, tree: &ast::File) -> (RuleSet, Rest) {
        let inline = lint::inline_sets(tree, &self.env);
        self.unknown_params();
        let mut inline_sets = Vec::new();
        let mut next_lambda = 0;
        let mut blocks: Vec<std::sync::Arc<Block>> = Vec::new();
        let mut places = Vec::new();
        let references = References::new(self.loader, &self.files);
        let mut seen: BTreeMap<String, crate::source::Span> = BTreeMap::new();
        for item in &tree.items {
            let (block, output) = match &*item.kind {
                ItemKind::Features(block) => (block, false),
                ItemKind::Output(block) => (block, true),
                _ => continue,
            };
            if let Some(first) = seen.insert(block.name.node.clone(), block.name.span) {
                let message = format!("two blocks are called `{}`", block.name.node);
                self.diagnostics.push(
                    Diagnostic::new(Code::DuplicateName, message, block.name.span).also(first, "the first is here").help("rename one"),
                );
                continue;
            }
            let (compiled, written) =
                block::compile(item, block, output, (&self.env, &references), &mut inline_sets, &mut next_lambda, &mut self.diagnostics);
            blocks.push(std::sync::Arc::new(compiled));
            places.push(written);
        }
        self.loaded.extend(references.hashes());
        let tests = cases::compile(tree, &blocks, &self.env, &mut self.diagnostics);
        let mut sets = std::mem::take(&mut self.env.sets);
        sets.append(&mut inline_sets);
        let params = self.env.params.iter().map(|(name, param)| (name.clone(), literal_text(&param.value))).collect();
        let rest = Rest { places, inline, loaded: std::mem::take(&mut self.loaded) };
        let rule_set = RuleSet {
            name: name.to_owned(),
            hash: String::new(),
            files: self.files.clone(),
            params,
            given: self.params.clone(),
            blocks,
            tests: tests.into(),
            sets: sets.into(),
            externs: std::sync::Arc::new(std::mem::take(&mut self.env.externs)),
            overrides: Vec::new().into(),
            overrides_hash: None,
            base: None,
        };
        (rule_set, rest)
    }

    fn unknown_params(&mut self) {
        let known: Vec<String> = self.env.params.keys().cloned().collect();
        for name in self.params.keys().filter(|name| !self.env.params.contains_key(*name)) {
            let span = crate::source::Span::new(crate::source::FileId(0), 0..0);
            let diagnostic = Diagnostic::new(Code::Parameter, format!("the rules have no parameter `{name}`"), span);
            let near = crate::diagnostics::nearest(name, known.iter().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "the rules declare no parameters".to_owned(),
                None => format!("they have {}", known.join(", ")),
            };
            self.diagnostics.push(diagnostic.help(help));
        }
    }
}

/// What is left to do once rules are typed, and what someone who types them can wait for: remarks on what is hardly meant, and the
/// identity of the rules.
#[derive(Debug)]
pub(crate) struct Rest {
    /// Where the expressions of each block are written.
    places: Vec<Places>,
    /// Sets whose values stand in the rule file.
    inline: BTreeSet<SetId>,
    /// Hashes of set files.
    loaded: Vec<String>,
}

impl Rest {
    fn complete(mut self, tree: &ast::File, compiled: &mut Compiled) {
        // What is hardly meant is said once nothing is wrong.
        let Some(rule_set) = &mut compiled.rule_set else { return };
        let entry = compiled.sources.files().next().map(|(_, file)| std::sync::Arc::clone(&file.text)).unwrap_or_default();
        compiled.diagnostics.extend(lint::unused(tree, &entry));
        self.places.iter_mut().for_each(Places::in_order);
        let blocks = rule_set.blocks.iter().zip(&self.places);
        compiled.diagnostics.extend(blocks.flat_map(|(block, places)| lint::block(block, places, &rule_set.sets, &self.inline)));
        in_order(&mut compiled.diagnostics);
        rule_set.hash = identity(&compiled.sources, &self.loaded, &rule_set.params);
    }
}

/// Puts diagnostics in the order of the text; each is told once.
fn in_order(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.file, diagnostic.span.start));
    diagnostics.dedup();
}

fn identity(sources: &SourceMap, loaded: &[String], params: &BTreeMap<String, String>) -> String {
    use sha2::Digest;
    let mut hasher = sha2::Sha256::new();
    let mut part = |text: &str| {
        // Lengths keep "ab" + "c" and "a" + "bc" apart.
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    sources.files().for_each(|(_, file)| part(&crate::syntax::canonical(&file.text)));
    loaded.iter().for_each(|hash| part(hash));
    for (name, value) in params {
        part(name);
        part(value);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A constant in the language's own form.
pub(crate) fn literal_text(literal: &Literal) -> String {
    use crate::kernels::{render, time};
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Number(mantissa, scale, _) | Literal::Decimal(mantissa, scale) => render::decimal(*mantissa, *scale),
        Literal::Float(bits) => render::float(f64::from_bits(*bits)),
        Literal::Str(text) => format!("{text:?}"),
        Literal::Date(days) => format!("date \"{}\"", time::format_date(*days)),
        Literal::Time(nanos) => format!("time \"{}\"", time::format_time(*nanos)),
        Literal::Timestamp(nanos) => format!("timestamp \"{}\"", time::format_timestamp(*nanos, true)),
        Literal::LocalTimestamp(nanos) => format!("timestamp \"{}\"", time::format_timestamp(*nanos, false)),
        Literal::Duration(nanos) => time::format_duration(*nanos),
    }
}

#[cfg(test)]
mod tests;
