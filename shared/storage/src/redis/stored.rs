//! How an entry looks inside Redis: a revision, a kind, then the value.
//!
//! The revision is 20 decimal digits, so that the script can compare revisions as text: numbers in
//! Redis' Lua lose precision beyond 2^53.

/// Length of the revision and the kind.
const HEADER: usize = 21;

/// Keeps an entry unless what is stored is newer.
/// KEYS: entry. ARGV: header, value, milliseconds to live.
/// A tombstone yields to an entry of its own revision, and never replaces one.
pub(super) const SET_IF_NEWER: &str = r"
local stored = redis.call('getrange', KEYS[1], 0, 20)
if string.match(stored, '^%d+[VT]$') and #stored == 21 then
    local held, offered = string.sub(stored, 1, 20), string.sub(ARGV[1], 1, 20)
    if held > offered then return 0 end
    if held == offered and string.sub(ARGV[1], 21) == 'T' then return 0 end
end
redis.call('set', KEYS[1], ARGV[1] .. ARGV[2], 'px', ARGV[3])
return 1
";

/// Builds the header of a value.
pub(super) fn value_header(revision: u64) -> String {
    format!("{revision:020}V")
}

/// Builds the header of a tombstone.
pub(super) fn tombstone_header(revision: u64) -> String {
    format!("{revision:020}T")
}

/// Returns the value, if the entry is one and is well-formed.
pub(super) fn value(mut stored: Vec<u8>) -> Option<Vec<u8>> {
    let header = stored.get(..HEADER)?;
    let well_formed = header[..HEADER - 1].iter().all(u8::is_ascii_digit);
    if !well_formed || header[HEADER - 1] != b'V' {
        return None;
    }
    stored.drain(..HEADER);
    Some(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_value_is_one() {
        let entry = |header: String| [header.as_bytes(), b"payload"].concat();
        assert_eq!(
            value(entry(value_header(u64::MAX))),
            Some(b"payload".to_vec())
        );
        assert_eq!(value(entry(tombstone_header(7))), None);
        assert_eq!(value(b"short".to_vec()), None);
        assert_eq!(value(b"not a revision at allVpayload".to_vec()), None);
    }
}
