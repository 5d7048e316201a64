//! `hash(x)`: a stable fingerprint.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::number::Num;
use crate::kernels::vector::{Cell, Values, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "hash",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Any }], Returns::String),
    summary: "The first 128 bits of the SHA-256 of `x`, as 32 hexadecimal digits.",
    details: r#"The same on every machine and in every version. What is hashed: the UTF-8 of a string, the bytes of a binary, `true` or `false`, a number in decimal digits without exponent or trailing zeros of the fraction, so that 1, 1.0 and 1.00 agree (−0.0 is 0), the days since 1970 of a date, the nanoseconds of a time, timestamp or duration. Values of different types can agree: the string "1" with the number 1. Lists, structs and maps fault. Null if `x` is null."#,
    examples: &[
        Example::new(r#"hash("abc")"#, r#""ba7816bf8f01cfea414140de5dae2223""#),
        Example::new("hash(1) = hash(1.0)", "true"),
        Example::new("hash(1) = hash(2)", "false"),
        Example::new("hash(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [x] = args else { return Vector::fault(1) };
    strict(args, |row| {
        let bytes = match &x.values {
            Values::Str(_) => Cow::Borrowed(x.strings().at(row).as_bytes()),
            Values::Bin(_) => Cow::Borrowed(x.binaries().at(row)),
            Values::Bool(_) => Cow::Owned(x.bools().at(row).to_string().into_bytes()),
            Values::Int(_) | Values::Float(_) | Values::Decimal(..) => Cow::Owned(digits(x.numbers().at(row)).into_bytes()),
            _ => return Cell::Fault,
        };
        Cell::Value(fingerprint(&bytes))
    })
}

fn fingerprint(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(32);
    for byte in Sha256::digest(bytes).iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A number in one form for all kinds: no exponent, no trailing zeros, no negative zero.
fn digits(number: Num) -> String {
    match number {
        Num::Int(value) => value.to_string(),
        Num::Float(0.0) => "0".to_owned(),
        Num::Float(value) => value.to_string(),
        Num::Decimal(mantissa, scale) => {
            let width = usize::try_from(scale).unwrap_or(0) + 1;
            let text = format!("{:0width$}", mantissa.unsigned_abs());
            let (whole, fraction) = text.split_at(text.len() + 1 - width);
            let sign = if mantissa < 0 { "-" } else { "" };
            match fraction.trim_end_matches('0') {
                "" => format!("{sign}{whole}"),
                fraction => format!("{sign}{whole}.{fraction}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_of_different_kinds_have_one_form() {
        for number in [Num::Int(-15), Num::Float(-15.0), Num::Decimal(-15, 0), Num::Decimal(-1_500, 2)] {
            assert_eq!(digits(number), "-15");
        }
        assert_eq!((digits(Num::Float(-0.0)), digits(Num::Decimal(0, 3))), ("0".to_owned(), "0".to_owned()));
        assert_eq!((digits(Num::Float(0.05)), digits(Num::Decimal(50, 3))), ("0.05".to_owned(), "0.05".to_owned()));
        assert_eq!(digits(Num::Decimal(-5, 3)), "-0.005");
        assert_eq!(digits(Num::Float(1e21)), "1000000000000000000000");
    }
}
