//! What the ledger knows of switches and of a gate's decisions.

use rulegate::gate::{Gate, Outcome, Policy};
use rulegate::ledger::{DecisionOutcome, Event};
use rulegate::live::{Problem, RecordError, RecordedGate};

use super::*;

fn events(ledger: &Ledger) -> Vec<Event> {
    let mut events = Vec::new();
    ledger.each(None, |entry| events.push(entry.event.clone())).expect("the chain holds");
    events
}

#[test]
fn every_switch_is_taken_down_and_what_is_not_taken_down_is_not_switched() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path().join("l"));
    let live = live(Some(ledger.clone()));
    let text = floor(2);
    assert!(matches!(live.reload(&texts(&text), &change(0)), Reload::Reloaded { entry: Some(_), .. }));
    assert!(matches!(live.reload(&texts("?"), &change(0)), Reload::Kept(_)));
    assert!(matches!(live.reload(&Texts { overrides: shadow(None), ..texts(&text) }, &change(0)), Reload::Reloaded { .. }));
    let told: Vec<_> = events(&ledger)
        .into_iter()
        .map(|event| match event {
            Event::RulesChanged(change) => {
                (change.who, change.generation, change.from.map(|from| from.hash), change.to.hash, change.overrides)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told.len(), 3);
    assert_eq!((told[0].2.as_ref(), told[1].2.as_ref(), told[2].2.as_ref()), (None, Some(&told[0].3), Some(&told[1].3)));
    assert_eq!(told.iter().map(|told| told.1).collect::<Vec<_>>(), [1, 2, 3]);
    let overrides = told[2].4.as_ref().expect("one override");
    assert_eq!((overrides.list[0].target.as_str(), overrides.list[0].rules), ("t.a.range", 1));
    assert_eq!(Some(overrides.hash.as_str()), live.current().rules().overrides_hash());

    // The file is spoilt: no switch.
    let mut bytes = std::fs::read(ledger.path()).unwrap();
    let end = bytes.len() - 9;
    bytes[end] ^= 1;
    std::fs::write(ledger.path(), &bytes).unwrap();
    assert!(matches!(live.reload(&texts(&floor(9)), &change(0)), Reload::Kept(problem) if matches!(*problem, Problem::Ledger(_))));
    assert_eq!(live.current().number(), 3);
}

#[test]
fn a_switch_that_a_gate_refuses_is_taken_back_in_the_ledger_too() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path().join("l"));
    let live = live(Some(ledger.clone()));
    assert!(matches!(live.reload_through(&texts(&floor(2)), &change(0), |_| Err("no".into())), Reload::Kept(_)));
    let [_, Event::RulesChanged(there), Event::RulesChanged(back)] = &events(&ledger)[..] else { panic!("three entries") };
    assert_eq!((back.why.as_str(), Some(&back.to), back.from.as_ref()), ("taken back: no", there.from.as_ref(), Some(&there.to)));
}

#[test]
fn each_decision_of_a_gate_has_an_entry_and_none_is_given_away_without() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l");
    let (live, batch, text) = (live(None), rows(10), floor(4));
    assert!(matches!(live.reload(&Texts { overrides: shadow(None), ..texts(&text) }, &change(0)), Reload::Reloaded { .. }));
    let gate = Gate::new(&live.current().validator(&batch.schema()).unwrap(), Policy::Split).unwrap();
    let gate = RecordedGate::new(gate, Ledger::at(&path));
    let at = change(1).at;

    // Not a ledger: the decision is made and not given away; handed in again it is, once the ledger takes it.
    std::fs::write(&path, "no ledger\n").unwrap();
    assert!(matches!(gate.judge_as("one", &batch, at, None), Err(RecordError::Ledger { .. })));
    std::fs::remove_file(&path).unwrap();
    let (decision, entry) = gate.judge_as("one", &batch, at, Some("run-1")).unwrap();
    assert_eq!((decision.repeated, decision.outcome, entry.map(|entry| entry.seq)), (true, Outcome::Accepted, Some(0)));
    assert!(gate.judge_as("one", &batch, at, None).unwrap().1.is_none(), "it has its entry");

    live.reload_through(&texts(&text), &change(0), |next| {
        gate.gate().swap(&next.validator(&batch.schema())?)?;
        Ok(())
    });
    let (decision, _) = gate.judge_as("two", &batch, at, None).unwrap();
    assert_eq!((decision.outcome, decision.counts.quarantined), (Outcome::Escalated, 4));

    let [Event::Decision(one), Event::Decision(two)] = &events(gate.ledger())[..] else { panic!("two decisions") };
    assert_eq!((one.outcome, one.rows, one.rows_failed, one.rules.fail, one.shadow.fail), (DecisionOutcome::Accepted, 10, 0, 0, 1));
    assert_eq!((two.outcome, two.rows, two.rows_failed, two.rules.fail, two.shadow.fail), (DecisionOutcome::Escalated, 10, 4, 1, 0));
    assert_eq!((one.inputs[0].name.as_str(), two.failing[0].rule.as_str(), two.failing[0].failed), ("one", "t.a.range", 4));
    assert!(one.overrides.is_some() && two.overrides.is_none());
    assert_ne!(one.ruleset.hash, two.ruleset.hash);
}
