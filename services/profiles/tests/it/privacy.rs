//! Names, addresses and numbers of persons are in one table and nowhere else.

use std::io::Write;
use std::sync::{Arc, Mutex};

use contract::profiles::v1 as pb;
use tonic::Code;
use tracing_subscriber::fmt::MakeWriter;

use crate::builders::{customer, row};
use crate::stand::Stand;
use crate::statuses::refused;

const CANARIES: [&str; 3] = ["Canaria Oriole", "canary@aviary.example", "+44 7700 900123"];

fn canary(id: &str) -> pb::Customer {
    pb::Customer {
        display_name: CANARIES[0].to_owned(),
        email: CANARIES[1].to_owned(),
        phone: CANARIES[2].to_owned(),
        ..customer(id)
    }
}

/// Everything logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[track_caller]
fn no_canary(place: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} in {place}: {text}");
    }
}

/// Writes, reads, refuses and fails, with the canaries in every request that takes them.
async fn exercise(stand: &Stand) {
    let request = pb::UpsertCustomerRequest {
        request_id: "r".to_owned(),
        customer: Some(canary("c")),
        ..pb::UpsertCustomerRequest::default()
    };
    stand
        .customers()
        .upsert_customer(request.clone())
        .await
        .unwrap();
    stand.customers().upsert_customer(request).await.unwrap();
    let record = pb::import_record::Record::Customer(canary("d"));
    stand.import(vec![row(1, record)]).await.unwrap();
    let malformed = stand.upsert(canary("not an id")).await;
    let status = refused(malformed, Code::InvalidArgument, "INVALID_FIELD");
    no_canary("an error", &format!("{status:?}"));
    let mangled = pb::Customer {
        display_name: format!("{}\u{7}", CANARIES[0]),
        email: CANARIES[1].repeat(20),
        phone: CANARIES[2].repeat(9),
        ..customer("c")
    };
    let status = refused(
        stand.upsert(mangled).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    no_canary("an error", &format!("{status:?} {:?}", status.details()));
    let stale = pb::UpsertCustomerRequest {
        etag: "r9".to_owned(),
        customer: Some(canary("c")),
        ..pb::UpsertCustomerRequest::default()
    };
    let status = stand.customers().upsert_customer(stale).await.unwrap_err();
    no_canary("an error", &format!("{status:?}"));
    // A constraint that fails quotes the row in the server's message.
    let spoilt =
        "alter table customer add constraint customer_spoilt_check check (vulnerable = false)";
    sqlx::raw_sql(spoilt)
        .execute(&stand.database.pool)
        .await
        .unwrap();
    let failing = pb::Customer {
        vulnerable: true,
        ..canary("e")
    };
    let status = refused(stand.upsert(failing).await, Code::Internal, "INTERNAL");
    no_canary("an error", &format!("{status:?}"));
}

// One thread, so that everything is logged to this test's own log.
#[tokio::test]
async fn canaries_are_in_no_log_error_outbox_snapshot_or_request_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let stand = Stand::start().await;
    exercise(&stand).await;
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // HTTP/2 frames carry the request itself; the process keeps those targets out of its log.
    let ours: Vec<&str> = logged
        .lines()
        .filter(|line| {
            !["h2::", "hyper", "tonic::transport", "tower::"]
                .iter()
                .any(|target| line.contains(target))
        })
        .collect();
    assert!(
        ours.iter().any(|line| line.contains("INTERNAL")),
        "the failure is logged"
    );
    no_canary("the log", &ours.join("\n"));
    let tables = "select (select jsonb_agg(to_jsonb(o) || jsonb_build_object('p', encode(payload, 'escape'))) from outbox o)::text
        || (select jsonb_agg(facts) from customer_snapshot)::text
        || (select jsonb_agg(to_jsonb(r) || jsonb_build_object('p', encode(response, 'escape'))) from request_log r)::text";
    let kept: String = sqlx::query_scalar(tables)
        .fetch_one(&stand.database.pool)
        .await
        .unwrap();
    assert!(kept.contains("customer_changed"));
    no_canary("a table", &kept);
}
