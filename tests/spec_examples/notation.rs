//! How the examples of SPEC.md are written: words and code spans in turn, below their rule.

use draftsync::protocol::PatchOp;
use draftsync::tree::Tree;
use serde_json::{Value, json};

/// One line of examples.
#[derive(Clone)]
pub(crate) struct Example<'a> {
    /// The rule above it.
    pub(crate) rule: &'a str,
    /// The line itself.
    pub(crate) line: &'a str,
    /// The code spans, each with the words before it.
    pub(crate) spans: Vec<(&'a str, &'a str)>,
    /// The words after the last span, without a remark in parentheses.
    pub(crate) end: &'a str,
}

impl<'a> Example<'a> {
    pub(crate) fn new(rule: &'a str, line: &'a str) -> Self {
        let bare = |words: &'a str| words.trim_matches([' ', '·', ',', ':', '.']);
        let pieces: Vec<&str> = line.split('`').collect();
        let pairs = pieces.chunks_exact(2);
        let end = pairs.remainder().first().copied().unwrap_or("");
        Self {
            rule,
            line,
            end: bare(end.split('(').next().unwrap_or("")),
            spans: pairs.map(|pair| (bare(pair[0]), pair[1])).collect(),
        }
    }
}

/// The id of a line that begins a rule.
fn id(line: &str) -> Option<&str> {
    let (id, _) = line.strip_prefix("- **")?.split_once(".**")?;
    Some(id)
}

pub(crate) fn rules(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(id)
}

/// Every line that stands below a rule as an item of its own and begins with a code span.
pub(crate) fn examples(text: &str) -> Vec<Example<'_>> {
    let mut rule = "";
    let mut found = Vec::new();
    for line in text.lines() {
        rule = id(line).unwrap_or(rule);
        if let Some(line) = line
            .strip_prefix("  - ")
            .filter(|line| line.starts_with('`'))
        {
            found.push(Example::new(rule, line));
        }
    }
    found
}

pub(crate) fn document(text: &str) -> Result<Tree, String> {
    serde_json::from_str(text).map_err(|error| format!("{text} is no document: {error}"))
}

/// Reads operations in words, with `;` between them; `nothing` is none.
pub(crate) fn ops(text: &str) -> Result<Vec<PatchOp<Tree>>, String> {
    match text {
        "nothing" => Ok(Vec::new()),
        _ => text.split("; ").map(op).collect(),
    }
}

fn op(text: &str) -> Result<PatchOp<Tree>, String> {
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    let pointer = |word: &str| {
        if word == "\"\"" {
            String::new()
        } else {
            word.to_owned()
        }
    };
    let read = || {
        let (name, rest) = text.split_once(' ')?;
        let (first, last) = rest.split_once(' ').unwrap_or((rest, ""));
        let path = pointer(first);
        let op = match name {
            "add" | "replace" | "test" => json!({"op": name, "path": path, "value": value(last)?}),
            "remove" if last.is_empty() => json!({"op": name, "path": path}),
            "move" | "copy" => json!({"op": name, "from": path, "path": pointer(last)}),
            "inc" => json!({"op": name, "path": path, "inc": value(last)?}),
            "str_ins" | "str_del" => {
                let (pos, last) = last.split_once(' ')?;
                let field = if name == "str_ins" { "str" } else { "len" };
                json!({"op": name, "path": path, "pos": value(pos)?, field: value(last)?})
            }
            _ => return None,
        };
        serde_json::from_value(op).ok()
    };
    read().ok_or_else(|| format!("`{text}` is no operation"))
}

/// Operations as the notation has them.
pub(crate) fn words(ops: &[PatchOp<Tree>]) -> String {
    let all: Vec<_> = ops.iter().map(in_words).collect();
    if all.is_empty() {
        return "nothing".to_owned();
    }
    all.join("; ")
}

fn in_words(op: &PatchOp<Tree>) -> String {
    let op = serde_json::to_value(op).unwrap_or_default();
    let mut words = vec![op["op"].as_str().unwrap_or_default().to_owned()];
    for field in ["from", "path"] {
        match op[field].as_str() {
            Some("") => words.push("\"\"".to_owned()),
            Some(pointer) => words.push(pointer.to_owned()),
            None => {}
        }
    }
    let fields = ["pos", "len", "str", "inc", "value"].into_iter();
    words.extend(fields.filter_map(|field| Some(op.get(field)?.to_string())));
    words.join(" ")
}
