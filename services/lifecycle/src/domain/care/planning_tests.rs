//! What is wanted of whom, when, and when not.

use kernel::money::{BasisPoints, Currency, Money};

use super::super::withdrawal::{CUSTOMER_DIED, LEAVING, NOT_NEEDED};
use super::super::{CareKind, Channel, SENDER};
use super::*;
use crate::domain::care::plan::PlanContent;
use crate::domain::facts::{Activity, ContractKind, EndCause};
use crate::domain::model::in_use::ModelsInUse;
use crate::domain::score::ValueRemaining;
use crate::domain::status::{self, Knowledge};

const NOW: &str = "2026-06-01T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Some days before now, after it when negative.
fn ago(days: i64) -> Option<Timestamp> {
    now().checked_sub(Span::new().hours(24 * days)).ok()
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::parse("EUR").unwrap())
}

fn contract(id: &str, started: i64) -> Subscription {
    Subscription {
        subscription_id: id.to_owned(),
        business_line: "telecom".to_owned(),
        contract_kind: ContractKind::MonthToMonth,
        start_time: ago(started),
        monthly_price: Some(euro(3_000)),
        ..Subscription::default()
    }
}

fn customer(subscriptions: Vec<Subscription>) -> CustomerFacts {
    CustomerFacts {
        customer_id: "c-1".to_owned(),
        revision: 1,
        subscriptions,
        ..CustomerFacts::default()
    }
}

fn event(kind: ActivityKind, last: i64) -> Activity {
    Activity {
        kind,
        count: 2,
        first_time: ago(last + 1),
        last_time: ago(last),
        total: None,
    }
}

fn rule(days: u32, window_days: u32) -> CareRule {
    CareRule {
        window_days,
        ..CareRule::plain(days, SENDER)
    }
}

fn plan() -> CarePlan {
    let check_in = CareRule {
        min_value_remaining: Some(euro(10_000)),
        ..rule(60, 30)
    };
    let rules = [
        (CareKind::Welcome, rule(1, 14)),
        (CareKind::WelcomeBack, rule(1, 14)),
        (CareKind::FirstInvoice, rule(7, 14)),
        (CareKind::ActivationCheck, rule(14, 21)),
        (CareKind::CheckIn, check_in),
        (CareKind::RecoveryFollowUp, rule(1, 7)),
        (CareKind::PromiseBroken, rule(0, 1)),
        (CareKind::Recognition, rule(0, 14)),
    ];
    CarePlan {
        version: 1,
        publish_time: None,
        content: PlanContent {
            rules: rules.into(),
            channels: vec![Channel::Email],
            contact_caps: Vec::new(),
            cap_exempt_kinds: Vec::new(),
            tenure_credit_percent: 50,
        },
    }
}

fn look(facts: &CustomerFacts, plan: &CarePlan, value: i64) -> CareOutlook {
    let rules = RuleSet::built_in();
    let knowledge = Knowledge {
        rules: &rules,
        models: &ModelsInUse::default(),
    };
    let mut status = status::compute(facts, None, knowledge, now()).unwrap();
    status.value_remaining = Some(ValueRemaining {
        amount: euro(value),
        monthly_margin: euro(1_000),
        residual_months: 10.0,
        horizon_months: 36,
    });
    outlook(facts, &status, plan, &rules)
}

/// What is wanted, as kind, subject and days from now until it is due.
fn wanted(facts: &CustomerFacts) -> Vec<(CareKind, String, i64)> {
    let found = look(facts, &plan(), 50_000).wanted.into_iter();
    found
        .map(|task| (task.kind, task.subject, days_between(now(), task.due_time)))
        .collect()
}

fn one(kind: CareKind, subject: &str, days: i64) -> (CareKind, String, i64) {
    (kind, subject.to_owned(), days)
}

fn used(subscriptions: Vec<Subscription>) -> CustomerFacts {
    CustomerFacts {
        activities: vec![event(ActivityKind::Usage, 1)],
        ..customer(subscriptions)
    }
}

#[test]
fn who_is_new_is_welcomed_hears_of_the_invoice_and_is_asked_whether_it_works() {
    let new = customer(vec![contract("s", 0)]);
    assert_eq!(wanted(&new), [one(CareKind::Welcome, "1", 1)]);
    // The invoice comes on the 12th of June, a month after the 12th of May.
    let later = customer(vec![contract("s", 20)]);
    let expected = [
        one(CareKind::FirstInvoice, "s", 4),
        one(CareKind::ActivationCheck, "s", -6),
    ];
    assert_eq!(wanted(&later), expected, "the welcome has lost its time");
    let in_use = used(vec![contract("s", 20)]);
    assert_eq!(wanted(&in_use), [one(CareKind::FirstInvoice, "s", 4)]);
    let bought_before = CustomerFacts {
        activities: vec![event(ActivityKind::Purchase, 21)],
        ..later
    };
    let checks = wanted(&bought_before).into_iter();
    let checks = checks.filter(|(kind, ..)| *kind == CareKind::ActivationCheck);
    assert_eq!(checks.count(), 1, "that was before this contract");
}

#[test]
fn what_is_paused_or_leaves_is_left_alone() {
    let paused = Subscription {
        paused: true,
        ..contract("s", 20)
    };
    let kinds = |facts: &CustomerFacts| -> Vec<CareKind> {
        wanted(facts).into_iter().map(|(kind, ..)| kind).collect()
    };
    assert_eq!(kinds(&customer(vec![paused])), [CareKind::FirstInvoice]);
    let leaves = Subscription {
        service_end_time: ago(-90),
        ..contract("s", 5)
    };
    let facts = customer(vec![leaves]);
    assert_eq!(kinds(&facts), [CareKind::Welcome; 0]);
    let outlook = look(&facts, &plan(), 50_000);
    assert_eq!(outlook.relation.withdrawal_reason(), LEAVING);
}

#[test]
fn who_comes_back_is_welcomed_back_unless_the_service_only_moved() {
    let lifetime = |start, end, lives_on| Lifetime {
        start_time: ago(start),
        end_time: end,
        lives_on,
        ..Lifetime::default()
    };
    let mut facts = used(vec![contract("s", 3)]);
    facts.lifetimes = vec![lifetime(500, ago(100), false), lifetime(3, None, false)];
    let back = one(CareKind::WelcomeBack, "2", -2);
    assert_eq!(wanted(&facts), [back]);
    facts.lifetimes[0].lives_on = true;
    assert_eq!(wanted(&facts), []);
}

#[test]
fn the_silent_are_asked_once_for_each_silence_if_they_are_worth_it() {
    let silent = CustomerFacts {
        activities: vec![
            event(ActivityKind::Usage, 70),
            event(ActivityKind::Payment, 1),
        ],
        ..customer(vec![contract("s", 400)])
    };
    let check_in = one(CareKind::CheckIn, "2026-03-23", -10);
    assert_eq!(wanted(&silent), [check_in]);
    assert_eq!(look(&silent, &plan(), 9_999).wanted, []);
    let heard = used(vec![contract("s", 400)]);
    assert_eq!(wanted(&heard), []);
    let never_heard = customer(vec![contract("s", 400)]);
    assert_eq!(wanted(&never_heard), []);
    let troubled = CustomerFacts {
        open_incidents: vec![Incident::default()],
        ..silent.clone()
    };
    assert_eq!(wanted(&troubled), []);
    let paused = Subscription {
        paused: true,
        ..contract("s", 400)
    };
    let facts = CustomerFacts {
        subscriptions: vec![paused],
        ..silent
    };
    assert_eq!(wanted(&facts), []);
}

#[test]
fn a_share_is_held_out_and_stays_so() {
    let mut plan = plan();
    let check_in = plan.content.rules.get_mut(&CareKind::CheckIn).unwrap();
    check_in.holdout = BasisPoints(2_000);
    let held_out = |number: u32| {
        let facts = CustomerFacts {
            customer_id: format!("c-{number}"),
            activities: vec![event(ActivityKind::Usage, 70)],
            ..customer(vec![contract("s", 400)])
        };
        look(&facts, &plan, 50_000).wanted[0].is_held_out
    };
    let first: Vec<bool> = (0..1_000).map(held_out).collect();
    assert_eq!(first, (0..1_000).map(held_out).collect::<Vec<bool>>());
    let count = first.iter().filter(|held_out| **held_out).count();
    assert!((150..250).contains(&count), "{count} of 1000");
}

#[test]
fn a_promise_is_followed_up_and_its_breach_noticed() {
    let promised = |days| Incident {
        incident_id: "i".to_owned(),
        open_time: ago(20),
        promise_due_time: ago(days),
        ..Incident::default()
    };
    let mut facts = used(vec![contract("s", 400)]);
    facts.open_incidents = vec![promised(-3)];
    let subject = format!("i/{}", ago(-3).unwrap().as_second());
    let expected = [
        one(CareKind::RecoveryFollowUp, &subject, 2),
        one(CareKind::PromiseBroken, &subject, 3),
    ];
    assert_eq!(wanted(&facts), expected);
    // The next step of the recovery brings another promise.
    facts.open_incidents = vec![promised(-30)];
    assert_eq!(wanted(&facts), []);
    facts.open_incidents = vec![Incident {
        promise_broken: true,
        ..promised(100)
    }];
    let subject = format!("i/{}", ago(100).unwrap().as_second());
    let expected = [
        one(CareKind::PromiseBroken, "i", -20),
        one(CareKind::PromiseBroken, &subject, -100),
    ];
    assert_eq!(wanted(&facts), expected);
    // Who records a breach speaks of the promise whose time has passed: it is one task.
    facts.open_incidents[0].broken_promise_due_time = ago(100);
    assert_eq!(
        wanted(&facts),
        [one(CareKind::PromiseBroken, &subject, -20)]
    );
    facts.open_incidents.clear();
    assert_eq!(wanted(&facts), []);
    let outlook = look(&facts, &plan(), 1);
    assert_eq!(outlook.relation.withdrawal_reason(), NOT_NEEDED);
}

#[test]
fn the_long_standing_have_anniversaries_and_lifetimes_before_count_in_part() {
    let year = 365;
    let anniversary = |facts: &CustomerFacts| {
        let found = wanted(facts).into_iter();
        let found: Vec<_> = found
            .filter(|(kind, ..)| *kind == CareKind::Recognition)
            .collect();
        found
    };
    // Two years are long-standing.
    let today = one(CareKind::Recognition, "2026", 0);
    let two = used(vec![contract("s", 2 * year)]);
    assert_eq!(anniversary(&two), [today]);
    let one_year = used(vec![contract("s", year)]);
    assert_eq!(anniversary(&one_year), []);
    let mut returned = used(vec![contract("s", year)]);
    let lifetime = |start, end| Lifetime {
        start_time: ago(start),
        end_time: end,
        ..Lifetime::default()
    };
    returned.lifetimes = vec![lifetime(5 * year, ago(3 * year)), lifetime(year, None)];
    let credited = [one(CareKind::Recognition, "2026", 0)];
    assert_eq!(anniversary(&returned), credited, "half of two years counts");
    let mut plan = plan();
    plan.content.tenure_credit_percent = 0;
    assert_eq!(look(&returned, &plan, 1).wanted, []);
    let mut troubled = two;
    troubled.open_incidents = vec![Incident::default()];
    assert_eq!(anniversary(&troubled), []);
}

/// The steps wanted of a contract that ended five days ago, and was paid for another ten.
fn steps_after(cause: EndCause) -> CustomerFacts {
    customer(vec![Subscription {
        cause,
        service_end_time: ago(5),
        billing_end_time: ago(-10),
        ..contract("s", 400)
    }])
}

#[test]
fn who_just_stops_is_owed_what_who_cancels_is() {
    let step = |subject: &str, days| one(CareKind::ExitStep, subject, days);
    let (data, bill) = (step("s/data_copy", -5), step("s/final_bill", 10));
    let owed = |cause| {
        let mut soon = steps_after(cause);
        // Tasks are made a week ahead.
        soon.subscriptions[0].billing_end_time = ago(-6);
        wanted(&soon)
    };
    let bill_soon = step("s/final_bill", 6);
    let goodbye = step("s/goodbye", -5);
    for cause in [EndCause::NotRenewed, EndCause::Provider] {
        let all = [data.clone(), bill_soon.clone(), goodbye.clone()];
        assert_eq!(owed(cause), all, "{cause:?}");
    }
    let repair = step("s/payment_repair", -5);
    assert_eq!(owed(EndCause::Payment), [data.clone(), bill_soon, repair]);
    assert_eq!(owed(EndCause::Silence), std::slice::from_ref(&data));
    assert_eq!(owed(EndCause::Customer), [], "the desk sees to it");
    let later = wanted(&steps_after(EndCause::NotRenewed));
    assert!(!later.contains(&bill), "not yet");
    let mut moved = steps_after(EndCause::NotRenewed);
    moved.subscriptions[0].lives_on = true;
    assert_eq!(wanted(&moved), []);
    let mut long_ago = steps_after(EndCause::Silence);
    long_ago.subscriptions[0].service_end_time = ago(31);
    assert_eq!(wanted(&long_ago), [], "who was imported is not written to");
    let mut died = steps_after(EndCause::NotRenewed);
    died.deceased = true;
    assert_eq!(wanted(&died), [data], "no goodbye");
}

#[test]
fn nothing_is_wanted_of_the_dead() {
    let mut facts = customer(vec![contract("s", 0)]);
    facts.deceased = true;
    let outlook = look(&facts, &plan(), 50_000);
    assert_eq!(outlook.wanted, []);
    assert_eq!(outlook.relation.withdrawal_reason(), CUSTOMER_DIED);
    let ended = Subscription {
        service_end_time: ago(1),
        cause: EndCause::Death,
        ..contract("s", 5)
    };
    let facts = customer(vec![ended]);
    assert!(look(&facts, &plan(), 50_000).relation.has_died);
}

#[test]
fn what_stands_for_it_changes_with_it_alone() {
    let facts = customer(vec![contract("s", 0)]);
    let first = look(&facts, &plan(), 50_000);
    assert_eq!(first, look(&facts, &plan(), 50_000));
    let richer = look(&facts, &plan(), 60_000);
    assert_eq!(first.fingerprint, richer.fingerprint);
    let older = look(&customer(vec![contract("s", 1)]), &plan(), 50_000);
    assert_ne!(first.fingerprint, older.fingerprint);
}
