//! Items, types, attributes and constraints: pairs become the tree.

use std::sync::Arc;

use pest::iterators::{Pair, Pairs};

use crate::source::Spanned;
use crate::syntax::ast::{
    Attribute, AttributeArgument, Block, BlockItemKind, CheckItem, Constraint, ConstraintKind, Expr, ExternFunction, Field, FieldBody,
    FieldsPattern, Given, ItemKind, Let, Name, Observe, Param, RuleItem, Set, SetSource, Test, TestExpect, TypeDecl, TypeExpr, TypeKind,
    Waive,
};
use crate::syntax::scan::ItemStart;

use super::{Build, Inside, Parsed, Production};

/// Builds an item; `None` only if the tree does not have the shape the grammar promises, which a test would show.
pub(super) fn build(mut build: Build<'_>, mut pairs: Pairs<'_, Production>, start: ItemStart) -> Option<Parsed> {
    let pair = pairs.next()?;
    build.item(pair, start)
}

impl Build<'_> {
    fn item(&mut self, pair: Pair<'_, Production>, start: ItemStart) -> Option<Parsed> {
        let mut inside = Inside::of(pair.clone());
        // The item's own word says nothing new.
        if !matches!(start, ItemStart::Field) {
            inside.next()?;
        }
        Some(match start {
            ItemStart::Version => Parsed::Version(self.integer(&inside.next()?)),
            ItemStart::Import => Parsed::Top(Arc::new(ItemKind::Import(self.string(inside.next()?)?))),
            ItemStart::Param => Parsed::Top(Arc::new(ItemKind::Param(self.param(inside)?))),
            ItemStart::Set => Parsed::Top(Arc::new(ItemKind::Set(self.set(inside)?))),
            ItemStart::Type => Parsed::Top(Arc::new(ItemKind::Type(self.type_decl(inside)?))),
            ItemStart::Extern => Parsed::Top(Arc::new(ItemKind::Extern(self.extern_function(inside)?))),
            ItemStart::Features | ItemStart::Output => Parsed::Header(Box::new(self.header(inside)?)),
            ItemStart::Test => Parsed::Top(Arc::new(ItemKind::Test(self.test(inside)?))),
            _ => Parsed::Inner(Arc::new(self.block_item(pair, inside, start)?)),
        })
    }

    fn block_item(&mut self, pair: Pair<'_, Production>, mut inside: Inside<'_>, start: ItemStart) -> Option<BlockItemKind> {
        Some(match start {
            ItemStart::Key => BlockItemKind::Key(inside.0.map(|name| self.name(&name)).collect()),
            ItemStart::Fields => {
                let pattern = self.regex(&inside.next()?);
                BlockItemKind::Fields(FieldsPattern { pattern, body: self.field_body(inside.next()?)? })
            }
            ItemStart::Let => {
                let name = self.name(&inside.next()?);
                BlockItemKind::Let(Let { name, value: self.expr(inside.next()?)? })
            }
            ItemStart::Rule => BlockItemKind::Rule(self.rule(inside)?),
            ItemStart::Check => BlockItemKind::Check(self.check(inside)?),
            ItemStart::Waive => BlockItemKind::Waive(self.waive(inside)?),
            ItemStart::Observe => {
                let value = self.arith(inside.next()?)?;
                inside.skip(Production::k_buckets);
                let buckets = match inside.next() {
                    Some(list) => self.exprs(list)?,
                    None => Vec::new(),
                };
                BlockItemKind::Observe(Observe { value, buckets })
            }
            ItemStart::Example => {
                let name = self.name(&inside.next()?);
                BlockItemKind::Example { name, row: self.record(inside.next()?)? }
            }
            ItemStart::Fallback => BlockItemKind::Fallback(self.record(inside.next()?)?),
            ItemStart::Columns => BlockItemKind::Columns(self.columns(inside)?),
            _ => BlockItemKind::Field(self.field(pair)?),
        })
    }

    fn param(&mut self, mut inside: Inside<'_>) -> Option<Param> {
        let name = self.name(&inside.next()?);
        let ty = self.type_expr(inside.next()?)?;
        let default = match inside.next() {
            Some(value) => Some(self.expr(value)?),
            None => None,
        };
        Some(Param { name, ty, default })
    }

    fn set(&mut self, mut inside: Inside<'_>) -> Option<Set> {
        let name = self.name(&inside.next()?);
        let source = inside.next()?;
        if source.as_rule() == Production::value_list {
            return Some(Set { name, source: SetSource::Inline(self.exprs(source)?) });
        }
        let mut parts = Inside::of(source);
        parts.skip(Production::k_from);
        let path = self.string(parts.next()?)?;
        parts.skip(Production::k_column);
        let column = match parts.next() {
            Some(column) => Some(self.string(column)?),
            None => None,
        };
        Some(Set { name, source: SetSource::File { path, column } })
    }

    fn type_decl(&mut self, mut inside: Inside<'_>) -> Option<TypeDecl> {
        let name = self.name(&inside.next()?);
        let FieldBody { ty, attributes, constraints } = self.field_body(inside.next()?)?;
        Some(TypeDecl { name, ty, attributes, constraints })
    }

    fn extern_function(&mut self, mut inside: Inside<'_>) -> Option<ExternFunction> {
        inside.skip(Production::k_function);
        let name = self.name(&inside.next()?);
        let arguments = inside.while_next(Production::column).into_iter().map(|column| self.column(column)).collect::<Option<_>>()?;
        Some(ExternFunction { name, arguments, result: self.type_expr(inside.next()?)? })
    }

    fn column(&mut self, pair: Pair<'_, Production>) -> Option<(Name, TypeExpr)> {
        let mut inside = Inside::of(pair);
        let name = self.name(&inside.next()?);
        Some((name, self.type_expr(inside.next()?)?))
    }

    fn columns(&mut self, inside: Inside<'_>) -> Option<Vec<(Name, TypeExpr)>> {
        inside.0.map(|column| self.column(column)).collect()
    }

    fn header(&mut self, mut inside: Inside<'_>) -> Option<Block> {
        let name = self.name(&inside.next()?);
        let from = if inside.skip(Production::k_from) { Some(self.name(&inside.next()?)) } else { None };
        let attributes = self.attributes(&mut inside)?;
        Some(Block { name, from, attributes, items: Vec::new(), broken: Vec::new() })
    }

    pub(super) fn attributes(&mut self, inside: &mut Inside<'_>) -> Option<Vec<Attribute>> {
        inside.while_next(Production::attribute).into_iter().map(|attribute| self.attribute(attribute)).collect()
    }

    fn attribute(&mut self, pair: Pair<'_, Production>) -> Option<Attribute> {
        let span = self.span(&pair);
        let mut inside = Inside::of(pair);
        let name = self.name(&inside.next()?);
        let arguments = match inside.next() {
            Some(arguments) => self.arguments(arguments)?,
            None => Vec::new(),
        };
        Some(Attribute { name, arguments, span })
    }

    fn arguments(&mut self, pair: Pair<'_, Production>) -> Option<Vec<AttributeArgument>> {
        pair.into_inner().map(|argument| self.argument(argument)).collect()
    }

    fn argument(&mut self, pair: Pair<'_, Production>) -> Option<AttributeArgument> {
        let pair = Inside::of(pair).next()?;
        let span = self.span(&pair);
        Some(match pair.as_rule() {
            Production::rows => AttributeArgument::Rows(self.integer(&Inside::of(pair).next()?)),
            Production::percent_argument => {
                let digits = pair.as_str().trim().trim_end_matches('%').replace('_', "");
                AttributeArgument::Fraction(Spanned::new(format!("{digits}e-2"), span))
            }
            Production::named_argument => {
                let mut inside = Inside::of(pair);
                let name = self.name(&inside.next()?);
                AttributeArgument::Named(name, self.expr(inside.next()?)?)
            }
            _ => AttributeArgument::Value(self.expr(pair)?),
        })
    }

    pub(super) fn type_expr(&mut self, pair: Pair<'_, Production>) -> Option<TypeExpr> {
        let span = self.span(&pair);
        let mut inside = Inside::of(pair);
        let body = Inside::of(inside.next()?).next()?;
        let nullable = inside.skip(Production::optional_mark);
        Some(TypeExpr { kind: self.type_kind(body)?, nullable, span })
    }

    fn type_kind(&mut self, pair: Pair<'_, Production>) -> Option<TypeKind> {
        let production = pair.as_rule();
        if production == Production::name {
            return Some(TypeKind::Name(self.name(&pair).node));
        }
        let mut inside = Inside::of(pair);
        inside.next()?;
        Some(match production {
            Production::list_type => TypeKind::List(Box::new(self.type_expr(inside.next()?)?)),
            Production::vector_type => {
                let item = self.type_expr(inside.next()?)?;
                TypeKind::Vector(Box::new(item), self.integer(&inside.next()?).node)
            }
            Production::map_type => {
                let key = self.type_expr(inside.next()?)?;
                TypeKind::Map(Box::new(key), Box::new(self.type_expr(inside.next()?)?))
            }
            Production::struct_type => TypeKind::Struct(self.members(inside.next()?)?),
            Production::enum_type => TypeKind::Enum(inside.0.map(|value| self.expr(value)).collect::<Option<_>>()?),
            Production::one_of_type => {
                let tag = self.name(&inside.next()?);
                let variants = inside.0.map(|variant| self.variant(variant)).collect::<Option<_>>()?;
                TypeKind::OneOf { tag, variants }
            }
            Production::decimal_type => {
                let precision = self.integer(&inside.next()?).node;
                let scale = inside.next()?.as_str().trim().replace('_', "").parse().unwrap_or(i64::MAX);
                TypeKind::Decimal(precision, scale)
            }
            _ => {
                let argument = inside.next()?;
                match argument.as_rule() {
                    Production::string => TypeKind::TimestampZone(self.string(argument)?.node),
                    _ => TypeKind::TimestampLocal,
                }
            }
        })
    }

    fn variant(&mut self, pair: Pair<'_, Production>) -> Option<(Spanned<String>, Vec<Field>)> {
        let mut inside = Inside::of(pair);
        let tag = self.string(inside.next()?)?;
        Some((tag, self.members(inside.next()?)?))
    }

    fn members(&mut self, pair: Pair<'_, Production>) -> Option<Vec<Field>> {
        pair.into_inner().map(|member| self.field(member)).collect()
    }

    fn field(&mut self, pair: Pair<'_, Production>) -> Option<Field> {
        let mut inside = Inside::of(pair);
        let name = self.name(&inside.next()?);
        Some(Field { name, body: self.field_body(inside.next()?)? })
    }

    fn field_body(&mut self, pair: Pair<'_, Production>) -> Option<FieldBody> {
        let mut inside = Inside::of(pair);
        let ty = self.type_expr(inside.next()?)?;
        let attributes = self.attributes(&mut inside)?;
        let constraints =
            inside.while_next(Production::constraint).into_iter().map(|constraint| self.constraint(constraint)).collect::<Option<_>>()?;
        Some(FieldBody { ty, attributes, constraints })
    }

    fn constraint(&mut self, pair: Pair<'_, Production>) -> Option<Constraint> {
        let mut inside = Inside::of(pair);
        let body = inside.next()?;
        let span = self.span(&body);
        let kind = self.constraint_kind(body)?;
        let when = if inside.skip(Production::k_when) { Some(self.expr(inside.next()?)?) } else { None };
        let attributes = self.attributes(&mut inside)?;
        Some(Constraint { kind, when, attributes, span })
    }

    fn constraint_kind(&mut self, pair: Pair<'_, Production>) -> Option<ConstraintKind> {
        let pair = Inside::of(pair).next()?;
        let production = pair.as_rule();
        if production == Production::tail {
            return self.tail(pair).map(ConstraintKind::Test);
        }
        let mut inside = Inside::of(pair);
        Some(match production {
            Production::each => {
                inside.next()?;
                ConstraintKind::Each(Box::new(self.constraint_kind(inside.next()?)?))
            }
            Production::in_reference => {
                inside.skip(Production::k_in);
                inside.skip(Production::k_reference);
                let path = self.string(inside.next()?)?;
                ConstraintKind::Reference { path, column: self.string(inside.next()?)? }
            }
            Production::unique => ConstraintKind::Unique,
            Production::increasing => ConstraintKind::Increasing,
            Production::measure => {
                let function = self.name(&inside.next()?);
                let arguments = match inside.next_if(Production::value_list) {
                    Some(list) => self.exprs(list)?,
                    None => Vec::new(),
                };
                ConstraintKind::Measure { function, arguments, test: self.tail(inside.next()?)? }
            }
            _ => {
                let function = self.name(&inside.next()?);
                let arguments = match inside.next() {
                    Some(arguments) => self.arguments(arguments)?,
                    None => Vec::new(),
                };
                ConstraintKind::Predicate { function, arguments }
            }
        })
    }

    /// The expression of a clause such as `when …`.
    fn clause(&mut self, pair: Option<Pair<'_, Production>>) -> Option<Option<Expr>> {
        match pair {
            Some(clause) => Some(Some(self.expr(clause.into_inner().find(|part| part.as_rule() == Production::expr)?)?)),
            None => Some(None),
        }
    }

    fn text_clause(&mut self, pair: Option<Pair<'_, Production>>) -> Option<Option<Spanned<String>>> {
        match pair {
            Some(clause) => Some(Some(self.string(clause.into_inner().find(|part| part.as_rule() == Production::string)?)?)),
            None => Some(None),
        }
    }

    fn rule(&mut self, mut inside: Inside<'_>) -> Option<RuleItem> {
        let name = self.name(&inside.next()?);
        let attributes = self.attributes(&mut inside)?;
        let body = inside.next()?;
        if body.as_rule() == Production::expr {
            return Some(RuleItem { name, attributes, when: None, expect: self.expr(body)?, message: None });
        }
        let mut parts = Inside::of(body);
        let when = self.clause(parts.next_if(Production::when_clause))?;
        let expect = self.clause(parts.next_if(Production::expect_clause))??;
        let message = self.text_clause(parts.next_if(Production::message_clause))?;
        Some(RuleItem { name, attributes, when, expect, message })
    }

    fn check(&mut self, mut inside: Inside<'_>) -> Option<CheckItem> {
        let name = self.name(&inside.next()?);
        let attributes = self.attributes(&mut inside)?;
        let body = inside.next()?;
        if body.as_rule() == Production::expr {
            return Some(CheckItem { name, attributes, filter: None, by: Vec::new(), expect: self.expr(body)?, message: None });
        }
        let mut parts = Inside::of(body);
        let filter = self.clause(parts.next_if(Production::where_clause))?;
        let mut by = Vec::new();
        if let Some(clause) = parts.next_if(Production::by_clause) {
            for part in clause.into_inner().filter(|part| part.as_rule() == Production::arith) {
                by.push(self.arith(part)?);
            }
        }
        let expect = self.clause(parts.next_if(Production::expect_clause))??;
        let message = self.text_clause(parts.next_if(Production::message_clause))?;
        Some(CheckItem { name, attributes, filter, by, expect, message })
    }

    fn rule_path(&self, pair: Pair<'_, Production>) -> Vec<Name> {
        pair.into_inner().map(|name| self.name(&name)).collect()
    }

    fn waive(&mut self, mut inside: Inside<'_>) -> Option<Waive> {
        let rule = self.rule_path(inside.next()?);
        let until = self.clause(inside.next_if(Production::until_clause))?;
        let because = self.text_clause(inside.next_if(Production::because_clause))?;
        let filter = self.clause(inside.next_if(Production::where_clause))?;
        Some(Waive { rule, until, because, filter })
    }

    fn test(&mut self, mut inside: Inside<'_>) -> Option<Test> {
        let name = self.string(inside.next()?)?;
        inside.skip(Production::k_for);
        let block = self.name(&inside.next()?);
        let (mut given, mut expect) = (Vec::new(), Vec::new());
        for line in inside.while_next(Production::test_line) {
            let line = Inside::of(line).next()?;
            match line.as_rule() {
                Production::given => given.push(self.given(line)?),
                _ => expect.push(self.expectation(line)?),
            }
        }
        Some(Test { name, block, given, expect })
    }

    fn given(&mut self, pair: Pair<'_, Production>) -> Option<Given> {
        let mut inside = Inside::of(pair);
        inside.next()?;
        let first = inside.next()?;
        Some(match first.as_rule() {
            Production::stored_row => {
                let mut parts = Inside::of(first);
                parts.skip(Production::k_row);
                let row = self.integer(&parts.next()?);
                parts.skip(Production::k_from);
                Given::Stored { row, path: self.string(parts.next()?)? }
            }
            Production::record => {
                let mut rows = vec![self.record(first)?];
                for record in inside.while_next(Production::record) {
                    rows.push(self.record(record)?);
                }
                Given::Rows(rows)
            }
            Production::string => Given::Response(self.string(first)?),
            _ => {
                let mut parts = Inside::of(first);
                let example = self.name(&parts.next()?);
                parts.skip(Production::k_with);
                let with = match parts.next() {
                    Some(record) => self.record(record)?,
                    None => Vec::new(),
                };
                Given::Example { example, with }
            }
        })
    }

    fn expectation(&mut self, pair: Pair<'_, Production>) -> Option<TestExpect> {
        let span = self.span(&pair);
        let mut inside = Inside::of(pair);
        inside.next()?;
        let what = inside.next()?;
        let production = what.as_rule();
        let mut parts = Inside::of(what);
        Some(match production {
            Production::expect_fail => {
                let only = parts.skip(Production::k_only);
                parts.skip(Production::k_fail);
                TestExpect::Fail { only, rules: parts.0.map(|path| self.rule_path(path)).collect() }
            }
            Production::expect_unknown => {
                parts.skip(Production::k_unknown);
                TestExpect::Unknown(parts.0.map(|path| self.rule_path(path)).collect())
            }
            Production::expect_reason => {
                parts.skip(Production::k_reason);
                TestExpect::Reason(self.name(&parts.next()?))
            }
            Production::expect_fallback => TestExpect::Fallback(span),
            _ => TestExpect::Pass(span),
        })
    }
}
