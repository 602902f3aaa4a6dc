//! Bounds that a deployment chooses, drawn so tight that a single message meets them.

use super::cast::clock;
use super::lab::Lab;
use super::upload::Upload;
use crate::Stop;
use crate::binding::Allowance;
use gauntlet_simulator::{Meanwhile, Step};
use gauntlet_wire::json::Quota;

impl Lab {
    /// Draws the bounds that the script asks for around the honest message at `from`.
    pub(super) async fn tighten(&mut self, upload: &Upload, from: Step) -> Result<(), Stop> {
        match self.attack.deviation.script.meanwhile {
            Meanwhile::AtFileSize => {
                let allowance = Allowance {
                    max_file_size: Some(size_of(upload, from)?),
                    ..Allowance::default()
                };
                self.allow(allowance).await
            }
            Meanwhile::AtQuota => {
                let room = self.used().await?.saturating_add(size_of(upload, from)?);
                self.allow(quota(room)).await
            }
            Meanwhile::AboveQuota(hours) => {
                let below = self.used().await?.saturating_sub(1);
                self.allow(quota(below)).await?;
                // The server learns of it when it is asked.
                self.used().await?;
                self.pass_time(u64::from(hours) * 3600).await
            }
            _ => Ok(()),
        }
    }

    /// Gives the target its own bounds back.
    pub(super) async fn loosen(&mut self) -> Result<(), Stop> {
        match self.attack.deviation.script.meanwhile {
            Meanwhile::AtFileSize | Meanwhile::AtQuota | Meanwhile::AboveQuota(_) => {
                self.allow(Allowance::default()).await
            }
            _ => Ok(()),
        }
    }

    /// Lets time pass on the target, garbage collection included, for everyone.
    pub(super) async fn pass_time(&mut self, seconds: u64) -> Result<(), Stop> {
        self.age(seconds).await?;
        self.cast.renew(self.world.as_mut(), &self.recorder).await?;
        self.now = clock(self.cast.phone.line()).await?;
        Ok(())
    }

    /// What the author uses, in bytes.
    async fn used(&self) -> Result<u64, Stop> {
        let answer = self.cast.phone.eye.read("/quota").await?;
        let quota: Quota = answer
            .json()
            .map_err(|error| Stop::Invalid(format!("GET /quota: {error}")))?;
        Ok(quota.used)
    }
}

fn quota(bytes: u64) -> Allowance {
    Allowance {
        hard_quota: Some(bytes),
        ..Allowance::default()
    }
}

/// What the session of a step's blob declares, in bytes.
fn size_of(upload: &Upload, step: Step) -> Result<u64, Stop> {
    let write = upload.draft.write();
    let blob = write.and_then(|write| write.blobs.get(step.blob()?));
    let size = blob.map(|blob| blob.size);
    size.ok_or_else(|| Stop::Error("the message declares no size".to_owned()))
}
