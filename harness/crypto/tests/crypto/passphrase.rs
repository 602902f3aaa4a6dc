//! Keys from passphrases: tiers, and the reader's ceiling. Derivations here are tiny, as real ones
//! take seconds.

use gauntlet_crypto::passphrase::{Cost, PassphraseError, Tier, wrap_key};

const SALT: [u8; 32] = [3; 32];

const TINY: Cost = Cost {
    mem_kib: 32,
    passes: 2,
    lanes: 2,
};

fn key(passphrase: &[u8], salt: &[u8; 32], cost: Cost) -> [u8; 32] {
    *wrap_key(passphrase, salt, cost, cost).unwrap().as_bytes()
}

#[test]
fn the_tiers_are_those_of_the_page() {
    let cost = |mem_kib, passes| Cost {
        mem_kib,
        passes,
        lanes: 1,
    };
    let tiers = [cost(131_072, 3), cost(262_144, 3), cost(524_288, 4)];
    assert_eq!(Tier::ALL.map(Tier::cost), tiers);
}

/// Wrong by any part, the key is another.
#[test]
fn a_key_depends_on_passphrase_salt_and_every_part_of_the_cost() {
    let honest = key(b"correct horse", &SALT, TINY);
    assert_eq!(key(b"correct horse", &SALT, TINY), honest);
    let others = [
        key(b"correct horse ", &SALT, TINY),
        key(b"", &SALT, TINY),
        key(b"correct horse", &[4; 32], TINY),
        key(
            b"correct horse",
            &SALT,
            Cost {
                mem_kib: 40,
                ..TINY
            },
        ),
        key(b"correct horse", &SALT, Cost { passes: 3, ..TINY }),
        key(b"correct horse", &SALT, Cost { lanes: 1, ..TINY }),
    ];
    for other in others {
        assert_ne!(other, honest);
    }
}

#[test]
fn a_cost_above_the_ceiling_in_any_part_is_refused() {
    let ceiling = TINY;
    assert!(wrap_key(b"p", &SALT, TINY, ceiling).is_ok());
    let above = [
        Cost {
            mem_kib: 33,
            ..TINY
        },
        Cost { passes: 3, ..TINY },
        Cost { lanes: 3, ..TINY },
        // Were it not refused first, this would ask for 4 TiB.
        Cost {
            mem_kib: u32::MAX,
            passes: u32::MAX,
            lanes: 1,
        },
    ];
    for cost in above {
        let refused = wrap_key(b"p", &SALT, cost, ceiling).unwrap_err();
        assert_eq!(refused, PassphraseError::AboveCeiling { cost, ceiling });
    }
}

#[test]
fn a_reader_of_a_lower_tier_refuses_the_higher_ones() {
    for (at, ceiling) in Tier::ALL.into_iter().enumerate() {
        for tier in Tier::ALL.into_iter().skip(at + 1) {
            let (cost, ceiling) = (tier.cost(), ceiling.cost());
            let refused = wrap_key(b"p", &SALT, cost, ceiling).unwrap_err();
            assert_eq!(refused, PassphraseError::AboveCeiling { cost, ceiling });
        }
    }
}

#[test]
fn what_is_no_cost_is_refused() {
    let none = [
        Cost { mem_kib: 7, ..TINY },
        Cost {
            mem_kib: 15,
            ..TINY
        },
        Cost { mem_kib: 0, ..TINY },
        Cost { passes: 0, ..TINY },
        Cost { lanes: 0, ..TINY },
    ];
    for cost in none {
        let refused = wrap_key(b"p", &SALT, cost, TINY).unwrap_err();
        assert_eq!(refused, PassphraseError::Invalid(cost));
    }
    assert!(
        wrap_key(
            b"p",
            &SALT,
            Cost {
                mem_kib: 16,
                ..TINY
            },
            TINY
        )
        .is_ok()
    );
}

#[test]
fn a_refusal_says_what_was_asked_for_and_what_is_spent() {
    let refused = wrap_key(b"p", &SALT, Tier::Mib512.cost(), Tier::Mib128.cost()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Argon2id: 524288 KiB, 4 passes, 1 lanes asked for; expected at most 131072 KiB, 3 passes, 1 lanes"
    );
}
