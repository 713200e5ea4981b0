//! Directions for a call: what to say and not to say, and who should take it.
//!
//! They follow from the record of the decision and the catalogue it was made with, so they are not
//! stored: a replay finds the same ones.

use super::catalogue::{Catalogue, FactPlaceholder, LineValues, Lines, Placeholder, Terms};
use super::customer::Customer;
use super::decision::{Decision, Inputs};
use super::facts::Facts;
use super::observation::observe;
use super::request::Authority;

/// The most lines to say, and not to say, on one call: nobody reads more.
const MAX_LINES: usize = 8;

const DAYS_A_YEAR: i64 = 365;
const DAYS_A_MONTH: i64 = 30;

/// What an agent is told beside the offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directions {
    /// What to say.
    pub say: Vec<String>,
    /// What not to say.
    pub do_not_say: Vec<String>,
    /// Who should take the call; absent when anybody may.
    pub routing: Option<Routing>,
}

/// Who should take a call, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// The team; empty for any.
    pub team: String,
    /// The least authority; absent for any.
    pub authority: Option<Authority>,
    /// Why, as a short key.
    pub why_key: String,
    /// Why, in words; empty when there are none.
    pub why: String,
}

/// Finds the directions for a decided call, in the language of the call.
pub fn direct(inputs: &Inputs<'_>, decision: &Decision) -> Directions {
    direct_by_facts(inputs, decision, None)
}

/// Finds the directions by the facts that were looked at for the decision, if any were.
pub fn direct_by_facts(
    inputs: &Inputs<'_>,
    decision: &Decision,
    facts: Option<Facts>,
) -> Directions {
    let catalogue = inputs.catalogue;
    let known = inputs.customer.zip(inputs.subscription());
    let Some((customer, subscription)) = known.filter(|_| catalogue.directs()) else {
        return Directions::default();
    };
    let facts = facts.unwrap_or_else(|| observe(inputs, customer, subscription, inputs.stated()));
    let values = Values {
        customer,
        tenure_days: customer.tenure_days(inputs.now),
        terms: decision.offers.first().map(|offer| offer.terms),
    };
    let language = match inputs.request.language.as_str() {
        "" => customer.language.as_str(),
        asked => asked,
    };
    let matching = || {
        catalogue
            .guidance
            .iter()
            .filter(|entry| entry.when.evaluate(&facts))
    };
    let fill = |lines: &Lines| lines.speak(language).fill(&values);
    let say = matching().filter_map(|entry| fill(entry.say.as_ref()?));
    let do_not_say = matching().filter_map(|entry| fill(entry.do_not_say.as_ref()?));
    Directions {
        say: say.take(MAX_LINES).collect(),
        do_not_say: do_not_say.take(MAX_LINES).collect(),
        routing: route(catalogue, &facts, fill),
    }
}

/// The first row that holds decides.
fn route(
    catalogue: &Catalogue,
    facts: &Facts,
    fill: impl Fn(&Lines) -> Option<String>,
) -> Option<Routing> {
    let mut rows = catalogue.routing.iter();
    let row = rows.find(|row| row.when.evaluate(facts))?;
    Some(Routing {
        team: row.team.clone(),
        authority: row.authority,
        why_key: row.key.clone(),
        why: row.why.as_ref().and_then(fill).unwrap_or_default(),
    })
}

struct Values<'a> {
    customer: &'a Customer,
    tenure_days: i64,
    terms: Option<Terms>,
}

impl LineValues for Values<'_> {
    fn fact(&self, placeholder: FactPlaceholder) -> Option<String> {
        let number = match placeholder {
            FactPlaceholder::TenureYears => self.tenure_days / DAYS_A_YEAR,
            FactPlaceholder::TenureMonths => self.tenure_days / DAYS_A_MONTH,
            FactPlaceholder::Lifetimes => i64::from(self.customer.lifetime_count),
            FactPlaceholder::OpenIncidents => {
                i64::try_from(self.customer.open_incidents.len()).ok()?
            }
        };
        Some(number.to_string())
    }

    fn term(&self, placeholder: Placeholder) -> Option<String> {
        placeholder.value(self.terms.as_ref()?)
    }
}
