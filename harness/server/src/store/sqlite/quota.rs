//! What accounts are charged.

use super::open::SqliteTransaction;
use super::row::{self, micros};
use crate::store::StoreError;
use gauntlet_wire::id::UserId;
use jiff::Timestamp;

impl SqliteTransaction {
    pub(super) async fn count_used(
        &mut self,
        owner: UserId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let query = sqlx::query(
            "SELECT
                (SELECT COALESCE(SUM(size), 0) FROM bindings WHERE payer = ?1 AND position =
                    (SELECT MIN(position) FROM bindings AS every WHERE every.hash = bindings.hash))
              + (SELECT COALESCE(SUM(reserved), 0) FROM sessions WHERE owner = ?1
                    AND (created_at > ?2 OR status = 'WaitingForProcessing')) AS used",
        )
        .bind(owner.as_bytes().as_slice())
        .bind(micros(opened_after));
        let used = self.first(query, |row| row::unsigned(row, "used")).await?;
        Ok(used.unwrap_or(0))
    }

    pub(super) async fn find_exceeded_since(
        &mut self,
        owner: UserId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let query = sqlx::query("SELECT exceeded_since FROM quota_marks WHERE user_id = ?")
            .bind(owner.as_bytes().as_slice());
        self.first(query, |row| row::instant(row, "exceeded_since"))
            .await
    }

    pub(super) async fn store_exceeded_since(
        &mut self,
        owner: UserId,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let id = owner.as_bytes().as_slice();
        let query = match since {
            Some(since) => sqlx::query(
                "INSERT INTO quota_marks (user_id, exceeded_since) VALUES (?, ?)
                 ON CONFLICT DO UPDATE SET exceeded_since = excluded.exceeded_since",
            )
            .bind(id)
            .bind(micros(since)),
            None => sqlx::query("DELETE FROM quota_marks WHERE user_id = ?").bind(id),
        };
        self.run(query).await.map(|_| ())
    }
}
