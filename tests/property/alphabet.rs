//! Small documents and every operation on them that can matter.

use draftsync::apply;
use draftsync::doc::Value;
use draftsync::op::Patch;
use draftsync::path::{Token, pointer_of};
use draftsync::protocol::PatchOp;
use draftsync::tree::Tree;

use super::walk::UNJUDGED;
use crate::support::{paths, tree};

/// A document, and what may be written on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alphabet {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    /// Literals of `add` and `replace`.
    values: &'static [&'static str],
    /// Keys that may be made.
    keys: &'static [&'static str],
    guards: bool,
    root: bool,
}

const PLAIN: Alphabet = Alphabet {
    name: "",
    doc: "{}",
    values: &["7"],
    keys: &[],
    guards: false,
    root: false,
};

/// Runs within the test command: each rule of the table has an alphabet in which it decides.
pub(crate) const SMALL: &[Alphabet] = &[
    Alphabet {
        name: "list",
        doc: r#"["x","y","z"]"#,
        ..PLAIN
    },
    Alphabet {
        name: "members",
        doc: r#"{"a":1}"#,
        values: &["7", "{}"],
        keys: &["a", "b"],
        ..PLAIN
    },
    Alphabet {
        name: "nested",
        doc: r#"{"a":{},"b":[1]}"#,
        values: &["7"],
        keys: &["a"],
        ..PLAIN
    },
    Alphabet {
        name: "boxes",
        doc: r#"[[0],[]]"#,
        ..PLAIN
    },
    Alphabet {
        name: "text",
        doc: r#"{"s":"a😀b"}"#,
        values: &[r#""q""#],
        keys: &["s"],
        ..PLAIN
    },
    Alphabet {
        name: "number",
        doc: r#"{"n":1}"#,
        values: &["5", "[]"],
        keys: &["n"],
        ..PLAIN
    },
    Alphabet {
        name: "guards",
        doc: r#"{"a":[1]}"#,
        guards: true,
        ..PLAIN
    },
    Alphabet {
        name: "root",
        doc: r#"{"a":1}"#,
        values: &[r#"{"a":2}"#],
        keys: &["a"],
        root: true,
        ..PLAIN
    },
    Alphabet {
        name: "two members",
        doc: r#"{"a":1,"b":{}}"#,
        keys: &["a", "b"],
        ..PLAIN
    },
    Alphabet {
        name: "two numbers",
        doc: r#"{"a":1,"b":2}"#,
        values: &["5", "[]"],
        keys: &["a", "b"],
        ..PLAIN
    },
    Alphabet {
        name: "two texts",
        doc: r#"{"a":"xy","b":"z"}"#,
        values: &[r#""q""#],
        keys: &["a", "b"],
        ..PLAIN
    },
    Alphabet {
        name: "texts in a list",
        doc: r#"["ab","c"]"#,
        values: &[r#""q""#],
        ..PLAIN
    },
    Alphabet {
        name: "member in a member",
        doc: r#"{"a":{"k":1},"b":2}"#,
        keys: &["a"],
        ..PLAIN
    },
    Alphabet {
        name: "two lists",
        doc: r#"{"a":[1],"b":[]}"#,
        keys: &["a"],
        ..PLAIN
    },
    Alphabet {
        name: "everything",
        doc: r#"[{"a":1},[]]"#,
        keys: &["a"],
        guards: true,
        root: true,
        ..PLAIN
    },
];

/// More of the same, for a soak.
pub(crate) const LARGE: &[Alphabet] = &[
    Alphabet {
        name: "equal literals",
        doc: r#"{"a":1}"#,
        values: &["7", "{}", r#"{"a":1}"#],
        keys: &["a", "b"],
        root: true,
        ..PLAIN
    },
    Alphabet {
        name: "deep",
        doc: r#"{"a":{"a":{"a":1}}}"#,
        keys: &["a"],
        ..PLAIN
    },
    Alphabet {
        name: "long text",
        doc: r#"["abcd"]"#,
        values: &[r#""q""#],
        ..PLAIN
    },
    Alphabet {
        name: "empty boxes",
        doc: "[[],[]]",
        values: &["7", "[]"],
        ..PLAIN
    },
    Alphabet {
        name: "two full lists",
        doc: r#"{"a":[1],"b":["x"]}"#,
        keys: &["a"],
        ..PLAIN
    },
    Alphabet {
        name: "object and list",
        doc: r#"[{"a":1},[2]]"#,
        keys: &["a"],
        ..PLAIN
    },
];

impl Alphabet {
    pub(crate) fn doc(&self) -> Tree {
        tree(self.doc)
    }

    /// Every patch of one or two operations.
    pub(crate) fn patches(&self) -> Vec<Patch<Tree>> {
        let mut patches = Vec::new();
        let doc = self.doc();
        for first in self.operations(&doc) {
            let Some((patch, after)) = write(&doc, std::slice::from_ref(&first)) else {
                continue;
            };
            patches.push(patch);
            for second in self.operations(&after) {
                patches.extend(write(&doc, &[first.clone(), second]).map(|(patch, _)| patch));
            }
        }
        patches
    }

    /// Every operation on a document.
    fn operations(&self, doc: &Tree) -> Vec<PatchOp<Tree>> {
        let mut ops = Vec::new();
        let all = paths(doc);
        let values: Vec<Tree> = self.values.iter().map(|text| tree(text)).collect();
        let gaps: Vec<String> = all
            .iter()
            .flat_map(|(path, value)| self.gaps(&path.0, value))
            .collect();
        for gap in &gaps {
            ops.extend(values.iter().map(|value| PatchOp::Add {
                path: gap.clone(),
                value: value.clone(),
            }));
        }
        for (path, value) in &all {
            let path = path.pointer();
            if self.guards && value.kind() == draftsync::doc::Kind::Number {
                ops.push(PatchOp::Test {
                    path: path.clone(),
                    value: value.clone(),
                });
            }
            if path.is_empty() {
                if self.root {
                    ops.extend(values.iter().map(|value| PatchOp::Replace {
                        path: path.clone(),
                        value: value.clone(),
                    }));
                }
                continue;
            }
            ops.push(PatchOp::Remove { path: path.clone() });
            ops.extend(values.iter().map(|value| PatchOp::Replace {
                path: path.clone(),
                value: value.clone(),
            }));
            ops.extend(gaps.iter().map(|gap| PatchOp::Move {
                from: path.clone(),
                path: gap.clone(),
            }));
            match value {
                Tree::Number(_) => ops.push(PatchOp::Inc { path, inc: 2.0 }),
                Tree::Text(_) => ops.extend(text_edits(&path, value)),
                _ => {}
            }
        }
        ops
    }

    /// Where something may be put into a container.
    fn gaps(&self, path: &[Token], value: &Tree) -> Vec<String> {
        let inside = |token: Token| pointer_of(&[path, &[token]].concat());
        match value {
            Tree::Array(items) => (0..=items.len())
                .map(|index| inside(Token::Index(index)))
                .collect(),
            Tree::Object(members) => {
                let mut keys: Vec<&str> = members.iter().map(|(key, _)| key).collect();
                keys.extend(self.keys.iter().filter(|key| members.get(key).is_none()));
                keys.into_iter()
                    .map(|key| inside(Token::Key(key.into())))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// One insertion at each offset, and every deletion.
fn text_edits(path: &str, text: &Tree) -> Vec<PatchOp<Tree>> {
    let mut ops = Vec::new();
    for pos in 0..=text.length() {
        ops.push(PatchOp::StrIns {
            path: path.to_owned(),
            pos,
            str: tree(r#""n""#),
        });
        ops.extend((1..=text.length() - pos).map(|len| PatchOp::StrDel {
            path: path.to_owned(),
            pos,
            len,
        }));
    }
    ops
}

/// A patch and the document after it; `None` where it does not fit or does nothing.
fn write(doc: &Tree, ops: &[PatchOp<Tree>]) -> Option<(Patch<Tree>, Tree)> {
    let mut after = doc.clone();
    let applied = apply::write(&mut after, ops, &UNJUDGED).ok()?;
    let done = applied.origin.last() == Some(&(ops.len() - 1));
    done.then_some((applied.patch, after))
}
