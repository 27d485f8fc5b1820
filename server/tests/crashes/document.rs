//! What the patches of the load mean, said once more: `{"items": [...], "n": number}`.

use serde_json::{Value, json};

/// What a room begins with.
pub(super) fn empty() -> Value {
    json!({"items": [], "n": 0})
}

/// Applies a patch of the log.
pub(super) fn apply(document: &mut Value, patch: &Value) -> Result<(), String> {
    let ops = patch.as_array().ok_or("it is no list")?;
    for op in ops {
        one(document, op).ok_or_else(|| format!("{op} does not apply"))?;
    }
    Ok(())
}

fn one(document: &mut Value, op: &Value) -> Option<()> {
    match (op["op"].as_str()?, op["path"].as_str()?) {
        ("replace", "") => *document = op["value"].clone(),
        ("inc", "/n") => {
            let sum = document["n"].as_u64()? + op["inc"].as_u64()?;
            document["n"] = json!(sum);
        }
        ("add", path) => {
            let at = path.strip_prefix("/items/")?.parse().ok()?;
            let items = document["items"].as_array_mut()?;
            if at > items.len() {
                return None;
            }
            items.insert(at, op["value"].clone());
        }
        _ => return None,
    }
    Some(())
}
