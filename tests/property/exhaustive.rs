//! Every pair of patches of an alphabet, in both orders, to the end.

use super::alphabet::{Alphabet, LARGE, SMALL};
use super::case::caught;
use super::walk::Walk;
use crate::oracle::IdTree;
use draftsync::op::Patch;
use draftsync::rebase::Run;
use draftsync::tree::Tree;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

/// What a run over an alphabet found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) pairs: u64,
    pub(crate) failures: Vec<String>,
}

/// Runs every ordered pair of an alphabet on all cores; `room` took the one, then comes the other.
pub(crate) fn run(alphabet: &Alphabet) -> Found {
    let patches = alphabet.patches();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || {
        let doc = alphabet.doc();
        let names = IdTree::new(&doc);
        loop {
            let first = next.fetch_add(1, Ordering::Relaxed);
            let Some(foreign) = patches.get(first) else {
                return;
            };
            let walk = Walk::new(&doc, &names, &[foreign]);
            for second in &patches {
                if let Err(why) = pair(walk.clone(), second) {
                    let line = format!(
                        "{}: {} over {}: {why}",
                        alphabet.doc,
                        text(second),
                        text(foreign)
                    );
                    failures.lock().expect("no test holds it").push(line);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let mut failures = failures.into_inner().expect("all threads have ended");
    failures.sort_by_key(String::len);
    Found {
        pairs: (patches.len() as u64).pow(2),
        failures,
    }
}

fn pair(mut walk: Walk, pending: &Patch<Tree>) -> Result<(), String> {
    caught(|| walk.patch(pending, Run::Live).map(drop))
}

/// An alphabet with its patches.
type Written = (&'static Alphabet, Vec<Patch<Tree>>);

/// Every alphabet, written once for a soak.
static WHOLE: LazyLock<Vec<Written>> = LazyLock::new(|| {
    let all = SMALL.iter().chain(LARGE);
    all.map(|alphabet| (alphabet, alphabet.patches())).collect()
});

/// How many pairs a soak has.
pub(crate) fn whole() -> u64 {
    let pairs = WHOLE.iter().map(|(_, patches)| patches.len() as u64);
    pairs.map(|patches| patches.pow(2)).sum()
}

/// One pair of the whole, by its number: as two changes, as changes of one operation that come
/// one after the other, and with the first operation of the later author refused.
pub(crate) fn attempt(number: u64) -> Result<(), String> {
    let mut number = number % whole();
    let mut sets = WHOLE.iter();
    let (alphabet, patches) = loop {
        let Some((alphabet, patches)) = sets.next() else {
            return Ok(());
        };
        let pairs = (patches.len() as u64).pow(2);
        if number < pairs {
            break (alphabet, patches);
        }
        number -= pairs;
    };
    let (foreign, pending) = (
        &patches[number as usize / patches.len()],
        &patches[number as usize % patches.len()],
    );
    let doc = alphabet.doc();
    let all_ways = || {
        let names = IdTree::new(&doc);
        let walk = Walk::new(&doc, &names, &[foreign]);
        walk.clone().patch(pending, Run::Live)?;
        refused(walk, pending)?;
        in_turn(&doc, &singles(foreign), pending)
    };
    caught(all_ways).map_err(|why| {
        format!(
            "{}: {} over {}: {why}",
            alphabet.doc,
            text(pending),
            text(foreign)
        )
    })
}

/// The later author's first operation is a change of its own and was refused.
fn refused(mut walk: Walk, pending: &Patch<Tree>) -> Result<(), String> {
    let mut run = Run::Refused;
    for single in singles(pending) {
        walk.patch(&single, run)?;
        run = Run::Live;
    }
    Ok(())
}

/// One walk for each change, as client and room do it while something is in flight.
fn in_turn(doc: &Tree, log: &[Patch<Tree>], pending: &Patch<Tree>) -> Result<(), String> {
    let (mut doc, mut form) = (doc.clone(), pending.clone());
    for change in log {
        let mut walk = Walk::new(&doc, &IdTree::new(&doc), &[change]);
        doc = walk.doc.clone();
        form = walk.patch(&form, Run::Live)?.patch;
    }
    Ok(())
}

fn singles(patch: &Patch<Tree>) -> Vec<Patch<Tree>> {
    patch.0.iter().map(|op| Patch(vec![op.clone()])).collect()
}

/// A patch as it is written on the wire.
pub(crate) fn text(patch: &Patch<Tree>) -> String {
    serde_json::to_string(&patch.to_text()).expect("a patch is JSON")
}
