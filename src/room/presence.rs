//! Who is here, and what they show of themselves: kept in memory, the latest of each session.
//!
//! What is shown goes out behind the changes that came before it, in the coordinates of the last
//! of them, so that whoever hears of it has just that document.

use super::{Room, RoomOutput, Session, SessionId, Speaker, Waiting};
use crate::doc::{Doc, Value};
use crate::error::ErrorCode;
use crate::path::text_bytes;
use crate::protocol::{
    Anchor, ClientId, PRESENCE_ANCHORS_MAX, PRESENCE_BYTES_MAX, PRESENCE_POINTERS_BYTES_MAX,
    ToClient, Version,
};
use crate::rebase::{Carrier, Spot, find, written};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

/// After so long without a word a session is not shown any more, until it says something.
pub const PRESENCE_SILENCE: Duration = Duration::from_secs(30);
/// What a session shows goes out once in this time; of what comes meanwhile, the latest.
pub const PRESENCE_INTERVAL: Duration = Duration::from_millis(50);

/// What a session shows of itself.
#[derive(Debug)]
struct Shown<V> {
    user: Option<V>,
    value: V,
    /// The version in which the spots are read.
    version: Version,
    spots: Vec<Option<Spot>>,
}

/// When what a session shows goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Going {
    /// It has.
    #[default]
    Out,
    /// When the time has come.
    Later,
    /// When its turn among the outputs has come.
    Queued,
}

/// A session's part in who is here.
#[derive(Debug)]
pub(super) struct Face<V> {
    /// Whether its client wants to hear of others.
    hears: bool,
    /// Whether its welcome was put out: nothing is to come before that.
    welcomed: bool,
    /// Whether it may show itself, and see others.
    allowed: bool,
    /// Whether it was told that it may not.
    refused: bool,
    shown: Option<Shown<V>>,
    /// When it said something last.
    heard: Duration,
    /// Whether it has been silent for too long.
    silent: bool,
    /// When what it shows went out last, if ever.
    went: Option<Duration>,
    going: Going,
}

impl<V> Face<V> {
    pub(super) fn new(hears: bool, allowed: bool, now: Duration) -> Self {
        Self {
            hears,
            welcomed: false,
            allowed,
            refused: false,
            shown: None,
            heard: now,
            silent: false,
            went: None,
            going: Going::Out,
        }
    }

    pub(super) fn is_shown(&self) -> bool {
        self.shown.is_some() && !self.silent
    }

    fn sees(&self) -> bool {
        self.hears && self.welcomed && self.allowed
    }
}

impl<D: Doc> Room<D> {
    /// Time has passed: so long since a moment of the host's choice.
    pub fn handle_time(&mut self, now: Duration) {
        self.now = self.now.max(now);
        let now = self.now;
        if self.wake.is_none_or(|at| at > now) {
            return;
        }
        self.wake = None;
        let (mut due, mut gone) = (Vec::new(), Vec::new());
        for (id, session) in &mut self.sessions {
            let face = &mut session.face;
            if !face.is_shown() {
                continue;
            }
            let silent_at = face.heard + PRESENCE_SILENCE;
            if silent_at <= now {
                face.silent = true;
                gone.push((*id, session.client_id));
                continue;
            }
            self.wake = earlier(self.wake, silent_at);
            if face.going == Going::Later {
                due.push(*id);
            }
        }
        for (id, client_id) in gone {
            self.tell_gone(id, client_id);
        }
        for id in due {
            self.go(id);
        }
    }

    /// When [`Room::handle_time`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.wake
    }

    /// How many sessions show something of themselves.
    pub fn present(&self) -> usize {
        let sessions = self.sessions.values();
        sessions.filter(|session| session.face.is_shown()).count()
    }

    /// A session said something: it is here, with the rights that it has now.
    pub(super) fn hear(&mut self, id: SessionId, speaker: &Speaker<D::Value>) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let client_id = session.client_id;
        let face = &mut session.face;
        face.heard = now;
        let (before, was_shown) = (face.allowed, face.is_shown());
        let was_silent = core::mem::take(&mut face.silent);
        face.allowed = speaker.presence;
        if before && !face.allowed {
            face.shown = None;
            if was_shown {
                self.tell_gone(id, client_id);
            }
            self.hide_others(id);
        } else if !before && face.allowed {
            self.show_others(id);
        } else if was_silent && face.is_shown() {
            self.wake = earlier(self.wake, now + PRESENCE_SILENCE);
            self.go(id);
        }
    }

    /// Takes what a session shows of itself.
    pub(super) fn take_presence(
        &mut self,
        id: SessionId,
        speaker: &Speaker<D::Value>,
        version: Version,
        value: D::Value,
        anchors: &[Option<Anchor>],
    ) {
        let pointers = anchors.iter().flatten();
        let pointers: usize = pointers.map(|anchor| text_bytes(&anchor.path)).sum();
        let fits = value.json_bytes() <= PRESENCE_BYTES_MAX
            && value.check(0).is_ok()
            && anchors.len() <= PRESENCE_ANCHORS_MAX
            && pointers <= PRESENCE_POINTERS_BYTES_MAX;
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let face = &mut session.face;
        if !face.allowed {
            if !core::mem::replace(&mut face.refused, true) {
                let message = "the token does not allow to show presence here";
                self.object(id, ErrorCode::Forbidden, message);
            }
            return;
        }
        if !fits {
            let message = "the presence is larger than a room takes; nothing of it was taken";
            self.object(id, ErrorCode::TooLarge, message);
            return;
        }
        // Only now, for it costs a walk down the document for each anchor.
        let spots = self.spots(version, anchors);
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let face = &mut session.face;
        face.shown = Some(Shown {
            user: speaker.user.clone(),
            value,
            version,
            spots,
        });
        self.wake = earlier(self.wake, face.heard + PRESENCE_SILENCE);
        self.go(id);
    }

    /// Types anchors on the document that they were read in; of one that the room no longer has,
    /// or has told nobody of, they mean nothing.
    fn spots(&self, version: Version, anchors: &[Option<Anchor>]) -> Vec<Option<Spot>> {
        let behind = self.head.0.checked_sub(version.0);
        let doc = behind
            .filter(|_| version <= self.relayed)
            .and_then(|behind| (self.roots.len() as u64).checked_sub(behind + 1))
            .and_then(|at| self.roots.get(at as usize));
        doc.map_or_else(|| vec![None; anchors.len()], |doc| find(doc, anchors))
    }

    /// Sends what a session shows to the others, now or when it may.
    fn go(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let face = &mut session.face;
        let next = face.went.map(|went| went + PRESENCE_INTERVAL);
        match next.filter(|next| *next > now) {
            // It takes the latest along when its turn comes.
            _ if face.going == Going::Queued => {}
            Some(next) => {
                face.going = Going::Later;
                self.wake = earlier(self.wake, next);
            }
            None => {
                face.going = Going::Queued;
                face.went = Some(now);
                self.wait(Waiting::Face { of: id, to: None });
            }
        }
    }

    /// A session's welcome is put out.
    pub(super) fn welcomed(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.face.welcomed = true;
        }
    }

    /// Shows a session who is here.
    pub(super) fn show_others(&mut self, to: SessionId) {
        let hears = |session: &Session<_>| session.face.hears && session.face.allowed;
        if !self.sessions.get(&to).is_some_and(hears) {
            return;
        }
        let shown = self.sessions.iter();
        let shown = shown.filter(|(id, session)| **id != to && session.face.is_shown());
        let shown: Vec<_> = shown.map(|(id, _)| *id).collect();
        for of in shown {
            let to = Some(to);
            self.wait(Waiting::Face { of, to });
        }
    }

    /// Takes from a session, whose right was taken, what it saw of the others.
    fn hide_others(&mut self, from: SessionId) {
        let saw = |session: &Session<_>| session.face.hears && session.face.welcomed;
        if !self.sessions.get(&from).is_some_and(saw) {
            return;
        }
        let shown = self.sessions.iter();
        let shown = shown.filter(|(id, session)| **id != from && session.face.is_shown());
        let shown: Vec<_> = shown.map(|(_, session)| session.client_id).collect();
        for client_id in shown {
            self.put(RoomOutput::Show(
                [from].into(),
                client_id,
                ToClient::Gone { client_id },
            ));
        }
    }

    /// Tells the others that a session shows nothing any more.
    pub(super) fn tell_gone(&mut self, id: SessionId, client_id: ClientId) {
        let others = self.spectators(id);
        if !others.is_empty() {
            let gone = ToClient::Gone { client_id };
            self.put(RoomOutput::Show(others, client_id, gone));
        }
    }

    /// What a session shows, as it reads now, for one other session or for all.
    pub(super) fn face(
        &mut self,
        of: SessionId,
        to: Option<SessionId>,
    ) -> Option<RoomOutput<D::Value>> {
        let others = match to {
            Some(to) => [to]
                .into_iter()
                .filter(|to| {
                    let session = self.sessions.get(to);
                    session.is_some_and(|session| session.face.sees())
                })
                .collect(),
            None => self.spectators(of),
        };
        let first_logged = self.first_logged();
        let session = self.sessions.get_mut(&of)?;
        let client_id = session.client_id;
        if to.is_none() {
            session.face.going = Going::Out;
        }
        if session.face.silent || others.is_empty() {
            return None;
        }
        let shown = session.face.shown.as_mut()?;
        if shown.version < first_logged {
            shown.spots.fill(None);
        } else if shown.spots.iter().any(Option::is_some) {
            let place = |version: Version| (version.0 - first_logged.0) as usize;
            let since = place(shown.version)..place(self.relayed.max(shown.version));
            for entry in self.log.range(since) {
                Carrier::new(&entry.patch).carry(&mut shown.spots);
            }
        }
        shown.version = self.relayed;
        let message = ToClient::Presence {
            client_id,
            version: shown.version,
            user: shown.user.clone(),
            value: shown.value.clone(),
            anchors: written(&shown.spots),
        };
        Some(RoomOutput::Show(others, client_id, message))
    }

    /// Who sees what a session shows.
    fn spectators(&self, of: SessionId) -> Vec<SessionId> {
        let others = self.sessions.iter();
        let others = others.filter(|(id, session)| **id != of && session.face.sees());
        others.map(|(id, _)| *id).collect()
    }

    /// Says what was not taken, and closes nothing.
    fn object(&mut self, id: SessionId, code: ErrorCode, message: &str) {
        let (code, message) = (code.word().to_string(), message.to_string());
        self.put(RoomOutput::Send(id, ToClient::Error { code, message }));
    }
}

fn earlier(known: Option<Duration>, at: Duration) -> Option<Duration> {
    Some(known.map_or(at, |known| known.min(at)))
}
