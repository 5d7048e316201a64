//! Every form of output, over names, messages, values and file names that someone hostile has written: each is read back by a parser that
//! shares no code with the writer, and must hold what the JSON report holds and nothing that the strings meant to be.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use rulegate::report::Report;
use serde_json::Value;
use tempfile::TempDir;

/// Strings that mean something to one form or another.
fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "plain",
        "\"double\" 'single'",
        "]]><x>&amp;",
        "<script>alert(1)</script>",
        "</code></td></details><img src=x onerror=alert(1)>",
        "\u{1b}[31mred\u{1b}[0m \u{9b}31m",
        "two\nlines\r\nand\ttab",
        "\n\n# heading\n\n- item",
        "::error file=a,line=1::pwned",
        "##[error]pwned",
        "100%25 %0A::error::x",
        "a|b||c\\|d",
        "`tick` ``two`` ```three",
        "\\`\\|\\",
        "[text](https://example.org) ![i](x)",
        "https://example.org a@example.org @someone #1 *b* _i_ ~s~",
        "{{ x }} {% raw %} {0}",
        "\u{202e}reversed\u{202c} \u{2066}isolated\u{2069}",
        "nul\u{0}byte \u{1}\u{7f}",
        "\u{301}combining",
        "\u{fffe}\u{ffff}\u{feff}",
        " blanks ",
        "-->",
    ]
    .map(str::to_owned)
    .into();
    all.push("long ".repeat(2_000));
    all.push("<".repeat(10_000));
    all
}

/// The text with what acts on terminals or cannot be seen spelt out: written anew from the promise, not from the code.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || ['\u{a0}', '\u{ad}', '\u{61c}', '\u{180e}', '\u{feff}', '\u{fffe}', '\u{ffff}'].contains(&c)
            || ('\u{2000}'..='\u{200f}').contains(&c)
            || ('\u{2028}'..='\u{202f}').contains(&c)
            || ('\u{205f}'..='\u{206f}').contains(&c)
    };
    let spelt: String = text
        .chars()
        .map(|c| match c {
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            c if hidden(c) => format!("\\u{{{:x}}}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    spelt.replace("##", "#\\u{23}")
}

/// A string literal of the rule language, as part of a message template.
fn literal(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            '{' | '}' => format!("{c}{c}"),
            c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

struct Written {
    folder: TempDir,
    report: Report,
    stdout: BTreeMap<&'static str, String>,
}

const FORMS: &[&str] = &["human", "json", "jsonl", "junit", "sarif", "github", "markdown", "html", "prometheus"];

/// Rules and data full of hostile strings, judged once into every form.
fn written() -> Written {
    let folder = tempfile::tempdir().unwrap();
    let strings = hostile();
    let names: Vec<&String> =
        strings.iter().filter(|text| text.len() < 200 && !text.contains('`') && !text.contains(char::is_control)).collect();
    let mut rules = "rulegate 1\nfeatures `h<b>&\"|::%` {\n  key k\n  k : string\n  v : int64 >= 0\n".to_owned();
    names.iter().for_each(|name| rules.push_str(&format!("  `{name}` : int64? >= 0\n")));
    for (index, text) in strings.iter().enumerate() {
        rules.push_str(&format!("  rule r{index} {{ expect v >= 0 message {} }}\n", literal(text)));
    }
    rules.push_str("  rule shown @warn { expect v >= 0 message \"{k}\" }\n  check c: row_count() < 0\n}\n");
    std::fs::write(folder.path().join("r%,:ules.rules"), rules).unwrap();
    let mut data = String::new();
    for text in &strings {
        let mut row = serde_json::Map::from_iter([("k".to_owned(), Value::from(text.as_str())), ("v".to_owned(), Value::from(-1))]);
        row.extend(names.iter().map(|name| ((*name).clone(), Value::from(-1))));
        data.push_str(&format!("{}\n", Value::Object(row)));
    }
    let files = folder.path().join("data");
    std::fs::create_dir(&files).unwrap();
    for (index, text) in strings.iter().enumerate().filter(|(_, text)| text.len() < 200) {
        let name: String = text.chars().filter(|c| !matches!(c, '/' | '\0')).collect();
        // Systems that refuse such names have nothing to fear from them.
        let _ = std::fs::write(files.join(format!("{index}{name}.jsonl")), &data);
    }
    let mut args = vec!["validate", "--rules", "r%,:ules.rules", "data", "--limit-samples", "60", "--format", "json"];
    let outputs: Vec<String> = FORMS.iter().map(|form| format!("{form}=out.{form}")).collect();
    outputs.iter().for_each(|output| args.extend(["--output", output]));
    let ran = run(folder.path(), &args);
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    let report = serde_json::from_slice(&ran.stdout).unwrap();
    let stdout = FORMS
        .iter()
        .map(|form| (*form, std::fs::read_to_string(folder.path().join(format!("out.{form}"))).expect("it is UTF-8")))
        .collect();
    Written { folder, report, stdout }
}

fn run(folder: &Path, args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_rulegate")).args(args).current_dir(folder).output().unwrap()
}

fn failing(report: &Report) -> Vec<&str> {
    report.rules.iter().filter(|rule| rule.failed > 0).map(|rule| rule.id.as_str()).collect()
}

#[test]
fn every_form_holds_what_the_report_holds_and_nothing_else() {
    let written = written();
    let report = &written.report;
    assert!(failing(report).len() > hostile().len() && report.inputs.len() > 10);
    for (form, text) in &written.stdout {
        let acts = |c: char| c != '\n' && visible(&c.to_string()) != c.to_string();
        assert!(!text.contains(acts), "{form} holds {:?}", text.chars().find(|c| acts(*c)));
        assert!(!text.contains("##[") || *form == "json" || *form == "jsonl" || *form == "sarif", "{form} holds a command");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")) || *form == "github", "{form} holds a command");
    }
    assert_eq!(serde_json::from_str::<Report>(&written.stdout["json"]).unwrap(), *report);
    jsonl(&written.stdout["jsonl"], report);
    junit(&written.stdout["junit"], report);
    prometheus(&written.stdout["prometheus"], report);
    sarif(&written.stdout["sarif"], report);
    github(&written.stdout["github"], report);
    markdown(&written.stdout["markdown"], report);
    html(&written.stdout["html"], report);
    drop(written.folder);
}

fn jsonl(text: &str, report: &Report) {
    let mut records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let header = records.remove(0);
    assert_eq!((&header["record"], &header["rows"], &header["rules"]), (&"report".into(), &report.rows.into(), &Value::Null));
    let rules: Vec<Value> = records
        .into_iter()
        .map(|mut rule| {
            assert_eq!(rule.as_object_mut().unwrap().remove("record"), Some("rule".into()));
            rule
        })
        .collect();
    assert_eq!(Value::from(rules), serde_json::to_value(&report.rules).unwrap());
}

fn junit(text: &str, report: &Report) {
    let page = roxmltree::Document::parse(text).unwrap();
    let root = page.root_element();
    assert_eq!((root.tag_name().name(), root.attribute("failures")), ("testsuites", Some(&*(failing(report).len() - 1).to_string())));
    let suite = root.first_element_child().unwrap();
    assert_eq!(suite.attribute("name"), Some(&*visible(&report.rules[0].block)));
    let cases: Vec<_> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
    let names: Vec<&str> = cases.iter().map(|case| case.attribute("name").unwrap()).collect();
    assert_eq!(names, report.rules.iter().map(|rule| visible(&rule.id)).collect::<Vec<_>>());
    for (case, rule) in cases.iter().zip(&report.rules) {
        assert_eq!(case.attribute("file"), Some("r%,:ules.rules"));
        let failure = case.children().find(|node| node.has_tag_name("failure"));
        assert_eq!(failure.is_some(), rule.failed > 0 && !rule.id.ends_with("shown"), "{}", rule.id);
        let Some(failure) = failure else { continue };
        let lines = failure.text().unwrap_or_default().lines().count();
        assert_eq!(lines, rule.samples.len(), "a line for each sample, whatever is in it");
        assert!(failure.children().all(|child| child.is_text()), "nothing but text");
    }
    let shown = cases.iter().find(|case| case.attribute("name").unwrap().ends_with(".shown")).unwrap();
    let out = shown.children().find(|node| node.has_tag_name("system-out")).unwrap().text().unwrap();
    for text in hostile().iter().filter(|text| text.len() < 200) {
        assert!(out.contains(&visible(text)), "{text:?} is not in {out}");
    }
    let inputs: Vec<&str> =
        page.descendants().filter(|node| node.attribute("name") == Some("input")).filter_map(|node| node.attribute("value")).collect();
    assert_eq!(inputs, report.inputs.iter().map(|input| visible(&input.name)).collect::<Vec<_>>());
}

/// Each line is a comment, or a name, labels and a number; labels are read back as the format has it.
fn prometheus(text: &str, report: &Report) {
    let mut failed = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let (name, rest) = line.split_once('{').expect(line);
        assert!(name.starts_with("rulegate_") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
        let (labels, value) = labels(rest);
        let value: f64 = value.trim().parse().expect(line);
        if name == "rulegate_rule_failed_rows" {
            failed.insert(labels["rule"].clone(), value);
        }
    }
    for rule in report.rules.iter().filter(|rule| rule.kind != rulegate::report::RuleKind::Schema) {
        assert_eq!(failed.remove(&visible(&rule.id)), Some(rule.failed as f64), "{}", rule.id);
    }
    assert!(failed.is_empty(), "{failed:?}");
}

/// `a="x",b="y"} 1` as the labels and what follows them.
fn labels(mut rest: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    while !rest.starts_with('}') {
        let (name, tail) = rest.trim_start_matches(',').split_once("=\"").unwrap();
        let (mut value, mut chars) = (String::new(), tail.char_indices());
        let end = loop {
            match chars.next().unwrap() {
                (_, '\\') => value.push(chars.next().unwrap().1),
                (at, '"') => break at,
                (_, other) => value.push(other),
            }
        };
        assert_eq!(labels.insert(name.to_owned(), value), None);
        rest = &tail[end + 1..];
    }
    (labels, &rest[1..])
}

fn sarif(text: &str, report: &Report) {
    let log: Value = serde_json::from_str(text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let ids: Vec<&str> = results.iter().map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!(ids, failing(report));
    for result in results {
        let described = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(described["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "r%25%2C%3Aules.rules");
        assert!(place["region"]["startLine"].as_u64() > Some(2) && place["region"]["endColumn"].as_u64() > Some(1));
        assert!(!result["message"]["text"].as_str().unwrap().contains("]("), "a link");
    }
    for artifact in run["artifacts"].as_array().unwrap() {
        let uri = artifact["location"]["uri"].as_str().unwrap();
        assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{uri}");
    }
}

fn github(text: &str, report: &Report) {
    let decode = |text: &str| text.replace("%2C", ",").replace("%3A", ":").replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let mut titles = Vec::new();
    for line in text.lines() {
        let (head, data) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).unwrap_or_else(|| panic!("{line}"));
        let (name, properties) = head.split_once(' ').unwrap();
        assert!(matches!(name, "error" | "warning" | "notice"), "{name}");
        let properties: BTreeMap<&str, String> =
            properties.split(',').map(|one| one.split_once('=').unwrap()).map(|(key, value)| (key, decode(value))).collect();
        assert_eq!(properties["file"], "r%,:ules.rules");
        assert!(properties["line"].parse::<u32>().unwrap() > 2);
        titles.push(properties["title"].clone());
        assert!(decode(data).lines().count() >= 1 && decode(data).len() < 2_000, "{data}");
    }
    titles.sort();
    let mut expected: Vec<String> = failing(report).into_iter().map(visible).collect();
    expected.sort();
    assert_eq!(titles, expected);
}

fn markdown(text: &str, report: &Report) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    assert!(text.len() < 60_000, "{} bytes do not fit into a comment", text.len());
    let (mut codes, mut cells) = (Vec::new(), 0);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_GFM | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(
                Tag::Heading { .. }
                | Tag::Paragraph
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::List(_)
                | Tag::Item
                | Tag::HtmlBlock,
            ) => {}
            Event::Start(Tag::TableCell) => cells += 1,
            Event::Start(other) => panic!("{other:?}"),
            Event::Code(code) => codes.push(code.to_string()),
            Event::Html(html) | Event::InlineHtml(html) => {
                let plain = html.replace("<details><summary><code>", "").replace("</code></summary>", "").replace("</details>", "");
                let plain = plain.replace("<code>", "").replace("</code>", "");
                assert!(!plain.contains(['<', '>']), "{html}");
            }
            Event::Text(_) | Event::End(_) | Event::SoftBreak => {}
            other => panic!("{other:?}"),
        }
    }
    // Eleven figures; six cells for each rule shown; heads.
    assert_eq!(cells, 2 * 11 + 6 + 6 * 20);
    assert!(codes.contains(&visible(&report.rules[0].block)));
    let ids: Vec<String> = report.rules.iter().map(|rule| visible(&rule.id)).collect();
    assert!(codes.iter().filter(|code| ids.contains(code)).count() >= 15, "{codes:#?}");
}

/// Tags, attributes and text of a page, as a browser's tokenizer sees them.
#[derive(Default)]
struct Seen {
    tags: RefCell<Vec<(String, Vec<(String, String)>)>>,
    text: RefCell<String>,
    errors: RefCell<Vec<String>>,
}

impl TokenSink for Seen {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let attributes = tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
                let style = &*tag.name == "style";
                self.tags.borrow_mut().push((tag.name.to_string(), attributes));
                if style {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            Token::ParseError(what) => self.errors.borrow_mut().push(what.to_string()),
            Token::NullCharacterToken => self.errors.borrow_mut().push("NUL".to_owned()),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn html(text: &str, report: &Report) {
    let tokenizer = Tokenizer::new(Seen::default(), TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() });
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let seen = tokenizer.sink;
    assert_eq!(*seen.errors.borrow(), Vec::<String>::new());
    let known = [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "section",
        "header",
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "b",
        "a",
        "svg",
        "rect",
        "line",
        "span",
        "details",
        "summary",
        "div",
        "table",
        "tr",
        "th",
        "td",
        "code",
        "figure",
        "figcaption",
        "text",
        "footer",
    ];
    for (tag, attributes) in seen.tags.borrow().iter() {
        assert!(known.contains(&tag.as_str()), "<{tag}>");
        for (name, value) in attributes {
            assert!(!name.starts_with("on") && name != "src" && name != "style", "{tag} {name}={value}");
            assert!(name != "href" || value.starts_with("#rule-"), "{tag} {name}={value}");
        }
    }
    let shown = seen.text.borrow();
    for rule in &report.rules {
        assert!(shown.contains(&visible(&rule.id)), "{} is not on the page", rule.id);
    }
    for text in hostile().iter().filter(|text| text.len() < 200) {
        let quoted = visible(text).replace("\\\\", "\\");
        assert!(shown.contains(&quoted), "{text:?} is not on the page");
    }
}

#[test]
fn every_form_of_diagnostics_holds_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a%,:<b>&\"|`c.rules";
    std::fs::write(folder.path().join(name), "rulegate 1\nfeatures t {\n  a : int64 >= \"]]><script>|%0A::error::`\u{202e}\"\n}\n")
        .unwrap();
    std::fs::write(folder.path().join("sound.rules"), "rulegate 1\nfeatures t { a : int64 }\n").unwrap();
    let told = |form: &str| {
        let ran = run(folder.path(), &["check", name, "sound.rules", "--format", form]);
        assert_eq!(ran.status.code(), Some(1), "{form}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let entries: Vec<Value> = serde_json::from_str(&told("json")).unwrap();
    assert_eq!(entries.iter().map(|entry| entry["code"].as_str().unwrap()).collect::<Vec<_>>(), ["E0301", "W0103"]);

    let text = told("junit");
    let page = roxmltree::Document::parse(&text).unwrap();
    let cases: Vec<_> = page.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    assert_eq!(cases.iter().filter_map(|case| case.attribute("name")).next(), Some("sound.rules"));
    assert_eq!(cases[1].attribute("name"), Some(&*format!("{name}:3:16 E0301")));

    let log: Value = serde_json::from_str(&told("sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!((results[0]["ruleId"].as_str(), results[0]["level"].as_str()), (Some("E0301"), Some("error")));
    assert_eq!(results[1]["level"], "warning");

    let lines = told("github");
    let found: Vec<&str> = lines.lines().collect();
    assert_eq!(found.len(), 2, "{lines}");
    assert!(found[0].starts_with("::error file=a%25%2C%3A<b>&\"|`c.rules,line=3,endLine=3,col="), "{lines}");

    let page = told("markdown");
    let rows = page.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(rows, 2 + 2, "a head, a rule, and a row for each remark: {page}");
}
