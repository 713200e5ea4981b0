//! Who is drawn where a fit cannot look at everybody: by a hash of the customer's id, so that the
//! same customers are drawn at every fit, in whatever order they come, and a smaller sample is a part
//! of a larger one.

use kernel::money::BasisPoints;

/// One customer's place in every draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

impl Ticket {
    /// Draws the ticket of an id: FNV-1a (Fowler, Noll & Vo), and the last steps of `MurmurHash3`
    /// (Appleby), after which each bit hangs on all of the id.
    pub fn of(id: &str) -> Self {
        let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        Self(mixed ^ (mixed >> 33))
    }

    /// Whether the customer is still in a sample that was halved so many times.
    pub const fn is_drawn(self, halvings: u32) -> bool {
        self.0.trailing_zeros() >= halvings
    }

    /// Whether the customer is in a share of all, always the same ones; a smaller share is a part of
    /// a larger one.
    pub fn is_within(self, share: BasisPoints) -> bool {
        (self.0 >> 32) % u64::from(BasisPoints::ONE.0) < u64::from(share.0)
    }

    /// Whether versions are compared on the customer, and none learns from them: a tenth, who are the
    /// same at every fit, whatever share is drawn.
    pub const fn is_held_out(self) -> bool {
        (self.0 >> 32).is_multiple_of(HELD_OUT_ONE_IN)
    }
}

/// One customer in so many is held out of what models learn.
const HELD_OUT_ONE_IN: u64 = 10;

/// How much of what there was a sample holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many were there.
    pub seen: u64,
    /// How many times they were halved.
    pub halvings: u32,
}

impl Share {
    /// Returns of how many one was taken.
    pub fn one_in(self) -> u64 {
        1_u64.checked_shl(self.halvings).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_halves_and_parts_of_each_other() {
        let tickets: Vec<Ticket> = (0..40_000)
            .map(|number| Ticket::of(&format!("customer-{number}")))
            .collect();
        for halvings in 0..5_u32 {
            let drawn = tickets.iter().filter(|it| it.is_drawn(halvings)).count();
            let expected = 40_000_usize >> halvings;
            assert!(
                drawn.abs_diff(expected) < expected / 10,
                "{drawn} of {expected}"
            );
            let only_then = |it: &&Ticket| it.is_drawn(halvings + 1) && !it.is_drawn(halvings);
            assert_eq!(tickets.iter().find(only_then), None);
        }
    }

    #[test]
    fn a_tenth_is_held_out_of_every_share() {
        let tickets = (0..40_000).map(|number| Ticket::of(&format!("customer-{number}")));
        let drawn: Vec<Ticket> = tickets.filter(|it| it.is_drawn(2)).collect();
        let held_out = drawn.iter().filter(|it| it.is_held_out()).count();
        assert!(
            (held_out * 10).abs_diff(drawn.len()) < drawn.len() / 10,
            "{held_out}"
        );
    }

    #[test]
    fn a_customer_keeps_the_ticket_for_ever() {
        assert_eq!(Ticket::of("customer-1"), Ticket(12_536_098_675_308_940_762));
    }
}
