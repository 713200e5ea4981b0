//! The outlook of retention curves: against the published cohort, and its laws.

use kernel::money::{BasisPoints, Currency, Money};
use proptest::prelude::*;
use statistics::tenures::curve::{Curve, Period};

use crate::domain::facts::ContractKind;
use crate::domain::rules::{LineRules, RuleSet};
use crate::domain::tenure::life_tables::{Group, Subject};
use crate::domain::tenure::retention::{RetentionCurves, RetentionSet};
use crate::domain::tenure::retention_outlook::{Outlook, OutlookPage, OutlookQuestion};

fn group(line: Option<&str>, subject: Subject) -> Group {
    Group {
        business_line: line.map(str::to_owned),
        subject,
    }
}

fn cohort(survivors: &[u64]) -> Curve {
    let periods = survivors.windows(2).map(|pair| Period {
        at_risk: pair[0],
        ended: pair[0] - pair[1],
    });
    Curve::new(periods.collect())
}

/// The regular customers of Fader & Hardie (2007), table 1, of a thousand, as months.
fn regular() -> Curve {
    cohort(&[1_000, 631, 468, 382, 326, 289, 262, 241])
}

fn curves(groups: Vec<(Group, Curve)>) -> RetentionCurves {
    RetentionCurves::new(7, RetentionSet::fit(groups, |_, _| {}).unwrap())
}

fn question(business_line: Option<&str>) -> OutlookQuestion {
    OutlookQuestion {
        business_line: business_line.map(str::to_owned),
        month_count: 12,
        tenure_months: 0,
        monthly_margin: None,
        after: String::new(),
        size: 50,
    }
}

fn ask(curves: &RetentionCurves, question: &OutlookQuestion) -> OutlookPage {
    curves.outlook(question, &RuleSet::built_in()).unwrap()
}

fn several() -> RetentionCurves {
    let monthly = Subject::Contract(ContractKind::MonthToMonth);
    curves(vec![
        (group(None, Subject::EveryContract), regular()),
        (group(Some("telecom"), Subject::EveryContract), regular()),
        (group(Some("telecom"), monthly), regular()),
        (group(Some("energy"), Subject::EveryContract), regular()),
    ])
}

fn names(page: &OutlookPage) -> Vec<&str> {
    let outlooks = page.outlooks.iter();
    outlooks
        .map(|outlook| outlook.report.group.as_str())
        .collect()
}

#[test]
fn the_published_cohort_is_told_as_seen_and_as_fitted() {
    let curves = curves(vec![(group(None, Subject::EveryContract), regular())]);
    let page = ask(&curves, &question(None));
    assert_eq!(page.version, 7);
    let outlook = &page.outlooks[0];
    assert_eq!(outlook.report.sample_size, 1_000);
    let last_seen = outlook.points[6].observed.unwrap();
    assert!((last_seen.survival - 0.241).abs() < 1e-12);
    assert!(last_seen.lower < 0.241 && 0.241 < last_seen.upper);
    assert!(outlook.points[7].observed.is_none());
    // Actual survivors of the later years, in the same table: 223, 207, 194, 183, 173.
    for (month, actual) in [
        (8, 0.223),
        (9, 0.207),
        (10, 0.194),
        (11, 0.183),
        (12, 0.173),
    ] {
        let point = &outlook.points[month - 1];
        assert!((point.fitted_survival - actual).abs() < 0.01, "{point:?}");
    }
}

#[test]
fn groups_come_by_name_page_by_page() {
    let curves = several();
    let everything = ask(&curves, &question(None));
    let expected = [
        "all/all",
        "energy/all",
        "telecom/all",
        "telecom/month_to_month",
    ];
    assert_eq!(names(&everything), expected);
    assert!(!everything.more);
    let mut paged = question(None);
    paged.size = 3;
    let first = ask(&curves, &paged);
    assert!(first.more);
    paged.after = "telecom/all".to_owned();
    let second = ask(&curves, &paged);
    assert_eq!(names(&second), expected[3..]);
    assert!(!second.more);
}

#[test]
fn a_line_has_its_own_groups_or_those_it_is_judged_by() {
    let curves = several();
    let own = ask(&curves, &question(Some("telecom")));
    assert_eq!(names(&own), ["telecom/all", "telecom/month_to_month"]);
    assert_eq!(own.outlooks[0].business_line.as_deref(), Some("telecom"));
    let strange = ask(&curves, &question(Some("music")));
    assert_eq!(names(&strange), ["all/all"]);
    assert_eq!(strange.outlooks[0].business_line, None);
}

#[test]
fn value_at_risk_is_the_margin_that_is_not_expected() {
    let margin = Money::new(1_000, Currency::parse("EUR").unwrap());
    let asked = OutlookQuestion {
        tenure_months: 3,
        monthly_margin: Some(margin),
        ..question(None)
    };
    let outlook = ask(&several(), &asked).outlooks.remove(0);
    let yearly: f64 = 1.0 + LineRules::BUILT_IN.discount_rate.fraction();
    for month in &outlook.months_ahead {
        let worth = yearly.powf(-f64::from(month.period.period) / 12.0);
        let both = month.period.expected_margin + month.period.margin_at_risk;
        assert!((both - worth).abs() < 1e-12);
        let at_risk = month.value_at_risk.unwrap().minor;
        let at_risk = f64::from(i32::try_from(at_risk).unwrap());
        assert!((month.period.margin_at_risk * 1_000.0 - at_risk).abs() <= 0.5);
    }
    // Nobody can stay longer than the horizon, and who has stayed longest stays longest yet.
    let horizon = f64::from(LineRules::BUILT_IN.value_horizon_months);
    let [first, .., last] = &outlook.points[..] else {
        panic!("{outlook:?}");
    };
    assert!(first.residual_months < last.residual_months);
    assert!(last.residual_months < horizon);
}

/// Every number of an outlook is one.
fn is_sound(outlook: &Outlook) -> bool {
    let points = outlook.points.iter();
    let fitted: Vec<f64> = points.clone().map(|point| point.fitted_survival).collect();
    let falls = fitted.windows(2).all(|pair| pair[1] <= pair[0]);
    let seen: Vec<f64> = points
        .filter_map(|point| point.observed)
        .map(|observed| observed.survival)
        .collect();
    let seen_falls = seen.windows(2).all(|pair| pair[1] <= pair[0]);
    let mut chances = fitted.iter().chain(&seen);
    let are_chances = chances.all(|chance| (0.0..=1.0).contains(chance));
    let mut ahead = outlook.months_ahead.iter().map(|month| month.period);
    let left: f64 = ahead.clone().map(|month| month.leaves).sum();
    let stays = ahead.next_back().map_or(1.0, |month| month.stays);
    let adds_up = (left + stays - 1.0).abs() < 1e-9;
    let residuals = outlook.points.iter().map(|point| point.residual_months);
    let mut residuals = residuals.chain([outlook.residual_months]);
    let bounded = residuals.all(|months| (0.0..=120.0).contains(&months));
    falls && seen_falls && are_chances && adds_up && bounded
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn curves_never_rise_and_chances_add_up(
        leaves in prop::collection::vec(0_u64..400, 3..30),
        tenure_months in 0_u32..=1_200,
        month_count in 1_u32..=240,
        discount in 0_u32..=10_000,
        horizon in 1_u32..=120,
    ) {
        let mut survivors = vec![5_000_u64];
        for share in leaves {
            let there = survivors[survivors.len() - 1];
            survivors.push(there - there * share / 1_000);
        }
        let everybody = group(None, Subject::EveryContract);
        let fitted = RetentionSet::fit(vec![(everybody, cohort(&survivors))], |_, _| {});
        // What cannot be fitted is refused, and tested elsewhere.
        if let Ok(set) = fitted {
            let rules = LineRules {
                discount_rate: BasisPoints(discount),
                value_horizon_months: horizon,
                ..LineRules::BUILT_IN
            };
            let rules = RuleSet::new(1, None, [("default".to_owned(), rules)].into());
            let asked = OutlookQuestion { month_count, tenure_months, ..question(None) };
            let page = RetentionCurves::new(1, set).outlook(&asked, &rules).unwrap();
            prop_assert_eq!(page.outlooks[0].points.len(), month_count as usize);
            prop_assert!(is_sound(&page.outlooks[0]), "{:?}", page);
        }
    }
}
