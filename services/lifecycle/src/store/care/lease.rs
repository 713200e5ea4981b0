//! Handing out tasks: claimed in one short transaction, confirmed or let go in another. In between
//! profiles is asked, and nothing is locked; what nobody confirms is free again soon.

use std::collections::{HashMap, HashSet};

use jiff_sqlx::ToSqlx;
use kernel::time::{Deadline, Span, Timestamp};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::{TaskRow, channels, joined, keys, kind, unreadable};
use crate::domain::care::contact_cap::{ContactCap, Contacts, held_back_until};
use crate::domain::care::permission::{OBJECTED, Permission, Verdict};
use crate::domain::care::{CareKind, CareTask, Channel, MOST_LEASES, SENDER};
use crate::store::{Store, bigint};

/// For how long a claim keeps others away while permission is asked for.
const CLAIM_SECONDS: f64 = 30.0;
/// Why a task waits that a cap holds back.
const FREQUENCY_CAP: &str = "FREQUENCY_CAP";

/// What to claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whose tasks.
    pub owner: String,
    /// Only these kinds; every kind when empty.
    pub kinds: Vec<CareKind>,
    /// Only what can be done on one of these channels; every channel when empty.
    pub channels: Vec<Channel>,
    /// The kinds that have one of these channels in the plan.
    pub kinds_on_channels: Vec<CareKind>,
    /// How many at most.
    pub most: u32,
    /// Tasks that were looked at for the same call.
    pub seen: Vec<String>,
    /// How often customers are contacted at most.
    pub caps: Vec<ContactCap>,
    /// The kinds that no cap holds back.
    pub exempt: Vec<CareKind>,
    /// When.
    pub now: Timestamp,
}

/// What was claimed.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// Proves the claim.
    pub token: String,
    /// The tasks, longest waiting first.
    pub tasks: Vec<ClaimedTask>,
    /// Everything that was looked at, what a cap holds back among it.
    pub seen: Vec<String>,
}

/// A task that was claimed.
#[derive(Clone, Debug)]
pub struct ClaimedTask {
    /// The customer.
    pub customer_id: String,
    /// The task.
    pub task_id: String,
    /// What it is about.
    pub kind: CareKind,
    /// Its channels; those of the plan when empty.
    pub channels: Vec<Channel>,
}

/// What becomes of what was claimed.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The claim.
    pub token: String,
    /// What becomes of each task.
    pub rulings: Vec<Ruling>,
    /// Who gets what is allowed.
    pub sender: String,
    /// For how many seconds.
    pub lease_seconds: u32,
    /// When.
    pub now: Timestamp,
}

/// What becomes of one task.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// The customer.
    pub customer_id: String,
    /// The task.
    pub task_id: String,
    /// What.
    pub verdict: Verdict,
}

/// A task with the lease on it.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The task.
    pub task: CareTask,
    /// Proves the lease.
    pub lease_token: String,
    /// When it runs out, by the clock of the database.
    pub lease_expire_time: Timestamp,
}

impl Store {
    /// Claims tasks that are due and that nobody has.
    pub async fn claim_tasks(
        &self,
        deadline: Deadline,
        wanted: Claim,
    ) -> Result<Claimed, StoreError> {
        storage::write(&self.postgres, deadline, wanted, |wanted, transaction| {
            Box::pin(claim(wanted, transaction))
        })
        .await
    }

    /// Leases of what was claimed what is allowed, and lets the rest wait or end.
    pub async fn confirm_claim(
        &self,
        deadline: Deadline,
        confirmation: Confirmation,
    ) -> Result<Vec<Leased>, StoreError> {
        storage::write(&self.postgres, deadline, confirmation, |it, transaction| {
            Box::pin(confirm(it, transaction))
        })
        .await
    }

    /// Lets go of what was claimed, as it was.
    pub async fn release_claim(
        &self,
        deadline: Deadline,
        claimed: Claimed,
    ) -> Result<(), StoreError> {
        storage::write(&self.postgres, deadline, claimed, |claimed, transaction| {
            Box::pin(release(claimed, transaction))
        })
        .await
    }
}

async fn claim(wanted: &Claim, transaction: &mut PgConnection) -> Result<Claimed, StoreError> {
    if wanted.seen.is_empty() {
        drop_overdue(wanted, transaction).await?;
    }
    let due = due(wanted, transaction).await?;
    let seen: Vec<String> = due.iter().map(|task| task.task_id.clone()).collect();
    if wanted.owner != SENDER {
        let token = mark(&due, transaction).await?;
        return Ok(Claimed {
            token,
            tasks: due,
            seen,
        });
    }
    // Whoever counts the contacts of a customer does so alone, and is seen by the next to count.
    let alone = lock_customers(&due, transaction).await?;
    let due: Vec<ClaimedTask> = due
        .into_iter()
        .filter(|task| alone.contains(&task.customer_id))
        .collect();
    let contacts = contacts(&due, wanted, transaction).await?;
    let token = mark(&due, transaction).await?;
    let (tasks, held_back) = sort_out(due, contacts, wanted);
    defer(&held_back, wanted.now, &token, transaction).await?;
    Ok(Claimed { token, tasks, seen })
}

async fn drop_overdue(wanted: &Claim, transaction: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query_file!(
        "src/store/sql/care_task_overdue.sql",
        wanted.owner,
        wanted.now.to_sqlx() as _,
        most_leases()
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_overdue.sql"),
    ))
    .await?;
    Ok(())
}

fn most_leases() -> i32 {
    i32::try_from(MOST_LEASES).unwrap_or(i32::MAX)
}

async fn due(
    wanted: &Claim,
    transaction: &mut PgConnection,
) -> Result<Vec<ClaimedTask>, StoreError> {
    let wanted_channels: Vec<String> = wanted
        .channels
        .iter()
        .map(|channel| channel.key().to_owned())
        .collect();
    let rows = sqlx::query_file!(
        "src/store/sql/care_task_due.sql",
        wanted.owner,
        wanted.now.to_sqlx() as _,
        most_leases(),
        &keys(&wanted.kinds),
        &wanted_channels,
        &keys(&wanted.kinds_on_channels),
        &wanted.seen,
        i64::from(wanted.most)
    )
    .fetch_all(transaction)
    .instrument(statement_span(
        "SELECT",
        "care_task",
        include_str!("../sql/care_task_due.sql"),
    ))
    .await?;
    let mut tasks = Vec::with_capacity(rows.len());
    for row in rows {
        tasks.push(ClaimedTask {
            kind: kind(&row.kind, &row.task_id)?,
            channels: channels(&row.channels, &row.task_id)?,
            customer_id: row.customer_id,
            task_id: row.task_id,
        });
    }
    Ok(tasks)
}

async fn lock_customers(
    due: &[ClaimedTask],
    transaction: &mut PgConnection,
) -> Result<HashSet<String>, StoreError> {
    let mut customers: Vec<String> = due.iter().map(|task| task.customer_id.clone()).collect();
    customers.sort_unstable();
    customers.dedup();
    let locked = sqlx::query_file_scalar!("src/store/sql/care_customer_lock.sql", &customers)
        .fetch_all(transaction)
        .instrument(statement_span("SELECT", "pg_locks", ""))
        .await?;
    Ok(locked.into_iter().collect())
}

async fn contacts(
    due: &[ClaimedTask],
    wanted: &Claim,
    transaction: &mut PgConnection,
) -> Result<HashMap<String, Contacts>, StoreError> {
    let Some(days) = wanted.caps.iter().map(|cap| cap.days).max() else {
        return Ok(HashMap::new());
    };
    let span = Span::new().hours(24 * i64::from(days));
    let since = wanted.now.checked_sub(span).unwrap_or(Timestamp::MIN);
    let customers: Vec<String> = due.iter().map(|task| task.customer_id.clone()).collect();
    let rows = sqlx::query_file!(
        "src/store/sql/care_contacts.sql",
        &customers,
        since.to_sqlx() as _
    )
    .fetch_all(transaction)
    .instrument(statement_span(
        "SELECT",
        "care_task",
        include_str!("../sql/care_contacts.sql"),
    ))
    .await?;
    let mut contacts: HashMap<String, Contacts> = HashMap::new();
    for row in rows {
        let of_customer = contacts.entry(row.customer_id).or_default();
        if row.is_under_way {
            of_customer.under_way += 1;
        } else {
            of_customer.made.push(row.state_time.to_jiff());
        }
    }
    Ok(contacts)
}

/// Tells what a cap holds back, and until when, from what may go on. What goes on counts for what
/// comes after it.
fn sort_out(
    due: Vec<ClaimedTask>,
    mut contacts: HashMap<String, Contacts>,
    wanted: &Claim,
) -> (Vec<ClaimedTask>, Vec<Deferred>) {
    let (mut tasks, mut held_back) = (Vec::new(), Vec::new());
    for task in due {
        let of_customer = contacts.entry(task.customer_id.clone()).or_default();
        let until = held_back_until(&wanted.caps, of_customer, wanted.now);
        let until = until.filter(|_| !wanted.exempt.contains(&task.kind));
        let Some(until) = until else {
            of_customer.under_way += 1;
            tasks.push(task);
            continue;
        };
        held_back.push(Deferred {
            customer_id: task.customer_id,
            task_id: task.task_id,
            until,
            reason: FREQUENCY_CAP.to_owned(),
        });
    }
    (tasks, held_back)
}

/// Marks tasks as claimed, and returns what proves it.
async fn mark(tasks: &[ClaimedTask], transaction: &mut PgConnection) -> Result<String, StoreError> {
    let customers: Vec<String> = tasks.iter().map(|task| task.customer_id.clone()).collect();
    let ids: Vec<String> = tasks.iter().map(|task| task.task_id.clone()).collect();
    let tokens = sqlx::query_file_scalar!(
        "src/store/sql/care_task_claim.sql",
        CLAIM_SECONDS,
        &customers,
        &ids
    )
    .fetch_all(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_claim.sql"),
    ))
    .await?;
    Ok(tokens.into_iter().next().unwrap_or_default())
}

/// A task that waits for a later time.
struct Deferred {
    customer_id: String,
    task_id: String,
    until: Timestamp,
    reason: String,
}

async fn defer(
    deferred: &[Deferred],
    now: Timestamp,
    token: &str,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    if deferred.is_empty() {
        return Ok(());
    }
    let text = |field: fn(&Deferred) -> &String| -> Vec<String> {
        deferred.iter().map(|it| field(it).clone()).collect()
    };
    let until: Vec<jiff_sqlx::Timestamp> = deferred.iter().map(|it| it.until.to_sqlx()).collect();
    sqlx::query_file!(
        "src/store/sql/care_task_defer.sql",
        now.to_sqlx() as _,
        &text(|it| &it.customer_id),
        &text(|it| &it.task_id),
        &until as _,
        &text(|it| &it.reason),
        token
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_defer.sql"),
    ))
    .await?;
    Ok(())
}

/// Rulings by what becomes of the tasks: customer, task and the rest.
#[derive(Default)]
struct Sorted {
    allowed: Vec<(String, String, Option<Permission>)>,
    deferred: Vec<Deferred>,
    elsewhere: Vec<(String, String, String)>,
    ended: Vec<(String, String, String)>,
    refused: Vec<String>,
    erased: Vec<String>,
}

impl Sorted {
    fn of(rulings: Vec<Ruling>) -> Self {
        let mut sorted = Self::default();
        for ruling in rulings {
            sorted.add(ruling);
        }
        sorted
    }

    fn add(&mut self, ruling: Ruling) {
        let (customer_id, task_id) = (ruling.customer_id, ruling.task_id);
        match ruling.verdict {
            Verdict::NoContact => self.allowed.push((customer_id, task_id, None)),
            Verdict::Allowed(permission) => {
                self.allowed.push((customer_id, task_id, Some(permission)));
            }
            Verdict::Later { time, reason } => self.deferred.push(Deferred {
                customer_id,
                task_id,
                until: time,
                reason,
            }),
            Verdict::Elsewhere { channels } => {
                let left = joined(&channels);
                self.elsewhere.push((customer_id, task_id, left));
            }
            Verdict::Never { reason } => {
                if reason == OBJECTED {
                    self.refused.push(customer_id.clone());
                }
                self.ended.push((customer_id, task_id, reason));
            }
            Verdict::Erased => self.erased.push(customer_id),
        }
    }
}

/// Takes lists of three apart.
fn apart(rows: Vec<(String, String, String)>) -> (Vec<String>, Vec<String>, Vec<String>) {
    rows.into_iter().collect()
}

async fn confirm(
    confirmation: &Confirmation,
    transaction: &mut PgConnection,
) -> Result<Vec<Leased>, StoreError> {
    let Confirmation { token, now, .. } = confirmation;
    let sorted = Sorted::of(confirmation.rulings.clone());
    defer(&sorted.deferred, *now, token, transaction).await?;
    send_elsewhere(sorted.elsewhere, token, transaction).await?;
    end(sorted.ended, *now, token, transaction).await?;
    refuse(&sorted.refused, *now, transaction).await?;
    if !sorted.erased.is_empty() {
        super::forget(&sorted.erased, transaction).await?;
    }
    lease(confirmation, sorted.allowed, transaction).await
}

async fn send_elsewhere(
    tasks: Vec<(String, String, String)>,
    token: &str,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    if tasks.is_empty() {
        return Ok(());
    }
    let (customers, ids, left) = apart(tasks);
    sqlx::query_file!(
        "src/store/sql/care_task_elsewhere.sql",
        &customers,
        &ids,
        &left,
        token
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_elsewhere.sql"),
    ))
    .await?;
    Ok(())
}

async fn end(
    tasks: Vec<(String, String, String)>,
    now: Timestamp,
    token: &str,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    if tasks.is_empty() {
        return Ok(());
    }
    let (customers, ids, reasons) = apart(tasks);
    sqlx::query_file!(
        "src/store/sql/care_task_end.sql",
        now.to_sqlx() as _,
        &customers,
        &ids,
        &reasons,
        token
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_end.sql"),
    ))
    .await?;
    Ok(())
}

/// Ends what would ask customers back who objected.
pub(super) async fn refuse(
    customers: &[String],
    now: Timestamp,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    if customers.is_empty() {
        return Ok(());
    }
    let kinds = CareKind::ALL.into_iter();
    let kinds: Vec<CareKind> = kinds.filter(|kind| kind.is_for_the_gone()).collect();
    sqlx::query_file!(
        "src/store/sql/care_task_refused.sql",
        now.to_sqlx() as _,
        customers,
        &keys(&kinds)
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_refused.sql"),
    ))
    .await?;
    Ok(())
}

async fn lease(
    confirmation: &Confirmation,
    allowed: Vec<(String, String, Option<Permission>)>,
    transaction: &mut PgConnection,
) -> Result<Vec<Leased>, StoreError> {
    if allowed.is_empty() {
        return Ok(Vec::new());
    }
    let (mut customers, mut ids) = (Vec::new(), Vec::new());
    let (mut on, mut findings, mut versions) = (Vec::new(), Vec::new(), Vec::new());
    for (customer_id, task_id, permission) in allowed {
        customers.push(customer_id);
        ids.push(task_id);
        let permission = permission.as_ref();
        let channel = permission.map_or("", |it| it.channel.key());
        on.push(channel.to_owned());
        findings.push(permission.map(codes).unwrap_or_default());
        versions.push(bigint(permission.map_or(0, |it| it.rules_version)));
    }
    let rows = sqlx::query_file_as!(
        TaskRow,
        "src/store/sql/care_task_lease.sql",
        confirmation.now.to_sqlx() as _,
        confirmation.sender,
        f64::from(confirmation.lease_seconds),
        &customers,
        &ids,
        &on,
        &findings,
        &versions,
        confirmation.token
    )
    .fetch_all(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_lease.sql"),
    ))
    .await?;
    rows.into_iter().map(leased).collect()
}

fn codes(permission: &Permission) -> String {
    let findings = permission.findings.iter();
    let codes: Vec<&str> = findings.map(|finding| finding.code.as_str()).collect();
    codes.join(",")
}

fn leased(row: TaskRow) -> Result<Leased, StoreError> {
    let lease = row.lease_token.clone().zip(row.lease_expire_time);
    let (lease_token, until) = lease.ok_or_else(|| unreadable("lease_token", &row.task_id))?;
    Ok(Leased {
        task: row.task()?,
        lease_token,
        lease_expire_time: until.to_jiff(),
    })
}

async fn release(claimed: &Claimed, transaction: &mut PgConnection) -> Result<(), StoreError> {
    let customers: Vec<String> = claimed
        .tasks
        .iter()
        .map(|task| task.customer_id.clone())
        .collect();
    sqlx::query_file!(
        "src/store/sql/care_task_release.sql",
        &customers,
        claimed.token
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_release.sql"),
    ))
    .await?;
    Ok(())
}
