//! How fast one socket may talk, and how often somebody may come.

use crate::limits::Limits;
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
        self.fill(now);
        self.level -= amount as f64;
        Duration::from_secs_f64((-self.level).max(0.0) / self.per_second)
    }

    /// Takes one when there is a whole one; else says how long until there will be.
    pub(crate) fn take_one(&mut self, now: Instant) -> Result<(), Duration> {
        self.fill(now);
        if self.level < 1.0 {
            let missing = (1.0 - self.level) / self.per_second;
            return Err(Duration::from_secs_f64(missing));
        }
        self.level -= 1.0;
        Ok(())
    }

    /// Whether nothing was taken that has not come back.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.level >= self.burst
    }

    fn fill(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.filled).as_secs_f64();
        self.level = (self.level + since * self.per_second).min(self.burst);
        self.filled = now;
    }
}

/// Goes on at full speed although it was slowed down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFast;

/// The rate of one socket's frames and bytes.
///
/// Over the rate a socket is read more slowly. A client that waits for the answer to each push
/// is then as fast as it is read, however much it has to say, and is never given up on. One that
/// sends on without waiting always has the next frame there before the one before was through;
/// when that has lasted for a while, it is given up on.
#[derive(Debug)]
pub(crate) struct Pace {
    frames: Bucket,
    bytes: Bucket,
    /// How long it may last.
    patience: Duration,
    /// Since when it has been held up without a lull in between.
    held_since: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            frames: Bucket::new(limits.frames_burst, limits.frames_per_second, now),
            bytes: Bucket::new(limits.bytes_burst, limits.bytes_per_second, now),
            patience: limits.rate_wait,
            held_since: None,
        }
    }

    /// The next frame was not there yet: its sender waits for an answer or has nothing to say.
    pub(crate) fn lull(&mut self) {
        self.held_since = None;
    }

    /// How long to read nothing more after this frame.
    pub(crate) fn frame(&mut self, bytes: usize, now: Instant) -> Result<Duration, TooFast> {
        let wait = self.frames.take(1, now).max(self.bytes.take(bytes, now));
        if wait.is_zero() {
            self.held_since = None;
            return Ok(wait);
        }
        let since = *self.held_since.get_or_insert(now);
        if now > since + self.patience {
            return Err(TooFast);
        }
        Ok(wait)
    }
}

#[cfg(test)]
mod tests;
