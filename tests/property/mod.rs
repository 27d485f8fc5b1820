//! What must hold for all patches, and how it is tried.
#![allow(dead_code)] // Each test file uses its own part of this.

pub(crate) mod alphabet;
pub(crate) mod case;
#[path = "../differential/cases.rs"]
mod cases;
pub(crate) mod command;
pub(crate) mod exhaustive;
pub(crate) mod laws;
pub(crate) mod others;
#[path = "../differential/readings.rs"]
mod readings;
pub(crate) mod session;
#[path = "../simulator/mod.rs"]
mod simulator;
pub(crate) mod undo;
pub(crate) mod walk;

use case::{Shape, attempt, caught};
use std::sync::atomic::{AtomicU64, Ordering};

/// Something that must hold, whatever the seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    /// Tries it with one seed, and says why it does not hold.
    pub(crate) attempt: fn(u64) -> Result<(), String>,
    /// How many seeds there are, where they are not endless.
    pub(crate) whole: Option<fn() -> u64>,
}

const ENDLESS: Option<fn() -> u64> = None;

/// Three authors who have not seen each other, in the room's order.
const SESSION: Shape = Shape {
    authors: 3,
    patches_max: 3,
    ops_max: 3,
    guards: true,
};

const PAIR: Shape = Shape {
    authors: 2,
    ..SESSION
};

const UNGUARDED: Shape = Shape {
    guards: false,
    ..SESSION
};

const DIAMOND: Shape = Shape {
    authors: 2,
    patches_max: 1,
    ops_max: 1,
    guards: false,
};

/// Every property, in the order of its number.
pub(crate) const ALL: &[Property] = &[
    Property {
        name: "p1-strict-apply",
        says: "what rebase emits applies, to the letter",
        attempt: |seed| attempt(seed, SESSION, laws::p1_strict_apply),
        whole: ENDLESS,
    },
    Property {
        name: "p2-json-patch",
        says: "apply does what the json-patch crate does",
        attempt: |seed| readings::try_case(seed).map(drop),
        whole: ENDLESS,
    },
    Property {
        name: "p3-diamond",
        says: "one operation a side comes to the same either way round, on the sound subset",
        attempt: |seed| attempt(seed, DIAMOND, laws::p3_diamond),
        whole: ENDLESS,
    },
    Property {
        name: "p4-canonical-is-form",
        says: "what the room takes is what its author foresaw, and a form is exactly its text",
        attempt: |seed| attempt(seed, SESSION, session::p4_canonical_is_form),
        whole: ENDLESS,
    },
    Property {
        name: "p5-id-tree",
        says: "a walk comes to what the id tree says",
        attempt: |seed| attempt(seed, SESSION, laws::p5_id_tree),
        whole: ENDLESS,
    },
    Property {
        name: "p6-inverse",
        says: "an inverse takes its patch back, and only that",
        attempt: |seed| attempt(seed, UNGUARDED, laws::p6_inverse),
        whole: ENDLESS,
    },
    Property {
        name: "p7-undo",
        says: "undos lead back to each state on one's own paths, and redos forth again",
        attempt: undo::attempt,
        whole: ENDLESS,
    },
    Property {
        name: "p7-others",
        says: "undo and redo take nothing of others away and bring nothing back that they removed",
        attempt: others::attempt,
        whole: ENDLESS,
    },
    Property {
        name: "p8-nothing-and-disjoint",
        says: "over nothing a patch stays as it is, and disjoint patches commute",
        attempt: |seed| attempt(seed, PAIR, laws::p8_nothing_and_disjoint),
        whole: ENDLESS,
    },
    Property {
        name: "p9-refused",
        says: "a refused patch leaves what had been without it",
        attempt: |seed| attempt(seed, UNGUARDED, laws::p9_refused),
        whole: ENDLESS,
    },
    Property {
        name: "p10-simulation",
        says: "at rest all documents are equal and every change was taken exactly once",
        attempt: |seed| {
            case::shortest(simulator::STEPS_MAX, |steps| {
                simulator::simulate_steps(seed, steps);
                Ok(())
            })
        },
        whole: ENDLESS,
    },
    Property {
        name: "exhaustive",
        says: "every pair of small patches comes to what the id tree says",
        attempt: exhaustive::attempt,
        whole: Some(exhaustive::whole),
    },
];

impl Property {
    /// The property that bears a name, or begins with it.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let name = name.to_lowercase();
        let whole = ALL.iter().find(|property| property.name == name);
        let begins = |property: &&Self| property.name.starts_with(&format!("{name}-"));
        whole.or_else(|| ALL.iter().find(begins))
    }

    /// Tries it with `cases` seeds from `seed` on, on all cores, and returns how many failed.
    /// `told` hears of each failure, and after each `part` cases how many are done.
    pub(crate) fn attempt_many(
        &self,
        seed: u64,
        cases: u64,
        part: u64,
        told: &(dyn Fn(Progress<'_>) + Sync),
    ) -> u64 {
        let (next, failures) = (AtomicU64::new(0), AtomicU64::new(0));
        let work = || {
            loop {
                let case = next.fetch_add(1, Ordering::Relaxed);
                if case >= cases {
                    return;
                }
                let seed = seed.wrapping_add(case);
                if let Err(why) = caught(|| (self.attempt)(seed)) {
                    failures.fetch_add(1, Ordering::Relaxed);
                    told(Progress::Failed(seed, &why));
                }
                if (case + 1).is_multiple_of(part) {
                    told(Progress::Done(case + 1));
                }
            }
        };
        std::thread::scope(|scope| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            for _ in 0..cores {
                scope.spawn(work);
            }
        });
        failures.into_inner()
    }
}

/// What a long run tells on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Progress<'a> {
    /// So many cases are done, about.
    Done(u64),
    /// A seed failed, and why.
    Failed(u64, &'a str),
}
