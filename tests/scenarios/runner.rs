//! Scenarios: two patches written on one document, and what becomes of it in either order.
//!
//! Each order is run in three ways: the second change is rebased by the room, because its push
//! was on the way; by its author, who was away and comes back; and by the bare function. All must
//! lead to the document of the scenario, with the report of the scenario for the second author.

use super::file::{Scenario, kinds};
use draftsync::apply::{self, Rules};
use draftsync::client::{Client, Output};
use draftsync::doc::Value;
use draftsync::error::Reason;
use draftsync::op::Patch;
use draftsync::protocol::{Epoch, PatchOp, ToClient, ToRoom, Verdict};
use draftsync::rebase::{Kind, Run, rebase};
use draftsync::room::{Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a scenario, and says what does not hold; nothing when all does.
pub(crate) fn failures(scenario: &Scenario) -> Vec<String> {
    let Scenario { doc, a, b, .. } = scenario;
    let mut failures = order("a first", (doc, a, b), &scenario.ab, &scenario.ab_report);
    failures.extend(order(
        "b first",
        (doc, b, a),
        &scenario.ba,
        &scenario.ba_report,
    ));
    failures
}

/// The document, and the two patches in the room's order.
type Edits<'a> = (&'a Tree, &'a [PatchOp<Tree>], &'a [PatchOp<Tree>]);

/// Runs one order in every way; ways that fail alike are said together.
fn order(order: &str, edits: Edits<'_>, doc: &Tree, report: &[Kind]) -> Vec<String> {
    let mut problems: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, way) in WAYS {
        // A fault of ours that panics must not hide what the other scenarios say.
        let problem = match catch_unwind(AssertUnwindSafe(|| way(edits))) {
            Ok(Ok(end)) => end.unlike(doc, report),
            Ok(Err(problem)) => Some(format!("  {problem}")),
            Err(panic) => Some(format!("  it panicked: {}", said(&*panic))),
        };
        let Some(problem) = problem else { continue };
        match problems.iter_mut().find(|(known, _)| *known == problem) {
            Some((_, names)) => names.push(name),
            None => problems.push((problem, vec![name])),
        }
    }
    let problems = problems.into_iter();
    problems
        .map(|(problem, names)| format!("{order}, rebased by {}\n{problem}", names.join(", ")))
        .collect()
}

/// What both patches led to.
struct End {
    doc: Tree,
    report: Vec<Kind>,
}

impl End {
    /// What is not as it should be.
    fn unlike(&self, doc: &Tree, report: &[Kind]) -> Option<String> {
        let mut problem = String::new();
        if !self.doc.equals(doc) {
            let (expected, found) = (json(doc), json(&self.doc));
            problem +=
                &format!("  document  expected  {expected}\n            found     {found}\n");
        }
        if self.report != report {
            let (expected, found) = (kinds(report), kinds(&self.report));
            problem +=
                &format!("  report    expected  {expected}\n            found     {found}\n");
        }
        Some(problem.trim_end().to_owned()).filter(|problem| !problem.is_empty())
    }
}

type Way = fn(Edits<'_>) -> Result<End, String>;

const WAYS: [(&str, Way); 3] = [
    ("the room", by_the_room),
    ("its author", by_its_author),
    ("the function", by_the_function),
];

// ------------------------------------------------------------------------------ the function

fn by_the_function((doc, first, second): Edits<'_>) -> Result<End, String> {
    let typed = |which: &str, ops: &[PatchOp<Tree>]| {
        let mut doc = doc.clone();
        let applied = apply::write(&mut doc, ops, &Rules::RFC);
        let applied = applied.map_err(|error| format!("the {which} patch is none: {error}"))?;
        Ok::<_, String>((applied.patch, doc))
    };
    let (first, mut doc) = typed("first", first)?;
    let (second, _) = typed("second", second)?;
    let rebased = rebase([(&second, Run::Live)], [&first]).remove(0);
    is_its_text(&doc, &rebased.patch)?;
    if let Some(refused) = rebased.refused {
        let report = vec![refused.kind];
        return Ok(End { doc, report });
    }
    let report = match apply::settle(&mut doc, &rebased.patch, &Rules::RFC) {
        Ok(applied) => {
            let left_out = applied.left_out(rebased.patch.0.len()).into_iter();
            let left_out = left_out.map(|op| (rebased.origin[op], Kind::NotNumber));
            let lost = rebased.lost.iter().map(|lost| (lost.op, lost.kind));
            let mut report: Vec<_> = lost.chain(left_out).collect();
            report.sort_by_key(|(op, _)| *op);
            report.into_iter().map(|(_, kind)| kind).collect()
        }
        Err(error) if error.reason == Reason::TestFailed => vec![Kind::GuardFailed],
        Err(error) if error.reason == Reason::NotNumber => vec![Kind::NotNumber],
        Err(error) => return Err(format!("the form does not apply: {error}")),
    };
    Ok(End { doc, report })
}

/// A form must be exactly its text, typed anew on the document that it stands on.
fn is_its_text(doc: &Tree, form: &Patch<Tree>) -> Result<(), String> {
    let rules = Rules {
        judge: false,
        inspect: |_, _| Ok(()),
    };
    let text = form.to_text();
    match apply::write(&mut doc.clone(), &text, &rules) {
        Ok(typed) if typed.patch == *form => Ok(()),
        Ok(typed) => Err(format!(
            "the form is {form:?} and its text says {:?}",
            typed.patch
        )),
        Err(error) => Err(format!("the form {} does not apply: {error}", json(&text))),
    }
}

// --------------------------------------------------------------------- two clients and a room

/// The second push is on the way when the first is taken.
fn by_the_room((doc, first, second): Edits<'_>) -> Result<End, String> {
    let mut world = World::seeded(doc)?;
    world.write(0, first)?;
    world.write(1, second)?;
    world.rest()?;
    world.end(true)
}

/// The second author is away while the first change is taken, and comes back.
fn by_its_author((doc, first, second): Edits<'_>) -> Result<End, String> {
    let mut world = World::seeded(doc)?;
    world.cut(1);
    world.write(0, first)?;
    world.write(1, second)?;
    world.rest()?;
    world.open(1);
    world.rest()?;
    world.end(false)
}

/// A client, its socket, and what it was told of its one change.
struct Peer {
    client: Client<Tree>,
    session: Option<SessionId>,
    up: VecDeque<ToRoom<Tree>>,
    down: VecDeque<ToClient<Tree>>,
    wrote: bool,
    /// What the client says of its change.
    told: Vec<Vec<Kind>>,
    /// What the room says of it.
    verdicts: Vec<Verdict<Tree>>,
    /// What must not happen.
    troubles: Vec<String>,
}

struct World {
    room: Room<Tree>,
    peers: [Peer; 2],
    sessions: u64,
}

impl World {
    /// Two clients that have the document from a room, both at rest.
    fn seeded(doc: &Tree) -> Result<Self, String> {
        let peer = |seed| Peer {
            client: Client::new(doc.clone(), seed),
            session: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            wrote: false,
            told: Vec::new(),
            verdicts: Vec::new(),
            troubles: Vec::new(),
        };
        let mut world = Self {
            room: Room::new(Epoch(1)),
            peers: [peer(1), peer(2)],
            sessions: 0,
        };
        world.open(0);
        world.open(1);
        world.rest()?;
        Ok(world)
    }

    fn open(&mut self, peer: usize) {
        self.sessions += 1;
        self.peers[peer].session = Some(SessionId(self.sessions));
        self.peers[peer].client.handle_opened();
    }

    fn cut(&mut self, peer: usize) {
        let peer = &mut self.peers[peer];
        if let Some(session) = peer.session.take() {
            peer.client.handle_closed();
            self.room.handle_closed(session);
        }
    }

    fn write(&mut self, peer: usize, ops: &[PatchOp<Tree>]) -> Result<(), String> {
        let which = ["first", "second"][peer];
        let peer = &mut self.peers[peer];
        let written = peer.client.write(ops);
        let written = written.map_err(|error| format!("the {which} patch is none: {error}"))?;
        peer.wrote = written.is_some();
        Ok(())
    }

    /// Carries messages until there is none: what is on its way up is taken in order before
    /// anything comes down, so that pushes cross.
    fn rest(&mut self) -> Result<(), String> {
        for _ in 0..100 {
            let mut moved = false;
            for peer in 0..2 {
                moved |= self.drain(peer);
            }
            for peer in 0..2 {
                let Some(session) = self.peers[peer].session else {
                    continue;
                };
                while let Some(message) = self.peers[peer].up.pop_front() {
                    self.room.handle_message(session, message);
                    self.relay()?;
                    moved = true;
                }
            }
            for peer in &mut self.peers {
                while let Some(message) = peer.down.pop_front() {
                    peer.client.handle_message(message);
                    moved = true;
                }
            }
            if !moved {
                return Ok(());
            }
        }
        Err("room and clients do not come to rest".to_owned())
    }

    /// Takes what a client wants.
    fn drain(&mut self, peer: usize) -> bool {
        let Peer {
            client,
            up,
            told,
            troubles,
            ..
        } = &mut self.peers[peer];
        let mut moved = false;
        while let Some(output) = client.poll_output() {
            moved = true;
            match output {
                Output::Send(message) => up.push_back(message),
                Output::Settled(_, outcome) => {
                    told.push(outcome.lost.iter().map(|lost| lost.kind).collect());
                }
                Output::Rejected(_, refused) => match Kind::from_word(&refused.rule) {
                    Some(kind) => told.push(vec![kind]),
                    None => troubles.push(format!("it was refused: {refused:?}")),
                },
                Output::Ready | Output::Changed | Output::Patched { .. } => {}
                other => troubles.push(format!("the client says {other:?}")),
            }
        }
        moved
    }

    /// Takes what the room wants; its disk is quick.
    fn relay(&mut self) -> Result<(), String> {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(_) => self.room.handle_durable(),
                RoomOutput::Send(session, message) => self.send(session, message),
                RoomOutput::Relay(sessions, change) => {
                    for session in sessions {
                        self.send(session, ToClient::Change(change.clone()));
                    }
                }
                RoomOutput::Show(sessions, _, message) => {
                    for session in sessions {
                        self.send(session, message.clone());
                    }
                }
                RoomOutput::Close(_, code) => {
                    return Err(format!("the room closes a session: {}", code.word()));
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, session: SessionId, message: ToClient<Tree>) {
        for peer in self
            .peers
            .iter_mut()
            .filter(|peer| peer.session == Some(session))
        {
            if let ToClient::Ack { results } = &message {
                peer.verdicts.extend(results.iter().cloned());
            }
            peer.down.push_back(message.clone());
        }
    }

    /// Compares all that must be equal, and says what the second author was told.
    fn end(mut self, told_by_room: bool) -> Result<End, String> {
        let doc = self.room.doc().ok_or("the room has no document")?.clone();
        for (peer, which) in self.peers.iter_mut().zip(["first", "second"]) {
            if let Some(trouble) = peer.troubles.first() {
                return Err(format!("the {which} author: {trouble}"));
            }
            if peer.client.pending() > 0 || peer.told.len() != usize::from(peer.wrote) {
                return Err(format!("the {which} author's change was not decided once"));
            }
            let (base, view) = (peer.client.base().clone(), peer.client.view().clone());
            if !base.equals(&doc) || !view.equals(&doc) {
                let (doc, base, view) = (json(&doc), json(&base), json(&view));
                return Err(format!(
                    "the room has {doc}, the {which} author's base is {base} and its view {view}"
                ));
            }
        }
        let [first, second] = &mut self.peers;
        let first = first.told.pop().unwrap_or_default();
        if !first.is_empty() {
            return Err(format!("the first author is told {}", kinds(&first)));
        }
        let report = second.told.pop().unwrap_or_default();
        if let (true, Some(verdict)) = (told_by_room, second.verdicts.pop()) {
            let words = verdict.lost.iter().map(|lost| lost.reason.as_str());
            let words = words.chain(verdict.rejected.iter().map(|refused| refused.rule.as_str()));
            let told: Vec<_> = words.filter_map(Kind::from_word).collect();
            if told != report {
                let (told, report) = (kinds(&told), kinds(&report));
                return Err(format!("the room reports {told}, and the client {report}"));
            }
        }
        Ok(End { doc, report })
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| format!("({error})"))
}

/// The text of a panic.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("(no text)")
}
