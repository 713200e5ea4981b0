//! Incidents of generated customers, and how far their recovery has come. Recovery is not imported:
//! it is recorded step by step afterwards, as a team would do it.

use contract::profiles::v1::{
    AdvanceRecoveryRequest, Incident, ResolveIncidentRequest, ResponsibleParty,
};
use contract::types::v1::{IncidentSeverity, RecoveryStep};
use jiff::civil::Date;

use super::calendar;
use super::dice::Dice;
use super::life::{Life, Owner};

const CATEGORIES: [(u32, &str); 5] = [
    (34, "outage"),
    (26, "billing_error"),
    (18, "slow_service"),
    (14, "missed_appointment"),
    (8, "staff_conduct"),
];

const SEVERITIES: [(u32, IncidentSeverity); 3] = [
    (50, IncidentSeverity::Minor),
    (38, IncidentSeverity::Major),
    (12, IncidentSeverity::Critical),
];

const PARTIES: [(u32, ResponsibleParty); 4] = [
    (60, ResponsibleParty::Company),
    (20, ResponsibleParty::Partner),
    (12, ResponsibleParty::Nobody),
    (8, ResponsibleParty::Customer),
];

const STEPS: [RecoveryStep; 4] = [
    RecoveryStep::Own,
    RecoveryStep::Explain,
    RecoveryStep::Act,
    RecoveryStep::Curb,
];

/// What is recorded of an incident after it was opened.
#[derive(Clone, Debug)]
pub enum Recovery {
    /// It is under way: the step reached, with its promise.
    Advance(AdvanceRecoveryRequest),
    /// It is over.
    Resolve(ResolveIncidentRequest),
}

/// An incident and its recovery, for one customer in nine.
pub(super) fn draw(
    dice: &mut Dice,
    life: &Life,
    owner: &Owner<'_>,
    as_of: Date,
) -> Option<(Incident, Recovery)> {
    let days = calendar::days_between(life.start, life.last_day(as_of)).min(300);
    if days < 10 || !life.is_live() || !dice.chance(1_100) {
        return None;
    }
    let is_recent = dice.chance(3_000);
    let age = if is_recent {
        dice.between(1, 9)
    } else {
        dice.between(1, days - 1)
    };
    let opened = calendar::days_before(as_of, age);
    let incident = Incident {
        customer_id: owner.customer_id.to_owned(),
        incident_id: format!("i-{}", owner.subscription_id),
        subscription_id: owner.subscription_id.to_owned(),
        severity: (*dice.weighted(&SEVERITIES)).into(),
        responsible_party: (*dice.weighted(&PARTIES)).into(),
        category: (*dice.weighted(&CATEGORIES)).to_owned(),
        open_time: calendar::time(opened),
        ..Default::default()
    };
    let recovery = if is_recent {
        open_recovery(dice, &incident, opened, as_of)
    } else {
        closed_recovery(dice, &incident, opened, age)
    };
    Some((incident, recovery))
}

fn open_recovery(dice: &mut Dice, incident: &Incident, opened: Date, as_of: Date) -> Recovery {
    let promised = calendar::days_after(opened, dice.between(2, 14));
    Recovery::Advance(AdvanceRecoveryRequest {
        customer_id: incident.customer_id.clone(),
        incident_id: incident.incident_id.clone(),
        recovery_step: (*dice.pick(&STEPS)).into(),
        promise_due_time: calendar::time(promised),
        promise_broken: promised < as_of && dice.chance(5_000),
        ..Default::default()
    })
}

fn closed_recovery(dice: &mut Dice, incident: &Incident, opened: Date, age: u32) -> Recovery {
    let resolved = calendar::days_after(opened, dice.between(0, age.min(12)));
    Recovery::Resolve(ResolveIncidentRequest {
        customer_id: incident.customer_id.clone(),
        incident_id: incident.incident_id.clone(),
        resolve_time: calendar::time(resolved),
        outcome: (*dice.pick(&["repaired", "credited", "apologised"])).to_owned(),
        ..Default::default()
    })
}
