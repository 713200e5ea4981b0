-- An id that is another name, or that was erased, is no customer again, whoever writes: also not through
-- a process of a version that knows nothing of such ids.

create function erased_customer_digest(of_customer text) returns bytea
language sql stable as $$
    select sha256(string_agg(int8send(octet_length(part)) || convert_to(part, 'UTF8'), ''::bytea order by place))
    from (values (1, 'rekindle erased customer 1'), (2, of_customer)) as framed (place, part)
$$;
comment on function erased_customer_digest(text) is 'The digest under which an id is kept that was erased; the program makes it alike';

create function customer_is_not_gone() returns trigger
language plpgsql as $$
begin
    if exists (select from added join customer_alias on alias_customer_id = added.customer_id) then
        raise exception using errcode = 'check_violation', constraint = 'customer_no_alias_check',
            message = 'an id that was merged into another customer is no customer again';
    end if;
    if exists (select from added join erased_customer
               on customer_digest = erased_customer_digest(added.customer_id)) then
        raise exception using errcode = 'check_violation', constraint = 'customer_not_erased_check',
            message = 'an id that was erased is no customer again';
    end if;
    return null;
end
$$;
comment on function customer_is_not_gone() is 'Refuses customers under ids that are other names or were erased';
create trigger customer_not_gone after insert on customer
    referencing new table as added
    for each statement execute function customer_is_not_gone();
