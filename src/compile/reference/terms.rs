//! The words of reports and of the book, as its glossary explains them.

/// A word that reports and pages use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The word.
    pub name: &'static str,
    /// What it means, as Markdown.
    pub meaning: &'static str,
}

/// The glossary of the book: tables of words in bold with their meanings.
const GLOSSARY: &str = include_str!("../../../docs/glossary.md");

/// Every word of the glossary, in its order.
pub fn terms() -> impl Iterator<Item = Term> {
    GLOSSARY.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("| **")?.split_once("**")?;
        let (_, meaning) = rest.split_once(" | ")?;
        Some(Term { name, meaning: meaning.trim_end().trim_end_matches('|').trim_end() })
    })
}

/// The words of a name, in any case.
pub fn find_terms(name: &str) -> impl Iterator<Item = Term> {
    terms().filter(move |term| term.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_glossary_is_a_term() {
        let rows = GLOSSARY.lines().filter(|line| line.starts_with("| **")).count();
        assert_eq!((terms().count(), rows > 50), (rows, true));
        assert!(terms().all(|term| !term.name.contains('|') && term.meaning.ends_with('.')));
        assert!(find_terms("Severity").next().is_some_and(|term| term.meaning.contains("fail the data")));
        assert_eq!(find_terms("error").count(), 1);
    }
}
