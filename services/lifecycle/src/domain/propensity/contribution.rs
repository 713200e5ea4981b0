//! What each fact adds to a risk, and how that was found out.

/// How it was found out what each fact adds to a risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContributionMethod {
    /// There are no contributions.
    #[default]
    None,
    /// From the inside of the model: over all facts they add up to the risk.
    Exact,
    /// From the outside: what the model says with the fact, less what it says with a typical value in
    /// its place.
    Occlusion,
}

/// What one fact adds to a churn risk, or takes from it.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskContribution {
    /// The fact.
    pub fact: String,
    /// Its value; empty when it is not known.
    pub value: String,
    /// What it adds to the logarithm of the odds of leaving.
    pub log_odds: f64,
    /// The same in words that can be said aloud.
    pub sentence: String,
}
