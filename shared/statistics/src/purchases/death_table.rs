//! The integrals over the time of death of a whole base: for each frequency, from every time to the
//! last one.
//!
//! A base observed by the day has some hundred distinct times and some dozen frequencies, and many
//! times as many rows. What lies between a row's recency and its age is a difference of two of these
//! integrals, so that a row costs no quadrature of its own.
//!
//! Each is kept relative to the integrand where it begins, and built from the end backwards:
//! `R(t_i) = ∫_{t_i}^{t_(i+1)} + ρ R(t_(i+1))` with `ρ = g(t_(i+1))/g(t_i)`. Everything added is positive.
//! The difference `R(t_x) − g(T)/g(t_x) R(T)` loses digits only where it is small beside `R(t_x)`, and so
//! beside the one that the likelihood adds to its odds.

use super::death_integral::{Death, DeathSums, Rule};
use super::death_points::Points;

/// A time, with the terms that the integrand is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeTerms {
    pub(super) time: f64,
    pub(super) log_alpha: f64,
    pub(super) log_beta: f64,
    pub(super) inverse_alpha: f64,
    pub(super) inverse_beta: f64,
}

impl TimeTerms {
    /// The terms of a time.
    pub(super) fn new(death: &Death, time: f64) -> Self {
        let (alpha, beta) = (death.alpha + time, death.beta + time);
        Self {
            time,
            log_alpha: alpha.ln(),
            log_beta: beta.ln(),
            inverse_alpha: alpha.recip(),
            inverse_beta: beta.recip(),
        }
    }
}

/// The integrals from every time to the last one, by time and then by exponent.
#[derive(Clone, Debug)]
pub(super) struct DeathTable {
    s: f64,
    exponents: Vec<f64>,
    times: Vec<TimeTerms>,
    sums: Vec<DeathSums>,
}

impl DeathTable {
    /// Builds the table for exponents and times in their order.
    pub(super) fn build(death: &Death, exponents: Vec<f64>, times: Vec<TimeTerms>) -> Self {
        let nothing = DeathSums::default();
        let mut table = Self {
            s: death.s,
            sums: vec![nothing; exponents.len() * times.len()],
            exponents,
            times,
        };
        let mut stretch = Stretch::over(death);
        for later in (1..table.times.len()).rev() {
            let (from, to) = (later - 1, later);
            for (place, exponent) in table.exponents.iter().enumerate() {
                let within = stretch.sums(*exponent, table.times[from].time, table.times[to].time);
                let (after, _) = table.after(from, to, place);
                table.sums[from * table.exponents.len() + place] = within.plus(&after, 1.0);
            }
        }
        table
    }

    /// Returns the sums between two times, relative to the integrand at the first one, and the
    /// integrand at the second one, likewise.
    pub(super) fn between(&self, from: usize, to: usize, exponent: usize) -> (DeathSums, f64) {
        let all = self.sums[from * self.exponents.len() + exponent];
        let (after, fall) = self.after(from, to, exponent);
        let sums = all.plus(&after, -1.0);
        let sums = DeathSums {
            // All of them are sums of what is not negative.
            integral: sums.integral.max(0.0),
            log_alpha: sums.log_alpha.max(0.0),
            log_beta: sums.log_beta.max(0.0),
            inverse_alpha: sums.inverse_alpha.max(0.0),
            inverse_beta: sums.inverse_beta.max(0.0),
        };
        (sums, fall)
    }

    /// The sums from a later time to the end, relative to the integrand at an earlier one.
    fn after(&self, from: usize, to: usize, exponent: usize) -> (DeathSums, f64) {
        let (early, late) = (self.times[from], self.times[to]);
        let by_alpha = late.log_alpha - early.log_alpha;
        let by_beta = late.log_beta - early.log_beta;
        let fall = (-self.exponents[exponent] * by_alpha - (self.s + 1.0) * by_beta).exp();
        let sums = self.sums[to * self.exponents.len() + exponent];
        let sums = DeathSums {
            integral: fall * sums.integral,
            log_alpha: fall * (sums.log_alpha + by_alpha * sums.integral),
            log_beta: fall * (sums.log_beta + by_beta * sums.integral),
            inverse_alpha: fall * sums.inverse_alpha,
            inverse_beta: fall * sums.inverse_beta,
        };
        (sums, fall)
    }
}

/// A stretch of time whose points are found once for the exponents that are asked in turn.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    death: Death,
    points: Points,
    /// Where the points are spread: from, to, and by which rule.
    spread_over: Option<(u64, u64, Rule)>,
}

impl Stretch {
    /// No stretch yet.
    pub(super) fn over(death: &Death) -> Self {
        Self {
            death: *death,
            points: Points::NONE,
            spread_over: None,
        }
    }

    /// Returns the sums between two times, relative to the integrand at the first one.
    pub(super) fn sums(&mut self, exponent: f64, from: f64, to: f64) -> DeathSums {
        let width = self.death.width(from, to);
        let rule = self.death.rule(exponent, to, width);
        if rule == Rule::Panels {
            return self.death.sums_by_panels(exponent, from, width);
        }
        let wanted = Some((from.to_bits(), to.to_bits(), rule));
        if self.spread_over != wanted {
            self.death.spread(&mut self.points, rule, from, width);
            self.spread_over = wanted;
        }
        let mut sums = DeathSums::default();
        self.points.add_to(&mut sums, exponent);
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::chunked_sum::add;
    use crate::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
    use crate::purchases::purchase_base::PurchaseBase;
    use crate::purchases::purchase_model::Effort;
    use crate::purchases::purchase_summary::PurchaseSummary;

    #[test]
    fn differences_are_what_quadrature_gives() {
        for (alpha, beta, s) in [(10.4, 27.2, 0.97), (0.3, 40.0, 3.0), (90.0, 2.0, 0.05)] {
            let death = Death { alpha, beta, s };
            let exponents: Vec<f64> = [0.0, 1.0, 2.0, 7.0, 60.0, 3_000.0].map(|x| x + 0.51).into();
            let time = |day: f64| TimeTerms::new(&death, day / 7.0);
            let days = [0.0, 1.0, 3.0, 30.0, 31.0, 180.0, 272.0, 4_000.0];
            let table = DeathTable::build(&death, exponents.clone(), days.map(time).into());
            for (place, exponent) in exponents.iter().enumerate() {
                for (from, to) in [(0, 1), (0, 4), (1, 6), (3, 7), (4, 5), (6, 7)] {
                    let (ours, _) = table.between(from, to, place);
                    let [from, to] = [from, to].map(|index| days[index] / 7.0);
                    let exact = Stretch::over(&death).sums(*exponent, from, to);
                    let compared = [
                        (ours.integral, exact.integral),
                        (ours.log_alpha, exact.log_alpha),
                        (ours.log_beta, exact.log_beta),
                        (ours.inverse_alpha, exact.inverse_alpha),
                        (ours.inverse_beta, exact.inverse_beta),
                    ];
                    for (ours, exact) in compared {
                        let error = (ours - exact).abs();
                        assert!(error <= 1e-12 * exact + 1e-13, "{exponent}: {ours} {exact}");
                    }
                }
            }
        }
    }

    /// A base dense enough for a table has the likelihood of its parts, which are too thin for one.
    #[test]
    fn a_likelihood_by_table_is_the_sum_of_those_without() {
        let customers = |frequency: u32, recency: u32, age: u32| {
            let weeks = |days: u32| f64::from(days) / 7.0;
            let recency = if frequency == 0 { 0.0 } else { weeks(recency) };
            let customer = PurchaseSummary::new(frequency, recency, weeks(age)).unwrap();
            [customer; 40]
        };
        let frequencies = [0, 1, 2, 3, 30, 200, 5_000];
        let mut parts = Vec::new();
        for pair in frequencies.windows(2) {
            for (recency, age) in (1..=4).flat_map(|recency| (5..=8).map(move |age| (recency, age)))
            {
                let fewer = customers(pair[0], recency + 1, age);
                parts.push([customers(pair[1], recency, age), fewer].concat());
            }
        }
        let whole = PurchaseBase::of(&parts.concat()).unwrap();
        assert!(whole.frequencies().len() * whole.times().len() <= whole.rows().len());
        for (alpha, beta, s) in [(10.4, 27.2, 0.97), (0.01, 3.0, 2.0), (5.0, 0.02, 0.3)] {
            let model = ParetoNbd::try_from(ParetoNbdParameters {
                r: 0.51,
                alpha,
                s,
                beta,
            });
            let model = model.unwrap();
            let likelihood = |customers: &[PurchaseSummary]| {
                let base = PurchaseBase::of(customers).unwrap();
                model.log_likelihood(&base, Effort::default())
            };
            let whole = likelihood(&parts.concat());
            let (mut value, mut gradient) = (0.0, [0.0; 4]);
            for part in &parts {
                let of_part = likelihood(part);
                value += of_part.value;
                add(&mut gradient, &of_part.gradient);
            }
            assert!(
                (whole.value / value - 1.0).abs() < 1e-13,
                "{}: {value}",
                whole.value
            );
            for (ours, exact) in whole.gradient.iter().zip(gradient) {
                assert!((ours / exact - 1.0).abs() < 1e-10, "{ours}: {exact}");
            }
        }
    }
}
