//! What a run tells while it lasts, and whether its memory stayed flat.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Seen, Soak};

/// Runs shorter than this say nothing about memory.
const LONG: Duration = Duration::from_secs(300);

/// Resident memory in KiB, once a second, and when.
#[derive(Default)]
pub(super) struct Memory {
    samples: Vec<(Duration, u64)>,
}

/// Waits until the time is over or a thread has ended, and tells once a minute how it goes.
pub(super) fn watch(soak: &Soak, begun: Instant, length: Duration, is_broken: impl Fn() -> bool) -> Memory {
    // Room for all samples beforehand, so that they are no growth themselves.
    let mut memory = Memory { samples: Vec::with_capacity(100_000) };
    let (mut minute, mut rows_before) = (0, 0);
    while begun.elapsed() < length && !is_broken() {
        std::thread::sleep(Duration::from_secs(1).min(length.saturating_sub(begun.elapsed())));
        let Some(resident) = resident() else { continue };
        memory.samples.push((begun.elapsed(), resident));
        if begun.elapsed().as_secs() / 60 > minute {
            minute = begun.elapsed().as_secs() / 60;
            let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
            let (rows, seen) = (count(&soak.seen.rows), &soak.seen);
            println!(
                "minute {minute}: {rows} rows, {} rows/s, {} batches, {} reloads, {} kept, {} files, {} entries, {} MiB resident",
                (rows - rows_before) / 60,
                count(&seen.batches),
                count(&seen.reloads),
                count(&seen.kept),
                count(&seen.files),
                count(&soak.entries),
                resident >> 10
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

impl Memory {
    /// The middle of what was seen between two shares of the run.
    fn middle(&self, length: Duration, from: f64, to: f64) -> u64 {
        let (from, to) = (length.mul_f64(from), length.mul_f64(to));
        let mut part: Vec<u64> = self.samples.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, resident)| *resident).collect();
        part.sort_unstable();
        part[part.len() / 2]
    }

    /// After the first fifth of a long run memory stays where it is: within 5 % and 4 MiB, which is what a heap breathes.
    pub(super) fn is_flat(&self, length: Duration) {
        if length < LONG || self.samples.is_empty() {
            return;
        }
        let (warm, end) = (self.middle(length, 0.2, 0.4), self.middle(length, 0.8, 1.1));
        println!("resident: {warm} KiB after warming up, {end} KiB at the end");
        assert!(end <= warm + warm / 20 + (4 << 10), "memory has grown from {warm} to {end} KiB");
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
