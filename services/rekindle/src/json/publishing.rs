//! Catalogues and policies as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::{desk, time};
use crate::vocabulary;

/// Every problem of the files.
pub fn problems(problems: &[pb::Problem]) -> Value {
    json!({"problems": listed_problems(problems)})
}

/// Problems, one by one.
pub fn listed_problems(problems: &[pb::Problem]) -> Vec<Value> {
    let listed = problems.iter().map(|it| {
        json!({
            "file": it.file,
            "line": it.line,
            "column": it.column,
            "code": it.code,
            "message": it.message,
        })
    });
    listed.collect()
}

/// A catalogue: its version, if it has one, its offers, and what should be looked at.
pub fn catalogue(
    version: Option<&pb::CatalogueVersion>,
    offers: &[pb::OfferSummary],
    is_new: bool,
    warnings: &[pb::Problem],
) -> Value {
    let offers: Vec<Value> = offers
        .iter()
        .map(|it| {
            json!({
                "offer_key": it.offer_key,
                "lever": vocabulary::LEVER.word(it.lever),
                "title": it.title,
                "review_due": it.review_due,
            })
        })
        .collect();
    json!({
        "problems": listed_problems(warnings),
        "version": version.map(|it| it.version),
        "publish_time": version.map_or(Value::Null, |it| time(it.publish_time.as_ref())),
        "digest": version.map(|it| it.digest.as_str()),
        "changed": is_new,
        "offers": offers,
    })
}

/// What may be said in a situation, and which rows say so.
pub fn policy(explained: &pb::ExplainPolicyResponse) -> Value {
    let rows: Vec<Value> = explained
        .rows
        .iter()
        .map(|it| {
            json!({
                "key": it.key,
                "applied": it.applied,
                "why": it.why,
                "source": it.source,
                "verify": it.verify,
            })
        })
        .collect();
    json!({"policy": explained.policy.as_ref().map(desk::policy), "rows": rows})
}
