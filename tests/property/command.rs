//! What `cargo xtask soak` says and does.

use super::{ALL, Progress, Property};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

const USAGE: &str = "\
Usage: cargo xtask soak --property NAME [--cases N] [--seed S]
       cargo xtask soak --list

  --property NAME   what is tried; its number is enough (p5)
  --cases N         how many cases (100000), or all where they are not endless
  --seed S          the seed of the first case (1); the next has the next
  --list            the names of the properties, one a line";

/// A progress line comes after each of so many parts of a run.
const PARTS: u64 = 20;

struct Wanted {
    property: &'static Property,
    cases: u64,
    seed: u64,
}

enum Cases {
    Some(u64),
    All,
}

/// Runs the command; the last line counts, and the exit code is that of the count.
pub(crate) fn run(args: &[String]) -> ExitCode {
    if args == ["--list"] {
        ALL.iter()
            .for_each(|property| println!("{}", property.name));
        return ExitCode::SUCCESS;
    }
    match wanted(args) {
        Ok(wanted) => soak(&wanted),
        Err(why) => {
            eprintln!("soak: {why}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn soak(wanted: &Wanted) -> ExitCode {
    let Wanted {
        property,
        cases,
        seed,
    } = wanted;
    println!("{}: {}", property.name, property.says);
    if let Some(whole) = property.whole {
        println!("{} cases in all", whole());
    }
    let failed = AtomicU64::new(0);
    let part = cases.div_ceil(PARTS);
    let failures = property.attempt_many(*seed, *cases, part, &|progress| match progress {
        Progress::Failed(seed, why) => {
            failed.fetch_add(1, Ordering::Relaxed);
            let name = property.name;
            println!("cargo xtask soak --property {name} --cases 1 --seed {seed}  # {why}");
        }
        Progress::Done(done) => {
            let failed = failed.load(Ordering::Relaxed);
            println!("{done} of {cases} cases, {failed} failures");
        }
    });
    println!("cases={cases} failures={failures} seed={seed}");
    if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn wanted(args: &[String]) -> Result<Wanted, String> {
    let mut property = None;
    let (mut cases, mut seed) = (Cases::Some(100_000), 1);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        let number = || value.parse().map_err(|_| format!("{value:?} is no number"));
        match word.as_str() {
            "--property" => {
                let known = Property::named(value);
                property = Some(known.ok_or_else(|| format!("no property is called {value:?}"))?);
            }
            "--cases" if value == "all" => cases = Cases::All,
            "--cases" => cases = Cases::Some(number()?),
            "--seed" => seed = number()?,
            _ => return Err(format!("{word:?} means nothing here")),
        }
    }
    let property = property.ok_or("name a property")?;
    let cases = match (cases, property.whole) {
        (Cases::Some(cases), _) => cases,
        (Cases::All, Some(whole)) => whole(),
        (Cases::All, None) => return Err(format!("{} is endless", property.name)),
    };
    Ok(Wanted {
        property,
        cases,
        seed,
    })
}
