//! A foreign model beside models of ours, in two lines.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foreign_model::declaration::{Declaration, Encoding, Input, Kind};
use foreign_model::model::ForeignModel;
use kernel::money::{Currency, Money};
use kernel::time::Timestamp;

use crate::domain::clock_days::start_of_day;
use crate::domain::facts::{ContractKind, CustomerFacts, State, Subscription};
use crate::domain::foreign::evaluation::{ForeignRefusal, judge};
use crate::domain::model::forecast::real;
use crate::domain::model::in_use::ModelsInUse;
use crate::domain::model::{Artifact, Candidate};
use crate::domain::propensity::PropensitySet;
use crate::domain::propensity::contribution::ContributionMethod;
use crate::domain::propensity::models::{LineModel, PropensityModels};
use crate::domain::propensity::sample::PropensitySample;
use crate::domain::propensity::watch::Watch;

const LAST_DAY: i32 = 20_600;
const LINES: [&str; 2] = ["energy", "telecom"];

fn file() -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("../../shared/foreign_model/fixtures/named_inputs.onnx");
    std::fs::read(path).unwrap()
}

fn declaration() -> Declaration {
    let input = |name: &str, feature: &str, kind| Input {
        name: name.to_owned(),
        feature: Some(feature.to_owned()),
        kind,
    };
    let number = Kind::Number { when_missing: None };
    let levels = ["month_to_month", "one_year", "two_year"];
    let contract = Kind::Category {
        levels: levels.map(str::to_owned).to_vec(),
        encoding: Encoding::Indicators,
    };
    Declaration {
        inputs: vec![
            input("tenure_months", "tenure_months", number.clone()),
            input("monthly_charge", "monthly_price", number.clone()),
            input("support_calls", "lifetimes_before", number),
            input("contract", "contract_kind", contract),
        ],
        output: None,
    }
}

fn model() -> ForeignModel {
    ForeignModel::load(&file(), declaration()).unwrap()
}

fn customer(number: i32, line: &str) -> CustomerFacts {
    let contract_kind = if number % 4 == 0 {
        ContractKind::TwoYear
    } else {
        ContractKind::MonthToMonth
    };
    // Those without a commitment leave more often.
    let leaves = number % 3 == 0 && contract_kind == ContractKind::MonthToMonth || number % 24 == 0;
    let ended: Option<Timestamp> = leaves.then(|| start_of_day(LAST_DAY - number % 60));
    let price = 2_000 + i64::from(number * 37 % 9_000);
    let subscription = Subscription {
        subscription_id: "s".to_owned(),
        business_line: line.to_owned(),
        contract_kind,
        state: if leaves { State::Ended } else { State::InForce },
        start_time: Some(start_of_day(LAST_DAY - 200 - number)),
        service_end_time: ended,
        monthly_price: Some(Money::new(price, Currency::parse("EUR").unwrap())),
        ..Subscription::default()
    };
    CustomerFacts {
        customer_id: format!("{line}-{number}"),
        subscriptions: vec![subscription],
        ..CustomerFacts::default()
    }
}

fn sample(per_line: [i32; 2]) -> PropensitySample {
    let watch = Watch::before(start_of_day(LAST_DAY), 90).unwrap();
    let watches: BTreeMap<String, Watch> = LINES.map(|line| (line.to_owned(), watch)).into();
    let mut sample = PropensitySample::default();
    for (line, customers) in LINES.iter().zip(per_line) {
        for number in 0..customers {
            sample.add(&customer(number, line), &watches);
        }
    }
    sample
}

fn ours(sample: &PropensitySample) -> PropensitySet {
    match sample.clone().fit(|_, _| {}).unwrap().artifact {
        Artifact::Propensity(set) => *set,
        other => panic!("{other:?}"),
    }
}

fn judged(
    sample: &PropensitySample,
    lines: &[&str],
    ours: Option<PropensitySet>,
) -> Result<Candidate, ForeignRefusal> {
    let lines: BTreeSet<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    judge(sample, &Arc::new(model()), &lines, ours, |_, _| {})
}

fn in_use(candidate: Candidate) -> PropensityModels {
    let mut models = ModelsInUse::default();
    models.put(5, candidate.artifact, Some(&file())).unwrap();
    Arc::unwrap_or_clone(models.propensity.unwrap())
}

#[test]
fn other_lines_keep_what_ours_says_and_the_average_counts_both() {
    let sample = sample([240, 300]);
    let ours = ours(&sample);
    let energy = ours.lines["energy"].model.evaluation().figures;
    let candidate = judged(&sample, &["telecom"], Some(ours)).unwrap();
    // A tenth is held out, for comparisons.
    let judged_on = candidate.sample_size;
    assert!((250..300).contains(&judged_on), "{judged_on}");
    let (learnt, judged_on) = (
        real(energy.rows),
        f64::from(u32::try_from(judged_on).unwrap()),
    );
    let groups = candidate.artifact.groups();
    let families: Vec<(&str, bool)> = groups
        .iter()
        .map(|group| (group.group.as_str(), group.family == "onnx"))
        .collect();
    assert_eq!(families, [("telecom", true), ("energy", false)]);
    let telecom = &groups[0].figures;
    let telecom = telecom.iter().find(|it| it.name == "log_loss").unwrap();
    let all = learnt + judged_on;
    let average = (energy.log_loss * learnt + telecom.value * judged_on) / all;
    let evaluation = candidate.evaluation.as_ref().unwrap();
    assert!((evaluation.value - average).abs() < 1e-12);
    let rows = evaluation.figures.iter().find(|it| it.name == "rows");
    assert!((rows.unwrap().value - all).abs() < 1e-9);
    let models = in_use(candidate);
    assert!(matches!(
        models.line("telecom"),
        Some(LineModel::Foreign(_))
    ));
    assert!(matches!(models.line("energy"), Some(LineModel::Ours(_))));
    assert!(models.line("water").is_none());
}

#[test]
fn it_is_compared_with_ours_on_customers_that_ours_has_not_seen() {
    let mut sample = sample([600, 600]);
    let ours = ours(&sample);
    assert!(
        judged(&sample, &["telecom"], None)
            .unwrap()
            .evaluation
            .unwrap()
            .comparison
            .is_none()
    );
    let in_use = PropensityModels::of_ours(4, ours.clone());
    sample.compare_with(Some(Arc::new(in_use)));
    let compared = |sample: &PropensitySample, lines: &[&str]| {
        let candidate = judged(sample, lines, Some(ours.clone())).unwrap();
        candidate.evaluation.unwrap().comparison.unwrap()
    };
    let both = compared(&sample, &[]);
    assert_eq!(
        (both.version, both.measure.as_str()),
        (4, "held_out_log_loss")
    );
    let telecom = compared(&sample, &["telecom"]);
    // In a line that ours goes on serving nothing changes.
    assert!((telecom.other_value - both.other_value).abs() < 1e-12);
    assert!((telecom.value - both.value).abs() > 1e-9);
    assert!((telecom.value - telecom.other_value).abs() > 1e-9);
    // Ours that has seen everybody is no rival on these.
    let seen = PropensitySet {
        holds_out: false,
        ..ours.clone()
    };
    sample.compare_with(Some(Arc::new(PropensityModels::of_ours(4, seen))));
    let candidate = judged(&sample, &[], Some(ours)).unwrap();
    assert!(candidate.evaluation.unwrap().comparison.is_none());
}

#[test]
fn without_a_line_named_it_serves_wherever_it_could_be_judged() {
    let candidate = judged(&sample([20, 300]), &[], None).unwrap();
    let models = in_use(candidate);
    assert!(models.line("telecom").is_some() && models.line("energy").is_none());
    let refusal = judged(&sample([20, 300]), &["energy"], None).unwrap_err();
    assert!(refusal.to_string().contains("too few"), "{refusal}");
    let refusal = judged(&sample([20, 20]), &[], None).unwrap_err();
    assert!(refusal.to_string().starts_with("all"), "{refusal}");
}

#[test]
fn answers_beforehand_are_the_answers_without_reasons() {
    let models = in_use(judged(&sample([20, 300]), &[], None).unwrap());
    let as_of = start_of_day(LAST_DAY);
    let customers: Vec<CustomerFacts> = (0..300).map(|it| customer(it, "telecom")).collect();
    let answers = models.ask_beforehand(customers.iter(), as_of).unwrap();
    let line = models.line("telecom").unwrap();
    let mut reasons = 0;
    for facts in customers
        .iter()
        .filter(|it| it.subscriptions[0].service_end_time.is_none())
    {
        let subscription = &facts.subscriptions[0];
        let score = |days, answers| {
            line.score(facts, subscription, as_of, days, answers)
                .unwrap()
        };
        let (together, alone) = (score(30, Some(&answers)), score(30, None));
        assert!((together.probability - alone.probability).abs() < 1e-6);
        assert!(alone.probability < score(90, None).probability);
        assert_eq!(together.method, ContributionMethod::None);
        assert_eq!(alone.method, ContributionMethod::Occlusion);
        assert!(alone.contributions.len() <= 5);
        reasons += alone.contributions.len();
        // Of another day nothing was asked.
        let later = start_of_day(LAST_DAY + 1);
        let later = line.score(facts, subscription, later, 30, Some(&answers));
        assert_eq!(later.unwrap().method, ContributionMethod::Occlusion);
    }
    assert!(reasons > 200, "{reasons}");
}

#[test]
fn who_gets_no_answer_is_counted_and_spoils_nobody_elses() {
    let models = in_use(judged(&sample([20, 300]), &[], None).unwrap());
    let as_of = start_of_day(LAST_DAY);
    let mut customers = [customer(1, "telecom"), customer(2, "telecom")];
    customers[0].subscriptions[0].monthly_price = None;
    let answers = models.ask_beforehand(customers.iter(), as_of).unwrap();
    let line = models.line("telecom").unwrap();
    let score = |place: usize| {
        let facts: &CustomerFacts = &customers[place];
        line.score(facts, &facts.subscriptions[0], as_of, 90, Some(&answers))
    };
    assert!(score(0).is_none() && score(1).is_some());
    let foreign = models.foreign.as_ref().unwrap();
    assert_eq!(
        (foreign.take_unanswered(), foreign.take_unanswered()),
        (1, 0)
    );
    let alone = line.score(
        &customers[0],
        &customers[0].subscriptions[0],
        as_of,
        90,
        None,
    );
    assert_eq!((alone, foreign.take_unanswered()), (None, 1));
}

#[test]
fn reasons_are_sought_where_they_are() {
    let sample = sample([20, 300]);
    let (_, training) = &sample.lines()["telecom"];
    let all = crate::domain::foreign::evaluation::tried(&model(), training, 12);
    assert_eq!(all.len(), 4);
    // Whoever is there has not been there before: the third input tells nobody from anybody.
    let three = crate::domain::foreign::evaluation::tried(&model(), training, 3);
    let mut places: Vec<usize> = three.iter().map(|it| it.place).collect();
    places.sort_unstable();
    assert_eq!(places, [0, 1, 3]);
}
