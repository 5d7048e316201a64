//! The typed intermediate representation: every name resolved, every type known, nothing bound to data yet.
//!
//! Expressions live in an [`Arena`] where equal expressions share one id, so a sub-expression that many rules use is one node and is
//! computed once. Children have smaller ids than their parents: walking ids upwards is evaluation order, and nothing here recurses.

use std::collections::{BTreeMap, BTreeSet, hash_map};
use std::sync::Arc;

use ahash::HashMap;

use crate::functions::{AggregateKind, FunctionDef};
use crate::kernels::drift::Baseline;
use crate::outputs::{Shape, Step};
use crate::source::Span;
use crate::types::{ArithOp, ColumnType, CompareOp, Type};
pub(crate) use crate::types::{CastTarget, Entry};

/// Names an expression of an [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ExprId(pub u32);

/// Names a declared column of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ColumnId(pub u32);

/// Names a lambda: its variable, and the rows its body is evaluated over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LambdaId(pub u32);

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i128),
    /// A number with a point: exact beside decimals, the nearest float64 elsewhere. Mantissa, scale, bits of the float64.
    Number(i128, i32, u64),
    /// A float64 that is no short decimal, by its bits.
    Float(u64),
    Decimal(i128, i32),
    Str(String),
    Date(i128),
    Time(i128),
    Timestamp(i128),
    LocalTimestamp(i128),
    Duration(i128),
}

impl Literal {
    /// The type of the constant. A number with a point has the open type `number` until its neighbours decide.
    pub(crate) fn ty(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Number(..) => Type::Number,
            Self::Float(_) => Type::Float,
            Self::Decimal(..) => Type::Decimal,
            Self::Str(_) => Type::String,
            Self::Date(_) => Type::Date,
            Self::Time(_) => Type::Time,
            Self::Timestamp(_) => Type::Timestamp,
            Self::LocalTimestamp(_) => Type::LocalTimestamp,
            Self::Duration(_) => Type::Duration,
        }
    }
}

/// An expression; its children are ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Literal(Literal),
    /// A declared column as the data has it.
    Column(ColumnId),
    /// The column a `fields /…/` pattern is being applied to.
    PatternColumn,
    /// The variable of a lambda: an item of its list.
    Item(LambdaId),
    /// `now()`
    Now,
    /// Null where the value is one of these sentinels.
    Missing(ExprId, Vec<Literal>),
    /// True where the data has a value: not null, or text that did not parse.
    Present(ExprId),
    /// Whether a value has its declared type, where that is a question of rows; null where the value is.
    TypeOk(ExprId, ColumnType),
    /// The value where it has its declared type, else null.
    Typed(ExprId, ColumnType),
    IsNull(ExprId),
    Not(ExprId),
    And(Vec<ExprId>),
    Or(Vec<ExprId>),
    Compare(CompareOp, ExprId, ExprId),
    Distinct(ExprId, ExprId),
    InSet(ExprId, SetId),
    /// Pattern, and whether it must match the whole value.
    Matches(ExprId, String, bool),
    Like(ExprId, ExprId),
    Arith(ArithOp, ExprId, ExprId),
    Negate(ExprId),
    Cast(ExprId, CastTarget, bool),
    Call(FunctionRef, Vec<ExprId>),
    Host(String, Vec<ExprId>),
    Coalesce(Vec<ExprId>),
    NullIf(ExprId, ExprId),
    /// Conditions with values, and the value where none is true.
    Case(Vec<(ExprId, ExprId)>, ExprId),
    Member(ExprId, String),
    ListItem(ExprId, ExprId),
    MapItem(ExprId, ExprId),
    /// The keys or the values of a map, as a list.
    Entries(ExprId, Entry),
    List(Vec<ExprId>),
    /// Quantifies over the items of a list.
    Quantifier {
        all: bool,
        list: ExprId,
        lambda: LambdaId,
        body: ExprId,
    },
    /// The value of an aggregate of the check this expression belongs to.
    Aggregate(u32),
}

/// Names a value set of the rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SetId(pub u32);

/// A function, compared by name.
#[derive(Clone, Copy)]
pub(crate) struct FunctionRef(pub &'static FunctionDef);

impl PartialEq for FunctionRef {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}
impl Eq for FunctionRef {}
impl std::hash::Hash for FunctionRef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}
impl std::fmt::Debug for FunctionRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

impl Node {
    /// The nodes this one is computed from.
    pub(crate) fn children(&self) -> Vec<ExprId> {
        let mut children = Vec::new();
        self.add_children(&mut children);
        children
    }

    /// Adds the nodes this one is computed from to others.
    fn add_children(&self, to: &mut Vec<ExprId>) {
        match self {
            Self::Literal(_) | Self::Column(_) | Self::PatternColumn | Self::Item(_) | Self::Now | Self::Aggregate(_) => {}
            Self::Missing(a, _)
            | Self::Present(a)
            | Self::TypeOk(a, _)
            | Self::Typed(a, _)
            | Self::IsNull(a)
            | Self::Not(a)
            | Self::InSet(a, _)
            | Self::Matches(a, ..)
            | Self::Negate(a)
            | Self::Cast(a, ..)
            | Self::Entries(a, _)
            | Self::Member(a, _) => to.push(*a),
            Self::Compare(_, a, b)
            | Self::Distinct(a, b)
            | Self::Like(a, b)
            | Self::Arith(_, a, b)
            | Self::NullIf(a, b)
            | Self::ListItem(a, b)
            | Self::MapItem(a, b) => to.extend([*a, *b]),
            Self::Quantifier { list, body, .. } => to.extend([*list, *body]),
            Self::And(all) | Self::Or(all) | Self::Call(_, all) | Self::Host(_, all) | Self::Coalesce(all) | Self::List(all) => {
                to.extend_from_slice(all);
            }
            Self::Case(branches, otherwise) => {
                to.extend(branches.iter().flat_map(|(condition, value)| [*condition, *value]).chain([*otherwise]));
            }
        }
    }
}

/// Nodes, each different from all others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arena {
    nodes: Vec<Node>,
    ids: HashMap<Node, ExprId>,
}

impl Arena {
    /// Makes room for so many nodes.
    pub(crate) fn reserve(&mut self, nodes: usize) {
        self.nodes.reserve(nodes);
        self.ids.reserve(nodes);
    }

    /// The id of a node, new or known.
    pub(crate) fn intern(&mut self, node: Node) -> ExprId {
        match self.ids.entry(node) {
            hash_map::Entry::Occupied(known) => *known.get(),
            hash_map::Entry::Vacant(new) => {
                let id = ExprId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
                self.nodes.push(new.key().clone());
                *new.insert(id)
            }
        }
    }

    /// All nodes.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ExprId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(ExprId)
    }

    /// The node of an id.
    pub(crate) fn node(&self, id: ExprId) -> &Node {
        static NULL: Node = Node::Literal(Literal::Null);
        self.nodes.get(id.0 as usize).unwrap_or(&NULL)
    }

    /// Everything the roots are computed from, the roots included, in evaluation order.
    pub(crate) fn closure(&self, roots: impl IntoIterator<Item = ExprId>) -> BTreeSet<ExprId> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<ExprId> = roots.into_iter().collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                self.node(id).add_children(&mut open);
            }
        }
        seen
    }

    /// The columns the roots read.
    pub(crate) fn columns(&self, roots: impl IntoIterator<Item = ExprId>) -> BTreeSet<ColumnId> {
        let roots: Vec<ExprId> = roots.into_iter().collect();
        if roots.is_empty() {
            return BTreeSet::new();
        }
        let column = |id: &ExprId| if let Node::Column(column) = self.node(*id) { Some(*column) } else { None };
        match self.few(&roots) {
            Some(seen) => seen.iter().filter_map(column).collect(),
            None => self.closure(roots).iter().filter_map(column).collect(),
        }
    }

    /// The nodes below some roots, where they are few, as those of most rules: a list finds them faster than a tree.
    fn few(&self, roots: &[ExprId]) -> Option<Vec<ExprId>> {
        const FEW: usize = 24;
        let (mut open, mut seen) = (Vec::with_capacity(FEW), Vec::with_capacity(FEW));
        open.extend_from_slice(roots);
        while let Some(id) = open.pop() {
            if seen.contains(&id) {
                continue;
            }
            if seen.len() == FEW {
                return None;
            }
            seen.push(id);
            self.node(id).add_children(&mut open);
        }
        Some(seen)
    }
}

/// How much a rule weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a look; never fails the data.
    Warn,
    /// Fails the data past its bound.
    Error,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

/// How many failures are too many: past this, not at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A share of the evaluated rows that passed or failed: mantissa and number of decimals.
    Fraction(u64, u32),
    /// A number of rows.
    Rows(u64),
}

impl Bound {
    /// No failure at all.
    pub const ZERO: Self = Self::Rows(0);

    /// Whether `failed` of `judged` rows are past the bound, computed exactly.
    #[must_use]
    pub fn exceeded(self, failed: u64, judged: u64) -> bool {
        match self {
            Self::Rows(rows) => failed > rows,
            Self::Fraction(mantissa, decimals) => {
                let unit = 10_u128.saturating_pow(decimals);
                u128::from(failed).saturating_mul(unit) > u128::from(mantissa).saturating_mul(u128::from(judged))
            }
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rows(1) => f.write_str("1 row"),
            Self::Rows(rows) => write!(f, "{rows} rows"),
            Self::Fraction(mantissa, decimals) => {
                // As a percentage: two decimals fewer.
                let (unit, decimals) = if *decimals >= 2 { (1, decimals - 2) } else { (10_u64.pow(2 - decimals), 0) };
                let text = format!("{:0>width$}", mantissa.saturating_mul(unit), width = decimals as usize + 1);
                let (whole, rest) = text.split_at(text.len() - decimals as usize);
                let rest = rest.trim_end_matches('0');
                if rest.is_empty() { write!(f, "{whole}%") } else { write!(f, "{whole}.{rest}%") }
            }
        }
    }
}

/// What the write gate does with a failing row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OnFail {
    /// The row is set aside.
    RejectRow,
    /// The batch is refused.
    RejectBatch,
    /// Nothing.
    Keep,
    /// The value is replaced: by this constant, in the language's own form.
    Replace(String),
}

impl OnFail {
    /// What is done where `@on_fail` is not written.
    pub(crate) fn by_default(severity: Severity) -> Self {
        if severity == Severity::Error { Self::RejectRow } else { Self::Keep }
    }
}

/// A part of a message template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplatePart {
    Text(String),
    Value(ExprId),
}

/// A message with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub text: String,
    pub parts: Vec<TemplatePart>,
}

/// A rule of a block.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub id: String,
    pub field: Option<String>,
    /// The last part of the id before `@name` changed it: range, enum, regex …
    pub check: String,
    pub severity: Severity,
    pub warn: Option<Bound>,
    pub error: Option<Bound>,
    pub shadow: bool,
    pub nulls_fail: bool,
    pub on_fail: OnFail,
    /// Whether `@on_fail` is written, so that it stays what it is under another severity.
    pub on_fail_given: bool,
    /// The constant of [`OnFail::Replace`], as a value of the field's type.
    pub replacement: Option<Literal>,
    pub when: Option<ExprId>,
    pub body: RuleBody,
    pub message: Option<Template>,
    pub docs: Option<String>,
    pub tags: Vec<String>,
    pub owner: Option<String>,
    pub span: Span,
    /// Columns it reads, for samples and for skipping where one does not fit.
    pub columns: Vec<ColumnId>,
    /// Whether it reads a redacted column.
    pub redacted: bool,
    /// Why this version does not evaluate it.
    pub planned: Option<String>,
    /// Why it cannot be computed: a file it needs is not there.
    pub broken: Option<String>,
    /// Who switched it off, when and why.
    pub off: Option<String>,
}

/// What a rule asks.
#[derive(Debug, Clone)]
pub(crate) enum RuleBody {
    /// A condition on each row.
    Row(ExprId),
    /// A condition on each row of each column a pattern matches, over [`Node::PatternColumn`].
    Pattern(usize, ExprId),
    /// The column has its declared type; where rows can fail it, the condition on them.
    Type(TypeSubject, Option<ExprId>),
    /// Members of groups of equal keys fail.
    Unique(Vec<ExprId>),
    /// Each value is greater than the one before.
    Increasing(ExprId),
    /// Each value stands in a column of a file: the test, which is one of a set, and the column as written.
    Reference(ExprId, String),
    /// A dataset check.
    Check(Box<Check>),
    /// What the reading of a response has come to; the other body is asked where the column holds structs.
    Response(Question, Box<RuleBody>),
    /// Nothing: the rule is declared, and skipped with the reason in `planned`.
    Planned,
}

impl RuleBody {
    /// Whether it is asked of all rows together rather than of each.
    pub(crate) fn is_dataset(&self) -> bool {
        matches!(self, Self::Unique(_) | Self::Increasing(_) | Self::Reference(..) | Self::Check(_))
    }
}

/// What is asked of the reading of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// Could it be read?
    Parse,
    /// Has it only declared keys?
    ExtraFields,
    /// Is there a value at this path?
    Required(Vec<String>),
    /// Has the value at this path its type?
    Type(Vec<String>),
}

/// What a type rule speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeSubject {
    Column(ColumnId),
    /// Every column of a pattern.
    Pattern(usize),
    /// A member of a struct: its shape is part of the column's.
    Member(ColumnId),
}

/// A dataset check.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    pub filter: Option<ExprId>,
    pub by: Vec<ExprId>,
    /// The expressions of `by` as written, for the report.
    pub by_names: Vec<String>,
    pub aggregates: Vec<AggregateCall>,
    /// Over [`Node::Aggregate`] and constants.
    pub expect: ExprId,
    /// The side of the comparison that aggregates stand on, for the report's `value`.
    pub value: Option<ExprId>,
}

/// A share of the rows that a rule has judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleShare {
    /// The rule as written, without the block's name; its id once all rules are known.
    pub rule: String,
    /// Rows that fail for this reason alone are counted.
    pub reason: Option<String>,
}

/// A sample to compare with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedBaseline {
    /// The set or the file, as written.
    pub name: String,
    pub sample: Baseline,
}

/// A call of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AggregateCall {
    /// The rule whose share of failing rows it is.
    pub share: Option<RuleShare>,
    /// What a column is compared with, where it is measured how far it lies from it.
    pub baseline: Option<Arc<NamedBaseline>>,
    pub kind: AggregateKind,
    pub arguments: Vec<ExprId>,
    pub ty: Type,
}

impl AggregateCall {
    /// The sample to compare with, if there is one.
    pub(crate) fn sample(&self) -> Option<&Baseline> {
        self.baseline.as_ref().map(|baseline| &baseline.sample)
    }
}

/// A declared column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub name: String,
    pub ty: ColumnType,
    pub nullable: bool,
    pub redact: bool,
    /// A detector of secrets or of personal data looks at it.
    pub guarded: bool,
    /// A field of an `output` block: read from the response, no column of the data.
    pub response: bool,
    pub docs: Option<String>,
}

impl Column {
    /// Whether reports show none of its values: they are redacted, or what a detector found in them would be shown.
    pub(crate) fn is_hidden(&self) -> bool {
        self.redact || self.guarded
    }
}

/// A `fields /…/` pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub regex: regex::Regex,
    pub ty: ColumnType,
    pub redact: bool,
}

/// A value set.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub name: Option<String>,
    pub ty: Type,
    pub values: Vec<Literal>,
}

/// An observed expression.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub text: String,
    pub value: ExprId,
    pub buckets: Vec<Literal>,
    pub redacted: bool,
}

/// A waiver of a rule of the block.
#[derive(Debug, Clone)]
pub(crate) struct Waiver {
    /// The rule, by its place in the block.
    pub rule: usize,
    /// The last day it holds, counted from 1970; without one it holds for good.
    pub until: Option<i128>,
    pub because: Option<String>,
    /// The rows it covers where they fail; without one all of them.
    pub filter: Option<ExprId>,
}

/// A declared function of the host program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extern {
    pub name: String,
    pub arguments: Vec<ColumnType>,
    pub result: ColumnType,
}

/// A compiled block.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub name: String,
    pub docs: Option<String>,
    /// An `output` block.
    pub output: bool,
    /// What an `output` block is read from.
    pub response: Option<Response>,
    pub closed: bool,
    pub keys: Vec<ColumnId>,
    pub columns: Vec<Column>,
    pub patterns: Vec<Pattern>,
    pub arena: Arena,
    pub rules: Vec<Rule>,
    pub observations: Vec<Observation>,
    pub waivers: Vec<Waiver>,
    /// Literals that parameters stand for: their values may be others tomorrow.
    pub params: BTreeSet<ExprId>,
}

/// The responses of an `output` block.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// The column that holds them.
    pub source: String,
    /// The column that tells why each ended.
    pub finish: Option<String>,
    /// A recovered reading is taken where the strict one fails.
    pub lenient: bool,
    /// What a response is declared to be; its members are the block's columns that are read from it, in their order.
    pub shape: Shape,
    /// What is done to values before rules see them, by member.
    pub normalize: BTreeMap<usize, Vec<Step>>,
    /// What stands in for a response that fails, as JSON.
    pub fallback: Option<String>,
}

impl Block {
    /// The columns that the data is declared to have, with their types.
    pub(crate) fn inputs(&self) -> Vec<(String, ColumnType)> {
        let columns = self.columns.iter().filter(|column| !column.response);
        let mut inputs: Vec<_> = columns.map(|column| (column.name.clone(), column.ty.clone())).collect();
        if let Some(response) = self.response.as_ref().filter(|response| !inputs.iter().any(|(name, _)| *name == response.source)) {
            inputs.push((response.source.clone(), ColumnType::String));
        }
        inputs
    }

    /// Whether a column is declared: by a field, or by a pattern it matches.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name) || self.patterns.iter().any(|pattern| pattern.regex.is_match(name))
    }
}
