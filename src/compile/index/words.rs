//! What there is to say of words that nothing declares: attributes, built-in types, keywords.

use crate::compile::attributes::{self, Place};

/// Attributes with what they do.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("closed", "Undeclared columns, or JSON fields of an output, are failures."),
    ("coerce", "`@coerce`: an output field takes `\"0.5\"` for a number and `\"false\"` for a truth value."),
    ("error", "A failing rule fails the data: the default. `@error(2%)` or `@error(100 rows)` sets how many failures it takes."),
    ("finish_reason", "`@finish_reason(column)`: the column that tells why the model stopped."),
    ("info", "Failures are told, and never warn or fail."),
    ("json", "`@json(lenient)`: rows whose JSON had to be recovered pass `parse`, and are counted as recovered."),
    ("missing", "`@missing(-999, -1)`: values that stand for a missing one and count as null."),
    ("name", "`@name(sane_score)`: the last part of the rule's id."),
    ("normalize", "`@normalize(trim, lower)`: what is done to an output field before its constraints are asked."),
    ("nulls", "`@nulls(fail)`: rows where the rule is unknown count as failed."),
    ("on_fail", "`@on_fail(reject_row | reject_batch | keep | replace(value))`: what a gate does with a failing row."),
    ("owner", "`@owner(\"data team\")`: who answers for it."),
    ("redact", "The field's values never appear in reports, samples, messages or logs."),
    ("shadow", "Evaluated and reported, never acted on."),
    ("tag", "`@tag(\"finance\")`: a word to find it by."),
    ("tolerate", "`@tolerate(1%)` or `@tolerate(10 rows)`: failures up to this bound are accepted at the rule's own severity."),
    ("warn", "A failing rule warns and does not fail the data. `@warn(0.1%)` or `@warn(10 rows)` sets how many failures it takes."),
];

/// Built-in types with what they take.
const TYPES: &[(&str, &str)] = &[
    ("bool", "true or false"),
    ("int", "any integer column"),
    ("int8", "integers of 8 bits"),
    ("int16", "integers of 16 bits or fewer"),
    ("int32", "integers of 32 bits or fewer"),
    ("int64", "integers of 64 bits or fewer"),
    ("uint8", "unsigned integers of 8 bits"),
    ("uint16", "unsigned integers of 16 bits or fewer"),
    ("uint32", "unsigned integers of 32 bits or fewer"),
    ("uint64", "unsigned integers of 64 bits or fewer"),
    ("float", "any float column; in outputs any JSON number"),
    ("float32", "floats of 32 bits"),
    ("float64", "floats of 64 or 32 bits"),
    ("number", "any integer, float or decimal column"),
    ("decimal", "decimals: `decimal(18, 2)`, or `decimal` for any"),
    ("string", "texts in every layout, dictionary-encoded too"),
    ("binary", "bytes"),
    ("date", "days"),
    ("time", "times of day"),
    ("timestamp", "instants: any unit, any zone. `timestamp(\"UTC\")` demands that zone, `timestamp(local)` is wall-clock time"),
    ("duration", "lengths of time"),
    ("list", "`list<T>`: items are not null unless `T?`"),
    ("vector", "`vector<T, N>`: lists of exactly N items without null"),
    ("map", "`map<K, V>`"),
    ("struct", "`struct { name: T, … }`"),
    ("enum", "`enum(\"a\", …)`: strings, or integers, of these values"),
    ("one_of", "`one_of(kind) { \"a\": { … }, … }`: a union, told by the value of a field"),
];

/// Words of the language that stand within items.
const KEYWORDS: &[(&str, &str)] = &[
    ("all", "`all(x in list: condition)`: true for every item."),
    ("and", "True where both are; unknown where that depends on a null."),
    ("any", "`any(x in list: condition)`: true for at least one item."),
    ("because", "Why a rule is waived."),
    ("between", "`x between a and b`, both bounds included."),
    ("buckets", "The upper bounds of the buckets of an `observe`."),
    ("by", "A check's groups: it is judged once for each."),
    ("case", "`case when a then b else c end`"),
    ("cast", "`cast(x as type)`: a fault where it fails; `try_cast` gives null."),
    ("column", "The column that a set's values stand in."),
    ("distinct", "`x is distinct from y`: as `!=`, with null a value like others."),
    ("div", "Division that truncates."),
    ("each", "A constraint on each item of a list."),
    ("else", "The value of a `case` where no branch is taken."),
    ("end", "Ends a `case`."),
    ("expect", "What must hold."),
    ("fail", "`expect fail a, b`: these rules fail."),
    ("for", "`test \"…\" for block`"),
    ("from", "Where it comes from."),
    ("function", "`extern function name(x: type): type`"),
    ("given", "The rows of a test."),
    ("in", "`x in (a, b)`, `x in set_name`"),
    ("increasing", "Every value is greater than the one before."),
    ("is", "`x is null`, `x is distinct from y`"),
    ("like", "`x like \"A%\"`, as in SQL."),
    ("matches", "`x matches /re/`: the pattern matches the whole value."),
    ("message", "What a failing row is told as: `{column}` stands for its value."),
    ("mod", "The remainder of a division."),
    ("not", "True where it is false."),
    ("null", "No value."),
    ("only", "`expect only fail a`: exactly these rules fail."),
    ("or", "True where one of both is."),
    ("pass", "`expect pass`: no enforced rule fails."),
    ("reason", "`expect reason truncated`"),
    (
        "reference",
        "`in reference(\"ids.parquet\", \"id\")`: the value stands in a column of a file. In `psi`, `ks` and `js_divergence` a baseline.",
    ),
    ("row", "`given row 3 from \"file.parquet\"`"),
    ("rows", "`@error(100 rows)`"),
    ("then", "The value of a branch of `case`."),
    ("try_cast", "`try_cast(x as type)`: null where the cast fails."),
    ("unique", "No two rows have the same value."),
    ("unknown", "`expect unknown a`: the rule says nothing of the row."),
    ("until", "The date a waiver ends on."),
    ("when", "The rows a rule speaks about."),
    ("where", "The rows a check takes in, or a waiver."),
    ("with", "`given valid with { … }`: a row that differs from an example."),
];

/// Words that start items, with what they declare.
const ITEMS: &[(&str, &str)] = &[
    ("rulegate", "The version of the language: `rulegate 1`."),
    ("import", "`import \"common.rules\"`: its types, sets, parameters and functions."),
    ("param", "`param name: type = value`: used as `$name`, may be given when rules are compiled."),
    ("set", "`set name = (\"a\", \"b\")`, or `set name from \"file.csv\" column \"c\"`."),
    ("type", "`type name = type constraints`: a type that carries its constraints."),
    ("extern", "`extern function name(x: type): type`: a function of the host program."),
    ("features", "`features name { … }`: a table and its rules."),
    ("output", "`output name from column { … }`: responses of a model and their rules."),
    ("test", "`test \"what it shows\" for block { given { … } expect … }`"),
    ("key", "`key a, b`: columns that identify a row."),
    ("let", "`let name = expression`: a name for a value."),
    ("rule", "`rule name: condition`, or `rule name { when … expect … message \"…\" }`: a rule on each row."),
    ("check", "`check name: condition`, or `check name { where … by … expect … }`: a rule on all rows at once."),
    ("waive", "`waive rule until date \"2027-03-31\" because \"…\" where …`: its failures are not held against the data."),
    ("observe", "`observe x buckets (0, 1)`: how values are distributed."),
    ("example", "`example name { field: value }`: a row that tests start from."),
    ("fields", "`fields /pattern/ : type`: every column whose name matches."),
    ("fallback", "`fallback { field: value }`: what stands for a response that fails."),
    ("columns", "`columns { id: int64 }`: columns of the batch beside the response."),
];

fn find(table: &'static [(&'static str, &'static str)], name: &str) -> Option<(&'static str, &'static str)> {
    table.iter().find(|(known, _)| *known == name).copied()
}

/// An attribute's name with what it does.
#[must_use]
pub fn attribute(name: &str) -> Option<(&'static str, &'static str)> {
    find(ATTRIBUTES, name)
}

/// The attributes that may stand at a place, with what they do.
pub fn attributes(place: Place) -> impl Iterator<Item = (&'static str, &'static str)> {
    attributes::allowed(place).filter_map(attribute)
}

/// A built-in type's name with what it takes.
#[must_use]
pub fn builtin_type(name: &str) -> Option<(&'static str, &'static str)> {
    find(TYPES, name)
}

/// A word of the language with what it means. Words are contextual: a column may be called so too.
#[must_use]
pub fn keyword(name: &str) -> Option<(&'static str, &'static str)> {
    find(KEYWORDS, name).or_else(|| find(ITEMS, name))
}

/// The words that stand within items.
pub fn keywords() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYWORDS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ColumnType;

    #[test]
    fn every_attribute_type_and_item_word_is_described() {
        for place in [Place::FeaturesBlock, Place::OutputBlock, Place::Field, Place::Constraint, Place::Rule] {
            for name in attributes::allowed(place) {
                assert!(attribute(name).is_some(), "@{name}");
            }
        }
        for name in ColumnType::BUILTIN_NAMES {
            assert!(builtin_type(name).is_some(), "{name}");
        }
        for word in crate::syntax::item_words(true).chain(crate::syntax::item_words(false)) {
            assert!(keyword(word).is_some(), "{word}");
        }
    }
}
