//! Reads how many tests a runner ran from the summary that the runner itself prints.

/// The tests of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Count {
    pub(super) passed: u32,
    pub(super) failed: u32,
    /// Tests that exist and were not run: ignored, skipped, cancelled, or still to do.
    pub(super) skipped: u32,
}

/// Adds up the `test result:` lines of libtest, which wasm-bindgen's runner prints too.
pub(super) fn libtest(lines: &[String]) -> Count {
    let mut count = Count::default();
    for line in lines {
        let Some(summary) = line.trim_start().strip_prefix("test result: ") else {
            continue;
        };
        for field in summary.split([';', '.']) {
            let mut words = field.split_whitespace();
            let (Some(Ok(number)), Some(word)) =
                (words.next().map(str::parse::<u32>), words.next())
            else {
                continue;
            };
            match word {
                "passed" => count.passed += number,
                "failed" => count.failed += number,
                "ignored" => count.skipped += number,
                _ => {}
            }
        }
    }
    count
}

/// Reads the totals at the end of a `node --test` run with the reporter `spec`.
pub(super) fn node(lines: &[String]) -> Count {
    // A test may print such a line too, so the last one of each counts.
    let total = |word: &str| -> u32 {
        let prefix = format!("ℹ {word} ");
        let mut found = lines
            .iter()
            .rev()
            .filter_map(|line| line.strip_prefix(&prefix));
        found.find_map(|number| number.parse().ok()).unwrap_or(0)
    };
    Count {
        passed: total("pass"),
        failed: total("fail"),
        skipped: total("skipped") + total("cancelled") + total("todo"),
    }
}

/// How many tests a file for wasm-bindgen-test has.
pub(super) fn wasm_bindgen_tests(source: &str) -> u32 {
    let marks = source
        .lines()
        .filter(|line| line.trim_start().starts_with("#[wasm_bindgen_test"));
    u32::try_from(marks.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn libtest_summaries_are_added_up() {
        let said = lines(
            "test a ... ok\n\
             test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s\n\
             test result: FAILED. 1 passed; 2 failed; 3 ignored; 0 measured; 0 filtered out\n\
             test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out",
        );
        assert_eq!(
            libtest(&said),
            Count {
                passed: 10,
                failed: 2,
                skipped: 3
            }
        );
    }

    #[test]
    fn the_last_totals_of_node_count() {
        let said = lines(
            "ℹ pass 900\n✔ a (1ms)\nℹ tests 9\nℹ suites 1\nℹ pass 3\nℹ fail 2\n\
             ℹ cancelled 1\nℹ skipped 1\nℹ todo 2\nℹ duration_ms 3.5",
        );
        assert_eq!(
            node(&said),
            Count {
                passed: 3,
                failed: 2,
                skipped: 4
            }
        );
    }

    #[test]
    fn a_runner_that_says_nothing_ran_nothing() {
        assert_eq!(libtest(&[]), Count::default());
        assert_eq!(node(&[]), Count::default());
    }

    #[test]
    fn each_mark_of_a_browser_test_is_one_test() {
        let source = "use x::wasm_bindgen_test;\n#[wasm_bindgen_test]\nfn a() {}\n    \
                      #[wasm_bindgen_test(async)]\n// #[wasm_bindgen_test]\n";
        assert_eq!(wasm_bindgen_tests(source), 2);
    }
}
