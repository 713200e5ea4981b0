use kernel::money::BasisPoints;

use super::*;
use crate::domain::catalogue::{Controllable, EndReason, ReasonTree, ReturnNeeds, StagePrior};
use crate::domain::exit::DatesSource;
use crate::domain::holdout::{Holdout, HoldoutKey};
use crate::domain::keep_in_touch::Choices;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn reason(key: &str) -> Reason {
    Reason {
        key: key.to_owned(),
        category: "price".to_owned(),
        controllable: Controllable::Partly,
        levers: Vec::new(),
        price_offer_allowed: false,
        offers_allowed: false,
        structural: false,
        serviceability_check: false,
        exit_path: ExitPath::Standard,
        win_back_after_days: Some(60),
        win_back_though_sensitive: false,
        return_needs: ReturnNeeds::None,
        win_back_theme: "better_value".to_owned(),
        expected_return: 0.2,
        sensitive: false,
        system_code: EndReason::CustomerTermination,
        no_offer: StagePrior {
            stay: 0.1,
            here_30_days: 0.9,
            durable: 0.8,
        },
    }
}

fn with(reasons: impl IntoIterator<Item = Reason>) -> Catalogue {
    Catalogue::new(ReasonTree::new(reasons), Vec::new())
}

/// Plays somebody who leaves for a reason and chose this.
fn leave(
    catalogue: &Catalogue,
    key: &str,
    choices: Choices,
) -> (Result<AskBack, NotAskedBack>, Vec<CareTask>) {
    let (customer, subscription) = (CustomerId::parse("c-1"), SubscriptionId::parse("s-1"));
    let now = at("2026-11-23T12:00:00Z");
    let reason = catalogue.reason(key);
    let end = at("2026-12-01T00:00:00Z");
    let leaver = Leaver {
        customer_id: &customer.unwrap(),
        subscription_id: &subscription.unwrap(),
        plan: ExitPlan::of(None, reason, None, choices, now),
        dates: EndDates {
            service_end_at: end,
            billing_end_at: end,
            source: DatesSource::Contract,
        },
        acknowledged_at: now,
        record: None,
        reason,
        catalogue,
        times_stayed: 0,
    };
    (leaver.ask_back(), leaver.tasks())
}

fn why_not(catalogue: &Catalogue, key: &str, choices: Choices) -> NotAskedBack {
    let (ask, tasks) = leave(catalogue, key, choices);
    let asked = |it: &CareTask| matches!(it.kind, CareKind::WinBack | CareKind::Follow);
    assert!(!tasks.iter().any(asked), "{tasks:?}");
    ask.unwrap_err()
}

#[test]
fn who_left_is_asked_back_after_the_days_of_their_reason() {
    let catalogue = with([reason("too_expensive")]);
    let (ask, tasks) = leave(&catalogue, "too_expensive", Choices::default());
    let ask = ask.unwrap();
    assert_eq!(
        (ask.kind, ask.due_at, ask.theme.as_str()),
        (
            CareKind::WinBack,
            at("2027-01-30T00:00:00Z"),
            "better_value"
        )
    );
    let steps = tasks.iter().filter(|it| it.kind == CareKind::ExitStep);
    assert!(steps.clone().any(|it| it.subject == "s-1/final_bill"));
    assert!(steps.clone().all(|it| !it.owner.is_empty()));
    assert_eq!(tasks.len(), steps.count() + 1);
}

#[test]
fn who_moved_or_whose_need_ended_is_followed_once_and_not_won_back() {
    for exit_path in [ExitPath::MoveAndFollow, ExitPath::Planned] {
        let changed = Reason {
            exit_path,
            ..reason("life_changed")
        };
        let (ask, tasks) = leave(&with([changed]), "life_changed", Choices::default());
        assert_eq!(ask.unwrap().kind, CareKind::Follow);
        let follow = tasks.iter().filter(|it| it.kind == CareKind::Follow);
        assert_eq!(follow.count(), 1);
        assert!(tasks.iter().all(|it| it.kind != CareKind::WinBack));
    }
}

#[test]
fn nobody_is_asked_back_against_their_wish_or_their_reason() {
    let never = Reason {
        win_back_after_days: None,
        ..reason("never")
    };
    let ill = Reason {
        sensitive: true,
        ..reason("illness")
    };
    let hard = Reason {
        win_back_though_sensitive: true,
        ..ill.clone()
    };
    let died = Reason {
        exit_path: ExitPath::Bereavement,
        ..reason("deceased")
    };
    let hard = Reason {
        key: "hardship".to_owned(),
        ..hard
    };
    let mut catalogue = with([reason("price"), never, ill, hard, died]);
    let chose = |choice| Choices::of(Some(choice));
    let said_nothing = Choices::default();
    for (key, choices, expected) in [
        ("never", said_nothing, NotAskedBack::Never),
        ("illness", said_nothing, NotAskedBack::Sensitive),
        ("deceased", said_nothing, NotAskedBack::Deceased),
        (
            "price",
            chose(KeepInTouch::NotWanted),
            NotAskedBack::KeepInTouchRefused,
        ),
    ] {
        assert_eq!(why_not(&catalogue, key, choices), expected, "{key}");
    }
    assert!(leave(&catalogue, "hardship", said_nothing).0.is_ok());
    catalogue.holdout = Some(Holdout {
        key: HoldoutKey::parse("all").unwrap(),
        share: BasisPoints::ONE,
    });
    let held_out = why_not(&catalogue, "price", said_nothing);
    assert_eq!(held_out, NotAskedBack::HeldOut);
}

#[test]
fn only_who_wants_to_hear_from_the_company_does_and_never_the_bereaved() {
    let died = Reason {
        exit_path: ExitPath::Bereavement,
        ..reason("deceased")
    };
    let catalogue = with([reason("price"), died]);
    let mut yes = Choices::default();
    yes.choose(ContactChannel::Email, KeepInTouch::Wanted);
    let hears = |key, choices| {
        let (_, tasks) = leave(&catalogue, key, choices);
        let task = tasks
            .into_iter()
            .find(|it| it.kind == CareKind::KeepInTouch);
        task.map(|task| task.channels)
    };
    assert_eq!(hears("price", yes), Some(vec![ContactChannel::Email]));
    assert_eq!(hears("price", Choices::default()), None);
    assert_eq!(hears("deceased", yes), None);
}

#[test]
fn a_sensitive_reason_is_told_by_its_category_alone() {
    let ill = Reason {
        sensitive: true,
        ..reason("illness")
    };
    let told = |reason| ToldReason::of(Some(reason));
    assert_eq!(told(&ill).stated, "");
    assert_eq!(told(&ill).category, "price");
    assert_eq!(told(&reason("too_expensive")).stated, "too_expensive");
    assert_eq!(ToldReason::of(None), ToldReason::default());
}
