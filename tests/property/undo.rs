//! P7. Undo and redo: alone, and beside others who keep to what is theirs.

use super::case::{caught, shortest};
use super::session::Table;
use super::walk::same;
use crate::support::{Dice, edit, tree, value};
use draftsync::apply::{self, Rules};
use draftsync::client::WriteOptions;
use draftsync::doc::{Doc, Value};
use draftsync::history::Chain;
use draftsync::path::{Path, Token, pointer_of};
use draftsync::protocol::PatchOp;
use draftsync::tree::Tree;

/// So many steps has a session at most.
const STEPS_MAX: usize = 22;

/// Who else is there, and where.
#[derive(Clone, Copy, Debug)]
enum Others {
    /// Nobody.
    None,
    /// Somebody who edits another member of the root.
    Elsewhere,
    /// Somebody who adds, removes and moves elements of the list in which mine is one.
    Around,
}

/// A session from a seed. Told with its last steps when it fails.
struct Session {
    table: Table,
    dice: Dice,
    others: Others,
    /// What my part was after each of my changes that stand, the first one before them all.
    states: Vec<Tree>,
    /// Which of them it should be now.
    now: usize,
    told: Vec<String>,
}

/// Tries the property with a seed.
pub(crate) fn attempt(seed: u64) -> Result<(), String> {
    shortest(STEPS_MAX, |steps| {
        let mut session = Session::new(seed);
        let ran = caught(|| session.run(steps));
        ran.map_err(|why| format!("{why}; {:?}: {}", session.others, session.told.join("; ")))
    })
}

impl Session {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let others = *dice.pick(&[Others::None, Others::Elsewhere, Others::Around]);
        let mine = r#"{"list":[{"n":1,"s":"one"},{"n":2}],"n":0,"s":"hello","a":{}}"#;
        let doc = format!(r#"{{"theirs":{mine},"all":[{mine},{{"me":{mine}}},7]}}"#);
        let peers = if matches!(others, Others::None) { 1 } else { 2 };
        Self {
            table: Table::new(&tree(&doc), peers, seed),
            dice,
            others,
            states: vec![tree(mine)],
            now: 0,
            told: Vec::new(),
        }
    }

    fn run(&mut self, steps: usize) -> Result<(), String> {
        self.table.settle()?;
        for _ in 0..steps.min(STEPS_MAX - self.dice.below(16)) {
            match self.dice.below(10) {
                0..3 => self.edit()?,
                3 | 4 => self.step(Chain::Undo)?,
                5 => self.step(Chain::Redo)?,
                6 if !matches!(self.others, Others::None) => self.disturb()?,
                _ => self.table.deliver()?,
            }
            self.check()?;
        }
        while self.now > 0 {
            self.step(Chain::Undo)?;
            self.check()?;
            for _ in 0..self.dice.below(4) {
                self.table.deliver()?;
            }
        }
        self.table.settle()?;
        self.check()?;
        while self.now + 1 < self.states.len() {
            self.step(Chain::Redo)?;
            self.check()?;
        }
        self.table.settle()?;
        self.check()?;
        let doc = self.table.room.doc().cloned().unwrap_or_default();
        same("document at rest", self.table.peers[0].client.view(), &doc)
    }

    /// Where my part stands now.
    fn place(&mut self) -> Result<Path, String> {
        let doc = self.table.peers[0].client.view();
        let place = |at: usize| vec![key("all"), Token::Index(at), key("me")];
        let len = doc.get(&[key("all")]).map_or(0, |all| all.length());
        let mut mine = (0..len).map(place).filter(|path| doc.get(path).is_some());
        mine.next()
            .map(Path)
            .ok_or_else(|| "my part is gone".into())
    }

    fn check(&mut self) -> Result<(), String> {
        let place = self.place()?;
        let client = &mut self.table.peers[0].client;
        let mine = client.view().get(&place.0).ok_or("my part is gone")?;
        same("my part", &mine, &self.states[self.now])?;
        // To ask has effects inside: inverses are derived, chains catch up.
        if self.dice.once_in(2) {
            return Ok(());
        }
        let (undo, redo) = (client.can(Chain::Undo), client.can(Chain::Redo));
        same("whether an undo is left", &undo, &(self.now > 0))?;
        let left = self.now + 1 < self.states.len();
        same("whether a redo is left", &redo, &left)
    }

    fn edit(&mut self) -> Result<(), String> {
        let place = self.place()?;
        let client = &mut self.table.peers[0].client;
        let mut mine = client.view().get(&place.0).ok_or("my part is gone")?;
        let ops = some_edits(&mut self.dice, &mut mine, &place.pointer());
        let text = serde_json::to_string(&ops).unwrap_or_default();
        self.told.push(format!("edit {place:?} {text}"));
        let made = if self.dice.once_in(2) {
            client.write(&ops)
        } else {
            // As the recorder of the browser hands it over.
            let mut next = client.view().clone();
            let applied = apply::write(&mut next, &ops, &Rules::RFC);
            let patch = applied.map_err(|error| error.to_string())?.patch;
            client.record(patch, next.root(), WriteOptions::default())
        };
        if made.map_err(|error| error.to_string())?.is_some() {
            self.states.truncate(self.now + 1);
            self.states.push(mine);
            self.now += 1;
        }
        self.table.collect()
    }

    fn step(&mut self, chain: Chain) -> Result<(), String> {
        self.told.push(format!("{chain:?}"));
        let client = &mut self.table.peers[0].client;
        let (made, to) = match chain {
            Chain::Undo => (client.undo(), self.now.checked_sub(1)),
            Chain::Redo => (client.redo(), Some(self.now + 1)),
        };
        let made = made.map_err(|error| error.to_string())?;
        let to = to.filter(|to| *to < self.states.len());
        same("whether anything was to do", &made.is_some(), &to.is_some())?;
        self.now = to.unwrap_or(self.now);
        self.table.collect()
    }

    /// Somebody else edits what is theirs, or I do, and do not want it undone.
    fn disturb(&mut self) -> Result<(), String> {
        let who = self.dice.below(2);
        let client = &mut self.table.peers[who].client;
        let doc = client.view().clone();
        let ops = match self.others {
            Others::Around => around(&mut self.dice, &doc),
            _ => {
                let mut theirs = doc.get(&[key("theirs")]).unwrap_or_default();
                some_edits(&mut self.dice, &mut theirs, "/theirs")
            }
        };
        let text = serde_json::to_string(&ops).unwrap_or_default();
        self.told.push(format!("{who} edits elsewhere {text}"));
        let options = WriteOptions {
            undoable: who != 0,
            ..WriteOptions::default()
        };
        let made = client.write_with(&ops, options);
        made.map_err(|error| error.to_string())?;
        self.table.collect()
    }
}

fn key(name: &str) -> Token {
    Token::Key(name.into())
}

/// A few edits of a part of a document; the part follows them.
fn some_edits(dice: &mut Dice, part: &mut Tree, place: &str) -> Vec<PatchOp<Tree>> {
    let mut ops = Vec::new();
    for _ in 0..1 + dice.below(3) {
        let op = edit(dice, part);
        if apply::write(part, std::slice::from_ref(&op), &Rules::RFC).is_ok() {
            ops.push(below(op, place));
        }
    }
    ops
}

/// The same operation in a document in which what it edits stands at `place`.
fn below(mut op: PatchOp<Tree>, place: &str) -> PatchOp<Tree> {
    let (PatchOp::Add { path, .. }
    | PatchOp::Replace { path, .. }
    | PatchOp::Remove { path }
    | PatchOp::Move { path, .. }
    | PatchOp::Copy { path, .. }
    | PatchOp::Test { path, .. }
    | PatchOp::Inc { path, .. }
    | PatchOp::StrIns { path, .. }
    | PatchOp::StrDel { path, .. }) = &mut op;
    *path = format!("{place}{path}");
    if let PatchOp::Move { from, .. } | PatchOp::Copy { from, .. } = &mut op {
        *from = format!("{place}{from}");
    }
    op
}

/// An edit of the list in which my part is an element: anything but into that element, or of it.
fn around(dice: &mut Dice, doc: &Tree) -> Vec<PatchOp<Tree>> {
    let all = key("all");
    let Some(Tree::Array(items)) = doc.get(std::slice::from_ref(&all)) else {
        return Vec::new();
    };
    let mine = key("me");
    let others: Vec<usize> = (0..items.len())
        .filter(|at| {
            items
                .get(*at)
                .is_some_and(|item| item.get(std::slice::from_ref(&mine)).is_none())
        })
        .collect();
    let slot = |at: usize| pointer_of(&[all.clone(), Token::Index(at)]);
    vec![match dice.below(3) {
        1 if !others.is_empty() => PatchOp::Remove {
            path: slot(*dice.pick(&others)),
        },
        // Mine may be moved: it stays the same element.
        2 => PatchOp::Move {
            from: slot(dice.below(items.len())),
            path: slot(dice.below(items.len())),
        },
        _ => PatchOp::Add {
            path: slot(dice.below(items.len() + 1)),
            value: value(dice, 2),
        },
    }]
}
