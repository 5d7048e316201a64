//! A block as a schema of another program, and the rules that such a schema cannot say.
//!
//! At the door: [`export`]. Every rule of the block is in [`Export::carried`] or in [`Export::residue`]; one that is carried in part is in both.

mod arrow;
mod compare;
mod limits;
mod place;
mod read;
mod write;

use std::collections::BTreeMap;

use serde::Serialize;

use super::document::Document;
use super::targets::{Form, Subset, Target};
use crate::compile::RuleSet;
use crate::compile::ir::{Block, RuleBody};

use place::{Demand, Place, Step, tree};
use read::Reader;
use write::{Fate, Told, Writer};

pub(super) use place::{BASE64, LOCAL_TIMESTAMP, TIME};

/// A block for another program.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Export {
    /// The schema.
    pub schema: Document,
    /// Rules that it says, and where.
    pub carried: Vec<Carried>,
    /// Rules that it does not say, or not all of; and limits of the target that it goes past.
    pub residue: Vec<Residue>,
}

/// A rule that a schema says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Carried {
    /// Its id.
    pub rule: String,
    /// The keyword that says it, as a JSON pointer (RFC 6901) into the schema.
    pub pointer: String,
}

/// What a schema does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Residue {
    /// The place that it would stand at, as a JSON pointer into the schema.
    pub pointer: String,
    /// How much of it is lost.
    pub loss: Loss,
    /// The rule that still holds it when the response is judged; none for limits of the target.
    pub rule: Option<String>,
    /// What the rule asks, in words.
    pub asks: String,
    /// Why the schema does not say it.
    pub why: String,
}

/// How much of a rule a schema loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// All of it.
    Dropped,
    /// Some of it: the schema lets values through that the rule does not.
    Weakened,
    /// Nothing, but the target may refuse the schema.
    Refused,
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dropped => "dropped",
            Self::Weakened => "weakened",
            Self::Refused => "refused",
        })
    }
}

/// Why a block cannot be exported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The rules have no such block.
    #[error("the rules have no block `{block}`")]
    NoBlock {
        /// The name.
        block: String,
    },
    /// The target is for responses, and the block judges columns.
    #[error("`{block}` is a features block, and {target} is for responses of models")]
    NoOutput {
        /// The block.
        block: String,
        /// The target.
        target: &'static str,
    },
    /// The target has no objects whose keys are open.
    #[error("{target} has no objects of open keys, and `{pointer}` is a map")]
    Map {
        /// Where it is.
        pointer: String,
        /// The target.
        target: &'static str,
    },
}

impl ExportError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoBlock { .. } => "name a block of the file",
            Self::NoOutput { .. } => "export an `output` block, or a features block for `draft2020-12` or `arrow`",
            Self::Map { .. } => "declare it as `list<struct { key: string, value: … }>`",
        }
    }
}

/// Exports a block.
///
/// # Errors
/// If there is no such block, or the target cannot hold its shape.
///
/// # Example
/// ```
/// use rulegate::interchange::{Target, export};
///
/// let text = r#"rulegate 1
/// output mood from response @closed {
///   tone  : enum("good", "bad")
///   score : float between -1 and 1
///   why   : string length between 10 and 500, no_secrets
/// }"#;
/// let rules = rulegate::RuleSet::compile("mood.rules", text, &Default::default()).rule_set.expect("sound");
/// let export = export(&rules, "mood", Target::named("draft2020-12").expect("a target")).expect("a schema");
/// assert_eq!(export.schema.get("required").map(|names| names.items().len()), Some(3));
/// let lost: Vec<_> = export.residue.iter().filter_map(|lost| lost.rule.as_deref()).collect();
/// assert_eq!(lost, ["mood.parse", "mood.why.no_secrets"]);
/// ```
pub fn export(rules: &RuleSet, block: &str, target: &'static Target) -> Result<Export, ExportError> {
    let compiled = rules.block(block).ok_or_else(|| ExportError::NoBlock { block: block.to_owned() })?;
    match &target.form {
        Form::Arrow => Ok(arrow::export(rules, compiled)),
        Form::JsonSchema(subset) if compiled.output || !subset.told => json_schema(rules, compiled, subset, target.name),
        Form::JsonSchema(_) => Err(ExportError::NoOutput { block: block.to_owned(), target: target.name }),
    }
}

/// What rules ask, in words; each is described once.
struct Words<'a> {
    rules: &'a RuleSet,
    block: &'a Block,
}

impl Words<'_> {
    fn expects(&self, rule: usize) -> String {
        self.block.rules.get(rule).map(|rule| self.rules.expects(self.block, rule)).unwrap_or_default()
    }

    /// For a model to read: what each response can be asked for by itself.
    fn for_models(&self, index: usize) -> Option<String> {
        let rule = self.block.rules.get(index)?;
        let beside = rule.columns.iter().any(|id| self.block.columns.get(id.0 as usize).is_none_or(|column| !column.response));
        if rule.body.is_dataset() || rule.shadow || beside || rule.planned.is_some() || matches!(rule.body, RuleBody::Response(..)) {
            return None;
        }
        if let (Some(field), Some(detector)) = (&rule.field, rule.check.rsplit('.').next().filter(|check| check.starts_with("no_"))) {
            return Some(format!("{field} holds {}.", detector.replace('_', " ")));
        }
        // Docs of a field's constraint are those of the field.
        if let Some(docs) = rule.docs.as_ref().filter(|_| rule.field.is_none()) {
            return Some(docs.trim().to_owned());
        }
        let when = self.rules.asked_where(self.block, rule).map(|when| format!("where {when}, ")).unwrap_or_default();
        Some(format!("{when}{}.", self.expects(index)))
    }
}

fn json_schema(rules: &RuleSet, block: &Block, subset: &Subset, target: &'static str) -> Result<Export, ExportError> {
    let words = Words { rules, block };
    let root = asked(rules, block);
    let in_words = |rule: usize| words.for_models(rule);
    let mut writer = Writer { subset, closed: block.closed, words: &in_words, told: Vec::new(), maps: Vec::new() };
    let schema = writer.root(&root, &block.name);
    if let Some(pointer) = writer.maps.first() {
        return Err(ExportError::Map { pointer: pointer.clone(), target });
    }
    let (carried, mut residue) = gathered(&writer.told, &words);
    residue.extend(limits::exceeded(&schema, &subset.limits, target));
    Ok(Export { schema, carried, residue })
}

/// The places of a block with what its rules ask of them.
fn asked(rules: &RuleSet, block: &Block) -> Place {
    let (shape, mut root) = (tree(block), tree(block));
    let mut reader = Reader::new(block, &rules.sets, &shape);
    for (index, rule) in block.rules.iter().enumerate() {
        let asked = match reader.rule(rule) {
            Ok(asked) => asked,
            Err(unsaid) => {
                lose(&mut root, index, &unsaid.path, unsaid.why);
                continue;
            }
        };
        let mut weaker = asked.weaker;
        if asked.demands.is_empty() {
            lose(&mut root, index, &[], "it asks nothing of a single value".to_owned());
        }
        for (path, keyword) in asked.demands {
            match root.at(&path) {
                Some(place) => place.demands.push(Demand { rule: index, keyword, weaker: std::mem::take(&mut weaker) }),
                None => lose(&mut root, index, &[], "it has no place of its own".to_owned()),
            }
        }
    }
    root
}

fn lose(root: &mut Place, rule: usize, path: &[Step], why: String) {
    let known = root.at(path).is_some();
    if let Some(place) = root.at(if known { path } else { &[] }) {
        place.lost.push((rule, why));
    }
}

/// By rule, in the order of the block: where it is said, and what of it is not.
fn gathered(told: &[Told], words: &Words<'_>) -> (Vec<Carried>, Vec<Residue>) {
    let mut by_rule: BTreeMap<usize, Vec<&Told>> = BTreeMap::new();
    told.iter().for_each(|told| by_rule.entry(told.rule).or_default().push(told));
    let (mut carried, mut residue): (Vec<Carried>, Vec<Residue>) = (Vec::new(), Vec::new());
    for (index, told) in by_rule {
        let Some(rule) = words.block.rules.get(index) else { continue };
        for told in told.iter().filter(|told| told.fate.is_said()) {
            let new = Carried { rule: rule.id.clone(), pointer: told.pointer.clone() };
            if !carried.contains(&new) {
                carried.push(new);
            }
        }
        let loss = if told.iter().any(|told| told.fate.is_said()) { Loss::Weakened } else { Loss::Dropped };
        for (place, why) in whys(&told) {
            residue.push(Residue { pointer: place.to_owned(), loss, rule: Some(rule.id.clone()), asks: words.expects(index), why });
        }
    }
    (carried, residue)
}

/// What is lost of a rule and why, place by place.
fn whys<'a>(told: &[&'a Told]) -> Vec<(&'a str, String)> {
    let mut places: Vec<&str> = Vec::new();
    for told in told.iter().filter(|told| !matches!(told.fate, Fate::Carried)) {
        if !places.contains(&told.place.as_str()) {
            places.push(&told.place);
        }
    }
    let of_place = |place: &&'a str| {
        let here: Vec<&Fate> = told.iter().filter(|told| told.place == *place).map(|told| &told.fate).collect();
        let mut keywords: Vec<&str> =
            here.iter().filter_map(|fate| if let Fate::NotTaken(keyword) = fate { Some(keyword.as_str()) } else { None }).collect();
        keywords.dedup();
        let mut all: Vec<String> = Vec::new();
        if !keywords.is_empty() {
            let are = if keywords.len() > 1 { "are" } else { "is" };
            all.push(format!("{} {are} not taken", keywords.join(" and ")));
        }
        for fate in here {
            if let Fate::Weaker(why) | Fate::Dropped(why) = fate
                && !all.contains(why)
            {
                all.push(why.clone());
            }
        }
        (*place, all.join("; "))
    };
    places.iter().map(of_place).collect()
}
