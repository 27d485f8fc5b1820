//! Who may come in, where the operator gave a key: a token says who somebody is, what they may do
//! in which rooms, and until when (SPEC S21 to S26).
//!
//! Nothing in a token chooses how it is checked: the algorithm follows from the key.

mod claims;
mod key;
mod lease;

pub use key::KeyError;
pub(crate) use lease::Lease;

use claims::Claims;
use draftsync::error::ErrorCode;
use draftsync::room::Speaker;
use draftsync::tree::Tree;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far the clocks of the server and of whoever makes tokens may be apart.
const CLOCKS_APART: Duration = Duration::from_secs(30);

/// Checks tokens with one key.
#[derive(Debug)]
pub struct Auth {
    key: DecodingKey,
    validation: Validation,
}

/// What a token allows in one room.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grant {
    /// Whose it is.
    pub(crate) subject: Arc<str>,
    /// Whether they may write; everybody who has a grant may read.
    pub(crate) writes: bool,
    /// Whether they may show themselves and see who is here.
    pub(crate) presence: bool,
    /// What others are told of them beside what they show.
    pub(crate) user: Option<Tree>,
    /// How long from now to the end that the token names; negative when that is over.
    pub(crate) rest_seconds: f64,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("this server wants a token, and none came")]
    NoToken,
    #[error("the token is not one that this server takes")]
    BadToken,
    #[error("the token's time is over, or has not begun")]
    NotNow,
    #[error("the token is not for this room")]
    NotHere,
    #[error("the token is somebody else's than the one before it")]
    NotTheSame,
}

impl Refused {
    /// The code that the client sees.
    pub(crate) fn code(self) -> ErrorCode {
        match self {
            Self::NoToken | Self::BadToken | Self::NotNow => ErrorCode::Unauthorized,
            Self::NotHere | Self::NotTheSame => ErrorCode::Forbidden,
        }
    }
}

impl Grant {
    /// Who speaks, for the room.
    pub(crate) fn speaker(&self) -> Speaker<Tree> {
        Speaker {
            owner: Some(Arc::clone(&self.subject)),
            writes: self.writes,
            presence: self.presence,
            user: self.user.clone(),
        }
    }
}

impl Auth {
    /// Takes tokens that are signed with a secret, by HS256.
    ///
    /// # Errors
    /// When the file cannot be read, or what is in it is too short to be a secret.
    pub fn with_secret_file(file: &Path, audience: &str) -> Result<Self, KeyError> {
        key::secret(file).map(|key| Self::new(key, audience))
    }

    /// Takes tokens that are signed with the private key of a public one, by RS256, ES256 or EdDSA.
    ///
    /// # Errors
    /// When the file cannot be read, or what is in it is no such key.
    pub fn with_public_key_file(file: &Path, audience: &str) -> Result<Self, KeyError> {
        key::public(file).map(|key| Self::new(key, audience))
    }

    fn new(key: key::Key, audience: &str) -> Self {
        let mut validation = Validation::new(key.algorithm);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        validation.set_audience(&[audience]);
        // The times are compared here, with a clock that is an argument.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            key: key.decoding,
            validation,
        }
    }

    /// What a token allows in a room, `now` being the time since 1970.
    pub(crate) fn grant(
        &self,
        token: Option<&str>,
        room: &str,
        now: Duration,
    ) -> Result<Grant, Refused> {
        let token = token.ok_or(Refused::NoToken)?;
        let claims = self.claims(token).map_err(|error| {
            tracing::info!(%error, "refused a token");
            Refused::BadToken
        })?;
        let now = now.as_secs_f64();
        let rest_seconds = claims.exp - now;
        let begins = claims.nbf.unwrap_or(now) - CLOCKS_APART.as_secs_f64();
        if rest_seconds + lease::GRACE.as_secs_f64() <= 0.0 || begins > now {
            return Err(Refused::NotNow);
        }
        let can = claims.can(room);
        // Without seeing what is there nobody writes either.
        if !can.read {
            return Err(Refused::NotHere);
        }
        Ok(Grant {
            user: claims.user(),
            subject: claims.sub.into(),
            writes: can.write,
            presence: can.presence,
            rest_seconds,
        })
    }

    /// What a newer token of the same session allows.
    pub(crate) fn renew(
        &self,
        before: &Grant,
        token: &str,
        room: &str,
        now: Duration,
    ) -> Result<Grant, Refused> {
        let grant = self.grant(Some(token), room, now)?;
        if grant.subject == before.subject {
            Ok(grant)
        } else {
            Err(Refused::NotTheSame)
        }
    }

    fn claims(&self, token: &str) -> Result<Claims, String> {
        let header = decode_header(token).map_err(|error| error.to_string())?;
        // Whoever wrote `crit` wants it refused by those who do not know what it names.
        if header.crit.is_some() {
            return Err("its header has `crit`".to_owned());
        }
        let token = decode::<Claims>(token, &self.key, &self.validation);
        let claims = token.map_err(|error| error.to_string())?.claims;
        claims.check()?;
        Ok(claims)
    }
}

/// The time since 1970 by this machine's clock.
pub(crate) fn wall_clock() -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "a token names the time of day, and this is the only place that asks for it"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests;
