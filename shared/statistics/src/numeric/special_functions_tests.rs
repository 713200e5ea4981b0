//! The special functions against the golden table, where it is there.

use crate::numeric::gamma_functions::{digamma, log_beta, log_gamma, trigamma};
use crate::numeric::hypergeometric::log_hypergeometric;
use crate::numeric::tricomi::log_tricomi_diagonal;

/// The agreement that is asked for, relative.
const TOLERANCE: f64 = 1e-10;

/// Splits a positive decimal into its logarithm's parts, because some are beyond `f64`.
fn log_of(decimal: &str) -> f64 {
    let (mantissa, exponent) = decimal.split_once('e').unwrap_or((decimal, "0"));
    let exponent: f64 = exponent.parse().unwrap();
    mantissa.parse::<f64>().unwrap().ln() + exponent * core::f64::consts::LN_10
}

/// The error of a value, relative except at zero.
fn error(ours: f64, exact: &str) -> f64 {
    let exact: f64 = exact.parse().unwrap();
    if exact.abs() > 0.0 {
        (ours / exact - 1.0).abs()
    } else {
        ours.abs()
    }
}

/// The error of a value that is held as a logarithm.
fn log_error(ours: f64, exact: &str) -> f64 {
    (ours - log_of(exact)).abs()
}

#[test]
fn special_functions_agree_with_the_golden_table() {
    let Some(table) = crate::reference_tests::file("special_functions_golden.csv") else {
        return;
    };
    let mut compared = 0;
    for record in csv::Reader::from_path(table).unwrap().records() {
        let record = record.unwrap();
        let number = |column: usize| record[column].parse::<f64>().unwrap();
        let exact = &record[5];
        let error = match &record[0] {
            "lgamma" => error(log_gamma(number(1)), exact),
            "digamma" => error(digamma(number(1)), exact),
            "trigamma" => error(trigamma(number(1)), exact),
            "lbeta" => error(log_beta(number(1), number(2)), exact),
            "hyp2f1" => {
                let ours = log_hypergeometric(number(1), number(2), number(3), number(4));
                log_error(ours, exact)
            }
            "hyperu" => log_error(log_tricomi_diagonal(number(1), number(4)), exact),
            "betainc_reg" => continue,
            other => panic!("what is {other}?"),
        };
        assert!(error < TOLERANCE, "{record:?} is off by {error:e}");
        compared += 1;
    }
    assert_eq!(compared, 238);
}
