//! Serial savers: customers who ring to leave again and again. The more often, the less of it is
//! about price. Nothing here stands in the way of leaving.

use kernel::money::BasisPoints;
use kernel::time::Timestamp;

use super::catalogue::{Concession, Offer};
use super::history::{DeskHistory, PastSession, REMEMBERED_DAYS, days_since};
use super::qualification::Call;
use super::request::{Intent, Occasion, SaveRequest};

/// The bands, by how often somebody rang to leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SerialSavers {
    /// Within how many days calls count.
    pub window_days: u32,
    /// The bands, the fewest calls first.
    pub bands: Vec<Band>,
}

/// What is otherwise for those who rang to leave so often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Names it.
    pub key: String,
    /// From this call to leave on, the one under way counted too.
    pub from_calls: u32,
    /// Offers that lower no price come before those that do.
    pub non_price_first: bool,
    /// No discount is larger.
    pub largest_discount: Option<BasisPoints>,
    /// Offers that lower the price are made at all.
    pub price_offers: bool,
}

impl SerialSavers {
    /// Finds the band of a call.
    pub fn band(
        &self,
        history: &DeskHistory,
        request: &SaveRequest,
        now: Timestamp,
    ) -> Option<&Band> {
        // Most have rung once, and most catalogues begin later.
        let first = self.bands.first()?;
        let calls = self.calls(history, request, now);
        if calls < first.from_calls {
            return None;
        }
        let mut bands = self.bands.iter().rev();
        bands.find(|band| band.from_calls <= calls)
    }

    fn calls(&self, history: &DeskHistory, request: &SaveRequest, now: Timestamp) -> u32 {
        calls_within(self.window_days, history, request, now)
    }
}

/// Counts the calls to leave as far back as the desk remembers, the one under way included.
pub fn calls_remembered(history: &DeskHistory, request: &SaveRequest, now: Timestamp) -> u32 {
    calls_within(REMEMBERED_DAYS, history, request, now)
}

fn calls_within(
    window_days: u32,
    history: &DeskHistory,
    request: &SaveRequest,
    now: Timestamp,
) -> u32 {
    let days = i64::from(window_days);
    let before = history.sessions.iter().filter(|session| {
        session.contact_id != request.contact_id
            && wanted_to_leave(session)
            && days_since(session.opened_at, now) < days
    });
    let before = u32::try_from(before.count()).unwrap_or(u32::MAX);
    let leaving = request.occasion == Occasion::CancelCall && request.intent == Intent::Disconnect;
    before.saturating_add(u32::from(leaving))
}

/// What is not known of a session of before was the only kind there was.
fn wanted_to_leave(session: &PastSession) -> bool {
    session
        .occasion
        .is_none_or(|occasion| occasion == Occasion::CancelCall)
        && session
            .intent
            .is_none_or(|intent| intent == Intent::Disconnect)
}

/// Finds the band of a call under way.
pub fn band_of<'a>(call: &Call<'a>) -> Option<&'a Band> {
    let inputs = call.inputs;
    let savers = &inputs.catalogue.serial_savers;
    savers.band(inputs.history, inputs.request, inputs.now)
}

/// Tells whether an offer is more than the band of a call allows.
pub fn keeps_back(call: &Call<'_>, offer: &Offer) -> bool {
    lowers_the_price(offer)
        && band_of(call).is_some_and(|band| !band.price_offers || exceeds(band, offer))
}

/// Tells whether an offer lowers the price, whatever its lever is called.
pub fn lowers_the_price(offer: &Offer) -> bool {
    offer.is_price_offer() || discount(offer).is_some()
}

fn exceeds(band: &Band, offer: &Offer) -> bool {
    let largest = band.largest_discount;
    largest.is_some_and(|largest| discount(offer).is_some_and(|share| share > largest))
}

fn discount(offer: &Offer) -> Option<BasisPoints> {
    match offer.benefit.concession {
        Concession::Discount { share, .. } => Some(share),
        _ => None,
    }
}
