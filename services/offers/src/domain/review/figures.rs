//! The figures of one comparison, each with what it takes to believe it.

use statistics::lift::{
    Adjusted, ConfidenceSequence, Group, Lift, Plan, adjusted_lift, calls_needed,
    calls_still_needed, lift, value_lift,
};

use super::{Comparison, Side};

/// The lift that a review shall be able to see, where none is known yet.
const WORTH_SEEING: f64 = 0.05;

/// How many stay anyway, where nothing is known yet.
const STAY_ANYWAY: f64 = 0.1;

/// The figures of one comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Those who were offered it.
    pub offered: Side,
    /// Those who would have been.
    pub held_out: Side,
    /// What it kept beyond those who stay anyway, at 30, 90 and 180 days; absent until both sides have
    /// calls that old.
    pub lifts: [Option<Lift>; 3],
    /// The same on the day that says whether it lasts.
    pub durable_lift: Option<Lift>,
    /// What each call brought within 180 days beyond those held out, the cost taken off, in minor units;
    /// absent until both sides have two calls that old.
    pub value_lift: Option<Lift>,
    /// The durable lift with an interval that is right however often somebody looks; absent until
    /// enough are held out for one.
    pub durable_always: Option<Lift>,
    /// The value of a call likewise.
    pub value_always: Option<Lift>,
    /// The durable lift with the risk that was known on the calls taken out, and how much it explains.
    pub durable_adjusted: Option<Adjusted>,
    /// What all calls of 180 days ago brought beyond those held out, costs taken off, in minor units.
    pub net_retained_margin: Option<Lift>,
    /// What one customer kept beyond those who stay anyway has cost, in minor units, by the durable lift;
    /// absent where nobody was.
    pub cost_per_incremental_save_minor: Option<f64>,
    /// How many calls are still needed until the durable lift can be told from nothing, both sides
    /// together; absent where no number of calls tells it, or nobody is held out.
    pub calls_still_needed: Option<u32>,
}

/// Works the figures out. `holdout` is the share of customers who are held out.
pub fn figures(comparison: &Comparison, holdout: f64) -> Figures {
    let Comparison { offered, held_out } = *comparison;
    let difference = |with: Group, without: Group| lift(with, without).ok();
    let durable_lift = difference(offered.durable, held_out.durable);
    let window = |place: usize| difference(offered.windows[place], held_out.windows[place]);
    let value_lift = value_lift(offered.values, held_out.values).ok();
    let always = sequence(holdout);
    Figures {
        offered,
        held_out,
        lifts: [window(0), window(1), window(2)],
        durable_lift,
        value_lift,
        durable_always: always.look(offered.durable, held_out.durable).ok(),
        value_always: always.look_at_values(offered.values, held_out.values).ok(),
        durable_adjusted: adjusted_lift(offered.by_risk, held_out.by_risk).ok(),
        net_retained_margin: value_lift.map(|lift| of_all(lift, offered.values.calls)),
        cost_per_incremental_save_minor: cost_per_save(&offered, durable_lift),
        calls_still_needed: still_needed(&offered, &held_out, durable_lift, holdout),
    }
}

/// At its tightest half-way to what it takes to see the smallest lift that is worth an offer. It hangs on
/// the holdout alone: planned by what was found, it would not be right at all times.
fn sequence(holdout: f64) -> ConfidenceSequence {
    let plan = Plan {
        without: STAY_ANYWAY,
        lift: WORTH_SEEING,
        holdout,
    };
    // Nobody is held out: nothing is compared.
    ConfidenceSequence::planned(calls_needed(&plan).unwrap_or(1))
}

fn of_all(each: Lift, calls: u32) -> Lift {
    let calls = f64::from(calls);
    Lift {
        difference: each.difference * calls,
        standard_error: each.standard_error * calls,
        low: each.low * calls,
        high: each.high * calls,
    }
}

/// Spread over all calls of the offer, as the lift is.
#[expect(
    clippy::cast_precision_loss,
    reason = "amounts up to 10^15 minor units are exact in a double"
)]
fn cost_per_save(offered: &Side, durable_lift: Option<Lift>) -> Option<f64> {
    let kept = durable_lift?.difference * f64::from(offered.calls);
    (kept > 0.0).then(|| offered.cost_minor as f64 / kept)
}

fn still_needed(
    offered: &Side,
    held_out: &Side,
    durable_lift: Option<Lift>,
    holdout: f64,
) -> Option<u32> {
    let seen = offered.durable.calls.saturating_add(held_out.durable.calls);
    let without = held_out.durable.rate();
    // A lift that is none yet takes as many calls as the smallest that is worth an offer.
    let found = durable_lift.map_or(0.0, |lift| lift.difference);
    let lift = if found.abs() < WORTH_SEEING {
        WORTH_SEEING
    } else {
        found
    };
    let plan = Plan {
        without,
        lift: lift.clamp(-without, 1.0 - without),
        holdout,
    };
    calls_still_needed(&plan, seen).ok()
}
