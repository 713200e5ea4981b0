//! Who a generated customer is. Nobody real: made-up names, `example.com` addresses, and phone
//! numbers from the ranges that are never given out.

use contract::profiles::v1::{Consent, Customer};
use contract::types::v1::{ConsentChannel, ConsentState, CustomerKind};
use jiff::civil::Date;

use super::calendar;
use super::dice::Dice;

const FIRST_NAMES: [&str; 24] = [
    "Ada", "Bela", "Chidi", "Dana", "Emil", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kofi",
    "Lena", "Mateo", "Nadia", "Omar", "Priya", "Quinn", "Rosa", "Sven", "Tara", "Umut", "Vera",
    "Wen", "Yara",
];

const LAST_NAMES: [&str; 24] = [
    "Abara",
    "Brandt",
    "Costa",
    "Dvorak",
    "Eriksen",
    "Fontaine",
    "Gupta",
    "Haddad",
    "Ivanova",
    "Jensen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Quispe",
    "Rossi",
    "Sato",
    "Tanaka",
    "Ueda",
    "Vargas",
    "Weber",
    "Zimmer",
];

const COMPANIES: [&str; 8] = [
    "Corner Bakery",
    "Harbour Dental",
    "Hill Garage",
    "Lantern Books",
    "North Yoga",
    "Oak Joinery",
    "River Florists",
    "Summit Travel",
];

/// Where customers live, with the currency and the language they speak there.
const PLACES: [(u32, Place); 8] = [
    (
        34,
        Place {
            jurisdiction: "US-CA",
            currency: "USD",
            language: "en-US",
            dial: "+1555",
        },
    ),
    (
        12,
        Place {
            jurisdiction: "US-NY",
            currency: "USD",
            language: "en-US",
            dial: "+1555",
        },
    ),
    (
        10,
        Place {
            jurisdiction: "US-TX",
            currency: "USD",
            language: "en-US",
            dial: "+1555",
        },
    ),
    (
        6,
        Place {
            jurisdiction: "US-MN",
            currency: "USD",
            language: "en-US",
            dial: "+1555",
        },
    ),
    (
        14,
        Place {
            jurisdiction: "DE",
            currency: "EUR",
            language: "de-DE",
            dial: "+4915550",
        },
    ),
    (
        8,
        Place {
            jurisdiction: "IE",
            currency: "EUR",
            language: "en-IE",
            dial: "+3532091",
        },
    ),
    (
        6,
        Place {
            jurisdiction: "FR",
            currency: "EUR",
            language: "fr-FR",
            dial: "+3363998",
        },
    ),
    (
        10,
        Place {
            jurisdiction: "GB",
            currency: "GBP",
            language: "en-GB",
            dial: "+447700900",
        },
    ),
];

/// A place to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// ISO 3166.
    pub(super) jurisdiction: &'static str,
    /// ISO 4217.
    pub(super) currency: &'static str,
    language: &'static str,
    dial: &'static str,
}

/// Draws a person or an organisation.
pub(super) fn draw(dice: &mut Dice, customer_id: &str) -> (Customer, Place) {
    let place = *dice.weighted(&PLACES);
    let is_organisation = dice.chance(800);
    let (first, last) = (dice.pick(&FIRST_NAMES), dice.pick(&LAST_NAMES));
    let (kind, display_name) = if is_organisation {
        (
            CustomerKind::Organisation,
            format!("{last} {}", dice.pick(&COMPANIES)),
        )
    } else {
        (CustomerKind::Person, format!("{first} {last}"))
    };
    let customer = Customer {
        customer_id: customer_id.to_owned(),
        kind: kind.into(),
        display_name,
        email: format!("{}.{customer_id}@example.com", last.to_lowercase()),
        phone: format!("{}{:03}", place.dial, dice.below(1_000)),
        jurisdiction: place.jurisdiction.to_owned(),
        language: place.language.to_owned(),
        deceased: dice.chance(20),
        vulnerable: !is_organisation && dice.chance(250),
        do_not_offer: dice.chance(150),
        ..Default::default()
    };
    (customer, place)
}

/// What the customer said about being contacted, some of it taken back later.
pub(super) fn consents(
    dice: &mut Dice,
    customer_id: &str,
    since: Date,
    as_of: Date,
) -> Vec<Consent> {
    let channels = [
        (ConsentChannel::Email, 7_000),
        (ConsentChannel::Phone, 4_500),
        (ConsentChannel::Sms, 3_000),
    ];
    let mut consents = Vec::new();
    for (channel, granted) in channels {
        let mut say = |state: ConsentState, day: Date, source: &str| {
            consents.push(Consent {
                customer_id: customer_id.to_owned(),
                channel: channel.into(),
                state: state.into(),
                record_time: calendar::time(day),
                source: source.to_owned(),
            });
        };
        let first = if dice.chance(granted) {
            ConsentState::Granted
        } else {
            ConsentState::Objected
        };
        say(first, since, "sign_up");
        let days = calendar::days_between(since, as_of);
        if first == ConsentState::Granted && days > 30 && dice.chance(900) {
            let later = calendar::days_after(since, dice.between(15, days - 1));
            say(ConsentState::Objected, later, "call");
        }
    }
    consents
}
