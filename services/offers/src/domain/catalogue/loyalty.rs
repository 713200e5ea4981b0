//! Loyalty: no customer is worse off for having been here longer.
//!
//! An offer that gives money may be closed to somebody only because they have been here longer where
//! another one, at least as generous and as easily granted, is open to them with everything else the
//! same. Only the steps between neighbouring values of one fact are looked at: where no step loses
//! anything, no longer way does.

use std::collections::BTreeSet;

use kernel::money::Currency;

use super::{Amounts, Catalogue, Concession, Offer};
use crate::domain::facts::{Fact, Facts, Value, ValueType};
use crate::domain::predicate::{Clause, Demand, Found, Predicate, Test, anybody};
use crate::domain::problem::{Code, Problems};

/// The facts that say how long somebody has been here.
const TENURE: [Fact; 5] = [
    Fact::CustomerTenureDays,
    Fact::CustomerTotalTenureDays,
    Fact::SubscriptionTenureDays,
    Fact::CustomerLifetimeCount,
    Fact::CustomerStage,
];

/// The stages that follow on one another with time.
const STAGES: [&str; 4] = ["acquired", "onboarding", "established", "long_term"];

/// Refuses every offer that is closed to customers who have been here longer, without another.
pub(super) fn check(catalogue: &Catalogue, problems: &mut Problems) {
    for offer in catalogue.offers().filter(|offer| gives_money(offer)) {
        for fact in TENURE {
            check_fact(catalogue, offer, fact, problems);
        }
    }
}

fn check_fact(catalogue: &Catalogue, offer: &Offer, fact: Fact, problems: &mut Problems) {
    let clauses = clauses(offer, fact);
    if clauses.is_empty() {
        return;
    }
    let others: Vec<&Offer> = catalogue
        .offers()
        .filter(|other| stands_in(catalogue, other, offer))
        .collect();
    let looked_at = others.iter().flat_map(|other| self::clauses(other, fact));
    let values = values(fact, clauses.iter().copied().chain(looked_at));
    for pair in values.windows(2) {
        let (shorter, longer) = (known(fact, &pair[0]), known(fact, &pair[1]));
        let turns = |clause: &&&Clause| clause.holds(&shorter) != clause.holds(&longer);
        let Some(clause) = clauses.iter().find(turns) else {
            continue;
        };
        let (code, message) = match lost(catalogue, offer, &others, fact, [&shorter, &longer]) {
            Found::Nobody => continue,
            Found::Somebody => (
                Code::LoyaltyInversion,
                format!(
                    "{} is open at {fact} {} and closed at {}, where nothing else is as generous: \
                     open it to those who have been here longer, or add an offer that is",
                    offer.key, pair[0], pair[1]
                ),
            ),
            Found::GaveUp => (
                Code::TooManyClauses,
                format!(
                    "{} has too many cases to find out whether it treats those worse who have been \
                     here longer, at {fact} {}: simplify its rules",
                    offer.key, pair[1]
                ),
            ),
        };
        problems.add(&clause.place, code, message);
        return;
    }
}

/// Looks for somebody who loses the offer by having been here longer and gets nothing in its stead.
fn lost(
    catalogue: &Catalogue,
    offer: &Offer,
    others: &[&Offer],
    fact: Fact,
    [shorter, longer]: [&Facts; 2],
) -> Found {
    let demand = |rule, holds, value| Demand {
        rule,
        holds,
        fact,
        value,
    };
    let open: Vec<Demand<'_>> = rules(offer).map(|rule| demand(rule, true, shorter)).into();
    let closed = others.iter().chain([&offer]);
    let closed: Vec<Vec<Demand<'_>>> = closed
        .map(|offer| rules(offer).map(|rule| demand(rule, false, longer)).into())
        .collect();
    anybody(&open, &closed, &catalogue.reasons)
}

fn rules(offer: &Offer) -> [&Predicate; 3] {
    [&offer.eligibility, &offer.applicability, &offer.suitability]
}

fn clauses(offer: &Offer, fact: Fact) -> Vec<&Clause> {
    let clauses = rules(offer).into_iter().flat_map(Predicate::clauses);
    clauses.filter(|clause| clause.fact == fact).collect()
}

/// The values at which something may change, in the order of having been here longer.
fn values<'c>(fact: Fact, clauses: impl Iterator<Item = &'c Clause>) -> Vec<Value> {
    if fact.description().value_type == ValueType::Text {
        return STAGES.map(Value::from).into();
    }
    let (least, greatest) = fact.description().range;
    let mut numbers = BTreeSet::from([least]);
    for clause in clauses {
        if let Test::Integer(ranges) = &clause.test {
            let firsts = ranges
                .iter()
                .flat_map(|(first, last)| [first, last.saturating_add(1)]);
            numbers.extend(firsts.flat_map(|first| [first.saturating_sub(1), first]));
        }
    }
    let within = numbers
        .into_iter()
        .filter(|number| (least..=greatest).contains(number));
    within.map(Value::Integer).collect()
}

fn known(fact: Fact, value: &Value) -> Facts {
    let mut facts = Facts::new();
    facts.set(fact, value.clone());
    facts
}

/// Help costs nothing to leave out; money does.
fn gives_money(offer: &Offer) -> bool {
    let benefit = &offer.benefit;
    offer.is_live() && (benefit.concession != Concession::None || !benefit.one_off.is_empty())
}

/// Tells whether whoever gets one offer in place of another is no worse off: it is at least as
/// generous, answers the same reasons and can be granted by the same people in the same currencies.
fn stands_in(catalogue: &Catalogue, other: &Offer, offer: &Offer) -> bool {
    let limits = catalogue.authority.of(offer.minimum_authority);
    let beyond = |offer: &Offer| limits.is_some_and(|limits| !limits.allow(&offer.benefit));
    other.key != offer.key
        && other.is_live()
        && is_as_generous(other, offer)
        && other.minimum_authority <= offer.minimum_authority
        && (beyond(offer) || !beyond(other))
        && answers_the_same(catalogue, other, offer)
        && covers_the_same(other, offer)
}

fn is_as_generous(other: &Offer, offer: &Offer) -> bool {
    let (theirs, ours) = (&other.benefit, &offer.benefit);
    let concession = match (&theirs.concession, &ours.concession) {
        (_, Concession::None) => true,
        (
            Concession::Discount { share, months },
            Concession::Discount {
                share: our_share,
                months: our_months,
            },
        ) => share >= our_share && months >= our_months,
        (
            Concession::Pause { months, fee },
            Concession::Pause {
                months: our_months,
                fee: our_fee,
            },
        ) => months >= our_months && fee <= our_fee,
        (
            Concession::Change { product, price },
            Concession::Change {
                product: our_product,
                price: our_price,
            },
        ) => product == our_product && price <= our_price,
        _ => false,
    };
    let amounts = |amount: kernel::money::Money| {
        let theirs = theirs.one_off.get_or_zero(amount.currency);
        theirs.minor >= amount.minor
    };
    concession
        && theirs.commitment_months <= ours.commitment_months
        && ours.one_off.iter().all(amounts)
}

fn answers_the_same(catalogue: &Catalogue, other: &Offer, offer: &Offer) -> bool {
    catalogue
        .reasons
        .iter()
        .filter(|reason| reason.is_answered_by(offer.lever))
        .all(|reason| reason.is_answered_by(other.lever))
}

fn covers_the_same(other: &Offer, offer: &Offer) -> bool {
    match (currencies(other), currencies(offer)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(theirs), Some(ours)) => ours.is_subset(&theirs),
    }
}

/// The currencies in which an offer can be made; every one when no amount is set.
fn currencies(offer: &Offer) -> Option<BTreeSet<Currency>> {
    let amounts = [
        &offer.benefit.one_off,
        &offer.cost.once,
        &offer.cost.monthly,
    ];
    let set = amounts.into_iter().filter(|amounts| !amounts.is_empty());
    let named = set.flat_map(Amounts::iter).map(|money| money.currency);
    let named: BTreeSet<Currency> = named.filter(|currency| offer.covers(*currency)).collect();
    (!named.is_empty()).then_some(named)
}
