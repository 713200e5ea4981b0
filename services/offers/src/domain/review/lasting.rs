//! Whether what a discount keeps lasts as long as what is kept without one.

use std::collections::BTreeMap;

use statistics::lift::Group;

use super::{Cell, Comparison, LEAST_MATURED};

/// How long customers stay, once they are here at 30 days, who were offered no discount: by reason.
#[derive(Debug, Default)]
pub struct Lasting {
    without_discount: BTreeMap<Option<String>, Group>,
}

impl Lasting {
    /// Adds up the calls on which nothing about price was offered, the held out among them.
    pub fn of(cells: &[Cell]) -> Self {
        let mut lasting = Self::default();
        for cell in cells
            .iter()
            .filter(|cell| cell.held_out || !cell.about_price)
        {
            let group = lasting.without_discount.entry(cell.reason.clone());
            super::add(group.or_default(), cell.side.stayed);
        }
        lasting
    }

    /// Tells whether a discount holds only briefly: of those who were here at 30 days, it is surely
    /// fewer, for a reason with enough calls, for whom it lasts than of others who ring for the same.
    pub(super) fn is_brief(&self, reasons: &BTreeMap<Option<String>, Comparison>) -> bool {
        reasons.iter().any(|(reason, comparison)| {
            let with = comparison.offered.stayed;
            let without = self.without_discount.get(reason);
            let without = without.copied().unwrap_or_default();
            let enough = with.calls.min(without.calls) >= LEAST_MATURED;
            enough && with.interval_95().1 < without.interval_95().0
        })
    }
}
