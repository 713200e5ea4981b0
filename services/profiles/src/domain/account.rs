//! Accounts: the commercial relationships of a customer.

use kernel::id::{AccountId, BusinessLineId, CustomerId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::rejection::Rejection;

/// One commercial relationship of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account.
    pub account_id: AccountId,
    /// The business line whose rules apply.
    pub business_line: BusinessLineId,
    /// When it was opened.
    pub open_time: Timestamp,
}

/// An account as somebody wants it recorded.
#[derive(Clone, Debug)]
pub struct AccountDraft {
    /// The customer.
    pub customer_id: CustomerId,
    /// The account.
    pub account_id: AccountId,
    /// The business line.
    pub business_line: BusinessLineId,
    /// When it was opened; not given means now, or as recorded.
    pub open_time: Option<Timestamp>,
}

impl Account {
    /// Accounts that a customer can have.
    pub const MOST: usize = 100;

    /// Opens an account, or corrects the opening time of one. The business line stays: an account
    /// of another line is another account.
    pub fn open(
        recorded: Option<&Self>,
        draft: &AccountDraft,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        if recorded.is_some_and(|account| account.business_line != draft.business_line) {
            return Err(Rejection::AccountTaken {
                account_id: draft.account_id.to_string(),
            });
        }
        let open_time = draft
            .open_time
            .or(recorded.map(|account| account.open_time))
            .unwrap_or(now);
        Ok(Self {
            account_id: draft.account_id.clone(),
            business_line: draft.business_line.clone(),
            open_time,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(line: &str, open_second: Option<i64>) -> AccountDraft {
        AccountDraft {
            customer_id: CustomerId::parse("c").unwrap(),
            account_id: AccountId::parse("a").unwrap(),
            business_line: BusinessLineId::parse(line).unwrap(),
            open_time: open_second.map(|second| Timestamp::from_second(second).unwrap()),
        }
    }

    #[test]
    fn opening_twice_without_a_time_keeps_the_first_time() {
        let first = Account::open(None, &draft("telecom", None), Timestamp::UNIX_EPOCH).unwrap();
        let later = Timestamp::from_second(9).unwrap();
        let second = Account::open(Some(&first), &draft("telecom", None), later).unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn another_business_line_is_another_account() {
        let first = Account::open(None, &draft("telecom", Some(1)), Timestamp::UNIX_EPOCH).unwrap();
        let taken = Account::open(
            Some(&first),
            &draft("books", Some(1)),
            Timestamp::UNIX_EPOCH,
        );
        assert!(matches!(taken, Err(Rejection::AccountTaken { .. })));
    }
}
