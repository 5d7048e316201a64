//! `grounded_in(text, source)`: how much of a text its source says too.

use std::collections::HashSet;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "grounded_in",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "source", accepts: Accepts::String }],
        Returns::Float,
    ),
    summary: "The share of the word trigrams of `text` that occur in `source`, from 0 to 1.",
    details: "A word is a run of letters and digits, in small letters; a trigram is three words in a row, whatever stands between them. A trigram that occurs twice in `text` counts twice. A text of one or two words is judged by these words alone, and a text without words is grounded: 1. Null if an argument is null.",
    examples: &[
        Example::new(r#"grounded_in("prices rose again today", "Prices rose again, today, in Asia.")"#, "1.0"),
        Example::new(r#"grounded_in("prices rose again and fell", "prices rose again today")"#, "0.3333…"),
        Example::new(r#"grounded_in("prices fell last week", "volumes were flat")"#, "0.0"),
        Example::new(r#"grounded_in("prices fell", "volumes fell")"#, "0.5"),
        Example::new(r#"grounded_in("", "volumes were flat")"#, "1.0"),
        Example::new(r#"grounded_in(null, "volumes were flat")"#, "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text, source] = args else { return Vector::fault(1) };
    let (texts, sources) = (text.strings(), source.strings());
    strict(args, |row| Cell::Value(share(texts.at(row), sources.at(row))))
}

#[expect(clippy::cast_precision_loss, reason = "a share of fewer words than a float counts exactly")]
fn share(text: &str, source: &str) -> f64 {
    let (text, source) = (text.to_lowercase(), source.to_lowercase());
    let (words, known): (Vec<&str>, Vec<&str>) = (words(&text).collect(), words(&source).collect());
    if words.is_empty() {
        return 1.0;
    }
    let length = if words.len() < 3 { 1 } else { 3 };
    let known: HashSet<&[&str]> = known.windows(length).collect();
    let all = words.len() + 1 - length;
    let found = words.windows(length).filter(|window| known.contains(window)).count();
    found as f64 / all as f64
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_small_letters() {
        assert_eq!(share("ÜBER 3,5 Prozent", "über 3.5 prozent gestiegen"), 1.0);
        assert_eq!(share("a b c a b c", "a b c"), 0.5);
        assert_eq!(share("?!", ""), 1.0);
        assert_eq!(share("a", ""), 0.0);
    }
}
