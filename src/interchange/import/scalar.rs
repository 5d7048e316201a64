//! Texts, numbers and truth values: their types and constraints.

use crate::interchange::document::Document;
use crate::interchange::export::{BASE64, LOCAL_TIMESTAMP, TIME};
use crate::interchange::number::Bound;
use crate::interchange::pattern;

use super::facts::{Fact, Facts};
use super::field::{Reader, Value};
use super::kinds::Kind;
use super::text;

/// Enums of more values are no types.
const MAX_VALUES: usize = 5_000;

impl<'a> Reader<'a> {
    /// `enum` and `const`.
    pub(super) fn one_of(&mut self, value: &mut Value, facts: &Facts<'a>, values: &[&Document], kind: Kind) {
        let fits = |value: &&&Document| {
            matches!(
                (kind, value),
                (Kind::Bool, Document::Bool(_)) | (Kind::Integer | Kind::Number, Document::Number(_)) | (Kind::String, Document::String(_))
            )
        };
        let mut written: Vec<String> = Vec::new();
        for literal in values.iter().filter(fits).filter_map(|value| text::literal(value)) {
            if !written.contains(&literal) {
                written.push(literal);
            }
        }
        let why = match (kind, written.len()) {
            (Kind::Array | Kind::Object, _) => Some("lists and objects cannot be compared with constants".to_owned()),
            (Kind::String, _) if value.ty != "string" => Some(format!("a value of type `{}` is not compared with texts", value.ty)),
            (_, 0) => Some("no value is left that fits the type".to_owned()),
            (_, count) if count > MAX_VALUES => {
                Some(format!("{count} values are too many for a rule file: `set … from \"file\"` reads them from a file"))
            }
            _ => None,
        };
        if let Some(why) = why {
            return self.unsaid_facts(facts, &["enum", "const"], &why);
        }
        match (kind, written.as_slice()) {
            (Kind::Bool, [_, _]) => {}
            (_, [only]) => value.ask("range", format!("= {only}")),
            (Kind::String, many) if value.ty == "string" => value.ty = format!("enum({})", many.join(", ")),
            (_, many) => value.ask("enum", format!("in ({})", many.join(", "))),
        }
    }

    /// `not` of some values; no other.
    pub(super) fn none_of(&mut self, value: &mut Value, facts: &Facts<'a>) {
        for fact in facts.of("not") {
            let values: Option<Vec<String>> = match fact.value.members() {
                [(keyword, values)] if keyword == "enum" => values.items().iter().map(|constant| comparable(&value.ty, constant)).collect(),
                [(keyword, only)] if keyword == "const" => comparable(&value.ty, only).map(|only| vec![only]),
                _ => None,
            };
            match values.filter(|values| !values.is_empty()) {
                Some(values) => value.ask("enum", format!("not in ({})", values.join(", "))),
                None => self.unsaid(&fact.pointer, "not", "only values can be shut out: `not in (…)`"),
            }
        }
    }

    pub(super) fn string(&mut self, facts: &Facts<'a>) -> Value {
        let mut value = Value::new("string");
        let mut patterns: Vec<&Fact<'a>> = facts.of("pattern").collect();
        for fact in facts.of("contentEncoding") {
            if fact.value.as_str() == Some("base64") {
                value.ty = "binary".to_owned();
                patterns.retain(|fact| fact.value.as_str() != Some(BASE64));
            } else {
                self.unsaid(&fact.pointer, fact.keyword, "only base64 is known (`binary`)");
            }
        }
        for (known, ty) in [(TIME, "time"), (LOCAL_TIMESTAMP, "timestamp(local)")] {
            if patterns.iter().any(|fact| fact.value.as_str() == Some(known)) {
                value.ty = ty.to_owned();
                patterns.retain(|fact| fact.value.as_str() != Some(known));
            }
        }
        for fact in facts.of("format") {
            self.format(&mut value, fact);
        }
        if value.ty != "string" {
            self.unsaid_facts(facts, &["minLength", "maxLength"], &format!("a value of type `{}` has no length", value.ty));
            for fact in patterns {
                self.unsaid(&fact.pointer, "pattern", &format!("a value of type `{}` is no text", value.ty));
            }
            return value;
        }
        length(&mut value, count(facts, "minLength", u64::max), count(facts, "maxLength", u64::min));
        for fact in patterns {
            match fact.value.as_str().ok_or_else(|| "a pattern is a text".to_owned()).and_then(matching) {
                Ok(text) => value.ask(if text.starts_with("matches") { "regex" } else { "contains_match" }, text),
                Err(why) => self.unsaid(&fact.pointer, "pattern", &why),
            }
        }
        value
    }

    fn format(&mut self, value: &mut Value, fact: &Fact<'a>) {
        let (ty, constraint, less) = match fact.value.as_str().unwrap_or_default() {
            "date" => ("date", None, None),
            "date-time" => ("timestamp", None, None),
            "time" => ("time", None, Some("a time of day has no offset here")),
            "duration" => ("duration", None, Some("durations in years and months are refused here")),
            "uuid" => ("string", Some("is_uuid"), None),
            "ipv4" => ("string", Some("is_ipv4"), None),
            "ipv6" => ("string", Some("is_ipv6"), None),
            "email" => ("string", Some("is_email"), Some("quoted addresses, and those with letters beyond ASCII, are refused here")),
            "uri" => ("string", Some("is_url"), Some("schemes other than http, https and ftp are refused here")),
            "binary" | "byte" | "password" => return,
            other => {
                let why = format!("the format `{}` is not known", other.escape_debug());
                return self.unsaid(&fact.pointer, "format", &why);
            }
        };
        if ty != "string" && value.ty == "string" {
            value.ty = ty.to_owned();
        }
        if let Some(constraint) = constraint.filter(|_| value.ty == "string") {
            value.ask(constraint, constraint.to_owned());
        }
        if let Some(less) = less {
            self.unsaid(&fact.pointer, "format", less);
        }
    }

    pub(super) fn number(&mut self, facts: &Facts<'a>, kind: Kind) -> Value {
        let mut value = Value::new(if kind == Kind::Integer { "int" } else { "float" });
        let mut bound = |keyword: &str, most: bool| {
            let mut best: Option<Bound> = None;
            for fact in facts.of(keyword) {
                let Document::Number(number) = fact.value else {
                    self.unsaid(&fact.pointer, fact.keyword, "it is no number; the flags of draft 4 are not read");
                    continue;
                };
                let new = Bound { value: number.clone(), exclusive: keyword.starts_with("exclusive") };
                let tighter = best.as_ref().is_none_or(|best| new.order(best).is_lt() == most);
                best = if tighter { Some(new) } else { best };
            }
            best
        };
        let (low, high) = (bound("minimum", false), bound("maximum", true));
        let (above, below) = (bound("exclusiveMinimum", false), bound("exclusiveMaximum", true));
        let (mut above, mut below) = (above, below);
        let mut by: Vec<&Fact<'a>> = facts.of("multipleOf").collect();
        if let Some((place, scale)) = by.iter().enumerate().find_map(|(place, by)| Some((place, scale(by.value)?)))
            && kind == Kind::Number
        {
            by.remove(place);
            let whole = above.as_ref().and_then(|above| power(&above.negative())).or_else(|| below.as_ref().and_then(power));
            let whole = whole.filter(|whole| whole + scale <= 38);
            value.ty = format!("decimal({}, {scale})", whole.map_or(38, |whole| whole + scale));
            if let Some(limit) = whole.map(Bound::power_of_ten) {
                above = above.filter(|above| !above.order(&limit.negative()).is_eq());
                below = below.filter(|below| !below.order(&limit).is_eq());
            }
        }
        range(&mut value, low, high, above, below);
        for fact in by {
            match whole(fact.value) {
                Some(by) if by > 0 => value.ask("mod", format!("mod({by}) = 0")),
                _ => self.unsaid(
                    &fact.pointer,
                    "multipleOf",
                    "only multiples of whole numbers can be asked for; a `decimal(p, s)` has so many digits",
                ),
            }
        }
        value
    }
}

pub(super) fn count(facts: &Facts<'_>, keyword: &str, pick: fn(u64, u64) -> u64) -> Option<u64> {
    facts.of(keyword).filter_map(|fact| fact.value.as_count()).reduce(pick)
}

pub(super) fn length(value: &mut Value, least: Option<u64>, most: Option<u64>) {
    let least = least.filter(|least| *least > 0);
    match (least, most) {
        (Some(least), Some(most)) if least == most => value.ask("length", format!("length = {least}")),
        (Some(least), Some(most)) if least < most => value.ask("length", format!("length between {least} and {most}")),
        _ => {
            least.into_iter().for_each(|least| value.ask("length", format!("length >= {least}")));
            most.into_iter().for_each(|most| value.ask("length", format!("length <= {most}")));
        }
    }
}

fn range(value: &mut Value, low: Option<Bound>, high: Option<Bound>, above: Option<Bound>, below: Option<Bound>) {
    let int64 = (i128::from(i64::MIN), i128::from(i64::MAX));
    let uint64 = (0, i128::from(u64::MAX));
    let both = low.as_ref().and_then(Bound::whole).zip(high.as_ref().and_then(Bound::whole));
    match (low, high) {
        _ if value.ty == "int" && both == Some(int64) => value.ty = "int64".to_owned(),
        _ if value.ty == "int" && both == Some(uint64) => value.ty = "uint64".to_owned(),
        (Some(low), Some(high)) if low.order(&high).is_le() => value.ask("range", format!("between {} and {}", low.value, high.value)),
        (low, high) => {
            low.into_iter().for_each(|low| value.ask("range", format!(">= {}", low.value)));
            high.into_iter().for_each(|high| value.ask("range", format!("<= {}", high.value)));
        }
    }
    above.into_iter().for_each(|above| value.ask("range", format!("> {}", above.value)));
    below.into_iter().for_each(|below| value.ask("range", format!("< {}", below.value)));
}

fn whole(value: &Document) -> Option<i128> {
    let Document::Number(number) = value else { return None };
    Bound { value: number.clone(), exclusive: false }.whole()
}

/// The digits after the point of `multipleOf: 0.01`.
fn scale(by: &Document) -> Option<i32> {
    let Document::Number(by) = by else { return None };
    let by = Bound { value: by.clone(), exclusive: false };
    (1..=30).find(|scale| Bound::power_of_ten(-scale).order(&by).is_eq())
}

/// Which power of ten a bound is.
fn power(bound: &Bound) -> Option<i32> {
    (0..=38).find(|power| Bound::power_of_ten(*power).order(bound).is_eq())
}

/// A constant that values of a type can be compared with.
fn comparable(ty: &str, constant: &Document) -> Option<String> {
    let fits = match constant {
        Document::String(_) => ty == "string" || ty.starts_with("enum("),
        Document::Number(_) => ["int", "uint64", "float", "decimal"].iter().any(|begin| ty.starts_with(begin)),
        Document::Bool(_) => ty == "bool",
        _ => false,
    };
    if fits { text::literal(constant) } else { None }
}

/// The constraint of a pattern.
fn matching(text: &str) -> Result<String, String> {
    let translated = pattern::translate(text, &pattern::TO_RUST).map_err(|why| format!("the pattern is not one of rules: {why}"))?;
    let (constraint, pattern, whole) = match translated.inner {
        Some(inner) => (format!("matches /{inner}/"), inner, true),
        None if translated.text.is_empty() => return Err("the pattern is empty, and matches everything".to_owned()),
        None => (format!("contains_match(/{}/)", translated.text), translated.text, false),
    };
    crate::compile::regex(&pattern, whole).map_err(|(message, _)| message)?;
    Ok(constraint)
}
