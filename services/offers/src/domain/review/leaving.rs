//! How content people were with how they could leave.

/// The highest score somebody can give; the lowest is zero.
pub const HIGHEST_SCORE: usize = 10;

/// What those said who left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Leaving {
    /// Confirmed cancellations that stand.
    pub cancellations: u32,
    /// How many gave each score, from zero.
    pub by_score: [u32; HIGHEST_SCORE + 1],
    /// What it was mostly about, the most frequent first.
    pub by_reason: Vec<LeavingReason>,
}

/// What being content or not was mostly about.
#[derive(Clone, Debug, PartialEq)]
pub struct LeavingReason {
    /// As a short key; empty where nothing was said.
    pub key: String,
    /// How many said so.
    pub rated: u32,
    /// The mean of their scores.
    pub mean_score: f64,
}

impl Leaving {
    /// How many said anything.
    pub fn rated(&self) -> u32 {
        self.by_score
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The mean of what they said; absent where nobody said anything.
    pub fn mean_score(&self) -> Option<f64> {
        let rated = self.rated();
        let scores = (0_u32..).zip(self.by_score);
        let sum: f64 = scores
            .map(|(score, count)| f64::from(score) * f64::from(count))
            .sum();
        (rated > 0).then(|| sum / f64::from(rated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_of_those_who_said_something() {
        let mut leaving = Leaving {
            cancellations: 9,
            ..Leaving::default()
        };
        assert_eq!((leaving.rated(), leaving.mean_score()), (0, None));
        leaving.by_score[0] = 1;
        leaving.by_score[10] = 3;
        assert_eq!((leaving.rated(), leaving.mean_score()), (4, Some(7.5)));
    }
}
