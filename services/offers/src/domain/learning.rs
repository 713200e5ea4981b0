//! Arbitration that learns: arms, what they are worth to a call, and the choice between them.
//!
//! What is learnt is [`statistics::selection`]'s: how likely each offer keeps a customer of a
//! segment, stage by stage. What a kept customer is worth is [`arbitration`](super::arbitration)'s.
//! Here both meet: an arm is an offer of the catalogue or no offer at all, its family is the lever,
//! and the choice is drawn with a seed, so that it is found again from the record.

use kernel::id::OfferKey;
use statistics::selection::{
    ArmPrior, Contender, Exploration, Ladder, LadderRefusal, SegmentDraws, StageValues, pick,
    propensities, shares_won,
};

use super::arbitration::{Scored, Stages};
use super::catalogue::{Catalogue, StagePrior};

/// The arm that offers nothing.
pub const NOTHING: usize = 0;

/// As how many calls the belief about offering nothing counts.
const NOTHING_WEIGHT: f64 = 10.0;

/// The arms of a catalogue: none at all, and its offers in the order of their keys.
#[derive(Clone, Debug)]
pub struct Arms {
    keys: Vec<OfferKey>,
}

impl Arms {
    /// Numbers the offers of a catalogue.
    pub fn new(catalogue: &Catalogue) -> Self {
        let offers = catalogue.offers();
        Self {
            keys: offers.map(|offer| offer.key.clone()).collect(),
        }
    }

    /// The arm of an offer; absent where the catalogue did not have it.
    pub fn arm(&self, key: &OfferKey) -> Option<usize> {
        self.keys.binary_search(key).ok().map(|place| place + 1)
    }

    /// The offer of an arm; absent for no offer.
    pub fn offer(&self, arm: usize) -> Option<&OfferKey> {
        self.keys.get(arm.checked_sub(1)?)
    }
}

/// What the catalogue believes of its arms, for segments of which the group is given. A chance of
/// exactly zero or one would never be corrected, and is taken as next to it.
pub fn ladder(
    catalogue: &Catalogue,
    nothing: StagePrior,
    groups: Vec<usize>,
) -> Result<Ladder, LadderRefusal> {
    let nothing = ArmPrior {
        chances: chances(nothing),
        weight: NOTHING_WEIGHT,
        family: 0,
    };
    let arms = catalogue.offers().map(|offer| ArmPrior {
        chances: chances(offer.priors.default),
        weight: offer.priors.weight,
        family: 1 + offer.lever as usize,
    });
    Ladder::new(std::iter::once(nothing).chain(arms).collect(), groups)
}

pub(super) fn chances(prior: StagePrior) -> [f64; 3] {
    const LEAST: f64 = 1e-3;
    [prior.stay, prior.here_30_days, prior.durable].map(|chance| chance.clamp(LEAST, 1.0 - LEAST))
}

/// The arms that a call may be offered: nothing, and what qualified. What is owed is owed whatever
/// was learnt and is no arm.
pub fn contenders(nothing: Stages, scored: &[Scored<'_>], arms: &Arms) -> Vec<Contender> {
    let nothing = Contender {
        arm: NOTHING,
        values: StageValues {
            first_month: nothing.first_month,
            window: nothing.window,
            after: nothing.after,
            cost: 0.0,
        },
    };
    let offers = scored.iter().filter(|scored| !scored.owed);
    let offers = offers.filter_map(|scored| {
        let arm = arms.arm(&scored.offer.key)?;
        let values = values(scored);
        Some(Contender { arm, values })
    });
    std::iter::once(nothing).chain(offers).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts up to 10^12 minor units are exact in a double"
)]
fn values(scored: &Scored<'_>) -> StageValues {
    let terms = &scored.terms;
    StageValues {
        first_month: terms.first_month as f64,
        window: terms.window as f64,
        after: terms.after as f64,
        cost: scored.cost.minor as f64,
    }
}

/// What was learnt of the segment of a call, and how it is used.
#[derive(Clone, Copy, Debug)]
pub struct Learned<'a> {
    /// What is believed of each arm.
    pub draws: &'a SegmentDraws,
    /// What a unit of a budget must return beside itself.
    pub price: f64,
    /// How often something else is chosen than what seems best.
    pub exploration: Exploration,
}

/// What was drawn, and out of what.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The arm.
    pub arm: usize,
    /// With which probability it was drawn.
    pub propensity: f64,
    /// With which probability each contender would have been.
    pub propensities: Vec<f64>,
}

/// Draws one of the contenders; the same seed draws the same one. Nothing is among them, first.
pub fn choose(contenders: &[Contender], learned: &Learned<'_>, seed: u64) -> Choice {
    let shares = shares_won(learned.draws, contenders, learned.price);
    let propensities = propensities(&shares, learned.exploration, NOTHING);
    let place = pick(&propensities, seed);
    Choice {
        arm: contenders
            .get(place)
            .map_or(NOTHING, |contender| contender.arm),
        propensity: propensities.get(place).copied().unwrap_or(1.0),
        propensities,
    }
}
