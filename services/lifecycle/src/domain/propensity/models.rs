//! The propensity models in use, ours and others', line by line.

use std::collections::HashMap;

use kernel::time::Timestamp;
use statistics::propensity::drift::DriftCounts;
use statistics::propensity::schema::Row;

use super::features::{Features, features};
use super::{Propensity, PropensityGroup, PropensitySet, row_of, within};
use crate::domain::facts::{CustomerFacts, Relationship, Standing, Subscription};
use crate::domain::foreign::in_use::{ForeignGroup, ForeignInUse};
use crate::domain::propensity::contribution::ContributionMethod;

/// The propensity models in use.
#[derive(Clone, Debug, Default)]
pub struct PropensityModels {
    /// The version of the model.
    pub version: u64,
    /// The models of ours.
    pub ours: PropensitySet,
    /// The model of somebody else that goes before them in its lines.
    pub foreign: Option<ForeignInUse>,
}

/// The model of one line.
#[derive(Clone, Copy, Debug)]
pub enum LineModel<'a> {
    /// One of ours.
    Ours(&'a PropensityGroup),
    /// Somebody else's.
    Foreign(ForeignGroup<'a>),
}

/// What a foreign model says of many subscriptions, asked for together, as of one time. Reasons are
/// not among it.
#[derive(Clone, Debug)]
pub struct Answers {
    as_of: Timestamp,
    said: HashMap<(String, String), Option<f64>>,
}

impl PropensityModels {
    /// The models of a version that was fitted here.
    pub const fn of_ours(version: u64, ours: PropensitySet) -> Self {
        Self {
            version,
            ours,
            foreign: None,
        }
    }

    /// Says that nothing was learnt from the customers who are held out. Of a foreign model its owner
    /// must know.
    pub fn holds_out(&self) -> bool {
        let has_ours = self.ours.everybody.is_some() || !self.ours.lines.is_empty();
        self.ours.holds_out || !has_ours
    }

    /// Finds the model of a line: somebody else's, else ours of the line, else ours of everybody.
    pub fn line(&self, business_line: &str) -> Option<LineModel<'_>> {
        let foreign = self.foreign.as_ref();
        if let Some(group) = foreign.and_then(|foreign| foreign.group(business_line)) {
            return Some(LineModel::Foreign(group));
        }
        self.ours.group(business_line).map(LineModel::Ours)
    }

    /// Says whether a line has no model but that of everybody together.
    pub(super) fn is_told_by_everybody(&self, business_line: &str) -> bool {
        let foreign = self.foreign.as_ref();
        let is_foreign = foreign.is_some_and(|foreign| foreign.group(business_line).is_some());
        !is_foreign && !self.ours.lines.contains_key(business_line)
    }

    /// Asks the foreign model, where there is one, about all live subscriptions of its lines at once,
    /// which takes a fraction of the time of asking about each. Models of ours are not asked: they
    /// have nothing to gain.
    pub fn ask_beforehand<'f>(
        &self,
        customers: impl Iterator<Item = &'f CustomerFacts>,
        as_of: Timestamp,
    ) -> Option<Answers> {
        let foreign = self.foreign.as_ref()?;
        let (mut names, mut known) = (Vec::new(), Vec::new());
        for facts in customers {
            for subscription in &facts.subscriptions {
                let contractual = subscription.relationship == Relationship::Contractual;
                let live = subscription.standing(as_of) == Standing::Live;
                let served = foreign.group(&subscription.business_line).is_some();
                if contractual && live && served {
                    names.push(name(facts, subscription));
                    known.push(features(facts, subscription, as_of));
                }
            }
        }
        let said = foreign.ask(&known);
        Some(Answers {
            as_of,
            said: names.into_iter().zip(said).collect(),
        })
    }
}

impl LineModel<'_> {
    /// Returns the horizon within which customers left, or stayed.
    pub fn horizon_days(&self) -> u32 {
        match self {
            Self::Ours(group) => group.horizon_days,
            Self::Foreign(group) => group.line.horizon_days,
        }
    }

    /// Returns the day at whose end customers were looked at.
    pub fn landmark_day(&self) -> i32 {
        match self {
            Self::Ours(group) => group.landmark_day,
            Self::Foreign(group) => group.line.landmark_day,
        }
    }

    /// Begins to count customers beside those that the model was fitted or judged on.
    pub fn drift_counts(&self) -> DriftCounts<'_> {
        match self {
            Self::Ours(group) => DriftCounts::of(&group.model),
            Self::Foreign(group) => DriftCounts::of_spread(&group.line.inputs),
        }
    }

    /// Puts features in the places where [`Self::drift_counts`] counts them; `None` where they do not
    /// fit.
    pub fn row(&self, known: &Features<'_>) -> Option<Row> {
        let schema = match self {
            Self::Ours(group) => group.model.schema(),
            Self::Foreign(group) => group.line.inputs.schema(),
        };
        row_of(schema, known)
    }

    /// Scores a subscription at a time; `None` where what is known of it does not fit the model, or
    /// the model has no answer.
    pub fn score(
        &self,
        facts: &CustomerFacts,
        subscription: &Subscription,
        as_of: Timestamp,
        horizon_days: u32,
        answers: Option<&Answers>,
    ) -> Option<Propensity> {
        let group = match self {
            Self::Ours(group) => return group.score(facts, subscription, as_of, horizon_days),
            Self::Foreign(group) => group,
        };
        let Some(said) = answers.and_then(|it| it.said_of(facts, subscription, as_of)) else {
            return group.score(facts, subscription, as_of, horizon_days);
        };
        Some(Propensity {
            probability: within((*said)?, group.line.horizon_days, horizon_days),
            method: ContributionMethod::None,
            contributions: Vec::new(),
        })
    }

    /// Says with which chance each of many customers leaves within a horizon.
    pub fn chances(&self, customers: &[Features<'_>], horizon_days: u32) -> Vec<Option<f64>> {
        let own_days = self.horizon_days();
        let chances = self.probabilities(customers).into_iter();
        chances
            .map(|chance| Some(within(chance?, own_days, horizon_days)))
            .collect()
    }

    /// Says with which chance each of many customers leaves within the horizon of the model.
    pub fn probabilities(&self, customers: &[Features<'_>]) -> Vec<Option<f64>> {
        match self {
            Self::Ours(group) => {
                let probability = |row| group.model.probability(&row);
                let schema = group.model.schema();
                let rows = customers.iter().map(|known| row_of(schema, known));
                rows.map(|row| row.map(probability)).collect()
            }
            Self::Foreign(group) => group.ask(customers),
        }
    }
}

impl Answers {
    /// What was said of a subscription, if it was asked about.
    fn said_of(
        &self,
        facts: &CustomerFacts,
        subscription: &Subscription,
        as_of: Timestamp,
    ) -> Option<&Option<f64>> {
        if as_of != self.as_of {
            return None;
        }
        self.said.get(&name(facts, subscription))
    }
}

fn name(facts: &CustomerFacts, subscription: &Subscription) -> (String, String) {
    let customer = facts.customer_id.clone();
    (customer, subscription.subscription_id.clone())
}
