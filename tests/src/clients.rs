//! The clients of the three services.

use contract::lifecycle::v1::care_plan_service_client::CarePlanServiceClient;
use contract::lifecycle::v1::care_service_client::CareServiceClient;
use contract::lifecycle::v1::model_service_client::ModelServiceClient;
use contract::lifecycle::v1::rule_service_client::RuleServiceClient;
use contract::lifecycle::v1::status_service_client::StatusServiceClient;
use contract::offers::v1::budget_service_client::BudgetServiceClient;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use contract::offers::v1::fulfilment_service_client::FulfilmentServiceClient;
use contract::offers::v1::policy_service_client::PolicyServiceClient;
use contract::offers::v1::review_service_client::ReviewServiceClient;
use contract::offers::v1::save_desk_service_client::SaveDeskServiceClient;
use contract::offers::v1::suppression_service_client::SuppressionServiceClient;
use contract::profiles::v1::account_service_client::AccountServiceClient;
use contract::profiles::v1::change_service_client::ChangeServiceClient;
use contract::profiles::v1::consent_service_client::ConsentServiceClient;
use contract::profiles::v1::contact_rule_service_client::ContactRuleServiceClient;
use contract::profiles::v1::customer_service_client::CustomerServiceClient;
use contract::profiles::v1::import_service_client::ImportServiceClient;
use contract::profiles::v1::incident_service_client::IncidentServiceClient;
use contract::profiles::v1::timeline_service_client::TimelineServiceClient;
use tonic::transport::{Channel, Endpoint};

/// Where the three services listen. Connections are made with the first call.
#[derive(Clone, Debug)]
pub struct Clients {
    profiles: Channel,
    lifecycle: Channel,
    offers: Channel,
}

fn channel(uri: &str) -> Channel {
    Endpoint::from_shared(uri.to_owned())
        .unwrap()
        .connect_lazy()
}

impl Clients {
    /// Clients of services at these addresses.
    pub fn at(profiles: &str, lifecycle: &str, offers: &str) -> Self {
        Self {
            profiles: channel(profiles),
            lifecycle: channel(lifecycle),
            offers: channel(offers),
        }
    }

    /// The channel to a service, for calls without a generated client.
    pub fn channel(&self, service: &str) -> Channel {
        match service {
            "profiles" => self.profiles.clone(),
            "lifecycle" => self.lifecycle.clone(),
            "offers" => self.offers.clone(),
            other => panic!("there is no service {other}"),
        }
    }

    /// Customers and their facts.
    pub fn customers(&self) -> CustomerServiceClient<Channel> {
        CustomerServiceClient::new(self.profiles.clone())
    }

    /// What is due to be done for customers.
    pub fn care(&self) -> CareServiceClient<Channel> {
        CareServiceClient::new(self.lifecycle.clone())
    }

    /// What is done for customers without anybody asking.
    pub fn care_plans(&self) -> CarePlanServiceClient<Channel> {
        CarePlanServiceClient::new(self.lifecycle.clone())
    }

    /// Accounts and subscriptions.
    pub fn accounts(&self) -> AccountServiceClient<Channel> {
        AccountServiceClient::new(self.profiles.clone())
    }

    /// What happened with customers.
    pub fn timeline(&self) -> TimelineServiceClient<Channel> {
        TimelineServiceClient::new(self.profiles.clone())
    }

    /// Incidents and their recovery.
    pub fn incidents(&self) -> IncidentServiceClient<Channel> {
        IncidentServiceClient::new(self.profiles.clone())
    }

    /// What customers said about being contacted.
    pub fn consents(&self) -> ConsentServiceClient<Channel> {
        ConsentServiceClient::new(self.profiles.clone())
    }

    /// The rules for contacting somebody.
    pub fn contact_rules(&self) -> ContactRuleServiceClient<Channel> {
        ContactRuleServiceClient::new(self.profiles.clone())
    }

    /// The feed of changes.
    pub fn changes(&self) -> ChangeServiceClient<Channel> {
        ChangeServiceClient::new(self.profiles.clone())
    }

    /// Loading many records.
    pub fn imports(&self) -> ImportServiceClient<Channel> {
        ImportServiceClient::new(self.profiles.clone())
    }

    /// What became of calls.
    pub fn review(&self) -> ReviewServiceClient<Channel> {
        ReviewServiceClient::new(self.offers.clone())
    }

    /// From whom offers are kept.
    pub fn suppressions(&self) -> SuppressionServiceClient<Channel> {
        SuppressionServiceClient::new(self.offers.clone())
    }

    /// Where customers stand.
    pub fn statuses(&self) -> StatusServiceClient<Channel> {
        StatusServiceClient::new(self.lifecycle.clone())
    }

    /// The rules of the business lines.
    pub fn rules(&self) -> RuleServiceClient<Channel> {
        RuleServiceClient::new(self.lifecycle.clone())
    }

    /// The fitted models.
    pub fn models(&self) -> ModelServiceClient<Channel> {
        ModelServiceClient::new(self.lifecycle.clone())
    }

    /// The agent's desk.
    pub fn desk(&self) -> SaveDeskServiceClient<Channel> {
        SaveDeskServiceClient::new(self.offers.clone())
    }

    /// The offers.
    pub fn catalogues(&self) -> CatalogueServiceClient<Channel> {
        CatalogueServiceClient::new(self.offers.clone())
    }

    /// What offers may cost in all.
    pub fn budgets(&self) -> BudgetServiceClient<Channel> {
        BudgetServiceClient::new(self.offers.clone())
    }

    /// Carrying out what was accepted.
    pub fn fulfilments(&self) -> FulfilmentServiceClient<Channel> {
        FulfilmentServiceClient::new(self.offers.clone())
    }

    /// What may be said.
    pub fn policies(&self) -> PolicyServiceClient<Channel> {
        PolicyServiceClient::new(self.offers.clone())
    }
}
