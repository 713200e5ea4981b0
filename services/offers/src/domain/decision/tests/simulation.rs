//! Past calls decided again under a draft.

use super::*;
use crate::domain::budget::{Budget, BudgetKey, Window};
use crate::domain::facts::Fact;
use crate::domain::holdout::{Holdout, HoldoutKey};
use crate::domain::parity::Compared;
use crate::domain::predicate::draft::{
    Draft as Rule, DraftClause, DraftNode, Operand, Operator, Scalar,
};
use crate::domain::predicate::{Part, RuleBook};
use crate::domain::problem::{Place, Placed, Problems};
use crate::domain::simulation::{
    Change, Check, Draft, Judged, Report, SegmentKind, Simulation, Then,
};

fn draft(catalogue: Catalogue, policy: PolicySet) -> Draft {
    Draft {
        catalogue: Arc::new(catalogue),
        policy: Arc::new(policy),
        budgets: Vec::new(),
    }
}

/// Decides the calls again under a draft.
fn simulate(calls: &[Situated], draft: Draft) -> Report {
    let mut simulation = Simulation::of(draft);
    for (number, call) in (0..).zip(calls) {
        let then = Then::new(
            Arc::new(call.catalogue.clone()),
            Arc::new(call.policy.clone()),
            simulation.draft(),
        );
        simulation.observe(&numbered(call, number), &then, None);
    }
    simulation.finish().0
}

/// The record of a call, a minute after the one before.
fn numbered(call: &Situated, number: u32) -> Record {
    let decided_at = now();
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    Record {
        decision_id: DecisionId::new(decided_at, random),
        ..record(call)
    }
}

fn count(report: &Report, change: Change) -> u64 {
    let found = report.changes.iter().find(|(kind, _)| *kind == change);
    found.unwrap().1
}

fn check(report: &Report, check: Check) -> (u64, u64) {
    let found = report.checks.iter().find(|(kind, _)| **kind == check);
    found.map_or((0, 0), |(_, count)| (count.before, count.after))
}

fn without(key: &str) -> Catalogue {
    let whole = catalogue();
    let offers = whole.offers().filter(|offer| offer.key.as_str() != key);
    Catalogue::new(whole.reasons.clone(), offers.cloned().collect())
}

/// The catalogue with one of its offers otherwise.
fn with(key: &str, change: impl Fn(&mut Offer)) -> Catalogue {
    let whole = catalogue();
    let offers = whole.offers().cloned().map(|mut offer| {
        if offer.key.as_str() == key {
            change(&mut offer);
        }
        offer
    });
    Catalogue::new(whole.reasons.clone(), offers.collect())
}

fn barely_worth_it() -> Situated {
    let mut call = Situated::new();
    call.request.reason = Some("moved_out_of_area".to_owned());
    call
}

#[test]
fn the_same_versions_change_nothing() {
    let calls = [Situated::new(), barely_worth_it()];
    let report = simulate(&calls, draft(catalogue(), policy(lenient(1))));
    assert_eq!((report.read, report.compared), (2, 2));
    assert_eq!(count(&report, Change::Same), 2);
    let (_, gain) = report.gains.iter().next().unwrap();
    assert_eq!((gain.calls, gain.difference()), (2, 0.0));
    assert_eq!(gain.interval_95(), Some((0.0, 0.0)));
    assert!(gain.before > 0.0);
    for (offer, count) in report.offers.iter() {
        assert_eq!(count.before, count.after, "{offer}");
    }
    assert_eq!(report.newly_failing.iter().len(), 0);
    assert_eq!(report.examples.into_sorted(), []);
}

#[test]
fn an_offer_that_is_gone_is_replaced_or_missed_and_said_why() {
    let calls = [Situated::new(), barely_worth_it()];
    let report = simulate(&calls, draft(without("discount"), policy(lenient(1))));
    assert_eq!(count(&report, Change::OtherOffers), 1);
    assert_eq!(count(&report, Change::Same), 1);
    let pair = ("discount".to_owned(), "extra".to_owned());
    let pairs: Vec<_> = report.matrix.iter().collect();
    assert!(pairs.contains(&(&pair, &1)), "{pairs:?}");
    let failing: Vec<_> = report.newly_failing.iter().collect();
    let (key, failing) = failing[0];
    assert_eq!(
        (key.0.as_str(), key.1.as_str()),
        ("discount", "NOT_IN_CATALOGUE")
    );
    assert_eq!((failing.calls, failing.handed_out), (1, 1));
    // What is handed out now costs less, and is worth less to both.
    let (_, gain) = report.gains.iter().next().unwrap();
    assert!(gain.difference() < 0.0);
    let examples = report.examples.into_sorted();
    assert_eq!(examples.len(), 1);
    assert_eq!(examples[0].because, "NOT_IN_CATALOGUE");
    assert_eq!(examples[0].decision_id, numbered(&calls[0], 0).decision_id);
}

#[test]
fn a_stricter_policy_lets_go_and_a_more_lenient_one_offers() {
    let calls = [Situated::new(), Situated::new()];
    let report = simulate(&calls, draft(catalogue(), policy(lenient(0))));
    assert_eq!(count(&report, Change::NoLongerOffered), 2);
    let let_go: Vec<_> = report.let_go.iter().collect();
    assert_eq!(let_go[0].0, "POLICY_ALLOWS_NO_OFFER");
    assert_eq!((let_go[0].1.before, let_go[0].1.after), (0, 2));
    let segments: Vec<_> = report.segments.iter().collect();
    let tenure = segments.iter().find(|it| it.0 == SegmentKind::Tenure);
    let (_, band, fortune) = tenure.unwrap();
    assert_eq!(
        (*band, fortune.calls, fortune.worse),
        ("2_to_5_years", 2, 2)
    );
    assert_eq!(
        (report.long_standing[0].worse, report.long_standing[1].calls),
        (2, 0)
    );

    let mut strict = Situated::new();
    strict.policy = policy(lenient(0));
    let report = simulate(&[strict], draft(catalogue(), policy(lenient(1))));
    assert_eq!(count(&report, Change::NewlyOffered), 1);
    let (_, gain) = report.gains.iter().next().unwrap();
    assert!(gain.before.abs() < f64::EPSILON && gain.after > 0.0);
}

/// A draft that believes more of its offers has not become better by that.
#[test]
fn a_draft_gains_nothing_by_what_it_believes() {
    let hopeful = with("discount", |offer| offer.priors.default = prior(0.9));
    let report = simulate(&[Situated::new()], draft(hopeful, policy(lenient(1))));
    assert_eq!(count(&report, Change::Same), 1);
    let (_, gain) = report.gains.iter().next().unwrap();
    assert!(gain.difference().abs() < f64::EPSILON);

    // Where it offers something else, what was offered is valued by its belief too.
    let doubtful = with("discount", |offer| offer.priors.default = prior(0.02));
    let report = simulate(&[Situated::new()], draft(doubtful, policy(lenient(1))));
    assert_eq!(count(&report, Change::OtherOffers), 1);
    let (_, gain) = report.gains.iter().next().unwrap();
    assert!(gain.before < 0.0 && gain.after > 0.0, "{gain:?}");
}

#[test]
fn other_terms_under_the_same_key_are_a_change() {
    let deeper = with("discount", |offer| {
        offer.benefit.concession = Concession::Discount {
            share: BasisPoints(3_000),
            months: 3,
        };
    });
    let report = simulate(&[Situated::new()], draft(deeper, policy(lenient(1))));
    assert_eq!(count(&report, Change::OtherTerms), 1);
    let better: u64 = report.long_standing.iter().map(|it| it.better).sum();
    assert_eq!(better, 1);
}

#[test]
fn what_no_longer_replays_is_counted_and_not_compared() {
    let call = Situated::new();
    let mut other = numbered(&call, 1);
    other.decision.arm = "extra".to_owned();
    let mut simulation = Simulation::of(draft(without("discount"), policy(lenient(1))));
    let then = Then::new(
        Arc::new(call.catalogue.clone()),
        Arc::new(call.policy.clone()),
        simulation.draft(),
    );
    simulation.observe(&other, &then, Some(1.0));
    simulation.skip();
    let (report, _) = simulation.finish();
    assert_eq!((report.read, report.compared), (2, 0));
    assert_eq!((report.replay_differs, report.unreadable), (1, 1));
    assert_eq!(report.outcomes.counts(), (0, 0));
    let examples = report.examples.into_sorted();
    assert_eq!((examples.len(), examples[0].change), (1, None));
}

fn budget(limit_amount: i64, counts_offers: bool, window: Window) -> Budget {
    let usd = customer().subscriptions[0].monthly_price.unwrap().currency;
    Budget {
        key: BudgetKey::parse("discounts").unwrap(),
        limit_amount,
        currency: (!counts_offers).then_some(usd),
        window,
        fixed: None,
        bucket_count: 1,
    }
}

#[test]
fn budgets_say_what_they_spend_and_when_they_run_dry() {
    let paid = || {
        with("discount", |offer| {
            offer.budget = Some(BudgetKey::parse("discounts").unwrap());
        })
    };
    // 3,000 if taken, with a chance of 0.4: the limit is reached by the third of these calls.
    let mut draft = draft(paid(), policy(lenient(1)));
    draft.budgets = vec![budget(3_600, false, Window::CalendarMonth)];
    let budgets = draft.budgets.clone();
    let calls = [(); 3].map(|()| Situated::new());
    let report = simulate(&calls, draft);
    assert_eq!(count(&report, Change::Same), 3);
    let spent = report.spendings.by_budget(&budgets);
    assert_eq!(spent.len(), 1);
    let total = spent[0].total;
    assert_eq!((total.before.offered, total.after.offered), (0, 9_000));
    assert!((total.after.expected - 3_600.0).abs() < 1e-6);
    assert_eq!((spent[0].window_count, spent[0].dry_windows), (1, [0, 1]));
    let window = &spent[0].windows[0];
    assert_eq!(window.start.unwrap().to_string(), "2026-11-01");
    assert_eq!(window.dry_after.unwrap().to_string(), "2026-11-21");
    assert_eq!(window.dry_before, None);
}

#[test]
fn a_budget_that_does_not_exist_pays_for_nothing() {
    let paid = with("discount", |offer| {
        offer.budget = Some(BudgetKey::parse("discounts").unwrap());
    });
    let report = simulate(&[Situated::new()], draft(paid, policy(lenient(1))));
    let failing: Vec<_> = report.newly_failing.iter().collect();
    assert_eq!(failing[0].0.1, "BUDGET_UNKNOWN");
    assert_eq!(count(&report, Change::OtherOffers), 1);
}

fn tenure(operator: Operator, days: i64) -> Predicate {
    let place = Place {
        file: Arc::from("rules.yaml"),
        line: 1,
        column: 1,
    };
    let at = |value| Placed::new(value, place.clone());
    let clause: Rule = Placed::new(
        DraftNode::Clause(DraftClause {
            fact: Fact::CustomerTenureDays.to_string(),
            operator,
            operand: at(Operand::One(Scalar::Integer(days))),
        }),
        place.clone(),
    );
    let (reasons, mut problems) = (ReasonTree::default(), Problems::default());
    let mut book = RuleBook::check(&[], &reasons, &mut problems);
    let compiled = book.compile(&clause, Part::Eligibility, &mut problems);
    assert_eq!(problems.into_sorted(), []);
    compiled.unwrap()
}

#[test]
fn who_has_been_here_for_long_and_gets_less_than_a_new_customer_is_told_first() {
    let inverted = with("discount", |offer| {
        offer.eligibility = tenure(Operator::AtMost, 100);
    });
    let report = simulate(&[Situated::new()], draft(inverted, policy(lenient(1))));
    assert_eq!(check(&report, Check::LongStandingWorseThanNew), (0, 1));
    assert!(Check::LongStandingWorseThanNew.is_breach());

    let loyal = with("discount", |offer| {
        offer.eligibility = tenure(Operator::AtLeast, 100);
    });
    let report = simulate(&[Situated::new()], draft(loyal, policy(lenient(1))));
    assert_eq!(check(&report, Check::LongStandingWorseThanNew), (0, 0));
}

/// The checks look at answers, whatever rules made them.
#[test]
fn an_answer_that_must_not_be_is_found_in_the_record() {
    let mut call = Situated::new();
    let mut made = numbered(&call, 1);
    let customer = call.customer();
    customer.open_incidents.push(OpenIncident {
        category: "outage".to_owned(),
        severity: 1,
        promise_broken: false,
    });
    customer.vulnerable = true;
    customer.do_not_offer = true;
    made.decision.policy.max_offers = 0;
    made.decision.policy.alternatives_on_request = 0;
    let terms = made.decision.offers[0].terms;
    let (now, during) = (terms.price_now.unwrap(), terms.price_during.unwrap());
    made.decision.offers[0].parity = Some(Compared {
        reference: now,
        during,
        after: now,
        breach: true,
    });
    let inputs = call.inputs();
    let found = crate::domain::simulation::checks(&inputs, &made.decision);
    assert_eq!(
        found,
        [
            Check::PriceOfferDuringIncident,
            Check::PressesWhoNeedsCare,
            Check::OfferToWhoMustNot,
            Check::MoreOffersThanPolicy,
            Check::EndsAboveNewCustomer,
        ]
    );
}

/// 400 calls that drew one of two offers with even chances, the discount bringing 2 and the extra 1.
fn judge(draft_of: Catalogue, propensity: f64) -> Judged {
    let mut simulation = Simulation::of(draft(draft_of, policy(lenient(1))));
    let [discount, extra] = [catalogue(), without("discount")].map(|catalogue| {
        let mut call = Situated::new();
        call.catalogue = catalogue;
        call
    });
    for number in 0..400 {
        let drawn = if number % 2 == 0 { &discount } else { &extra };
        let mut record = numbered(drawn, number);
        record.decision.propensity = propensity;
        let after = decide(&record.inputs(
            &simulation.draft().catalogue.clone(),
            &simulation.draft().policy.clone(),
        ));
        let reward = if number % 2 == 0 { 2.0 } else { 1.0 };
        simulation.judge(&record, &after, reward);
    }
    simulation.finish().0.outcomes.judge()
}

#[test]
fn the_log_judges_the_draft_where_it_was_drawn() {
    let Judged::Estimated(by_log) = judge(without("discount"), 0.5) else {
        panic!("an estimate");
    };
    assert!((by_log.logged.value - 1.5).abs() < 1e-9);
    assert!((by_log.self_normalised.value - 1.0).abs() < 1e-9);
    assert!((by_log.inverse_propensity.value - 1.0).abs() < 1e-9);
    assert!((by_log.effective_calls - 200.0).abs() < 1e-9);
    assert!((by_log.mean_weight - 1.0).abs() < 1e-9);

    assert_eq!(judge(catalogue(), 1.0), Judged::NothingLeftToChance);
    // The same offer at other terms is another one, of which the log knows nothing.
    let deeper = with("discount", |offer| {
        offer.benefit.concession = Concession::Discount {
            share: BasisPoints(2_500),
            months: 3,
        };
    });
    assert_eq!(judge(deeper, 0.5), Judged::TooFewEffectiveCalls(0.0));
    let none = simulate(&[], draft(catalogue(), policy(lenient(1))));
    assert_eq!(none.outcomes.judge(), Judged::TooFewOutcomes);
}

/// 400 calls of which two customers in five are held out, whom nothing brings 1 and the discount 2.
fn judge_with_a_holdout(draft_of: Catalogue) -> (Judged, u32) {
    let mut simulation = Simulation::of(draft(draft_of, policy(lenient(1))));
    let holdout = Holdout {
        key: HoldoutKey::parse("calls").unwrap(),
        share: BasisPoints(4_000),
    };
    let mut held_out = 0;
    for number in 0..400 {
        let mut call = Situated::new();
        call.catalogue = catalogue().with_holdout(holdout.clone());
        call.request.customer_id = format!("c-{number}").parse().unwrap();
        call.customer().customer_id = call.request.customer_id.clone();
        let then = Then::new(
            Arc::new(call.catalogue.clone()),
            Arc::new(call.policy.clone()),
            simulation.draft(),
        );
        let record = numbered(&call, number);
        let nothing = record.decision.offers.is_empty();
        held_out += u32::from(nothing);
        simulation.observe(&record, &then, Some(if nothing { 1.0 } else { 2.0 }));
    }
    (simulation.finish().0.outcomes.judge(), held_out)
}

#[test]
fn a_holdout_is_chance_that_the_log_is_judged_by() {
    let estimated = |draft_of| match judge_with_a_holdout(draft_of) {
        (Judged::Estimated(by_log), held_out) => (by_log, f64::from(held_out)),
        other => panic!("no estimate: {other:?}"),
    };
    let (everybody, held_out) = estimated(catalogue());
    assert!((120.0..200.0).contains(&held_out));
    assert!((everybody.self_normalised.value - 2.0).abs() < 1e-9);
    assert!((everybody.effective_calls - (400.0 - held_out)).abs() < 1e-6);
    assert!((everybody.logged.value - (2.0 - held_out / 400.0)).abs() < 1e-9);

    let nothing = Catalogue::new(catalogue().reasons.clone(), Vec::new());
    let (nothing, _) = estimated(nothing);
    assert!((nothing.self_normalised.value - 1.0).abs() < 1e-9);

    let as_it_was = Holdout {
        key: HoldoutKey::parse("calls").unwrap(),
        share: BasisPoints(4_000),
    };
    let (same, _) = estimated(catalogue().with_holdout(as_it_was));
    assert!((same.self_normalised.value - same.logged.value).abs() < 1e-9);
    assert!((same.effective_calls - 400.0).abs() < 1e-6);
}

proptest! {
    /// Whatever the draft: every call is counted once everywhere.
    #[test]
    fn every_call_is_counted_once(
        kept in any::<[bool; 2]>(),
        rows in proptest::collection::vec((0u32..3, any::<bool>(), any::<bool>()), 1..12),
        most in 0u32..3,
    ) {
        let whole = catalogue();
        let offers = whole.offers().zip(kept).filter(|(_, kept)| *kept);
        let offers = offers.map(|(offer, _)| offer.clone()).collect();
        let tried = Catalogue::new(whole.reasons.clone(), offers);
        let calls: Vec<Situated> = rows
            .iter()
            .map(|(allowed, structural, unknown)| {
                let mut call = if *structural { barely_worth_it() } else { Situated::new() };
                call.policy = policy(lenient(*allowed));
                if *unknown {
                    call.customer = None;
                }
                call
            })
            .collect();
        let report = simulate(&calls, draft(tried, policy(lenient(most))));
        let total = u64::try_from(calls.len()).unwrap();
        prop_assert_eq!((report.read, report.compared), (total, total));
        prop_assert_eq!(report.changes.iter().map(|(_, count)| count).sum::<u64>(), total);
        prop_assert_eq!(report.matrix.iter().map(|(_, count)| count).sum::<u64>(), total);
        for kind in [SegmentKind::Tenure, SegmentKind::Reason, SegmentKind::Contract] {
            let calls = report.segments.iter().filter(|it| it.0 == kind);
            prop_assert_eq!(calls.map(|it| it.2.calls).sum::<u64>(), total);
        }
        let first = |side: fn(&(String, String)) -> &String, nothing: bool| {
            let pairs = report.matrix.iter();
            let pairs = pairs.filter(|(pair, _)| (side(pair) == NO_OFFER) == nothing);
            pairs.map(|(_, count)| *count).sum::<u64>()
        };
        let let_go = report.let_go.iter();
        let (before, after) = let_go.fold((0, 0), |(before, after), (_, count)| {
            (before + count.before, after + count.after)
        });
        prop_assert_eq!((before, after), (first(|it| &it.0, true), first(|it| &it.1, true)));
    }
}
