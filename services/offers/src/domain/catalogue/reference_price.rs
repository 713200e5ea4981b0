//! What a new customer pays a month, by product and place: what the price of an offer is compared
//! with.

use kernel::money::{Currency, Money};
use kernel::time::Date;

use super::Amounts;
use crate::domain::policy::Jurisdiction;
use crate::domain::problem::{Code, Placed, Problems};

/// The monthly price of a new customer for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferencePrice {
    /// The product.
    pub product: String,
    /// Where; everywhere when absent.
    pub jurisdiction: Option<Jurisdiction>,
    /// From the start of this day (UTC) on.
    pub effective_from: Option<Date>,
    /// Until the start of this day (UTC).
    pub effective_until: Option<Date>,
    /// The price, by currency.
    pub price: Amounts,
}

/// The reference prices of a catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferencePrices(Vec<ReferencePrice>);

impl ReferencePrices {
    /// Keeps prices together.
    pub const fn new(prices: Vec<ReferencePrice>) -> Self {
        Self(prices)
    }

    /// Returns what a new customer pays on a day: the price of the narrowest place that is named, and
    /// the lowest of several.
    pub fn find(&self, product: &str, place: &str, currency: Currency, on: Date) -> Option<Money> {
        let holds = |price: &&ReferencePrice| price.holds(product, place, on);
        let prices = self.0.iter().filter(holds).filter_map(|price| {
            let width = price
                .jurisdiction
                .as_ref()
                .map_or(0, |place| place.as_str().len());
            Some((width, price.price.get(currency)?))
        });
        prices
            .min_by_key(|(width, price)| (std::cmp::Reverse(*width), price.minor))
            .map(|(_, price)| price)
    }
}

impl ReferencePrice {
    fn holds(&self, product: &str, place: &str, on: Date) -> bool {
        self.product == product
            && self
                .jurisdiction
                .as_ref()
                .is_none_or(|here| here.covers(place))
            && self.effective_from.is_none_or(|from| from <= on)
            && self.effective_until.is_none_or(|until| on < until)
    }
}

/// Checks that every price holds at some time.
pub(super) fn compile_reference_prices(
    draft: &[Placed<ReferencePrice>],
    problems: &mut Problems,
) -> ReferencePrices {
    for Placed { value, place } in draft {
        let ends_before_it_starts = matches!(
            (value.effective_from, value.effective_until),
            (Some(from), Some(until)) if until <= from
        );
        if ends_before_it_starts {
            let message = "effective_until must be later than effective_from";
            problems.add(place, Code::InconsistentTerms, message);
        }
        if value.price.is_empty() {
            problems.add(place, Code::Empty, "the price has no currency: add one");
        }
    }
    ReferencePrices::new(draft.iter().map(|price| price.value.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(
        place: Option<&str>,
        from: Option<&str>,
        until: Option<&str>,
        minor: i64,
    ) -> ReferencePrice {
        let day = |text: &str| text.parse().unwrap();
        ReferencePrice {
            product: "fibre".to_owned(),
            jurisdiction: place.map(|place| Jurisdiction::parse(place).unwrap()),
            effective_from: from.map(day),
            effective_until: until.map(day),
            price: Amounts::default().with(Money::new(minor, Currency::parse("GBP").unwrap())),
        }
    }

    #[test]
    fn the_narrowest_place_decides_and_a_day_belongs_to_one_price() {
        let prices = ReferencePrices(vec![
            price(None, None, None, 50),
            price(Some("GB"), Some("2026-01-01"), Some("2026-07-01"), 40),
            price(Some("GB"), Some("2026-07-01"), None, 45),
            price(Some("GB-SCT"), None, None, 60),
        ]);
        let found = |place: &str, on: &str| {
            let gbp = Currency::parse("GBP").unwrap();
            let found = prices.find("fibre", place, gbp, on.parse().unwrap());
            found.map(|price| price.minor)
        };
        assert_eq!(found("GB", "2026-06-30"), Some(40));
        assert_eq!(found("GB", "2026-07-01"), Some(45));
        assert_eq!(found("GB-SCT", "2026-07-01"), Some(60));
        assert_eq!(found("", "2026-07-01"), Some(50));
        assert_eq!(found("GB", "2025-07-01"), Some(50));
        let usd = Currency::parse("USD").unwrap();
        let today = "2026-07-01".parse().unwrap();
        assert_eq!(prices.find("fibre", "GB", usd, today), None);
    }
}
