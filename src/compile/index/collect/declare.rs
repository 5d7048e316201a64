//! What is declared, at the top of files and in their blocks.

use crate::syntax::ast::{
    self, AttributeArgument, BlockItemKind, ConstraintKind, Expr, ExprKind, ItemKind, Name, Tail, TypeExpr, TypeKind,
};

use super::super::{BlockNames, MAX_VALUES, SymbolId, SymbolKind};
use super::Collector;

impl<'t> Collector<'_, 't> {
    pub(super) fn declare(&mut self, tree: &'t ast::File) {
        for item in &tree.items {
            let docs = item.docs.as_ref();
            let (kind, name) = match &*item.kind {
                ItemKind::Type(decl) => (SymbolKind::Type, &decl.name),
                ItemKind::Set(set) => (SymbolKind::Set, &set.name),
                ItemKind::Param(param) => (SymbolKind::Param, &param.name),
                ItemKind::Extern(function) => (SymbolKind::Extern, &function.name),
                ItemKind::Features(block) | ItemKind::Output(block) => {
                    self.declare_block(block, item);
                    continue;
                }
                ItemKind::Import(_) | ItemKind::Test(_) => continue,
            };
            let id = self.symbol(kind, name, item.span, docs, None);
            self.globals.entry((kind, &name.node)).or_insert(id);
            if let ItemKind::Param(param) = &*item.kind {
                self.note_type(id, &param.ty);
            }
            if let ItemKind::Type(decl) = &*item.kind {
                self.declare_names(&decl.constraints, id);
                self.declare_members(&decl.ty, id);
            }
        }
    }

    fn declare_block(&mut self, block: &'t ast::Block, item: &ast::Item) {
        let id = self.symbol(SymbolKind::Block, &block.name, item.span, item.docs.as_ref(), None);
        let mut names = BlockNames { symbol: Some(id), name: block.name.node.clone(), ..BlockNames::default() };
        for name in &block.broken {
            let column = self.symbol(SymbolKind::Column, name, name.span, None, Some(id));
            names.names.entry(name.node.clone()).or_insert(column);
        }
        for item in &block.items {
            self.declare_item(item, id, &mut names);
        }
        self.blocks.push(names);
    }

    fn declare_item(&mut self, item: &'t ast::BlockItem, block: SymbolId, names: &mut BlockNames) {
        let docs = item.docs.as_ref();
        let (kind, name) = match &*item.kind {
            BlockItemKind::Field(field) => (SymbolKind::Column, &field.name),
            BlockItemKind::Let(binding) => (SymbolKind::Let, &binding.name),
            BlockItemKind::Rule(rule) => (SymbolKind::Rule, &rule.name),
            BlockItemKind::Check(check) => (SymbolKind::Rule, &check.name),
            BlockItemKind::Example { name, .. } => (SymbolKind::Example, name),
            BlockItemKind::Columns(columns) => {
                for (name, ty) in columns {
                    let id = self.symbol(SymbolKind::Column, name, name.span.to(ty.span), docs, Some(block));
                    names.names.entry(name.node.clone()).or_insert(id);
                    self.note_type(id, ty);
                    self.declare_members(ty, id);
                }
                return;
            }
            BlockItemKind::Fields(pattern) => return self.declare_names(&pattern.body.constraints, block),
            _ => return,
        };
        let id = self.symbol(kind, name, item.span, docs, Some(block));
        let table = match kind {
            SymbolKind::Rule => &mut names.rules,
            SymbolKind::Example => &mut names.examples,
            _ => &mut names.names,
        };
        table.entry(name.node.clone()).or_insert(id);
        if let BlockItemKind::Field(field) = &*item.kind {
            self.note_body(id, &field.body);
            self.declare_names(&field.body.constraints, id);
            self.declare_members(&field.body.ty, id);
        }
    }

    /// The names that `@name(…)` gives to constraints.
    fn declare_names(&mut self, constraints: &'t [ast::Constraint], owner: SymbolId) {
        let all = constraints.iter().flat_map(|constraint| constraint.attributes.iter().map(|attribute| (attribute, constraint.span)));
        for (attribute, item) in all.filter(|(attribute, _)| attribute.name.node == "name") {
            if let [AttributeArgument::Value(Expr { kind: ExprKind::Name(name), span })] = attribute.arguments.as_slice() {
                self.symbol(SymbolKind::Rule, &Name::new(name.clone(), *span), item, None, Some(owner));
            }
        }
    }

    fn declare_members(&mut self, ty: &'t TypeExpr, owner: SymbolId) {
        match &ty.kind {
            TypeKind::List(item) | TypeKind::Vector(item, _) => self.declare_members(item, owner),
            TypeKind::Map(key, value) => {
                self.declare_members(key, owner);
                self.declare_members(value, owner);
            }
            TypeKind::Struct(fields) => self.declare_fields(fields, owner),
            TypeKind::OneOf { variants, .. } => variants.iter().for_each(|(_, fields)| self.declare_fields(fields, owner)),
            _ => {}
        }
    }

    fn declare_fields(&mut self, fields: &'t [ast::Field], owner: SymbolId) {
        for field in fields {
            let item = field.name.span.to(field.body.ty.span);
            let id = self.symbol(SymbolKind::Member, &field.name, item, None, Some(owner));
            self.members.insert(field.name.span, id);
            self.note_body(id, &field.body);
            self.declare_names(&field.body.constraints, id);
            self.declare_members(&field.body.ty, id);
        }
    }

    fn note_type(&mut self, id: SymbolId, ty: &TypeExpr) {
        let written = self.sources.text(ty.span).split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(symbol) = self.symbols.get_mut(id.0) {
            symbol.ty = Some(written);
        }
    }

    /// The type of a field, and the values that it or its constraints list.
    fn note_body(&mut self, id: SymbolId, body: &'t ast::FieldBody) {
        self.note_type(id, &body.ty);
        let ty = self.shapes.plain(&body.ty);
        let in_list = |constraint: &'t ast::Constraint| match &constraint.kind {
            ConstraintKind::Test(Tail::InList { negated: false, values }) => Some(values),
            _ => None,
        };
        let in_set = |constraint: &ast::Constraint| match &constraint.kind {
            ConstraintKind::Test(Tail::InSet { negated: false, set }) => Some(set.node.clone()),
            _ => None,
        };
        let listed = match &ty.kind {
            TypeKind::Enum(values) => Some(values),
            _ => body.constraints.iter().find_map(in_list),
        };
        let constants = listed.into_iter().flatten().filter_map(|value| crate::compile::env::constant(value, &mut Vec::new()));
        let values = constants.take(MAX_VALUES).map(|literal| crate::compile::literal_text(&literal)).collect();
        if let Some(symbol) = self.symbols.get_mut(id.0) {
            symbol.values = values;
            symbol.set = body.constraints.iter().find_map(in_set);
        }
    }
}
