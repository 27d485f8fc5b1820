//! What a replica says to its room.

use super::{Client, ENVELOPE_BYTES_MAX, Output, Phase};
use crate::doc::Doc;
use crate::error::ErrorCode;
use crate::protocol::{PROTOCOL_VERSION, PUSH_CHANGES_MAX, Refusal, ToRoom, Verdict, Version};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

impl<D: Doc> Client<D> {
    /// The connection is open: introduces this replica.
    pub fn handle_opened(&mut self) {
        self.phase = Phase::Greeting;
        self.save_if_due();
        self.outputs.push(Output::Send(ToRoom::Hello {
            protocol: PROTOCOL_VERSION,
            client_id: self.id,
            epoch: self.epoch,
            version: self.epoch.map(|_| self.version),
            token: self.token.clone(),
            presence: true,
        }));
    }

    /// The connection is gone. What is in flight stays so until the next `welcome` says what
    /// became of it.
    pub fn handle_closed(&mut self) {
        self.phase = Phase::Offline;
        self.be_alone();
    }

    /// The connection is gone because a message was too large for the room. Says whether coming
    /// again may help: a push is divided, or its only change given up; other messages stay as
    /// they are.
    pub fn handle_too_large(&mut self) -> bool {
        let pushed = self.pending.iter().take(self.in_flight);
        let bytes: usize = pushed.map(|change| change.form.json_bytes()).sum();
        let helps = self.phase == Phase::Live && self.in_flight > 0;
        if helps && self.in_flight == 1 {
            self.message_bytes_max = ENVELOPE_BYTES_MAX + bytes - 1;
        } else if helps {
            self.push_bytes_max = ENVELOPE_BYTES_MAX + bytes / 2;
        }
        self.handle_closed();
        helps
    }

    /// The connection is gone because this replica's name is another's too. The room is asked
    /// under it once more, what became of that which is in flight, and then never again; a room
    /// that does not even greet it will never say.
    pub fn handle_replaced(&mut self) {
        if self.phase == Phase::Greeting {
            self.walk();
            self.refuse(self.in_flight, ErrorCode::UnknownOutcome);
            self.begin_again();
        } else {
            self.cloned = true;
        }
        self.handle_closed();
    }

    /// Another name, and no history: what is pending is offered again as somebody else's.
    pub(super) fn begin_again(&mut self) {
        self.id = self.chance.client_id();
        self.cloned = false;
        self.epoch = None;
        self.version = Version(0);
        self.in_flight = 0;
        self.save_soon();
    }

    /// Takes what lets this replica in, and gives it to the room on a connection that is open. What
    /// it shows follows: the room forgot that when an older token did not allow it.
    pub fn set_token(&mut self, token: Option<String>) {
        if let Some(token) = token.clone().filter(|_| self.phase > Phase::Greeting) {
            self.outputs.push(Output::Send(ToRoom::Auth { token }));
            self.show_anew();
            self.tell();
        }
        self.token = token;
    }

    /// Asks the room for a sign of life, and tells it how far this replica is.
    pub fn ping(&mut self) {
        self.outputs.push(Output::Send(ToRoom::Ping {
            version: self.version,
        }));
    }

    /// Largest estimate of a change's size that is offered.
    pub(super) fn change_bytes_max(&self) -> usize {
        let message = self.limits.message_bytes_max.min(self.message_bytes_max);
        message.saturating_sub(ENVELOPE_BYTES_MAX)
    }

    /// Pushes the longest prefix of pending that one message takes, unless a push is under way.
    pub(super) fn offer(&mut self) {
        self.save_if_due();
        if self.phase != Phase::Live || self.in_flight > 0 {
            return;
        }
        self.walk();
        self.give_up_too_large();
        if self.pending.is_empty() {
            return;
        }
        let bytes_max = self.push_bytes_max.min(self.limits.message_bytes_max);
        let mut bytes = ENVELOPE_BYTES_MAX;
        let mut changes = Vec::new();
        for change in self.pending.iter_mut().take(PUSH_CHANGES_MAX) {
            bytes += change.form.json_bytes();
            // One change alone always goes.
            if bytes > bytes_max && !changes.is_empty() {
                break;
            }
            change.pushed = None;
            changes.push(change.offer());
        }
        self.in_flight = changes.len();
        if self.journaled {
            self.outputs.push(Output::Pushed(self.in_flight));
        }
        self.outputs.push(Output::Send(ToRoom::Push {
            base: self.version,
            changes,
        }));
    }

    /// Refuses in the room's place what no message to it can hold: it was written before the room
    /// had said how much that is, or has grown. The room would close the connection for it, again
    /// and again, and what waits behind it would never go.
    fn give_up_too_large(&mut self) {
        while let Some(change) = self.pending.first() {
            if change.form.json_bytes() <= self.change_bytes_max() {
                return;
            }
            self.refuse(1, ErrorCode::TooLarge);
        }
    }

    /// Refuses the first changes in the room's place.
    pub(super) fn refuse(&mut self, count: usize, code: ErrorCode) {
        if count == 0 {
            return;
        }
        self.take_back(&vec![true; count]);
        let word: String = code.word().into();
        for change in self.decided(count) {
            let result = Verdict {
                seq: change.seq,
                tag: change.tag,
                version: self.version,
                patch: None,
                void: false,
                rejected: Some(Refusal {
                    code: word.clone(),
                    op: 0,
                    rule: word.clone(),
                }),
                lost: Vec::new(),
            };
            self.report(change, result, false);
        }
        // No journal says that they have left.
        self.save_soon();
        self.save_if_due();
    }
}
