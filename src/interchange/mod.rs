//! Blocks as schemas of other programs, and rules from such schemas.
//!
//! At the door: [`export`] with the targets of [`Target::all`], and [`import`] with the formats of [`Source::all`]. Both hand back what
//! they cannot say on the other side: rules that a schema does not carry, keywords that rules cannot. This room reads no file and knows no data.

mod document;
mod export;
mod import;
mod number;
mod pattern;
mod targets;

pub use document::Document;
pub use export::{Carried, Export, ExportError, Loss, Residue, export};
pub use import::{ImportError, ImportOptions, Imported, Source, Unsaid, import};
pub use targets::Target;
