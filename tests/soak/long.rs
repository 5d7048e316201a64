//! One session that goes on and on: what is held does not grow with its batches, only with the keys of `unique`.

use arrow::array::RecordBatch;
use rulegate::RuleSet;
use rulegate::gate::{Gate, GateOptions, Policy, Remember};

use super::random::Random;
use super::rows::{self, Faults};
use super::watch;

/// Batches after which everything that has a limit has reached it.
const WARM: usize = 1_024;

/// Nothing else may run meanwhile: every byte that is allocated counts.
pub(super) fn holds_no_more_for_each_batch() {
    let mut random = Random::seeded(7);
    let batches: Vec<RecordBatch> = (0..32).map(|_| rows::batch(&rows::rows(&mut random, Faults::Rows))).collect();
    for policy in [Policy::Reject, Policy::Split, Policy::Flag, Policy::Observe] {
        let gate = gate(&without_keys(), policy, Remember { batches: 32, bytes: 64 << 20 });
        let send = |from: usize, to: usize| {
            (from..to).for_each(|number| drop(gate.judge_as(&format!("{number:08}"), &batches[number % batches.len()]).unwrap()));
        };
        send(0, WARM);
        let mut grown = [0, 1, 2, 3, 4].map(|part| {
            let (before, from) = (live(), WARM + part * 512);
            send(from, from + 512);
            live() - before
        });
        // Queues of the threads take and free a block of some kilobytes now and then; what each batch left would be in all five.
        grown.sort_unstable();
        assert!(grown[2] < 512, "{policy}: {grown:?} bytes more after 512 more batches each");
    }
}

/// Bytes that a session holds for each key of `unique`, of numbers.
pub(super) fn bytes_of_a_key() -> i64 {
    let gate = gate("rulegate 1\nfeatures tokens { id : int64 unique }", Policy::Split, Remember::default());
    let send = |count: usize| {
        let fresh: Vec<_> = (0..count).map(|_| rows::Row::good()).collect();
        assert_eq!(gate.judge(&rows::batch(&fresh)).unwrap().counts.quarantined, 0);
    };
    // So that tables of keys have doubled just before, and are as full as they get on the whole.
    send(1_000);
    let (before, keys) = (live(), 170_000);
    (0..keys / 10_000).for_each(|_| send(10_000));
    (live() - before) / i64::try_from(keys).unwrap()
}

/// The room that a gate is given for decisions is about the room that it takes.
pub(super) fn remembers_what_there_is_room_for() {
    let mut random = Random::seeded(8);
    let batches: Vec<RecordBatch> = (0..32).map(|_| rows::batch(&rows::rows(&mut random, Faults::Rows))).collect();
    let held = |bytes: usize| {
        let before = live();
        let gate = gate(&without_keys(), Policy::Split, Remember { batches: 10_000, bytes });
        (0..WARM).for_each(|number| drop(gate.judge_as(&format!("{number:08}"), &batches[number % batches.len()]).unwrap()));
        live() - before
    };
    let (none, some) = (held(0), held(1 << 20));
    let found = some - none;
    assert!((1 << 19..3 << 19).contains(&found), "{found} bytes in the room of {}", 1 << 20);
}

fn without_keys() -> String {
    rows::rules(0).replace("id : int64 unique", "id : int64")
}

fn gate(text: &str, policy: Policy, remember: Remember) -> Gate {
    let rules = RuleSet::compile("tokens.rules", text, &Default::default()).rule_set.unwrap();
    let options = GateOptions { remember, ..GateOptions::default() };
    Gate::with_options(&rules.bind(&rows::schema()).unwrap(), policy, options).unwrap()
}

fn live() -> i64 {
    i64::try_from(watch::live()).unwrap()
}
