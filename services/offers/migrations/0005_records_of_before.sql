-- A record written before verdicts became codes holds their sentences, and could not be read: not
-- its session, and not the promises that stand in it. Its verdicts are written as they are now.
-- Which clauses failed is left out, since the sentences do not number them.

create function pg_temp.grounds(reasons json) returns json language sql as $$
    select json_agg(json_build_array(code, '[]'::json) order by place)
    from (
        select reason ->> 'code' as code, min(place) as place
        from json_array_elements(reasons) with ordinality as listed (reason, place)
        group by 1
    ) as distinct_code
$$;

create function pg_temp.score(score json) returns json language sql as $$
    select case when json_typeof(score) = 'object' then json_build_object(
        'currency', score #> '{gain,currency}',
        'stay', score -> 'stay',
        'here_30_days', score -> 'here_30_days',
        'durable', score -> 'durable',
        'first_month', score #> '{first_month,minor}',
        'window', score #> '{window,minor}',
        'after', score #> '{after,minor}',
        'expected', score #> '{expected,minor}',
        'expected_no_offer', score #> '{expected_no_offer,minor}',
        'gain', score #> '{gain,minor}'
    ) end
$$;

create function pg_temp.verdicts(verdicts json) returns json language sql as $$
    select json_agg(json_strip_nulls(json_build_object(
        'offer_key', verdict -> 'offer_key',
        'grounds', pg_temp.grounds(verdict -> 'reasons'),
        'score', pg_temp.score(verdict -> 'score')
    )) order by place)
    from json_array_elements(verdicts) with ordinality as listed (verdict, place)
$$;

create function pg_temp.decision(decision json) returns json language sql as $$
    select json_object_agg(key, case key when 'verdicts' then pg_temp.verdicts(value) else value end)
    from json_each(decision)
$$;

-- Only what is of the old form: a verdict has no kind any more.
update decision
set record = (
    select json_object_agg(key, case key when 'decision' then pg_temp.decision(value) else value end)
    from json_each(record::json)
)::text
where record::json #> '{decision,verdicts,0,kind}' is not null;

drop function pg_temp.decision, pg_temp.verdicts, pg_temp.score, pg_temp.grounds;
