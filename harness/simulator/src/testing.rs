//! A person with two devices and a client, for unit tests; and what a lie can refer to.

use crate::{Client, Device, Means, Mint, Person, Profile, References, Write};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_crypto::verify::verify;
use gauntlet_wire::hybrid::HybridSignature;
use gauntlet_wire::id::{AlbumId, UserId};
use gauntlet_wire::time::Timestamp;

/// The time of everything that is drafted in a test.
pub(crate) fn now() -> jiff::Timestamp {
    "2026-11-15T12:00:00Z".parse().unwrap()
}

/// A client of the newest version on the first of its person's devices.
pub(crate) fn household() -> (Client, Person) {
    let mut mint = Mint::new(7, "");
    let joined = Timestamp::from_instant(now());
    let person = Person {
        user: UserId::new(mint.uuid_v7(now())),
        identity: HybridSigner::from_seed(&mint.array()),
        devices: vec![
            Device::draw(&mut mint, joined.clone()),
            Device::draw(&mut mint, joined),
        ],
        others: Vec::new(),
    };
    let album = AlbumId::new(mint.uuid_v4());
    let own = mint.named("device");
    let client = Client::new(Profile::B, &person, &person.devices[0], album, &mint, own);
    (client, person)
}

/// Whether the signatures are the client's over `message`: its device's, and its album's.
pub(crate) fn signs(
    client: &Client,
    message: &[u8],
    device: &HybridSignature,
    write: &HybridSignature,
) -> [bool; 2] {
    [
        verify(client.device_signer.public(), message, device).is_ok(),
        verify(client.epochs.newest().write_tier.public(), message, write).is_ok(),
    ]
}

/// Lets `then` lie about an asset with these accepted writes, beside another asset. Every ancestor is its
/// first write, and every other device the second of no one.
pub(crate) fn with_means<T>(
    client: &Client,
    earlier: &[Write],
    other: Option<&Write>,
    then: impl FnOnce(Means<'_>) -> T,
) -> T {
    let stranger = household().1.devices[1].id;
    then(Means {
        client,
        references: References {
            device_of: &|_| Some(stranger),
            link_of: &|_| earlier.first()?.link(),
            nonce_of: &|_| Some(earlier.first()?.core.nonce_prefix),
            joined: &|_| None,
        },
        directory: &|_| None,
        earlier,
        other,
        deleted: None,
        anothers: None,
        devices: &[],
        now: now(),
    })
}
