//! An `ArrowArray` that somebody else has filled, as Arrow's own data.
//!
//! Arrow's import takes lengths, counts and offsets at their word. Here each array of the tree is asked whether it can be what its type
//! says, its buffers are made as long as that type needs, and Arrow then looks at every value: nothing is built from what it refuses.

use std::sync::Arc;

use arrow::array::{Array, ArrayData, BufferSpec, DataTypeLayout, layout, make_array};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field};
use arrow::ffi::FFI_ArrowArray;
use arrow::util::bit_util;

use crate::buffers::Buffers;
use crate::error::{Error, Place};
use crate::pointers;

/// How many slots an array may have whose slots need no memory: an address space is no bound for them.
const MAX_WEIGHTLESS: usize = i32::MAX as usize;

/// How much of what was handed over is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Nothing that can be looked at.
    Nothing,
    /// That the data is valid Arrow data, by the word of the caller.
    Content,
}

/// What an array says of itself.
struct Extent {
    length: usize,
    offset: usize,
    nulls: Option<usize>,
}

impl Extent {
    fn of(array: &FFI_ArrowArray) -> Result<Self, String> {
        let count = |value: i64, what: &str| usize::try_from(value).map_err(|_| format!("its {what} is {value}"));
        let (length, mut offset) = (count(array.length, "length")?, count(array.offset, "offset")?);
        if length.checked_add(offset).is_none_or(|slots| isize::try_from(slots).is_err()) {
            return Err(format!("its length {length} and its offset {offset} are too large"));
        }
        // Nothing is read of an array without slots; producers may then have no buffers for the slots before it.
        if length == 0 {
            offset = 0;
        }
        let nulls = match array.null_count {
            -1 => None,
            nulls => Some(count(nulls, "number of nulls")?),
        };
        Ok(Self { length, offset, nulls })
    }

    fn slots(&self) -> usize {
        self.length.saturating_add(self.offset)
    }
}

/// Takes an array in, with all below it.
///
/// # Safety
/// What `owner` points to can be read as the C Data Interface says, for as long as it is not released. Where `trust` is
/// [`Trust::Content`], it is valid Arrow data of that type.
pub(crate) unsafe fn import(owner: &Arc<FFI_ArrowArray>, data_type: &DataType, trust: Trust) -> Result<ArrayData, Error> {
    // SAFETY: the caller's promise is handed on.
    unsafe { Importer { owner, trust }.import(owner, data_type, &Place::ROOT) }
}

struct Importer<'a> {
    /// What every buffer keeps alive.
    owner: &'a Arc<FFI_ArrowArray>,
    trust: Trust,
}

impl Importer<'_> {
    /// # Safety
    /// As the function [`import`].
    unsafe fn import(&self, array: &FFI_ArrowArray, data_type: &DataType, place: &Place<'_>) -> Result<ArrayData, Error> {
        if array.release.is_none() {
            return Err(place.data_error("it is released"));
        }
        let extent = Extent::of(array).map_err(|reason| place.data_error(reason))?;
        if is_weightless(data_type) && extent.slots() > MAX_WEIGHTLESS {
            return Err(place.data_error(format!("it has {} slots, and may have {MAX_WEIGHTLESS}: send it in parts", extent.slots())));
        }
        let layout = layout(data_type);
        let buffers = Buffers::new(array, self.owner, if extent.length == 0 { 0 } else { extent.slots() });
        // SAFETY: the caller's promise is handed on.
        let read = buffers.and_then(|buffers| unsafe { buffers.read(data_type, &layout) });
        let (validity, buffers) = read.map_err(|reason| place.data_error(reason))?;
        // SAFETY: the caller's promise reaches as far as the tree.
        let children = unsafe { self.children(array, data_type, place) }?;
        check_children(data_type, &extent, &children).map_err(|reason| place.data_error(reason))?;
        // SAFETY: and it is handed on once more.
        let data = unsafe { self.build(data_type, &layout, &extent, validity, buffers, children) };
        data.and_then(without_offset).map_err(|reason| place.data_error(reason))
    }

    /// The arrays below this one; the values of a dictionary are one of them.
    ///
    /// # Safety
    /// As the function [`import`].
    unsafe fn children(&self, array: &FFI_ArrowArray, data_type: &DataType, place: &Place<'_>) -> Result<Vec<ArrayData>, Error> {
        let fields = children_of(data_type);
        if usize::try_from(array.n_children).ok() != Some(fields.len()) {
            return Err(place.data_error(format!("the type has {} children, and here are {}", fields.len(), array.n_children)));
        }
        let mut children = Vec::with_capacity(fields.len().max(1));
        for (index, field) in fields.into_iter().enumerate() {
            // SAFETY: the interface says that there are as many addresses as children.
            let child = unsafe { pointers::child(array.children, index) };
            let place = place.child(field.name());
            let child = child.ok_or_else(|| place.data_error("its array is not there"))?;
            // SAFETY: the caller's promise reaches as far as the tree.
            children.push(unsafe { self.import(child, field.data_type(), &place) }?);
        }
        // SAFETY: an address that is not null is that of an array, as the caller promises.
        let dictionary = unsafe { pointers::structure(array.dictionary) };
        match (data_type, dictionary) {
            (DataType::Dictionary(_, values), Some(dictionary)) => {
                // SAFETY: the caller's promise reaches as far as the tree.
                children.push(unsafe { self.import(dictionary, values, &place.part("dictionary")) }?);
            }
            (DataType::Dictionary(..), None) => return Err(place.data_error("its dictionary is not there")),
            (_, None) if array.dictionary.is_null() => {}
            _ => return Err(place.data_error("it has a dictionary, which its type has not")),
        }
        Ok(children)
    }

    /// One array of buffers and children that are long enough.
    ///
    /// # Safety
    /// Where content is trusted, it is valid.
    unsafe fn build(
        &self,
        data_type: &DataType,
        layout: &DataTypeLayout,
        extent: &Extent,
        validity: Option<Buffer>,
        mut buffers: Vec<Buffer>,
        children: Vec<ArrayData>,
    ) -> Result<ArrayData, String> {
        if layout.can_contain_null_mask && validity.is_none() && extent.length > 0 && extent.nulls.unwrap_or(0) > 0 {
            return Err(format!("it says that it has {} nulls, and has no validity", extent.nulls.unwrap_or(0)));
        }
        if let (Some(validity), Some(views), true) = (&validity, buffers.first_mut(), layout.variadic && self.trust == Trust::Nothing) {
            blank_nulls(views, validity, extent);
        }
        let builder = ArrayData::builder(data_type.clone()).len(extent.length).offset(extent.offset).align_buffers(true);
        let builder = builder.null_bit_buffer(validity).buffers(buffers).child_data(children);
        if self.trust == Trust::Content {
            let builder = match extent.nulls {
                Some(nulls) if layout.can_contain_null_mask => builder.null_count(nulls.min(extent.length)),
                _ => builder,
            };
            // SAFETY: the caller has said that the content is valid; what it is made of is long enough.
            let built = unsafe { builder.skip_validation(true) };
            return built.build().map_err(|error| error.to_string());
        }
        // Looks at every value: validity, offsets, text, keys, ends of runs.
        let data = builder.build().map_err(|error| error.to_string())?;
        match extent.nulls {
            Some(nulls) if layout.can_contain_null_mask && nulls != data.null_count() => {
                Err(format!("it says that it has {nulls} nulls, and has {}", data.null_count()))
            }
            _ => Ok(data),
        }
    }
}

/// A struct whose children begin where it does: Arrow cuts data of structs within structs twice where the outer one has an offset.
fn without_offset(data: ArrayData) -> Result<ArrayData, String> {
    if !matches!(data.data_type(), DataType::Struct(_)) || data.offset() == 0 {
        return Ok(data);
    }
    let cut = |child: &ArrayData| make_array(child.clone()).slice(data.offset(), data.len()).to_data();
    let builder = ArrayData::builder(data.data_type().clone()).len(data.len()).nulls(data.nulls().cloned());
    builder.child_data(data.child_data().iter().map(cut).collect()).build().map_err(|error| error.to_string())
}

/// The fields of a type's children.
fn children_of(data_type: &DataType) -> Vec<&Arc<Field>> {
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => vec![field],
        DataType::Struct(fields) => fields.iter().collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field).collect(),
        DataType::RunEndEncoded(ends, values) => vec![ends, values],
        _ => Vec::new(),
    }
}

/// Whether an array of the type can have slots without having memory for them.
fn is_weightless(data_type: &DataType) -> bool {
    let has_own_memory = layout(data_type).buffers.iter().any(|spec| match spec {
        BufferSpec::FixedWidth { byte_width, .. } => *byte_width > 0,
        BufferSpec::BitMap => true,
        BufferSpec::VariableWidth | BufferSpec::AlwaysNull => false,
    });
    !has_own_memory
}

/// Whether children are long enough for the slots of their parent, those before its offset too, which Arrow's own checks leave out.
fn check_children(data_type: &DataType, extent: &Extent, children: &[ArrayData]) -> Result<(), String> {
    let needed = match data_type {
        DataType::Struct(_) => Some(extent.slots()),
        DataType::FixedSizeList(_, size) => usize::try_from(*size).ok().and_then(|size| extent.slots().checked_mul(size)),
        _ => return Ok(()),
    };
    let needed = needed.ok_or_else(|| "it is too long".to_owned())?;
    match children.iter().find(|child| child.len() < needed) {
        Some(child) => Err(format!("a child of type {} has {} slots, and needs {needed}", child.data_type(), child.len())),
        None => Ok(()),
    }
}

/// Makes the views of null slots empty, in a copy: the interface lets them hold anything, and Arrow wants each to be sound.
fn blank_nulls(views: &mut Buffer, validity: &Buffer, extent: &Extent) {
    let width = size_of::<u128>();
    let is_null = |slot: usize| !bit_util::get_bit(validity, slot);
    let nulls = || (extent.offset..extent.slots()).filter(|slot| is_null(*slot)).map(|slot| slot * width..(slot + 1) * width);
    if nulls().all(|view| views.get(view).is_none_or(|view| view.iter().all(|byte| *byte == 0))) {
        return;
    }
    let mut copy = views.to_vec();
    for view in nulls() {
        if let Some(view) = copy.get_mut(view) {
            view.fill(0);
        }
    }
    *views = Buffer::from_vec(copy);
}
