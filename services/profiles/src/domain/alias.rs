//! Other names of customers: the ids that were merged into them.

use std::collections::BTreeMap;

use kernel::id::CustomerId;

use super::book::Book;
use super::consent::{Consent, Statement, latest};
use super::customer::Customer;
use super::rejection::Rejection;
use super::vocabulary::ConsentState;

/// How many ids one customer can have besides its own.
pub const MOST_MERGED: usize = 50;

/// Where it was said that somebody may not be contacted, if one of two who were merged had said so.
const SAID_BY_MERGING: &str = "merge";

/// Which ids are other names, and of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases(BTreeMap<CustomerId, CustomerId>);

impl Aliases {
    /// Takes pairs of an alias and the customer that stays.
    pub fn new(pairs: impl IntoIterator<Item = (CustomerId, CustomerId)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// Names the customer that an id stands for: the id itself, unless it is an alias.
    pub fn resolve<'a>(&'a self, id: &'a CustomerId) -> &'a CustomerId {
        self.0.get(id).unwrap_or(id)
    }

    /// Lists the aliases of a customer, sorted.
    pub fn of(&self, customer_id: &CustomerId) -> Vec<CustomerId> {
        let of_them = self.0.iter().filter(|(_, stays)| *stays == customer_id);
        of_them.map(|(alias, _)| alias.clone()).collect()
    }

    /// Names all ids that are known here, aliases and customers that stay.
    pub fn ids(&self) -> impl Iterator<Item = &CustomerId> {
        self.0.iter().flat_map(|(alias, stays)| [alias, stays])
    }

    /// Names the customers that stay.
    pub fn customers(&self) -> impl Iterator<Item = &CustomerId> {
        self.0.values()
    }
}

/// What both of two customers use as an id, which one customer can use once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Of what, in the plural.
    pub of: &'static str,
    /// The ids; some of them where there are many.
    pub ids: Vec<String>,
}

/// Finds the subscriptions that both have under one id.
pub fn shared_subscriptions(stays: &Book, merged: &Book) -> Shared {
    let both = stays.subscriptions.keys();
    let both = both.filter(|id| merged.subscriptions.contains_key(*id));
    Shared {
        of: "subscriptions",
        ids: both.map(ToString::to_string).collect(),
    }
}

/// Refuses to merge what would not be one sound customer: ids used twice, or more than one can have.
pub fn may_be_merged(stays: &Book, merged: &Book, shared: &[Shared]) -> Result<(), Rejection> {
    if let Some(shared) = shared.iter().find(|shared| !shared.ids.is_empty()) {
        return Err(Rejection::IdsCollide {
            of: shared.of,
            ids: shared.ids.iter().take(10).cloned().collect(),
        });
    }
    let open = |book: &Book| {
        let open = book.incidents.values();
        open.filter(|incident| incident.resolution.is_none())
            .count()
    };
    let bounds = [
        (
            stays.accounts.len() + merged.accounts.len(),
            super::account::Account::MOST,
            "accounts",
        ),
        (
            stays.subscriptions.len() + merged.subscriptions.len(),
            super::subscription::Subscription::MOST,
            "subscriptions",
        ),
        (
            open(stays) + open(merged),
            super::incident::Incident::MOST_OPEN,
            "open incidents",
        ),
        (
            stays.merged_customer_ids.len() + merged.merged_customer_ids.len() + 1,
            MOST_MERGED,
            "merged customers",
        ),
    ];
    match bounds.into_iter().find(|(count, limit, _)| count > limit) {
        Some((_, limit, of)) => Err(Rejection::TooMany { limit, of }),
        None => Ok(()),
    }
}

/// One customer of two: what both asked for holds, the stricter of the two where they differ; what is
/// not known of the one that stays is taken from the other.
pub fn joined(stays: &Customer, merged: &Customer) -> Customer {
    let known = |ours: &String, theirs: &String| {
        let unknown = ours.is_empty();
        if unknown {
            theirs.clone()
        } else {
            ours.clone()
        }
    };
    let personal = |ours: &super::personal::Personal, theirs: &super::personal::Personal| {
        let unknown = ours.expose().is_empty();
        if unknown {
            theirs.clone()
        } else {
            ours.clone()
        }
    };
    Customer {
        customer_id: stays.customer_id.clone(),
        kind: stays.kind.or(merged.kind),
        display_name: personal(&stays.display_name, &merged.display_name),
        email: personal(&stays.email, &merged.email),
        phone: personal(&stays.phone, &merged.phone),
        jurisdiction: known(&stays.jurisdiction, &merged.jurisdiction),
        language: known(&stays.language, &merged.language),
        deceased: stays.deceased || merged.deceased,
        vulnerable: stays.vulnerable || merged.vulnerable,
        do_not_offer: stays.do_not_offer || merged.do_not_offer,
        time_zone: known(&stays.time_zone, &merged.time_zone),
    }
}

/// What has to be said anew when two customers become one, so that an objection of either is not lost
/// to a later agreement of the other.
pub fn objections_to_repeat(
    stays: &Book,
    merged: &Book,
    now: kernel::time::Timestamp,
) -> Vec<Consent> {
    let of = |book: &Book| latest(book.statements.keys().copied());
    let (ours, theirs) = (of(stays), of(merged));
    let together = latest(ours.iter().chain(&theirs).copied());
    let objected = |said: &[Statement], channel| {
        let objections = said.iter().filter(|it| it.state == ConsentState::Objected);
        objections.map(|it| it.channel).any(|it| it == channel)
    };
    let overruled = together.iter().filter(|said| {
        said.state == ConsentState::Granted
            && (objected(&ours, said.channel) || objected(&theirs, said.channel))
    });
    overruled
        .map(|said| Consent {
            customer_id: stays.customer_id.clone(),
            statement: Statement {
                channel: said.channel,
                // Of the same instant the objection counts.
                record_time: said.record_time.max(now),
                state: ConsentState::Objected,
            },
            source: SAID_BY_MERGING.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use kernel::time::Timestamp;
    use proptest::prelude::*;

    use super::super::vocabulary::{ConsentChannel, Numbered};
    use super::*;

    fn book(id: &str, statements: &[(i64, bool)]) -> Book {
        let id = CustomerId::parse(id).unwrap();
        let mut book = Book::empty(id, Timestamp::UNIX_EPOCH);
        for (second, objected) in statements {
            let said = Statement {
                channel: ConsentChannel::ALL[0],
                record_time: Timestamp::from_second(*second).unwrap(),
                state: if *objected {
                    ConsentState::Objected
                } else {
                    ConsentState::Granted
                },
            };
            book.statements.insert(said, "call".to_owned());
        }
        book
    }

    fn counts(book: &Book) -> Option<ConsentState> {
        let said = latest(book.statements.keys().copied());
        said.first().map(|said| said.state)
    }

    proptest! {
        #[test]
        fn an_objection_of_either_holds_for_both(
            ours in proptest::collection::vec((0_i64..50, any::<bool>()), 0..4),
            theirs in proptest::collection::vec((0_i64..50, any::<bool>()), 0..4),
        ) {
            let (mut stays, merged) = (book("b", &ours), book("a", &theirs));
            let before = [counts(&stays), counts(&merged)];
            let repeated = objections_to_repeat(&stays, &merged, Timestamp::from_second(40).unwrap());
            stays.statements.extend(merged.statements.clone());
            for consent in repeated {
                stays.statements.insert(consent.statement, consent.source);
            }
            let expected = if before.contains(&Some(ConsentState::Objected)) {
                Some(ConsentState::Objected)
            } else {
                before[0].or(before[1])
            };
            prop_assert_eq!(counts(&stays), expected);
        }
    }

    #[test]
    fn an_alias_stands_for_the_customer_that_stays() {
        let [a, b, c] = ["a", "b", "c"].map(|id| CustomerId::parse(id).unwrap());
        let aliases = Aliases::new([(a.clone(), c.clone()), (b.clone(), c.clone())]);
        assert_eq!(aliases.resolve(&a), &c);
        assert_eq!(aliases.resolve(&c), &c);
        assert_eq!(aliases.of(&c), [a, b]);
    }
}
