//! What an evaluation of a labelled file found.

use statistics::propensity::cross_validation::CrossValidation;

/// The figures and where they come from.
#[derive(Debug)]
pub struct Evaluated {
    /// The file.
    pub data: String,
    /// The column that says who left.
    pub target: String,
    /// The value of it that means "left".
    pub event: String,
    /// Whether protected attributes were used.
    pub includes_protected: bool,
    /// The seed.
    pub seed: u64,
    /// The figures.
    pub validation: CrossValidation,
    /// What each input does, the most important one first.
    pub inputs: Vec<MeanContribution>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// How far an input moves the log-odds of a customer, on average.
#[derive(Debug)]
pub struct MeanContribution {
    /// The input.
    pub input: String,
    /// The mean of the contributions without their sign.
    pub log_odds: f64,
}

impl Evaluated {
    /// Returns the standard deviation of a figure over the folds.
    pub fn spread(
        &self,
        figure: impl Fn(&statistics::propensity::evaluation::Figures) -> f64,
    ) -> f64 {
        let values: Vec<f64> = self
            .validation
            .folds
            .iter()
            .map(|fold| figure(&fold.figures))
            .collect();
        let count = u32::try_from(values.len()).map_or(1.0, f64::from);
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (squares / (count - 1.0).max(1.0)).sqrt()
    }
}
