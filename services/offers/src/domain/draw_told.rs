//! A draw explained: what was believed of each arm that could have come first, and what its budget
//! asked for.

use super::catalogue::StagePrior;
use super::decision::NO_OFFER;
use super::draw::Drawn;
use super::posterior::Believed;
use super::qualification::Call;

/// An arm of a draw.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnArm {
    /// The key of the offer, or `no_offer`.
    pub arm: String,
    /// With which probability it would have been drawn.
    pub propensity: f64,
    /// It was drawn.
    pub drawn: bool,
    /// What was believed of it on calls like this one.
    pub believed: StagePrior,
    /// What a unit of the budget that pays for it had to return beside itself.
    pub price: f64,
}

/// Tells what was believed when it was drawn, in the order of the keys; absent without what was learnt.
pub fn told(call: &Call<'_>, drawn: &Drawn) -> Option<Vec<DrawnArm>> {
    let believed = call.believed?;
    let arms = drawn.propensities.iter();
    let arms = arms.map(|(arm, propensity)| {
        let (of_arm, price) = of(call, &believed, arm)?;
        Some(DrawnArm {
            arm: arm.clone(),
            propensity: *propensity,
            drawn: drawn.arm() == arm,
            believed: of_arm,
            price,
        })
    });
    arms.collect()
}

fn of(call: &Call<'_>, believed: &Believed<'_>, arm: &str) -> Option<(StagePrior, f64)> {
    if arm == NO_OFFER {
        return Some((believed.of_nothing(), 0.0));
    }
    let mut offers = call.catalogue.offers();
    let offer = offers.find(|offer| offer.key.as_str() == arm)?;
    Some((believed.of(&offer.key)?, believed.price(offer)))
}
