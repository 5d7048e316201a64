//! Rules of simple shape: one test of one column against constants, which a kernel answers on the Arrow array itself.
//!
//! Each shape means exactly what the general evaluation of the same node means; the tests run both.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::{Anchored, Input};

use crate::kernels::number::{Num, power_of_ten};
use crate::kernels::{Values, Vector};
use crate::types::CompareOp;

use super::node::{NodeId, Op};
use super::set::PreparedSet;
use super::{Plan, RowRule};

/// A test of one column.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Index into the schema.
    pub column: usize,
    pub test: Test,
}

/// What a column is tested for; nulls are unknown, except for `Present`.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Present,
    Finite,
    /// `low <= x <= high` of floats; a NaN bound lets nothing through.
    Floats(f64, f64),
    /// `low <= x <= high` in the column's own unit.
    Ints(i128, i128),
    Strings(Arc<PreparedSet>),
    Regex(Arc<TextPattern>),
    /// A pattern of fixed length.
    Bytes(Arc<BytePattern>),
    /// Number of characters.
    Length(usize, usize),
    /// Another column of the same type.
    Columns(CompareOp, usize),
}

/// A pattern that is tested on every row: a complete automaton where that is small, else the regex engine. Both work on bytes, which are
/// UTF-8 anyway.
#[derive(Debug)]
pub(crate) enum TextPattern {
    Automaton(Box<dense::DFA<Vec<u32>>>),
    Engine(regex::bytes::Regex),
}

/// Largest automaton, in bytes.
const MAX_AUTOMATON: usize = 1 << 18;

impl TextPattern {
    /// `pattern` is anchored at both ends (`\A(?:…)\z`), or is searched for.
    fn new(pattern: &str) -> Option<Self> {
        let anchored = pattern.starts_with(r"\A(?:");
        let config = dense::Config::new()
            .dfa_size_limit(Some(MAX_AUTOMATON))
            .determinize_size_limit(Some(MAX_AUTOMATON * 4))
            .start_kind(StartKind::Anchored);
        let automaton = dense::Builder::new().configure(config).build(pattern).ok().filter(|_| anchored);
        match automaton {
            Some(automaton) => Some(Self::Automaton(Box::new(automaton))),
            None => regex::bytes::Regex::new(pattern).ok().map(Self::Engine),
        }
    }

    /// Whether a text is of the pattern.
    #[inline]
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Automaton(automaton) => {
                let input = Input::new(text).anchored(Anchored::Yes).earliest(true);
                // An automaton can give up only on bytes it was told to quit at, and it was told none.
                automaton.try_search_fwd(&input).is_ok_and(|found| found.is_some())
            }
            Self::Engine(regex) => regex.is_match(text),
        }
    }
}

/// A pattern of fixed length over ASCII: runs of positions with one class each, a class being a few ranges of bytes.
#[derive(Debug)]
pub(crate) struct BytePattern {
    length: usize,
    runs: Vec<ByteRun>,
}

/// Positions that want the same class.
#[derive(Debug)]
struct ByteRun {
    count: usize,
    /// First byte and width − 1 of up to four ranges; unused ones repeat the first.
    ranges: [(u8, u8); 4],
    used: usize,
}

impl ByteRun {
    fn new(count: usize, set: &[bool; 256]) -> Option<Self> {
        let mut found: Vec<(u8, u8)> = Vec::new();
        for byte in (0..=255_u8).filter(|byte| set.get(usize::from(*byte)) == Some(&true)) {
            match found.last_mut() {
                Some((first, width)) if u16::from(*first) + u16::from(*width) + 1 == u16::from(byte) => *width += 1,
                _ => found.push((byte, 0)),
            }
        }
        let first = *found.first()?;
        let mut ranges = [first; 4];
        if found.len() > ranges.len() {
            return None;
        }
        ranges.iter_mut().zip(&found).for_each(|(slot, range)| *slot = *range);
        Some(Self { count, ranges, used: found.len() })
    }

    /// PERF: benches/kernels.rs `fixed_pattern`: a fold over ranges without a way out early is what vectorises.
    #[inline]
    fn matches(&self, text: &[u8]) -> bool {
        let [a, b, c, d] = self.ranges;
        let within = |byte: u8, range: (u8, u8)| byte.wrapping_sub(range.0) <= range.1;
        match self.used {
            1 => text.iter().fold(true, |all, byte| all & within(*byte, a)),
            2 => text.iter().fold(true, |all, byte| all & (within(*byte, a) | within(*byte, b))),
            _ => text.iter().fold(true, |all, byte| all & (within(*byte, a) | within(*byte, b) | within(*byte, c) | within(*byte, d))),
        }
    }
}

impl BytePattern {
    /// Whether a text is of the pattern.
    #[inline]
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        if text.len() != self.length {
            return false;
        }
        let mut rest = text;
        self.runs.iter().all(|run| {
            let (part, after) = rest.split_at_checked(run.count).unwrap_or((rest, &[]));
            rest = after;
            run.matches(part)
        })
    }

    /// Reads a pattern of literal characters, ASCII classes and fixed counts; `None` for anything else.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let (mut length, mut runs) = (0, Vec::new());
        let mut rest = pattern.as_bytes();
        while !rest.is_empty() {
            let (set, after) = atom(rest)?;
            let (count, after) = repeat(after)?;
            length += count;
            if length > 512 {
                return None;
            }
            runs.push(ByteRun::new(count, &set)?);
            rest = after;
        }
        Some(Self { length, runs })
    }
}

/// One class or literal character, and what follows.
fn atom(text: &[u8]) -> Option<([bool; 256], &[u8])> {
    let mut set = [false; 256];
    let mut allow = |low: u8, high: u8| {
        set.iter_mut().enumerate().for_each(|(byte, member)| *member |= (usize::from(low)..=usize::from(high)).contains(&byte))
    };
    let (first, rest) = text.split_first()?;
    match first {
        b'[' => {
            let end = rest.iter().position(|byte| *byte == b']')?;
            let mut inside = rest.get(..end)?;
            if inside.is_empty() || inside.iter().any(|byte| !byte.is_ascii() || matches!(byte, b'^' | b'\\' | b'[' | b'&' | b'~')) {
                return None;
            }
            while let Some((low, after)) = inside.split_first() {
                match after {
                    [b'-', high, more @ ..] => {
                        if low > high {
                            return None;
                        }
                        allow(*low, *high);
                        inside = more;
                    }
                    // A bare `-` has several readings.
                    _ if *low == b'-' => return None,
                    more => {
                        allow(*low, *low);
                        inside = more;
                    }
                }
            }
            Some((set, rest.get(end + 1..)?))
        }
        b'\\' => match rest.split_first() {
            Some((escaped, after)) if escaped.is_ascii_punctuation() => {
                allow(*escaped, *escaped);
                Some((set, after))
            }
            _ => None,
        },
        byte if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'@' | b'/' | b' ' | b',' | b'=' | b'#' | b'%') => {
            allow(*byte, *byte);
            Some((set, rest))
        }
        _ => None,
    }
}

fn repeat(text: &[u8]) -> Option<(usize, &[u8])> {
    let Some(rest) = text.strip_prefix(b"{") else {
        return if matches!(text.first(), Some(b'*' | b'+' | b'?')) { None } else { Some((1, text)) };
    };
    let end = rest.iter().position(|byte| *byte == b'}')?;
    let count = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
    let after = rest.get(end + 1..)?;
    if matches!(after.first(), Some(b'*' | b'+' | b'?' | b'{')) { None } else { Some((count, after)) }
}

/// The shape of a rule, if it has one.
pub(super) fn of(plan: &Plan, rule: &RowRule) -> Option<Shape> {
    if rule.when.is_some() {
        return None;
    }
    let node = plan.node(rule.test);
    match (&node.op, node.args.as_slice()) {
        (Op::Present, [value]) => column(plan, *value).map(|column| Shape { column, test: Test::Present }),
        (Op::InSet(set), [value]) if matches!(**set, PreparedSet::Strings(_)) => {
            text_column(plan, *value).map(|column| Shape { column, test: Test::Strings(Arc::clone(set)) })
        }
        (Op::Matches(regex, pattern), [value]) => {
            let column = text_column(plan, *value)?;
            Some(Shape { column, test: pattern_test(regex, pattern)? })
        }
        (Op::Call(function), [value]) if function.name == "finite" => {
            let column = column(plan, *value)?;
            matches!(data_type(plan, column), DataType::Float64 | DataType::Float32).then_some(Shape { column, test: Test::Finite })
        }
        (Op::Compare(op), [a, b]) => columns(plan, *op, *a, *b).or_else(|| range(plan, &[rule.test])),
        (Op::And, all) => range(plan, all),
        _ => None,
    }
}

/// The test for a compiled pattern; `pattern` is as written where it must match the whole text, else empty.
pub(crate) fn pattern_test(regex: &regex::Regex, pattern: &str) -> Option<Test> {
    let bytes = if pattern.is_empty() { None } else { BytePattern::parse(pattern) };
    Some(match bytes {
        Some(bytes) => Test::Bytes(Arc::new(bytes)),
        None => Test::Regex(Arc::new(TextPattern::new(regex.as_str())?)),
    })
}

fn column(plan: &Plan, id: NodeId) -> Option<usize> {
    if let Op::Column(index) = plan.node(id).op { Some(index) } else { None }
}

fn data_type(plan: &Plan, column: usize) -> &DataType {
    plan.schema.field(column).data_type()
}

fn text_column(plan: &Plan, id: NodeId) -> Option<usize> {
    let column = column(plan, id)?;
    let ty = match data_type(plan, column) {
        DataType::Dictionary(_, values) => values,
        ty => ty,
    };
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View).then_some(column)
}

fn columns(plan: &Plan, op: CompareOp, a: NodeId, b: NodeId) -> Option<Shape> {
    let (left, right) = (column(plan, a)?, column(plan, b)?);
    let ty = data_type(plan, left);
    let native = matches!(
        ty,
        DataType::Float64 | DataType::Float32 | DataType::Int64 | DataType::Int32 | DataType::Timestamp(..) | DataType::Date32
    );
    // Zones of one unit compare as instants.
    let same = match (ty, data_type(plan, right)) {
        (DataType::Timestamp(a, _), DataType::Timestamp(b, _)) => a == b,
        (a, b) => a == b,
    };
    (native && same).then_some(Shape { column: left, test: Test::Columns(op, right) })
}

/// A lower and an upper bound, both included.
enum Bounds {
    Floats(f64, f64),
    Ints(i128, i128),
    Length(i128, i128),
}

/// Comparisons of one column with constants, all of which must hold.
fn range(plan: &Plan, tests: &[NodeId]) -> Option<Shape> {
    let mut found: Option<(usize, Bounds)> = None;
    for test in tests {
        let node = plan.node(*test);
        let (Op::Compare(op), [a, b]) = (&node.op, node.args.as_slice()) else { return None };
        let (value, op, bound) = match (constant(plan, *b), constant(plan, *a)) {
            (Some(bound), _) => (*a, *op, bound),
            (None, Some(bound)) => (*b, flipped(*op), bound),
            (None, None) => return None,
        };
        let (column, bounds) = bounds(plan, value, op, bound)?;
        found = Some(match found {
            None => (column, bounds),
            Some((known, all)) if known == column => (column, intersect(all, bounds)?),
            Some(_) => return None,
        });
    }
    let (column, bounds) = found?;
    let test = match bounds {
        Bounds::Floats(low, high) => Test::Floats(low, high),
        Bounds::Ints(low, high) => Test::Ints(low, high),
        Bounds::Length(low, high) if low > high || high < 0 => Test::Length(1, 0),
        Bounds::Length(low, high) => {
            Test::Length(usize::try_from(low.max(0)).unwrap_or(usize::MAX), usize::try_from(high).unwrap_or(usize::MAX))
        }
    };
    Some(Shape { column, test })
}

fn constant(plan: &Plan, id: NodeId) -> Option<&Vector> {
    match &plan.node(id).op {
        Op::Constant(vector) if vector.is_live(0) => Some(vector),
        _ => None,
    }
}

fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        other => other,
    }
}

fn intersect(a: Bounds, b: Bounds) -> Option<Bounds> {
    // `f64::max` would drop a NaN, and a NaN bound lets nothing through.
    let float = |a: f64, b: f64, larger: bool| {
        if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if (a > b) == larger {
            a
        } else {
            b
        }
    };
    Some(match (a, b) {
        (Bounds::Floats(a, b), Bounds::Floats(c, d)) => Bounds::Floats(float(a, c, true), float(b, d, false)),
        (Bounds::Ints(a, b), Bounds::Ints(c, d)) => Bounds::Ints(a.max(c), b.min(d)),
        (Bounds::Length(a, b), Bounds::Length(c, d)) => Bounds::Length(a.max(c), b.min(d)),
        _ => return None,
    })
}

fn bounds(plan: &Plan, value: NodeId, op: CompareOp, bound: &Vector) -> Option<(usize, Bounds)> {
    let node = plan.node(value);
    if let (Op::Call(function), [inner]) = (&node.op, node.args.as_slice()) {
        if function.name != "length" {
            return None;
        }
        let column = text_column(plan, *inner)?;
        let (low, high) = int_bounds(op, number(bound)?, 1, 0)?;
        return Some((column, Bounds::Length(low, high)));
    }
    let column = column(plan, value)?;
    let bounds = match data_type(plan, column) {
        DataType::Float64 | DataType::Float32 => {
            let (low, high) = float_bounds(op, number(bound)?)?;
            Bounds::Floats(low, high)
        }
        ty if ty.is_integer() => {
            let (low, high) = int_bounds(op, number(bound)?, 1, 0)?;
            Bounds::Ints(low, high)
        }
        DataType::Timestamp(unit, _) => {
            let nanos = match unit {
                TimeUnit::Second => 1_000_000_000,
                TimeUnit::Millisecond => 1_000_000,
                TimeUnit::Microsecond => 1_000,
                TimeUnit::Nanosecond => 1,
            };
            let (low, high) = int_bounds(op, number(bound)?, nanos, 0)?;
            Bounds::Ints(low, high)
        }
        DataType::Date32 => {
            let (low, high) = int_bounds(op, number(bound)?, 1, 0)?;
            Bounds::Ints(low, high)
        }
        DataType::Decimal128(_, scale) if *scale >= 0 => {
            let (low, high) = int_bounds(op, number(bound)?, 1, i32::from(*scale))?;
            Bounds::Ints(low, high)
        }
        _ => return None,
    };
    Some((column, bounds))
}

fn number(vector: &Vector) -> Option<Num> {
    match vector.values {
        Values::Int(_) | Values::Float(_) | Values::Decimal(..) => Some(vector.numbers().at(0)),
        _ => None,
    }
}

/// Bounds of an integer `x` such that `x · unit / 10^scale op bound`, exactly.
fn int_bounds(op: CompareOp, bound: Num, unit: i128, scale: i32) -> Option<(i128, i128)> {
    const NOTHING: (i128, i128) = (1, 0);
    let (floor, exact) = match bound {
        Num::Int(value) => {
            let scaled = value.checked_mul(power_of_ten(scale)?)?;
            (scaled.div_euclid(unit), scaled.rem_euclid(unit) == 0)
        }
        Num::Decimal(mantissa, own) if unit == 1 => {
            if own <= scale {
                (mantissa.checked_mul(power_of_ten(scale - own)?)?, true)
            } else {
                let divisor = power_of_ten(own - scale)?;
                (mantissa.div_euclid(divisor), mantissa.rem_euclid(divisor) == 0)
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "within ±1e30, so the floor fits")]
        Num::Float(value) if unit == 1 && scale == 0 && value.abs() < 1e30 => (value.floor() as i128, value.fract() == 0.0),
        _ => return None,
    };
    let ceil = if exact { floor } else { floor + 1 };
    Some(match op {
        CompareOp::Eq if exact => (floor, floor),
        CompareOp::Eq => NOTHING,
        CompareOp::NotEq => return None,
        CompareOp::GtEq => (ceil, i128::MAX),
        CompareOp::Gt => (floor + 1, i128::MAX),
        CompareOp::LtEq => (i128::MIN, floor),
        CompareOp::Lt => (i128::MIN, ceil - 1),
    })
}

/// Bounds of a float `x` such that `x op bound`, exactly.
fn float_bounds(op: CompareOp, bound: Num) -> Option<(f64, f64)> {
    let near = bound.to_f64();
    if near.is_nan() || op == CompareOp::NotEq {
        return None;
    }
    let order = bound.compare(Num::Float(near))?;
    // The smallest float at or above the bound, the largest at or below it.
    let at_least = if order.is_gt() { near.next_up() } else { near };
    let at_most = if order.is_lt() { near.next_down() } else { near };
    let exact = order.is_eq();
    let above = if !exact {
        at_least
    } else if near == f64::INFINITY {
        f64::NAN
    } else {
        near.next_up()
    };
    let below = if !exact {
        at_most
    } else if near == f64::NEG_INFINITY {
        f64::NAN
    } else {
        near.next_down()
    };
    Some(match op {
        CompareOp::Eq if exact => (near, near),
        CompareOp::Eq => (f64::NAN, f64::NAN),
        CompareOp::GtEq => (at_least, f64::INFINITY),
        CompareOp::Gt => (above, f64::INFINITY),
        CompareOp::LtEq => (f64::NEG_INFINITY, at_most),
        CompareOp::Lt => (f64::NEG_INFINITY, below),
        CompareOp::NotEq => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_patterns_are_recognised_and_others_are_not() {
        let address = BytePattern::parse("0x[0-9a-f]{40}").unwrap();
        assert_eq!(address.length, 42);
        assert!(address.matches(format!("0x{}", "a1".repeat(20)).as_bytes()));
        assert!(!address.matches(format!("0x{}", "A1".repeat(20)).as_bytes()));
        for other in [r"\d{4}", "a+", "[^a]", "a|b", "a{1,2}", ".", "(a)", "é"] {
            assert!(BytePattern::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn an_automaton_and_the_engine_agree() {
        for pattern in ["[a-z0-9._]+@[a-z0-9-]+\\.[a-z]{2,6}", "a|ab", "", "(?i)é+", "a.c", "x$|y"] {
            let whole = format!("\\A(?:{pattern})\\z");
            let (test, regex) = (TextPattern::new(&whole).unwrap(), regex::Regex::new(&whole).unwrap());
            assert!(matches!(test, TextPattern::Automaton(_)), "{pattern}");
            for text in ["", "a", "ab", "abc", "a\nc", "É", "éé", "me@x.org", "me@x.o", "x", "y\n", "xy"] {
                assert_eq!(test.matches(text.as_bytes()), regex.is_match(text), "{pattern} on {text:?}");
            }
        }
        assert!(matches!(TextPattern::new(r"\A(?:\bx)\z").unwrap(), TextPattern::Engine(_)));
    }

    #[test]
    fn strict_bounds_of_floats_move_by_one_step() {
        let (low, _) = float_bounds(CompareOp::Gt, Num::Float(0.0)).unwrap();
        assert_eq!(low, f64::from_bits(1));
        assert!(float_bounds(CompareOp::Gt, Num::Float(f64::INFINITY)).unwrap().0.is_nan());
        let (low, _) = float_bounds(CompareOp::GtEq, Num::Int(9_007_199_254_740_993)).unwrap();
        assert_eq!(low, 9_007_199_254_740_994.0);
    }

    #[test]
    fn instants_are_compared_in_the_columns_unit() {
        assert_eq!(int_bounds(CompareOp::GtEq, Num::Int(1_500), 1_000, 0), Some((2, i128::MAX)));
        assert_eq!(int_bounds(CompareOp::LtEq, Num::Int(-1), 1_000, 0), Some((i128::MIN, -1)));
        assert_eq!(int_bounds(CompareOp::Eq, Num::Int(1_500), 1_000, 0), Some((1, 0)));
    }
}
