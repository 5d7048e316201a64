//! What kind of number an expression has by its types alone.
//!
//! Values carry their own kind, but two things hang on the static one: a literal such as `0.1` is a decimal beside
//! a decimal and a float elsewhere, and the branches of `case` or `coalesce` meet in one kind, and decimals at one
//! scale, even where only one of them is taken.

use super::eval::{Context, Scope};
use super::number::literal_decimal;
use super::value::Value;
use rulegate::syntax::ast::{ArithOp, Expr, ExprKind, Field, ItemKind, TypeDecl, TypeExpr, TypeKind};

#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Int,
    Float,
    /// With its scale.
    Decimal(i32),
    /// A number literal with a point or exponent, not settled yet, with the scale it is written at.
    Literal(i32),
    List(Box<Shape>),
    Map(Box<Shape>),
    Struct(Vec<(String, Shape)>),
    /// Anything that is no number.
    Other,
}

impl Shape {
    pub fn item(&self) -> Self {
        match self {
            Self::List(item) | Self::Map(item) => (**item).clone(),
            _ => Self::Other,
        }
    }

    /// The decimals that values of the kind have.
    fn scale(&self) -> i32 {
        match self {
            Self::Decimal(scale) | Self::Literal(scale) => *scale,
            _ => 0,
        }
    }

    fn member(&self, name: &str) -> Self {
        let Self::Struct(members) = self else { return Self::Other };
        members.iter().find(|(key, _)| key == name).map_or(Self::Other, |(_, shape)| shape.clone())
    }
}

/// The kind in which several branches meet.
pub fn unify(shapes: &[Shape]) -> Shape {
    let has = |test: fn(&Shape) -> bool| shapes.iter().any(test);
    if has(|shape| *shape == Shape::Float) {
        Shape::Float
    } else if has(|shape| matches!(shape, Shape::Decimal(_))) {
        // The largest scale, that of literals too.
        Shape::Decimal(shapes.iter().map(Shape::scale).max().unwrap_or(0))
    } else if has(|shape| matches!(shape, Shape::Literal(_))) {
        Shape::Float
    } else {
        shapes.iter().find(|shape| **shape != Shape::Other).cloned().unwrap_or(Shape::Other)
    }
}

/// A literal that stands beside nothing decimal is a float.
pub fn settled(shape: Shape) -> Shape {
    if matches!(shape, Shape::Literal(_)) { Shape::Float } else { shape }
}

impl<'a> Context<'a> {
    /// The declaration of a named type; `None` for built-in ones.
    pub fn type_decl(&self, name: &str) -> Option<&'a TypeDecl> {
        self.file.items.iter().find_map(|item| match &*item.kind {
            ItemKind::Type(decl) if decl.name.node == name => Some(decl),
            _ => None,
        })
    }

    /// The type behind named types; null is allowed where any name on the way allows it.
    pub fn resolve(&self, ty: &'a TypeExpr) -> (&'a TypeExpr, bool) {
        let TypeKind::Name(name) = &ty.kind else { return (ty, ty.nullable) };
        match self.type_decl(name) {
            Some(decl) => {
                let (resolved, nullable) = self.resolve(&decl.ty);
                (resolved, nullable || ty.nullable)
            }
            None => (ty, ty.nullable),
        }
    }

    pub fn type_shape(&self, ty: &'a TypeExpr) -> Shape {
        match &self.resolve(ty).0.kind {
            TypeKind::Name(name) => builtin_shape(name),
            TypeKind::Decimal(_, scale) => Shape::Decimal(i32::try_from(*scale).expect("a small scale")),
            TypeKind::List(item) | TypeKind::Vector(item, _) => Shape::List(Box::new(self.type_shape(item))),
            TypeKind::Map(_, value) => Shape::Map(Box::new(self.type_shape(value))),
            TypeKind::Struct(members) => Shape::Struct(members.iter().map(|member| self.member_shape(member)).collect()),
            TypeKind::Enum(values) if matches!(values.first().map(|v| &v.kind), Some(ExprKind::Number(_) | ExprKind::Negate(_))) => {
                Shape::Int
            }
            _ => Shape::Other,
        }
    }

    fn member_shape(&self, member: &'a Field) -> (String, Shape) {
        (member.name.node.clone(), self.type_shape(&member.body.ty))
    }

    pub fn shape(&self, expr: &'a Expr, scope: &Scope) -> Shape {
        match &expr.kind {
            ExprKind::Number(text) if text.contains(['.', 'e', 'E']) => Shape::Literal(literal_scale(text)),
            ExprKind::Number(_) => Shape::Int,
            ExprKind::Name(name) => self.name_shape(name, scope),
            ExprKind::Param(name) => self.param(name).map_or(Shape::Other, |param| self.type_shape(&param.ty)),
            ExprKind::List(items) => Shape::List(Box::new(self.common_shape(items, scope))),
            ExprKind::Negate(inner) => self.shape(inner, scope),
            ExprKind::Arith(operator, left, right) => arith_shape(*operator, self.shape(left, scope), self.shape(right, scope)),
            ExprKind::Call { function, arguments } => {
                let shapes: Vec<Shape> = arguments.iter().map(|argument| self.shape(argument, scope)).collect();
                call_shape(&function.node, &shapes)
            }
            ExprKind::Case { branches, otherwise, .. } => {
                let values = branches.iter().map(|(_, value)| value).chain(otherwise.as_deref());
                unify(&values.map(|value| self.shape(value, scope)).collect::<Vec<_>>())
            }
            ExprKind::Cast { ty, .. } => self.type_shape(ty),
            ExprKind::Member(inner, name) => self.shape(inner, scope).member(&name.node),
            ExprKind::Index(inner, _) => self.shape(inner, scope).item(),
            _ => Shape::Other,
        }
    }

    fn common_shape(&self, exprs: &'a [Expr], scope: &Scope) -> Shape {
        unify(&exprs.iter().map(|expr| self.shape(expr, scope)).collect::<Vec<_>>())
    }

    fn name_shape(&self, name: &str, scope: &Scope) -> Shape {
        if let Some(variable) = scope.variable(name) {
            return variable.shape.clone();
        }
        if let Some(found) = super::walk::find_let(self.block, name) {
            return settled(self.shape(&found.value, &Scope::default()));
        }
        self.field(name).map_or(Shape::Other, |field| self.type_shape(&field.body.ty))
    }
}

fn literal_scale(text: &str) -> i32 {
    match literal_decimal(text) {
        // `1e3` is written out: 1000.
        Some(Value::Decimal { scale, .. }) => scale.max(0),
        _ => 0,
    }
}

fn builtin_shape(name: &str) -> Shape {
    match name {
        "decimal" => panic!("the oracle reads no decimals of any scale"),
        _ if name.starts_with("int") || name.starts_with("uint") => Shape::Int,
        _ if name.starts_with("float") => Shape::Float,
        _ => Shape::Other,
    }
}

fn arith_shape(operator: ArithOp, left: Shape, right: Shape) -> Shape {
    let number = |shape: &Shape| matches!(shape, Shape::Int | Shape::Float | Shape::Decimal(_) | Shape::Literal(_));
    if !number(&left) || !number(&right) {
        return Shape::Other;
    }
    let product = left.scale() + right.scale();
    match (operator, unify(&[left, right])) {
        (ArithOp::Div, Shape::Int) => Shape::Float,
        (ArithOp::Div, Shape::Decimal(scale)) => Shape::Decimal(scale.max(6)),
        (ArithOp::Mul, Shape::Decimal(_)) => Shape::Decimal(product),
        (ArithOp::IntDiv, Shape::Decimal(_)) => Shape::Decimal(0),
        (_, met) => met,
    }
}

/// The kind of a function's result from those of its arguments.
pub fn call_shape(function: &str, arguments: &[Shape]) -> Shape {
    let first = || arguments.first().cloned().map_or(Shape::Other, settled);
    match function {
        "abs" | "round" | "floor" | "ceil" | "trunc" | "nullif" => first(),
        "sign" | "length" | "byte_length" | "word_count" | "dims" | "year" | "month" | "day" | "hour" | "minute" | "second" | "weekday"
        | "distinct_count" | "row_count" | "count" | "count_if" | "null_count" => Shape::Int,
        "sqrt" | "exp" | "ln" | "log10" | "pow" | "norm" | "dot" | "cosine_similarity" | "mean" | "stddev" | "variance"
        | "null_fraction" => Shape::Float,
        "least" | "greatest" | "coalesce" => unify(arguments),
        "if" => unify(arguments.get(1..).unwrap_or_default()),
        "mod" => unify(arguments),
        "sum" | "min" | "max" => match first() {
            Shape::List(item) => *item,
            other => other,
        },
        "split" => Shape::List(Box::new(Shape::Other)),
        _ => Shape::Other,
    }
}
