//! Runs the examples of part U: I and they, with real clients and a real room.

use super::notation::{Example, document, ops, words};
use super::property::session::Table;
use draftsync::client::WriteOptions;
use draftsync::room::SessionId;

const I: usize = 0;
const THEY: usize = 1;

/// Says what does not happen as the example has it.
pub(crate) fn run(example: &Example<'_>) -> Result<(), String> {
    let [("", doc), rest @ ..] = example.spans.as_slice() else {
        return Err("it begins with no document".to_owned());
    };
    if !example.end.is_empty() {
        return Err(format!("what does \"{}\" mean?", example.end));
    }
    let mut story = Story {
        table: Table::new(&document(doc)?, 2, 1),
        open: Open::Nothing,
        untold: String::new(),
    };
    story.settle()?;
    rest.iter()
        .try_for_each(|(label, span)| story.hear(label, span))?;
    story.told("")
}

/// What my next edit goes into, too.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    Group,
    Transaction,
}

struct Story {
    table: Table,
    open: Open,
    /// What the last undo or redo left out and the example has not said yet.
    untold: String,
}

impl Story {
    /// Takes one code span, by the words before it.
    fn hear(&mut self, label: &str, span: &str) -> Result<(), String> {
        if label != "told" {
            self.told("")?;
        }
        if label != "and" {
            self.close()?;
        }
        if !["and", "I, not knowing it"].contains(&label) {
            self.settle()?;
        }
        match label {
            "I" | "I, not knowing it" => self.write(I, span),
            "not to be undone, I" => {
                let options = WriteOptions {
                    undoable: false,
                    ..WriteOptions::default()
                };
                let made = self.table.peers[I].client.write_with(&ops(span)?, options);
                made.map(|_| ()).map_err(|error| error.to_string())
            }
            "and" if self.open != Open::Nothing => self.write(I, span),
            "in one group I" => {
                self.table.peers[I].client.set_history_group(true, None);
                self.open = Open::Group;
                self.write(I, span)
            }
            "in one transaction I" => {
                self.table.peers[I].client.begin();
                self.open = Open::Transaction;
                self.write(I, span)
            }
            "they" => {
                self.write(THEY, span)?;
                self.table.collect()?;
                while !self.table.peers[THEY].up.is_empty() {
                    self.table.deliver_up(THEY)?;
                }
                Ok(())
            }
            "over a snapshot they" => self.miss(span),
            "undo leads to" | "redo leads to" => self.step(label, span),
            "undo finds" | "redo finds" if span == "nothing" => self.step(label, span),
            "told" => self.told(span),
            other => Err(format!("what does \"{other}\" mean?")),
        }
    }

    fn write(&mut self, who: usize, text: &str) -> Result<(), String> {
        let made = self.table.peers[who].client.write(&ops(text)?);
        made.map(|_| ())
            .map_err(|error| format!("`{text}`: {error}"))
    }

    fn settle(&mut self) -> Result<(), String> {
        self.table.collect()?;
        self.table.settle()
    }

    fn close(&mut self) -> Result<(), String> {
        let client = &mut self.table.peers[I].client;
        match self.open {
            Open::Nothing => {}
            Open::Group => client.set_history_group(false, None),
            Open::Transaction => {
                client
                    .end(WriteOptions::default())
                    .map_err(|error| error.to_string())?;
            }
        }
        self.open = Open::Nothing;
        Ok(())
    }

    /// They write while I am away, and the room forgets how it came about.
    fn miss(&mut self, text: &str) -> Result<(), String> {
        self.table.peers[I].client.handle_closed();
        self.table.room.handle_closed(SessionId(I as u64));
        self.write(THEY, text)?;
        self.settle()?;
        self.table.room.trim(0);
        self.table.peers[I].client.handle_opened();
        self.settle()
    }

    fn step(&mut self, label: &str, expected: &str) -> Result<(), String> {
        let before = self.table.outcomes.len();
        let client = &mut self.table.peers[I].client;
        let made = match label.starts_with("undo") {
            true => client.undo(),
            false => client.redo(),
        };
        let made = made.map_err(|error| error.to_string())?.is_some();
        if label.ends_with("finds") {
            return (!made)
                .then_some(())
                .ok_or_else(|| format!("{label} something"));
        }
        if !made {
            return Err(format!("{label}: it finds nothing"));
        }
        self.settle()?;
        let expected = document(expected)?;
        for peer in &mut self.table.peers {
            let found = peer.client.view();
            if *found != expected {
                let found = serde_json::to_string(found).unwrap_or_default();
                return Err(format!("{label} `{found}`"));
            }
        }
        let mine = self.table.outcomes[before..].iter();
        let left_out = mine
            .filter(|(who, _)| *who == I)
            .flat_map(|(_, outcome)| &outcome.left_out)
            .map(|(op, kind)| format!("{} {}", words(std::slice::from_ref(op)), kind.word()));
        self.untold = left_out.collect::<Vec<_>>().join("; ");
        Ok(())
    }

    /// What I am told of the last undo or redo.
    fn told(&mut self, expected: &str) -> Result<(), String> {
        let found = std::mem::take(&mut self.untold);
        if found == expected {
            return Ok(());
        }
        Err(format!("told: `{found}` and not `{expected}`"))
    }
}
