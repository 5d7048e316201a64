//! What a reload comes to.

use rulegate::live::{LiveRules, Problem, Reload};

use super::*;

#[test]
fn new_rules_take_over_and_the_same_change_nothing() {
    let (live, batch) = (live(None), rows(10));
    assert_eq!(failed(&live, &batch), 0);
    let held = live.current();
    let text = floor(4);
    match live.reload(&texts(&text), &change(0)) {
        Reload::Reloaded { generation, before, .. } => assert_eq!((generation.number(), before.number()), (2, 1)),
        other => panic!("{other:?}"),
    }
    assert_eq!((failed(&live, &batch), live.current().number()), (4, 2));
    assert!(matches!(live.reload(&texts(&text), &change(0)), Reload::Unchanged));
    let commented = format!("{text}\n// a remark\n");
    assert!(matches!(live.reload(&texts(&commented), &change(0)), Reload::Unchanged), "comments are no rules");
    assert_eq!(
        held.validator(&batch.schema()).unwrap().validate(&batch).unwrap().rows_failed(),
        0,
        "whoever holds the old goes on with them"
    );
}

#[test]
fn what_cannot_take_over_leaves_the_old_rules_and_says_why() {
    let (live, batch) = (live(None), rows(10));
    let text = floor(3);
    assert!(matches!(live.reload(&texts(&text), &change(0)), Reload::Reloaded { .. }));
    assert_eq!(failed(&live, &batch), 3);

    let broken = kept(live.reload(&texts("rulegate 1\nfeatures t { a : int64 >= \"x\" }"), &change(0)));
    assert!(broken.contains("the first: t.rules:2:"), "{broken}");
    let two_blocks = kept(live.reload(&texts("rulegate 1\nfeatures t { a : int64 }\nfeatures u { a : int64 }"), &change(0)));
    assert!(two_blocks.contains("the rules have several blocks"), "{two_blocks}");
    let stray = Overrides::from_iter([Override::of("t.a.rnage", "ana", "2026-11-20", "a trial").mode(Mode::Off)]);
    let stray = kept(live.reload(&Texts { overrides: stray, ..texts(&text) }, &change(0)));
    assert!(stray.contains("did you mean `t.a.range`?"), "{stray}");
    let missing = kept(live.reload_from(std::path::Path::new("no/such.rules"), Default::default(), Default::default(), &change(0)));
    assert!(missing.contains("no/such.rules: the rule file cannot be read"), "{missing}");
    let refused = kept(live.reload_through(&texts(&floor(9)), &change(0), |_| Err("not now".into())));
    assert!(refused.contains("not now"), "{refused}");

    assert_eq!((failed(&live, &batch), live.current().number()), (3, 2));
}

#[test]
fn a_start_without_sound_rules_is_none() {
    assert!(matches!(LiveRules::start(&texts("rulegate 1"), &change(0), Default::default(), None), Err(Problem::Bind(_))));
    assert!(matches!(LiveRules::start(&texts("?"), &change(0), Default::default(), None), Err(Problem::Broken { .. })));
}

#[test]
fn overrides_switch_a_rule_to_shadow_and_back_and_end_by_themselves() {
    let (live, batch, text) = (live(None), rows(10), floor(5));
    assert!(matches!(live.reload(&texts(&text), &change(0)), Reload::Reloaded { .. }));
    let with = |overrides| Texts { overrides, ..texts(&text) };
    assert!(matches!(live.reload(&with(shadow(None)), &change(0)), Reload::Reloaded { .. }));
    assert_eq!(failed(&live, &batch), 0);
    assert!(matches!(live.reload(&texts(&text), &change(0)), Reload::Reloaded { .. }));
    assert_eq!(failed(&live, &batch), 5);

    // The last day is 1970-01-03, which is day 2.
    let ending = || with(shadow(Some("1970-01-03")));
    assert!(matches!(live.reload(&ending(), &change(2)), Reload::Reloaded { .. }));
    assert_eq!(failed(&live, &batch), 0);
    assert!(matches!(live.reload(&ending(), &change(2)), Reload::Unchanged));
    assert!(matches!(live.reload(&ending(), &change(3)), Reload::Reloaded { .. }));
    assert_eq!(failed(&live, &batch), 5);
}

#[test]
fn rules_are_read_from_a_file_with_what_it_imports() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.rules");
    std::fs::write(folder.path().join("types.rules"), "rulegate 1\ntype amount = int64 >= 7\n").unwrap();
    std::fs::write(&path, "rulegate 1\nimport \"types.rules\"\nfeatures t { a : amount }\n").unwrap();
    let live = live(None);
    match live.reload_from(&path, Default::default(), Default::default(), &change(0)) {
        Reload::Reloaded { .. } => assert_eq!(failed(&live, &rows(10)), 7),
        other => panic!("{other:?}"),
    }
}
