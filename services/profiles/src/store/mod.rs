//! SQL, and nothing but SQL. Each write is one transaction, each read one round trip or few.

mod account;
mod alias;
mod amend;
mod answers;
mod consent;
mod contact_rules;
mod contactable;
mod customer;
mod decode;
mod erase;
mod event;
mod feed;
mod incident;
mod load;
mod merge;
mod reads;
mod save;
mod snapshot;
mod subscription;

pub use account::OWNER as ACCOUNT_OWNER;
pub use amend::{Amendment, Remembered};
pub use contact_rules::NewContactRules;
pub use contactable::ContactGround;
pub use erase::{Erased, Erasure};
pub use event::EventPlace;
pub use feed::{Change, Cursor, FeedPartition, Page};
pub use merge::{Merge, Merged};
pub use reads::Holdings;
pub use snapshot::StoredFacts;

use storage::Postgres;
use storage::batch::{BatchSettings, Batcher, Mode};

use snapshot::SnapshotReader;

/// The migrations of this service.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The record in Postgres. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    postgres: Postgres,
    snapshots: Batcher<SnapshotReader>,
}

impl Store {
    /// Prepares the store without connecting.
    pub fn new(postgres: Postgres, snapshot_batches: &BatchSettings) -> Self {
        let snapshots = Batcher::start(&postgres, snapshot_batches, Mode::Read, SnapshotReader);
        Self {
            postgres,
            snapshots,
        }
    }
}
