//! Publishes and reads the care plan.

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::UseCases;
use crate::domain::care::plan::{CarePlan, PlanContent};
use crate::store::{NewPlan, RequestKey};

/// A plan to publish; checked already.
#[derive(Clone, Debug)]
pub struct PublishCarePlan {
    /// The request id with the encoded request, when it may be retried.
    pub request: Option<(String, Vec<u8>)>,
    /// What it says.
    pub content: PlanContent,
    /// Only check.
    pub validate_only: bool,
}

impl UseCases {
    /// Makes a new version of the plan and puts it in force. Everybody is planned with it at the next
    /// scoring, which is due at once.
    pub async fn publish_care_plan(
        &self,
        deadline: Deadline,
        plan: PublishCarePlan,
    ) -> Result<CarePlan, Refusal> {
        if plan.validate_only {
            return Ok(CarePlan {
                version: 0,
                publish_time: None,
                content: plan.content,
            });
        }
        let request = plan.request.map(|(request_id, encoded)| RequestKey {
            request_id,
            encoded,
        });
        let new = NewPlan {
            request,
            content: plan.content,
            publish_time: self.now(),
        };
        let published = self.store.publish_care_plan(deadline, new).await?;
        // It is published whether or not this process can read it back now; the poll catches up.
        if let Err(error) = self.knowledge.refresh().await {
            tracing::warn!(error = %error, "the published care plan is not in memory yet");
        }
        Ok(published)
    }

    /// Reads a version of the plan; zero is the one in force.
    pub async fn get_care_plan(
        &self,
        deadline: Deadline,
        version: u64,
    ) -> Result<CarePlan, Refusal> {
        let wanted = (version > 0).then_some(version);
        match self.store.care_plan(deadline, wanted).await? {
            Some(plan) => Ok(plan),
            None if version == 0 => Ok(CarePlan::built_in()),
            None => Err(Refusal::not_found(
                "CARE_PLAN_NOT_FOUND",
                "there is no such version of the care plan: ask for 0 to get the one in force",
            )
            .with("version", version)),
        }
    }
}
