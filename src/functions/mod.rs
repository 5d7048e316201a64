//! The functions of the language, **one file each**, and the list of them.
//!
//! At the door: [`FunctionDef`], everything there is to know of a function; [`find`] and [`all`]. The checker, the evaluator, the
//! reference and the editor all read these values. This room knows no rules, no schemas and no Arrow arrays beyond
//! [`Vector`].

mod aggregate;
mod choice;
mod detector;
mod list;
mod number;
mod signature;
mod text;
mod time;
mod vector;

pub(crate) use detector::{detector_of, detector_words, finds_private};

pub use crate::kernels::drift::Measure;
pub use aggregate::{AggregateDef, AggregateKind, aggregates, find_aggregate};
pub use signature::{Accepts, Parameter, Returns, Signature, SignatureError};

use crate::kernels::Vector;

/// A function of the language.
pub struct FunctionDef {
    /// Its name.
    pub name: &'static str,
    /// The version of the language it came with.
    pub since: &'static str,
    /// Arguments and result.
    pub signature: Signature,
    /// One line, a whole sentence.
    pub summary: &'static str,
    /// What a careful author wants to know: nulls, NaN, Unicode, faults, the standard it follows.
    pub details: &'static str,
    /// Calls with their results, run by the tests.
    pub examples: &'static [Example],
    /// Computes a slice of rows.
    pub eval: Eval,
}

/// How a function is computed.
#[derive(Clone, Copy)]
pub enum Eval {
    /// Columns in, column out. Dictionary-encoded arguments have been spread.
    Columns(fn(&[Vector], &Context) -> Vector),
    /// A test of one text; null where the text is.
    Text(fn(&str) -> bool),
    /// A test of one text by another; null where either is.
    Texts(fn(&str, &str) -> bool),
    /// The language treats it specially: its arguments are not all evaluated alike (`coalesce`, `if`), or its result is
    /// prepared when the rules are bound (`matches`).
    Special,
}

/// What a function may know besides its arguments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    /// `now()` in nanoseconds since 1970, if a clock was given.
    pub now: Option<i128>,
}

/// An example of a call: an expression and the value it has, as the language writes it; `fault` for a fault.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The call.
    pub call: &'static str,
    /// Its value.
    pub result: &'static str,
}

impl Example {
    /// A call and its value.
    #[must_use]
    pub const fn new(call: &'static str, result: &'static str) -> Self {
        Self { call, result }
    }
}

impl std::fmt::Debug for FunctionDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunctionDef").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every function, by family; families and their files are in alphabetical order.
pub fn all() -> impl Iterator<Item = &'static FunctionDef> {
    [choice::FUNCTIONS, detector::FUNCTIONS, list::FUNCTIONS, number::FUNCTIONS, text::FUNCTIONS, time::FUNCTIONS, vector::FUNCTIONS]
        .into_iter()
        .flatten()
        .copied()
}

/// The function of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static FunctionDef> {
    static BY_NAME: std::sync::OnceLock<ahash::HashMap<&'static str, &'static FunctionDef>> = std::sync::OnceLock::new();
    BY_NAME.get_or_init(|| all().map(|function| (function.name, function)).collect()).get(name).copied()
}
