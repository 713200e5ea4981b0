//! A catalogue as its authors wrote it: every value read, nothing checked against the rest yet.
//!
//! What could not be read is absent; it is reported already and does not hide what else is wrong.

use kernel::id::OfferKey;
use kernel::time::Date;

use super::authority::AuthorityDraft;
use super::{Benefit, CostModel, Learning, Lever, OfferState, Reason, ReferencePrice, StagePrior};
use crate::domain::budget::BudgetKey;
use crate::domain::contact_policy::{Cap, Rest};
use crate::domain::occasion::Belief;
use crate::domain::predicate::draft::Draft;
use crate::domain::problem::{Place, Placed};
use crate::domain::request::{Authority, Occasion};
use crate::domain::serial_saver::SerialSavers;

/// A catalogue as written.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogueDraft {
    /// Where the first file starts, for what is missing altogether.
    pub start: Place,
    /// The language every offer must have.
    pub default_language: Option<String>,
    /// The named rules.
    pub rules: Vec<(Placed<String>, Draft)>,
    /// The reasons.
    pub reasons: Vec<Placed<Reason>>,
    /// What agents may grant, by level.
    pub authority: AuthorityDraft,
    /// What new customers pay.
    pub reference_prices: Vec<Placed<ReferencePrice>>,
    /// The languages that the desk speaks.
    pub languages: Vec<String>,
    /// What to say and not to say.
    pub guidance: Vec<GuidanceDraft>,
    /// Who should take which call.
    pub routing: Vec<RoutingDraft>,
    /// The offers.
    pub offers: Vec<OfferDraft>,
    /// The caps of the contact policy.
    pub caps: Vec<Placed<Cap>>,
    /// The cool-downs of the contact policy.
    pub cool_downs: Vec<Placed<Rest>>,
    /// The bands of serial savers.
    pub serial_savers: Option<Placed<SerialSavers>>,
    /// The beliefs by occasion.
    pub occasions: Vec<(Placed<Occasion>, Belief)>,
    /// How it is found out what works.
    pub learning: Option<Placed<Learning>>,
}

/// An offer as written.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferDraft {
    /// Names it over all versions.
    pub key: Placed<OfferKey>,
    /// How it works.
    pub lever: Option<Placed<Lever>>,
    /// Whether it is offered at present.
    pub state: OfferState,
    /// On which occasions it is made.
    pub occasions: Vec<Occasion>,
    /// It makes good for something that went wrong.
    pub owed: bool,
    /// The texts.
    pub texts: Vec<TextDraft>,
    /// Everything about the customer.
    pub eligibility: Option<Draft>,
    /// Everything about the call.
    pub applicability: Option<Draft>,
    /// Everything about what is good for them.
    pub suitability: Option<Draft>,
    /// What it gives.
    pub benefit: Option<Placed<Benefit>>,
    /// What it costs.
    pub cost: Option<Placed<CostModel>>,
    /// The budget that pays for it, where one is written.
    pub budget: Option<BudgetKey>,
    /// Who may grant it.
    pub minimum_authority: Option<Authority>,
    /// For how long a presented offer is honoured.
    pub hold_minutes: Option<u32>,
    /// How well it is believed to work.
    pub priors: Option<PriorsDraft>,
    /// Days until it may be offered again after a refusal, where that is written.
    pub after_refusal_days: Option<u32>,
    /// Days until it may be offered again after an acceptance, where that is written.
    pub after_acceptance_days: Option<u32>,
    /// The next review is due on this day.
    pub review_due: Option<Date>,
}

/// A line by language as written.
pub type LinesDraft = Vec<(Placed<String>, Placed<String>)>;

/// An entry of guidance as written.
#[derive(Clone, Debug, PartialEq)]
pub struct GuidanceDraft {
    /// Names it.
    pub key: Placed<String>,
    /// Where it holds.
    pub when: Option<Draft>,
    /// What to say.
    pub say: LinesDraft,
    /// What not to say.
    pub do_not_say: LinesDraft,
}

/// A row of routing as written.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingDraft {
    /// Names it, and says why in short.
    pub key: Placed<String>,
    /// Where it holds.
    pub when: Option<Draft>,
    /// The team.
    pub team: Option<String>,
    /// The least authority.
    pub authority: Option<Authority>,
    /// Why, in words.
    pub why: LinesDraft,
}

/// The texts of one language as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextDraft {
    /// The language, BCP 47.
    pub language: Placed<String>,
    /// The title.
    pub title: Option<String>,
    /// What it is, in one sentence.
    pub summary: Option<Placed<String>>,
    /// What the agent may say.
    pub script: Option<Placed<String>>,
}

/// The beliefs about an offer as written.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorsDraft {
    /// For every reason without its own.
    pub default: Option<Placed<StageDraft>>,
    /// By category of the reason stated.
    pub by_category: Vec<(Placed<String>, Option<Placed<StageDraft>>)>,
    /// As how many calls the belief counts.
    pub weight: f64,
}

/// The chances of three stages as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageDraft {
    /// That the customer stays today.
    pub stay: f64,
    /// That they are here at 30 days.
    pub here_30_days: f64,
    /// That it lasts; may be left out for discounts.
    pub durable: Option<f64>,
}

impl StageDraft {
    /// Fills in what may be left out: that a discount lasts is doubted until shown.
    pub fn complete(self, lever: Lever) -> Option<StagePrior> {
        let doubted = (lever == Lever::PriceDiscount).then_some(StagePrior::DISCOUNT_LASTS);
        Some(StagePrior {
            stay: self.stay,
            here_30_days: self.here_30_days,
            durable: self.durable.or(doubted)?,
        })
    }
}
