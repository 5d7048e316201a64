//! The threads that read and judge.

use crate::exit::Failure;

/// Threads read deep data and rules; address space is cheap.
const STACK_BYTES: usize = 8 << 20;

/// Starts them: as many as there are processors where nothing is said.
pub(crate) fn start(count: Option<u16>) -> Result<(), Failure> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).num_threads(count.map_or(0, usize::from));
    pool.build_global().map_err(|error| Failure::new(format!("threads cannot be started: {error}")).help("ask for fewer with --threads"))
}
