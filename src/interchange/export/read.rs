//! What each rule asks of the places of its block, read from its condition.
//!
//! A condition is carried where it is a conjunction of plain questions about single values. What is unknown passes, and so does, in JSON
//! Schema, a keyword that speaks of another type: for conjunctions the two agree, nulls included.

use std::collections::BTreeMap;

use crate::compile::ir::{Block, ExprId, LambdaId, Literal, Node, Question, Rule, RuleBody, Set, TypeSubject};
use crate::interchange::document::Document;
use crate::interchange::number;
use crate::interchange::pattern;
use crate::types::{ArithOp, CompareOp, Entry};

use super::compare::{flipped, length, opposite};
use super::place::{Keyword, Kind, Place, Step, of_type};

/// What a rule asks.
pub(super) struct Asked {
    /// At each place one thing.
    pub(super) demands: Vec<(Vec<Step>, Keyword)>,
    /// What a schema that says all of it still lets through.
    pub(super) weaker: Vec<String>,
}

/// Why no schema says it, and the place it speaks of where there is one.
pub(super) struct Unsaid {
    pub(super) why: String,
    pub(super) path: Vec<Step>,
}

/// Reads the rules of a block.
pub(super) struct Reader<'a> {
    pub(super) block: &'a Block,
    pub(super) sets: &'a [Set],
    pub(super) root: &'a Place,
    /// The paths of the items that lambdas go through.
    lambdas: BTreeMap<LambdaId, Vec<Step>>,
    weaker: Vec<String>,
}

type Demands = Vec<(Vec<Step>, Keyword)>;

impl<'a> Reader<'a> {
    pub(super) fn new(block: &'a Block, sets: &'a [Set], root: &'a Place) -> Self {
        Self { block, sets, root, lambdas: BTreeMap::new(), weaker: Vec::new() }
    }

    /// What a rule asks.
    pub(super) fn rule(&mut self, rule: &Rule) -> Result<Asked, Unsaid> {
        (self.lambdas, self.weaker) = (BTreeMap::new(), Vec::new());
        let demands = self.body(rule).map_err(|why| Unsaid { why, path: self.place_of(rule) })?;
        self.note_normalized(&demands);
        if rule.nulls_fail && demands.iter().any(|(path, _)| self.may_be_null(path)) {
            self.weaker.push("null counts as failing here (`@nulls(fail)`)".to_owned());
        }
        Ok(Asked { demands, weaker: std::mem::take(&mut self.weaker) })
    }

    fn body(&mut self, rule: &Rule) -> Result<Demands, String> {
        if let Some(planned) = &rule.planned {
            return Err(planned.clone());
        }
        if rule.shadow {
            return Err("it is evaluated and never acted on (`@shadow`)".to_owned());
        }
        if let Some(beside) = self.beside(rule) {
            return Err(format!("`{beside}` is a column beside the responses"));
        }
        if rule.when.is_some() {
            return Err("it is asked under a condition (`when`)".to_owned());
        }
        match &rule.body {
            RuleBody::Row(test) => self.condition(*test, false),
            RuleBody::Pattern(pattern, test) => self.of_pattern(*pattern, |this| this.condition(*test, false)),
            RuleBody::Response(Question::Type(path), _) => {
                let path = self.root.path(path).ok_or("it has no place of its own")?;
                self.typed(path)
            }
            RuleBody::Response(Question::Required(_), inner) => match &**inner {
                RuleBody::Row(test) => self.condition(*test, false),
                _ => Err("it has no place of its own".to_owned()),
            },
            RuleBody::Response(Question::Parse, _) => {
                self.weaker.push(
                    "a schema sees what a reader of JSON hands on: text around the object, keys that stand twice, limits of size and numbers \
                     beyond float64 are judged here"
                        .to_owned(),
                );
                Ok(vec![(Vec::new(), Keyword::Type)])
            }
            RuleBody::Response(Question::ExtraFields, _) => Ok(vec![(Vec::new(), Keyword::Closed)]),
            RuleBody::Planned if rule.check == "extra_columns" => Ok(vec![(Vec::new(), Keyword::Closed)]),
            RuleBody::Type(TypeSubject::Pattern(pattern), _) => {
                let pattern = *pattern;
                self.of_pattern(pattern, |this| this.typed(vec![this.pattern_step(pattern)]))
            }
            RuleBody::Type(_, Some(test)) => match self.block.arena.node(*test) {
                Node::TypeOk(value, _) => {
                    let path = self.locate(*value).ok_or("it has no place of its own")?;
                    self.typed(path)
                }
                _ => Err("it has no place of its own".to_owned()),
            },
            RuleBody::Unique(_) | RuleBody::Increasing(_) | RuleBody::Check(_) => Err("it is asked of all rows together".to_owned()),
            RuleBody::Reference(..) => Err("it is asked of a file".to_owned()),
            _ => Err("it has no place of its own".to_owned()),
        }
    }

    /// A column beside the responses that a rule reads.
    fn beside(&self, rule: &Rule) -> Option<&'a str> {
        let mut columns = rule.columns.iter().filter_map(|id| self.block.columns.get(id.0 as usize));
        columns.find(|column| column.response != self.block.output).map(|column| column.name.as_str())
    }

    fn pattern_step(&self, pattern: usize) -> Step {
        let Kind::Object(members) = &self.root.kind else { return Step::Items };
        members.iter().filter(|member| member.pattern).nth(pattern).map_or(Step::Items, |member| Step::Member(member.name.clone()))
    }

    /// Patterns are asked of columns that nothing else declares; a schema asks all that match.
    fn of_pattern(&mut self, pattern: usize, read: impl FnOnce(&mut Self) -> Result<Demands, String>) -> Result<Demands, String> {
        let regex = self.block.patterns.get(pattern).map(|pattern| &pattern.regex);
        let declared = self.block.columns.iter().any(|column| regex.is_some_and(|regex| regex.is_match(&column.name)));
        if declared || pattern > 0 {
            return Err("other declarations come before its pattern, and a schema knows no such order".to_owned());
        }
        read(self)
    }

    fn typed(&mut self, path: Vec<Step>) -> Result<Demands, String> {
        let ty = match path.first() {
            Some(Step::Member(name)) => self.type_at(name, path.get(1..).unwrap_or_default()),
            _ => None,
        };
        let mut demands = vec![(path.clone(), Keyword::Type)];
        if let Some(ty) = ty {
            let of_type = of_type(&ty, !self.block.output);
            self.weaker.extend(of_type.unsaid.into_iter().map(str::to_owned));
            demands.extend(of_type.asked.into_iter().map(|(below, keyword)| (path.iter().cloned().chain(below).collect(), keyword)));
        }
        Ok(demands)
    }

    fn type_at(&self, name: &str, path: &[Step]) -> Option<crate::types::ColumnType> {
        use crate::types::ColumnType as Type;
        let column = self.block.columns.iter().find(|column| column.name == name).map(|column| &column.ty);
        let pattern =
            || self.block.patterns.iter().enumerate().find(|(index, _)| self.pattern_step(*index) == Step::Member(name.to_owned()));
        let mut ty = column.or_else(|| pattern().map(|(_, pattern)| &pattern.ty))?;
        let mut variant: Option<&Vec<crate::types::Member>> = None;
        for step in path {
            let members = match (variant.take(), ty) {
                (Some(members), _) | (None, Type::Struct(members)) => Some(members),
                _ => None,
            };
            match (step, ty) {
                (Step::Member(name), _) => ty = &members?.iter().find(|member| member.name == *name)?.ty,
                (Step::Variant(name), Type::OneOf(_, variants)) => {
                    variant = variants.iter().find(|(known, _)| known == name).map(|(_, all)| all)
                }
                (Step::Items, Type::List(item, _) | Type::Vector(item, _) | Type::Map(_, item, _)) => ty = item,
                _ => return None,
            }
        }
        variant.is_none().then(|| ty.clone())
    }

    /// A place for what cannot be said: the one field it is of, or the root.
    fn place_of(&self, rule: &Rule) -> Vec<Step> {
        let names: Vec<String> = match &rule.field {
            Some(field) => field.split('.').map(str::to_owned).collect(),
            None => return Vec::new(),
        };
        let whole = rule.field.iter().cloned().collect::<Vec<_>>();
        let mut path = self.root.path(&whole).or_else(|| self.root.path(&names)).unwrap_or_default();
        // What is asked of items stands at the items.
        let lists = rule.check.matches("each.").count();
        for _ in path.iter().filter(|step| **step == Step::Items).count()..lists {
            path.push(Step::Items);
        }
        path
    }

    fn may_be_null(&self, path: &[Step]) -> bool {
        let mut place = self.root;
        for step in path {
            let next = match (step, &place.kind) {
                (Step::Member(name), Kind::Object(members)) => {
                    members.iter().find(|member| member.name == *name).map(|member| &member.place)
                }
                (Step::Variant(name), Kind::Union(_, variants)) => variants.iter().find(|(known, _)| known == name).map(|(_, place)| place),
                (Step::Items, Kind::List(item) | Kind::Map(item)) => Some(&**item),
                _ => None,
            };
            let Some(next) = next else { return true };
            if next.nullable {
                return true;
            }
            place = next;
        }
        false
    }

    /// Rules see values after `@normalize`, schemas before.
    fn note_normalized(&mut self, demands: &[(Vec<Step>, Keyword)]) {
        let Some(response) = &self.block.response else { return };
        let changed = demands.iter().any(|(path, keyword)| {
            let Some(Step::Member(name)) = path.first() else { return false };
            let place = response.shape.place(name);
            !matches!(keyword, Keyword::Required | Keyword::Type | Keyword::Closed)
                && place.is_some_and(|place| response.normalize.contains_key(&place))
        });
        if changed {
            self.weaker.push("the value is judged as `@normalize` leaves it, and the schema sees it as it was written".to_owned());
        }
    }

    /// The place an expression reads; none where it computes.
    fn locate(&self, id: ExprId) -> Option<Vec<Step>> {
        match self.block.arena.node(id) {
            Node::Column(column) => {
                let column = self.block.columns.get(column.0 as usize)?;
                (column.response == self.block.output).then(|| vec![Step::Member(column.name.clone())])
            }
            Node::PatternColumn => {
                let Kind::Object(members) = &self.root.kind else { return None };
                Some(vec![Step::Member(members.iter().find(|member| member.pattern)?.name.clone())])
            }
            Node::Item(lambda) => self.lambdas.get(lambda).cloned(),
            Node::Typed(inner, _) | Node::Missing(inner, _) | Node::Entries(inner, Entry::Values) => self.locate(*inner),
            Node::Member(inner, name) => {
                let mut path = self.locate(*inner)?;
                let place = self.place(&path)?;
                let step = match &place.kind {
                    Kind::Union(_, variants) if variants.iter().any(|(known, _)| known == name) => Step::Variant(name.clone()),
                    Kind::Object(_) => Step::Member(name.clone()),
                    _ => return None,
                };
                path.push(step);
                self.place(&path)?;
                Some(path)
            }
            _ => None,
        }
    }

    fn place(&self, path: &[Step]) -> Option<&Place> {
        path.iter().try_fold(self.root, |place, step| match (step, &place.kind) {
            (Step::Member(name), Kind::Object(members)) => members.iter().find(|member| member.name == *name).map(|member| &member.place),
            (Step::Variant(name), Kind::Union(_, variants)) => variants.iter().find(|(known, _)| known == name).map(|(_, place)| place),
            (Step::Items, Kind::List(item) | Kind::Map(item)) => Some(&**item),
            _ => None,
        })
    }

    /// A place for a keyword; where sentinels count as null, no keyword says what the rule does.
    fn subject(&self, id: ExprId) -> Result<Vec<Step>, String> {
        let path = self.locate(id).ok_or_else(|| self.why(id))?;
        let sentinels = self.block.arena.closure([id]).into_iter().any(|id| matches!(self.block.arena.node(id), Node::Missing(..)));
        if sentinels { Err("some values count as missing (`@missing`)".to_owned()) } else { Ok(path) }
    }

    /// Why an expression is no place.
    fn why(&self, id: ExprId) -> String {
        match self.block.arena.node(id) {
            Node::Call(function, _) => format!("no keyword says `{}`", function.0.name),
            Node::Entries(_, Entry::Keys) => "no keyword says it of the keys of an object".to_owned(),
            Node::Host(name, _) => format!("`{name}` is a function of the host program"),
            _ => "it computes with its values".to_owned(),
        }
    }

    fn condition(&mut self, id: ExprId, negated: bool) -> Result<Demands, String> {
        let block = self.block;
        match block.arena.node(id) {
            Node::And(all) if !negated => {
                let parts: Result<Vec<Demands>, String> = all.iter().map(|part| self.condition(*part, false)).collect();
                Ok(parts?.into_iter().flatten().collect())
            }
            Node::Or(all) if !negated => self.alternatives(all),
            Node::Not(inner) => self.condition(*inner, !negated),
            Node::Present(value) if !negated => {
                if matches!(block.arena.node(*value), Node::Missing(..)) {
                    self.weaker.push("some values count as missing (`@missing`)".to_owned());
                }
                let path = self.locate(*value).ok_or_else(|| self.why(*value))?;
                Ok(vec![(path, Keyword::Required)])
            }
            Node::Quantifier { all: true, list, lambda, body } if !negated => {
                let mut path = self.subject(*list)?;
                path.push(Step::Items);
                self.lambdas.insert(*lambda, path);
                self.condition(*body, false)
            }
            Node::Case(branches, test) if !negated => self.where_present(branches, *test),
            Node::Compare(op, left, right) => self.compare(if negated { opposite(*op) } else { *op }, *left, *right),
            Node::InSet(value, set) => {
                let path = self.subject(*value)?;
                let values = self.values(set.0)?;
                Ok(vec![(path, if negated { Keyword::NoneOf(values) } else { Keyword::OneOf(values) })])
            }
            Node::Matches(value, pattern, whole) if !negated => {
                Ok(vec![(self.subject(*value)?, Keyword::Matches(pattern.clone(), *whole))])
            }
            Node::Like(value, pattern) if !negated => match block.arena.node(*pattern) {
                Node::Literal(Literal::Str(text)) => Ok(vec![(self.subject(*value)?, Keyword::Pattern(pattern::like(text), false))]),
                _ => Err("its pattern is computed".to_owned()),
            },
            Node::Call(function, arguments) if !negated => self.call(function.0.name, arguments, id),
            Node::Literal(Literal::Bool(true)) if !negated => Ok(Vec::new()),
            _ => match self.subject(id) {
                Ok(path) => Ok(vec![(path, Keyword::OneOf(vec![Document::Bool(!negated)]))]),
                Err(why) => Err(why),
            },
        }
    }

    /// `case when x is null then null else test end`, which asks nothing of what is missing.
    fn where_present(&mut self, branches: &[(ExprId, ExprId)], test: ExprId) -> Result<Demands, String> {
        let [(condition, then)] = branches else { return Err("it has cases".to_owned()) };
        let arena = &self.block.arena;
        let (Node::IsNull(value), Node::Literal(Literal::Null)) = (arena.node(*condition), arena.node(*then)) else {
            return Err("it has cases".to_owned());
        };
        let over = self.locate(*value).ok_or_else(|| self.why(*value))?;
        let demands = self.condition(test, false)?;
        // A test of something else would be asked even where this is missing.
        if demands.iter().all(|(path, _)| path.starts_with(&over)) { Ok(demands) } else { Err("it has cases".to_owned()) }
    }

    /// Alternatives of one value are an enum; `x is null or …` asks what the rest asks, since null passes anyway.
    fn alternatives(&mut self, all: &[ExprId]) -> Result<Demands, String> {
        let nulls: Vec<Vec<Step>> = all.iter().filter_map(|id| self.null_test(*id)).collect();
        let rest: Vec<ExprId> = all.iter().copied().filter(|id| self.null_test(*id).is_none()).collect();
        if let ([only], false) = (rest.as_slice(), nulls.is_empty()) {
            let demands = self.condition(*only, false)?;
            let about_one = demands.iter().all(|(path, _)| nulls.iter().any(|null| path == null));
            return if about_one { Ok(demands) } else { Err("it has alternatives".to_owned()) };
        }
        let mut place: Option<Vec<Step>> = None;
        let mut values = Vec::new();
        for id in rest {
            let mut demands = self.condition(id, false)?;
            match (demands.pop(), demands.is_empty()) {
                (Some((path, Keyword::OneOf(some))), true) if place.is_none() || place.as_ref() == Some(&path) => {
                    place = Some(path);
                    values.extend(some);
                }
                _ => return Err("it has alternatives".to_owned()),
            }
        }
        match place {
            Some(path) if nulls.iter().all(|null| *null == path) => Ok(vec![(path, Keyword::OneOf(values))]),
            _ => Err("it has alternatives".to_owned()),
        }
    }

    fn null_test(&self, id: ExprId) -> Option<Vec<Step>> {
        if let Node::IsNull(value) = self.block.arena.node(id) { self.locate(*value) } else { None }
    }

    fn values(&self, set: u32) -> Result<Vec<Document>, String> {
        let set = self.sets.get(set as usize).ok_or("its value set is not known")?;
        set.values.iter().map(|literal| number::value(literal).ok_or_else(|| "its values are no values of JSON".to_owned())).collect()
    }

    fn literal(&self, id: ExprId) -> Option<Literal> {
        match self.block.arena.node(id) {
            Node::Literal(literal) => Some(literal.clone()),
            Node::Negate(inner) => match self.block.arena.node(*inner) {
                Node::Literal(Literal::Int(value)) => value.checked_neg().map(Literal::Int),
                Node::Literal(Literal::Number(mantissa, scale, bits)) => {
                    Some(Literal::Number(mantissa.checked_neg()?, *scale, (-f64::from_bits(*bits)).to_bits()))
                }
                Node::Literal(Literal::Decimal(mantissa, scale)) => Some(Literal::Decimal(mantissa.checked_neg()?, *scale)),
                Node::Literal(Literal::Float(bits)) => Some(Literal::Float((-f64::from_bits(*bits)).to_bits())),
                _ => None,
            },
            _ => None,
        }
    }

    fn compare(&mut self, op: CompareOp, left: ExprId, right: ExprId) -> Result<Demands, String> {
        if let Some(demands) = self.different_items(op, left, right) {
            return demands;
        }
        let (op, value, literal) = match (self.literal(left), self.literal(right)) {
            (None, Some(literal)) => (op, left, literal),
            (Some(literal), None) => (flipped(op), right, literal),
            _ => return Err("it compares values with each other".to_owned()),
        };
        match self.block.arena.node(value) {
            Node::Call(function, arguments) => match (function.0.name, arguments.as_slice()) {
                ("length", [inner]) => return Ok(vec![(self.subject(*inner)?, length(op, &literal)?)]),
                ("mod", [inner, by]) => return self.multiple(op, *inner, *by, &literal),
                _ => return Err(self.why(value)),
            },
            Node::Arith(ArithOp::Mod, inner, by) => return self.multiple(op, *inner, *by, &literal),
            _ => {}
        }
        let path = self.subject(value)?;
        let place = self.place(&path).map(|place| &place.kind);
        let keyword = match (op, place) {
            (CompareOp::Eq, _) => number::value(&literal).map(|value| Keyword::OneOf(vec![value])),
            (CompareOp::NotEq, _) => number::value(&literal).map(|value| Keyword::NoneOf(vec![value])),
            (_, Some(Kind::Integer | Kind::Number)) => number::bound(&literal).map(|bound| match op {
                CompareOp::Lt => Keyword::AtMost(bound.exclusive()),
                CompareOp::LtEq => Keyword::AtMost(bound),
                CompareOp::Gt => Keyword::AtLeast(bound.exclusive()),
                _ => Keyword::AtLeast(bound),
            }),
            _ => None,
        };
        Ok(vec![(path, keyword.ok_or("JSON Schema compares numbers alone")?)])
    }

    /// `x mod 5 = 0`
    fn multiple(&mut self, op: CompareOp, inner: ExprId, by: ExprId, literal: &Literal) -> Result<Demands, String> {
        let zero = number::bound(literal).is_some_and(|bound| bound.float() == 0.0);
        let by = self.literal(by).as_ref().and_then(number::bound).filter(|by| by.whole().is_some_and(|by| by > 0));
        match (op, zero, by) {
            (CompareOp::Eq, true, Some(by)) => Ok(vec![(self.subject(inner)?, Keyword::MultipleOf(by.document()))]),
            _ => Err("it computes with its values".to_owned()),
        }
    }

    /// `distinct_count(x) = length(x)`: items differ.
    fn different_items(&mut self, op: CompareOp, left: ExprId, right: ExprId) -> Option<Result<Demands, String>> {
        let called = |id: ExprId| match self.block.arena.node(id) {
            Node::Call(function, arguments) => arguments.first().map(|argument| (function.0.name, *argument)),
            _ => None,
        };
        let list = match (op, called(left)?, called(right)?) {
            (CompareOp::Eq, ("distinct_count", a), ("length", b)) | (CompareOp::Eq, ("length", a), ("distinct_count", b)) if a == b => a,
            _ => return None,
        };
        let path = match self.subject(list) {
            Ok(path) => path,
            Err(why) => return Some(Err(why)),
        };
        let Some(Kind::List(item)) = self.place(&path).map(|place| &place.kind) else { return None };
        if !matches!(item.kind, Kind::Bool | Kind::Integer | Kind::Number | Kind::Text) {
            return Some(Err("items that are lists or objects cannot be told apart here".to_owned()));
        }
        if item.nullable {
            self.weaker.push("a null item is never counted here, so that a list with one fails".to_owned());
        }
        Some(Ok(vec![(path, Keyword::Unique)]))
    }

    fn call(&mut self, name: &str, arguments: &[ExprId], id: ExprId) -> Result<Demands, String> {
        let (Some(subject), text) = (arguments.first(), arguments.get(1).and_then(|argument| self.literal(*argument))) else {
            return Err(self.why(id));
        };
        let in_a_text =
            |this: &Self| matches!(this.locate(*subject).and_then(|path| this.place(&path)).map(|place| &place.kind), Some(Kind::Text));
        let keyword = match (name, &text) {
            ("starts_with", Some(Literal::Str(text))) => Keyword::Pattern(format!("^{}", pattern::literal(text)), false),
            ("ends_with", Some(Literal::Str(text))) => Keyword::Pattern(format!("{}$", pattern::literal(text)), false),
            ("contains", Some(Literal::Str(text))) if in_a_text(self) => Keyword::Pattern(pattern::literal(text), false),
            ("not_blank", None) => Keyword::Pattern(r"\P{White_Space}".to_owned(), true),
            ("trimmed", None) => Keyword::Pattern(r"^(?:\P{White_Space}(?:[\s\S]*\P{White_Space})?)?$".to_owned(), true),
            ("is_hex", None) => Keyword::Pattern("^[0-9A-Fa-f]+$".to_owned(), false),
            ("is_base64", None) => {
                Keyword::Pattern(r"^(?:[A-Za-z0-9+\/]{4})*(?:[A-Za-z0-9+\/]{4}|[A-Za-z0-9+\/]{2}==|[A-Za-z0-9+\/]{3}=)$".to_owned(), false)
            }
            ("is_uuid", None) => Keyword::Format("uuid"),
            ("is_ipv4", None) => Keyword::Format("ipv4"),
            ("is_ipv6", None) => Keyword::Format("ipv6"),
            ("is_email", None) => Keyword::Format("email"),
            ("is_url", None) => Keyword::Format("uri"),
            _ => return Err(self.why(id)),
        };
        let path = self.subject(*subject)?;
        match name {
            "is_email" => self
                .weaker
                .push("addresses without a dot in the domain, quoted ones and those with letters beyond ASCII are refused here".to_owned()),
            "is_url" => self.weaker.push("schemes other than http, https and ftp are refused here".to_owned()),
            _ => {}
        }
        Ok(vec![(path, keyword)])
    }
}
