//! Ids of rules in waivers and tests, what tests are given, and the places of messages.

use crate::source::Span;
use crate::syntax::ast::{self, Given, ItemKind, Name, TestExpect, TypeExpr, TypeKind};

use super::super::shape::Scope;
use super::super::{BlockNames, SymbolId, SymbolKind, Target, Use};
use super::Collector;

impl<'t> Collector<'_, 't> {
    /// The id of a rule, with or without the block's name.
    pub(super) fn path(&mut self, path: &[Name]) {
        let Some(block) = self.block.and_then(|block| self.blocks.get(block)) else { return };
        let (block_name, block_symbol) = (block.name.clone(), block.symbol);
        let own = |name: &str| block.names.contains_key(name) || block.rules.contains_key(name);
        let path = match path.split_first() {
            Some((first, rest)) if !rest.is_empty() && first.node == block_name && !own(&first.node) => {
                block_symbol.iter().for_each(|id| self.used(first.span, &first.node, Target::Symbol(*id)));
                rest
            }
            _ => path,
        };
        let Some((last, fields)) = path.split_last() else { return };
        let named = match fields.split_first() {
            None => self.block.and_then(|block| self.blocks.get(block)).and_then(|block| block.rules.get(&last.node).copied()),
            Some((first, members)) => self.rule_of_field(first, members, &last.node),
        };
        let id = path.iter().fold(block_name, |id, part| format!("{id}.{}", part.node));
        match (named, self.word(last.span, &last.node)) {
            (Some(symbol), Some(span)) => self.uses.push(Use { span, target: Target::Symbol(symbol), declares: false }),
            (None, Some(span)) => self.ids.push((span, id)),
            (_, None) => {}
        }
    }

    /// Goes along a field and its members, and gives the constraint of the last that `@name` calls so.
    fn rule_of_field(&mut self, first: &Name, members: &[Name], rule: &str) -> Option<SymbolId> {
        let mut owner = self.named(&first.node)?;
        self.used(first.span, &first.node, Target::Symbol(owner));
        let mut ty = self.scope.column(&first.node);
        for member in members {
            // `each` is no member, and leads nowhere else.
            if let Some((id, of)) = self.step(ty, &member.node) {
                self.used(member.span, &member.node, Target::Symbol(id));
                (owner, ty) = (id, Some(of));
            }
        }
        let of_type = match ty.map(|ty| &ty.kind) {
            Some(TypeKind::Name(name)) => self.globals.get(&(SymbolKind::Type, name.as_str())).copied(),
            _ => None,
        };
        self.owned_rule(owner, rule).or_else(|| self.owned_rule(of_type?, rule))
    }

    /// A member of a type: its symbol and its own type.
    fn step(&self, ty: Option<&'t TypeExpr>, member: &str) -> Option<(SymbolId, &'t TypeExpr)> {
        let field = self.shapes.members(ty?).iter().find(|field| field.name.node == member)?;
        Some((*self.members.get(&field.name.span)?, &field.body.ty))
    }

    fn owned_rule(&self, owner: SymbolId, name: &str) -> Option<SymbolId> {
        // What a symbol owns is declared right after it.
        let after = self.symbols.get(owner.0 + 1..)?.iter().zip(owner.0 + 1..);
        let mut owned = after.take_while(|(symbol, _)| matches!(symbol.kind, SymbolKind::Member | SymbolKind::Rule));
        owned
            .find(|(symbol, _)| symbol.owner == Some(owner) && symbol.kind == SymbolKind::Rule && symbol.name == name)
            .map(|(_, id)| SymbolId(id))
    }

    pub(super) fn test(&mut self, tree: &'t ast::File, test: &'t ast::Test) {
        let of_file = |block: &BlockNames| {
            let span = block.symbol.and_then(|id| self.symbols.get(id.0)).map(|symbol| symbol.item);
            tree.items.iter().any(|item| Some(item.span) == span)
        };
        self.block = self.blocks.iter().position(|block| block.name == test.block.node && of_file(block));
        let tested = tree.items.iter().find_map(|item| match &*item.kind {
            ItemKind::Features(block) | ItemKind::Output(block) if block.name.node == test.block.node => Some(block),
            _ => None,
        });
        self.scope = tested.map(Scope::of).unwrap_or_default();
        if let Some(id) = self.block.and_then(|block| self.blocks.get(block)).and_then(|block| block.symbol) {
            self.used(test.block.span, &test.block.node, Target::Symbol(id));
        }
        for given in &test.given {
            match given {
                Given::Rows(rows) => rows.iter().for_each(|row| self.record(row)),
                Given::Example { example, with } => {
                    let known = self.block.and_then(|block| self.blocks.get(block)?.examples.get(&example.node).copied());
                    if let Some(id) = known {
                        self.used(example.span, &example.node, Target::Symbol(id));
                    }
                    self.record(with);
                }
                Given::Response(_) | Given::Stored { .. } => {}
            }
        }
        for expect in &test.expect {
            if let TestExpect::Fail { rules, .. } | TestExpect::Unknown(rules) = expect {
                rules.iter().for_each(|path| self.path(path));
            }
        }
        self.block = None;
        self.scope = Scope::default();
    }

    /// The names in the places of a message: `{column}`, `{column.member}`, `{$param}`.
    pub(super) fn message(&mut self, span: Span) {
        let text = self.sources.text(span).to_owned();
        let mut at = 0;
        while let Some(open) = text.get(at..).and_then(|rest| rest.find('{')).map(|found| at + found) {
            let rest = text.get(open + 1..).unwrap_or_default();
            if rest.starts_with('{') {
                at = open + 2;
                continue;
            }
            let Some(length) = rest.find('}') else { return };
            self.placeholder(span, open + 1, rest.get(..length).unwrap_or_default());
            at = open + 1 + length;
        }
    }

    fn placeholder(&mut self, message: Span, offset: usize, text: &str) {
        let mut at = message.range().start + offset;
        let mut ty = None;
        for (index, part) in text.split('.').enumerate() {
            let name = part.trim().trim_start_matches('$');
            let plain = name.trim_matches('`');
            let found = match index {
                0 if part.trim().starts_with('$') => self.globals.get(&(SymbolKind::Param, plain)).copied(),
                0 => {
                    ty = self.scope.column(plain);
                    self.named(plain)
                }
                _ => {
                    let step = self.step(ty, plain);
                    ty = step.map(|(_, of)| of);
                    step.map(|(id, _)| id)
                }
            };
            let start = at + part.find(name).unwrap_or(0);
            if let Some(id) = found {
                let span = Span::new(message.file, start..start + name.len());
                self.uses.push(Use { span, target: Target::Symbol(id), declares: false });
            }
            at += part.len() + 1;
        }
    }
}
