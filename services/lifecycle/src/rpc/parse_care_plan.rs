//! A care plan becomes the domain's, with every violation at once.

use contract::lifecycle::v1 as wire;
use edge::violations::Violations;
use kernel::id::Request;
use kernel::money::{BasisPoints, Money};
use kernel::refusal::Refusal;
use prost::Message;

use super::parse_care::{channels, kind, kinds, owner};
use crate::domain::care::CareKind;
use crate::domain::care::contact_cap::ContactCap;
use crate::domain::care::plan::{CareRule, PlanContent, PlanDraft, check};
use crate::usecase::PublishCarePlan;

/// More rules than there are kinds.
const MOST_RULES: usize = 50;

pub(super) fn publish(request: &wire::PublishCarePlanRequest) -> Result<PublishCarePlan, Refusal> {
    let mut checks = Violations::default();
    checks.optional_id::<Request>("request_id", &request.request_id);
    let plan = checks.required("care_plan", request.care_plan.as_ref());
    let draft = plan.and_then(|plan| checks.within("care_plan", |checks| draft(checks, plan)));
    let content = draft.map(check);
    for fault in content
        .iter()
        .filter_map(|found| found.as_ref().err())
        .flatten()
    {
        checks.add(&fault.field, fault.reason, &fault.description);
    }
    checks.finish(|| {
        Some(PublishCarePlan {
            request: (!request.request_id.is_empty())
                .then(|| (request.request_id.clone(), request.encode_to_vec())),
            content: content?.ok()?,
            validate_only: request.validate_only,
        })
    })
}

fn draft(checks: &mut Violations, plan: &wire::CarePlan) -> Option<PlanDraft> {
    let rules = checks.at_most("rules", &plan.rules, MOST_RULES);
    let rules = rules.map(|rules| {
        let numbered = rules.iter().enumerate();
        let read = numbered.map(|(index, it)| {
            checks.within(format_args!("rules[{index}]"), |checks| rule(checks, it))
        });
        read.collect::<Vec<_>>()
    });
    let all_channels = channels(checks, "channels", &plan.channels);
    let exempt = kinds(checks, "cap_exempt_kinds", &plan.cap_exempt_kinds);
    let cap = |cap: &wire::ContactCap| ContactCap {
        contacts: cap.contacts,
        days: cap.days,
    };
    Some(PlanDraft {
        // What cannot be read is noted; the rest is checked nevertheless.
        rules: rules?.into_iter().collect::<Option<_>>()?,
        content: PlanContent {
            rules: std::collections::BTreeMap::new(),
            channels: all_channels?,
            contact_caps: plan.contact_caps.iter().map(cap).collect(),
            cap_exempt_kinds: exempt?,
            tenure_credit_percent: plan.tenure_credit_percent,
        },
    })
}

fn rule(checks: &mut Violations, rule: &wire::CareRule) -> Option<(CareKind, CareRule)> {
    let kind = kind(checks, "kind", rule.kind);
    let channels = channels(checks, "channels", &rule.channels);
    let theme = checks.optional_key("theme", &rule.theme);
    let owner = owner(checks, "owner", &rule.owner);
    let least = rule.min_value_remaining.as_ref();
    let least: Option<Option<Money>> = match least {
        Some(money) => checks
            .money("min_value_remaining", money.minor, &money.currency)
            .map(Some),
        None => Some(None),
    };
    let read = CareRule {
        days: rule.days,
        window_days: rule.window_days,
        channels: channels?,
        theme: theme?,
        owner: owner?,
        min_value_remaining: least?,
        holdout: BasisPoints(rule.holdout_basis_points),
    };
    Some((kind?, read))
}
