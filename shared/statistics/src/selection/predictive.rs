//! How many of some calls will pass a stage, if what is believed of it holds.

/// A chance is kept this far from zero and one, and its variance from that of a chance which is either.
const LEAST: f64 = 1e-9;

/// Between which numbers of successes, both included, so many calls end with at least this probability,
/// if their chance has the given mean and variance: the posterior predictive of a Beta-Binomial (Gelman
/// et al., Bayesian Data Analysis, ch. 5). What lies outside on either side has at most half of the
/// rest. Takes time in proportion to the calls.
pub fn predicted_band(calls: u32, mean: f64, variance: f64, probability: f64) -> (u32, u32) {
    let tail = (1.0 - probability) / 2.0;
    let chances = chances(calls, mean, variance);
    (
        first_beyond(&chances, tail),
        calls - first_beyond(chances.iter().rev(), tail),
    )
}

/// The first number that is not outside: those before it have a tail's probability at most.
fn first_beyond<'a>(chances: impl IntoIterator<Item = &'a f64>, tail: f64) -> u32 {
    let mut outside = 0.0;
    let beyond = chances.into_iter().position(|chance| {
        outside += chance;
        outside > tail
    });
    beyond
        .and_then(|beyond| u32::try_from(beyond).ok())
        .unwrap_or(0)
}

/// The probability of each number of successes from none to all, each from the one before it, in
/// logarithms: the first of many may be too small for a number.
fn chances(calls: u32, mean: f64, variance: f64) -> Vec<f64> {
    let mean = mean.clamp(LEAST, 1.0 - LEAST);
    let widest = mean * (1.0 - mean);
    let size = widest / variance.clamp(LEAST * widest, (1.0 - LEAST) * widest) - 1.0;
    let (a, b) = (size * mean, size * (1.0 - mean));
    // The next over this one.
    let growth = |successes: u32| {
        let (yes, no) = (f64::from(successes), f64::from(calls - successes));
        no / (yes + 1.0) * (yes + a) / (no - 1.0 + b)
    };
    let mut logarithms = vec![0.0; calls as usize + 1];
    for successes in 0..calls {
        let place = successes as usize;
        logarithms[place + 1] = logarithms[place] + growth(successes).ln();
    }
    let likeliest = logarithms.iter().copied().fold(f64::MIN, f64::max);
    let weights = logarithms.iter().map(|it| (it - likeliest).exp());
    let weights: Vec<f64> = weights.collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the formula of the distribution, with factorials.
    #[test]
    fn chances_are_those_of_the_distribution() {
        // Beta(2, 3): mean .4, variance 6/(25·6) = .04; of four calls.
        let wanted = [15.0, 20.0, 18.0, 12.0, 5.0].map(|it| it / 70.0);
        for (chance, wanted) in chances(4, 0.4, 0.04).iter().zip(wanted) {
            assert!((chance - wanted).abs() < 1e-12, "{chance} {wanted}");
        }
        // Nearly no variance: binomial.
        let wanted = [0.0625, 0.25, 0.375, 0.25, 0.0625];
        for (chance, wanted) in chances(4, 0.5, 0.0).iter().zip(wanted) {
            assert!((chance - wanted).abs() < 1e-8, "{chance} {wanted}");
        }
    }

    #[test]
    fn bands_are_those_of_the_binomial_where_the_chance_is_known() {
        // By the tables: P(Y < 37) = .0033 and P(Y > 63) = .0033 for 100 at a half.
        assert_eq!(predicted_band(100, 0.5, 0.0, 0.99), (37, 63));
        assert_eq!(predicted_band(100, 0.5, 0.0, 0.95), (40, 60));
        // What is not known makes it wider: a chance between .4 and .6 or so.
        let (low, high) = predicted_band(100, 0.5, 0.0025, 0.99);
        assert!(low < 35 && high > 65, "{low} {high}");
        assert_eq!(predicted_band(0, 0.5, 0.01, 0.99), (0, 0));
    }

    #[test]
    fn chances_at_the_ends_and_many_calls_are_numbers() {
        assert_eq!(predicted_band(50, 0.0, 0.0, 0.99), (0, 0));
        assert_eq!(predicted_band(50, 1.0, 1.0, 0.99), (50, 50));
        let (low, high) = predicted_band(1_000_000, 0.3, 1e-9, 0.99);
        assert!((298_000..300_000).contains(&low) && (300_000..302_000).contains(&high));
    }

    proptest! {
        #[test]
        fn a_band_holds_as_much_as_it_says_and_less_without_an_end(
            calls in 1_u32..400,
            mean in 0.01..0.99_f64,
            spread in 0.0..0.5_f64,
            probability in 0.5..0.999_f64,
        ) {
            let variance = spread * mean * (1.0 - mean);
            let (low, high) = predicted_band(calls, mean, variance, probability);
            prop_assert!(low <= high && high <= calls);
            let chances = chances(calls, mean, variance);
            let of = |from: u32, to: u32| -> f64 {
                chances[from as usize..=to as usize].iter().sum()
            };
            prop_assert!(of(low, high) >= probability - 1e-9);
            let tail = (1.0 - probability) / 2.0;
            prop_assert!(of(0, low) > tail - 1e-12 && of(high, calls) > tail - 1e-12);
        }
    }
}
