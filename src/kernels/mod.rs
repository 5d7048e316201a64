//! Vectors of values and pure functions over them: arrays in, arrays out; no names, no spans, no threads.
//!
//! At the door: [`Vector`], what an expression gives for a slice of rows; `logic`, the four-valued connectives;
//! `compare` and `arith`, the operators; `load`, Arrow arrays in; `exact`, exact sums; `texts`, tests of texts by their bytes; `wide`, loops for wide registers. A slot of a vector is a value,
//! a null or a fault; faults are values of the language (division by zero, a failed cast), not errors of ours.

pub(crate) mod arith;
pub(crate) mod bits;
pub(crate) mod cast;
pub(crate) mod cell;
pub(crate) mod compare;
pub(crate) mod drift;
pub(crate) mod exact;
pub(crate) mod load;
pub(crate) mod logic;
pub(crate) mod number;
pub(crate) mod recast;
pub(crate) mod render;
pub(crate) mod texts;
pub(crate) mod time;
pub mod vector;
pub(crate) mod wide;

pub use vector::{Cell, Slot, Values, Vector};
