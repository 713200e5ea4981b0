//! Sums over many rows, on one thread or several, with the same result to the last bit.

use std::num::NonZeroUsize;
use std::ops::Range;

/// The rows of one partial sum. The partial sums are added in order, whoever made them.
const CHUNK: usize = 4_096;

/// Sums what `part` returns for consecutive ranges of `rows`.
pub(crate) fn sum_over<const N: usize>(
    rows: usize,
    threads: NonZeroUsize,
    part: impl Fn(Range<usize>) -> [f64; N] + Sync,
) -> [f64; N] {
    let chunks = rows.div_ceil(CHUNK);
    let mut partial_sums = vec![[0.0; N]; chunks];
    let fill = |first: usize, share: &mut [[f64; N]]| {
        for (number, sum) in (first..).zip(share) {
            let from = number * CHUNK;
            *sum = part(from..rows.min(from + CHUNK));
        }
    };
    let per_thread = chunks.div_ceil(threads.get()).max(1);
    let (own, others) = partial_sums.split_at_mut(per_thread.min(chunks));
    std::thread::scope(|scope| {
        let fill = &fill;
        for (number, share) in (1..).zip(others.chunks_mut(per_thread)) {
            scope.spawn(move || fill(number * per_thread, share));
        }
        fill(0, own);
    });
    let mut total = [0.0; N];
    for partial in &partial_sums {
        add(&mut total, partial);
    }
    total
}

/// Adds one vector to another one.
pub(crate) fn add<const N: usize>(total: &mut [f64; N], more: &[f64; N]) {
    for (component, addend) in total.iter_mut().zip(more) {
        *component += addend;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let values: Vec<f64> = (0..50_000_u32).map(|i| f64::from(i).sin()).collect();
        let part = |range: Range<usize>| [values[range].iter().sum::<f64>(), 1.0];
        let one = sum_over(values.len(), NonZeroUsize::MIN, part);
        for threads in [2, 3, 16, 100] {
            let threads = NonZeroUsize::new(threads).unwrap();
            assert_eq!(
                sum_over(values.len(), threads, part).map(f64::to_bits),
                one.map(f64::to_bits)
            );
        }
        assert!((one[1] - 13.0).abs() < 1e-15);
        let nothing = sum_over(0, NonZeroUsize::MIN, part);
        assert!(nothing.iter().all(|sum| sum.abs() < f64::MIN_POSITIVE));
    }
}
