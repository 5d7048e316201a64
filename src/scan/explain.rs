//! Which way each rule was answered, row group by row group, and why no cheaper way was open.

use std::collections::BTreeMap;

use crate::plan::{Body, Plan};

/// A way to the answer of a rule for one row group; cheaper ones are smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// The file's schema settles it: a required column has no nulls.
    Schema,
    /// Trusted statistics settle it.
    Statistics,
    /// Every entry of the dictionary passes, so no row can fail.
    DictionaryProof,
    /// Its column was read as codes, and its entries were tested once each.
    Encoded,
    /// Its values were read.
    Decoded,
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Schema => "schema",
            Self::Statistics => "statistics",
            Self::DictionaryProof => "dictionary proof",
            Self::Encoded => "dictionary-encoded",
            Self::Decoded => "decoded",
        })
    }
}

/// Why a rule was not answered in a cheaper way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Why {
    /// It asks about the data set, not about rows.
    DataSet,
    /// It has a `when`, which decides by row what is asked.
    When,
    /// Sentinels stand for null in its column.
    Sentinels,
    /// It calls a function of the host program.
    HostFunction,
    /// It judges what is read from responses.
    Response,
    /// It reads no column.
    NoColumn,
    /// It reads so many columns.
    Columns(usize),
    /// The name of a folder gives its column.
    Partition,
    /// Its column is nested, or of a type without dictionaries.
    Type,
    /// Other rules, checks or samples read its column anyway.
    ReadAnyway,
    /// Its column has no dictionary.
    Plain,
    /// Its column has a dictionary, and pages that do not use it.
    Overflowed,
    /// The dictionary has more entries than the row group has rows.
    LargeDictionary,
    /// An entry of the dictionary fails it.
    EntryFails,
    /// It says nothing about an entry of the dictionary.
    EntryUnknown,
    /// A null fails it, and there are nulls.
    NullsFail,
    /// The pages are of a kind that proofs leave to the reader.
    Pages,
    /// Statistics would settle it, and are not trusted.
    Untrusted,
    /// Statistics of floats do not tell of NaN.
    FloatStatistics,
    /// The footer does not bound its values in a way that can be used.
    NoStatistics,
    /// The footer does not count its nulls.
    NullsUncounted,
    /// By its statistics it may fail.
    Unsettled,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DataSet => "asks about the whole data set",
            Self::When => "has a when",
            Self::Sentinels => "has sentinels",
            Self::HostFunction => "calls a function of the host program",
            Self::Response => "judges what is read from responses",
            Self::NoColumn => "reads no column",
            Self::Columns(2) => "reads two columns",
            Self::Columns(columns) => return write!(f, "reads {columns} columns"),
            Self::Partition => "reads a column that a folder's name gives",
            Self::Type => "columns of this type have no proofs",
            Self::ReadAnyway => "its column is read anyway",
            Self::Plain => "not dictionary-encoded",
            Self::Overflowed => "dictionary overflowed to plain pages",
            Self::LargeDictionary => "dictionary larger than the row group",
            Self::EntryFails => "a dictionary entry fails",
            Self::EntryUnknown => "says nothing about a dictionary entry",
            Self::NullsFail => "nulls fail it",
            Self::Pages => "its pages are unusual",
            Self::Untrusted => "statistics are not trusted",
            Self::FloatStatistics => "float statistics do not prove NaN absent",
            Self::NoStatistics => "no usable statistics",
            Self::NullsUncounted => "statistics do not count nulls",
            Self::Unsettled => "its statistics leave room for failures",
        })
    }
}

/// How a rule was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleWays {
    /// The rule's id.
    pub id: String,
    /// Row groups by the way they were answered; a rule over several columns counts by its dearest.
    pub row_groups: BTreeMap<Tier, u64>,
    /// Why no cheaper way was open, and in how many row groups.
    pub reasons: BTreeMap<Why, u64>,
}

impl RuleWays {
    /// Row groups that were answered in any way.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.row_groups.values().sum()
    }
}

/// How the rules of a run were answered over the Parquet files it read; rules are in file order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// Row groups of all Parquet files.
    pub row_groups: u64,
    /// The rules.
    pub rules: Vec<RuleWays>,
}

/// How one row group answered a rule.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    pub tier: Option<Tier>,
    pub reasons: Vec<Why>,
}

impl Explanation {
    /// Adds what a row group has come to: a way for each rule of the plan that asks about rows.
    pub(super) fn add(&mut self, plan: &Plan, ways: &BTreeMap<usize, Way>) {
        self.row_groups += 1;
        if self.rules.is_empty() {
            let id = |rule: &crate::compile::ir::Rule| RuleWays { id: rule.id.clone(), ..RuleWays::default() };
            self.rules = plan.block.rules.iter().map(id).collect();
        }
        for (index, bound) in plan.rules.iter().enumerate() {
            let Some(rule) = self.rules.get_mut(bound.index) else { continue };
            let way = match (&bound.body, ways.get(&index)) {
                (_, Some(way)) => way.clone(),
                (Body::Schema(_), _) => Way { tier: Some(Tier::Schema), reasons: Vec::new() },
                (Body::Response(_), _) => Way { tier: Some(Tier::Decoded), reasons: vec![Why::Response] },
                (Body::Unique { .. } | Body::Increasing { .. } | Body::Reference(_) | Body::Check(_), _) => {
                    Way { tier: Some(Tier::Decoded), reasons: vec![Why::DataSet] }
                }
                _ => Way::default(),
            };
            if let Some(tier) = way.tier {
                *rule.row_groups.entry(tier).or_default() += 1;
                way.reasons.into_iter().for_each(|why| *rule.reasons.entry(why).or_default() += 1);
            }
        }
    }
}
