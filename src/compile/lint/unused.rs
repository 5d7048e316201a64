//! Declarations that nothing uses.

use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::ast::{self, BlockItemKind, ItemKind, Name};

/// Parameters, sets, types and lets of a file with blocks that are named nowhere else in it. A file without blocks is there for others to
/// import.
///
/// Names are looked for as words of the text: a name that stands anywhere else, be it in a message, counts as used.
pub(in crate::compile) fn unused(tree: &ast::File, text: &str) -> Vec<Diagnostic> {
    let has_blocks = tree.items.iter().any(|item| matches!(item.kind, ItemKind::Features(_) | ItemKind::Output(_)));
    if !has_blocks {
        return Vec::new();
    }
    let mut out = Vec::new();
    let code = without_comments(text, tree);
    for item in &tree.items {
        match &item.kind {
            ItemKind::Param(param) => out.extend(remark("parameter", &param.name, occurs(&code, &param.name.node, "$") > 0)),
            ItemKind::Set(set) => out.extend(remark("set", &set.name, occurs(&code, &set.name.node, "") > 1)),
            ItemKind::Type(ty) => out.extend(remark("type", &ty.name, occurs(&code, &ty.name.node, "") > 1)),
            ItemKind::Features(block) | ItemKind::Output(block) => {
                let within = text.get(item.span.range()).unwrap_or(text);
                let lets = block
                    .items
                    .iter()
                    .filter_map(|item| if let BlockItemKind::Let(binding) = &item.kind { Some(&binding.name) } else { None });
                out.extend(lets.filter_map(|name| remark("`let`", name, occurs(within, &name.node, "") > 1)));
            }
            _ => {}
        }
    }
    out
}

fn without_comments(text: &str, tree: &ast::File) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for comment in &tree.comments {
        out.push_str(text.get(done..comment.span.range().start).unwrap_or_default());
        out.push(' ');
        done = comment.span.range().end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

fn remark(kind: &str, name: &Name, used: bool) -> Option<Diagnostic> {
    if used || name.node.starts_with('_') {
        return None;
    }
    let message = format!("nothing uses the {kind} `{}`", name.node);
    Some(Diagnostic::new(Code::Unused, message, name.span).help("remove it, or begin its name with `_` if it is to stay"))
}

/// How often a name stands in a text as a whole word, `mark` before it.
fn occurs(text: &str, name: &str, mark: &str) -> usize {
    let wanted = format!("{mark}{name}");
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let starts_word = wanted.starts_with(|c| is_word(Some(c)));
    let whole = |(at, found): &(usize, &str)| {
        let (before, after) =
            (text.get(..*at).and_then(|text| text.chars().next_back()), text.get(at + found.len()..).and_then(|text| text.chars().next()));
        !(is_word(after) || starts_word && is_word(before))
    };
    text.match_indices(&wanted).filter(whole).count()
}

#[cfg(test)]
mod tests {
    use super::occurs;

    #[test]
    fn names_are_whole_words() {
        let text = "param low: int = 1 set lows = (1) a >= $low and b < $lower message \"{$low}\" `low`";
        assert_eq!((occurs(text, "low", "$"), occurs(text, "low", ""), occurs(text, "lows", "")), (2, 4, 1));
    }
}
