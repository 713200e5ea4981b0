-- A verdict says the first thing that keeps an offer from a call. All of them are found when
-- somebody asks, so of the grounds in a record written before the first one is kept.

create function pg_temp.verdicts(verdicts json) returns json language sql as $$
    select json_agg(json_strip_nulls(json_build_object(
        'offer_key', verdict -> 'offer_key',
        'code', verdict #> '{grounds,0,0}',
        'score', verdict -> 'score'
    )) order by place)
    from json_array_elements(verdicts) with ordinality as listed (verdict, place)
$$;

create function pg_temp.decision(decision json) returns json language sql as $$
    select json_object_agg(key, case key when 'verdicts' then pg_temp.verdicts(value) else value end)
    from json_each(decision)
$$;

-- Only what has verdicts, of the old form.
update decision
set record = (
    select json_object_agg(key, case key when 'decision' then pg_temp.decision(value) else value end)
    from json_each(record::json)
)::text
where exists (
    select from json_array_elements(record::json #> '{decision,verdicts}') as listed (verdict)
    where verdict -> 'grounds' is not null
);

drop function pg_temp.decision, pg_temp.verdicts;
