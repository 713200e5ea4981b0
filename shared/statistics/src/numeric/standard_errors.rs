//! Standard errors of parameters found by maximum likelihood: the roots of the diagonal of the inverse
//! of the observed information, which is the negative second derivative of the log-likelihood at its
//! top (Efron & Hinkley 1978, Biometrika 65:457). Taken in the logarithms of the parameters, which are
//! positive, and carried over by the delta method.

/// How far a logarithm is moved for a difference of gradients.
const STEP: f64 = 1e-4;

/// What is left of the information about a parameter when the others are known no better, as a share
/// of all of it: less is the rounding of differences, and the parameter is not identified.
const FLAT: f64 = 1e-9;

/// Returns the standard errors, given the derivatives of the log-likelihood by the parameters; `None`
/// where the top is too flat to tell.
pub fn standard_errors<const N: usize>(
    parameters: [f64; N],
    gradient: impl Fn([f64; N]) -> Option<[f64; N]>,
) -> Option<[f64; N]> {
    let slopes = |moved: usize, by: f64| -> Option<[f64; N]> {
        let mut at = parameters;
        at[moved] *= by.exp();
        let slopes = gradient(at)?;
        Some(core::array::from_fn(|index| slopes[index] * at[index]))
    };
    let mut information = [[0.0; N]; N];
    for (row, cells) in information.iter_mut().enumerate() {
        let (above, below) = (slopes(row, STEP)?, slopes(row, -STEP)?);
        for (cell, (above, below)) in cells.iter_mut().zip(above.iter().zip(below)) {
            *cell = (below - above) / (2.0 * STEP);
        }
    }
    let root = cholesky(information)?;
    let variances = inverse_diagonal(&root);
    Some(core::array::from_fn(|index| {
        parameters[index] * variances[index].sqrt()
    }))
}

/// Returns the lower triangle whose square the symmetric part of a matrix is; `None` where it is not
/// positive definite.
fn cholesky<const N: usize>(matrix: [[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut root = [[0.0; N]; N];
    for row in 0..N {
        for column in 0..=row {
            let known: f64 = (0..column)
                .map(|index| root[row][index] * root[column][index])
                .sum();
            let rest = 0.5 * (matrix[row][column] + matrix[column][row]) - known;
            if row == column {
                let told = rest > FLAT * matrix[row][row].abs();
                if !told || !rest.is_finite() {
                    return None;
                }
                root[row][row] = rest.sqrt();
            } else {
                root[row][column] = rest / root[column][column];
            }
        }
    }
    Some(root)
}

/// Returns the diagonal of the inverse of `L·Lᵀ`: the squares of the columns of `L⁻¹`, summed.
fn inverse_diagonal<const N: usize>(root: &[[f64; N]; N]) -> [f64; N] {
    core::array::from_fn(|column| {
        let mut inverse = [0.0; N];
        for row in column..N {
            let unit = if row == column { 1.0 } else { 0.0 };
            let known: f64 = (column..row)
                .map(|index| root[row][index] * inverse[index])
                .sum();
            inverse[row] = (unit - known) / root[row][row];
        }
        inverse.iter().map(|cell| cell * cell).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_rate_has_the_textbook_error() {
        // n ln(rate) − rate · total, at its top n/total: the error is rate/√n.
        let (count, total) = (400.0, 100.0);
        let gradient = |[rate]: [f64; 1]| Some([count / rate - total]);
        let [error] = standard_errors([4.0], gradient).unwrap();
        assert!((error - 4.0 / 20.0).abs() < 1e-6);
    }

    #[test]
    fn parameters_that_hang_together_are_less_certain() {
        // A quadratic in the logarithms with the information [[2, 1], [1, 2]]: the inverse has 2/3.
        let gradient = |[one, other]: [f64; 2]| {
            let (x, y) = (one.ln(), other.ln());
            Some([-(2.0 * x + y) / one, -(x + 2.0 * y) / other])
        };
        let errors = standard_errors([1.0, 1.0], gradient).unwrap();
        assert!(
            errors
                .iter()
                .all(|error| (error - (2.0_f64 / 3.0).sqrt()).abs() < 1e-6)
        );
    }

    #[test]
    fn no_top_has_no_error() {
        assert_eq!(standard_errors([1.0], |[x]: [f64; 1]| Some([x])), None);
        assert_eq!(standard_errors([1.0], |_: [f64; 1]| Some([0.0])), None);
    }

    #[test]
    fn parameters_that_only_rounding_tells_apart_have_no_error() {
        // The information [[1, 1], [1, 1 + 1e-10]]: what is left of the second is a ten-billionth.
        let gradient = |[one, other]: [f64; 2]| {
            let (x, y) = (one.ln(), other.ln());
            Some([-(x + y) / one, -(x + y + 1e-10 * y) / other])
        };
        assert_eq!(standard_errors([1.0, 1.0], gradient), None);
    }
}
