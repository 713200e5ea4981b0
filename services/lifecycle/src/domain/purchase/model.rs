//! Purchase models: whether the customers of each line are still there, how often they will buy, for
//! how much, and what calling the silent ones lost would have cost.

use std::collections::BTreeMap;

use kernel::money::Currency;
use serde::{Deserialize, Serialize};
use statistics::purchases::beta_geometric::{BetaGeometric, DropOut};
use statistics::purchases::gamma_gamma::GammaGamma;
use statistics::purchases::pareto_nbd::ParetoNbd;
use statistics::purchases::purchase_model::{DiscountRate, Horizon, PurchaseModel};
use statistics::purchases::purchase_summary::PurchaseSummary;

use super::buyer::Spend;
use super::occasions::FittedOccasions;
use crate::domain::model::bins::Bins;
use crate::domain::model::report::{Figure, GroupReport, SearchEnd};
use crate::domain::model::standard_errors::StandardErrors;

/// The name of the group of everybody together.
pub const EVERYBODY: &str = "all";

/// The family of a purchase model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PurchaseFamily {
    /// May drop out after the first purchase, too.
    #[default]
    MbgNbd,
    /// Drops out after a repeat purchase only.
    BgNbd,
    /// Drops out at any time.
    ParetoNbd,
}

/// A fitted model of any family.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnyPurchaseModel {
    /// BG/NBD or MBG/NBD.
    BetaGeometric(BetaGeometric),
    /// Pareto/NBD.
    ParetoNbd(ParetoNbd),
}

impl PurchaseModel for AnyPurchaseModel {
    fn probability_alive(&self, customer: &PurchaseSummary) -> f64 {
        match self {
            Self::BetaGeometric(model) => model.probability_alive(customer),
            Self::ParetoNbd(model) => model.probability_alive(customer),
        }
    }

    fn expected_if_alive(&self, frequency: u32, age: f64, horizon: Horizon) -> f64 {
        match self {
            Self::BetaGeometric(model) => model.expected_if_alive(frequency, age, horizon),
            Self::ParetoNbd(model) => model.expected_if_alive(frequency, age, horizon),
        }
    }

    fn discounted_if_alive(&self, frequency: u32, age: f64, rate: DiscountRate) -> f64 {
        match self {
            Self::BetaGeometric(model) => model.discounted_if_alive(frequency, age, rate),
            Self::ParetoNbd(model) => model.discounted_if_alive(frequency, age, rate),
        }
    }

    fn alive_is_dear(&self) -> bool {
        match self {
            Self::BetaGeometric(model) => model.alive_is_dear(),
            Self::ParetoNbd(model) => model.alive_is_dear(),
        }
    }
}

impl AnyPurchaseModel {
    /// Returns the parameters with their names.
    pub fn parameters(&self) -> ([&'static str; 4], [f64; 4]) {
        match self {
            Self::BetaGeometric(model) => {
                let it = model.parameters();
                (["r", "alpha", "a", "b"], [it.r, it.alpha, it.a, it.b])
            }
            Self::ParetoNbd(model) => {
                let it = model.parameters();
                (["r", "alpha", "s", "beta"], [it.r, it.alpha, it.s, it.beta])
            }
        }
    }

    fn family(&self) -> &'static str {
        match self {
            Self::BetaGeometric(model) => match model.parameters().drop_out {
                DropOut::AfterRepeats => "bg_nbd",
                DropOut::AfterEvery => "mbg_nbd",
            },
            Self::ParetoNbd(_) => "pareto_nbd",
        }
    }
}

/// What customers of a group spend, in one currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpendModel {
    /// The model, in minor units.
    pub model: GammaGamma,
    /// The code of the currency.
    pub currency: String,
    /// The standard errors of its parameters.
    #[serde(default)]
    pub standard_errors: StandardErrors,
    /// The correlation of frequency and spend, which the model supposes to be none.
    pub correlation: f64,
    /// The logarithm of its likelihood.
    pub log_likelihood: f64,
}

/// What calling the silent ones lost would have cost, counted on customers who were watched since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FalseLost {
    /// The silence after which they are called lost.
    pub silence_days: u32,
    /// For how long they were watched.
    pub watched_days: u32,
    /// How many were called lost.
    pub called_lost: u32,
    /// How many of these came back.
    pub came_back: u32,
}

impl FalseLost {
    /// Returns the share of those called lost who came back; zero of none is zero.
    pub fn share(self) -> f64 {
        f64::from(self.came_back) / f64::from(self.called_lost.max(1))
    }
}

/// What was fitted for one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedPurchases {
    /// When and how often.
    pub model: AnyPurchaseModel,
    /// The logarithm of its likelihood.
    pub log_likelihood: f64,
    /// The standard errors of its parameters, where the likelihood tells them.
    pub standard_errors: Option<[f64; 4]>,
    /// How the search ended.
    pub search: SearchEnd,
    /// For how much.
    pub spend: Option<SpendModel>,
    /// Why it is not known for how much.
    pub no_spend_because: Option<String>,
}

/// One group of customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PurchaseGroup {
    /// How many were learnt from.
    pub customers: u64,
    /// How many there were; zero where it was not counted.
    #[serde(default)]
    pub seen: u64,
    /// Of how many of these one was learnt from, drawn by a hash of the id.
    #[serde(default = "every_one")]
    pub one_in: u64,
    /// How many of these bought again.
    pub repeaters: u64,
    /// The last day that was observed, counted from 1970-01-01.
    pub last_day: i32,
    /// What was fitted; absent where the group is told by everybody together.
    pub fitted: Option<FittedPurchases>,
    /// Why nothing was.
    pub pooled_because: Option<String>,
    /// What was fitted in its place, where customers buy at opportunities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasions: Option<FittedOccasions>,
    /// Why nothing was, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_occasions_because: Option<String>,
    /// What the rule of silence would have cost.
    pub false_lost: Option<FalseLost>,
    /// How the inputs were spread.
    pub inputs: BTreeMap<String, Bins>,
}

const fn every_one() -> u64 {
    1
}

/// The purchase models of a version, by line, and of everybody together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PurchaseSet {
    /// By business line.
    pub lines: BTreeMap<String, PurchaseGroup>,
    /// Everybody together.
    pub everybody: PurchaseGroup,
}

impl PurchaseSet {
    /// Finds what was fitted for a line, else for everybody.
    pub fn fitted(&self, business_line: &str) -> Option<&FittedPurchases> {
        let line = self.lines.get(business_line);
        line.and_then(|line| line.fitted.as_ref())
            .or(self.everybody.fitted.as_ref())
    }

    /// Finds what was fitted for the opportunities of a line.
    pub fn occasions(&self, business_line: &str) -> Option<&FittedOccasions> {
        self.lines.get(business_line)?.occasions.as_ref()
    }

    /// Finds what the rule of silence would have cost in a line.
    pub fn false_lost(&self, business_line: &str) -> Option<FalseLost> {
        self.lines.get(business_line)?.false_lost
    }

    /// Describes the model of each group.
    pub(in crate::domain) fn reports(&self) -> Vec<GroupReport> {
        let lines = self.lines.iter();
        let mut reports: Vec<GroupReport> = lines.map(|(line, group)| group.report(line)).collect();
        reports.push(self.everybody.report(EVERYBODY));
        reports
    }
}

impl PurchaseGroup {
    fn report(&self, name: &str) -> GroupReport {
        let mut report = GroupReport {
            group: name.to_owned(),
            family: "",
            sample_size: self.customers,
            parameters: Vec::new(),
            figures: Vec::new(),
            search: None,
            pooled_because: self.pooled_because.clone(),
        };
        if let Some(fitted) = &self.fitted {
            report.family = fitted.model.family();
            report.parameters = fitted.parameters();
            report.figures = fitted.figures();
            report.search = Some(fitted.search.clone());
        }
        let share = Figure::of_share(self.seen, self.one_in);
        report.figures.extend(share);
        if let Some(why) = &self.no_occasions_because {
            report.pooled_because = Some(format!("no model of opportunities: {why}"));
        }
        if let Some(occasions) = &self.occasions {
            occasions.tell(&mut report);
        }
        if let Some(lost) = self.false_lost {
            report.figures.extend([
                Figure::new("lost_silence_days", f64::from(lost.silence_days)),
                Figure::new("called_lost", f64::from(lost.called_lost)),
                Figure::new("false_lost_rate", lost.share()),
            ]);
        }
        report
    }
}

impl FittedPurchases {
    fn parameters(&self) -> Vec<Figure> {
        let (names, values) = self.model.parameters();
        let parameters = names.into_iter().zip(values);
        let parameters = parameters.map(|(name, value)| Figure::new(name, value));
        let errors = StandardErrors::of(self.standard_errors.map(Vec::from));
        let mut figures = errors.beside(parameters.collect());
        if let Some(spend) = &self.spend {
            let it = spend.model.parameters();
            let parameters = vec![
                Figure::new("spend_p", it.p),
                Figure::new("spend_q", it.q),
                Figure::new("spend_gamma", it.gamma),
            ];
            figures.extend(spend.standard_errors.beside(parameters));
        }
        figures
    }

    fn figures(&self) -> Vec<Figure> {
        let mut figures = vec![Figure::new("log_likelihood", self.log_likelihood)];
        if let Some(spend) = &self.spend {
            figures.push(Figure::new("spend_log_likelihood", spend.log_likelihood));
            figures.push(Figure::new("spend_correlation", spend.correlation));
        }
        figures
    }

    /// Returns what a purchase of somebody is expected to come to, in minor units: by the spend model
    /// where it speaks their currency, else by their own mean.
    pub fn expected_spend(&self, spend: &Spend) -> f64 {
        let by_model = self
            .spend
            .as_ref()
            .filter(|model| is_currency(spend.currency, &model.currency))
            .and_then(|model| model.model.expected_spend(&spend.summary));
        by_model.unwrap_or(spend.mean)
    }
}

fn is_currency(currency: Currency, code: &str) -> bool {
    currency.code() == code
}

/// The purchase models in use.
#[derive(Clone, Debug)]
pub struct PurchaseModels {
    /// The version of the model.
    pub version: u64,
    /// The models.
    pub set: PurchaseSet,
}
