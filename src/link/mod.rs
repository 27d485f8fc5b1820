//! When to connect: back-off, signs of life, credentials, and whether a connection is wanted.
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
/// How often the room is asked for a sign of life, unless the app says otherwise.
pub const HEARTBEAT: Millis = 20_000;
/// No app needs to ask more often.
pub const HEARTBEAT_MIN: Millis = 1_000;
/// How long a socket may take to open.
pub const OPEN_WAIT: Millis = 10_000;
/// How long the room may take to greet or to answer, as long as it always has; with the heartbeat
/// less than half a minute.
pub const ANSWER_WAIT: Millis = 8_000;
/// The same on a line that turned out to be slow: a server gives up on it sooner.
pub const ANSWER_WAIT_MAX: Millis = 120_000;
/// A timer that comes later than this was held up with the whole page.
const LATE: Millis = 1_000;
/// After so many attempts the waits are long enough for a room that is asked too much.
const ATTEMPTS_OF_PATIENCE: u32 = 5;
/// Longer waits are over at once, in the timers of browsers.
const WAIT_MAX: Millis = i32::MAX as Millis;

/// What the caller must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOutput {
    /// Ask the app for credentials; whether because the room refused those that it had.
    Ask(bool),
    /// Open a socket.
    Open,
    /// Ask the room for a sign of life.
    Ping,
    /// Close the socket, or stop asking for credentials.
    Close,
}

/// Where the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Not connected; the time of the next attempt, if one is foreseen.
    Offline(Option<Millis>),
    /// Credentials are asked for, a socket is being opened, or the room has not greeted yet; the
    /// attempt counts from 1.
    Connecting(u32),
    /// The room has greeted.
    Connected,
    /// The room wants other credentials than the app has.
    NeedsAuth(ErrorCode),
    /// Coming again would not help, until the app does something.
    Failed(ErrorCode),
}

/// The wish for a connection, and how far it is.
#[derive(Debug)]
pub struct Link {
    state: LinkState,
    attempt: u32,
    /// Whether the app wants a connection.
    wanted: bool,
    /// Whether a socket exists, or credentials for one are asked for.
    open: bool,
    /// When to do something about an open socket; never while the app is asked for credentials.
    due: Option<Millis>,
    /// Whether a sign of life is owed.
    pinged: bool,
    /// How long the room may take to greet or to answer.
    patience: Millis,
    /// Whether there is a network at all.
    online: bool,
    /// Whether the app is asked for credentials before each attempt.
    asks: bool,
    /// How often in a row the room has refused credentials.
    refusals: u32,
    heartbeat: Millis,
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
            wanted: false,
            open: false,
            due: None,
            pinged: false,
            patience: ANSWER_WAIT,
            online: true,
            asks: false,
            refusals: 0,
            heartbeat: HEARTBEAT,
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

    /// Sets how often the room is asked for a sign of life; its answer may take no longer.
    pub fn set_heartbeat(&mut self, every: Millis) {
        self.heartbeat = every.clamp(HEARTBEAT_MIN, WAIT_MAX);
        self.patience = self.patience_min();
    }

    /// Sets whether the app is asked for credentials; either way those that it has are new.
    pub fn set_asks(&mut self, now: Millis, asks: bool) {
        self.asks = asks;
        self.refusals = 0;
        match self.state {
            LinkState::Connecting(_) => {
                self.drop_socket();
                self.try_again(now);
            }
            LinkState::NeedsAuth(_) | LinkState::Offline(Some(_)) => self.try_again(now),
            _ => {}
        }
    }

    /// Whether refused credentials may be mended by asking the app.
    pub fn can_ask(&self) -> bool {
        self.asks && self.refusals < 2
    }

    /// Where the connection is.
    pub fn state(&self) -> LinkState {
        self.state
    }

    /// The app wants a connection, now.
    pub fn connect(&mut self, now: Millis) {
        self.wanted = true;
        if !self.open {
            self.attempt = 0;
            self.refusals = 0;
            self.try_again(now);
        }
    }

    /// The app wants none.
    pub fn disconnect(&mut self) {
        self.wanted = false;
        self.drop_socket();
        self.state = LinkState::Offline(None);
    }

    /// The app gave the credentials that it was asked for, or could not.
    pub fn handle_answered(&mut self, now: Millis, given: bool) {
        if !self.open || self.due.is_some() {
            return;
        }
        if given {
            self.open_socket(now);
        } else {
            self.open = false;
            self.wait(now);
        }
    }

    /// The socket is open, and the room has to greet.
    pub fn handle_opened(&mut self, now: Millis) {
        self.due = Some(now + self.patience);
    }

    /// The room has greeted: the next loss counts from the beginning.
    pub fn handle_greeted(&mut self, now: Millis) {
        if self.open {
            self.state = LinkState::Connected;
            self.refusals = 0;
            self.pinged = false;
            self.due = Some(now + self.heartbeat);
        }
    }

    /// The room has said something, whatever it was.
    pub fn handle_heard(&mut self, now: Millis) {
        if core::mem::take(&mut self.pinged) {
            self.attempt = 0;
            self.patience = self.patience_min();
            self.due = Some(now + self.heartbeat);
        }
    }

    /// The socket is gone, for the reason that its close code and text give.
    pub fn handle_closed(&mut self, now: Millis, code: u16, reason: &str) {
        if !self.open {
            return;
        }
        self.open = false;
        let told = ErrorCode::from_word(reason);
        match code {
            4400 | 4403 | 4406 => {
                self.state = LinkState::Failed(told.unwrap_or(ErrorCode::Protocol));
            }
            4401 => {
                self.refusals += 1;
                match self.refusals {
                    1 if self.asks => self.try_again(now),
                    // The clocks of who made the token and of the server may differ a little.
                    2 if self.asks => self.wait(now),
                    _ => {
                        let code = told.unwrap_or(ErrorCode::Unauthorized);
                        self.state = LinkState::NeedsAuth(code);
                    }
                }
            }
            // It would be asked too much again.
            4429 => {
                self.attempt = self.attempt.max(ATTEMPTS_OF_PATIENCE);
                self.wait(now);
            }
            // A room whose disk is full greets, and can do no more.
            4503 => self.wait(now),
            _ => self.lose(now),
        }
    }

    /// The connection must be made anew, although the socket is fine.
    pub fn handle_broken(&mut self, now: Millis) {
        self.drop_socket();
        self.wait(now);
    }

    /// Coming again would not help.
    pub fn fail(&mut self, code: ErrorCode) {
        self.drop_socket();
        self.state = LinkState::Failed(code);
    }

    /// There is a network, or none.
    pub fn handle_network(&mut self, now: Millis, online: bool) {
        self.online = online;
        match self.state {
            LinkState::Offline(_) if online && self.wanted => {
                self.attempt = 0;
                self.try_again(now);
            }
            LinkState::Failed(_) | LinkState::NeedsAuth(_) => {}
            _ if online => {}
            _ => {
                self.drop_socket();
                self.state = LinkState::Offline(None);
            }
        }
    }

    /// Somebody looks again, perhaps after the machine has slept: what is known is asked anew.
    pub fn handle_seen(&mut self, now: Millis) {
        match self.state {
            LinkState::Offline(Some(_)) => self.try_again(now),
            LinkState::Connected if !self.pinged => self.ping(now),
            _ => {}
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Millis) {
        let Some(due) = self.poll_timeout().filter(|due| *due <= now) else {
            return;
        };
        let held_up = now > due + LATE;
        match self.state {
            LinkState::Connected if !self.pinged || held_up => self.ping(now),
            _ if self.open => {
                // A line that is too slow for one answer in this time is not dead.
                self.patience = (self.patience * 2).min(ANSWER_WAIT_MAX);
                self.drop_socket();
                self.lose(now);
            }
            _ => self.try_again(now),
        }
    }

    /// When `handle_timeout` wants to be called.
    pub fn poll_timeout(&self) -> Option<Millis> {
        match self.state {
            _ if self.open => self.due,
            LinkState::Offline(at) => at,
            _ => None,
        }
    }

    /// What the caller must do next.
    pub fn poll_output(&mut self) -> Option<LinkOutput> {
        self.output.take()
    }

    fn patience_min(&self) -> Millis {
        self.heartbeat.min(ANSWER_WAIT)
    }

    fn drop_socket(&mut self) {
        if self.open {
            self.open = false;
            self.output = Some(LinkOutput::Close);
        }
    }

    fn try_again(&mut self, now: Millis) {
        if self.output.is_some() {
            // The old socket has to be closed first.
            self.state = LinkState::Offline(Some(now));
            return;
        }
        self.attempt = self.attempt.saturating_add(1);
        self.open = true;
        self.state = LinkState::Connecting(self.attempt);
        if self.asks {
            self.due = None;
            self.output = Some(LinkOutput::Ask(self.refusals > 0));
        } else {
            self.open_socket(now);
        }
    }

    fn open_socket(&mut self, now: Millis) {
        self.due = Some(now + OPEN_WAIT);
        self.output = Some(LinkOutput::Open);
    }

    fn ping(&mut self, now: Millis) {
        self.pinged = true;
        self.due = Some(now + self.patience);
        self.output = Some(LinkOutput::Ping);
    }

    fn lose(&mut self, now: Millis) {
        if self.state == LinkState::Connected {
            self.attempt = 0;
        }
        self.wait(now);
    }

    /// Full jitter: any wait up to a bound that doubles with every attempt, so that the clients
    /// of a restarted server do not come all at once.
    fn wait(&mut self, now: Millis) {
        let doubled = self.delay_min << self.attempt.min(16);
        let bound = doubled.min(self.delay_max);
        let wait = self.chance.below(bound + 1);
        self.state = LinkState::Offline(self.online.then_some(now + wait));
    }
}

#[cfg(test)]
mod tests;
