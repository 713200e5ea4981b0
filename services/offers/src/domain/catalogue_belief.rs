//! What the catalogue believes, as far as it tells calls apart: offers by the category of the reason,
//! and offering nothing by the reason itself. It is where learning begins, so that a first version
//! that has seen next to nothing decides as the catalogue alone would.
//!
//! A category is a group of the ladder, and what is believed of it moves with the arm as such. Reasons
//! are not told apart by what was seen, so that what is believed of those who are offered nothing is
//! that of the category, moved as far as the catalogue believes their reason to differ from it.

use std::collections::BTreeMap;

use statistics::selection::{Ladder, LadderRefusal, log_odds_between, moved};

use super::catalogue::{Catalogue, Reason, StagePrior};
use super::learning::{NOTHING, chances, ladder};

/// Beliefs closer than this, in log-odds, are the same.
const SAME: f64 = 1e-9;

/// How far those who leave for a reason differ from their category where they are offered nothing, in
/// log-odds at each stage; by reason, where it is anything.
pub(super) type OfReasons = BTreeMap<String, [f64; 3]>;

/// The ladder of a catalogue for segments that belong to categories by number.
pub(super) fn ladder_of(
    catalogue: &Catalogue,
    nothing: StagePrior,
    categories: &[String],
    groups: Vec<usize>,
) -> Result<(Ladder, OfReasons), LadderRefusal> {
    let mut ladder = ladder(catalogue, nothing, groups)?;
    let mut of_reasons = OfReasons::new();
    for (group, category) in categories.iter().enumerate() {
        for (place, offer) in catalogue.offers().enumerate() {
            if let Some(stated) = offer.priors.by_category.get(category) {
                ladder.believe(group, NOTHING + 1 + place, chances(*stated))?;
            }
        }
        let own = catalogue.reasons.iter();
        let own: Vec<&Reason> = own.filter(|reason| reason.category == *category).collect();
        let of_category = of_category(&own);
        ladder.believe(group, NOTHING, of_category)?;
        for reason in own {
            let shifts = between(of_category, chances(reason.no_offer));
            if shifts.iter().any(|shift| shift.abs() > SAME) {
                of_reasons.insert(reason.key.clone(), shifts);
            }
        }
    }
    Ok((ladder, of_reasons))
}

/// The middle of what is believed of the reasons of a category, in log-odds: of those that offers
/// answer, since nothing is learnt from the others, or of all where none does.
fn of_category(reasons: &[&Reason]) -> [f64; 3] {
    let answered = reasons.iter().filter(|reason| reason.offers_allowed);
    let mut counted: Vec<[f64; 3]> = answered.map(|reason| chances(reason.no_offer)).collect();
    if counted.is_empty() {
        let all = reasons.iter().map(|reason| chances(reason.no_offer));
        counted = all.collect();
    }
    let Some(first) = counted.first().copied() else {
        return [0.5; 3];
    };
    let weight = 1.0 / f64::from(u32::try_from(counted.len()).unwrap_or(u32::MAX));
    let mut shifts = [0.0; 3];
    for each in &counted {
        for (shift, away) in shifts.iter_mut().zip(between(first, *each)) {
            *shift += weight * away;
        }
    }
    shifted(first, shifts)
}

fn between(from: [f64; 3], to: [f64; 3]) -> [f64; 3] {
    let [stay, here_30_days, durable] = from;
    [
        log_odds_between(stay, to[0]),
        log_odds_between(here_30_days, to[1]),
        log_odds_between(durable, to[2]),
    ]
}

/// Chances moved by so much at each stage.
pub(super) fn shifted(chances: [f64; 3], shifts: [f64; 3]) -> [f64; 3] {
    let [stay, here_30_days, durable] = chances;
    [
        moved(stay, shifts[0]),
        moved(here_30_days, shifts[1]),
        moved(durable, shifts[2]),
    ]
}
