//! What customers choose about hearing from the company later, as a whole and on single channels.

use serde::{Deserialize, Serialize};

use super::named::Named;

/// What the customer chose about hearing from the company later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepInTouch {
    /// They want to.
    Wanted,
    /// They do not.
    NotWanted,
}

impl Named for KeepInTouch {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Wanted, "wanted"), (Self::NotWanted, "not_wanted")];
}

/// A way to reach somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactChannel {
    /// Voice calls.
    Phone,
    /// E-mail.
    Email,
    /// Text messages.
    Sms,
    /// Letters.
    Post,
    /// Notices inside an application.
    App,
}

impl Named for ContactChannel {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Phone, "phone"),
        (Self::Email, "email"),
        (Self::Sms, "sms"),
        (Self::Post, "post"),
        (Self::App, "app"),
    ];
}

/// What somebody chose when they left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// About every channel that they said nothing else of; absent when they did not choose.
    pub besides: Option<KeepInTouch>,
    single: [Option<KeepInTouch>; ContactChannel::NAMES.len()],
}

impl Choices {
    /// A choice about every channel, or none.
    pub const fn of(besides: Option<KeepInTouch>) -> Self {
        Self {
            besides,
            single: [None; ContactChannel::NAMES.len()],
        }
    }

    /// Notes a choice about one channel; of several the last counts.
    pub fn choose(&mut self, channel: ContactChannel, choice: KeepInTouch) {
        for ((known, _), place) in ContactChannel::NAMES.iter().zip(&mut self.single) {
            if *known == channel {
                *place = Some(choice);
            }
        }
    }

    /// The channels that they spoke of, with what they chose.
    pub fn single(self) -> impl Iterator<Item = (ContactChannel, KeepInTouch)> {
        let channels = ContactChannel::NAMES.iter().zip(self.single);
        channels.filter_map(|((channel, _), choice)| Some((*channel, choice?)))
    }

    /// The channels of which they chose this and spoke.
    pub fn channels(self, wanted: KeepInTouch) -> impl Iterator<Item = ContactChannel> {
        let chosen = self.single().filter(move |(_, choice)| *choice == wanted);
        chosen.map(|(channel, _)| channel)
    }

    /// What is to be recorded of each channel. That they do not want to hear anything is an objection
    /// everywhere; that they want to, on no channel in particular, is no agreement to any.
    pub fn recorded(self) -> Vec<(ContactChannel, KeepInTouch)> {
        let unnamed = self.besides.filter(|it| *it == KeepInTouch::NotWanted);
        let channels = ContactChannel::NAMES.iter().zip(self.single);
        channels
            .filter_map(|((channel, _), choice)| Some((*channel, choice.or(unnamed)?)))
            .collect()
    }

    /// They want to hear from the company on some channel.
    pub fn is_wanted(self) -> bool {
        self.channels(KeepInTouch::Wanted).next().is_some()
            || self.besides == Some(KeepInTouch::Wanted)
    }

    /// They do not want to be reached this way.
    pub fn refuses(self, channel: ContactChannel) -> bool {
        self.recorded().contains(&(channel, KeepInTouch::NotWanted))
    }

    /// They want to hear nothing on any channel.
    pub fn is_refused(self) -> bool {
        let channels = ContactChannel::NAMES.iter();
        channels
            .map(|(channel, _)| *channel)
            .all(|channel| self.refuses(channel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_an_objection_everywhere_and_a_wish_agrees_to_named_channels_alone() {
        let mut no = Choices::of(Some(KeepInTouch::NotWanted));
        assert!(no.is_refused() && !no.is_wanted());
        assert_eq!(no.recorded().len(), ContactChannel::NAMES.len());
        no.choose(ContactChannel::Email, KeepInTouch::Wanted);
        assert!(!no.is_refused() && no.is_wanted());
        assert!(no.refuses(ContactChannel::Phone) && !no.refuses(ContactChannel::Email));

        let mut yes = Choices::of(Some(KeepInTouch::Wanted));
        assert_eq!(yes.recorded(), []);
        yes.choose(ContactChannel::Sms, KeepInTouch::Wanted);
        yes.choose(ContactChannel::Sms, KeepInTouch::NotWanted);
        let expected = [(ContactChannel::Sms, KeepInTouch::NotWanted)];
        assert_eq!(yes.recorded(), expected);
        assert!(yes.is_wanted() && !yes.is_refused());
        assert_eq!(Choices::default().recorded(), []);
    }

    #[test]
    fn who_refuses_every_channel_by_name_refuses() {
        let mut choices = Choices::default();
        for (channel, _) in ContactChannel::NAMES {
            assert!(!choices.is_refused());
            choices.choose(*channel, KeepInTouch::NotWanted);
        }
        assert!(choices.is_refused());
    }
}
