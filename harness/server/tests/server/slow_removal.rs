//! A removal that takes its time, and what is written meanwhile.

use crate::person::noise;
use crate::world::{World, small_policy, start_of_time};
use gauntlet_server::{Contract, Disk, VolatileDisk};
use gauntlet_validator::server::Policy;
use gauntlet_wire::id::{Hash, UploadId};
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Removes one blob slowly, and says when it has begun to.
struct SlowRemoval {
    inner: Arc<VolatileDisk>,
    slow: Hash,
    begun: AtomicBool,
}

impl Disk for SlowRemoval {
    fn write(&self, upload: UploadId, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.inner.write(upload, offset, bytes)
    }

    fn sync(&self, upload: UploadId) -> io::Result<()> {
        self.inner.sync(upload)
    }

    fn length(&self, upload: UploadId) -> io::Result<Option<u64>> {
        self.inner.length(upload)
    }

    fn truncate(&self, upload: UploadId, length: u64) -> io::Result<()> {
        self.inner.truncate(upload, length)
    }

    fn digest(&self, upload: UploadId) -> io::Result<(u64, Hash)> {
        self.inner.digest(upload)
    }

    fn read_upload(&self, upload: UploadId, max: u64) -> io::Result<Option<Vec<u8>>> {
        self.inner.read_upload(upload, max)
    }

    fn promote(&self, upload: UploadId, hash: Hash) -> io::Result<()> {
        self.inner.promote(upload, hash)
    }

    fn discard(&self, upload: UploadId) -> io::Result<()> {
        self.inner.discard(upload)
    }

    fn blob_length(&self, hash: Hash) -> io::Result<Option<u64>> {
        self.inner.blob_length(hash)
    }

    fn read_blob(&self, hash: Hash, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.inner.read_blob(hash, range)
    }

    fn remove_blob(&self, hash: Hash) -> io::Result<()> {
        if hash == self.slow {
            self.begun.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(500));
        }
        self.inner.remove_blob(hash)
    }

    fn blobs(&self, shard: u8) -> io::Result<Vec<Hash>> {
        self.inner.blobs(shard)
    }

    fn uploads(&self) -> io::Result<Vec<UploadId>> {
        self.inner.uploads()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_op_that_brings_a_blob_while_it_is_swept_keeps_it() {
    let policy = Policy {
        collection_grace: SignedDuration::ZERO,
        retention_floor: SignedDuration::ZERO,
        ..small_policy()
    };
    let mut world = World::with(policy, Arc::new(Contract)).await;
    let ada = world.person("ada", ProtocolVersion::B).await;
    let caption = noise("caption", 400);
    let slow = Arc::new(SlowRemoval {
        inner: world.disk.clone(),
        slow: Hash::of(&caption),
        begun: AtomicBool::new(false),
    });
    world.runs_on = slow.clone();
    world.restart().await;
    let (gone, kept) = (ada.photo("gone", 5000), ada.photo("kept", 5000));
    world.upload(&ada, &gone).await;
    world.upload(&ada, &kept).await;
    let update = ada.update(&gone.head(), caption.clone());
    world.op(&ada, &update).await;
    world
        .op(&ada, &ada.delete(&update.head(), start_of_time()))
        .await;
    let admin = world.server().admin();
    let report = admin.collect_garbage().await.unwrap();
    assert_eq!((report.purged, report.swept), (1, 0));
    let sweeping = tokio::spawn(async move { admin.collect_garbage().await });
    while !slow.begun.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world
        .op(&ada, &ada.update(&kept.head(), caption.clone()))
        .await;
    assert!(sweeping.await.unwrap().unwrap().swept > 0);
    assert!(world.download(&ada, Hash::of(&caption)).await.body == caption);
}
