//! Page tokens that callers can neither read meaning into nor change.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::secret::Secret;
use sha2::{Digest, Sha256};

/// Length of the seal in front of the cursor, in bytes.
const SEAL: usize = 16;

/// The longest token that is looked at.
const MAX_TOKEN: usize = 1_024;

/// Seals and opens page tokens. All replicas of a service share the key.
#[derive(Clone, Debug)]
pub struct PageTokens {
    key: [u8; 32],
}

/// A token that was not made here, or was made for another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be empty or a next_page_token of the same request")]
pub struct BadToken;

impl PageTokens {
    /// Derives the key from a secret of any length.
    pub fn new(secret: &Secret) -> Self {
        Self {
            key: Sha256::digest(secret.expose().as_bytes()).into(),
        }
    }

    /// Makes the token for the page after `cursor`. `scope` names the question: the method and
    /// every filter, so that a token cannot be carried over to another one.
    pub fn seal(&self, scope: &str, cursor: &str) -> String {
        let mut token = self.mac(scope, cursor.as_bytes()).finalize().into_bytes()[..SEAL].to_vec();
        token.extend_from_slice(cursor.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(token)
    }

    /// Returns the cursor in a token; `None` for the empty token of a first page.
    pub fn open(&self, scope: &str, token: &str) -> Result<Option<String>, BadToken> {
        if token.is_empty() {
            return Ok(None);
        }
        if token.len() > MAX_TOKEN {
            return Err(BadToken);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| BadToken)?;
        let (seal, cursor) = bytes.split_at_checked(SEAL).ok_or(BadToken)?;
        // Compares in constant time.
        self.mac(scope, cursor)
            .verify_truncated_left(seal)
            .map_err(|_| BadToken)?;
        String::from_utf8(cursor.to_vec())
            .map(Some)
            .map_err(|_| BadToken)
    }

    fn mac(&self, scope: &str, cursor: &[u8]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&self.padded_key());
        // The length keeps scope and cursor apart.
        mac.update(&(scope.len() as u64).to_be_bytes());
        mac.update(scope.as_bytes());
        mac.update(cursor);
        mac
    }

    /// HMAC keys fill one block of the hash; shorter ones are filled up with zeros.
    fn padded_key(&self) -> hmac::digest::Key<Hmac<Sha256>> {
        let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
        key[..self.key.len()].copy_from_slice(&self.key);
        key
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(secret: &str) -> PageTokens {
        PageTokens::new(&Secret::new(secret))
    }

    #[test]
    fn the_empty_token_is_the_first_page() {
        assert_eq!(tokens("k").open("List", ""), Ok(None));
    }

    #[test]
    fn a_token_is_bound_to_its_question_and_its_key() {
        let token = tokens("k").seal("List|a", "c-17");
        assert_eq!(
            tokens("k").open("List|a", &token),
            Ok(Some("c-17".to_owned()))
        );
        assert_eq!(tokens("k").open("List|b", &token), Err(BadToken));
        assert_eq!(tokens("other").open("List|a", &token), Err(BadToken));
        // Scope and cursor cannot be shifted into each other.
        assert_ne!(
            tokens("k").seal("List", "|ac"),
            tokens("k").seal("List|a", "c")
        );
    }

    proptest! {
        #[test]
        fn any_changed_bit_is_noticed(cursor in "[a-z0-9]{0,40}", bit in 0_usize..4_000) {
            let tokens = tokens("k");
            let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(tokens.seal("List", &cursor)).unwrap();
            let place = (bit / 8) % bytes.len();
            bytes[place] ^= 1 << (bit % 8);
            let forged = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(tokens.open("List", &forged), Err(BadToken));
        }

        #[test]
        fn nonsense_never_panics(token in ".{0,60}") {
            let opened = tokens("k").open("List", &token);
            prop_assert!(token.is_empty() || opened == Err(BadToken));
        }
    }
}
