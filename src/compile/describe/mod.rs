//! Rules in plain words, from their typed form: what `rulegate explain` and editors show.
//!
//! At the door: [`RuleSet::describe`] and [`RuleInfo`]. What is said of nulls and NaN is worked out from the condition ([`special`]), not
//! told from its shape.

mod special;
mod words;

use super::ir::{Block, Check, ColumnId, ExprId, Node, Question, Rule, RuleBody, Set, TypeSubject};
use super::{Bound, OnFail, RuleSet, Severity};
use crate::source::Span;

pub use special::{Special, Then};

/// What there is to know of a rule without any data.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RuleInfo {
    /// Its id.
    pub id: String,
    /// Its block.
    pub block: String,
    /// The field it belongs to.
    pub field: Option<String>,
    /// The kind of its id: range, enum, regex …; `rule` and `check` for those.
    pub check: String,
    /// What must hold, in words.
    pub expects: String,
    /// The rows it is asked of, in words; all where absent.
    pub when: Option<String>,
    /// Columns it reads, each with its type as written.
    pub columns: Vec<(String, String)>,
    /// What a null, and for floats NaN, comes to, column by column, where the other columns hold ordinary values. Empty for rules that are asked
    /// of all rows together.
    pub special: Vec<Special>,
    /// Its weight.
    pub severity: Severity,
    /// Evaluated, and never acted on.
    pub shadow: bool,
    /// Past this it warns.
    pub warn: Option<Bound>,
    /// Past this it fails the data.
    pub error: Option<Bound>,
    /// What a write gate does with a failing row.
    pub on_fail: OnFail,
    /// Whether it is asked of all rows together rather than of each.
    pub dataset: bool,
    /// Whether it reads a redacted column, so that reports show none of its values.
    pub redacted: bool,
    /// Its message template.
    pub message: Option<String>,
    /// The `///` comment above it.
    pub docs: Option<String>,
    /// Its `@tag`s.
    pub tags: Vec<String>,
    /// Its `@owner`.
    pub owner: Option<String>,
    /// Where it is declared.
    pub span: Span,
    /// Why this version does not evaluate it.
    pub planned: Option<String>,
}

impl RuleSet {
    /// What a rule means, by its id; `None` where there is no such rule.
    ///
    /// # Example
    /// ```
    /// let text = "rulegate 1\nfeatures t { a : int64? between 0 and 10 when b = \"x\"  b : string }";
    /// let rules = rulegate::RuleSet::compile("t.rules", text, &Default::default()).rule_set.expect("sound");
    /// let rule = rules.describe("t.a.range").expect("declared above");
    /// assert_eq!(rule.expects, "a is between 0 and 10, both included");
    /// assert_eq!(rule.when.as_deref(), Some("b equals \"x\""));
    /// ```
    #[must_use]
    pub fn describe(&self, id: &str) -> Option<RuleInfo> {
        self.blocks.iter().find_map(|block| {
            let rule = block.rules.iter().find(|rule| rule.id == id)?;
            Some(info(rule, block, &self.sets))
        })
    }

    /// What a rule of a block expects, alone: all that it reads may be said at much greater length.
    pub(crate) fn expects(&self, block: &Block, rule: &Rule) -> String {
        meaning(rule, block, &self.sets).0
    }

    /// The rows that a rule of a block is asked of, where it is not asked of all.
    pub(crate) fn asked_where(&self, block: &Block, rule: &Rule) -> Option<String> {
        asked_where(rule, block, &self.sets)
    }
}

/// What a rule expects, and the test that decides it.
fn meaning(rule: &Rule, block: &Block, sets: &[Set]) -> (String, Option<ExprId>) {
    let words = |id: ExprId| words::condition(block, sets, rule, id);
    match &rule.body {
        RuleBody::Row(test) => (words(*test), Some(*test)),
        RuleBody::Pattern(pattern, test) => (format!("in every column of {}: {}", columns_of(block, *pattern), words(*test)), Some(*test)),
        RuleBody::Type(subject, test) => (type_words(block, rule, *subject), *test),
        RuleBody::Unique(keys) => {
            let keys: Vec<String> = keys.iter().map(|key| words::value(block, sets, rule, *key)).collect();
            (format!("no two rows have the same {}", keys.join(" and ")), None)
        }
        RuleBody::Increasing(value) => (format!("every {} is greater than the one before", words::value(block, sets, rule, *value)), None),
        RuleBody::Reference(test, column) => {
            let subject = if let Node::InSet(value, _) = block.arena.node(*test) { *value } else { *test };
            (format!("{} is one of {column}", words::value(block, sets, rule, subject)), None)
        }
        RuleBody::Check(check) => (check_words(check, block, sets, rule), None),
        RuleBody::Response(question, _) => (response_words(question, block), None),
        RuleBody::Planned if rule.check == "extra_columns" => ("there are no columns but the declared ones".to_owned(), None),
        RuleBody::Planned => (format!("{} holds", rule.check), None),
    }
}

fn asked_where(rule: &Rule, block: &Block, sets: &[Set]) -> Option<String> {
    rule.when.map(|when| words::condition(block, sets, rule, when))
}

fn info(rule: &Rule, block: &Block, sets: &[Set]) -> RuleInfo {
    let (expects, judged) = meaning(rule, block, sets);
    let is_type = matches!(rule.body, RuleBody::Type(..));
    let special = judged.filter(|_| !is_type).map_or_else(Vec::new, |test| special::special(block, rule, test));
    RuleInfo {
        id: rule.id.clone(),
        block: block.name.clone(),
        field: rule.field.clone(),
        check: if matches!(rule.body, RuleBody::Check(_)) { "check".to_owned() } else { rule.check.clone() },
        expects,
        when: asked_where(rule, block, sets),
        columns: rule.columns.iter().filter_map(|column| declared(block, *column)).collect(),
        special,
        severity: rule.severity,
        shadow: rule.shadow,
        warn: rule.warn,
        error: rule.error,
        on_fail: rule.on_fail.clone(),
        dataset: rule.body.is_dataset(),
        redacted: rule.redacted,
        message: rule.message.as_ref().map(|message| message.text.clone()),
        docs: rule.docs.clone(),
        tags: rule.tags.clone(),
        owner: rule.owner.clone(),
        span: rule.span,
        planned: rule.planned.clone(),
    }
}

fn declared(block: &Block, column: ColumnId) -> Option<(String, String)> {
    let column = block.columns.get(column.0 as usize)?;
    Some((column.name.clone(), super::block::shape(column)))
}

fn columns_of(block: &Block, pattern: usize) -> String {
    // Patterns are anchored when they are compiled; the id shows them as written.
    let known = block.patterns.get(pattern).map_or("", |pattern| pattern.regex.as_str());
    let plain = known.strip_prefix("\\A(?:").and_then(|rest| rest.strip_suffix(")\\z")).unwrap_or(known);
    format!("a name that matches /{plain}/")
}

fn type_words(block: &Block, rule: &Rule, subject: TypeSubject) -> String {
    match subject {
        TypeSubject::Column(column) => match block.columns.get(column.0 as usize) {
            Some(column) => format!("the column {} has the type {}", column.name, super::block::shape(column)),
            None => "the column has its declared type".to_owned(),
        },
        TypeSubject::Pattern(pattern) => {
            let ty = block.patterns.get(pattern).map_or_else(String::new, |pattern| pattern.ty.to_string());
            format!("every column of {} has the type {ty}", columns_of(block, pattern))
        }
        TypeSubject::Member(_) => format!("the member {} has its declared type", rule.field.as_deref().unwrap_or("")),
    }
}

fn response_words(question: &Question, block: &Block) -> String {
    let declared = |path: &[String]| {
        let column = path.first().and_then(|name| block.columns.iter().find(|column| column.name == *name));
        column.filter(|_| path.len() == 1).map_or_else(|| "its declared type".to_owned(), |column| format!("the type {}", column.ty))
    };
    match question {
        Question::Parse => {
            let how = if block.response.as_ref().is_some_and(|response| response.lenient) {
                "as it stands or taken out of what stands around it"
            } else {
                "as it stands"
            };
            format!("the response, {how}, is one JSON object with unique keys and within the limits")
        }
        Question::ExtraFields => "the response has no keys but the declared ones".to_owned(),
        Question::Required(path) => format!("the response has {}, and it is not null", path.join(".")),
        Question::Type(path) => format!("{} of the response has {}", path.join("."), declared(path)),
    }
}

fn check_words(check: &Check, block: &Block, sets: &[Set], rule: &Rule) -> String {
    let expects = words::condition(block, sets, rule, check.expect);
    let filter = check.filter.map(|filter| format!(" where {}", words::condition(block, sets, rule, filter))).unwrap_or_default();
    let by = if check.by_names.is_empty() { String::new() } else { format!(", for each {} alone", check.by_names.join(" and ")) };
    format!("over all rows{filter}{by}: {expects}")
}
