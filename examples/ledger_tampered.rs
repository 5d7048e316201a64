//! Somebody changes the ledger of decisions, and is found out.
//!
//! `cargo run --example ledger_tampered`
//!
//! Four decisions are written and verified. Then one is altered, one taken out, two are swapped, and the end is cut off: each time the first
//! entry that is not as it was written is named. The cut end needs a head that was noted down elsewhere: a chain alone cannot show it.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use rulegate::RuleSet;
use rulegate::ledger::{Decision, Event, FlawKind, Ledger, LedgerError};

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let ledger = Ledger::at(folder.path().join("decisions.ledger"));
    let compiled = RuleSet::compile("orders.rules", "rulegate 1\nfeatures orders { amount : int64 >= 0 }", &Default::default());
    let rules = compiled.rule_set.ok_or("the rules do not compile")?;
    for day in 1..=4_i64 {
        let amounts: ArrayRef = Arc::new(Int64Array::from(vec![day, -day, 7]));
        let batch = RecordBatch::try_from_iter([("amount", amounts)])?;
        let validator = rules.bind(&batch.schema())?;
        let mut session = validator.session();
        let input = session.begin(&validator, format!("orders-{day}.parquet"))?;
        session.fold(input.judge(&batch, 0));
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + day.unsigned_abs());
        ledger.append(at, Some("example"), Event::Decision(Box::new(Decision::of(&session.finish()))))?;
    }
    let verified = ledger.verify(None)?;
    let head = verified.head.ok_or("there are entries")?;
    println!("ok: {} entries, head {head}\n", verified.entries);

    let sound = std::fs::read_to_string(ledger.path())?;
    let lines: Vec<&str> = sound.split_inclusive('\n').collect();
    let [a, b, c, d] = lines.as_slice() else { return Err("four lines were written".into()) };
    let whitewashed = b.replace("\"rows_failed\":1", "\"rows_failed\":0");
    for (deed, text, kind, entry) in [
        ("failing rows written away", [*a, whitewashed.as_str(), *c, *d].concat(), FlawKind::Altered, 1),
        ("a decision taken out", [*a, *b, *d].concat(), FlawKind::Missing, 2),
        ("two decisions swapped", [*a, *c, *b, *d].concat(), FlawKind::Reordered, 1),
        ("a decision put in twice", [*a, *a, *b, *c, *d].concat(), FlawKind::Inserted, 1),
        ("the end cut off", [*a, *b, *c].concat(), FlawKind::Missing, 3),
    ] {
        std::fs::write(ledger.path(), text)?;
        match ledger.verify(Some(&head)) {
            Err(LedgerError::Flawed { flaw, .. }) if (flaw.kind, flaw.seq) == (kind, entry) => println!("ok: {deed}: {flaw}"),
            other => return Err(format!("{deed}: {other:?}").into()),
        }
    }
    // Without the head, the cut end is a shorter ledger like any other.
    println!("\nwithout the head, the last of these has {} entries and a chain that holds", ledger.verify(None)?.entries);

    std::fs::write(ledger.path(), &sound)?;
    ledger.verify(Some(&head))?;
    println!("ok: the true file is sound again");
    Ok(())
}
