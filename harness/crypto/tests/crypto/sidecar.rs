//! Sealed sidecars: the plaintext of a metadata blob is the signed canonical sidecar.

use gauntlet_crypto::{
    kdf::metadata_key,
    metadata::{OpenError, OpenSidecarError, open, open_sidecar, seal, seal_sidecar},
    sign::sign_sidecar,
};
use gauntlet_wire::{
    cbor::Canonical,
    id::Hash,
    sidecar::{Sidecar, SidecarError},
    version::{Formats, SuiteId},
};

use crate::{
    sample,
    support::{AMK, asset, signer},
};

const NONCE: [u8; 12] = [9; 12];
const BOTH: [Formats; 2] = [Formats::A, Formats::B];

fn signed() -> Canonical<Sidecar> {
    Canonical::encode(sign_sidecar(sample::sidecar(asset(1)), &signer())).unwrap()
}

fn opened(formats: Formats, blob: &[u8]) -> Result<Canonical<Sidecar>, OpenSidecarError> {
    open_sidecar(formats, &AMK, asset(1), SuiteId::ONE, blob)
}

#[test]
fn a_sealed_sidecar_opens_to_the_same_bytes() {
    for formats in BOTH {
        let blob = seal_sidecar(formats, &AMK, &NONCE, &signed());
        assert_eq!(blob.len(), signed().bytes().len() + 30);
        assert_eq!(opened(formats, &blob), Ok(signed()));
        // The blob is the plain construction over the key of the page.
        let key = metadata_key(formats, &AMK, asset(1), &NONCE);
        assert_eq!(
            open(&blob, SuiteId::ONE, &key).as_deref(),
            Ok(signed().bytes())
        );
    }
}

#[test]
fn each_version_has_its_own_key() {
    let [of_a, of_b] = BOTH.map(|formats| seal_sidecar(formats, &AMK, &NONCE, &signed()));
    assert_ne!(Hash::of(&of_a), Hash::of(&of_b));
    let forged = Err(OpenSidecarError::Blob(OpenError::Forged));
    assert_eq!(opened(Formats::B, &of_a), forged);
    assert_eq!(opened(Formats::A, &of_b), forged);
}

#[test]
fn a_sealed_sidecar_is_bound_to_master_key_asset_nonce_and_suite() {
    for formats in BOTH {
        let blob = seal_sidecar(formats, &AMK, &NONCE, &signed());
        let forged = Err(OpenSidecarError::Blob(OpenError::Forged));
        let of_another = open_sidecar(formats, &AMK, asset(2), SuiteId::ONE, &blob);
        assert_eq!(of_another, forged);
        let by_another = open_sidecar(formats, &[0; 32], asset(1), SuiteId::ONE, &blob);
        assert_eq!(by_another, forged);
        let mut renonced = blob.clone();
        renonced[2] ^= 1;
        assert_eq!(opened(formats, &renonced), forged);
        let suite = open_sidecar(formats, &AMK, asset(1), SuiteId::FICTIVE, &blob);
        assert!(matches!(
            suite,
            Err(OpenSidecarError::Blob(OpenError::Suite { .. }))
        ));
        for length in [0, 13, 29] {
            let short = opened(formats, &blob[..length]);
            assert!(matches!(
                short,
                Err(OpenSidecarError::Blob(OpenError::Length(_)))
            ));
        }
    }
}

#[test]
fn what_is_sealed_but_no_sidecar_is_refused_for_what_it_is() {
    let key = metadata_key(Formats::B, &AMK, asset(1), &NONCE);
    let sealed = |plaintext: &[u8]| seal(SuiteId::ONE, &key, &NONCE, plaintext);
    for junk in [b"".as_slice(), b"junk", &[signed().bytes(), &[0]].concat()] {
        let refused = opened(Formats::B, &sealed(junk));
        assert!(matches!(
            refused,
            Err(OpenSidecarError::Sidecar(SidecarError::Malformed(_)))
        ));
    }
    let newer = opened(Formats::B, &sealed(&[0xa1, 0x00, 0x02]));
    assert_eq!(
        newer,
        Err(OpenSidecarError::Sidecar(SidecarError::NewerSchema {
            found: 2
        }))
    );
}
