//! The language server as an editor meets it: the real program over real pipes.

mod client;
mod diagnostics;
mod names;
mod speed;
mod survival;
mod writing;
