//! Questions for permission to contact customers, and their answers.

use contract::profiles::v1 as wire;
use contract::types::v1::ConsentChannel;
use edge::wire::{instant, timestamp};

use crate::domain::care::permission::{Finding, Permission};
use crate::domain::care::{Channel, Purpose};
use crate::usecase::ports::ContactQuestion;

/// Puts questions in the words of profiles.
pub(super) fn request(questions: &[ContactQuestion]) -> wire::MayContactRequest {
    let question = |question: &ContactQuestion| wire::ContactQuestion {
        customer_id: question.customer_id.clone(),
        channel: channel(question.channel).into(),
        purpose: purpose(question.purpose).into(),
        send_time: Some(timestamp(question.send_time)),
    };
    wire::MayContactRequest {
        questions: questions.iter().map(question).collect(),
    }
}

/// Reads the answers; nothing when they are not as many as the questions.
pub(super) fn read(
    questions: &[ContactQuestion],
    answer: wire::MayContactResponse,
) -> Option<Vec<Permission>> {
    if answer.permissions.len() != questions.len() {
        return None;
    }
    let answers = questions.iter().zip(answer.permissions);
    Some(
        answers
            .map(|(asked, given)| permission(asked, given))
            .collect(),
    )
}

fn permission(asked: &ContactQuestion, given: wire::ContactPermission) -> Permission {
    let finding = |finding: wire::ContactFinding| Finding {
        code: finding.code,
        forbids: finding.forbids,
    };
    let next = given.next_allowed_time.as_ref().and_then(instant);
    Permission {
        channel: asked.channel,
        is_allowed: given.allowed,
        findings: given.findings.into_iter().map(finding).collect(),
        // What lies behind would be asked about again and again.
        next_allowed_time: next.filter(|next| *next > asked.send_time),
        rules_version: given.rules_version,
    }
}

fn channel(channel: Channel) -> ConsentChannel {
    match channel {
        Channel::Phone => ConsentChannel::Phone,
        Channel::Email => ConsentChannel::Email,
        Channel::Sms => ConsentChannel::Sms,
        Channel::Post => ConsentChannel::Post,
        Channel::App => ConsentChannel::App,
    }
}

fn purpose(purpose: Purpose) -> wire::ContactPurpose {
    match purpose {
        Purpose::Service => wire::ContactPurpose::Service,
        Purpose::Care => wire::ContactPurpose::Care,
        Purpose::Marketing => wire::ContactPurpose::Marketing,
    }
}
