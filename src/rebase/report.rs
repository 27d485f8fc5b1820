//! What the author of an operation is told about it.

/// A rule that decided about one operation of a pending patch (SPEC T, reports).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// What the operation was about is gone.
    TargetGone,
    /// The container it was to go into is gone.
    ParentGone,
    /// The text it was about has been replaced.
    ContentReplaced,
    /// The number it was to add to is no number any more.
    NotNumber,
    /// It would put a node into itself.
    Cycle,
    /// It took the place of somebody else's value.
    Overwrote,
    /// Somebody made the same member with the same value; nothing was to do.
    Merged,
    /// It removed what somebody else had moved in.
    RemovedForeign,
    /// A newer foreign write stands; the undo left it alone.
    Superseded,
    /// A guard of the change does not hold.
    GuardFailed,
    /// The change was refused.
    Rejected,
}

impl Kind {
    /// Every kind, in the order of the list above.
    pub const ALL: [Self; 11] = [
        Self::TargetGone,
        Self::ParentGone,
        Self::ContentReplaced,
        Self::NotNumber,
        Self::Cycle,
        Self::Overwrote,
        Self::Merged,
        Self::RemovedForeign,
        Self::Superseded,
        Self::GuardFailed,
        Self::Rejected,
    ];

    /// The word on the wire and in JS.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TargetGone => "target-gone",
            Self::ParentGone => "parent-gone",
            Self::ContentReplaced => "content-replaced",
            Self::NotNumber => "not-number",
            Self::Cycle => "cycle",
            Self::Overwrote => "overwrote",
            Self::Merged => "merged",
            Self::RemovedForeign => "removed-foreign",
            Self::Superseded => "superseded",
            Self::GuardFailed => "guard-failed",
            Self::Rejected => "rejected",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether the operation was left out.
    pub const fn is_void(self) -> bool {
        !matches!(self, Self::Overwrote | Self::Merged | Self::RemovedForeign)
    }
}

/// One entry of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Zero-based index of the operation in its patch.
    pub op: usize,
    /// Which rule decided.
    pub kind: Kind,
}
