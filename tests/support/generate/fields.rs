//! Random constraints that suit a field's type.

use super::columns::{Column, LEVELS, TEXTS, Ty};
use super::dice::Dice;
use super::exprs::{LIKES, Names, REGEXES, bounds, date_literal, instant_literal, number_literal, quoted, span, text_literals};

/// Severities and bounds a rule may carry.
const ATTRIBUTES: [&str; 14] = [
    "",
    "",
    "",
    "",
    "@warn",
    "@info",
    "@error(10%)",
    "@warn(10%) @error(40%)",
    "@error(2 rows)",
    "@tolerate(25%)",
    "@warn @tolerate(3 rows)",
    "@shadow",
    "@nulls(fail)",
    "@warn(20%)",
];

pub fn attributes(dice: &mut Dice) -> &'static str {
    dice.word(&ATTRIBUTES)
}

/// The line of a field: type, attributes, constraints.
pub fn field(column: &Column, names: &Names, dice: &mut Dice) -> String {
    let (declared, mut kinds) = declared(column, dice);
    let mut line = format!("{} : {declared}{}", column.written(), field_attributes(column, dice));
    for at in 0..dice.below(4) {
        let (kind, text) = constraint(&column.ty, names, dice);
        let when = if dice.one_in(4) { format!(" when {}", names.boolean(dice, 1)) } else { String::new() };
        // A second constraint of a kind needs a name of its own.
        let name = if kinds.contains(&kind) { format!(" @name(again{at})") } else { String::new() };
        let separator = if at == 0 { " " } else { ", " };
        line += &format!("{separator}{text}{when} {}{name}", attributes(dice));
        kinds.push(kind);
    }
    line
}

/// The declared type, a named one at times, and the kinds of constraints it brings.
fn declared(column: &Column, dice: &mut Dice) -> (String, Vec<String>) {
    let mark = if column.nullable { "?" } else { "" };
    match &column.ty {
        Ty::Int("int64", _) if dice.one_in(5) => (format!("small{mark}"), vec!["range".to_owned()]),
        Ty::Float("float64", _) if dice.one_in(5) => (format!("unit{mark}"), vec!["range".to_owned()]),
        Ty::Enum => (column.declared(), vec!["enum".to_owned()]),
        _ => (column.declared(), Vec::new()),
    }
}

fn field_attributes(column: &Column, dice: &mut Dice) -> String {
    let missing = match &column.ty {
        Ty::Int(_, _) => "@missing(1, 100)",
        Ty::Float(_, _) => "@missing(0.5, 100)",
        Ty::Text => "@missing(\"\", \"a\")",
        _ => "",
    };
    let missing = if dice.one_in(6) { missing } else { "" };
    let severity = match &column.ty {
        // `type` of these is judged by row, and is not softened: nothing to learn from mixing the two here.
        Ty::IntList(_) | Ty::TextList | Ty::Vector { .. } | Ty::Struct => "",
        _ if dice.one_in(8) => dice.word(&["@warn", "@error(10%)", "@shadow"]),
        _ => "",
    };
    let written: Vec<&str> = [missing, severity].into_iter().filter(|text| !text.is_empty()).collect();
    if written.is_empty() { String::new() } else { format!(" {}", written.join(" ")) }
}

fn of(kind: &str, text: impl Into<String>) -> (String, String) {
    (kind.to_owned(), text.into())
}

fn comparison(dice: &mut Dice) -> &'static str {
    dice.word(&[">=", "<=", "!=", "<", ">", "="])
}

fn constraint(ty: &Ty, names: &Names, dice: &mut Dice) -> (String, String) {
    match ty {
        Ty::Int(_, _) | Ty::Decimal(_, _) => number(names, dice),
        Ty::Float(_, _) if dice.one_in(4) => of("finite", "finite"),
        Ty::Float(_, _) => number(names, dice),
        Ty::Text => text(dice),
        Ty::Enum => match dice.below(3) {
            0 => of("enum", format!("in (\"{}\", \"x\")", dice.word(&LEVELS))),
            1 => of("length", "length <= 4"),
            _ => of("unique", "unique"),
        },
        Ty::Bool => of("range", "= true"),
        Ty::Date(_) => time(dice, date_literal),
        Ty::Timestamp(_, _, _) => time(dice, instant_literal),
        Ty::Duration(_) => of("range", format!("{} {}", comparison(dice), span(dice))),
        Ty::Time(_) => of("range", format!("{} time \"06:30:00\"", comparison(dice))),
        Ty::Binary => of("unique", "unique"),
        Ty::IntList(_) => int_list(dice),
        Ty::TextList => text_list(dice),
        Ty::Vector { .. } => match dice.below(3) {
            0 => of("finite", "finite"),
            1 => of("norm", "norm between 0.5 and 2.5"),
            _ => of("dims", "dims = 3"),
        },
        Ty::Struct => of("null", "is not null"),
        Ty::Map => match dice.below(3) {
            0 => of("null", "is not null"),
            1 => of("each.range", format!("each between {} and {}", dice.below(3), 2 + dice.below(12))),
            _ => of("each.enum", "each in (0, 1, 2, 3, 4, 5)"),
        },
    }
}

fn number(names: &Names, dice: &mut Dice) -> (String, String) {
    match dice.below(9) {
        0 | 1 => of("range", format!("{} {}", comparison(dice), number_literal(dice))),
        2 => of("range", format!("between {}", bounds(number_literal(dice), number_literal(dice)))),
        3 => of("range", format!("{} {}", comparison(dice), names.number(dice, 1))),
        4 => of("enum", format!("in ({}, {})", number_literal(dice), number_literal(dice))),
        5 => of("abs", format!("abs <= {}", number_literal(dice))),
        6 => of("unique", "unique"),
        7 => of("order", "increasing"),
        _ => of("range", format!("not between {}", bounds(number_literal(dice), number_literal(dice)))),
    }
}

fn text(dice: &mut Dice) -> (String, String) {
    match dice.below(11) {
        0 => of("length", format!("length between {} and {}", dice.below(3), 2 + dice.below(12))),
        1 => of("regex", format!("matches /{}/", dice.word(&REGEXES))),
        2 => of("regex", format!("not like {}", quoted(dice.word(&LIKES)))),
        3 => of("enum", format!("in ({})", text_literals(dice))),
        4 => of("enum", "in words"),
        5 => of("not_blank", "not_blank"),
        6 => of("trimmed", "trimmed"),
        7 => of("starts_with", format!("starts_with({})", quoted(dice.word(&TEXTS)))),
        8 => of("range", format!("{} {}", comparison(dice), quoted(dice.word(&TEXTS)))),
        9 => of("byte_length", format!("byte_length <= {}", dice.below(12))),
        _ => of("unique", "unique"),
    }
}

fn time(dice: &mut Dice, literal: fn(&mut Dice) -> String) -> (String, String) {
    match dice.below(5) {
        0 | 1 => of("range", format!("{} {}", comparison(dice), literal(dice))),
        2 => of("year", "year between 1970 and 2025"),
        3 => of("order", "increasing"),
        _ => of("unique", "unique"),
    }
}

fn int_list(dice: &mut Dice) -> (String, String) {
    match dice.below(4) {
        0 => of("length", format!("length <= {}", dice.below(4))),
        1 => of("each.range", format!("each between {} and {}", dice.below(3), 2 + dice.below(12))),
        2 => of("each.enum", "each in (0, 1, 2, 3, 4, 5)"),
        _ => of("contains", format!("contains({})", dice.below(6))),
    }
}

fn text_list(dice: &mut Dice) -> (String, String) {
    match dice.below(4) {
        0 => of("length", format!("length between 1 and {}", 1 + dice.below(3))),
        1 => of("each.length", format!("each length <= {}", dice.below(6))),
        2 => of("each.regex", format!("each matches /{}/", dice.word(&REGEXES))),
        _ => of("each.not_blank", "each not_blank"),
    }
}
