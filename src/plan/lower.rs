//! Typed expressions to physical nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::HashMap;
use arrow::datatypes::DataType;

use crate::compile::ir::{self, ExprId, LambdaId, Literal};
use crate::functions::Context;
use crate::host::HostFunctions;
use crate::kernels::number::Num;
use crate::kernels::vector::Slot;
use crate::kernels::{Values, Vector};
use crate::types::{ArithOp, ColumnType, Entry, Type};

use super::node::{Node, NodeId, Op};
use super::set::PreparedSet;

/// Turns expressions of one block into nodes.
pub(crate) struct Lowering<'a> {
    pub block: &'a ir::Block,
    pub sets: &'a [ir::Set],
    pub host: &'a HostFunctions,
    pub now: Option<i128>,
    /// For each declared column: where it is in the schema and its Arrow type.
    pub columns: Vec<BoundColumn>,
    /// For each column of the schema: its mark column.
    pub marks: Vec<Option<usize>>,
    pub nodes: Vec<Node>,
    /// Nodes of expressions, for each column a pattern stands for.
    known: HashMap<(ExprId, Option<usize>), NodeId>,
    /// Numbers with a point, by node: exact beside decimals.
    exact: BTreeMap<NodeId, (i128, i32)>,
    /// Sub-expressions of a lambda's item type.
    items: BTreeMap<LambdaId, Type>,
    patterns: HashMap<(String, bool), Arc<regex::Regex>>,
    /// Types of the aggregates of the check that is being bound.
    pub aggregates: Vec<Type>,
}

/// How a declared column is met.
#[derive(Debug, Clone)]
pub(crate) enum BoundColumn {
    /// In the schema, of the declared type.
    Here { index: usize, ty: Type },
    /// Not in the schema, and nullable.
    Absent,
    /// Missing, or of another type: rules that read it are skipped with this reason.
    Unfit(String),
}

/// Why an expression has no node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LowerFault {
    /// A column it reads does not fit.
    Skipped(String),
    /// It could not be computed: no clock, no host function.
    Error(String),
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(
        block: &'a ir::Block,
        sets: &'a [ir::Set],
        host: &'a HostFunctions,
        now: Option<i128>,
        columns: Vec<BoundColumn>,
        marks: Vec<Option<usize>>,
    ) -> Self {
        Self {
            block,
            sets,
            host,
            now,
            columns,
            marks,
            nodes: Vec::new(),
            known: HashMap::default(),
            exact: BTreeMap::new(),
            items: BTreeMap::new(),
            patterns: HashMap::default(),
            aggregates: Vec::new(),
        }
    }

    /// The node of an expression. `pattern` is the schema column a `fields /…/` rule is being applied to.
    pub(crate) fn lower(&mut self, root: ExprId, pattern: Option<(usize, &BoundColumn)>) -> Result<NodeId, LowerFault> {
        let key = pattern.map(|(index, _)| index);
        // A quantifier's list comes before its body's items need their type: children first, in order of ids, except that an item
        // is lowered when its quantifier's list is known. Ids do not promise that order, so item types are found first.
        self.find_items(root, pattern)?;
        for id in self.block.arena.closure([root]) {
            if self.known.contains_key(&(id, key)) {
                continue;
            }
            let node = self.one(id, pattern)?;
            self.known.insert((id, key), node);
        }
        self.known.get(&(root, key)).copied().ok_or_else(|| LowerFault::Error("an expression has no node".to_owned()))
    }

    /// The node of a check's expression: aggregates of different checks share numbers, so nothing is shared between them.
    pub(crate) fn lower_check(&mut self, root: ExprId) -> Result<NodeId, LowerFault> {
        for id in self.block.arena.closure([root]) {
            let node = self.one(id, None)?;
            self.known.insert((id, None), node);
        }
        self.known.get(&(root, None)).copied().ok_or_else(|| LowerFault::Error("an expression has no node".to_owned()))
    }

    /// A node that is null.
    pub(crate) fn null(&mut self) -> NodeId {
        self.literal(&Literal::Null)
    }

    /// The types of all lambdas' items, outermost first.
    fn find_items(&mut self, root: ExprId, pattern: Option<(usize, &BoundColumn)>) -> Result<(), LowerFault> {
        let key = pattern.map(|(index, _)| index);
        let mut open: Vec<ExprId> = vec![root];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let node = self.block.arena.node(id).clone();
            if let ir::Node::Quantifier { list, lambda, body, .. } = &node {
                // A list can hold quantifiers and outer items, which are known by now or found first.
                self.find_items(*list, pattern)?;
                for inner in self.block.arena.closure([*list]) {
                    if !self.known.contains_key(&(inner, key)) {
                        let lowered = self.one(inner, pattern)?;
                        self.known.insert((inner, key), lowered);
                    }
                }
                let list = self.known.get(&(*list, key)).copied();
                let item = match list.map(|list| self.ty(list)) {
                    Some(Type::List(item)) => *item,
                    _ => Type::Null,
                };
                self.items.insert(*lambda, item);
                open.push(*body);
                continue;
            }
            open.extend(node.children());
        }
        Ok(())
    }

    fn ty(&self, id: NodeId) -> Type {
        self.nodes.get(id.0 as usize).map_or(Type::Null, |node| node.ty.clone())
    }

    fn constant_of(&self, id: NodeId) -> Option<&Vector> {
        match self.nodes.get(id.0 as usize).map(|node| &node.op) {
            Some(Op::Constant(vector)) => Some(vector),
            _ => None,
        }
    }

    fn push(&mut self, op: Op, args: Vec<NodeId>, ty: Type) -> NodeId {
        let own = match &op {
            Op::Item(lambda) => Some(*lambda),
            _ => None,
        };
        let bound = if let Op::Quantifier { lambda, .. } = &op { Some(*lambda) } else { None };
        let mut lambdas: Vec<LambdaId> = args
            .iter()
            .filter_map(|arg| self.nodes.get(arg.0 as usize))
            .flat_map(|node| node.lambdas.iter().copied())
            .filter(|lambda| Some(*lambda) != bound)
            .chain(own)
            .collect();
        // Lambdas are numbered from the outside in.
        lambdas.sort_unstable();
        lambdas.dedup();
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { op, args, ty, lambdas });
        self.fold(id);
        id
    }

    /// Computes a node whose arguments are all constants, once and for all.
    fn fold(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get(id.0 as usize) else { return };
        let foldable =
            !matches!(node.op, Op::Constant(_) | Op::Column(_) | Op::Item(_) | Op::Aggregate(_) | Op::Host(_) | Op::Quantifier { .. });
        if !foldable || !node.lambdas.is_empty() {
            return;
        }
        let Some(args) = node.args.iter().map(|arg| self.constant_of(*arg).cloned()).collect::<Option<Vec<_>>>() else { return };
        let types: Vec<Type> = node.args.iter().map(|arg| self.ty(*arg)).collect();
        let context = Context { now: self.now };
        let value = super::apply::apply(node, &args, &types, 1, &context);
        let value = if value.is_constant() { value } else { value.take(&[0]) };
        let value = if value.is_constant() { value } else { as_constant(value) };
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.op = Op::Constant(value);
            node.args.clear();
        }
    }

    fn literal(&mut self, literal: &Literal) -> NodeId {
        let (values, ty) = match literal {
            Literal::Null => return self.push(Op::Constant(Vector::null(1)), Vec::new(), Type::Null),
            Literal::Bool(value) => (bool::pack(vec![*value]), Type::Bool),
            Literal::Str(text) => (String::pack(vec![text.clone()]), Type::String),
            Literal::Number(_, _, bits) | Literal::Float(bits) => (f64::pack(vec![f64::from_bits(*bits)]), Type::Float),
            Literal::Decimal(mantissa, scale) => (Values::Decimal(vec![*mantissa].into(), *scale), Type::Decimal),
            Literal::Int(value)
            | Literal::Date(value)
            | Literal::Time(value)
            | Literal::Timestamp(value)
            | Literal::LocalTimestamp(value)
            | Literal::Duration(value) => (i128::pack(vec![*value]), literal.ty()),
        };
        let id = self.push(Op::Constant(Vector::constant(1, values)), Vec::new(), ty);
        if let Literal::Number(mantissa, scale, _) = literal {
            self.exact.insert(id, (*mantissa, *scale));
        }
        id
    }

    /// An integer constant beside a float becomes that float where the two are equal: the same result by a faster way.
    fn settle_ints(&mut self, args: &mut [NodeId]) {
        if !args.iter().any(|arg| self.ty(*arg) == Type::Float && self.constant_of(*arg).is_none()) {
            return;
        }
        for arg in args {
            let Some(constant) = self.constant_of(*arg).filter(|constant| constant.is_live(0) && matches!(constant.values, Values::Int(_)))
            else {
                continue;
            };
            let number = constant.numbers().at(0);
            let float = number.to_f64();
            if self.ty(*arg) == Type::Int && number.compare(Num::Float(float)) == Some(std::cmp::Ordering::Equal) {
                *arg = self.literal(&Literal::Float(float.to_bits()));
            }
        }
    }

    /// Literals with a point become decimals where a neighbour is one and none is a float.
    fn settle(&mut self, args: &mut [NodeId]) {
        let open = |this: &Self, id: &NodeId| this.exact.contains_key(id);
        let decimal = args.iter().any(|arg| !open(self, arg) && self.ty(*arg) == Type::Decimal);
        let float = args.iter().any(|arg| !open(self, arg) && self.ty(*arg) == Type::Float);
        if !decimal || float {
            return;
        }
        for arg in args {
            if let Some((mantissa, scale)) = self.exact.get(arg).copied() {
                *arg = self.literal(&Literal::Decimal(mantissa, scale));
            }
        }
    }

    fn args(&self, ids: &[ExprId], pattern: Option<usize>) -> Vec<NodeId> {
        ids.iter().map(|id| self.known.get(&(*id, pattern)).copied().unwrap_or(NodeId(0))).collect()
    }

    pub(crate) fn column(&mut self, bound: &BoundColumn) -> Result<NodeId, LowerFault> {
        match bound {
            BoundColumn::Here { index, ty } => {
                let (index, ty) = (*index, ty.clone());
                let known = self.nodes.iter().position(|node| matches!(node.op, Op::Column(at) if at == index));
                match known {
                    Some(at) => Ok(NodeId(u32::try_from(at).unwrap_or(u32::MAX))),
                    None => Ok(self.push(Op::Column(index), Vec::new(), ty)),
                }
            }
            BoundColumn::Absent => Ok(self.push(Op::Constant(Vector::null(1)), Vec::new(), Type::Null)),
            BoundColumn::Unfit(reason) => Err(LowerFault::Skipped(reason.clone())),
        }
    }

    /// The mark column of cells that could not be read, if the value is a column with one: declared by a field or met by a pattern.
    fn ill_typed(&mut self, id: NodeId) -> Option<NodeId> {
        let mut at = id;
        while let Some(node) = self.nodes.get(at.0 as usize) {
            match &node.op {
                Op::Column(index) => {
                    let mark = self.marks.get(*index).copied().flatten()?;
                    return Some(self.push(Op::Column(mark), Vec::new(), Type::Bool));
                }
                Op::Missing(_) => at = *node.args.first()?,
                _ => return None,
            }
        }
        None
    }

    fn one(&mut self, id: ExprId, pattern: Option<(usize, &BoundColumn)>) -> Result<NodeId, LowerFault> {
        let key = pattern.map(|(index, _)| index);
        let node = self.block.arena.node(id).clone();
        let mut args = self.args(&node.children(), key);
        let types: Vec<Type> = args.iter().map(|arg| self.ty(*arg)).collect();
        let first = types.first().cloned().unwrap_or(Type::Null);
        Ok(match node {
            ir::Node::Literal(literal) => self.literal(&literal),
            ir::Node::Column(column) => {
                let bound = self.columns.get(column.0 as usize).cloned().unwrap_or(BoundColumn::Absent);
                self.column(&bound)?
            }
            ir::Node::PatternColumn => match pattern {
                Some((_, bound)) => self.column(&bound.clone())?,
                None => return Err(LowerFault::Error("a pattern has no column".to_owned())),
            },
            ir::Node::Item(lambda) => {
                let ty = self.items.get(&lambda).cloned().unwrap_or(Type::Null);
                self.push(Op::Item(lambda), Vec::new(), ty)
            }
            ir::Node::Now => match self.now {
                Some(now) => self.push(Op::Constant(Vector::constant(1, i128::pack(vec![now]))), Vec::new(), Type::Timestamp),
                None => return Err(LowerFault::Error("`now()` needs a clock, and none was given".to_owned())),
            },
            ir::Node::Aggregate(index) => {
                let ty = self.aggregates.get(index as usize).cloned().unwrap_or(Type::Null);
                self.push(Op::Aggregate(index as usize), Vec::new(), ty)
            }
            ir::Node::Missing(_, sentinels) => {
                let set = PreparedSet::new(&sentinels, &first);
                self.push(Op::Missing(Arc::new(set)), args, first)
            }
            ir::Node::Present(_) => {
                let mark = args.first().and_then(|arg| self.ill_typed(*arg));
                args.extend(mark);
                self.push(Op::Present, args, Type::Bool)
            }
            ir::Node::TypeOk(_, declared) => {
                let mark = args.first().and_then(|arg| self.ill_typed(*arg));
                args.extend(mark);
                self.push(Op::TypeOk(declared), args, Type::Bool)
            }
            // Where no row can fail the type, the value is itself.
            ir::Node::Typed(_, declared) if !declared.can_fail_by_row() => args.first().copied().unwrap_or(NodeId(0)),
            ir::Node::Typed(_, declared) => self.push(Op::Typed(declared), args, first),
            ir::Node::IsNull(_) => self.push(Op::IsNull, args, Type::Bool),
            ir::Node::Not(_) => self.push(Op::Not, args, Type::Bool),
            ir::Node::And(_) => self.push(Op::And, args, Type::Bool),
            ir::Node::Or(_) => self.push(Op::Or, args, Type::Bool),
            ir::Node::Compare(op, ..) => {
                self.settle(&mut args);
                self.settle_ints(&mut args);
                self.push(Op::Compare(op), args, Type::Bool)
            }
            ir::Node::Distinct(..) => {
                self.settle(&mut args);
                self.push(Op::Distinct, args, Type::Bool)
            }
            ir::Node::InSet(_, set) => {
                let values = self.sets.get(set.0 as usize).map_or(&[][..], |set| &set.values);
                let prepared = PreparedSet::new(values, &first);
                self.push(Op::InSet(Arc::new(prepared)), args, Type::Bool)
            }
            ir::Node::Matches(_, pattern, whole) => {
                let regex = self.regex(&pattern, whole)?;
                self.push(Op::Matches(regex, if whole { pattern } else { String::new() }), args, Type::Bool)
            }
            ir::Node::Like(..) => {
                let constant = args.get(1).and_then(|arg| self.constant_of(*arg)).filter(|vector| vector.is_live(0));
                let regex = constant.and_then(|vector| super::apply::like_regex(vector.strings().at(0)));
                self.push(Op::Like(regex.map(Arc::new)), args, Type::Bool)
            }
            ir::Node::Arith(op, ..) => {
                self.settle(&mut args);
                self.settle_ints(&mut args);
                let ty = self.arith_type(op, &args);
                self.push(Op::Arith(op), args, ty)
            }
            ir::Node::Negate(_) => self.push(Op::Negate, args, first),
            ir::Node::Cast(_, target, lenient) => {
                if let (Some((mantissa, scale)), crate::types::CastTarget::Decimal(_)) =
                    (args.first().and_then(|arg| self.exact.get(arg)).copied(), &target)
                {
                    args = vec![self.literal(&Literal::Decimal(mantissa, scale))];
                }
                let ty = target.ty();
                self.push(Op::Cast(target, lenient), args, ty)
            }
            ir::Node::Call(function, _) => {
                self.settle(&mut args);
                let types: Vec<Type> = args.iter().map(|arg| self.ty(*arg)).collect();
                let ty = function.0.signature.check(&types).unwrap_or(Type::Null);
                self.push(Op::Call(function.0), args, ty)
            }
            ir::Node::Host(name, _) => self.host(&name, args)?,
            ir::Node::Coalesce(_) => {
                self.settle(&mut args);
                let ty = self.common(&args);
                self.push(Op::Coalesce, args, ty)
            }
            ir::Node::NullIf(..) => {
                self.settle(&mut args);
                let ty = args.first().map_or(Type::Null, |arg| self.ty(*arg));
                self.push(Op::NullIf, args, ty)
            }
            ir::Node::Case(branches, _) => self.case(branches.len(), args),
            ir::Node::Member(_, name) => {
                let ty = match &first {
                    Type::Struct(members) => members.iter().find(|(known, _)| *known == name).map_or(Type::Null, |(_, ty)| ty.clone()),
                    _ => Type::Null,
                };
                self.push(Op::Member(name), args, ty)
            }
            ir::Node::ListItem(..) => {
                let ty = if let Type::List(item) = first { *item } else { Type::Null };
                self.push(Op::ListItem, args, ty)
            }
            ir::Node::MapItem(..) => {
                let ty = if let Type::Map(_, value) = first { *value } else { Type::Null };
                self.push(Op::MapItem, args, ty)
            }
            ir::Node::Entries(_, entry) => {
                let ty = match (first, entry) {
                    (Type::Map(key, _), Entry::Keys) => Type::List(key),
                    (Type::Map(_, value), Entry::Values) => Type::List(value),
                    _ => Type::Null,
                };
                self.push(Op::Entries(entry), args, ty)
            }
            ir::Node::List(_) => {
                self.settle(&mut args);
                let ty = Type::list(self.common(&args));
                self.push(Op::List, args, ty)
            }
            ir::Node::Quantifier { all, lambda, .. } => self.push(Op::Quantifier { all, lambda }, args, Type::Bool),
        })
    }

    /// Values of a `case` settle among themselves, conditions apart.
    fn case(&mut self, branches: usize, args: Vec<NodeId>) -> NodeId {
        let is_value = |index: usize| index % 2 == 1 || index == branches * 2;
        let mut values: Vec<NodeId> = args.iter().enumerate().filter(|(index, _)| is_value(*index)).map(|(_, arg)| *arg).collect();
        self.settle(&mut values);
        let ty = self.common(&values);
        let mut values = values.into_iter();
        let args =
            args.into_iter().enumerate().map(|(index, arg)| if is_value(index) { values.next().unwrap_or(arg) } else { arg }).collect();
        self.push(Op::Case, args, ty)
    }

    fn common(&self, args: &[NodeId]) -> Type {
        args.iter().try_fold(Type::Null, |ty, arg| ty.unify(&self.ty(*arg))).unwrap_or(Type::Null)
    }

    fn arith_type(&self, op: ArithOp, args: &[NodeId]) -> Type {
        let (left, right) = (args.first().map_or(Type::Null, |arg| self.ty(*arg)), args.get(1).map_or(Type::Null, |arg| self.ty(*arg)));
        crate::compile::arith_type(op, &left, &right).unwrap_or(Type::Null)
    }

    fn regex(&mut self, pattern: &str, whole: bool) -> Result<Arc<regex::Regex>, LowerFault> {
        let key = (pattern.to_owned(), whole);
        if let Some(known) = self.patterns.get(&key) {
            return Ok(Arc::clone(known));
        }
        let compiled = Arc::new(crate::compile::regex(pattern, whole).map_err(|(message, _)| LowerFault::Error(message))?);
        self.patterns.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }

    fn host(&mut self, name: &str, args: Vec<NodeId>) -> Result<NodeId, LowerFault> {
        let Some(function) = self.host.get(name).cloned() else {
            return Err(LowerFault::Error(format!("the function `{name}` is not registered by the program")));
        };
        let fits = function.arguments.len() == args.len();
        if !fits {
            return Err(LowerFault::Error(format!(
                "the function `{name}` is registered with {}, the rules declare {}",
                crate::diagnostics::counted(function.arguments.len(), "argument"),
                args.len()
            )));
        }
        for (argument, registered) in args.iter().zip(&function.arguments) {
            let ty = self.ty(*argument);
            if !super::host::can_store(&ty, registered) {
                return Err(LowerFault::Error(format!("the function `{name}` is registered over {registered}, the rules give it {ty}")));
            }
        }
        let ty = bound_type(&ColumnType::Error, &function.result);
        Ok(self.push(Op::Host(function), args, ty))
    }
}

/// A one-slot vector as a constant.
fn as_constant(vector: Vector) -> Vector {
    let (nulls, faults) = (vector.nulls.clone(), vector.faults.clone());
    Vector::constant(1, vector.values).with_nulls(nulls).with_faults(faults)
}

/// The type of values of a bound column: as declared, with `number` and undeclared parts taken from the data.
pub(crate) fn bound_type(declared: &ColumnType, data: &DataType) -> Type {
    if let DataType::Dictionary(_, values) = data {
        return bound_type(declared, values);
    }
    match (declared, data) {
        (ColumnType::List(item, _) | ColumnType::Vector(item, _), data) => match crate::types::list_item(data) {
            Some(field) => Type::list(bound_type(item, field.data_type())),
            None => Type::list(item.value_type()),
        },
        (ColumnType::Struct(_) | ColumnType::OneOf(..), DataType::Struct(fields)) => Type::Struct(
            declared
                .members()
                .unwrap_or_default()
                .iter()
                .map(|member| {
                    let found = fields.find(&member.name).map(|(_, field)| field.data_type());
                    (member.name.clone(), found.map_or(Type::Null, |found| bound_type(&member.ty, found)))
                })
                .collect(),
        ),
        (ColumnType::Map(key, value, _), data) => match crate::types::map_entry(data) {
            Some((keys, values)) => Type::Map(Box::new(bound_type(key, keys.data_type())), Box::new(bound_type(value, values.data_type()))),
            None => declared.value_type(),
        },
        (ColumnType::Number | ColumnType::Error, data) => data_type(data),
        (declared, _) => declared.value_type(),
    }
}

fn data_type(data: &DataType) -> Type {
    match data {
        DataType::Boolean => Type::Bool,
        data if data.is_integer() => Type::Int,
        data if data.is_floating() => Type::Float,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => Type::Decimal,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::String,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Type::Binary,
        DataType::Date32 | DataType::Date64 => Type::Date,
        DataType::Time32(_) | DataType::Time64(_) => Type::Time,
        DataType::Timestamp(..) => Type::Timestamp,
        DataType::Duration(_) => Type::Duration,
        data => crate::types::list_item(data).map_or(Type::Null, |item| Type::list(data_type(item.data_type()))),
    }
}
