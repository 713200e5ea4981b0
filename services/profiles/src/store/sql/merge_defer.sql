set constraints account_customer_fk, subscription_account_fk, event_customer_fk,
    event_subscription_fk, incident_customer_fk, incident_subscription_fk, consent_customer_fk
    deferred
