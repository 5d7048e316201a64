//! A block as a tree of places for values, and what its rules ask of each.

use std::collections::BTreeSet;

use crate::compile::ir::Block;
use crate::interchange::document::Document;
use crate::interchange::number::Bound;
use crate::types::{ColumnType, IntWidth, Member as TypeMember};

/// A place for a value.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    pub(super) docs: Option<String>,
    pub(super) demands: Vec<Demand>,
    /// Rules about the value that no schema says, and why.
    pub(super) lost: Vec<(usize, String)>,
}

/// What stands there.
#[derive(Debug)]
pub(super) enum Kind {
    Bool,
    Integer,
    Number,
    Text,
    List(Box<Place>),
    Map(Box<Place>),
    Object(Vec<Member>),
    /// The key that tells which members there are, and these for each of its values.
    Union(String, Vec<(String, Place)>),
}

/// A member of an object. One whose place is nullable may be absent, too.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) place: Place,
    /// A pattern of names rather than one.
    pub(super) pattern: bool,
}

/// What a rule asks of a place.
#[derive(Debug)]
pub(super) struct Demand {
    /// The rule, by its place in the block.
    pub(super) rule: usize,
    pub(super) keyword: Keyword,
    /// What a schema that says all of it still lets through.
    pub(super) weaker: Vec<String>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Keyword {
    /// The value is there.
    Required,
    /// It has the declared type.
    Type,
    /// It has declared keys alone.
    Closed,
    AtLeast(Bound),
    AtMost(Bound),
    OneOf(Vec<Document>),
    NoneOf(Vec<Document>),
    MultipleOf(Document),
    /// Characters of a text, items of a list.
    Length(Option<u64>, Option<u64>),
    Unique,
    /// In Rust's dialect, on the whole text or anywhere in it.
    Matches(String, bool),
    /// In the dialect of JSON Schema, anywhere in the text; for validators alone, or for decoders too.
    Pattern(String, bool),
    Format(&'static str),
    Encoding(&'static str),
}

/// One step of a path to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Variant(String),
    Items,
}

impl Place {
    fn new(kind: Kind, nullable: bool) -> Self {
        Self { kind, nullable, docs: None, demands: Vec::new(), lost: Vec::new() }
    }

    /// Where a path leads.
    pub(super) fn at(&mut self, path: &[Step]) -> Option<&mut Self> {
        let Some((step, rest)) = path.split_first() else { return Some(self) };
        match (step, &mut self.kind) {
            (Step::Member(name), Kind::Object(members)) => members.iter_mut().find(|member| member.name == *name)?.place.at(rest),
            (Step::Variant(name), Kind::Union(_, variants)) => variants.iter_mut().find(|(known, _)| known == name)?.1.at(rest),
            (Step::Items, Kind::List(item) | Kind::Map(item)) => item.at(rest),
            _ => None,
        }
    }

    /// The path that names lead to: lists and maps on the way are gone into.
    pub(super) fn path(&self, names: &[String]) -> Option<Vec<Step>> {
        let Some((name, rest)) = names.split_first() else { return Some(Vec::new()) };
        let (step, next) = match &self.kind {
            Kind::List(item) | Kind::Map(item) => return Some([Step::Items].into_iter().chain(item.path(names)?).collect()),
            Kind::Object(members) => (Step::Member(name.clone()), &members.iter().find(|member| member.name == *name)?.place),
            Kind::Union(_, variants) => (Step::Variant(name.clone()), &variants.iter().find(|(known, _)| known == name)?.1),
            _ => return None,
        };
        Some([step].into_iter().chain(next.path(rest)?).collect())
    }
}

/// The places of a block: the fields of its response, or its columns.
pub(super) fn tree(block: &Block) -> Place {
    let columns = block.columns.iter().filter(|column| column.response == block.output);
    let mut members: Vec<Member> = columns
        .map(|column| {
            let mut place = place(&column.ty, column.nullable);
            place.docs.clone_from(&column.docs);
            Member { name: column.name.clone(), place, pattern: false }
        })
        .collect();
    members.extend(block.patterns.iter().map(|pattern| {
        let text = pattern.regex.as_str();
        let name = text.strip_prefix(r"\A(?:").and_then(|rest| rest.strip_suffix(r")\z")).unwrap_or(text).to_owned();
        Member { name, place: place(&pattern.ty, true), pattern: true }
    }));
    let mut root = Place::new(Kind::Object(members), false);
    root.docs.clone_from(&block.docs);
    root
}

fn place(ty: &ColumnType, nullable: bool) -> Place {
    let kind = match ty {
        ColumnType::Bool => Kind::Bool,
        ColumnType::Int(_) | ColumnType::Decimal(Some((_, 0))) => Kind::Integer,
        ColumnType::Float32 | ColumnType::Float64 | ColumnType::Float | ColumnType::Number | ColumnType::Decimal(_) => Kind::Number,
        ColumnType::List(item, nullable) => Kind::List(Box::new(place(item, *nullable))),
        ColumnType::Vector(item, _) => Kind::List(Box::new(place(item, false))),
        ColumnType::Map(_, value, nullable) => Kind::Map(Box::new(place(value, *nullable))),
        ColumnType::Struct(members) => Kind::Object(object(members)),
        ColumnType::OneOf(tag, variants) => {
            let variant = |(name, members): &(String, Vec<TypeMember>)| (name.clone(), Place::new(Kind::Object(object(members)), false));
            Kind::Union(tag.clone(), variants.iter().map(variant).collect())
        }
        _ => Kind::Text,
    };
    Place::new(kind, nullable)
}

fn object(members: &[TypeMember]) -> Vec<Member> {
    members.iter().map(|member| Member { name: member.name.clone(), place: place(&member.ty, member.nullable), pattern: false }).collect()
}

/// What types ask of values beyond their JSON type, by path from the value itself; and what of it no schema says.
pub(super) fn of_type(ty: &ColumnType, members_too: bool) -> OfType {
    let mut found = OfType { asked: Vec::new(), unsaid: BTreeSet::new(), members_too };
    found.collect(ty, &mut Vec::new());
    found
}

/// See [`of_type`].
pub(super) struct OfType {
    pub(super) asked: Vec<(Vec<Step>, Keyword)>,
    pub(super) unsaid: BTreeSet<&'static str>,
    /// Whether members of items have no rules of their own.
    members_too: bool,
}

/// A time of day: `13:45`, `13:45:30`, `13:45:30.25`.
pub(in crate::interchange) const TIME: &str = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?$";
/// A day, and a time of day or none.
pub(in crate::interchange) const LOCAL_TIMESTAMP: &str =
    r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?)?$";
/// Padded base64.
pub(in crate::interchange) const BASE64: &str = r"^(?:[A-Za-z0-9+\/]{4})*(?:[A-Za-z0-9+\/]{2}==|[A-Za-z0-9+\/]{3}=)?$";

impl OfType {
    fn collect(&mut self, ty: &ColumnType, path: &mut Vec<Step>) {
        match ty {
            ColumnType::Int(IntWidth::Any) => self.unsaid("integers beyond 64 bits are refused here"),
            ColumnType::Int(width) => {
                let (least, most) = bounds(*width);
                self.ask(path, Keyword::AtLeast(Bound::int(least)));
                self.ask(path, Keyword::AtMost(Bound::int(most)));
            }
            ColumnType::Decimal(digits) => {
                let (precision, scale) = digits.unwrap_or((38, 9));
                if scale != 0 {
                    self.ask(path, Keyword::MultipleOf(Bound::power_of_ten(-i32::from(scale)).document()));
                }
                let limit = Bound::power_of_ten(i32::from(precision) - i32::from(scale));
                self.ask(path, Keyword::AtLeast(limit.negative().exclusive()));
                self.ask(path, Keyword::AtMost(limit.exclusive()));
            }
            ColumnType::Binary => {
                self.ask(path, Keyword::Encoding("base64"));
                self.ask(path, Keyword::Pattern(BASE64.to_owned(), true));
            }
            ColumnType::Date => self.ask(path, Keyword::Format("date")),
            ColumnType::Time => self.ask(path, Keyword::Pattern(TIME.to_owned(), true)),
            ColumnType::Timestamp(_) => {
                self.ask(path, Keyword::Format("date-time"));
                self.unsaid("leap seconds, and parts of a second finer than a microsecond, are refused here");
            }
            ColumnType::LocalTimestamp => {
                self.ask(path, Keyword::Pattern(LOCAL_TIMESTAMP.to_owned(), true));
                self.unsaid("days that no month has are refused here");
            }
            ColumnType::Duration => {
                self.ask(path, Keyword::Format("duration"));
                self.unsaid("durations in years and months are refused here");
            }
            ColumnType::List(item, _) => self.below(Step::Items, item, path),
            ColumnType::Vector(item, length) => {
                let length = u64::from(*length);
                self.ask(path, Keyword::Length(Some(length), Some(length)));
                self.below(Step::Items, item, path);
            }
            ColumnType::Map(_, value, _) => self.below(Step::Items, value, path),
            ColumnType::Struct(members) if self.members_too && path.contains(&Step::Items) => {
                members.iter().for_each(|member| self.below(Step::Member(member.name.clone()), &member.ty, path));
            }
            _ => {}
        }
    }

    fn ask(&mut self, path: &[Step], keyword: Keyword) {
        self.asked.push((path.to_vec(), keyword));
    }

    fn unsaid(&mut self, what: &'static str) {
        self.unsaid.insert(what);
    }

    fn below(&mut self, step: Step, ty: &ColumnType, path: &mut Vec<Step>) {
        path.push(step);
        self.collect(ty, path);
        path.pop();
    }
}

fn bounds(width: IntWidth) -> (i128, i128) {
    match width {
        IntWidth::Any => (i128::from(i64::MIN), i128::from(i64::MAX)),
        IntWidth::Signed(bits) => (-(1_i128 << (bits.clamp(1, 64) - 1)), (1_i128 << (bits.clamp(1, 64) - 1)) - 1),
        IntWidth::Unsigned(bits) => (0, (1_i128 << bits.clamp(1, 64)) - 1),
    }
}
