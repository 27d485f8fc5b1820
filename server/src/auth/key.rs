//! Keys from files.

use jsonwebtoken::{Algorithm, DecodingKey};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A shorter secret can be guessed from one token, by trying.
const SECRET_BYTES_MIN: usize = 32;
/// No file with a key in it is larger.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// The modulus and exponent of a key of 2 048 bits have at least so many bytes as they stand in
/// the file; one of 2 040 bits may have fewer.
const RSA_BYTES_MIN: usize = 268;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key in {}: {source}", .file.display())]
    NotRead {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The secret could be guessed.
    #[error(
        "the secret in {} has {bytes} bytes and needs {SECRET_BYTES_MIN}; make one with \
         `openssl rand -base64 48`",
        .file.display()
    )]
    ShortSecret {
        /// The file.
        file: PathBuf,
        /// How many bytes it has, the end of the line not counted.
        bytes: usize,
    },
    /// There is no public key in the file that tokens can be checked with.
    #[error(
        "{} is no public key that tokens can be checked with: it must begin with `-----BEGIN \
         PUBLIC KEY-----` and be RSA of at least 2048 bits, P-256 or Ed25519; \
         `openssl pkey -in private.pem -pubout` writes it",
        .file.display()
    )]
    NoPublicKey {
        /// The file.
        file: PathBuf,
    },
}

/// A key, and the one algorithm that it is for.
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

pub(super) fn secret(file: &Path) -> Result<Key, KeyError> {
    let bytes = read(file)?;
    // Editors and shells end a file with the end of a line, which is no part of the secret.
    let secret = match bytes.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => &bytes,
    };
    if secret.len() < SECRET_BYTES_MIN {
        return Err(KeyError::ShortSecret {
            file: file.to_owned(),
            bytes: secret.len(),
        });
    }
    warn_of_readers(file);
    Ok(Key {
        algorithm: Algorithm::HS256,
        decoding: DecodingKey::from_secret(secret),
    })
}

pub(super) fn public(file: &Path) -> Result<Key, KeyError> {
    let pem = read(file)?;
    parse_public(&pem).ok_or_else(|| KeyError::NoPublicKey {
        file: file.to_owned(),
    })
}

fn parse_public(pem: &[u8]) -> Option<Key> {
    // The library would take a private key for its public part, and that key does not belong on a
    // server that only checks.
    let head = b"-----BEGIN PUBLIC KEY-----";
    if !pem.trim_ascii_start().starts_with(head) {
        return None;
    }
    let (algorithm, decoding) = if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
        (Algorithm::RS256, key)
    } else if let Ok(key) = DecodingKey::from_ec_pem(pem) {
        (Algorithm::ES256, key)
    } else {
        (Algorithm::EdDSA, DecodingKey::from_ed_pem(pem).ok()?)
    };
    let bytes = decoding.try_get_as_bytes().ok()?.len();
    let long = algorithm != Algorithm::RS256 || bytes >= RSA_BYTES_MIN;
    // Whether this algorithm can use it, which a key on another curve shows only when it is used.
    let fits = jsonwebtoken::crypto::verify("", b"", &decoding, algorithm).is_ok();
    (long && fits).then_some(Key {
        algorithm,
        decoding,
    })
}

fn read(file: &Path) -> Result<Vec<u8>, KeyError> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(FILE_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|source| KeyError::NotRead {
            file: file.to_owned(),
            source,
        })?;
    Ok(bytes)
}

/// Only said: where secrets are mounted into a container, others of the same machine, who are
/// none, may often read them.
#[cfg(unix)]
fn warn_of_readers(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = file
        .metadata()
        .map_or(0, |known| known.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(
            "the secret in {} can be read by others on this machine; chmod 600 it",
            file.display()
        );
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_file: &Path) {}
