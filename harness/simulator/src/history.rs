//! Lies about the past of a photo: several next records, another history, accepted records that say more.

use crate::draft::{Step, Write};
use crate::{Client, Deed};
use gauntlet_wire::cbor::{Canonical, Document as _};
use gauntlet_wire::id::Hash;
use gauntlet_wire::record::ProvenanceRecord;

/// What hedges a signature that is to differ from the deterministic one.
const HEDGE: [u8; 32] = [0x5A; 32];

impl Client {
    /// So many updates of `prior`, each of its own metadata, none of which has heard of another.
    pub(crate) fn crowd(
        &self,
        prior: &Write,
        size: usize,
        now: jiff::Timestamp,
    ) -> Option<Vec<Write>> {
        let mut liar = self.liar();
        (0..size)
            .map(|_| liar.continued(prior, Deed::Update, now).ok().flatten())
            .collect()
    }

    /// So many updates over `root`, each of which continues the one before: another history.
    pub(crate) fn rebuilt(
        &self,
        root: &Write,
        length: usize,
        now: jiff::Timestamp,
    ) -> Option<Vec<Write>> {
        let mut liar = self.liar();
        let mut history = Vec::new();
        for _ in 0..length {
            let prior = history.last().unwrap_or(root);
            let next = liar.continued(prior, Deed::Update, now).ok().flatten()?;
            history.push(next);
        }
        Some(history)
    }

    /// The same op with another valid write-tier signature over the same core, so under another link.
    pub(crate) fn signed_again(&self, write: &Write) -> Option<Write> {
        let mut record: ProvenanceRecord = Canonical::decode(write.record()?).ok()?.into_value();
        let message = record.manifest.core.signed_bytes();
        let epoch = record.manifest.core.amk_version;
        let write_tier = &self.epochs.of(epoch).write_tier;
        record.manifest.write_sig = write_tier.sign_hedged(&message, HEDGE);
        Some(write.with_record(record.to_value().encode()))
    }
}

/// The op of `accepted`, to its record, with what comes along with the op of `honest`.
pub(crate) fn swapped(honest: &Write, accepted: &Write) -> Option<Write> {
    let mut swapped = accepted.clone();
    let (op, brings) = (swapped.op.as_mut()?, honest.op.as_ref()?);
    op.metadata.clone_from(&brings.metadata);
    op.derivative.clone_from(&brings.derivative);
    Some(swapped)
}

/// The write with another address declared for the blob of a step; its bytes stay.
pub(crate) fn declaring(honest: &Write, from: Step, address: Hash) -> Option<Write> {
    let mut lying = honest.clone();
    let blob = lying.blobs.get_mut(from.blob()?)?;
    blob.hash = address.to_string();
    blob.envelope.ciphertext_hash.clone_from(&blob.hash);
    Some(lying)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{household, now, signs, with_means};
    use crate::{Ancestor, CoreEdit, Draft, DraftEdit, Lie, Photo};
    use gauntlet_wire::enums::BlobRole;

    /// A create, an update that was accepted, and the next one.
    fn history(client: &mut Client) -> (Vec<Write>, Draft) {
        let create = client.draft(Photo::SMALL, now()).unwrap();
        let mut next = |prior: &Write| client.continued(prior, Deed::Update, now());
        let update = next(&create).unwrap().unwrap();
        let again = next(&update).unwrap().unwrap();
        (vec![create, update], Draft::Write(Box::new(again)))
    }

    fn lie(edit: &DraftEdit) -> (Client, Vec<Write>, Write, Lie) {
        let (mut client, _) = household();
        let (earlier, draft) = history(&mut client);
        let lie = with_means(&client, &earlier, None, |means| {
            edit.apply(&draft, Step::Op, means).unwrap()
        });
        let honest = draft.write().unwrap().clone();
        (client, earlier, honest, lie)
    }

    /// Every op of a lie, in the order in which they are sent.
    fn ops(lie: &Lie) -> Vec<&Write> {
        lie.volley.iter().chain(lie.draft.write()).collect()
    }

    #[test]
    fn a_crowd_continues_one_record_and_says_as_many_things() {
        let (_, earlier, _, lie) = lie(&DraftEdit::Crowd { size: 17 });
        let ops = ops(&lie);
        assert_eq!(ops.len(), 17);
        assert!(
            ops.iter()
                .all(|op| op.core.prior_provenance_hash == earlier[0].link())
        );
        let links: std::collections::BTreeSet<_> = ops.iter().map(|op| op.link()).collect();
        assert_eq!(links.len(), 17);
    }

    #[test]
    fn a_rebuilt_history_is_whole_and_shares_its_create_alone() {
        let (_, earlier, honest, lie) = lie(&DraftEdit::Rebuild);
        let ops = ops(&lie);
        assert_eq!(ops.len(), 2);
        let mut prior = earlier[0].link();
        for op in &ops {
            assert_eq!(op.core.prior_provenance_hash, prior);
            prior = op.link();
        }
        let true_ones = [earlier[1].link(), honest.link()];
        assert!(ops.iter().all(|op| !true_ones.contains(&op.link())));
    }

    #[test]
    fn a_record_signed_again_is_the_same_event_under_another_link() {
        let (client, earlier, _, lie) = lie(&DraftEdit::SignAgain);
        let record = |write: &Write| {
            let bytes = write.record().unwrap();
            Canonical::<ProvenanceRecord>::decode(bytes)
                .unwrap()
                .into_value()
        };
        let (again, accepted) = (lie.draft.write().unwrap(), &earlier[1]);
        assert_ne!(again.link(), accepted.link());
        let (again, accepted) = (record(again).manifest, record(accepted).manifest);
        assert_eq!(again.core, accepted.core);
        assert_eq!(again.device_sig, accepted.device_sig);
        assert_ne!(again.write_sig, accepted.write_sig);
        let message = again.core.signed_bytes();
        assert_eq!(
            signs(&client, &message, &again.device_sig, &again.write_sig),
            [true, true]
        );
    }

    #[test]
    fn a_swapped_op_is_the_accepted_record_with_what_the_next_one_brings() {
        let (_, earlier, honest, lie) = lie(&DraftEdit::Swap);
        let swapped = lie.draft.write().unwrap();
        assert_eq!(swapped.link(), earlier[1].link());
        let metadata = |write: &Write| write.op.as_ref().unwrap().metadata.clone();
        assert_eq!(metadata(swapped), metadata(&honest));
        assert_ne!(metadata(swapped), metadata(&earlier[1]));
    }

    #[test]
    fn a_declared_address_is_another_records_and_the_bytes_stay() {
        let (mut client, _) = household();
        let (earlier, _) = history(&mut client);
        let photo = client.draft(Photo::SMALL, now()).unwrap();
        let from = Step::Open { blob: 2 };
        let edit = DraftEdit::Declare {
            record: Ancestor::OtherAsset,
        };
        let lie = with_means(&client, &earlier, None, |means| {
            edit.apply(&Draft::Write(Box::new(photo.clone())), from, means)
        });
        let lie = lie.unwrap();
        assert!(lie.refused_at_any);
        let (blob, honest) = (
            lie.draft
                .write()
                .unwrap()
                .blob(BlobRole::Provenance)
                .unwrap(),
            photo.blob(BlobRole::Provenance).unwrap(),
        );
        assert_eq!(blob.bytes, honest.bytes);
        assert_eq!(blob.hash, earlier[0].link().unwrap().to_string());
        assert_eq!(blob.envelope.ciphertext_hash, blob.hash);
        assert_eq!(
            lie.steps.len(),
            1 + honest.bytes.len().div_ceil(photo.chunk)
        );
    }

    #[test]
    fn a_used_nonce_prefix_is_that_of_the_first_original() {
        let (mut client, _) = household();
        let create = client.draft(Photo::SMALL, now()).unwrap();
        let replace = client.replaced(&create, Photo::SMALL, now()).unwrap();
        assert_ne!(replace.core.nonce_prefix, create.core.nonce_prefix);
        let earlier = [create];
        let core = with_means(&client, &earlier, None, |means| {
            CoreEdit::NoncePrefixOf(Ancestor::Root).apply(&replace.core, means.references)
        });
        assert_eq!(core.unwrap().nonce_prefix, earlier[0].core.nonce_prefix);
    }
}
