//! The tables of the save desk: SQL and nothing else. One write method is one transaction.

mod acceptance_cap;
mod alternative;
mod budget;
mod cancellation;
mod close;
mod decision;
mod delivery;
mod departure;
mod disclosure;
mod discretion;
mod erased_call;
mod erasure;
mod erasure_owed;
mod exit;
mod exit_satisfaction;
mod fulfilment;
mod history;
mod holdout;
mod identity;
mod learned;
mod learning;
mod outcome;
mod override_offer;
mod owed;
mod past_decisions;
mod pending_end;
mod proof;
mod publication;
mod record_budgeted;
mod record_decision;
mod reinstate;
mod replay;
mod response;
mod review;
mod review_cells;
mod review_exits;
mod review_money;
mod session;
mod step;
mod suppression;
mod sweep;
mod undo_elsewhere;
mod view;
mod win_back;

use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::batch::{BatchSettings, Batcher, Mode};
use storage::{Postgres, StoreError, statement_span};
use tracing::Span;

pub use alternative::SoFar;
pub use budget::{NewBudget, Reckoning, StoredBudget};
pub use cancellation::{Confirmed, NewCancellation};
pub use close::NewClose;
pub use decision::{Asked, Before, StepKey, StoredDecision};
pub use delivery::{FEED, Order, Ordered, Queue};
pub use erasure::{FORGOTTEN, REKEYED};
pub use erasure_owed::OwedErasures;
pub use exit_satisfaction::{ExitSatisfaction, NewExitSatisfaction};
pub use fulfilment::{Leased, NewLease, NewReport, NewResolution, PromiseTask, Reported};
pub use history::AllIds;
pub use learned::NewLearned;
pub use learning::{CallRate, KnownCalls, LearningLock};
pub use outcome::{ClaimedCall, DescribedCall, JudgedCall, StoredOutcome, WhichOutcomes};
pub use override_offer::NewOverride;
pub use past_decisions::{CallsBegun, PastDecision, Place, Stretch};
pub use publication::{NewPublication, Outcome, StoredPublication};
pub use record_decision::{History, NewDecision, Noted};
pub use reinstate::{NewReinstatement, Reinstated};
pub use replay::{OVERRIDE_OFFER, REQUEST_ALTERNATIVE, Repeated};
pub use response::{NewResponse, Recorded};
pub use review::{
    CurveKey, HoldoutCounts, NewOfferDecision, ReviewRows, StoredOfferDecision, WhichReview,
};
pub use review_money::ParityKept;
pub use session::{request_id_reused, session_not_found};
pub use step::{NewStep, StepRecorded};
pub use suppression::{NewLift, NewSuppression, StoredSuppression, WhichSuppressions};
pub use view::{EventView, OfferView, SessionView};
pub use win_back::{Candidate, LeaverCount, WhichDepartures, WhichLeavers};

/// The store of the save desk.
#[derive(Clone)]
pub struct Store {
    postgres: Postgres,
    histories: Batcher<history::Histories>,
    decisions: Batcher<record_decision::Decisions>,
}

impl Store {
    /// Starts the coalescing reader and the batching writer on a Postgres.
    pub fn start(postgres: Postgres, reads: &BatchSettings, writes: &BatchSettings) -> Self {
        Self {
            histories: Batcher::start(&postgres, reads, Mode::Read, history::Histories),
            decisions: Batcher::start(
                &postgres,
                writes,
                Mode::RepeatableStatement,
                record_decision::Decisions {
                    // Processes that begin one after the other begin elsewhere.
                    preferred: budget::PreferredPart::first(std::process::id()),
                },
            ),
            postgres,
        }
    }
}

/// Describes a statement on a table, for the trace.
fn statement(operation: &'static str, table: &'static str) -> Span {
    statement_span(operation, table, "")
}

/// Room for the record of a decision. Grown from nothing it is copied six times.
const JSON_BYTES: usize = 4096;

fn json(
    table: &'static str,
    column: &'static str,
    value: &impl Serialize,
) -> Result<String, StoreError> {
    let mut text = Vec::with_capacity(JSON_BYTES);
    serde_json::to_writer(&mut text, value)
        .ok()
        .and_then(|()| String::from_utf8(text).ok())
        .ok_or_else(|| StoreError::inconsistent(table, column, "new"))
}

fn from_json<T: DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    row: impl std::fmt::Display,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::inconsistent(table, column, row))
}
