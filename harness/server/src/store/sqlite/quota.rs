//! What accounts are charged.

use super::pool::SqliteTransaction;
use super::row::{self, micros};
use crate::store::StoreError;
use gauntlet_wire::id::UserId;
use jiff::Timestamp;
use rusqlite::params;

impl SqliteTransaction {
    pub(super) fn count_used(
        &mut self,
        owner: UserId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let used = self.first(
            "SELECT
                (SELECT COALESCE(SUM(size), 0) FROM bindings WHERE payer = ?1 AND position =
                    (SELECT MIN(position) FROM bindings AS every WHERE every.hash = bindings.hash))
              + (SELECT COALESCE(SUM(reserved), 0) FROM sessions WHERE owner = ?1
                    AND (created_at > ?2 OR status = 'WaitingForProcessing')) AS used",
            params![owner.as_bytes(), micros(opened_after)],
            |row| row::unsigned(row, "used"),
        )?;
        Ok(used.unwrap_or(0))
    }

    pub(super) fn find_exceeded_since(
        &mut self,
        owner: UserId,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.first(
            "SELECT exceeded_since FROM quota_marks WHERE user_id = ?",
            params![owner.as_bytes()],
            |row| row::instant(row, "exceeded_since"),
        )
    }

    pub(super) fn store_exceeded_since(
        &mut self,
        owner: UserId,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        match since {
            Some(since) => self.run(
                "INSERT INTO quota_marks (user_id, exceeded_since) VALUES (?, ?)
                 ON CONFLICT DO UPDATE SET exceeded_since = excluded.exceeded_since",
                params![owner.as_bytes(), micros(since)],
            ),
            None => self.run(
                "DELETE FROM quota_marks WHERE user_id = ?",
                params![owner.as_bytes()],
            ),
        }
    }
}
