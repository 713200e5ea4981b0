//! The composition root: the only place that knows every room.

use std::time::Duration;

use chassis::{Context, ProcessSettings, Program, Service};
use contract::profiles::v1::account_service_server::AccountServiceServer;
use contract::profiles::v1::change_service_server::ChangeServiceServer;
use contract::profiles::v1::consent_service_server::ConsentServiceServer;
use contract::profiles::v1::contact_rule_service_server::ContactRuleServiceServer;
use contract::profiles::v1::customer_service_server::CustomerServiceServer;
use contract::profiles::v1::import_service_server::ImportServiceServer;
use contract::profiles::v1::incident_service_server::IncidentServiceServer;
use contract::profiles::v1::timeline_service_server::TimelineServiceServer;
use edge::page::PageTokens;
use storage::migrate::{check_schema_level, migrate};
use storage::{Postgres, forget_requests};

use crate::jobs;
use crate::rpc::{BOUNDARY, Rpc};
use crate::settings::Settings;
use crate::store::{MIGRATOR, Store};
use crate::usecase::Profiles as UseCases;

/// The largest request of an ordinary call.
const ONLINE_LIMIT: usize = 256 * 1_024;
/// The largest batch of events, and the largest version of the contact rules.
const EVENTS_LIMIT: usize = 1_024 * 1_024;
/// The largest chunk of an import.
const IMPORT_LIMIT: usize = 4 * 1_024 * 1_024;

/// The service.
#[derive(Debug)]
pub enum Profiles {}

impl Program for Profiles {
    const NAME: &'static str = "profiles";

    type Settings = Settings;

    fn process(settings: &Settings) -> &ProcessSettings {
        &settings.process
    }

    async fn migrate(settings: &Settings) -> anyhow::Result<()> {
        Ok(migrate(&settings.postgres.url, &MIGRATOR).await?)
    }

    async fn build(settings: &Settings, context: &Context) -> anyhow::Result<Service> {
        let postgres = Postgres::connect_lazy(&settings.postgres, &context.tracker)?;
        check_schema_level(&postgres, &MIGRATOR).await?;
        let retention = settings.retention.clone();
        let forget = forget_requests(postgres.clone(), retention, context.stop.clone());
        context.tracker.spawn(forget);
        let store = Store::new(postgres, &settings.facts);
        if settings.answers_interval_ms > 0 {
            let period = Duration::from_millis(settings.answers_interval_ms);
            let job = jobs::read_answers(store.clone(), period, context.stop.clone());
            context.tracker.spawn(job);
        }
        let profiles = UseCases::new(store, context.clock.clone());
        if settings.settle_interval_ms > 0 {
            let period = Duration::from_millis(settings.settle_interval_ms);
            let job = jobs::settle_ends(profiles.clone(), period, context.stop.clone());
            context.tracker.spawn(job);
        }
        Ok(service(settings, context, profiles))
    }
}

fn service(settings: &Settings, context: &Context, profiles: UseCases) -> Service {
    let page_tokens = PageTokens::new(&settings.page_token_secret);
    let watch = settings.watch.clone();
    let rpc = Rpc::new(profiles, page_tokens, watch, context.stop.clone());
    let customer = CustomerServiceServer::new(rpc.clone());
    let account = AccountServiceServer::new(rpc.clone());
    let timeline = TimelineServiceServer::new(rpc.clone());
    let incident = IncidentServiceServer::new(rpc.clone());
    let consent = ConsentServiceServer::new(rpc.clone());
    let contact_rule = ContactRuleServiceServer::new(rpc.clone());
    let change = ChangeServiceServer::new(rpc.clone());
    let import = ImportServiceServer::new(rpc);
    Service::new(BOUNDARY, contract::DESCRIPTORS_PROFILES)
        .with(customer.max_decoding_message_size(ONLINE_LIMIT))
        .with(account.max_decoding_message_size(ONLINE_LIMIT))
        .with(timeline.max_decoding_message_size(EVENTS_LIMIT))
        .with(incident.max_decoding_message_size(ONLINE_LIMIT))
        .with(consent.max_decoding_message_size(ONLINE_LIMIT))
        .with(contact_rule.max_decoding_message_size(EVENTS_LIMIT))
        .with(change.max_decoding_message_size(ONLINE_LIMIT))
        .with(import.max_decoding_message_size(IMPORT_LIMIT))
}
