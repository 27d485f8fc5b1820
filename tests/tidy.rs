//! Holds the papers and the tests together: rules and citations, first lines, sizes, words.
//!
//! The checks are functions over text, so that they are tested themselves, on small texts.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The parts of SPEC.md, each with the letter of its ids.
const PARTS: &str = "PTUWCJRBFSD";
/// A source file fits in the head; tests are lists and may be longer.
const SOURCE_LINES_MAX: usize = 400;
/// What is built, fetched or kept by tools, and so not written here.
const NOT_OURS: [&str; 5] = ["target", "node_modules", "pkg", ".git", ".draftsync"];

// ---------------------------------------------------------------------------------- the tree

#[test]
fn every_rule_is_cited_by_a_test_and_every_citation_has_a_rule() {
    let rules: BTreeSet<String> = rules(&read(&root().join("SPEC.md"))).into_iter().collect();
    let mut cited: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in files() {
        for id in citations(&test_text(&file)) {
            cited.entry(id).or_insert_with(|| file.clone());
        }
    }
    let uncited: Vec<_> = rules.iter().filter(|id| !cited.contains_key(*id)).collect();
    let unknown: Vec<_> = cited
        .iter()
        .filter(|(id, _)| !rules.contains(*id))
        .collect();
    assert!(
        uncited.is_empty(),
        "{} rules of SPEC.md have no test: {uncited:?}",
        uncited.len()
    );
    assert!(
        unknown.is_empty(),
        "tests cite rules that SPEC.md does not have: {unknown:?}"
    );
}

#[test]
fn what_the_code_says_of_a_rule_is_about_a_rule() {
    let rules: BTreeSet<String> = rules(&read(&root().join("SPEC.md"))).into_iter().collect();
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| is_source(file)) {
        for line in read(file).lines().filter(|line| line.contains("SPEC ")) {
            wrong.extend(
                words(line)
                    .filter(|word| is_id(word) && !rules.contains(*word))
                    .map(|word| format!("{} in {}", word, file.display())),
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "comments name rules that SPEC.md does not have: {wrong:?}"
    );
}

#[test]
fn the_ids_of_the_rules_stand_in_order() {
    let rules = rules(&read(&root().join("SPEC.md")));
    assert_eq!(
        misplaced(&rules),
        None,
        "a rule keeps its id for ever; new ones come last"
    );
    for part in PARTS.chars() {
        assert!(
            rules.iter().any(|id| id.starts_with(part)),
            "part {part} has no rule"
        );
    }
}

#[test]
fn every_test_file_begins_by_saying_what_it_is() {
    let wrong: Vec<_> = files()
        .into_iter()
        .filter(|file| is_test(file) && is_code(file))
        .filter(|file| !begins_well(&extension(file), &read(file)))
        .collect();
    assert!(
        wrong.is_empty(),
        "begin with a `//!` line, or `// @ts-check` in JavaScript: {wrong:?}"
    );
}

#[test]
fn no_source_file_is_long() {
    let long: Vec<_> = files()
        .into_iter()
        .filter(|file| is_source(file) && has_behaviour(file))
        .map(|file| (source_lines(&read(&file)), file))
        .filter(|(lines, _)| *lines > SOURCE_LINES_MAX)
        .collect();
    assert!(
        long.is_empty(),
        "files of more than {SOURCE_LINES_MAX} lines: {long:?}"
    );
}

#[test]
fn every_link_of_a_paper_leads_to_a_file() {
    let mut dead = Vec::new();
    for paper in files().iter().filter(|file| extension(file) == "md") {
        let folder = paper.parent().unwrap_or(paper);
        dead.extend(
            links(&read(paper))
                .into_iter()
                .filter(|link| !folder.join(link).exists())
                .map(|link| format!("{link} in {}", paper.display())),
        );
    }
    assert!(dead.is_empty(), "links that lead nowhere: {dead:?}");
}

#[test]
fn nothing_names_the_place_where_it_was_written() {
    let mut found = Vec::new();
    for file in files() {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        found.extend(
            outside_words(&text)
                .into_iter()
                .map(|(line, word)| format!("{}:{line}: {word}", file.display())),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every file of the repository that was written by hand.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let entry = entry.expect("an entry can be read");
            let name = entry.file_name().to_string_lossy().into_owned();
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            if entry.file_type().expect("an entry has a type").is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn extension(file: &Path) -> String {
    file.extension()
        .map(|extension| extension.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn is_code(file: &Path) -> bool {
    ["rs", "js", "mjs", "ts", "mts", "css"].contains(&extension(file).as_str())
}

/// Types and styles are lists, which one reads by looking a thing up.
fn has_behaviour(file: &Path) -> bool {
    let name = file.to_string_lossy();
    !name.ends_with(".d.ts") && !name.ends_with(".css")
}

fn is_test(file: &Path) -> bool {
    let inside = file.strip_prefix(root()).unwrap_or(file);
    inside
        .components()
        .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

fn is_source(file: &Path) -> bool {
    is_code(file) && !is_test(file)
}

/// The part of a file that is test code: all of it, or what follows `#[cfg(test)]`.
fn test_text(file: &Path) -> String {
    if !is_code(file) || file.ends_with("tests/tidy.rs") {
        return String::new();
    }
    let text = read(file);
    match text.find("#[cfg(test)]") {
        _ if is_test(file) => text,
        Some(start) => text[start..].to_owned(),
        None => String::new(),
    }
}

// -------------------------------------------------------------------------------- the checks

/// The ids of the rules of a text, in its order: what stands in `- **P1.**` at a line's start.
fn rules(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("- **")?.split_once(".**"))
        .map(|(id, _)| id.to_owned())
        .filter(|id| is_id(id))
        .collect()
}

/// The first id that does not follow the one before it in its part.
fn misplaced(rules: &[String]) -> Option<&String> {
    let mut last: BTreeMap<&str, u32> = BTreeMap::new();
    rules.iter().find(|id| {
        let (part, number) = id.split_at(1);
        let next = last.entry(part).or_default();
        *next += 1;
        number.parse() != Ok(*next)
    })
}

/// The ids that a test cites: as words, or at the beginning of a function's name.
///
/// A file's own `//!` lines do not count: they claim, and a test shows.
fn citations(text: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("//!")) {
        ids.extend(words(line).filter(|word| is_id(word)).map(str::to_owned));
        let name = line.split_once("fn ").map_or("", |(_, name)| name);
        let upper = name
            .split('_')
            .map(str::to_ascii_uppercase)
            .zip(name.split('_'));
        ids.extend(
            upper
                .take_while(|(id, written)| is_id(id) && id != written)
                .map(|(id, _)| id),
        );
    }
    ids
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
}

/// Whether a word is a part's letter and a number without a leading zero.
fn is_id(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|first| PARTS.contains(first))
        && word.len() <= 4
        && characters
            .next()
            .is_some_and(|second| ('1'..='9').contains(&second))
        && characters.all(|character| character.is_ascii_digit())
}

fn begins_well(extension: &str, text: &str) -> bool {
    match extension {
        "rs" => text.starts_with("//! "),
        "js" | "mjs" => text.starts_with("// @ts-check\n"),
        _ => true,
    }
}

/// How many lines a file has before its tests.
fn source_lines(text: &str) -> usize {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .count()
}

/// Lines that name a machine's folders, a registry's host, or who typed the text.
fn outside_words(text: &str) -> Vec<(usize, String)> {
    // Each in two halves, so that this list does not find itself.
    let halves = [
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("/tm", "p/"),
        ("registry.", "npmjs"),
        ("\"resol", "ved\""),
        ("language ", "model"),
        ("chat", "bot"),
        ("Co-Auth", "ored-By"),
        ("the br", "ief"),
    ];
    let patterns = halves.map(|(first, second)| format!("{first}{second}"));
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        found.extend(
            patterns
                .iter()
                .filter(|pattern| line.contains(*pattern))
                .map(|pattern| (index + 1, pattern.clone())),
        );
    }
    found
}

/// Where the links of a Markdown text lead, other than to the network or to a place in the text.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .filter_map(|(link, _)| link.split('#').next())
        .filter(|link| !link.is_empty() && !link.contains("://"))
        .collect()
}

// --------------------------------------------------------------------- the checks, checked

#[test]
fn links_to_files_are_found() {
    let text = "[a](b.md), [c](d/e#f), [g](#h), [i](https://example.com), f(x)";
    assert_eq!(links(text), ["b.md", "d/e"]);
}

#[test]
fn a_rule_is_a_list_item_that_begins_with_its_id() {
    let text = "- **P1.** One.\n- **P2.** Two, see **P9.**\n**P3.** no item\n- **X1.** no part\n";
    assert_eq!(rules(text), ["P1", "P2"]);
}

#[test]
fn rules_out_of_order_are_found() {
    let misplaced = |ids: &[&str]| {
        let ids: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
        misplaced(&ids).cloned()
    };
    assert_eq!(misplaced(&["P1", "P2", "T1", "P3"]), None);
    assert_eq!(misplaced(&["P1", "P3"]), Some("P3".into()));
    assert_eq!(misplaced(&["P1", "P1"]), Some("P1".into()));
    assert_eq!(misplaced(&["P2"]), Some("P2".into()));
}

#[test]
fn a_citation_is_a_word_or_begins_a_name() {
    for (text, ids) in [
        ("fn c4_a_stale_welcome_is_ignored() {", &["C4"][..]),
        ("    fn c4_c12_both() {", &["C4", "C12"]),
        ("// C4: why", &["C4"]),
        ("test(\"B13, B14: moves\", () => {", &["B13", "B14"]),
        ("//! C4 is claimed", &[]),
        ("let c1 = client(c2);", &[]),
        ("fn of_c4() {}", &[]),
        ("const C4_MAX: u32 = 0xC4;", &[]),
        ("P01 XP1 P1a P", &[]),
    ] {
        assert_eq!(citations(text), ids, "{text}");
    }
}

#[test]
fn the_first_line_depends_on_the_language() {
    assert!(begins_well("rs", "//! What.\n"));
    assert!(!begins_well("rs", "use std::fs;\n"));
    assert!(begins_well("mjs", "// @ts-check\nimport fs from \"fs\";\n"));
    assert!(!begins_well("mjs", "import fs from \"fs\";\n"));
}

#[test]
fn tests_in_a_file_do_not_count_as_its_length() {
    assert_eq!(source_lines("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
}

#[test]
fn names_of_places_are_found_with_their_line() {
    let text = format!("fine\nsee /wo{}/x\n", "rk");
    assert_eq!(outside_words(&text).len(), 1);
    assert_eq!(outside_words(&text)[0].0, 2);
    assert!(outside_words("a network, the root / of the work").is_empty());
}
