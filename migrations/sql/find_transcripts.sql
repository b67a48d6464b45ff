-- Searching transcripts. The operator @@ is not leakproof, so that row security keeps it from the
-- index: these functions look past the policies, and take the workspace from the context itself.
--
-- What is found comes by time, beyond an edge, up to `take` calls. A row without a call at the end
-- tells that the search stopped there, without having seen everything.

-- Calls whose words are one row. How common the words are shows in a sample, as the planner cannot
-- know it for one workspace and one speaker: for common ones the newest rows are walked, which
-- costs some microseconds each; rare ones come from the index of words, all at once. `walk_only` is
-- for questions that the index of words cannot answer, such as calls without a word.
create function find_whole_transcripts(wanted text, since timestamptz, until timestamptz,
  edge_at timestamptz, edge_number bigint, among uuid[], walk_only boolean,
  oldest_first boolean, take integer)
returns table (call_id uuid, started_at timestamptz, number bigint)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
  place uuid := nullif(current_setting('ward.workspace_id', true), '')::uuid;
  sample constant integer := 400;
  near constant integer := 3000;
  furthest constant integer := 8000;
  step integer := sample;
  total integer := 0;
  got integer;
  bounded boolean;
  beyond text := format('(p.started_at, p.number) %s ($5, $6)',
    case when oldest_first then '>' else '<' end);
  rows_there text := concat(
    ' from transcript_part p where p.workspace_id = $1 and p.whole',
    case when since is not null then ' and p.started_at >= $3' end,
    case when until is not null then ' and p.started_at < $4' end,
    case when among is not null then ' and p.call_id = any($7)' end);
  ordered text := format(' order by p.started_at%1$s, p.number%1$s ',
    case when oldest_first then '' else ' desc' end);
begin
  if edge_at is not null then
    rows_there := rows_there || ' and ' || beyond;
  end if;
  for round in 1..2 loop
    exit when among is not null;
    return query execute
      'select p.call_id, p.started_at, p.number from (select p.*' || rows_there || ordered
      || ' limit $8) p where p.words @@ $2::tsquery' || ordered || ' limit $9'
      using place, wanted, since, until, edge_at, edge_number, among, step, take - total;
    get diagnostics got = row_count;
    total := total + got;
    if total >= take then
      return;
    end if;
    bounded := edge_at is not null;
    execute 'select p.started_at, p.number' || rows_there || ordered || ' offset $8 limit 1'
      into edge_at, edge_number
      using place, wanted, since, until, edge_at, edge_number, among, step - 1;
    if edge_at is null then
      return;
    end if;
    if not bounded then
      rows_there := rows_there || ' and ' || beyond;
    end if;
    if round = 1 then
      if walk_only then
        step := furthest;
      elsif total > 0 and sample::bigint * (take - total) / total <= greatest(near, 2 * take) then
        step := sample::bigint * (take - total) * 3 / 2 / total;
      else
        execute 'select p.number' || rows_there || ordered || ' offset $8 limit 1' into got
          using place, wanted, since, until, edge_at, edge_number, among, furthest;
        exit when got is not null;
        step := furthest;
      end if;
    end if;
  end loop;
  if walk_only and among is null then
    call_id := null; started_at := edge_at; number := edge_number;
    return next;
    return;
  end if;
  -- Without the offset the planner would walk by time, hoping to meet enough of them soon.
  return query execute 'select p.* from (select p.call_id, p.started_at, p.number' || rows_there
    || ' and p.words @@ $2::tsquery offset 0) p' || ordered || ' limit $8'
    using place, wanted, since, until, edge_at, edge_number, among, take - total;
end $$;

-- All calls. `wanted` is asked of those that are one row. Of the others, which still grow or were
-- too long, each of `pieces` (words and phrases) is asked alone: a call fits when all pieces of
-- some `needs` (their numbers, from 1) were said, and none of the `bars` beside it.
create function find_transcripts(wanted text, pieces text[], needs text[], bars text[],
  since timestamptz, until timestamptz, edge_at timestamptz, edge_number bigint,
  among uuid[], oldest_first boolean, take integer)
returns table (call_id uuid, started_at timestamptz, number bigint)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
  place uuid := nullif(current_setting('ward.workspace_id', true), '')::uuid;
  walk_only boolean := '{}' = any(needs);
  sign text := case when oldest_first then '>' else '<' end;
  ordered text := format(' order by started_at%1$s, number%1$s limit $10',
    case when oldest_first then '' else ' desc' end);
  bounds text := concat(
    case when since is not null then ' and p.started_at >= $6' end,
    case when until is not null then ' and p.started_at < $7' end,
    case when edge_at is not null then format(' and (p.started_at, p.number) %s ($8, $9)', sign) end,
    case when among is not null then ' and p.call_id = any($11)' end);
begin
  if not exists (select from transcript_part p where p.workspace_id = place and not p.whole) then
    return query select * from find_whole_transcripts(wanted, since, until, edge_at, edge_number,
      among, walk_only, oldest_first, take);
    return;
  end if;
  return query execute
    'with one_row as materialized (
       select * from find_whole_transcripts($2, $6, $7, $8, $9, $11, $12, $13, $10)
     ), others as (
       select distinct p.call_id, p.started_at, p.number from transcript_part p
       where p.workspace_id = $1 and not p.whole' || bounds || '
     ), all_found as (
       select * from one_row
       union all
       select f.* from others f
       where exists (
         select from (
           select coalesce(array_agg(w.n), array[]::bigint[]) as said
           from unnest($3) with ordinality w(piece, n) where exists (
             select from transcript_part o where o.workspace_id = $1 and o.call_id = f.call_id
               and o.words @@ w.piece::tsquery)) s
         join unnest($4, $5) g(need, bar)
           on s.said @> g.need::bigint[] and not s.said && g.bar::bigint[])
       and not exists (select from one_row e where e.call_id is null
         and (f.started_at, f.number) ' || sign || ' (e.started_at, e.number))
     ) select * from all_found' || ordered
    using place, wanted, pieces, needs, bars, since, until, edge_at, edge_number, take, among,
      walk_only, oldest_first;
end $$;

revoke all on function find_whole_transcripts from public;
revoke all on function find_transcripts from public;
grant execute on function find_transcripts to ward_app;
grant create on schema public to ward_maintenance;
alter function find_whole_transcripts owner to ward_maintenance;
alter function find_transcripts owner to ward_maintenance;
revoke create on schema public from ward_maintenance;
