//! Who wins and who loses.

use kernel::time::Timestamp;

use super::change::{Change, Favour};
use super::counts::Counts;
use crate::domain::customer::Customer;
use crate::domain::decision::Record;
use crate::domain::named::Named;

/// The most values of one kind of segment.
const MOST_VALUES: usize = 200;

/// How long customers have been here, in that order.
const TENURE_BANDS: [&str; 6] = [
    "0_to_89_days",
    "90_to_364_days",
    "1_to_2_years",
    "2_to_5_years",
    "5_years_and_more",
    "not_known",
];

/// By what calls are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SegmentKind {
    /// How long the customer has been here.
    Tenure,
    /// The reason stated.
    Reason,
    /// The commitment of the subscription.
    Contract,
}

impl Named for SegmentKind {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Tenure, "tenure"),
        (Self::Reason, "reason"),
        (Self::Contract, "contract"),
    ];
}

/// What became of the calls of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fortune {
    /// The calls that were compared.
    pub calls: u64,
    /// Those whose customers get more, or something at all.
    pub better: u64,
    /// Those whose customers get less, or nothing any more.
    pub worse: u64,
    /// Those who get an offer where they got none.
    pub newly_offered: u64,
    /// Those who get nothing where they got an offer.
    pub no_longer_offered: u64,
}

impl Fortune {
    pub(super) fn add(&mut self, change: Change, favour: Favour) {
        self.calls += 1;
        self.better += u64::from(favour == Favour::Better);
        self.worse += u64::from(favour == Favour::Worse);
        self.newly_offered += u64::from(change == Change::NewlyOffered);
        self.no_longer_offered += u64::from(change == Change::NoLongerOffered);
    }
}

/// The calls by segment.
#[derive(Clone, Debug)]
pub struct Segments {
    tenure: Counts<String, Fortune>,
    reason: Counts<String, Fortune>,
    contract: Counts<String, Fortune>,
}

impl Default for Segments {
    fn default() -> Self {
        let none = || Counts::at_most(MOST_VALUES);
        Self {
            tenure: none(),
            reason: none(),
            contract: none(),
        }
    }
}

impl Segments {
    pub(super) fn add(&mut self, record: &Record, change: Change, favour: Favour) {
        let customer = record.customer.as_deref();
        let subscription =
            customer.and_then(|customer| customer.subscription(&record.request.subscription_id));
        let contract = subscription.and_then(|subscription| subscription.contract_kind);
        let contract = contract.map_or("not_known", Named::name);
        let reason = record.request.reason.as_deref().unwrap_or("not_stated");
        let tenure = tenure_band(customer, record.decided_at);
        self.tenure.of(tenure).add(change, favour);
        self.reason.of(reason).add(change, favour);
        self.contract.of(contract).add(change, favour);
    }

    /// The segments with what became of their calls; those that are not told apart have no name.
    pub fn iter(&self) -> impl Iterator<Item = (SegmentKind, &str, &Fortune)> {
        let bands = TENURE_BANDS.into_iter();
        let bands = bands.filter_map(|band| {
            let fortune = self.tenure.get(band)?;
            Some((SegmentKind::Tenure, band, fortune))
        });
        let kinds = [
            (SegmentKind::Reason, &self.reason),
            (SegmentKind::Contract, &self.contract),
        ];
        let others = kinds.into_iter().flat_map(|(kind, fortunes)| {
            let named = fortunes.iter();
            let named = named.map(move |(name, fortune)| (kind, name.as_str(), fortune));
            let others = fortunes.others();
            named.chain((others.calls > 0).then_some((kind, "", others)))
        });
        bands.chain(others)
    }
}

fn tenure_band(customer: Option<&Customer>, now: Timestamp) -> &'static str {
    match customer.map(|customer| customer.tenure_days(now)) {
        Some(..90) => TENURE_BANDS[0],
        Some(90..365) => TENURE_BANDS[1],
        Some(365..730) => TENURE_BANDS[2],
        Some(730..1_825) => TENURE_BANDS[3],
        Some(1_825..) => TENURE_BANDS[4],
        None => TENURE_BANDS[5],
    }
}
