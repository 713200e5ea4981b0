//! What new customers pay, as written: by product, a list of prices with their place and dates.

use super::fields::{Fields, entries};
use super::node::Node;
use super::values::{amounts, day, list, text};
use crate::domain::catalogue::ReferencePrice;
use crate::domain::policy::Jurisdiction;
use crate::domain::problem::{Code, Placed, Problems};

/// Reads the prices of every product.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Vec<Placed<ReferencePrice>> {
    let mut prices = Vec::new();
    for (product, node) in entries(node, "prices of new customers, by product,", problems) {
        for node in list(node, problems) {
            if let Some(price) = read_price(&product.value, node, problems) {
                prices.push(Placed::new(price, node.place.clone()));
            }
        }
    }
    prices
}

fn read_price(product: &str, node: &Node, problems: &mut Problems) -> Option<ReferencePrice> {
    let mut fields = Fields::of(node, "the price of a new customer", problems)?;
    let price = fields.required("price", problems);
    let jurisdiction = fields.optional("jurisdiction");
    let from = fields.optional("effective_from");
    let until = fields.optional("effective_until");
    fields.finish(problems);
    Some(ReferencePrice {
        product: product.to_owned(),
        price: amounts(price?, problems),
        jurisdiction: jurisdiction.and_then(|node| place(node, problems)),
        effective_from: from.and_then(|node| day(node, problems)),
        effective_until: until.and_then(|node| day(node, problems)),
    })
}

fn place(node: &Node, problems: &mut Problems) -> Option<Jurisdiction> {
    let code = text(node, 6, problems)?;
    match Jurisdiction::parse(&code) {
        Ok(place) => Some(place),
        Err(complaint) => {
            problems.add(&node.place, Code::BadValue, format!("{code:?} {complaint}"));
            None
        }
    }
}
