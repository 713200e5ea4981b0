//! What was learnt, as a version that every process serves, and what follows from it for a call.
//!
//! A version is counts, prices and a seed, so that it is small, readable and the same everywhere;
//! beliefs and draws follow from it and the catalogue. They are made once, not for each call. Offers
//! and segments are named, so that a version outlives the catalogue it was made with: what the
//! catalogue has no longer counts for nothing, and what it has since begins with what it believes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use kernel::id::{OfferKey, SessionId};
use kernel::money::Money;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use statistics::selection::{Beliefs, Count, Evidence, Exploration, Pooling, SegmentDraws, Stage};

use super::arbitration::NO_OFFER_PRIOR;
use super::budget::BudgetKey;
use super::catalogue::{Catalogue, Learning, Offer, StagePrior};
use super::catalogue_belief::{OfReasons, ladder_of, shifted};
use super::decision::NO_OFFER;
use super::learning::{Arms, Learned, NOTHING};
use super::qualification::Call;
use super::request::Occasion;

/// What a unit of a budget must return beside itself, by budget.
pub type Prices = BTreeMap<BudgetKey, f64>;

/// How many segments a category of reasons has: three tiers of value, and two of tenure.
const SEGMENTS_A_CATEGORY: usize = VALUE_TIERS * 2;
const VALUE_TIERS: usize = 3;

/// Calls that are learnt of together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The category of the reason stated.
    pub category: String,
    /// From zero, by the margin of a month.
    pub value_tier: usize,
    /// The customer has been here for long.
    pub long_term: bool,
}

impl Segment {
    /// Finds the segment of a call.
    pub fn of(
        learning: &Learning,
        category: &str,
        margin: Option<Money>,
        tenure_days: i64,
    ) -> Self {
        let (value_tier, long_term) = within(learning, margin, tenure_days);
        Self {
            category: category.to_owned(),
            value_tier,
            long_term,
        }
    }

    fn place(&self, categories: &[String]) -> Option<usize> {
        let within = (self.value_tier, self.long_term);
        place(categories, &self.category, within)
    }
}

fn place(categories: &[String], category: &str, within: (usize, bool)) -> Option<usize> {
    let (value_tier, long_term) = within;
    let category = categories.binary_search_by(|known| known.as_str().cmp(category));
    let within = value_tier * 2 + usize::from(long_term);
    (value_tier < VALUE_TIERS).then_some(category.ok()? * SEGMENTS_A_CATEGORY + within)
}

/// The tier of value, and whether somebody has been here for long. Whose worth nobody knows is in the
/// middle.
fn within(learning: &Learning, margin: Option<Money>, tenure_days: i64) -> (usize, bool) {
    let tier = margin.and_then(|margin| learning.value_tiers.tier(margin));
    let long_term = tenure_days >= learning.long_term_days();
    (tier.unwrap_or(VALUE_TIERS / 2), long_term)
}

/// What was seen of one arm in one segment; old calls count in part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The segment.
    pub segment: Segment,
    /// The key of an offer, or `no_offer`.
    pub arm: String,
    /// Of those who were offered it, how many stayed.
    pub stay: Count,
    /// Of those who stayed, how many were here at 30 days.
    pub here_30_days: Count,
    /// Of those who were, how many it lasted for.
    pub durable: Count,
}

/// A version of what was learnt. Never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedVersion {
    /// From one.
    pub version: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// The catalogue in force then.
    pub catalogue_version: u64,
    /// What was seen.
    pub evidence: Vec<Seen>,
    /// What a unit of each budget must return beside itself, where that is anything.
    pub prices: Prices,
    /// The seed of its draws.
    pub seed: u64,
}

/// What follows from a version for the calls that a catalogue answers.
#[derive(Debug)]
pub struct Posterior {
    /// The version.
    pub version: u64,
    /// The catalogue.
    pub catalogue_version: u64,
    prices: Prices,
    seed: u64,
    exploration: Exploration,
    categories: Vec<String>,
    arms: Arms,
    beliefs: Beliefs,
    draws: Vec<OnceLock<SegmentDraws>>,
    /// The reasons of which something else is believed than of their category.
    reasons: BTreeMap<String, OfReason>,
}

/// A reason of which something else is believed than of its category, where nothing is offered.
#[derive(Debug)]
struct OfReason {
    /// By how much, in log-odds at each stage.
    shifts: [f64; 3],
    /// For each segment of the category.
    draws: [OnceLock<SegmentDraws>; SEGMENTS_A_CATEGORY],
}

impl Posterior {
    /// Believes what the catalogue says, corrected by what was seen; absent where the catalogue says
    /// nothing about learning.
    pub fn new(catalogue: &Catalogue, learned: &LearnedVersion) -> Option<Self> {
        Self::with_pooling(catalogue, learned, &Pooling::default())
    }

    /// The same as wide as beliefs are, for people to read and to hold against what is seen. Choices are
    /// drawn from narrower ones, so that little is lost to trying what is most likely worse.
    pub(super) fn candid(catalogue: &Catalogue, learned: &LearnedVersion) -> Option<Self> {
        let candid = Pooling {
            sharpening: 1.0,
            ..Pooling::default()
        };
        Self::with_pooling(catalogue, learned, &candid)
    }

    fn with_pooling(
        catalogue: &Catalogue,
        learned: &LearnedVersion,
        pooling: &Pooling,
    ) -> Option<Self> {
        let learning = catalogue.learning.as_ref()?;
        let categories: Vec<String> = catalogue.reasons.categories().map(str::to_owned).collect();
        let of_category = |category| std::iter::repeat_n(category, SEGMENTS_A_CATEGORY);
        let groups: Vec<usize> = (0..categories.len()).flat_map(of_category).collect();
        let segments = groups.len();
        let unstated = catalogue.reasons.unstated();
        let nothing = unstated.map_or(NO_OFFER_PRIOR, |reason| reason.no_offer);
        let (ladder, of_reasons) = ladder_of(catalogue, nothing, &categories, groups).ok()?;
        let arms = Arms::new(catalogue);
        let mut evidence = Evidence::none(&ladder);
        for seen in &learned.evidence {
            seen.add_to(&mut evidence, &categories, &arms);
        }
        Some(Self {
            version: learned.version,
            catalogue_version: catalogue.version,
            prices: learned.prices.clone(),
            seed: learned.seed,
            exploration: Exploration {
                floor: learning.floor,
                // Who is held out does not hang on the call, and comes after the choice.
                holdout: 0.0,
            },
            categories,
            arms,
            beliefs: Beliefs::new(&ladder, &evidence, pooling),
            draws: (0..segments).map(|_| OnceLock::new()).collect(),
            reasons: with_draws(of_reasons),
        })
    }

    /// Draws for every segment, so that no call waits for it.
    pub fn draw_all(&self, catalogue: &Catalogue) {
        for segment in 0..self.draws.len() {
            self.draws(segment);
        }
        for (key, reason) in &self.reasons {
            let category = catalogue.reason(key).map(|stated| &stated.category);
            let category = category.and_then(|it| self.categories.binary_search(it).ok());
            for within in 0..SEGMENTS_A_CATEGORY {
                let segment = category.map(|category| category * SEGMENTS_A_CATEGORY + within);
                segment.and_then(|segment| self.draws_of(segment, reason));
            }
        }
    }

    /// The number of an arm with its mean chances and draws in a segment; absent where there is no such
    /// arm or segment.
    pub(super) fn cell(&self, of: &Segment, arm: &str) -> Option<(usize, [f64; 3], &SegmentDraws)> {
        let segment = of.place(&self.categories)?;
        let arm = arm_named(arm, &self.arms)?;
        let means = self.beliefs.means(segment, arm);
        Some((arm, means, self.draws(segment)?))
    }

    fn draws(&self, segment: usize) -> Option<&SegmentDraws> {
        let draws = self.draws.get(segment)?;
        Some(draws.get_or_init(|| self.beliefs.draw(segment, self.seed)))
    }

    /// The draws for those of a segment who leave for a reason that is not like its category.
    fn draws_of<'a>(&'a self, segment: usize, reason: &'a OfReason) -> Option<&'a SegmentDraws> {
        let of_segment = self.draws(segment)?;
        let own = &reason.draws[segment % SEGMENTS_A_CATEGORY];
        Some(own.get_or_init(|| of_segment.with_shift(NOTHING, reason.shifts)))
    }
}

fn with_draws(of_reasons: OfReasons) -> BTreeMap<String, OfReason> {
    let reasons = of_reasons.into_iter().map(|(key, shifts)| {
        let draws = [const { OnceLock::new() }; SEGMENTS_A_CATEGORY];
        (key, OfReason { shifts, draws })
    });
    reasons.collect()
}

impl Seen {
    /// What is no count, or of nothing that the catalogue has, is left out.
    fn add_to(&self, evidence: &mut Evidence, categories: &[String], arms: &Arms) {
        let arm = arm_named(&self.arm, arms);
        let (Some(segment), Some(arm)) = (self.segment.place(categories), arm) else {
            return;
        };
        let counts = [self.stay, self.here_30_days, self.durable];
        for (stage, count) in Stage::ALL.into_iter().zip(counts) {
            let sound =
                count.calls.is_finite() && count.successes >= 0.0 && count.successes <= count.calls;
            if sound {
                evidence.add_count(stage, segment, arm, count);
            }
        }
    }
}

fn arm_named(name: &str, arms: &Arms) -> Option<usize> {
    match name {
        NO_OFFER => Some(NOTHING),
        key => arms.arm(&OfferKey::parse(key).ok()?),
    }
}

/// What a decision is given of what was learnt.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What is believed.
    pub posterior: &'a Posterior,
    /// The seed of the choice.
    pub seed: u64,
}

/// The seed of the choices of a session. All steps of a call draw the same number, so that asking
/// again until something else is drawn does not help.
pub fn seed_of(session_id: SessionId) -> u64 {
    let (high, low) = session_id.as_uuid().as_u64_pair();
    high.rotate_left(32) ^ low
}

/// What was learnt of the segment of a call.
#[derive(Clone, Copy, Debug)]
pub struct Believed<'a> {
    given: Given<'a>,
    segment: usize,
    /// The reason, where something else is believed of it than of its category.
    reason: Option<&'a OfReason>,
}

/// Finds what was learnt of calls like this one; absent where nothing is learnt of them.
pub fn believed<'a>(call: &Call<'a>) -> Option<Believed<'a>> {
    let given = call.inputs.learned?;
    let learning = call.catalogue.learning.as_ref()?;
    if call.inputs.request.occasion != Occasion::CancelCall {
        return None;
    }
    let stated = call.stated?;
    let margin = call.subscription.score.map(|score| score.monthly_margin);
    let tenure_days = call.customer.tenure_days(call.inputs.now);
    let within = within(learning, margin, tenure_days);
    Some(Believed {
        given,
        segment: place(&given.posterior.categories, &stated.category, within)?,
        reason: given.posterior.reasons.get(&stated.key),
    })
}

impl<'a> Believed<'a> {
    /// What is believed of an offer; absent where the catalogue does not have it.
    pub fn of(&self, key: &OfferKey) -> Option<StagePrior> {
        Some(self.mean(self.given.posterior.arms.arm(key)?))
    }

    /// What is believed of offering nothing.
    pub fn of_nothing(&self) -> StagePrior {
        self.mean(NOTHING)
    }

    /// How likely each stage of an arm is believed to be.
    pub fn chances(&self, arm: usize) -> [f64; 3] {
        let means = self.given.posterior.beliefs.means(self.segment, arm);
        match self.reason {
            Some(reason) if arm == NOTHING => shifted(means, reason.shifts),
            _ => means,
        }
    }

    /// What a unit of what pays for an offer must return beside itself; nothing where no budget does.
    pub fn price(&self, offer: &Offer) -> f64 {
        let budget = offer.budget.as_ref();
        let price = budget.and_then(|budget| self.given.posterior.prices.get(budget));
        price.copied().unwrap_or(0.0).max(0.0)
    }

    /// The offers by number.
    pub const fn arms(&self) -> &'a Arms {
        &self.given.posterior.arms
    }

    /// The seed of the choice.
    pub const fn seed(&self) -> u64 {
        self.given.seed
    }

    /// What is needed to choose.
    pub fn learned(&self) -> Option<Learned<'a>> {
        let posterior = self.given.posterior;
        Some(Learned {
            draws: match self.reason {
                Some(reason) => posterior.draws_of(self.segment, reason)?,
                None => posterior.draws(self.segment)?,
            },
            // Contenders cost what their budgets ask for.
            price: 1.0,
            exploration: posterior.exploration,
        })
    }

    fn mean(&self, arm: usize) -> StagePrior {
        let [stay, here_30_days, durable] = self.chances(arm);
        StagePrior {
            stay,
            here_30_days,
            durable,
        }
    }
}
