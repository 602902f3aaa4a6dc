//! Derivative manifests (`formats.md` §4).

use crate::sample::{WRITTEN, signature};
use crate::samples::{embedding, thumbnail};
use crate::tree::{accepted, refused, with};
use gauntlet_wire::cbor::{Canonical, Document, Map, Value};
use gauntlet_wire::derivative::{DerivativeChain, DerivativeManifest};
use gauntlet_wire::enums::{ContentType, DerivativeFormat, DerivativeRole};
use gauntlet_wire::id::{AssetId, Hash};

fn structure(entries: Vec<(&str, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
    Value::Map(Map::from_entries(entries.collect()).unwrap())
}

fn pair(fill: u8) -> Value {
    structure(vec![
        ("ed", vec![fill; 64].into()),
        ("ml", vec![!fill; 3309].into()),
    ])
}

fn written_out(kind: [&str; 2], model: [Value; 2], prior: Value) -> Value {
    let [role, format] = kind;
    let [model_id, model_version] = model;
    let core = structure(vec![
        ("version", "derivative-manifest/v1".into()),
        ("crypto_suite_id", Value::Unsigned(1)),
        ("source_asset_id", vec![1; 16].into()),
        ("role", role.into()),
        ("format", format.into()),
        ("ciphertext_hash", vec![4; 32].into()),
        ("generated_by_device", vec![7; 16].into()),
        ("generated_by_client", "gauntlet/1".into()),
        ("model_id", model_id),
        ("model_version", model_version),
        ("generated_at", WRITTEN.into()),
        ("prior_provenance_hash", prior),
    ]);
    structure(vec![
        ("core", core),
        ("device_sig", pair(0xd0)),
        ("write_sig", pair(0x3e)),
    ])
}

#[test]
fn a_derivative_manifest_has_twelve_fields_and_two_signatures() {
    assert_eq!(
        thumbnail().to_value(),
        written_out(
            ["thumbnail", "image/webp"],
            [Value::Null, Value::Null],
            Value::Null
        )
    );
    assert_eq!(
        embedding().to_value(),
        written_out(
            ["embedding", "original"],
            ["siglip".into(), "3.1".into()],
            vec![9; 32].into()
        )
    );
}

#[test]
fn a_link_is_the_hash_of_the_manifest_with_its_signatures() {
    let link = Canonical::encode(thumbnail()).unwrap().hash();
    assert_eq!(link, Hash::of(&thumbnail().to_value().encode()));
    let mut resigned = thumbnail();
    resigned.write_sig = signature(0);
    assert_ne!(link, Canonical::encode(resigned).unwrap().hash());
}

#[test]
fn a_chain_is_of_one_asset_role_and_format() {
    let chain = thumbnail().core.chain();
    let expected = DerivativeChain {
        asset_id: AssetId::from_slice(&[1; 16]).unwrap(),
        role: DerivativeRole::Thumbnail,
        format: DerivativeFormat::Media(ContentType::Webp),
    };
    assert_eq!(chain, expected);
    let mut later = thumbnail();
    later.core.prior_provenance_hash = Some(Hash::from_bytes([9; 32]));
    later.core.ciphertext_hash = Hash::from_bytes([5; 32]);
    assert_eq!(later.core.chain(), chain);
    let mut others = [thumbnail(), thumbnail(), thumbnail()];
    others[0].core.source_asset_id = AssetId::from_slice(&[2; 16]).unwrap();
    others[1].core.role = DerivativeRole::Preview;
    others[2].core.format = DerivativeFormat::Original;
    for other in others {
        assert_ne!(other.core.chain(), chain);
    }
}

#[test]
fn an_embedding_names_its_model_and_other_roles_may() {
    let models = [Value::Null, "".into(), "m".into()];
    for role in DerivativeRole::ALL {
        let value = with(&thumbnail().to_value(), "core.role", role.as_str());
        for model_id in &models {
            for model_version in &models {
                let value = with(&value, "core.model_id", model_id.clone());
                let value = with(&value, "core.model_version", model_version.clone());
                let given = |model: &Value| *model == models[2];
                if *role == DerivativeRole::Embedding && !(given(model_id) && given(model_version))
                {
                    let error = refused::<DerivativeManifest>(&value);
                    assert_eq!(error.path, "core");
                    assert!(error.expected.contains("embedding"), "{error}");
                } else {
                    accepted::<DerivativeManifest>(&value);
                }
            }
        }
    }
}

#[test]
fn roles_and_formats_are_closed() {
    let value = embedding().to_value();
    for format in ["original", "image/jpeg", "image/jxl", "video/webm"] {
        accepted::<DerivativeManifest>(&with(&value, "core.format", format));
    }
    let bad = [
        ("core.role", ["Thumbnail", "poster", ""]),
        ("core.format", ["image/jpg", "original ", ""]),
        (
            "core.version",
            ["derivative-manifest/v2", "asset-manifest/v1", ""],
        ),
        (
            "core.generated_at",
            ["2026-11-20", "2026-11-20T10:00:60Z", ""],
        ),
    ];
    for (path, texts) in bad {
        for text in texts {
            let error = refused::<DerivativeManifest>(&with(&value, path, text));
            assert_eq!(error.path, path);
        }
    }
}

#[test]
fn texts_numbers_and_hashes_are_bounded() {
    let value = embedding().to_value();
    let short = [
        "core.generated_by_client",
        "core.model_id",
        "core.model_version",
    ];
    for path in short {
        accepted::<DerivativeManifest>(&with(&value, path, "é".repeat(64)));
        let past = with(&value, path, "é".repeat(64) + "x");
        assert_eq!(refused::<DerivativeManifest>(&past).path, path);
    }
    accepted::<DerivativeManifest>(&with(&value, "core.crypto_suite_id", 0xffff_u64));
    let past = with(&value, "core.crypto_suite_id", 0x1_0000_u64);
    assert_eq!(
        refused::<DerivativeManifest>(&past).path,
        "core.crypto_suite_id"
    );
    let lengths = [
        ("core.source_asset_id", 16),
        ("core.generated_by_device", 16),
        ("core.ciphertext_hash", 32),
        ("core.prior_provenance_hash", 32),
        ("device_sig.ed", 64),
        ("device_sig.ml", 3309),
        ("write_sig.ed", 64),
        ("write_sig.ml", 3309),
    ];
    for (path, length) in lengths {
        accepted::<DerivativeManifest>(&with(&value, path, vec![0xee; length]));
        for other in [0, length - 1, length + 1] {
            let error = refused::<DerivativeManifest>(&with(&value, path, vec![0xee; other]));
            assert_eq!(error.path, path);
        }
    }
}
