//! Aggregates: what a dataset check asks of all its rows at once.

use crate::kernels::drift::Measure;
use crate::types::Type;

use super::{Accepts, Parameter, Returns, Signature};

/// An aggregate of the language.
#[derive(Debug)]
pub struct AggregateDef {
    /// Its name.
    pub name: &'static str,
    /// Arguments and result.
    pub signature: Signature,
    /// One line, a whole sentence.
    pub summary: &'static str,
    /// Nulls, NaN, zero rows, exactness.
    pub details: &'static str,
    /// How it is computed.
    pub kind: AggregateKind,
}

/// How an aggregate is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateKind {
    /// Rows.
    RowCount,
    /// Rows with a value.
    Count,
    /// Rows where a condition is true.
    CountIf,
    /// Null rows.
    NullCount,
    /// Null rows / rows.
    NullFraction,
    /// Rows with a value / rows.
    Completeness,
    /// Different values.
    DistinctCount,
    /// Σx
    Sum,
    /// Σx / n
    Mean,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Sample standard deviation.
    StdDev,
    /// Sample variance.
    Variance,
    /// Whether no two rows have the same values.
    Unique,
    /// Rows of the most frequent value / rows with a value.
    ModeFraction,
    /// −Σ p · log2 p over the values.
    Entropy,
    /// The middle value.
    Median,
    /// The value that a share of the rows stays below.
    Quantile,
    /// The same, approximately.
    ApproxQuantile,
    /// Different values, approximately.
    ApproxDistinctCount,
    /// Pearson's correlation.
    Correlation,
    /// The value of the first row that has one.
    First,
    /// The value of the last row that has one.
    Last,
    /// Rows whose text is near that of another / rows with a text.
    NearDuplicateFraction,
    /// What another rule has come to.
    RuleShare,
    /// How far the values lie from those of a baseline.
    Drift(Measure),
}

const X: Parameter = Parameter { name: "x", accepts: Accepts::Any };
const NUMBER: Parameter = Parameter { name: "x", accepts: Accepts::Number };
const OTHER: Parameter = Parameter { name: "y", accepts: Accepts::Number };
const SHARE: Parameter = Parameter { name: "q", accepts: Accepts::Number };
const TEXT: Parameter = Parameter { name: "text", accepts: Accepts::String };
const CONDITION: Parameter = Parameter { name: "condition", accepts: Accepts::Bool };

const fn aggregate(
    name: &'static str,
    kind: AggregateKind,
    signature: Signature,
    summary: &'static str,
    details: &'static str,
) -> AggregateDef {
    AggregateDef { name, signature, summary, details, kind }
}

const EXACT: &str = "Exact whatever the order of rows: float sums are the real sum rounded once. Nulls are left out, a NaN makes it NaN, zero rows make it null.";
const QUANTILE: &str = "Exact, in memory: where it falls between two rows, on the line between them (`PERCENTILE_CONT` of SQL). The share is a constant from 0 to 1. \
     Computed in float64. Nulls are left out, a NaN makes it NaN, zero rows make it null.";
const BASELINE: Parameter = Parameter { name: "baseline", accepts: Accepts::Any };
const PSI: &str = "The sum of (a − b) · ln(a / b) over bins, where a share of 0 counts as 0.0001. Numbers are compared by the tenths of the \
     baseline, with a bin for what lies below its least value and one for what lies above its greatest; texts and truth values by \
     value, with one bin for those that the baseline does not have. The baseline is the name of a `set` or `reference(\"file\", \
     \"column\")`, with every value as often as it is there. Nulls are left out, a NaN makes it NaN, zero rows make it null.";
const KS: &str = "The greatest difference of the two distribution functions, from 0 to 1: exact, in memory that the baseline bounds. The \
     baseline is the name of a `set` or `reference(\"file\", \"column\")`, with every value as often as it is there. Nulls are \
     left out, a NaN makes it NaN, zero rows make it null.";
const JENSEN_SHANNON: &str = "In bits, over bins: 0 where all shares are equal, 1 where no bin has values of both. Numbers are compared by the tenths of \
     the baseline, with a bin for what lies below its least value and one for what lies above its greatest; texts and truth values \
     by value, with one bin for those that the baseline does not have. The baseline is the name of a `set` or `reference(\"file\", \
     \"column\")`, with every value as often as it is there. Nulls are left out, a NaN makes it NaN, zero rows make it null.";

/// Every aggregate, by name.
static AGGREGATES: &[AggregateDef] = &[
    aggregate(
        "approx_distinct_count",
        AggregateKind::ApproxDistinctCount,
        Signature::new(&[X], Returns::Int),
        "About how many different values there are.",
        "With a standard error of 1.6 % in bounded memory, and the same whatever the order of rows. Nulls do not count, NaN is equal to NaN and −0 to 0. Null for zero rows.",
    ),
    aggregate(
        "approx_quantile",
        AggregateKind::ApproxQuantile,
        Signature::new(&[NUMBER, SHARE], Returns::Float),
        "About the value that the share `q` of the rows stays below.",
        "A value of that rank, told within 1 % of itself, in bounded memory and the same whatever the order of rows. `q` is a constant from 0 to 1. Nulls are left out, a NaN makes it NaN, zero rows make it null.",
    ),
    aggregate(
        "completeness",
        AggregateKind::Completeness,
        Signature::new(&[X], Returns::Float),
        "The share of rows where `x` is not null.",
        "Null for zero rows.",
    ),
    aggregate(
        "correlation",
        AggregateKind::Correlation,
        Signature::new(&[NUMBER, OTHER], Returns::Float),
        "Pearson's correlation of two columns.",
        "From exact sums of float64 values, rounded at the end. Rows with a null in either are left out, a NaN or an infinity makes it NaN. Null where a column does not vary, and for zero rows.",
    ),
    aggregate("count", AggregateKind::Count, Signature::new(&[X], Returns::Int), "Rows where `x` is not null.", "Null for zero rows."),
    aggregate(
        "count_if",
        AggregateKind::CountIf,
        Signature::new(&[CONDITION], Returns::Int),
        "Rows where the condition is true.",
        "Unknown rows do not count. Null for zero rows.",
    ),
    aggregate(
        "distinct_count",
        AggregateKind::DistinctCount,
        Signature::new(&[X], Returns::Int),
        "How many different values `x` has.",
        "Exact, in memory. Nulls do not count, NaN is equal to NaN and −0 to 0. Null for zero rows.",
    ),
    aggregate(
        "entropy",
        AggregateKind::Entropy,
        Signature::new(&[X], Returns::Float),
        "Shannon's entropy of the values, in bits.",
        "0 where all values are equal, 1 for two equally frequent ones. Exact counts, in memory. Nulls are left out. NaN is equal to NaN and −0 to 0. Null for zero rows.",
    ),
    aggregate(
        "failed_fraction",
        AggregateKind::RuleShare,
        Signature::new(&[X], Returns::Float),
        "The share of the rows a rule has judged that fail it.",
        "Its argument names a rule of the block: `failed_fraction(parse)`, `failed_fraction(amount.range)`. Null where the rule has judged no row. \
         It speaks of all rows: its check has no `where` and no `by`.",
    ),
    aggregate(
        "first",
        AggregateKind::First,
        Signature::new(&[X], Returns::SameAs(0)),
        "The value of the first row that has one.",
        "First in the order of inputs and of their rows. Nulls are left out. Null for zero rows.",
    ),
    aggregate(
        "js_divergence",
        AggregateKind::Drift(Measure::JensenShannon),
        Signature::new(&[X, BASELINE], Returns::Float),
        "Jensen and Shannon's divergence from a baseline.",
        JENSEN_SHANNON,
    ),
    aggregate(
        "ks",
        AggregateKind::Drift(Measure::Ks),
        Signature::new(&[NUMBER, BASELINE], Returns::Float),
        "Kolmogorov and Smirnov's distance from a baseline.",
        KS,
    ),
    aggregate(
        "last",
        AggregateKind::Last,
        Signature::new(&[X], Returns::SameAs(0)),
        "The value of the last row that has one.",
        "As `first`.",
    ),
    aggregate(
        "max",
        AggregateKind::Max,
        Signature::new(&[X], Returns::SameAs(0)),
        "The largest value of `x`.",
        "Nulls are left out, a NaN makes it NaN, zero rows make it null.",
    ),
    aggregate("mean", AggregateKind::Mean, Signature::new(&[NUMBER], Returns::Float), "The mean of `x`.", EXACT),
    aggregate("median", AggregateKind::Median, Signature::new(&[NUMBER], Returns::Float), "The median of `x`.", QUANTILE),
    aggregate(
        "min",
        AggregateKind::Min,
        Signature::new(&[X], Returns::SameAs(0)),
        "The smallest value of `x`.",
        "Nulls are left out, a NaN makes it NaN, zero rows make it null.",
    ),
    aggregate(
        "mode_fraction",
        AggregateKind::ModeFraction,
        Signature::new(&[X], Returns::Float),
        "The share of the rows with a value that have the most frequent one.",
        "Exact, in memory. Nulls are left out. NaN is equal to NaN and −0 to 0. Null for zero rows.",
    ),
    aggregate(
        "near_duplicate_fraction",
        AggregateKind::NearDuplicateFraction,
        Signature::new(&[TEXT], Returns::Float),
        "The share of the texts that say nearly the same as the text of another row.",
        "Near are two texts that share 0.8 of their pairs of neighbouring words, in any case and whatever stands between words. Told by fingerprints of \
         64 numbers: two texts are compared with a standard error of 0.05, and the same whatever the order of rows. Takes 300 bytes of memory for each \
         different text. Nulls are left out. Null for zero rows.",
    ),
    aggregate("null_count", AggregateKind::NullCount, Signature::new(&[X], Returns::Int), "Rows where `x` is null.", "Null for zero rows."),
    aggregate(
        "null_fraction",
        AggregateKind::NullFraction,
        Signature::new(&[X], Returns::Float),
        "The share of rows where `x` is null.",
        "Null for zero rows.",
    ),
    aggregate(
        "psi",
        AggregateKind::Drift(Measure::Psi),
        Signature::new(&[X, BASELINE], Returns::Float),
        "The population stability index against a baseline.",
        PSI,
    ),
    aggregate(
        "quantile",
        AggregateKind::Quantile,
        Signature::new(&[NUMBER, SHARE], Returns::Float),
        "The value that the share `q` of the rows stays below.",
        QUANTILE,
    ),
    aggregate(
        "reason_fraction",
        AggregateKind::RuleShare,
        Signature::new(&[X, X], Returns::Float),
        "The share of the rows a rule has judged that the report counts under one reason.",
        "As `failed_fraction`, with one of the reasons that the report counts: `reason_fraction(parse, \"truncated\")`. Responses that `@json(lenient)` reads all the same count under their reason too.",
    ),
    aggregate("row_count", AggregateKind::RowCount, Signature::new(&[], Returns::Int), "How many rows there are.", "0 for zero rows."),
    aggregate(
        "stddev",
        AggregateKind::StdDev,
        Signature::new(&[NUMBER], Returns::Float),
        "The sample standard deviation of `x` (n − 1).",
        EXACT,
    ),
    aggregate("sum", AggregateKind::Sum, Signature::new(&[NUMBER], Returns::SameAs(0)), "The sum of `x`.", EXACT),
    aggregate(
        "unique",
        AggregateKind::Unique,
        Signature::new(&[X], Returns::Bool).variadic(),
        "True where no two rows have the same values.",
        "Rows with a null in them do not count: where all have one it is true, and `required` fields are what rules that out. NaN is equal to NaN and −0 to 0. Null for zero rows.",
    ),
    aggregate("variance", AggregateKind::Variance, Signature::new(&[NUMBER], Returns::Float), "The sample variance of `x` (n − 1).", EXACT),
];

/// Every aggregate, by name.
#[must_use]
pub fn aggregates() -> &'static [AggregateDef] {
    AGGREGATES
}

/// The aggregate of a name.
#[must_use]
pub fn find_aggregate(name: &str) -> Option<&'static AggregateDef> {
    AGGREGATES.iter().find(|aggregate| aggregate.name == name)
}

impl AggregateDef {
    /// Whether values of a type can be ordered, for `min` and `max`.
    #[must_use]
    pub fn takes(&self, argument: &Type) -> bool {
        match self.kind {
            AggregateKind::Min | AggregateKind::Max => !matches!(argument, Type::List(_) | Type::Struct(_) | Type::Map(..) | Type::Bool),
            AggregateKind::DistinctCount
            | AggregateKind::Unique
            | AggregateKind::ModeFraction
            | AggregateKind::Entropy
            | AggregateKind::ApproxDistinctCount
            | AggregateKind::Drift(_)
            | AggregateKind::First
            | AggregateKind::Last => !matches!(argument, Type::List(_) | Type::Struct(_) | Type::Map(..)),
            _ => true,
        }
    }
}
