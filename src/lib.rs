//! Shared JSON state: edits become JSON Patch, a room puts patches in one order, and every
//! replica rebases what it has not yet had acknowledged.
//!
//! # Layout
//!
//! Read the modules in this order; each knows only those before it.
//!
//! - [`path`], [`op`]: where, and what is done there. `places`: what many patches touch.
//! - [`doc`]: what the core asks of a host's JSON. `tree` is the native one.
//! - [`apply`]: what operations mean.
//! - [`rebase`]: what they mean after the operations of others.
//! - [`diff`]: two documents → a patch.
//! - [`history`]: undo and redo.
//! - [`protocol`]: messages and limits. [`frame`]: one message from one text.
//! - [`client`], [`room`]: one replica, and one document's authority; state machines without IO.
//!   [`link`]: when a replica connects.
//! - [`error`]: what can go wrong.
//! - `web`: the only place that knows a browser.
//!
//! Nothing outside `web` names JS, a socket, a thread, a clock or a random source: time is an
//! argument, chance is a seed.

#![cfg_attr(feature = "package", no_std)]

extern crate alloc;

pub mod apply;
mod chance;
pub mod client;
pub mod diff;
pub mod doc;
pub mod error;
pub mod frame;
mod hex;
pub mod history;
pub mod link;
pub mod op;
pub mod path;
mod places;
pub mod protocol;
mod queue;
pub mod rebase;
pub mod room;

#[cfg(any(not(target_arch = "wasm32"), feature = "tree"))]
pub mod tree;

#[cfg(all(target_arch = "wasm32", not(feature = "tree")))]
pub mod web;

#[cfg(all(target_arch = "wasm32", feature = "package"))]
mod bare {
    //! What `std` would bring, smaller: the package is measured in bytes.

    #[global_allocator]
    static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
