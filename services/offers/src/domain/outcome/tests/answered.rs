//! Answers that were given, and what comes after them.

use super::*;

fn windows_of(judgement: &Judgement) -> [Option<bool>; 4] {
    let windows = judgement.windows;
    [
        windows.here_30_days,
        windows.here_90_days,
        windows.here_180_days,
        windows.durable,
    ]
}

fn before(call: &Measured, judgement: Judgement) -> Before {
    Before {
        judgement,
        revision: Some(1),
        ended_as: call.ended_as,
        decided_at: call.decided_at,
        durable_due_at: call.durable_due_at,
    }
}

#[test]
fn a_pause_of_today_takes_back_no_answer_of_spring() {
    let call = call(EndedAs::Accepted);
    let saved = judge(&call, Some(&here()), None, day(95));
    for standing in [Standing::Paused, Standing::Suspended] {
        let today = changed(|it| it.standing = standing);
        let after = judge(&call, Some(&today), Some(&saved), day(200));
        assert_eq!(
            windows_of(&after),
            [Some(true), Some(true), None, None],
            "{standing:?}"
        );
        assert_eq!(after.status, SaveStatus::Saved90);
        assert!(after.reason.is_some());
    }
    // An end in the facts says otherwise, and so does a payment that failed on a day.
    let gone = judge(
        &call,
        Some(&ended(50, EndKind::Churn)),
        Some(&saved),
        day(200),
    );
    assert_eq!(windows_of(&gone)[1], Some(false));
    let mut unpaid = changed(|it| it.standing = Standing::Suspended);
    unpaid.payment_failed_at = Some(day(20));
    let unpaid = judge(&call, Some(&unpaid), Some(&saved), day(200));
    assert_eq!(windows_of(&unpaid), [Some(false); 4]);
    // That it says nothing about offers, too.
    let provider = ended(50, EndKind::ByProvider);
    let excluded = judge(&call, Some(&provider), Some(&saved), day(200));
    assert_eq!(windows_of(&excluded), [Some(true), None, None, None]);
}

#[test]
fn whom_nobody_knows_any_more_is_judged_as_before() {
    let call = call(EndedAs::Neither);
    let saved = judge(&call, Some(&here()), None, day(35));
    let after = judge(&call, None, Some(&saved), day(200));
    assert_eq!((after.status, after.windows), (saved.status, saved.windows));
}

#[test]
fn a_call_that_moved_on_is_judged_anew() {
    let accepted = call(EndedAs::Accepted);
    let saved = before(&accepted, judge(&accepted, Some(&here()), None, day(35)));
    assert!(saved.of(&accepted).is_some());
    assert_eq!(saved.of(&call(EndedAs::Cancelled)), None);
    let longer = Measured {
        durable_due_at: day(300),
        ..accepted
    };
    assert_eq!(saved.of(&longer), None);
}

#[test]
fn who_is_erased_has_left_by_then() {
    let call = call(EndedAs::Accepted);
    let customer = here().customer_id;
    let erase = |evidence: &Evidence, looked, erased| {
        let judged = before(&call, judge(&call, Some(evidence), None, day(looked)));
        judge_erased(&customer, &call, Some(&judged), day(erased))
    };
    let last = erase(&here(), 35, 60);
    assert_eq!(
        windows_of(&last),
        [Some(true), Some(false), Some(false), Some(false)]
    );
    assert_eq!(
        (last.status, last.left_at),
        (SaveStatus::LostDeflect, Some(day(60)))
    );
    // What came due since the last look is answered from what was known then.
    assert_eq!(windows_of(&erase(&here(), 5, 100))[..2], [Some(true); 2]);
    let known_end = ended(40, EndKind::Churn);
    assert_eq!(windows_of(&erase(&known_end, 5, 100))[1], Some(false));
    assert_eq!(erase(&known_end, 5, 100).left_at, Some(day(40)));
    // Somebody who died says nothing about offers.
    let died = erase(&ended(100, EndKind::Death), 110, 200);
    assert_eq!(windows_of(&died), [Some(true), Some(true), None, None]);
    assert_eq!(died.status, SaveStatus::Saved90);
    // Nobody ever asked about them.
    let unasked = judge_erased(&customer, &call, None, day(10));
    assert_eq!(windows_of(&unasked), [Some(false); 4]);
}
