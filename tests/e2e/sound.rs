//! One sound request for every unary RPC, for tests that spoil them.

use contract::lifecycle::v1 as lifecycle;
use contract::offers::v1 as offers;
use contract::profiles::v1 as profiles;
use contract::types::v1 as types;
use prost::Message;
use tests::clients::Clients;
use tests::desk::{Call, agent};
use tests::people::{Person, days_ago, dollars};
use tests::seed;

/// A sound request.
pub(crate) struct Sound {
    /// The method's own name, behind its service's where another has it too.
    pub(crate) method: &'static str,
    /// The encoded request.
    pub(crate) bytes: Vec<u8>,
    /// The ids that may be left out.
    pub(crate) optional: &'static [&'static str],
}

fn sound(method: &'static str, message: &impl Message, optional: &'static [&'static str]) -> Sound {
    Sound {
        method,
        bytes: message.encode_to_vec(),
        optional,
    }
}

/// Plays a call and fits retention curves, so that there is something to ask about, and returns a
/// request for every RPC.
pub(crate) async fn requests(clients: &Clients) -> Vec<Sound> {
    seed::fit_kind(clients, lifecycle::ModelKind::Retention).await;
    let person = Person::named("sound");
    person.write(clients).await;
    let call = Call::of(&person, "sound-call").because("too_expensive");
    let screen = call.ask(clients).await;
    // Somebody of whom no other request says anything, so that nothing comes to stand in the way.
    let other = Person::named("sound-overridden");
    other.write(clients).await;
    let other = Call::of(&other, "sound-override-call").because("too_expensive");
    let other_screen = other.ask(clients).await;
    Person::named("sound-merged").write(clients).await;
    let erased = Person::named("sound-erased");
    erased.write_customer(clients).await;
    let mut requests = of_profiles(&person);
    requests.extend(of_timeline(&person));
    requests.extend(of_contacts(&person));
    requests.extend(of_lifecycle(&person));
    requests.extend(of_the_portfolio(&person));
    requests.extend(of_the_desk(&call, &screen));
    requests.extend(of_the_records(&call, &screen));
    let overriding = overriding(&other, &other_screen);
    requests.push(sound("OverrideOffer", &overriding, &[]));
    requests.extend(of_the_office());
    requests.extend(of_suppressions(clients, &person).await);
    requests.extend(of_the_review(&person));
    requests.extend(of_those_who_left(clients).await);
    requests.extend(of_asking_back());
    requests.extend(of_the_till());
    requests.extend(of_the_workshop(clients).await);
    requests.extend(of_care(clients).await);
    requests.extend(of_the_care_plan());
    requests
}

/// About what is due to be done for customers: two tasks that somebody has.
async fn of_care(clients: &Clients) -> Vec<Sound> {
    let person = Person::named("sound-care");
    let schedule = lifecycle::ScheduleTasksRequest {
        request_id: "sound-schedule".to_owned(),
        tasks: vec![last_bill(&person, "s-1"), last_bill(&person, "s-2")],
        source: "offers".to_owned(),
    };
    let lease = lifecycle::LeaseTasksRequest {
        sender: "till-1".to_owned(),
        owner: "billing".to_owned(),
        kinds: vec![lifecycle::CareKind::ExitStep.into()],
        ..Default::default()
    };
    let mut care = clients.care();
    care.schedule_tasks(schedule.clone()).await.unwrap();
    let leased = care.lease_tasks(lease.clone()).await.unwrap();
    let mut requests = of_leased(&person, &leased.into_inner().tasks);
    let withdraw = lifecycle::WithdrawTasksRequest {
        request_id: "sound-withdraw".to_owned(),
        customer_id: person.id().to_owned(),
        kinds: vec![lifecycle::CareKind::WinBack.into()],
        subject: "s-1".to_owned(),
        reason: "REINSTATED".to_owned(),
    };
    let list = lifecycle::ListTasksRequest {
        customer_id: person.id().to_owned(),
    };
    let summary = lifecycle::GetCareSummaryRequest {
        from_time: Some(days_ago(30)),
        until_time: Some(days_ago(-30)),
    };
    requests.extend([
        sound("ScheduleTasks", &schedule, &["request_id"]),
        sound("LeaseTasks", &lease, &[]),
        sound("WithdrawTasks", &withdraw, &["request_id"]),
        sound("ListTasks", &list, &[]),
        sound("GetCareSummary", &summary, &[]),
    ]);
    requests
}

/// A task that reaches nobody, so that no permission is asked for.
fn last_bill(person: &Person, subject: &str) -> lifecycle::NewTask {
    lifecycle::NewTask {
        customer_id: person.id().to_owned(),
        kind: lifecycle::CareKind::ExitStep.into(),
        subject: subject.to_owned(),
        theme: "final_bill".to_owned(),
        due_time: Some(days_ago(1)),
        expire_time: Some(days_ago(-30)),
        owner: "billing".to_owned(),
        channels: vec![types::ConsentChannel::Post.into()],
    }
}

/// What is said of two tasks by who has them.
fn of_leased(person: &Person, leased: &[lifecycle::LeasedTask]) -> Vec<Sound> {
    let task_id = |number: usize| leased[number].task.clone().unwrap_or_default().task_id;
    let complete = lifecycle::CompleteTaskRequest {
        request_id: "sound-complete".to_owned(),
        task_id: task_id(0),
        lease_token: leased[0].lease_token.clone(),
        customer_id: person.id().to_owned(),
        outcome: "sent".to_owned(),
        objected: false,
    };
    let skip = lifecycle::SkipTaskRequest {
        request_id: "sound-skip".to_owned(),
        task_id: task_id(1),
        lease_token: leased[1].lease_token.clone(),
        customer_id: person.id().to_owned(),
        reason: "BOUNCED".to_owned(),
        retry_time: Some(days_ago(-2)),
    };
    vec![
        sound("CompleteTask", &complete, &["request_id"]),
        sound("SkipTask", &skip, &["request_id"]),
    ]
}

/// About the plan of it. Only checked: a published one has every customer planned anew.
fn of_the_care_plan() -> Vec<Sound> {
    let check_in = lifecycle::CareRule {
        kind: lifecycle::CareKind::CheckIn.into(),
        days: 60,
        window_days: 14,
        channels: vec![types::ConsentChannel::Phone.into()],
        theme: "how_is_it_going".to_owned(),
        owner: "sender".to_owned(),
        min_value_remaining: Some(dollars(100)),
        holdout_basis_points: 2_000,
    };
    let plan = lifecycle::CarePlan {
        rules: vec![check_in],
        channels: vec![types::ConsentChannel::Email.into()],
        contact_caps: vec![lifecycle::ContactCap {
            contacts: 4,
            days: 30,
        }],
        cap_exempt_kinds: vec![lifecycle::CareKind::ExitStep.into()],
        ..Default::default()
    };
    let publish = lifecycle::PublishCarePlanRequest {
        request_id: "sound-care-plan".to_owned(),
        care_plan: Some(plan),
        validate_only: true,
    };
    vec![
        sound("PublishCarePlan", &publish, &["request_id"]),
        sound(
            "GetCarePlan",
            &lifecycle::GetCarePlanRequest { version: 0 },
            &[],
        ),
    ]
}

/// About those who left: one who changes their mind, and one who says how it was.
async fn of_those_who_left(clients: &Clients) -> Vec<Sound> {
    let mut sessions = Vec::new();
    for name in ["sound-stays", "sound-left"] {
        let person = Person::named(name);
        person.write(clients).await;
        let mut leave = Call::of(&person, name).leave();
        leave.requested_end_time = Some(days_ago(-30));
        let left = clients.desk().confirm_cancellation(leave.clone()).await;
        sessions.push((leave, left.unwrap().into_inner().session_id));
    }
    let stays = offers::ReinstateSubscriptionRequest {
        request_id: "sound-stay".to_owned(),
        customer_id: sessions[0].0.customer_id.clone(),
        subscription_id: sessions[0].0.subscription_id.clone(),
        agent: Some(agent("agent-1")),
    };
    let content = offers::RecordExitSatisfactionRequest {
        request_id: "sound-content".to_owned(),
        customer_id: sessions[1].0.customer_id.clone(),
        session_id: sessions[1].1.clone(),
        score: Some(9),
        reason_key: "quick_and_easy".to_owned(),
    };
    vec![
        sound(
            "SaveDeskService/ReinstateSubscription",
            &stays,
            &["agent.agent_id"],
        ),
        sound("RecordExitSatisfaction", &content, &["request_id"]),
    ]
}

/// About whom of those who left to ask back.
fn of_asking_back() -> Vec<Sound> {
    let list = offers::ListWinBackCandidatesRequest {
        reason_categories: vec!["price".to_owned(), "value".to_owned()],
        business_line: "telecom".to_owned(),
        way: offers::WinBackWay::WinBack.into(),
        from_time: Some(days_ago(30)),
        until_time: Some(days_ago(-365)),
        min_value: Some(dollars(100)),
        include_held_out: true,
        include_not_asked_back: true,
        ..Default::default()
    };
    let summary = offers::GetWinBackSummaryRequest {
        business_line: "telecom".to_owned(),
        from_time: Some(days_ago(30)),
        until_time: Some(days_ago(-1)),
    };
    vec![
        sound("ListWinBackCandidates", &list, &["business_line"]),
        sound("GetWinBackSummary", &summary, &["business_line"]),
    ]
}

/// About carrying out what was accepted: one promise that a worker has, one that could not be kept.
async fn of_the_workshop(clients: &Clients) -> Vec<Sound> {
    for name in ["sound-kept", "sound-failed"] {
        let person = Person::named(name);
        person.write(clients).await;
        let call = Call::of(&person, name).because("too_expensive");
        let screen = call.ask(clients).await;
        call.record(clients, &screen, offers::PresentedOutcome::Accepted)
            .await;
    }
    let lease = offers::LeaseFulfilmentsRequest {
        worker: "worker-1".to_owned(),
        max_count: 10,
        lease_seconds: 600,
    };
    let leased = clients.fulfilments().lease_fulfilments(lease.clone()).await;
    let leased = leased.unwrap().into_inner().fulfilments;
    let report = |number: usize, outcome: offers::FulfilmentOutcome, failure_code: &str| {
        offers::ReportFulfilmentRequest {
            request_id: format!("sound-report-{number}"),
            customer_id: leased[number].customer_id.clone(),
            presented_offer_id: leased[number].presented_offer_id.clone(),
            lease_id: leased[number].lease_id.clone(),
            outcome: outcome.into(),
            failure_code: failure_code.to_owned(),
        }
    };
    let failed = report(1, offers::FulfilmentOutcome::Failed, "plan_gone");
    let task = clients
        .fulfilments()
        .report_fulfilment(failed.clone())
        .await;
    let list = offers::ListPromiseTasksRequest::default();
    let close = offers::ClosePromiseTaskRequest {
        request_id: "sound-task".to_owned(),
        customer_id: failed.customer_id.clone(),
        task_id: task.unwrap().into_inner().task_id,
        resolution: offers::PromiseResolution::MadeGoodByHand.into(),
        agent_id: "agent-1".to_owned(),
    };
    vec![
        sound("LeaseFulfilments", &lease, &[]),
        sound(
            "ReportFulfilment",
            &report(0, offers::FulfilmentOutcome::Completed, ""),
            &["failure_code"],
        ),
        sound("ListPromiseTasks", &list, &[]),
        sound("ClosePromiseTask", &close, &["agent_id"]),
    ]
}

/// About budgets. The one that the suite lists is put first.
fn of_the_till() -> Vec<Sound> {
    let budget = offers::Budget {
        budget_key: "sound".to_owned(),
        limit_amount: 100_000,
        currency: "USD".to_owned(),
        window: offers::BudgetWindow::Fixed.into(),
        open_time: Some(days_ago(30)),
        close_time: Some(days_ago(-30)),
        bucket_count: 2,
        ..Default::default()
    };
    vec![
        sound(
            "PutBudget",
            &offers::PutBudgetRequest {
                request_id: "sound-budget".to_owned(),
                budget: Some(budget),
                ..Default::default()
            },
            &[],
        ),
        sound(
            "GetBudget",
            &offers::GetBudgetRequest {
                budget_key: "sound".to_owned(),
            },
            &[],
        ),
        sound("ListBudgets", &offers::ListBudgetsRequest::default(), &[]),
        sound(
            "ReconcileBudget",
            &offers::ReconcileBudgetRequest {
                budget_key: "sound".to_owned(),
                as_of_time: Some(days_ago(1)),
            },
            &[],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table is read from top to bottom")]
fn of_profiles(person: &Person) -> Vec<Sound> {
    let customer_id = person.id().to_owned();
    let subscription_id = person.subscription_id().to_owned();
    let request_id = || format!("sound-{customer_id}");
    let mut subscription = person.subscription.clone();
    subscription.commitment_end_time = Some(days_ago(-300));
    vec![
        sound(
            "UpsertCustomer",
            &profiles::UpsertCustomerRequest {
                customer: Some(person.customer.clone()),
                ..Default::default()
            },
            &["request_id"],
        ),
        sound(
            "EraseCustomer",
            &profiles::EraseCustomerRequest {
                request_id: format!("sound-erase-{customer_id}"),
                customer_id: "sound-erased".to_owned(),
            },
            &["request_id"],
        ),
        sound(
            "MergeCustomers",
            &profiles::MergeCustomersRequest {
                request_id: format!("sound-merge-{customer_id}"),
                customer_id: customer_id.clone(),
                merged_customer_id: "sound-merged".to_owned(),
            },
            &["request_id"],
        ),
        sound(
            "GetCustomer",
            &profiles::GetCustomerRequest {
                customer_id: customer_id.clone(),
                min_revision: 1,
            },
            &[],
        ),
        sound(
            "GetCustomerFacts",
            &profiles::GetCustomerFactsRequest {
                customer_id: customer_id.clone(),
                min_revision: 1,
            },
            &[],
        ),
        sound(
            "BatchGetCustomerFacts",
            &profiles::BatchGetCustomerFactsRequest {
                customer_ids: vec![customer_id.clone(), "unknown".to_owned()],
            },
            &[],
        ),
        sound(
            "OpenAccount",
            &profiles::OpenAccountRequest {
                request_id: String::new(),
                account: Some(person.account.clone()),
            },
            &["request_id"],
        ),
        sound(
            "PutSubscription",
            &profiles::PutSubscriptionRequest {
                request_id: String::new(),
                subscription: Some(subscription),
            },
            &["request_id"],
        ),
        sound(
            "EndSubscription",
            &profiles::EndSubscriptionRequest {
                request_id: request_id(),
                customer_id: customer_id.clone(),
                subscription_id: subscription_id.clone(),
                service_end_time: Some(days_ago(-30)),
                billing_end_time: Some(days_ago(-60)),
                end_reason: types::EndReason::CustomerTermination.into(),
                stated_reason: "too_expensive".to_owned(),
                reason_category: "price".to_owned(),
            },
            &["request_id"],
        ),
        sound(
            "AccountService/ReinstateSubscription",
            &profiles::ReinstateSubscriptionRequest {
                request_id: String::new(),
                customer_id: customer_id.clone(),
                subscription_id,
            },
            &["request_id"],
        ),
        sound(
            "ListAccounts",
            &profiles::ListAccountsRequest {
                customer_id,
                min_revision: 1,
            },
            &[],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table is read from top to bottom")]
fn of_timeline(person: &Person) -> Vec<Sound> {
    let customer_id = person.id().to_owned();
    let incident_id = "sound-incident".to_owned();
    vec![
        sound(
            "RecordEvents",
            &profiles::RecordEventsRequest::default(),
            &["request_id"],
        ),
        sound(
            "ListEvents",
            &profiles::ListEventsRequest {
                customer_id: customer_id.clone(),
                ..Default::default()
            },
            &[],
        ),
        sound(
            "OpenIncident",
            &profiles::OpenIncidentRequest {
                request_id: String::new(),
                incident: Some(profiles::Incident {
                    customer_id: customer_id.clone(),
                    incident_id: incident_id.clone(),
                    severity: types::IncidentSeverity::Minor.into(),
                    category: "billing".to_owned(),
                    open_time: Some(days_ago(2)),
                    promise_due_time: Some(days_ago(-2)),
                    ..Default::default()
                }),
            },
            &["request_id", "incident.subscription_id"],
        ),
        sound(
            "AdvanceRecovery",
            &profiles::AdvanceRecoveryRequest {
                request_id: String::new(),
                customer_id: customer_id.clone(),
                incident_id: incident_id.clone(),
                recovery_step: types::RecoveryStep::Own.into(),
                promise_due_time: Some(days_ago(-2)),
                promise_broken: false,
            },
            &["request_id"],
        ),
        sound(
            "ResolveIncident",
            &profiles::ResolveIncidentRequest {
                request_id: String::new(),
                customer_id: customer_id.clone(),
                incident_id,
                resolve_time: Some(days_ago(1)),
                outcome: "mended".to_owned(),
            },
            &["request_id"],
        ),
        sound(
            "RecordConsent",
            &profiles::RecordConsentRequest {
                request_id: String::new(),
                consent: Some(profiles::Consent {
                    customer_id: customer_id.clone(),
                    channel: types::ConsentChannel::Email.into(),
                    state: types::ConsentState::Granted.into(),
                    record_time: Some(days_ago(3)),
                    source: "call".to_owned(),
                }),
            },
            &["request_id"],
        ),
        sound(
            "ListConsents",
            &profiles::ListConsentsRequest { customer_id },
            &[],
        ),
    ]
}

/// About being contacted.
fn of_contacts(person: &Person) -> Vec<Sound> {
    vec![
        sound(
            "MayContact",
            &profiles::MayContactRequest {
                questions: vec![profiles::ContactQuestion {
                    customer_id: person.id().to_owned(),
                    channel: types::ConsentChannel::Email.into(),
                    purpose: profiles::ContactPurpose::Care.into(),
                    send_time: Some(days_ago(0)),
                }],
            },
            &[],
        ),
        sound(
            "PublishContactRules",
            &profiles::PublishContactRulesRequest {
                request_id: "sound-contact-rules".to_owned(),
                rules: vec![profiles::ContactRule {
                    rule_key: "everything".to_owned(),
                    place: "default".to_owned(),
                    basis: profiles::ContactBasis::None.into(),
                    hours: Some(profiles::ContactHours {
                        start_minute: 480,
                        end_minute: 1_260,
                        iso_weekdays: vec![1, 2],
                    }),
                    source: "a custom".to_owned(),
                    ..profiles::ContactRule::default()
                }],
                places: vec![profiles::ContactPlace {
                    place: "US".to_owned(),
                    time_zones: vec!["America/New_York".to_owned()],
                    groups: vec!["NA".to_owned()],
                }],
                validate_only: false,
            },
            &["request_id"],
        ),
        sound(
            "GetContactRules",
            &profiles::GetContactRulesRequest { version: 0 },
            &[],
        ),
    ]
}

fn of_lifecycle(person: &Person) -> Vec<Sound> {
    let rules = lifecycle::BusinessLineRules {
        business_line: "default".to_owned(),
        early_days: 90,
        long_term_days: 700,
        lapsed_after_days: 100,
        lost_after_days: 200,
        phoenix_days: 100,
        calm_days: 10,
        notice_days: 10,
        gross_margin_basis_points: 4_000,
        discount_rate_basis_points: 1_000,
        risk_horizon_days: 90,
        at_risk_times_base_rate_percent: 150,
        at_risk_exit_times_base_rate_percent: Some(120),
        stage_dwell_days: Some(7),
        opportunity_days: Some(365),
        value_horizon_months: 36,
    };
    vec![
        sound(
            "GetCustomerStatus",
            &lifecycle::GetCustomerStatusRequest {
                customer_id: person.id().to_owned(),
                subscription_id: person.subscription_id().to_owned(),
                min_revision: 1,
                include_facts: true,
                as_of_time: Some(days_ago(1)),
            },
            &["subscription_id"],
        ),
        sound(
            "BatchGetCustomerStatuses",
            &lifecycle::BatchGetCustomerStatusesRequest {
                customer_ids: vec![person.id().to_owned()],
                include_facts: true,
            },
            &[],
        ),
        sound(
            "PublishRules",
            &lifecycle::PublishRulesRequest {
                request_id: "sound-rules".to_owned(),
                business_lines: vec![rules],
                validate_only: false,
            },
            &["request_id"],
        ),
        sound("GetRules", &lifecycle::GetRulesRequest { version: 0 }, &[]),
        sound("ListModels", &lifecycle::ListModelsRequest::default(), &[]),
        sound(
            "GetLifeTable",
            &lifecycle::GetLifeTableRequest { version: 0 },
            &[],
        ),
    ]
}

/// About the models and the portfolio; the suite has fitted version 1.
#[expect(clippy::too_many_lines, reason = "a table is read from top to bottom")]
fn of_the_portfolio(person: &Person) -> Vec<Sound> {
    vec![
        sound(
            "ActivateModel",
            &lifecycle::ActivateModelRequest {
                version: 1,
                force: true,
                reason: "to see it work".to_owned(),
                activated_by: "manager-1".to_owned(),
                request_id: "sound-activate".to_owned(),
            },
            &["request_id", "activated_by"],
        ),
        sound(
            "GetModel",
            &lifecycle::GetModelRequest {
                version: 1,
                ..lifecycle::GetModelRequest::default()
            },
            &[],
        ),
        sound(
            "CheckDrift",
            &lifecycle::CheckDriftRequest {
                version: 1,
                ..lifecycle::CheckDriftRequest::default()
            },
            &[],
        ),
        sound(
            "ListStageTransitions",
            &lifecycle::ListStageTransitionsRequest {
                customer_id: person.id().to_owned(),
                ..lifecycle::ListStageTransitionsRequest::default()
            },
            &[],
        ),
        sound("StartScoring", &lifecycle::StartScoringRequest {}, &[]),
        sound(
            "GetScoring",
            &lifecycle::GetScoringRequest { number: 0 },
            &[],
        ),
        sound(
            "GetPortfolio",
            &lifecycle::GetPortfolioRequest {
                business_line: "telecom".to_owned(),
            },
            &["business_line"],
        ),
        sound(
            "GetPortfolioMetrics",
            &lifecycle::GetPortfolioMetricsRequest {
                business_line: "telecom".to_owned(),
                month_count: 24,
                until_time: Some(days_ago(30)),
                spending: Some(lifecycle::PortfolioSpending {
                    winning: Some(dollars(100)),
                    winning_back: Some(dollars(100)),
                    keeping: Some(dollars(100)),
                }),
            },
            &["business_line"],
        ),
        sound(
            "ListCustomers",
            &lifecycle::ListCustomersRequest {
                stage: lifecycle::Stage::Established.into(),
                business_line: "telecom".to_owned(),
                ..lifecycle::ListCustomersRequest::default()
            },
            &["business_line"],
        ),
        sound(
            "GetRetentionCurves",
            &lifecycle::GetRetentionCurvesRequest {
                business_line: "telecom".to_owned(),
                month_count: 12,
                monthly_margin: Some(dollars(20)),
                ..lifecycle::GetRetentionCurvesRequest::default()
            },
            &["business_line"],
        ),
    ]
}

/// A senior makes what was passed over.
fn overriding(
    call: &Call,
    screen: &offers::RequestSaveOfferResponse,
) -> offers::OverrideOfferRequest {
    offers::OverrideOfferRequest {
        request_id: "sound-override".to_owned(),
        customer_id: call.request.customer_id.clone(),
        session_id: screen.session_id.clone(),
        contact_id: call.request.contact_id.clone(),
        offer_key: "thirty_percent_six_months".to_owned(),
        agent: Some(offers::Agent {
            authority: offers::AuthorityLevel::Senior.into(),
            ..agent("senior-1")
        }),
        reason: "let_down".to_owned(),
    }
}

fn of_the_desk(call: &Call, screen: &offers::RequestSaveOfferResponse) -> Vec<Sound> {
    let customer_id = call.request.customer_id.clone();
    let session_id = screen.session_id.clone();
    let mut ask = call.request.clone();
    ask.secondary_reasons = vec!["not_using".to_owned()];
    "sound-other-call".clone_into(&mut ask.contact_id);
    "sound-other-ask".clone_into(&mut ask.request_id);
    "US-CA".clone_into(&mut ask.jurisdiction);
    let mut leave = call.leave();
    "sound-leave".clone_into(&mut leave.request_id);
    leave.requested_end_time = Some(days_ago(-30));
    leave.agent = Some(agent("agent-1"));
    vec![
        sound("RequestSaveOffer", &ask, &["agent.agent_id"]),
        sound(
            "RecordResponse",
            &call.response(screen, offers::PresentedOutcome::Presented),
            &["agent.agent_id"],
        ),
        sound(
            "RequestAlternative",
            &offers::RequestAlternativeRequest {
                request_id: "sound-alternative".to_owned(),
                customer_id: customer_id.clone(),
                session_id: session_id.clone(),
                contact_id: call.request.contact_id.clone(),
                agent: Some(agent("agent-1")),
            },
            &["agent.agent_id"],
        ),
        sound(
            "RecordStep",
            &offers::RecordStepRequest {
                request_id: "sound-step".to_owned(),
                customer_id: customer_id.clone(),
                session_id: session_id.clone(),
                contact_id: call.request.contact_id.clone(),
                step: offers::CallStep::Disclosed.into(),
                agent: Some(agent("agent-1")),
            },
            &["agent.agent_id"],
        ),
        sound(
            "ConfirmCancellation",
            &leave,
            &["request_id", "agent.agent_id"],
        ),
        sound(
            "CloseSession",
            &offers::CloseSessionRequest {
                request_id: "sound-close".to_owned(),
                customer_id: customer_id.clone(),
                session_id: session_id.clone(),
                transferred: false,
            },
            &["request_id"],
        ),
    ]
}

fn of_the_records(call: &Call, screen: &offers::RequestSaveOfferResponse) -> Vec<Sound> {
    let customer_id = call.request.customer_id.clone();
    let session_id = screen.session_id.clone();
    vec![
        sound(
            "GetSession",
            &offers::GetSessionRequest {
                customer_id: customer_id.clone(),
                session_id,
            },
            &[],
        ),
        sound(
            "GetCancellationRecord",
            &offers::GetCancellationRecordRequest {
                customer_id: customer_id.clone(),
                session_id: screen.session_id.clone(),
            },
            &[],
        ),
        sound(
            "ExplainDecision",
            &offers::ExplainDecisionRequest {
                customer_id,
                decision_id: screen.decision_id.clone(),
            },
            &[],
        ),
    ]
}

/// Keeps an offer from the person that nobody asks for, so that there is something to lift.
async fn of_suppressions(clients: &Clients, person: &Person) -> Vec<Sound> {
    let suppress = offers::SuppressRequest {
        request_id: "sound-suppress".to_owned(),
        scope: offers::SuppressionScope::Account.into(),
        customer_id: person.id().to_owned(),
        account_id: person.subscription.account_id.clone(),
        suppressed_offers: offers::SuppressedOffers::One.into(),
        offer_key: "ten_percent_three_months".to_owned(),
        until_time: Some(days_ago(-1)),
        reason_key: "sound".to_owned(),
        suppressed_by: "tests".to_owned(),
        ..Default::default()
    };
    let answer = clients.suppressions().suppress(suppress.clone()).await;
    let told = answer.unwrap().into_inner().suppression.unwrap();
    vec![
        sound("Suppress", &suppress, &[]),
        sound(
            "LiftSuppression",
            &offers::LiftSuppressionRequest {
                request_id: "sound-lift".to_owned(),
                customer_id: person.id().to_owned(),
                suppression_id: told.suppression_id,
                lifted_by: "tests".to_owned(),
            },
            &["customer_id"],
        ),
        sound(
            "ListSuppressions",
            &offers::ListSuppressionsRequest {
                customer_id: person.id().to_owned(),
                ..Default::default()
            },
            &["customer_id"],
        ),
    ]
}

fn of_the_review(person: &Person) -> Vec<Sound> {
    let outcomes = sound(
        "ListCallOutcomes",
        &offers::ListCallOutcomesRequest {
            customer_id: person.id().to_owned(),
            ..Default::default()
        },
        &["customer_id"],
    );
    let review = offers::ReviewOffersRequest {
        offer_key: "ten_percent_three_months".to_owned(),
        since_time: None,
        by_segment: true,
    };
    let decide = offers::DecideOfferRequest {
        request_id: "sound-decide".to_owned(),
        offer_key: "ten_percent_three_months".to_owned(),
        decision: offers::ReviewVerdict::Watch.into(),
        reason: "sound".to_owned(),
        decided_by: "tests".to_owned(),
        review_due: String::new(),
    };
    vec![
        outcomes,
        sound("ReviewOffers", &review, &["offer_key"]),
        sound("GetLearned", &offers::GetLearnedRequest::default(), &[]),
        sound("DecideOffer", &decide, &["review_due"]),
    ]
}

fn of_the_office() -> Vec<Sound> {
    let catalogue = seed::files(&["catalogue.yaml", "reasons.yaml"]);
    vec![
        sound(
            "ValidateCatalogue",
            &offers::ValidateCatalogueRequest {
                files: catalogue.clone(),
            },
            &[],
        ),
        sound(
            "PublishCatalogue",
            &offers::PublishCatalogueRequest {
                request_id: "sound-catalogue".to_owned(),
                files: catalogue,
                published_by: "tests".to_owned(),
                note: "again".to_owned(),
            },
            &[],
        ),
        sound(
            "GetCatalogue",
            &offers::GetCatalogueRequest { version: 0 },
            &[],
        ),
        sound(
            "ListCatalogueVersions",
            &offers::ListCatalogueVersionsRequest::default(),
            &[],
        ),
        sound(
            "PublishPolicy",
            &offers::PublishPolicyRequest {
                request_id: "sound-policy".to_owned(),
                files: seed::files(&["policy.yaml"]),
                published_by: "tests".to_owned(),
                note: "again".to_owned(),
                validate_only: false,
            },
            &[],
        ),
        sound(
            "ExplainPolicy",
            &offers::ExplainPolicyRequest {
                jurisdiction: "US-CA".to_owned(),
                channel: offers::Channel::Phone.into(),
                customer_kind: types::CustomerKind::Person.into(),
                contract_kind: types::ContractKind::OneYear.into(),
                as_of_time: Some(days_ago(-1)),
                occasion: offers::Occasion::WinBack.into(),
            },
            &[],
        ),
    ]
}
