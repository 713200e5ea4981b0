//! What somebody asks for who does not want to leave: they are offered that, and no argument for
//! staying.

use super::catalogue::Lever;
use super::qualification::Call;
use super::request::{Intent, Occasion};

/// The levers that answer what is asked for; absent where somebody wants to leave, or gave a reason,
/// which says more.
pub fn levers(call: &Call<'_>) -> Option<&'static [Lever]> {
    let request = call.inputs.request;
    let asked = request.occasion == Occasion::CancelCall && request.reason.is_none();
    if !asked || call.inputs.generation < 5 {
        return None;
    }
    answering(request.intent)
}

const fn answering(intent: Intent) -> Option<&'static [Lever]> {
    Some(match intent {
        Intent::Disconnect => return None,
        Intent::Downgrade => &[Lever::RightSize, Lever::PlanChange],
        Intent::ReduceCost => &[
            Lever::RightSize,
            Lever::PlanChange,
            Lever::TermChange,
            Lever::EarlyRenewal,
            Lever::FeeWaiver,
            Lever::PriceDiscount,
        ],
        Intent::Move => &[Lever::Transfer],
        Intent::Pause => &[Lever::Pause],
        Intent::Complaint => &[
            Lever::ServiceFix,
            Lever::Training,
            Lever::AccountManager,
            Lever::Goodwill,
            Lever::Credit,
            Lever::FeeWaiver,
        ],
        Intent::Enquiry => &[Lever::Training, Lever::InformationOnly],
    })
}
