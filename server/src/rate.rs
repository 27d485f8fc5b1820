//! How fast one socket may talk.

use std::time::Duration;
use tokio::time::Instant;

/// So much at once, and so much a second.
#[derive(Debug)]
pub(crate) struct Bucket {
    burst: f64,
    per_second: f64,
    /// What may be taken now; below zero is debt.
    level: f64,
    filled: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(burst: u32, per_second: u32, now: Instant) -> Self {
        Self {
            burst: burst.into(),
            per_second: per_second.max(1).into(),
            level: burst.into(),
            filled: now,
        }
    }

    /// Takes what was used, and says how long to wait until there is no debt.
    pub(crate) fn take(&mut self, amount: usize, now: Instant) -> Duration {
        let since = now.saturating_duration_since(self.filled).as_secs_f64();
        self.level = (self.level + since * self.per_second).min(self.burst) - amount as f64;
        self.filled = now;
        Duration::from_secs_f64((-self.level).max(0.0) / self.per_second)
    }
}
