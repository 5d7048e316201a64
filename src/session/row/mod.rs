//! Rows that come one at a time: at the door of a service, in a stream, behind a form.
//!
//! At the door: [`RowValidator`], prepared once from a [`Validator`]; [`RowValue`], a value of a row; [`RowVerdict`], what the row rules say
//! of it. The verdict is that of [`Validator::validate`] over a batch of this one row, without the batch.

mod admit;
mod json;
mod response;
mod value;
mod verdict;

use std::sync::{Arc, OnceLock};

use arrow::array::ArrayRef;
use arrow::datatypes::Schema;
use serde_json::{Map, Value as Json};

use crate::eval::Keep;
use crate::eval::row::{RowPlan, Value};
use crate::plan::{ILL_TYPED_MARK, Op, Plan};
use crate::types::{Type, describe};

use super::{Error, Validator};

use admit::Family;
use json::JsonRows;

pub use crate::eval::row::RowOutcome;
pub use response::{ResponseFailure, ResponseVerdict};
pub use value::RowValue;
pub use verdict::{FailedRule, RowFailure, RowVerdict};

/// Judges rows one at a time, without a batch for each.
///
/// Everything is prepared when it is made, so keep it: it is `Send + Sync`, cheap to clone, and judges on any number of threads at once.
/// Only row rules are judged. Dataset checks, `unique`, `increasing`, `in reference` and observations are apart from rows and need a
/// [`Session`](super::Session); so [`Validator::validate`] leaves them out too.
///
/// # Example
/// ```
/// use arrow::datatypes::{DataType, Field, Schema};
/// use rulegate::{RowValue, RuleSet};
///
/// let text = r#"
/// rulegate 1
/// features tokens {
///   symbol    : string   length between 1 and 12
///   gem_score : float64? between 0 and 100
///   rule hot  { when gem_score > 80 expect symbol != "SCAM" message "{symbol} scores {gem_score}" }
/// }"#;
/// let rules = RuleSet::compile("tokens.rules", text, &Default::default()).rule_set.expect("sound rules");
/// let schema = Schema::new(vec![Field::new("symbol", DataType::Utf8, true), Field::new("gem_score", DataType::Float64, true)]);
/// let rows = rules.bind(&schema)?.row_validator();
///
/// assert!(rows.judge(&[RowValue::Str("ETH"), RowValue::Null])?.passes());
///
/// let row = [RowValue::Str("SCAM"), RowValue::Float(104.0)];
/// let verdict = rows.judge(&row)?;
/// let failed: Vec<&str> = verdict.failed().map(|rule| rule.id).collect();
/// assert_eq!(failed, ["tokens.gem_score.range", "tokens.hot"]);
/// assert_eq!(verdict.failures()[1].message.as_deref(), Some("SCAM scores 104.0"));
/// # Ok::<(), rulegate::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RowValidator {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    validator: Validator,
    rows: Rows,
    /// For JSON objects, bound when the first one comes.
    json: OnceLock<Result<JsonRows, String>>,
}

/// A plan for single rows, and what its columns take.
#[derive(Debug)]
struct Rows {
    plan: RowPlan,
    /// The columns that are read, in the order of the schema.
    columns: Vec<ReadColumn>,
    /// Why no row passes, if the schema does not fit the rules.
    refusal: Option<String>,
}

/// A column that the rules read.
#[derive(Debug)]
struct ReadColumn {
    /// Its place in the schema.
    index: usize,
    family: Family,
}

impl Rows {
    fn new(plan: &Arc<Plan>, keep: Keep) -> Self {
        let ty = |index: usize| {
            let node = plan.nodes.iter().find(|node| matches!(node.op, Op::Column(at) if at == index));
            node.map_or(&Type::Null, |node| &node.ty)
        };
        let column = |index: &usize| ReadColumn { index: *index, family: Family::of(plan.schema.field(*index).data_type(), ty(*index)) };
        Self {
            plan: RowPlan::new(plan, keep),
            columns: plan.projection.iter().map(column).collect(),
            refusal: plan.refusal().map(str::to_owned),
        }
    }

    fn unfit(&self, column: &ReadColumn, found: &'static str) -> Error {
        let schema: &Schema = &self.plan.plan().schema;
        let field = schema.field(column.index);
        Error::RowValue { column: field.name().clone(), expected: describe(field.data_type()), found }
    }
}

impl RowValidator {
    pub(super) fn new(validator: &Validator) -> Self {
        let rows = Rows::new(&validator.plan, validator.keep);
        Self { shared: Arc::new(Shared { validator: validator.clone(), rows, json: OnceLock::new() }) }
    }

    /// Judges a row: a value for each column of the bound schema, in its order. Values of columns that no rule reads (see
    /// [`Validator::projection`]) are not looked at.
    ///
    /// # Errors
    /// [`Error::RowLength`] for another number of values, [`Error::RowValue`] for a value its column could not hold. A row in error has
    /// no verdict; it must not count as one that passes. [`Error::Bind`] for an `output` block: see [`RowValidator::judge_response`].
    pub fn judge<'a>(&'a self, row: &'a [RowValue<'a>]) -> Result<RowVerdict<'a>, Error> {
        self.check_features()?;
        let rows = &self.shared.rows;
        let expected = rows.plan.plan().schema.fields().len();
        if row.len() != expected {
            return Err(Error::RowLength { expected, found: row.len() });
        }
        let mut values = vec![Value::Null; rows.columns.len()];
        for (column, slot) in rows.columns.iter().zip(&mut values) {
            let given = row.get(column.index).unwrap_or(&RowValue::Null);
            if !column.family.put_row(given, slot) {
                return Err(rows.unfit(column, given.describe()));
            }
        }
        Ok(RowVerdict::new(&rows.plan, values, rows.refusal.as_deref()))
    }

    /// Judges a JSON object as a reader of JSON lines would: a missing key is null; a value of another type fails the column's `type`
    /// rule and is unknown to its others; text is read as dates, times, timestamps and decimals where such are declared; no text becomes a
    /// number, and no number text. Keys that are not declared are ignored, or refuse the row where the block is `@closed`.
    ///
    /// # Errors
    /// [`Error::RowKey`] for a key that the rules declare and the bound schema lacks: it could not be judged.
    pub fn judge_map<'a>(&'a self, row: &'a Map<String, Json>) -> Result<RowVerdict<'a>, Error> {
        self.check_features()?;
        let bound = self.shared.json.get_or_init(|| JsonRows::bind(&self.shared.validator).map_err(|error| error.to_string()));
        bound.as_ref().map_err(|reason| Error::Bind(reason.clone()))?.judge(row)
    }

    /// Judges one response of an `output` block, as the batch of this one response would be judged; `None` is a null cell. Columns beside the
    /// responses are null: see [`RowValidator::judge_response_with`].
    ///
    /// # Errors
    /// [`Error::Bind`] for a features block; [`Error::RowValue`] if the bound schema has structs in the place of texts.
    ///
    /// # Example
    /// ```
    /// use arrow::datatypes::{DataType, Field, Schema};
    /// use rulegate::RuleSet;
    ///
    /// let text = "rulegate 1\noutput mood from response { score : float between -1 and 1 }";
    /// let rules = RuleSet::compile("mood.rules", text, &Default::default()).rule_set.expect("sound rules");
    /// let rows = rules.bind(&Schema::new(vec![Field::new("response", DataType::Utf8, true)]))?.row_validator();
    ///
    /// assert!(rows.judge_response(Some(r#"{"score": 0.5}"#))?.passes);
    ///
    /// let verdict = rows.judge_response(Some(r#"{"score": 7}"#))?;
    /// assert_eq!(verdict.failures[0].rule.rule, "mood.score.range");
    ///
    /// let verdict = rows.judge_response(Some(r#"{"score": 0."#))?;
    /// assert_eq!((verdict.passes, verdict.reason), (false, Some("truncated")));
    /// # Ok::<(), rulegate::Error>(())
    /// ```
    pub fn judge_response(&self, response: Option<&str>) -> Result<ResponseVerdict, Error> {
        self.judge_response_with(response, &[])
    }

    /// As [`RowValidator::judge_response`], with values of columns beside the response: names, and arrays of one slot in the types of the
    /// bound schema. Columns that are left out are null.
    ///
    /// # Errors
    /// As [`RowValidator::judge_response`]; [`Error::RowKey`] for a column that the bound schema lacks, [`Error::RowValue`] for an array of
    /// another type or length.
    pub fn judge_response_with(&self, response: Option<&str>, beside: &[(&str, ArrayRef)]) -> Result<ResponseVerdict, Error> {
        let validator = &self.shared.validator;
        if !validator.plan.block.output {
            let name = &validator.plan.block.name;
            return Err(Error::Bind(format!("`{name}` is a features block, and responses of output blocks are judged here: use `judge`")));
        }
        response::judge(validator, response, beside)
    }

    /// Responses are judged by another door.
    fn check_features(&self) -> Result<(), Error> {
        let block = &self.shared.validator.plan.block;
        if !block.output {
            return Ok(());
        }
        let advice = "judge a response with `RowValidator::judge_response`, or read its typed values with `Validator::typed`";
        Err(Error::Bind(format!("`{}` is an output block, and rows of features are judged here: {advice}", block.name)))
    }
}

/// Whether a column only marks cells of another.
fn is_mark(name: &str) -> bool {
    name.ends_with(ILL_TYPED_MARK)
}
