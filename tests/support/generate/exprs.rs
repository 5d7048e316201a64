//! Random expressions that type-check: numbers are compared with numbers, texts with texts.

use super::columns::{Column, LEVELS, TEXTS, Ty};
use super::dice::Dice;

/// The kinds of numbers; branches of `case` and `coalesce` keep to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int,
    Float,
    Decimal,
}

/// What expressions may name.
#[derive(Debug, Default)]
pub struct Names {
    pub columns: Vec<Column>,
    pub bool_lets: Vec<String>,
    pub int_lets: Vec<String>,
}

/// A string literal.
pub fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

pub const REGEXES: [&str; 9] = ["[a-z]+", "0x[0-9a-f]+", ".*", "\\p{L}{1,3}", "a|b", "\\d+", ".{0,3}", "(LOW|HIGH)?", "[^a]*x?"];
pub const LIKES: [&str; 9] = ["a%", "_", "%b", "a\\%b", "%", "", "__%", "%a%b%", "A_"];
const INT_LITERALS: [&str; 14] = [
    "1",
    "0",
    "2",
    "-1",
    "10",
    "100",
    "127",
    "-128",
    "255",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "50",
];
const FLOAT_LITERALS: [&str; 13] =
    ["0.5", "0.0", "1.0", "-1.5", "0.1", "100.0", "1e3", "9007199254740993.0", "1e308", "-1e308", "1e-310", "12.345", "5%"];
const SPANS: [&str; 6] = ["1 day", "90 s", "5 min", "2 h", "3 weeks", "0 s"];
const INSTANTS: [&str; 4] = ["2025-11-25T00:00:00Z", "1970-01-01T00:00:00Z", "2026-01-01T12:30:00.5Z", "2025-12-01T01:00:00+01:00"];
const DATES: [&str; 4] = ["2025-11-25", "1970-01-01", "2024-02-29", "2026-01-31"];

pub fn int_literal(dice: &mut Dice) -> &'static str {
    dice.word(&INT_LITERALS)
}

pub fn float_literal(dice: &mut Dice) -> &'static str {
    dice.word(&FLOAT_LITERALS)
}

/// A literal any number may be compared with.
pub fn number_literal(dice: &mut Dice) -> &'static str {
    if dice.one_in(3) { float_literal(dice) } else { int_literal(dice) }
}

/// `low and high`; two literals in the order a range has, since an empty one is refused.
pub fn bounds(low: &str, high: &str) -> String {
    let value = |text: &str| match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok().map(|percent| percent / 100.0),
        None => text.parse::<f64>().ok(),
    };
    match (value(low), value(high)) {
        (Some(a), Some(b)) if a > b => format!("{high} and {low}"),
        _ => format!("{low} and {high}"),
    }
}

pub fn span(dice: &mut Dice) -> &'static str {
    dice.word(&SPANS)
}

pub fn instant_literal(dice: &mut Dice) -> String {
    match dice.below(5) {
        4 => format!("now() - {}", span(dice)),
        _ => format!("timestamp \"{}\"", dice.word(&INSTANTS)),
    }
}

pub fn date_literal(dice: &mut Dice) -> String {
    match dice.below(5) {
        4 => "today()".to_owned(),
        _ => format!("date \"{}\"", dice.word(&DATES)),
    }
}

pub fn text_literals(dice: &mut Dice) -> String {
    let count = 1 + dice.below(4);
    (0..count).map(|_| quoted(dice.word(&TEXTS))).collect::<Vec<_>>().join(", ")
}

fn comparison(dice: &mut Dice) -> &'static str {
    dice.word(&["<=", "=", "!=", "<", ">", ">="])
}

impl Names {
    fn of(&self, is_wanted: impl Fn(&Ty) -> bool) -> Vec<String> {
        self.columns.iter().filter(|column| is_wanted(&column.ty)).map(Column::written).collect()
    }

    /// A column of the wanted type, if there is one.
    pub fn column(&self, dice: &mut Dice, is_wanted: impl Fn(&Ty) -> bool) -> Option<String> {
        let found = self.of(is_wanted);
        if found.is_empty() { None } else { Some(dice.pick(&found).clone()) }
    }

    pub fn any_column(&self, dice: &mut Dice) -> String {
        dice.pick(&self.columns).written()
    }

    pub fn numeric_column(&self, dice: &mut Dice) -> Option<String> {
        self.column(dice, |ty| matches!(ty, Ty::Int(_, _) | Ty::Float(_, _) | Ty::Decimal(_, _)))
    }

    fn kind(&self, dice: &mut Dice) -> Kind {
        *dice.pick(&[Kind::Int, Kind::Float, Kind::Int, Kind::Float, Kind::Decimal])
    }

    pub fn number(&self, dice: &mut Dice, depth: usize) -> String {
        let kind = self.kind(dice);
        self.number_of(kind, dice, depth)
    }

    pub fn number_of(&self, kind: Kind, dice: &mut Dice, depth: usize) -> String {
        if depth == 0 || !dice.one_in(2) {
            return self.plain_number(kind, dice);
        }
        match kind {
            Kind::Int => self.int(dice, depth - 1),
            Kind::Float => self.float(dice, depth - 1),
            Kind::Decimal => self.decimal(dice, depth - 1),
        }
    }

    fn plain_number(&self, kind: Kind, dice: &mut Dice) -> String {
        let column = match kind {
            Kind::Int => self.column(dice, |ty| matches!(ty, Ty::Int(_, _))),
            Kind::Float => self.column(dice, |ty| matches!(ty, Ty::Float(_, _))),
            Kind::Decimal => self.column(dice, |ty| matches!(ty, Ty::Decimal(_, _))),
        };
        match (column, kind) {
            (Some(column), _) if !dice.one_in(4) => column,
            (_, Kind::Int) => int_literal(dice).to_owned(),
            (_, Kind::Float) => float_literal(dice).to_owned(),
            (Some(column), Kind::Decimal) => column,
            (None, Kind::Decimal) => format!("cast({} as decimal(20, 2))", self.plain_number(Kind::Int, dice)),
        }
    }

    /// Expressions that every kind of number has.
    fn common_number(&self, kind: Kind, dice: &mut Dice, depth: usize) -> String {
        let part = |dice: &mut Dice| self.number_of(kind, dice, depth);
        match dice.below(9) {
            0 => format!("({} + {})", part(dice), part(dice)),
            1 => format!("({} - {})", part(dice), part(dice)),
            2 => format!("({} * {})", part(dice), part(dice)),
            3 => format!("({} {} {})", part(dice), dice.word(&["div", "mod"]), part(dice)),
            4 => format!("{}({})", dice.word(&["abs", "round", "floor", "ceil", "trunc"]), part(dice)),
            5 => format!("{}({}, {})", dice.word(&["least", "greatest"]), part(dice), part(dice)),
            6 => format!("coalesce({}, {})", part(dice), part(dice)),
            7 => format!("nullif({}, {})", part(dice), part(dice)),
            _ => {
                let (yes, no) = (part(dice), part(dice));
                format!("case when {} then {yes} else {no} end", self.boolean(dice, depth))
            }
        }
    }

    fn int(&self, dice: &mut Dice, depth: usize) -> String {
        let own = match dice.below(10) {
            0 => Some(format!("length({})", self.text(dice, depth))),
            1 => Some(format!("try_cast({} as {})", self.text(dice, depth), dice.word(&["int64", "int8", "uint16"]))),
            2 => Some(format!("cast({} as {})", self.number_of(Kind::Int, dice, depth), dice.word(&["int64", "int8", "uint64"]))),
            3 => self.instant(dice).map(|at| format!("{}({at})", dice.word(&["year", "month", "day", "hour", "weekday"]))),
            4 => self.int_item(dice),
            5 if !self.int_lets.is_empty() => Some(dice.pick(&self.int_lets).clone()),
            6 => Some("$scale".to_owned()),
            7 => Some(format!("{}({})", dice.word(&["word_count", "byte_length"]), self.text(dice, depth))),
            _ => None,
        };
        own.unwrap_or_else(|| self.common_number(Kind::Int, dice, depth))
    }

    /// A number out of a list, a struct or a map.
    fn int_item(&self, dice: &mut Dice) -> Option<String> {
        let list = self.column(dice, |ty| matches!(ty, Ty::IntList(_)));
        let pair = self.column(dice, |ty| *ty == Ty::Struct);
        let map = self.column(dice, |ty| *ty == Ty::Map);
        match (list, pair, map) {
            (Some(list), _, _) => Some(match dice.below(4) {
                0 => format!("length({list})"),
                1 => format!("{list}[{}]", dice.below(3)),
                _ => format!("{}({list})", dice.word(&["sum", "min", "max", "distinct_count"])),
            }),
            (_, Some(pair), _) => Some(format!("{pair}.x")),
            (_, _, Some(map)) => Some(format!("{map}[\"{}\"]", dice.word(&["k", "j", "none"]))),
            _ => None,
        }
    }

    fn float(&self, dice: &mut Dice, depth: usize) -> String {
        match dice.below(8) {
            0 => format!("({} / {})", self.number_of(Kind::Int, dice, depth), self.number_of(Kind::Int, dice, depth)),
            1 => {
                format!("({} / {})", self.number_of(Kind::Float, dice, depth), self.number_of(Kind::Float, dice, depth))
            }
            2 => format!(
                "({} {} {})",
                self.number_of(Kind::Int, dice, depth),
                dice.word(&["+", "-", "*"]),
                self.number_of(Kind::Float, dice, depth)
            ),
            3 => format!("{}({})", dice.word(&["sqrt", "ln", "log10", "exp"]), self.number(dice, depth)),
            4 => format!("cast({} as {})", self.number(dice, depth), dice.word(&["float64", "float32"])),
            5 => "$limit".to_owned(),
            _ => self.common_number(Kind::Float, dice, depth),
        }
    }

    fn decimal(&self, dice: &mut Dice, depth: usize) -> String {
        match dice.below(5) {
            0 => {
                format!("({} / {})", self.number_of(Kind::Decimal, dice, depth), self.number_of(Kind::Int, dice, depth))
            }
            1 => {
                format!("({} * {})", self.number_of(Kind::Decimal, dice, depth), self.number_of(Kind::Int, dice, depth))
            }
            2 => format!("round({}, {})", self.number_of(Kind::Decimal, dice, depth), dice.below(4)),
            _ => self.common_number(Kind::Decimal, dice, depth),
        }
    }

    pub fn text(&self, dice: &mut Dice, depth: usize) -> String {
        let column = self.column(dice, |ty| *ty == Ty::Text).unwrap_or_else(|| quoted(dice.word(&TEXTS)));
        if depth == 0 || !dice.one_in(2) {
            return column;
        }
        match dice.below(6) {
            0 => format!("{}({column})", dice.word(&["lower", "upper", "trim"])),
            1 => format!("substring({column}, {}, {})", dice.below(4), dice.below(4)),
            2 => format!("({column} || {})", self.text(dice, depth - 1)),
            3 => format!("concat({column}, {})", self.text(dice, depth - 1)),
            4 => format!("coalesce({column}, {})", quoted(dice.word(&TEXTS))),
            _ => format!("case when {} then {column} else {} end", self.boolean(dice, depth - 1), quoted(dice.word(&TEXTS))),
        }
    }

    fn instant(&self, dice: &mut Dice) -> Option<String> {
        let column = self.column(dice, |ty| matches!(ty, Ty::Timestamp(_, _, _)))?;
        Some(match dice.below(5) {
            3 => format!("date_trunc(\"{}\", {column})", dice.word(&["day", "hour", "week", "month", "quarter", "year", "minute"])),
            4 => format!("({column} {} {})", dice.word(&["+", "-"]), span(dice)),
            _ => column,
        })
    }

    /// A comparison of dates, instants or durations; `None` where no column has any.
    fn time_test(&self, dice: &mut Dice) -> Option<String> {
        let day = self.column(dice, |ty| matches!(ty, Ty::Date(_)));
        let length = self.column(dice, |ty| matches!(ty, Ty::Duration(_)));
        match (self.instant(dice), day, length) {
            (Some(at), _, _) if dice.one_in(4) => Some(format!("age({at}) {} {}", comparison(dice), span(dice))),
            (Some(at), Some(day), _) if dice.one_in(3) => Some(format!("date({at}) {} {day}", comparison(dice))),
            (Some(at), _, _) => Some(format!("{at} {} {}", comparison(dice), instant_literal(dice))),
            (_, Some(day), _) if dice.one_in(3) => Some(format!("{day} + {} > {}", span(dice), date_literal(dice))),
            (_, Some(day), _) => Some(format!("{day} {} {}", comparison(dice), date_literal(dice))),
            (_, _, Some(length)) => Some(format!("{length} * 2 {} {}", comparison(dice), span(dice))),
            _ => None,
        }
    }

    fn list_test(&self, dice: &mut Dice) -> Option<String> {
        let ints = self.column(dice, |ty| matches!(ty, Ty::IntList(_)));
        let texts = self.column(dice, |ty| *ty == Ty::TextList);
        let vector = self.column(dice, |ty| matches!(ty, Ty::Vector { .. }));
        let asks = dice.word(&["any", "all"]);
        match (ints, texts, vector) {
            (Some(list), _, _) if dice.one_in(3) => Some(format!("contains({list}, {})", dice.below(8))),
            (Some(list), _, _) => Some(format!("{asks}(x in {list}: x {} {})", comparison(dice), self.number_of(Kind::Int, dice, 0))),
            (_, Some(list), _) => {
                Some(format!("{asks}(x in {list}: length(x) <= {} or x like {})", dice.below(4), quoted(dice.word(&LIKES))))
            }
            (_, _, Some(vector)) => Some(format!("norm({vector}) {} {}", comparison(dice), dice.word(&["1.5", "2.0", "0.5"]))),
            _ => None,
        }
    }

    fn text_test(&self, dice: &mut Dice, depth: usize) -> String {
        let text = self.text(dice, depth);
        let other = quoted(dice.word(&TEXTS));
        match dice.below(9) {
            0 => format!("{text} {} {other}", comparison(dice)),
            1 => format!("{text} matches /{}/", dice.word(&REGEXES)),
            2 => format!("{text} like {}", quoted(dice.word(&LIKES))),
            3 => format!("{text} in ({})", text_literals(dice)),
            4 => format!("{}({text}, {other})", dice.word(&["starts_with", "ends_with", "contains"])),
            5 => format!("contains_match({text}, /{}/)", dice.word(&REGEXES)),
            6 => format!("{text} not in words"),
            7 => format!("{}({text})", dice.word(&["is_uuid", "is_ipv4", "not_blank", "trimmed"])),
            _ => format!("{text} {} {}", comparison(dice), self.text(dice, depth)),
        }
    }

    fn number_test(&self, dice: &mut Dice, depth: usize) -> String {
        let number = self.number(dice, depth);
        match dice.below(5) {
            0 => format!("{number} {} {}", comparison(dice), number_literal(dice)),
            1 => format!("{number} {} {}", comparison(dice), self.number(dice, depth)),
            2 => format!("{number} between {}", bounds(number_literal(dice), &self.number(dice, depth))),
            3 => format!("{number} not between {}", bounds(number_literal(dice), number_literal(dice))),
            _ => format!("{number} in ({}, {}, {})", int_literal(dice), int_literal(dice), self.number(dice, 0)),
        }
    }

    fn bool_operand(&self, dice: &mut Dice) -> Option<String> {
        if !self.bool_lets.is_empty() && dice.one_in(2) {
            return Some(dice.pick(&self.bool_lets).clone());
        }
        self.column(dice, |ty| *ty == Ty::Bool)
    }

    /// A boolean expression, in brackets unless it is a name or a call.
    pub fn boolean(&self, dice: &mut Dice, depth: usize) -> String {
        if depth > 0 && dice.one_in(2) {
            return self.compound_boolean(dice, depth - 1);
        }
        let other = match dice.below(10) {
            0..=2 => None,
            3 | 4 => Some(self.text_test(dice, depth)),
            5 => Some(format!("{} is {}null", self.any_column(dice), dice.word(&["", "not "]))),
            6 => self.bool_operand(dice),
            7 => self.time_test(dice),
            8 => self.list_test(dice),
            _ => self.column(dice, |ty| *ty == Ty::Enum).map(|level| format!("{level} = \"{}\"", dice.word(&LEVELS))),
        };
        format!("({})", other.unwrap_or_else(|| self.number_test(dice, depth)))
    }

    fn compound_boolean(&self, dice: &mut Dice, depth: usize) -> String {
        let part = |dice: &mut Dice| self.boolean(dice, depth);
        match dice.below(8) {
            0 => format!("({} and {})", part(dice), part(dice)),
            1 => format!("({} or {})", part(dice), part(dice)),
            2 => format!("(not {})", part(dice)),
            3 => format!("({} or {} or {})", part(dice), part(dice), part(dice)),
            4 => format!("coalesce({}, {})", part(dice), part(dice)),
            5 => format!("case when {} then {} else {} end", part(dice), part(dice), part(dice)),
            6 => {
                let kind = self.kind(dice);
                let (left, right) = (self.number_of(kind, dice, depth), self.number_of(kind, dice, depth));
                format!("({left} is {}distinct from {right})", dice.word(&["", "not "]))
            }
            _ => {
                let kind = self.kind(dice);
                format!("({} is {}null)", self.number_of(kind, dice, depth.max(1)), dice.word(&["", "not "]))
            }
        }
    }
}
