//! Granting what was promised: whether the agent who takes an acceptance may, and what it draws from
//! the pool of their day.

use kernel::id::AgentId;
use kernel::money::Money;
use kernel::refusal::Refusal;

use super::catalogue::Catalogue;
use super::named::Named;
use super::promise::Promise;
use super::request::{Agent, Authority};

/// Who grants a promise, and what that takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The level of who grants it.
    pub level: Authority,
    /// The lowest level that may; absent when nobody may.
    pub needed: Option<Authority>,
    /// What is drawn from a pool, where there is one.
    pub draw: Option<Draw>,
}

/// An amount to be drawn from an agent's pool of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Whose pool.
    pub agent_id: AgentId,
    /// Their level.
    pub level: Authority,
    /// How much.
    pub cost: Money,
    /// What they may grant a day in all, in the same currency.
    pub pool: Money,
}

impl Grant {
    /// Finds out what granting a promise takes by the limits of the catalogue it was made with.
    /// Without an agent nobody's pool is drawn from. Absent when that catalogue does not know the
    /// offer: what was promised is honoured.
    pub fn of(promise: &Promise, catalogue: &Catalogue, agent: &Agent) -> Option<Self> {
        let offer = catalogue.offer(&promise.offer_key)?;
        let limits = &catalogue.authority;
        let (level, cost) = (agent.authority, promise.cost);
        let pool = limits.discretion(level, cost.currency);
        let draw = agent.agent_id.as_ref().zip(pool);
        Some(Self {
            level,
            needed: limits.lowest(offer.minimum_authority, &offer.benefit, cost),
            draw: draw
                .filter(|_| cost.minor > 0)
                .map(|(agent_id, pool)| Draw {
                    agent_id: agent_id.clone(),
                    level,
                    cost,
                    pool,
                }),
        })
    }

    /// Refuses what is beyond the level.
    pub fn check(&self) -> Result<(), Refusal> {
        match self.needed {
            Some(needed) if needed <= self.level => Ok(()),
            needed => Err(authority_exceeded(self.level, needed)),
        }
    }
}

/// The refusal of what an agent may not grant.
pub fn authority_exceeded(level: Authority, needed: Option<Authority>) -> Refusal {
    Refusal::forbidden(
        "AUTHORITY_EXCEEDED",
        "the agent may not grant this: hand the call to somebody who may",
    )
    .with("authority", level.name())
    .with("needed_authority", needed.map_or("none", Named::name))
}

/// The refusal of what the pool of the day does not reach for.
pub fn pool_exhausted(draw: &Draw) -> Refusal {
    Refusal::refused(
        "AUTHORITY_POOL_EXHAUSTED",
        "the agent has granted what they may grant today: hand the call to somebody else",
    )
    .with("currency", draw.cost.currency)
    .with("authority", draw.level.name())
}
