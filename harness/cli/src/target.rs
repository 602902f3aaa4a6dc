//! From the command line to a binding.

use crate::failure::Failure;
use gauntlet_arena::binding::{Binding, HttpBinding, TargetFile};
use gauntlet_mutants::{KILL_MUTANTS, named};
use gauntlet_runner::EmbeddedBinding;
use std::path::Path;
use std::sync::Arc;

/// The binding that a command asks for: a target file, a mutant of the reference, or the reference.
///
/// # Errors
/// A target file that can't be used, or a mutant that does not exist.
pub(crate) fn binding(
    target: Option<&Path>,
    mutant: Option<&str>,
) -> Result<Arc<dyn Binding>, Failure> {
    match (target, mutant) {
        (Some(path), _) => {
            let file = TargetFile::read(path).map_err(Failure::usage)?;
            file.check_tokens().map_err(Failure::usage)?;
            Ok(Arc::new(HttpBinding::new(
                file,
                format!("{:016x}", seed(None)?),
            )))
        }
        (None, Some(id)) => {
            if KILL_MUTANTS.iter().any(|mutant| mutant.id == id) {
                return Err(Failure::usage(format!(
                    "{id} shows in a server that is killed: `gauntlet sweep --mutant {id}`"
                )));
            }
            let mutant = named(id).map_err(Failure::usage)?;
            Ok(Arc::new(EmbeddedBinding::altered(Arc::new(mutant.plant))))
        }
        (None, None) => Ok(Arc::new(EmbeddedBinding::reference())),
    }
}

/// The seed given, or one that is drawn: a run is always named by its seed.
///
/// # Errors
/// The operating system has no randomness to give.
pub(crate) fn seed(given: Option<u64>) -> Result<u64, Failure> {
    match given {
        Some(seed) => Ok(seed),
        // Below 2^53, so that every reader of JSON reads the same number.
        None => getrandom::u64()
            .map(|drawn| drawn >> 11)
            .map_err(|error| Failure::environment(format!("no seed can be drawn: {error}"))),
    }
}

/// Worlds at once for every core: a play waits for its target for half of its time.
const JOBS_PER_CORE: usize = 2;

/// How many worlds at once.
pub(crate) fn jobs(given: Option<u16>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    given.map_or_else(|| cores().saturating_mul(JOBS_PER_CORE), usize::from)
}
