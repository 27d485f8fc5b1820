//! Names of chance: 64 and 128 bits, written as lower-case hexadecimal digits.

use alloc::string::String;

/// `digits` hexadecimal digits of `bits`, the highest first.
pub(crate) fn hex(bits: u128, digits: u32) -> String {
    let mut text = String::new();
    for digit in (0..digits).rev() {
        let digit = bits >> (4 * digit) & 15;
        text.push(char::from(b"0123456789abcdef"[digit as usize]));
    }
    text
}

/// Reads exactly `digits` lower-case hexadecimal digits.
pub(crate) fn unhex(text: &str, digits: usize) -> Option<u128> {
    if text.len() != digits {
        return None;
    }
    text.bytes().try_fold(0, |bits, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(bits << 4 | u128::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w2_a_name_reads_back_as_it_was_written() {
        for bits in [0, 1, 0xdead_beef, u128::from(u64::MAX)] {
            assert_eq!(unhex(&hex(bits, 16), 16), Some(bits));
        }
        assert_eq!(hex(255, 4), "00ff");
        for text in ["", "0", "00FF", "00fg", "00ff0"] {
            assert_eq!(unhex(text, 4), None, "{text}");
        }
    }
}
