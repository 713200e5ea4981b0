//! What an identifier identifies. The kinds are empty types: they exist for the compiler only.

use super::{Id, Uid};

/// A person or an organisation.
#[derive(Debug)]
pub enum Customer {}
/// A commercial relationship of a customer.
#[derive(Debug)]
pub enum Account {}
/// What can be cancelled.
#[derive(Debug)]
pub enum Subscription {}
/// One conversation with a customer, by any channel.
#[derive(Debug)]
pub enum Contact {}
/// Whoever speaks with the customer.
#[derive(Debug)]
pub enum Agent {}
/// One entry of a customer's timeline.
#[derive(Debug)]
pub enum Event {}
/// Something that went wrong for a customer.
#[derive(Debug)]
pub enum Incident {}
/// One request of a caller, the same on every retry.
#[derive(Debug)]
pub enum Request {}
/// An entry of the offer catalogue, over all its versions.
#[derive(Debug)]
pub enum Offer {}
/// A line of business with its own rules.
#[derive(Debug)]
pub enum BusinessLine {}

/// Identifies a customer.
pub type CustomerId = Id<Customer>;
/// Identifies an account.
pub type AccountId = Id<Account>;
/// Identifies a subscription.
pub type SubscriptionId = Id<Subscription>;
/// Identifies a contact.
pub type ContactId = Id<Contact>;
/// Identifies an agent.
pub type AgentId = Id<Agent>;
/// Identifies an event.
pub type EventId = Id<Event>;
/// Identifies an incident.
pub type IncidentId = Id<Incident>;
/// Identifies a request, the same on every retry.
pub type RequestId = Id<Request>;
/// Names an offer of the catalogue, over all its versions.
pub type OfferKey = Id<Offer>;
/// Identifies a line of business.
pub type BusinessLineId = Id<BusinessLine>;

/// A save session.
#[derive(Debug)]
pub enum Session {}
/// A recorded decision.
#[derive(Debug)]
pub enum Decision {}
/// An offer as presented in one session.
#[derive(Debug)]
pub enum PresentedOffer {}
/// A recorded cancellation.
#[derive(Debug)]
pub enum Cancellation {}

/// Identifies a save session.
pub type SessionId = Uid<Session>;
/// Identifies a decision.
pub type DecisionId = Uid<Decision>;
/// Identifies a presented offer.
pub type PresentedOfferId = Uid<PresentedOffer>;
/// Identifies a cancellation.
pub type CancellationId = Uid<Cancellation>;

/// Offers kept from somebody.
#[derive(Debug)]
pub enum Suppression {}

/// Identifies a suppression.
pub type SuppressionId = Uid<Suppression>;
