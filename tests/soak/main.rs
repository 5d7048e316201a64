//! The soak: gates of all policies under several threads, with good, bad, broken and corrupt data, sinks that are slow and fail, work that is
//! called off, and rules and overrides that change meanwhile, all of it in a ledger. At the end every count is exactly what the rows that
//! were made say, and memory has stayed flat.
//!
//! ```text
//! SOAK_SECONDS=1860 cargo test --test soak -- --nocapture
//! ```
//!
//! `SOAK_SECONDS` is how long it runs (default 4), `SOAK_PAUSE_MS` how long each thread rests after a batch (default 0). Memory is looked at
//! in runs of at least five minutes, on Linux: what is resident, and what is allocated and not given back, so that one can be told from
//! the other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unreachable,
    reason = "a test"
)]

mod called_off;
mod files;
mod long;
mod random;
mod rows;
mod sinks;
mod watch;

use std::alloc::System;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant, SystemTime};

use arrow::array::RecordBatch;
use rulegate::compile::{Override, Overrides};
use rulegate::gate::{Decision, Gate, GateError, GateOptions, Limits, Outcome, Policy, Remember, Totals};
use rulegate::ledger::Ledger;
use rulegate::live::{Change, LiveRules, RecordError, RecordedGate, Reload, Texts};
use rulegate::report::Report;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use random::Random;
use rows::{Faults, Laid, Row, Setting, UNIQUE};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const WORKERS: u64 = 4;
const LARGEST: u64 = 2_600;
const AT: Change<'static> = Change { who: "ana", why: "the soak", at: SystemTime::UNIX_EPOCH };

fn seconds(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// A gate, what must have come of it, and what its reports have told.
struct Post {
    policy: Policy,
    gate: Arc<Gate>,
    recorded: Option<RecordedGate>,
    expected: Mutex<Totals>,
    /// Failures by rule, over all sessions: as the rows were made, and as reports say.
    made: Mutex<BTreeMap<&'static str, u64>>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    rows: u64,
    failed: BTreeMap<&'static str, u64>,
}

impl Post {
    fn new(policy: Policy, live: &LiveRules, ledger: Option<&Ledger>) -> Self {
        let limits = Limits { max_batch_rows: Some(LARGEST), ..Limits::default() };
        let options = GateOptions { limits, remember: Remember { batches: 256, bytes: 8 << 20 }, ..GateOptions::default() };
        let gate = Arc::new(Gate::with_options(&live.current().validator(&rows::schema()).unwrap(), policy, options).unwrap());
        let recorded = ledger.map(|ledger| RecordedGate::new(Arc::clone(&gate), ledger.clone()));
        Self { policy, gate, recorded, expected: Mutex::default(), made: Mutex::default(), told: Mutex::default() }
    }

    fn judge(&self, id: &str, batch: &RecordBatch, entries: &AtomicU64) -> Result<Decision, GateError> {
        let Some(recorded) = &self.recorded else { return self.gate.judge_as(id, batch) };
        match recorded.judge_as(id, batch, AT.at, Some("soak")) {
            Ok((decision, entry)) => {
                assert_eq!(entry.is_none(), decision.repeated);
                entries.fetch_add(u64::from(entry.is_some()), Ordering::Relaxed);
                Ok(decision)
            }
            Err(RecordError::Gate(error)) => Err(error),
            Err(other) => panic!("{other}"),
        }
    }

    fn take_report(&self, report: &Report) {
        let mut told = self.told.lock().unwrap();
        told.rows += report.rows;
        for rule in rows::RULES {
            *told.failed.entry(rule).or_default() += report.rule(rule).unwrap().failed;
        }
    }

    fn expect(&self, change: impl FnOnce(&mut Totals)) {
        change(&mut self.expected.lock().unwrap());
    }

    fn count(&self, fate: &rows::Fate) {
        self.expect(|totals| {
            let (passed, aside) = (fate.passed.len() as u64, fate.set_aside.len() as u64);
            totals.batches += 1;
            totals.accepted += u64::from(fate.outcome == Outcome::Accepted);
            totals.escalated += u64::from(fate.outcome == Outcome::Escalated);
            totals.refused += u64::from(fate.outcome == Outcome::Refused);
            totals.rows += passed + aside;
            totals.passed += passed;
            totals.quarantined += aside;
            totals.replaced += fate.replaced;
        });
        let mut made = self.made.lock().unwrap();
        for (rule, failed) in &fate.failed {
            // A decision counts rows that are kept out, a report all rows of a group; here groups are pairs.
            *made.entry(rule).or_default() += if *rule == UNIQUE { 2 * failed } else { *failed };
        }
    }

    fn is_exact(&self, unjudged: u64) {
        self.take_report(&self.gate.finish().report);
        let (totals, expected, told) = (self.gate.totals(), self.expected.lock().unwrap(), self.told.lock().unwrap());
        assert_eq!(totals, *expected, "{}", self.policy);
        assert_eq!(told.rows, expected.rows - unjudged, "{}", self.policy);
        let made = self.made.lock().unwrap();
        let made: BTreeMap<&str, u64> = rows::RULES.iter().map(|rule| (*rule, made.get(rule).copied().unwrap_or(0))).collect();
        assert_eq!(told.failed, made, "{}", self.policy);
    }
}

/// Everything that threads share.
struct Soak {
    live: LiveRules,
    posts: Vec<Post>,
    ledger: Ledger,
    /// Entries that must be in the ledger.
    entries: AtomicU64,
    /// Rows of batches that were refused without being judged, by post.
    unjudged: Vec<AtomicU64>,
    /// The settings by the hash of their rules.
    settings: RwLock<HashMap<String, Setting>>,
    seen: Seen,
    done: AtomicBool,
    pause: Duration,
}

/// How often each thing has happened, so that the end can say that it has.
#[derive(Default, Debug)]
struct Seen {
    rows: AtomicU64,
    batches: AtomicU64,
    repeated: AtomicU64,
    misfits: AtomicU64,
    nulls_refused: AtomicU64,
    reloads: AtomicU64,
    kept: AtomicU64,
    files: AtomicU64,
    corrupt_refused: AtomicU64,
    corrupt_read: AtomicU64,
    sinks_failed: AtomicU64,
    sinks_committed: AtomicU64,
    called_off: AtomicU64,
    mended: AtomicU64,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Soak {
    fn begin(folder: &Path) -> Self {
        let ledger = Ledger::at(folder.join("soak.ledger"));
        let setting = Setting::numbered(0);
        let text = rows::rules(setting.floor);
        let live = LiveRules::start(&texts(&text, setting.overrides()), &AT, Default::default(), Some(ledger.clone())).unwrap();
        let settings = RwLock::new(HashMap::from([(live.current().rules().hash().to_owned(), setting)]));
        // Two gates write the ledger; the others are as fast as they can.
        let recorded = |policy: Policy| policy.acts().then_some(&ledger);
        let posts: Vec<Post> = [Policy::Reject, Policy::Split, Policy::Flag, Policy::Observe]
            .into_iter()
            .map(|policy| Post::new(policy, &live, recorded(policy)))
            .collect();
        let unjudged = posts.iter().map(|_| AtomicU64::new(0)).collect();
        let pause = Duration::from_millis(seconds("SOAK_PAUSE_MS", 0));
        let (seen, done, entries) = (Seen::default(), AtomicBool::new(false), AtomicU64::new(1));
        Self { live, posts, ledger, entries, unjudged, settings, seen, done, pause }
    }

    fn setting(&self, hash: &str) -> Setting {
        self.settings.read().unwrap()[hash]
    }

    fn work(&self, worker: u64, folder: &Path) {
        let mut random = Random::seeded(worker + 1);
        let mut batch = 0;
        while !self.done.load(Ordering::Acquire) {
            batch += 1;
            match random.below(40) {
                0 | 1 => files::judge(self, &folder.join(format!("worker-{worker}")), &mut random),
                2 => sinks::write(self, &mut random),
                3 => called_off::judge(self, &mut random),
                4 => self.misfit(&mut random),
                5 => self.too_large(&format!("{worker}-{batch}"), &mut random),
                6 => self.mend(&mut random),
                7 | 8 => self.without_nulls(&format!("{worker}-{batch}"), &mut random),
                _ => self.send(&format!("{worker}-{batch}"), &mut random),
            }
            std::thread::sleep(self.pause);
        }
    }

    fn post(&self, random: &mut Random) -> usize {
        usize::try_from(random.below(self.posts.len() as u64)).unwrap()
    }

    /// A batch with known faults, through one of the gates, and sometimes once more.
    fn send(&self, id: &str, random: &mut Random) {
        let faults = [Faults::None, Faults::Rows, Faults::Rows, Faults::Fatal][usize::try_from(random.below(4)).unwrap()];
        let (post, rows) = (&self.posts[self.post(random)], rows::rows(random, faults));
        let batch = rows::batch(&rows);
        let decision = post.judge(id, &batch, &self.entries).unwrap();
        let expected = rows::fate(&rows, post.policy, self.setting(decision.rule_set().hash()));
        assert_eq!(rows::found(&decision), expected, "{} {id}", post.policy);
        assert!(!post.policy.acts() || rows::is_sound(&decision.passed));
        post.count(&expected);
        add(&self.seen.batches);
        self.seen.rows.fetch_add(rows.len() as u64, Ordering::Relaxed);
        if random.below(16) == 0 {
            let again = post.judge(id, &batch, &self.entries).unwrap();
            assert!(again.repeated);
            assert_eq!(rows::found(&again), expected);
            post.expect(|totals| totals.repeated += 1);
            add(&self.seen.repeated);
        }
    }

    /// A batch that the rules were not bound to: no decision, and not counted.
    fn misfit(&self, random: &mut Random) {
        let post = &self.posts[self.post(random)];
        let batch = rows::of_another_schema(&rows::rows(random, Faults::Rows), random);
        assert!(matches!(post.judge("a misfit", &batch, &self.entries), Err(GateError::Data(_))));
        add(&self.seen.misfits);
    }

    /// A batch past a limit: refused, and not judged.
    fn too_large(&self, id: &str, random: &mut Random) {
        let at = self.post(random);
        let rows: Vec<Row> = (0..=LARGEST).map(|_| Row::good()).collect();
        let decision = self.posts[at].judge(id, &rows::batch(&rows), &self.entries).unwrap();
        assert!(decision.is_refused() && decision.reasons[0].contains("max_batch_rows"), "{:?}", decision.reasons);
        self.unjudged[at].fetch_add(rows.len() as u64, Ordering::Relaxed);
        let set_aside = rows::ids(&decision.quarantined);
        self.posts[at].count(&rows::Fate { outcome: Outcome::Refused, passed: vec![], set_aside, replaced: 0, failed: BTreeMap::new() });
    }

    /// A batch whose columns promise to hold no nulls, where a rule would put one: refused as a whole, and counted as that.
    fn without_nulls(&self, id: &str, random: &mut Random) {
        let (post, rows) = (&self.posts[self.post(random)], rows::rows(random, Faults::Rows));
        let decision = post.judge(id, &rows::batch_without_nulls(&rows), &self.entries).unwrap();
        let setting = self.setting(decision.rule_set().hash());
        let mut expected = rows::fate(&rows, post.policy, setting);
        if post.policy.acts() && expected.outcome != Outcome::Refused && rows::puts_nulls(&rows, post.policy, setting) {
            assert!(decision.is_refused(), "{:?}", decision.summary());
            expected = rows::Fate {
                outcome: Outcome::Refused,
                passed: vec![],
                set_aside: rows::ids(&rows::batch(&rows)),
                replaced: 0,
                failed: expected.failed,
            };
            add(&self.seen.nulls_refused);
        }
        assert_eq!(rows::found(&decision), expected, "{} {id}", post.policy);
        post.count(&expected);
    }

    /// What was refused comes again, mended, and every row of it lands: none had taken its key before.
    fn mend(&self, random: &mut Random) {
        let gate = Gate::new(&self.live.current().validator(&rows::schema()).unwrap(), Policy::Reject).unwrap();
        let rows = rows::rows(random, Faults::Fatal);
        assert!(gate.judge_as("first", &rows::batch(&rows)).unwrap().is_refused());
        let mended = rows::mended(&rows);
        let decision = gate.judge_as("second", &rows::batch(&mended)).unwrap();
        assert_eq!((decision.outcome, decision.counts.passed), (Outcome::Accepted, mended.len() as u64));
        add(&self.seen.mended);
    }

    /// Rules and overrides change, some of them broken, some refused by whoever must take them.
    fn reload(&self) {
        let mut random = Random::seeded(99);
        while !self.done.load(Ordering::Acquire) {
            let setting = Setting::numbered(random.below(Setting::COUNT));
            let text = rows::rules(setting.floor);
            match random.below(8) {
                0 | 1 => self.keeps(self.live.reload(&texts("rulegate 1\nfeatures tokens { id : int64 >= }", Overrides::default()), &AT)),
                2 => {
                    let misfit =
                        Override::of("tokens.nothing.range", "ana", "2026-11-20", "a slip").severity(rulegate::compile::Severity::Warn);
                    self.keeps(self.live.reload(&texts(&text, Overrides::from_iter([misfit])), &AT));
                }
                3 => match self.live.reload_through(&texts(&text, setting.overrides()), &AT, |_| Err("no".into())) {
                    Reload::Unchanged => {}
                    other => {
                        self.keeps(other);
                        // There, and taken back.
                        self.entries.fetch_add(2, Ordering::Relaxed);
                    }
                },
                _ => match self.live.reload_through(&texts(&text, setting.overrides()), &AT, |next| Ok(self.take(next, setting)?)) {
                    Reload::Reloaded { .. } => {
                        add(&self.entries);
                        add(&self.seen.reloads);
                    }
                    Reload::Unchanged => {}
                    other => panic!("{other:?}"),
                },
            }
            std::thread::sleep(Duration::from_millis(40));
        }
    }

    fn keeps(&self, reload: Reload) {
        assert!(matches!(reload, Reload::Kept(_)), "{reload:?}");
        add(&self.seen.kept);
    }

    fn take(&self, next: &rulegate::live::Generation, setting: Setting) -> Result<(), GateError> {
        self.settings.write().unwrap().insert(next.rules().hash().to_owned(), setting);
        let validator = next.validator(&rows::schema()).map_err(GateError::Data)?;
        for post in &self.posts {
            post.take_report(&post.gate.swap(&validator)?);
        }
        Ok(())
    }

    fn is_exact(&self) {
        for (post, unjudged) in self.posts.iter().zip(&self.unjudged) {
            post.is_exact(unjudged.load(Ordering::Relaxed));
        }
        let verified = self.ledger.verify(None).unwrap();
        assert_eq!(verified.entries, self.entries.load(Ordering::Relaxed), "every decision and every switch, and nothing else");
        assert_eq!(self.settings.read().unwrap().values().filter(|setting| setting.laid == Laid::Nothing).count().min(1), 1);
    }
}

fn texts(text: &str, overrides: Overrides) -> Texts<'_> {
    Texts { name: "tokens.rules", text, overrides, ..Texts::default() }
}

/// Keeps quiet about panics of file readers, which the library catches and tells as errors, as a program should that links it. The
/// standard hook would write a backtrace for each, and keep what it has read of the debug information of this binary: tens of MiB.
fn tell_panics_once() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !rulegate::scan::is_guarded() {
            default(info);
        }
    }));
}

#[test]
fn everything_at_once_comes_to_exact_totals_in_flat_memory() {
    tell_panics_once();
    long::holds_no_more_for_each_batch();
    long::remembers_what_there_is_room_for();
    println!("a key of `unique`: {} bytes", long::bytes_of_a_key());
    let folder = tempfile::tempdir().unwrap();
    let length = Duration::from_secs(seconds("SOAK_SECONDS", 4));
    let soak = Soak::begin(folder.path());
    let begun = Instant::now();
    let memory = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WORKERS)
            .map(|worker| {
                scope.spawn({
                    let (soak, folder) = (&soak, folder.path());
                    move || soak.work(worker, folder)
                })
            })
            .collect();
        let reloader = scope.spawn(|| soak.reload());
        // A thread that has panicked ends the run at once.
        let is_broken = || reloader.is_finished() || threads.iter().any(std::thread::ScopedJoinHandle::is_finished);
        let memory = watch::watch(&soak, begun, length, is_broken);
        soak.done.store(true, Ordering::Release);
        memory
    });
    soak.is_exact();
    println!("{:?}", soak.seen);
    watch::has_seen_everything(&soak.seen);
    memory.is_flat(length);
}
