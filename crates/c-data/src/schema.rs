//! An `ArrowSchema` that somebody else has filled, as an Arrow schema.
//!
//! Arrow's own conversion takes the structure at its word: it panics at a missing child or a name that is no text, and recurses without
//! end. So the tree is walked first, within limits, and Arrow sees only what it can read.

use std::ffi::{CStr, c_char};

use arrow::array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, validate_decimal_precision_and_scale as decimal_shape,
};
use arrow::datatypes::{DataType, Schema};
use arrow::ffi::FFI_ArrowSchema;

use crate::error::{Error, Place};
use crate::pointers;

/// How deep types may lie in each other.
const MAX_DEPTH: usize = 64;

/// How many fields a schema may have, nested ones too.
const MAX_FIELDS: usize = 100_000;

/// How long a format or a name may be, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// How much metadata a field may have, in bytes, and how many entries.
const MAX_METADATA: usize = 16 * 1024 * 1024;
const MAX_ENTRIES: usize = 10_000;

/// Formats that count, which is what a dictionary's keys do.
const INTEGERS: [&str; 8] = ["c", "C", "s", "S", "i", "I", "l", "L"];

/// Reads a schema.
///
/// # Safety
/// What the structure points to can be read as the C Data Interface says.
pub(crate) unsafe fn read(schema: &FFI_ArrowSchema) -> Result<Schema, Error> {
    let mut fields_left = MAX_FIELDS;
    // SAFETY: the caller's promise is handed on.
    unsafe { check(schema, &Place::ROOT, MAX_DEPTH, &mut fields_left) }?;
    let converted = Schema::try_from(schema);
    converted.map_err(|error| Place::ROOT.schema_error(format!("{error}; a record batch is a struct array, of format \"+s\"")))
}

/// Checks a node and all below it.
///
/// # Safety
/// As [`read`].
unsafe fn check(schema: &FFI_ArrowSchema, place: &Place<'_>, depth_left: usize, fields_left: &mut usize) -> Result<(), Error> {
    let Some(depth_left) = depth_left.checked_sub(1) else {
        return Err(place.schema_error(format!("types lie more than {MAX_DEPTH} deep in each other")));
    };
    *fields_left = fields_left.checked_sub(1).ok_or_else(|| place.schema_error(format!("there are more than {MAX_FIELDS} fields")))?;
    if schema.release.is_none() {
        return Err(place.schema_error("it is released"));
    }
    // SAFETY: the interface says that formats end in a zero; the caller vouches for it.
    let format = unsafe { text(schema.format) }.map_err(|reason| place.schema_error(format!("the format {reason}")))?;
    let format = format.ok_or_else(|| place.schema_error("it has no format"))?;
    // SAFETY: as the format.
    unsafe { check_metadata(schema.metadata) }.map_err(|reason| place.schema_error(format!("the metadata {reason}")))?;

    let children = usize::try_from(schema.n_children).map_err(|_| place.schema_error("its number of children is negative"))?;
    let wanted = children_of(format);
    if wanted.is_some_and(|wanted| wanted != children) {
        let wanted = wanted.unwrap_or_default();
        return Err(place.schema_error(format!("the type {format:?} has {wanted} children, and here are {children}")));
    }
    if children > *fields_left {
        return Err(place.schema_error(format!("there are more than {MAX_FIELDS} fields")));
    }
    for index in 0..children {
        // SAFETY: the interface says that there are as many addresses as children.
        let child = unsafe { pointers::child(schema.children, index) };
        let child = child.ok_or_else(|| place.schema_error(format!("child {index} is not there")))?;
        // SAFETY: as the format.
        let name = unsafe { text(child.name) }.map_err(|reason| place.schema_error(format!("the name of child {index} {reason}")))?;
        // SAFETY: the caller's promise reaches as far as the tree.
        unsafe { check(child, &place.child(name.unwrap_or_default()), depth_left, fields_left) }?;
    }
    if schema.dictionary.is_null() {
        return check_type(schema, format, place);
    }
    if !INTEGERS.contains(&format) {
        return Err(place.schema_error(format!("the keys of a dictionary are integers, and here they are of type {format:?}")));
    }
    // SAFETY: it is not null, and the caller vouches for the rest.
    let values = unsafe { pointers::structure(schema.dictionary) };
    let values = values.ok_or_else(|| place.schema_error("the dictionary stands at an address that is not aligned"))?;
    // SAFETY: the caller's promise reaches as far as the tree.
    unsafe { check(values, &place.part("dictionary"), depth_left, fields_left) }
}

/// How many children a type has, where its format says so.
fn children_of(format: &str) -> Option<usize> {
    match format {
        "+s" => None,
        "+l" | "+L" | "+vl" | "+vL" | "+m" => Some(1),
        "+r" => Some(2),
        _ if format.starts_with("+w:") => Some(1),
        // As many as there are ids in the format: Arrow compares them.
        _ if format.starts_with("+u") => None,
        _ => Some(0),
    }
}

/// Whether Arrow knows the type, and could ask it for its layout.
fn check_type(schema: &FFI_ArrowSchema, format: &str, place: &Place<'_>) -> Result<(), Error> {
    if let Some(size) = format.strip_prefix("+w:").or_else(|| format.strip_prefix("w:")) {
        let sound = size.parse::<i32>().is_ok_and(|size| size >= 0);
        if !sound {
            return Err(place.schema_error(format!("the size in {format:?} is no number from 0 to {}", i32::MAX)));
        }
    }
    if format.starts_with('+') {
        // Arrow reads these with their children, which are all there.
        return check_children(schema, format, place);
    }
    let data_type = DataType::try_from(schema).map_err(|_| place.schema_error(format!("the type {format:?} is not known")))?;
    let shape = match data_type {
        DataType::Decimal32(precision, scale) => decimal_shape::<Decimal32Type>(precision, scale),
        DataType::Decimal64(precision, scale) => decimal_shape::<Decimal64Type>(precision, scale),
        DataType::Decimal128(precision, scale) => decimal_shape::<Decimal128Type>(precision, scale),
        DataType::Decimal256(precision, scale) => decimal_shape::<Decimal256Type>(precision, scale),
        _ => Ok(()),
    };
    shape.map_err(|error| place.schema_error(error.to_string()))
}

/// Whether children are what two types want of them, so that no array of such a type is asked for what it has not.
fn check_children(schema: &FFI_ArrowSchema, format: &str, place: &Place<'_>) -> Result<(), Error> {
    if !matches!(format, "+r" | "+m") {
        return Ok(());
    }
    // SAFETY: such a type has a child, which was looked at before its parent.
    let Some(child) = (unsafe { pointers::child(schema.children, 0) }) else { return Ok(()) };
    // SAFETY: as above: its format was read before.
    let of_child = unsafe { text(child.format) }.ok().flatten().unwrap_or_default();
    match format {
        "+r" if !matches!(of_child, "s" | "i" | "l") || !child.dictionary.is_null() => {
            Err(place.schema_error(format!("ends of runs are of type \"s\", \"i\" or \"l\", and here of type {of_child:?}")))
        }
        "+m" if of_child != "+s" || child.n_children != 2 => Err(place.schema_error("the entries of a map are a struct of key and value")),
        _ => Ok(()),
    }
}

/// A text that ends in a zero; `None` where there is none.
///
/// # Safety
/// The text can be read up to its zero.
unsafe fn text<'a>(start: *const c_char) -> Result<Option<&'a str>, &'static str> {
    if start.is_null() {
        return Ok(None);
    }
    // SAFETY: each byte up to the zero can be read, and none behind it is asked for.
    let ends = (0..MAX_TEXT).any(|at| unsafe { pointers::read::<c_char>(start.cast(), at) } == 0);
    if !ends {
        return Err("is too long");
    }
    // SAFETY: there is a zero, as was just seen.
    let bytes = unsafe { CStr::from_ptr(start) };
    bytes.to_str().map(Some).map_err(|_| "is not UTF-8")
}

/// Whether lengths in metadata are such that it can be read: the number of entries, then each key and value with its length before it.
///
/// # Safety
/// What the lengths span can be read.
unsafe fn check_metadata(start: *const c_char) -> Result<(), &'static str> {
    if start.is_null() {
        return Ok(());
    }
    let mut at = 0_usize;
    // SAFETY: the caller vouches for the number that metadata begins with, and for each length behind what the one before it spans.
    let mut length = |span: usize| unsafe { next_length(start, &mut at, span) };
    let entries = length(0)?;
    if entries > MAX_ENTRIES {
        return Err("has too many entries");
    }
    let mut span = 0;
    for _ in 0..entries * 2 {
        span = length(span)?;
    }
    if at.saturating_add(span) > MAX_METADATA { Err("is too long") } else { Ok(()) }
}

/// The length that stands behind `span` bytes.
///
/// # Safety
/// These bytes, and four behind them, can be read.
unsafe fn next_length(start: *const c_char, at: &mut usize, span: usize) -> Result<usize, &'static str> {
    let here = at.saturating_add(span);
    if here > MAX_METADATA {
        return Err("is too long");
    }
    *at = here + size_of::<i32>();
    // SAFETY: the caller's promise.
    let length = unsafe { pointers::read_at::<i32>(start.cast(), here) };
    usize::try_from(length).map_err(|_| "has a negative length")
}
