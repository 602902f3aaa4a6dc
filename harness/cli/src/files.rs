//! The report folder: created and tried before the run, filled after it, each file whole or absent.

use crate::failure::Failure;
use gauntlet_arena::Evidence;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder that reports can be written to.
#[derive(Debug)]
pub(crate) struct ReportFolder(PathBuf);

impl ReportFolder {
    /// Creates the folder and writes to it, so that a run does not end without a place for its
    /// report.
    ///
    /// # Errors
    /// The folder can't be created or written to.
    pub(crate) fn prepare(path: &Path) -> Result<Self, Failure> {
        let refused = |error: std::io::Error| {
            Failure::usage(format!(
                "--report {}: can't write there: {error}",
                path.display()
            ))
        };
        std::fs::create_dir_all(path.join("evidence")).map_err(refused)?;
        tempfile::NamedTempFile::new_in(path).map_err(refused)?;
        tempfile::NamedTempFile::new_in(path.join("evidence")).map_err(refused)?;
        Ok(Self(path.to_owned()))
    }

    /// Writes the report and the evidence of every attack.
    ///
    /// # Errors
    /// A file can't be written; those written before are whole.
    pub(crate) fn write(
        &self,
        report: &impl Serialize,
        evidence: &[Evidence],
    ) -> Result<PathBuf, Failure> {
        self.remove_earlier_evidence()?;
        for one in evidence {
            write_whole(&self.0.join("evidence").join(evidence_name(one)), one)?;
        }
        let path = self.0.join("report.json");
        write_whole(&path, report)?;
        Ok(path)
    }
}

impl ReportFolder {
    /// Evidence of an earlier run in the same folder would be taken for this one's.
    fn remove_earlier_evidence(&self) -> Result<(), Failure> {
        let folder = self.0.join("evidence");
        let failed =
            |error: std::io::Error| Failure::environment(format!("{}: {error}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with("row-") && name.ends_with(".json") {
                std::fs::remove_file(&path).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// `row-03-server-offset-ahead.json`, with the mutant's id where there is one.
pub(crate) fn evidence_name(evidence: &Evidence) -> String {
    let mutant = evidence
        .mutant
        .as_deref()
        .map(|id| format!("-with-{id}"))
        .unwrap_or_default();
    format!(
        "row-{:0>2}-{}-{}{mutant}.json",
        evidence.row, evidence.role, evidence.deviation
    )
}

/// Writes beside the place and renames, so that no reader ever sees half a file.
fn write_whole(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::environment(format!("{}: can't be written: {error}", path.display()))
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let json =
        serde_json::to_vec_pretty(value).map_err(|error| failed(std::io::Error::other(error)))?;
    file.write_all(&json)
        .and_then(|()| file.write_all(b"\n"))
        .map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
