//! The Capsule suite: an end-to-end-encrypted photo library whose server holds no keys.

mod contract;
mod row_01_newer_schema;
mod row_02_content_type;
mod row_03_wrong_offset;
mod row_04_stale_revival;
mod row_05_altered_manifest;
mod row_06_concurrent_captions;
mod row_08_overwritten_derivative;
mod row_09_client_time;
mod row_10_duplicate_upload;
mod row_11_declared_size;
mod row_12_unknown_suite;
mod row_16_rewritten_history;
mod row_17_made_up_epoch;
mod row_18_upgraded_album;
mod row_20_unknown_device;
mod row_21_hand_made_metadata;
mod row_22_double_delete;
mod row_24_older_device;
mod row_30_forged_server_fields;
mod row_31_stale_directory;
mod row_x1_stolen_session;
mod row_x2_wedged_head;
mod row_x3_instant_retention;
mod row_x5_leaks;
mod row_x6_squatted_ids;

use crate::{Suite, SuiteError, Texts};
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
    row_10_duplicate_upload::SCENARIO,
    row_11_declared_size::SCENARIO,
    row_12_unknown_suite::SCENARIO,
    row_16_rewritten_history::SCENARIO,
    row_17_made_up_epoch::SCENARIO,
    row_18_upgraded_album::SCENARIO,
    row_20_unknown_device::SCENARIO,
    row_21_hand_made_metadata::SCENARIO,
    row_22_double_delete::SCENARIO,
    row_24_older_device::SCENARIO,
    row_30_forged_server_fields::SCENARIO,
    row_31_stale_directory::SCENARIO,
    row_x1_stolen_session::SCENARIO,
    row_x2_wedged_head::SCENARIO,
    row_x3_instant_retention::SCENARIO,
    row_x5_leaks::SCENARIO,
    row_x6_squatted_ids::SCENARIO,
    contract::scenario("I1"),
    contract::scenario("I2"),
    contract::scenario("I3"),
    contract::scenario("I4"),
    contract::scenario("I5"),
    contract::scenario("I6"),
    contract::scenario("I7"),
    contract::scenario("I8"),
    contract::scenario("I9"),
    contract::scenario("I10"),
    contract::scenario("I12"),
    contract::scenario("I16"),
    contract::scenario("I22"),
    contract::scenario("I23"),
    contract::scenario("I25"),
    contract::scenario("E1"),
    contract::scenario("E2"),
    contract::scenario("E3"),
    contract::scenario("E4"),
    contract::scenario("E5"),
    contract::scenario("E6"),
    contract::scenario("E7"),
    contract::scenario("E8"),
    contract::scenario("E9"),
    contract::scenario("E10"),
];

/// The suite, as it is built in.
///
/// # Errors
/// Rows and scenarios that do not fit together; a test holds that they do.
pub fn suite() -> Result<Suite, SuiteError> {
    let texts = Texts {
        rows: include_str!("rows.toml"),
        contract: include_str!("contract.toml"),
        bounds: include_str!("bounds.toml"),
    };
    Suite::read("capsule", texts, SCENARIOS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Table;

    #[test]
    fn the_table_is_whole_and_fits_its_scenarios() {
        let suite = suite().unwrap();
        let expected: Vec<String> = (1..=35)
            .map(|n| n.to_string())
            .chain((1..=6).map(|n| format!("X{n}")))
            .collect();
        assert_eq!(ids(&suite, Table::Damage), expected);
    }

    fn ids(suite: &Suite, table: Table) -> Vec<String> {
        let rows = suite.rows.iter().filter(|row| row.table == table);
        rows.map(|row| row.id.clone()).collect()
    }

    /// Invariants that damage scenarios approach from both sides alone have no row of their own.
    #[test]
    fn the_contract_has_rows_for_its_invariants_and_its_operations() {
        let suite = suite().unwrap();
        let invariants = (1..=10).chain([12, 16, 22, 23, 25]);
        let expected: Vec<String> = invariants
            .map(|n| format!("I{n}"))
            .chain((1..=10).map(|n| format!("E{n}")))
            .collect();
        assert_eq!(ids(&suite, Table::Contract), expected);
        for row in suite.rows.iter().filter(|row| row.table == Table::Contract) {
            assert!(!row.attacks.is_empty(), "{} has no attack", row.id);
            let named = row.id.strip_prefix('I').map(|n| n.parse::<u8>().unwrap());
            assert_eq!(row.invariants, Vec::from_iter(named), "{}", row.id);
        }
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
