//! Channels, in the words of the contract.

use contract::types::v1::ConsentChannel;

use crate::domain::keep_in_touch::ContactChannel;

/// Names a channel.
pub(super) const fn channel(channel: ContactChannel) -> ConsentChannel {
    match channel {
        ContactChannel::Phone => ConsentChannel::Phone,
        ContactChannel::Email => ConsentChannel::Email,
        ContactChannel::Sms => ConsentChannel::Sms,
        ContactChannel::Post => ConsentChannel::Post,
        ContactChannel::App => ConsentChannel::App,
    }
}
