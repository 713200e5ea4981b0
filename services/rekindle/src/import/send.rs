//! Streams chunks to the service and adds up its answers.

use std::io;
use std::time::Instant;

use contract::profiles::v1::{ImportResponse, RowRefusal};
use futures::stream;
use tokio::time::timeout;
use tonic::Streaming;

use super::SourceRow;
use super::chunks::{Chunks, SharedBooks};
use crate::client::{SILENCE, STREAMING, Services};
use crate::failure::{Exit, Failure};
use crate::mapping::Fault;
use crate::progress::Progress;

const METHOD: &str = "rekindle.profiles.v1.ImportService/Import";

/// More refusals than this are counted, not kept.
const MAX_KEPT_REFUSALS: usize = 10_000;

/// Why a row was refused, here or by the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The row.
    pub row: u64,
    /// The reason, a name of the contract's `ErrorReason` without its prefix.
    pub reason: String,
    /// The field at fault; empty for the row as a whole.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Refusal {
    pub(super) fn local(row: u64, fault: Fault) -> Self {
        let reason = "INVALID_FIELD".to_owned();
        Self {
            row,
            reason,
            field: fault.field,
            message: fault.message,
        }
    }

    fn remote(refusal: RowRefusal) -> Self {
        Self {
            row: refusal.row,
            reason: refusal.reason,
            field: refusal.field,
            message: refusal.message,
        }
    }
}

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// How many rows were read.
    pub rows: u64,
    /// How many changed something.
    pub changed: u64,
    /// How many were there already.
    pub unchanged: u64,
    /// How many gave rise to nothing.
    pub skipped: u64,
    /// How many were refused.
    pub refused: u64,
    /// How long it took.
    pub seconds: f64,
    /// Why rows were refused, by row; a row may be refused for several reasons.
    pub refusals: Vec<Refusal>,
}

impl Summary {
    /// Rows read for each second.
    pub fn rows_per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
        let rows = self.rows as f64;
        rows / self.seconds.max(0.001)
    }

    /// Reads every row and sends none: what would be refused before anything is sent.
    pub fn of_check(rows: impl Iterator<Item = io::Result<SourceRow>>) -> Result<Self, Failure> {
        let begun = Instant::now();
        let books = SharedBooks::default();
        Chunks::of(rows, books.clone()).for_each(drop);
        let mut summary = Self::default();
        finish(&mut summary, &books, begun);
        match books.open().failure.take() {
            Some(error) => Err(unreadable(&error)),
            None => Ok(summary),
        }
    }

    fn add(&mut self, answer: ImportResponse) {
        self.changed += u64::from(answer.changed_count);
        self.unchanged += u64::from(answer.unchanged_count);
        let mut last = None;
        for refusal in &answer.refusals {
            // The reasons of one row come one after the other.
            self.refused += u64::from(last != Some(refusal.row));
            last = Some(refusal.row);
        }
        keep(
            &mut self.refusals,
            answer.refusals.into_iter().map(Refusal::remote),
        );
    }
}

/// Keeps refusals up to a bound.
pub(super) fn keep(kept: &mut Vec<Refusal>, more: impl Iterator<Item = Refusal>) {
    let room = MAX_KEPT_REFUSALS.saturating_sub(kept.len());
    kept.extend(more.take(room));
}

/// Streams rows to profiles and waits until all of them are durable or refused.
pub async fn send(
    services: &Services,
    rows: impl Iterator<Item = io::Result<SourceRow>> + Send + 'static,
    mut progress: Progress,
) -> Result<Summary, Failure> {
    let begun = Instant::now();
    let books = SharedBooks::default();
    let chunks = stream::iter(Chunks::of(rows, books.clone()));
    let mut imports = services.imports();
    let mut answers = services
        .call(METHOD, STREAMING, chunks, |request| async move {
            imports.import(request).await
        })
        .await?;
    let mut summary = Summary::default();
    let mut last_row = 0;
    loop {
        match next_answer(services, &mut answers).await {
            Ok(Some(answer)) => {
                last_row = answer.last_row;
                summary.add(answer);
                report(&mut progress, &books, last_row, &summary, begun);
            }
            Ok(None) => break,
            Err(failure) => return Err(interrupted(failure, last_row)),
        }
    }
    finish(&mut summary, &books, begun);
    if let Some(error) = books.open().failure.take() {
        let failure = Failure::new(
            Exit::BadInput,
            format!("the source cannot be read: {error}"),
        );
        return Err(interrupted(failure, last_row));
    }
    progress.end(format_args!(
        "{} rows in {:.1} s",
        summary.rows, summary.seconds
    ));
    Ok(summary)
}

async fn next_answer(
    services: &Services,
    answers: &mut Streaming<ImportResponse>,
) -> Result<Option<ImportResponse>, Failure> {
    match timeout(SILENCE, answers.message()).await {
        Ok(answer) => answer.map_err(|status| services.failure(METHOD, &status)),
        Err(_elapsed) => {
            let seconds = SILENCE.as_secs();
            Err(Failure::unavailable(format!(
                "profiles has been silent for {seconds} s"
            )))
        }
    }
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(
        Exit::BadInput,
        format!("the source cannot be read: {error}"),
    )
}

fn interrupted(failure: Failure, last_row: u64) -> Failure {
    failure
        .detail(format!("rows up to {last_row} are loaded"))
        .advice("send the same rows again: what is there already changes nothing")
}

fn report(
    progress: &mut Progress,
    books: &SharedBooks,
    last_row: u64,
    summary: &Summary,
    begun: Instant,
) {
    let mut books = books.open();
    let mut done = None;
    while books
        .under_way
        .front()
        .is_some_and(|chunk| chunk.last_row <= last_row)
    {
        done = books.under_way.pop_front().map(|chunk| chunk.done);
    }
    let refused = summary.refused + books.refused;
    let rows = summary.changed + summary.unchanged + refused;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = rows as f64 / begun.elapsed().as_secs_f64().max(0.001);
    if let Some(done) = done {
        progress.reached(
            done,
            format_args!("{rows} rows, {rate:.0} a second, {refused} refused"),
        );
    }
}

fn finish(summary: &mut Summary, books: &SharedBooks, begun: Instant) {
    let mut books = books.open();
    summary.rows = books.rows;
    summary.skipped = books.skipped;
    summary.seconds = begun.elapsed().as_secs_f64();
    summary.refused += books.refused;
    keep(
        &mut summary.refusals,
        std::mem::take(&mut books.refusals).into_iter(),
    );
    summary.refusals.sort_by_key(|refusal| refusal.row);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_add_up() {
        let mut summary = Summary::default();
        let remote = RowRefusal {
            row: 3,
            reason: "ID_TAKEN".to_owned(),
            field: "account.account_id".to_owned(),
            message: "belongs to another customer".to_owned(),
        };
        for last_row in [2, 5] {
            summary.add(ImportResponse {
                last_row,
                changed_count: 2,
                unchanged_count: 1,
                refusals: if last_row == 5 {
                    vec![remote.clone(), remote.clone()]
                } else {
                    Vec::new()
                },
            });
        }
        assert_eq!((summary.changed, summary.unchanged), (4, 2));
        assert_eq!(
            summary.refused, 1,
            "a row with two faults is one refused row"
        );
        assert_eq!(summary.refusals.len(), 2);
    }
}
