//! How long it takes to rebase many pending changes over many of others, on one list.
//!
//! `cargo bench --bench rebase [-- --quick]`; `cargo xtask bench rebase` runs it too. Every result
//! is applied to the document of the others, and must hold exactly the items that it should.

// A bench looks at the clock; only the core is without one.
#![allow(clippy::disallowed_methods)]

use draftsync::apply::{self, Rules};
use draftsync::op::Patch;
use draftsync::protocol::PatchOp;
use draftsync::rebase::{Rebased, Run, rebase};
use draftsync::tree::Tree;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

type Ids = BTreeSet<String>;

/// One side's changes, each of one operation, and what they did to the items.
struct Side {
    patches: Vec<Patch<Tree>>,
    doc: Tree,
    inserted: Ids,
    removed: Ids,
}

/// Numbers by xorshift: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let runs = if quick { 3 } else { 15 };
    println!("| | median | fastest to slowest |");
    println!("| --- | --- | --- |");
    for (pending, remote, items) in [(100, 100, 1_000), (1_000, 30_000, 5_000)] {
        let times = measured(pending, remote, items, runs);
        let name = format!("{pending} pending over {remote} of others, {items} items");
        println!("| {name} | {} | {} |", ms(median(&times)), range(&times));
    }
    println!("\n| 1000 pending, 5000 items, over | median | fastest to slowest | growth |");
    println!("| --- | --- | --- | --- |");
    let mut before: Option<Duration> = None;
    for doubling in 0..6 {
        let remote = 1_000 << doubling;
        let times = measured(1_000, remote, 5_000, runs);
        let time = median(&times);
        let growth = before.map_or_else(String::new, |before| {
            format!("×{:.2}", time.as_secs_f64() / before.as_secs_f64())
        });
        println!("| {remote} | {} | {} | {growth} |", ms(time), range(&times));
        before = Some(time);
    }
}

/// The times of `runs` rebases, fastest first.
fn measured(pending: usize, remote: usize, items: usize, runs: usize) -> Vec<Duration> {
    let base = document(items);
    let theirs = side(&base, "theirs", remote, &mut Dice(0x9e37_79b9_7f4a_7c15));
    let mine = side(&base, "mine", pending, &mut Dice(0xbf58_476d_1ce4_e5b9));
    let mut times: Vec<_> = (0..runs)
        .map(|_| {
            let began = Instant::now();
            let live = mine.patches.iter().map(|patch| (patch, Run::Live));
            let rebased = rebase(live, &theirs.patches);
            let time = began.elapsed();
            check(&base, &mine, &theirs, &rebased);
            time
        })
        .collect();
    times.sort();
    times
}

/// A list of small objects, as the web benchmark has it.
fn document(items: usize) -> Tree {
    let items: Vec<_> = (0..items).map(|at| item(&format!("old-{at}"))).collect();
    tree(&format!(r#"{{"items":[{}]}}"#, items.join(",")))
}

fn item(id: &str) -> String {
    format!(r#"{{"id":"{id}","text":"Water the plants before noon","done":false,"rank":17}}"#)
}

fn tree(text: &str) -> Tree {
    serde_json::from_str(text).expect("the texts of this file are JSON")
}

/// Of ten changes seven write a member, and one each inserts, removes and moves an item.
fn side(base: &Tree, whose: &str, changes: usize, dice: &mut Dice) -> Side {
    let mut side = Side {
        patches: Vec::with_capacity(changes),
        doc: base.clone(),
        inserted: Ids::new(),
        removed: Ids::new(),
    };
    for number in 0..changes {
        let length = list(&side.doc).len();
        let at = dice.below(length);
        let path = format!("/items/{at}");
        let op = match dice.below(10) {
            0 => {
                let id = format!("{whose}-{number}");
                let value = tree(&item(&id));
                side.inserted.insert(id);
                PatchOp::Add { path, value }
            }
            1 => {
                side.removed.insert(id_at(&side.doc, at));
                PatchOp::Remove { path }
            }
            2 => PatchOp::Move {
                from: path,
                path: format!("/items/{}", dice.below(length)),
            },
            _ => PatchOp::Replace {
                path: format!("{path}/done"),
                value: Tree::Bool(number % 2 == 0),
            },
        };
        let applied = apply::write(&mut side.doc, &[op], &Rules::RFC);
        side.patches
            .push(applied.expect("the list is long enough").patch);
    }
    side
}

fn list(doc: &Tree) -> &imbl::Vector<Tree> {
    match doc {
        Tree::Object(members) => match members.get("items") {
            Some(Tree::Array(items)) => items,
            _ => panic!("the document has a list of items"),
        },
        _ => panic!("the document is an object"),
    }
}

fn id_at(doc: &Tree, at: usize) -> String {
    match &list(doc)[at] {
        Tree::Object(members) => match members.get("id") {
            Some(Tree::Text(id)) => id.to_string(),
            _ => panic!("an item has an id"),
        },
        _ => panic!("an item is an object"),
    }
}

/// Each form fits the document it stands on, and the items are those that neither side removed.
fn check(base: &Tree, mine: &Side, theirs: &Side, rebased: &[Rebased<Tree>]) {
    let mut doc = theirs.doc.clone();
    for form in rebased {
        let applied = apply::apply(&mut doc, &form.patch, &Rules::RFC);
        applied.expect("T12: a form fits the document that it is written for");
    }
    let ids =
        |doc: &Tree| -> Vec<String> { (0..list(doc).len()).map(|at| id_at(doc, at)).collect() };
    let mut expected: Ids = ids(base).into_iter().collect();
    expected.extend(mine.inserted.iter().chain(&theirs.inserted).cloned());
    expected.retain(|id| !mine.removed.contains(id) && !theirs.removed.contains(id));
    let found = ids(&doc);
    assert_eq!(found.len(), expected.len(), "no item is there twice");
    assert_eq!(found.into_iter().collect::<Ids>(), expected);
}

fn median(times: &[Duration]) -> Duration {
    times[times.len() / 2]
}

fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 {
        format!("{ms:.2} ms")
    } else {
        format!("{ms:.0} ms")
    }
}

fn range(times: &[Duration]) -> String {
    format!("{} to {}", ms(times[0]), ms(times[times.len() - 1]))
}
