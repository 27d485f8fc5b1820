//! The scenarios of part T, through clients, room and rebase; and the command that runs files of
//! them, on files that are wrong in every way.
#![cfg(not(target_arch = "wasm32"))]

#[path = "scenarios/file.rs"]
mod file;
#[path = "scenarios/runner.rs"]
mod runner;

#[test]
fn t1_t44_every_scenario_holds_in_both_orders_and_all_ways() {
    let scenarios = file::read(include_str!("golden/scenarios.json")).unwrap();
    assert!(scenarios.len() >= 112, "{} scenarios", scenarios.len());
    let failures: Vec<_> = scenarios
        .iter()
        .flat_map(|scenario| {
            let failures = runner::failures(scenario).into_iter();
            failures.map(|failure| format!("{}, {failure}", scenario.name))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn t45_a_sum_that_is_not_finite_is_left_out() {
    let scenarios = file::read(include_str!("golden/scenarios.json")).unwrap();
    let sums = scenarios
        .iter()
        .filter(|scenario| scenario.name.starts_with("sum-"));
    let failures = sums.clone().flat_map(runner::failures).collect::<Vec<_>>();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(sums.count(), 3);
}

/// A scenario that holds, with one member set to something else.
fn with(member: &str, value: &str) -> String {
    let mut entry: serde_json::Value = serde_json::from_str(
        r#"{"name":"story","doc":{"k":1,"o":{}},
            "a":[{"op":"replace","path":"/k","value":2},{"op":"remove","path":"/o"}],
            "b":[{"op":"inc","path":"/k","inc":1},{"op":"add","path":"/o/x","value":1}],
            "ab":{"k":3},"ab_report":["parent-gone"],"ba":{"k":2},"ba_report":[]}"#,
    )
    .expect("the test writes JSON");
    entry[member] = serde_json::from_str(value).expect("the test writes JSON");
    format!("[{entry}]")
}

#[test]
fn each_order_document_and_report_is_compared() {
    for (member, value, expected) in [
        ("name", "null", None),
        ("ab", r#"{"k":2}"#, Some("a first")),
        ("ba", r#"{"k":2,"o":{}}"#, Some("b first")),
        ("ab_report", "[]", Some("a first")),
        ("ab_report", r#"["target-gone"]"#, Some("a first")),
        ("ab_report", r#"["parent-gone","merged"]"#, Some("a first")),
        ("ba_report", r#"["merged"]"#, Some("b first")),
        ("ab_report", r#"["ParentGone"]"#, None),
        ("note", r#""whatever helps a reader""#, None),
        (
            "a",
            r#"[{"op":"remove","path":"/x"}]"#,
            Some("the first patch is none"),
        ),
    ] {
        let text = with(member, value).replace(r#""name":null"#, r#""about":1"#);
        let failures = runner::failures(&file::read(&text).unwrap()[0]).join("\n");
        let said = expected.map_or(failures.is_empty(), |words| failures.contains(words));
        assert!(said, "{member} {value}: {failures}");
        let alone = failures.contains("a first") != failures.contains("b first");
        assert!(alone || member == "a" || expected.is_none(), "{failures}");
    }
}

#[test]
fn a_bad_file_is_refused_with_what_is_wrong_and_where() {
    for (text, words) in [
        ("[".to_owned(), "line 1"),
        ("{}".to_owned(), "no list"),
        ("[]".to_owned(), "no scenario"),
        ("[5]".to_owned(), "entry 0 is no object"),
        (with("name", "5"), "no string"),
        (with("doc", "5"), "\"doc\" is no document"),
        (with("ab", "null"), "\"ab\" is no document"),
        (with("doc", r#"{"__proto__":1}"#), "__proto__"),
        (with("b", "{}"), "\"b\" is no array"),
        (
            with("b", r#"["remove"]"#),
            "\"b\", operation 0 is no object",
        ),
        (
            with("b", r#"[{"op":"zap","path":""}]"#),
            "\"story\": \"b\", operation 0: unknown",
        ),
        (
            with("b", r#"[{"op":"add","path":"/k"}]"#),
            "missing field `value`",
        ),
        (with("ab_report", r#"["gone"]"#), "\"gone\" is no kind"),
        (with("ba_report", "[1]"), "1 is no kind"),
        (
            with("a", "[]").replace("ba_report", "report"),
            "\"ba_report\" is missing",
        ),
    ] {
        let problem = file::read(&text).err().unwrap_or_default();
        assert!(problem.contains(words), "{text}: {problem}");
    }
}
