//! Why responses are not read.

use super::*;
use arrow::array::StringArray;

const GOOD: &str = r#"{"sentiment":"bullish","sentiment_score":0.5,"key_themes":["a"],"narrative_summary":"s","count":1}"#;

/// The reason, the offset at which strict reading failed, and whether the object was recovered.
fn outcome(text: &str) -> (Reason, u32, bool) {
    let reading = read_one(&narrative(), text);
    let offset = reading.broken.first().map_or(0, |broken| broken.offset);
    if let [(0, reason)] = reading.recovered[..] {
        assert_eq!(reason, reading.parse[0]);
        // Recovered reading gives the values of the object alone.
        let lenient = read_all(&narrative(), &[Some(text)], &Options { lenient: true, ..options() });
        assert_eq!((lenient.parse[0], &lenient.recovered), (Reason::Read, &reading.recovered), "{text}");
        assert_eq!(as_json(&narrative(), &lenient.columns), as_json(&narrative(), &read_one(&narrative(), GOOD).columns), "{text}");
    } else {
        let lenient = read_all(&narrative(), &[Some(text)], &Options { lenient: true, ..options() });
        assert_eq!((lenient.parse[0], lenient.recovered.len()), (reading.parse[0], 0), "{text}");
    }
    (reading.parse[0], offset, !reading.recovered.is_empty())
}

#[track_caller]
fn check(text: &str, reason: Reason, offset: usize, recovered: bool) {
    assert_eq!(outcome(text), (reason, offset as u32, recovered), "{text}");
}

#[test]
fn names_are_those_of_the_language_and_in_its_order() {
    let names: Vec<&str> = Reason::ALL.iter().skip(1).map(|reason| reason.name()).collect();
    let told = "null_cell empty too_large filtered refused reasoning_leak fenced double_encoded prose_wrapped several_documents \
                trailing_text truncated lenient_syntax control_char bad_escape lone_surrogate too_deep bad_number not_json root_type duplicate_key";
    assert_eq!(names.join(" "), told);
    assert!(Reason::ALL.is_sorted());
}

#[test]
fn good_texts_are_read_with_white_space_in_all_places() {
    let spaced = GOOD.replace(':', " \t:\r\n ").replace(',', "\n,\n").replace('[', "[ ").replace(']', "\t]").replace('}', " }");
    for text in [GOOD.to_owned(), format!(" \n{GOOD}\t\r\n "), spaced] {
        check(&text, Reason::Read, 0, false);
    }
    check("{}", Reason::Read, 0, false);
}

#[test]
fn cells_without_a_text_to_read() {
    let limits = Limits { bytes: 200, ..Limits::default() };
    let long = format!("{GOOD}{}", " ".repeat(200));
    let reading = read_all(&narrative(), &[None, Some(""), Some(" \n\u{a0} "), Some(&long), Some(GOOD)], &Options { limits, ..options() });
    assert_eq!(reading.parse, [Reason::NullCell, Reason::Empty, Reason::Empty, Reason::TooLarge, Reason::Read]);
}

#[test]
fn companions_and_refusals_come_before_the_text() {
    let texts = [GOOD, GOOD, "I can't help with that.", "I can't help {with} that.", "Hello", "\"I can't\"", "```\nI can't\n```", GOOD];
    let finish = [Some("content_filter"), Some("REFUSAL"), None, None, Some("stop"), Some("stop"), None, Some("length")];
    let refusal = |text: &str| text.contains("can't");
    let options = Options { refusal: &refusal, ..options() };
    let finish = StringArray::from(finish.to_vec());
    let reading = read(&narrative(), &StringArray::from(texts.to_vec()), Some(&finish), 0..texts.len(), &options).unwrap();
    let expected = [
        Reason::Filtered,
        Reason::Refused,
        Reason::Refused,
        Reason::NotJson,
        Reason::NotJson,
        Reason::Refused,
        Reason::Refused,
        Reason::Read,
    ];
    assert_eq!(reading.parse, expected);
}

#[test]
fn reasoning_is_told_and_taken_off() {
    for text in [
        format!("<think>so {{maybe}}\n```\nx\n```</think>\n\n{GOOD}"),
        format!("<THINKING>\n{{\"draft\": 1}}</THINKING>{GOOD}"),
        format!("<reasoning>a</reasoning>```json\n{GOOD}\n```"),
        format!("Well.\n<think></think> Here you are: {GOOD}"),
        format!("so it is bullish\n</think>\n{GOOD}\nDone."),
        format!("<think>a</think><think>b</think>{GOOD}"),
    ] {
        check(&text, Reason::ReasoningLeak, 0, true);
    }
    check(&format!("<think>never ends {GOOD}"), Reason::ReasoningLeak, 0, false);
    check("<think>a</think>", Reason::ReasoningLeak, 0, false);
    check("<think>a</think>{\"a\": 1", Reason::ReasoningLeak, 0, false);
    // The tag within a string, or after the object, is no leak.
    let mentions = GOOD.replace("bullish", "</think> <think>");
    assert_eq!(read_one(&narrative(), &mentions).parse[0], Reason::Read);
    assert_eq!(read_one(&narrative(), &format!("Here: {mentions}")).parse[0], Reason::ProseWrapped);
    check(&format!("{GOOD}<think>a</think>"), Reason::TrailingText, GOOD.len(), true);
}

#[test]
fn fences_are_told_and_taken_off() {
    for text in [
        format!("```json\n{GOOD}\n```"),
        format!("```\n{GOOD}\n```\n"),
        format!("~~~~ json\n{GOOD}\n~~~~"),
        format!("```json {GOOD} ```"),
        format!("  ```JSON\r\n{GOOD}\r\n  ```\r\nHope this helps!"),
        format!("Here is the JSON:\n\n```json\n{GOOD}\n```\nIt has {{five}} members."),
        format!("```json\n{GOOD}"),
    ] {
        let offset = text.len() - text.trim_start().len();
        check(&text, Reason::Fenced, offset, true);
    }
    check(&format!("```json\n{}\n```", &GOOD[..40]), Reason::Fenced, 0, false);
    check(&format!("```json\n[{GOOD}]\n```"), Reason::Fenced, 0, false);
    check(&format!("```json\n{GOOD}\n{GOOD}\n```"), Reason::Fenced, 0, false);
    check(&format!("```json\n{GOOD}\n```\n```json\n{GOOD}\n```"), Reason::Fenced, 0, false);
    check(&format!("```json\n{}\n```", GOOD.replace("count", "sentiment")), Reason::Fenced, 0, false);
    check("```\nno object\n```", Reason::Fenced, 0, false);
    // Backticks within a string are text; they open a fence only at the beginning of a line outside of objects.
    let code = GOOD.replace("bullish", "```json\\n```");
    assert_eq!(read_one(&narrative(), &code).parse[0], Reason::Read);
    assert_eq!(read_one(&narrative(), &format!("It says: {code}")).parse[0], Reason::ProseWrapped);
    let fenced = read_all(&narrative(), &[Some(&format!("```json\n{code}\n```"))], &Options { lenient: true, ..options() });
    assert_eq!((fenced.parse[0], &fenced.recovered[..]), (Reason::Read, &[(0, Reason::Fenced)][..]));
    check(&format!("I use ``` here: {GOOD}"), Reason::ProseWrapped, 0, true);
    check("{\"sentiment\": \"\n```json\n```\n\"}", Reason::ControlChar, 15, false);
}

#[test]
fn strings_that_hold_json_are_told_and_taken_off() {
    let once = serde_json::to_string(GOOD).unwrap();
    let twice = serde_json::to_string(&once).unwrap();
    check(&once, Reason::DoubleEncoded, 0, true);
    check(&format!("  {twice}"), Reason::DoubleEncoded, 2, true);
    check(&serde_json::to_string(&format!("```json\n{GOOD}\n```")).unwrap(), Reason::DoubleEncoded, 0, true);
    check(&serde_json::to_string("{\"a\": 1").unwrap(), Reason::DoubleEncoded, 0, false);
    check(&serde_json::to_string("[1]").unwrap(), Reason::DoubleEncoded, 0, false);
    check(&serde_json::to_string("just text").unwrap(), Reason::RootType, 0, false);
    check(&serde_json::to_string("text with {braces}").unwrap(), Reason::RootType, 0, false);
    let deep = (0..8).fold(GOOD.to_owned(), |text, _| serde_json::to_string(&text).unwrap());
    check(&deep, Reason::DoubleEncoded, 0, false);
}

#[test]
fn prose_is_told_and_taken_off() {
    for text in [
        format!("Here is the JSON: {GOOD}"),
        format!("Sure, {{this}} it is: {GOOD}\nAnything else?"),
        format!("1. {GOOD}"),
        format!("\u{feff}{GOOD}"),
        format!("json\n{GOOD}"),
        format!("[Note] {GOOD}"),
    ] {
        let reading = read_one(&narrative(), &text);
        assert_eq!((reading.parse[0], reading.recovered.len()), (Reason::ProseWrapped, 1), "{text}");
        outcome(&text);
    }
    check(&format!("Here: {}", &GOOD[..40]), Reason::ProseWrapped, 0, false);
    check("Here: {'a': 1}", Reason::ProseWrapped, 0, false);
    check(&format!("First {GOOD} then {GOOD}"), Reason::ProseWrapped, 0, false);
    check(&format!("A list: [{GOOD}]"), Reason::ProseWrapped, 0, false);
    // An object within a broken one is not the object.
    check("Here: {\"a\": {\"sentiment\": \"x\"}, \"b\": oops}", Reason::ProseWrapped, 0, false);
    check("no object, only {braces}", Reason::NotJson, 0, false);
}

#[test]
fn more_than_one_document_and_text_after_it() {
    let end = GOOD.len();
    check(&format!("{GOOD}{GOOD}"), Reason::SeveralDocuments, end, false);
    check(&format!("{GOOD}\n{GOOD}\nDone."), Reason::SeveralDocuments, end, false);
    check(&format!("{GOOD}, {GOOD}"), Reason::SeveralDocuments, end, false);
    check(&format!("{GOOD} or {GOOD}"), Reason::SeveralDocuments, end, false);
    check(&format!("{GOOD}{{\"a\""), Reason::SeveralDocuments, end, false);
    check(&format!("[1] {GOOD}"), Reason::SeveralDocuments, 3, false);
    check(&format!("{GOOD}\n\nHope this helps {{you}}!"), Reason::TrailingText, end, true);
    check(&format!("{GOOD}\n```"), Reason::TrailingText, end, true);
    check(&format!("{GOOD}}}"), Reason::TrailingText, end, false);
    check("[1, 2] and so on", Reason::TrailingText, 6, false);
    check(&format!("{} and so on", GOOD.replace("count", "sentiment")), Reason::TrailingText, end + 4, false);
}

#[test]
fn the_first_break_in_the_text_is_told() {
    let cases = [
        ("{\"a\": 1", Reason::Truncated, 7),
        ("{\"a\": \"x", Reason::Truncated, 8),
        ("{\"a\": \"x\\", Reason::Truncated, 9),
        ("{\"a\": \"\\u12", Reason::Truncated, 11),
        ("{\"a\": \"\\ud800", Reason::Truncated, 13),
        ("{\"a\": \"\\ud800\\", Reason::Truncated, 14),
        ("{\"a\": \"\\ud800\\udc", Reason::Truncated, 17),
        ("{\"a\": tru", Reason::Truncated, 9),
        ("{\"a\": -", Reason::Truncated, 7),
        ("{\"a\": 1.", Reason::Truncated, 8),
        ("{\"a\": 1e", Reason::Truncated, 8),
        ("{\"a\": 1e+", Reason::Truncated, 9),
        ("{\"a\"", Reason::Truncated, 4),
        ("{\"a\": 1,", Reason::Truncated, 8),
        ("{", Reason::Truncated, 1),
        ("[", Reason::Truncated, 1),
        ("\"abc", Reason::Truncated, 4),
        ("{\"a\": [1, {\"b\": [", Reason::Truncated, 17),
        ("{\"a\": 1,}", Reason::LenientSyntax, 8),
        ("{\"a\": [1, ] }", Reason::LenientSyntax, 10),
        ("{'a': 1}", Reason::LenientSyntax, 1),
        ("{\"a\": 'x'}", Reason::LenientSyntax, 6),
        ("{\"a\": 1 // one\n}", Reason::LenientSyntax, 8),
        ("{\"a\": /* one */ 1}", Reason::LenientSyntax, 6),
        ("{# one\n\"a\": 1}", Reason::LenientSyntax, 1),
        ("{a: 1}", Reason::LenientSyntax, 1),
        ("{\"a\": True}", Reason::LenientSyntax, 6),
        ("[False]", Reason::LenientSyntax, 1),
        ("{\"sentiment\": None}", Reason::LenientSyntax, 14),
        ("{\"a\": undefined}", Reason::LenientSyntax, 6),
        ("None", Reason::LenientSyntax, 0),
        ("{\"a\": \"x\ny\"}", Reason::ControlChar, 8),
        ("{\"a\0\": 1}", Reason::ControlChar, 3),
        ("{\"a\": \"x\u{1f}\"}", Reason::ControlChar, 8),
        ("{\"a\": \"\\x\"}", Reason::BadEscape, 7),
        ("{\"a\": \"\\u12g4\"}", Reason::BadEscape, 7),
        ("{\"\\'\": 1}", Reason::BadEscape, 2),
        ("{\"a\": \"\\ud800\"}", Reason::LoneSurrogate, 7),
        ("{\"a\": \"\\udc00\"}", Reason::LoneSurrogate, 7),
        ("{\"a\": \"\\ud800\\u0041\"}", Reason::LoneSurrogate, 7),
        ("{\"a\": \"\\ud800\\ud800\"}", Reason::LoneSurrogate, 7),
        ("{\"a\": \"\\ud800x\"}", Reason::LoneSurrogate, 7),
        ("{\"a\": 01}", Reason::BadNumber, 6),
        ("{\"a\": 01", Reason::BadNumber, 6),
        ("{\"a\": 1.}", Reason::BadNumber, 6),
        ("{\"a\": .5}", Reason::BadNumber, 6),
        ("{\"a\": +1}", Reason::BadNumber, 6),
        ("{\"a\": 1e}", Reason::BadNumber, 6),
        ("{\"a\": -}", Reason::BadNumber, 6),
        ("{\"a\": NaN}", Reason::BadNumber, 6),
        ("{\"a\": -Infinity}", Reason::BadNumber, 6),
        ("{\"a\": 0x1F}", Reason::BadNumber, 7),
        ("{\"a\": 1_000}", Reason::BadNumber, 7),
        ("{\"a\": bullish}", Reason::NotJson, 6),
        ("{\"a\" 1}", Reason::NotJson, 5),
        ("{\"a\": 1 \"b\": 2}", Reason::NotJson, 8),
        ("{\"a\": \"he said \"no\" loudly\"}", Reason::NotJson, 16),
        ("{\"a\": 1]", Reason::NotJson, 7),
        ("{,}", Reason::NotJson, 1),
        ("{\"a\":}", Reason::NotJson, 5),
        ("{\"a\": \0}", Reason::NotJson, 6),
        ("\0", Reason::NotJson, 0),
        ("Hello there", Reason::NotJson, 0),
        ("true story", Reason::NotJson, 4),
        ("12 apples", Reason::NotJson, 2),
        ("01 apples", Reason::NotJson, 0),
        ("\"quoted\" text", Reason::NotJson, 8),
        ("[]", Reason::RootType, 0),
        (" [{\"a\": 1}]", Reason::RootType, 1),
        ("null", Reason::RootType, 0),
        ("3.5", Reason::RootType, 0),
        ("[1, 2", Reason::Truncated, 5),
    ];
    for (text, reason, offset) in cases {
        check(text, reason, offset, false);
    }
}

#[test]
fn repeated_keys_are_told_at_every_level() {
    let cases = [
        ("{\"count\": 1, \"count\": 1}", 13),
        ("{\"count\": 1, \"c\\u006funt\": 1}", 13),
        ("{\"other\": 1, \"count\": 2, \"o\\u0074her\": 1}", 25),
        ("{\"other\": {\"a\": 1, \"b\": {\"c\": 1, \"c\": 1}, \"a\": 2}}", 33),
        ("{\"count\": [{\"a\": 1}, {\"a\": 1, \"a\": 1}]}", 30),
        ("{\"\": 1, \"\": 1}", 8),
        ("{\"\\ud83d\\ude00\": 1, \"😀\": 1}", 20),
    ];
    for (text, offset) in cases {
        check(text, Reason::DuplicateKey, offset, false);
    }
    check("{\"a\": {\"count\": 1}, \"count\": {\"a\": 1}}", Reason::Read, 0, false);
    // Reasons that come first, wherever they stand.
    check("[{\"a\": 1, \"a\": 1}]", Reason::RootType, 0, false);
    check("{\"a\": 1, \"a\": 1, ", Reason::Truncated, 17, false);
    let many =
        |last: &str| format!("{{{}, \"{last}\": 0}}", (0..100).map(|key| format!("\"key{key}\": {key}")).collect::<Vec<_>>().join(", "));
    check(&many("key100"), Reason::Read, 0, false);
    assert_eq!(outcome(&many("key50")).0, Reason::DuplicateKey);
    assert_eq!(outcome(&format!("{{\"x\": {}}}", many("k\\u0065y99"))).0, Reason::DuplicateKey);
}

#[test]
fn limits_hold_for_what_is_read_and_what_is_skipped() {
    let shape = Shape::new(vec![member("a", Kind::List(item(Kind::List(item(INT))))), member("s", Kind::String)]);
    let with = |limits: Limits, text: &str| read_all(&shape, &[Some(text)], &Options { limits, ..options() }).parse[0];
    let depth = Limits { depth: 3, ..Limits::default() };
    for (text, reason) in [
        ("{\"a\": [[1]]}", Reason::Read),
        ("{\"a\": [[[1]]]}", Reason::TooDeep),
        ("{\"b\": [[1]]}", Reason::Read),
        ("{\"b\": [[], {}, {\"c\": 1}]}", Reason::Read),
        ("{\"b\": [[{}]]}", Reason::TooDeep),
        ("[[[[", Reason::TooDeep),
    ] {
        assert_eq!(with(depth, text), reason, "{text}");
    }
    let items = Limits { items: 4, ..Limits::default() };
    for (text, reason) in [
        ("{\"a\": [[1, 2]]}", Reason::Read),
        ("{\"a\": [[1, 2, 3]]}", Reason::TooLarge),
        ("{\"b\": [1, 2, 3]}", Reason::Read),
        ("{\"b\": [1, 2, 3, 4]}", Reason::TooLarge),
        ("{\"b\": {\"x\": {}, \"y\": 1}, \"c\": 1}", Reason::Read),
        ("{\"b\": {\"x\": {}, \"y\": 1}, \"c\": 1, \"d\": 1}", Reason::TooLarge),
    ] {
        assert_eq!(with(items, text), reason, "{text}");
    }
    let strings = Limits { string_bytes: 3, ..Limits::default() };
    for (text, reason) in [
        ("{\"s\": \"abc\"}", Reason::Read),
        ("{\"s\": \"abcd\"}", Reason::TooLarge),
        ("{\"b\": \"abcd\"}", Reason::TooLarge),
        ("{\"abcd\": 1}", Reason::TooLarge),
        ("{\"s\": \"\\n\\n\"}", Reason::TooLarge),
    ] {
        assert_eq!(with(strings, text), reason, "{text}");
    }
    // A limit that wrapping hides is still one.
    let text = format!("```json\n{}\n```", "{\"b\": [1, 2, 3, 4]}");
    let reading = read_all(&shape, &[Some(&text)], &Options { limits: items, lenient: true, ..options() });
    assert_eq!((reading.parse[0], reading.recovered.len()), (Reason::Fenced, 0));
}
