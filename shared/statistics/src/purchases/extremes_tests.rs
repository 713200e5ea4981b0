//! The models of non-contractual buying far from ordinary customers, against 60 to 120 digits.
//!
//! The tables beside this file were made with an arbitrary-precision library from the published
//! formulas: ten thousand transactions, ten thousand weeks, parameters at and near the places where
//! the formulas divide by zero, and customers who hardly differ.

use crate::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};
use crate::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
use crate::purchases::purchase_model::{DiscountRate, Horizon, PurchaseModel};
use crate::purchases::purchase_summary::PurchaseSummary;
use crate::reference_tests::{Row, number, rows_of};

/// Relative. A logarithm of a chance times ten thousand transactions has lost four digits.
const TOLERANCE: f64 = 1e-10;
/// Smaller numbers than `e^−690` are as good as zero.
const LOG_ZERO: f64 = -690.0;

fn customer(row: &Row) -> PurchaseSummary {
    let frequency = row["x"].parse().unwrap();
    PurchaseSummary::new(frequency, number(row, "t_x"), number(row, "T")).unwrap()
}

fn check(ours: f64, log_exact: f64, what: &str, row: &Row) {
    assert!(
        ours.is_finite() && ours >= 0.0,
        "{what} is {ours} for {row:?}"
    );
    if log_exact < LOG_ZERO {
        assert!(ours < 1e-299, "{what} is {ours:e} for {row:?}");
        return;
    }
    let error = (ours.ln() - log_exact).abs();
    assert!(error < TOLERANCE, "{what} is off by {error:e} for {row:?}");
}

#[test]
fn beta_geometric_models_keep_their_digits() {
    let rows = rows_of(include_str!("beta_geometric_extremes.csv"));
    assert!(rows.len() > 200);
    for row in &rows {
        let drop_out = match row["model"].as_str() {
            "bg_nbd" => DropOut::AfterRepeats,
            _ => DropOut::AfterEvery,
        };
        let model = BetaGeometric::try_from(BetaGeometricParameters {
            r: number(row, "r"),
            alpha: number(row, "alpha"),
            a: number(row, "a"),
            b: number(row, "b"),
            drop_out,
        })
        .unwrap();
        let customer = customer(row);
        let horizon = Horizon::new(number(row, "t")).unwrap();
        let alive = model.probability_alive(&customer);
        check(alive, number(row, "ln_alive"), "alive", row);
        let expected = model.expected_if_alive(customer.frequency(), customer.age(), horizon);
        check(
            expected,
            number(row, "ln_expected_if_alive"),
            "expected",
            row,
        );
    }
}

#[test]
fn the_pareto_nbd_keeps_its_digits() {
    let rows = rows_of(include_str!("pareto_nbd_extremes.csv"));
    assert!(rows.len() > 60);
    for row in &rows {
        let model = ParetoNbd::try_from(ParetoNbdParameters {
            r: number(row, "r"),
            alpha: number(row, "alpha"),
            s: number(row, "s"),
            beta: number(row, "beta"),
        })
        .unwrap();
        let customer = customer(row);
        let horizon = Horizon::new(39.0).unwrap();
        let rate = DiscountRate::new(number(row, "rate")).unwrap();
        let alive = model.probability_alive(&customer);
        check(alive, number(row, "ln_alive"), "alive", row);
        let expected = model.expected_transactions(&customer, horizon);
        check(expected, number(row, "ln_expected_39"), "expected", row);
        let discounted = model.discounted_transactions(&customer, rate);
        check(discounted, number(row, "ln_dert"), "discounted", row);
    }
}
