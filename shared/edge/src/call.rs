//! What is known of the call being served, for everything that runs on its behalf.

use kernel::time::Deadline;

use crate::trace::TraceContext;

tokio::task_local! {
    pub(crate) static CALL: Call;
}

/// The call being served by the current task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) deadline: Deadline,
    pub(crate) trace: TraceContext,
    pub(crate) method: &'static str,
}

pub(crate) fn current() -> Option<Call> {
    CALL.try_with(|call| *call).ok()
}
