//! What each kind of fact comes to.

use super::*;

#[test]
fn a_save_climbs_as_its_windows_come_due() {
    use SaveStatus::{Saved30, Saved90, Saved180, Watchlist};
    let (call, here) = (call(EndedAs::Accepted), here());
    for (now, status, windows) in [
        (0, Watchlist, "----"),
        (29, Watchlist, "----"),
        (30, Saved30, "y---"),
        (90, Saved90, "yy--"),
        (120, Saved90, "yy-y"),
        (180, Saved180, "yyyy"),
        (900, Saved180, "yyyy"),
    ] {
        assert_eq!(
            told(&call, &here, now),
            (status, None, windows.to_owned()),
            "{now}"
        );
    }
}

#[test]
fn what_is_due_next_is_the_next_window_or_an_end_before_it() {
    let call = call(EndedAs::Accepted);
    for (evidence, now, next) in [
        (here(), 0, Some(30)),
        (here(), 30, Some(90)),
        (here(), 90, Some(120)),
        (here(), 120, Some(180)),
        (here(), 180, None),
        (ended(40, EndKind::Churn), 30, Some(40)),
        (ended(400, EndKind::Churn), 180, None),
    ] {
        let judgement = judge(&call, Some(&evidence), None, day(now));
        assert_eq!(judgement.next_look_at, next.map(day), "{now}");
    }
}

#[test]
fn who_leaves_within_the_windows_was_not_saved() {
    use SaveStatus::{LostDeflect, Saved30, Saved180, Watchlist};
    let end_is_set = Some(StatusReason::EndIsSet);
    for ended_as in [EndedAs::Accepted, EndedAs::Neither] {
        let call = call(ended_as);
        let gone = ended(50, EndKind::Churn);
        for (now, status, reason, windows) in [
            (10, Watchlist, end_is_set, "----"),
            (40, Saved30, end_is_set, "y---"),
            // Known before the next window is due.
            (50, LostDeflect, None, "y---"),
            (200, LostDeflect, None, "ynnn"),
        ] {
            assert_eq!(
                told(&call, &gone, now),
                (status, reason, windows.to_owned()),
                "{now}"
            );
        }
        // Whoever leaves after the last window was saved for as long as anybody promised.
        let later = ended(181, EndKind::Churn);
        assert_eq!(
            told(&call, &later, 300),
            (Saved180, None, "yyyy".to_owned())
        );
    }
}

#[test]
fn entitled_without_a_bill_is_not_here_and_neither_is_billed_without_service() {
    let call = call(EndedAs::Accepted);
    for change in [
        (|it: &mut SubscriptionEvidence| it.service_ends_at = Some(day(20))) as fn(&mut _),
        |it| it.billing_ends_at = Some(day(20)),
    ] {
        let told = told(&call, &changed(change), 30);
        assert_eq!(told, (SaveStatus::LostDeflect, None, "n---".to_owned()));
    }
}

#[test]
fn an_end_at_the_very_instant_of_a_window_counts_as_gone() {
    let call = call(EndedAs::Accepted);
    assert_eq!(told(&call, &ended(30, EndKind::Churn), 30).2, "n---");
}

#[test]
fn the_bill_overrules_the_word_of_an_agent() {
    let had_ended = Some(StatusReason::ServiceHadEnded);
    let told_of = |ended_as, evidence: &Evidence| told(&call(ended_as), evidence, 200);
    let before = ended(0, EndKind::Churn);
    let accepted = told_of(EndedAs::Accepted, &before);
    assert_eq!(
        (accepted.0, accepted.1),
        (SaveStatus::InvalidSave, had_ended)
    );
    // Nobody claimed a save.
    let neither = told_of(EndedAs::Neither, &before);
    let not_in_service = Some(StatusReason::NotInService);
    assert_eq!(
        (neither.0, neither.1),
        (SaveStatus::Excluded, not_in_service)
    );

    let undelivered = Measured {
        benefit_undone: true,
        ..call(EndedAs::Accepted)
    };
    let (status, reason, windows) = told(&undelivered, &here(), 200);
    assert_eq!(status, SaveStatus::InvalidSave);
    assert_eq!(reason, Some(StatusReason::BenefitNotDelivered));
    assert_eq!(windows, "yyyy");
}

#[test]
fn who_cancelled_has_left_however_long_the_notice_runs_unless_it_was_undone_elsewhere() {
    let mut call = call(EndedAs::Cancelled);
    let left = (SaveStatus::Left, None, "nn-n".to_owned());
    assert_eq!(told(&call, &here(), 120), left);
    call.profiles_revision = Some(2);
    // Facts from before the end, and facts with it.
    assert_eq!(told(&call, &here(), 120), left);
    let mut notice = ended(150, EndKind::Churn);
    notice.revision = 2;
    assert_eq!(told(&call, &notice, 120), left);
    let reinstated = Evidence {
        revision: 3,
        ..here()
    };
    assert_eq!(told(&call, &reinstated, 120).0, SaveStatus::Saved90);
}

#[test]
fn what_says_nothing_about_offers_is_excluded_from_then_on() {
    use StatusReason::{Deceased, EndedByProvider, GoesOnElsewhere};
    let call = call(EndedAs::Accepted);
    for (end, reason) in [
        (EndKind::ByProvider, EndedByProvider),
        (EndKind::Elsewhere, GoesOnElsewhere),
        (EndKind::Death, Deceased),
    ] {
        let (status, told_reason, windows) = told(&call, &ended(20, end), 200);
        assert_eq!((status, told_reason), (SaveStatus::Excluded, Some(reason)));
        assert_eq!(windows, "----");
        // What was settled by the end before it stands.
        let (status, _, windows) = told(&call, &ended(100, end), 200);
        assert_eq!((status, windows.as_str()), (SaveStatus::Saved90, "yy--"));
    }
    let died = Evidence {
        deceased: true,
        ..here()
    };
    let (status, reason, windows) = told(&call, &died, 200);
    assert_eq!((status, reason), (SaveStatus::Excluded, Some(Deceased)));
    assert_eq!(windows, "----");
}

#[test]
fn a_call_that_is_no_measure_is_excluded_whatever_the_facts() {
    let repeats = Measured {
        repeats: true,
        ..call(EndedAs::Accepted)
    };
    let (status, reason, _) = told(&repeats, &here(), 200);
    let repeated = Some(StatusReason::RepeatedContact);
    assert_eq!((status, reason), (SaveStatus::Excluded, repeated));
    let unknown = judge(&call(EndedAs::Accepted), None, None, day(200));
    assert_eq!(unknown.reason, Some(StatusReason::CustomerUnknown));
    let other = changed(|it| it.subscription_id = SubscriptionId::parse("s-2").unwrap());
    let told = told(&call(EndedAs::Accepted), &other, 200);
    assert_eq!(told.1, Some(StatusReason::SubscriptionUnknown));
    assert_eq!(
        (unknown.status, told.0),
        (SaveStatus::Excluded, SaveStatus::Excluded)
    );
}

#[test]
fn a_pause_settles_nothing_and_a_suspension_counts_from_the_payment_that_failed() {
    let call = call(EndedAs::Accepted);
    let paused = changed(|it| it.standing = Standing::Paused);
    let in_doubt = (
        SaveStatus::Watchlist,
        Some(StatusReason::Paused),
        "----".to_owned(),
    );
    assert_eq!(told(&call, &paused, 200), in_doubt);
    let mut suspended = changed(|it| it.standing = Standing::Suspended);
    // A payment that failed before the call did not suspend them after it.
    for failed in [None, Some(day(-3))] {
        suspended.payment_failed_at = failed;
        assert_eq!(
            told(&call, &suspended, 200).1,
            Some(StatusReason::Suspended)
        );
    }
    suspended.payment_failed_at = Some(day(50));
    assert_eq!(
        told(&call, &suspended, 200),
        (SaveStatus::LostDeflect, None, "ynnn".to_owned())
    );
}

#[test]
fn who_was_away_on_the_day_was_not_here_though_they_came_back() {
    let call = call(EndedAs::Accepted);
    let mut back = here();
    back.away.push(Away {
        from: day(25),
        until: day(60),
    });
    assert_eq!(
        told(&call, &back, 200),
        (SaveStatus::LostDeflect, None, "nyyy".to_owned())
    );
}

#[test]
fn lasting_is_asked_after_the_benefit_and_never_sooner_than_at_90_days() {
    for (ends, due) in [(None, 90), (Some(20), 90), (Some(60), 90), (Some(90), 120)] {
        assert_eq!(durable_due_at(day(0), ends.map(day)), day(due));
    }
}
