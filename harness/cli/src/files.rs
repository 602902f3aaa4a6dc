//! The report folder: tried before the run, filled after it. It holds one report, whole, or none.

use crate::failure::Failure;
use gauntlet_arena::Evidence;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// What a report folder holds.
pub(crate) const REPORT: &str = "report.json";
const EVIDENCE: &str = "evidence";
/// How a folder begins in which a report is made ready.
const STAGED: &str = ".gauntlet-";
/// Bytes of the largest report that is known again.
const MAX_BYTES: u64 = 256 << 20;

/// Where a report is, as the user named it.
#[derive(Debug, Clone)]
pub(crate) struct ReportPlace(PathBuf);

impl ReportPlace {
    /// The report itself.
    pub(crate) fn report(&self) -> PathBuf {
        self.0.join(REPORT)
    }

    /// The evidence of that name.
    pub(crate) fn evidence(&self, name: &str) -> PathBuf {
        self.0.join(EVIDENCE).join(name)
    }
}

/// A folder that a report can be written to.
#[derive(Debug)]
pub(crate) struct ReportFolder(PathBuf);

/// The members by which a report of a run, or of mutants, is known again.
#[derive(Deserialize)]
struct OurReport {
    #[serde(rename = "schema")]
    _schema: u32,
    #[serde(rename = "suite_digest")]
    _suite_digest: String,
}

impl ReportFolder {
    /// Creates the folder and writes to it, so that a run does not end without a place for its report. A
    /// folder that is there already is taken where it is empty, or holds an earlier report and nothing
    /// else.
    ///
    /// # Errors
    /// The folder can't be created or written to, or holds something that is no part of a report.
    pub(crate) fn prepare(path: &Path) -> Result<Self, Failure> {
        let refused = |error: io::Error| {
            let path = path.display();
            Failure::usage(format!("--report {path}: can't write there: {error}"))
        };
        std::fs::create_dir_all(path).map_err(refused)?;
        if let Some(foreign) = foreign(path).map_err(refused)? {
            return Err(Failure::usage(format!(
                "--report {}: {foreign} is there and is no part of a report of this program; name an empty \
                 or a new folder. Only an earlier report is replaced",
                path.display()
            )));
        }
        tempfile::tempfile_in(path).map_err(refused)?;
        Ok(Self(path.to_owned()))
    }

    /// Whether an earlier report is there.
    pub(crate) fn holds_a_report(&self) -> bool {
        self.0.join(REPORT).exists()
    }

    /// Where the report will be.
    pub(crate) fn place(&self) -> ReportPlace {
        ReportPlace(self.0.clone())
    }

    /// Writes the report and the evidence of every attack, in place of an earlier report. They are made
    /// ready beside it and moved there, the report last: where it is, all of its evidence is.
    ///
    /// # Errors
    /// A file can't be written or moved.
    pub(crate) fn write(
        &self,
        report: &impl Serialize,
        evidence: &[Evidence],
    ) -> Result<PathBuf, Failure> {
        let path = self.0.join(REPORT);
        let failed = |error: io::Error| {
            Failure::environment(format!("{}: can't be written: {error}", path.display()))
        };
        let staged = tempfile::Builder::new()
            .prefix(STAGED)
            .tempdir_in(&self.0)
            .map_err(failed)?;
        let ready = staged.path();
        std::fs::create_dir(ready.join(EVIDENCE)).map_err(failed)?;
        for one in evidence {
            let file = ready.join(EVIDENCE).join(evidence_name(one));
            std::fs::write(file, json(one).map_err(failed)?).map_err(failed)?;
        }
        std::fs::write(ready.join(REPORT), json(report).map_err(failed)?).map_err(failed)?;
        self.remove_earlier(ready).map_err(failed)?;
        for part in [EVIDENCE, REPORT] {
            std::fs::rename(ready.join(part), self.0.join(part)).map_err(failed)?;
        }
        Ok(path)
    }

    /// Removes an earlier report and what was made `ready` for one and never moved; of the folder of
    /// evidence only what is evidence, so that anything else stays in the way.
    fn remove_earlier(&self, ready: &Path) -> io::Result<()> {
        absent_is_fine(std::fs::remove_file(self.0.join(REPORT)))?;
        for entry in std::fs::read_dir(&self.0)? {
            let entry = entry?;
            // By name: one of two paths to the same folder may be relative.
            if is_staged(&entry)? && Some(entry.file_name().as_os_str()) != ready.file_name() {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        let folder = self.0.join(EVIDENCE);
        if !folder.try_exists()? {
            return Ok(());
        }
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if is_evidence(&entry)? {
                std::fs::remove_file(entry.path())?;
            }
        }
        std::fs::remove_dir(folder)
    }
}

fn absent_is_fine(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    Ok(json)
}

/// What the folder holds that is no part of a report.
fn foreign(folder: &Path) -> io::Result<Option<String>> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        let is_ours = match name.as_str() {
            REPORT if kind.is_file() => is_report(&entry.path())?,
            EVIDENCE if kind.is_dir() => {
                if let Some(foreign) = not_evidence(&entry.path())? {
                    return Ok(Some(format!("{EVIDENCE}/{foreign}")));
                }
                true
            }
            // What a run left that was killed while it wrote.
            _ => is_staged(&entry)?,
        };
        if !is_ours {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn not_evidence(folder: &Path) -> io::Result<Option<String>> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !is_evidence(&entry)? {
            return Ok(Some(entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

fn is_evidence(entry: &std::fs::DirEntry) -> io::Result<bool> {
    let name = entry.file_name().to_string_lossy().into_owned();
    let named = name.starts_with("row-") && name.ends_with(".json");
    Ok(named && entry.file_type()?.is_file())
}

fn is_staged(entry: &std::fs::DirEntry) -> io::Result<bool> {
    let name = entry.file_name();
    Ok(name.to_string_lossy().starts_with(STAGED) && entry.file_type()?.is_dir())
}

fn is_report(path: &Path) -> io::Result<bool> {
    if std::fs::metadata(path)?.len() > MAX_BYTES {
        return Ok(false);
    }
    let bytes = std::fs::read(path)?;
    Ok(serde_json::from_slice::<OurReport>(&bytes).is_ok())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(seed: u64) -> serde_json::Value {
        json!({ "schema": 2, "suite_digest": "00", "seed": seed })
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_earlier_report_is_replaced_wholly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        ReportFolder::prepare(path)
            .unwrap()
            .write(&report(1), &[])
            .unwrap();
        std::fs::write(
            path.join("evidence/row-03-server-of-a-run-before.json"),
            "{}",
        )
        .unwrap();
        std::fs::create_dir(path.join(".gauntlet-left")).unwrap();
        ReportFolder::prepare(path)
            .unwrap()
            .write(&report(2), &[])
            .unwrap();
        assert_eq!(names(path), ["evidence", "report.json"]);
        assert_eq!(names(&path.join("evidence")), [""; 0]);
        let kept = std::fs::read_to_string(path.join("report.json")).unwrap();
        assert!(kept.contains("\"seed\": 2"), "{kept}");
    }

    #[test]
    fn a_folder_with_anything_else_is_left_as_it_is() {
        for (name, text) in [
            ("notes.txt", "mine"),
            ("report.json", "{}"),
            ("report.json", "not JSON"),
            ("evidence/photo.jpg", "mine"),
            ("evidence/row-03.json/deeper", "mine"),
            ("evidence", "a file"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, text).unwrap();
            assert!(ReportFolder::prepare(folder.path()).is_err(), "{name}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
    }
}
