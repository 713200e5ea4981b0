//! BG/BB against the published donors.

use std::path::PathBuf;

use crate::purchases::beta_binomial::{
    BetaBinomial, BetaBinomialParameters, OccasionBase, OccasionSummary,
};
use crate::reference_tests::{Row, close, data, figures, file, number, published, rows};

#[test]
fn beta_binomial_is_as_published() {
    let Some(published) = published("bgbb_donations") else {
        return;
    };
    let read = |file: Option<PathBuf>| file.map(|file| rows(&file));
    let Some(donations) = read(data("tables/bgbb_donations.csv")) else {
        return;
    };
    let Some(predictions) = read(file("bgbb_donations_predictions.csv")) else {
        return;
    };
    let donor = |row: &Row, occasions: &str| {
        let whole = |column: &str| row[column].parse().unwrap();
        OccasionSummary::new(whole("frequency"), whole("recency"), whole(occasions)).unwrap()
    };
    let mut base = OccasionBase::default();
    for row in &donations {
        base.add(donor(row, "periods"), row["weights"].parse().unwrap());
    }
    let fitted = BetaBinomial::fit(&base).unwrap();
    let (parameters, exact) = (fitted.model.parameters(), &published["params"]);
    close(parameters.alpha, figures(&exact["alpha"]), 1e-4);
    close(parameters.beta, figures(&exact["beta"]), 1e-4);
    close(parameters.gamma, figures(&exact["gamma"]), 1e-4);
    close(parameters.delta, figures(&exact["delta"]), 1e-4);
    close(fitted.log_likelihood, figures(&published["loglik"]), 1e-9);
    let model = BetaBinomial::try_from(BetaBinomialParameters {
        alpha: figures(&exact["alpha"]),
        beta: figures(&exact["beta"]),
        gamma: figures(&exact["gamma"]),
        delta: figures(&exact["delta"]),
    })
    .unwrap();
    for row in &predictions {
        let donor = donor(row, "n");
        close(
            model.probability_alive(&donor),
            number(row, "p_alive_next"),
            1e-8,
        );
        close(
            model.expected_purchases(&donor, 5),
            number(row, "ey_5"),
            1e-8,
        );
    }
    assert_eq!(predictions.len(), 22);
}
