-- Forgetting calls that were removed: their entities, with the events that are about nothing else.
--
-- Events are append-only for the app role; the one way for it to remove any is to remove the call
-- first. The function looks past the policies, and takes the workspace from the context itself.
create function forget_calls(ids uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  place constant uuid := nullif(current_setting('ward.workspace_id', true), '')::uuid;
  gone uuid[];
  told uuid[];
begin
  select array_agg(n.id) into gone from entity n
  where n.workspace_id = place and n.id = any(ids) and n.canonical_id = 'calls:Call:' || n.id
    and not exists (select from call c where c.workspace_id = place and c.id = n.id);
  if gone is null then
    return;
  end if;
  with unlinked as (
    delete from event_entity where workspace_id = place and entity_id = any(gone)
    returning event_id)
  select array_agg(distinct event_id) into told from unlinked;
  select array_agg(e) into told from unnest(told) e
  where not exists (select from event_entity l where l.workspace_id = place and l.event_id = e)
    and not exists (select from source_record r where r.workspace_id = place and r.event_id = e);

  with e as (select * from event where workspace_id = place and id = any(told)),
  n as (select * from entity where workspace_id = place and id = any(gone))
  insert into world_count (workspace_id, kind, name, count)
  select place, kind, name, count from (
    select 'event' as kind, event_type as name, -count(*) as count from e group by 2
    union all
    select 'fact', event_type || chr(9) || domain || chr(9) || source, -count(*) from e group by 2
    union all
    select 'hour', to_char(ingested_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24'), -count(*)
    from e group by 2
    union all select 'entity', entity_type, -count(*) from n group by 2
    union all select 'projected', entity_type, -count(*) from n where has_projection group by 2
    union all
    select 'confidence', entity_type, -sum((confidence * 10000)::bigint) from n group by 2
    union all
    select 'source', n.entity_type || chr(9) || s.source_system, -count(*)
    from entity_source s join n on n.id = s.entity_id where s.workspace_id = place group by 2
  ) less
  on conflict (workspace_id, kind, name) do update set count = world_count.count + excluded.count;

  delete from event where workspace_id = place and id = any(told);
  delete from relationship
  where workspace_id = place and (source_entity_id = any(gone) or target_entity_id = any(gone));
  delete from entity_source where workspace_id = place and entity_id = any(gone);
  delete from entity_key where workspace_id = place and entity_id = any(gone);
  delete from entity where workspace_id = place and id = any(gone);
end $$;

revoke all on function forget_calls from public;
grant execute on function forget_calls to ward_app;
grant create on schema public to ward_maintenance;
alter function forget_calls owner to ward_maintenance;
revoke create on schema public from ward_maintenance;
