//! How long a session may stay, and when it is told to bring a newer token.

use std::time::Duration;
use tokio::time::Instant;

/// So long before the token's end the client hears of it.
const NOTICE: Duration = Duration::from_secs(60);
/// So long after it the socket is closed: time for the newer token to come, and for clocks that
/// do not agree.
pub(super) const GRACE: Duration = Duration::from_secs(25);
/// No timer needs to be longer; a token may name any year.
const REST_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The two moments, by the clock that nobody sets: a step of the time of day throws nobody out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// When the client is told.
    pub(crate) notice: Instant,
    /// When the session ends.
    pub(crate) end: Instant,
}

impl Lease {
    /// For a token that names a time so many seconds from now, or before now.
    pub(crate) fn new(rest_seconds: f64, now: Instant) -> Self {
        let after = |seconds: f64| {
            let wait = seconds.clamp(0.0, REST_MAX.as_secs_f64());
            now + Duration::from_secs_f64(wait)
        };
        Self {
            notice: after(rest_seconds - NOTICE.as_secs_f64()),
            end: after(rest_seconds + GRACE.as_secs_f64()),
        }
    }
}
