//! Whom purchase models learn from: the customers of each line, with what was known of them at the
//! middle of the observation and what came since.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use statistics::purchases::beta_binomial::OccasionSummary;
use statistics::purchases::purchase_summary::{DAYS_PER_WEEK, PurchaseSummary};
use statistics::refusal::InputRefusal;

use super::buyer::{Buyer, Spend};
use super::model::PurchaseSet;
use super::opportunities::Opportunities;
use crate::domain::clock_days::day_number;
use crate::domain::model::ticket::{Share, Ticket};

/// The most customers of all lines together that are learnt from: some 130 MB. Of more, the line with
/// most is halved, by tickets.
const MOST_CUSTOMERS: usize = 1_000_000;
/// The longest stretch that is rehearsed, in days.
const LONGEST_STRETCH: i32 = 364;

/// What a line's observation spans, and when its silent customers are called lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineSpan {
    /// The first day with a purchase, counted from 1970-01-01.
    pub first_day: i32,
    /// The last day that was observed.
    pub last_day: i32,
    /// The silence after which somebody is called lost.
    pub lost_after_days: u32,
    /// How many days lie between two opportunities to buy, where there are such.
    pub opportunity_days: Option<u32>,
}

impl LineSpan {
    /// Spans from a first day to the end of the observation.
    pub fn until(first_day: i32, observation_end: Timestamp, lost_after_days: u32) -> Self {
        Self {
            first_day,
            last_day: day_number(observation_end),
            lost_after_days,
            opportunity_days: None,
        }
    }

    /// The same, of customers who buy at opportunities.
    #[must_use]
    pub fn with_opportunities(self, opportunity_days: Option<u32>) -> Self {
        Self {
            opportunity_days,
            ..self
        }
    }

    /// Returns the day at whose end the rehearsal begins: in the middle, or a year before the end.
    pub fn split_day(&self) -> i32 {
        let half = self.last_day.saturating_sub(self.first_day) / 2;
        self.last_day.saturating_sub(half.min(LONGEST_STRETCH))
    }

    pub(super) fn stretch_days(&self) -> u32 {
        u32::try_from(self.last_day - self.split_day()).unwrap_or(0)
    }

    /// Returns how long the stretch is that is rehearsed, in weeks.
    pub fn stretch_weeks(&self) -> f64 {
        f64::from(self.stretch_days()) / DAYS_PER_WEEK
    }
}

/// One customer of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) ticket: Ticket,
    pub(super) all: PurchaseSummary,
    /// What was known at the split, and how often they bought since.
    pub(super) before: Option<(PurchaseSummary, u32)>,
    pub(super) spend: Option<Spend>,
    pub(super) occasions: Option<OccasionRow>,
}

/// The same at opportunities.
#[derive(Clone, Copy, Debug)]
pub(super) struct OccasionRow {
    pub(super) all: OccasionSummary,
    pub(super) before: Option<OccasionSummary>,
    /// How many opportunities there were since the split, and how many of these were used.
    pub(in crate::domain) since: (u32, u32),
}

impl OccasionRow {
    fn of(span: LineSpan, buyer: &Buyer<'_>) -> Result<Option<Self>, InputRefusal> {
        let Some(days_apart) = span.opportunity_days else {
            return Ok(None);
        };
        let opportunities = Opportunities::of(buyer, days_apart);
        let Some(all) = opportunities.over(span.last_day)? else {
            return Ok(None);
        };
        let split = span.split_day();
        let (then, now) = (
            opportunities.over_at(split),
            opportunities.over_at(span.last_day),
        );
        Ok(Some(Self {
            all,
            before: opportunities.over(split)?,
            since: (now - then, opportunities.used_between(then, now)),
        }))
    }
}

/// The customers of a line.
#[derive(Clone, Debug)]
pub(super) struct LineSample {
    pub(super) span: LineSpan,
    pub(super) rows: Vec<Row>,
    pub(super) share: Share,
}

impl LineSample {
    fn halve(&mut self) {
        self.share.halvings += 1;
        let halvings = self.share.halvings;
        self.rows.retain(|row| row.ticket.is_drawn(halvings));
    }
}

/// What purchase models are fitted on.
#[derive(Clone, Debug)]
pub struct PurchaseSample {
    pub(super) lines: BTreeMap<String, LineSample>,
    pub(super) most_customers: usize,
    pub(super) customers: usize,
    pub(super) in_use: Option<(u64, PurchaseSet)>,
}

impl Default for PurchaseSample {
    fn default() -> Self {
        Self::of_at_most(MOST_CUSTOMERS)
    }
}

impl PurchaseSample {
    /// Holds so many customers of all lines together, and of more a share.
    pub const fn of_at_most(most_customers: usize) -> Self {
        Self {
            lines: BTreeMap::new(),
            most_customers,
            customers: 0,
            in_use: None,
        }
    }

    /// Lets the fit be compared with the version in use.
    pub fn compare_with(&mut self, version: u64, set: PurchaseSet) {
        self.in_use = Some((version, set));
    }

    /// Adds a customer of a line.
    pub fn add(
        &mut self,
        ticket: Ticket,
        business_line: &str,
        span: LineSpan,
        buyer: &Buyer<'_>,
    ) -> Result<(), InputRefusal> {
        let Some(all) = buyer.until(span.last_day)? else {
            return Ok(());
        };
        let split = span.split_day();
        let before = buyer.until(split)?;
        let later = buyer.bought_between(split, span.last_day);
        let row = Row {
            ticket,
            all,
            before: before.map(|before| (before, later)),
            spend: buyer.spend()?,
            // Who has had too many opportunities to count is no reason to fit nobody.
            occasions: OccasionRow::of(span, buyer).ok().flatten(),
        };
        if !self.lines.contains_key(business_line) {
            let sample = LineSample {
                span,
                rows: Vec::new(),
                share: Share::default(),
            };
            self.lines.insert(business_line.to_owned(), sample);
        }
        if let Some(line) = self.lines.get_mut(business_line) {
            line.share.seen += 1;
            if ticket.is_drawn(line.share.halvings) {
                line.rows.push(row);
                self.customers += 1;
            }
        }
        while self.customers > self.most_customers {
            self.halve_largest();
        }
        Ok(())
    }

    fn halve_largest(&mut self) {
        let lines = self.lines.values_mut();
        if let Some(largest) = lines.max_by_key(|line| line.rows.len()) {
            largest.halve();
        }
        self.customers = self.lines.values().map(|line| line.rows.len()).sum();
    }

    /// Returns the share that every line can be brought down to, for everybody together.
    pub(super) fn common_share(&self) -> Share {
        let shares = || self.lines.values().map(|line| line.share);
        Share {
            seen: shares().map(|share| share.seen).sum(),
            halvings: shares().map(|share| share.halvings).max().unwrap_or(0),
        }
    }

    /// Returns the customers of every line, of each the same share.
    pub(super) fn everybody(&self) -> impl Iterator<Item = &Row> {
        let halvings = self.common_share().halvings;
        let rows = self.lines.values().flat_map(|line| &line.rows);
        rows.filter(move |row| row.ticket.is_drawn(halvings))
    }
}
