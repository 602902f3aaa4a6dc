//! The tap: what passes a line is searched for what must never pass it.

use crate::scanner::{Needle, ScanError, Scanner};
use crate::{Answer, Header};
use gauntlet_simulator::{Canaries, Canary, Request};
use std::collections::{BTreeMap, BTreeSet};

/// The scanner for what clients have drawn so far.
#[derive(Debug)]
pub(crate) struct Tap {
    canaries: Canaries,
    /// One scanner for every time that something was drawn since the last use.
    scanners: Vec<(Scanner, Vec<Canary>)>,
    known: usize,
    /// What was sent to the target and should not have been.
    sent: BTreeSet<Canary>,
    /// What the target answered and can't have known.
    received: BTreeMap<Canary, String>,
    /// Why something could not be looked for.
    failure: Option<ScanError>,
}

impl Tap {
    /// A tap that looks for `canaries`, those that are still to be drawn among them.
    pub(crate) const fn new(canaries: Canaries) -> Self {
        Self {
            canaries,
            scanners: Vec::new(),
            known: 0,
            sent: BTreeSet::new(),
            received: BTreeMap::new(),
            failure: None,
        }
    }

    /// Searches one request, and its answer where there is one.
    pub(crate) fn pass(&mut self, request: &Request, answer: Option<&Answer>) {
        self.catch_up();
        let sent = self.search(&request.path, &request.headers, &request.body);
        self.sent.extend(sent);
        if let Some(answer) = answer {
            for canary in self.search("", &answer.headers, &answer.body) {
                let place = self.place(&canary, answer);
                self.received.entry(canary).or_insert(place);
            }
        }
    }

    /// What was sent since this was asked last.
    ///
    /// # Errors
    /// Something could not be looked for.
    pub(crate) fn take_sent(&mut self) -> Result<BTreeSet<Canary>, ScanError> {
        self.failure.clone().map_or(Ok(()), Err)?;
        Ok(std::mem::take(&mut self.sent))
    }

    /// What was answered since this was asked last, and where it stood.
    ///
    /// # Errors
    /// Something could not be looked for.
    pub(crate) fn take_received(&mut self) -> Result<BTreeMap<Canary, String>, ScanError> {
        self.failure.clone().map_or(Ok(()), Err)?;
        Ok(std::mem::take(&mut self.received))
    }

    fn catch_up(&mut self) {
        let drawn = self.canaries.since(self.known);
        if drawn.is_empty() {
            return;
        }
        self.known += drawn.len();
        let needles: Vec<Needle> = drawn.iter().map(needle).collect();
        match Scanner::new(&needles) {
            Ok(scanner) => self.scanners.push((scanner, drawn)),
            Err(failure) => self.failure = Some(failure),
        }
    }

    /// Where a canary stands in an answer: a header, a member of the body, or the body as such.
    fn place(&self, canary: &Canary, answer: &Answer) -> String {
        let holds = |bytes: &[u8]| self.search("", &[], bytes).contains(canary);
        let header = answer
            .headers
            .iter()
            .find(|(name, value)| holds(name.as_bytes()) || holds(value.as_bytes()));
        if let Some((name, _)) = header {
            return format!("in the header {name}");
        }
        let body: serde_json::Value = answer.json().unwrap_or_default();
        match member(&body, &holds) {
            Some(path) if !path.is_empty() => format!("in the member {path}"),
            _ => "in the body".to_owned(),
        }
    }

    fn search(&self, path: &str, headers: &[Header], body: &[u8]) -> Vec<Canary> {
        let texts = headers.iter().flat_map(|(name, value)| [name, value]);
        let texts = texts.map(String::as_bytes);
        let parts: Vec<&[u8]> = texts.chain([path.as_bytes(), body]).collect();
        let mut found = Vec::new();
        for (scanner, drawn) in &self.scanners {
            let places: BTreeSet<usize> =
                parts.iter().flat_map(|part| scanner.find(part)).collect();
            found.extend(places.into_iter().filter_map(|place| drawn.get(place)));
        }
        found.into_iter().cloned().collect()
    }
}

/// The path of the first member of a JSON body that holds something.
fn member(body: &serde_json::Value, holds: &impl Fn(&[u8]) -> bool) -> Option<String> {
    use serde_json::Value::{Array, Object, String as Text};
    let below = |name: String, value| {
        let rest = member(value, holds)?;
        let joint = if rest.is_empty() || rest.starts_with('[') {
            ""
        } else {
            "."
        };
        Some(format!("{name}{joint}{rest}"))
    };
    match body {
        Text(text) => holds(text.as_bytes()).then(String::new),
        Array(values) => {
            let mut values = values.iter().enumerate();
            values.find_map(|(index, value)| below(format!("[{index}]"), value))
        }
        Object(members) => {
            let mut members = members.iter();
            members.find_map(|(name, value)| below(name.clone(), value))
        }
        _ => None,
    }
}

/// A canary as it is looked for.
pub(crate) fn needle(canary: &Canary) -> Needle {
    Needle {
        what: canary.to_string(),
        bytes: canary.bytes.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_crypto::sign::HybridSigner;
    use gauntlet_simulator::{
        Client, Deed, Device, Draft, Mint, Person, Photo, Profile, Secret, Write,
    };
    use gauntlet_wire::enums::BlobRole;
    use gauntlet_wire::id::{AlbumId, Hash, UserId};
    use gauntlet_wire::time::Timestamp;
    use uuid::Uuid;

    /// A person with one device, and its client in an album.
    fn client(profile: Profile) -> (Person, Client) {
        let mint = Mint::new(7, "");
        let user = UserId::new(Uuid::from_u128(1));
        let seed = mint
            .named("identity")
            .secret(Secret::IdentitySeed, user.uuid());
        let joined: Timestamp = "2026-11-15T11:00:00Z".parse().unwrap();
        let person = Person {
            user,
            identity: HybridSigner::from_seed(&seed),
            devices: vec![Device::draw(&mut mint.named("phone"), joined)],
            others: Vec::new(),
        };
        let album = AlbumId::new(Uuid::from_u128(2));
        let own = mint.named("own");
        let client = Client::new(profile, &person, &person.devices[0], album, &mint, own);
        (person, client)
    }

    fn requests(write: Write) -> Vec<Request> {
        let draft = Draft::Write(Box::new(write));
        let steps = draft.steps();
        steps
            .into_iter()
            .map(|step| draft.request(step, "/upload/1").unwrap())
            .collect()
    }

    fn now() -> jiff::Timestamp {
        "2026-11-15T12:00:00Z".parse().unwrap()
    }

    fn seen(tap: &mut Tap) -> Vec<Secret> {
        let sent = tap.take_sent().unwrap();
        sent.iter().map(|canary| canary.secret).collect()
    }

    #[test]
    fn nothing_that_honest_clients_send_holds_a_secret() {
        for profile in [Profile::A, Profile::B] {
            let (person, mut client) = client(profile);
            let mut tap = Tap::new(client.canaries().clone());
            let uploaded = client.draft(Photo::of_chunks(3, 4096), now()).unwrap();
            let updated = client.continued(&uploaded, Deed::Update, now());
            let updated = updated.unwrap().unwrap();
            let deleted = client.continued(&updated, Deed::Delete, now());
            let directory = client.publish_directory(&person, 1, Timestamp::from_instant(now()));
            let mut all = vec![
                client.open_album(),
                client.publish_ledger().unwrap().request,
                directory.unwrap().request,
            ];
            for write in [uploaded, updated, deleted.unwrap().unwrap()] {
                all.extend(requests(write));
            }
            for request in &all {
                tap.pass(request, None);
            }
            assert_eq!(seen(&mut tap), [], "{profile:?}");
            // Every kind of secret was there to be found.
            let kinds: BTreeSet<Secret> = client
                .canaries()
                .since(0)
                .into_iter()
                .map(|canary| canary.secret)
                .collect();
            assert_eq!(kinds.len(), 10, "{kinds:?}");
        }
    }

    /// A simulator that does not seal: original and metadata go out as they are, under hashes that are
    /// right. No server can tell; the scan does.
    #[test]
    fn a_plaintext_upload_that_looks_honest_is_found() {
        let (_, mut client) = client(Profile::B);
        let mut tap = Tap::new(client.canaries().clone());
        let mut write = client.draft(Photo::of_chunks(3, 4096), now()).unwrap();
        let asset = write.asset.uuid();
        for (role, secret) in [
            (BlobRole::Original, Secret::Photo),
            (BlobRole::Metadata, Secret::Sidecar),
        ] {
            let plain = client.canaries().newest(secret, asset).unwrap().bytes;
            let blob = write.blobs.iter_mut().find(|blob| blob.role == role);
            let blob = blob.unwrap();
            blob.hash = Hash::of(&plain).to_string();
            blob.size = plain.len() as u64;
            blob.envelope.ciphertext_hash.clone_from(&blob.hash);
            blob.bytes = plain;
        }
        for request in requests(write) {
            tap.pass(&request, None);
        }
        let leaked = [Secret::Photo, Secret::Sidecar, Secret::Caption];
        assert_eq!(seen(&mut tap), leaked);
        assert_eq!(seen(&mut tap), [], "what was taken is not told again");
    }

    #[test]
    fn a_secret_is_found_wherever_it_passes() {
        let (_, client) = client(Profile::B);
        let key = client
            .canaries()
            .newest(Secret::AlbumKey, client.album.uuid())
            .unwrap();
        let hex: String = key.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain = || client.open_album();
        let mut in_path = plain();
        in_path.path.push_str(&format!("?key={hex}"));
        let mut in_body = plain();
        in_body.body = serde_json::to_vec(&key.bytes).unwrap();
        for request in [
            in_path,
            in_body,
            plain().header("x-key", hex.clone()),
            plain().header(&hex, "1"),
        ] {
            let mut tap = Tap::new(client.canaries().clone());
            tap.pass(&request, None);
            assert_eq!(seen(&mut tap), [Secret::AlbumKey]);
            assert!(tap.take_received().unwrap().is_empty());
        }
        let answers = [
            (vec![], hex.clone().into_bytes()),
            (vec![("etag".to_owned(), hex)], vec![]),
        ];
        for (headers, body) in answers {
            let mut tap = Tap::new(client.canaries().clone());
            let answer = Answer {
                status: 400,
                headers,
                body,
            };
            tap.pass(&plain(), Some(&answer));
            assert_eq!(seen(&mut tap), []);
            assert_eq!(tap.take_received().unwrap().len(), 1);
        }
    }
}
