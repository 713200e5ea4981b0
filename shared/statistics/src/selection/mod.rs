//! Which arm to choose for whom, learnt from what became of earlier choices.
//!
//! A save goes through three [stages](Stage), and each outcome is learnt when it is known: whether
//! somebody stays the next day, whether they are here at 30 days, whether it lasts much later. What
//! is not known yet counts for nothing, neither for nor against.
//!
//! For each stage the chances form a ladder: what the catalogue says of an arm, corrected by what
//! was seen of the other arms of its family; the arm; the arm in a group of segments; the arm in one
//! segment. Each step is a beta distribution around the one above it, which counts as so many calls
//! ([`Pooling`]): few calls of one's own and one believes those above (the Beta-Binomial of Gelman
//! et al., Bayesian Data Analysis, ch. 5). With `n` calls and `y` successes below a step of strength τ:
//!
//! - what a cell tells of the step above it is `n(τ+1)/(n+τ)` calls: the effective size of a
//!   Beta-Binomial sample, at most τ+1 however many calls there are;
//! - the mean of an arm is `(w μ + Σ W y/n)/(w + Σ W)`, μ being the catalogue's and `w` its weight;
//!   where the catalogue says something else of some groups, it is the mean with which these, moved by
//!   what they are believed to differ, would have as many successes as were seen;
//! - a draw for a group is from `Beta(κ(τm + Y), κ(τ(1−m) + W − Y))`, and one for a segment is from
//!   the same with the draw of its group in place of the mean. κ sharpens.
//!
//! An arm is chosen as often as it is the best among the draws (Thompson 1933), but never less often
//! than a floor, and a share of customers is held out. That makes the probability of a choice exact:
//! it is computed and not estimated, so that other ways of choosing can be judged from the log
//! ([`off_policy`](crate::off_policy)).
//!
//! The same evidence and the same seed give the same draws, on every machine.

mod beliefs;
mod beta;
mod choice;
mod evidence;
#[cfg(test)]
mod group_tests;
mod ladder;
#[cfg(test)]
mod law_tests;
mod predictive;
mod price;

pub use beliefs::{Beliefs, SegmentDraws, log_odds_between, moved};
pub use choice::{Contender, Exploration, StageValues, pick, propensities, shares_won};
pub use evidence::{Count, Evidence};
pub use ladder::{ArmPrior, Ladder, LadderRefusal, Pooling, Stage, Strengths};
pub use predictive::predicted_band;
pub use price::{expected_spend, price_of_budget};
