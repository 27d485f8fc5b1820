//! Every pair of patches of an alphabet, in both orders, to the end.

use super::alphabet::Alphabet;
use super::walk::Walk;
use crate::oracle::IdTree;
use draftsync::op::Patch;
use draftsync::rebase::Run;
use draftsync::tree::Tree;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    let done = catch_unwind(AssertUnwindSafe(|| walk.patch(pending, Run::Live)));
    match done {
        Ok(done) => done.map(|_| ()),
        Err(_) => Err("it panicked".into()),
    }
}

/// A patch as it is written on the wire.
pub(crate) fn text(patch: &Patch<Tree>) -> String {
    serde_json::to_string(&patch.to_text()).expect("a patch is JSON")
}
