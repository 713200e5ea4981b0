//! Waiting until the services have followed the feed of changes to its end.

use std::path::Path;
use std::time::Duration;

use rekindle::failure::Failure;
use rekindle::output::Output;
use rekindle::stack::{Endpoints, run_sql};
use tokio::time::interval;

const FOLLOWERS: [&str; 2] = ["lifecycle", "offers"];

/// How far a service has followed. The position says nothing to anybody else, and when it moved
/// last says that the follower lives.
const POSITION: &str = "select coalesce(string_agg(position, ' '), '') from feed_cursor;";

const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// So often the same position means that there is nothing more to follow.
const SAME_POSITIONS: u32 = 8;

const MOST_LOOKS: u32 = 600;

/// Waits until no follower moves any more.
pub(crate) async fn settled(
    psql: &Path,
    endpoints: &Endpoints,
    output: Output,
) -> Result<(), Failure> {
    output.progress("waiting for the followers of the feed");
    let mut ticks = interval(LOOK_AGAIN);
    let mut last = Vec::new();
    let mut same = 0;
    for _ in 0..MOST_LOOKS {
        ticks.tick().await;
        let mut positions = Vec::new();
        for service in FOLLOWERS {
            let url = endpoints.service_url(service).unwrap_or_default();
            positions.push(run_sql(psql, url, POSITION).await?);
        }
        let moving = positions.iter().any(String::is_empty) || positions != last;
        same = if moving { 0 } else { same + 1 };
        if same >= SAME_POSITIONS {
            return Ok(());
        }
        last = positions;
    }
    Err(
        Failure::failed("the followers of the feed do not come to its end")
            .advice("look into the logs of lifecycle and offers"),
    )
}
