//! P7, the other half: what undo and redo leave alone when authors meet.
//!
//! Every text in the document is written once, so that it says who brought it. An undo or redo
//! never takes away what its author knew that somebody else had written, unless it stands in an
//! item that the author brought, and never brings back what somebody else had removed.

use super::case::{caught, shortest};
use super::session::Table;
use crate::support::{Dice, paths, tree};
use draftsync::apply::{self, Rules};
use draftsync::doc::{Doc, Kind, Value};
use draftsync::history::Chain;
use draftsync::path::{Path, Token, pointer_of};
use draftsync::protocol::{ClientId, PatchOp, Tag, Version};
use draftsync::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

const DOC: &str =
    r#"{"list":[{"id":"a","v":"b"},{"id":"c","v":"d"},{"id":"e","v":"f"}],"k":{"x":"g","y":"h"}}"#;

/// So many steps has a session at most.
const STEPS_MAX: usize = 32;

/// Tries the property with a seed.
pub(crate) fn attempt(seed: u64) -> Result<(), String> {
    shortest(STEPS_MAX, |steps| {
        let mut session = Session {
            table: Table::new(&tree(DOC), 3, seed),
            dice: Dice::new(seed),
            texts: 0,
            steps: BTreeMap::new(),
            told: Vec::new(),
        };
        let ran = caught(|| session.run(steps));
        ran.map_err(|why| format!("{why}: {}", session.told.join("; ")))
    })
}

struct Session {
    table: Table,
    dice: Dice,
    /// How many texts were made.
    texts: usize,
    /// The undos and redos.
    steps: BTreeMap<Tag, Step>,
    told: Vec<String>,
}

/// What the author of an undo or redo saw.
struct Step {
    version: Version,
    /// The texts of what was pending.
    pending: String,
    /// What came or went in the author's view.
    changed: BTreeSet<String>,
}

impl Session {
    fn run(&mut self, steps: usize) -> Result<(), String> {
        self.table.settle()?;
        for _ in 0..steps.min(STEPS_MAX - self.dice.below(24)) {
            match self.dice.below(8) {
                0 => drop(self.step(Chain::Undo)?),
                1 => drop(self.step(Chain::Redo)?),
                2 | 3 => self.edit()?,
                _ => self.table.deliver()?,
            }
        }
        for chain in [Chain::Undo, Chain::Redo] {
            while self.step(chain)? {
                self.table.deliver()?;
            }
            self.table.settle()?;
        }
        self.check()
    }

    /// Lets the author undo or redo, and says whether there was anything.
    fn step(&mut self, chain: Chain) -> Result<bool, String> {
        let client = &mut self.table.peers[0].client;
        let before = texts(client.view());
        let forms: Vec<_> = client.forms().map(|form| form.to_text()).collect();
        let pending = serde_json::to_string(&forms).unwrap_or_default();
        let made = match chain {
            Chain::Undo => client.undo(),
            Chain::Redo => client.redo(),
        };
        let made = made.map_err(|error| error.to_string())?;
        let after = texts(client.view());
        let went = before.keys().filter(|text| !after.contains_key(*text));
        let came = after.keys().filter(|text| !before.contains_key(*text));
        let step = Step {
            version: client.version(),
            pending,
            changed: went.chain(came).cloned().collect(),
        };
        self.told.push(format!("{chain:?} {}", made.is_some()));
        self.steps.extend(made.map(|(_, tag)| (tag, step)));
        self.table.collect()?;
        Ok(made.is_some())
    }

    fn edit(&mut self) -> Result<(), String> {
        let peer = self.dice.below(self.table.peers.len());
        let doc = self.table.peers[peer].client.view().clone();
        let op = self.random_edit(&doc);
        let text = serde_json::to_string(&op).unwrap_or_default();
        self.told.push(format!("{peer} {text}"));
        let client = &mut self.table.peers[peer].client;
        let written = client.write(&[op]);
        written.map_err(|error| error.to_string())?;
        self.table.collect()
    }

    fn random_edit(&mut self, doc: &Tree) -> PatchOp<Tree> {
        let list = Token::Key("list".into());
        let len = doc
            .get(std::slice::from_ref(&list))
            .map_or(0, |list| list.length());
        let slot = |at: usize| pointer_of(&[list.clone(), Token::Index(at)]);
        let member = format!("/k/{}", self.dice.pick::<&str>(&["x", "y", "z"]));
        let all = paths(doc);
        // The name of an item stays.
        let is_name = |path: &Path| path.0.last() == Some(&Token::Key("id".into()));
        let texts: Vec<_> = all
            .iter()
            .filter(|(path, value)| value.kind() == Kind::Text && !is_name(path))
            .collect();
        let parts: Vec<_> = all.iter().filter(|(path, _)| path.0.len() == 2).collect();
        let at = self.dice.below(len + 1);
        match self.dice.below(7) {
            0 => PatchOp::Add {
                path: slot(at),
                value: self.item(),
            },
            1 => PatchOp::Add {
                path: member,
                value: self.text(),
            },
            2 if !texts.is_empty() => PatchOp::Replace {
                path: self.dice.pick(&texts).0.pointer(),
                value: self.text(),
            },
            3 if !parts.is_empty() => PatchOp::Remove {
                path: self.dice.pick(&parts).0.pointer(),
            },
            4 if !parts.is_empty() => PatchOp::Move {
                from: self.dice.pick(&parts).0.pointer(),
                path: member,
            },
            5 if len > 0 => PatchOp::Move {
                from: slot(self.dice.below(len)),
                path: slot(self.dice.below(len)),
            },
            _ => PatchOp::Add {
                path: slot(at),
                value: self.text(),
            },
        }
    }

    fn text(&mut self) -> Tree {
        self.texts += 1;
        Tree::Text(format!("t{}", self.texts).into())
    }

    fn item(&mut self) -> Tree {
        let mut item = draftsync::tree::Members::default();
        item.insert("id".into(), self.text());
        item.insert("v".into(), self.text());
        Tree::Object(item)
    }

    /// Goes through the room's log.
    fn check(&self) -> Result<(), String> {
        let me = self.table.peers[0].client.id();
        let mut doc = tree(DOC);
        let mut authors = Authors::default();
        // An undo of what somebody moved away meanwhile may write a text a second time.
        let mut doubled = BTreeSet::new();
        for change in &self.table.log {
            let before = texts(&doc);
            apply::write(&mut doc, &change.patch, &Rules::RFC)
                .map_err(|error| error.to_string())?;
            let after = texts(&doc);
            let step = change.tag.and_then(|tag| self.steps.get(&tag));
            let twice = after.iter().filter(|(_, place)| place.twice);
            doubled.extend(twice.map(|(text, _)| text.clone()));
            let is_theirs = |text: &str, last: Option<&(ClientId, Version)>| {
                let (Some(step), Some((author, version))) = (step, last) else {
                    return false;
                };
                // What the author's own pending changes write is the author's.
                let mine = step.pending.contains(&format!("\"{text}\""));
                let knew = *version <= step.version && step.changed.contains(text);
                author != &me && knew && !mine && !doubled.contains(text)
            };
            let by = (change.client_id, change.version);
            for (text, place) in &before {
                match after.get(text) {
                    Some(now) if now.slot == place.slot => {}
                    Some(_) => drop(authors.put.insert(text.clone(), by)),
                    None => {
                        let item = place.item.as_ref().and_then(|id| authors.brought.get(id));
                        let in_mine = item.is_some_and(|(author, _)| *author == me);
                        let brought = is_theirs(text, authors.brought.get(text));
                        if brought && is_theirs(text, authors.put.get(text)) && !in_mine {
                            return Err(format!("version {} takes {text} away", by.1.0));
                        }
                        authors.removed.insert(text.clone(), by);
                    }
                }
            }
            for text in after.keys().filter(|text| !before.contains_key(*text)) {
                if is_theirs(text, authors.removed.get(text)) {
                    return Err(format!("version {} brings {text} back", by.1.0));
                }
                authors.brought.insert(text.clone(), by);
                authors.put.insert(text.clone(), by);
            }
        }
        Ok(())
    }
}

/// Who brought each text, who put it where it is, and who removed it, with which version.
#[derive(Default)]
struct Authors {
    brought: BTreeMap<String, (ClientId, Version)>,
    put: BTreeMap<String, (ClientId, Version)>,
    removed: BTreeMap<String, (ClientId, Version)>,
}

struct Place {
    /// The path without indexes.
    slot: String,
    /// The name of the item around it, if there is one.
    item: Option<String>,
    /// Whether it stands in another place too.
    twice: bool,
}

/// Every text of a document, and where it stands.
fn texts(doc: &Tree) -> BTreeMap<String, Place> {
    let place = |path: &Path| {
        let keys = path.0.iter().filter_map(|token| match token {
            Token::Key(key) => Some(&**key),
            Token::Index(_) => None,
        });
        let slot = keys.collect::<Vec<_>>().join("/");
        let around = path.split().map_or(&[][..], |(around, _)| around);
        let id = [around, &[Token::Key("id".into())]].concat();
        let item = match doc.get(&id) {
            Some(Tree::Text(id)) => Some(id.to_string()),
            _ => None,
        };
        let twice = false;
        Place { slot, item, twice }
    };
    let mut texts: BTreeMap<String, Place> = BTreeMap::new();
    for (path, value) in paths(doc) {
        if let Tree::Text(text) = value {
            let twice = texts.contains_key(&*text);
            let place = Place {
                twice,
                ..place(&path)
            };
            texts.insert(text.to_string(), place);
        }
    }
    texts
}
