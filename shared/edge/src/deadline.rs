//! How long a call may take: read from the wire, clamped, kept a little early, passed on.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue};

pub use kernel::time::Deadline;

use crate::call::{self, Call};
use crate::trace::TraceContext;

/// Header that carries the time a caller gives a call.
pub(crate) const HEADER: &str = "grpc-timeout";

/// Bounds of how much earlier than the caller we give up, so that our answer is there in time. In
/// between it is an eighth of the time; of a very short time it is a half.
const LEAST_MARGIN: Duration = Duration::from_millis(3);
const MOST_MARGIN: Duration = Duration::from_millis(15);

/// The `grpc-timeout` header is not what the gRPC specification allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("grpc-timeout must be 1 to 8 digits and one of H, M, S, m, u, n")]
pub struct MalformedTimeout;

/// Returns the deadline of the call being served by this task, if any.
pub fn current() -> Option<Deadline> {
    call::current().map(|call| call.deadline)
}

/// Puts a future on a deadline of its own: the calls it makes get what is left of that. The trace
/// of the call being served goes along, where there is one, even if another task runs the future.
pub fn within<F: Future>(deadline: Deadline, future: F) -> impl Future<Output = F::Output> {
    let call = match call::current() {
        Some(call) => Call { deadline, ..call },
        None => Call {
            deadline,
            trace: TraceContext::start(false),
            method: "",
        },
    };
    call::CALL.scope(call, future)
}

/// Returns the deadline of the call being served by this task, or one `otherwise` from now.
pub fn current_or(otherwise: Duration) -> Deadline {
    current().unwrap_or_else(|| Deadline::within(otherwise))
}

/// Runs a future until a deadline. A timer alone would not do: the transport has one of its own for the
/// time of the caller, tells what it ends as cancelled, and asks it right after this. Where the clock has
/// passed both while the future was busy, this one has to know before.
pub(crate) async fn until<F: Future>(deadline: Deadline, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer = pin!(tokio::time::sleep_until(deadline.instant().into()));
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        if timer.as_mut().poll(context).is_ready() || deadline.is_past(Instant::now()) {
            return Poll::Ready(None);
        }
        Poll::Pending
    })
    .await
}

/// Reads the time that a caller gives a call.
pub(crate) fn read(headers: &HeaderMap) -> Result<Option<Duration>, MalformedTimeout> {
    headers
        .get(HEADER)
        .map(|value| parse(value.as_bytes()))
        .transpose()
}

fn parse(value: &[u8]) -> Result<Duration, MalformedTimeout> {
    let (unit, digits) = value.split_last().ok_or(MalformedTimeout)?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(MalformedTimeout);
    }
    let amount = digits.iter().fold(0, |amount: u64, digit| {
        amount * 10 + u64::from(digit - b'0')
    });
    match unit {
        b'H' => Ok(Duration::from_secs(amount * 3_600)),
        b'M' => Ok(Duration::from_secs(amount * 60)),
        b'S' => Ok(Duration::from_secs(amount)),
        b'm' => Ok(Duration::from_millis(amount)),
        b'u' => Ok(Duration::from_micros(amount)),
        b'n' => Ok(Duration::from_nanos(amount)),
        _ => Err(MalformedTimeout),
    }
}

/// Writes a time for a callee.
pub(crate) fn write(headers: &mut HeaderMap, timeout: Duration) {
    let micros = timeout.as_micros();
    // At most eight digits: microseconds up to 99 s, beyond that milliseconds, up to 27 h.
    let text = if micros < 100_000_000 {
        format!("{micros}u")
    } else {
        format!("{}m", timeout.as_millis().min(99_999_999))
    };
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(HEADER, value);
    }
}

/// Shortens the time a caller gave so that our own answer arrives before the caller gives up.
pub(crate) fn early(timeout: Duration) -> Duration {
    let margin = (timeout / 8).clamp(LEAST_MARGIN, MOST_MARGIN);
    timeout.saturating_sub(margin.min(timeout / 2))
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_unit_of_the_specification_is_read() {
        for (text, expected) in [
            ("1H", Duration::from_hours(1)),
            ("2M", Duration::from_mins(2)),
            ("3S", Duration::from_secs(3)),
            ("250m", Duration::from_millis(250)),
            ("99999999u", Duration::from_micros(99_999_999)),
            ("0n", Duration::ZERO),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in [
            "",
            "1",
            "S",
            "123456789S",
            "1s",
            "-1S",
            "+1S",
            "1.5S",
            " 1S",
            "1 S",
            "1SS",
        ] {
            assert_eq!(parse(text.as_bytes()), Err(MalformedTimeout), "{text:?}");
        }
    }

    #[test]
    fn our_answer_comes_before_the_caller_gives_up() {
        for millis in [1, 2, 5, 250] {
            let timeout = Duration::from_millis(millis);
            assert!(early(timeout) < timeout && early(timeout) >= timeout / 2);
        }
    }

    /// No timer can have fired during the one look that is taken.
    #[tokio::test]
    async fn what_was_busy_until_its_time_was_over_is_late_at_once() {
        let deadline = Deadline::within(Duration::from_millis(1));
        let busy = poll_fn(|_| {
            while !deadline.is_past(Instant::now()) {
                std::hint::spin_loop();
            }
            Poll::<()>::Pending
        });
        assert_eq!(until(deadline, busy).now_or_never(), Some(None));
        // What is done is done, however late.
        let done = std::future::ready(7);
        assert_eq!(until(deadline, done).now_or_never(), Some(Some(7)));
        // Without a look at the clock the timer ends it.
        let soon = Deadline::within(Duration::from_millis(1));
        assert_eq!(until(soon, std::future::pending::<()>()).await, None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_no_longer_than_it_was(micros in 0_u64..200_000_000_000) {
            let timeout = Duration::from_micros(micros);
            let mut headers = HeaderMap::new();
            write(&mut headers, timeout);
            let back = read(&headers).unwrap().unwrap();
            prop_assert!(back <= timeout);
            prop_assert!(micros >= 99_999_000_000 || timeout.saturating_sub(back) < Duration::from_millis(1));
        }
    }
}
