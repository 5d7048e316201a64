//! Comparisons as bounds.

use crate::compile::ir::Literal;
use crate::interchange::number::{self, Bound};
use crate::types::CompareOp;

use super::place::Keyword;

/// A comparison of a length with a constant.
pub(super) fn length(op: CompareOp, literal: &Literal) -> Result<Keyword, String> {
    let bound = number::bound(literal).ok_or("its length is compared with no number")?;
    let count = |value: i128| u64::try_from(value.max(0)).ok();
    let whole = bound.whole().ok_or("its length is compared with no whole number")?;
    Ok(match op {
        CompareOp::Eq if whole < 0 => return Err("no length is negative".to_owned()),
        CompareOp::Eq => Keyword::Length(count(whole), count(whole)),
        CompareOp::GtEq => Keyword::Length(count(whole), None),
        CompareOp::Gt => Keyword::Length(count(whole.saturating_add(1)), None),
        CompareOp::NotEq if whole == 0 => Keyword::Length(Some(1), None),
        CompareOp::LtEq if whole >= 0 => Keyword::Length(None, count(whole)),
        CompareOp::Lt if whole >= 1 => Keyword::Length(None, count(whole - 1)),
        _ => return Err("JSON Schema has bounds of lengths alone".to_owned()),
    })
}

/// The comparison with its sides changed.
pub(super) fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        same => same,
    }
}

/// What a comparison is where it does not hold. Numbers of JSON are all comparable: there is no NaN.
pub(super) fn opposite(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::NotEq,
        CompareOp::NotEq => CompareOp::Eq,
        CompareOp::Lt => CompareOp::GtEq,
        CompareOp::LtEq => CompareOp::Gt,
        CompareOp::Gt => CompareOp::LtEq,
        CompareOp::GtEq => CompareOp::Lt,
    }
}

/// Bounds of whole numbers: the next whole number that is in.
pub(super) fn inclusive(bound: &Bound, up: bool) -> Option<Bound> {
    let whole = bound.whole()?;
    Some(Bound::int(if up { whole.checked_add(1)? } else { whole.checked_sub(1)? }))
}
