//! What a run tells while it lasts, and whether its memory stayed flat.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{HEAP, Seen, Soak};

/// Runs shorter than this say nothing about memory.
const LONG: Duration = Duration::from_secs(300);

/// Memory in KiB, once a second, and how far the work had come.
#[derive(Default)]
pub(super) struct Memory {
    samples: Vec<Sample>,
}

#[derive(Clone, Copy)]
struct Sample {
    /// Batches until then.
    batches: u64,
    /// What the system has given.
    resident: u64,
    /// What was allocated and not given back.
    live: u64,
}

/// Waits until the time is over or a thread has ended, and tells once a minute how it goes.
pub(super) fn watch(soak: &Soak, begun: Instant, length: Duration, is_broken: impl Fn() -> bool) -> Memory {
    // Room for all samples beforehand, so that they are no growth themselves.
    let mut memory = Memory { samples: Vec::with_capacity(100_000) };
    let (mut minute, mut rows_before) = (0, 0);
    while begun.elapsed() < length && !is_broken() {
        std::thread::sleep(Duration::from_secs(1).min(length.saturating_sub(begun.elapsed())));
        let Some(resident) = resident() else { continue };
        let live = live() as u64 >> 10;
        memory.samples.push(Sample { batches: soak.seen.batches.load(Ordering::Relaxed), resident, live });
        if begun.elapsed().as_secs() / 60 > minute {
            minute = begun.elapsed().as_secs() / 60;
            let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
            let (rows, seen) = (count(&soak.seen.rows), &soak.seen);
            println!(
                "minute {minute}: {rows} rows, {} rows/s, {} batches, {} reloads, {} kept, {} files, {} entries, {} MiB resident, {} MiB live",
                (rows - rows_before) / 60,
                count(&seen.batches),
                count(&seen.reloads),
                count(&seen.kept),
                count(&seen.files),
                count(&soak.entries),
                resident >> 10,
                live >> 10
            );
            rows_before = rows;
        }
    }
    memory
}

fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// What was allocated and not given back. A counter is read after another, so that what happens between makes a small error.
pub(super) fn live() -> usize {
    let heap = HEAP.stats();
    heap.bytes_allocated.saturating_sub(heap.bytes_deallocated)
}

impl Memory {
    /// The middle of what was seen between two shares of the work. Shares of the time would compare hours in which the machine had other
    /// things to do with hours in which it had not.
    fn middle(&self, of: fn(&Sample) -> u64, from: u64, to: u64) -> u64 {
        let all = self.samples.last().map_or(0, |last| last.batches);
        let is_within = |sample: &&Sample| (from * all..=to * all).contains(&(sample.batches * 100));
        let mut part: Vec<u64> = self.samples.iter().filter(is_within).map(of).collect();
        part.sort_unstable();
        part[part.len() / 2]
    }

    /// After the first fifth of the work of a long run memory stays where it is: within 5 % and 4 MiB, which is what a heap breathes, and what the
    /// rules of remembered decisions take, of which there are more where fewer batches come between two reloads.
    pub(super) fn is_flat(&self, length: Duration) {
        if length < LONG || self.samples.is_empty() {
            return;
        }
        let parts: [(&str, fn(&Sample) -> u64); 2] = [("resident", |sample| sample.resident), ("live", |sample| sample.live)];
        let mut grown = Vec::new();
        for (name, of) in parts {
            let (warm, end) = (self.middle(of, 20, 40), self.middle(of, 80, 100));
            println!("{name}: {warm} KiB after warming up, {end} KiB at the end");
            grown.extend((end > warm + warm / 20 + (4 << 10)).then(|| format!("{name} memory has grown from {warm} to {end} KiB")));
        }
        assert!(grown.is_empty(), "{grown:?}");
    }
}

/// A soak in which something never happened proves nothing about it.
pub(super) fn has_seen_everything(seen: &Seen) {
    let all = [
        ("rows", &seen.rows),
        ("repeated", &seen.repeated),
        ("misfits", &seen.misfits),
        ("nulls refused", &seen.nulls_refused),
        ("reloads", &seen.reloads),
        ("kept", &seen.kept),
        ("corrupt refused", &seen.corrupt_refused),
        ("sinks failed", &seen.sinks_failed),
        ("sinks committed", &seen.sinks_committed),
        ("called off", &seen.called_off),
        ("mended", &seen.mended),
    ];
    for (what, counter) in all {
        assert!(counter.load(Ordering::Relaxed) > 0, "{what}: never seen");
    }
}
