//! Opens accounts, records subscriptions, reads both.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;

use super::facts::{not_found, reached};
use super::{Call, Profiles, Written};
use crate::domain::account::{Account, AccountDraft};
use crate::domain::book::Book;
use crate::domain::books::Books;
use crate::domain::record::{Named, Record};
use crate::domain::rejection::Rejection;
use crate::domain::subscription::{Subscription, SubscriptionDraft};
use crate::store::Holdings;

impl Profiles {
    /// Opens an account. Opening what is open already changes nothing.
    pub async fn open_account(
        &self,
        call: Call,
        draft: AccountDraft,
    ) -> Result<Written<Account>, Refusal> {
        let named = Named::of(&Record::Account(draft.clone()));
        let account_id = draft.account_id.to_string();
        let decide = move |books: &mut Books| {
            let now = books.now();
            let book = books.of(&draft.customer_id);
            let changed = book.open_account(&draft, now)?;
            let account = book.accounts.get(&draft.account_id).cloned();
            let account = account.ok_or_else(|| Rejection::AccountNotFound {
                account_id: draft.account_id.to_string(),
            })?;
            Ok(written(book, account, changed, now))
        };
        let opened = self.write(&call, named, decide).await;
        opened.map_err(|refusal| match refusal.reason {
            // Found by the database and not by the book, it does not know which account it is.
            "ID_TAKEN" => Rejection::AccountTaken { account_id }.into(),
            _ => refusal,
        })
    }

    /// Records a subscription whole.
    pub async fn put_subscription(
        &self,
        call: Call,
        draft: SubscriptionDraft,
    ) -> Result<Written<Subscription>, Refusal> {
        let named = Named::customer(&draft.customer_id);
        let decide = move |books: &mut Books| {
            let now = books.now();
            let book = books.of(&draft.customer_id);
            let changed = book.put_subscription(&draft, now)?;
            let subscription = book.subscription(&draft.subscription_id)?.clone();
            Ok(written(book, subscription, changed, now))
        };
        self.write(&call, named, decide).await
    }

    /// Reads what a customer has, at least as new as a revision.
    pub async fn holdings(
        &self,
        call: Call,
        customer_id: &CustomerId,
        min_revision: u64,
    ) -> Result<Holdings, Refusal> {
        let found = self.store.holdings(customer_id, call.deadline).await?;
        let holdings = found.ok_or_else(|| not_found(customer_id))?;
        reached(holdings.version.revision, min_revision)?;
        Ok(holdings)
    }
}

/// Answers a write with the thing as it is now.
pub(super) fn written<T>(
    book: &Book,
    value: T,
    changed: bool,
    now: kernel::time::Timestamp,
) -> Written<T> {
    Written {
        stays: Some(book.customer_id.clone()),
        value,
        revision: book.version_after(now).revision,
        changed,
    }
}
