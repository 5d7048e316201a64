//! Functions of the host program, over Arrow arrays.
//!
//! A rule file declares one with `extern function`; the host registers a closure under the same name; binding compares the two.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

/// Signature of a registered closure: columns of equal length in, a column of that length out.
pub type HostClosure = dyn Fn(&[ArrayRef]) -> Result<ArrayRef, String> + Send + Sync;

/// A registered function.
pub struct HostFunction {
    pub(crate) name: String,
    pub(crate) arguments: Vec<DataType>,
    pub(crate) result: DataType,
    pub(crate) call: Box<HostClosure>,
}

impl std::fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostFunction")
            .field("name", &self.name)
            .field("arguments", &self.arguments)
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

/// The functions a host program offers to rules.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use arrow::array::{AsArray, BooleanArray};
/// use arrow::datatypes::DataType;
/// use rulegate::HostFunctions;
///
/// let mut functions = HostFunctions::default();
/// functions.register("is_tradable", [DataType::Utf8], DataType::Boolean, |columns| {
///     let symbols = columns[0].as_string::<i32>();
///     Ok(Arc::new(symbols.iter().map(|symbol| symbol.map(|text| !text.starts_with("TEST"))).collect::<BooleanArray>()))
/// });
/// ```
#[derive(Debug, Clone, Default)]
pub struct HostFunctions {
    functions: BTreeMap<String, Arc<HostFunction>>,
}

impl HostFunctions {
    /// Registers a function. It gets columns of exactly these Arrow types and returns one of `result` with as many slots; an error,
    /// a panic, another length or type makes its rows faults, which fail closed.
    pub fn register(
        &mut self,
        name: impl Into<String>,
        arguments: impl IntoIterator<Item = DataType>,
        result: DataType,
        call: impl Fn(&[ArrayRef]) -> Result<ArrayRef, String> + Send + Sync + 'static,
    ) {
        let name = name.into();
        let function = HostFunction { name: name.clone(), arguments: arguments.into_iter().collect(), result, call: Box::new(call) };
        self.functions.insert(name, Arc::new(function));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<HostFunction>> {
        self.functions.get(name)
    }
}
