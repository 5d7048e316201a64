//! Appending: by threads, by programs, onto what is no ledger.

use std::process::Command;

use rulegate::ledger::{Event, FlawKind, Ledger, LedgerError};

use super::{append, bytes, decision, ledger_of, moment};

#[test]
fn threads_share_one_ledger_and_no_entry_is_lost() {
    let (_folder, ledger) = ledger_of(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            // Half of them through a handle of their own, as another part of the program would.
            let ledger = if thread % 2 == 0 { ledger.clone() } else { Ledger::at(ledger.path()) };
            scope.spawn(move || (0..25).for_each(|number| drop(append(&ledger, thread * 100 + number))));
        }
    });
    assert_eq!(ledger.verify(None).unwrap().entries, 100);
}

/// The child of the next test.
#[test]
fn appends_twenty() {
    if let Some(path) = std::env::var_os("LEDGER_OF_TWENTY") {
        (0..20).for_each(|number| drop(append(&Ledger::at(&path), number)));
    }
}

#[test]
fn programs_share_one_ledger_and_no_entry_is_lost() {
    let (_folder, ledger) = ledger_of(0);
    let child = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "append::appends_twenty"])
            .env("LEDGER_OF_TWENTY", ledger.path())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..4).map(|_| child()).collect();
    // Whoever reads meanwhile sees a sound ledger at every moment.
    let mut seen = 0;
    for mut child in children {
        while child.try_wait().unwrap().is_none() {
            match ledger.verify(None) {
                Ok(verified) => {
                    assert!(verified.entries >= seen);
                    seen = verified.entries;
                }
                Err(LedgerError::Io { .. }) => assert_eq!(seen, 0, "only before the first entry there is no file"),
                Err(error) => panic!("{error}"),
            }
        }
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(ledger.verify(None).unwrap().entries, 80);
}

#[test]
fn nothing_is_appended_to_what_is_no_ledger_or_is_altered_at_its_end() {
    let (_folder, ledger) = ledger_of(3);
    let mut altered = bytes(&ledger);
    let at = altered.len() - 100;
    altered[at] ^= 1;
    for (what, line) in [(altered, 3), (b"a,b\n1,2\n".to_vec(), 1), (b"\n".to_vec(), 1)] {
        std::fs::write(ledger.path(), &what).unwrap();
        match ledger.append(moment(0), None, decision(1)) {
            Err(LedgerError::Flawed { flaw, .. }) => assert_eq!((flaw.kind, flaw.line), (FlawKind::Altered, line)),
            other => panic!("{other:?}"),
        }
        assert_eq!(bytes(&ledger), what, "not a byte was written");
    }
    let foreign = b"{\"token\":\"x\"}".to_vec();
    std::fs::write(ledger.path(), &foreign).unwrap();
    assert!(matches!(ledger.append(moment(0), None, decision(1)), Err(LedgerError::Flawed { .. })), "no half of an entry looks like this");
    assert_eq!(bytes(&ledger), foreign, "not a byte was written");
}

#[test]
fn links_and_folders_are_no_ledgers() {
    let (folder, ledger) = ledger_of(1);
    assert!(matches!(Ledger::at(folder.path()).append(moment(0), None, decision(1)), Err(LedgerError::NotAFile { .. })));
    #[cfg(unix)]
    {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(ledger.path(), &link).unwrap();
        assert!(matches!(Ledger::at(link).append(moment(0), None, decision(1)), Err(LedgerError::NotAFile { .. })));
    }
    assert_eq!(ledger.verify(None).unwrap().entries, 1);
}

#[test]
fn entries_that_could_not_be_read_again_are_not_written() {
    let (_folder, ledger) = ledger_of(1);
    let Event::Decision(mut huge) = decision(1) else { panic!("a decision") };
    huge.inputs[0].name = "x".repeat(rulegate::ledger::MAX_LINE_BYTES);
    assert!(matches!(ledger.append(moment(0), None, Event::Decision(huge)), Err(LedgerError::TooLong { .. })));
    let beyond = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(400_000_000_000);
    assert!(matches!(ledger.append(beyond, None, decision(1)), Err(LedgerError::Time)));
    assert_eq!(ledger.verify(None).unwrap().entries, 1);
}

#[test]
fn decisions_are_found_by_the_hash_of_a_file() {
    let (_folder, ledger) = ledger_of(4);
    let found = ledger.find(&format!("{:064x}", 2 * 7 + 1)).unwrap();
    assert_eq!(found.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [2]);
    assert!(ledger.find(&"0".repeat(64)).unwrap().is_empty());
    let mut altered = bytes(&ledger);
    altered[10] ^= 1;
    std::fs::write(ledger.path(), altered).unwrap();
    assert!(ledger.find(&"0".repeat(64)).is_err(), "a ledger that does not hold says nothing");
}
