//! Whoever changes a ledger is found out, and the entry is named.

use proptest::prelude::*;
use rulegate::ledger::FlawKind;

use super::{bytes, flaw, ledger_of, lines, verify};

#[test]
fn every_change_of_a_single_byte_is_found_in_its_entry() {
    let (_folder, ledger) = ledger_of(4);
    let sound = bytes(&ledger);
    assert_eq!(verify(&sound, None).unwrap().entries, 4);
    let starts: Vec<usize> = lines(&sound).iter().scan(0, |at, line| Some(std::mem::replace(at, *at + line.len()))).collect();
    let mut changed = sound.clone();
    for at in 0..sound.len() {
        let entry = starts.iter().rposition(|start| *start <= at).unwrap() as u64;
        // Every bit by itself, upper and lower case, blank, quote, line end, nothing.
        let others = (0..8).map(|bit| sound[at] ^ (1 << bit)).chain([b' ', b'"', b'\n', b'\r', 0, b'0', b'f', 0xff]);
        for byte in others.filter(|byte| *byte != sound[at]) {
            changed[at] = byte;
            let flaw = verify(&changed, None).expect_err("a byte is another");
            assert_eq!((flaw.seq, flaw.line), (entry, entry + 1), "byte {at} as {byte:#x}: {flaw}");
        }
        changed[at] = sound[at];
    }
}

#[test]
fn every_byte_that_is_gone_or_too_many_is_found() {
    let (_folder, ledger) = ledger_of(3);
    let sound = bytes(&ledger);
    for at in 0..sound.len() {
        let mut shorter = sound.clone();
        shorter.remove(at);
        verify(&shorter, None).expect_err("a byte is gone");
        let mut longer = sound.clone();
        longer.insert(at, b' ');
        verify(&longer, None).expect_err("a byte is too many");
    }
}

#[test]
fn entries_that_are_removed_swapped_doubled_or_put_in_are_told_apart() {
    let (_folder, ledger) = ledger_of(6);
    // One that has the same beginning, and one that has nothing in common.
    let (_fork, fork) = ledger_of(3);
    super::append(&fork, 77);
    let (_other, other) = ledger_of(0);
    (70..76).for_each(|number| drop(super::append(&other, number)));
    let (sound, fork, other) = (lines(&bytes(&ledger)), lines(&bytes(&fork)), lines(&bytes(&other)));
    for at in 0..sound.len() {
        let edited = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut lines = sound.clone();
            edit(&mut lines);
            lines.concat()
        };
        let told = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let flaw = flaw(&edited(edit));
            (flaw.kind, flaw.seq)
        };
        if at + 1 < sound.len() {
            assert_eq!(told(&|lines| drop(lines.remove(at))), (FlawKind::Missing, at as u64));
            assert_eq!(told(&|lines| lines.swap(at, at + 1)), (FlawKind::Reordered, at as u64));
        }
        assert_eq!(told(&|lines| lines.insert(at, sound[at].clone())), (FlawKind::Inserted, at as u64 + 1));
        assert_eq!(told(&|lines| lines.insert(at, b"{}\n".to_vec())), (FlawKind::Inserted, at as u64));
        assert_eq!(told(&|lines| lines.insert(at, b"\n".to_vec())), (FlawKind::Inserted, at as u64));
        if at == 3 {
            assert_eq!(told(&|lines| lines.insert(3, other[3].clone())), (FlawKind::Inserted, 3));
            assert_eq!(told(&|lines| lines[3] = other[3].clone()), (FlawKind::Replaced, 3));
            // Where both follow, nobody can say which is the true one: the second is named, and so is what it bears.
            assert_eq!(told(&|lines| lines.insert(3, fork[3].clone())), (FlawKind::Inserted, 4));
            assert_eq!(told(&|lines| lines[3] = fork[3].clone()), (FlawKind::Replaced, 4));
        }
    }
}

/// Whoever can write the file can write the whole of it again; only what was noted down elsewhere tells.
#[test]
fn entries_cut_off_at_the_end_are_found_by_a_head_that_was_noted() {
    let (_folder, ledger) = ledger_of(5);
    let sound = bytes(&ledger);
    let heads: Vec<_> = (1..=5).map(|count| verify(&lines(&sound)[..count].concat(), None).unwrap().head.unwrap()).collect();
    for kept in 0..5 {
        let cut = lines(&sound)[..kept].concat();
        assert_eq!(verify(&cut, None).unwrap().entries, kept as u64, "a chain alone does not show it");
        for (noted, head) in heads.iter().enumerate() {
            match verify(&cut, Some(head)) {
                Ok(_) => assert!(noted < kept),
                Err(flaw) => {
                    assert!(noted >= kept);
                    assert_eq!((flaw.kind, flaw.seq), (FlawKind::Missing, kept as u64));
                }
            }
        }
    }
    // An earlier head is good for a ledger that has grown since.
    assert!(heads.iter().all(|head| verify(&sound, Some(head)).is_ok()));
    let bare = heads[2].hash.parse().unwrap();
    assert!(verify(&sound, Some(&bare)).is_ok());
}

#[test]
fn a_ledger_written_anew_is_found_by_a_head_that_was_noted() {
    let (_folder, ledger) = ledger_of(4);
    let head = ledger.verify(None).unwrap().head.unwrap();
    let (_other, rewritten) = ledger_of(2);
    super::append(&rewritten, 9);
    super::append(&rewritten, 3);
    let flaw = verify(&bytes(&rewritten), Some(&head)).expect_err("another ledger");
    assert_eq!((flaw.kind, flaw.seq), (FlawKind::Replaced, 3));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// Any run of bytes put in the place of any other.
    #[test]
    fn any_splice_is_found(from in 0.0..1.0_f64, length in 0_usize..400, put in proptest::collection::vec(any::<u8>(), 0..400)) {
        let sound = sound();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a small file")]
        let from = (from * sound.len() as f64) as usize;
        let mut changed = sound.to_vec();
        changed.splice(from..(from + length).min(sound.len()), put);
        // What is cut off in front of an end of a line leaves a sound chain that is shorter.
        let is_prefix = sound.starts_with(&changed) && (changed.is_empty() || changed.ends_with(b"\n"));
        prop_assert_eq!(verify(&changed, None).is_ok(), is_prefix || changed == sound);
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

fn sound() -> &'static [u8] {
    static SOUND: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    SOUND.get_or_init(|| {
        let (_folder, ledger) = ledger_of(5);
        bytes(&ledger)
    })
}
