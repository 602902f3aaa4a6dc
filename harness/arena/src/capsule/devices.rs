//! The author's devices: when they joined, the directories that vouch for them, and the one that revokes.

use super::cast::Cast;
use super::drafting::cannot_draft;
use crate::Stop;
use gauntlet_simulator::{Client, Device, Document, Person};
use gauntlet_wire::directory::DirectoryCore;
use gauntlet_wire::id::DeviceId;
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;

/// Up to when a write can be dated by the joining of its device: inside the drift of 30 days, by a day.
const RECENT: SignedDuration = SignedDuration::from_hours(29 * 24);

/// The phone and the laptop among the author's devices.
const PHONE: usize = 0;
const LAPTOP: usize = 1;

impl Cast {
    /// The author's devices, those that were revoked or join later among them.
    pub(super) fn devices(&self) -> &[Device] {
        &self.author.devices
    }

    /// When a device of the author's joined.
    pub(super) fn joined(&self, device: DeviceId) -> Option<Timestamp> {
        let mut devices = self.author.devices.iter();
        let own = devices.find(|own| own.id == device)?;
        Some(own.added_at.clone())
    }

    /// Whether the phone joined too long ago to date a write by that, as it does on an account that outlives
    /// runs.
    pub(super) fn joined_long_ago(&self, now: jiff::Timestamp) -> bool {
        let phone = self.author.devices.get(PHONE);
        phone.is_some_and(|phone| now.duration_since(phone.added_at.instant()) > RECENT)
    }

    /// The author's next directory, in which the phone is revoked as of now.
    pub(super) fn revocation(&mut self, now: jiff::Timestamp) -> Result<Document, Stop> {
        if let Some(phone) = self.author.devices.get_mut(PHONE) {
            phone.revoked_at = Some(Timestamp::from_instant(now));
        }
        let next = self.next_directory(now).map_err(cannot_draft)?;
        self.directory_version = self.directory_version.saturating_add(1);
        Ok(next)
    }

    /// The author's laptop as a client of the album that `client` writes to.
    pub(super) fn laptop_in_the_album_of(&self, client: &Client) -> Result<Client, Stop> {
        let laptop = self.author.devices.get(LAPTOP);
        let laptop = laptop.ok_or_else(|| Stop::Error("the author has no laptop".to_owned()))?;
        Ok(client.on(laptop))
    }
}

/// Takes from a directory what it says of the person's devices, and every entry of other devices, which a
/// later one has to keep. Says whether it lists all of the person's own.
pub(super) fn take_over(person: &mut Person, held: &DirectoryCore) -> bool {
    let mut listed = true;
    for own in &mut person.devices {
        match held.devices.iter().find(|entry| entry.device_id == own.id) {
            Some(entry) => {
                own.added_at = entry.added_at.clone();
                own.revoked_at.clone_from(&entry.revoked_at);
            }
            None => listed = false,
        }
    }
    let own = |id: DeviceId| person.devices.iter().any(|own| own.id == id);
    let others = held.devices.iter().filter(|entry| !own(entry.device_id));
    person.others = others.cloned().collect();
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_crypto::sign::HybridSigner;
    use gauntlet_simulator::{Device, Mint};
    use gauntlet_wire::id::UserId;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn person(devices: &[&str]) -> Person {
        let mint = Mint::new(7, "");
        let joined = time("2026-11-15T12:00:00Z");
        let draw = |name: &&str| Device::draw(&mut mint.named(name), joined.clone());
        Person {
            user: UserId::new(mint.named("user").uuid_v4()),
            identity: HybridSigner::from_seed(&mint.named("identity").array()),
            devices: devices.iter().map(draw).collect(),
            others: Vec::new(),
        }
    }

    fn directory(person: &Person) -> DirectoryCore {
        let updated_at = time("2026-11-15T12:00:00Z");
        person.directory(1, updated_at).unwrap().into_value().core
    }

    #[test]
    fn a_directory_is_continued_entry_by_entry() {
        let mut elder = person(&["phone", "lost", "retired"]);
        elder.devices[0].added_at = time("2020-01-01T00:00:00Z");
        elder.devices[2].revoked_at = Some(time("2021-01-01T00:00:00Z"));
        let held = directory(&elder);
        let mut now = person(&["phone", "retired", "laptop"]);
        assert!(!take_over(&mut now, &held), "the laptop is not listed");
        let next = directory(&now);
        assert_eq!(next.devices.len(), 4);
        for entry in &held.devices {
            assert!(next.devices.contains(entry), "{}", entry.device_id);
        }
        let mut now = person(&["phone", "lost"]);
        assert!(take_over(&mut now, &held));
        assert_eq!(now.others, [held.devices[2].clone()]);
    }
}
