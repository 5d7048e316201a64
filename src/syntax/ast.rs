//! The syntax tree of a rule file: what was written, with places, before any name or type is known.

use std::sync::Arc;

use crate::source::{Span, Spanned};
pub use crate::types::{ArithOp, CompareOp};

/// A name as written, back-ticks removed.
pub type Name = Spanned<String>;

/// One parsed file: the items that could be read, in file order.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// The `rulegate N` line.
    pub version: Option<Spanned<u64>>,
    /// Everything else.
    pub items: Vec<Item>,
    /// Every comment, doc comments included, in file order.
    pub comments: Vec<Comment>,
    /// Names of parameters, sets, types and functions that could not be read: what uses them is not at fault.
    pub broken: Vec<Name>,
}

/// A comment with its delimiters.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// The text as written, `//`, `///` or `/* */` included.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A top-level item with the doc comment above it.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it is. Trees of two texts share what is the same in both.
    pub kind: Arc<ItemKind>,
    /// Lines of the `///` comment above, joined by newlines.
    pub docs: Option<String>,
    /// The whole item.
    pub span: Span,
}

/// The kinds of top-level items.
#[derive(Debug, Clone)]
pub enum ItemKind {
    /// `import "path"`
    Import(Spanned<String>),
    /// `param name: type = value`
    Param(Param),
    /// `set name = (…)` or `set name from "file" column "column"`
    Set(Set),
    /// `type name = type constraints`
    Type(TypeDecl),
    /// `extern function name(arguments): type`
    Extern(ExternFunction),
    /// `features name { … }`
    Features(Block),
    /// `output name from column { … }`
    Output(Block),
    /// `test "name" for block { … }`
    Test(Test),
}

/// `param name: type = value`
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name, used as `$name`.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Its default; without one the caller must give a value.
    pub default: Option<Expr>,
}

/// A named value set.
#[derive(Debug, Clone)]
pub struct Set {
    /// Its name.
    pub name: Name,
    /// Where its values come from.
    pub source: SetSource,
}

/// Where a set's values come from.
#[derive(Debug, Clone)]
pub enum SetSource {
    /// Values written in the file.
    Inline(Vec<Expr>),
    /// A column of a CSV or Parquet file, read when the rules are compiled.
    File {
        /// Path, relative to the rule file.
        path: Spanned<String>,
        /// Column of the file; the only one where left out.
        column: Option<Spanned<String>>,
    },
}

/// `type name = type constraints`
#[derive(Debug, Clone)]
pub struct TypeDecl {
    /// Its name.
    pub name: Name,
    /// The type it stands for.
    pub ty: TypeExpr,
    /// Attributes after the type.
    pub attributes: Vec<Attribute>,
    /// Constraints every field of the type carries.
    pub constraints: Vec<Constraint>,
}

/// `extern function name(a: type, …): type`
#[derive(Debug, Clone)]
pub struct ExternFunction {
    /// Its name.
    pub name: Name,
    /// Arguments with their types.
    pub arguments: Vec<(Name, TypeExpr)>,
    /// Result type.
    pub result: TypeExpr,
}

/// A `features` or `output` block.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its name.
    pub name: Name,
    /// For outputs: the column that holds the responses.
    pub from: Option<Name>,
    /// Attributes of the block.
    pub attributes: Vec<Attribute>,
    /// Its items in file order.
    pub items: Vec<BlockItem>,
    /// Names of fields and lets that could not be read: what uses them is not at fault.
    pub broken: Vec<Name>,
}

/// An item of a block with the doc comment above it.
#[derive(Debug, Clone)]
pub struct BlockItem {
    /// What it is. Trees of two texts share what is the same in both.
    pub kind: Arc<BlockItemKind>,
    /// Lines of the `///` comment above.
    pub docs: Option<String>,
    /// The whole item.
    pub span: Span,
}

/// The kinds of block items.
#[derive(Debug, Clone)]
pub enum BlockItemKind {
    /// `key a, b`
    Key(Vec<Name>),
    /// `name : type …`
    Field(Field),
    /// `fields /pattern/ : type …`
    Fields(FieldsPattern),
    /// `let name = expr`
    Let(Let),
    /// `rule name …`
    Rule(RuleItem),
    /// `check name …`
    Check(CheckItem),
    /// `waive rule until date because "…" where …`
    Waive(Waive),
    /// `observe expr buckets (…)`
    Observe(Observe),
    /// `example name { … }`
    Example {
        /// Its name.
        name: Name,
        /// Its fields.
        row: Vec<(Name, Expr)>,
    },
    /// `fallback { … }`
    Fallback(Vec<(Name, Expr)>),
    /// `columns { name: type, … }`
    Columns(Vec<(Name, TypeExpr)>),
}

/// `name : type attributes constraint attributes, …`
#[derive(Debug, Clone)]
pub struct Field {
    /// The column.
    pub name: Name,
    /// Type, attributes and constraints.
    pub body: FieldBody,
}

/// What follows the colon of a field, of a pattern and of a struct member.
#[derive(Debug, Clone)]
pub struct FieldBody {
    /// Its type.
    pub ty: TypeExpr,
    /// Attributes after the type: they hold for the field and all its rules.
    pub attributes: Vec<Attribute>,
    /// Constraints, each one rule.
    pub constraints: Vec<Constraint>,
}

/// `fields /pattern/ : type …`
#[derive(Debug, Clone)]
pub struct FieldsPattern {
    /// The pattern, matched against whole column names.
    pub pattern: Spanned<String>,
    /// Type, attributes and constraints of every column that matches.
    pub body: FieldBody,
}

/// `let name = expr`
#[derive(Debug, Clone)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// A row rule.
#[derive(Debug, Clone)]
pub struct RuleItem {
    /// Its name.
    pub name: Name,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Rows it speaks about.
    pub when: Option<Expr>,
    /// What must hold.
    pub expect: Expr,
    /// Message template.
    pub message: Option<Spanned<String>>,
}

/// A dataset check.
#[derive(Debug, Clone)]
pub struct CheckItem {
    /// Its name.
    pub name: Name,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Rows it takes in.
    pub filter: Option<Expr>,
    /// Groups it is judged by.
    pub by: Vec<Expr>,
    /// What must hold, over aggregates.
    pub expect: Expr,
    /// Message template.
    pub message: Option<Spanned<String>>,
}

/// `waive rule.id until date "…" because "…" where expr`
#[derive(Debug, Clone)]
pub struct Waive {
    /// The rule id, without the block's name.
    pub rule: Vec<Name>,
    /// Until when.
    pub until: Option<Expr>,
    /// Why.
    pub because: Option<Spanned<String>>,
    /// For which rows.
    pub filter: Option<Expr>,
}

/// `observe expr buckets (…)`
#[derive(Debug, Clone)]
pub struct Observe {
    /// What is observed.
    pub value: Expr,
    /// Upper bounds of the buckets, ascending.
    pub buckets: Vec<Expr>,
}

/// A test of rules.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its name.
    pub name: Spanned<String>,
    /// The block it tests.
    pub block: Name,
    /// What it is given.
    pub given: Vec<Given>,
    /// What it expects.
    pub expect: Vec<TestExpect>,
}

/// One `given` of a test.
#[derive(Debug, Clone)]
pub enum Given {
    /// `given { … } { … }`
    Rows(Vec<Vec<(Name, Expr)>>),
    /// `given valid with { … }`
    Example {
        /// Name of the example.
        example: Name,
        /// What differs from it.
        with: Vec<(Name, Expr)>,
    },
    /// `given """…"""`
    Response(Spanned<String>),
    /// `given row 3 from "file.parquet"`
    Stored {
        /// Row number from 0.
        row: Spanned<u64>,
        /// The file.
        path: Spanned<String>,
    },
}

/// One `expect` of a test.
#[derive(Debug, Clone)]
pub enum TestExpect {
    /// `expect pass`
    Pass(Span),
    /// `expect [only] fail a, b`
    Fail {
        /// Exactly these rules.
        only: bool,
        /// Rule ids without the block's name.
        rules: Vec<Vec<Name>>,
    },
    /// `expect unknown a`
    Unknown(Vec<Vec<Name>>),
    /// `expect reason truncated`
    Reason(Name),
    /// `expect fallback`
    Fallback(Span),
}

/// A type as written.
#[derive(Debug, Clone)]
pub struct TypeExpr {
    /// The type without its question mark.
    pub kind: TypeKind,
    /// True for `T?`.
    pub nullable: bool,
    /// Where it stands.
    pub span: Span,
}

/// The shapes of types.
#[derive(Debug, Clone)]
pub enum TypeKind {
    /// A plain name: built in or declared.
    Name(String),
    /// `decimal(p, s)`
    Decimal(u64, i64),
    /// `timestamp("UTC")`
    TimestampZone(String),
    /// `timestamp(local)`
    TimestampLocal,
    /// `list<T>`
    List(Box<TypeExpr>),
    /// `vector<T, N>`
    Vector(Box<TypeExpr>, u64),
    /// `map<K, V>`
    Map(Box<TypeExpr>, Box<TypeExpr>),
    /// `enum("a", …)`
    Enum(Vec<Expr>),
    /// `struct { name: T, … }`
    Struct(Vec<Field>),
    /// `one_of(kind) { "a": { … } }`
    OneOf {
        /// The discriminator field.
        tag: Name,
        /// A member list for each value of it.
        variants: Vec<(Spanned<String>, Vec<Field>)>,
    },
}

/// One constraint of a field.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// What must hold of the field.
    pub kind: ConstraintKind,
    /// Rows it speaks about.
    pub when: Option<Expr>,
    /// Attributes after it.
    pub attributes: Vec<Attribute>,
    /// Where it stands.
    pub span: Span,
}

/// The shapes of constraints.
#[derive(Debug, Clone)]
pub enum ConstraintKind {
    /// A comparison, `between`, `in`, `matches` or `like` with the field on its left.
    Test(Tail),
    /// A function of the field followed by a test: `length between 1 and 12`, `norm <= 1`.
    Measure {
        /// The function.
        function: Name,
        /// Arguments after the field.
        arguments: Vec<Expr>,
        /// The test of its result.
        test: Tail,
    },
    /// A boolean function of the field: `is_email`, `starts_with("0x")`, `no_pii(email)`.
    Predicate {
        /// The function.
        function: Name,
        /// Arguments after the field, some named.
        arguments: Vec<AttributeArgument>,
    },
    /// `each <constraint>`
    Each(Box<ConstraintKind>),
    /// `unique`
    Unique,
    /// `increasing`
    Increasing,
    /// `in reference("ids.parquet", "id")`
    Reference {
        /// The file.
        path: Spanned<String>,
        /// Its column.
        column: Spanned<String>,
    },
}

/// What can follow an operand: the right side of a test.
#[derive(Debug, Clone)]
pub enum Tail {
    /// `= < <= > >= !=`
    Compare(CompareOp, Expr),
    /// `[not] between low and high`
    Between {
        /// True for `not between`.
        negated: bool,
        /// Lower bound, included.
        low: Expr,
        /// Upper bound, included.
        high: Expr,
    },
    /// `[not] in (…)`
    InList {
        /// True for `not in`.
        negated: bool,
        /// The values.
        values: Vec<Expr>,
    },
    /// `[not] in set`
    InSet {
        /// True for `not in`.
        negated: bool,
        /// The set.
        set: Name,
    },
    /// `[not] matches /re/`
    Matches {
        /// True for `not matches`.
        negated: bool,
        /// The pattern.
        pattern: Spanned<String>,
    },
    /// `[not] like "A%"`
    Like {
        /// True for `not like`.
        negated: bool,
        /// The pattern.
        pattern: Expr,
    },
    /// `is [not] null`
    IsNull {
        /// True for `is not null`.
        negated: bool,
    },
    /// `is [not] distinct from x`
    IsDistinct {
        /// True for `is not distinct from`.
        negated: bool,
        /// The other side.
        other: Expr,
    },
}

/// An expression with its place.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The shapes of expressions.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number as written, underscores removed; a percent sign has been applied as two decimal places.
    Number(String),
    /// `"…"` with escapes resolved, or `"""…"""`.
    String(String),
    /// `/…/` with `\/` resolved.
    Regex(String),
    /// A duration in nanoseconds.
    Duration(i128),
    /// `date "…"`
    Date(String),
    /// `time "…"`
    Time(String),
    /// `timestamp "…"`
    Timestamp(String),
    /// A bare name: column, `let`, or lambda variable.
    Name(String),
    /// `$name`
    Param(String),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ a: 1 }` (tests, fallbacks, examples)
    Record(Vec<(Name, Expr)>),
    /// `-x`
    Negate(Box<Expr>),
    /// `not x`
    Not(Box<Expr>),
    /// `a and b and …`
    And(Vec<Expr>),
    /// `a or b or …`
    Or(Vec<Expr>),
    /// `a + b`
    Arith(ArithOp, Box<Expr>, Box<Expr>),
    /// An operand with a test: `x >= 0`, `x in (…)`.
    Test(Box<Expr>, Box<Tail>),
    /// `f(a, b)`
    Call {
        /// The function.
        function: Name,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
    /// `any(x in l: e)`, `all(x in l: e)`
    Quantifier {
        /// True for `all`.
        all: bool,
        /// The variable.
        variable: Name,
        /// The list.
        list: Box<Expr>,
        /// What is asked of each item.
        body: Box<Expr>,
    },
    /// `case when a then b … else c end`; with an operand, `a` is compared with it.
    Case {
        /// `case x when v then …`
        operand: Option<Box<Expr>>,
        /// The branches.
        branches: Vec<(Expr, Expr)>,
        /// `else`
        otherwise: Option<Box<Expr>>,
    },
    /// `cast(x as T)`, `try_cast(x as T)`
    Cast {
        /// True for `try_cast`.
        lenient: bool,
        /// The value.
        value: Box<Expr>,
        /// The type.
        ty: TypeExpr,
    },
    /// `a.b`
    Member(Box<Expr>, Name),
    /// `l[0]`, `m["k"]`
    Index(Box<Expr>, Box<Expr>),
}

/// `@name(arguments)`
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name without the at sign.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<AttributeArgument>,
    /// The whole attribute.
    pub span: Span,
}

/// An argument of an attribute or of a constraint function.
#[derive(Debug, Clone)]
pub enum AttributeArgument {
    /// `100 rows`
    Rows(Spanned<u64>),
    /// `0.1%` (as a fraction)
    Fraction(Spanned<String>),
    /// `name: value`
    Named(Name, Expr),
    /// Anything else.
    Value(Expr),
}

impl AttributeArgument {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Rows(rows) => rows.span,
            Self::Fraction(fraction) => fraction.span,
            Self::Named(name, value) => name.span.to(value.span),
            Self::Value(value) => value.span,
        }
    }
}
