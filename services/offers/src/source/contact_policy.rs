//! The contact policy of a catalogue file.

use kernel::id::OfferKey;

use super::fields::{Fields, entries};
use super::node::{Kind, Node};
use super::values::{check_name, integer, named, text};
use crate::domain::catalogue::draft::CatalogueDraft;
use crate::domain::contact_policy::{Cap, Counted, Rest, Scope, Window};
use crate::domain::problem::{Code, Placed, Problems};
use crate::domain::selection::Selection;

/// The most of anything that a cap allows.
const GREATEST_CAP: u32 = 1_000;
/// The longest window in days: ten years.
const LONGEST_DAYS: u32 = 3_650;
/// How a window without an end is written.
const FOR_EVER: &str = "for_ever";

/// Reads caps and cool-downs into the draft.
pub(super) fn read(node: &Node, draft: &mut CatalogueDraft, problems: &mut Problems) {
    let Some(mut fields) = Fields::of(node, "a contact policy", problems) else {
        return;
    };
    if let Some(node) = fields.optional("caps") {
        for (key, node) in entries(node, "caps", problems) {
            let fits = check_name(key, "a cap", problems);
            let cap = read_cap(key, node, problems).filter(|_| fits);
            draft.caps.extend(cap);
        }
    }
    if let Some(node) = fields.optional("cool_downs") {
        for (key, node) in entries(node, "cool_downs", problems) {
            let fits = check_name(key, "a cool-down", problems);
            let rest = read_rest(key, node, problems).filter(|_| fits);
            draft.cool_downs.extend(rest);
        }
    }
    fields.finish(problems);
}

fn read_cap(key: &Placed<String>, node: &Node, problems: &mut Problems) -> Option<Placed<Cap>> {
    let mut fields = Fields::of(node, "a cap", problems)?;
    let most = fields
        .required("most", problems)
        .and_then(|node| integer(node, 1..=GREATEST_CAP, problems));
    let window = fields
        .required("within_days", problems)
        .and_then(|node| read_window(node, problems));
    let of = read_of(&mut fields, problems);
    let counts = fields
        .optional("counts")
        .map_or(Some(Counted::Presented), |node| named(node, problems));
    let scope = read_scope(&mut fields, problems);
    fields.finish(problems);
    let cap = Cap {
        key: key.value.clone(),
        most: most?,
        window: window?,
        of: of?,
        counts: counts?,
        scope: scope?,
    };
    Some(Placed::new(cap, key.place.clone()))
}

fn read_rest(key: &Placed<String>, node: &Node, problems: &mut Problems) -> Option<Placed<Rest>> {
    let mut fields = Fields::of(node, "a cool-down", problems)?;
    let window = fields
        .required("days", problems)
        .and_then(|node| read_window(node, problems));
    let of = read_of(&mut fields, problems);
    let scope = read_scope(&mut fields, problems);
    fields.finish(problems);
    let rest = Rest {
        key: key.value.clone(),
        window: window?,
        of: of?,
        scope: scope?,
    };
    Some(Placed::new(rest, key.place.clone()))
}

/// Reads a number of days, or that it is for ever. Nothing and for ever are told apart, so zero is
/// neither.
fn read_window(node: &Node, problems: &mut Problems) -> Option<Window> {
    if matches!(&node.kind, Kind::Scalar { text, .. } if text == FOR_EVER) {
        return Some(Window::ForEver);
    }
    if matches!(&node.kind, Kind::Scalar { text, plain: true } if text == "0") {
        let message =
            "0 days is no time at all: write for_ever for what never ends, or leave it out";
        problems.add(&node.place, Code::OutOfRange, message);
        return None;
    }
    integer(node, 1..=LONGEST_DAYS, problems).map(Window::Days)
}

fn read_scope(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Scope> {
    fields
        .optional("scope")
        .map_or(Some(Scope::Customer), |node| named(node, problems))
}

fn read_of(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Selection> {
    let node = fields.required("of", problems)?;
    match &node.kind {
        Kind::Scalar { text, .. } if text == "all_offers" => Some(Selection::AllOffers),
        Kind::Scalar { text, .. } if text == "price_offers" => Some(Selection::PriceOffers),
        Kind::Mapping(_) => read_named(node, problems),
        _ => {
            let message = "say of which offers: all_offers, price_offers, {lever: goodwill} or \
                           {offer: fee_back}";
            problems.add(&node.place, Code::BadValue, message);
            None
        }
    }
}

fn read_named(node: &Node, problems: &mut Problems) -> Option<Selection> {
    let mut fields = Fields::of(node, "a selection of offers", problems)?;
    let lever = fields.optional("lever");
    let offer = fields.optional("offer");
    fields.finish(problems);
    match (lever, offer) {
        (Some(lever), None) => named(lever, problems).map(Selection::Lever),
        (None, Some(offer)) => {
            let key = text(offer, 64, problems)?;
            let parsed = OfferKey::parse(&key).ok();
            if parsed.is_none() {
                let message = format!("{key:?} is no key of an offer");
                problems.add(&offer.place, Code::BadValue, message);
            }
            parsed.map(Selection::Offer)
        }
        _ => {
            let message = "name one lever or one offer";
            problems.add(&node.place, Code::WrongShape, message);
            None
        }
    }
}
