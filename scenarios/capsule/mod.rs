//! The Capsule suite: an end-to-end-encrypted photo library whose server holds no keys.

mod row_01_newer_schema;
mod row_02_content_type;
mod row_03_wrong_offset;
mod row_04_stale_revival;
mod row_05_altered_manifest;
mod row_06_concurrent_captions;
mod row_08_overwritten_derivative;
mod row_09_client_time;
mod row_11_declared_size;
mod row_12_unknown_suite;
mod row_16_rewritten_history;
mod row_20_unknown_device;
mod row_21_hand_made_metadata;
mod row_30_forged_server_fields;
mod row_31_stale_directory;
mod row_x1_stolen_session;
mod row_x2_wedged_head;
mod row_x3_instant_retention;

use crate::{Suite, SuiteError};
use gauntlet_arena::capsule::Scenario;

/// Every scenario, in the order of the rows.
const SCENARIOS: &[Scenario] = &[
    row_01_newer_schema::SCENARIO,
    row_02_content_type::SCENARIO,
    row_03_wrong_offset::SCENARIO,
    row_04_stale_revival::SCENARIO,
    row_05_altered_manifest::SCENARIO,
    row_06_concurrent_captions::SCENARIO,
    row_08_overwritten_derivative::SCENARIO,
    row_09_client_time::SCENARIO,
    row_11_declared_size::SCENARIO,
    row_12_unknown_suite::SCENARIO,
    row_16_rewritten_history::SCENARIO,
    row_20_unknown_device::SCENARIO,
    row_21_hand_made_metadata::SCENARIO,
    row_30_forged_server_fields::SCENARIO,
    row_31_stale_directory::SCENARIO,
    row_x1_stolen_session::SCENARIO,
    row_x2_wedged_head::SCENARIO,
    row_x3_instant_retention::SCENARIO,
];

/// The suite, as it is built in.
///
/// # Errors
/// Rows and scenarios that do not fit together; a test holds that they do.
pub fn suite() -> Result<Suite, SuiteError> {
    Suite::read("capsule", include_str!("rows.toml"), SCENARIOS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_fits_its_scenarios() {
        let suite = suite().unwrap();
        let expected: Vec<String> = (1..=35)
            .map(|n| n.to_string())
            .chain((1..=6).map(|n| format!("X{n}")))
            .collect();
        let ids: Vec<_> = suite.rows.iter().map(|row| row.id.clone()).collect();
        assert_eq!(ids, expected);
    }

    #[test]
    fn every_deviation_of_the_catalogue_is_used_by_a_row() {
        let suite = suite().unwrap();
        for deviation in gauntlet_simulator::catalogue() {
            let used = suite
                .rows
                .iter()
                .flat_map(|row| &row.attacks)
                .any(|attack| attack.deviation.name == deviation.name);
            assert!(used, "{} is in the catalogue and in no row", deviation.name);
        }
    }
}
