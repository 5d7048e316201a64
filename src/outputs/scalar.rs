//! Single values: numbers and strings as what a member is declared to be.

use super::Limits;
use super::State;
use super::column::{Decimal, Values};
use super::cursor::{Cursor, Scratch};
use super::number::{Number, Whole};
use crate::kernels::cast::parse_instant;
use crate::kernels::time;

/// Pushes a number; why it is none of the declared kind otherwise.
#[inline]
pub(super) fn push_number(values: &mut Values<'_>, number: &Number<'_>) -> Result<(), State> {
    match values {
        Values::Float(values) => values.push(number.float().ok_or(State::OutOfRange)?),
        Values::Int(values, min, max) => values.push(i64::try_from(integer(number, *min, *max)?).map_err(|_| State::OutOfRange)?),
        Values::UInt(values, min, max) => values.push(u64::try_from(integer(number, *min, *max)?).map_err(|_| State::OutOfRange)?),
        Values::Decimal(values, decimal) => values.push(mantissa(number, *decimal)?),
        _ => return Err(State::OtherType),
    }
    Ok(())
}

#[inline]
fn integer(number: &Number<'_>, min: i128, max: i128) -> Result<i128, State> {
    match number.scaled(0) {
        Whole::Int(value) if (min..=max).contains(&value) => Ok(value),
        Whole::Int(_) | Whole::Beyond => Err(State::OutOfRange),
        Whole::Fraction => Err(State::FloatForInt),
    }
}

fn mantissa(number: &Number<'_>, decimal: Decimal) -> Result<i128, State> {
    match number.scaled(i32::from(decimal.scale)) {
        Whole::Int(value) if value.unsigned_abs() < decimal.limit.unsigned_abs() => Ok(value),
        _ => Err(State::OutOfRange),
    }
}

/// Pushes what a string says.
pub(super) fn push_string(values: &mut Values<'_>, text: &str, coerce: bool) -> Result<(), State> {
    match values {
        Values::Bool(values) => {
            let value = if text.eq_ignore_ascii_case("true") {
                true
            } else if text.eq_ignore_ascii_case("false") {
                false
            } else {
                return Err(State::OtherType);
            };
            if !coerce {
                return Err(State::BoolString);
            }
            values.push(value);
            Ok(())
        }
        Values::Int(..) | Values::UInt(..) | Values::Float(_) | Values::Decimal(..) => {
            let mut scratch = Scratch::default();
            let number = written_number(text, &mut scratch).ok_or(State::OtherType)?;
            if coerce { push_number(values, &number) } else { Err(State::NumericString) }
        }
        Values::Date(values) => {
            let days = time::parse_date(text).ok_or(State::OtherType)?;
            values.push(i32::try_from(days).map_err(|_| State::OutOfRange)?);
            Ok(())
        }
        Values::Time(values) => {
            let nanos = time::parse_time(text).ok_or(State::OtherType)?;
            values.push(i64::try_from(nanos).map_err(|_| State::OutOfRange)?);
            Ok(())
        }
        Values::Timestamp(values, instant) => {
            let nanos = parse_instant(text, *instant).ok_or(State::OtherType)?;
            // A microsecond is the column's unit: what is finer has no place in it.
            let micros = (nanos % 1_000 == 0).then(|| i64::try_from(nanos / 1_000).ok()).flatten();
            values.push(micros.ok_or(State::OutOfRange)?);
            Ok(())
        }
        Values::Duration(values) => {
            let nanos = duration(text).ok_or(State::OtherType)?;
            values.push(i64::try_from(nanos).map_err(|_| State::OutOfRange)?);
            Ok(())
        }
        Values::List(_) => Err(State::ScalarForList),
        _ => Err(State::OtherType),
    }
}

/// A number of JSON, white space around it allowed, and nothing else.
fn written_number<'t>(text: &'t str, scratch: &mut Scratch) -> Option<Number<'t>> {
    let text = text.trim();
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    let mut cursor = Cursor::new(text, Limits::default(), scratch);
    let number = cursor.number().ok()?;
    (cursor.at == text.len()).then_some(number)
}

/// `P3W`, `P1DT2H30M4.5S` with a sign before it or not, in nanoseconds.
///
/// # Source
/// RFC 3339 appendix A, without years and months, whose lengths vary. A fraction stands only at seconds.
fn duration(text: &str) -> Option<i128> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let text = text.strip_prefix('P')?;
    let (days, times) = match text.split_once('T') {
        Some((days, times)) if !times.is_empty() => (days, times),
        Some(_) => return None,
        None => (text, ""),
    };
    let (mut nanos, mut rest, mut any) = (0_i128, days, false);
    let units = [("W", 7 * time::DAY), ("D", time::DAY), ("T", 0), ("H", time::HOUR), ("M", time::MINUTE), ("S", time::SECOND)];
    for (unit, length) in units {
        if unit == "T" {
            if !rest.is_empty() {
                return None;
            }
            rest = times;
            continue;
        }
        let Some((count, after)) = rest.split_once(unit) else { continue };
        let (whole, fraction) = if unit == "S" { count.split_once('.').unwrap_or((count, "0")) } else { (count, "0") };
        if whole.len() > 18 || fraction.is_empty() || fraction.len() > 9 {
            return None;
        }
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i128>().ok()).flatten();
        let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        nanos += digits(whole)? * length + digits(fraction)? * (length / scale);
        (rest, any) = (after, true);
    }
    (any && rest.is_empty()).then_some(if negative { -nanos } else { nanos })
}

/// Writes what base64 stands for after what `out` holds; false if the text is none.
///
/// # Source
/// RFC 4648 section 4, padded. Bits that padding leaves over may be set, as for the function `is_base64`.
pub(super) fn base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let digits = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    if !text.len().is_multiple_of(4) || digits.len() % 4 == 1 {
        return false;
    }
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            let Some(digit) = sextet(*byte) else { return false };
            bits = bits << 6 | u32::from(digit);
        }
        bits <<= 6 * (4 - group.len());
        out.extend(bits.to_be_bytes().iter().skip(1).take(group.len() * 6 / 8));
    }
    true
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
