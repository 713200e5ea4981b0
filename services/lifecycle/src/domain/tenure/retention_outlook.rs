//! What the retention curves in use say of each group: who stayed and who is expected to, how long
//! whoever is there stays yet, and what of a margin is at risk, month by month.
//!
//! Residual lifetimes and value are discounted at the yearly rate of the line's rules, and lifetimes
//! end at its value horizon.

use kernel::money::Money;
use statistics::refusal::InputRefusal;
use statistics::tenures::curve::{Curve, Estimate};
use statistics::tenures::retention::{
    LOWEST_PERIOD_RATE, PeriodAtRisk, PeriodDiscount, Retention, periods_at_risk,
    residual_lifetime_within,
};

use super::life_tables::{Subject, Table};
use super::retention::{FittedCurve, RetentionCurves};
use crate::domain::model::report::GroupReport;
use crate::domain::rules::{DEFAULT_LINE, LineRules, RuleSet};
use crate::domain::score::{f64_of, minor_of};

/// What is asked of the curves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlookQuestion {
    /// Only this line; all when absent.
    pub business_line: Option<String>,
    /// How many months a curve has.
    pub month_count: u32,
    /// The tenure of the customer whose months ahead are wanted.
    pub tenure_months: u32,
    /// The margin of one month of that customer.
    pub monthly_margin: Option<Money>,
    /// Only groups whose name comes after this one.
    pub after: String,
    /// How many groups at most.
    pub size: usize,
}

/// Some groups by name, and whether there are more.
#[derive(Clone, Debug, PartialEq)]
pub struct OutlookPage {
    /// The version of the model.
    pub version: u64,
    /// The groups.
    pub outlooks: Vec<Outlook>,
    /// There are more groups.
    pub more: bool,
}

/// One group.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The business line; absent for all lines together.
    pub business_line: Option<String>,
    /// The kind of contract.
    pub subject: Subject,
    /// The fitted curve.
    pub report: GroupReport,
    /// The months since the start, from the first.
    pub points: Vec<OutlookPoint>,
    /// The discounted months that whoever has the tenure asked for stays yet.
    pub residual_months: f64,
    /// The months to come of somebody with the tenure asked for.
    pub months_ahead: Vec<MonthAhead>,
}

/// The end of one month since the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutlookPoint {
    /// The month, from one.
    pub month: u32,
    /// What was seen; absent beyond that.
    pub observed: Option<Estimate>,
    /// The share still there by the fitted curve.
    pub fitted_survival: f64,
    /// The discounted months that whoever is still there stays yet.
    pub residual_months: f64,
}

/// One month to come, of a margin of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonthAhead {
    /// The chances and what they are worth, in margins of one month.
    pub period: PeriodAtRisk,
    /// The margin to expect; absent where no margin was given.
    pub expected_value: Option<Money>,
    /// What is lost of it; absent where no margin was given.
    pub value_at_risk: Option<Money>,
}

/// A group with what is known of it.
struct CurveOfGroup<'a> {
    business_line: Option<&'a str>,
    subject: Subject,
    table: &'a Table,
    curve: &'a FittedCurve,
}

impl RetentionCurves {
    /// Answers a question, group by group.
    pub fn outlook(
        &self,
        question: &OutlookQuestion,
        rules: &RuleSet,
    ) -> Result<OutlookPage, InputRefusal> {
        let mut groups = self.groups(question.business_line.as_deref());
        groups.retain(|group| group.table.name > question.after);
        groups.sort_by(|one, other| one.table.name.cmp(&other.table.name));
        let more = groups.len() > question.size;
        groups.truncate(question.size);
        let outlooks = groups.iter().map(|group| {
            let line = group.business_line.unwrap_or(DEFAULT_LINE);
            group.outlook(question, rules.of_line(line))
        });
        Ok(OutlookPage {
            version: self.version,
            outlooks: outlooks.collect::<Result<_, _>>()?,
            more,
        })
    }

    /// Lists every group, or those of one line; a line without any is judged by all together.
    fn groups(&self, business_line: Option<&str>) -> Vec<CurveOfGroup<'_>> {
        let Some(wanted) = business_line else {
            let lines = self.tables.business_lines().map(Some);
            return lines
                .chain([None])
                .flat_map(|line| self.groups_of(line))
                .collect();
        };
        let own = self.tables.business_lines().find(|line| *line == wanted);
        self.groups_of(own).collect()
    }

    fn groups_of<'a>(
        &'a self,
        business_line: Option<&'a str>,
    ) -> impl Iterator<Item = CurveOfGroup<'a>> {
        let tables = self.tables.contracts(business_line);
        tables.filter_map(move |(subject, table)| {
            Some(CurveOfGroup {
                business_line,
                subject,
                table,
                curve: self.curves.get(&table.name)?,
            })
        })
    }
}

impl CurveOfGroup<'_> {
    fn outlook(
        &self,
        question: &OutlookQuestion,
        rules: &LineRules,
    ) -> Result<Outlook, InputRefusal> {
        let horizon = rules.value_horizon_months;
        let discount = monthly_discount(rules)?;
        let furthest =
            question.month_count.max(question.tenure_months) + horizon.max(question.month_count);
        let fitted = Months::of(&self.curve.model, furthest);
        let tenure = f64::from(question.tenure_months);
        let ahead = periods_at_risk(&fitted, tenure, 1.0, discount, question.month_count);
        let margin = question.monthly_margin;
        Ok(Outlook {
            business_line: self.business_line.map(str::to_owned),
            subject: self.subject,
            report: self
                .curve
                .report(self.table.name.clone(), &self.table.curve),
            points: points(&self.table.curve, &fitted, question.month_count, |month| {
                residual_lifetime_within(&fitted, f64::from(month), discount, horizon)
            }),
            residual_months: residual_lifetime_within(&fitted, tenure, discount, horizon),
            months_ahead: ahead.map(|period| month_ahead(period, margin)).collect(),
        })
    }
}

fn points(
    table: &Curve,
    fitted: &Months,
    month_count: u32,
    residual: impl Fn(u32) -> f64,
) -> Vec<OutlookPoint> {
    let mut observed = table.estimates().into_iter();
    let points = (1..=month_count).map(|month| OutlookPoint {
        month,
        observed: observed.next(),
        fitted_survival: fitted.survival(f64::from(month)),
        residual_months: residual(month),
    });
    points.collect()
}

fn month_ahead(period: PeriodAtRisk, monthly_margin: Option<Money>) -> MonthAhead {
    let of_margin = |months: f64| {
        monthly_margin
            .map(|margin| Money::new(minor_of(f64_of(margin.minor) * months), margin.currency))
    };
    MonthAhead {
        period,
        expected_value: of_margin(period.expected_margin),
        value_at_risk: of_margin(period.margin_at_risk),
    }
}

/// The discount of a month, never quite none: a thousandth of a percent at least.
fn monthly_discount(rules: &LineRules) -> Result<PeriodDiscount, InputRefusal> {
    let monthly_rate = (1.0 + rules.discount_rate.fraction()).powf(1.0 / 12.0) - 1.0;
    PeriodDiscount::new(monthly_rate.max(LOWEST_PERIOD_RATE))
}

/// `ln S` at whole months, reckoned once: every residual lifetime adds up the same months.
struct Months(Vec<f64>);

impl Months {
    fn of(curve: &impl Retention, furthest: u32) -> Self {
        let mut lowest = 0.0_f64;
        let months = (0..=furthest).map(|month| {
            // Rounding must not make a curve rise.
            lowest = lowest.min(curve.log_survival(f64::from(month)));
            lowest
        });
        Self(months.collect())
    }
}

impl Retention for Months {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole months, none of them negative, and `as` saturates"
    )]
    fn log_survival(&self, months: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let month = (months as usize).min(last);
        self.0.get(month).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A curve whose last digits are wrong now and then.
    struct Wobbly;

    impl Retention for Wobbly {
        fn log_survival(&self, months: f64) -> f64 {
            if months % 3.0 < 0.5 {
                -1.0 + 1e-15
            } else {
                -1.0
            }
        }
    }

    #[test]
    fn rounding_does_not_make_a_curve_rise() {
        let months = Months::of(&Wobbly, 12);
        assert!(months.0.windows(2).all(|pair| pair[1] <= pair[0]));
    }
}
