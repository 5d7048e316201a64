//! Responses of language models: a column of JSON texts in, typed Arrow columns and a verdict per row out, in one forward pass.
//!
//! At the door: [`Shape`], what a response is declared to be; [`read`], which reads a range of rows; [`Reading`], what came of it.
//! Strict reading is RFC 8259 with an object at the root, unique keys at every level and limits; nothing is repaired. Only where
//! it fails is the text looked at again, to tell why and whether the object can be taken out of what stands around it.
//!
//! Knows Arrow; knows no rules, no places in rule files, no threads.

mod bytes;
mod cells;
mod column;
mod cursor;
mod keys;
mod normalize;
mod number;
mod object;
mod reason;
mod recover;
mod rows;
mod scalar;
mod shape;
mod string;
#[cfg(test)]
mod tests;
mod unchecked;
mod written;
mod wrong;

pub(crate) use {
    normalize::{Step, normalize},
    reason::{Reason, State},
    rows::read,
    shape::{Item, Kind, Member, Shape},
};

use std::ops::Range;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

/// What a response may at most be. Past a limit it is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of the text. 1 GiB is the most, whatever is said here.
    pub(crate) bytes: usize,
    /// Arrays and objects within each other.
    pub(crate) depth: usize,
    /// Items of all arrays and members of all objects of a response together.
    pub(crate) items: usize,
    /// Bytes of one string, as written.
    pub(crate) string_bytes: usize,
}

impl Default for Limits {
    /// 16 MiB, nested 128 deep, a million items, strings as long as the text.
    fn default() -> Self {
        Self { bytes: 16 << 20, depth: 128, items: 1_000_000, string_bytes: 16 << 20 }
    }
}

/// How responses are read.
pub(crate) struct Options<'a> {
    /// Limits of one response.
    pub(crate) limits: Limits,
    /// Whether a recovered row counts as read.
    pub(crate) lenient: bool,
    /// Whether undeclared keys are told.
    pub(crate) closed: bool,
    /// Whether a text is a refusal. Asked only of texts that are not read and hold no `{`.
    pub(crate) refusal: &'a (dyn Fn(&str) -> bool + Sync),
}

/// What a range of rows came to.
#[derive(Debug)]
pub(crate) struct Reading {
    /// One per member of the root, as long as the range: null where absent, null, ill-typed, not wanted, or the response not read.
    pub(crate) columns: Vec<ArrayRef>,
    /// One per row.
    pub(crate) parse: Vec<Reason>,
    /// Rows whose `parse` is not [`Reason::Read`], in order.
    pub(crate) broken: Vec<Broken>,
    /// Rows (from the start of the range) whose strict reading failed, why, and whose recovered reading succeeded, in order. They
    /// are told in strict mode too.
    pub(crate) recovered: Vec<(u32, Reason)>,
    /// One per declared path: members of the root and, each after its parent, of what is nested in them.
    pub(crate) members: Vec<MemberStates>,
    /// Rows (from the start of the range) with undeclared keys, and the first of these: its name, after those of its parents and
    /// dots. Empty unless [`Options::closed`].
    pub(crate) extra: Vec<(u32, String)>,
}

/// Where a response broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    /// From the start of the range.
    pub(crate) row: u32,
    /// The byte of the text at which strict reading failed; 0 where it was not begun.
    pub(crate) offset: u32,
}

/// What became of one declared member in each row.
///
/// Within lists and maps, a row's state is that of the first item that fails, [`State::Present`] if none does, there are none, or
/// none is of the variant; nulls of a member that may be null are no failure there. Elsewhere null and absent are told of every
/// member. Members of a struct that is not there, or of a variant that another was chosen over, are [`State::NotRead`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberStates {
    /// Names from the root on. Items of lists and values of maps have no name; of a union the variant's name is part of it.
    pub(crate) path: Vec<String>,
    /// One per row; left empty where every row read is [`State::Present`].
    pub(crate) states: Vec<State>,
}

/// What cannot be read at all; the caller's mistake or a batch past Arrow's reach, never a response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The column holds no text.
    #[error("responses are read from a column of strings, and this is {0}")]
    NotText(DataType),
    /// The range is not within the column, or longer than rows can be counted.
    #[error("rows {0:?} are not in the column")]
    NoSuchRows(Range<usize>),
    /// Lists of one range hold more items than Arrow's 32-bit offsets count, or the column's bytes are no UTF-8.
    #[error("{0}; read fewer rows at a time")]
    Arrow(#[from] arrow::error::ArrowError),
}
