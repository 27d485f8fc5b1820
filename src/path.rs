//! Paths: where in a document something stands.
//!
//! On the wire a path is an RFC 6901 pointer, and `/a/0` does not say whether `0` is a member or
//! an index. Inside the core every token is typed, once, against the document the path was
//! written for (SPEC P2); after that nothing is guessed.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// One step down: a member of an object or an element of an array.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    /// A member's name, unescaped.
    Key(Arc<str>),
    /// A zero-based element or gap of an array.
    Index(usize),
}

impl Token {
    /// How many bytes it takes in JSON, in a pointer or as a member's name, at most.
    pub fn json_bytes(&self) -> usize {
        match self {
            // A name has two quotes, a colon and a comma; in a pointer it has a slash.
            Self::Key(key) => 4 + key.bytes().map(escaped_bytes).sum::<usize>(),
            Self::Index(index) => 2 + index.checked_ilog10().unwrap_or(0) as usize,
        }
    }

    /// How many bytes of JSON a member or an element takes beside its value, the comma included.
    pub fn slot_bytes(&self) -> usize {
        match self {
            Self::Key(key) => text_bytes(key) + 2,
            Self::Index(_) => 1,
        }
    }
}

/// The bytes of a JSON string: a control character without a short form is written as six.
pub fn text_bytes(text: &str) -> usize {
    let escaped = |byte| match byte {
        b'"' | b'\\' | 8 | b'\t' | b'\n' | 12 | b'\r' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    2 + text.bytes().map(escaped).sum::<usize>()
}

/// A typed path from the root; empty means the root itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Token>);

impl Path {
    /// The path of the container and the last token, or `None` at the root.
    pub fn split(&self) -> Option<(&[Token], &Token)> {
        self.0.split_last().map(|(last, parent)| (parent, last))
    }

    /// The path of what stands in it at `token`.
    pub fn child(mut self, token: Token) -> Self {
        self.0.push(token);
        self
    }

    /// This path as an RFC 6901 pointer.
    pub fn pointer(&self) -> String {
        pointer_of(&self.0)
    }

    /// How many bytes the pointer takes in JSON, at most.
    pub fn json_bytes(&self) -> usize {
        self.0.iter().map(Token::json_bytes).sum()
    }

    /// Whether `self` is `other` or an ancestor of it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// This path, read before something was put at `gap`, as it reads afterwards.
    pub fn after_insert(&self, gap: &Self) -> Self {
        self.shifted(gap, 0, 1)
    }

    /// This path, read before `gone` was taken out, as it reads afterwards.
    pub fn after_remove(&self, gone: &Self) -> Self {
        self.shifted(gone, 1, -1)
    }

    /// Adds `by` where this path names an element at least `off` behind `slot`, or inside it.
    fn shifted(&self, slot: &Self, off: usize, by: isize) -> Self {
        let mut path = self.clone();
        if let Some((parent, Token::Index(at))) = slot.split()
            && self.0.starts_with(parent)
            && let Some(Token::Index(index)) = path.0.get_mut(parent.len())
            && *index >= *at + off
        {
            *index = index.saturating_add_signed(by);
        }
        path
    }
}

/// How many bytes one byte of a key takes, written in JSON, in a pointer or not.
const fn escaped_bytes(byte: u8) -> usize {
    match byte {
        0..0x20 => 6,
        b'"' | b'\\' | b'~' | b'/' => 2,
        _ => 1,
    }
}

/// The RFC 6901 pointer of a typed path.
pub fn pointer_of(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        text.push('/');
        match token {
            Token::Key(key) => {
                for character in key.chars() {
                    match character {
                        '~' => text.push_str("~0"),
                        '/' => text.push_str("~1"),
                        other => text.push(other),
                    }
                }
            }
            Token::Index(index) => push_decimal(&mut text, *index as u64),
        }
    }
    text
}

/// Splits an RFC 6901 pointer into its unescaped tokens, or `None` when it is not one.
pub fn tokens_of(pointer: &str) -> Option<Vec<String>> {
    let mut tokens: Vec<String> = Vec::new();
    let mut characters = pointer.chars();
    while let Some(character) = characters.next() {
        if character == '/' {
            tokens.push(String::new());
            continue;
        }
        // Whatever stands before the first slash belongs to no token.
        tokens.last_mut()?.push(match character {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(tokens)
}

/// Reads an array index as RFC 6901 section 4 has it: digits only, no leading zero.
pub fn index_of(token: &str) -> Option<usize> {
    let canonical = token == "0"
        || (!token.is_empty()
            && token.len() <= 9
            && !token.starts_with('0')
            && token.bytes().all(|byte| byte.is_ascii_digit()));
    canonical.then(|| {
        token
            .bytes()
            .fold(0, |sum, byte| sum * 10 + usize::from(byte - b'0'))
    })
}

/// Appends a whole number in decimal; the wasm build has no `core::fmt`.
pub fn push_decimal(text: &mut String, number: u64) {
    if number >= 10 {
        push_decimal(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p1_pointers_escape_tilde_and_slash() {
        for (pointer, tokens) in [
            ("", &[][..]),
            ("/", &[""][..]),
            ("/a~1b/m~0n", &["a/b", "m~n"][..]),
            ("/~01", &["~1"][..]),
        ] {
            assert_eq!(tokens_of(pointer).unwrap(), tokens, "{pointer}");
            let path: Vec<_> = tokens
                .iter()
                .map(|token| Token::Key((*token).into()))
                .collect();
            assert_eq!(pointer_of(&path), pointer);
        }
    }

    #[test]
    fn p1_what_is_no_pointer_is_refused() {
        for pointer in ["a", "a/b", "/~", "/~2", "/a~"] {
            assert_eq!(tokens_of(pointer), None, "{pointer}");
        }
    }

    #[test]
    fn p3_an_index_has_no_leading_zero_and_no_sign() {
        for (token, index) in [
            ("0", Some(0)),
            ("10", Some(10)),
            ("123456789", Some(123_456_789)),
        ] {
            assert_eq!(index_of(token), index);
        }
        for token in ["", "01", "-1", "+1", "1e0", "1.0", "-", "9999999999", " 1"] {
            assert_eq!(index_of(token), None, "{token}");
        }
    }

    #[test]
    fn a_path_read_before_an_insert_shifts_behind_the_gap() {
        let path = |tokens: &[usize]| Path(tokens.iter().map(|t| Token::Index(*t)).collect());
        assert_eq!(path(&[1, 2]).after_insert(&path(&[1])), path(&[2, 2]));
        assert_eq!(path(&[1, 2]).after_insert(&path(&[2])), path(&[1, 2]));
        assert_eq!(path(&[1, 2]).after_insert(&path(&[1, 0])), path(&[1, 3]));
    }

    #[test]
    fn a_path_read_before_a_removal_shifts_behind_what_is_gone() {
        let path = |tokens: &[usize]| Path(tokens.iter().map(|t| Token::Index(*t)).collect());
        assert_eq!(path(&[2, 2]).after_remove(&path(&[1])), path(&[1, 2]));
        assert_eq!(path(&[1]).after_remove(&path(&[1])), path(&[1]));
        assert_eq!(path(&[1, 2]).after_remove(&path(&[1, 0])), path(&[1, 1]));
    }
}
