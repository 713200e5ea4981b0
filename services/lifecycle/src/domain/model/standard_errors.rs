//! How well the parameters of a model are known.

use serde::{Deserialize, Serialize};

use super::report::Figure;

/// The standard errors of the parameters of one model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandardErrors {
    /// Nobody has computed them: the model was stored before they were.
    #[default]
    NotComputed,
    /// The likelihood does not tell the parameters from others.
    NotIdentified,
    /// As many as were fitted, in the order of the parameters; what was set comes last, and has none.
    Known(Vec<f64>),
}

impl StandardErrors {
    /// Takes over what was found.
    pub fn of(errors: Option<Vec<f64>>) -> Self {
        let finite = errors.filter(|errors| errors.iter().all(|error| error.is_finite()));
        finite.map_or(Self::NotIdentified, Self::Known)
    }

    /// Puts them beside the parameters.
    pub fn beside(&self, mut parameters: Vec<Figure>) -> Vec<Figure> {
        match self {
            Self::NotComputed => {}
            Self::NotIdentified => {
                for figure in &mut parameters {
                    figure.not_identified = true;
                }
            }
            Self::Known(errors) => {
                for (figure, error) in parameters.iter_mut().zip(errors) {
                    figure.standard_error = Some(*error);
                }
            }
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_said_and_no_number() {
        let parameters = || vec![Figure::new("m", 0.2), Figure::new("c", 1.0)];
        let told = |errors: StandardErrors| -> Vec<(Option<f64>, bool)> {
            let figures = errors.beside(parameters());
            figures
                .into_iter()
                .map(|it| (it.standard_error, it.not_identified))
                .collect()
        };
        assert_eq!(told(StandardErrors::of(None)), [(None, true); 2]);
        let no_number = StandardErrors::of(Some(vec![0.1, f64::NAN]));
        assert_eq!(told(no_number), [(None, true); 2]);
        // The exponent was set.
        let one = StandardErrors::of(Some(vec![0.1]));
        assert_eq!(told(one), [(Some(0.1), false), (None, false)]);
        assert_eq!(told(StandardErrors::default()), [(None, false); 2]);
    }
}
