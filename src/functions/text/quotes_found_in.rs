//! `quotes_found_in(text, source)`: whether what a text quotes is in its source.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "quotes_found_in",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "source", accepts: Accepts::String }],
        Returns::Bool,
    ),
    summary: "True where every passage that `text` puts in quotation marks occurs in `source`.",
    details: "Quotation marks are `\"…\"`, `“…”`, `„…“` and `«…»`; apostrophes are none. Words are compared, runs of letters and digits in small letters, one after another: white space and signs do not matter. A mark that is not closed opens nothing; a text without quotations passes. Null if an argument is null.",
    examples: &[
        Example::new(r#"quotes_found_in("they said \"volumes were flat\"", "Volumes were flat, they said")"#, "true"),
        Example::new(r#"quotes_found_in("they said “volumes rose”", "volumes were flat")"#, "false"),
        Example::new(r#"quotes_found_in("volumes rose", "volumes were flat")"#, "true"),
        Example::new(r#"quotes_found_in("they said \"no\"", null)"#, "null"),
    ],
    eval: Eval::Texts(quotes_found_in),
};

/// Marks that open a quotation, and those that close it.
const MARKS: [(char, &[char]); 4] = [('"', &['"']), ('“', &['”']), ('„', &['“', '”']), ('«', &['»'])];

fn quotes_found_in(text: &str, source: &str) -> bool {
    let mut quotes = quotes(text).peekable();
    if quotes.peek().is_none() {
        return true;
    }
    let source = words(source);
    quotes.all(|quote| source.contains(&words(quote)))
}

/// The words with single spaces around them, so that whole words are found.
fn words(text: &str) -> String {
    let mut out = String::from(" ");
    for word in text.to_lowercase().split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        out.push_str(word);
        out.push(' ');
    }
    out
}

/// What stands between marks, from the left; inside a quotation nothing opens another.
fn quotes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    // Once a mark is not closed by the end, no later one of its kind is: each kind is searched to the end once only.
    let mut unclosed = [false; MARKS.len()];
    std::iter::from_fn(move || {
        loop {
            let (at, mark) = rest.char_indices().find_map(|(at, character)| {
                MARKS.iter().zip(&unclosed).position(|((open, _), unclosed)| *open == character && !unclosed).map(|mark| (at, mark))
            })?;
            let (open, close) = MARKS.get(mark)?;
            let after = rest.get(at + open.len_utf8()..)?;
            match after.char_indices().find(|(_, character)| close.contains(character)) {
                Some((end, closing)) => {
                    rest = after.get(end + closing.len_utf8()..)?;
                    return after.get(..end);
                }
                None => {
                    *unclosed.get_mut(mark)? = true;
                    rest = after;
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_are_taken_from_the_left() {
        let all = |text: &'static str| quotes(text).collect::<Vec<_>>();
        assert_eq!(all("a \"b\" c “d „e” f «g»"), ["b", "d „e", "g"]);
        assert_eq!(all("„b“ and “c"), ["b"]);
        assert_eq!(all("it's 5\" wide"), [""; 0]);
    }

    #[test]
    fn whole_words_are_found() {
        assert!(quotes_found_in("\"rose, again\"", "prices  rose again"));
        assert!(!quotes_found_in("\"rose\"", "primroses"));
        assert!(quotes_found_in("\"\" “!”", ""));
    }
}
