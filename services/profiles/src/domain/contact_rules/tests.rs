use super::*;

fn rule(rule_key: &str, place: &str, basis: ContactBasis) -> ContactRule {
    ContactRule {
        rule_key: rule_key.to_owned(),
        place: place.to_owned(),
        channels: Vec::new(),
        purposes: Vec::new(),
        basis: Some(basis),
        relationship_days: 0,
        hours: None,
        closed: false,
        source: "a law".to_owned(),
        verify: true,
    }
}

fn hours(start_minute: u16, end_minute: u16, iso_weekdays: &[u8]) -> ContactHours {
    ContactHours {
        start_minute,
        end_minute,
        iso_weekdays: iso_weekdays.to_vec(),
    }
}

fn place(place: &str, time_zones: &[&str], groups: &[&str]) -> ContactPlace {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    ContactPlace {
        place: place.to_owned(),
        time_zones: owned(time_zones),
        groups: owned(groups),
    }
}

fn published(rules: Vec<ContactRule>, places: Vec<ContactPlace>) -> ContactRules {
    ContactRules {
        version: 1,
        publish_time: None,
        content: Content { rules, places },
    }
}

const PHONE: ConsentChannel = ConsentChannel::Phone;
const MARKETING: ContactPurpose = ContactPurpose::Marketing;

fn asked_by<'r>(rules: &'r ContactRules, place: &str) -> &'r str {
    rules.demands(place, PHONE, MARKETING).basis_rule
}

#[test]
fn the_rules_of_a_place_its_country_and_its_groups_hold_together_and_the_default_ones_otherwise() {
    let rules = published(
        vec![
            rule("everywhere", DEFAULT_PLACE, ContactBasis::Consent),
            rule("country", "US", ContactBasis::None),
            rule("part", "US-CA", ContactBasis::ExistingRelationship),
            rule("group", "EU", ContactBasis::Consent),
            rule("member", "DE", ContactBasis::None),
        ],
        vec![place("DE", &[], &["EU"])],
    );
    assert_eq!(asked_by(&rules, "US"), "country");
    assert_eq!(asked_by(&rules, "US-NY"), "country");
    assert_eq!(asked_by(&rules, "US-CA"), "part");
    assert_eq!(asked_by(&rules, "DE-BY"), "group");
    assert_eq!(asked_by(&rules, "BR"), "everywhere");
}

#[test]
fn a_rule_of_the_place_about_hours_leaves_the_basis_to_the_default_ones() {
    let only_hours = |key: &str, place: &str, start| ContactRule {
        basis: None,
        hours: Some(hours(start, 1_260, &[])),
        ..rule(key, place, ContactBasis::None)
    };
    let rules = published(
        vec![
            rule("everywhere", DEFAULT_PLACE, ContactBasis::Consent),
            only_hours("default_hours", DEFAULT_PLACE, 600),
            only_hours("local_hours", "US", 480),
            rule("local_basis", "GB", ContactBasis::None),
        ],
        Vec::new(),
    );
    let of = |place| {
        let demands = rules.demands(place, PHONE, MARKETING);
        (demands.basis_rule, demands.hours_rules)
    };
    assert_eq!(of("US"), ("everywhere", vec!["local_hours"]));
    assert_eq!(of("GB"), ("local_basis", vec!["default_hours"]));
}

#[test]
fn where_nothing_is_known_of_the_place_the_strictest_of_all_rules_holds() {
    let rules = published(
        vec![
            rule("everywhere", DEFAULT_PLACE, ContactBasis::None),
            rule("strict", "IE", ContactBasis::Consent),
        ],
        Vec::new(),
    );
    assert_eq!(asked_by(&rules, ""), "strict");
    assert_eq!(asked_by(&rules, "FR"), "everywhere");
}

#[test]
fn a_rule_holds_for_its_channels_and_purposes_only() {
    let rules = published(
        vec![
            rule("everywhere", DEFAULT_PLACE, ContactBasis::None),
            ContactRule {
                channels: vec![ConsentChannel::Sms],
                ..rule("sms", "US", ContactBasis::Consent)
            },
            ContactRule {
                purposes: vec![ContactPurpose::Care],
                ..rule("care", "US", ContactBasis::Consent)
            },
        ],
        Vec::new(),
    );
    assert_eq!(asked_by(&rules, "US"), "everywhere");
    let of = |channel, purpose| rules.demands("US", channel, purpose).basis_rule;
    assert_eq!(of(ConsentChannel::Sms, MARKETING), "sms");
    assert_eq!(of(PHONE, ContactPurpose::Care), "care");
}

#[test]
fn of_several_rules_each_respect_is_the_strictest() {
    let related = |key: &str, days| ContactRule {
        relationship_days: days,
        ..rule(key, "US", ContactBasis::ExistingRelationship)
    };
    let rules = published(
        vec![
            rule("nothing", "US", ContactBasis::None),
            related("long", 548),
            ContactRule {
                hours: Some(hours(480, 1_260, &[])),
                ..related("short", 90)
            },
            ContactRule {
                closed: true,
                hours: Some(hours(540, 1_320, &[1, 2, 7])),
                ..rule("closed", "US-CA", ContactBasis::None)
            },
        ],
        Vec::new(),
    );
    let of_country = rules.demands("US", PHONE, MARKETING);
    assert_eq!(of_country.basis, ContactBasis::ExistingRelationship);
    assert_eq!(
        (of_country.basis_rule, of_country.relationship_days),
        ("short", 90)
    );
    assert_eq!(
        (of_country.hours, of_country.closed),
        (Some(hours(480, 1_260, &[])), None)
    );
    let of_part = rules.demands("US-CA", PHONE, MARKETING);
    assert_eq!(of_part.hours, Some(hours(540, 1_260, &[1, 2, 7])));
    assert_eq!(of_part.hours_rules, ["short", "closed"]);
    assert_eq!(of_part.closed, Some("closed"));
}

#[test]
fn days_that_no_two_rules_share_leave_no_hour() {
    let on = |key: &str, days: &[u8]| ContactRule {
        hours: Some(hours(0, DAY_MINUTES, days)),
        ..rule(key, "US", ContactBasis::None)
    };
    let rules = published(
        vec![on("weekdays", &[1, 2]), on("weekend", &[6, 7])],
        Vec::new(),
    );
    let left = rules.demands("US", PHONE, MARKETING).hours.unwrap();
    assert_eq!((left.start_minute, left.end_minute), (0, 0));
}

#[test]
fn a_part_without_zones_has_those_of_its_country() {
    let rules = published(
        Vec::new(),
        vec![
            place("US", &["America/New_York", "Pacific/Honolulu"], &[]),
            place("US-CA", &["America/Los_Angeles"], &[]),
            place("US-NY", &[], &[]),
        ],
    );
    let zones = |place| {
        let zones = rules.zones(place);
        zones.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(zones("US-CA"), ["America/Los_Angeles"]);
    assert_eq!(zones("US-NY"), ["America/New_York", "Pacific/Honolulu"]);
    assert_eq!(zones("US-TX"), zones("US"));
    assert!(zones("BR").is_empty());
}

#[test]
fn what_is_built_in_can_be_published() {
    assert_eq!(check(&ContactRules::built_in().content), []);
}

#[test]
fn every_fault_is_found_at_once() {
    let bad = Content {
        rules: vec![
            ContactRule {
                relationship_days: 4_000,
                hours: Some(hours(600, 540, &[0, 1, 1])),
                ..rule("Bad Key", "Texas", ContactBasis::Consent)
            },
            ContactRule {
                basis: None,
                ..rule("twice", "US", ContactBasis::None)
            },
            rule("twice", "US", ContactBasis::None),
        ],
        places: vec![
            place("U", &["Mars/Olympus"], &["EUROPE"]),
            place("US", &vec!["UTC"; 41], &["EU"; 9]),
            place("US", &[], &[]),
        ],
    };
    let found = check(&bad);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|violation| (violation.field.as_str(), violation.reason))
        .collect();
    let expected = [
        ("rules[0].rule_key", "INVALID_KEY"),
        ("rules[0].place", "INVALID_PLACE"),
        ("rules[0].relationship_days", "OUT_OF_RANGE"),
        ("rules[0].relationship_days", "UNFIT"),
        ("rules[0].hours.start_minute", "OUT_OF_ORDER"),
        ("rules[0].hours.iso_weekdays", "OUT_OF_RANGE"),
        ("rules[1]", "REQUIRED"),
        ("rules[2].rule_key", "DUPLICATE"),
        ("places[0].place", "INVALID_PLACE"),
        ("places[0].time_zones[0]", "INVALID_TIME_ZONE"),
        ("places[0].groups[0]", "INVALID_PLACE"),
        ("places[1].time_zones", "TOO_MANY"),
        ("places[1].groups", "TOO_MANY"),
        ("places[2].place", "DUPLICATE"),
        ("rules", "REQUIRED"),
    ];
    assert_eq!(found, expected);
}
