//! The numbers and the random names that messages bear.

use super::SAFE_INTEGER_MAX;
use alloc::string::String;
use serde::{Deserialize, Serialize};

macro_rules! whole_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(pub u64);

        impl TryFrom<u64> for $name {
            type Error = &'static str;

            fn try_from(number: u64) -> Result<Self, Self::Error> {
                if number <= SAFE_INTEGER_MAX { Ok(Self(number)) } else { Err("above 2^53 - 1") }
            }
        }

        impl From<$name> for u64 {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    };
}

macro_rules! random_name {
    ($(#[$doc:meta])* $name:ident, $bits:ty, $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub $bits);

        impl $name {
            /// How many hexadecimal digits it has.
            pub const DIGITS: usize = $digits;
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                match crate::hex::unhex(&text, $digits) {
                    Some(bits) => Ok(Self(bits as $bits)),
                    None => Err("not lower-case hexadecimal digits of the right number"),
                }
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                crate::hex::hex(name.0.into(), $digits)
            }
        }
    };
}

whole_number! {
    /// How many changes a room has taken; at most 2^53 − 1.
    Version
}
whole_number! {
    /// A client's own counter of changes, from 1; a seed has 0.
    Seq
}
random_name! {
    /// A replica's name: random, outlives its sockets, never shared.
    ClientId, u128, 32
}
random_name! {
    /// The name of a room's history; differs after a restore from backup.
    Epoch, u128, 32
}
random_name! {
    /// What tells two changes with one seq apart: random, made with the change.
    Tag, u64, 16
}
