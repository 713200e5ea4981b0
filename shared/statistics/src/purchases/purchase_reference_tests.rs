//! The models of non-contractual buying against published tables and reference outputs.

use crate::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};
use crate::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
use crate::purchases::purchase_base::PurchaseBase;
use crate::purchases::purchase_model::{
    DiscountRate, Effort, Horizon, Outlook, PurchaseModel, Scorer,
};
use crate::purchases::purchase_summary::PurchaseSummary;
use crate::reference_tests::{
    beta_geometric, cdnow, cdnow_models, close, data, figures, file, number, pareto, published,
    reference, rows, summary,
};

#[test]
fn beta_geometric_fits_are_as_published() {
    let Some((rows, bg, mbg)) = cdnow()
        .zip(published("bgnbd"))
        .zip(published("mbgnbd"))
        .map(|((rows, bg), mbg)| (rows, bg, mbg))
    else {
        return;
    };
    let customers: Vec<PurchaseSummary> = rows.iter().map(summary).collect();
    let base = PurchaseBase::of(&customers).unwrap();
    assert_eq!((customers.len(), base.distinct()), (2_357, 1_016));
    for (drop_out, published) in [(DropOut::AfterRepeats, bg), (DropOut::AfterEvery, mbg)] {
        let fitted = BetaGeometric::fit(&base, drop_out, Effort::default()).unwrap();
        let parameters = fitted.model.parameters();
        let exact = &published["params"];
        close(parameters.r, figures(&exact["r"]), 1e-4);
        close(parameters.alpha, figures(&exact["alpha"]), 1e-4);
        close(parameters.a, figures(&exact["a"]), 1e-4);
        close(parameters.b, figures(&exact["b"]), 1e-4);
        close(fitted.log_likelihood, figures(&published["loglik"]), 1e-9);
        assert_eq!(fitted.convergence.hardly_bounded, None);
    }
}

/// The published spreadsheet has times of two decimals, and parameters of its own.
#[test]
fn fits_to_rounded_times_are_as_published() {
    let Some(published) = reference("btyd_reference.json") else {
        return;
    };
    let Some(file) = data("cdnow/cdnow_summary_lifetimes.csv") else {
        return;
    };
    let customers: Vec<PurchaseSummary> = rows(&file).iter().map(summary).collect();
    let base = PurchaseBase::of(&customers).unwrap();
    let check = |name: &str, parameters: [f64; 4], log_likelihood: f64| {
        let published = &published[name];
        let exact = published["rounded_input_params"].as_array().unwrap();
        for (ours, exact) in parameters.iter().zip(exact) {
            close(*ours, figures(exact), 1e-4);
        }
        close(
            log_likelihood,
            figures(&published["rounded_input_loglik"]),
            1e-9,
        );
    };
    for (name, drop_out) in [
        ("bgnbd", DropOut::AfterRepeats),
        ("mbgnbd", DropOut::AfterEvery),
    ] {
        let fitted = BetaGeometric::fit(&base, drop_out, Effort::default()).unwrap();
        let BetaGeometricParameters { r, alpha, a, b, .. } = *fitted.model.parameters();
        check(name, [r, alpha, a, b], fitted.log_likelihood);
    }
    let fitted = ParetoNbd::fit(&base, Effort::default()).unwrap();
    let ParetoNbdParameters { r, alpha, s, beta } = *fitted.model.parameters();
    check("paretonbd", [r, alpha, s, beta], fitted.log_likelihood);
}

#[test]
fn beta_geometric_predictions_are_the_references() {
    let Some(published) = reference("btyd_reference.json") else {
        return;
    };
    let Some(rows) = file("cdnow_predictions.csv").map(|file| rows(&file)) else {
        return;
    };
    let horizon = Horizon::new(39.0).unwrap();
    for (name, drop_out) in [
        ("bgnbd", DropOut::AfterRepeats),
        ("mbgnbd", DropOut::AfterEvery),
    ] {
        let model = beta_geometric(&published[name]["params"], drop_out);
        let rate = None;
        let mut scorer = Scorer::new(&model, Outlook { horizon, rate });
        let mut worst = 0.0_f64;
        for row in &rows {
            let customer = summary(row);
            let score = scorer.score(&customer);
            let alive = number(row, &format!("{name}_palive"));
            let expected = number(row, &format!("{name}_ey39"));
            worst = worst.max((score.probability_alive / alive - 1.0).abs());
            worst = worst.max((score.expected_transactions / expected - 1.0).abs());
            close(
                model.expected_transactions(&customer, horizon),
                score.expected_transactions,
                1e-15,
            );
        }
        assert!(worst < 1e-8, "{name} is off by {worst:e}");
    }
}

#[test]
fn pareto_nbd_is_as_published() {
    let Some((rows, published)) = cdnow().zip(published("paretonbd")) else {
        return;
    };
    let customers: Vec<PurchaseSummary> = rows.iter().map(summary).collect();
    let base = PurchaseBase::of(&customers).unwrap();
    let fitted = ParetoNbd::fit(&base, Effort::default()).unwrap();
    let (parameters, exact) = (fitted.model.parameters(), &published["params"]);
    close(parameters.r, figures(&exact["r"]), 1e-4);
    close(parameters.alpha, figures(&exact["alpha"]), 1e-4);
    close(parameters.s, figures(&exact["s"]), 1e-4);
    close(parameters.beta, figures(&exact["beta"]), 1e-4);
    close(fitted.log_likelihood, figures(&published["loglik"]), 1e-9);
}

#[test]
fn pareto_nbd_predictions_are_the_references() {
    let Some(published) = published("paretonbd") else {
        return;
    };
    let Some(rows) = file("cdnow_predictions.csv").map(|file| rows(&file)) else {
        return;
    };
    let model = pareto(&published["params"]);
    let horizon = Horizon::new(39.0).unwrap();
    let rate = DiscountRate::weekly_of_yearly(0.15).unwrap();
    let outlook = Outlook {
        horizon,
        rate: Some(rate),
    };
    let mut scorer = Scorer::new(&model, outlook);
    for row in &rows {
        let score = scorer.score(&summary(row));
        close(score.probability_alive, number(row, "pnbd_palive"), 1e-8);
        close(score.expected_transactions, number(row, "pnbd_ey39"), 1e-8);
        let discounted = score.discounted_transactions.unwrap();
        close(discounted, number(row, "pnbd_dert"), 1e-8);
    }
}

/// Totals and errors of a forecast of the hold-out.
fn forecast(watched: &[(PurchaseSummary, f64)], model: &impl PurchaseModel) -> [f64; 3] {
    let outlook = Outlook {
        horizon: Horizon::new(39.0).unwrap(),
        rate: None,
    };
    let mut scorer = Scorer::new(model, outlook);
    let count = f64::from(u32::try_from(watched.len()).unwrap());
    let [mut total, mut absolute, mut squared] = [0.0; 3];
    for (customer, actual) in watched {
        let expected = scorer.score(customer).expected_transactions;
        total += expected;
        absolute += (expected - actual).abs();
        squared += (expected - actual).powi(2);
    }
    [total, absolute / count, (squared / count).sqrt()]
}

#[test]
fn forecasts_of_the_hold_out_are_the_references() {
    let Some((rows, published)) = cdnow().zip(published("holdout_39w")) else {
        return;
    };
    let watched: Vec<(PurchaseSummary, f64)> = rows
        .iter()
        .map(|row| (summary(row), number(row, "x_hold")))
        .collect();
    let models = cdnow_models(&rows);
    let forecasts = [
        ("bgnbd", forecast(&watched, &models.bg)),
        ("mbgnbd", forecast(&watched, &models.mbg)),
        ("pnbd", forecast(&watched, &models.pareto)),
    ];
    for (name, forecast) in forecasts {
        let exact = &published[name];
        for (ours, key) in forecast.iter().zip(["total_pred", "mae", "rmse"]) {
            close(*ours, figures(&exact[key]), 1e-5);
        }
    }
}

/// Single values printed in the papers and their spreadsheets.
#[test]
fn printed_values_are_met() {
    let horizon = |weeks| Horizon::new(weeks).unwrap();
    let of = |x, recency, age| PurchaseSummary::new(x, recency, age).unwrap();
    let rounded = BetaGeometric::try_from(BetaGeometricParameters {
        r: 0.2426,
        alpha: 4.4136,
        a: 0.7929,
        b: 2.4259,
        drop_out: DropOut::AfterRepeats,
    })
    .unwrap();
    let expected = rounded.expected_transactions(&of(2, 30.43, 38.86), horizon(39.0));
    close(expected, 1.226, 1e-4);
    let Some(published) = reference("btyd_reference.json") else {
        return;
    };
    let spot = &published["spot"];
    let bg = beta_geometric(&published["bgnbd"]["params"], DropOut::AfterRepeats);
    let pareto = pareto(&published["paretonbd"]["params"]);
    let busy = of(26, 216.0 / 7.0, 31.0);
    let year = horizon(52.0);
    close(
        pareto.expected_transactions(&busy, year),
        figures(&spot["pnbd_cust1516_x26_tx30_86_T31_ey52"]),
        1e-8,
    );
    close(
        pareto.probability_alive(&busy),
        figures(&spot["pnbd_cust1516_palive"]),
        1e-8,
    );
    close(
        bg.expected_transactions(&busy, year),
        figures(&spot["bgnbd_cust1516_ey52"]),
        1e-8,
    );
    close(
        bg.probability_alive(&busy),
        figures(&spot["bgnbd_cust1516_palive"]),
        1e-8,
    );
    close(
        pareto.expected_of_new_customer(year),
        figures(&spot["pnbd_expectation_52"]),
        1e-8,
    );
    close(
        bg.expected_of_new_customer(year),
        figures(&spot["bgnbd_expectation_52"]),
        1e-8,
    );
}

/// The figure of the papers: transactions in the hold-out by those in the calibration.
#[test]
fn conditional_expectations_by_frequency_are_the_references() {
    let Some((customers, published)) = cdnow().zip(reference("btyd_reference.json")) else {
        return;
    };
    let table = file("cdnow_conditional_expectations_by_x.csv");
    let Some(table) = table.map(|file| rows(&file)) else {
        return;
    };
    let horizon = Horizon::new(39.0).unwrap();
    let models: [(&str, Box<dyn PurchaseModel>); 3] = [
        (
            "bgnbd",
            Box::new(beta_geometric(
                &published["bgnbd"]["params"],
                DropOut::AfterRepeats,
            )),
        ),
        (
            "mbgnbd",
            Box::new(beta_geometric(
                &published["mbgnbd"]["params"],
                DropOut::AfterEvery,
            )),
        ),
        ("pnbd", Box::new(pareto(&published["paretonbd"]["params"]))),
    ];
    for (frequency, row) in (0_u32..).zip(&table) {
        let of_frequency: Vec<PurchaseSummary> = customers
            .iter()
            .map(summary)
            .filter(|customer| customer.frequency().min(7) == frequency)
            .collect();
        let count = f64::from(u32::try_from(of_frequency.len()).unwrap());
        close(count, number(row, "n"), 1e-12);
        for (name, model) in &models {
            let expected = of_frequency
                .iter()
                .map(|customer| model.expected_transactions(customer, horizon));
            close(expected.sum::<f64>() / count, number(row, name), 1e-5);
        }
    }
    assert_eq!(table.len(), 8);
}
