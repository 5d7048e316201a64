//! What names mean and where they stand: the facts an editor asks for, gathered while rules are compiled.
//!
//! At the door: [`analyse`], which compiles as [`RuleSet::compile`] does and gives an [`Index`] beside the result, for broken
//! files too. Names are resolved on the syntax trees as the checker resolves them; types of expressions and ids of rules are the
//! checker's own. Nothing here is gathered when rules are compiled to be run.

mod collect;
mod shape;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::functions::{AggregateDef, FunctionDef};
use crate::source::{FileId, Span};
use crate::syntax::scan::Token;
use crate::syntax::{Lexeme, Memory, ast};
use crate::types::Type;

use super::{CompileOptions, Compiled, Compiler, Rest, RuleSet, Severity, ir};

use collect::Names;

pub use super::attributes::Place as AttributePlace;
pub use words::{attribute, attributes, builtin_type, keyword, keywords};

/// Most values of a set that are kept for completion.
const MAX_VALUES: usize = 100;

/// What stands in a file.
#[derive(Debug)]
pub(crate) struct Written {
    pub file: FileId,
    pub tokens: Vec<Token>,
    pub comments: Vec<Range<usize>>,
}

/// What the compiler notes on its way.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Trees of the imports; that of the entry comes first once it is compiled.
    pub trees: Vec<ast::File>,
    /// Imports, by the place of their path and the name of the file they lead to.
    pub imports: Vec<(Span, String)>,
    pub written: Vec<Written>,
    types: RefCell<Vec<(Span, Type)>>,
}

impl Facts {
    /// What reading the files has noted; what typing them will note goes on.
    fn take_read(&mut self) -> Self {
        Self { types: RefCell::default(), ..std::mem::take(self) }
    }

    pub(crate) fn note_type(&self, span: Span, ty: &Type) {
        if *ty != Type::Error {
            self.types.borrow_mut().push((span, ty.clone()));
        }
    }
}

/// A compilation with the index of its names.
#[derive(Debug)]
pub struct Analysis {
    /// What compiling gives: the same as [`RuleSet::compile`].
    pub compiled: Compiled,
    /// Names and what they mean.
    pub index: Index,
    /// What [`Analysis::complete`] does.
    rest: Option<Rest>,
}

impl Analysis {
    /// Adds what [`analyse_again`] leaves out.
    pub fn complete(&mut self) {
        if let Some((rest, tree)) = self.rest.take().zip(self.index.trees.first()) {
            rest.complete(tree, &mut self.compiled);
        }
    }
}

/// Names of a rule file and its imports.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Index {
    /// The syntax trees, entry first, then imports.
    pub trees: Vec<ast::File>,
    /// Everything that is declared.
    pub symbols: Vec<Symbol>,
    /// Every place a name stands at, its declaration included, by file and place. No two overlap.
    pub uses: Vec<Use>,
    /// Blocks of all files.
    pub blocks: Vec<BlockNames>,
    /// Value sets with the first of their values, in the language's own form.
    pub sets: BTreeMap<String, Vec<String>>,
    /// Types of expressions, by file and place, outer before inner.
    pub types: Vec<(Span, Type)>,
    lexemes: HashMap<FileId, Vec<Lexeme>>,
    /// The blocks of the entry, as they are compiled.
    compiled: Vec<Arc<ir::Block>>,
}

/// Names one symbol of an [`Index`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolId(usize);

/// Something a rule file declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// What it is.
    pub kind: SymbolKind,
    /// Its name, back-ticks removed.
    pub name: String,
    /// Where its name stands, back-ticks included.
    pub span: Span,
    /// The whole declaration.
    pub item: Span,
    /// The doc comment above it.
    pub docs: Option<String>,
    /// The block, or the field of a member, that it belongs to.
    pub owner: Option<SymbolId>,
    /// For fields, members and parameters: the type as it is written.
    pub ty: Option<String>,
    /// For fields and members: the values they may have, where they are listed, in the language's own form.
    pub values: Vec<String>,
    /// For fields and members: the value set they are in.
    pub set: Option<String>,
}

/// Kinds of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SymbolKind {
    /// `type name = …`
    Type,
    /// `set name = …`
    Set,
    /// `param name: …`
    Param,
    /// `extern function name(…)`
    Extern,
    /// A `features` or `output` block.
    Block,
    /// A field of a block, or one of its `columns`.
    Column,
    /// A member of a struct.
    Member,
    /// `let name = …`
    Let,
    /// The variable of `any` or `all`.
    Variable,
    /// `rule name`, `check name`, or the name that `@name(…)` gives.
    Rule,
    /// `example name { … }`
    Example,
}

/// A place where a name stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    /// The name, back-ticks included, `$` not.
    pub span: Span,
    /// What it means.
    pub target: Target,
    /// Whether this is where it is declared.
    pub declares: bool,
}

/// What a name means.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// Something declared in the files.
    Symbol(SymbolId),
    /// A rule whose id comes from a field and a kind, as [`Index::rule`] knows it.
    Rule(usize),
    /// A file that is imported.
    File(FileId),
    /// A function of the language.
    Function(&'static FunctionDef),
    /// An aggregate of the language.
    Aggregate(&'static AggregateDef),
    /// An attribute.
    Attribute(&'static str),
    /// A type of the language.
    BuiltinType(&'static str),
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Symbol(a), Self::Symbol(b)) => a == b,
            (Self::Rule(a), Self::Rule(b)) => a == b,
            (Self::File(a), Self::File(b)) => a == b,
            (Self::Function(a), Self::Function(b)) => a.name == b.name,
            (Self::Aggregate(a), Self::Aggregate(b)) => a.name == b.name,
            (Self::Attribute(a), Self::Attribute(b)) | (Self::BuiltinType(a), Self::BuiltinType(b)) => a == b,
            _ => false,
        }
    }
}

/// A rule and where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleSite<'a> {
    /// Its id.
    pub id: &'a str,
    /// The block's name.
    pub block: &'a str,
    /// What it judges, as a report shows it; `None` for rules and checks.
    pub field: Option<&'a str>,
    /// `range`, `enum`, `required`, … or `rule`.
    pub check: &'a str,
    /// What a failing row means.
    pub severity: Severity,
    /// The constraint, the rule, or for what a type brings the name of the field.
    pub span: Span,
}

impl<'a> RuleSite<'a> {
    fn of(block: &'a ir::Block, rule: &'a ir::Rule) -> Self {
        Self {
            id: &rule.id,
            block: &block.name,
            field: rule.field.as_deref(),
            check: &rule.check,
            severity: rule.severity,
            span: rule.span,
        }
    }

    /// Its id without the block's name, as `waive` and `test` write it.
    #[must_use]
    pub fn short(&self) -> &'a str {
        let plain = self.id.strip_prefix(self.block).and_then(|rest| rest.strip_prefix('.'));
        let quoted = || self.id.strip_prefix('`')?.strip_prefix(self.block)?.strip_prefix("`.");
        plain.or_else(quoted).unwrap_or(self.id)
    }
}

/// The names of one block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockNames {
    /// The block itself.
    pub symbol: Option<SymbolId>,
    /// Its name.
    pub name: String,
    /// Its fields and lets.
    pub names: BTreeMap<String, SymbolId>,
    /// Its rules and checks that have names.
    pub rules: BTreeMap<String, SymbolId>,
    /// Its examples.
    pub examples: BTreeMap<String, SymbolId>,
}

/// Compiles a rule file and everything it imports, and tells what its names mean.
///
/// # Errors
/// None: what is wrong with the text is told by the diagnostics; what cannot be read is not in the index.
///
/// # Example
/// ```
/// use rulegate::compile::index::{Target, analyse};
///
/// let text = "rulegate 1\nfeatures t { a : int64 rule r: a > 0 }";
/// let analysis = analyse("t.rules", text, &Default::default());
/// let file = analysis.compiled.sources.files().next().expect("the entry").0;
/// let at = text.rfind("a >").expect("it is used");
/// let found = analysis.index.use_at(file, at as u32).expect("a name stands there");
/// let Target::Symbol(id) = found.target else { panic!("it is a field") };
/// assert_eq!(analysis.index.symbol(id).expect("declared above").span.range(), 24..25);
/// ```
#[must_use]
pub fn analyse(name: &str, text: &str, options: &CompileOptions<'_>) -> Analysis {
    let mut analysis = analysis(name, text, options, None);
    analysis.complete();
    analysis
}

/// As [`analyse`], for a text that was analysed before in another form: items whose text is the same are not parsed again. Warnings of
/// what compiles and is hardly meant, and the hash of the rules, come with [`Analysis::complete`]: names can be asked for before.
#[must_use]
pub fn analyse_again(name: &str, text: &str, options: &CompileOptions<'_>, memory: &mut Memory) -> Analysis {
    memory.begin();
    analysis(name, text, options, Some(memory))
}

fn analysis(name: &str, text: &str, options: &CompileOptions<'_>, memory: Option<&mut Memory>) -> Analysis {
    let mut compiler = Compiler::new(options, Some(Facts::default()), memory);
    let tree = compiler.read(name, text, &mut Vec::new());
    let read = compiler.env.facts.as_mut().map(Facts::take_read).unwrap_or_default();
    let trees: Vec<&ast::File> = std::iter::once(&tree).chain(&read.trees).collect();
    let sources = compiler.sources.clone();
    let mut names = Names::default();
    // Both go through the whole file, and neither needs the other.
    let (rule_set, rest) = rayon::in_place_scope(|scope| {
        scope.spawn(|_| names = collect::collect(&sources, &trees, &read.written, &read.imports));
        compiler.build(name, &tree)
    });
    let uses = names.resolved(&rule_set.blocks);
    let types = ordered(compiler.env.facts.take().unwrap_or_default().types.into_inner());
    let index = Index {
        symbols: names.symbols,
        uses,
        blocks: names.blocks,
        sets: set_values(&compiler, &rule_set),
        types,
        lexemes: names.lexemes,
        compiled: rule_set.blocks.clone(),
        trees: std::iter::once(tree).chain(read.trees).collect(),
    };
    Analysis { compiled: compiler.compiled(rule_set), index, rest: Some(rest) }
}

/// Types by file and place, outer before inner: small keys are put in order instead of the types, and of equal places the first noted stays first.
fn ordered(mut types: Vec<(Span, Type)>) -> Vec<(Span, Type)> {
    let key = |(at, (span, _)): (usize, &(Span, Type))| (span.file, u64::from(span.start) << 32 | u64::from(!span.end), at);
    let mut keys: Vec<(FileId, u64, usize)> = types.iter().enumerate().map(key).collect();
    keys.sort_unstable();
    let taken = |(_, _, at): (FileId, u64, usize)| types.get_mut(at).map(|(span, ty)| (*span, std::mem::replace(ty, Type::Error)));
    keys.into_iter().filter_map(taken).collect()
}

fn set_values(compiler: &Compiler<'_>, rule_set: &RuleSet) -> BTreeMap<String, Vec<String>> {
    let values = |id: super::ir::SetId| {
        let set = rule_set.sets.get(id.0 as usize);
        set.map_or_else(Vec::new, |set| set.values.iter().take(MAX_VALUES).map(super::literal_text).collect())
    };
    compiler.env.set_names.iter().map(|(name, id)| (name.clone(), values(*id))).collect()
}

impl Index {
    /// The symbol of an id.
    #[must_use]
    pub fn symbol(&self, id: SymbolId) -> Option<&Symbol> {
        self.symbols.get(id.0)
    }

    /// Every rule of the entry's blocks, in file order.
    pub fn rules(&self) -> impl Iterator<Item = RuleSite<'_>> {
        self.compiled.iter().flat_map(|block| block.rules.iter().map(|rule| RuleSite::of(block, rule)))
    }

    /// One of [`Index::rules`], counted from 0.
    #[must_use]
    pub fn rule(&self, at: usize) -> Option<RuleSite<'_>> {
        self.rules().nth(at)
    }

    /// The symbols with their ids.
    pub fn symbols(&self) -> impl Iterator<Item = (SymbolId, &Symbol)> {
        self.symbols.iter().enumerate().map(|(index, symbol)| (SymbolId(index), symbol))
    }

    /// The name that stands at a byte of a file, or ends there.
    #[must_use]
    pub fn use_at(&self, file: FileId, offset: u32) -> Option<&Use> {
        let after = self.uses.partition_point(|found| (found.span.file, found.span.start) <= (file, offset));
        self.uses.get(after.checked_sub(1)?).filter(|found| found.span.file == file && offset <= found.span.end)
    }

    /// The lexemes of a file in the order of its text.
    #[must_use]
    pub fn lexemes_in(&self, file: FileId) -> &[Lexeme] {
        self.lexemes.get(&file).map(Vec::as_slice).unwrap_or_default()
    }

    /// The names of a file in the order of its text.
    #[must_use]
    pub fn uses_in(&self, file: FileId) -> &[Use] {
        let start = self.uses.partition_point(|found| found.span.file < file);
        let end = self.uses.partition_point(|found| found.span.file <= file);
        self.uses.get(start..end).unwrap_or_default()
    }

    /// Every place where something is named, its declaration included.
    pub fn uses_of(&self, target: Target) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(move |found| found.target == target)
    }

    /// The type of the smallest expression around a byte, and where that expression stands.
    #[must_use]
    pub fn type_at(&self, file: FileId, offset: u32) -> Option<(Span, &Type)> {
        let after = self.types.partition_point(|(span, _)| (span.file, span.start) <= (file, offset));
        let around = self.types.get(..after)?.iter().rev().take_while(|(span, _)| span.file == file);
        around.filter(|(span, _)| offset < span.end).min_by_key(|(span, _)| span.end - span.start).map(|(span, ty)| (*span, ty))
    }

    /// The type of an expression that stands at exactly this place.
    #[must_use]
    pub fn type_of(&self, span: Span) -> Option<&Type> {
        let key = |span: Span| (span.file, span.start, std::cmp::Reverse(span.end));
        let at = self.types.binary_search_by_key(&key(span), |(known, _)| key(*known)).ok()?;
        self.types.get(at).map(|(_, ty)| ty)
    }

    /// The block of a name; of the entry where several files have one.
    #[must_use]
    pub fn block(&self, name: &str) -> Option<&BlockNames> {
        self.blocks.iter().find(|block| block.name == name)
    }

    /// The symbols of a kind that stand at the top of files.
    pub fn of_kind(&self, kind: SymbolKind) -> impl Iterator<Item = &Symbol> {
        self.symbols.iter().filter(move |symbol| symbol.kind == kind)
    }

    /// The members that `.` may name after the value at the end of `path`, a column or `let` of a block and members of it.
    #[must_use]
    pub fn members(&self, block: &str, path: &[&str]) -> Vec<String> {
        shape::Shapes::new(self.trees.iter()).members_of_path(block, path)
    }
}

#[cfg(test)]
mod tests;
