//! Ends subscriptions, and undoes ends that have not come.

use kernel::id::{CustomerId, SubscriptionId};
use kernel::refusal::Refusal;

use super::accounts::written;
use super::{Call, Profiles, Written};
use crate::domain::books::Books;
use crate::domain::record::Named;
use crate::domain::subscription::{EndOrder, Subscription};

impl Profiles {
    /// Sets the end of service and of billing: at once, or pending until then.
    pub async fn end_subscription(
        &self,
        call: Call,
        customer_id: CustomerId,
        subscription_id: SubscriptionId,
        order: EndOrder,
    ) -> Result<Written<Subscription>, Refusal> {
        let named = Named::customer(&customer_id);
        let decide = move |books: &mut Books| {
            let now = books.now();
            let book = books.of(&customer_id);
            let changed = book.end_subscription(&subscription_id, order.clone(), now)?;
            let subscription = book.subscription(&subscription_id)?.clone();
            Ok(written(book, subscription, changed, now))
        };
        self.write(&call, named, decide).await
    }

    /// Undoes an end that has not come yet.
    pub async fn reinstate_subscription(
        &self,
        call: Call,
        customer_id: CustomerId,
        subscription_id: SubscriptionId,
    ) -> Result<Written<Subscription>, Refusal> {
        let named = Named::customer(&customer_id);
        let decide = move |books: &mut Books| {
            let now = books.now();
            let book = books.of(&customer_id);
            let changed = book.reinstate_subscription(&subscription_id, now)?;
            let subscription = book.subscription(&subscription_id)?.clone();
            Ok(written(book, subscription, changed, now))
        };
        self.write(&call, named, decide).await
    }
}
