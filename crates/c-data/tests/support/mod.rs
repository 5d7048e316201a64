//! What the tests of one version of Arrow and those of others share.

pub mod foreign;
pub mod hostile;
pub mod native;
pub mod sound;
