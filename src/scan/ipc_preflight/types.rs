//! What a field may declare: the types of Arrow with their parameters, as the format has them
//! (`Schema.fbs`). Readers take anything else for impossible, and panic.

use super::flat::{Flat, Table, Vector};
use super::{PreflightKind, Result};

/// Slots of a field.
pub(super) const NAME: usize = 0;
const CODE: usize = 2;
const ABOUT: usize = 3;
pub(super) const DICTIONARY: usize = 4;
pub(super) const CHILDREN: usize = 5;

/// The code of integers, and of views of bytes and text.
const INT: u8 = 2;
const VIEWS: [u8; 2] = [23, 24];

/// Members that a union may have.
const UNION_MEMBERS: usize = 128;

/// What is wrong with a field, to be read after its name.
pub(super) struct Flaw {
    pub kind: PreflightKind,
    pub what: String,
}

/// A type that there is not.
fn unknown(what: impl Into<String>) -> Option<Flaw> {
    Some(Flaw { kind: PreflightKind::Unsupported, what: what.into() })
}

/// A type that contradicts itself.
fn broken(what: impl Into<String>) -> Option<Flaw> {
    Some(Flaw { kind: PreflightKind::Corrupt, what: what.into() })
}

pub(super) fn is_view(flat: Flat<'_>, field: &Table) -> Result<bool> {
    Ok(VIEWS.contains(&flat.u8(field, CODE, 0)?))
}

/// What is wrong with the type of a field, that of its dictionary's keys included. Its children are asked on their own.
pub(super) fn flaw(flat: Flat<'_>, field: &Table) -> Result<Option<Flaw>> {
    let of_keys = match flat.child(field, DICTIONARY)? {
        Some(dictionary) => keys(flat, &dictionary)?,
        None => None,
    };
    if of_keys.is_some() {
        return Ok(of_keys);
    }
    let code = flat.u8(field, CODE, 0)?;
    let children = flat.vector(field, CHILDREN, 4)?;
    match code {
        // Null, bytes, text, booleans, structs and views have no parameters.
        1 | 4 | 5 | 6 | 13 | 19 | 20 | 23 | 24 => Ok(None),
        12 | 21 | 25 | 26 => Ok(lists(&children)),
        22 => run_ends(flat, children),
        INT..=18 => match flat.child(field, ABOUT)? {
            Some(about) => with_parameters(flat, code, &about, &children),
            None => Ok(broken("does not say the parameters of its type")),
        },
        _ => Ok(unknown(format!("is of the unknown type {code}; write it as a type of Arrow"))),
    }
}

fn with_parameters(flat: Flat<'_>, code: u8, about: &Table, children: &Vector) -> Result<Option<Flaw>> {
    match code {
        INT => Ok(width(flat, about)?.and_then(|bits| unknown(format!("has integers of {bits} bits; write it with 8, 16, 32 or 64")))),
        3 => one_of(flat, about, 0, 2, "has floats of the unknown precision", "float16, float32 or float64"),
        7 => decimal(flat, about),
        8 => one_of(flat, about, 1, 1, "has dates of the unknown unit", "date32 or date64"),
        9 => time(flat, about),
        10 => one_of(flat, about, 0, 3, "has timestamps of the unknown unit", UNITS),
        11 => {
            one_of(flat, about, 0, 2, "has intervals of the unknown unit", "months, days and milliseconds, or months, days and nanoseconds")
        }
        14 => union(flat, about, children),
        15 => Ok(negative(flat.i32(about, 0, 0)?, "values", "bytes")),
        16 => Ok(lists(children).or(negative(flat.i32(about, 0, 0)?, "lists", "items"))),
        17 => Ok(lists(children)),
        _ => one_of(flat, about, 1, 3, "has durations of the unknown unit", UNITS),
    }
}

const UNITS: &str = "seconds, milliseconds, microseconds or nanoseconds";

/// A number of 16 bits from 0 up.
fn one_of(flat: Flat<'_>, about: &Table, default: i16, most: i16, what: &str, cure: &str) -> Result<Option<Flaw>> {
    let found = flat.i16(about, 0, default)?;
    Ok(if (0..=most).contains(&found) { None } else { unknown(format!("{what} {found}; write it as {cure}")) })
}

/// The bits of integers, where there are no such integers.
fn width(flat: Flat<'_>, about: &Table) -> Result<Option<i32>> {
    let bits = flat.i32(about, 0, 0)?;
    Ok((![8, 16, 32, 64].contains(&bits)).then_some(bits))
}

fn keys(flat: Flat<'_>, dictionary: &Table) -> Result<Option<Flaw>> {
    let Some(about) = flat.child(dictionary, 1)? else {
        return Ok(unknown("does not say the type of its dictionary's keys; write it with keys of int32"));
    };
    Ok(width(flat, &about)?.and_then(|bits| unknown(format!("has dictionary keys of {bits} bits; write it with 8, 16, 32 or 64"))))
}

fn decimal(flat: Flat<'_>, about: &Table) -> Result<Option<Flaw>> {
    let (digits, scale, bits) = (flat.i32(about, 0, 0)?, flat.i32(about, 1, 0)?, flat.i32(about, 2, 128)?);
    let most = match bits {
        32 => 9,
        64 => 18,
        128 => 38,
        256 => 76,
        _ => return Ok(unknown(format!("has decimals of {bits} bits; write it with 32, 64, 128 or 256"))),
    };
    if !(1..=most).contains(&digits) {
        return Ok(unknown(format!("has decimals of {digits} digits, where {bits} bits hold 1 to {most}; write it with as many")));
    }
    let is_scale = i8::try_from(scale).is_ok();
    Ok(if is_scale { None } else { unknown(format!("has decimals of the scale {scale}; write it with -128 to 127")) })
}

fn time(flat: Flat<'_>, about: &Table) -> Result<Option<Flaw>> {
    let (unit, bits) = (flat.i16(about, 0, 1)?, flat.i32(about, 1, 32)?);
    let fits = matches!((bits, unit), (32, 0 | 1) | (64, 2 | 3));
    let cure = "time32 in seconds or milliseconds, or as time64 in microseconds or nanoseconds";
    Ok(if fits { None } else { unknown(format!("has times of {bits} bits in the unit {unit}; write it as {cure}")) })
}

fn negative(size: i32, what: &str, of: &str) -> Option<Flaw> {
    if size < 0 { broken(format!("has {what} of {size} {of}")) } else { None }
}

/// Lists and maps have one child.
fn lists(children: &Vector) -> Option<Flaw> {
    if children.len == 1 { None } else { broken(format!("has items in {} fields, not in one", children.len)) }
}

fn run_ends(flat: Flat<'_>, mut children: Vector) -> Result<Option<Flaw>> {
    let count = children.len;
    let (2, Some(at)) = (count, children.next()) else {
        return Ok(broken(format!("has runs in {count} fields, not in two")));
    };
    let ends = flat.follow(at)?;
    let about = flat.child(&ends, ABOUT)?.filter(|_| matches!(flat.u8(&ends, CODE, 0), Ok(INT)));
    let fits = match about {
        Some(about) => matches!((flat.i32(&about, 0, 0)?, flat.u8(&about, 1, 0)?), (16 | 32 | 64, 1)),
        None => false,
    };
    Ok(if fits { None } else { unknown("has ends of runs that are not int16, int32 or int64; write it with one of these") })
}

fn union(flat: Flat<'_>, about: &Table, children: &Vector) -> Result<Option<Flaw>> {
    let mode = one_of(flat, about, 0, 1, "is a union of the unknown mode", "a sparse or a dense one")?;
    if mode.is_some() || children.len > UNION_MEMBERS {
        return Ok(mode.or_else(|| broken(format!("is a union of {} members, more than the {UNION_MEMBERS} there can be", children.len))));
    }
    if flat.slot(about, 1)?.is_none() {
        return Ok(None);
    }
    let ids = flat.vector(about, 1, 4)?;
    let mut seen = 0_u128;
    for at in ids.places() {
        let id = flat.i32_at(at)?;
        let bit = u32::try_from(id).ok().and_then(|id| 1_u128.checked_shl(id)).unwrap_or(0);
        if bit == 0 || seen & bit != 0 {
            return Ok(broken(format!("is a union whose member {id} is none, or there twice")));
        }
        seen |= bit;
    }
    Ok(if ids.len == children.len { None } else { broken(format!("is a union of {} members with {} ids", children.len, ids.len)) })
}
