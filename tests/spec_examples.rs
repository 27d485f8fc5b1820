//! The examples of SPEC.md, read out of it and run: what the rules promise is what happens.
#![cfg(not(target_arch = "wasm32"))]

#[path = "spec_examples/notation.rs"]
mod notation;
mod oracle;
mod property;
mod support;
#[path = "spec_examples/transform.rs"]
mod transform;
#[path = "spec_examples/undo.rs"]
mod undo;

use notation::{Example, examples, rules};

const SPEC: &str = include_str!("../SPEC.md");

/// Rules of the two parts whose example is prose, each with the reason.
const PROSE: [(&str, &str); 3] = [
    (
        "T50",
        "is about the cost, and its example has 20 000 operations; rules_diff.rs counts them",
    ),
    (
        "U10",
        "is about a hundred entries; rules_undo.rs makes and counts them",
    ),
    (
        "U13",
        "is about labels, which are no part of a document; history.test.mjs reads them",
    ),
];

fn in_part(part: char) -> Vec<Example<'static>> {
    let all = examples(SPEC).into_iter();
    all.filter(|example| example.rule.starts_with(part))
        .collect()
}

#[test]
fn every_rule_of_the_parts_t_and_u_has_an_example() {
    let examples = [in_part('T'), in_part('U')].concat();
    let has = |rule: &str| examples.iter().any(|example| example.rule == rule);
    for rule in rules(SPEC).filter(|rule| rule.starts_with(['T', 'U'])) {
        let prose = PROSE.iter().any(|(id, _)| *id == rule);
        assert!(has(rule) != prose, "{rule}: has it an example?");
    }
    for (rule, why) in PROSE {
        let text = SPEC.split(&format!("- **{rule}.**")).nth(1).unwrap_or("");
        let said = text.lines().nth(1).unwrap_or("");
        assert!(said.starts_with("  - For example, "), "{rule} {why}");
    }
}

type Run = fn(&Example<'_>) -> Result<(), String>;

fn all_happen(part: char, run: Run) {
    let failures: Vec<_> = in_part(part)
        .iter()
        .filter_map(|example| {
            let problem = run(example).err()?;
            Some(format!("{}: {}\n  {problem}", example.rule, example.line))
        })
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn t1_t49_every_example_happens_as_it_stands_there() {
    all_happen('T', transform::run);
}

#[test]
fn u1_u11_every_example_happens_as_it_stands_there() {
    all_happen('U', undo::run);
}

#[test]
fn an_example_that_is_wrong_anywhere_fails() {
    let right = "`{\"k\":1}` · a `remove /k` · b `replace /k 2` becomes `nothing`, \
                 told `0 target-gone` · leads to `{}`";
    let run = |line: &str| transform::run(&Example::new("T21", line));
    assert_eq!(run(right), Ok(()));
    for (part, other, said) in [
        ("`{}`", "`{\"k\":1}`", "leads to"),
        ("`nothing`", "`remove /k`", "becomes"),
        ("`nothing`", "`rejected`", "becomes"),
        ("`0 target-gone`", "`0 parent-gone`", "told"),
        ("`0 target-gone`", "`0 target-gone /j`", "told"),
        (", told `0 target-gone`", "", "told"),
        ("· leads to `{}`", "", "leads to"),
        ("`{}`", "`{}`, whatever", "whatever"),
        ("becomes", "turns into", "turns into"),
        ("`remove /k`", "`remove /j`", "remove /j"),
        ("`remove /k`", "`erase /k`", "erase /k"),
        ("2", "two", "replace /k two"),
    ] {
        let problem = run(&right.replace(part, other)).err().unwrap_or_default();
        assert!(problem.contains(said), "{part} as {other}: {problem}");
    }
    let later = "`{\"k\":1}` · a `replace /k 2` · b `replace /k 3` becomes `replace /k 3` \
                 · leads to `{\"k\":3}`";
    assert_eq!(run(later), Ok(()));
    let problem = run(&format!("{later}, in either order")).err();
    assert!(problem.is_some_and(|problem| problem.contains("in either order")));
    let differs = |ops: &str| run(&format!("`[1]` and `[2]` differ by `{ops}`"));
    assert_eq!(differs("replace /0 2"), Ok(()));
    assert!(differs("remove /0; add /0 2").is_err());
}

#[test]
fn a_story_that_is_wrong_anywhere_fails() {
    let right = "`{\"n\":0,\"m\":0}` · I `replace /n 1; replace /m 1` · they `replace /n 2` \
                 · undo leads to `{\"n\":2,\"m\":0}`, told `replace /n 0 superseded` \
                 · undo finds `nothing`";
    let run = |line: &str| undo::run(&Example::new("U3", line));
    assert_eq!(run(right), Ok(()));
    for (part, other, said) in [
        ("{\"n\":2,\"m\":0}", "{\"n\":0,\"m\":0}", "leads to"),
        (", told `replace /n 0 superseded`", "", "told"),
        ("n 0 superseded", "n 0 target-gone", "told"),
        ("undo finds", "redo finds", "something"),
        (
            "undo finds `nothing`",
            "undo leads to `{}`",
            "finds nothing",
        ),
        ("they", "you", "you"),
        ("they `replace /n 2`", "they `inc /m 2`", "leads to"),
    ] {
        let problem = run(&right.replace(part, other)).err().unwrap_or_default();
        assert!(problem.contains(said), "{part} as {other}: {problem}");
    }
}
