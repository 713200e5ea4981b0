//! Laws that the seed has to keep.

use kernel::id::SubscriptionId;
use kernel::money::{Currency, Money};
use kernel::time::{Span, Timestamp};

use super::*;
use crate::domain::catalogue::Lever;
use crate::domain::customer::{Customer, OpenIncident, Score, Subscription};
use crate::domain::decision::{Decision, GENERATION, Inputs, decide};
use crate::domain::history::DeskHistory;
use crate::domain::policy::{Channel, ContractKind, CustomerKind};
use crate::domain::request::{Agent, Authority, Intent, Occasion, Permission, SaveRequest};

const NOW: &str = "2026-11-21T12:00:00Z";

/// What is the same for the new customer and for the one of years.
#[derive(Clone, Copy, Debug)]
struct Same<'a> {
    reason: &'a str,
    monthly_price: i64,
    residual_months: f64,
    severity: Option<u8>,
    vulnerable: bool,
    authority: Authority,
    contract: ContractKind,
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn customer(same: Same<'_>, tenure_days: i64) -> Customer {
    let usd = Currency::parse("USD").unwrap();
    let start = now() - Span::new().hours(24 * tenure_days);
    let margin = Money::new(same.monthly_price * 2 / 5, usd);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a few thousand dollars fit"
    )]
    let months = same.residual_months as i64;
    Customer {
        customer_id: "c-1".parse().unwrap(),
        revision: 1,
        kind: Some(CustomerKind::Person),
        jurisdiction: "US-TX".to_owned(),
        language: "en".to_owned(),
        deceased: false,
        vulnerable: same.vulnerable,
        do_not_offer: false,
        stage: "established".to_owned(),
        stage_rule: String::new(),
        lifetime_started_at: Some(start),
        lifetime_count: 1,
        past_lifetimes: Vec::new(),
        subscriptions: vec![Subscription {
            subscription_id: SubscriptionId::parse("s-1").unwrap(),
            account_id: None,
            business_line: "telecom".parse().unwrap(),
            product: "fibre".to_owned(),
            contractual: true,
            contract_kind: Some(same.contract),
            state: "active".to_owned(),
            live: true,
            started_at: Some(start),
            commitment_ends_at: Some(now() + Span::new().hours(24 * 60)),
            service_ends_at: None,
            monthly_price: Some(Money::new(same.monthly_price, usd)),
            score: Some(Score {
                churn_risk: 0.3,
                residual_months: same.residual_months,
                monthly_margin: margin,
                value_remaining: Money::new(margin.minor * months, usd),
            }),
        }],
        open_incidents: same
            .severity
            .map(|severity| OpenIncident {
                category: "outage".to_owned(),
                severity,
                promise_broken: false,
            })
            .into_iter()
            .collect(),
        last_incident_resolved_at: None,
        contact_count: 1,
        last_contact_at: None,
        referral_count: 0,
        payment_failed_count: 0,
        valid_until: None,
        merged_customer_ids: Vec::new(),
    }
}

fn request(same: Same<'_>) -> SaveRequest {
    SaveRequest {
        request_id: "r-1".parse().unwrap(),
        contact_id: "k-1".parse().unwrap(),
        step: 1,
        customer_id: "c-1".parse().unwrap(),
        subscription_id: "s-1".parse().unwrap(),
        occasion: Occasion::CancelCall,
        channel: Some(Channel::Phone),
        jurisdiction: String::new(),
        intent: Intent::Disconnect,
        reason: Some(same.reason.to_owned()),
        secondary_reasons: Vec::new(),
        agent: Agent {
            agent_id: None,
            authority: same.authority,
            team: String::new(),
        },
        language: String::new(),
        permission: Permission::NotAsked,
        min_revision: 0,
        alternative: false,
        destination_serviceable: None,
    }
}

/// The money the customer is given in all, in minor units. Less service for less money gives none,
/// and help, things and people have no price to compare.
fn generosity(decision: &Decision) -> i64 {
    let given = decision.offers.iter().map(|offer| {
        let terms = &offer.terms;
        let off = match (offer.lever, terms.price_now, terms.price_during) {
            (Lever::Pause, ..) | (_, None, _) | (.., None) => 0,
            (_, Some(now), Some(during)) => now.minor - during.minor,
        };
        let once = terms.one_off_amount.map_or(0, |amount| amount.minor);
        i64::from(terms.benefit_months) * off + once
    });
    given.sum()
}

/// Who has been here for longer is never worse off, all else being the same: neither in how many
/// offers they hear nor in what these give.
#[test]
fn the_seed_never_treats_years_worse_than_weeks() {
    let catalogue = read_catalogue(&seed::catalogue()).unwrap();
    let policy = read_policy(&seed::policy()).unwrap();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for same in situations(&catalogue) {
        let decided = |tenure_days: i64| {
            decide(&Inputs {
                request: &request(same),
                customer: Some(&customer(same, tenure_days)),
                history: &DeskHistory::default(),
                catalogue: &catalogue,
                policy: &policy,
                now: now(),
                degraded: &[],
                barred: &[],
                learned: None,
                generation: GENERATION,
            })
        };
        let tenures = [10, 90, 365, 540, 730, 4_000].map(decided);
        for pair in tenures.windows(2) {
            let [newer, older] = pair else { continue };
            compared += 1;
            let worse =
                older.offers.len() < newer.offers.len() || generosity(older) < generosity(newer);
            if worse {
                wrong.push(format!("{same:?}: {} then {}", newer.arm, older.arm));
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn situations(catalogue: &Catalogue) -> Vec<Same<'_>> {
    let mut situations = Vec::new();
    for reason in catalogue.reasons.iter() {
        for (monthly_price, residual_months) in [(1_500, 6.0), (5_000, 20.0), (9_000, 30.0)] {
            for severity in [None, Some(3)] {
                for authority in [Authority::Agent, Authority::Senior] {
                    for (vulnerable, contract) in [
                        (false, ContractKind::MonthToMonth),
                        (false, ContractKind::OneYear),
                        (true, ContractKind::MonthToMonth),
                    ] {
                        situations.push(Same {
                            reason: &reason.key,
                            monthly_price,
                            residual_months,
                            severity,
                            vulnerable,
                            authority,
                            contract,
                        });
                    }
                }
            }
        }
    }
    situations
}
