//! How large the changes are that a room keeps.

use draftsync::protocol::Version;
use std::collections::VecDeque;

/// The sizes of the changes of a log, of consecutive versions.
#[derive(Debug, Default)]
pub(crate) struct LogSize {
    sizes: VecDeque<usize>,
    bytes: usize,
    /// The version of the last one.
    last: Version,
}

impl LogSize {
    /// One change more.
    pub(crate) fn push(&mut self, version: Version, bytes: usize) {
        self.sizes.push_back(bytes);
        self.bytes += bytes;
        self.last = version;
    }

    /// The changes up to this version are kept no more.
    pub(crate) fn forget_to(&mut self, version: Version) {
        while self.last.0 - (self.sizes.len() as u64) < version.0 {
            let Some(bytes) = self.sizes.pop_front() else {
                return;
            };
            self.bytes -= bytes;
        }
    }

    /// How large they are together.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many of the newest are within `bytes_max` together; `None` when all are.
    pub(crate) fn newest_within(&self, bytes_max: usize) -> Option<usize> {
        if self.bytes <= bytes_max {
            return None;
        }
        let mut bytes = 0;
        let newest = self.sizes.iter().rev().take_while(|size| {
            bytes += **size;
            bytes <= bytes_max
        });
        Some(newest.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_changes_are_kept() {
        let mut log = LogSize::default();
        (1..=4).for_each(|version| log.push(Version(version), 10));
        assert_eq!(log.newest_within(40), None);
        assert_eq!(log.newest_within(39), Some(3));
        assert_eq!(log.newest_within(5), Some(0));
        log.forget_to(Version(2));
        assert_eq!(log.newest_within(20), None);
        assert_eq!(log.newest_within(19), Some(1));
        log.forget_to(Version(9));
        assert_eq!(log.newest_within(0), None);
    }
}
