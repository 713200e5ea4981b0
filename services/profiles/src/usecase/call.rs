//! What every call brings along, and what every write answers.

use kernel::id::CustomerId;
use kernel::time::Deadline;
use serde::{Deserialize, Serialize};

use crate::store::Remembered;

/// What a call brings along besides its command.
#[derive(Clone, Debug)]
pub struct Call {
    /// Until when the caller waits.
    pub deadline: Deadline,
    pub(super) remembered: Option<Remembered>,
}

impl Call {
    /// Starts a call that is not remembered.
    pub fn until(deadline: Deadline) -> Self {
        Self {
            deadline,
            remembered: None,
        }
    }

    /// Remembers the call by the caller's id, its method and its content in canonical encoding.
    #[must_use]
    pub fn remembered_as(self, request_id: &str, method: &'static str, encoded: &[u8]) -> Self {
        Self {
            remembered: Some(Remembered::new(request_id, method, encoded)),
            ..self
        }
    }
}

/// What was written of one customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written<T> {
    /// Whose it is, which may be another id than the one it was written with; absent in what the
    /// version before remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stays: Option<CustomerId>,
    /// The thing as it is now.
    pub value: T,
    /// The revision of the customer after the write.
    pub revision: u64,
    /// Something changed.
    pub changed: bool,
}

impl<T> Written<T> {
    /// Names the customer, given the id that the write named.
    pub fn customer_id<'a>(&'a self, named: &'a CustomerId) -> &'a CustomerId {
        self.stays.as_ref().unwrap_or(named)
    }
}
