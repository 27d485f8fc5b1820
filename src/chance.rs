//! Chance from a seed: names for replicas and changes, and jitter.

use crate::protocol::{ClientId, Tag};

/// A stream of random bits; two lanes of splitmix64, so that all 128 bits of the seed count.
#[derive(Clone, Debug)]
pub(crate) struct Chance([u64; 2]);

impl Chance {
    pub(crate) fn new(seed: u128) -> Self {
        Self([seed as u64, (seed >> 64) as u64])
    }

    fn lane(&mut self, lane: usize) -> u64 {
        let state = &mut self.0[lane];
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = *state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub(crate) fn client_id(&mut self) -> ClientId {
        ClientId(u128::from(self.lane(0)) << 64 | u128::from(self.lane(1)))
    }

    pub(crate) fn tag(&mut self) -> Tag {
        Tag(self.lane(0) ^ self.lane(1).rotate_left(32))
    }

    /// A number below `bound`, or 0 when that is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.lane(0).checked_rem(bound).unwrap_or(0)
    }
}
