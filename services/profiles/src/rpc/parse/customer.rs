//! Customers from the wire.

use contract::profiles::v1 as pb;
use edge::violations::Violations;
use kernel::zone::Zone;

use super::optional_word;
use crate::domain::customer::Customer;
use crate::domain::personal::Personal;
use crate::domain::place::is_place;

/// Checks a customer.
pub(in crate::rpc) fn customer(checks: &mut Violations, wire: &pb::Customer) -> Option<Customer> {
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let kind = optional_word(checks, "kind", wire.kind);
    let display_name = checks.text("display_name", &wire.display_name, 200);
    let email = checks.text("email", &wire.email, 254);
    let phone = checks.text("phone", &wire.phone, 32);
    let jurisdiction = jurisdiction(checks, &wire.jurisdiction);
    let language = checks.language("language", &wire.language);
    let time_zone = time_zone(checks, &wire.time_zone);
    Some(Customer {
        customer_id: customer_id?,
        kind: kind?,
        display_name: Personal::new(display_name?),
        email: Personal::new(email?),
        phone: Personal::new(phone?),
        jurisdiction: jurisdiction?,
        language: language?,
        deceased: wire.deceased,
        vulnerable: wire.vulnerable,
        do_not_offer: wire.do_not_offer,
        time_zone: time_zone?,
    })
}

/// Checks the name of a time zone that may be empty.
fn time_zone(checks: &mut Violations, text: &str) -> Option<String> {
    if text.is_empty() || Zone::parse(text).is_some() {
        return Some(text.to_owned());
    }
    checks.add(
        "time_zone",
        "INVALID_TIME_ZONE",
        "must be the name of a time zone in the IANA database, such as America/Denver, or empty",
    );
    None
}

/// Checks the form of ISO 3166-1 or 3166-2, such as `US` or `US-CA`.
fn jurisdiction(checks: &mut Violations, text: &str) -> Option<String> {
    if text.is_empty() || is_place(text) {
        return Some(text.to_owned());
    }
    checks.add(
        "jurisdiction",
        "INVALID_PLACE",
        "must be a place such as US or US-CA, or empty",
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_have_the_name_of_the_database() {
        let accepts = |text: &str| {
            let mut checks = Violations::default();
            let accepted = time_zone(&mut checks, text).is_some();
            assert_eq!(accepted, checks.is_empty(), "{text}");
            accepted
        };
        for text in ["", "America/Denver", "Europe/Berlin", "UTC"] {
            assert!(accepts(text), "{text}");
        }
        for text in [
            "america/denver",
            "Mars/Olympus",
            "GMT+25",
            " ",
            "Europe/Berlin ",
        ] {
            assert!(!accepts(text), "{text}");
        }
    }

    fn accepts(text: &str) -> bool {
        let mut checks = Violations::default();
        let accepted = jurisdiction(&mut checks, text).is_some();
        assert_eq!(accepted, checks.is_empty(), "{text}");
        accepted
    }

    #[test]
    fn places_have_their_standard_form() {
        for text in ["", "US", "US-CA", "DE-BY", "GB-ENG", "FR-75"] {
            assert!(accepts(text), "{text}");
        }
        for text in ["us", "USA", "U", "US-", "-CA", "US-CALI", "US CA", "ÜS"] {
            assert!(!accepts(text), "{text}");
        }
    }
}
