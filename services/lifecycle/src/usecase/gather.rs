//! Reads what a fit rests on, page by page.

use std::collections::BTreeMap;

use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use statistics::refusal::InputRefusal;

use super::UseCases;
use super::fit_model::{Steps, refused};
use crate::domain::facts::{CustomerFacts, Relationship};
use crate::domain::model::basis::Basis;
use crate::domain::model::fit_refusal::{FitRefusal, field_of};
use crate::domain::model::ticket::Ticket;
use crate::domain::propensity::sample::PropensitySample;
use crate::domain::propensity::watch::Watch;
use crate::domain::purchase::buyer::Buyer;
use crate::domain::purchase::sample::{LineSpan, PurchaseSample};
use crate::domain::tenure::life_table_fit::Tally;
use crate::domain::tenure::retention_sample::RetentionSample;
use crate::store::PageKey;

/// How many customers' facts are read at once.
const FACTS_PAGE: u32 = 2_000;

impl UseCases {
    /// Counts how long subscriptions and gaps lasted.
    pub(super) async fn count(&self, steps: &Steps) -> Result<Tally, Refusal> {
        let ends = self.store.observation_ends().await?;
        let total = self.store.observation_count().await?;
        let (mut tally, mut done) = (Tally::default(), 0);
        steps.tell_count(done, total);
        let mut after = Some(PageKey::default());
        while let Some(key) = after {
            let (exposures, next) = self.store.exposures(&key).await?;
            for exposure in exposures {
                done += 1;
                // A line that came up since the ends were read is left to the next fit.
                if let Some(end) = ends.get(&exposure.business_line) {
                    tally.add_exposure(&exposure, *end);
                }
            }
            steps.tell_count(done, total);
            after = next;
        }
        let mut after = Some(PageKey::default());
        while let Some(key) = after {
            let (histories, next) = self.store.histories(&key).await?;
            for history in histories {
                done += 1;
                if let Some(end) = ends.get(&history.business_line) {
                    tally.add_history(&history, *end);
                }
            }
            steps.tell_count(done, total);
            after = next;
        }
        Ok(tally)
    }

    /// Counts how long contractual subscriptions lasted, until now and until a horizon before.
    pub(super) async fn gather_tenures(&self, steps: &Steps) -> Result<RetentionSample, Refusal> {
        let knowledge = self.knowledge.current()?;
        let ends = self.store.observation_ends().await?;
        let total = self.store.observation_count().await?;
        let (mut sample, mut done) = (RetentionSample::default(), 0);
        let mut after = Some(PageKey::default());
        while let Some(key) = after {
            steps.tell_count(done, total);
            let (exposures, next) = self.store.exposures(&key).await?;
            for exposure in exposures {
                done += 1;
                let rules = knowledge.rules.of_line(&exposure.business_line);
                if let Some(end) = ends.get(&exposure.business_line) {
                    sample.add(&exposure, *end, rules.risk_horizon_days);
                }
            }
            after = next;
        }
        Ok(sample)
    }

    /// Gathers the purchases of each non-contractual line.
    pub(super) async fn gather_purchases(
        &self,
        steps: &Steps,
        basis: &mut Basis,
    ) -> Result<PurchaseSample, Refusal> {
        let spans = self.line_spans().await?;
        let mut sample = PurchaseSample::default();
        basis.left_out += self
            .each_customer(steps, |facts| {
                let refuse = |refusal| not_believable(facts, &refusal);
                let Some(buyer) = Buyer::of(facts).map_err(refuse)? else {
                    return Ok(());
                };
                for line in lines_bought_from(facts) {
                    if let Some(span) = spans.get(line) {
                        let ticket = Ticket::of(&facts.customer_id);
                        sample.add(ticket, line, *span, &buyer).map_err(refuse)?;
                    }
                }
                Ok(())
            })
            .await?;
        Ok(sample)
    }

    /// Gathers the contractual customers of each line, and whether they left within the last horizon
    /// of risk.
    pub(super) async fn gather_labelled(
        &self,
        steps: &Steps,
        basis: &mut Basis,
    ) -> Result<PropensitySample, Refusal> {
        let knowledge = self.knowledge.current()?;
        let ends = self.store.observation_ends().await?;
        let watch = |(line, end): (String, Timestamp)| {
            let horizon_days = knowledge.rules.of_line(&line).risk_horizon_days;
            Some((line, Watch::before(end, horizon_days)?))
        };
        let watches: BTreeMap<String, Watch> = ends.into_iter().filter_map(watch).collect();
        let mut sample = PropensitySample::default();
        basis.left_out += self
            .each_customer(steps, |facts| {
                sample.add(facts, &watches);
                Ok(())
            })
            .await?;
        Ok(sample)
    }

    /// Shows the facts of every customer that was taken over, in the order of their ids, and returns
    /// how many have none that can be read.
    async fn each_customer(
        &self,
        steps: &Steps,
        show: impl FnMut(&CustomerFacts) -> Result<(), FitRefusal>,
    ) -> Result<u64, Refusal> {
        let total = self.store.observed_customer_count().await?;
        self.show_customers(1, |done| steps.tell_count(done, total), show)
            .await
    }

    /// Shows the facts of every customer, or of one in so many, as they were last taken over: what
    /// portfolio scoring reads.
    pub(super) async fn show_customers(
        &self,
        one_in: u64,
        mut tell: impl FnMut(u64),
        mut show: impl FnMut(&CustomerFacts) -> Result<(), FitRefusal>,
    ) -> Result<u64, Refusal> {
        let (mut after, mut done, mut unreadable) = (String::new(), 0, 0);
        loop {
            tell(done);
            let page = self.store.facts_page(&after, FACTS_PAGE, one_in).await?;
            unreadable += page.unreadable_count;
            done += page.unreadable_count + u64::try_from(page.facts.len()).unwrap_or(0);
            for facts in &page.facts {
                show(facts).map_err(|refusal| refused(&refusal))?;
            }
            let Some(last) = page.last else {
                return Ok(unreadable);
            };
            after = last;
        }
    }

    /// Finds out what the observation of each non-contractual line spans.
    pub(super) async fn line_spans(&self) -> Result<BTreeMap<String, LineSpan>, Refusal> {
        let knowledge = self.knowledge.current()?;
        let first_days = self.store.first_purchase_days().await?;
        let ends: BTreeMap<String, Timestamp> = self.store.observation_ends().await?;
        let spans = first_days.into_iter().filter_map(|(line, first_day)| {
            let end = *ends.get(&line)?;
            let rules = knowledge.rules.of_line(&line);
            let span = LineSpan::until(first_day, end, rules.lost_after_days);
            let span = span.with_opportunities(rules.opportunity_days);
            Some((line, span))
        });
        Ok(spans.collect())
    }
}

/// Names the non-contractual lines of a customer, each once.
pub(super) fn lines_bought_from(facts: &CustomerFacts) -> Vec<&str> {
    let mut lines: Vec<&str> = facts
        .subscriptions
        .iter()
        .filter(|subscription| subscription.relationship == Relationship::NonContractual)
        .map(|subscription| subscription.business_line.as_str())
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

pub(super) fn not_believable(facts: &CustomerFacts, refusal: &InputRefusal) -> FitRefusal {
    FitRefusal::NotBelievable {
        customer_id: facts.customer_id.clone(),
        field: field_of(refusal),
        problem: refusal.to_string(),
    }
}
