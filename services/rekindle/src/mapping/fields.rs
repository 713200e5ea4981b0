//! What a mapping can fill: the kinds of records, their fields and the types of these.

use crate::vocabulary::{self, Vocabulary};

/// The type of a field decides which converters fit it.
#[derive(Clone, Copy, Debug)]
pub(super) enum FieldType {
    /// A text.
    Text,
    /// A word of a closed list.
    Word(Vocabulary),
    /// An instant; mappings give days.
    Instant,
    /// An amount with its currency.
    Money,
    /// A whole number.
    Count,
    /// Yes or no.
    Flag,
}

impl FieldType {
    /// The name of the type in messages.
    pub(super) fn described(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Word(_) => "one of a list of words",
            Self::Instant => "a day",
            Self::Money => "an amount of money",
            Self::Count => "a whole number",
            Self::Flag => "yes or no",
        }
    }

    /// The options, beside where the value comes from, that make sense for the type.
    pub(super) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Text | Self::Word(_) => &["map"],
            Self::Instant => &["date", "months_before_as_of"],
            Self::Money => &["currency"],
            Self::Count => &[],
            Self::Flag => &["yes", "no"],
        }
    }
}

/// One field of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// The name, as in the contract.
    pub(super) name: &'static str,
    /// The type.
    pub(super) kind: FieldType,
    /// A record without it is refused.
    pub(super) required: bool,
}

const fn required(name: &'static str, kind: FieldType) -> Field {
    Field {
        name,
        kind,
        required: true,
    }
}

const fn optional(name: &'static str, kind: FieldType) -> Field {
    Field {
        name,
        kind,
        required: false,
    }
}

/// One kind of record.
#[derive(Debug)]
pub(super) struct RecordKind {
    /// The name, as in the contract's `ImportRecord`.
    pub(super) name: &'static str,
    /// Its fields.
    pub(super) fields: &'static [Field],
}

impl RecordKind {
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Every kind of record, in the order in which a row is best written.
pub(super) const RECORD_KINDS: &[RecordKind] =
    &[CUSTOMER, ACCOUNT, SUBSCRIPTION, EVENT, INCIDENT, CONSENT];

const CUSTOMER: RecordKind = RecordKind {
    name: "customer",
    fields: &[
        required("customer_id", FieldType::Text),
        optional("kind", FieldType::Word(vocabulary::CUSTOMER_KIND)),
        optional("display_name", FieldType::Text),
        optional("email", FieldType::Text),
        optional("phone", FieldType::Text),
        optional("jurisdiction", FieldType::Text),
        optional("language", FieldType::Text),
        optional("time_zone", FieldType::Text),
        optional("deceased", FieldType::Flag),
        optional("vulnerable", FieldType::Flag),
        optional("do_not_offer", FieldType::Flag),
    ],
};

const ACCOUNT: RecordKind = RecordKind {
    name: "account",
    fields: &[
        required("customer_id", FieldType::Text),
        required("account_id", FieldType::Text),
        required("business_line", FieldType::Text),
        required("open_time", FieldType::Instant),
    ],
};

const SUBSCRIPTION: RecordKind = RecordKind {
    name: "subscription",
    fields: &[
        required("customer_id", FieldType::Text),
        required("account_id", FieldType::Text),
        required("subscription_id", FieldType::Text),
        optional("product", FieldType::Text),
        required("relationship", FieldType::Word(vocabulary::RELATIONSHIP)),
        optional("contract_kind", FieldType::Word(vocabulary::CONTRACT_KIND)),
        required("state", FieldType::Word(vocabulary::SUBSCRIPTION_STATE)),
        required("start_time", FieldType::Instant),
        optional("commitment_end_time", FieldType::Instant),
        optional("service_end_time", FieldType::Instant),
        optional("billing_end_time", FieldType::Instant),
        optional("monthly_price", FieldType::Money),
        optional("end_reason", FieldType::Word(vocabulary::END_REASON)),
        optional("stated_reason", FieldType::Text),
        optional("reason_category", FieldType::Text),
    ],
};

const EVENT: RecordKind = RecordKind {
    name: "event",
    fields: &[
        required("customer_id", FieldType::Text),
        required("event_id", FieldType::Text),
        required("kind", FieldType::Word(vocabulary::EVENT_KIND)),
        required("event_time", FieldType::Instant),
        optional("subscription_id", FieldType::Text),
        optional("amount", FieldType::Money),
        optional("quantity", FieldType::Count),
        optional("detail", FieldType::Text),
        optional("survey_score", FieldType::Count),
    ],
};

const INCIDENT: RecordKind = RecordKind {
    name: "incident",
    fields: &[
        required("customer_id", FieldType::Text),
        required("incident_id", FieldType::Text),
        optional("subscription_id", FieldType::Text),
        required("severity", FieldType::Word(vocabulary::SEVERITY)),
        optional(
            "responsible_party",
            FieldType::Word(vocabulary::RESPONSIBLE_PARTY),
        ),
        optional("category", FieldType::Text),
        required("open_time", FieldType::Instant),
        optional("promise_due_time", FieldType::Instant),
        optional("resolve_time", FieldType::Instant),
        optional("outcome", FieldType::Text),
    ],
};

const CONSENT: RecordKind = RecordKind {
    name: "consent",
    fields: &[
        required("customer_id", FieldType::Text),
        required("channel", FieldType::Word(vocabulary::CONSENT_CHANNEL)),
        required("state", FieldType::Word(vocabulary::CONSENT_STATE)),
        required("record_time", FieldType::Instant),
        optional("source", FieldType::Text),
    ],
};
