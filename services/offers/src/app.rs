//! The composition root: the only file that knows every room.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Context, ProcessSettings, Program, Service};
use contract::offers::v1::budget_service_server::BudgetServiceServer;
use contract::offers::v1::catalogue_service_server::CatalogueServiceServer;
use contract::offers::v1::fulfilment_service_server::FulfilmentServiceServer;
use contract::offers::v1::policy_service_server::PolicyServiceServer;
use contract::offers::v1::review_service_server::ReviewServiceServer;
use contract::offers::v1::save_desk_service_server::SaveDeskServiceServer;
use contract::offers::v1::suppression_service_server::SuppressionServiceServer;
use contract::offers::v1::win_back_service_server::WinBackServiceServer;
use edge::client::Caller;
use edge::page::PageTokens;
use edge::{Boundary, Methods};
use kernel::id::SessionId;
use sqlx::migrate::Migrator;
use storage::redis::Cache;
use storage::{Postgres, forget_requests};

use crate::cache::CachedCustomers;
use crate::clients::{CareClient, LifecycleClient, ProfilesClient};
use crate::jobs;
use crate::rpc::{
    BudgetRpc, CatalogueRpc, FulfilmentRpc, PolicyRpc, ReviewRpc, SaveDesk, SuppressionRpc,
    WinBackRpc,
};
use crate::settings::Settings;
use crate::store::{Queue, Store};
use crate::usecase::active::Active;
use crate::usecase::budgets::{KeepBudgets, WatchedBudgets};
use crate::usecase::confirm_cancellation::ConfirmCancellation;
use crate::usecase::explain_decision::ExplainDecision;
use crate::usecase::explain_policy::ExplainPolicy;
use crate::usecase::fulfil::Fulfil;
use crate::usecase::gather::{FeedTrust, Gather};
use crate::usecase::latest::Latest;
use crate::usecase::learn::Learn;
use crate::usecase::measure_outcomes::MeasureOutcomes;
use crate::usecase::override_offer::OverrideOffer;
use crate::usecase::ports::Lifecycle;
use crate::usecase::prove_call::ProveCall;
use crate::usecase::publish_catalogue::PublishCatalogue;
use crate::usecase::publish_policy::PublishPolicy;
use crate::usecase::read_catalogue::ReadCatalogue;
use crate::usecase::read_learned::ReadLearned;
use crate::usecase::read_session::ReadSession;
use crate::usecase::record_exit_satisfaction::RecordExitSatisfaction;
use crate::usecase::record_response::RecordResponse;
use crate::usecase::record_step::RecordStep;
use crate::usecase::reinstate::Reinstate;
use crate::usecase::request_alternative::RequestAlternative;
use crate::usecase::request_save_offer::RequestSaveOffer;
use crate::usecase::review_calls::ReviewCalls;
use crate::usecase::review_offers::ReviewOffers;
use crate::usecase::simulate::Simulate;
use crate::usecase::suppression::Suppressions;
use crate::usecase::win_back::WinBack;

/// The schema of the service's database, step by step.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// The largest request that carries files, in bytes.
const FILES_LIMIT: usize = 4 * 1024 * 1024;

/// The offers service.
#[derive(Clone, Copy, Debug)]
pub struct Offers;

impl Program for Offers {
    const NAME: &'static str = "offers";
    type Settings = Settings;

    fn process(settings: &Settings) -> &ProcessSettings {
        &settings.process
    }

    async fn migrate(settings: &Settings) -> anyhow::Result<()> {
        Ok(storage::migrate::migrate(&settings.postgres.url, &MIGRATOR).await?)
    }

    async fn build(settings: &Settings, context: &Context) -> anyhow::Result<Service> {
        let postgres = Postgres::connect_lazy(&settings.postgres, &context.tracker)?;
        storage::migrate::check_schema_level(&postgres, &MIGRATOR).await?;
        let retention = settings.retention.clone();
        let forget = forget_requests(postgres.clone(), retention, context.stop.clone());
        context.tracker.spawn(forget);
        let store = Store::start(postgres, &settings.reads, &settings.writes);
        let active = Active::load(store.clone()).await?;
        let budgets = WatchedBudgets::load(store.clone()).await?;
        let cached = CachedCustomers::new(Cache::connect_lazy(&settings.redis, &context.tracker)?);
        let trust = FeedTrust::default();
        let lifecycle: Arc<dyn Lifecycle> = Arc::new(lifecycle(settings)?);
        let latest = Latest::default();
        context.tracker.spawn(jobs::hear_of_the_latest(
            Arc::clone(&lifecycle),
            latest.clone(),
            Duration::from_millis(settings.latest_period_ms),
            context.stop.clone(),
        ));
        let parts = Parts {
            gather: Gather::new(
                cached.clone(),
                lifecycle,
                Arc::clone(&context.clock),
                trust.clone(),
                latest,
                context.tracker.clone(),
            ),
            store,
            active,
            budgets,
            cached,
            trust,
        };
        let recipients = jobs::Recipients {
            profiles: Arc::new(profiles(settings)?),
            care: Arc::new(care(settings)?),
        };
        start_jobs(settings, context, &parts, &recipients);
        let catalogue = catalogue_rpc(settings, context, &parts);
        let policy = policy_rpc(context, &parts);
        let suppression = suppression_rpc(settings, context, &parts);
        let budgets = budget_rpc(settings, &parts);
        let fulfilment = fulfilment_rpc(settings, context, &parts);
        let review = review_rpc(settings, context, &parts);
        let win_back = win_back_rpc(settings, &parts);
        Ok(service(context, parts)
            .with(SuppressionServiceServer::new(suppression))
            .with(CatalogueServiceServer::new(catalogue).max_decoding_message_size(FILES_LIMIT))
            .with(PolicyServiceServer::new(policy).max_decoding_message_size(FILES_LIMIT))
            .with(BudgetServiceServer::new(budgets))
            .with(FulfilmentServiceServer::new(fulfilment))
            .with(ReviewServiceServer::new(review))
            .with(WinBackServiceServer::new(win_back)))
    }
}

struct Parts {
    store: Store,
    active: Active,
    budgets: WatchedBudgets,
    gather: Gather,
    cached: CachedCustomers,
    trust: FeedTrust,
}

fn lifecycle(settings: &Settings) -> anyhow::Result<LifecycleClient> {
    let methods = Methods::from_descriptors(contract::DESCRIPTORS_LIFECYCLE)?;
    Ok(LifecycleClient::new(Caller::connect_lazy(
        &settings.lifecycle,
        &methods,
    )?))
}

/// With a breaker of its own: tasks that cannot be scheduled keep nobody from being asked about.
fn care(settings: &Settings) -> anyhow::Result<CareClient> {
    let methods = Methods::from_descriptors(contract::DESCRIPTORS_LIFECYCLE)?;
    Ok(CareClient::new(Caller::connect_lazy(
        &settings.lifecycle,
        &methods,
    )?))
}

fn profiles(settings: &Settings) -> anyhow::Result<ProfilesClient> {
    let methods = Methods::from_descriptors(contract::DESCRIPTORS_PROFILES)?;
    Ok(ProfilesClient::new(Caller::connect_lazy(
        &settings.profiles,
        &methods,
    )?))
}

fn start_jobs(
    settings: &Settings,
    context: &Context,
    parts: &Parts,
    recipients: &jobs::Recipients,
) {
    let period = Duration::from_millis;
    let stop = || context.stop.clone();
    let holder = match settings.holder.as_str() {
        "" => SessionId::draw(context.clock.now(), context.entropy.as_ref()).to_string(),
        named => named.to_owned(),
    };
    let tracker = &context.tracker;
    tracker.spawn(jobs::poll_active(
        parts.active.clone(),
        parts.budgets.clone(),
        period(settings.active_period_ms),
        stop(),
    ));
    tracker.spawn(jobs::sweep(
        parts.store.clone(),
        period(settings.sweep_period_ms),
        settings.session_idle_seconds,
        stop(),
    ));
    for queue in [Queue::Subscriptions, Queue::Choices, Queue::Care] {
        tracker.spawn(jobs::deliver_orders(
            parts.store.clone(),
            queue,
            recipients.clone(),
            period(settings.delivery_period_ms),
            stop(),
        ));
    }
    tracker.spawn(jobs::measure_outcomes(
        MeasureOutcomes {
            store: parts.store.clone(),
            profiles: Arc::clone(&recipients.profiles),
            clock: Arc::clone(&context.clock),
        },
        period(settings.outcome_period_ms),
        stop(),
    ));
    tracker.spawn(jobs::learn(
        Learn {
            store: parts.store.clone(),
            active: parts.active.clone(),
            entropy: Arc::clone(&context.entropy),
        },
        read_learned(parts),
        period(settings.learning_period_ms),
        stop(),
    ));
    tracker.spawn(jobs::follow_changes(
        parts.store.clone(),
        Arc::clone(&recipients.profiles),
        parts.cached.clone(),
        Arc::clone(&context.clock),
        holder,
        stop(),
    ));
    tracker.spawn(jobs::watch_the_feed(
        parts.store.clone(),
        parts.trust.clone(),
        stop(),
    ));
}

fn service(context: &Context, parts: Parts) -> Service {
    let (clock, entropy) = (Arc::clone(&context.clock), Arc::clone(&context.entropy));
    let store = parts.store;
    let request_save_offer = RequestSaveOffer {
        store: store.clone(),
        gather: parts.gather.clone(),
        active: parts.active.clone(),
        budgets: parts.budgets,
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
    };
    let desk = SaveDesk {
        override_offer: OverrideOffer {
            store: store.clone(),
            gather: parts.gather,
            active: parts.active.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        },
        request_alternative: RequestAlternative {
            desk: request_save_offer.clone(),
        },
        request_save_offer,
        record_response: RecordResponse {
            store: store.clone(),
            active: parts.active.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        },
        record_step: RecordStep {
            store: store.clone(),
        },
        confirm_cancellation: ConfirmCancellation {
            store: store.clone(),
            active: parts.active.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        },
        reinstate: Reinstate::new(&store, clock, entropy),
        record_exit_satisfaction: RecordExitSatisfaction {
            store: store.clone(),
        },
        prove_call: ProveCall {
            store: store.clone(),
        },
        read_session: ReadSession {
            store: store.clone(),
        },
        explain_decision: ExplainDecision {
            store,
            active: parts.active,
        },
    };
    Service::new(
        Boundary::new("offers.rekindle"),
        contract::DESCRIPTORS_OFFERS,
    )
    .with(SaveDeskServiceServer::new(desk))
}

fn catalogue_rpc(settings: &Settings, context: &Context, parts: &Parts) -> CatalogueRpc {
    CatalogueRpc {
        publish_catalogue: PublishCatalogue {
            store: parts.store.clone(),
            active: parts.active.clone(),
            clock: Arc::clone(&context.clock),
        },
        read_catalogue: ReadCatalogue {
            store: parts.store.clone(),
            active: parts.active.clone(),
        },
        simulate: Simulate::on(
            parts.store.clone(),
            parts.active.clone(),
            Arc::clone(&context.clock),
        ),
        page_tokens: PageTokens::new(&settings.page_token_secret),
    }
}

fn budget_rpc(settings: &Settings, parts: &Parts) -> BudgetRpc {
    BudgetRpc {
        keep_budgets: KeepBudgets {
            store: parts.store.clone(),
            watched: parts.budgets.clone(),
        },
        page_tokens: PageTokens::new(&settings.page_token_secret),
    }
}

fn review_rpc(settings: &Settings, context: &Context, parts: &Parts) -> ReviewRpc {
    ReviewRpc {
        review_calls: ReviewCalls {
            store: parts.store.clone(),
        },
        review_offers: ReviewOffers {
            store: parts.store.clone(),
            active: parts.active.clone(),
            clock: Arc::clone(&context.clock),
        },
        read_learned: read_learned(parts),
        page_tokens: PageTokens::new(&settings.page_token_secret),
    }
}

fn read_learned(parts: &Parts) -> ReadLearned {
    ReadLearned {
        store: parts.store.clone(),
        active: parts.active.clone(),
    }
}

fn win_back_rpc(settings: &Settings, parts: &Parts) -> WinBackRpc {
    WinBackRpc {
        win_back: WinBack {
            store: parts.store.clone(),
        },
        page_tokens: PageTokens::new(&settings.page_token_secret),
    }
}

fn fulfilment_rpc(settings: &Settings, context: &Context, parts: &Parts) -> FulfilmentRpc {
    FulfilmentRpc {
        fulfil: Fulfil {
            store: parts.store.clone(),
            clock: Arc::clone(&context.clock),
            entropy: Arc::clone(&context.entropy),
        },
        page_tokens: PageTokens::new(&settings.page_token_secret),
    }
}

fn policy_rpc(context: &Context, parts: &Parts) -> PolicyRpc {
    PolicyRpc {
        publish_policy: PublishPolicy {
            store: parts.store.clone(),
            active: parts.active.clone(),
            clock: Arc::clone(&context.clock),
        },
        explain_policy: ExplainPolicy {
            active: parts.active.clone(),
            clock: Arc::clone(&context.clock),
        },
    }
}

fn suppression_rpc(settings: &Settings, context: &Context, parts: &Parts) -> SuppressionRpc {
    SuppressionRpc {
        suppressions: Suppressions {
            store: parts.store.clone(),
            active: parts.active.clone(),
            clock: Arc::clone(&context.clock),
            entropy: Arc::clone(&context.entropy),
        },
        page_tokens: PageTokens::new(&settings.page_token_secret),
    }
}
