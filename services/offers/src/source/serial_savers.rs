//! The bands of serial savers in a catalogue file.

use super::fields::{Fields, entries};
use super::node::Node;
use super::values::{basis_points, boolean, check_name, integer};
use crate::domain::history::REMEMBERED_DAYS;
use crate::domain::problem::{Code, Placed, Problems};
use crate::domain::serial_saver::{Band, SerialSavers};

/// The most calls that a band begins with: sessions are remembered up to so many.
const MOST_CALLS: u32 = 100;

/// Reads the window and the bands.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Placed<SerialSavers>> {
    let mut fields = Fields::of(node, "serial savers", problems)?;
    let window_days = fields
        .required("within_days", problems)
        .and_then(|node| integer(node, 1..=REMEMBERED_DAYS, problems));
    let mut bands: Vec<Band> = Vec::new();
    if let Some(node) = fields.required("bands", problems) {
        for (key, node) in entries(node, "bands", problems) {
            let fits = check_name(key, "a band", problems);
            let Some(band) = read_band(key, node, problems).filter(|_| fits) else {
                continue;
            };
            check_order(bands.last(), &band, key, problems);
            bands.push(band);
        }
    }
    fields.finish(problems);
    let savers = SerialSavers {
        window_days: window_days?,
        bands,
    };
    Some(Placed::new(savers, node.place.clone()))
}

fn read_band(key: &Placed<String>, node: &Node, problems: &mut Problems) -> Option<Band> {
    let mut fields = Fields::of(node, "a band", problems)?;
    let from_calls = fields
        .required("from_calls", problems)
        .and_then(|node| integer(node, 2..=MOST_CALLS, problems));
    let non_price_first = fields
        .optional("non_price_first")
        .map_or(Some(false), |node| boolean(node, problems));
    let largest_discount = fields
        .optional("largest_discount_basis_points")
        .map(|node| basis_points(node, 0..=10_000, problems));
    let price_offers = fields
        .optional("price_offers")
        .map_or(Some(true), |node| boolean(node, problems));
    fields.finish(problems);
    Some(Band {
        key: key.value.clone(),
        from_calls: from_calls?,
        non_price_first: non_price_first?,
        largest_discount: match largest_discount {
            Some(share) => Some(share?),
            None => None,
        },
        price_offers: price_offers?,
    })
}

/// Whoever rings more often is never treated better.
fn check_order(fewer: Option<&Band>, band: &Band, key: &Placed<String>, problems: &mut Problems) {
    let Some(fewer) = fewer else { return };
    if band.from_calls <= fewer.from_calls {
        let message = format!(
            "{} begins no later than {}: order them",
            key.value, fewer.key
        );
        problems.add(&key.place, Code::InconsistentTerms, message);
    }
    let larger = match (fewer.largest_discount, band.largest_discount) {
        (Some(before), Some(now)) => now > before,
        (Some(_), None) => band.price_offers,
        (None, _) => false,
    };
    let lenient = larger
        || (fewer.non_price_first && !band.non_price_first && band.price_offers)
        || (!fewer.price_offers && band.price_offers);
    if lenient {
        let message = format!(
            "{} is more generous than {}, for those who ring more often: nobody gains by ringing",
            key.value, fewer.key
        );
        problems.add(&key.place, Code::InconsistentTerms, message);
    }
}
