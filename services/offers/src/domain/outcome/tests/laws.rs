//! What holds of judging whatever the facts and whenever somebody looks.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

prop_compose! {
    fn any_evidence()(
        revision in 1_u64..6,
        deceased in prop::bool::weighted(0.1),
        failed in option::of(-20_i64..200),
        away in option::of((0_i64..200, 1_i64..100)),
        standing in prop::sample::select(vec![
            Standing::InService, Standing::InService, Standing::Paused, Standing::Suspended,
        ]),
        started in -900_i64..100,
        service in option::of(-10_i64..250),
        billing in option::of(-10_i64..250),
        end in prop::sample::select(vec![
            EndKind::Churn, EndKind::Churn, EndKind::ByProvider, EndKind::Elsewhere, EndKind::Death,
        ]),
    ) -> Evidence {
        let mut evidence = changed(|it| {
            it.standing = standing;
            it.started_at = Some(day(started));
            it.service_ends_at = service.map(day);
            it.billing_ends_at = billing.map(day);
            it.end = end;
        });
        evidence.revision = revision;
        evidence.deceased = deceased;
        evidence.payment_failed_at = failed.map(day);
        let away = away.map(|(from, days)| Away { from: day(from), until: day(from + days) });
        evidence.away = away.into_iter().collect();
        evidence
    }
}

prop_compose! {
    fn any_call()(
        ended_as in prop::sample::select(vec![
            EndedAs::Accepted, EndedAs::Cancelled, EndedAs::Neither,
        ]),
        durable in 90_i64..400,
        carried_out in option::of(1_u64..6),
        benefit_undone: bool,
        repeats in prop::bool::weighted(0.1),
    ) -> Measured {
        Measured {
            durable_due_at: day(durable),
            profiles_revision: carried_out,
            benefit_undone,
            repeats,
            ..call(ended_as)
        }
    }
}

fn answers(windows: Windows) -> [Option<bool>; 4] {
    [
        windows.here_30_days,
        windows.here_90_days,
        windows.here_180_days,
        windows.durable,
    ]
}

fn judged(call: &Measured, evidence: &Evidence, now: i64) -> Judged {
    Judged {
        judgement: judge(call, Some(evidence), None, day(now)),
        revision: Some(evidence.revision),
        judged_at: day(now),
    }
}

proptest! {
    /// However often somebody looked, in whatever order their looks were written, and whatever they
    /// saw: what stands is what one look at the newest facts comes to.
    #[test]
    fn the_order_and_number_of_looks_change_nothing(
        call in any_call(),
        facts in vec(any_evidence(), 5),
        looks in vec((0_usize..5, 0_i64..500), 0..20),
        last in 0_i64..500,
        place in any::<prop::sample::Index>(),
    ) {
        // One snapshot a revision.
        let mut facts = facts;
        for (revision, evidence) in (1..).zip(&mut facts) {
            evidence.revision = revision;
        }
        let newest = judged(&call, &facts[4], last);
        // Who saw older facts may have looked later than whoever saw the newest.
        let when = |seen: usize, now: i64| if seen == 4 { now.min(last) } else { now };
        let mut written: Vec<Judged> = looks
            .iter()
            .map(|(seen, now)| judged(&call, &facts[*seen], when(*seen, *now)))
            .collect();
        written.insert(place.index(written.len() + 1), newest);
        let stands = written.into_iter().reduce(|stands, next| {
            if next.supersedes(&stands) { next } else { stands }
        });
        prop_assert_eq!(stands, Some(newest));
    }

    /// An answer stands until facts give another: what they leave in doubt says nothing, nor does that
    /// nobody knows the customer any more.
    #[test]
    fn an_answer_stands_until_facts_say_otherwise(
        call in any_call(), earlier in any_evidence(), newest in option::of(any_evidence()),
        looked in 0_i64..500, now in 0_i64..500,
    ) {
        let before = judge(&call, Some(&earlier), None, day(looked));
        let now = day(looked.max(now));
        let alone = judge(&call, newest.as_ref(), None, now);
        let after = judge(&call, newest.as_ref(), Some(&before), now);
        if newest.is_none() && !call.repeats {
            prop_assert_eq!((after.status, after.windows), (before.status, before.windows));
            return Ok(());
        }
        let in_doubt = newest.as_ref().is_some_and(|it| {
            it.subscriptions[0].standing != Standing::InService && !it.deceased
        });
        let of_all = answers(alone.windows).into_iter().zip(answers(after.windows));
        for ((alone, after), before) in of_all.zip(answers(before.windows)) {
            if alone.is_some() {
                prop_assert_eq!(after, alone);
            } else if in_doubt && newest.as_ref().is_some_and(|it| it.subscriptions[0].end == EndKind::Churn) {
                prop_assert_eq!(after, before);
            } else {
                prop_assert!(after.is_none() || after == before);
            }
        }
    }

    /// Erasing a person answers whatever is open, and changes no answer that was given.
    #[test]
    fn erasing_answers_what_is_open_and_changes_nothing_else(
        call in any_call(), evidence in any_evidence(), looked in 0_i64..500, erased in 0_i64..500,
    ) {
        let judgement = judge(&call, Some(&evidence), None, day(looked));
        let before = Before {
            judgement,
            revision: Some(1),
            ended_as: call.ended_as,
            decided_at: call.decided_at,
            durable_due_at: call.durable_due_at,
        };
        let erased = day(looked.max(erased));
        let last = judge_erased(&evidence.customer_id, &call, Some(&before), erased);
        prop_assert_eq!(last.next_look_at, None);
        for (before, last) in answers(judgement.windows).into_iter().zip(answers(last.windows)) {
            prop_assert!(before.is_none() || before == last);
        }
        let says_nothing = judgement.status == SaveStatus::Excluded || judgement.reason.is_some();
        if !says_nothing && !call.repeats {
            prop_assert!(answers(last.windows).iter().all(Option::is_some), "{:?}", last);
        }
    }

    /// A window that is settled late has the answer it would have had on its day.
    #[test]
    fn a_window_settled_late_has_the_same_answer(
        call in any_call(), evidence in any_evidence(), now in 0_i64..500, later in 0_i64..500,
    ) {
        let sooner = answers(judge(&call, Some(&evidence), None, day(now)).windows);
        let later = answers(judge(&call, Some(&evidence), None, day(now + later)).windows);
        for (sooner, later) in sooner.into_iter().zip(later) {
            prop_assert!(sooner.is_none() || sooner == later);
        }
    }

    /// No window has an answer before its day, and something is due for as long as one has none to come.
    #[test]
    fn nothing_is_settled_before_it_is_due(
        call in any_call(), evidence in any_evidence(), now in 0_i64..500,
    ) {
        let judgement = judge(&call, Some(&evidence), None, day(now));
        let due = [day(30), day(90), day(180), call.durable_due_at];
        for (answer, due) in answers(judgement.windows).into_iter().zip(due) {
            prop_assert!(answer.is_none() || due <= day(now));
            if due > day(now) {
                prop_assert!(judgement.next_look_at.is_some_and(|next| next <= due));
            }
        }
    }

    /// A save is only ever one by the facts: entitled and billed on a day that has come.
    #[test]
    fn no_word_of_an_agent_makes_a_save(
        call in any_call(), evidence in option::of(any_evidence()), now in 0_i64..500,
    ) {
        let judgement = judge(&call, evidence.as_ref(), None, day(now));
        let window = match judgement.status {
            SaveStatus::Saved30 => judgement.windows.here_30_days,
            SaveStatus::Saved90 => judgement.windows.here_90_days,
            SaveStatus::Saved180 => judgement.windows.here_180_days,
            _ => return Ok(()),
        };
        prop_assert_eq!(window, Some(true));
        let end = evidence.as_ref().and_then(|it| it.subscriptions[0].ends_at());
        prop_assert!(end.is_none_or(|end| end > day(30)));
    }
}
