//! Models of every kind for tests, fitted once: to customers who are easy to tell apart.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use kernel::money::{Currency, Money};
use kernel::time::Timestamp;
use statistics::tenures::curve::{Curve, Period};

use crate::domain::clock_days::start_of_day;
use crate::domain::facts::{
    Activity, ActivityKind, ContractKind, CustomerFacts, State, Subscription,
};
use crate::domain::model::Artifact;
use crate::domain::model::in_use::ModelsInUse;
use crate::domain::model::ticket::Ticket;
use crate::domain::propensity::sample::PropensitySample;
use crate::domain::propensity::watch::Watch;
use crate::domain::purchase::buyer::Buyer;
use crate::domain::purchase::model::PurchaseFamily;
use crate::domain::purchase::sample::{LineSpan, PurchaseSample};
use crate::domain::tenure::life_tables::{Group, LifeTables, Subject};
use crate::domain::tenure::retention::RetentionSet;

/// The day at whose beginning the observation ends.
const LAST_DAY: i32 = 20_600;

/// Returns one model of each kind, of the line "telecom".
pub(super) fn one_of_each() -> ModelsInUse {
    static MODELS: OnceLock<ModelsInUse> = OnceLock::new();
    MODELS.get_or_init(fit).clone()
}

fn fit() -> ModelsInUse {
    let mut models = ModelsInUse::default();
    let retention = RetentionSet::fit(tables(), |_, _| {}).unwrap();
    models.put(2, Artifact::Retention(retention), None).unwrap();
    models.put(3, purchases(), None).unwrap();
    models.put(4, propensity(), None).unwrap();
    models.life_tables = Some(Arc::new(LifeTables::new(1, tables())));
    models
}

fn tables() -> Vec<(Group, Curve)> {
    let table = |subject| {
        let group = Group {
            business_line: Some("telecom".to_owned()),
            subject,
        };
        let mut at_risk = 2_000;
        let mut periods = Vec::new();
        for month in 0..48 {
            let ended = at_risk / (20 + month);
            periods.push(Period { at_risk, ended });
            at_risk -= ended + 5;
        }
        (group, Curve::new(periods))
    };
    vec![table(Subject::EveryContract), table(Subject::Gap)]
}

fn purchases() -> Artifact {
    let mut sample = PurchaseSample::default();
    let span = LineSpan::until(20_000, start_of_day(LAST_DAY), 180);
    for number in 0..90 {
        let (gap, bought) = (7 + number % 40, 1 + number % 9);
        let days: Vec<i32> = (0..bought)
            .map(|index| 20_000 + number + gap * index)
            .collect();
        let count = u32::try_from(days.len()).unwrap();
        let each = 1_000 + 50 * i64::from(number % 13);
        let total = Money::new(each * i64::from(count), Currency::parse("EUR").unwrap());
        let facts = CustomerFacts {
            customer_id: format!("c-{number}"),
            purchase_days: days,
            purchase_day_count: count,
            activities: vec![Activity {
                kind: ActivityKind::Purchase,
                count,
                first_time: None,
                last_time: None,
                total: Some(total),
            }],
            ..CustomerFacts::default()
        };
        let buyer = Buyer::of(&facts).unwrap().unwrap();
        sample
            .add(Ticket::of(&facts.customer_id), "telecom", span, &buyer)
            .unwrap();
    }
    sample
        .fit(PurchaseFamily::MbgNbd, |_, _| {})
        .unwrap()
        .artifact
}

fn propensity() -> Artifact {
    let end = start_of_day(LAST_DAY);
    let watches: BTreeMap<String, Watch> =
        [("telecom".to_owned(), Watch::before(end, 90).unwrap())].into();
    let mut sample = PropensitySample::default();
    for number in 0..300 {
        let leaves = number % 3 == 0;
        let ended: Option<Timestamp> = leaves.then(|| start_of_day(LAST_DAY - number % 60));
        let subscription = Subscription {
            subscription_id: "s".to_owned(),
            business_line: "telecom".to_owned(),
            contract_kind: if leaves {
                ContractKind::MonthToMonth
            } else {
                ContractKind::ALL[usize::try_from(number % 4).unwrap()]
            },
            state: if leaves { State::Ended } else { State::InForce },
            start_time: Some(start_of_day(LAST_DAY - 200 - number)),
            service_end_time: ended,
            ..Subscription::default()
        };
        let facts = CustomerFacts {
            customer_id: format!("c-{number}"),
            subscriptions: vec![subscription],
            ..CustomerFacts::default()
        };
        sample.add(&facts, &watches);
    }
    sample.fit(|_, _| {}).unwrap().artifact
}
