//! Binding: which column serves which field, and what becomes of each rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};

use crate::compile::ir::{self, Question, Rule, RuleBody, TypeSubject};
use crate::detectors::Detector;
use crate::functions::Context;
use crate::host::HostFunctions;
use crate::types::{ColumnType, Type};

use super::lower::{BoundColumn, LowerFault, Lowering, bound_type};
use super::node::{NodeId, Op, order_of};
use super::silent::Unread;
use super::{
    Asked, Body, BoundCheck, BoundObservation, BoundRule, ILL_TYPED_MARK, Plan, Responses, RowRule, ill_typed_name, raw_name, shape, waive,
};

/// What binding may know besides rules and schema.
#[derive(Clone, Copy)]
pub(crate) struct BindContext<'a> {
    pub sets: &'a [ir::Set],
    pub externs: &'a BTreeMap<String, ir::Extern>,
    pub host: &'a HostFunctions,
    /// Nanoseconds since 1970.
    pub now: Option<i128>,
}

/// Why a block cannot be bound at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BindFault {
    /// Two columns of the schema have the name of one field.
    #[error("the data has two columns called `{0}`: rename one, a rule cannot tell them apart")]
    DuplicateColumn(String),
    /// The waiver of a rule ends on a date, and there is no clock.
    #[error("the waiver of `{0}` ends on a date, and no clock was given: say what `now` is")]
    NoClock(String),
}

/// A column with the reason it does not fit, by declared column; and reasons of absent required ones.
struct Fit {
    bound: Vec<BoundColumn>,
    mismatched: BTreeMap<usize, String>,
    missing: BTreeMap<usize, String>,
    absent: Vec<String>,
    local_as_utc: Vec<String>,
}

impl Plan {
    /// Binds a block to a schema.
    ///
    /// # Errors
    /// [`BindFault`]; a schema that merely does not fit is no error but a plan whose schema rules fail.
    pub(crate) fn bind(block: &Arc<ir::Block>, schema: &Arc<Schema>, context: BindContext<'_>) -> Result<Self, BindFault> {
        waive::check_clock(block, context.now)?;
        let (responses, schema, unread) = match block.response.as_ref().map(|response| Responses::bind(block, response, schema)) {
            None => (None, schema, None),
            Some(Ok((responses, inner))) => (Some(responses), &Arc::clone(&inner), None),
            Some(Err(reason)) => (None, schema, Some(reason)),
        };
        let fit = fit(block, schema, responses.as_ref(), unread.as_ref())?;
        let mut lowering = Lowering::new(block, context.sets, context.host, context.now, fit.bound.clone(), marks(schema));
        let extern_faults = extern_faults(&context);
        let mut rules = Vec::with_capacity(block.rules.len());
        for (index, rule) in block.rules.iter().enumerate() {
            let binder = Binder {
                lowering: &mut lowering,
                fit: &fit,
                schema,
                responses: responses.as_ref(),
                unread: unread.as_ref(),
                block,
                extern_faults: &extern_faults,
            };
            rules.push(binder.rule(index, rule));
        }
        let keys = keys(block, &mut lowering);
        let observations = observations(block, &mut lowering);
        let raws = raws(schema, &mut lowering);
        let refused =
            rules.iter().any(|rule| matches!(rule.body, Body::Schema(Some(_))) && enforced(block, rule.index) && !rule.is_waived());
        let nodes = lowering.nodes;
        let projection = nodes.iter().filter_map(|node| if let Op::Column(index) = node.op { Some(index) } else { None });
        let projection: std::collections::BTreeSet<usize> = projection.collect();
        let mut plan = Self {
            block: Arc::clone(block),
            schema: Arc::clone(schema),
            responses,
            nodes,
            rules,
            drops: Vec::new(),
            absent_columns: fit.absent,
            local_as_utc: fit.local_as_utc,
            projection: projection.into_iter().collect(),
            keys,
            raws,
            observations,
            refused,
        };
        plan.shapes();
        plan.silence(context.now);
        plan.drops = plan.last_uses();
        Ok(plan)
    }

    /// Finds kernels for rules of simple shape.
    fn shapes(&mut self) {
        let mut rules = std::mem::take(&mut self.rules);
        for rule in &mut rules {
            match &mut rule.body {
                Body::Row(row) | Body::Reference(row) => row.shape = shape::of(self, row),
                Body::Columns(columns) => columns.iter_mut().for_each(|(_, row)| row.shape = shape::of(self, row)),
                _ => {}
            }
        }
        self.rules = rules;
    }

    /// Finds conditions that say nothing of responses that were not read.
    fn silence(&mut self, now: Option<i128>) {
        let Some(responses) = &self.responses else { return };
        let unread = Unread::new(&self.nodes, responses.fields(), &Context { now });
        for rule in &mut self.rules {
            if let Body::Row(row) | Body::Reference(row) = &mut rule.body {
                row.silent = unread.is_null(row.when.unwrap_or(row.test));
            }
        }
    }

    /// After which rule each node is needed no more.
    fn last_uses(&self) -> Vec<Vec<NodeId>> {
        let mut last: BTreeMap<NodeId, usize> = BTreeMap::new();
        for (index, rule) in self.rules.iter().enumerate() {
            for order in rule.orders() {
                last.extend(order.iter().map(|node| (*node, index)));
            }
        }
        let mut drops = vec![Vec::new(); self.rules.len()];
        for (node, rule) in last {
            if let Some(list) = drops.get_mut(rule) {
                list.push(node);
            }
        }
        drops
    }
}

impl BoundRule {
    /// The evaluation orders of everything the rule computes per row.
    pub(crate) fn orders(&self) -> Vec<&[NodeId]> {
        match &self.body {
            Body::Row(row) | Body::Reference(row) => vec![&row.order],
            Body::Columns(columns) => columns.iter().map(|(_, row)| row.order.as_slice()).collect(),
            Body::Unique { order, .. } | Body::Increasing { order, .. } => vec![order],
            Body::Check(check) => vec![&check.order],
            Body::Schema(_) | Body::Skipped(_) | Body::Error(_) | Body::Response(_) => Vec::new(),
        }
    }
}

fn enforced(block: &ir::Block, index: usize) -> bool {
    block.rules.get(index).is_some_and(|rule| rule.severity == ir::Severity::Error && !rule.shadow)
}

fn fit(block: &ir::Block, schema: &Schema, responses: Option<&Responses>, unread: Option<&String>) -> Result<Fit, BindFault> {
    let mut out =
        Fit { bound: Vec::new(), mismatched: BTreeMap::new(), missing: BTreeMap::new(), absent: Vec::new(), local_as_utc: Vec::new() };
    for (at, column) in block.columns.iter().enumerate() {
        if let (true, Some(reason)) = (column.response, unread) {
            out.bound.push(BoundColumn::Unfit(reason.clone()));
            continue;
        }
        let mut found = schema.fields().iter().enumerate().filter(|(_, field)| *field.name() == column.name);
        let Some((index, field)) = found.next() else {
            if column.nullable {
                out.absent.push(column.name.clone());
                out.bound.push(BoundColumn::Absent);
            } else {
                let reason = missing_reason(&column.name, schema);
                out.bound.push(BoundColumn::Unfit(reason.clone()));
                out.missing.insert(at, reason);
            }
            continue;
        };
        if found.next().is_some() {
            return Err(BindFault::DuplicateColumn(column.name.clone()));
        }
        // What is read from texts has the types it was read into.
        let read = column.response && responses.is_some_and(Responses::is_text);
        if let Err(mismatch) = column.ty.accepts(field.data_type())
            && !read
        {
            let hint = mismatch.hint.map_or_else(String::new, |hint| format!("; {hint}"));
            let reason = format!("column `{}` is declared {} and the data has {}{hint}", column.name, mismatch.declared, mismatch.found);
            out.bound.push(BoundColumn::Unfit(reason.clone()));
            out.mismatched.insert(at, reason);
            continue;
        }
        if column.ty == ColumnType::Timestamp(None) && matches!(field.data_type(), DataType::Timestamp(_, None)) {
            out.local_as_utc.push(column.name.clone());
        }
        out.bound.push(here(schema, index, &column.ty));
    }
    Ok(out)
}

fn here(schema: &Schema, index: usize, declared: &ColumnType) -> BoundColumn {
    let field = schema.field(index);
    BoundColumn::Here { index, ty: bound_type(declared, field.data_type()) }
}

/// For each column the one that marks its unreadable cells.
fn marks(schema: &Schema) -> Vec<Option<usize>> {
    let places: ahash::HashMap<&str, usize> =
        schema.fields().iter().enumerate().map(|(index, field)| (field.name().as_str(), index)).collect();
    schema.fields().iter().map(|field| places.get(ill_typed_name(field.name()).as_str()).copied()).collect()
}

impl Plan {
    /// Why the schema does not fit the rules, if it does not.
    pub(crate) fn unfit(&self) -> Option<&str> {
        self.rules.iter().find_map(|rule| if let Body::Schema(Some(reason)) = &rule.body { Some(reason.as_str()) } else { None })
    }

    /// What a column that is not there may be called in the data: of the columns that nobody declares the most alike.
    pub(crate) fn near(&self, column: &str) -> Option<&str> {
        let names = self.schema.fields().iter().map(|field| field.name().as_str());
        near(column, names.filter(|name| !name.contains('\u{1f}') && !self.block.columns.iter().any(|column| column.name == *name)))
    }
}

/// The most alike of some names.
pub(crate) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    crate::diagnostics::nearest(name, known)
}

fn missing_reason(name: &str, schema: &Schema) -> String {
    let known: Vec<&str> =
        schema.fields().iter().map(|field| field.name().as_str()).filter(|name| !name.ends_with(ILL_TYPED_MARK)).collect();
    match crate::diagnostics::nearest(name, known) {
        Some(near) => format!("the data has no column `{name}`; it has `{near}`"),
        None => format!("the data has no column `{name}`"),
    }
}

/// Functions whose declaration and registration differ.
fn extern_faults(context: &BindContext<'_>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for (name, declared) in context.externs {
        let Some(registered) = context.host.get(name) else { continue };
        if let Err(mismatch) = declared.result.accepts(&registered.result) {
            out.insert(
                name.clone(),
                format!("the function `{name}` is declared to give {} and is registered to give {}", mismatch.declared, mismatch.found),
            );
        }
    }
    out
}

struct Binder<'a, 'b> {
    lowering: &'a mut Lowering<'b>,
    fit: &'a Fit,
    schema: &'a Arc<Schema>,
    responses: Option<&'a Responses>,
    /// Why no response can be read.
    unread: Option<&'a String>,
    block: &'a ir::Block,
    extern_faults: &'a BTreeMap<String, String>,
}

impl Binder<'_, '_> {
    fn rule(mut self, index: usize, rule: &Rule) -> BoundRule {
        let body = match self.body(rule) {
            Ok(body) => body,
            Err(LowerFault::Skipped(reason)) => Body::Skipped(reason),
            Err(LowerFault::Error(reason)) => Body::Error(reason),
        };
        let live = !matches!(body, Body::Schema(_) | Body::Skipped(_) | Body::Error(_));
        let shown = if live { self.shown(rule) } else { Vec::new() };
        let message = if live { self.message(rule) } else { Vec::new() };
        let waivers = waive::bind(self.block, index, &body, self.lowering);
        BoundRule { index, body, shown, message, waivers }
    }

    fn body(&mut self, rule: &Rule) -> Result<Body, LowerFault> {
        if let Some(reason) = &rule.off {
            return Ok(Body::Skipped(reason.clone()));
        }
        if let Some(reason) = &rule.planned {
            return Ok(Body::Skipped(format!("not supported yet: {reason}")));
        }
        if let Some(reason) = &rule.broken {
            return Ok(Body::Error(reason.clone()));
        }
        if let Some(reason) = self.extern_fault(rule) {
            return Ok(Body::Error(reason));
        }
        self.body_of(rule, &rule.body)
    }

    fn body_of(&mut self, rule: &Rule, body: &RuleBody) -> Result<Body, LowerFault> {
        match body {
            RuleBody::Response(question, otherwise) => self.response(rule, question, otherwise),
            RuleBody::Row(test) => self.required_or_row(rule, *test),
            RuleBody::Pattern(pattern, test) => self.pattern(rule, *pattern, *test),
            RuleBody::Type(subject, by_row) => self.type_rule(rule, *subject, *by_row),
            RuleBody::Unique(keys) => {
                let when = self.when(rule)?;
                let keys = keys.iter().map(|key| self.lowering.lower(*key, None)).collect::<Result<Vec<_>, _>>()?;
                let order = self.order(when.iter().chain(&keys).copied());
                Ok(Body::Unique { when, keys, order })
            }
            RuleBody::Increasing(value) => {
                let when = self.when(rule)?;
                let value = self.lowering.lower(*value, None)?;
                let order = self.order(when.iter().copied().chain([value]));
                Ok(Body::Increasing { when, value, order })
            }
            RuleBody::Reference(test, _) => Ok(Body::Reference(self.row(rule, *test, None)?)),
            RuleBody::Check(check) => self.check(check),
            RuleBody::Planned if rule.check == "extra_columns" => Ok(Body::Schema(self.extra_columns())),
            RuleBody::Planned => Ok(Body::Skipped("not supported yet".to_owned())),
        }
    }

    /// What is asked of the reading of texts; of structs, what their columns are asked.
    fn response(&mut self, rule: &Rule, question: &Question, otherwise: &RuleBody) -> Result<Body, LowerFault> {
        let Some(responses) = self.responses else {
            let reason = self.unread.cloned().unwrap_or_default();
            return Ok(if *question == Question::Parse { Body::Schema(Some(reason)) } else { Body::Skipped(reason) });
        };
        let place = |path: &[String]| responses.place_of(path).ok_or_else(|| LowerFault::Error("no reading tells of it".to_owned()));
        Ok(Body::Response(match question {
            Question::Parse => Asked::Parse,
            Question::ExtraFields if !responses.is_text() => return Ok(Body::Schema(responses.extra.clone())),
            _ if !responses.is_text() => return self.body_of(rule, otherwise),
            Question::ExtraFields => Asked::ExtraFields,
            Question::Required(path) => Asked::Required(place(path)?),
            Question::Type(path) => Asked::Type(place(path)?),
        }))
    }

    fn extern_fault(&self, rule: &Rule) -> Option<String> {
        if self.extern_faults.is_empty() {
            return None;
        }
        let roots = match &rule.body {
            RuleBody::Row(test) | RuleBody::Pattern(_, test) => vec![*test],
            RuleBody::Check(check) => check.aggregates.iter().flat_map(|call| call.arguments.iter().copied()).collect(),
            _ => Vec::new(),
        };
        let arena = &self.block.arena;
        arena.closure(roots).into_iter().find_map(|id| match arena.node(id) {
            ir::Node::Host(name, _) => self.extern_faults.get(name).cloned(),
            _ => None,
        })
    }

    /// An absent required column fails its `.required` rule.
    fn required_or_row(&mut self, rule: &Rule, test: ir::ExprId) -> Result<Body, LowerFault> {
        if rule.check == "required"
            && let Some(reason) = rule.columns.first().and_then(|column| self.fit.missing.get(&(column.0 as usize)))
        {
            return Ok(Body::Schema(Some(reason.clone())));
        }
        Ok(Body::Row(self.row(rule, test, None)?))
    }

    fn when(&mut self, rule: &Rule) -> Result<Option<NodeId>, LowerFault> {
        rule.when.map(|when| self.lowering.lower(when, None)).transpose()
    }

    fn row(&mut self, rule: &Rule, test: ir::ExprId, pattern: Option<(usize, &BoundColumn)>) -> Result<RowRule, LowerFault> {
        let when = self.when(rule)?;
        let node = self.lowering.lower(test, pattern)?;
        let order = self.order(when.iter().copied().chain([node]));
        let subject = self.enum_subject(rule, node);
        let finds = self.detector(node);
        Ok(RowRule { when, test: node, order, shape: None, subject, finds, silent: false })
    }

    /// The value whose most frequent outsiders an `enum` rule reports.
    fn enum_subject(&self, rule: &Rule, test: NodeId) -> Option<NodeId> {
        if rule.check != "enum" {
            return None;
        }
        let mut at = test;
        while let Some(node) = self.lowering.nodes.get(at.0 as usize) {
            match node.op {
                Op::InSet(_) => return node.args.first().copied(),
                Op::Not | Op::And | Op::Or => at = *node.args.first()?,
                _ => return None,
            }
        }
        None
    }

    /// The detector that a condition asks, and the text it is asked about.
    fn detector(&self, test: NodeId) -> Option<(NodeId, Arc<Detector>)> {
        let nodes = &self.lowering.nodes;
        let node = nodes.get(test.0 as usize)?;
        let (Op::Call(function), Some((text, words))) = (&node.op, node.args.split_first()) else { return None };
        let words: Vec<String> = words
            .iter()
            .filter_map(|word| match &nodes.get(word.0 as usize)?.op {
                Op::Constant(word) if word.is_live(0) => Some(word.strings().at(0).to_owned()),
                _ => None,
            })
            .collect();
        Some((*text, Arc::new(crate::functions::detector_of(function.name, words.iter().map(String::as_str))?)))
    }

    fn order(&self, roots: impl Iterator<Item = NodeId>) -> Vec<NodeId> {
        order_of(&self.lowering.nodes, roots)
    }

    fn type_rule(&mut self, rule: &Rule, subject: TypeSubject, by_row: Option<ir::ExprId>) -> Result<Body, LowerFault> {
        let column = match subject {
            TypeSubject::Pattern(pattern) => return self.pattern_type(rule, pattern, by_row),
            TypeSubject::Column(column) | TypeSubject::Member(column) => column.0 as usize,
        };
        if let Some(reason) = self.fit.missing.get(&column) {
            return Ok(Body::Skipped(reason.clone()));
        }
        if let Some(reason) = self.fit.mismatched.get(&column) {
            return Ok(match subject {
                TypeSubject::Column(_) => Body::Schema(Some(reason.clone())),
                _ => Body::Skipped(reason.clone()),
            });
        }
        match by_row {
            Some(test) if self.can_fail_by_row(test) => Ok(Body::Row(self.row(rule, test, None)?)),
            _ => Ok(Body::Schema(None)),
        }
    }

    /// Whether the type is a question of rows: by its nature, or because a reader marks cells it could not read.
    fn can_fail_by_row(&self, test: ir::ExprId) -> bool {
        let ir::Node::TypeOk(value, declared) = self.block.arena.node(test) else { return false };
        let marked =
            self.block.arena.columns([*value]).iter().any(
                |column| matches!(self.fit.bound.get(column.0 as usize), Some(BoundColumn::Here { index, .. }) if self.is_marked(*index)),
            );
        let member = matches!(self.block.arena.node(*value), ir::Node::Member(..));
        declared.can_fail_by_row() || marked && !member
    }

    fn is_marked(&self, column: usize) -> bool {
        self.lowering.marks.get(column).is_some_and(Option::is_some)
    }

    /// Columns a pattern stands for: undeclared, matched, and by no earlier pattern.
    fn matched(&self, pattern: usize) -> Vec<usize> {
        let declared = |name: &str| self.block.columns.iter().any(|column| column.name == name);
        self.schema
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| !declared(field.name()) && !field.name().ends_with(ILL_TYPED_MARK))
            .filter(|(_, field)| self.block.patterns.iter().position(|pattern| pattern.regex.is_match(field.name())) == Some(pattern))
            .map(|(index, _)| index)
            .collect()
    }

    fn pattern_fit(&self, pattern: usize, index: usize) -> BoundColumn {
        let Some(declared) = self.block.patterns.get(pattern) else { return BoundColumn::Absent };
        let field = self.schema.field(index);
        match declared.ty.accepts(field.data_type()) {
            Ok(()) => here(self.schema, index, &declared.ty),
            Err(mismatch) => BoundColumn::Unfit(format!(
                "column `{}` is declared {} and the data has {}",
                field.name(),
                mismatch.declared,
                mismatch.found
            )),
        }
    }

    fn pattern(&mut self, rule: &Rule, pattern: usize, test: ir::ExprId) -> Result<Body, LowerFault> {
        let mut columns = Vec::new();
        for index in self.matched(pattern) {
            let bound = self.pattern_fit(pattern, index);
            let row = self.row(rule, test, Some((index, &bound)))?;
            columns.push((self.schema.field(index).name().clone(), row));
        }
        Ok(Body::Columns(columns))
    }

    fn pattern_type(&mut self, rule: &Rule, pattern: usize, by_row: Option<ir::ExprId>) -> Result<Body, LowerFault> {
        let matched = self.matched(pattern);
        if matched.is_empty() {
            return Ok(Body::Columns(Vec::new()));
        }
        let unfit = matched.iter().find_map(|index| match self.pattern_fit(pattern, *index) {
            BoundColumn::Unfit(reason) => Some(reason),
            _ => None,
        });
        if let Some(reason) = unfit {
            return Ok(Body::Schema(Some(reason)));
        }
        match by_row {
            Some(test)
                if matched.iter().any(|column| self.is_marked(*column))
                    || self.block.patterns.get(pattern).is_some_and(|pattern| pattern.ty.can_fail_by_row()) =>
            {
                self.pattern(rule, pattern, test)
            }
            _ => Ok(Body::Schema(None)),
        }
    }

    fn extra_columns(&self) -> Option<String> {
        let extra: Vec<&str> = self
            .schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .filter(|name| !name.ends_with(ILL_TYPED_MARK) && !self.block.declares(name))
            .collect();
        undeclared(self.block, &extra)
    }

    fn check(&mut self, check: &ir::Check) -> Result<Body, LowerFault> {
        let filter = check.filter.map(|filter| self.lowering.lower(filter, None)).transpose()?;
        let by = check.by.iter().map(|key| self.lowering.lower(*key, None)).collect::<Result<Vec<_>, _>>()?;
        let mut aggregates = Vec::new();
        for call in &check.aggregates {
            let arguments = call.arguments.iter().map(|argument| self.lowering.lower(*argument, None)).collect::<Result<Vec<_>, _>>()?;
            aggregates.push((call.clone(), arguments));
        }
        let order =
            self.order(filter.iter().chain(&by).copied().chain(aggregates.iter().flat_map(|(_, arguments)| arguments.iter().copied())));
        let types: Vec<Type> = aggregates
            .iter()
            .map(|(call, arguments)| match (&call.ty, arguments.first()) {
                (Type::Number, Some(argument)) => self.lowering.nodes.get(argument.0 as usize).map_or(Type::Float, |node| node.ty.clone()),
                (ty, _) => ty.clone(),
            })
            .collect();
        self.lowering.aggregates = types;
        let expect = self.lowering.lower_check(check.expect)?;
        let value = check.value.map(|value| self.lowering.lower_check(value)).transpose()?;
        let finish_order = self.order([expect].into_iter().chain(value));
        Ok(Body::Check(Box::new(BoundCheck { filter, by, aggregates, order, expect, value, finish_order })))
    }

    /// What a sample shows: the columns the rule reads.
    fn shown(&mut self, rule: &Rule) -> Vec<(String, NodeId, bool)> {
        let mut out = Vec::new();
        for column in &rule.columns {
            let bound = self.fit.bound.get(column.0 as usize).cloned();
            if let (Some(bound @ BoundColumn::Here { .. }), Some(declared)) = (bound, self.block.columns.get(column.0 as usize))
                && let Ok(node) = self.lowering.column(&bound)
            {
                out.push((declared.name.clone(), node, declared.is_hidden()));
            }
        }
        out
    }

    fn message(&mut self, rule: &Rule) -> Vec<NodeId> {
        let Some(template) = &rule.message else { return Vec::new() };
        let null = |this: &mut Self| this.lowering.null();
        template
            .parts
            .iter()
            .filter_map(|part| match part {
                ir::TemplatePart::Value(value) => Some(self.lowering.lower(*value, None).unwrap_or_else(|_| null(self))),
                ir::TemplatePart::Text(_) => None,
            })
            .collect()
    }
}

/// What a closed block says of columns it does not declare.
pub(crate) fn undeclared(block: &ir::Block, extra: &[&str]) -> Option<String> {
    let first = extra.first()?;
    let known = block.columns.iter().map(|column| column.name.as_str());
    let near = crate::diagnostics::nearest(first, known).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
    let more = if extra.len() > 1 { format!(" and {} more", extra.len() - 1) } else { String::new() };
    Some(format!("the data has a column `{first}` that is not declared{near}{more}"))
}

fn keys(block: &ir::Block, lowering: &mut Lowering<'_>) -> Vec<(String, NodeId, bool)> {
    let mut out = Vec::new();
    for key in &block.keys {
        let bound = lowering.columns.get(key.0 as usize).cloned();
        if let (Some(bound @ BoundColumn::Here { .. }), Some(column)) = (bound, block.columns.get(key.0 as usize))
            && let Ok(node) = lowering.column(&bound)
        {
            out.push((column.name.clone(), node, column.is_hidden()));
        }
    }
    out
}

/// What stands in cells that did not parse, for each column that is read.
fn raws(schema: &Schema, lowering: &mut Lowering<'_>) -> BTreeMap<NodeId, NodeId> {
    let places: ahash::HashMap<&str, usize> =
        schema.fields().iter().enumerate().map(|(index, field)| (field.name().as_str(), index)).collect();
    let read: Vec<(NodeId, usize)> = lowering
        .nodes
        .iter()
        .enumerate()
        .filter_map(|(at, node)| match node.op {
            Op::Column(index) => {
                Some((NodeId(u32::try_from(at).ok()?), *places.get(raw_name(schema.fields().get(index)?.name()).as_str())?))
            }
            _ => None,
        })
        .collect();
    let raw = |(column, index)| {
        let bound = BoundColumn::Here { index, ty: Type::String };
        lowering.column(&bound).ok().map(|raw| (column, raw))
    };
    read.into_iter().filter_map(raw).collect()
}

fn observations(block: &ir::Block, lowering: &mut Lowering<'_>) -> Vec<BoundObservation> {
    let mut out = Vec::new();
    for (index, observation) in block.observations.iter().enumerate() {
        if let Ok(value) = lowering.lower(observation.value, None) {
            let order = order_of(&lowering.nodes, [value]);
            out.push(BoundObservation { index, value, order });
        }
    }
    out
}
