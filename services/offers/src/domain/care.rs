//! Care: what is owed to somebody for whom something went wrong, and what somebody who needs care is
//! not asked.

use kernel::money::Money;

use super::catalogue::{Lever, Offer};
use super::customer::Score;
use super::occasion;
use super::qualification::Call;

/// Tells whether an offer is owed on a call: something is broken, and it makes good for it. What is
/// owed is no sale: it need not pay, and it comes first.
pub fn is_owed(call: &Call<'_>, offer: &Offer) -> bool {
    offer.owed && !call.customer.open_incidents.is_empty()
}

/// Tells whether an offer is none that helps a customer who needs care: it binds them, or it is an
/// argument about price.
pub fn is_no_help(call: &Call<'_>, offer: &Offer) -> bool {
    call.customer.vulnerable && (offer.benefit.commitment_months > 0 || !helps(offer.lever))
}

const fn helps(lever: Lever) -> bool {
    matches!(
        lever,
        Lever::ServiceFix
            | Lever::Pause
            | Lever::RightSize
            | Lever::FeeWaiver
            | Lever::InformationOnly
            | Lever::Goodwill
            | Lever::AccountManager
            | Lever::Transfer
    )
}

/// What the worth of an offer is reckoned on. What is owed is owed without an estimate, too.
pub fn score(call: &Call<'_>, offer: &Offer) -> Option<Score> {
    let estimate = call
        .subscription
        .score
        .or_else(|| occasion::believed_worth(call));
    if estimate.is_some() || !is_owed(call, offer) {
        return estimate;
    }
    let nothing = Money::new(0, call.subscription.monthly_price?.currency);
    Some(Score {
        churn_risk: 0.0,
        residual_months: 0.0,
        monthly_margin: nothing,
        value_remaining: nothing,
    })
}
