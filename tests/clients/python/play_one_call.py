"""Plays one cancellation call with the stock gRPC client of another language.

Knows nothing of the contract but the names of the methods: the messages come from reflection.
Takes the addresses from REKINDLE_PROFILES_URL, REKINDLE_LIFECYCLE_URL and REKINDLE_OFFERS_URL, as
`rekindle up -- COMMAND` sets them, and fails with the first thing that is not as it should be.
"""

import datetime
import os
import pathlib
import sys
import tomllib
import uuid

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

SEED = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "seed"
RUN = uuid.uuid4().hex[:12]
CUSTOMERS = 400


class Service:
    """One of our services, as reflection describes it."""

    def __init__(self, name):
        address = os.environ[f"REKINDLE_{name.upper()}_URL"].removeprefix("http://")
        self.channel = grpc.insecure_channel(address)
        self.pool = descriptor_pool.DescriptorPool(
            ProtoReflectionDescriptorDatabase(self.channel)
        )
        self.package = f"rekindle.{name}.v1"

    def message(self, name, **fields):
        descriptor = self.pool.FindMessageTypeByName(f"{self.package}.{name}")
        return message_factory.GetMessageClass(descriptor)(**fields)

    def method(self, service, name):
        path = f"{self.package}.{service}"
        method = self.pool.FindServiceByName(path).FindMethodByName(name)
        kind = {
            (False, False): self.channel.unary_unary,
            (False, True): self.channel.unary_stream,
            (True, True): self.channel.stream_stream,
        }[method.client_streaming, method.server_streaming]
        return kind(
            f"/{path}/{name}",
            request_serializer=message_factory.GetMessageClass(
                method.input_type
            ).SerializeToString,
            response_deserializer=message_factory.GetMessageClass(
                method.output_type
            ).FromString,
        )

    def call(self, service, name, **fields):
        request = self.message(f"{name}Request", **fields)
        return self.method(service, name)(request, timeout=30)


def instant(days_ago):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days_ago)
    return {"seconds": int(then.timestamp())}


def records_of(number):
    """A customer with one monthly subscription; every third one has left."""
    customer_id, started = f"py-{RUN}-{number}", 60 + 3 * number
    subscription = {
        "customer_id": customer_id,
        "account_id": f"a-{RUN}-{number}",
        "subscription_id": f"s-{RUN}-{number}",
        "product": "fibre",
        "relationship": "RELATIONSHIP_TYPE_CONTRACTUAL",
        "contract_kind": "CONTRACT_KIND_MONTH_TO_MONTH",
        "state": "SUBSCRIPTION_STATE_ACTIVE",
        "start_time": instant(started),
        "monthly_price": {"minor": 5000, "currency": "USD"},
    }
    if number % 3 == 2:
        subscription |= {
            "state": "SUBSCRIPTION_STATE_ENDED",
            "service_end_time": instant(started // 2),
            "billing_end_time": instant(started // 2),
            "end_reason": "END_REASON_CUSTOMER_TERMINATION",
        }
    customer = {
        "customer_id": customer_id,
        "kind": "CUSTOMER_KIND_PERSON",
        "display_name": "Somebody",
        "jurisdiction": "US-TX",
        "language": "en",
    }
    account = {
        "customer_id": customer_id,
        "account_id": subscription["account_id"],
        "business_line": "telecom",
        "open_time": instant(started),
    }
    row = number + 1
    return [
        {"row": row, "customer": customer},
        {"row": row, "account": account},
        {"row": row, "subscription": subscription},
    ]


def import_customers(profiles):
    chunk = 100
    requests = (
        profiles.message(
            "ImportRequest",
            records=[
                record
                for number in range(first, first + chunk)
                for record in records_of(number)
            ],
        )
        for first in range(0, CUSTOMERS, chunk)
    )
    answers = list(profiles.method("ImportService", "Import")(requests, timeout=60))
    refused = [refusal for answer in answers for refusal in answer.refusals]
    assert not refused, refused
    assert sum(answer.changed_count for answer in answers) == CUSTOMERS, answers


def publish(offers):
    def source(name):
        return {"name": name, "text": (SEED / name).read_text()}

    who = {"published_by": "python", "note": "one call"}
    catalogue = offers.call(
        "CatalogueService",
        "PublishCatalogue",
        request_id=f"catalogue-{RUN}",
        files=[source("catalogue.yaml"), source("reasons.yaml")],
        **who,
    )
    assert not catalogue.problems, catalogue.problems
    policy = offers.call(
        "PolicyService",
        "PublishPolicy",
        request_id=f"policy-{RUN}",
        files=[source("policy.yaml")],
        **who,
    )
    assert not policy.problems, policy.problems
    budgets = tomllib.loads((SEED / "budgets.toml").read_text())
    for key, budget in budgets.items():
        window = f"BUDGET_WINDOW_{budget['window'].upper()}"
        offers.call(
            "BudgetService",
            "PutBudget",
            request_id=f"budget-{key}-{RUN}",
            budget=budget | {"budget_key": key, "window": window},
        )


def play(offers):
    ids = {"customer_id": f"py-{RUN}-1", "contact_id": f"contact-{RUN}"}
    question = ids | {
        "request_id": f"ask-{RUN}",
        "subscription_id": f"s-{RUN}-1",
        "channel": "CHANNEL_PHONE",
        "reason": "too_expensive",
    }
    answer = offers.call("SaveDeskService", "RequestSaveOffer", **question)
    assert answer.offers, answer
    assert answer.offers[0].terms.price_after.currency == "USD", answer.offers[0]
    again = offers.call("SaveDeskService", "RequestSaveOffer", **question)
    assert again.replayed and again.decision_id == answer.decision_id, again
    for step, state in (("PRESENTED", "OFFERED"), ("ACCEPTED", "SAVE_RECORDED")):
        recorded = offers.call(
            "SaveDeskService",
            "RecordResponse",
            **ids,
            request_id=f"{step}-{RUN}",
            session_id=answer.session_id,
            presented_offer_id=answer.offers[0].presented_offer_id,
            outcome=f"PRESENTED_OUTCOME_{step}",
            disclosed=True,
        )
        states = offers.pool.FindEnumTypeByName(f"{offers.package}.SessionState")
        assert states.values_by_number[recorded.session_state].name == f"SESSION_STATE_{state}"
    left = offers.call(
        "SaveDeskService",
        "ConfirmCancellation",
        customer_id=f"py-{RUN}-3",
        subscription_id=f"s-{RUN}-3",
        contact_id=f"contact-{RUN}-3",
    )
    assert len(left.acknowledgement.hash) == 64, left
    return answer.offers[0].title


def refuse(offers):
    """Bad input has its canonical code here too."""
    try:
        offers.call("SaveDeskService", "RequestSaveOffer", request_id="no customer")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
        return
    raise AssertionError("a request without a customer was accepted")


def main():
    profiles, lifecycle, offers = map(Service, ("profiles", "lifecycle", "offers"))
    publish(offers)
    import_customers(profiles)
    fit = list(
        lifecycle.call(
            "ModelService", "FitModel", kind="MODEL_KIND_LIFE_TABLE", activate_if_better=True
        )
    )
    assert fit[-1].model.active, fit
    title = play(offers)
    refuse(offers)
    print(f"a Python client played one call: offered, accepted, left ({title})")


if __name__ == "__main__":
    sys.exit(main())
