//! The papers that the npm package brings along, for whoever reads an error offline.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::stamp;

/// Papers of `docs/` that are for people who use the package; folders are taken whole.
const PAPERS: &[&str] = &[
    "authentication.md",
    "errors.md",
    "guide",
    "merging.md",
    "testing.md",
];

/// All files that [`put_into`] reads.
pub(crate) fn sources(root: &Path) -> Vec<PathBuf> {
    PAPERS
        .iter()
        .map(|paper| root.join("docs").join(paper))
        .collect()
}

/// Copies the papers into the package, and lets links lead to where things are there.
pub(crate) fn put_into(package: &Path, root: &Path) -> Result<()> {
    let docs = root.join("docs");
    for source in sources(root) {
        for file in stamp::files_under(&source)? {
            let place = package.join("docs").join(file.strip_prefix(&docs)?);
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::copy(&file, &place).with_context(|| format!("cannot copy {}", file.display()))?;
        }
    }
    let readme = package.join("README.md");
    let text = fs::read_to_string(&readme)?;
    fs::write(&readme, text.replace("](../docs/", "](docs/"))?;
    for paper in stamp::files_under(&package.join("docs"))? {
        let folder = paper.parent().unwrap_or(package).to_path_buf();
        let text = fs::read_to_string(&paper)?;
        let is_there = |link: &str| {
            let file = link.split('#').next().unwrap_or_default();
            file.is_empty() || link.contains("://") || folder.join(file).exists()
        };
        fs::write(&paper, without_dead_links(&text, is_there))?;
    }
    Ok(())
}

/// The text with the words of a link in its place, where what it leads to is not there.
fn without_dead_links(text: &str, is_there: impl Fn(&str) -> bool) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let (before, after) = (&rest[..middle], &rest[middle + 2..]);
        let Some(end) = after.find(')') else {
            break;
        };
        match before.rfind('[') {
            Some(start) if !is_there(&after[..end]) => {
                done.push_str(&before[..start]);
                done.push_str(&before[start + 1..]);
            }
            _ => done.push_str(&rest[..middle + 2 + end + 1]),
        }
        rest = &after[end + 1..];
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_what_is_not_there_is_only_its_words() {
        let is_there = |link: &str| link == "errors.md#slow";
        for (text, expected) in [
            (
                "see [it](errors.md#slow) now",
                "see [it](errors.md#slow) now",
            ),
            (
                "part T of [SPEC.md](../SPEC.md); [b](c.md).",
                "part T of SPEC.md; b.",
            ),
            ("a list [x] and f(x)", "a list [x] and f(x)"),
            ("an end ](", "an end ]("),
        ] {
            assert_eq!(without_dead_links(text, is_there), expected);
        }
    }
}
