//! The first message of a session, and how it is brought up to date.

use super::presence::Face;
use super::{Room, RoomOutput, Session, SessionId, Speaker};
use crate::doc::Doc;
use crate::error::ErrorCode;
use crate::protocol::{CatchUp, ClientId, Limits, ToClient, Version, Welcome};
use alloc::vec::Vec;

impl<D: Doc> Room<D> {
    pub(super) fn greet(
        &mut self,
        session: SessionId,
        speaker: &Speaker<D::Value>,
        client_id: ClientId,
        version: Option<Version>,
        face: Face<D::Value>,
    ) {
        if !self.may_be_of(client_id, speaker.owner.as_deref()) {
            let message = "this client_id is somebody else's; take a new one";
            self.refuse(session, ErrorCode::Replaced, message);
            return;
        }
        // One replica, one session: an older one of the same name is fenced off.
        let older = self
            .sessions
            .iter()
            .find(|(_, older)| older.client_id == client_id);
        if let Some(older) = older.map(|(id, _)| *id) {
            self.close(older, ErrorCode::Replaced);
        }
        let named = self.head;
        self.sessions.insert(
            session,
            Session {
                client_id,
                owner: speaker.owner.clone(),
                named,
                invalid: 0,
                face,
            },
        );
        let dedupe = self.clients.get(&client_id);
        let (last_seq, results) = dedupe.map_or_else(Default::default, |known| {
            (known.last_seq, known.results.clone())
        });
        let welcome = Welcome {
            version: self.head,
            epoch: self.epoch,
            last_seq,
            results,
            catch_up: self.catch_up(version),
            limits: Limits {
                message_bytes_max: self.message_bytes_max,
            },
        };
        self.put(RoomOutput::Send(session, ToClient::Welcome(welcome)));
        self.show_others(session);
    }

    /// Whether nobody else is known to have this replica: who could take another's name could use
    /// up their sequence numbers, or throw them out.
    fn may_be_of(&self, client_id: ClientId, owner: Option<&str>) -> bool {
        let kept = self.clients.get(&client_id).map(|known| &known.owner);
        let here = self.sessions.values();
        let here = here.filter(|session| session.client_id == client_id);
        let mut owners = kept
            .into_iter()
            .chain(here.map(|session| &session.owner))
            .filter_map(Option::as_deref);
        owner.is_none_or(|owner| owners.all(|known| known == owner))
    }

    /// Changes when the log reaches back to `version`, else the whole document.
    fn catch_up(&self, version: Option<Version>) -> CatchUp<D::Value> {
        let known = version.filter(|at| *at >= self.first_logged() && *at <= self.head);
        match (known, self.doc()) {
            (Some(known), _) => {
                let newer = self.log.iter().filter(|entry| entry.change.version > known);
                CatchUp::Changes(newer.map(|entry| entry.change.clone()).collect())
            }
            (None, Some(doc)) => CatchUp::Snapshot(doc.root()),
            (None, None) => CatchUp::Changes(Vec::new()),
        }
    }
}
