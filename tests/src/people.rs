//! Customers for tests, written as any client writes them.

use contract::profiles::v1 as pb;
use contract::types::v1 as types;
use kernel::time::{Clock, SystemClock};
use prost_types::Timestamp;

use crate::clients::Clients;

const DAY_SECONDS: i64 = 86_400;

/// The instant so many days before now; after it when negative.
pub fn days_ago(days: i64) -> Timestamp {
    Timestamp {
        seconds: SystemClock.now().as_second() - days * DAY_SECONDS,
        nanos: 0,
    }
}

/// A person with one account and one month-to-month subscription, long settled, to be changed by
/// what a test is about.
#[derive(Clone, Debug)]
pub struct Person {
    /// The customer.
    pub customer: pb::Customer,
    /// The account.
    pub account: pb::Account,
    /// The subscription.
    pub subscription: pb::Subscription,
}

impl Person {
    /// Names a person; account and subscription are named after them.
    pub fn named(customer_id: &str) -> Self {
        let customer_id = customer_id.to_owned();
        let account_id = format!("{customer_id}-account");
        let start_time = Some(days_ago(800));
        Self {
            customer: pb::Customer {
                customer_id: customer_id.clone(),
                kind: types::CustomerKind::Person.into(),
                display_name: "Ada Example".to_owned(),
                jurisdiction: "US-CA".to_owned(),
                language: "en".to_owned(),
                ..Default::default()
            },
            account: pb::Account {
                customer_id: customer_id.clone(),
                account_id: account_id.clone(),
                business_line: "telecom".to_owned(),
                open_time: start_time,
            },
            subscription: pb::Subscription {
                account_id,
                subscription_id: format!("{customer_id}-service"),
                customer_id,
                product: "fibre".to_owned(),
                relationship: types::RelationshipType::Contractual.into(),
                contract_kind: types::ContractKind::MonthToMonth.into(),
                state: types::SubscriptionState::Active.into(),
                start_time,
                monthly_price: Some(dollars(8_000)),
                ..Default::default()
            },
        }
    }

    /// Sets for how many days the person has been a customer.
    #[must_use]
    pub fn customer_for_days(mut self, days: i64) -> Self {
        self.account.open_time = Some(days_ago(days));
        self.subscription.start_time = self.account.open_time;
        self
    }

    /// Sets the subscription's end, in the past.
    #[must_use]
    pub fn left_days_ago(mut self, days: i64) -> Self {
        self.subscription.state = types::SubscriptionState::Ended.into();
        self.subscription.service_end_time = Some(days_ago(days));
        self.subscription.end_reason = types::EndReason::CustomerTermination.into();
        self
    }

    /// Sets where the person lives.
    #[must_use]
    pub fn lives_in(mut self, jurisdiction: &str) -> Self {
        jurisdiction.clone_into(&mut self.customer.jurisdiction);
        self
    }

    /// Gives the person an e-mail address and a phone number.
    #[must_use]
    pub fn can_be_reached(mut self) -> Self {
        "ada@example.org".clone_into(&mut self.customer.email);
        "+1 555 0100".clone_into(&mut self.customer.phone);
        self
    }

    /// The customer's id.
    pub fn id(&self) -> &str {
        &self.customer.customer_id
    }

    /// The subscription's id.
    pub fn subscription_id(&self) -> &str {
        &self.subscription.subscription_id
    }

    /// Writes the person; returns the revision reached.
    pub async fn write(&self, clients: &Clients) -> u64 {
        self.write_customer(clients).await;
        let account = pb::OpenAccountRequest {
            request_id: String::new(),
            account: Some(self.account.clone()),
        };
        clients.accounts().open_account(account).await.unwrap();
        let subscription = pb::PutSubscriptionRequest {
            request_id: String::new(),
            subscription: Some(self.subscription.clone()),
        };
        let written = clients
            .accounts()
            .put_subscription(subscription)
            .await
            .unwrap();
        written.into_inner().revision
    }

    /// Writes the customer alone; returns the revision reached.
    pub async fn write_customer(&self, clients: &Clients) -> u64 {
        let request = pb::UpsertCustomerRequest {
            customer: Some(self.customer.clone()),
            ..Default::default()
        };
        let written = clients.customers().upsert_customer(request).await.unwrap();
        written.into_inner().customer.unwrap().revision
    }

    /// Opens an incident; returns the revision reached.
    pub async fn suffers(&self, clients: &Clients, category: &str) -> u64 {
        let request = pb::OpenIncidentRequest {
            request_id: String::new(),
            incident: Some(pb::Incident {
                customer_id: self.id().to_owned(),
                incident_id: format!("{}-{category}", self.id()),
                severity: types::IncidentSeverity::Major.into(),
                responsible_party: pb::ResponsibleParty::Company.into(),
                category: category.to_owned(),
                open_time: Some(days_ago(1)),
                ..Default::default()
            }),
        };
        clients
            .incidents()
            .open_incident(request)
            .await
            .unwrap()
            .into_inner()
            .revision
    }

    /// Reads the subscription as profiles has it.
    pub async fn recorded_subscription(&self, clients: &Clients) -> pb::Subscription {
        let request = pb::ListAccountsRequest {
            customer_id: self.id().to_owned(),
            min_revision: 0,
        };
        let listed = clients
            .accounts()
            .list_accounts(request)
            .await
            .unwrap()
            .into_inner();
        let wanted = self.subscription_id();
        let mut found = listed.subscriptions.into_iter();
        found.find(|one| one.subscription_id == wanted).unwrap()
    }

    /// The records of an import of this person.
    pub fn records(&self, row: u64) -> [pb::ImportRecord; 3] {
        use pb::import_record::Record;
        let record = |record| pb::ImportRecord {
            row,
            record: Some(record),
        };
        [
            record(Record::Customer(self.customer.clone())),
            record(Record::Account(self.account.clone())),
            record(Record::Subscription(self.subscription.clone())),
        ]
    }
}

/// An amount in US dollars, in cents.
pub fn dollars(minor: i64) -> types::Money {
    types::Money {
        minor,
        currency: "USD".to_owned(),
    }
}

/// A population that life tables can be fitted on: of two hundred people every fourth has left,
/// after one to forty months, so that the risk is much the same in each of them.
pub fn population() -> Vec<Person> {
    (0..200)
        .map(|number| {
            let months = 1 + (number * 7) % 40;
            let person = Person::named(&format!("population-{number}"));
            if number % 4 == 0 {
                person.customer_for_days(60 + 30 * months).left_days_ago(60)
            } else {
                person.customer_for_days(1_300 + number)
            }
        })
        .collect()
}

/// Imports people in one stream.
pub async fn import(clients: &Clients, people: &[Person]) {
    let records = (1..)
        .zip(people)
        .flat_map(|(row, person)| person.records(row));
    let records: Vec<_> = records.collect();
    let chunks: Vec<_> = records
        .chunks(900)
        .map(|records| pb::ImportRequest {
            records: records.to_vec(),
        })
        .collect();
    let sent = tokio_stream::iter(chunks);
    let mut answers = clients.imports().import(sent).await.unwrap().into_inner();
    while let Some(answer) = answers.message().await.unwrap() {
        assert_eq!(answer.refusals, []);
    }
}
