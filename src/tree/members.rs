//! The members of an object.

use super::Tree;
use imbl::OrdMap;
use std::sync::Arc;

/// The members of an object, in the order in which they were made.
#[derive(Clone, Debug)]
pub enum Members {
    /// A list: most objects have a handful of members.
    Few(Arc<Vec<(Arc<str>, Tree)>>),
    /// A map from name to a rising stamp and the value; the stamps keep the order.
    Many(OrdMap<Arc<str>, (u64, Tree)>, u64),
}

/// From here on a linear search would cost more than a tree walk.
const FEW_MEMBERS_MAX: usize = 24;

impl Default for Members {
    fn default() -> Self {
        Self::Few(Arc::new(Vec::new()))
    }
}

impl Members {
    /// How many members there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Few(list) => list.len(),
            Self::Many(map, _) => map.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a member.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        match self {
            Self::Few(list) => list
                .iter()
                .find(|(name, _)| &**name == key)
                .map(|(_, value)| value),
            Self::Many(map, _) => map.get(key).map(|(_, value)| value),
        }
    }

    /// The members in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tree)> {
        match self {
            Self::Few(list) => list.iter().map(|(key, value)| (&**key, value)).collect(),
            Self::Many(map, _) => {
                let mut all: Vec<_> = map.iter().collect();
                all.sort_unstable_by_key(|(_, (stamp, _))| *stamp);
                all.into_iter()
                    .map(|(key, (_, value))| (&**key, value))
                    .collect::<Vec<_>>()
            }
        }
        .into_iter()
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        match self {
            Self::Few(list) => Arc::make_mut(list)
                .iter_mut()
                .find(|(name, _)| &**name == key)
                .map(|(_, value)| value),
            Self::Many(map, _) => map.get_mut(key).map(|(_, value)| value),
        }
    }

    /// Sets a member, in its place when it is there, else last; returns what stood there.
    pub fn insert(&mut self, key: Arc<str>, value: Tree) -> Option<Tree> {
        if let Some(slot) = self.get_mut(&key) {
            return Some(std::mem::replace(slot, value));
        }
        match self {
            Self::Few(list) if list.len() < FEW_MEMBERS_MAX => {
                Arc::make_mut(list).push((key, value));
            }
            Self::Few(list) => {
                let stamped = list.iter().cloned().zip(0..);
                let mut map: OrdMap<_, _> = stamped
                    .map(|((key, value), stamp)| (key, (stamp, value)))
                    .collect();
                let stamp = list.len() as u64;
                map.insert(key, (stamp, value));
                *self = Self::Many(map, stamp + 1);
            }
            Self::Many(map, next) => {
                map.insert(key, (*next, value));
                *next += 1;
            }
        }
        None
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Tree> {
        match self {
            Self::Few(list) => {
                let at = list.iter().position(|(name, _)| &**name == key)?;
                Some(Arc::make_mut(list).remove(at).1)
            }
            Self::Many(map, _) => map.remove(key).map(|(_, value)| value),
        }
    }
}
