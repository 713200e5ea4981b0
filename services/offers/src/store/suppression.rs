//! Suppressions as rows.

use std::collections::HashMap;

use kernel::id::{AccountId, CustomerId, OfferKey, RequestId, SuppressionId};
use kernel::refusal::{Refusal, Violation};
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use crate::domain::catalogue::Lever;
use crate::domain::history::DeskHistory;
use crate::domain::named::Named;
use crate::domain::selection::Selection;
use crate::domain::suppression::{End, Suppression};

use super::session::{bind, request_id_reused};
use super::{Store, statement};

const TABLE: &str = "suppression";

/// The customer of what concerns everybody: a name that no customer has.
const EVERYBODY: &str = "";

/// The most suppressions of one customer, or of everybody, that are looked at.
const MOST_IN_FORCE: i64 = 100;

/// A suppression to begin.
#[derive(Clone, Debug)]
pub struct NewSuppression {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer; absent for everybody.
    pub customer_id: Option<CustomerId>,
    /// What is kept from them.
    pub suppression: Suppression,
    /// Who asks for it.
    pub suppressed_by: String,
}

/// A suppression to lift.
#[derive(Clone, Debug)]
pub struct NewLift {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer; absent for everybody.
    pub customer_id: Option<CustomerId>,
    /// The suppression.
    pub suppression_id: SuppressionId,
    /// Who lifts it.
    pub lifted_by: String,
}

/// A suppression with who asked for it, when, and who lifted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSuppression {
    /// The customer; absent for everybody.
    pub customer_id: Option<CustomerId>,
    /// What is kept from them.
    pub suppression: Suppression,
    /// Who asked for it.
    pub suppressed_by: String,
    /// When it began.
    pub suppressed_at: Timestamp,
    /// Who lifted it and when.
    pub lifted: Option<(String, Timestamp)>,
}

/// Which suppressions are listed.
#[derive(Clone, Debug)]
pub struct WhichSuppressions {
    /// Only those of a customer.
    pub customer_id: Option<CustomerId>,
    /// Those that have ended or were lifted, too.
    pub ended: bool,
    /// Only those before this one.
    pub before: Option<SuppressionId>,
    /// How many at most.
    pub limit: u32,
}

struct Row {
    customer_id: String,
    suppression_id: uuid::Uuid,
    account_id: Option<String>,
    selection: String,
    selected: Option<String>,
    suppressed_until: Option<jiff_sqlx::Timestamp>,
    reason_key: String,
    suppressed_by: String,
    suppressed_at: jiff_sqlx::Timestamp,
    lifted_at: Option<jiff_sqlx::Timestamp>,
    lifted_by: Option<String>,
}

impl Store {
    /// Begins a suppression, once.
    pub async fn suppress(
        &self,
        new: NewSuppression,
        deadline: Deadline,
    ) -> Result<StoredSuppression, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(suppress(connection, new))
        })
        .await
    }

    /// Lifts a suppression, once.
    pub async fn lift_suppression(
        &self,
        new: NewLift,
        deadline: Deadline,
    ) -> Result<StoredSuppression, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(lift(connection, new))
        })
        .await
    }

    /// Lists suppressions, newest first.
    pub async fn suppressions(
        &self,
        which: &WhichSuppressions,
        deadline: Deadline,
    ) -> Result<Vec<StoredSuppression>, StoreError> {
        self.postgres
            .read(deadline, which, |which, connection| {
                Box::pin(list(connection, which))
            })
            .await
    }

    /// Reads what is kept from everybody at present.
    pub async fn suppressed_for_everybody(&self) -> Result<Vec<Suppression>, StoreError> {
        self.postgres
            .background(&(), |(), connection| {
                Box::pin(async move {
                    let everybody = [EVERYBODY.to_owned()];
                    let rows = in_force(connection, &everybody).await?;
                    rows.into_iter()
                        .map(|row| Ok(stored(row)?.suppression))
                        .collect()
                })
            })
            .await
    }
}

async fn suppress(
    connection: &mut PgConnection,
    new: &NewSuppression,
) -> Result<StoredSuppression, StoreError> {
    let (request_id, id) = (new.request_id.as_str(), new.suppression.suppression_id);
    let customer = new
        .customer_id
        .as_ref()
        .map_or(EVERYBODY, CustomerId::as_str);
    let begun = begin(connection, request_id, "Suppress", new.body_hash).await?;
    if let Some(first) = begun {
        return known(connection, customer, first).await;
    }
    insert(connection, customer, new).await?;
    request_log::finish(connection, request_id, id.to_string().as_bytes()).await?;
    known(connection, customer, id).await
}

async fn lift(
    connection: &mut PgConnection,
    new: &NewLift,
) -> Result<StoredSuppression, StoreError> {
    let (request_id, id) = (new.request_id.as_str(), new.suppression_id);
    let customer = new
        .customer_id
        .as_ref()
        .map_or(EVERYBODY, CustomerId::as_str);
    let begun = begin(connection, request_id, "LiftSuppression", new.body_hash).await?;
    if begun.is_none() {
        sqlx::query!(
            "update suppression set lifted_at = now(), lifted_by = $3 \
             where customer_id = any (identities_of($1)) and suppression_id = $2 \
               and lifted_at is null",
            customer,
            id.as_uuid(),
            new.lifted_by,
        )
        .execute(&mut *connection)
        .instrument(statement("UPDATE", TABLE))
        .await?;
        request_log::finish(connection, request_id, id.to_string().as_bytes()).await?;
    }
    known(connection, customer, id).await
}

/// Claims a request id; returns what it did when it was used before.
async fn begin(
    connection: &mut PgConnection,
    request_id: &str,
    method: &str,
    body_hash: BodyHash,
) -> Result<Option<SuppressionId>, StoreError> {
    let broken = || StoreError::inconsistent("request_log", "response", request_id);
    match request_log::begin(connection, request_id, method, body_hash).await? {
        Begun::Fresh => Ok(None),
        Begun::Replay(answer) => std::str::from_utf8(&answer)
            .ok()
            .and_then(|id| SuppressionId::parse(id).ok())
            .map(Some)
            .ok_or_else(broken),
        Begun::Repeats(_) => Err(broken()),
        Begun::Reused => Err(StoreError::rejected(request_id_reused(request_id))),
    }
}

async fn insert(
    connection: &mut PgConnection,
    customer: &str,
    new: &NewSuppression,
) -> Result<(), StoreError> {
    let suppression = &new.suppression;
    let (selection, selected) = match &suppression.of {
        Selection::AllOffers => ("all_offers", None),
        Selection::PriceOffers => ("price_offers", None),
        Selection::Lever(lever) => ("lever", Some(lever.name())),
        Selection::Offer(key) => ("offer", Some(key.as_str())),
    };
    let until = match suppression.end {
        End::Until(until) => Some(until),
        End::ForEver => None,
    };
    let inserted = sqlx::query!(
        "insert into suppression (customer_id, suppression_id, account_id, selection, selected, \
             suppressed_until, for_ever, reason_key, suppressed_by, suppressed_at) \
         select $1, $2, $3, $4, $5, $6::timestamptz, $6 is null, $7, $8, now() \
         where $6::timestamptz is null or $6 > now()",
        customer,
        suppression.suppression_id.as_uuid(),
        suppression.account_id.as_ref().map(AccountId::as_str),
        selection,
        selected,
        until.map(bind) as _,
        suppression.reason_key,
        new.suppressed_by,
    )
    .execute(connection)
    .instrument(statement("INSERT", TABLE))
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(());
    }
    Err(StoreError::rejected(Refusal::malformed(vec![Violation {
        field: "until_time".to_owned(),
        description: "must lie ahead; say for_ever for what has no end".to_owned(),
        reason: "IN_THE_PAST",
    }])))
}

async fn known(
    connection: &mut PgConnection,
    customer: &str,
    id: SuppressionId,
) -> Result<StoredSuppression, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "select customer_id, suppression_id, account_id, selection, selected, suppressed_until, \
                reason_key, suppressed_by, suppressed_at, lifted_at, lifted_by \
         from suppression where customer_id = any (identities_of($1)) and suppression_id = $2",
        customer,
        id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    row.map(stored).transpose()?.ok_or_else(|| {
        StoreError::rejected(
            Refusal::not_found(
                "SUPPRESSION_NOT_FOUND",
                "there is no such suppression of this customer: list them",
            )
            .with("suppression_id", id),
        )
    })
}

async fn list(
    connection: &mut PgConnection,
    which: &WhichSuppressions,
) -> Result<Vec<StoredSuppression>, StoreError> {
    sqlx::query_as!(
        Row,
        "select customer_id, suppression_id, account_id, selection, selected, suppressed_until, \
                reason_key, suppressed_by, suppressed_at, lifted_at, lifted_by \
         from suppression \
         where ($1::text is null or customer_id = any (identities_of($1))) \
           and ($2 or (lifted_at is null and (for_ever or suppressed_until > now()))) \
           and ($3::uuid is null or suppression_id < $3) \
         order by suppression_id desc limit $4",
        which.customer_id.as_ref().map(CustomerId::as_str),
        which.ended,
        which.before.map(SuppressionId::as_uuid),
        i64::from(which.limit),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?
    .into_iter()
    .map(stored)
    .collect()
}

/// Adds what is kept from customers at present to their histories.
pub(super) async fn read_suppressions(
    connection: &mut PgConnection,
    ids: &[String],
    histories: &mut HashMap<String, DeskHistory>,
) -> Result<(), StoreError> {
    for row in in_force(connection, ids).await? {
        let customer = row.customer_id.clone();
        let suppression = stored(row)?.suppression;
        let history = histories.entry(customer).or_default();
        history.suppressions.push(suppression);
    }
    Ok(())
}

async fn in_force(connection: &mut PgConnection, ids: &[String]) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select told.customer_id, told.suppression_id, told.account_id, told.selection, \
                told.selected, told.suppressed_until, told.reason_key, told.suppressed_by, \
                told.suppressed_at, told.lifted_at, told.lifted_by \
         from unnest($1::text[]) as wanted (customer_id) \
         cross join lateral ( \
             select * from suppression \
             where suppression.customer_id = wanted.customer_id and lifted_at is null \
               and (for_ever or suppressed_until > now()) \
             order by suppression_id desc limit $2 \
         ) as told",
        ids,
        MOST_IN_FORCE,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    Ok(rows)
}

fn stored(row: Row) -> Result<StoredSuppression, StoreError> {
    let id = row.suppression_id;
    let broken = |column| StoreError::inconsistent(TABLE, column, id);
    let customer_id = match row.customer_id.as_str() {
        EVERYBODY => None,
        named => Some(CustomerId::parse(named).map_err(|_| broken("customer_id"))?),
    };
    let account_id = row.account_id.as_deref().map(AccountId::parse).transpose();
    let selected = row.selected.as_deref().unwrap_or_default();
    let of = match row.selection.as_str() {
        "all_offers" => Some(Selection::AllOffers),
        "price_offers" => Some(Selection::PriceOffers),
        "lever" => Lever::from_name(selected).map(Selection::Lever),
        _ => OfferKey::parse(selected).ok().map(Selection::Offer),
    };
    let lifted = row.lifted_by.zip(row.lifted_at);
    Ok(StoredSuppression {
        suppression: Suppression {
            suppression_id: SuppressionId::from_uuid(id),
            account_id: account_id.map_err(|_| broken("account_id"))?,
            everybody: customer_id.is_none(),
            of: of.ok_or_else(|| broken("selection"))?,
            end: row
                .suppressed_until
                .map_or(End::ForEver, |until| End::Until(until.to_jiff())),
            reason_key: row.reason_key,
        },
        customer_id,
        suppressed_by: row.suppressed_by,
        suppressed_at: row.suppressed_at.to_jiff(),
        lifted: lifted.map(|(by, at)| (by, at.to_jiff())),
    })
}
