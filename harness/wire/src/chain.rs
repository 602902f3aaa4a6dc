//! Chain files (`formats.md` §4): the records of an asset, oldest first.

use crate::bounds;
use crate::cbor::{Bounds, Document, Field, SchemaError, Value};
use crate::id::Hash;
use crate::record::ProvenanceRecord;

/// An asset's history as it lies on disk. A broken one decodes too, so that the place of the break can
/// be told: [`ProvenanceChain::walk`] finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenanceChain {
    /// The records, oldest first.
    pub records: Vec<ProvenanceRecord>,
}

/// What a walk finds broken. Signatures are not its matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// There is no record.
    #[error("the chain is empty; expected a create")]
    Empty,
    /// The first record continues another.
    #[error("record 0 is no create")]
    Root,
    /// A record is of another asset than the first.
    #[error("record {0} is of another asset than record 0")]
    Asset(usize),
    /// A record does not continue the one before it.
    #[error("record {0} does not continue the one before it")]
    Link(usize),
}

impl ProvenanceChain {
    /// The link of the newest record.
    #[must_use]
    pub fn head(&self) -> Option<Hash> {
        self.records.last().map(ProvenanceRecord::link)
    }

    /// Walks from the root: it is a create, every record is of its asset, and each continues the one
    /// before. That a record mirrors its manifest holds of every record.
    ///
    /// # Errors
    /// The first break.
    pub fn walk(&self) -> Result<(), ChainBreak> {
        let root = self.records.first().ok_or(ChainBreak::Empty)?;
        if root.prior_provenance_hash.is_some() {
            return Err(ChainBreak::Root);
        }
        let later = self.records.array_windows().zip(1..);
        for ([previous, record], index) in later {
            if record.asset_id != root.asset_id {
                return Err(ChainBreak::Asset(index));
            }
            if record.prior_provenance_hash != Some(previous.link()) {
                return Err(ChainBreak::Link(index));
            }
        }
        Ok(())
    }
}

impl Document for ProvenanceChain {
    const NAME: &'static str = "provenance chain";
    const BOUNDS: Bounds = Bounds {
        max_bytes: bounds::CHAIN,
        max_depth: bounds::CBOR_DEPTH,
        max_items: bounds::CHAIN_RECORDS,
        max_string: bounds::MANIFEST,
    };

    fn to_value(&self) -> Value {
        let records = self.records.iter().map(ProvenanceRecord::to_value);
        Value::Array(records.collect())
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let records = Field::root(value).array(bounds::CHAIN_RECORDS)?;
        let records = records.iter().map(ProvenanceRecord::from_field);
        Ok(Self {
            records: records.collect::<Result<_, _>>()?,
        })
    }
}
