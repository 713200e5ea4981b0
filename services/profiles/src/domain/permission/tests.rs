use kernel::id::{AccountId, SubscriptionId};
use proptest::prelude::*;

use super::super::contact_rules::{
    ContactHours, ContactPlace, ContactRule, Content, DAY_MINUTES, DEFAULT_PLACE,
};
use super::super::facts::{IncidentHistory, SubscriptionFacts};
use super::super::subscription::StatedReason;
use super::super::timeline::{Activity, Timeline};
use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn facts() -> Facts {
    Facts {
        customer_id: CustomerId::parse("c").unwrap(),
        revision: 7,
        update_time: at("2026-11-01T00:00:00Z"),
        kind: None,
        jurisdiction: "US".to_owned(),
        language: String::new(),
        deceased: false,
        vulnerable: false,
        do_not_offer: false,
        subscriptions: vec![service("2024-01-01T00:00:00Z", None)],
        lifetimes: Vec::new(),
        open_incidents: Vec::new(),
        timeline: Timeline::default(),
        consents: Vec::new(),
        incident_history: IncidentHistory::default(),
        merged_customer_ids: Vec::new(),
    }
}

fn service(start: &str, end: Option<&str>) -> SubscriptionFacts {
    SubscriptionFacts {
        subscription_id: SubscriptionId::parse("s").unwrap(),
        account_id: AccountId::parse("a").unwrap(),
        business_line: None,
        product: String::new(),
        relationship: None,
        contract_kind: None,
        state: SubscriptionState::Active,
        start_time: at(start),
        commitment_end_time: None,
        service_end_time: end.map(at),
        billing_end_time: None,
        monthly_price: None,
        end_reason: None,
        stated: StatedReason::default(),
        attributes: std::collections::BTreeMap::new(),
    }
}

fn known() -> Contactable {
    Contactable {
        facts: facts(),
        time_zone: String::new(),
        has_email: true,
        has_phone: true,
    }
}

fn said(channel: ConsentChannel, state: ConsentState) -> Statement {
    Statement {
        channel,
        record_time: at("2026-05-01T00:00:00Z"),
        state,
    }
}

fn rule(basis: ContactBasis, relationship_days: u32, hours: Option<ContactHours>) -> ContactRules {
    let rule = ContactRule {
        rule_key: "the_rule".to_owned(),
        place: DEFAULT_PLACE.to_owned(),
        channels: Vec::new(),
        purposes: Vec::new(),
        basis: Some(basis),
        relationship_days,
        hours,
        closed: false,
        source: "a law".to_owned(),
        verify: true,
    };
    let zones = ["America/New_York", "America/Denver", "Pacific/Honolulu"];
    let place = |place: &str, zones: &[&str]| ContactPlace {
        place: place.to_owned(),
        time_zones: zones.iter().map(ToString::to_string).collect(),
        groups: Vec::new(),
    };
    ContactRules {
        version: 3,
        publish_time: None,
        content: Content {
            rules: vec![rule],
            places: vec![place("US", &zones), place("GB", &["Europe/London"])],
        },
    }
}

fn from_eight_to_nine(iso_weekdays: &[u8]) -> ContactHours {
    ContactHours {
        start_minute: 480,
        end_minute: 1_260,
        iso_weekdays: iso_weekdays.to_vec(),
    }
}

fn phone_at(send_time: &str) -> Question {
    Question {
        customer_id: CustomerId::parse("c").unwrap(),
        channel: ConsentChannel::Phone,
        purpose: ContactPurpose::Marketing,
        send_time: at(send_time),
    }
}

fn codes(permission: &Permission) -> Vec<&'static str> {
    permission
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect()
}

const NOON: &str = "2026-11-30T12:00:00Z";

#[test]
fn who_is_not_known_or_was_erased_is_not_contacted() {
    let rules = rule(ContactBasis::None, 0, None);
    for (whom, code) in [
        (Whom::Unknown, "UNKNOWN_CUSTOMER"),
        (Whom::Erased, "ERASED"),
    ] {
        let answer = permission(&phone_at(NOON), whom, &rules);
        assert_eq!((answer.allowed, codes(&answer)), (false, vec![code]));
        assert_eq!((answer.until_time, answer.next_allowed_time), (None, None));
    }
}

#[test]
fn what_always_holds_is_undone_by_no_rule() {
    let rules = rule(ContactBasis::None, 0, None);
    let first = |change: &dyn Fn(&mut Contactable)| {
        let mut known = known();
        change(&mut known);
        let answer = permission(&phone_at(NOON), Whom::Known(&known), &rules);
        assert!(!answer.allowed);
        (answer.findings[0].code, answer.findings[0].rule.clone())
    };
    let always = |code| (code, String::new());
    assert_eq!(
        first(&|known| known.facts.deceased = true),
        always("DECEASED")
    );
    assert_eq!(
        first(&|known| known.facts.do_not_offer = true),
        always("DO_NOT_OFFER")
    );
    assert_eq!(
        first(&|known| known.has_phone = false),
        always("CHANNEL_CLOSED")
    );
    let objected = said(ConsentChannel::Phone, ConsentState::Objected);
    assert_eq!(
        first(&|known| known.facts.consents = vec![objected]),
        always("OBJECTED")
    );
    let answer = permission(&phone_at(NOON), Whom::Known(&known()), &rules);
    assert!(answer.allowed, "{:?}", answer.findings);
    assert_eq!(answer.until_time, Some(at("2026-12-14T12:00:00Z")));
}

#[test]
fn an_objection_closes_its_channel_for_every_purpose_and_no_other_channel() {
    let rules = rule(ContactBasis::None, 0, None);
    let mut known = known();
    known.facts.consents = vec![said(ConsentChannel::Sms, ConsentState::Objected)];
    known.facts.do_not_offer = true;
    let allowed = |channel, purpose| {
        let question = Question {
            channel,
            purpose,
            ..phone_at(NOON)
        };
        permission(&question, Whom::Known(&known), &rules).allowed
    };
    assert!(!allowed(ConsentChannel::Sms, ContactPurpose::Service));
    assert!(!allowed(ConsentChannel::Sms, ContactPurpose::Care));
    assert!(allowed(ConsentChannel::Phone, ContactPurpose::Service));
    assert!(!allowed(ConsentChannel::Phone, ContactPurpose::Marketing));
}

#[test]
fn a_channel_needs_an_address_of_its_own_kind() {
    let rules = rule(ContactBasis::None, 0, None);
    let open = |has_email, has_phone| {
        let known = Contactable {
            has_email,
            has_phone,
            ..known()
        };
        let allowed = |channel| {
            let question = Question {
                channel,
                ..phone_at(NOON)
            };
            permission(&question, Whom::Known(&known), &rules).allowed
        };
        [
            ConsentChannel::Phone,
            ConsentChannel::Email,
            ConsentChannel::Sms,
            ConsentChannel::Post,
            ConsentChannel::App,
        ]
        .map(allowed)
    };
    assert_eq!(open(false, true), [true, false, true, true, true]);
    assert_eq!(open(true, false), [false, true, false, true, true]);
}

#[test]
fn a_way_that_a_rule_closes_is_closed() {
    let mut rules = rule(ContactBasis::None, 0, None);
    rules.content.rules[0].closed = true;
    let answer = permission(&phone_at(NOON), Whom::Known(&known()), &rules);
    assert!(!answer.allowed);
    let first = &answer.findings[0];
    assert_eq!(
        (first.code, first.rule.as_str()),
        ("CHANNEL_CLOSED", "the_rule")
    );
}

#[test]
fn where_consent_is_asked_for_a_relationship_is_not_enough() {
    let rules = rule(ContactBasis::Consent, 0, None);
    let answer = permission(&phone_at(NOON), Whom::Known(&known()), &rules);
    assert_eq!((answer.allowed, codes(&answer)[0]), (false, "NO_CONSENT"));
    assert_eq!(answer.findings[0].rule, "the_rule");
    let mut agreed = known();
    agreed.facts.consents = vec![said(ConsentChannel::Phone, ConsentState::Granted)];
    agreed.facts.subscriptions.clear();
    let answer = permission(&phone_at(NOON), Whom::Known(&agreed), &rules);
    assert!(answer.allowed);
    assert!(codes(&answer).contains(&"CONSENT_GIVEN"));
}

#[test]
fn a_relationship_counts_for_its_days_after_the_last_end_or_purchase() {
    let rules = rule(ContactBasis::ExistingRelationship, 30, None);
    let mut gone = known();
    gone.facts.subscriptions = vec![service(
        "2024-01-01T00:00:00Z",
        Some("2026-11-01T00:00:00Z"),
    )];
    let ask = |known: &Contactable, time| permission(&phone_at(time), Whom::Known(known), &rules);
    let last = ask(&gone, "2026-11-30T23:59:59Z");
    assert!(last.allowed);
    assert_eq!(last.until_time, Some(at("2026-12-01T00:00:00Z")));
    let over = ask(&gone, "2026-12-01T00:00:00Z");
    assert_eq!(
        (over.allowed, codes(&over)[0]),
        (false, "RELATIONSHIP_OVER")
    );
    assert_eq!(over.next_allowed_time, None);
    gone.facts.timeline.activities = vec![Activity {
        kind: EventKind::Payment,
        count: 1,
        first_time: at("2026-11-20T00:00:00Z"),
        last_time: at("2026-11-20T00:00:00Z"),
        total: None,
    }];
    assert!(ask(&gone, "2026-12-19T23:00:00Z").allowed);
    assert!(!ask(&gone, "2026-12-20T00:00:00Z").allowed);
    // An end that is set does not end it yet, and is what it is counted from.
    gone.facts.subscriptions[0].service_end_time = Some(at("2027-01-01T00:00:00Z"));
    assert!(ask(&gone, "2027-01-30T23:00:00Z").allowed);
    assert!(!ask(&gone, "2027-01-31T00:00:00Z").allowed);
    gone.facts.subscriptions[0].state = SubscriptionState::Prospect;
    gone.facts.timeline.activities.clear();
    assert_eq!(codes(&ask(&gone, NOON))[0], "NO_RELATIONSHIP");
}

#[test]
fn hours_hold_in_every_zone_of_the_place_unless_the_customers_is_known() {
    let rules = rule(ContactBasis::None, 0, Some(from_eight_to_nine(&[])));
    let ask = |known: &Contactable, time| permission(&phone_at(time), Whom::Known(known), &rules);
    // Eight in New York is three in Honolulu.
    let early = ask(&known(), "2026-11-30T13:00:00Z");
    assert_eq!((early.allowed, codes(&early)[0]), (false, "QUIET_HOURS"));
    assert_eq!(early.next_allowed_time, Some(at("2026-11-30T18:00:00Z")));
    let open = ask(&known(), "2026-11-30T18:00:00Z");
    assert_eq!(open.until_time, Some(at("2026-12-01T02:00:00Z")));
    let eastern = Contactable {
        time_zone: "America/New_York".to_owned(),
        ..known()
    };
    let open = ask(&eastern, "2026-11-30T13:00:00Z");
    assert!(open.allowed);
    assert_eq!(open.until_time, Some(at("2026-12-01T02:00:00Z")));
}

#[test]
fn where_the_place_is_not_known_it_is_never_the_hour_everywhere() {
    let rules = rule(ContactBasis::None, 0, Some(from_eight_to_nine(&[])));
    for place in ["", "BR"] {
        let mut nowhere = known();
        place.clone_into(&mut nowhere.facts.jurisdiction);
        let answer = permission(&phone_at(NOON), Whom::Known(&nowhere), &rules);
        assert_eq!(
            (answer.allowed, answer.next_allowed_time),
            (false, None),
            "{place}"
        );
        nowhere.time_zone = "America/Sao_Paulo".to_owned();
        assert!(permission(&phone_at(NOON), Whom::Known(&nowhere), &rules).allowed);
    }
}

#[test]
fn days_of_the_week_hold_everywhere_on_earth_where_no_zone_is_known() {
    let all_day = ContactHours {
        start_minute: 0,
        end_minute: DAY_MINUTES,
        iso_weekdays: vec![1, 2, 3, 4, 5],
    };
    let rules = rule(ContactBasis::None, 0, Some(all_day));
    let mut nowhere = known();
    nowhere.facts.jurisdiction.clear();
    // A Monday; on the islands furthest west it is still Sunday.
    let question = phone_at("2026-11-30T11:00:00Z");
    let answer = permission(&question, Whom::Known(&nowhere), &rules);
    assert!(!answer.allowed);
    assert_eq!(answer.next_allowed_time, Some(at(NOON)));
    let answer = permission(&phone_at(NOON), Whom::Known(&nowhere), &rules);
    assert_eq!(answer.until_time, Some(at("2026-12-04T10:00:00Z")));
}

#[test]
fn hours_follow_the_clocks_when_they_are_changed() {
    let rules = rule(ContactBasis::None, 0, Some(from_eight_to_nine(&[])));
    let mut british = known();
    "GB".clone_into(&mut british.facts.jurisdiction);
    let ask = |time| permission(&phone_at(time), Whom::Known(&british), &rules);
    // Summer time ends in the night of 25 October 2026 and begins in that of 28 March 2027.
    for (night, morning, evening) in [
        (
            "2026-10-24T22:00:00Z",
            "2026-10-25T08:00:00Z",
            "2026-10-25T21:00:00Z",
        ),
        (
            "2026-10-23T22:00:00Z",
            "2026-10-24T07:00:00Z",
            "2026-10-24T20:00:00Z",
        ),
        (
            "2027-03-27T22:00:00Z",
            "2027-03-28T07:00:00Z",
            "2027-03-28T20:00:00Z",
        ),
        (
            "2027-03-26T22:00:00Z",
            "2027-03-27T08:00:00Z",
            "2027-03-27T21:00:00Z",
        ),
    ] {
        assert_eq!(ask(night).next_allowed_time, Some(at(morning)));
        assert_eq!(ask(morning).until_time, Some(at(evening)));
    }
}

#[test]
fn a_night_before_a_free_day_lasts_until_the_day_after() {
    let rules = rule(
        ContactBasis::None,
        0,
        Some(from_eight_to_nine(&[1, 2, 3, 4, 5])),
    );
    let mut british = known();
    "GB".clone_into(&mut british.facts.jurisdiction);
    let friday_night = phone_at("2026-11-27T21:00:00Z");
    let answer = permission(&friday_night, Whom::Known(&british), &rules);
    assert_eq!(answer.next_allowed_time, Some(at("2026-11-30T08:00:00Z")));
}

#[test]
fn a_next_time_after_the_relationship_is_over_is_none() {
    let rules = rule(
        ContactBasis::ExistingRelationship,
        0,
        Some(from_eight_to_nine(&[])),
    );
    let mut leaving = known();
    "GB".clone_into(&mut leaving.facts.jurisdiction);
    leaving.facts.subscriptions = vec![service(
        "2024-01-01T00:00:00Z",
        Some("2026-12-01T00:00:00Z"),
    )];
    let night = permission(
        &phone_at("2026-11-30T22:00:00Z"),
        Whom::Known(&leaving),
        &rules,
    );
    assert_eq!(codes(&night)[0], "QUIET_HOURS");
    assert_eq!(night.next_allowed_time, None);
}

fn instants() -> impl Strategy<Value = Timestamp> {
    // Around the changes of the clocks, to the second.
    let anchors = prop_oneof![
        Just("2026-10-25T00:00:00Z"),
        Just("2026-11-01T00:00:00Z"),
        Just("2027-03-14T00:00:00Z"),
        Just("2027-03-28T00:00:00Z"),
    ];
    (anchors, -172_800_i64..172_800).prop_map(|(anchor, seconds)| {
        at(anchor)
            .checked_add(Span::new().seconds(seconds))
            .unwrap()
    })
}

fn rule_sets() -> impl Strategy<Value = ContactRules> {
    let bases = prop_oneof![
        Just(ContactBasis::None),
        Just(ContactBasis::ExistingRelationship),
        Just(ContactBasis::Consent),
    ];
    let weekdays = prop_oneof![Just(vec![]), Just(vec![1, 2, 3, 4, 5]), Just(vec![3, 7])];
    let hours = (0_u16..1_440, 1_u16..=1_440, weekdays).prop_map(|(start, length, days)| {
        let end_minute = (start + length).min(1_440);
        ContactHours {
            start_minute: start,
            end_minute,
            iso_weekdays: days,
        }
    });
    (bases, 0_u32..3, proptest::option::of(hours))
        .prop_map(|(basis, days, hours)| rule(basis, days, hours))
}

fn anybody() -> impl Strategy<Value = Contactable> {
    let places = prop_oneof![Just(""), Just("GB"), Just("US"), Just("US-CA"), Just("BR")];
    let zones = prop_oneof![
        3 => Just(""),
        1 => Just("America/New_York"),
        1 => Just("Australia/Lord_Howe"),
        1 => Just("America/Santiago"),
    ];
    let consent = proptest::option::of(any::<bool>());
    let end = proptest::option::of(instants());
    let flags = (
        any::<bool>(),
        proptest::bool::weighted(0.1),
        proptest::bool::weighted(0.1),
    );
    (places, zones, consent, end, flags).prop_map(|(place, zone, granted, end, flags)| {
        let (has_phone, deceased, do_not_offer) = flags;
        let state = |granted| {
            if granted {
                ConsentState::Granted
            } else {
                ConsentState::Objected
            }
        };
        let mut known = Contactable {
            time_zone: zone.to_owned(),
            has_phone,
            ..known()
        };
        place.clone_into(&mut known.facts.jurisdiction);
        known.facts.deceased = deceased;
        known.facts.do_not_offer = do_not_offer;
        known.facts.subscriptions[0].service_end_time = end;
        known.facts.consents = granted
            .map(|granted| said(ConsentChannel::Phone, state(granted)))
            .into_iter()
            .collect();
        known
    })
}

proptest! {
    #[test]
    fn whoever_objected_is_never_contacted(
        known in anybody(),
        rules in rule_sets(),
        send_time in instants(),
        purpose in prop_oneof![
            Just(ContactPurpose::Service),
            Just(ContactPurpose::Care),
            Just(ContactPurpose::Marketing),
        ],
    ) {
        let mut objected = known;
        objected.facts.consents = vec![said(ConsentChannel::Phone, ConsentState::Objected)];
        let question = Question { purpose, send_time, ..phone_at(NOON) };
        let answer = permission(&question, Whom::Known(&objected), &rules);
        prop_assert!(!answer.allowed);
        prop_assert_eq!(answer.next_allowed_time, None);
    }

    #[test]
    fn an_answer_holds_until_its_time_and_the_next_one_is_the_first(
        known in anybody(),
        rules in rule_sets(),
        send_time in instants(),
    ) {
        let ask = |send_time| {
            let question = Question { send_time, ..phone_at(NOON) };
            permission(&question, Whom::Known(&known), &rules)
        };
        let minutes = |from: Timestamp, to: Timestamp| {
            let first = from.as_second().div_euclid(60) + 1;
            // Two days of minutes tell; what lies further ahead repeats.
            let last = to.as_second().min(from.as_second() + 172_800).div_euclid(60);
            (first..=last)
                .map(|minute| Timestamp::from_second(minute * 60).unwrap())
                .filter(move |instant| *instant < to)
        };
        let answer = ask(send_time);
        prop_assert_eq!(answer.allowed, answer.until_time.is_some());
        prop_assert_eq!(answer.allowed, answer.findings.iter().all(|finding| !finding.forbids));
        if let Some(until) = answer.until_time {
            prop_assert!(send_time < until);
            prop_assert!(minutes(send_time, until).all(|instant| ask(instant).allowed));
        }
        if let Some(next) = answer.next_allowed_time {
            prop_assert!(!answer.allowed && send_time < next);
            prop_assert!(ask(next).allowed);
            prop_assert!(minutes(send_time, next).all(|instant| !ask(instant).allowed));
        }
    }
}
