//! Who stands behind ids, as far as contacting them goes, and the rules for it: a few statements,
//! however many are asked about.

use std::collections::{BTreeSet, HashMap};

use kernel::id::CustomerId;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::{Store, contact_rules, erase};
use crate::domain::contact_rules::ContactRules;
use crate::domain::permission::{Contactable, Whom};

/// What is needed to say whether somebody may be contacted.
#[derive(Clone, Debug)]
pub struct ContactGround {
    known: HashMap<String, Contactable>,
    erased: BTreeSet<CustomerId>,
    /// The rules in force.
    pub rules: ContactRules,
}

impl ContactGround {
    /// Says who stands behind an id.
    pub fn whom(&self, customer_id: &CustomerId) -> Whom<'_> {
        match self.known.get(customer_id.as_str()) {
            Some(known) => Whom::Known(known),
            None if self.erased.contains(customer_id) => Whom::Erased,
            None => Whom::Unknown,
        }
    }
}

impl Store {
    /// Reads who stands behind ids, and the rules in force.
    pub async fn contact_ground(
        &self,
        customer_ids: &BTreeSet<CustomerId>,
        deadline: Deadline,
    ) -> Result<ContactGround, StoreError> {
        self.postgres
            .read(deadline, customer_ids, |customer_ids, connection| {
                Box::pin(ground(connection, customer_ids))
            })
            .await
    }
}

async fn ground(
    connection: &mut PgConnection,
    customer_ids: &BTreeSet<CustomerId>,
) -> Result<ContactGround, StoreError> {
    let known = known(connection, customer_ids).await?;
    let missing = customer_ids.iter();
    let missing: Vec<&CustomerId> = missing
        .filter(|id| !known.contains_key(id.as_str()))
        .collect();
    let erased = if missing.is_empty() {
        BTreeSet::new()
    } else {
        erase::read(connection, &missing).await?
    };
    let rules = contact_rules::read(connection, None).await?;
    Ok(ContactGround {
        known,
        erased,
        rules: rules.unwrap_or_else(ContactRules::built_in),
    })
}

async fn known(
    connection: &mut PgConnection,
    customer_ids: &BTreeSet<CustomerId>,
) -> Result<HashMap<String, Contactable>, StoreError> {
    let ids: Vec<String> = customer_ids.iter().map(ToString::to_string).collect();
    let text = include_str!("sql/contactable_read.sql");
    let rows = sqlx::query_file!("src/store/sql/contactable_read.sql", &ids)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "customer_snapshot", text))
        .await?;
    let known = rows.into_iter().map(|row| {
        let facts = serde_json::from_str(&row.facts).map_err(|_| {
            StoreError::inconsistent("customer_snapshot", "facts", &row.customer_id)
        })?;
        let contactable = Contactable {
            facts,
            time_zone: row.time_zone,
            has_email: row.has_email,
            has_phone: row.has_phone,
        };
        Ok((row.asked_id, contactable))
    });
    known.collect()
}
