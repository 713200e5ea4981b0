//! One survival curve: Kaplan-Meier over whole periods, with Greenwood's variance.
//!
//! `S(t) = Π (1 − dᵢ/nᵢ)` over the periods up to `t`, where `nᵢ` entered period `i` and `dᵢ` of
//! these ended in it (Kaplan & Meier 1958, J. Am. Stat. Assoc. 53:457). Inside a period the hazard
//! is taken as constant, so that `ln S` is linear there. The variance of `ln S(b)/S(a)` is
//! `Σ dᵢ/(nᵢ(nᵢ−dᵢ))` over the periods between (Greenwood 1926), and the interval is taken on
//! `ln(−ln)`, which keeps it between 0 and 1 (Kalbfleisch & Prentice 1980).

/// The standard normal quantile of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;
/// A period with fewer at risk is too thin to lean on: from there on the curve is extrapolated.
const MIN_AT_RISK: u64 = 10;
/// How many of the last periods the late hazard is taken from.
const LATE_PERIODS: usize = 12;

/// One period of a life table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// How many entered it.
    pub at_risk: u64,
    /// How many of these ended in it.
    pub ended: u64,
}

/// A survival curve over periods of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    periods: Vec<Period>,
    /// `ln S` at the end of each period, from period zero, as far as the curve is leaned on.
    log_survival: Vec<f64>,
    late: Period,
    overall: Period,
}

/// What was seen of one period, thin or not: the plain estimate at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Who was there, and who ended.
    pub period: Period,
    /// The share that survived all periods so far (Kaplan–Meier).
    pub survival: f64,
    /// The lower end of its 95 % interval.
    pub lower: f64,
    /// The upper end of its 95 % interval.
    pub upper: f64,
}

/// The chance of surviving a stretch, given survival up to its beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditional {
    /// The chance.
    pub survival: f64,
    /// The lower end of its 95 % interval.
    pub lower: f64,
    /// The upper end of its 95 % interval.
    pub upper: f64,
    /// How many were at risk at the beginning of the stretch.
    pub sample_size: u64,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of customers are far below 2^52"
)]
fn real(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is not negative, and `as` saturates"
)]
fn whole(value: f64) -> usize {
    value.max(0.0) as usize
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of periods are far below 2^52"
)]
fn at(index: usize) -> f64 {
    index as f64
}

impl Period {
    /// Hazard of a pooled stretch, kept off zero by half an event in one more at risk.
    fn smoothed_hazard(self) -> f64 {
        (real(self.ended) + 0.5) / (real(self.at_risk) + 1.0)
    }

    fn log_survival(self) -> f64 {
        (-real(self.ended) / real(self.at_risk)).ln_1p()
    }

    fn greenwood_term(self) -> f64 {
        real(self.ended) / (real(self.at_risk) * real(self.at_risk - self.ended))
    }
}

fn pooled(periods: &[Period]) -> Period {
    let mut sum = Period::default();
    for period in periods {
        sum.at_risk += period.at_risk;
        sum.ended += period.ended;
    }
    sum
}

impl Curve {
    /// Builds the curve of consecutive periods, the first being number one.
    pub fn new(periods: Vec<Period>) -> Self {
        let leaned_on = periods
            .iter()
            .take_while(|period| period.at_risk >= MIN_AT_RISK && period.ended < period.at_risk)
            .count();
        let mut log_survival = vec![0.0];
        let mut sum = 0.0;
        for period in &periods[..leaned_on] {
            sum += period.log_survival();
            log_survival.push(sum);
        }
        let late_from = leaned_on.saturating_sub(LATE_PERIODS);
        Self {
            late: pooled(&periods[late_from..leaned_on]),
            overall: pooled(&periods),
            periods,
            log_survival,
        }
    }

    /// Returns the periods, the first being number one.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// Returns the plain Kaplan-Meier estimate at the end of each period.
    pub fn survival_by_period(&self) -> impl Iterator<Item = f64> {
        self.periods.iter().scan(1.0, |survival, period| {
            *survival *= 1.0 - real(period.ended) / real(period.at_risk.max(1));
            Some(*survival)
        })
    }

    /// Returns the plain estimates with their intervals, up to the last period anybody was seen to
    /// enter. Where nobody is left, the upper end of the period before holds.
    pub fn estimates(&self) -> Vec<Estimate> {
        let mut seen = Seen::default();
        let mut upper_before = 1.0;
        let entered = self.periods.iter().zip(self.survival_by_period());
        let entered = entered.take_while(|(period, _)| period.at_risk > 0);
        let estimates = entered.map(|(&period, survival)| {
            seen.add(period);
            let (lower, upper) = if survival > 0.0 {
                seen.variance += period.greenwood_term();
                seen.interval(survival)
            } else {
                (0.0, upper_before)
            };
            upper_before = upper;
            Estimate {
                period,
                survival,
                lower,
                upper,
            }
        });
        estimates.collect()
    }

    /// Returns the number of the last period that is leaned on; later ones are extrapolated.
    pub fn last_period(&self) -> f64 {
        at(self.log_survival.len() - 1)
    }

    /// Says whether somebody like this was observed: the time lies within the leaned-on periods.
    pub fn covers(&self, time: f64) -> bool {
        time < self.last_period()
    }

    /// Returns `ln S(time)`, time in periods. Beyond the last period leaned on, the hazard pooled
    /// over the last twelve of these goes on.
    pub fn log_survival(&self, time: f64) -> f64 {
        let time = time.max(0.0);
        let last = self.log_survival.len() - 1;
        let index = whole(time);
        if index >= last {
            let beyond = time - at(last);
            return self.log_survival[last] + beyond * (-self.late.smoothed_hazard()).ln_1p();
        }
        let (before, after) = (self.log_survival[index], self.log_survival[index + 1]);
        before + (time - at(index)) * (after - before)
    }

    /// Returns the chance of surviving `stretch` more periods after `time`.
    pub fn conditional(&self, time: f64, stretch: f64) -> Conditional {
        let survival = (self.log_survival(time + stretch) - self.log_survival(time)).exp();
        let seen = self.seen_between(time, time + stretch);
        let (lower, upper) = seen.interval(survival);
        Conditional {
            survival,
            lower,
            upper,
            sample_size: self.at_risk(time),
        }
    }

    /// Returns the rate of ending per period, occurrences by exposure over the whole curve.
    pub fn mean_hazard(&self) -> f64 {
        real(self.overall.ended) / real(self.overall.at_risk.max(1))
    }

    /// Returns the share that survives the whole curve, as far as it is leaned on.
    pub fn plateau(&self) -> f64 {
        self.log_survival[self.log_survival.len() - 1].exp()
    }

    fn at_risk(&self, time: f64) -> u64 {
        if self.covers(time) {
            self.periods[whole(time)].at_risk
        } else {
            self.late.at_risk
        }
    }

    /// Sums the variance of `ln S(to)/S(from)`. A period crossed in part counts by its part, as its
    /// logarithm does; periods beyond the curve all rest on the one late hazard.
    fn seen_between(&self, from: f64, to: f64) -> Seen {
        let last = self.log_survival.len() - 1;
        let mut seen = Seen::default();
        let first = whole(from).min(last);
        let end = whole(to.ceil()).min(last);
        for index in first..end {
            let period = self.periods[index];
            let part = to.min(at(index + 1)) - from.max(at(index));
            seen.variance += part * part * period.greenwood_term();
            seen.add(period);
        }
        let beyond = to - from.max(at(last));
        if beyond > 0.0 {
            let hazard = self.late.smoothed_hazard();
            let exposure = real(self.late.at_risk) + 1.0;
            seen.variance += beyond * beyond * hazard / ((1.0 - hazard) * exposure);
            seen.add(self.late);
        }
        seen
    }
}

/// What the interval of a conditional survival rests on.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    variance: f64,
    least_at_risk: Option<u64>,
}

impl Seen {
    fn add(&mut self, period: Period) {
        let least = self.least_at_risk.unwrap_or(u64::MAX);
        self.least_at_risk = Some(least.min(period.at_risk));
    }

    /// The log-log interval; where nobody ended, the exact one-sided bound `0.025^(1/n)`, because
    /// none of `n` is no proof of never.
    fn interval(self, survival: f64) -> (f64, f64) {
        let minus_log = -survival.ln();
        if self.variance <= 0.0 || minus_log <= 0.0 {
            let exponent = real(self.least_at_risk.unwrap_or(0)).max(1.0).recip();
            return (0.025_f64.powf(exponent).min(survival), survival);
        }
        let spread = (Z_95 * self.variance.sqrt() / minus_log).exp();
        (survival.powf(spread), survival.powf(spread.recip()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn curve(periods: &[(u64, u64)]) -> Curve {
        let periods = periods
            .iter()
            .map(|&(at_risk, ended)| Period { at_risk, ended })
            .collect();
        Curve::new(periods)
    }

    #[test]
    fn survival_is_the_product_of_the_shares_that_stayed() {
        let curve = curve(&[(100, 10), (80, 8), (60, 0)]);
        let survival: Vec<f64> = curve.survival_by_period().collect();
        assert!((survival[0] - 0.9).abs() < 1e-12);
        assert!((survival[1] - 0.81).abs() < 1e-12);
        assert!((curve.log_survival(2.0).exp() - 0.81).abs() < 1e-12);
        assert!((curve.log_survival(0.5).exp() - 0.9_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_variance_is_greenwoods() {
        let curve = curve(&[(100, 10), (80, 8)]);
        let seen = curve.seen_between(0.0, 2.0);
        let expected = 10.0 / (100.0 * 90.0) + 8.0 / (80.0 * 72.0);
        assert!((seen.variance - expected).abs() < 1e-15);
        let half = curve.seen_between(1.0, 1.5);
        assert!((half.variance - 0.25 * 8.0 / (80.0 * 72.0)).abs() < 1e-15);
    }

    #[test]
    fn estimates_go_on_where_few_or_none_are_left() {
        let estimates = curve(&[(100, 10), (9, 3), (2, 2), (0, 0)]).estimates();
        assert_eq!(estimates.len(), 3);
        assert!((estimates[1].survival - 0.9 * 6.0 / 9.0).abs() < 1e-12);
        let variance: f64 = 10.0 / (100.0 * 90.0) + 3.0 / (9.0 * 6.0);
        let spread = (Z_95 * variance.sqrt() / -estimates[1].survival.ln()).exp();
        let lower = estimates[1].survival.powf(spread);
        assert!((estimates[1].lower - lower).abs() < 1e-12);
        let last = estimates[2];
        assert_eq!((last.survival, last.lower), (0.0, 0.0));
        assert!((last.upper - estimates[1].upper).abs() < 1e-15);
        assert_eq!(curve(&[]).estimates(), []);
    }

    #[test]
    fn nobody_ended_is_no_proof_of_never() {
        let curve = curve(&[(100, 0), (90, 0), (50, 5)]);
        let chance = curve.conditional(0.0, 2.0);
        assert!((chance.survival - 1.0).abs() < 1e-15);
        assert!((chance.lower - 0.025_f64.powf(1.0 / 90.0)).abs() < 1e-12);
    }

    #[test]
    fn beyond_the_curve_the_late_hazard_goes_on() {
        let curve = curve(&[(1_000, 100), (900, 90)]);
        let late: f64 = 190.5 / 1_901.0;
        let expected = 0.81 * (1.0 - late).powi(3);
        assert!((curve.log_survival(5.0).exp() - expected).abs() < 1e-12);
        assert!(curve.covers(1.9) && !curve.covers(2.0));
        let chance = curve.conditional(10.0, 3.0);
        assert!((chance.survival - (1.0 - late).powi(3)).abs() < 1e-12);
        assert!(chance.lower < chance.survival && chance.survival < chance.upper);
        assert_eq!(chance.sample_size, 1_900);
    }

    #[test]
    fn thin_and_emptied_periods_are_not_leaned_on() {
        assert!((curve(&[(100, 10), (9, 3)]).last_period() - 1.0).abs() < 1e-12);
        assert!((curve(&[(100, 10), (20, 20)]).last_period() - 1.0).abs() < 1e-12);
        let empty = curve(&[]);
        assert!(empty.conditional(3.0, 2.0).survival > 0.0);
    }

    proptest! {
        #[test]
        fn chances_are_ordered_probabilities(
            shares in prop::collection::vec((0.0..=1.0_f64, 0.0..=1.0_f64), 0..40),
            start in 1_u64..5_000,
            time in 0.0..80.0_f64,
            stretch in 0.0..60.0_f64,
        ) {
            let mut at_risk = start;
            let mut periods = Vec::new();
            for (ended, censored) in shares {
                let ended = whole(real(at_risk) * ended) as u64;
                periods.push((at_risk, ended));
                at_risk -= ended;
                at_risk -= whole(real(at_risk) * censored * 0.1) as u64;
                if at_risk == 0 {
                    break;
                }
            }
            let curve = curve(&periods);
            let mut before = 1.0;
            for estimate in curve.estimates() {
                prop_assert!(0.0 <= estimate.lower && estimate.lower <= estimate.survival);
                prop_assert!(estimate.survival <= estimate.upper && estimate.upper <= 1.0);
                prop_assert!(estimate.survival <= before);
                before = estimate.survival;
            }
            let chance = curve.conditional(time, stretch);
            prop_assert!(0.0 <= chance.lower && chance.lower <= chance.survival);
            prop_assert!(chance.survival <= chance.upper && chance.upper <= 1.0);
        }

        #[test]
        fn survival_never_rises(first in 0.0..50.0_f64, more in 0.0..50.0_f64) {
            let curve = curve(&[(500, 50), (400, 0), (300, 20), (200, 60), (50, 1)]);
            prop_assert!(curve.log_survival(first + more) <= curve.log_survival(first) + 1e-12);
        }
    }
}
