//! Access tokens: EdDSA JWT (`formats.md` §10 and §11).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use gauntlet_validator::server::Rejection;
use gauntlet_wire::id::{SessionId, UserId};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::time;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// The longest and usual life of an access token.
const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
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
        let expiry = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: user,
            sid: session,
            iat: Moment::Seconds(now.as_second()),
            exp: Moment::Seconds(expiry.as_second()),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.signing)
    }

    /// The account that the one `Authorization: Bearer` value speaks for at `now`.
    ///
    /// # Errors
    /// [`Rule::Authenticated`], always with the same words: what is wrong with a token is no
    /// business of who presents it.
    pub(crate) fn authenticate(
        &self,
        authorization: &[String],
        now: Timestamp,
    ) -> Result<UserId, Rejection> {
        let refused = || Rejection::new(Rule::Authenticated, "a valid access token is required");
        let claims = bearer(authorization)
            .and_then(|token| self.verified(token))
            .ok_or_else(refused)?;
        let live = is_live(&claims, now) && claims.iss == self.issuer;
        live.then_some(claims.sub).ok_or_else(refused)
    }

    /// The claims of a token with a good signature. The algorithm is the verifier's choice, never
    /// the token's. Times are left to [`is_live`], because the library would ask the system's clock.
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

/// `exp` lies ahead and at most 15 minutes after `iat`.
fn is_live(claims: &Claims, now: Timestamp) -> bool {
    let (Some(issued), Some(expiry)) = (claims.iat.instant(), claims.exp.instant()) else {
        return false;
    };
    now < expiry && expiry.duration_since(issued) <= LIFETIME
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
        tokens
            .authenticate(&[value.to_owned()], now)
            .is_ok_and(|user| user == ada())
    }

    #[test]
    fn a_token_lives_by_the_given_clock_alone() {
        let tokens = tokens("here", 1);
        let token = format!("Bearer {}", tokens.issue(ada(), sid(), NOW).unwrap());
        assert!(accepted(&tokens, &token, NOW));
        let last = NOW + LIFETIME - SignedDuration::from_nanos(1);
        assert!(accepted(&tokens, &token, last));
        assert!(!accepted(&tokens, &token, NOW + LIFETIME));
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
        assert!(own.authenticate(&twice, NOW).is_err());
        assert!(own.authenticate(&[], NOW).is_err());
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
        let lawful = sign(&claims(NOW + LIFETIME));
        assert!(accepted(&tokens, &format!("Bearer {lawful}"), NOW));
        let long = sign(&claims(NOW + LIFETIME + SignedDuration::from_secs(1)));
        assert!(!accepted(&tokens, &format!("Bearer {long}"), NOW));

        let confused = jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims(NOW + LIFETIME),
            &EncodingKey::from_secret(&tokens.public),
        )
        .unwrap();
        assert!(!accepted(&tokens, &format!("Bearer {confused}"), NOW));
    }
}
