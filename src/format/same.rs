//! Whether two syntax trees are the same but for the places of what is in them.
//!
//! The lists below name every field and variant; one that is missing does not compile.

use crate::source::Spanned;
use crate::syntax::ast;

/// Equality but for places.
pub(super) trait Same {
    fn same(&self, other: &Self) -> bool;
}

macro_rules! same_values {
    ($($ty:ty),* $(,)?) => {
        $(impl Same for $ty {
            fn same(&self, other: &Self) -> bool {
                self == other
            }
        })*
    };
}

macro_rules! same_structs {
    ($($ty:ident { $($field:ident),* $(; $place:ident)? })*) => {
        $(impl Same for ast::$ty {
            fn same(&self, other: &Self) -> bool {
                let Self { $($field,)* $($place: _,)? } = self;
                $($field.same(&other.$field))&&*
            }
        })*
    };
}

macro_rules! same_enums {
    ($($ty:ident {
        $(unit $($unit:ident)*;)?
        $(place $($place:ident)*;)?
        $(tuple $($tuple:ident($($part:ident),*))*;)?
        $(named $($named:ident { $($field:ident),* })*;)?
    })*) => {
        $(impl Same for ast::$ty {
            fn same(&self, other: &Self) -> bool {
                match self {
                    $($(Self::$unit => matches!(other, Self::$unit),)*)?
                    $($(Self::$place(_) => matches!(other, Self::$place(_)),)*)?
                    $($(Self::$tuple($($part),*) => {
                        let mine = ($($part,)*);
                        matches!(other, Self::$tuple($($part),*) if mine.same(&($($part,)*)))
                    })*)?
                    $($(Self::$named { $($field),* } => {
                        let mine = ($($field,)*);
                        matches!(other, Self::$named { $($field),* } if mine.same(&($($field,)*)))
                    })*)?
                }
            }
        })*
    };
}

same_values!(String, bool, u64, i64, i128, ast::CompareOp, ast::ArithOp);

impl<T: Same> Same for Spanned<T> {
    fn same(&self, other: &Self) -> bool {
        self.node.same(&other.node)
    }
}

impl<T: Same> Same for Box<T> {
    fn same(&self, other: &Self) -> bool {
        (**self).same(other)
    }
}

impl<T: Same + ?Sized> Same for &T {
    fn same(&self, other: &Self) -> bool {
        (**self).same(other)
    }
}

impl<T: Same> Same for Option<T> {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(mine), Some(theirs)) => mine.same(theirs),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<T: Same> Same for Vec<T> {
    fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(mine, theirs)| mine.same(theirs))
    }
}

impl<A: Same> Same for (A,) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0)
    }
}

impl<A: Same, B: Same> Same for (A, B) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1)
    }
}

impl<A: Same, B: Same, C: Same> Same for (A, B, C) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1) && self.2.same(&other.2)
    }
}

impl<A: Same, B: Same, C: Same, D: Same> Same for (A, B, C, D) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1) && self.2.same(&other.2) && self.3.same(&other.3)
    }
}

/// Comments are compared on their own, by what they say.
impl Same for ast::File {
    fn same(&self, other: &Self) -> bool {
        let Self { version, items, comments: _, broken } = self;
        version.same(&other.version) && items.same(&other.items) && broken.same(&other.broken)
    }
}

same_structs! {
    Item { kind, docs; span }
    Param { name, ty, default }
    Set { name, source }
    TypeDecl { name, ty, attributes, constraints }
    ExternFunction { name, arguments, result }
    Block { name, from, attributes, items, broken }
    BlockItem { kind, docs; span }
    Field { name, body }
    FieldBody { ty, attributes, constraints }
    FieldsPattern { pattern, body }
    Let { name, value }
    RuleItem { name, attributes, when, expect, message }
    CheckItem { name, attributes, filter, by, expect, message }
    Waive { rule, until, because, filter }
    Observe { value, buckets }
    Test { name, block, given, expect }
    TypeExpr { kind, nullable; span }
    Constraint { kind, when, attributes; span }
    Expr { kind; span }
    Attribute { name, arguments; span }
}

same_enums! {
    ItemKind { tuple Import(a) Param(a) Set(a) Type(a) Extern(a) Features(a) Output(a) Test(a); }
    SetSource { tuple Inline(a); named File { path, column }; }
    BlockItemKind {
        tuple Key(a) Field(a) Fields(a) Let(a) Rule(a) Check(a) Waive(a) Observe(a) Fallback(a) Columns(a);
        named Example { name, row };
    }
    Given { tuple Rows(a) Response(a); named Example { example, with } Stored { row, path }; }
    TestExpect { place Pass Fallback; tuple Unknown(a) Reason(a); named Fail { only, rules }; }
    TypeKind {
        unit TimestampLocal;
        tuple Name(a) Decimal(a, b) TimestampZone(a) List(a) Vector(a, b) Map(a, b) Enum(a) Struct(a);
        named OneOf { tag, variants };
    }
    ConstraintKind {
        unit Unique Increasing;
        tuple Test(a) Each(a);
        named Measure { function, arguments, test } Predicate { function, arguments } Reference { path, column };
    }
    Tail {
        tuple Compare(a, b);
        named
            Between { negated, low, high } InList { negated, values } InSet { negated, set } Matches { negated, pattern }
            Like { negated, pattern } IsNull { negated } IsDistinct { negated, other };
    }
    ExprKind {
        unit Null;
        tuple
            Bool(a) Number(a) String(a) Regex(a) Duration(a) Date(a) Time(a) Timestamp(a) Name(a) Param(a) List(a) Record(a)
            Negate(a) Not(a) And(a) Or(a) Arith(a, b, c) Test(a, b) Member(a, b) Index(a, b);
        named
            Call { function, arguments } Quantifier { all, variable, list, body } Case { operand, branches, otherwise }
            Cast { lenient, value, ty };
    }
    AttributeArgument { tuple Rows(a) Fraction(a) Named(a, b) Value(a); }
}
