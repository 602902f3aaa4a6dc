//! A person with two devices and a client, for unit tests.

use crate::{Client, Device, Mint, Person, Profile};
use gauntlet_crypto::sign::HybridSigner;
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
