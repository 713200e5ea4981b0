//! The composition root: the only file that knows every room.

use std::sync::Arc;

use anyhow::Context as _;
use chassis::{Context, ProcessSettings, Program, Service};
use contract::lifecycle::v1::care_plan_service_server::CarePlanServiceServer;
use contract::lifecycle::v1::care_service_server::CareServiceServer;
use contract::lifecycle::v1::model_service_server::ModelServiceServer;
use contract::lifecycle::v1::portfolio_service_server::PortfolioServiceServer;
use contract::lifecycle::v1::rule_service_server::RuleServiceServer;
use contract::lifecycle::v1::status_service_server::StatusServiceServer;
use edge::Methods;
use edge::client::Caller;
use edge::page::PageTokens;
use storage::{Postgres, forget_requests};

use crate::clients::ProfilesClient;
use crate::jobs;
use crate::rpc::{BOUNDARY, CarePlanRpc, CareRpc, ModelRpc, PortfolioRpc, RuleRpc, StatusRpc};
use crate::settings::Settings;
use crate::store::{MIGRATOR, Store};
use crate::usecase::{UseCases, Watchers};

/// The lifecycle service.
#[derive(Debug)]
pub struct Lifecycle;

impl Program for Lifecycle {
    const NAME: &'static str = "lifecycle";
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
        let methods = Methods::from_descriptors(contract::DESCRIPTORS_PROFILES)?;
        let caller = Caller::connect_lazy(&settings.profiles, &methods)?;
        let profiles = ProfilesClient::new(
            caller,
            &settings.bundle,
            &settings.model_attributes,
            &context.tracker,
        );
        let use_cases = UseCases::new(
            Store::with_stage_memory(postgres, &settings.stage_memory),
            Arc::new(profiles),
            Arc::clone(&context.clock),
            settings.limits(),
        );
        use_cases
            .knowledge()
            .refresh()
            .await
            .context("the rules in force cannot be read")?;
        start_jobs(&use_cases, settings, context);
        let tokens = PageTokens::new(&settings.page_token_secret);
        let watchers = Watchers::new(settings.watch.clone(), context.stop.clone());
        let status = StatusRpc::new(use_cases.clone(), tokens.clone(), watchers);
        let models = ModelRpc::new(use_cases.clone(), tokens.clone(), context.tracker.clone());
        Ok(Service::new(BOUNDARY, contract::DESCRIPTORS_LIFECYCLE)
            .with(StatusServiceServer::new(status))
            .with(RuleServiceServer::new(RuleRpc::new(use_cases.clone())))
            .with(CareServiceServer::new(CareRpc::new(use_cases.clone())))
            .with(CarePlanServiceServer::new(CarePlanRpc::new(
                use_cases.clone(),
            )))
            .with(PortfolioServiceServer::new(PortfolioRpc::new(
                use_cases, tokens,
            )))
            .with(ModelServiceServer::new(models)))
    }
}

fn start_jobs(use_cases: &UseCases, settings: &Settings, context: &Context) {
    let refresh = jobs::refresh(
        Arc::clone(use_cases.knowledge()),
        settings.refresh_interval(),
        context.stop.clone(),
    );
    context.tracker.spawn(refresh);
    // Names this process among those that may follow the feed.
    let holder = format!("{:016x}", context.entropy.next_u64());
    let follow = jobs::follow(
        use_cases.clone(),
        holder,
        settings.follow_pause(),
        context.stop.clone(),
    );
    context.tracker.spawn(follow);
    for _ in 0..settings.scoring_workers() {
        let score = jobs::score(
            use_cases.clone(),
            settings.scoring_look(),
            context.stop.clone(),
        );
        context.tracker.spawn(score);
    }
}
