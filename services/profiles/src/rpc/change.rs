//! `ChangeService`.

use contract::profiles::v1 as pb;
use contract::profiles::v1::change_service_server::ChangeService;
use edge::violations::Violations;
use futures::stream::try_unfold;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, Responses, Rpc, render};
use crate::domain::vocabulary::Numbered;
use crate::usecase::{Change, ChangeRun, Cursor, FeedPartition};

const MOST_PARTITIONS: u32 = 64;

#[tonic::async_trait]
impl ChangeService for Rpc {
    type WatchChangesStream = Responses<pb::WatchChangesResponse>;

    async fn watch_changes(
        &self,
        request: Request<pb::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let (cursor, partition) =
            place(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let (settings, stop) = (self.watch.clone(), self.stop.clone());
        let watch = self.profiles.watch(cursor, partition, settings, stop);
        let runs = try_unfold(watch, async |mut watch| {
            let run = watch.next().await.map_err(|error| BOUNDARY.status(error))?;
            Ok(run.map(|run| (response(&run), watch)))
        });
        Ok(Response::new(Box::pin(runs)))
    }
}

fn place(request: &pb::WatchChangesRequest) -> Result<(Cursor, FeedPartition), Refusal> {
    let mut checks = Violations::default();
    let cursor: Option<Cursor> = request.after_cursor.parse().ok();
    if cursor.is_none() {
        let description = "must be empty or a cursor of an earlier response";
        checks.add("after_cursor", "INVALID_CURSOR", description);
    }
    let of = request.partition_count.max(1);
    let count = checks.between("partition_count", of, 1, MOST_PARTITIONS);
    let index = checks.between("partition", request.partition, 0, of - 1);
    checks.finish(|| {
        let partition = FeedPartition {
            index: u8::try_from(index?).ok()?,
            of: u8::try_from(count?).ok()?,
        };
        Some((cursor?, partition))
    })
}

fn response(run: &ChangeRun) -> pb::WatchChangesResponse {
    pb::WatchChangesResponse {
        changes: run.changes.iter().map(change).collect(),
        cursor: run.cursor.to_string(),
        lag_seconds: run.lag.as_secs_f64(),
    }
}

fn change(change: &Change) -> pb::Change {
    let kinds = change.kinds.iter();
    pb::Change {
        customer_id: change.customer_id.to_string(),
        revision: change.revision,
        change_time: Some(render::time(change.change_time)),
        kinds: kinds.map(|kind| i32::from(kind.number())).collect(),
        merged_into_customer_id: render::id(change.merged_into.as_ref()),
        erased: change.erased,
    }
}
