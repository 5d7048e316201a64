//! `numbers_found_in(text, source)`: whether the numbers of a text are in its source.

use std::collections::HashSet;

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "numbers_found_in",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "source", accepts: Accepts::String }],
        Returns::Bool,
    ),
    summary: "True where every number in `text` occurs in `source`.",
    details: "A number is a run of digits 0 to 9 with points and commas inside. A comma before three digits separates thousands and counts for nothing, and so do zeros at the end behind a point: `1,250.50` is `1250.5`. Signs, units, powers of ten and numbers in words are not read: `2.1B` is 2.1, and rounding is no excuse. A text without numbers passes. Null if an argument is null.",
    examples: &[
        Example::new(r#"numbers_found_in("volume was 1,250.50", "volume: 1250.5 USD")"#, "true"),
        Example::new(r#"numbers_found_in("up 12% to 3.10", "it rose 12% to 3.1 in 2026")"#, "true"),
        Example::new(r#"numbers_found_in("up 13%", "it rose 12%")"#, "false"),
        Example::new(r#"numbers_found_in("volumes were flat", "12")"#, "true"),
        Example::new(r#"numbers_found_in("up 12%", null)"#, "null"),
    ],
    eval: Eval::Texts(numbers_found_in),
};

fn numbers_found_in(text: &str, source: &str) -> bool {
    let mut wanted = numbers(text).peekable();
    if wanted.peek().is_none() {
        return true;
    }
    let known: HashSet<String> = numbers(source).collect();
    wanted.all(|number| known.contains(&number))
}

/// Each number in one way of writing it.
fn numbers(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_ascii_digit() && !matches!(character, '.' | ','))
        .map(|run| run.trim_matches(['.', ',']))
        .filter(|run| !run.is_empty())
        .flat_map(|run| if is_one(run) { vec![run] } else { run.split(['.', ',']).filter(|part| !part.is_empty()).collect() })
        .map(plain)
}

/// Commas before groups of three digits, then at most one point: anything else is a list, a date or a version, each part a number.
fn is_one(run: &str) -> bool {
    let (whole, fraction) = run.split_once('.').unwrap_or((run, "0"));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or("");
    !fraction.contains(['.', ','])
        && !first.is_empty()
        && groups.all(|group| group.len() == 3)
        && (!whole.contains(',') || first.len() <= 3)
}

fn plain(run: &str) -> String {
    let digits: String = run.chars().filter(|character| *character != ',').collect();
    let short = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    match short.trim_start_matches('0') {
        "" => "0".to_owned(),
        rest if rest.starts_with('.') => format!("0{rest}"),
        rest => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_way_of_writing_it() {
        let all = |text: &str| numbers(text).collect::<Vec<_>>();
        assert_eq!(all("1,250.50, 007; .5 0.0 3."), ["1250.5", "7", "5", "0", "3"]);
        assert_eq!(all("2026-11-05 v1.2.3 1,2,3 12,34"), ["2026", "11", "5", "1", "2", "3", "1", "2", "3", "12", "34"]);
    }
}
