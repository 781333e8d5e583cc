//! Access tokens: JWTs signed with Ed25519, one algorithm, one issuer, one audience. They say who
//! and which session; rights are read from the database at every request.

use std::sync::Arc;

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use super::model::ACCESS_LIFETIME;
use crate::kernel::crypto::Keys;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{SessionId, UserId};
use crate::kernel::time::Timestamp;

const ISSUER: &str = "huican";
const AUDIENCE: &str = "huican-api";
const TYPE: &str = "at+jwt";
/// Two processes' clocks may differ by so much, in seconds.
const SKEW: i64 = 5;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    iat: i64,
    exp: i64,
}

/// Whom a token names, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub user: UserId,
    pub session: SessionId,
    pub until: Timestamp,
}

/// Signs and reads access tokens.
#[derive(Debug)]
pub struct Tokens {
    keys: Arc<Keys>,
    validation: Validation,
}

impl Tokens {
    pub fn new(keys: &Arc<Keys>) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Time is given: `read` compares with our clock, not the library's.
        validation.validate_exp = false;
        Self {
            keys: Arc::clone(keys),
            validation,
        }
    }

    pub fn sign(&self, user: UserId, session: SessionId, now: Timestamp) -> Result<String> {
        let key = self
            .keys
            .token()
            .ok_or_else(|| Error::internal("no key signs tokens"))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.id.clone());
        header.typ = Some(TYPE.to_owned());
        let issued = now.micros() / 1_000_000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            iat: issued,
            exp: now.plus(ACCESS_LIFETIME).micros() / 1_000_000,
        };
        encode(&header, &claims, &EncodingKey::from_ed_der(&key.pkcs8)).map_err(Error::internal)
    }

    pub fn read(&self, token: &str, now: Timestamp) -> Result<Named> {
        let refuse = |error| Error::new(Code::SessionInvalid).because(error);
        let header = decode_header(token).map_err(refuse)?;
        let named = header.kid.filter(|_| header.typ.as_deref() == Some(TYPE));
        let Some(key) = named.and_then(|id| self.keys.token_named(&id)) else {
            return Err(Code::SessionInvalid.into());
        };
        let verifying = DecodingKey::from_ed_der(&key.public);
        let claims = decode::<Claims>(token, &verifying, &self.validation)
            .map_err(refuse)?
            .claims;
        let seconds = now.micros() / 1_000_000;
        if seconds >= claims.exp || claims.iat > seconds + SKEW {
            return Err(Code::SessionInvalid.into());
        }
        Ok(Named {
            user: claims.sub,
            session: claims.sid,
            until: Timestamp::from_micros(claims.exp.saturating_mul(1_000_000)),
        })
    }
}
