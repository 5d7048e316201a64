//! What an operation makes of its operands: columns in, column out, for every operation but those that need to know where they stand
//! (columns, items, aggregates, quantifiers).

use std::sync::Arc;

use arrow::buffer::BooleanBuffer;

use crate::functions::{Context, Eval, FunctionDef};
use crate::kernels::number::Num;
use crate::kernels::vector::{Cell, Lists, Slot, from_parts, strict};
use crate::kernels::{Values, Vector, arith, bits, cast, compare, logic};
use crate::types::{ArithOp, ColumnType, Entry, Type};

use super::host;
use super::node::{Node, Op};
use super::set::PreparedSet;

/// Computes a node. `args` have `rows` rows or are constants, and are not dictionary-encoded.
pub(crate) fn apply(node: &Node, args: &[Vector], types: &[Type], rows: usize, context: &Context) -> Vector {
    match (&node.op, args) {
        (Op::Constant(vector), _) => vector.clone().with_rows(rows),
        (Op::Missing(set), [value]) => missing(value, set),
        (Op::Present, [value, marks @ ..]) => present(value, marks.first()),
        (Op::TypeOk(declared), [value, marks @ ..]) => type_ok(value, declared, marks.first()),
        (Op::Typed(declared), [value]) => typed(value, declared),
        (Op::IsNull, [value]) => logic::is_null(value),
        (Op::Not, [value]) => logic::not(value),
        (Op::And, all) => logic::and(all),
        (Op::Or, all) => logic::or(all),
        (Op::Compare(op), [a, b]) => compare::compare(*op, a, b),
        (Op::Distinct, [a, b]) => compare::distinct(a, b),
        (Op::InSet(set), [value]) => strict(args, |row| Cell::Value(set.contains(value, row))),
        (Op::Matches(regex, _), [value]) => {
            let texts = value.strings();
            strict(args, |row| Cell::Value(regex.is_match(texts.at(row))))
        }
        (Op::Like(Some(regex)), [value, _]) => {
            let texts = value.strings();
            strict(args, |row| Cell::Value(regex.is_match(texts.at(row))))
        }
        (Op::Like(None), [value, pattern]) => {
            let (texts, patterns) = (value.strings(), pattern.strings());
            strict(args, |row| Cell::Value(like(texts.at(row), patterns.at(row))))
        }
        (Op::Arith(op), [_, _]) => Arithmetic::of(*op, types).columns(args),
        (Op::Negate, [value]) if types.first() == Some(&Type::Duration) => arith::negate_nanos(value),
        (Op::Negate, _) => arith::map_numbers(args, Num::negate),
        (Op::Cast(target, lenient), [value]) => cast::cast(value, types.first().unwrap_or(&Type::Null), target, *lenient),
        (Op::Call(function), _) => {
            let out = called(function, args, context);
            if out.is_constant() { out.with_rows(rows) } else { out }
        }
        (Op::Host(function), _) => host::call(function, args, types, rows, &node.ty),
        (Op::Coalesce, _) => coalesce(args, rows),
        (Op::NullIf, [a, b]) => nullif(a, b),
        (Op::Case, _) => case(args, rows),
        (Op::Member(name), [value]) => member(value, name),
        (Op::ListItem, [list, index]) => list_item(list, index),
        (Op::MapItem, [map, key]) => map_item(map, key),
        (Op::Entries(entry), [map]) => entries(map, *entry),
        (Op::List, _) => list(args, rows),
        _ => Vector::fault(rows),
    }
}

fn called(function: &FunctionDef, args: &[Vector], context: &Context) -> Vector {
    match (function.eval, args) {
        (Eval::Columns(eval), _) => eval(args, context),
        (Eval::Text(test), [text]) => {
            let texts = text.strings();
            strict(args, |row| Cell::Value(test(texts.at(row))))
        }
        (Eval::Texts(test), [text, other]) => {
            let (texts, others) = (text.strings(), other.strings());
            strict(args, |row| Cell::Value(test(texts.at(row), others.at(row))))
        }
        _ => Vector::fault(1),
    }
}

fn missing(value: &Vector, set: &PreparedSet) -> Vector {
    let found = BooleanBuffer::collect_bool(value.slots(), |slot| value.is_live(slot) && set.contains(value, slot));
    let mut out = value.clone();
    out.nulls = bits::union(out.nulls.as_ref(), bits::some_if_any(found).as_ref());
    out
}

fn present(value: &Vector, mark: Option<&Vector>) -> Vector {
    let null =
        value.null_rows().map_or_else(|| BooleanBuffer::new_unset(value.rows()), |nulls| bits::minus(&nulls, value.fault_rows().as_ref()));
    let marked = mark.map(Vector::true_rows);
    let present = bits::union(Some(&!&null), marked.as_ref()).unwrap_or(null);
    from_parts(value.rows(), false, Values::Bool(present), None, value.fault_rows())
}

/// True where the value has its type, null where it is null, false where a reader has marked it.
fn type_ok(value: &Vector, declared: &ColumnType, mark: Option<&Vector>) -> Vector {
    let marked = mark.map(Vector::true_rows);
    let is_marked = |row: usize| bits::get(marked.as_ref(), row);
    let rows = value.rows();
    let values =
        BooleanBuffer::collect_bool(rows, |row| !is_marked(row) && value.is_live(row) && has_type(value, value.slot(row), declared));
    let nulls = BooleanBuffer::collect_bool(rows, |row| !is_marked(row) && value.is_null(row));
    from_parts(rows, false, Values::Bool(values), bits::some_if_any(nulls), value.fault_rows())
}

fn typed(value: &Vector, declared: &ColumnType) -> Vector {
    let wrong = BooleanBuffer::collect_bool(value.slots(), |slot| value.is_live(slot) && !has_type(value, slot, declared));
    let mut out = value.clone();
    out.nulls = bits::union(out.nulls.as_ref(), bits::some_if_any(wrong).as_ref());
    out
}

/// Whether a value has the length and the non-null items its type asks for. Recursion follows the declared type, whose depth the scanner
/// limits.
fn has_type(value: &Vector, slot: usize, declared: &ColumnType) -> bool {
    let lists = value.lists();
    let Some(items) = lists.items() else { return true };
    let range = lists.range(slot);
    let all = |item: &ColumnType, items: &Vector, nullable: bool| {
        let no_nulls = nullable || items.nulls.is_none() || range.clone().all(|at| !items.is_null(at));
        no_nulls && (!item.can_fail_by_row() || range.clone().all(|at| !items.is_live(at) || has_type(items, at, item)))
    };
    match declared {
        ColumnType::Vector(item, length) => range.len() == *length as usize && all(item, items, false),
        ColumnType::List(item, nullable) => all(item, items, *nullable),
        ColumnType::Map(_, item, nullable) => match &value.values {
            Values::Map(_, values) => all(item, values, *nullable),
            _ => true,
        },
        _ => true,
    }
}

/// What an arithmetic operator means for operands of two types.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arithmetic {
    /// Of days and nanoseconds, exact.
    Ints(fn(i128, i128) -> Option<i128>),
    /// Of floats, which cannot fault: every slot may be computed.
    Floats(ArithOp),
    Numbers(fn(Num, Num) -> Option<Num>),
    /// Nothing: it faults.
    None,
}

impl Arithmetic {
    pub(crate) fn of(op: ArithOp, types: &[Type]) -> Self {
        use Type::{Date, Duration, LocalTimestamp, Timestamp};
        match (op, types) {
            (ArithOp::Sub, [Duration, Date]) => Self::Ints(|nanos, days| arith::shift_days(days, nanos, true)),
            (_, [Duration, Date]) => Self::Ints(|nanos, days| arith::shift_days(days, nanos, false)),
            (ArithOp::Sub, [Date, Duration]) => Self::Ints(|days, nanos| arith::shift_days(days, nanos, true)),
            (_, [Date, Duration]) => Self::Ints(|days, nanos| arith::shift_days(days, nanos, false)),
            (_, [Date, Date]) => Self::Ints(arith::days_between),
            (ArithOp::Mul, [Duration, _]) => Self::Ints(|nanos, by| arith::scale_nanos(nanos, by, false)),
            (ArithOp::Mul, [_, Duration]) => Self::Ints(|by, nanos| arith::scale_nanos(nanos, by, false)),
            (ArithOp::Div | ArithOp::IntDiv, [Duration, _]) => Self::Ints(|nanos, by| arith::scale_nanos(nanos, by, true)),
            (ArithOp::Sub, [Timestamp | LocalTimestamp | Duration, _]) => Self::Ints(|a, b| arith::shift_nanos(a, b, true)),
            (_, [Timestamp | LocalTimestamp | Duration, _]) => Self::Ints(|a, b| arith::shift_nanos(a, b, false)),
            (ArithOp::Add | ArithOp::Sub | ArithOp::Mul, [Type::Float, Type::Float]) => Self::Floats(op),
            (ArithOp::Add, _) => Self::Numbers(Num::add),
            (ArithOp::Sub, _) => Self::Numbers(Num::sub),
            (ArithOp::Mul, _) => Self::Numbers(Num::mul),
            (ArithOp::Div, _) => Self::Numbers(Num::div),
            (ArithOp::IntDiv, _) => Self::Numbers(Num::int_div),
            (ArithOp::Mod, _) => Self::Numbers(Num::modulo),
            (ArithOp::Concat, _) => Self::None,
        }
    }

    fn columns(self, args: &[Vector]) -> Vector {
        match self {
            Self::Ints(operator) => arith::zip_ints(args, operator),
            Self::Floats(op) => arith::float_operator(op, args),
            Self::Numbers(operator) => arith::zip_numbers(args, operator),
            Self::None => Vector::fault(args.first().map_or(1, Vector::rows)),
        }
    }
}

/// Where each row takes its value from.
#[derive(Clone, Copy, PartialEq)]
enum Pick {
    From(usize),
    Null,
    Fault,
}

fn coalesce(args: &[Vector], rows: usize) -> Vector {
    let pick = |row: usize| {
        for (index, arg) in args.iter().enumerate() {
            if arg.is_fault(row) {
                return Pick::Fault;
            }
            if !arg.is_null(row) {
                return Pick::From(index);
            }
        }
        Pick::Null
    };
    gather(args.to_vec(), rows, pick)
}

fn case(args: &[Vector], rows: usize) -> Vector {
    let branches = args.len() / 2;
    let values: Vec<Vector> =
        args.iter().enumerate().filter(|(index, _)| index % 2 == 1 || *index == branches * 2).map(|(_, arg)| arg.clone()).collect();
    let conditions: Vec<&Vector> = args.iter().step_by(2).take(branches).collect();
    let pick = |row: usize| {
        for (index, condition) in conditions.iter().enumerate() {
            if condition.is_fault(row) {
                return Pick::Fault;
            }
            if condition.is_live(row) && condition.bools().at(row) {
                return Pick::From(index);
            }
        }
        Pick::From(branches)
    };
    gather(values, rows, pick)
}

/// Collects a column from rows of several, brought to one kind.
fn gather(mut values: Vec<Vector>, rows: usize, pick: impl Fn(usize) -> Pick) -> Vector {
    cast::unify_numbers(&mut values);
    let picks: Vec<Pick> = (0..rows).map(pick).collect();
    let source = |row: usize| match picks.get(row) {
        Some(Pick::From(index)) => values.get(*index),
        _ => None,
    };
    let nulls =
        BooleanBuffer::collect_bool(rows, |row| picks.get(row) == Some(&Pick::Null) || source(row).is_some_and(|value| value.is_null(row)));
    let faults = BooleanBuffer::collect_bool(rows, |row| {
        picks.get(row) == Some(&Pick::Fault) || source(row).is_some_and(|value| value.is_fault(row))
    });
    let live = |row: usize| source(row).filter(|value| value.is_live(row));
    let like = values.iter().find(|value| !matches!(value.values, Values::Null)).map(|value| &value.values);
    let packed = match like {
        Some(Values::Bool(_)) => bool::pack((0..rows).map(|row| live(row).is_some_and(|value| value.bools().at(row))).collect()),
        Some(Values::Int(_)) => i128::pack((0..rows).map(|row| live(row).map_or(0, |value| value.ints().at(row))).collect()),
        Some(Values::Float(_)) => f64::pack((0..rows).map(|row| live(row).map_or(0.0, |value| value.floats().at(row))).collect()),
        Some(Values::Decimal(_, scale)) => {
            Values::Decimal((0..rows).map(|row| live(row).map_or(0, |value| value.ints().at(row))).collect::<Vec<_>>().into(), *scale)
        }
        Some(Values::Str(_)) => {
            String::pack((0..rows).map(|row| live(row).map_or_else(String::new, |value| value.strings().at(row).to_owned())).collect())
        }
        Some(Values::Bin(_)) => {
            let bytes: arrow::array::LargeBinaryArray =
                (0..rows).map(|row| Some(live(row).map_or(&[][..], |value| value.binaries().at(row)))).collect();
            Values::Bin(crate::kernels::vector::Binaries::Large(bytes))
        }
        _ => Values::Null,
    };
    from_parts(rows, false, packed, bits::some_if_any(nulls), bits::some_if_any(faults))
}

/// `a`, but null where `a = b`.
fn nullif(a: &Vector, b: &Vector) -> Vector {
    let equal = compare::compare(crate::types::CompareOp::Eq, a, b);
    let rows = a.rows().max(b.rows());
    let mut out = if a.is_constant() && a.slots() != rows { a.clone().with_rows(rows).spread_constant() } else { a.clone() };
    out.nulls = bits::union(out.nulls.as_ref(), bits::some_if_any(equal.true_rows()).as_ref());
    out.faults = bits::union(out.faults.as_ref(), b.fault_rows().as_ref());
    out
}

/// A member of a struct; null where the struct is.
fn member(value: &Vector, name: &str) -> Vector {
    let Values::Struct(members) = &value.values else { return Vector::null(value.rows()).with_faults(value.faults.clone()) };
    let Some((_, member)) = members.iter().find(|(known, _)| known == name) else { return Vector::null(value.rows()) };
    let mut out = member.clone().decoded();
    let constant = out.is_constant();
    if constant && (value.nulls.is_some() || value.faults.is_some()) {
        out = out.spread_constant();
    }
    out.nulls = bits::union(out.nulls.as_ref(), value.null_rows().as_ref());
    out.faults = bits::union(out.faults.as_ref(), value.fault_rows().as_ref());
    out
}

/// `l[i]`, counted from 0; null where there is no such item.
fn list_item(list: &Vector, index: &Vector) -> Vector {
    let lists = list.lists();
    let Some(items) = lists.items() else { return Vector::null(list.rows()) };
    let at = index.ints();
    let found = strict::<i128>(&[list.clone(), index.clone()], |row| {
        let range = lists.range(row);
        match usize::try_from(at.at(row)).ok().filter(|offset| *offset < range.len()) {
            Some(offset) => i128::try_from(range.start + offset).map_or(Cell::Null, Cell::Value),
            None => Cell::Null,
        }
    });
    pick_items(items, &found)
}

/// Items by position; marks of the positions win.
fn pick_items(items: &Vector, positions: &Vector) -> Vector {
    let at = positions.ints();
    let rows: Vec<u32> =
        (0..positions.rows()).map(|row| if positions.is_live(row) { u32::try_from(at.at(row)).unwrap_or(0) } else { 0 }).collect();
    if items.rows() == 0 {
        return Vector::new(positions.rows(), Values::Null)
            .with_nulls(Some(BooleanBuffer::new_set(positions.rows())))
            .with_faults(positions.fault_rows());
    }
    let mut out = items.take(&rows);
    if out.is_constant() {
        out = out.spread_constant();
    }
    out.nulls = bits::union(out.nulls.as_ref(), positions.null_rows().as_ref());
    out.faults = bits::union(out.faults.as_ref(), positions.fault_rows().as_ref());
    out
}

/// `m["k"]`: the value of the last entry with the key; null where there is none.
fn map_item(map: &Vector, key: &Vector) -> Vector {
    let Values::Map(_, values) = &map.values else { return Vector::null(map.rows()) };
    let lists = map.lists();
    let Some(keys) = lists.items() else { return Vector::null(map.rows()) };
    let found = strict::<i128>(&[map.clone(), key.clone()], |row| {
        let entry =
            lists.range(row).rev().find(|at| keys.is_live(*at) && compare::order(keys, *at, key, row) == Some(std::cmp::Ordering::Equal));
        entry.and_then(|at| i128::try_from(at).ok()).map_or(Cell::Null, Cell::Value)
    });
    pick_items(values, &found)
}

/// The keys or the values of a map, as a list.
fn entries(map: &Vector, entry: Entry) -> Vector {
    let Values::Map(keys, values) = &map.values else { return Vector::null(map.rows()).with_faults(map.faults.clone()) };
    let items = match entry {
        Entry::Keys => Arc::clone(&keys.items),
        Entry::Values => Arc::clone(values),
    };
    let lists = Lists { starts: keys.starts.clone(), lengths: keys.lengths.clone(), items };
    from_parts(map.rows(), map.is_constant(), Values::List(lists), map.nulls.clone(), map.faults.clone())
}

/// `[a, b, …]`: a fault in an item faults the list.
fn list(args: &[Vector], rows: usize) -> Vector {
    let mut values = args.to_vec();
    cast::unify_numbers(&mut values);
    let width = values.len();
    let total = rows.saturating_mul(width);
    let items = if width == 0 {
        Vector::null(0)
    } else {
        // Item k of row r stands at r · width + k.
        let spread: Vec<Vector> = values
            .iter()
            .map(|value| {
                let indices: Vec<u32> = (0..total).map(|at| u32::try_from(at / width).unwrap_or(0)).collect();
                let plain = if value.is_constant() { value.clone().with_rows(total).spread_constant() } else { value.take(&indices) };
                plain.with_faults(None)
            })
            .collect();
        gather(spread, total, |at| Pick::From(at % width))
    };
    let starts: Vec<u32> = (0..rows).map(|row| u32::try_from(row * width).unwrap_or(0)).collect();
    let lengths = vec![u32::try_from(width).unwrap_or(0); rows];
    // A decimal that does not fit at the common scale has become a fault.
    let faults = values.iter().fold(None, |all, value| bits::union(all.as_ref(), value.fault_rows().as_ref()));
    Vector::new(rows, Values::List(Lists { starts: starts.into(), lengths: lengths.into(), items: Arc::new(items) })).with_faults(faults)
}

/// A `like` pattern as a regex: `%` any run, `_` one character, `\` takes the next as it is.
pub(crate) fn like_regex(pattern: &str) -> Option<regex::Regex> {
    let mut text = String::from(r"(?s)\A");
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => text.push_str(".*"),
            '_' => text.push('.'),
            '\\' => text.push_str(&regex::escape(&characters.next().unwrap_or('\\').to_string())),
            other => text.push_str(&regex::escape(&other.to_string())),
        }
    }
    text.push_str(r"\z");
    regex::RegexBuilder::new(&text).size_limit(1 << 20).build().ok()
}

/// `like` for a pattern that differs from row to row: two pointers, the last `%` remembered, so the time is at most the product of lengths.
fn like(text: &str, pattern: &str) -> bool {
    enum Part {
        Any,
        One,
        Exactly(char),
    }
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        parts.push(match character {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::Exactly(characters.next().unwrap_or('\\')),
            other => Part::Exactly(other),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut part, mut star) = (0, 0, None);
    while at < text.len() {
        match (parts.get(part), text.get(at)) {
            (Some(Part::Any), _) => {
                star = Some((part, at));
                part += 1;
            }
            (Some(Part::One), _) => (at, part) = (at + 1, part + 1),
            (Some(Part::Exactly(wanted)), Some(found)) if wanted == found => (at, part) = (at + 1, part + 1),
            _ => match star {
                Some((known, from)) => {
                    star = Some((known, from + 1));
                    (at, part) = (from + 1, known + 1);
                }
                None => return false,
            },
        }
    }
    parts.get(part..).is_none_or(|rest| rest.iter().all(|part| matches!(part, Part::Any)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_by_regex_and_by_hand_agree() {
        for pattern in ["", "%", "a%", "%b", "a_c", r"50\%", "%a%b%", "_%_", "a.c", r"\"] {
            let regex = like_regex(pattern).unwrap();
            for text in ["", "a", "ab", "abc", "a.c", "50%", "500", "xaxbx", "é", "a\nb", r"\"] {
                assert_eq!(regex.is_match(text), like(text, pattern), "{text:?} like {pattern:?}");
            }
        }
    }
}
