//! Derivative manifests that lie.

use crate::signed::Signatures;
use crate::{Ancestor, Maker, Means, Signed, Write};
use gauntlet_wire::cbor::{Canonical, Document as _, Map, Value};
use gauntlet_wire::derivative::DerivativeManifest;
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::version::SuiteId;
use serde::{Deserialize, Serialize};

/// One change to what a derivative manifest signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DerivativeEdit {
    /// Give it this role, which need not be one of the closed set.
    Role(String),
    /// Give it this format, which need not be one of the closed set.
    Format(String),
    /// Name another suite.
    Suite(SuiteId),
    /// Name another device as its maker.
    Maker(Maker),
    /// Say that it was made from another asset of the same author.
    OtherSource,
    /// Name bytes that were never sent.
    OtherBytes,
    /// Continue nothing.
    NoPrior,
    /// Continue the first derivative of the chain, which another continues already.
    First,
    /// Continue a record of the asset, which is no derivative.
    Record(Ancestor),
}

impl DerivativeEdit {
    /// Applies the change to the core, as the map that it is on the wire. `None` where the world has
    /// nothing to refer to.
    fn apply(&self, core: &mut Map, means: Means<'_>) -> Option<()> {
        let prior = |link: Hash| ("prior_provenance_hash", (*link.as_bytes()).into());
        let (member, value): (&str, Value) = match self {
            Self::Role(role) => ("role", role.as_str().into()),
            Self::Format(format) => ("format", format.as_str().into()),
            Self::Suite(suite) => ("crypto_suite_id", suite.0.into()),
            Self::Maker(maker) => {
                let device = (means.references.device_of)(*maker)?;
                ("generated_by_device", (*device.as_bytes()).into())
            }
            Self::OtherSource => {
                let other = means.other?.asset;
                ("source_asset_id", (*other.as_bytes()).into())
            }
            Self::OtherBytes => {
                let never_sent = Hash::of(b"bytes that were never sent");
                ("ciphertext_hash", (*never_sent.as_bytes()).into())
            }
            Self::NoPrior => ("prior_provenance_hash", Value::Null),
            Self::First => prior(means.earlier.iter().find_map(Write::derivative_link)?),
            Self::Record(ancestor) => prior((means.references.link_of)(*ancestor)?),
        };
        core.insert(member.into(), value);
        Some(())
    }
}

/// The derivative op `honest` with another action, if one is given, and changes to its derivative
/// manifest. Nothing is checked: the manifest may break every rule of its structure.
pub(crate) fn lying(
    honest: &Write,
    action: Option<Action>,
    edits: &[DerivativeEdit],
    signed: Signed,
    means: Means<'_>,
) -> Option<Write> {
    let before = honest.op.as_ref()?.derivative.as_deref()?;
    let manifest = lying_manifest(before, edits, signed, means)?;
    let mut lying = match action {
        None => honest.clone(),
        Some(action) => {
            let core = ManifestCore {
                action,
                ..honest.core.clone()
            };
            let record = means.client.record(core.clone()).ok()?;
            honest.with_core(core, record)
        }
    };
    lying.op.as_mut()?.derivative = Some(manifest);
    Some(lying)
}

fn lying_manifest(
    before: &[u8],
    edits: &[DerivativeEdit],
    signed: Signed,
    means: Means<'_>,
) -> Option<Vec<u8>> {
    let before: DerivativeManifest = Canonical::decode(before).ok()?.into_value();
    let Value::Map(mut manifest) = before.to_value() else {
        return None;
    };
    let Value::Map(mut core) = manifest.get_text("core")?.clone() else {
        return None;
    };
    for edit in edits {
        edit.apply(&mut core, means)?;
    }
    let core = Value::Map(core);
    let carried = Signatures {
        device: before.device_sig,
        write: before.write_sig,
    };
    let signatures = signed.of(
        means.client.sign(&core.encode(), means.client.epoch()),
        carried,
    );
    manifest.insert("core".into(), core);
    manifest.insert("device_sig".into(), signatures.device.to_value());
    manifest.insert("write_sig".into(), signatures.write.to_value());
    Some(Value::Map(manifest).encode())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{household, now, signs, with_means};
    use crate::{Client, Deed, Half, Photo, Which};
    use gauntlet_wire::cbor::{Bounds, decode};
    use gauntlet_wire::hybrid::HybridSignature;

    fn chain(client: &mut Client) -> Vec<Write> {
        let mut chain = vec![client.draft(Photo::SMALL, now()).unwrap()];
        for deed in [Deed::AddThumbnail, Deed::ReplaceThumbnail] {
            let next = client.continued(chain.last().unwrap(), deed, now());
            chain.push(next.unwrap().unwrap());
        }
        chain
    }

    const BOUNDS: Bounds = DerivativeManifest::BOUNDS;

    /// Core and signatures of the manifest that an op brings, whatever they say.
    fn brought(write: &Write) -> (Map, Value, Value) {
        let bytes = write.op.as_ref().unwrap().derivative.as_deref().unwrap();
        let Value::Map(manifest) = decode(bytes, &BOUNDS).unwrap() else {
            panic!("no map");
        };
        let part = |name: &str| manifest.get_text(name).unwrap().clone();
        let Value::Map(core) = part("core") else {
            panic!("no core");
        };
        (core, part("device_sig"), part("write_sig"))
    }

    fn lie(edits: &[DerivativeEdit], signed: Signed) -> (Client, Vec<Write>, Write) {
        let (mut client, _) = household();
        let other = client.draft(Photo::SMALL, now()).unwrap();
        let chain = chain(&mut client);
        let (honest, earlier) = chain.split_last().unwrap();
        let lie = with_means(&client, earlier, Some(&other), |means| {
            lying(honest, None, edits, signed, means).unwrap()
        });
        (client, chain, lie)
    }

    #[test]
    fn an_edit_changes_the_one_member_that_it_names() {
        let edits = [
            ("role", DerivativeEdit::Role("poster".to_owned())),
            ("format", DerivativeEdit::Format("image/jpg".to_owned())),
            ("crypto_suite_id", DerivativeEdit::Suite(SuiteId(2))),
            ("generated_by_device", DerivativeEdit::Maker(Maker::Nobody)),
            ("source_asset_id", DerivativeEdit::OtherSource),
            ("ciphertext_hash", DerivativeEdit::OtherBytes),
            ("prior_provenance_hash", DerivativeEdit::NoPrior),
            (
                "prior_provenance_hash",
                DerivativeEdit::Record(Ancestor::Root),
            ),
        ];
        for (member, edit) in edits {
            let (_, chain, lie) = lie(std::slice::from_ref(&edit), Signed::Anew);
            let honest = chain.last().unwrap();
            let (before, _, _) = brought(honest);
            let (after, _, _) = brought(&lie);
            let changed: Vec<_> = before
                .iter()
                .filter(|(key, value)| after.get(key) != Some(value))
                .map(|(key, _)| key.clone())
                .collect();
            assert_eq!(changed, [Value::from(member)], "{edit:?}");
            assert_eq!(lie.record(), honest.record(), "{edit:?}");
        }
    }

    #[test]
    fn the_first_of_the_chain_is_the_one_that_was_added() {
        let (mut client, _) = household();
        let mut chain = chain(&mut client);
        let deed = Deed::ReplaceThumbnailAgain;
        let honest = client.continued(chain.last().unwrap(), deed, now());
        chain.push(honest.unwrap().unwrap());
        let (honest, earlier) = chain.split_last().unwrap();
        let lie = with_means(&client, earlier, None, |means| {
            lying(honest, None, &[DerivativeEdit::First], Signed::Anew, means).unwrap()
        });
        let (core, _, _) = brought(&lie);
        let first = chain[1].derivative_link().unwrap();
        assert_ne!(honest.derivative_link(), lie.derivative_link());
        let continued = core.get_text("prior_provenance_hash");
        assert_eq!(continued, Some(&(*first.as_bytes()).into()));
    }

    fn signature(value: &Value) -> HybridSignature {
        use gauntlet_wire::cbor::Field;
        HybridSignature::from_field(&Field::root(value)).unwrap()
    }

    #[test]
    fn a_manifest_is_signed_as_said_over_what_it_says() {
        let edit = [DerivativeEdit::Role("poster".to_owned())];
        for (signed, [device, write]) in [
            (Signed::Anew, [true, true]),
            (Signed::Before, [false, false]),
            (Signed::Garbage, [false, false]),
            (Signed::Broken(Which::Device, Half::Ed25519), [false, true]),
            (Signed::Broken(Which::Write, Half::MlDsa65), [true, false]),
        ] {
            let (client, _, lie) = lie(&edit, signed);
            let (core, device_sig, write_sig) = brought(&lie);
            let signatures = (signature(&device_sig), signature(&write_sig));
            let message = Value::Map(core).encode();
            let verified = signs(&client, &message, &signatures.0, &signatures.1);
            assert_eq!(verified, [device, write], "{signed:?}");
        }
    }

    #[test]
    fn another_action_shows_in_record_and_envelope_alike() {
        let (mut client, _) = household();
        let chain = chain(&mut client);
        let (honest, earlier) = chain.split_last().unwrap();
        let lie = with_means(&client, earlier, None, |means| {
            let action = Some(Action::DerivativeAdd);
            lying(honest, action, &[], Signed::Anew, means).unwrap()
        });
        assert_eq!(lie.core.action, Action::DerivativeAdd);
        assert_eq!(lie.op.as_ref().unwrap().envelope.action, "derivative-add");
        assert_ne!(lie.record(), honest.record());
        assert_eq!(lie.derivative_link(), honest.derivative_link());
        let no_op = with_means(&client, earlier, None, |means| {
            lying(&chain[0], None, &[], Signed::Anew, means)
        });
        assert_eq!(no_op, None);
    }
}
