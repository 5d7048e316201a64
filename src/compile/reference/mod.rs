//! The words of the language, each with its form, its meaning and an example: what the reference pages, `rulegate explain` and editors say
//! of them. Functions are described where they are defined (`functions`).
//!
//! A new word is a line in one of the lists below. Tests compile every example, and compare the lists with what the compiler knows.

mod attributes;
mod clauses;
mod constraints;
mod items;
mod operators;
mod terms;
mod types;

use std::collections::BTreeMap;

pub use terms::{Term, find_terms, terms};

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WordKind {
    /// It begins an item of a file.
    FileItem,
    /// It begins an item of a block.
    BlockItem,
    /// It begins a part of an item.
    Clause,
    /// A built-in type.
    Type,
    /// A constraint of a field.
    Constraint,
    /// An attribute, written with `@`.
    Attribute,
    /// It stands in expressions.
    Operator,
}

impl WordKind {
    /// What it is called.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::FileItem => "item of a file",
            Self::BlockItem => "item of a block",
            Self::Clause => "part of an item",
            Self::Type => "type",
            Self::Constraint => "constraint",
            Self::Attribute => "attribute",
            Self::Operator => "operator",
        }
    }
}

/// A word of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The word, without `@`.
    pub name: &'static str,
    /// What it is.
    pub kind: WordKind,
    /// How it is written.
    pub form: &'static str,
    /// What it means: whole sentences.
    pub meaning: &'static str,
    /// For items of a file, a file without its first line; for all others, items of a block.
    pub example: &'static str,
}

/// Short for the lists.
const fn word(kind: WordKind, name: &'static str, form: &'static str, meaning: &'static str, example: &'static str) -> Word {
    Word { name, kind, form, meaning, example }
}

/// Every word, by kind and in the order of its list.
pub fn words() -> impl Iterator<Item = &'static Word> {
    [items::WORDS, clauses::WORDS, types::WORDS, constraints::WORDS, attributes::WORDS, operators::WORDS].into_iter().flatten()
}

/// The words of a name, `@` left out or not: `unique` is a constraint, and `in` both a constraint and an operator.
pub fn find(name: &str) -> impl Iterator<Item = &'static Word> {
    let (plain, attribute) = match name.strip_prefix('@') {
        Some(plain) => (plain.to_owned(), true),
        None => (name.to_owned(), false),
    };
    words().filter(move |word| word.name == plain && (!attribute || word.kind == WordKind::Attribute))
}

/// What an attribute may stand on, in words; empty for other names.
#[must_use]
pub fn attribute_stands_on(name: &str) -> Vec<&'static str> {
    let known: BTreeMap<_, _> = super::attributes::known_names().collect();
    known.get(name).cloned().unwrap_or_default()
}

impl Word {
    /// Its example as a whole file.
    #[must_use]
    pub fn example_file(&self) -> String {
        match self.kind {
            WordKind::FileItem if self.name == "rulegate" => format!("{}\n", self.example),
            WordKind::FileItem => format!("rulegate 1\n\n{}\n", self.example),
            _ if self.example.starts_with("features") || self.example.starts_with("output") || self.example.starts_with("test") => {
                format!("rulegate 1\n\n{}\n", self.example)
            }
            _ => {
                let items: String = self.example.lines().map(|line| format!("  {line}\n")).collect();
                format!("rulegate 1\n\nfeatures example {{\n{items}}}\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{WordKind, words};

    fn names(kind: WordKind) -> BTreeSet<&'static str> {
        words().filter(|word| word.kind == kind).map(|word| word.name).collect()
    }

    #[test]
    fn what_the_compiler_knows_is_described() {
        assert_eq!(names(WordKind::Attribute), crate::compile::attributes::known_names().map(|(name, _)| name).collect());
        assert_eq!(names(WordKind::Type), crate::types::ColumnType::BUILTIN_NAMES.iter().copied().collect());
        assert_eq!(names(WordKind::FileItem), crate::syntax::item_words(false).collect());
        assert_eq!(names(WordKind::BlockItem), crate::syntax::item_words(true).collect());
    }

    #[test]
    fn words_are_described_once_and_in_sentences() {
        let mut seen = BTreeSet::new();
        for word in words() {
            assert!(seen.insert((word.kind, word.name)), "{} twice", word.name);
            assert!(word.meaning.ends_with('.') && word.meaning.len() > 20, "{}", word.name);
            assert!(!word.example.is_empty() && word.form.contains(word.name), "{}", word.name);
            let shown = word.name.split(' ').all(|part| word.example.contains(part));
            assert!(shown, "the example of {} does not show it", word.name);
        }
    }
}
