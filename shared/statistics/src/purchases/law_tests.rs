//! Laws that hold for any customer and any parameters.

use std::num::NonZeroUsize;

use proptest::prelude::*;

use crate::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};
use crate::purchases::customer_value::{CustomerValue, discounted_within};
use crate::purchases::gamma_gamma::{GammaGamma, GammaGammaParameters, SpendSummary};
use crate::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
use crate::purchases::purchase_base::PurchaseBase;
use crate::purchases::purchase_model::{
    DiscountRate, Effort, Horizon, Outlook, PurchaseModel, PurchaseScore, Scorer, score_in_parallel,
};
use crate::purchases::purchase_summary::PurchaseSummary;
use crate::refusal::FitFailure;
use crate::tenures::retention::{
    PeriodDiscount, Retention, periods_at_risk, residual_lifetime_within,
};
use crate::tenures::retention_model::{RetentionModel, RetentionParameters};

/// As much as rounding may break an order.
const ROUNDING: f64 = 1e-10;

/// A parameter of any size that a fit comes across.
fn parameter() -> impl Strategy<Value = f64> {
    (-5.0..5.0_f64).prop_map(f64::exp)
}

fn parameters() -> impl Strategy<Value = [f64; 4]> {
    prop::array::uniform4(parameter())
}

/// A customer who bought again, or one who did not.
fn customer() -> impl Strategy<Value = PurchaseSummary> {
    let again = (1_u32..400, 0.001..1.0_f64, 0.1..500.0_f64)
        .prop_map(|(x, share, age)| PurchaseSummary::new(x, share * age, age).unwrap());
    let once = (0.0..500.0_f64).prop_map(|age| PurchaseSummary::new(0, 0.0, age).unwrap());
    prop_oneof![once, again]
}

fn models([r, alpha, a, b]: [f64; 4]) -> [Box<dyn PurchaseModel>; 3] {
    let beta_geometric = |drop_out| {
        let parameters = BetaGeometricParameters {
            r,
            alpha,
            a,
            b,
            drop_out,
        };
        Box::new(BetaGeometric::try_from(parameters).unwrap())
    };
    let pareto = ParetoNbdParameters {
        r,
        alpha,
        s: a,
        beta: b,
    };
    [
        beta_geometric(DropOut::AfterRepeats),
        beta_geometric(DropOut::AfterEvery),
        Box::new(ParetoNbd::try_from(pareto).unwrap()),
    ]
}

fn horizon(length: f64) -> Horizon {
    Horizon::new(length).unwrap()
}

proptest! {
    #[test]
    fn the_chance_of_being_alive_is_one(at in parameters(), customer in customer()) {
        for model in models(at) {
            let alive = model.probability_alive(&customer);
            prop_assert!((0.0..=1.0).contains(&alive), "{alive}");
        }
    }

    #[test]
    fn it_falls_with_silence(at in parameters(), customer in customer(), weeks in 0.0..300.0_f64) {
        let (x, recency) = (customer.frequency(), customer.recency());
        let later = PurchaseSummary::new(x, recency, customer.age() + weeks).unwrap();
        for model in models(at) {
            let (before, after) = (model.probability_alive(&customer), model.probability_alive(&later));
            prop_assert!(after <= before + ROUNDING, "{before} then {after}");
        }
    }

    #[test]
    fn it_rises_with_a_purchase(at in parameters(), customer in customer()) {
        prop_assume!(customer.age() > 0.0);
        let age = customer.age();
        let bought = PurchaseSummary::new(customer.frequency() + 1, age, age).unwrap();
        // In the BG/NBD nobody leaves before the first repeat transaction.
        let skipped = usize::from(customer.frequency() == 0);
        for model in models(at).into_iter().skip(skipped) {
            let (before, after) = (model.probability_alive(&customer), model.probability_alive(&bought));
            prop_assert!(after >= before - ROUNDING, "{before} then {after}");
        }
    }

    #[test]
    fn more_time_brings_more_transactions(
        at in parameters(),
        customer in customer(),
        weeks in 0.01..100.0_f64,
        more in 0.0..100.0_f64,
    ) {
        for model in models(at) {
            let sooner = model.expected_transactions(&customer, horizon(weeks));
            let later = model.expected_transactions(&customer, horizon(weeks + more));
            prop_assert!(sooner >= 0.0 && later.is_finite());
            prop_assert!(later >= sooner * (1.0 - 1e-8), "{sooner} then {later}");
        }
    }

    #[test]
    fn discounted_transactions_are_those_of_a_long_time(customer in customer(), r in 0.1..3.0_f64) {
        let rate = DiscountRate::new(0.3).unwrap();
        for model in models([r, 8.0, 0.8, 2.5]) {
            let ever = model.discounted_transactions(&customer, rate);
            let long = discounted_within(&*model, &customer, rate, horizon(100.0));
            prop_assert!((long - ever).abs() <= 1e-7 * ever, "{long} of {ever}");
        }
    }

    #[test]
    fn value_rises_with_margin_and_spend(
        customer in customer(),
        spend in 0.5..500.0_f64,
        more in 0.1..500.0_f64,
        margin in 0.01..0.9_f64,
    ) {
        let [_, model, _] = models([0.5, 6.0, 0.9, 1.6]);
        let parameters = GammaGammaParameters { p: 6.25, q: 3.74, gamma: 15.4 };
        let spend_model = GammaGamma::try_from(parameters).unwrap();
        let rate = DiscountRate::weekly_of_yearly(0.15).unwrap();
        let value = |spend: f64, margin: f64| {
            let x = customer.frequency().max(1);
            let spend = spend_model.expected_spend(&SpendSummary::new(x, spend).unwrap()).unwrap();
            let transactions = model.discounted_transactions(&customer, rate);
            CustomerValue::new(transactions, spend, margin).value
        };
        prop_assert!(value(spend, margin * 1.1) >= value(spend, margin));
        prop_assert!(value(spend + more, margin) >= value(spend, margin));
    }

    #[test]
    fn a_batch_is_scored_as_one_by_one(at in parameters(), customers in prop::collection::vec(customer(), 1..30)) {
        let [r, alpha, s, beta] = at;
        let model = ParetoNbd::try_from(ParetoNbdParameters { r, alpha, s, beta }).unwrap();
        let outlook = Outlook { horizon: horizon(13.0), rate: Some(DiscountRate::new(0.1).unwrap()) };
        let mut scores = vec![PurchaseScore::default(); customers.len()];
        Scorer::new(&model, outlook).score_all(&customers, &mut scores);
        let mut parallel = vec![PurchaseScore::default(); customers.len()];
        let effort = Effort { threads: NonZeroUsize::new(3).unwrap() };
        score_in_parallel(&model, outlook, &customers, &mut parallel, effort);
        prop_assert_eq!(&scores, &parallel);
        for (customer, score) in customers.iter().zip(scores) {
            let alone = PurchaseScore {
                probability_alive: model.probability_alive(customer),
                expected_transactions: model.expected_transactions(customer, outlook.horizon),
                discounted_transactions: outlook.rate.map(|rate| model.discounted_transactions(customer, rate)),
            };
            prop_assert_eq!(alone, score);
        }
    }

    #[test]
    fn retention_never_rises(
        alpha in parameter(),
        beta in parameter(),
        c in 0.1..10.0_f64,
        m in 0.001..0.999_f64,
        tenure in 0.0..200.0_f64,
        more in 0.0..200.0_f64,
    ) {
        for parameters in [
            RetentionParameters::ShiftedBetaGeometric { alpha, beta },
            RetentionParameters::BetaDiscreteWeibull { alpha, beta, c },
            RetentionParameters::DiscreteWeibull { m, c },
        ] {
            let model = RetentionModel::try_from(parameters).unwrap();
            let (before, after) = (model.log_survival(tenure), model.log_survival(tenure + more));
            prop_assert!(before <= 0.0 && after <= before + ROUNDING * (1.0 + before.abs()), "{before} then {after}");
            prop_assert!((model.survival(0.0) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_kept_and_at_risk_is_all_there_is(
        alpha in parameter(),
        beta in parameter(),
        tenure in 0.0..60.0_f64,
        margin in 0.0..100.0_f64,
    ) {
        let model = RetentionModel::try_from(RetentionParameters::ShiftedBetaGeometric { alpha, beta }).unwrap();
        let discount = PeriodDiscount::new(0.01).unwrap();
        let (mut leaves, mut kept, mut all) = (0.0, 0.0, 0.0);
        for period in periods_at_risk(&model, tenure, margin, discount, 24) {
            prop_assert!(period.leaves >= -ROUNDING && (0.0..=1.0).contains(&period.stays));
            leaves += period.leaves;
            kept += period.expected_margin;
            all += period.expected_margin + period.margin_at_risk;
            prop_assert!((leaves + period.stays - 1.0).abs() < ROUNDING);
        }
        let certain = margin * (1.0 - discount.factor().powi(24)) / 0.01;
        prop_assert!((all - certain).abs() <= 1e-9 * (1.0 + certain));
        let lifetime = residual_lifetime_within(&model, tenure, discount, 24);
        prop_assert!((kept - margin * lifetime).abs() <= 1e-9 * (1.0 + kept));
    }
}

/// More customers than a scorer remembers, so that places are taken over.
#[test]
fn a_scorer_never_answers_for_somebody_else() {
    let (_, model) = models_for_threads();
    let outlook = Outlook {
        horizon: horizon(13.0),
        rate: None,
    };
    let mut scorer = Scorer::new(&model, outlook);
    for (number, age) in (0..60_000_u32).zip([40.0, 52.0, 60.0].into_iter().cycle()) {
        let recency = 1.0 + f64::from(number % 36);
        let customer = PurchaseSummary::new(1 + number % 9_000, recency, age).unwrap();
        let score = scorer.score(&customer);
        let alone = model.expected_transactions(&customer, outlook.horizon);
        assert_eq!(
            score.expected_transactions.to_bits(),
            alone.to_bits(),
            "{customer:?}"
        );
    }
}

/// Customers who buy like clockwork, each at the same rate: no model of chance fits them.
#[test]
fn a_fit_without_a_top_says_which_parameter_runs_away() {
    let customers: Vec<PurchaseSummary> = (20..80_u32)
        .map(|weeks| {
            let age = f64::from(weeks);
            PurchaseSummary::new(weeks, age, age).unwrap()
        })
        .collect();
    let base = PurchaseBase::of(&customers).unwrap();
    let failures = [
        BetaGeometric::fit(&base, DropOut::AfterEvery, Effort::default()).unwrap_err(),
        BetaGeometric::fit(&base, DropOut::AfterRepeats, Effort::default()).unwrap_err(),
        ParetoNbd::fit(&base, Effort::default()).unwrap_err(),
    ];
    for failure in failures {
        assert!(matches!(failure, FitFailure::RunsAway { .. }), "{failure}");
    }
}

/// Nobody leaves, and rates differ: the chance to leave is small, and that is all the data say.
#[test]
fn a_fit_says_what_the_data_hardly_bound() {
    let customers: Vec<PurchaseSummary> = (0..300_u32)
        .map(|number| {
            let x = 1 + (number % 30) * (number % 7);
            PurchaseSummary::new(x, 51.9, 52.0).unwrap()
        })
        .collect();
    let base = PurchaseBase::of(&customers).unwrap();
    let fitted = BetaGeometric::fit(&base, DropOut::AfterEvery, Effort::default()).unwrap();
    let bound = fitted.convergence.hardly_bounded;
    assert!(matches!(bound, Some("a" | "b")), "{fitted:?}");
    let loyal = fitted.model.probability_alive(&customers[100]);
    assert!(loyal > 0.99, "{loyal}");
}

#[test]
fn parameters_that_cannot_be_are_refused() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let parameters = ParetoNbdParameters {
            r: 1.0,
            alpha: bad,
            s: 1.0,
            beta: 1.0,
        };
        assert!(ParetoNbd::try_from(parameters).is_err(), "{bad}");
        assert!(Horizon::new(bad).is_err() && DiscountRate::new(bad).is_err());
        assert!(PeriodDiscount::new(bad).is_err());
    }
    let text = r#"{"r":1.0,"alpha":-2.0,"s":1.0,"beta":1.0}"#;
    let refusal = serde_json::from_str::<ParetoNbd>(text).unwrap_err();
    assert!(refusal.to_string().contains("alpha is not above zero"));
}

/// Customers of many kinds, by no model.
fn mixed_customers() -> Vec<PurchaseSummary> {
    (0..12_000_u32)
        .map(|number| {
            let age = 30.0 + f64::from(number % 97) / 7.0;
            let x = (number * number) % 7;
            let recency = if x == 0 {
                0.0
            } else {
                age * f64::from(1 + number % 89) / 90.0
            };
            PurchaseSummary::new(x, recency, age).unwrap()
        })
        .collect()
}

#[test]
fn threads_do_not_change_a_fit() {
    let base = PurchaseBase::of(&mixed_customers()).unwrap();
    assert!(base.distinct() > 5_000);
    let model = models_for_threads();
    let [one, two] = [1, 2].map(|threads| Effort {
        threads: NonZeroUsize::new(threads).unwrap(),
    });
    assert_eq!(
        model.0.log_likelihood(&base, one),
        model.0.log_likelihood(&base, two)
    );
    assert_eq!(
        model.1.log_likelihood(&base, one),
        model.1.log_likelihood(&base, two)
    );
}

fn models_for_threads() -> (BetaGeometric, ParetoNbd) {
    let beta_geometric = BetaGeometricParameters {
        r: 0.5,
        alpha: 6.0,
        a: 0.9,
        b: 1.6,
        drop_out: DropOut::AfterEvery,
    };
    let pareto = ParetoNbdParameters {
        r: 0.5,
        alpha: 6.0,
        s: 0.9,
        beta: 16.0,
    };
    (
        beta_geometric.try_into().unwrap(),
        pareto.try_into().unwrap(),
    )
}
