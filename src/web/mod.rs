//! The browser: the only place in the core that knows one.

mod codec;
mod connection;
mod fault;
mod host;
mod js_doc;
mod keep;
mod presence;
mod pump;
mod store;

pub use codec::{Bad, Codec};
pub use store::SyncedStore;
