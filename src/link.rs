//! When to connect: back-off, and whether a connection is wanted at all.
//!
//! A state machine without IO, beside [`client`](crate::client): that one knows what to say,
//! this one whether there is anybody to say it to.

use crate::chance::Chance;
use crate::error::ErrorCode;

/// Milliseconds; as a time, since a moment of the caller's choice.
///
/// Not `Duration`, whose arithmetic is in seconds and nanoseconds and takes half a kilobyte.
pub type Millis = u64;

/// First wait after a lost connection, unless the app says otherwise.
pub const DELAY_MIN: Millis = 250;
/// Longest wait, unless the app says otherwise.
pub const DELAY_MAX: Millis = 30_000;
/// Longer waits are over at once, in the timers of browsers.
const WAIT_MAX: Millis = i32::MAX as Millis;

/// What the caller must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOutput {
    /// Open a socket.
    Open,
    /// Close the socket.
    Close,
}

/// Where the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Not connected; the time of the next attempt, if there is to be one.
    Offline(Option<Millis>),
    /// A socket is being opened, or the room has not greeted yet; the attempt counts from 1.
    Connecting(u32),
    /// The room has greeted.
    Connected,
    /// Coming again would not help, until the app does something.
    Failed(ErrorCode),
}

/// The wish for a connection, and how far it is.
#[derive(Debug)]
pub struct Link {
    state: LinkState,
    attempt: u32,
    /// Whether a socket exists.
    open: bool,
    delay_min: Millis,
    delay_max: Millis,
    chance: Chance,
    output: Option<LinkOutput>,
}

impl Link {
    /// A link that nobody wants yet.
    pub fn new(seed: u128) -> Self {
        Self {
            state: LinkState::Offline(None),
            attempt: 0,
            open: false,
            delay_min: DELAY_MIN,
            delay_max: DELAY_MAX,
            chance: Chance::new(seed),
            output: None,
        }
    }

    /// Sets the shortest and longest wait.
    pub fn set_delays(&mut self, min: Millis, max: Millis) {
        self.delay_min = min.min(WAIT_MAX);
        self.delay_max = max.max(min).min(WAIT_MAX);
    }

    /// Where the connection is.
    pub fn state(&self) -> LinkState {
        self.state
    }

    /// The app wants a connection, now.
    pub fn connect(&mut self) {
        if !self.open {
            self.attempt = 0;
            self.try_again();
        }
    }

    /// The app wants none.
    pub fn disconnect(&mut self) {
        self.drop_socket();
        self.state = LinkState::Offline(None);
    }

    /// The room has greeted: the next loss counts from the beginning.
    pub fn handle_greeted(&mut self) {
        if self.open {
            self.attempt = 0;
            self.state = LinkState::Connected;
        }
    }

    /// The socket is gone, for the reason that its close code and text give.
    pub fn handle_closed(&mut self, now: Millis, code: u16, reason: &str) {
        self.open = false;
        let told = ErrorCode::from_word(reason);
        match code {
            4400 | 4401 | 4403 | 4406 => {
                self.state = LinkState::Failed(told.unwrap_or(ErrorCode::Protocol));
            }
            _ => self.wait(now),
        }
    }

    /// The connection must be made anew, although the socket is fine.
    pub fn handle_broken(&mut self, now: Millis) {
        self.drop_socket();
        self.wait(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Millis) {
        if matches!(self.state, LinkState::Offline(Some(at)) if at <= now) {
            self.try_again();
        }
    }

    /// When `handle_timeout` wants to be called.
    pub fn poll_timeout(&self) -> Option<Millis> {
        match self.state {
            LinkState::Offline(at) => at,
            _ => None,
        }
    }

    /// What the caller must do next.
    pub fn poll_output(&mut self) -> Option<LinkOutput> {
        self.output.take()
    }

    fn drop_socket(&mut self) {
        if self.open {
            self.open = false;
            self.output = Some(LinkOutput::Close);
        }
    }

    fn try_again(&mut self) {
        self.attempt = self.attempt.saturating_add(1);
        self.open = true;
        self.state = LinkState::Connecting(self.attempt);
        self.output = Some(LinkOutput::Open);
    }

    /// Full jitter: any wait up to a bound that doubles with every attempt, so that the clients
    /// of a restarted server do not come all at once.
    fn wait(&mut self, now: Millis) {
        let doubled = self.delay_min << self.attempt.min(16);
        let bound = doubled.min(self.delay_max);
        let wait = self.chance.below(bound + 1);
        self.state = LinkState::Offline(Some(now + wait));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lose(link: &mut Link, now: Millis) -> Millis {
        link.handle_closed(now, 1006, "");
        let at = link.poll_timeout().unwrap();
        link.handle_timeout(at);
        assert_eq!(link.poll_output(), Some(LinkOutput::Open));
        at - now
    }

    #[test]
    fn c24_waits_grow_and_stay_within_their_bound() {
        for seed in 0..200 {
            let mut link = Link::new(seed);
            link.set_delays(100, 1000);
            link.connect();
            assert_eq!(link.poll_output(), Some(LinkOutput::Open));
            for bound in [200, 400, 800, 1000, 1000, 1000] {
                assert!(lose(&mut link, 5) <= bound);
            }
        }
    }

    #[test]
    fn c24_a_welcome_begins_the_back_off_anew() {
        let mut link = Link::new(1);
        link.set_delays(1000, 60_000);
        link.connect();
        for _ in 0..8 {
            lose(&mut link, 0);
        }
        link.handle_greeted();
        assert_eq!(link.state(), LinkState::Connected);
        assert!(lose(&mut link, 0) <= 1000);
    }

    #[test]
    fn c25_a_terminal_close_code_stops_and_connect_starts_again() {
        for (code, word) in [
            (4400, "protocol"),
            (4403, "forbidden"),
            (4406, "protocol-version"),
        ] {
            let mut link = Link::new(1);
            link.connect();
            link.poll_output();
            link.handle_closed(0, code, word);
            assert_eq!(
                link.state(),
                LinkState::Failed(ErrorCode::from_word(word).unwrap())
            );
            assert_eq!(link.poll_timeout(), None);
            link.connect();
            assert_eq!(link.poll_output(), Some(LinkOutput::Open));
        }
    }

    #[test]
    fn c25_any_other_close_code_is_followed_by_the_next_attempt() {
        for code in [1000, 1001, 1006, 1009, 1012, 4408, 4409, 4429, 4503] {
            let mut link = Link::new(1);
            link.connect();
            link.poll_output();
            link.handle_closed(0, code, "");
            assert!(link.poll_timeout().is_some(), "{code}");
        }
    }

    #[test]
    fn a_link_that_nobody_wants_stays_closed() {
        let mut link = Link::new(1);
        link.connect();
        link.poll_output();
        link.disconnect();
        assert_eq!(link.poll_output(), Some(LinkOutput::Close));
        link.handle_timeout(1_000_000);
        assert_eq!(
            (link.poll_output(), link.state()),
            (None, LinkState::Offline(None))
        );
    }
}
