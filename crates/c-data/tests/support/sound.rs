//! Batches as sound producers send them.

use std::ptr;
use std::time::{Duration, SystemTime};

use arrow::array::{Array, RecordBatch, RecordBatchReader};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use rulegate::{BindOptions, RuleSet};
use rulegate_c_data::CDataReader;

use super::foreign::{Exported, counted, released};
use super::native::layouts::{self, Layout};

/// What of a batch is sent: all of it, a part, nothing.
const PARTS: [(usize, usize); 5] = [(0, layouts::ROWS), (1, 4), (2, 1), (3, 3), (4, 0)];

/// The report about a batch, as text.
pub fn report(batch: &RecordBatch, declared: &str) -> String {
    let field = if declared.is_empty() { String::new() } else { format!("v : {declared}\n") };
    let text = format!("rulegate 1\nfeatures t {{\n row : int64 > 0\n {field} check some: row_count() > 3\n}}");
    let compiled = RuleSet::compile("t.rules", &text, &Default::default());
    let told: Vec<_> = compiled.diagnostics.iter().map(|diagnostic| &diagnostic.message).collect();
    let rules = compiled.rule_set.unwrap_or_else(|| panic!("{declared}: {told:?}"));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_052_800);
    let options = BindOptions { now: Some(now), samples: Some(10), ..BindOptions::default() };
    let mut session = rules.bind_with(&batch.schema(), &options).unwrap().session();
    session.add(batch).unwrap();
    serde_json::to_string_pretty(&session.finish()).unwrap()
}

fn same(what: &str, layout: &Layout, imported: &RecordBatch, native: &RecordBatch) {
    assert_eq!(imported, native, "{what} of {}", layout.name);
    assert_eq!(report(imported, layout.declared), report(native, layout.declared), "{what} of {}", layout.name);
}

/// Each layout, whole and in parts, is what it is when it is built here, and judged alike.
pub fn every_layout(export: impl Fn(usize, (usize, usize)) -> Exported) {
    let mut judged = 0;
    for (index, layout) in layouts::all().iter().enumerate() {
        for part in PARTS {
            let mut exported = export(index, part);
            let imported = exported.import().unwrap_or_else(|error| panic!("{part:?} of {}: {error}", layout.name));
            same(&format!("{part:?}"), layout, &imported, &layout.batch().slice(part.0, part.1));
            assert!(exported.array.is_released() && exported.schema.release.is_none(), "{}", layout.name);
            judged += usize::from(!layout.declared.is_empty());
        }
    }
    assert!(judged > 150, "{judged}");
}

/// A batch whose own offset hides rows: children have more of them.
pub fn offsets_of_the_batch(export: impl Fn(usize, (usize, usize)) -> Exported) {
    for (index, layout) in layouts::all().iter().enumerate() {
        let mut exported = export(index, PARTS[0]);
        exported.array.offset = 1;
        exported.array.length = 4;
        let imported = exported.import().unwrap_or_else(|error| panic!("{}: {error}", layout.name));
        same("an offset", layout, &imported, &layout.batch().slice(1, 4));
    }
}

/// Buffers at addresses that their type may not have are copied.
pub fn misaligned(export: impl Fn(usize, (usize, usize)) -> Exported) {
    // Buffers other than validity and bytes, and how many bytes each slot has in it.
    let layouts = [
        ("int64", 1, 8, 0),
        ("decimal128", 1, 16, 0),
        ("utf8", 1, 4, 1),
        ("large utf8", 1, 8, 1),
        ("utf8 view", 1, 16, 0),
        ("list", 1, 4, 1),
        ("list view", 2, 4, 0),
        ("dictionary of floats", 1, 4, 0),
        ("dense union", 1, 4, 0),
    ];
    for (name, buffer, width, more) in layouts {
        let (index, layout) = find(name);
        for shift in [1, 3, 4] {
            let mut exported = export(index, PARTS[0]);
            let bytes = exported.bytes(&[], buffer, (layouts::ROWS + more) * width);
            exported.point(&[], buffer, &bytes, shift);
            let imported = exported.import().unwrap_or_else(|error| panic!("{name}: {error}"));
            same("a misaligned buffer", &layout, &imported, &layout.batch());
            // Batches use the memory of their producer.
            drop(imported);
        }
    }
}

/// Arrays without slots may have no buffers, or buffers at any address.
pub fn nothing_at_all(export: impl Fn(usize, (usize, usize)) -> Exported) {
    for (index, layout) in layouts::all().iter().enumerate() {
        for address in [ptr::null(), ptr::dangling::<u64>().cast()] {
            let mut exported = export(index, (0, 0));
            let array = exported.at(&[]);
            if array.n_buffers == 0 || layout.name.contains("view") {
                continue;
            }
            // Offsets that hide everything there is.
            array.offset = 3;
            for buffer in 0..usize::try_from(array.n_buffers).unwrap() {
                exported.point_at(&[], buffer, address);
            }
            let imported = exported.import().unwrap_or_else(|error| panic!("{}: {error}", layout.name));
            same("nothing", layout, &imported, &layout.batch().slice(0, 0));
        }
    }
}

/// What a null slot holds is nobody's business: a view there may point anywhere.
pub fn views_of_nulls(export: impl Fn(usize, (usize, usize)) -> Exported) {
    for name in ["utf8 view", "binary view"] {
        let (index, layout) = find(name);
        let mut exported = export(index, PARTS[0]);
        let mut views = exported.bytes(&[], 1, layouts::ROWS * 16);
        views[2 * 16..3 * 16].fill(0xff);
        exported.point(&[], 1, &views, 0);
        same("a view of a null", &layout, &exported.import().unwrap(), &layout.batch());
    }
}

/// Nothing is released twice or never, whether an import succeeds or not.
pub fn released_once(export: impl Fn(usize, (usize, usize)) -> Exported) {
    let (index, _) = find("list of lists of text");
    let before = released();
    let mut sound = counted(export(index, PARTS[0]));
    let batch = sound.import().unwrap();
    assert_eq!(released() - before, 1, "the schema is given back at once");
    let column = batch.column(1).slice(1, 2);
    drop(batch);
    drop(sound);
    assert_eq!(released() - before, 1, "an array is still in use");
    std::thread::spawn(move || drop(column)).join().unwrap();
    assert_eq!(released() - before, 2);

    let mut wrong_array = counted(export(index, PARTS[0]));
    wrong_array.array.length = -1;
    wrong_array.import().unwrap_err();
    assert_eq!(released() - before, 4);
    let mut wrong_schema = counted(export(index, PARTS[0]));
    wrong_schema.schema_at(&[]).n_children = 7;
    wrong_schema.import().unwrap_err();
    assert_eq!(released() - before, 6);
    drop((wrong_array, wrong_schema));
    assert_eq!(released() - before, 6);
}

/// Batches of a stream come one after the other, each judged as if it were built here.
pub fn stream(mut stream: FFI_ArrowArrayStream) {
    // SAFETY: the stream was exported by Arrow.
    let mut reader = unsafe { CDataReader::from_raw(&raw mut stream) }.unwrap();
    assert!(stream.release.is_none(), "it is moved out");
    let (_, layout) = find("utf8 view");
    assert_eq!(reader.schema(), layout.batch().schema());
    for part in PARTS {
        let batch = reader.next().unwrap().unwrap();
        same("a stream", &layout, &batch, &layout.batch().slice(part.0, part.1));
    }
    assert!(reader.next().is_none() && reader.next().is_none());
    // SAFETY: as above; it was moved out.
    let again = unsafe { CDataReader::from_raw(&raw mut stream) }.unwrap_err();
    assert_eq!(again.to_string(), "the ArrowArrayStream is released: it was imported before, or its producer never filled it");
}

/// The parts of the batch that [`stream`] wants to see.
pub fn stream_parts() -> [(usize, usize); 5] {
    PARTS
}

pub fn find(name: &str) -> (usize, Layout) {
    layouts::all().into_iter().enumerate().find(|(_, layout)| layout.name == name).unwrap_or_else(|| panic!("no layout {name}"))
}
