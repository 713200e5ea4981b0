//! The draw: which offer comes first, where it was learnt what keeps customers. Everything that
//! keeps an offer from a call comes before it; what is owed is not drawn.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kernel::id::OfferKey;
use serde::{Deserialize, Serialize};
use statistics::selection::Contender;

use super::arbitration::{self, Scored};
use super::budget::Scarce;
use super::contact_policy::leaves_room_beside;
use super::decision::NO_OFFER;
use super::learning::{NOTHING, choose, contenders};
use super::posterior::Believed;
use super::promise::promise;
use super::qualification::Call;
use super::serial_saver;
use super::verdict::{Verdict, VerdictKind, code};

/// What was drawn, as the record has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// The offer; absent where offering nothing was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_key: Option<OfferKey>,
    /// With which probability each would have been: offers by key, and `no_offer`.
    pub propensities: BTreeMap<String, f64>,
}

impl Drawn {
    /// The arm: the key of the offer, or `no_offer`.
    pub fn arm(&self) -> &str {
        self.offer_key.as_ref().map_or(NO_OFFER, OfferKey::as_str)
    }

    /// With which probability it was drawn.
    pub fn propensity(&self) -> f64 {
        self.propensities.get(self.arm()).copied().unwrap_or(1.0)
    }
}

/// Draws the offer that comes first and puts it there; the others follow as they are ranked. Absent
/// where nothing was learnt, or there is no place for an offer that is not owed.
pub fn draw(call: &Call<'_>, scored: &mut Vec<Scored<'_>>, most: usize) -> Option<Drawn> {
    if call.inputs.request.alternative {
        return None;
    }
    let believed = call.believed?;
    let eligible = eligible(call, scored, most);
    let drawn = draw_one(&believed, &eligible)?;
    let place = scored
        .iter()
        .position(|arm| Some(&arm.offer.key) == drawn.offer_key.as_ref());
    if let Some(place) = place {
        let first = scored.iter().position(|arm| !arm.owed).unwrap_or(place);
        let arm = scored.remove(place);
        scored.insert(first.min(place), arm);
    }
    Some(drawn)
}

fn draw_one(believed: &Believed<'_>, eligible: &[Scored<'_>]) -> Option<Drawn> {
    let nothing = arbitration::nothing(&eligible.first()?.benefit.score);
    let contenders = priced(
        contenders(nothing, eligible, believed.arms()),
        believed,
        eligible,
    );
    let choice = choose(&contenders, &believed.learned()?, believed.seed());
    let arms = believed.arms();
    let named = |arm: usize| {
        arms.offer(arm)
            .map_or(NO_OFFER, OfferKey::as_str)
            .to_owned()
    };
    let of = contenders.iter().map(|contender| named(contender.arm));
    Some(Drawn {
        offer_key: arms
            .offer(choice.arm)
            .filter(|_| choice.arm != NOTHING)
            .cloned(),
        propensities: of.zip(choice.propensities).collect(),
    })
}

/// Contenders that cost what their budgets ask for beside what they spend.
fn priced(
    mut contenders: Vec<Contender>,
    believed: &Believed<'_>,
    eligible: &[Scored<'_>],
) -> Vec<Contender> {
    for contender in &mut contenders {
        let key = believed.arms().offer(contender.arm);
        let mut scored = eligible.iter();
        let scored = scored.find(|scored| Some(&scored.offer.key) == key);
        contender.values.cost *= scored.map_or(0.0, |scored| believed.price(scored.offer));
    }
    contenders
}

/// The offers that could come first: beside what is owed there is a place for them, a budget pays for
/// them, and whoever rings again and again hears of others than the price first.
fn eligible<'a>(call: &Call<'_>, scored: &[Scored<'a>], most: usize) -> Vec<Scored<'a>> {
    let owed = scored.iter().filter(|arm| arm.owed).take(most);
    let owed: Vec<_> = owed.map(|arm| promise(call, arm)).collect();
    if owed.len() >= most {
        return Vec::new();
    }
    let affordable = |arm: &Scored<'_>| {
        let mut scarce = Scarce::new(call.inputs.barred);
        scarce.take(arm.offer.budget.as_ref(), arm.cost.minor)
    };
    let possible = scored
        .iter()
        .filter(|arm| !arm.owed && affordable(arm) && leaves_room_beside(call, arm.offer, &owed));
    let mut possible: Vec<Scored<'a>> = possible.cloned().collect();
    let is_other = |arm: &Scored<'_>| !serial_saver::lowers_the_price(arm.offer);
    let others_first = serial_saver::band_of(call).is_some_and(|band| band.non_price_first);
    if others_first && possible.iter().any(is_other) {
        possible.retain(is_other);
    }
    possible
}

/// Says what became of an offer, given what was drawn: what was comes first whatever it is worth, and
/// where nothing was drawn nothing follows.
pub fn verdict(drawn: Option<&Drawn>, scored: &Scored<'_>, place_left: bool) -> Verdict {
    let mut verdict = arbitration::verdict(scored, place_left);
    let Some(drawn) = drawn.filter(|_| !scored.owed) else {
        return verdict;
    };
    if drawn.offer_key.as_ref() == Some(&scored.offer.key) && place_left {
        verdict.code = None;
    } else if drawn.offer_key.is_none() && verdict.kind() == VerdictKind::Chosen {
        verdict.code = Some(Cow::Borrowed(code::NOT_DRAWN));
    }
    verdict
}
