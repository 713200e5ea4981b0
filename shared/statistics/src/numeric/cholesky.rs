//! Solves symmetric, positive definite equations.

/// A square matrix, row by row. Only the lower triangle is read.
#[derive(Clone, Debug)]
pub(crate) struct Symmetric {
    size: usize,
    cells: Vec<f64>,
}

impl Symmetric {
    /// A matrix of zeros.
    pub(crate) fn zero(size: usize) -> Self {
        Self {
            size,
            cells: vec![0.0; size * size],
        }
    }

    /// Adds to a cell of the lower triangle.
    pub(crate) fn add(&mut self, row: usize, column: usize, addend: f64) {
        self.cells[row * self.size + column] += addend;
    }

    /// Returns the cells of a row.
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.cells[row * self.size..(row + 1) * self.size]
    }

    /// Returns the cells of a row.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.size..(row + 1) * self.size]
    }

    /// Returns `x` with `A·x = b`, by the factors of Cholesky; `None` where the matrix is not
    /// positive definite within double precision.
    pub(crate) fn solve(mut self, b: &[f64]) -> Option<Vec<f64>> {
        let size = self.size;
        for row in 0..size {
            for column in 0..=row {
                let (before, from) = self.cells.split_at_mut(row * size);
                let other = if column == row {
                    &from[..column]
                } else {
                    &before[column * size..column * size + column]
                };
                let dot: f64 = other.iter().zip(&from[..column]).map(|(a, b)| a * b).sum();
                let rest = from[column] - dot;
                from[column] = if column < row {
                    rest / before[column * size + column]
                } else if rest > 0.0 && rest.is_finite() {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        let mut x = b.to_vec();
        for row in 0..size {
            let cells = self.row(row);
            let known: f64 = cells[..row].iter().zip(&x).map(|(a, b)| a * b).sum();
            x[row] = (x[row] - known) / cells[row];
        }
        for row in (0..size).rev() {
            let value = x[row] / self.row(row)[row];
            x[row] = value;
            for (cell, other) in self.row(row)[..row].iter().zip(&mut x[..row]) {
                *other -= cell * value;
            }
        }
        x.iter().all(|value| value.is_finite()).then_some(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(cells: [[f64; 3]; 3]) -> Symmetric {
        let mut matrix = Symmetric::zero(3);
        for (row, cells) in cells.iter().enumerate() {
            matrix.row_mut(row).copy_from_slice(cells);
        }
        matrix
    }

    #[test]
    fn equations_are_solved() {
        let matrix = matrix([[4.0, 0.0, 0.0], [2.0, 5.0, 0.0], [-1.0, 3.0, 6.0]]);
        // The right side for (1, −2, 3).
        let x = matrix.solve(&[-3.0, 1.0, 11.0]).unwrap();
        for (ours, exact) in x.iter().zip([1.0, -2.0, 3.0]) {
            assert!((ours - exact).abs() < 1e-12, "{x:?}");
        }
    }

    #[test]
    fn what_has_no_one_answer_has_none() {
        let flat = matrix([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        assert!(flat.solve(&[1.0, 1.0, 1.0]).is_none());
        let nonsense = matrix([[f64::NAN, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        assert!(nonsense.solve(&[1.0, 1.0, 1.0]).is_none());
    }
}
