//! SIGKILL at random moments of a run and of its recovery: the targets hold the old rows or the new ones, each row once, and nothing is left.
//!
//! `RULEGATE_KILLS=300 cargo test -p rulegate-cli --test files kill` is the full run.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

use super::{Folder, RULES, names};

const ROWS: i64 = 24_000;
const LEDGER: &str = "decisions.ledger";
const DATA: &[&str] = &["data/a.parquet", "data/b.parquet"];

fn kills() -> usize {
    std::env::var("RULEGATE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(24)
}

/// A small generator, so that a failure names a seed and can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }
}

fn data(path: &Path, ids: std::ops::Range<i64>) {
    let chain = ids.clone().map(|id| if id % 7 == 0 { "tron" } else { "base" });
    let note = ids.clone().map(|id| format!("row {id} {:x}", id.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed())));
    let columns: [(&str, ArrayRef); 4] = [
        ("id", Arc::new(Int64Array::from_iter_values(ids.clone()))),
        ("chain", Arc::new(StringArray::from_iter_values(chain))),
        ("score", Arc::new(Float64Array::from_iter_values(ids.map(|id| if id % 11 == 0 { 101.0 } else { 50.0 })))),
        ("note", Arc::new(StringArray::from_iter_values(note))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(4_000)).build();
    let mut writer = ArrowWriter::try_new(std::fs::File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn ids(path: &Path) -> Vec<i64> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap().build().unwrap();
    reader.flat_map(|batch| batch.unwrap().column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

struct Scene {
    folder: Folder,
    clean: &'static str,
    bad: &'static str,
    /// Whether the decision goes to a ledger.
    ledger: bool,
    old: BTreeMap<String, Vec<u8>>,
    new: BTreeMap<String, Vec<u8>>,
    /// How long a run takes.
    lasts: Duration,
}

impl Scene {
    fn new(clean: &'static str, bad: &'static str, ledger: bool) -> Self {
        let folder = Folder::new(&[("t.rules", RULES), ("out/x", ""), ("aside/x", ""), ("data/x", "")]);
        for (index, name) in (0..).zip(DATA) {
            data(&folder.path(name), index * ROWS..(index + 1) * ROWS);
        }
        let mut scene = Self { folder, clean, bad, ledger, old: BTreeMap::new(), new: BTreeMap::new(), lasts: Duration::ZERO };
        // The old files are those of another input, and so differ in every row.
        assert_eq!(scene.begin(&DATA[..1]).wait().unwrap().code(), Some(1));
        scene.old = scene.contents();
        let began = Instant::now();
        assert_eq!(scene.begin(DATA).wait().unwrap().code(), Some(1));
        scene.lasts = began.elapsed();
        scene.new = scene.contents();
        let rows = |name| ids(&scene.folder.path(name));
        let (clean, bad) = (rows(scene.clean), rows(scene.bad));
        assert!(clean.is_sorted() && bad.is_sorted(), "rows are in their order");
        let mut all: Vec<i64> = clean.into_iter().chain(bad).collect();
        all.sort_unstable();
        assert_eq!(all, (0..2 * ROWS).collect::<Vec<_>>(), "each row is on one side, once");
        assert_ne!(scene.old, scene.new);
        scene
    }

    fn begin(&self, data: &[&str]) -> Child {
        let outputs = ["--clean", self.clean, "--quarantine", self.bad, "--output", "json=out/report.json", "--quiet"];
        let ledger: &[&str] = if self.ledger { &["--ledger", LEDGER] } else { &[] };
        let args = [&["validate", "--rules", "t.rules"], data, &outputs, &["--now", "2026-01-31T00:00:00Z"], ledger].concat();
        self.folder.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn recovery(&self, folder: &str) -> Child {
        self.folder.command(&["recover", folder]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// What both folders hold; of the report, whose times differ, and the manifest, which has its hash, only that they are there.
    fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let mut contents = BTreeMap::new();
        for folder in ["out", "aside"] {
            for name in names(&self.folder.path(folder)) {
                let name = format!("{folder}/{name}");
                let bytes = if name.ends_with(".json") { Vec::new() } else { std::fs::read(self.folder.path(&name)).unwrap() };
                contents.insert(name, bytes);
            }
        }
        contents
    }

    fn put_back(&self) {
        for (name, bytes) in self.old.iter().filter(|(name, _)| !name.ends_with(".json")) {
            std::fs::write(self.folder.path(name), bytes).unwrap();
        }
    }

    /// Waits for a sign that files are about to be renamed, at most as long as a run lasts.
    fn wait_for_the_end(&self, child: &mut Child) {
        let manifest = self.folder.path(&format!("{}.manifest.json", self.clean));
        let temporary = manifest.with_file_name(format!(".{}.rulegate-tmp", manifest.file_name().unwrap().to_str().unwrap()));
        let deadline = Instant::now() + self.lasts * 4 + Duration::from_secs(2);
        while Instant::now() < deadline && !temporary.exists() && child.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
    }

    fn verify(&self, place: &str) {
        let manifest = format!("{}.manifest.json", self.clean);
        let ledger: &[&str] = if self.ledger { &["--ledger", LEDGER] } else { &[] };
        let ran = self.folder.run(&[&["verify", &manifest, self.bad], ledger].concat());
        assert_eq!(ran.code, Some(0), "{place}: {ran:?}");
        if self.ledger {
            let ran = self.folder.run(&["ledger", "verify", LEDGER]);
            assert_eq!(ran.code, Some(0), "{place}: {ran:?}");
        }
    }

    /// Entries of the ledger. Half an entry counts for none.
    fn entries(&self) -> usize {
        if self.ledger { self.folder.read(LEDGER).matches('\n').count() } else { 0 }
    }
}

fn kill(mut child: Child) -> bool {
    let killed = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    killed
}

fn nap(micros: u64) {
    let until = Instant::now() + Duration::from_micros(micros);
    if micros > 2_000 {
        std::thread::sleep(Duration::from_micros(micros - 1_000));
    }
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}

#[test]
fn a_kill_at_any_moment_loses_doubles_and_tears_no_row() {
    let scenes = [
        Scene::new("out/clean.parquet", "out/bad.parquet", false),
        Scene::new("out/clean.parquet", "aside/bad.parquet", false),
        Scene::new("out/clean.parquet", "aside/bad.parquet", true),
    ];
    let mut random = Random(20_261_121);
    let (mut killed, mut ends) = (0, BTreeMap::<&str, usize>::new());
    for round in 0..kills() {
        let scene = &scenes[round % scenes.len()];
        scene.put_back();
        // The old files' manifest is that of whatever came last; a run of before makes it theirs.
        if round < scenes.len()
            || !scene.folder.run(&["verify", &format!("{}.manifest.json", scene.clean), scene.bad]).code.is_some_and(|code| code == 0)
        {
            assert_eq!(scene.begin(&DATA[..1]).wait().unwrap().code(), Some(1));
        }
        let entries = scene.entries();
        let mut child = scene.begin(DATA);
        let late = random.below(2) == 1;
        let wait = if late { random.below(4_000) } else { random.below(u64::try_from(scene.lasts.as_micros()).unwrap() * 11 / 10) };
        if late {
            scene.wait_for_the_end(&mut child);
        }
        nap(wait);
        killed += usize::from(kill(child));
        let place = format!("round {round}, {wait} µs after {}", if late { "the first sign of the manifest" } else { "the start" });
        let left = scene.contents();
        let is_torn = left.keys().any(|name| name.contains("/."));
        // A recovery that is killed itself, some of the time.
        if random.below(2) == 1 {
            let recovery = scene.recovery("out");
            nap(random.below(6_000));
            kill(recovery);
        }
        if random.below(3) == 0 {
            // The next run instead of a recovery.
            assert_eq!(scene.begin(DATA).wait().unwrap().code(), Some(1), "{place}");
            assert_eq!(scene.contents(), scene.new, "{place}, then the next run");
            // That of the next run, and that of the killed one where its files were finished.
            let new = scene.entries() - entries;
            assert!(!scene.ledger || (1..=2).contains(&new), "{place}: {new} entries");
            *ends.entry("ended by the next run").or_default() += usize::from(is_torn);
        } else {
            for folder in ["aside", "out"] {
                let ended = scene.recovery(folder).wait_with_output().unwrap();
                assert_eq!(ended.status.code(), Some(0), "{place}: {}", String::from_utf8_lossy(&ended.stderr));
            }
            let now = scene.contents();
            let which = if now == scene.new { "new" } else { "old" };
            assert!(now == scene.new || now == scene.old, "{place}: {:?}", now.keys());
            // Files are there, and so is their entry; or neither.
            assert_eq!(scene.entries() - entries, usize::from(scene.ledger && which == "new"), "{place}: {which}");
            let key = if which == "new" { "finished by recover, or whole" } else { "undone by recover, or not begun" };
            *ends.entry(key).or_default() += 1;
            let again = scene.folder.run(&["recover", "out"]);
            assert_eq!((again.code, again.stdout.starts_with("nothing to recover")), (Some(0), true), "{place}: {again:?}");
            assert_eq!(scene.contents(), now, "{place}");
        }
        scene.verify(&place);
    }
    eprintln!("{killed} of {} runs were killed at work: {ends:?}", kills());
    assert!(killed * 2 > kills() && ends.len() >= 2, "{killed}: {ends:?}");
}
