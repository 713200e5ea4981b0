//! Calls to the three services: where they are, with which patience, under which trace, and what a
//! refusal means to the person at the keyboard.

mod arguments;
mod refusal;
mod trace;

pub use arguments::ServiceArguments;
pub(crate) use trace::hexadecimal;
pub use trace::{ClientSpan, Trace};

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use contract::lifecycle::v1::care_plan_service_client::CarePlanServiceClient;
use contract::lifecycle::v1::care_service_client::CareServiceClient;
use contract::lifecycle::v1::model_service_client::ModelServiceClient;
use contract::lifecycle::v1::portfolio_service_client::PortfolioServiceClient;
use contract::lifecycle::v1::rule_service_client::RuleServiceClient;
use contract::lifecycle::v1::status_service_client::StatusServiceClient;
use contract::offers::v1::budget_service_client::BudgetServiceClient;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use contract::offers::v1::fulfilment_service_client::FulfilmentServiceClient;
use contract::offers::v1::policy_service_client::PolicyServiceClient;
use contract::offers::v1::review_service_client::ReviewServiceClient;
use contract::offers::v1::save_desk_service_client::SaveDeskServiceClient;
use contract::offers::v1::suppression_service_client::SuppressionServiceClient;
use contract::offers::v1::win_back_service_client::WinBackServiceClient;
use contract::profiles::v1::consent_service_client::ConsentServiceClient;
use contract::profiles::v1::contact_rule_service_client::ContactRuleServiceClient;
use contract::profiles::v1::customer_service_client::CustomerServiceClient;
use contract::profiles::v1::import_service_client::ImportServiceClient;
use contract::profiles::v1::incident_service_client::IncidentServiceClient;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::failure::Failure;

/// How long an answer for a person on the phone may take.
pub const ONLINE: Duration = Duration::from_secs(5);
/// How long one of many calls in a row may take, with nobody on the phone.
pub const IN_BULK: Duration = Duration::from_secs(20);
/// How long publishing a file may take.
pub const PUBLISHING: Duration = Duration::from_secs(30);
/// How long a stream may run in all.
pub const STREAMING: Duration = Duration::from_hours(1);
/// How long a stream may be silent.
pub const SILENCE: Duration = Duration::from_mins(1);

/// How often a call is made that may be repeated.
const MAX_TRIES: u32 = 5;
/// However long the service asks to stay away.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A chunk of an import and a catalogue with its files are the largest messages.
const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// The three services, and the trace that calls to them belong to.
#[derive(Clone, Debug)]
pub struct Services {
    profiles: Channel,
    lifecycle: Channel,
    offers: Channel,
    urls: Arc<ServiceArguments>,
    trace: Arc<Trace>,
}

impl Services {
    /// Reads the addresses; connections are made with the first call.
    pub fn at(urls: &ServiceArguments, trace: Trace) -> Result<Self, Failure> {
        Ok(Self {
            profiles: arguments::channel(&urls.profiles_url)?,
            lifecycle: arguments::channel(&urls.lifecycle_url)?,
            offers: arguments::channel(&urls.offers_url)?,
            urls: Arc::new(urls.clone()),
            trace: Arc::new(trace),
        })
    }

    /// The same services under another trace.
    #[must_use]
    pub fn under(&self, trace: Trace) -> Self {
        Self {
            trace: Arc::new(trace),
            ..self.clone()
        }
    }

    /// The trace of the calls made here.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Customers and their facts.
    pub fn customers(&self) -> CustomerServiceClient<Channel> {
        CustomerServiceClient::new(self.profiles.clone())
    }

    /// Incidents and their recovery.
    pub fn incidents(&self) -> IncidentServiceClient<Channel> {
        IncidentServiceClient::new(self.profiles.clone())
    }

    /// What customers said about being contacted, and whether they may be.
    pub fn consents(&self) -> ConsentServiceClient<Channel> {
        ConsentServiceClient::new(self.profiles.clone())
    }

    /// The rules for contacting somebody.
    pub fn contact_rules(&self) -> ContactRuleServiceClient<Channel> {
        ContactRuleServiceClient::new(self.profiles.clone())
    }

    /// Loading many records.
    pub fn imports(&self) -> ImportServiceClient<Channel> {
        ImportServiceClient::new(self.profiles.clone()).max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Where customers stand.
    pub fn statuses(&self) -> StatusServiceClient<Channel> {
        StatusServiceClient::new(self.lifecycle.clone())
    }

    /// The rules of the business lines.
    pub fn rules(&self) -> RuleServiceClient<Channel> {
        RuleServiceClient::new(self.lifecycle.clone())
    }

    /// What is due to be done for customers.
    pub fn care(&self) -> CareServiceClient<Channel> {
        CareServiceClient::new(self.lifecycle.clone())
    }

    /// The plan of it.
    pub fn care_plans(&self) -> CarePlanServiceClient<Channel> {
        CarePlanServiceClient::new(self.lifecycle.clone())
    }

    /// The fitted models.
    pub fn models(&self) -> ModelServiceClient<Channel> {
        ModelServiceClient::new(self.lifecycle.clone())
    }

    /// The portfolio.
    pub fn portfolio(&self) -> PortfolioServiceClient<Channel> {
        PortfolioServiceClient::new(self.lifecycle.clone())
    }

    /// The agent's desk.
    pub fn save_desk(&self) -> SaveDeskServiceClient<Channel> {
        SaveDeskServiceClient::new(self.offers.clone())
    }

    /// The offers.
    pub fn catalogues(&self) -> CatalogueServiceClient<Channel> {
        CatalogueServiceClient::new(self.offers.clone())
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
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
        PolicyServiceClient::new(self.offers.clone()).max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// What became of calls.
    pub fn review(&self) -> ReviewServiceClient<Channel> {
        ReviewServiceClient::new(self.offers.clone())
    }

    /// From whom offers are kept.
    pub fn suppressions(&self) -> SuppressionServiceClient<Channel> {
        SuppressionServiceClient::new(self.offers.clone())
    }

    /// Those who left and may be asked back.
    pub fn win_back(&self) -> WinBackServiceClient<Channel> {
        WinBackServiceClient::new(self.offers.clone())
    }

    /// Makes one call: `method` is its full name, `send` hands the request to the client.
    pub async fn call<Message, Answer, Sent>(
        &self,
        method: &'static str,
        patience: Duration,
        message: Message,
        send: impl FnOnce(Request<Message>) -> Sent,
    ) -> Result<Answer, Failure>
    where
        Sent: Future<Output = Result<Response<Answer>, Status>>,
    {
        let span = self.trace.open(method);
        let mut request = Request::new(message);
        request.set_timeout(patience);
        if let Ok(parent) = span.traceparent().parse() {
            request.metadata_mut().insert("traceparent", parent);
        }
        let answer = send(request).await;
        span.close(answer.is_ok());
        match answer {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => Err(self.failure(method, &status)),
        }
    }

    /// Makes a call that may be repeated, and repeats it when the service is busy or late.
    pub async fn call_again<Message: Clone, Answer, Sent>(
        &self,
        method: &'static str,
        patience: Duration,
        message: Message,
        send: impl Fn(Request<Message>) -> Sent,
    ) -> Result<Answer, Failure>
    where
        Sent: Future<Output = Result<Response<Answer>, Status>>,
    {
        for _ in 1..MAX_TRIES {
            match self.call(method, patience, message.clone(), &send).await {
                Err(failure) if failure.pause().is_some() => pause(failure.pause()).await,
                answer => return answer,
            }
        }
        self.call(method, patience, message, send).await
    }

    /// What a status of a call means to the person at the keyboard.
    pub fn failure(&self, method: &str, status: &Status) -> Failure {
        let (service, url) = self.urls.called(method);
        refusal::failure(service, url, status, self.trace.trace_id())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is no event to wait for: the service said how long to stay away"
)]
pub(crate) async fn pause(asked: Option<Duration>) {
    tokio::time::sleep(asked.unwrap_or_default().min(LONGEST_PAUSE)).await;
}

/// A new request id: at most one effect however often the call is repeated.
pub fn new_request_id() -> String {
    format!("cli-{:032x}", rand::random::<u128>())
}
