//! Who is held out, and whether the comparison can be believed.

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> HoldoutKey {
    HoldoutKey::parse(text).unwrap()
}

fn holdout(text: &str, share: u32) -> Holdout {
    Holdout {
        key: key(text),
        share: BasisPoints(share),
    }
}

fn customers(prefix: &str, count: u32) -> impl Iterator<Item = CustomerId> {
    let prefix = prefix.to_owned();
    (0..count).map(move |number| CustomerId::parse(&format!("{prefix}{number}")).unwrap())
}

/// How far a count of so many draws may be off: five deviations, which chance passes once in a
/// million.
fn tolerance(draws: u32, share: f64) -> f64 {
    5.0 * (f64::from(draws) * share * (1.0 - share)).sqrt() + 1.0
}

#[test]
fn who_is_held_out_never_changes() {
    // What was once said of a customer stands in decisions of years.
    let held_out = |text: &str| {
        let of = holdout(text, 1_000);
        let numbers = customers("c-", 60).enumerate();
        let held = numbers.filter(|(_, customer)| of.holds_out(customer));
        held.map(|(number, _)| number).collect::<Vec<_>>()
    };
    assert_eq!(held_out("a"), [5, 25, 31, 35]);
    assert_eq!(held_out("b"), [5, 10, 40, 41, 57]);
}

#[test]
fn the_share_hangs_on_the_volume_where_that_is_said() {
    let by_volume = |calls| PlannedShare::ByVolume.resolve(calls).0;
    assert_eq!(
        [0, 999, 1_000, 20_000, 20_001].map(by_volume),
        [1_000, 1_000, 500, 500, 200]
    );
    assert_eq!(PlannedShare::Fixed(BasisPoints(7)).resolve(5).0, 7);
}

#[test]
fn a_key_keeps_its_share() {
    let planned = |share| PlannedHoldout {
        key: key("a"),
        share,
    };
    let fixed = planned(PlannedShare::Fixed(BasisPoints(500)));
    assert!(fixed.keep(BasisPoints(500)).is_ok());
    assert_eq!(
        fixed.keep(BasisPoints(1_000)).unwrap_err().reason,
        "HOLDOUT_LOCKED"
    );
    // What the volume made of it once stands, whatever the volume is now.
    assert!(
        planned(PlannedShare::ByVolume)
            .keep(BasisPoints(1_000))
            .is_ok()
    );
}

fn exposure(customer: &CustomerId, holdout: &Holdout) -> Exposure {
    let held_out = holdout.holds_out(customer);
    Exposure {
        customer_id: customer.clone(),
        assignment: Some(Assignment {
            key: holdout.key.clone(),
            share: holdout.share,
            held_out,
            exposed: true,
        }),
        offered: !held_out,
        overridden: false,
    }
}

/// Calls of many customers under a holdout that works.
fn sound(holdout: &Holdout) -> Vec<Exposure> {
    let all = customers("c-", 4_000);
    all.map(|customer| exposure(&customer, holdout)).collect()
}

fn of_held_out(calls: &mut [Exposure]) -> impl Iterator<Item = &mut Exposure> {
    let held_out = |call: &&mut Exposure| call.assignment.as_ref().is_some_and(|it| it.held_out);
    calls.iter_mut().filter(held_out)
}

#[test]
fn a_holdout_that_works_raises_no_alarm() {
    let holdout = holdout("a", 1_000);
    let mut calls = sound(&holdout);
    let checked = check(&holdout, &calls);
    assert_eq!(checked.offered + checked.held_out, 4_000);
    assert!(!checked.ratio.is_suspicious, "{checked:?}");
    assert_eq!(
        checked.contamination,
        Contamination {
            held_out: checked.held_out,
            ..Contamination::default()
        }
    );
    assert!(!checked.contamination.is_suspicious());
    // Whoever rings again is the same customer, and a call without an offer tells nothing.
    calls.extend(calls.clone());
    let customer = CustomerId::parse("unexposed").unwrap();
    let mut unexposed = exposure(&customer, &holdout);
    unexposed.assignment.as_mut().unwrap().exposed = false;
    calls.push(unexposed);
    assert_eq!(check(&holdout, &calls), checked);
    assert!(check(&holdout, &[]).ratio.held_out_share.abs() < f64::EPSILON);
}

#[test]
fn too_few_or_too_many_held_out_raise_one() {
    let holdout = holdout("a", 1_000);
    let mut lost = sound(&holdout);
    // Every third held-out call was never written.
    let mut number = 0;
    lost.retain(|call| {
        number += u32::from(!call.offered);
        call.offered || number % 3 > 0
    });
    assert!(check(&holdout, &lost).ratio.is_suspicious);
    let mut others = sound(&holdout);
    others.retain(|call| !call.offered || call.customer_id.as_str().ends_with(['1', '2', '3']));
    assert!(check(&holdout, &others).ratio.is_suspicious);
}

#[test]
fn held_out_customers_who_are_offered_something_are_counted_once() {
    let holdout = holdout("a", 1_000);
    let mut calls = sound(&holdout);
    let held_out = check(&holdout, &calls).held_out;
    for call in of_held_out(&mut calls).take(2) {
        call.offered = true;
        call.overridden = true;
    }
    let checked = check(&holdout, &calls);
    assert_eq!(checked.contamination.overridden, 2);
    assert_eq!(checked.held_out, held_out);
    assert!(!checked.contamination.is_suspicious(), "{checked:?}");

    // A tenth of them was offered something before the holdout, or under another.
    let other = super::tests::holdout("other", 1_000);
    let tenth: Vec<CustomerId> = of_held_out(&mut calls)
        .skip(2)
        .take(held_out as usize / 10)
        .map(|call| call.customer_id.clone())
        .collect();
    for (number, customer) in tenth.iter().enumerate() {
        let mut call = exposure(customer, &other);
        call.offered = true;
        call.assignment = call.assignment.filter(|_| number % 2 == 0);
        calls.push(call);
    }
    let contamination = check(&holdout, &calls).contamination;
    assert_eq!(contamination.otherwise_offered as usize, tenth.len());
    assert_eq!(contamination.on_both_sides, 0);
    assert!(contamination.is_suspicious());
}

#[test]
fn a_customer_on_both_sides_is_a_broken_assignment() {
    let holdout = holdout("a", 1_000);
    let mut calls = sound(&holdout);
    let mut other = calls[0].clone();
    let assignment = other.assignment.as_mut().unwrap();
    assignment.held_out = !assignment.held_out;
    calls.push(other);
    let contamination = check(&holdout, &calls).contamination;
    assert_eq!(contamination.on_both_sides, 1);
    assert!(contamination.is_suspicious());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the key and the form of the ids, the planned share is held out.
    #[test]
    fn the_share_is_met(text in "[a-z][a-z0-9_]{0,20}", prefix in "[A-Za-z0-9:/-]{0,30}", share in 1_u32..=5_000) {
        let of = holdout(&text, share);
        let draws = 4_000;
        let held_out: u32 = customers(&prefix, draws).map(|it| u32::from(of.holds_out(&it))).sum();
        let planned = of.share.fraction();
        let off = (f64::from(held_out) - f64::from(draws) * planned).abs();
        prop_assert!(off < tolerance(draws, planned), "{held_out} of {draws} at {share}");
    }

    /// Being held out by one key says nothing about another, however alike they are.
    #[test]
    fn keys_are_independent(text in "[a-z][a-z0-9_]{0,20}", last in "[a-z0-9]", prefix in "[a-z0-9-]{0,12}") {
        let (one, other) = (holdout(&text, 2_000), holdout(&format!("{text}{last}"), 2_000));
        let draws = 4_000;
        let both = |it: CustomerId| one.holds_out(&it) && other.holds_out(&it);
        let both: u32 = customers(&prefix, draws).map(|it| u32::from(both(it))).sum();
        let off = (f64::from(both) - f64::from(draws) * 0.04).abs();
        prop_assert!(off < tolerance(draws, 0.04));
    }

    /// Whoever is held out at a share is held out at a larger one, too.
    #[test]
    fn a_larger_share_holds_out_the_same_and_more(customer in "[!-~]{1,64}", share in 1_u32..5_000) {
        let customer = CustomerId::parse(&customer).unwrap();
        let (small, large) = (holdout("a", share), holdout("a", share + 1));
        prop_assert!(!small.holds_out(&customer) || large.holds_out(&customer));
    }
}
