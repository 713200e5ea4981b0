//! Requests about care tasks become commands, with every violation at once.

use std::fmt::Display;

use contract::lifecycle::v1 as wire;
use contract::types::v1::ConsentChannel;
use edge::violations::{BetweenTimes, Violations};
use kernel::id::{Customer, Request};
use kernel::refusal::Refusal;
use kernel::time::{Span, Timestamp};
use prost::Message;

use crate::domain::care::{CareKind, Channel, GOOD_FOR_DAYS, NewTask, SENDER};
use crate::usecase::{
    CompleteTask, LeaseTasks, ReportedTask, ScheduleTasks, SkipTask, WithdrawTasks,
};

/// How many tasks one request may ask for.
const MOST_ASKED: usize = 50;
/// How many characters a subject may have.
const MOST_SUBJECT: usize = 128;
/// How many characters the name of a sender may have.
const MOST_SENDER: usize = 64;
/// How many kinds or channels a request may name.
const MOST_NAMED: usize = 20;
/// How many tasks are leased when the request does not say.
const DEFAULT_LEASED: u32 = 20;
/// How many tasks are leased at most.
const MOST_LEASED: u32 = 100;
/// For how many seconds they are leased when the request does not say.
const DEFAULT_LEASE_SECONDS: u32 = 300;

/// What tasks are identified by. Only for checking ids.
enum Task {}
/// What leases are proved by. Only for checking tokens.
enum Lease {}

fn retryable(request_id: &str, message: &impl Message) -> Option<(String, Vec<u8>)> {
    (!request_id.is_empty()).then(|| (request_id.to_owned(), message.encode_to_vec()))
}

pub(super) fn kind(checks: &mut Violations, field: impl Display, number: i32) -> Option<CareKind> {
    let known = checks.known::<wire::CareKind>(&field.to_string(), number)?;
    Some(match known {
        wire::CareKind::Unspecified => return None,
        wire::CareKind::Welcome => CareKind::Welcome,
        wire::CareKind::FirstInvoice => CareKind::FirstInvoice,
        wire::CareKind::ActivationCheck => CareKind::ActivationCheck,
        wire::CareKind::CheckIn => CareKind::CheckIn,
        wire::CareKind::RecoveryFollowUp => CareKind::RecoveryFollowUp,
        wire::CareKind::PromiseBroken => CareKind::PromiseBroken,
        wire::CareKind::Recognition => CareKind::Recognition,
        wire::CareKind::ExitStep => CareKind::ExitStep,
        wire::CareKind::KeepInTouch => CareKind::KeepInTouch,
        wire::CareKind::Follow => CareKind::Follow,
        wire::CareKind::WinBack => CareKind::WinBack,
        wire::CareKind::WelcomeBack => CareKind::WelcomeBack,
    })
}

pub(super) fn kinds(
    checks: &mut Violations,
    field: &str,
    numbers: &[i32],
) -> Option<Vec<CareKind>> {
    let numbers = checks.at_most(field, numbers, MOST_NAMED)?.iter();
    numbers
        .enumerate()
        .map(|(index, number)| kind(checks, format_args!("{field}[{index}]"), *number))
        .collect()
}

pub(super) fn channels(
    checks: &mut Violations,
    field: &str,
    numbers: &[i32],
) -> Option<Vec<Channel>> {
    let numbers = checks.at_most(field, numbers, MOST_NAMED)?.iter();
    numbers
        .enumerate()
        .map(|(index, number)| {
            let field = format!("{field}[{index}]");
            Some(match checks.known::<ConsentChannel>(&field, *number)? {
                ConsentChannel::Unspecified => return None,
                ConsentChannel::Phone => Channel::Phone,
                ConsentChannel::Email => Channel::Email,
                ConsentChannel::Sms => Channel::Sms,
                ConsentChannel::Post => Channel::Post,
                ConsentChannel::App => Channel::App,
            })
        })
        .collect()
}

/// Who has to do it; the sender when nobody is named.
pub(super) fn owner(checks: &mut Violations, field: &str, owner: &str) -> Option<String> {
    let owner = checks.optional_key(field, owner)?;
    Some(if owner.is_empty() {
        SENDER.to_owned()
    } else {
        owner
    })
}

pub(super) fn schedule_tasks(
    request: &wire::ScheduleTasksRequest,
) -> Result<ScheduleTasks, Refusal> {
    let mut checks = Violations::default();
    checks.optional_id::<Request>("request_id", &request.request_id);
    let source = checks.key("source", &request.source);
    if request.source == crate::domain::care::PLAN {
        let text = "\"plan\" is what the care plan is called: use your own name";
        checks.add("source", "RESERVED", text);
    }
    if request.tasks.is_empty() {
        checks.add("tasks", "REQUIRED", "must name at least one");
    }
    let tasks = checks.at_most("tasks", &request.tasks, MOST_ASKED);
    let tasks = tasks.map(|tasks| {
        let numbered = tasks.iter().enumerate();
        let read = numbered.map(|(index, task)| {
            checks.within(format_args!("tasks[{index}]"), |checks| {
                new_task(checks, task)
            })
        });
        read.collect::<Vec<Option<NewTask>>>()
    });
    checks.finish(|| {
        Some(ScheduleTasks {
            request: retryable(&request.request_id, request),
            tasks: tasks?.into_iter().collect::<Option<_>>()?,
            source: source?,
        })
    })
}

fn new_task(checks: &mut Violations, task: &wire::NewTask) -> Option<NewTask> {
    let customer_id = checks.id::<Customer>("customer_id", &task.customer_id);
    let kind = kind(checks, "kind", task.kind);
    let subject = plain(checks, "subject", &task.subject, MOST_SUBJECT);
    let theme = checks.optional_key("theme", &task.theme);
    let due_time = checks.instant("due_time", task.due_time.as_ref());
    let expire_time = checks.optional_instant("expire_time", task.expire_time.as_ref());
    let owner = owner(checks, "owner", &task.owner);
    let channels = channels(checks, "channels", &task.channels);
    let is_before = due_time
        .zip(expire_time.flatten())
        .is_some_and(|(due, expire)| expire <= due);
    if is_before {
        checks.add("expire_time", "OUT_OF_RANGE", "must be after due_time");
    }
    let due_time = due_time?;
    customer_id?;
    Some(NewTask {
        customer_id: task.customer_id.clone(),
        kind: kind?,
        subject: subject?,
        theme: theme?,
        due_time,
        expire_time: expire_time?.unwrap_or_else(|| days_after(due_time)),
        owner: owner?,
        channels: channels?,
        is_held_out: false,
    })
}

fn days_after(due_time: Timestamp) -> Timestamp {
    let span = Span::new().hours(24 * i64::from(GOOD_FOR_DAYS));
    due_time.checked_add(span).unwrap_or(Timestamp::MAX)
}

pub(super) fn withdraw_tasks(
    request: &wire::WithdrawTasksRequest,
) -> Result<WithdrawTasks, Refusal> {
    let mut checks = Violations::default();
    checks.optional_id::<Request>("request_id", &request.request_id);
    checks.id::<Customer>("customer_id", &request.customer_id);
    let kinds = kinds(&mut checks, "kinds", &request.kinds);
    let subject = checks.text("subject", &request.subject, MOST_SUBJECT);
    let reason = checks.code("reason", &request.reason);
    checks.finish(|| {
        Some(WithdrawTasks {
            request: retryable(&request.request_id, request),
            customer_id: request.customer_id.clone(),
            kinds: kinds?,
            subject: subject?,
            reason: reason?,
        })
    })
}

pub(super) fn lease_tasks(request: &wire::LeaseTasksRequest) -> Result<LeaseTasks, Refusal> {
    let mut checks = Violations::default();
    let sender = plain(&mut checks, "sender", &request.sender, MOST_SENDER);
    let most = match request.max_tasks {
        0 => Some(DEFAULT_LEASED),
        most => checks.between("max_tasks", most, 1, MOST_LEASED),
    };
    let seconds = match request.lease_seconds {
        0 => Some(DEFAULT_LEASE_SECONDS),
        seconds => checks.between("lease_seconds", seconds, 10, 3_600),
    };
    let kinds = kinds(&mut checks, "kinds", &request.kinds);
    let channels = channels(&mut checks, "channels", &request.channels);
    let owner = owner(&mut checks, "owner", &request.owner);
    if !request.channels.is_empty() && owner.as_deref().is_some_and(|it| it != SENDER) {
        let text = "only what reaches the customer has a channel: leave them out";
        checks.add("channels", "NOT_APPLICABLE", text);
    }
    checks.finish(|| {
        Some(LeaseTasks {
            sender: sender?,
            most: usize::try_from(most?).ok()?,
            lease_seconds: seconds?,
            kinds: kinds?,
            channels: channels?,
            owner: owner?,
        })
    })
}

/// The ids by which a task is reported on.
struct Ids<'a> {
    request_id: &'a str,
    customer_id: &'a str,
    task_id: &'a str,
    lease_token: &'a str,
}

fn reported(
    checks: &mut Violations,
    ids: &Ids<'_>,
    message: &impl Message,
) -> Option<ReportedTask> {
    checks.optional_id::<Request>("request_id", ids.request_id);
    checks.id::<Customer>("customer_id", ids.customer_id);
    let task_id = checks.uid::<Task>("task_id", ids.task_id);
    let lease_token = checks.uid::<Lease>("lease_token", ids.lease_token);
    Some(ReportedTask {
        request: retryable(ids.request_id, message),
        customer_id: ids.customer_id.to_owned(),
        task_id: task_id?.as_uuid().to_string(),
        lease_token: lease_token?.as_uuid().to_string(),
    })
}

pub(super) fn complete_task(request: &wire::CompleteTaskRequest) -> Result<CompleteTask, Refusal> {
    let mut checks = Violations::default();
    let ids = Ids {
        request_id: &request.request_id,
        customer_id: &request.customer_id,
        task_id: &request.task_id,
        lease_token: &request.lease_token,
    };
    let task = reported(&mut checks, &ids, request);
    let outcome = checks.optional_key("outcome", &request.outcome);
    checks.finish(|| {
        Some(CompleteTask {
            task: task?,
            outcome: outcome?,
            objected: request.objected,
        })
    })
}

pub(super) fn skip_task(request: &wire::SkipTaskRequest) -> Result<SkipTask, Refusal> {
    let mut checks = Violations::default();
    let ids = Ids {
        request_id: &request.request_id,
        customer_id: &request.customer_id,
        task_id: &request.task_id,
        lease_token: &request.lease_token,
    };
    let task = reported(&mut checks, &ids, request);
    let reason = checks.code("reason", &request.reason);
    let retry_time = checks.optional_instant("retry_time", request.retry_time.as_ref());
    checks.finish(|| {
        Some(SkipTask {
            task: task?,
            reason: reason?,
            retry_time: retry_time?,
        })
    })
}

pub(super) fn list_tasks(request: &wire::ListTasksRequest) -> Result<String, Refusal> {
    let mut checks = Violations::default();
    checks.id::<Customer>("customer_id", &request.customer_id);
    checks.finish(|| Some(request.customer_id.clone()))
}

pub(super) fn summary(request: &wire::GetCareSummaryRequest) -> Result<BetweenTimes, Refusal> {
    let mut checks = Violations::default();
    let (from, until) = (request.from_time.as_ref(), request.until_time.as_ref());
    let between = checks.between_times(from, until);
    checks.finish(|| between)
}

/// Checks a text without spaces, such as an id or some of them, so that nobody's words are kept.
fn plain(checks: &mut Violations, field: &str, text: &str, most: usize) -> Option<String> {
    let plain = checks.required_text(field, text, most)?;
    if plain.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(plain);
    }
    checks.add(
        field,
        "INVALID_ID",
        "must consist of visible ASCII characters",
    );
    None
}
