-- As in find_transcripts.sql, but with a smaller sample, and without counting 8,000 rows where the
-- workspace is known to have more.
create or replace function find_whole_transcripts(wanted text, since timestamptz, until timestamptz,
  edge_at timestamptz, edge_number bigint, among uuid[], walk_only boolean,
  oldest_first boolean, take integer)
returns table (call_id uuid, started_at timestamptz, number bigint)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  place uuid := nullif(current_setting('ward.workspace_id', true), '')::uuid;
  sample constant integer := 200;
  near constant integer := 5000;
  furthest constant integer := 8000;
  step integer := sample;
  total integer := 0;
  got integer;
  bounded boolean;
  all_of_it constant boolean := edge_at is null and since is null and until is null;
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
        if all_of_it then
          select c.total into got from call_counter c where c.workspace_id = place;
          exit when got > furthest + sample;
        end if;
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

