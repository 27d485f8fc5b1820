//! Bytes read as choices.

use arbitrary::Unstructured;

/// A stream of choices; when the bytes are spent, each choice is the first.
pub(super) struct Choices<'a>(Unstructured<'a>);

impl<'a> Choices<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// Whether the bytes are spent.
    pub(super) fn is_spent(&self) -> bool {
        self.0.is_empty()
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let last = bound.saturating_sub(1);
        self.0.int_in_range(0..=last).unwrap_or(0)
    }

    /// True once in `times`, and not when the bytes are spent.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times
    }

    pub(super) fn pick<'b, T: ?Sized>(&mut self, all: &[&'b T]) -> &'b T {
        all[self.below(all.len())]
    }

    /// Any double that JSON has.
    pub(super) fn number(&mut self) -> f64 {
        match self.below(4) {
            0 => self.below(10) as f64,
            1 => -(self.below(1000) as f64) / 8.0,
            2 => [0.1, 1e21, 1e-7, 9_007_199_254_740_993.0, 1.7e308, -1.7e308][self.below(6)],
            _ => {
                let bits = self.0.arbitrary().unwrap_or(0);
                Some(f64::from_bits(bits))
                    .filter(|number| number.is_finite())
                    .unwrap_or(0.0)
            }
        }
    }

    /// A byte.
    pub(super) fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// All bytes that are left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0.take_rest()
    }
}
