select (select count(*) from subscription_exposure) + (select count(*) from purchase_history)
    as "count!"
