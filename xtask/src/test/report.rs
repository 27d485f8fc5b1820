//! Collects what every step of a test run said, and gives the verdict.

use std::process::Command;

use anyhow::Result;

use super::count::Count;
use crate::run::{self, Heard};

/// The steps so far, in the order they ran.
#[derive(Default)]
pub(super) struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: String,
    count: Count,
    /// What is wrong beyond failed tests, as sentences.
    problems: Vec<String>,
}

impl Report {
    /// Runs a check that is no test, such as a linter: it adds nothing when it succeeds and one
    /// failure when it does not.
    pub(super) fn check(&mut self, name: &str, command: &mut Command) {
        self.step(name, command, |_| Count::default());
    }

    /// Runs a test runner and reads its summary with `count`; returns what it counted.
    pub(super) fn tests(
        &mut self,
        name: &str,
        command: &mut Command,
        count: impl Fn(&[String]) -> Count,
    ) -> Count {
        self.step(name, command, count)
    }

    /// Records a failure that no runner counted.
    pub(super) fn fail(&mut self, name: &str, why: String) {
        println!("xtask: {name}: {why}");
        let step = Step {
            name: name.to_owned(),
            count: Count::default(),
            problems: vec![why],
        };
        self.steps.push(step);
    }

    /// Tests that passed or failed, whatever else went wrong.
    pub(super) fn ran(&self) -> u32 {
        self.steps
            .iter()
            .map(|step| step.count.passed + step.count.failed)
            .sum()
    }

    /// Prints a table of the steps and, as the last line, the verdict; returns whether all is well.
    pub(super) fn conclude(&self) -> bool {
        println!();
        for step in &self.steps {
            let Count { passed, failed, .. } = step.count;
            let verdict = if step.failures() == 0 { "ok" } else { "FAILED" };
            println!(
                "{:<40} {passed:>6} passed {failed:>4} failed  {verdict}",
                step.name
            );
            for problem in &step.problems {
                println!("    {problem}");
            }
        }
        let passed: u32 = self.steps.iter().map(|step| step.count.passed).sum();
        let failed: u32 = self.steps.iter().map(Step::failures).sum();
        println!("{passed} passed, {failed} failed");
        failed == 0
    }

    fn step(
        &mut self,
        name: &str,
        command: &mut Command,
        count: impl Fn(&[String]) -> Count,
    ) -> Count {
        println!("\nxtask: {name}");
        let step = Step::new(name, run::listen(command), count);
        let count = step.count;
        self.steps.push(step);
        count
    }
}

impl Step {
    fn new(name: &str, heard: Result<Heard>, count: impl Fn(&[String]) -> Count) -> Self {
        let mut problems = Vec::new();
        let count = match heard {
            Ok(heard) => {
                let count = count(&heard.lines);
                // A runner that fails without a failed test did not get as far as running them.
                if !heard.success && count.failed == 0 {
                    problems.push("ended with an error".to_owned());
                }
                count
            }
            Err(error) => {
                problems.push(format!("{error:#}"));
                Count::default()
            }
        };
        if count.skipped > 0 {
            problems.push(format!("{} tests were skipped; none may be", count.skipped));
        }
        Self {
            name: name.to_owned(),
            count,
            problems,
        }
    }

    fn failures(&self) -> u32 {
        self.count.failed + u32::try_from(self.problems.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(success: bool) -> Result<Heard> {
        Ok(Heard {
            success,
            lines: Vec::new(),
        })
    }

    #[test]
    fn a_step_fails_by_a_failed_test_a_skipped_test_or_an_error() {
        let count = |passed, failed, skipped| {
            move |_: &[String]| Count {
                passed,
                failed,
                skipped,
            }
        };
        for (step, failures) in [
            (Step::new("all passed", heard(true), count(3, 0, 0)), 0),
            (Step::new("one failed", heard(false), count(3, 1, 0)), 1),
            (
                Step::new("did not compile", heard(false), count(0, 0, 0)),
                1,
            ),
            (Step::new("some skipped", heard(true), count(3, 0, 2)), 1),
            (
                Step::new("not started", Err(anyhow::anyhow!("no")), count(3, 0, 0)),
                1,
            ),
        ] {
            assert_eq!(step.failures(), failures, "{}", step.name);
        }
    }
}
