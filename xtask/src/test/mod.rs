//! Runs the tests, counts them, and ends with one line `N passed, N failed`.

mod count;
mod parts;
mod report;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use parts::Part;
use report::Report;

/// `cargo xtask test [part...]`.
pub(crate) fn test(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let parts = chosen(args)?;
    let mut report = Report::default();
    for part in parts {
        let before = report.ran();
        println!("\nxtask: part {}", part.name());
        // A part that cannot be set up must not hide what the others say.
        if let Err(error) = part.run(workspace, &mut report) {
            report.fail(part.name(), format!("{error:#}"));
        }
        let ran = report.ran() - before;
        // A suite that ran nothing must not pass.
        if ran < part.floor() {
            let floor = part.floor();
            let why = format!("{ran} tests ran, but the part has at least {floor}");
            report.fail(part.name(), why);
        }
    }
    Ok(if report.conclude() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The parts named, or all; always in the order of `Part::ALL`.
fn chosen(args: &[String]) -> Result<Vec<Part>> {
    let names = Part::ALL.map(Part::name);
    if let Some(unknown) = args.iter().find(|arg| !names.contains(&arg.as_str())) {
        bail!(
            "no part is called {unknown:?}; the parts are {}",
            names.join(", ")
        );
    }
    let wanted = |part: &Part| args.is_empty() || args.iter().any(|arg| arg == part.name());
    Ok(Part::ALL.into_iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_every_part_and_an_unknown_name_is_refused() {
        let chosen = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            chosen(&args)
                .map(|parts| parts.into_iter().map(Part::name).collect::<Vec<_>>())
                .ok()
        };
        assert_eq!(
            chosen(&[]),
            Some(vec!["native", "wasm", "package", "e2e", "matrix"])
        );
        assert_eq!(chosen(&["e2e", "native"]), Some(vec!["native", "e2e"]));
        assert_eq!(chosen(&["nativ"]), None);
    }
}
