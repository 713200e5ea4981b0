//! What the desk knows of a call when the customer leaves: enough for the dates and the exit plan,
//! and never in the way of leaving.

use kernel::id::SessionId;
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use crate::domain::decision::Record;
use crate::domain::exit::{EndDates, can_be_meant};
use crate::domain::exit_plan::{ExitPlan, ExitType};
use crate::domain::keep_in_touch::{Choices, ContactChannel, KeepInTouch};
use crate::domain::named::Named;

use super::cancellation::NewCancellation;
use super::statement;

/// An exit as planned.
pub(super) struct Planned {
    /// How it ends.
    pub(super) plan: ExitPlan,
    /// When.
    pub(super) dates: EndDates,
    /// The last decision of the call; absent where nobody asked, or it cannot be read.
    pub(super) record: Option<Record>,
    /// The reason stated, on leaving or before, as a key.
    pub(super) reason: Option<String>,
}

/// What was chosen, as it stands in its columns.
pub(super) struct ChosenColumns<'a> {
    /// About every channel.
    pub(super) keep_in_touch: Option<&'a str>,
    /// The channels that are wanted.
    pub(super) wanted: &'a [String],
    /// The channels that are not.
    pub(super) refused: &'a [String],
}

/// Plans the exit from the session and its last decision.
pub(super) async fn plan(
    connection: &mut PgConnection,
    new: &NewCancellation,
    session_id: SessionId,
) -> Result<Planned, StoreError> {
    let row = sqlx::query!(
        "select session.reason, session.service_end_at, ( \
             select record from decision \
             where decision.customer_id = session.customer_id \
               and decision.session_id = session.session_id \
               order by decided_at desc, step desc limit 1 \
         ) as record \
         from save_session session where session.customer_id = $1 and session.session_id = $2",
        new.customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    // A record that cannot be read keeps nobody from leaving.
    let record: Option<Record> = row
        .record
        .and_then(|record| serde_json::from_str(&record).ok());
    let stated = new.reason.as_ref().or(row.reason.as_ref());
    let reason = stated.and_then(|key| new.catalogue.reason(key));
    // The end by the contract as the session knew it, but never in the past.
    let contract = row.service_end_at.map(|end| end.to_jiff().max(new.now));
    let requested = new
        .requested_end_at
        .filter(|end| can_be_meant(*end, contract, new.now));
    let plan = ExitPlan::of(record.as_ref(), reason, requested, new.choices, new.now);
    let ended = record.as_ref().and_then(Record::ended_at);
    Ok(Planned {
        plan,
        dates: match ended {
            Some(ended) => EndDates::of_the_past(ended),
            None => plan.dates(contract, requested, new.now),
        },
        reason: stated.cloned(),
        record,
    })
}

/// Reads a plan from its columns. A cancellation of before has none, and ended as they all did.
pub(super) fn read(
    exit_type: Option<&str>,
    chosen: &ChosenColumns<'_>,
    sign_off_call: bool,
    cancel_deadline_at: Option<Timestamp>,
) -> ExitPlan {
    let besides = chosen.keep_in_touch.and_then(KeepInTouch::from_name);
    let mut choices = Choices::of(besides);
    for (names, choice) in [
        (chosen.wanted, KeepInTouch::Wanted),
        (chosen.refused, KeepInTouch::NotWanted),
    ] {
        for channel in names.iter().filter_map(|it| ContactChannel::from_name(it)) {
            choices.choose(channel, choice);
        }
    }
    ExitPlan {
        exit_type: exit_type
            .and_then(ExitType::from_name)
            .unwrap_or(ExitType::Termination),
        choices,
        sign_off_call,
        cancel_deadline_at,
    }
}
