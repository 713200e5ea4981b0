//! Explaining a decision: the record, and whether deciding again agrees with it.

use kernel::id::{CustomerId, DecisionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::active::Active;
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::{Inputs, Record};
use crate::domain::direction::{Directions, direct};
use crate::domain::draw_told::{DrawnArm, told};
use crate::domain::facts::Facts;
use crate::domain::policy::PolicySet;
use crate::domain::posterior::Posterior;
use crate::domain::qualification::{Call, obstacles};
use crate::domain::verdict::Verdict;
use crate::store::Store;

/// The use case.
#[derive(Clone)]
pub struct ExplainDecision {
    /// The save desk's tables.
    pub store: Store,
    /// The catalogues and policies, those of the past too.
    pub active: Active,
}

/// A decision explained.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What was decided, and on what.
    pub record: Record,
    /// The facts that the rules saw.
    pub facts: Facts,
    /// For each verdict of the record, everything that speaks against the offer: code and words.
    pub grounds: Vec<Vec<(String, String)>>,
    /// Deciding again on the stored inputs gives the same record, byte for byte.
    pub replay_agrees: bool,
    /// What the agent was told beside the offers.
    pub directions: Directions,
    /// What was drawn, and out of what; absent where nothing was learnt by then.
    pub draw: Option<ExplainedDraw>,
}

/// A draw explained.
#[derive(Clone, Debug)]
pub struct ExplainedDraw {
    /// The version of what was learnt.
    pub learned_version: u64,
    /// The arms, by key.
    pub arms: Vec<DrawnArm>,
}

impl ExplainDecision {
    /// Reads a decision and decides it again, with the versions it was made with.
    pub async fn handle(
        &self,
        customer_id: &CustomerId,
        decision_id: DecisionId,
        deadline: Deadline,
    ) -> Result<Explanation, Refusal> {
        let stored = self
            .store
            .decision(customer_id, decision_id, deadline)
            .await?
            .ok_or_else(|| {
                Refusal::not_found(
                    "DECISION_NOT_FOUND",
                    "the customer has no such decision: check both ids",
                )
                .with("decision_id", decision_id)
            })?;
        let record = stored.record.clone();
        let catalogue = self
            .active
            .catalogue(record.catalogue_version, deadline)
            .await?;
        let policy = self.active.policy(record.policy_version, deadline).await?;
        let learned = match record.learned_version {
            Some(version) => {
                let learned = self.active.learned(version, &catalogue, deadline).await?;
                Some(learned)
            }
            None => None,
        };
        let inputs = record.inputs(&catalogue, &policy);
        let call = call(&inputs).map(|call| call.under(&record.decision.policy));
        Ok(Explanation {
            grounds: call
                .as_ref()
                .map_or_else(Vec::new, |call| grounds(call, &record)),
            facts: call.map_or_else(Facts::new, |call| call.facts),
            replay_agrees: stored.is(&record.replayed(&catalogue, &policy, learned.as_deref()))?,
            directions: direct(&inputs, &record.decision),
            draw: learned.and_then(|learned| draw(&record, &catalogue, &policy, &learned)),
            record,
        })
    }
}

/// What was believed when it was drawn.
fn draw(
    record: &Record,
    catalogue: &Catalogue,
    policy: &PolicySet,
    learned: &Posterior,
) -> Option<ExplainedDraw> {
    let inputs = record.inputs_learned(catalogue, policy, Some(learned));
    let drawn = record.decision.drawn.as_ref()?;
    Some(ExplainedDraw {
        learned_version: learned.version,
        arms: told(&call(&inputs)?, drawn)?,
    })
}

/// The call as it was then; absent when the customer was not known.
fn call<'a>(inputs: &'a Inputs<'a>) -> Option<Call<'a>> {
    let (customer, subscription) = (inputs.customer?, inputs.subscription()?);
    Some(Call::new(inputs, customer, subscription, inputs.stated()))
}

fn grounds(call: &Call<'_>, record: &Record) -> Vec<Vec<(String, String)>> {
    let verdicts = record.decision.verdicts.iter();
    verdicts.map(|verdict| against(call, verdict)).collect()
}

/// What speaks against one offer. What was recorded stands, whatever is found by now.
fn against(call: &Call<'_>, verdict: &Verdict) -> Vec<(String, String)> {
    let Some(recorded) = &verdict.code else {
        return Vec::new();
    };
    if let Some(score) = &verdict.score {
        return vec![(recorded.to_string(), score.money(score.gain).to_string())];
    }
    let offer = call.catalogue.offer(&verdict.offer_key);
    let found = offer.map_or_else(Vec::new, |offer| obstacles(call, offer));
    let mut grounds: Vec<_> = found
        .into_iter()
        .map(|(code, words)| (code.to_owned(), words))
        .collect();
    if !grounds.iter().any(|(code, _)| code == recorded) {
        grounds.insert(0, (recorded.to_string(), String::new()));
    }
    grounds
}
