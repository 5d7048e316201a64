//! Every node of the syntax tree with its parts, written once, for what goes through all of them: comparing trees, moving them.
//!
//! A part that is missing here does not compile where a list is used. What stands behind `;`, or in a variant of `place`, is a place.

/// Calls a macro with the structs of the tree.
macro_rules! each_struct {
    ($apply:ident) => {
        $apply! {
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
    };
}

/// Calls a macro with the enums of the tree.
macro_rules! each_enum {
    ($apply:ident) => {
        $apply! {
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
    };
}

pub(crate) use {each_enum, each_struct};
