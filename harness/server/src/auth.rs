//! Access tokens: EdDSA JWT (`formats.md` §10 and §11).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use gauntlet_validator::server::{TOKEN_LIFETIME, TokenFacts};
use gauntlet_wire::id::{SessionId, UserId};
use gauntlet_wire::time;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// Bytes of an `Authorization` value; an honest one has about 400.
const MAX_TOKEN: usize = 4096;

/// The server's signing key is not one.
#[derive(Debug, thiserror::Error)]
#[error("the stored signing key is not an Ed25519 seed")]
pub struct KeyError;

/// Signs and verifies the server's access tokens.
pub(crate) struct Tokens {
    issuer: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    public: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: UserId,
    sid: SessionId,
    iat: Moment,
    exp: Moment,
}

/// A time in a token: RFC 7519 seconds or RFC 3339 text (`formats.md` §10).
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Moment {
    Seconds(i64),
    Text(time::Timestamp),
}

impl Moment {
    fn instant(&self) -> Option<Timestamp> {
        match self {
            Self::Seconds(seconds) => Timestamp::from_second(*seconds).ok(),
            Self::Text(text) => Some(text.instant()),
        }
    }
}

impl Tokens {
    /// The tokens of the server named `issuer`, whose Ed25519 key grows from `seed`.
    pub(crate) fn new(issuer: String, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError)?;
        let pkcs8 = pair.to_pkcs8().map_err(|_| KeyError)?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self {
            issuer,
            signing: EncodingKey::from_ed_der(pkcs8.as_ref()),
            verifying: DecodingKey::from_ed_der(&public),
            public,
        })
    }

    /// The public key that verifies the tokens.
    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// An access token of `user`, good for 15 minutes from `now`.
    pub(crate) fn issue(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let expiry = now.checked_add(TOKEN_LIFETIME).unwrap_or(Timestamp::MAX);
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: user,
            sid: session,
            iat: Moment::Seconds(now.as_second()),
            exp: Moment::Seconds(expiry.as_second()),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.signing)
    }

    /// What the one `Authorization: Bearer` value says, if it is a token that this server signed. Whom
    /// it speaks for, and whether it still does, is the judge's to say.
    pub(crate) fn read(&self, authorization: &[String], now: Timestamp) -> Option<TokenFacts> {
        let claims = self.verified(bearer(authorization)?)?;
        Some(TokenFacts {
            now,
            user: claims.sub,
            issued: claims.iat.instant()?,
            expiry: claims.exp.instant()?,
        })
        .filter(|_| claims.iss == self.issuer)
    }

    /// The claims of a token with a good signature. The algorithm is the verifier's choice, never
    /// the token's. Times are left to the judge, because the library would ask the system's clock.
    fn verified(&self, token: &str) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Claims>(token, &self.verifying, &validation)
            .ok()
            .map(|data| data.claims)
    }
}

/// The token of exactly one `Bearer` value (RFC 6750 §2.1); the scheme's case does not matter.
fn bearer(authorization: &[String]) -> Option<&str> {
    let [one] = authorization else {
        return None;
    };
    let (scheme, token) = one.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && one.len() <= MAX_TOKEN).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_validator::server::authenticate;
    use jiff::SignedDuration;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn tokens(issuer: &str, seed: u8) -> Tokens {
        Tokens::new(issuer.to_owned(), &[seed; 32]).unwrap()
    }

    fn ada() -> UserId {
        UserId::new(Uuid::from_u128(7))
    }

    fn sid() -> SessionId {
        SessionId::new(Uuid::from_u128(8))
    }

    fn accepted(tokens: &Tokens, value: &str, now: Timestamp) -> bool {
        let token = tokens.read(&[value.to_owned()], now);
        authenticate(token.as_ref()).is_ok_and(|user| user == ada())
    }

    #[test]
    fn a_token_lives_by_the_given_clock_alone() {
        let tokens = tokens("here", 1);
        let token = format!("Bearer {}", tokens.issue(ada(), sid(), NOW).unwrap());
        assert!(accepted(&tokens, &token, NOW));
        let last = NOW + TOKEN_LIFETIME - SignedDuration::from_nanos(1);
        assert!(accepted(&tokens, &token, last));
        assert!(!accepted(&tokens, &token, NOW + TOKEN_LIFETIME));
        assert!(accepted(&tokens, &token.replace("Bearer", "bearer"), NOW));
    }

    #[test]
    fn a_token_of_another_key_issuer_or_scheme_is_refused() {
        let own = tokens("here", 1);
        let token = own.issue(ada(), sid(), NOW).unwrap();
        for stranger in [tokens("here", 2), tokens("there", 1)] {
            let token = stranger.issue(ada(), sid(), NOW).unwrap();
            assert!(!accepted(&own, &format!("Bearer {token}"), NOW));
        }
        for value in [
            token.clone(),
            format!("Basic {token}"),
            format!("Bearer  {token}"),
            "Bearer ".to_owned(),
            String::new(),
        ] {
            assert!(!accepted(&own, &value, NOW), "{value}");
        }
        let twice = vec![format!("Bearer {token}"); 2];
        for presented in [&twice[..], &[]] {
            let token = own.read(presented, NOW);
            assert!(authenticate(token.as_ref()).is_err());
        }
    }

    #[test]
    fn a_token_can_not_choose_its_algorithm_or_a_longer_life() {
        let tokens = tokens("here", 1);
        let claims = |exp: Timestamp| Claims {
            iss: "here".to_owned(),
            sub: ada(),
            sid: sid(),
            iat: Moment::Seconds(NOW.as_second()),
            exp: Moment::Text(time::Timestamp::from_instant(exp)),
        };
        let sign = |claims: &Claims| {
            let header = Header::new(Algorithm::EdDSA);
            jsonwebtoken::encode(&header, claims, &tokens.signing).unwrap()
        };
        let lawful = sign(&claims(NOW + TOKEN_LIFETIME));
        assert!(accepted(&tokens, &format!("Bearer {lawful}"), NOW));
        let long = sign(&claims(NOW + TOKEN_LIFETIME + SignedDuration::from_secs(1)));
        assert!(!accepted(&tokens, &format!("Bearer {long}"), NOW));

        let confused = jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims(NOW + TOKEN_LIFETIME),
            &EncodingKey::from_secret(&tokens.public),
        )
        .unwrap();
        assert!(!accepted(&tokens, &format!("Bearer {confused}"), NOW));
    }
}
