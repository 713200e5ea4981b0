//! `ImportService`: one chunk at a time, each answered when it is durable.

use std::time::Duration;

use contract::profiles::v1 as pb;
use contract::profiles::v1::import_service_server::ImportService;
use edge::Deadline;
use futures::stream::try_unfold;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status, Streaming};

use super::{BOUNDARY, Responses, Rpc, parse};
use crate::usecase::ImportSummary;

/// How long one chunk may take.
const CHUNK_DEADLINE: Duration = Duration::from_secs(30);

#[tonic::async_trait]
impl ImportService for Rpc {
    type ImportStream = Responses<pb::ImportResponse>;

    async fn import(
        &self,
        request: Request<Streaming<pb::ImportRequest>>,
    ) -> Result<Response<Self::ImportStream>, Status> {
        // Pulled by the response stream: the next chunk is read when this one is answered, so
        // memory is bounded by one chunk whatever the sender's speed.
        let state = (self.clone(), request.into_inner());
        let answers = try_unfold(state, async |(rpc, mut chunks)| {
            let Some(chunk) = chunks.message().await? else {
                return Ok(None);
            };
            let answer = rpc.import_chunk(&chunk).await;
            let answer = answer.map_err(|error| BOUNDARY.status(error))?;
            Ok(Some((answer, (rpc, chunks))))
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

impl Rpc {
    async fn import_chunk(&self, chunk: &pb::ImportRequest) -> Result<pb::ImportResponse, Refusal> {
        let last_row = chunk.records.last().map_or(0, |record| record.row);
        let rows = parse::rows(chunk)?;
        let summary = self
            .profiles
            .import(rows, Deadline::within(CHUNK_DEADLINE))
            .await?;
        Ok(imported(last_row, summary))
    }
}

fn imported(last_row: u64, summary: ImportSummary) -> pb::ImportResponse {
    let refusals = summary.refusals.into_iter();
    pb::ImportResponse {
        last_row,
        changed_count: summary.changed_count,
        unchanged_count: summary.unchanged_count,
        refusals: refusals
            .map(|(row, refusal)| pb::RowRefusal {
                row,
                reason: refusal.reason,
                field: refusal.field,
                message: refusal.message,
            })
            .collect(),
    }
}
