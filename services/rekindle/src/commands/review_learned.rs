//! `rekindle review learned`: what was learnt of offers from what became of calls.

use clap::Args;
use contract::offers::v1::GetLearnedRequest;

use crate::client::{ONLINE, Services};
use crate::failure::Failure;
use crate::json as documents;
use crate::output::Output;
use crate::screen::{self, Paper};

/// Which version.
#[derive(Debug, Args)]
pub(super) struct Learned {
    /// This version; the newest when left out.
    #[arg(
        long = "version",
        id = "learned_version",
        default_value_t = 0,
        value_name = "NUMBER"
    )]
    version: u64,
}

impl Learned {
    /// Shows it.
    pub(super) async fn run(&self, services: &Services, output: Output) -> Result<u8, Failure> {
        let request = GetLearnedRequest {
            version: self.version,
        };
        let mut review = services.review();
        let method = "rekindle.offers.v1.ReviewService/GetLearned";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                review.get_learned(request).await
            })
            .await?;
        output.result(&documents::learned(&answer), |_| {
            screen::learned(&answer, Paper::of_stdout())
        })?;
        Ok(0)
    }
}
