//! Shows the portfolio: runs, totals, lists, and how a customer's stage changed.

use std::time::Duration;

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::UseCases;
use crate::domain::facts::CustomerFacts;
use crate::domain::model::ModelKind;
use crate::domain::portfolio::StageFlow;
use crate::domain::portfolio::metrics::{Counting, MetricsQuestion, PortfolioMetrics};
use crate::domain::portfolio::months::Window;
use crate::domain::tenure::retention_outlook::{OutlookPage, OutlookQuestion};
use crate::store::{CustomerPage, CustomerQuery, ScoringRun, Totals, TransitionPage};

/// The portfolio added up, and the latest run.
#[derive(Debug)]
pub struct Portfolio {
    /// The totals.
    pub totals: Totals,
    /// The latest run.
    pub latest_run: Option<ScoringRun>,
}

impl UseCases {
    /// Begins to score the whole portfolio, or joins the run that goes on.
    pub async fn start_scoring(&self) -> Result<ScoringRun, Refusal> {
        self.latest_scoring().await?;
        self.begin_scoring().await?;
        self.wake.notify_waiters();
        self.get_scoring(None).await
    }

    /// Says how far a run is, the latest when none is named.
    pub async fn get_scoring(&self, number: Option<u64>) -> Result<ScoringRun, Refusal> {
        let found = self.store.scoring_run(number).await?;
        found.ok_or_else(|| {
            let message = "there is no such run: ask for the latest with number 0, or start one";
            Refusal::not_found("SCORING_RUN_NOT_FOUND", message)
                .with("number", number.unwrap_or_default())
        })
    }

    /// Adds the portfolio up.
    pub async fn get_portfolio(
        &self,
        deadline: Deadline,
        business_line: &str,
    ) -> Result<Portfolio, Refusal> {
        let read = async {
            Ok::<_, Refusal>(Portfolio {
                totals: self.store.totals(business_line).await?,
                latest_run: self.store.scoring_run(None).await?,
            })
        };
        tokio::time::timeout_at(deadline.instant().into(), read)
            .await
            .unwrap_or_else(|_| Err(too_slow()))
    }

    /// Reckons what the customers together come to, on the facts of all of them.
    pub async fn get_portfolio_metrics(
        &self,
        deadline: Deadline,
        business_line: String,
        window: Window,
    ) -> Result<(PortfolioMetrics, Vec<StageFlow>), Refusal> {
        let loaded = self.knowledge.current()?;
        let question = MetricsQuestion {
            business_line,
            window,
            as_of: self.now(),
        };
        let read = async {
            let flows = self.store.stage_flows(&question.business_line, window);
            let flows = flows.await?;
            let mut counting = Counting::new(question, &loaded.rules);
            let show = |facts: &CustomerFacts| {
                counting.add(facts);
                Ok(())
            };
            let unreadable = self.show_customers(1, |_| {}, show).await?;
            let unreadable = u32::try_from(unreadable).unwrap_or(u32::MAX);
            Ok::<_, Refusal>((counting.finish(unreadable), flows))
        };
        tokio::time::timeout_at(deadline.instant().into(), read)
            .await
            .unwrap_or_else(|_| Err(too_slow()))
    }

    /// Tells how long contractual customers stay, by the retention model in use.
    pub fn get_retention_curves(&self, question: &OutlookQuestion) -> Result<OutlookPage, Refusal> {
        let loaded = self.knowledge.current()?;
        let Some(curves) = &loaded.models.retention else {
            let message =
                "no retention model is in use: `rekindle model fit retention --activate` fits one";
            return Err(Refusal::refused("NO_MODEL_IN_USE", message)
                .with("kind", ModelKind::Retention.key()));
        };
        let outlook = curves.outlook(question, &loaded.rules);
        outlook.map_err(Refusal::internal)
    }

    /// Lists the customers in a stage.
    pub async fn list_customers(
        &self,
        deadline: Deadline,
        query: &CustomerQuery,
    ) -> Result<CustomerPage, Refusal> {
        Ok(self.store.customers(deadline, query).await?)
    }

    /// Lists how a customer's stage changed.
    pub async fn list_transitions(
        &self,
        deadline: Deadline,
        customer_id: &str,
        before: Option<i32>,
        size: u32,
    ) -> Result<TransitionPage, Refusal> {
        let page = self.store.transitions(deadline, customer_id, before, size);
        Ok(page.await?)
    }
}

fn too_slow() -> Refusal {
    let message = "the portfolio could not be added up in time: allow more time";
    Refusal::unavailable("STORAGE_UNAVAILABLE", message, Duration::from_secs(1))
}
