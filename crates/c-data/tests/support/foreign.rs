//! Structures as a producer fills them, with a hand in what they say.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use rulegate_c_data::{Error, from_c_data};

/// A batch that was exported. The structures of other versions of Arrow are taken for those of ours: they are the same in C.
pub struct Exported {
    pub array: FFI_ArrowArray,
    pub schema: FFI_ArrowSchema,
    /// Memory that buffers were pointed to.
    pub memory: Vec<Vec<u8>>,
}

impl Exported {
    pub fn new(array: FFI_ArrowArray, schema: FFI_ArrowSchema) -> Self {
        Self { array, schema, memory: Vec::new() }
    }

    pub fn import(&mut self) -> Result<RecordBatch, Error> {
        // SAFETY: the structures were exported by Arrow. What tests have changed in them lies within what the checks are for.
        unsafe { from_c_data(&raw mut self.array, &raw mut self.schema) }
    }

    /// The array of the column `v`, or one below it.
    pub fn at(&mut self, path: &[usize]) -> &mut FFI_ArrowArray {
        let mut array = &raw mut self.array;
        for index in [1].iter().chain(path) {
            // SAFETY: tests name children that are there.
            array = unsafe { *(*array).children.add(*index) };
        }
        // SAFETY: an array of the tree, which nobody else holds.
        unsafe { &mut *array }
    }

    pub fn schema_at(&mut self, path: &[usize]) -> &mut FFI_ArrowSchema {
        let mut schema = &raw mut self.schema;
        for index in [1].iter().chain(path) {
            // SAFETY: tests name children that are there.
            schema = unsafe { *(*schema).children.add(*index) };
        }
        // SAFETY: a schema of the tree, which nobody else holds.
        unsafe { &mut *schema }
    }

    /// Points a buffer of an array of `v` to other bytes, `shift` bytes off an aligned address.
    pub fn point(&mut self, path: &[usize], buffer: usize, bytes: &[u8], shift: usize) {
        // Aligned to sixteen, so that a shift is what it says.
        let mut memory = vec![0_u8; bytes.len() + shift + 16];
        let start = memory.as_ptr().align_offset(16) + shift;
        memory[start..start + bytes.len()].copy_from_slice(bytes);
        let address = memory[start..].as_ptr();
        self.memory.push(memory);
        self.point_at(path, buffer, address.cast());
    }

    pub fn point_at(&mut self, path: &[usize], buffer: usize, address: *const c_void) {
        let array = self.at(path);
        // SAFETY: tests name buffers that are there.
        unsafe { *array.buffers.add(buffer) = address };
    }

    /// The bytes of a buffer, as long as told.
    pub fn bytes(&mut self, path: &[usize], buffer: usize, length: usize) -> Vec<u8> {
        let array = self.at(path);
        // SAFETY: tests name buffers that are there, and know how long they are.
        unsafe { std::slice::from_raw_parts((*array.buffers.add(buffer)).cast::<u8>(), length) }.to_vec()
    }
}

static RELEASED: AtomicUsize = AtomicUsize::new(0);

/// How often the arrays and schemas that [`counted`] made were released.
pub fn released() -> usize {
    RELEASED.load(Ordering::SeqCst)
}

struct Counted<T> {
    release: unsafe extern "C" fn(*mut T),
    private_data: *mut c_void,
}

unsafe extern "C" fn release_array(array: *mut FFI_ArrowArray) {
    RELEASED.fetch_add(1, Ordering::SeqCst);
    // SAFETY: put there by `counted`.
    let counted = unsafe { Box::from_raw((*array).private_data.cast::<Counted<FFI_ArrowArray>>()) };
    // SAFETY: the structure as its producer left it.
    unsafe {
        (*array).private_data = counted.private_data;
        (*array).release = Some(counted.release);
        (counted.release)(array);
    }
}

unsafe extern "C" fn release_schema(schema: *mut FFI_ArrowSchema) {
    RELEASED.fetch_add(1, Ordering::SeqCst);
    // SAFETY: put there by `counted`.
    let counted = unsafe { Box::from_raw((*schema).private_data.cast::<Counted<FFI_ArrowSchema>>()) };
    // SAFETY: the structure as its producer left it.
    unsafe {
        (*schema).private_data = counted.private_data;
        (*schema).release = Some(counted.release);
        (counted.release)(schema);
    }
}

/// The same structures, whose release is counted.
pub fn counted(mut exported: Exported) -> Exported {
    let array = Counted { release: exported.array.release.unwrap(), private_data: exported.array.private_data };
    exported.array.private_data = Box::into_raw(Box::new(array)).cast();
    exported.array.release = Some(release_array);
    let schema = Counted { release: exported.schema.release.unwrap(), private_data: exported.schema.private_data };
    exported.schema.private_data = Box::into_raw(Box::new(schema)).cast();
    exported.schema.release = Some(release_schema);
    exported
}
