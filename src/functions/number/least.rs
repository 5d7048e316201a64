//! `least(a, b, …)`: the smallest argument.

use std::cmp::Ordering;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::arith::collect_numbers;
use crate::kernels::number::Num;
use crate::kernels::vector::{Cell, Values, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "least",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "a", accepts: Accepts::Ordered }, Parameter { name: "b", accepts: Accepts::SameAs(0) }],
        Returns::Common,
    )
    .variadic(),
    summary: "The smallest of the arguments.",
    details: "Takes numbers of any kinds, strings, dates, times, timestamps and durations. Numbers are compared exactly; the result is a float if an argument is one, else a decimal of the largest scale if one is, else an integer. NaN if an argument is NaN. Strings compare by code point. Null if an argument is null, unlike the SQL functions that skip nulls.",
    examples: &[
        Example::new("least(1, 3, 2)", "1"),
        Example::new("least(1, 2.5)", "1.0"),
        Example::new(r#"least("a", "b")"#, r#""a""#),
        Example::new("least(90 s, 2 min)", "90 s"),
        Example::new("least(1, null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    extreme(args, Ordering::Less)
}

/// The argument that is `wanted` (less, greater) beside all others, row by row.
pub(super) fn extreme(args: &[Vector], wanted: Ordering) -> Vector {
    let all = |kind: fn(&Values) -> bool| args.iter().all(|arg| matches!(arg.values, Values::Null) || kind(&arg.values));
    if all(|values| matches!(values, Values::Str(_))) {
        return extreme_string(args, wanted);
    }
    if !all(|values| matches!(values, Values::Int(_) | Values::Float(_) | Values::Decimal(..))) {
        return strict(args, |_| Cell::<bool>::Fault);
    }
    let zero = common_zero(args);
    let numbers: Vec<_> = args.iter().map(Vector::numbers).collect();
    collect_numbers(args, |row| {
        let mut best = numbers.first()?.at(row);
        for number in numbers.get(1..)?.iter().map(|numbers| numbers.at(row)) {
            match number.compare(best) {
                Some(order) if order == wanted => best = number,
                Some(_) => {}
                None => return Some(Num::Float(f64::NAN)),
            }
        }
        match zero {
            Num::Float(_) => Some(Num::Float(best.to_f64())),
            // Instants are integers beyond the range of numbers, so zero is not added to them.
            Num::Int(_) => Some(best),
            Num::Decimal(..) => best.add(zero),
        }
    })
}

/// Zero in the kind that all results of a mixed call have in common: adding it converts to that kind.
fn common_zero(args: &[Vector]) -> Num {
    args.iter().fold(Num::Int(0), |zero, arg| match (zero, &arg.values) {
        (Num::Float(_), _) | (_, Values::Float(_)) => Num::Float(0.0),
        (Num::Decimal(_, scale), Values::Decimal(_, other)) => Num::Decimal(0, scale.max(*other)),
        (_, Values::Decimal(_, scale)) => Num::Decimal(0, *scale),
        _ => zero,
    })
}

fn extreme_string(args: &[Vector], wanted: Ordering) -> Vector {
    let texts: Vec<_> = args.iter().map(Vector::strings).collect();
    strict(args, |row| {
        let best = texts.iter().map(|text| text.at(row)).reduce(|best, text| if text.cmp(best) == wanted { text } else { best });
        Cell::from(best.map(str::to_owned))
    })
}
