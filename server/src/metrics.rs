//! What an operator watches, in the text format of OpenMetrics, on a listener of its own (S27).
//!
//! Nothing here bears the name of a room or of anybody: every label is of a short, closed list.

use crate::auth::Refused;
use draftsync::protocol::{ToClient, Verdict};
use draftsync::tree::Tree;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// What the text is, for whoever asks.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Upper ends of the classes of a time, in seconds: a sync of a disk takes one to ten
/// milliseconds, and nobody wants to wait for a second.
const SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// One label and one of its words.
#[derive(Clone, Debug, Default)]
struct ByWord {
    label: &'static str,
    counters: Family<[(&'static str, &'static str); 1], Counter>,
}

impl ByWord {
    fn new(label: &'static str) -> Self {
        let counters = Family::default();
        Self { label, counters }
    }

    fn count(&self, word: &'static str) {
        self.counters.get_or_create(&[(self.label, word)]).inc();
    }
}

/// The figures of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    sockets: Gauge,
    rooms: Gauge,
    takes_writes: Gauge,
    messages: Counter,
    results: ByWord,
    ack_seconds: Histogram,
    closes: ByWord,
    refusals: ByWord,
    tokens: ByWord,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("draftsync"),
            sockets: Gauge::default(),
            rooms: Gauge::default(),
            takes_writes: Gauge::default(),
            messages: Counter::default(),
            results: ByWord::new("outcome"),
            ack_seconds: Histogram::new(SECONDS),
            closes: ByWord::new("reason"),
            refusals: ByWord::new("why"),
            tokens: ByWord::new("why"),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("sockets", "Open sockets", self.sockets.clone());
        registry.register("rooms", "Open rooms", self.rooms.clone());
        let help = "Whether the storage has room for changes: 1 or 0";
        registry.register("takes_writes", help, self.takes_writes.clone());
        let help = "Messages that were read from sockets";
        registry.register("messages", help, self.messages.clone());
        let help = "Changes that were answered: taken, void, or the code of the rejection";
        registry.register("changes", help, self.results.counters.clone());
        let help = "From a push to when it was durable and answered";
        registry.register("ack_seconds", help, self.ack_seconds.clone());
        let help = "Sockets that the server closed, by the reason that it gave";
        registry.register("closes", help, self.closes.counters.clone());
        let help = "Sockets that were refused before they were open";
        registry.register("refusals", help, self.refusals.counters.clone());
        let help = "Tokens that let nobody in";
        registry.register("refused_tokens", help, self.tokens.counters.clone());
    }

    /// The text of all of them, with what is counted elsewhere; none when it cannot be written.
    pub(crate) fn text(&self, sockets: usize, rooms: usize, takes_writes: bool) -> Option<String> {
        self.sockets.set(sockets as i64);
        self.rooms.set(rooms as i64);
        self.takes_writes.set(takes_writes.into());
        let mut text = String::new();
        encode(&mut text, &self.registry).ok().map(|()| text)
    }

    /// A message was read.
    pub(crate) fn message(&self) {
        self.messages.inc();
    }

    /// A room says something to one session.
    pub(crate) fn said(&self, message: &ToClient<Tree>) {
        if let ToClient::Ack { results } = message {
            results.iter().for_each(|result| self.answered(result));
        }
    }

    fn answered(&self, result: &Verdict<Tree>) {
        self.results.count(match &result.rejected {
            // The list of codes is closed; a change's own text is no label.
            Some(refusal) => draftsync::error::ErrorCode::from_word(&refusal.code)
                .map_or("rejected", draftsync::error::ErrorCode::word),
            None if result.void => "void",
            None => "taken",
        });
    }

    /// A push is durable and answered, so long after it was read.
    pub(crate) fn decided(&self, after: Duration) {
        self.ack_seconds.observe(after.as_secs_f64());
    }

    /// The server closes a socket.
    pub(crate) fn closed(&self, reason: &'static str) {
        self.closes.count(reason);
    }

    /// A socket is not opened.
    pub(crate) fn refused(&self, why: &'static str) {
        self.refusals.count(why);
    }

    /// A token lets nobody in.
    pub(crate) fn refused_token(&self, why: Refused) {
        self.tokens.count(match why {
            Refused::NoToken => "none",
            Refused::BadToken => "bad",
            Refused::NotNow => "time",
            Refused::NotHere => "room",
            Refused::NotTheSame => "subject",
        });
    }
}
