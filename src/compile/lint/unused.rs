//! Declarations that nothing uses.

use std::collections::HashMap;

use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::ast::{self, BlockItemKind, ItemKind, Name};

/// Parameters, sets, types and lets of a file with blocks that are named nowhere else in it. A file without blocks is there for others to
/// import.
///
/// Names are looked for as words of the text: a name that stands anywhere else, be it in a message, counts as used.
pub(in crate::compile) fn unused(tree: &ast::File, text: &str) -> Vec<Diagnostic> {
    let has_blocks = tree.items.iter().any(|item| matches!(*item.kind, ItemKind::Features(_) | ItemKind::Output(_)));
    if !has_blocks {
        return Vec::new();
    }
    let mut out = Vec::new();
    let code = without_comments(text, tree);
    let words = Words::of(&code);
    for item in &tree.items {
        match &*item.kind {
            ItemKind::Param(param) => out.extend(remark("parameter", &param.name, words.count(&param.name.node, "$") > 0)),
            ItemKind::Set(set) => out.extend(remark("set", &set.name, words.count(&set.name.node, "") > 1)),
            ItemKind::Type(ty) => out.extend(remark("type", &ty.name, words.count(&ty.name.node, "") > 1)),
            ItemKind::Features(block) | ItemKind::Output(block) => {
                let within = Words::of(code.get(item.span.range()).unwrap_or(&code));
                let lets = block
                    .items
                    .iter()
                    .filter_map(|item| if let BlockItemKind::Let(binding) = &*item.kind { Some(&binding.name) } else { None });
                out.extend(lets.filter_map(|name| remark("`let`", name, within.count(&name.node, "") > 1)));
            }
            _ => {}
        }
    }
    out
}

/// The text with blanks for its comments: places stay what they are.
fn without_comments(text: &str, tree: &ast::File) -> String {
    let mut out = String::with_capacity(text.len());
    for comment in &tree.comments {
        let range = comment.span.range();
        out.push_str(text.get(out.len()..range.start).unwrap_or_default());
        out.extend(std::iter::repeat_n(' ', range.end.saturating_sub(out.len())));
    }
    out.push_str(text.get(out.len()..).unwrap_or_default());
    out
}

fn remark(kind: &str, name: &Name, used: bool) -> Option<Diagnostic> {
    if used || name.node.starts_with('_') {
        return None;
    }
    let message = format!("nothing uses the {kind} `{}`", name.node);
    Some(Diagnostic::new(Code::Unused, message, name.span).help("remove it, or begin its name with `_` if it is to stay"))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a text with the places they begin at, gathered once however many names are looked for.
struct Words<'a> {
    text: &'a str,
    starts: HashMap<&'a str, Vec<usize>, ahash::RandomState>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let mut starts: HashMap<&str, Vec<usize>, ahash::RandomState> = HashMap::default();
        let mut at = 0;
        for part in text.split(|c| !is_word(c)) {
            // What parts words is a character, whose length is what is left out.
            if !part.is_empty() {
                starts.entry(part).or_default().push(at);
            }
            at += part.len();
            at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
        Self { text, starts }
    }

    /// How often a name stands in the text as a whole word, `mark` before it.
    fn count(&self, name: &str, mark: &str) -> usize {
        let marked = |at: usize| {
            let before = self.text.get(..at).unwrap_or_default();
            before.strip_suffix('`').unwrap_or(before).trim_end().ends_with(mark)
        };
        if name.chars().all(is_word) {
            return self.starts.get(name).map_or(0, |starts| starts.iter().filter(|at| marked(**at)).count());
        }
        // A name in back-ticks that is no word is rare.
        self.text.match_indices(name).filter(|(at, _)| marked(*at)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn names_are_whole_words() {
        let text = "param low: int = 1 set lows = (1) a >= $low and b < $lower message \"{$low}\" `low`";
        let words = Words::of(text);
        assert_eq!((words.count("low", "$"), words.count("low", ""), words.count("lows", "")), (2, 4, 1));
        assert_eq!(Words::of("let `a b` = 1 rule r: `a b` > é and $`low` > 0").count("a b", ""), 2);
        assert_eq!(Words::of("é $`low` > 0").count("low", "$"), 1);
    }
}
