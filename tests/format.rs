//! The formatter: canonical layout, every comment kept, nothing done twice, no meaning changed.
//!
//! `tests/format/<name>.rules` is what an author wrote, `<name>.formatted` what comes of it. `UPDATE=1` rewrites the latter.
#![allow(unreachable_pub, reason = "the generator is shared with other programs")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/generate/mod.rs"]
mod generate;

use std::path::{Path, PathBuf};
use std::time::Instant;

use proptest::prelude::*;
use rulegate::format::{FormatError, format};
use rulegate::source::SourceMap;
use rulegate::syntax::ast::File;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            below(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rules") {
            files.push(path);
        }
    }
}

/// Every rule file of the repository, with what it holds; those that are no UTF-8 as fuzz targets read them.
fn every_file() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    ["rules", "tests", "fuzz/regressions", "fuzz/seeds", "examples", "benches"]
        .iter()
        .for_each(|folder| below(&root().join(folder), &mut paths));
    paths.sort();
    assert!(paths.len() > 200, "only {} files were found", paths.len());
    let read = |path: PathBuf| (path.display().to_string(), String::from_utf8_lossy(&std::fs::read(&path).expect("readable")).into_owned());
    let mut files: Vec<(String, String)> = paths.into_iter().map(read).collect();
    files.extend(snippets());
    files
}

/// The fenced blocks of the language reference.
fn snippets() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("docs/language")).expect("a folder") {
        let path = entry.expect("readable").path();
        let page = std::fs::read_to_string(&path).expect("UTF-8");
        let fences = page.split("\n```rules").skip(1).filter_map(|fence| fence.split_once('\n')?.1.split_once("\n```"));
        found.extend(fences.map(|(text, _)| (format!("a snippet of {}", path.display()), text.to_owned())));
    }
    assert!(found.len() > 20, "only {} snippets were found", found.len());
    found
}

/// The syntax tree without places: what `{:?}` shows of it, with every `Span { … }` and the comments cut out.
fn shape(text: &str) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rules", text);
    let tree = File { comments: Vec::new(), ..rulegate::syntax::parse(file, text).0 };
    let shown = format!("{tree:?}");
    let mut parts = shown.split("Span { file: FileId(0), start: ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| out.push_str(part.split_once('}').map_or("", |(_, rest)| rest)));
    out
}

/// The words and signs of a text, without blanks, comments and commas.
fn bare(text: &str) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rules", text);
    let comments = rulegate::syntax::parse(file, text).0.comments;
    let mut left = String::new();
    let mut done = 0;
    for range in comments.iter().map(|comment| comment.span.range()).chain([text.len()..text.len()]) {
        left.extend(text[done..range.start].chars().filter(|c| !c.is_whitespace() && *c != ',' && *c != '\u{feff}'));
        done = range.end;
    }
    left
}

fn comments(text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rules", text);
    let words = |comment: &str| comment.split_whitespace().collect::<Vec<_>>().join(" ");
    rulegate::syntax::parse(file, text).0.comments.iter().map(|comment| words(&comment.text)).collect()
}

/// Formats a text and holds the result against what must be true of every text; gives it.
fn formatted(name: &str, text: &str) -> String {
    let once = match format(text) {
        Ok(formatted) => formatted.text,
        Err(FormatError::TooLarge { .. }) => return text.to_owned(),
        Err(error) => panic!("{name}: {error}\n{text}"),
    };
    assert!(bare(&once) == bare(text), "{name}: something was lost or added\n{once}");
    assert!(comments(&once) == comments(text), "{name}: comments were lost\n{once}");
    assert!(shape(&once) == shape(text), "{name}: the meaning changed\n{once}");
    let twice = format(&once).unwrap_or_else(|error| panic!("{name}, twice: {error}\n{once}")).text;
    if twice != once {
        let (one, two) = once.lines().zip(twice.lines()).find(|(one, two)| one != two).unwrap_or_default();
        panic!("{name}: formatting again changes\n{one}\nto\n{two}\nin\n{text}");
    }
    once
}

#[test]
fn pages_before_and_after() {
    let folder = root().join("tests/format");
    let mut paths = Vec::new();
    below(&folder, &mut paths);
    paths.sort();
    assert!(paths.len() >= 10, "only {} pages were found", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let after = formatted(&name, &std::fs::read_to_string(&path).expect("UTF-8"));
        let expected = path.with_extension("formatted");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &after).expect("writable");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != after {
            wrong.push(format!("{name} becomes:\n{after}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_file_keeps_its_meaning_and_is_formatted_once() {
    for (name, text) in every_file() {
        formatted(&name, &text);
    }
}

#[test]
fn the_shipped_packs_are_in_canonical_layout() {
    let mut paths = Vec::new();
    below(&root().join("rules"), &mut paths);
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let formatted = format(&text).expect("a pack");
        assert!(formatted.left_alone == 0 && formatted.text == text, "{}: run `rulegate fmt`", path.display());
    }
}

#[test]
fn the_page_on_formatting_shows_what_it_says() {
    let page = std::fs::read_to_string(root().join("docs/formatting.md")).expect("UTF-8");
    let (_, rest) = page.split_once("```rules\n").expect("an example");
    let (text, _) = rest.split_once("```").expect("its end");
    assert_eq!(format(text).expect("formats").text, text);
}

#[test]
fn lines_are_no_longer_than_they_must_be() {
    let texts = every_file().into_iter().filter(|(name, _)| name.contains("/rules/std/") || name.contains("/tests/format/"));
    for (name, text) in texts {
        for line in format(&text).expect("formats").text.lines() {
            let code = line.split("  //").next().unwrap_or_default().trim();
            // One token on its own cannot be broken.
            let unbroken = ["//", "import", "message", "because", "test"].iter().any(|word| code.starts_with(word));
            assert!(unbroken || code.chars().count() + line.len() - line.trim_start().len() <= 100, "{name}: {line}");
        }
    }
}

#[test]
fn a_text_over_the_limit_is_refused_and_one_at_it_takes_no_time() {
    let text = |bytes: usize| {
        let field = "  a_column_with_a_name : float64? @missing(-999) between 0 and 1, finite // and a comment\n";
        format!("rulegate 1\n\nfeatures t {{\n{}}}\n", field.repeat(bytes / field.len()))
    };
    assert!(matches!(format(&text(1_100_000)), Err(FormatError::TooLarge { .. })));
    let start = Instant::now();
    format(&text(900_000)).expect("formats");
    let fields = start.elapsed();
    // One line: every value is looked at once.
    let values = format!("rulegate 1\nset s = ({})", "12345, ".repeat(130_000));
    let start = Instant::now();
    format(&values).expect("formats");
    let values_took = start.elapsed();
    let start = Instant::now();
    let mut sources = SourceMap::default();
    let _ = rulegate::syntax::parse(sources.add("t.rules", ""), &values);
    println!("values {values_took:?}, to parse them {:?}", start.elapsed());
    let start = Instant::now();
    let nested = format!("rulegate 1\n{}", "param p: float = abs(abs(abs((1 + 2) * 3) + 4) / 5)\n".repeat(15_000));
    format(&nested).expect("formats");
    println!("fields {fields:?}, values and brackets {:?}", start.elapsed());
    // Seconds without optimisation, and on a machine that does other things; what is not linear takes minutes.
    assert!(fields.as_secs() < 30 && start.elapsed().as_secs() < 60, "{fields:?}, {:?}", start.elapsed());
}

/// Pieces of a text: its tokens and comments, and the gaps between them.
fn pieces(text: &str) -> Vec<(String, bool)> {
    // Where a gap holds a blank, other blanks mean the same; not so inside strings, regexes and comments.
    let mut out: Vec<(String, bool)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        let length = if blanks > 0 {
            blanks
        } else if rest.starts_with("//") {
            rest.find('\n').map_or(rest.len(), |at| at + 1)
        } else if let Some(body) = rest.strip_prefix("/*") {
            body.find("*/").map_or(rest.len(), |at| at + 4)
        } else if let Some(body) = rest.strip_prefix("\"\"\"") {
            body.find("\"\"\"").map_or(rest.len(), |at| at + 6)
        } else if let Some(quote) = rest.chars().next().filter(|c| ['"', '`'].contains(c)) {
            quoted(rest, quote)
        } else if rest.starts_with('/')
            && out.iter().rev().find(|(_, gap)| !gap).is_some_and(|(last, _)| ["matches", "fields"].iter().any(|word| last.ends_with(word)))
        {
            quoted(rest, '/')
        } else {
            let end = rest.find(|c: char| " \t\r\n\"`/(),{}[]:@".contains(c)).unwrap_or(rest.len());
            end.max(rest.chars().next().map_or(1, char::len_utf8))
        };
        out.push((rest[..length].to_owned(), blanks > 0));
        rest = &rest[length..];
    }
    out
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            '\n' => return at,
            _ => {}
        }
    }
    rest.len()
}

/// Other blanks, line ends and comments between the same tokens.
fn shaken(text: &str, draws: &[u8]) -> String {
    let pieces = pieces(text);
    let mut draws = draws.iter().cycle();
    let mut out = String::new();
    for (index, (piece, gap)) in pieces.iter().enumerate() {
        let before = index.checked_sub(1).map_or("", |before| pieces[before].0.as_str());
        let between_brackets = !gap && (piece.starts_with([')', '}', ']', '(']) || before.ends_with(['(', '{', ',', ')', '}']));
        // A unit stands on the line of its number; what is no unit does not mind.
        let after_number = before.ends_with(|c: char| c.is_ascii_digit());
        let draw = draws.next().copied().unwrap_or(0);
        if *gap && !after_number || between_brackets {
            out.push_str(match draw % 16 {
                0 => "\n",
                1 => "\n\n\n",
                2 => " // note\n",
                3 => " /* in line */ ",
                4 => "\n  // own\n",
                5 => "\r\n",
                6 => "\t",
                7 => "\n/* over\n     lines */\n",
                8 => " /* a */ /* b */ // c\n",
                9 => "\n/* leads */ ",
                _ if *gap => piece,
                _ => "",
            });
        }
        if !gap || after_number {
            out.push_str(piece);
        }
    }
    out
}

static FILES: std::sync::OnceLock<Vec<(String, String)>> = std::sync::OnceLock::new();

/// `RULEGATE_CASES` asks for more.
fn config() -> ProptestConfig {
    let cases = std::env::var("RULEGATE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_programs_keep_their_meaning(case in generate::case_of_rows(1), draws in prop::collection::vec(any::<u8>(), 64..257)) {
        let plain = formatted("a random program", &case.rules);
        formatted("a random program, shaken", &shaken(&plain, &draws));
    }

    #[test]
    fn files_shaken_keep_their_meaning(at in any::<prop::sample::Index>(), draws in prop::collection::vec(any::<u8>(), 64..257)) {
        let files = FILES.get_or_init(every_file);
        let (name, text) = at.get(files);
        formatted(name, &shaken(text, &draws));
    }

    #[test]
    fn files_cut_and_joined_anywhere_are_formatted_once(
        ends in (any::<prop::sample::Index>(), any::<prop::sample::Index>()), cuts in (0.0..1.0, 0.0..1.0),
    ) {
        let files = FILES.get_or_init(every_file);
        let part = |text: &str, cut: f64| -> usize {
            let at = (text.len() as f64 * cut) as usize;
            (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap()
        };
        let (one, two) = (&ends.0.get(files).1, &ends.1.get(files).1);
        let text = format!("{}{}", &one[..part(one, cuts.0)], &two[part(two, cuts.1)..]);
        formatted("parts of two files", &text);
    }

    #[test]
    fn files_with_random_edits_are_formatted_once(
        at in any::<prop::sample::Index>(), edits in prop::collection::vec((0.0..1.0, 0.0..1.0, 0..NASTY.len()), 1..6),
    ) {
        let files = FILES.get_or_init(every_file);
        let (name, text) = at.get(files);
        // Edits of a large text fall far apart: a part of it will do.
        let mut text: Vec<char> = text.chars().take(4_000).collect();
        for (place, length, what) in edits {
            let from = (text.len() as f64 * place) as usize;
            let to = (from + (length * length * 12.0) as usize).min(text.len());
            text.splice(from..to, NASTY[what].chars());
        }
        formatted(name, &text.into_iter().collect::<String>());
    }
}

/// What edits put in.
const NASTY: &[&str] = &[
    "",
    "",
    "\n",
    " ",
    "\r",
    "\r\n",
    ",",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "=",
    "/",
    "//",
    "/*",
    "*/",
    "\"",
    "\"\"\"",
    "`",
    "\\",
    "#",
    "'",
    ";",
    "@",
    ".",
    ":",
    "?",
    "-",
    "%",
    "$",
    "|",
    "1",
    "a",
    "é",
    "\u{feff}",
    "\u{a0}",
    "“",
    " when ",
    " rule ",
    " case ",
    " end ",
    " not ",
    "fields ",
    "matches ",
    "struct {",
    "list<",
    "\nfeatures x {",
    "\ntest \"x\" for t {",
    "/// doc\n",
    "// note\n",
    " /* c */ ",
    "\n/* c */\n",
    "rulegate 1",
    " day",
    " d",
    " and ",
    "in (",
];
