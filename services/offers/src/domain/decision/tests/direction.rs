//! What an agent is told beside the offers.

use super::*;
use crate::domain::catalogue::{Guidance, Line, Lines, RoutingRow};
use crate::domain::direction::{Directions, direct, direct_by_facts};

fn line(text: &str) -> Lines {
    let line = Line::parse(text).unwrap();
    Lines::new(line, BTreeMap::new())
}

fn saying(text: &str) -> Guidance {
    Guidance {
        key: "a".to_owned(),
        when: Predicate::always(),
        say: Some(line(text)),
        do_not_say: None,
    }
}

fn directions(call: &Situated) -> Directions {
    let inputs = call.inputs();
    let (decision, facts) = decide_on_facts(&inputs);
    let directions = direct(&inputs, &decision);
    // Whoever replays it observes the facts anew.
    assert_eq!(direct_by_facts(&inputs, &decision, facts), directions);
    directions
}

#[test]
fn a_line_that_cannot_be_filled_in_is_left_out_and_the_rest_is_bounded() {
    let mut call = Situated::new();
    call.catalogue.guidance = vec![
        saying("{tenure_years} years, {lifetimes}"),
        saying("{price_after} afterwards"),
        saying("{credit} back"),
    ];
    assert_eq!(
        directions(&call).say,
        ["3 years, 1", "50.00 USD afterwards"]
    );
    // Nothing is offered, so there is no price to speak of.
    call.customer().do_not_offer = true;
    assert_eq!(directions(&call).say, ["3 years, 1"]);
    call.catalogue.guidance = vec![saying("again"); 50];
    assert_eq!(directions(&call).say.len(), 8);
    call.customer = None;
    assert_eq!(directions(&call), Directions::default());
}

#[test]
fn the_first_row_that_holds_says_who_takes_the_call() {
    let row = |key: &str| RoutingRow {
        key: key.to_owned(),
        when: Predicate::always(),
        team: key.to_owned(),
        authority: Some(Authority::Senior),
        why: Some(line("because")),
    };
    let mut call = Situated::new();
    assert_eq!(directions(&call).routing, None);
    call.catalogue.routing = vec![row("first"), row("second")];
    let routing = directions(&call).routing.unwrap();
    assert_eq!(
        (routing.why_key.as_str(), routing.why.as_str()),
        ("first", "because")
    );
}
