use super::*;
use crate::diagnostics::Code;
use crate::source::SourceMap;

fn parsed(text: &str) -> (File, Vec<Diagnostic>) {
    let mut map = SourceMap::default();
    parse(map.add("t.rules", text), text)
}

fn codes(text: &str) -> Vec<Code> {
    parsed(text).1.into_iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn a_mistake_costs_one_item() {
    let (tree, diagnostics) =
        parsed("rulegate 1\nfeatures t {\n  a : int64 >= \n  b : float64 >= 0\n  rule r: b > \n  c : string\n}\nparam p: int = 3\n");
    assert_eq!(diagnostics.len(), 2, "{diagnostics:?}");
    assert_eq!(tree.items.len(), 2);
    let ast::ItemKind::Features(block) = &*tree.items[0].kind else { panic!() };
    assert_eq!(block.items.len(), 2);
}

#[test]
fn keywords_are_contextual() {
    let text = "rulegate 1\nfeatures t {\n  key a\n  key : int64\n  rule : string\n  d : float64 > 5\n  min : int64\n  check : bool\n  rule check: d > 1\n  let let = d\n a : int64 }\n";
    assert_eq!(codes(text), []);
}

#[test]
fn an_unclosed_block_does_not_swallow_the_next() {
    let (tree, diagnostics) =
        parsed("rulegate 1\nfeatures a {\n  x : int64 between (1 and 2\n  y : int64\n\nfeatures b {\n  z : int64\n}\n");
    assert!(diagnostics.iter().any(|diagnostic| diagnostic.code == Code::Bracket));
    assert_eq!(tree.items.len(), 2);
}

#[test]
fn depth_is_limited_whatever_nests() {
    for (open, close) in [("(", ")"), ("[", "]"), ("not ", ""), ("-", ""), ("case when true then ", " end")] {
        for (depth, fine) in [(60, true), (65, false), (100_000, false)] {
            let text = format!("rulegate 1\nfeatures t {{ rule r: {}x{} }}", open.repeat(depth), close.repeat(depth));
            let limited = codes(&text).contains(&Code::Limit);
            assert_eq!(limited, !fine, "{depth} times {open:?}");
        }
    }
}

#[test]
fn numbers_durations_and_percents_are_told_apart() {
    let text = "rulegate 1\nfeatures t {\n  a : timestamp >= now() - 1 day\n  b : float64 <= 1_000.5e3 @warn(0.1%) @error(100 rows)\n  s : int64 >= 5\n  h : int64\n}\n";
    assert_eq!(codes(text), []);
    let (tree, _) = parsed(text);
    let ast::ItemKind::Features(block) = &*tree.items[0].kind else { panic!() };
    assert_eq!(block.items.len(), 4);
}

#[test]
fn division_and_regex_do_not_mix() {
    assert_eq!(codes("rulegate 1\nfeatures t { rule r: a / b > c / d }"), []);
    assert_eq!(codes(r"rulegate 1\nfeatures t { a : string matches /x\/y/ }".replace("\\n", "\n").as_str()), []);
}

#[test]
fn a_parameter_or_member_called_like_a_keyword_is_divided() {
    assert_eq!(codes("rulegate 1\nfeatures t { rule r: ($fields / 2 + (a.matches / 2)) > 0 }"), []);
    assert_eq!(codes("rulegate 1\nfeatures t {\n  a : int64 >= $check\n  rule r: a > $fields / 2\n}"), []);
}

#[test]
fn only_a_brace_closes_a_block() {
    for text in ["rulegate 1\nfeatures t {\n  a : int64\n)\n", "rulegate 1\nfeatures t {\n  a : int64 >= 1)\n}\n"] {
        assert_eq!(codes(text), [Code::Bracket], "{text}");
    }
}

#[test]
fn an_operator_is_no_function_of_the_subject() {
    assert_eq!(codes("rulegate 1\nfeatures t {\n  a : int64 between between 1 and 2\n  b : bool then = true\n}\n"), [Code::Syntax; 2]);
}

#[test]
fn comments_and_docs_are_kept() {
    let (tree, diagnostics) = parsed(
        "// head\nrulegate 1\n/// What a token is.\n/// More.\nfeatures t { // tail\n  /// A score.\n  a : int64 /* inline */ >= 0\n}\n",
    );
    assert!(diagnostics.is_empty());
    assert_eq!(tree.comments.len(), 6);
    assert_eq!(tree.items[0].docs.as_deref(), Some("What a token is.\nMore."));
    let ast::ItemKind::Features(block) = &*tree.items[0].kind else { panic!() };
    assert_eq!(block.items[0].docs.as_deref(), Some("A score."));
}

#[test]
fn crlf_trailing_commas_and_a_byte_order_mark_are_fine() {
    assert_eq!(codes("\u{feff}rulegate 1\r\nset s = (1, 2,)\r\nfeatures t {\r\n  a : int64 in (1, 2,),\r\n  b : int64\r\n}\r\n"), []);
}

#[test]
fn parse_time_grows_linearly() {
    // Not a timing: pest's work is bounded by the item, and an item of many alternatives is read once.
    let text = format!("rulegate 1\nfeatures t {{ rule r: {} }}", "a + ".repeat(20_000) + "a");
    assert!(codes(&text).len() <= 1);
}

#[test]
fn foreign_tokens_are_named_with_their_cure() {
    for (text, cure) in [("a == 1", "="), ("a && b", "and"), ("a = 'x'", "\"x\""), ("!a", "not ")] {
        let (_, diagnostics) = parsed(&format!("rulegate 1\nfeatures t {{ rule r: {text} }}"));
        assert_eq!(diagnostics[0].code, Code::ForeignToken, "{text}");
        assert_eq!(diagnostics[0].suggestion.as_ref().unwrap().replacement, cure);
    }
}
