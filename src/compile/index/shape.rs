//! The declared types of names and of paths such as `order.lines[0].price`, as far as the syntax trees tell.

use ahash::{HashMap, HashMapExt};

use crate::syntax::ast::{self, BlockItemKind, Expr, ExprKind, ItemKind, TypeExpr, TypeKind};

/// Types and lets lead through this many names at most.
const MAX_STEPS: usize = 64;

/// What the names of a block stand for.
#[derive(Default)]
pub(super) struct Scope<'t> {
    columns: HashMap<&'t str, &'t TypeExpr>,
    lets: HashMap<&'t str, &'t Expr>,
}

impl<'t> Scope<'t> {
    pub(super) fn of(block: &'t ast::Block) -> Self {
        let mut scope = Self::default();
        for item in &block.items {
            match &*item.kind {
                BlockItemKind::Field(field) => {
                    scope.columns.entry(&field.name.node).or_insert(&field.body.ty);
                }
                BlockItemKind::Columns(columns) => columns.iter().for_each(|(name, ty)| {
                    scope.columns.entry(&name.node).or_insert(ty);
                }),
                BlockItemKind::Let(binding) => {
                    scope.lets.entry(&binding.name.node).or_insert(&binding.value);
                }
                _ => {}
            }
        }
        scope
    }

    /// The declared type of a column.
    pub(super) fn column(&self, name: &str) -> Option<&'t TypeExpr> {
        self.columns.get(name).copied()
    }
}

/// The named types of all files.
pub(super) struct Shapes<'t> {
    types: HashMap<&'t str, &'t TypeExpr>,
    blocks: HashMap<&'t str, &'t ast::Block>,
}

impl<'t> Shapes<'t> {
    pub(super) fn new(trees: impl Iterator<Item = &'t ast::File>) -> Self {
        let mut shapes = Self { types: HashMap::new(), blocks: HashMap::new() };
        for item in trees.flat_map(|tree| &tree.items) {
            match &*item.kind {
                ItemKind::Type(decl) => {
                    shapes.types.entry(&decl.name.node).or_insert(&decl.ty);
                }
                ItemKind::Features(block) | ItemKind::Output(block) => {
                    shapes.blocks.entry(&block.name.node).or_insert(block);
                }
                _ => {}
            }
        }
        shapes
    }

    /// A type with its names followed.
    pub(super) fn plain(&self, ty: &'t TypeExpr) -> &'t TypeExpr {
        let mut at = ty;
        for _ in 0..MAX_STEPS {
            match &at.kind {
                TypeKind::Name(name) => match self.types.get(name.as_str()) {
                    Some(next) => at = next,
                    None => break,
                },
                _ => break,
            }
        }
        at
    }

    /// The members of a struct; none for other types.
    pub(super) fn members(&self, ty: &'t TypeExpr) -> &'t [ast::Field] {
        match &self.plain(ty).kind {
            TypeKind::Struct(fields) => fields,
            _ => &[],
        }
    }

    /// The type of the items of a list, or of the values of a map.
    pub(super) fn item(&self, ty: &'t TypeExpr) -> Option<&'t TypeExpr> {
        match &self.plain(ty).kind {
            TypeKind::List(item) | TypeKind::Vector(item, _) | TypeKind::Map(_, item) => Some(item),
            _ => None,
        }
    }

    /// The declared type of an expression; `variables` are those of `any` and `all` around it.
    pub(super) fn of(&self, expr: &'t Expr, scope: &Scope<'t>, variables: &[(&str, Option<&'t TypeExpr>)]) -> Option<&'t TypeExpr> {
        self.of_within(expr, scope, variables, MAX_STEPS)
    }

    fn of_within(
        &self,
        expr: &'t Expr,
        scope: &Scope<'t>,
        variables: &[(&str, Option<&'t TypeExpr>)],
        steps: usize,
    ) -> Option<&'t TypeExpr> {
        let steps = steps.checked_sub(1)?;
        match &expr.kind {
            ExprKind::Name(name) => {
                if let Some((_, ty)) = variables.iter().rev().find(|(known, _)| known == name) {
                    return *ty;
                }
                match scope.columns.get(name.as_str()) {
                    Some(ty) => Some(ty),
                    // A let is outside of every variable.
                    None => self.of_within(scope.lets.get(name.as_str())?, scope, &[], steps),
                }
            }
            ExprKind::Member(value, member) => {
                let members = self.members(self.of_within(value, scope, variables, steps)?);
                members.iter().find(|field| field.name.node == member.node).map(|field| &field.body.ty)
            }
            ExprKind::Index(value, _) => self.item(self.of_within(value, scope, variables, steps)?),
            _ => None,
        }
    }

    /// The names of the members after a path of names.
    pub(super) fn members_of_path(&self, block: &str, path: &[&str]) -> Vec<String> {
        let (Some(block), Some((first, rest))) = (self.blocks.get(block), path.split_first()) else { return Vec::new() };
        let scope = Scope::of(block);
        let ty = match (scope.columns.get(first), scope.lets.get(first)) {
            (Some(ty), _) => Some(*ty),
            (None, Some(value)) => self.of(value, &scope, &[]),
            (None, None) => None,
        };
        let step = |ty: &'t TypeExpr, name: &&str| {
            // `[]` stands for any index.
            let members = self.members(ty);
            if *name == "[]" { self.item(ty) } else { members.iter().find(|field| field.name.node == **name).map(|field| &field.body.ty) }
        };
        let end = rest.iter().try_fold(ty, |ty, name| Some(step(ty?, name)));
        end.flatten().map_or_else(Vec::new, |ty| self.members(ty).iter().map(|field| field.name.node.clone()).collect())
    }
}
