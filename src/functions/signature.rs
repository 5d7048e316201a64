//! Signatures: what a function takes and gives.

use crate::types::Type;

/// Arguments and result of a function.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// Parameters in order.
    pub parameters: &'static [Parameter],
    /// How many of the last ones may be left out.
    pub optional: usize,
    /// Whether the last parameter may be repeated.
    pub variadic: bool,
    /// The result.
    pub returns: Returns,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name in the reference.
    pub name: &'static str,
    /// What it takes.
    pub accepts: Accepts,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// Anything.
    Any,
    /// `bool`
    Bool,
    /// Any number.
    Number,
    /// `int`
    Int,
    /// `string`
    String,
    /// `string` or `binary`
    StringOrBinary,
    /// `string` or a list
    StringOrList,
    /// `date`, `timestamp`
    DateOrTimestamp,
    /// `timestamp`, an instant.
    Timestamp,
    /// What has an order: numbers, strings, dates, times, durations.
    Ordered,
    /// A list of items that have an order; bytes have one too.
    OrderedList,
    /// A number or a list of numbers.
    NumberOrNumbers,
    /// A list of numbers.
    Numbers,
    /// A list.
    List,
    /// The type of an earlier argument.
    SameAs(usize),
    /// The item type of an earlier argument, if that is a list; else its own type.
    ItemOf(usize),
    /// A regex literal.
    Regex,
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `string`
    String,
    /// `date`
    Date,
    /// `timestamp`
    Timestamp,
    /// `duration`
    Duration,
    /// `list<string>`
    Strings,
    /// The type of an argument.
    SameAs(usize),
    /// The common type of all arguments.
    Common,
    /// The type of the items of an argument.
    ItemOf(usize),
    /// `int` for ints, else the type of the argument: what rounding to whole numbers gives.
    Whole,
}

/// Why a call does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureError {
    /// The wrong number of arguments.
    Count {
        /// Fewest.
        least: usize,
        /// Most; `None` for any number.
        most: Option<usize>,
    },
    /// An argument of the wrong type.
    Argument {
        /// Which one.
        index: usize,
        /// What is wanted, in words.
        wanted: String,
    },
}

impl Signature {
    /// A signature without optional or repeated parameters.
    #[must_use]
    pub const fn new(parameters: &'static [Parameter], returns: Returns) -> Self {
        Self { parameters, optional: 0, variadic: false, returns }
    }

    /// The last `count` parameters may be left out.
    #[must_use]
    pub const fn optional(mut self, count: usize) -> Self {
        self.optional = count;
        self
    }

    /// The last parameter may be repeated.
    #[must_use]
    pub const fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    /// The type of a call.
    ///
    /// # Errors
    /// The first argument that does not fit, or their number.
    pub fn check(&self, arguments: &[Type]) -> Result<Type, SignatureError> {
        let least = self.parameters.len() - self.optional;
        let most = (!self.variadic).then_some(self.parameters.len());
        if arguments.len() < least || most.is_some_and(|most| arguments.len() > most) {
            return Err(SignatureError::Count { least, most });
        }
        for (index, argument) in arguments.iter().enumerate() {
            let Some(parameter) = self.parameters.get(index).or(self.parameters.last()) else { continue };
            if !parameter.accepts.takes(argument, arguments) {
                return Err(SignatureError::Argument { index, wanted: parameter.accepts.in_words(arguments) });
            }
        }
        if arguments.contains(&Type::Error) {
            return Ok(Type::Error);
        }
        Ok(self.returns.resolve(arguments))
    }

    /// `name(a: type, b?: type): result`, for hover and reference.
    #[must_use]
    pub fn display(&self, name: &str) -> String {
        let first_optional = self.parameters.len() - self.optional;
        let parameters: Vec<_> = self
            .parameters
            .iter()
            .enumerate()
            .map(|(index, parameter)| {
                let mark = if index >= first_optional { "?" } else { "" };
                format!("{}{mark}: {}", parameter.name, parameter.accepts.in_words(&[]))
            })
            .collect();
        let more = if self.variadic { ", …" } else { "" };
        format!("{name}({}{more}): {}", parameters.join(", "), self.returns.in_words())
    }
}

impl Accepts {
    fn takes(self, argument: &Type, all: &[Type]) -> bool {
        if argument.is_unknown() {
            return self != Self::Regex;
        }
        match self {
            Self::Any => true,
            Self::Bool => *argument == Type::Bool,
            Self::Number => argument.is_numeric(),
            Self::Int => *argument == Type::Int,
            Self::String => *argument == Type::String,
            Self::StringOrBinary => matches!(argument, Type::String | Type::Binary),
            Self::StringOrList => matches!(argument, Type::String | Type::List(_)),
            Self::DateOrTimestamp => matches!(argument, Type::Date | Type::Timestamp | Type::LocalTimestamp),
            Self::Timestamp => *argument == Type::Timestamp,
            Self::Ordered => is_ordered(argument) && *argument != Type::Binary,
            Self::OrderedList => matches!(argument, Type::List(item) if is_ordered(item)),
            Self::NumberOrNumbers => argument.is_numeric() || is_numbers(argument),
            Self::Numbers => is_numbers(argument),
            Self::List => matches!(argument, Type::List(_)),
            Self::SameAs(other) => all.get(other).is_none_or(|other| other.comparable_with(argument)),
            Self::ItemOf(other) => match all.get(other) {
                Some(Type::List(item)) => item.comparable_with(argument),
                Some(other) => other.comparable_with(argument),
                None => true,
            },
            Self::Regex => false,
        }
    }

    fn in_words(self, all: &[Type]) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Int => "int".to_owned(),
            Self::String => "string".to_owned(),
            Self::StringOrBinary => "string or binary".to_owned(),
            Self::StringOrList => "string or list".to_owned(),
            Self::DateOrTimestamp => "date or timestamp".to_owned(),
            Self::Timestamp => "timestamp".to_owned(),
            Self::Ordered => "number, string or time".to_owned(),
            Self::OrderedList => "list of numbers, strings or times".to_owned(),
            Self::NumberOrNumbers => "number or list of numbers".to_owned(),
            Self::Numbers => "list of numbers".to_owned(),
            Self::List => "list".to_owned(),
            Self::SameAs(other) => all.get(other).map_or_else(|| "same type".to_owned(), ToString::to_string),
            Self::ItemOf(other) => match all.get(other) {
                Some(Type::List(item)) => item.to_string(),
                Some(other) => other.to_string(),
                None => "item".to_owned(),
            },
            Self::Regex => "regex".to_owned(),
        }
    }
}

impl Returns {
    fn resolve(self, arguments: &[Type]) -> Type {
        let argument = |index: usize| arguments.get(index).cloned().unwrap_or(Type::Error);
        match self {
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Float => Type::Float,
            Self::String => Type::String,
            Self::Date => Type::Date,
            Self::Timestamp => Type::Timestamp,
            Self::Duration => Type::Duration,
            Self::Strings => Type::list(Type::String),
            Self::SameAs(index) => argument(index),
            Self::Whole => argument(0),
            Self::Common => arguments.iter().try_fold(Type::Null, |all, one| all.unify(one)).unwrap_or(Type::Error),
            Self::ItemOf(index) => match argument(index) {
                Type::List(item) => *item,
                other => other,
            },
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::String => "string",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Strings => "list<string>",
            Self::SameAs(_) | Self::Whole => "same type",
            Self::Common => "common type",
            Self::ItemOf(_) => "item",
        }
    }
}

fn is_ordered(argument: &Type) -> bool {
    !matches!(argument, Type::Bool | Type::List(_) | Type::Struct(_) | Type::Map(..))
}

fn is_numbers(argument: &Type) -> bool {
    matches!(argument, Type::List(item) if item.is_numeric())
}
