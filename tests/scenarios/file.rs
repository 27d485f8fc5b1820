//! Reads a file of scenarios, and says clearly what is wrong with one that is none.

use draftsync::protocol::PatchOp;
use draftsync::rebase::Kind;
use draftsync::tree::Tree;
use serde_json::{Map, Value};

/// Two patches written on one document, and what holds in either order.
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) doc: Tree,
    pub(crate) a: Vec<PatchOp<Tree>>,
    pub(crate) b: Vec<PatchOp<Tree>>,
    /// The document when the room took `a` first, and what the author of `b` is told then.
    pub(crate) ab: Tree,
    pub(crate) ab_report: Vec<Kind>,
    /// The document when the room took `b` first, and what the author of `a` is told then.
    pub(crate) ba: Tree,
    pub(crate) ba_report: Vec<Kind>,
}

/// The scenarios of a file: a JSON list of objects. Members that are not named here may say
/// whatever helps a reader.
pub(crate) fn read(text: &str) -> Result<Vec<Scenario>, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let Value::Array(entries) = file else {
        return Err("no list of scenarios: the outermost value is no array".to_owned());
    };
    if entries.is_empty() {
        return Err("the list holds no scenario".to_owned());
    }
    entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| scenario(at, entry))
        .collect()
}

fn scenario(at: usize, entry: Value) -> Result<Scenario, String> {
    let Value::Object(entry) = entry else {
        return Err(format!("entry {at} is no object"));
    };
    let name = match entry.get("name") {
        Some(Value::String(name)) => name.clone(),
        Some(other) => return Err(format!("entry {at}: \"name\" is no string: {other}")),
        None => format!("entry {at}"),
    };
    let wrong = |problem: String| format!("entry {at}, \"{name}\": {problem}");
    Ok(Scenario {
        doc: document(&entry, "doc").map_err(wrong)?,
        a: patch(&entry, "a").map_err(wrong)?,
        b: patch(&entry, "b").map_err(wrong)?,
        ab: document(&entry, "ab").map_err(wrong)?,
        ab_report: report(&entry, "ab_report").map_err(wrong)?,
        ba: document(&entry, "ba").map_err(wrong)?,
        ba_report: report(&entry, "ba_report").map_err(wrong)?,
        name,
    })
}

fn member<'a>(entry: &'a Map<String, Value>, name: &str) -> Result<&'a Value, String> {
    entry
        .get(name)
        .ok_or_else(|| format!("\"{name}\" is missing"))
}

fn list<'a>(entry: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], String> {
    match member(entry, name)? {
        Value::Array(items) => Ok(items),
        other => Err(format!("\"{name}\" is no array: {other}")),
    }
}

fn document(entry: &Map<String, Value>, name: &str) -> Result<Tree, String> {
    let value = member(entry, name)?;
    if !value.is_object() && !value.is_array() {
        return Err(format!(
            "\"{name}\" is no document, an object or an array: {value}"
        ));
    }
    serde_json::from_value(value.clone()).map_err(|error| format!("\"{name}\": {error}"))
}

fn patch(entry: &Map<String, Value>, name: &str) -> Result<Vec<PatchOp<Tree>>, String> {
    let ops = list(entry, name)?.iter().enumerate();
    ops.map(|(at, op)| match op {
        Value::Object(_) => serde_json::from_value(op.clone())
            .map_err(|error| format!("\"{name}\", operation {at}: {error}: {op}")),
        _ => Err(format!("\"{name}\", operation {at} is no object: {op}")),
    })
    .collect()
}

fn report(entry: &Map<String, Value>, name: &str) -> Result<Vec<Kind>, String> {
    list(entry, name)?
        .iter()
        .map(|word| kind(word).map_err(|why| format!("\"{name}\": {why}")))
        .collect()
}

/// A kind is written as on the wire, `target-gone`, or as in tables, `TargetGone`.
fn kind(word: &Value) -> Result<Kind, String> {
    let plain = |word: &str| word.replace(['-', '_', ' '], "").to_ascii_lowercase();
    let known = word.as_str().map(plain).and_then(|word| {
        let mut all = Kind::ALL.into_iter();
        all.find(|kind| plain(kind.word()) == word)
    });
    known.ok_or_else(|| {
        let all = Kind::ALL.map(Kind::word).join(", ");
        format!("{word} is no kind; the kinds are {all}")
    })
}

/// Kinds as they stand in a report.
pub(crate) fn kinds(kinds: &[Kind]) -> String {
    let words: Vec<_> = kinds
        .iter()
        .map(|kind| format!("\"{}\"", kind.word()))
        .collect();
    format!("[{}]", words.join(", "))
}
