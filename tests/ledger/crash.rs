//! What a crash leaves behind: recognised, moved aside, told of.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use rulegate::ledger::{Event, FlawKind, Ledger};

use super::{append, bytes, decision, ledger_of, moment, verify};

/// Cuts the file after so many bytes.
fn cut(ledger: &Ledger, length: usize) {
    let all = bytes(ledger);
    std::fs::write(ledger.path(), &all[..length]).unwrap();
}

#[test]
fn a_ledger_cut_anywhere_in_its_last_line_goes_on_and_says_so() {
    let (_folder, ledger) = ledger_of(3);
    let whole = bytes(&ledger);
    let before = super::lines(&whole)[..2].concat().len();
    for length in (before + 1..whole.len()).step_by(23).chain([whole.len() - 1]) {
        let (_folder, ledger) = ledger_of(3);
        cut(&ledger, length);
        let torn = bytes(&ledger)[before..].to_vec();
        let flaw = verify(&bytes(&ledger), None).expect_err("torn");
        assert_eq!((flaw.kind, flaw.seq, flaw.line), (FlawKind::Torn, 2, 3));

        let entry = append(&ledger, 9);
        assert_eq!(entry.seq, 3, "entry 2 tells of the repair");
        let mut events = Vec::new();
        ledger.each(None, |entry| events.push(entry.event.clone())).expect("the chain holds again");
        let Event::Repaired { moved } = &events[2] else { panic!("{:?}", events[2]) };
        let kept = std::fs::read(ledger.path().with_file_name(&moved[0].name)).expect("the piece was kept");
        assert_eq!((moved.len(), moved[0].bytes, kept), (1, torn.len() as u64, torn));
        assert!(bytes(&ledger).starts_with(&whole[..before]), "nothing whole was touched");
    }
}

/// A crash between cutting off a piece and telling of it: the next append tells.
#[test]
fn a_repair_that_was_itself_cut_short_is_told_by_the_next() {
    let (_folder, ledger) = ledger_of(2);
    std::fs::write(ledger.path().with_file_name("decisions.ledger.torn-2.0"), b"{\"v\":1,\"se").unwrap();
    std::fs::OpenOptions::new().append(true).open(ledger.path()).unwrap().write_all(b"{\"v\":1,\"seq\":2,\"pr").unwrap();
    append(&ledger, 5);
    let mut moved = Vec::new();
    let told = ledger.each(None, |entry| {
        if let Event::Repaired { moved: pieces } = &entry.event {
            moved.extend(pieces.iter().map(|piece| (piece.name.clone(), piece.bytes)));
        }
    });
    assert_eq!(told.unwrap().entries, 4);
    assert_eq!(moved, [("decisions.ledger.torn-2.0".to_owned(), 10), ("decisions.ledger.torn-2.1".to_owned(), 18)]);
}

#[test]
fn a_file_that_never_had_a_whole_line_is_mended_too() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path().join("l"));
    std::fs::write(ledger.path(), [0_u8; 300]).unwrap();
    assert_eq!(append(&ledger, 1).seq, 1);
    assert_eq!(ledger.verify(None).unwrap().entries, 2);
}

/// The child of the next test: appends until it is killed, and says what has been made to last.
#[test]
fn appends_until_it_is_killed() {
    let Some(path) = std::env::var_os("LEDGER_OF_A_CHILD") else { return };
    let ledger = Ledger::at(path);
    for number in 0.. {
        let entry = ledger.append(moment(number), None, decision(number)).expect("the disk has room");
        println!("lasts {} {}", entry.seq, entry.hash);
    }
}

/// SIGKILL at any moment: everything that was said to last is there, the chain goes on, and nothing is lost silently.
#[test]
fn what_was_said_to_last_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path().join("decisions.ledger"));
    let rounds = std::env::var("LEDGER_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let mut lasting: Vec<(u64, String)> = Vec::new();
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::appends_until_it_is_killed", "--nocapture", "--test-threads=1"])
            .env("LEDGER_OF_A_CHILD", ledger.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = |line: &str| {
            let mut words = line.split_once("lasts ")?.1.split(' ');
            Some((words.next()?.parse().ok()?, words.next()?.to_owned()))
        };
        // A different number of entries each round, and then some time into the next one.
        let wanted = 1 + round % 4;
        lasting.extend(told.by_ref().filter_map(|line| said(&line.unwrap())).take(wanted));
        std::thread::sleep(std::time::Duration::from_micros(u64::try_from(round).unwrap() * 137));
        child.kill().unwrap();
        child.wait().unwrap();
        lasting.extend(told.map_while(Result::ok).filter_map(|line| said(&line)));
    }
    append(&ledger, 1);
    let mut found = std::collections::BTreeMap::new();
    let verified = ledger.each(None, |entry| drop(found.insert(entry.seq, entry.hash.clone()))).expect("the chain holds");
    assert!(lasting.len() >= rounds);
    assert!(lasting.iter().all(|(seq, hash)| found.get(seq) == Some(hash)));
    assert_eq!(verified.entries as usize, found.len());
}
