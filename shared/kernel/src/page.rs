//! Pages of a list: whether there is a next one, and where it begins.

/// How many to read for a page: one more than asked for tells whether there is a next one.
pub const fn one_more(size: u32) -> u32 {
    size.saturating_add(1)
}

/// Cuts what was read to a page, and returns its last entry, which the next page begins after; none
/// when this page is the last.
pub fn cut<T>(read: &mut Vec<T>, size: u32) -> Option<&T> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if read.len() <= size {
        return None;
    }
    read.truncate(size);
    read.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_more_than_asked_for_makes_a_next_page() {
        for (count, kept, last) in [(0, 0, None), (2, 2, None), (3, 2, Some(1)), (9, 2, Some(1))] {
            let mut read: Vec<u32> = (0..count).collect();
            assert_eq!(cut(&mut read, 2).copied(), last);
            assert_eq!(read.len(), kept);
        }
        assert_eq!(one_more(u32::MAX), u32::MAX);
    }
}
