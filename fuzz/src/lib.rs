//! What the fuzz targets do with bytes, as plain functions: `tests/soak.rs` calls them too.
//!
//! Each takes bytes as choices and panics when something does not hold.

mod apply;
mod choices;
mod decode;
mod edits;
mod hostile;
mod rebase;

pub use apply::apply;
pub use decode::decode;
pub use rebase::rebase;
