//! A file with every construct of the language's first example compiles, and mistakes in it are told in words that help.
//!
//! `tests/contract/parcels.rules` is such a file. Where the contract of the language lies beside the repository, its own example is
//! compiled too. `judged` holds its rules against a data set with planted mistakes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "contract/judged.rs"]
mod judged;
#[path = "contract/parcels.rs"]
mod parcels;
#[path = "diagnostics/support.rs"]
mod support;

use rulegate::compile::Compiled;
use rulegate::diagnostics::{Code, Diagnostic};
use support::{InMemory, committed, compile, fences, line, read, repository};

fn rules_of_parcels() -> String {
    read(&repository("tests/contract/parcels.rules"))
}

fn compiled(text: &str) -> Compiled {
    let mut files = InMemory::default();
    for name in ["common.rules", "depots.csv"] {
        files = files.with(name, &read(&repository(&format!("tests/contract/{name}"))));
    }
    compile("parcels.rules", text, &files, &[])
}

#[test]
fn every_construct_compiles_without_a_remark() {
    let compiled = compiled(&rules_of_parcels());
    let said: Vec<String> = compiled.diagnostics.iter().map(line).collect();
    assert!(compiled.rule_set.is_some() && said.is_empty(), "{said:#?}");
}

#[test]
fn ids_of_rules_do_not_move() {
    let compiled = compiled(&rules_of_parcels());
    let ids: Vec<&str> = compiled.rule_set.as_ref().expect("it compiles").rule_ids().collect();
    committed(&repository("tests/contract/parcels.ids.txt"), &format!("{}\n", ids.join("\n"))).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn the_example_of_the_contract_compiles() {
    // Absent from packages and from checkouts of the repository alone.
    let Ok(page) = std::fs::read_to_string(repository("../shared/LANGUAGE.md")) else { return };
    let example = fences(&page.replace("\r\n", "\n")).into_iter().next().expect("the contract begins with an example").text;
    let files = InMemory::default().with("common.rules", "rulegate 1\n").with("symbols.csv", "symbol\nBTC\nETH\nSOL\n");
    let compiled = compile("example.rules", &example, &files, &[]);
    let errors: Vec<String> = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).map(line).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A mistake made in `parcels.rules`: a part of it is replaced.
struct Mistake {
    what: &'static str,
    old: &'static str,
    new: &'static str,
    /// The errors it gives, in order of the text.
    codes: &'static [Code],
    /// What the first error must say, in message, labels or help.
    words: &'static [&'static str],
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        what: "a misspelt column in a rule",
        old: "<= abs(declared_value) * 3",
        new: "<= abs(declared_valu) * 3",
        codes: &[Code::UnknownName],
        words: &["`declared_valu`", "did you mean `declared_value`?"],
    },
    Mistake {
        what: "a misspelt column under `when`",
        old: "when    late\n",
        new: "when    lat\n",
        codes: &[Code::UnknownName],
        words: &["`lat`", "did you mean `late`?"],
    },
    Mistake {
        what: "a misspelt parameter",
        old: ">= $heaviest",
        new: ">= $heavyest",
        codes: &[Code::UnknownName],
        words: &["`$heavyest`", "did you mean `$heaviest`?"],
    },
    Mistake {
        what: "a parameter without its dollar",
        old: ">= $heaviest",
        new: ">= heaviest",
        codes: &[Code::UnknownName],
        words: &["written `$heaviest`"],
    },
    Mistake {
        what: "a misspelt value set",
        old: "in depots,",
        new: "in depot,",
        codes: &[Code::UnknownName],
        words: &["did you mean `depots`?"],
    },
    Mistake {
        what: "a set file that is not there",
        old: "from \"depots.csv\"",
        new: "from \"depot.csv\"",
        codes: &[Code::Unreadable],
        words: &["`depot.csv`", "relative to the file"],
    },
    Mistake {
        what: "a column that the set file does not have",
        old: "column \"code\"",
        new: "column \"kode\"",
        codes: &[Code::SetFile],
        words: &["`kode`", "did you mean `code`?"],
    },
    Mistake {
        what: "a misspelt import",
        old: "import \"common.rules\"",
        new: "import \"comon.rules\"",
        // The named type of the missing file is unknown too.
        codes: &[Code::Unreadable, Code::UnknownType],
        words: &["`comon.rules`", "relative to the file"],
    },
    Mistake {
        what: "a default of another type",
        old: "param heaviest: float = 31.5",
        new: "param heaviest: float = \"31.5\"",
        codes: &[Code::Parameter],
        words: &["`heaviest`", "string", "float"],
    },
    Mistake {
        what: "a type of another language",
        old: "returned        : bool",
        new: "returned        : boolean",
        codes: &[Code::UnknownType],
        words: &["`boolean`", "write `bool`"],
    },
    Mistake {
        what: "a misspelt attribute",
        old: "is_email  @redact",
        new: "is_email  @redacted",
        codes: &[Code::UnknownAttribute],
        words: &["`@redacted`", "did you mean `redact`?"],
    },
    Mistake {
        what: "a bound above all rows",
        old: "@warn(0.5%)",
        new: "@warn(500%)",
        codes: &[Code::AttributeArguments],
        words: &["`@warn`", "at most 100%"],
    },
    Mistake {
        what: "a second constraint of one kind",
        old: "lateness_score  : float64   between 0 and 100",
        new: "lateness_score  : float64   >= 0, <= 100",
        codes: &[Code::DuplicateId],
        words: &["`parcels.lateness_score.range`", "`@name(range_2)`"],
    },
    Mistake {
        what: "a double equals sign",
        old: "when verdict = \"lost\"",
        new: "when verdict == \"lost\"",
        codes: &[Code::ForeignToken],
        words: &["`==`", "one `=`"],
    },
    Mistake {
        what: "single quotes",
        old: "enum(\"economy\", \"standard\", \"express\")",
        new: "enum('economy', \"standard\", \"express\")",
        codes: &[Code::ForeignToken],
        words: &["double quotes"],
    },
    Mistake {
        what: "swapped bounds",
        old: "lateness_score  : float64   between 0 and 100",
        new: "lateness_score  : float64   between 100 and 0",
        codes: &[Code::ValueType],
        words: &["nothing lies between", "lower bound first"],
    },
    Mistake {
        what: "a text compared with a time",
        old: "changed_at      : timestamp >= accepted_at",
        new: "changed_at      : timestamp >= depot",
        codes: &[Code::TypeMismatch],
        words: &["timestamp", "string"],
    },
    Mistake {
        what: "a day as a number",
        old: "now() - 2 days",
        new: "now() - 2",
        codes: &[Code::TypeMismatch],
        words: &["timestamp", "int", "2 days"],
    },
    Mistake {
        what: "an aggregate in a rule",
        old: "<= abs(declared_value) * 3",
        new: "<= mean(declared_value) * 3",
        codes: &[Code::Aggregate],
        words: &["`mean`", "`check`"],
    },
    Mistake {
        what: "an instant compared with a bare text",
        old: "check fresh: max(changed_at) >= now() - 2 days",
        new: "check fresh: max(changed_at) >= \"2026-01-31T00:00:00Z\"",
        codes: &[Code::TypeMismatch],
        words: &["write `timestamp \"2026-01-31T00:00:00Z\"`"],
    },
    Mistake {
        what: "a misspelt function",
        old: "string?   is_email",
        new: "string?   is_mail",
        codes: &[Code::UnknownFunction],
        words: &["`is_mail`", "did you mean `is_email`?"],
    },
    Mistake {
        what: "look-ahead in a pattern",
        old: "matches /[A-Z]{2}\\d{9}/",
        new: "matches /(?=[A-Z]{2})\\w{11}/",
        codes: &[Code::Regex],
        words: &["look-ahead", "linear time"],
    },
    Mistake {
        what: "a string that is not closed",
        old: "in carriers\n",
        new: "= \"van\n",
        // The two that name the field are not at fault.
        codes: &[Code::Unclosed],
        words: &["never closed", "same line"],
    },
    Mistake {
        what: "a name in a message that is no column",
        old: "insured for {insured_value} only",
        new: "insured for {insured} only",
        codes: &[Code::UnknownName],
        words: &["`insured`"],
    },
    Mistake {
        what: "a misspelt field in a fallback",
        old: "effort: 0.0, causes",
        new: "efort: 0.0, causes",
        codes: &[Code::UnknownName],
        words: &["the fallback", "`efort`", "did you mean `effort`?"],
    },
    Mistake {
        what: "a field of a block that has no such key",
        old: "key parcel_id\n",
        new: "key parcel\n",
        codes: &[Code::UnknownName],
        words: &["`parcel`", "declare it as a field"],
    },
    Mistake {
        what: "buckets that do not ascend",
        old: "buckets (0, 25, 50, 75, 90, 100)",
        new: "buckets (0, 50, 25, 75, 90, 100)",
        codes: &[Code::ValueType],
        words: &["do not ascend", "smallest to the largest"],
    },
    Mistake {
        what: "a test of a block that does not exist",
        old: "for delay_summary {",
        new: "for delay_sumary {",
        codes: &[Code::UnknownName],
        words: &["`delay_sumary`", "did you mean `delay_summary`?"],
    },
];

#[test]
fn one_mistake_gives_one_error_that_helps() {
    let sound = rules_of_parcels();
    let mut wrong = Vec::new();
    for mistake in MISTAKES {
        assert_eq!(sound.matches(mistake.old).count(), 1, "{}: `{}` must stand in the file once", mistake.what, mistake.old);
        let compiled = compiled(&sound.replace(mistake.old, mistake.new));
        let errors: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
        let codes: Vec<Code> = errors.iter().map(|error| error.code).collect();
        let said: Vec<String> = errors.iter().map(|error| line(error)).collect();
        if codes != mistake.codes {
            wrong.push(format!("{}: {said:#?}", mistake.what));
            continue;
        }
        let all = errors.first().map(|error| everything_said(error)).unwrap_or_default();
        for word in mistake.words {
            if !all.contains(word) {
                wrong.push(format!("{}: no `{word}` in {all:?}", mistake.what));
            }
        }
        assert!(compiled.rule_set.is_none(), "{}", mistake.what);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn everything_said(error: &Diagnostic) -> String {
    let labels = error.labels.iter().map(|(_, text)| text.as_str());
    let parts = [Some(error.message.as_str()), error.label.as_deref(), error.help.as_deref()];
    parts.into_iter().flatten().chain(labels).collect::<Vec<_>>().join(" | ")
}
