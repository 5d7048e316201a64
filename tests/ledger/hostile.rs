//! Files that somebody hostile wrote in the place of a ledger: an answer with file, line and cure, and never more than a line in memory.

use proptest::prelude::*;
use rulegate::ledger::{FlawKind, Ledger, MAX_LINE_BYTES};

use super::{bytes, ledger_of, lines, verify};

/// What is said of a file that goes on after two sound entries with these bytes.
fn said(rest: &[u8]) -> (FlawKind, String) {
    let (_folder, ledger) = ledger_of(2);
    let mut all = bytes(&ledger);
    all.extend_from_slice(rest);
    std::fs::write(ledger.path(), all).unwrap();
    let message = ledger.verify(None).expect_err("not a ledger").to_string();
    let kind = match ledger.verify(None) {
        Err(rulegate::ledger::LedgerError::Flawed { flaw, .. }) => flaw.kind,
        other => panic!("{other:?}"),
    };
    assert!(message.contains("decisions.ledger:3: entry 2 "), "{message}");
    assert!(message.contains("; "), "a cure: {message}");
    (kind, message)
}

#[test]
fn what_is_no_entry_is_told_with_file_line_and_cure() {
    let deep = format!("{}{}\n", "[".repeat(200_000), "]".repeat(200_000));
    let cases: [(&[u8], FlawKind, &str); 7] = [
        (b"hello\n", FlawKind::Altered, "it is not JSON"),
        (b"\xff\xfe\n", FlawKind::Altered, "byte 1 is not UTF-8"),
        (b"{\"v\":1}\n", FlawKind::Altered, "does not end in"),
        (deep.as_bytes(), FlawKind::Altered, "does not end in"),
        (b"\r\n", FlawKind::Altered, "it is not JSON"),
        (b"{\"v\":1,", FlawKind::Torn, "without a line end"),
        (&[0; 4096], FlawKind::Torn, "the next append moves the torn piece aside"),
    ];
    for (rest, kind, part) in cases {
        let (found, message) = said(rest);
        assert_eq!(found, kind, "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_line_longer_than_any_entry_is_not_read_to_its_end() {
    let (kind, message) = said(&vec![b'x'; MAX_LINE_BYTES + 5]);
    assert_eq!(kind, FlawKind::Altered);
    assert!(message.contains("longer than"), "{message}");
}

#[test]
fn an_entry_of_another_version_or_program_is_told_apart_from_an_altered_one() {
    let forged = |body: &str| {
        let (hash, _) = rulegate::ledger::sha256(body.as_bytes()).unwrap();
        format!("{body},\"hash\":\"{hash}\"}}\n")
    };
    for (body, part) in [
        ("{\"v\":2,\"seq\":2", "it is of version 2, and this program reads 1"),
        ("{\"v\":1,\"seq\":2", "it has the hash it bears and is no entry: missing field"),
    ] {
        let (kind, message) = said(forged(body).as_bytes());
        assert_eq!(kind, FlawKind::Foreign);
        assert!(message.contains(part), "{message}");
    }
    // The same entry in another form: a blank, a key twice, a number written otherwise.
    let (_folder, ledger) = ledger_of(3);
    let third = String::from_utf8(lines(&bytes(&ledger))[2].clone()).unwrap();
    let body = &third[..third.rfind(",\"hash\"").unwrap()];
    for other in
        [body.replacen("\"seq\":2", "\"seq\": 2", 1), body.replacen("λ", "\\u03bb", 1), body.replacen("\"rows\":20", "\"rows\":2e1", 1)]
    {
        assert_ne!(other, body);
        assert_eq!(said(forged(&other).as_bytes()).0, FlawKind::Foreign);
    }
}

#[test]
fn an_empty_ledger_has_no_entries_and_no_head() {
    let verified = verify(b"", None).unwrap();
    assert_eq!((verified.entries, verified.head), (0, None));
    let folder = tempfile::tempdir().unwrap();
    let message = Ledger::at(folder.path().join("none")).verify(None).expect_err("there is none").to_string();
    assert!(message.contains("none: the ledger cannot be read"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Any bytes give an answer, and only a sound chain is sound.
    #[test]
    fn any_bytes_give_an_answer(junk in proptest::collection::vec(any::<u8>(), 1..600)) {
        prop_assert!(verify(&junk, None).is_err());
    }
}
