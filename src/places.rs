//! The places that a set of patches touches, as a tree of their paths: whether another patch is
//! apart from all of them costs what that patch costs, however many they are.

use crate::op::Patch;
use crate::path::Token;
use alloc::vec::Vec;

/// A place, and the places inside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Whether a patch touches this very place.
    here: bool,
    /// In the order of their tokens.
    inside: Vec<(Token, Self)>,
}

impl Places {
    /// Adds the places of a patch.
    pub(crate) fn add<V>(&mut self, patch: &Patch<V>) {
        for op in &patch.0 {
            let (place, other) = op.places();
            self.add_place(place);
            if let Some(other) = other {
                self.add_place(other);
            }
        }
    }

    fn add_place(&mut self, place: &[Token]) {
        let mut node = self;
        for token in place {
            let at = match node.search(token) {
                Ok(at) => at,
                Err(at) => {
                    node.inside.insert(at, (token.clone(), Self::default()));
                    at
                }
            };
            node = &mut node.inside[at].1;
        }
        node.here = true;
    }

    /// Whether no place of `patch` is one of these, or inside or around one: then each means the
    /// same before and after the other.
    pub(crate) fn is_apart<V>(&self, patch: &Patch<V>) -> bool {
        !patch.any_place(|place| self.meets(place))
    }

    fn meets(&self, place: &[Token]) -> bool {
        let mut node = self;
        for token in place {
            if node.here {
                return true;
            }
            match node.search(token) {
                Ok(at) => node = &node.inside[at].1,
                Err(_) => return false,
            }
        }
        node.here || !node.inside.is_empty()
    }

    fn search(&self, token: &Token) -> Result<usize, usize> {
        self.inside.binary_search_by(|(known, _)| known.cmp(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Op;
    use crate::path::Path;
    use alloc::vec;

    /// A patch that touches one place; every path of up to three tokens over a small alphabet.
    fn paths() -> Vec<Path> {
        let tokens = [Token::Key("a".into()), Token::Index(0), Token::Index(1)];
        let mut paths = vec![Path::default()];
        for length in 0..3 {
            let longer: Vec<_> = paths
                .iter()
                .filter(|path| path.0.len() == length)
                .cloned()
                .collect();
            for path in longer {
                paths.extend(tokens.iter().map(|token| {
                    let mut path = path.clone();
                    path.0.push(token.clone());
                    path
                }));
            }
        }
        paths
    }

    #[test]
    fn t2_a_patch_is_apart_from_a_set_when_it_is_disjoint_from_each() {
        let patch = |path: &Path| Patch(vec![Op::Rep(path.clone(), ())]);
        let paths = paths();
        for (index, a) in paths.iter().enumerate() {
            for b in &paths[index..] {
                let mut places = Places::default();
                places.add(&patch(a));
                places.add(&patch(b));
                for c in &paths {
                    let each = patch(c).is_disjoint(&patch(a)) && patch(c).is_disjoint(&patch(b));
                    assert_eq!(
                        places.is_apart(&patch(c)),
                        each,
                        "{c:?} beside {a:?} and {b:?}"
                    );
                }
            }
        }
    }
}
