//! Counts before and after, of a bounded number of things.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// How often something was under the versions of then, and would be under the draft.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BeforeAfter {
    /// Under the versions of then.
    pub before: u64,
    /// Under the draft.
    pub after: u64,
}

/// Counts by key. When there are as many keys as are kept, those of further ones are added up
/// together.
#[derive(Clone, Debug)]
pub struct Counts<K, C = BeforeAfter> {
    by_key: BTreeMap<K, C>,
    most: usize,
    others: C,
}

impl<K: Ord, C: Default> Counts<K, C> {
    /// Keeps at most so many keys.
    pub fn at_most(most: usize) -> Self {
        Self {
            by_key: BTreeMap::new(),
            most,
            others: C::default(),
        }
    }

    /// The count of a key, or of all that are not kept.
    pub fn of<Q>(&mut self, key: &Q) -> &mut C
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if !self.by_key.contains_key(key) {
            if self.by_key.len() >= self.most {
                return &mut self.others;
            }
            self.by_key.insert(key.to_owned(), C::default());
        }
        self.by_key.entry(key.to_owned()).or_default()
    }

    /// The count of a key; absent where there is none, or it is not kept.
    pub fn get<Q>(&self, key: &Q) -> Option<&C>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.by_key.get(key)
    }

    /// The counts that are kept, by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &C)> {
        self.by_key.iter()
    }

    /// What all the others come to.
    pub const fn others(&self) -> &C {
        &self.others
    }
}
