//! How storage fails, in terms a use case can act on. No SQL text ever leaves this type.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use kernel::refusal::Refusal;

/// How long a caller should wait before it tries storage again.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Why storage did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A named constraint refused the row; the name is the contract between SQL and store.
    #[error("constraint {constraint} refused the row")]
    Conflict {
        /// Name of the constraint.
        constraint: String,
    },
    /// Concurrent transactions collided; the same transaction may work when run again.
    #[error("concurrent transactions collided")]
    Contended {
        /// What the database said.
        source: Arc<sqlx::Error>,
    },
    /// The database cannot be reached, or the connection broke; the outcome of a write in flight
    /// is unknown and the retry with the same request id resolves it.
    #[error("storage is unavailable")]
    Unavailable {
        /// What happened.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// It took longer than it may; the outcome of a write in flight is unknown.
    #[error("storage did not answer in time")]
    Timeout,
    /// More work is waiting than may wait.
    #[error("storage has more work waiting than it accepts")]
    Overloaded,
    /// Stored data breaks a rule that the code relies on.
    #[error("stored data is inconsistent: {table}.{column} of row {row}")]
    Inconsistent {
        /// Table of the row.
        table: &'static str,
        /// Column that cannot be so.
        column: &'static str,
        /// Identifies the row; never personal data.
        row: String,
    },
    /// The work itself said no: a rule, not a failure.
    #[error(transparent)]
    Rejected(Box<Refusal>),
    /// A defect of ours.
    #[error("storage was used wrongly")]
    Internal {
        /// What the database or the driver said.
        source: Arc<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// Reports stored data that breaks a rule the code relies on.
    pub fn inconsistent(
        table: &'static str,
        column: &'static str,
        row: impl std::fmt::Display,
    ) -> Self {
        Self::Inconsistent {
            table,
            column,
            row: row.to_string(),
        }
    }

    /// Says no from inside a transaction: it rolls back and the refusal reaches the caller.
    pub fn rejected(refusal: Refusal) -> Self {
        Self::Rejected(Box::new(refusal))
    }

    pub(crate) fn unavailable(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable {
            source: Arc::new(source),
        }
    }

    pub(crate) fn internal(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Internal {
            source: Arc::new(source),
        }
    }

    /// Tells whether the named constraint refused the row.
    pub fn is_conflict_on(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }

    /// Tells whether running the same work again may help by itself.
    pub fn is_contention(&self) -> bool {
        matches!(self, Self::Contended { .. })
    }

    /// Tells whether the connection must not be used any more.
    pub(crate) fn breaks_connection(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Timeout)
    }
}

/// Looks for a storage error in an error and its sources, as `?` may have wrapped it.
pub(crate) fn storage_cause<'e>(error: &'e (dyn Error + 'static)) -> Option<StoreError> {
    let mut next: Option<&'e (dyn Error + 'static)> = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<StoreError>() {
            return Some(found.clone());
        }
        if let Some(database) = current.downcast_ref::<Arc<sqlx::Error>>() {
            return Some(classify(Arc::clone(database)));
        }
        next = current.source();
    }
    None
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        classify(Arc::new(error))
    }
}

fn classify(error: Arc<sqlx::Error>) -> StoreError {
    match error.as_ref() {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            let constraint = database.constraint().map(str::to_owned);
            by_sql_state(&code, constraint, error.clone())
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::Unavailable { source: error },
        _ => StoreError::Internal { source: error },
    }
}

/// Maps an SQLSTATE, see <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn by_sql_state(code: &str, constraint: Option<String>, source: Arc<sqlx::Error>) -> StoreError {
    match (code, constraint) {
        ("40001" | "40P01", _) => StoreError::Contended { source },
        // Statement and lock time-outs.
        ("57014" | "55P03", _) => StoreError::Timeout,
        (code, Some(constraint)) if code.starts_with("23") => StoreError::Conflict { constraint },
        // Connection lost, resources used up, shutting down, demoted to a replica.
        (code, _)
            if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") =>
        {
            StoreError::Unavailable { source }
        }
        ("25006", _) => StoreError::Unavailable { source },
        _ => StoreError::Internal { source },
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Rejected(refusal) => *refusal,
            StoreError::Overloaded => Refusal::unavailable(
                "OVERLOADED",
                "more work is waiting than can be done in time; try again later",
                RETRY_AFTER,
            ),
            StoreError::Unavailable { .. } | StoreError::Timeout | StoreError::Contended { .. } => {
                Refusal::unavailable(
                    "STORAGE_UNAVAILABLE",
                    "storage cannot answer just now; try again with the same request id",
                    RETRY_AFTER,
                )
                .caused_by(error)
            }
            StoreError::Conflict { .. }
            | StoreError::Inconsistent { .. }
            | StoreError::Internal { .. } => Refusal::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::refusal::Kind;

    use super::*;

    fn state(code: &str, constraint: Option<&str>) -> StoreError {
        let source = Arc::new(sqlx::Error::WorkerCrashed);
        by_sql_state(code, constraint.map(str::to_owned), source)
    }

    #[test]
    fn sql_states_become_something_to_act_on() {
        assert!(state("23505", Some("hold_live_key")).is_conflict_on("hold_live_key"));
        assert!(state("40001", None).is_contention() && state("40P01", None).is_contention());
        for code in ["57014", "55P03"] {
            assert!(matches!(state(code, None), StoreError::Timeout), "{code}");
        }
        for code in ["08006", "53300", "57P01", "57P03", "25006"] {
            assert!(
                matches!(state(code, None), StoreError::Unavailable { .. }),
                "{code}"
            );
        }
        for code in ["42601", "25P02", "23502"] {
            assert!(
                matches!(state(code, None), StoreError::Internal { .. }),
                "{code}"
            );
        }
    }

    #[test]
    fn refusals_carry_no_database_text() {
        let error = StoreError::Internal {
            source: Arc::new(sqlx::Error::ColumnNotFound("pin".into())),
        };
        let refusal = Refusal::from(error);
        assert_eq!(refusal.kind, Kind::Internal);
        assert!(!refusal.message.contains("pin") && refusal.metadata.is_empty());
        assert!(
            Error::source(&refusal).is_some(),
            "the log still gets the cause"
        );
    }

    #[test]
    fn unavailable_and_late_storage_say_when_to_try_again() {
        for error in [
            StoreError::Timeout,
            StoreError::unavailable(std::fmt::Error),
        ] {
            let refusal = Refusal::from(error);
            assert_eq!(
                (refusal.kind, refusal.reason),
                (Kind::Unavailable, "STORAGE_UNAVAILABLE")
            );
            assert!(refusal.retry_after.is_some());
        }
    }

    #[test]
    fn a_refusal_from_inside_a_transaction_comes_out_unchanged() {
        let refusal = Refusal::from(StoreError::rejected(Refusal::refused(
            "OFFER_EXPIRED",
            "late",
        )));
        assert_eq!(
            (refusal.kind, refusal.reason),
            (Kind::Refused, "OFFER_EXPIRED")
        );
    }

    #[test]
    fn contention_is_found_behind_a_refusal_and_behind_a_use_case_error() {
        #[derive(Debug, thiserror::Error)]
        enum UseCase {
            #[error(transparent)]
            Store(#[from] StoreError),
        }
        let contended = || StoreError::Contended {
            source: Arc::new(sqlx::Error::WorkerCrashed),
        };
        let wrapped = UseCase::from(contended());
        assert!(
            storage_cause(&Refusal::from(contended()))
                .unwrap()
                .is_contention()
        );
        // A transparent wrapper hides the storage error itself and shows the database's.
        assert!(storage_cause(&wrapped).is_some());
    }
}
