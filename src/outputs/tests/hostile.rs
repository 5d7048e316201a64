//! Texts made to overflow, to stall, or to slip through.

use super::*;

fn reason(text: &str, limits: Limits) -> Reason {
    read_all(&narrative(), &[Some(text)], &Options { limits, lenient: true, closed: true, ..options() }).parse[0]
}

#[test]
fn nesting_costs_no_stack() {
    const DEEP: usize = 100_000;
    let unlimited = Limits { depth: usize::MAX, ..Limits::default() };
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"count\":", "}]")] {
        for key in ["count", "key_themes", "undeclared"] {
            let opened = format!("{{\"{key}\": {}", open.repeat(DEEP));
            let closed = format!("{opened}1{}}}", close.repeat(DEEP));
            assert_eq!((reason(&closed, Limits::default()), reason(&closed, unlimited)), (Reason::TooDeep, Reason::Read), "{open} {key}");
            assert_eq!(
                (reason(&opened, Limits::default()), reason(&opened, unlimited)),
                (Reason::TooDeep, Reason::Truncated),
                "{open} {key}"
            );
        }
        assert_eq!(reason(&open.repeat(DEEP), Limits::default()), Reason::TooDeep);
    }
    assert_eq!(reason(&"]".repeat(DEEP), Limits::default()), Reason::NotJson);
}

#[test]
fn a_cell_of_a_hundred_megabytes() {
    let long = "prose and \\u00e9scapes ".repeat(100_000_000 / 23);
    let text = format!("{{\"narrative_summary\": \"{long}\", \"count\": 1}}");
    assert_eq!(reason(&text, Limits::default()), Reason::TooLarge);
    let bytes = Limits { bytes: 1 << 30, ..Limits::default() };
    assert_eq!(reason(&text, bytes), Reason::TooLarge);
    let wide = Limits { string_bytes: 1 << 30, ..bytes };
    let reading = read_all(&narrative(), &[Some(&text)], &Options { limits: wide, ..options() });
    assert_eq!(reading.parse, [Reason::Read]);
    assert_eq!(values::cell(&reading.columns[3], 0).as_str().map(str::len), Some(long.len() / 23 * 19));
}

#[test]
fn surroundings_are_searched_in_linear_time() {
    let object = "{\"count\": 1}";
    let pieces = [
        "{",
        "{\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":[",
        "{}",
        "[",
        "\"",
        "\\",
        "```",
        "```\n",
        "~~~\n{\"",
        "<",
        "</",
        "<think>",
        "</think>",
        "<think></think>",
        "<thinking>",
        "\n",
        " ",
        "{ ",
        "\u{a0}",
        "{\"a\":1} ",
        "{\"a\":1}\n",
        "x{\"a\":{",
        "{'",
        "\"{\\\"a\\\":1}\"",
        "1",
        "-",
        "'",
        "//",
        "tru",
        "True ",
        "\u{feff}",
    ];
    for piece in pieces {
        let many = piece.repeat(1_000_000 / piece.len());
        for text in [
            many.clone(),
            format!("{object}{many}"),
            format!("{many}{object}"),
            format!("x{many}"),
            format!("\"{many}"),
            format!("```\n{many}"),
            format!("<think>{many}"),
        ] {
            // Whatever it is: it is said soon, and the row after it is read.
            let reading = read_all(&narrative(), &[Some(&text), Some(object)], &Options { lenient: true, closed: true, ..options() });
            assert_eq!(reading.parse[1], Reason::Read);
        }
    }
}

#[test]
fn many_keys_are_compared_in_little_time() {
    let unlimited = Limits { items: usize::MAX, ..Limits::default() };
    // The same beginning, end and length, so that only the middle tells them apart.
    let keys: Vec<String> = (0..100_000).map(|number| format!("\"beginning {number:08} the same end\": 0")).collect();
    for object in [format!("{{{}}}", keys.join(",")), format!("{{\"x\": {{{}}}}}", keys.join(","))] {
        assert_eq!(reason(&object, unlimited), Reason::Read);
        assert_eq!(reason(&object.replace("00099999", "00000007"), unlimited), Reason::DuplicateKey);
    }
    let nested = format!("{{\"a\":{{\"b\":1,\"c\":[{}]}}}}", vec!["{\"d\":1,\"d2\":2}"; 100_000].join(","));
    assert_eq!(reason(&nested, Limits::default()), Reason::Read);
}

#[test]
fn items_are_limited_before_they_are_kept() {
    let items = format!("{{\"key_themes\": [{}\"x\"]}}", "\"x\",".repeat(1_000_000));
    assert_eq!(reason(&items, Limits::default()), Reason::TooLarge);
    let shape = Shape::new(vec![member("l", Kind::List(item(Kind::Struct(Shape::new(vec![member("x", INT); 1]))))), member("n", INT)]);
    let objects = format!("{{\"l\": [{}{{}}]}}", "{},".repeat(999_997));
    let reading = read_all(&shape, &[Some(&objects), Some("{\"l\": [], \"n\": 1}")], &options());
    assert_eq!((reading.parse[0], state(&reading, "l.x", 0), state(&reading, "n", 0)), (Reason::Read, State::Absent, State::Absent));
}
