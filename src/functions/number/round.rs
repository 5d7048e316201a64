//! `round(x, n)`: to the nearest number of n decimals, half away from zero.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::arith::collect_numbers;
use crate::kernels::number::{DECIMAL_MAX, Num, int_in_range, power_of_ten};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "round",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "x", accepts: Accepts::Number }, Parameter { name: "n", accepts: Accepts::Int }],
        Returns::SameAs(0),
    )
    .optional(1),
    summary: "`x` rounded to `n` decimals, or to a whole number without `n`; halves go away from zero.",
    details: "Keeps the kind of `x`, and the scale of a decimal. A negative `n` rounds to tens, hundreds and so on. What a float is rounded from is its exact value: the float64 written 1.005 lies below 1.005, so `round(1.005, 2)` is 1.0. NaN and infinities stay what they are. A result out of range faults. Null if an argument is null.",
    examples: &[
        Example::new("round(2.5)", "3.0"),
        Example::new("round(-2.5)", "-3.0"),
        Example::new("round(3.14159, 2)", "3.14"),
        Example::new("round(1250, -2)", "1300"),
        Example::new("round(null, 2)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let Some(x) = args.first() else { return Vector::fault(1) };
    let numbers = x.numbers();
    let places = args.get(1).map(Vector::ints);
    collect_numbers(args, |row| round(numbers.at(row), places.as_ref().map_or(0, |places| places.at(row))))
}

fn round(x: Num, places: i128) -> Option<Num> {
    // Beyond these, nothing is left to round, or nothing remains.
    let places = i32::try_from(places.clamp(-400, 1_100)).ok()?;
    match x {
        Num::Int(value) if places >= 0 => Some(Num::Int(value)),
        Num::Int(value) => int_in_range(nearest_multiple(value, -places)).map(Num::Int),
        Num::Float(value) => Some(Num::Float(round_float(value, places))),
        Num::Decimal(_, scale) if places >= scale => Some(x),
        Num::Decimal(mantissa, scale) => decimal_in_range(nearest_multiple(mantissa, scale - places), scale),
    }
}

/// The nearest multiple of 10ⁿ, n > 0, of a value of at most 38 digits; halves away from zero.
fn nearest_multiple(value: i128, exponent: i32) -> i128 {
    // Half of 10³⁹ and above is more than any such value.
    let Some(unit) = power_of_ten(exponent) else { return 0 };
    let rest = value % unit;
    let away = if rest.unsigned_abs() * 2 >= unit.unsigned_abs() { unit * value.signum() } else { 0 };
    value - rest + away
}

/// The float64 nearest to the exact value rounded.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is checked; the result is the nearest float64")]
fn round_float(value: f64, places: i32) -> f64 {
    if places == 0 || !value.is_finite() {
        return value.round();
    }
    if places < 0 && value.abs() < 1e38 {
        // The fraction cannot decide: halves of a power of ten are whole.
        return (nearest_multiple(value as i128, -places) as f64).copysign(value);
    }
    if places < 0 {
        // Powers of ten are not exact here, nor are multiples of them.
        let unit = 10_f64.powi(-places);
        let rest = value % unit;
        return value - rest + if rest.abs() >= unit / 2.0 { unit.copysign(value) } else { 0.0 };
    }
    let unit = 10_f64.powi(places);
    let scaled = value * unit;
    let whole = scaled.round();
    // PERF: an integer below 2⁵³ divided by a power of ten that is exact rounds once. Below 2⁴⁰ the product is off by
    // less than 0.0002, so that away from halves `whole` is right.
    if places <= 22 && scaled.abs() < 1_099_511_627_776.0 && (scaled - whole).abs() < 0.499 {
        return whole / unit;
    }
    // Formatting rounds exact halves to even. Only a value whose lowest bit is that of 2⁻ⁿ⁻¹ is such a half; its neighbour is not.
    let value = if lowest_bit(value) == Some(-places - 1) { f64::from_bits(value.to_bits() + 1) } else { value };
    format!("{value:.*}", usize::try_from(places).unwrap_or(0)).parse().unwrap_or(value)
}

/// The power of two of the lowest bit that is set; `None` for zero.
fn lowest_bit(value: f64) -> Option<i32> {
    let bits = value.to_bits();
    let (exponent, fraction) = (i32::try_from((bits >> 52) & 0x7ff).ok()?, bits & ((1 << 52) - 1));
    let mantissa = if exponent == 0 { fraction } else { fraction | (1 << 52) };
    let shift = i32::try_from(mantissa.trailing_zeros()).ok()?;
    (mantissa != 0).then_some(exponent.max(1) - 1_075 + shift)
}

/// A whole number as a decimal of a scale; `None` beyond 38 digits.
pub(super) fn whole_decimal(whole: i128, scale: i32) -> Option<Num> {
    decimal_in_range(whole.checked_mul(power_of_ten(scale)?)?, scale)
}

fn decimal_in_range(mantissa: i128, scale: i32) -> Option<Num> {
    (-DECIMAL_MAX..=DECIMAL_MAX).contains(&mantissa).then_some(Num::Decimal(mantissa, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_round_by_their_exact_value_and_halves_away_from_zero() {
        let cases = [
            (0.125, 2, 0.13),
            (-0.125, 2, -0.13),
            (0.375, 2, 0.38),
            (2.675, 2, 2.67),
            (1.005, 2, 1.0),
            (1e300, 2, 1e300),
            (0.1, 1_100, 0.1),
            (1234.5, -2, 1200.0),
            (-1250.0, -2, -1300.0),
            (5e-324, 10, 0.0),
            (6.0, -1, 10.0),
            (6.0, -400, 0.0),
            (1e300, -400, 0.0),
            (1e300, -2, 1e300),
        ];
        for (value, places, rounded) in cases {
            assert_eq!(round(Num::Float(value), places), Some(Num::Float(rounded)), "round({value}, {places})");
        }
        assert!(round_float(f64::INFINITY, 3).is_infinite());
    }

    #[test]
    fn the_short_way_agrees_with_formatting() {
        for step in 0..20_000_i32 {
            let value = f64::from(step) * 0.000_37 - 3.0;
            let long: f64 = format!("{value:.3}").parse().unwrap();
            assert_eq!(round_float(value, 3).to_bits(), long.to_bits(), "{value}");
        }
    }

    #[test]
    fn decimals_keep_their_scale_and_results_out_of_range_fault() {
        assert_eq!(round(Num::Decimal(-1_250, 3), 2), Some(Num::Decimal(-1_250, 3)));
        assert_eq!(round(Num::Decimal(-1_255, 3), 2), Some(Num::Decimal(-1_260, 3)));
        assert_eq!(round(Num::Decimal(DECIMAL_MAX, 38), 0), None);
        assert_eq!(round(Num::Decimal(DECIMAL_MAX, 0), -38), None);
        assert_eq!(round(Num::Decimal(DECIMAL_MAX, 0), -39), Some(Num::Decimal(0, 0)));
        assert_eq!(round(Num::Int(i128::from(u64::MAX)), -1), None);
    }
}
