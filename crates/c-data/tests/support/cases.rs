// What is asked of each version: `array`, `schema`, `layouts` and `support` are those of the file that includes this one.

use std::mem::transmute;

use array::Array as _;
use support::foreign::Exported;
use support::{hostile, sound};

fn export(index: usize, (from, rows): (usize, usize)) -> Exported {
    let batch = layouts::all()[index].batch().slice(from, rows);
    let schema = array::ffi::FFI_ArrowSchema::try_from(&*batch.schema()).unwrap();
    let (array, _) = array::ffi::to_ffi(&array::StructArray::from(batch).into_data()).unwrap();
    // SAFETY: both are the structures of the C Data Interface.
    Exported::new(unsafe { transmute::<array::ffi::FFI_ArrowArray, arrow::ffi::FFI_ArrowArray>(array) }, unsafe {
        transmute::<array::ffi::FFI_ArrowSchema, arrow::ffi::FFI_ArrowSchema>(schema)
    })
}

#[test]
fn every_layout_is_what_it_was_and_judged_alike() {
    sound::every_layout(export);
}

#[test]
fn an_offset_of_the_batch_is_kept() {
    sound::offsets_of_the_batch(export);
}

#[test]
fn misaligned_buffers_are_copied() {
    sound::misaligned(export);
}

#[test]
fn arrays_without_slots_need_no_buffers() {
    sound::nothing_at_all(export);
}

#[test]
fn what_null_slots_of_views_hold_decides_nothing() {
    sound::views_of_nulls(export);
}

#[test]
fn structures_are_released_once() {
    sound::released_once(export);
}

#[test]
fn streams_are_read_to_their_end() {
    let batch = layouts::all().into_iter().find(|layout| layout.name == "utf8 view").unwrap().batch();
    let parts = sound::stream_parts().map(|(from, rows)| Ok(batch.slice(from, rows)));
    let reader = array::RecordBatchIterator::new(parts, batch.schema());
    let stream = array::ffi_stream::FFI_ArrowArrayStream::new(Box::new(reader));
    // SAFETY: it is the structure of the C Stream Interface.
    sound::stream(unsafe { transmute::<array::ffi_stream::FFI_ArrowArrayStream, arrow::ffi_stream::FFI_ArrowArrayStream>(stream) });
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    hostile::refused(export);
    hostile::refused_as_a_whole(export);
}

#[test]
fn no_change_by_chance_does_harm() {
    hostile::changed_by_chance(export, 50);
}
