//! How many sockets may be open, and how often somebody may open one: in all, and from one
//! address.

use crate::limits::{ADDRESSES_MAX, Limits};
use crate::rate::Bucket;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Why a socket is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shut {
    /// As many are open as may be.
    Full,
    /// From this address as many are open as may be.
    FullForAddress,
    /// Too many came of late; one may come after this time.
    TooOften(Duration),
}

#[derive(Debug)]
struct Address {
    open: usize,
    new: Bucket,
}

#[derive(Debug)]
struct Inside {
    open: usize,
    new: Bucket,
    addresses: BTreeMap<IpAddr, Address>,
}

/// Counts who is inside.
#[derive(Debug)]
pub(crate) struct Door {
    limits: Limits,
    inside: Mutex<Inside>,
    /// Told when the last one has left.
    empty: Notify,
}

/// The right to one open socket; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Pass {
    door: Arc<Door>,
    address: Option<IpAddr>,
}

impl Door {
    pub(crate) fn new(limits: Limits, now: Instant) -> Arc<Self> {
        let new = Bucket::new(
            limits.new_connections_burst,
            limits.new_connections_per_second,
            now,
        );
        Arc::new(Self {
            limits,
            inside: Mutex::new(Inside {
                open: 0,
                new,
                addresses: BTreeMap::new(),
            }),
            empty: Notify::new(),
        })
    }

    /// Lets somebody in, or says why not.
    pub(crate) fn enter(self: &Arc<Self>, peer: IpAddr, now: Instant) -> Result<Pass, Shut> {
        let address = self.counted(peer);
        let mut inside = self.lock();
        if inside.open >= self.limits.connections_max {
            return Err(Shut::Full);
        }
        inside.sweep(now);
        if let Some(address) = address {
            // The address first: one that comes too often takes nothing from the others.
            let known = inside.addresses.entry(address).or_insert_with(|| Address {
                open: 0,
                new: Bucket::new(
                    self.limits.new_per_address_burst,
                    self.limits.new_per_address_per_second,
                    now,
                ),
            });
            if known.open >= self.limits.connections_per_address_max {
                return Err(Shut::FullForAddress);
            }
            known.new.take_one(now).map_err(Shut::TooOften)?;
        }
        inside.new.take_one(now).map_err(Shut::TooOften)?;
        inside.open += 1;
        if let Some(known) = address.and_then(|address| inside.addresses.get_mut(&address)) {
            known.open += 1;
        }
        Ok(Pass {
            door: Arc::clone(self),
            address,
        })
    }

    /// How many are inside.
    pub(crate) fn open(&self) -> usize {
        self.lock().open
    }

    /// Waits until nobody is inside.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.empty.notified();
            if self.open() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// What counts as one address. One household has a whole /64 of IPv6; and on this machine
    /// itself an address says nothing about who it is, unless the operator wants it counted.
    fn counted(&self, peer: IpAddr) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        if peer.is_loopback() && !self.limits.loopback_is_an_address {
            return None;
        }
        Some(match peer {
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                IpAddr::V6(network.into())
            }
            v4 => v4,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Forgets addresses that nothing is to be remembered of, when there are many.
    fn sweep(&mut self, now: Instant) {
        if self.addresses.len() >= ADDRESSES_MAX {
            self.addresses
                .retain(|_, address| address.open > 0 || !address.new.is_full(now));
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.door.lock();
        inside.open -= 1;
        if let Some(known) = self
            .address
            .and_then(|address| inside.addresses.get_mut(&address))
        {
            known.open -= 1;
        }
        if inside.open == 0 {
            self.door.empty.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
