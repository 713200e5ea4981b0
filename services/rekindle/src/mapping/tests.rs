use contract::profiles::v1::ImportRecord;
use contract::profiles::v1::import_record::Record;

use super::*;

const MAPPING: &str = r#"
[source]
format = "csv"
as_of = "2026-11-01"

[[record]]
kind = "customer"
once_per = ["id"]
[record.fields]
customer_id = "id"
kind = { constant = "person" }

[[record]]
kind = "account"
once_per = ["id"]
[record.fields]
customer_id = "id"
account_id = { text = "{id}-a" }
business_line = { constant = "telecom" }
open_time = { column = "tenure", months_before_as_of = true }

[[record]]
kind = "subscription"
when = { column = "line", is_not = "none" }
[record.fields]
customer_id = "id"
account_id = { text = "{id}-a" }
subscription_id = { text = "{id}-{line}" }
relationship = { constant = "contractual" }
contract_kind = { column = "plan", map = { "Monthly" = "month_to_month", "Yearly" = "one_year" } }
state = { column = "left", map = { "Yes" = "ended", "No" = "active" } }
start_time = { column = "tenure", months_before_as_of = true }
service_end_time = { as_of = true, when = { column = "left", is = "Yes" } }
monthly_price = { column = "price", currency = "USD" }
[record.attributes]
payment = "payment"

[[record]]
kind = "event"
occurrence_of = ["id", "paid"]
when = { column = "paid", is_blank = false }
[record.fields]
customer_id = "id"
event_id = { text = "p-{paid}-{occurrence}" }
kind = { constant = "payment" }
event_time = { column = "paid", date = "%d.%m.%Y" }
amount = { column = "price", currency = "USD" }
"#;

const COLUMNS: [&str; 8] = [
    "id", "line", "plan", "left", "tenure", "price", "payment", "paid",
];

fn read(text: &str) -> Result<Mapping, Vec<Problem>> {
    Mapping::read(text, None, |_| Ok(COLUMNS.map(str::to_owned).to_vec()))
}

fn names(records: &[ImportRecord]) -> Vec<&'static str> {
    records
        .iter()
        .map(|record| match record.record {
            Some(Record::Customer(_)) => "customer",
            Some(Record::Account(_)) => "account",
            Some(Record::Subscription(_)) => "subscription",
            Some(Record::Event(_)) => "event",
            _ => "other",
        })
        .collect()
}

fn event_ids(records: &[ImportRecord]) -> Vec<String> {
    records
        .iter()
        .filter_map(|record| match &record.record {
            Some(Record::Event(event)) => Some(event.event_id.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_row_becomes_the_records_that_apply_to_it() {
    let mut mapping = read(MAPPING).expect("a good mapping");
    let row = ["c-1", "net", "Yearly", "Yes", "13", "29.85", "card", ""];
    let records = mapping.records(2, &row).expect("a good row");
    assert_eq!(names(&records), ["customer", "account", "subscription"]);
    let Some(Record::Subscription(subscription)) = &records[2].record else {
        panic!("the third record is the subscription");
    };
    assert_eq!(subscription.subscription_id, "c-1-net");
    assert_eq!(subscription.contract_kind, 2);
    assert_eq!(
        subscription.monthly_price.as_ref().map(|price| price.minor),
        Some(2985)
    );
    let time = |text: &str| {
        let instant: jiff::Timestamp = text.parse().expect("an instant");
        Some(wire_time(instant))
    };
    assert_eq!(subscription.start_time, time("2025-10-01T00:00:00Z"));
    assert_eq!(subscription.service_end_time, time("2026-11-01T00:00:00Z"));
    assert_eq!(subscription.attributes["payment"], "card");
    assert!(records.iter().all(|record| record.row == 2));
}

#[test]
fn a_mapping_says_what_was_said_at_an_end_and_where_in_time_somebody_lives() {
    let said = r#"stated_reason = { column = "payment", map = { "dear" = "too_expensive" } }
reason_category = { constant = "price" }
monthly_price"#;
    let text = MAPPING.replacen("monthly_price", said, 1).replacen(
        "kind = { constant = \"person\" }",
        "time_zone = { constant = \"Europe/Dublin\" }",
        1,
    );
    let mut mapping = read(&text).expect("a good mapping");
    let row = ["c-1", "net", "Yearly", "Yes", "13", "29.85", "dear", ""];
    let records = mapping.records(2, &row).expect("a good row");
    let (Some(Record::Customer(customer)), Some(Record::Subscription(subscription))) =
        (&records[0].record, &records[2].record)
    else {
        panic!("a customer and a subscription");
    };
    assert_eq!(customer.time_zone, "Europe/Dublin");
    assert_eq!(subscription.stated_reason, "too_expensive");
    assert_eq!(subscription.reason_category, "price");
}

#[test]
fn the_first_row_wins_and_occurrences_are_told_apart() {
    let mut mapping = read(MAPPING).expect("a good mapping");
    let row = ["c-1", "none", "Yearly", "No", "1", "5.00", "", "02.10.2026"];
    let first = mapping.records(2, &row).expect("a good row");
    let second = mapping.records(3, &row).expect("a good row");
    assert_eq!(names(&first), ["customer", "account", "event"]);
    assert_eq!(names(&second), ["event"]);
    assert_eq!(event_ids(&first), ["p-02.10.2026-1"]);
    assert_eq!(event_ids(&second), ["p-02.10.2026-2"]);
}

#[test]
fn every_fault_of_a_row_is_named_and_nothing_of_it_counts_as_seen() {
    let mut mapping = read(MAPPING).expect("a good mapping");
    let bad = ["c-1", "net", "Weekly", "No", "", "5,00", "", ""];
    let faults = mapping.records(2, &bad).expect_err("four faults");
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    let expected = [
        "account.open_time",
        "subscription.contract_kind",
        "subscription.monthly_price",
        "subscription.start_time",
    ];
    assert_eq!(fields, expected);
    assert!(
        faults[0].message.contains("column tenure: is blank"),
        "{}",
        faults[0].message
    );
    let good = ["c-1", "net", "Yearly", "No", "1", "5.00", "", ""];
    let records = mapping.records(3, &good).expect("a good row");
    assert_eq!(names(&records), ["customer", "account", "subscription"]);
}

#[test]
fn every_mistake_in_a_mapping_is_named_at_once() {
    let text = r#"
[source]
format = "csv"
delimeter = ";"

[[record]]
kind = "custommer"

[[record]]
kind = "subscription"
[record.fields]
customer_id = "idd"
account_id = { text = "{account}-a", date = "%Y" }
subscription_id = { column = "id", constant = "x" }
relationship = { constant = "contratual" }
state = { column = "left", map = { "Yes" = "endet" } }
start_time = "tenure"
monthly_price = { column = "price" }
service_end_time = { as_of = true }
survey = 3
"#;
    let problems = read(text).expect_err("many problems");
    let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let expected = [
        "4:1: unknown key \"delimeter\"",
        "7:8: no kind of record \"custommer\"",
        "12:15: the source has no column \"idd\"",
        "13:23: the source has no column \"account\"",
        "13:38: unknown key \"date\"",
        "14:19: subscription_id needs one of column, text, constant, as_of",
        "15:29: relationship: \"contratual\" is none of",
        "16:44: \"endet\" is none of",
        "17:14: start_time is a day",
        "18:17: monthly_price needs a currency",
        "19:20: needs a day",
        "20:1: unknown key \"survey\"",
    ];
    for expected in expected {
        assert!(
            found.iter().any(|it| it.starts_with(expected)),
            "{expected} in {found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    assert!(
        found[0].ends_with("did you mean \"delimiter\"?"),
        "{}",
        found[0]
    );
}

#[test]
fn broken_toml_and_a_missing_source_have_places_too() {
    let problems = read("[source]\nformat = csv\n").expect_err("no quotes");
    assert_eq!(problems[0].line, 2);
    let problems = read("[[record]]\nkind = \"customer\"\n").expect_err("no source");
    assert!(problems[0].message.contains("[source]"), "{}", problems[0]);
}

#[test]
fn occurrences_need_to_know_what_they_count_within() {
    let text = MAPPING.replace("occurrence_of = [\"id\", \"paid\"]\n", "");
    let problems = read(&text).expect_err("nothing to count within");
    assert!(
        problems[0].message.contains("occurrence_of"),
        "{}",
        problems[0]
    );
}

#[test]
fn the_day_can_be_given_from_outside() {
    let as_of = Some(jiff::civil::date(2020, 3, 31));
    let columns = COLUMNS.map(str::to_owned).to_vec();
    let mapping = Mapping::read(MAPPING, as_of, |_| Ok(columns)).expect("a good mapping");
    assert_eq!(mapping.shape().as_of, as_of);
}

const TELCO: &str = include_str!("../../../../deploy/seed/telco.toml");
const CDNOW: &str = include_str!("../../../../deploy/seed/cdnow.toml");

const TELCO_COLUMNS: &str = "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,\
MultipleLines,InternetService,OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,StreamingTV,\
StreamingMovies,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn";

fn telco() -> Mapping {
    let columns = TELCO_COLUMNS.split(',').map(str::to_owned).collect();
    Mapping::read(TELCO, None, |_| Ok(columns)).expect("the seed mapping is good")
}

fn telco_row<'row>(tenure: &'row str, total: &'row str, left: &'row str) -> [&'row str; 21] {
    let mut row = ["No"; 21];
    (row[0], row[5], row[15], row[18]) = ("c-1", tenure, "Two year", "52.55");
    (row[19], row[20]) = (total, left);
    row
}

#[test]
fn a_subscription_of_less_than_a_month_is_loaded_and_protected_columns_are_not() {
    let records = telco()
        .records(2, &telco_row("0", "", "No"))
        .expect("a good row");
    let Some(Record::Subscription(subscription)) = &records[2].record else {
        panic!("the third record is the subscription");
    };
    assert!(!subscription.attributes.contains_key("total_charges"));
    for protected in ["gender", "senior", "partner", "dependents"] {
        let is_loaded = |name: &String| name.to_lowercase().contains(protected);
        assert!(
            !subscription.attributes.keys().any(is_loaded),
            "{protected}"
        );
    }
    assert_eq!(subscription.service_end_time, None);
    assert_eq!(subscription.end_reason, 0);
}

#[test]
fn who_left_ends_on_the_day_of_the_table_after_the_tenure_given() {
    let records = telco()
        .records(2, &telco_row("13", "683.15", "Yes"))
        .expect("a good row");
    let Some(Record::Subscription(subscription)) = &records[2].record else {
        panic!("the third record is the subscription");
    };
    let day = |time: &Option<prost_types::Timestamp>| time.map(|time| time.seconds / 86_400);
    let (start, end) = (
        day(&subscription.start_time),
        day(&subscription.service_end_time),
    );
    assert_eq!(end.zip(start).map(|(end, start)| end - start), Some(396));
    assert_eq!(subscription.state, 6);
    assert_eq!(subscription.end_reason, 1);
}

#[test]
fn purchases_of_one_day_are_told_apart_and_the_first_makes_the_customer() {
    let columns = |shape: &SourceShape| Ok(shape.columns.clone().unwrap_or_default());
    let mut mapping = Mapping::read(CDNOW, None, columns).expect("the seed mapping is good");
    let mut read = |line, day, amount| {
        let row = ["00004", "0001", day, "2", amount];
        mapping.records(line, &row).expect("a good row")
    };
    let rows = [
        read(1, "19970101", "29.33"),
        read(2, "19970101", "5.00"),
        read(3, "19970102", "0.00"),
    ];
    let counts: Vec<usize> = rows.iter().map(Vec::len).collect();
    assert_eq!(counts, [4, 1, 1]);
    let ids: Vec<String> = rows.iter().flat_map(|records| event_ids(records)).collect();
    let expected = [
        "purchase-19970101-1",
        "purchase-19970101-2",
        "purchase-19970102-1",
    ];
    assert_eq!(ids, expected);
}
