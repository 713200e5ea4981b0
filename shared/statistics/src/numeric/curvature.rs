//! For tests: standard errors from the values of a likelihood alone, by second differences.

/// How far a parameter is moved, as a share of it.
const STEP: f64 = 1e-3;

/// Returns the roots of the diagonal of the inverse of the negative Hessian.
pub(crate) fn errors_by_differences<const N: usize>(
    at: [f64; N],
    value: impl Fn([f64; N]) -> f64,
) -> [f64; N] {
    let moved = |row: usize, by: f64, column: usize, and: f64| {
        let mut there = at;
        there[row] += by * STEP * at[row];
        there[column] += and * STEP * at[column];
        value(there)
    };
    let mut matrix = [[0.0; N]; N];
    for (row, cells) in matrix.iter_mut().enumerate() {
        for (column, cell) in cells.iter_mut().enumerate() {
            let same = moved(row, 1.0, column, 1.0) + moved(row, -1.0, column, -1.0);
            let crossed = moved(row, 1.0, column, -1.0) + moved(row, -1.0, column, 1.0);
            *cell = (crossed - same) / (4.0 * STEP * STEP * at[row] * at[column]);
        }
    }
    let inverse = inverse(matrix);
    core::array::from_fn(|index| inverse[index][index].sqrt())
}

/// Inverts by elimination.
fn inverse<const N: usize>(mut matrix: [[f64; N]; N]) -> [[f64; N]; N] {
    let mut inverse = [[0.0; N]; N];
    for (index, row) in inverse.iter_mut().enumerate() {
        row[index] = 1.0;
    }
    for pivot in 0..N {
        let scale = matrix[pivot][pivot];
        for column in 0..N {
            matrix[pivot][column] /= scale;
            inverse[pivot][column] /= scale;
        }
        for row in (0..N).filter(|row| *row != pivot) {
            let factor = matrix[row][pivot];
            for column in 0..N {
                matrix[row][column] -= factor * matrix[pivot][column];
                inverse[row][column] -= factor * inverse[pivot][column];
            }
        }
    }
    inverse
}
