"""My workspaces, creating one, the overview, renaming and archiving."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from app.workspaces import queries, slugs
from tests.support import text

ROLES = ("owner", "admin", "member", "viewer")


def new_fields(**changed):
    fields = {
        "name": "Hillside Clinic",
        "slug": f"hillside-{secrets.token_hex(4)}",
        "environment": "staging",
        "region": "eu-central-1",
        "organization": "new",
        "organization_name": "Hillside Health",
    }
    return {**fields, **changed}


def settings(place, more=""):
    return f"/w/{place.slug}/settings/workspace{more}"


def test_list_groups_my_workspaces_by_organization(as_both, workspace, other):
    page = text(as_both.get("/workspaces"))
    assert "Riverside Health" in page and "Lakeside Health" in page
    assert f"/w/{workspace.slug}/" in page and f"/w/{other.slug}/" in page
    assert "Admin" in page and "Viewer" in page and "Production" in page


def test_class_5_list_never_shows_somebody_elses(as_stranger, workspace, other):
    page = text(as_stranger.get("/workspaces?q=side"))
    assert other.slug in page and workspace.slug not in page
    page = text(as_stranger.get(f"/workspaces?after={workspace.id}"))
    assert workspace.slug not in page


def test_search_finds_by_name_slug_and_organization(as_both, workspace, other):
    for word in ("lakeside clinic", other.slug[:14], "Lakeside H"):
        page = text(
            as_both.get("/workspaces", query_string={"q": word}, headers={"HX-Request": "1"})
        )
        assert other.slug in page and workspace.slug not in page and "<html" not in page
    assert "Nothing found" in text(as_both.get("/workspaces?q=50%25_off"))


def test_list_pages_through_more_than_one_hundred(app, as_member, cast, sql):
    person, organization = cast.people["member"], cast.workspace.organization_id
    mark = secrets.token_hex(3)
    sql(
        "with made as (insert into workspace (organization_id, slug, name, environment)"
        " select %s, %s || n, 'Clinic ' || n, 'staging' from generate_series(1, 130) n"
        " returning id) insert into account (workspace_id, user_id, role)"
        " select id, %s, 'viewer' from made",
        (organization, f"{mark}-", person.user_id),
    )
    first = text(as_member.get("/workspaces"))
    assert first.count("<li>") == queries.LIMIT
    after = first.split("after=")[1].split('"')[0]
    assert text(as_member.get(f"/workspaces?after={after}")).count("<li>") == 31


def test_anonymous_is_sent_to_sign_in(anonymous, workspace):
    for page in (
        "/",
        "/workspaces",
        "/workspaces/new",
        f"/w/{workspace.slug}/",
        settings(workspace),
    ):
        assert "/sign-in" in anonymous.get(page).location


def test_i_create_a_workspace_and_own_it(as_viewer, post, sql, cast):
    fields = new_fields()
    answer = post(as_viewer, "/workspaces/new", fields)
    assert answer.status_code == 303 and answer.location == f"/w/{fields['slug']}/"
    assert as_viewer.get(answer.location).status_code == 200
    found = sql(
        "select a.role, a.user_id, w.environment, w.region, o.name, e.action from workspace w"
        " join organization o on o.id = w.organization_id join account a on a.workspace_id = w.id"
        " join audit_event e on e.workspace_id = w.id where w.slug = %s",
        (fields["slug"],),
    )
    me = cast.people["viewer"].user_id
    assert found == [
        ("owner", me, "staging", "eu-central-1", "Hillside Health", "workspace.create")
    ]


def test_slug_is_made_from_the_name_when_left_blank(as_viewer, post):
    mark = secrets.token_hex(4)
    answer = post(as_viewer, "/workspaces/new", new_fields(slug="", name=f"Dr. Müller’s {mark}"))
    assert answer.location == f"/w/dr-mullers-{mark}/"


def test_taken_slug_is_422_beside_its_field_and_keeps_what_was_typed(as_viewer, other, post, sql):
    answer = post(as_viewer, "/workspaces/new", new_fields(slug=other.slug))
    assert answer.status_code == 422
    assert "This slug is taken" in text(answer) and "Hillside Clinic" in text(answer)
    assert sql("select name from workspace where slug = %s", (other.slug,)) == [(other.name,)]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "  ", "Fill this in."),
        ("slug", "-bad", "Use 2 to 63 small letters"),
        ("slug", "a", "Use 2 to 63 small letters"),
        ("environment", "", "Fill this in."),
        ("environment", "moon", "Choose one of these"),
        ("region", "mars-1", "Choose one of these"),
        ("organization_name", "", "Name the organization"),
    ],
)
def test_bad_value_is_422_beside_its_field(as_viewer, post, field, value, said):
    answer = post(as_viewer, "/workspaces/new", new_fields(**{field: value}))
    assert answer.status_code == 422 and said in text(answer)


def test_class_2_organization_of_others_is_refused(as_admin, cast, workspace, other, post, sql):
    for organization in (other.organization_id, workspace.organization_id):
        fields = new_fields(organization=str(organization))
        answer = post(as_admin, "/workspaces/new", fields)
        assert answer.status_code == 422 and "one of your organizations" in text(answer)
        assert not sql("select 1 from workspace where slug = %s", (fields["slug"],))


def test_owner_adds_a_workspace_to_the_organization(as_owner, workspace, post, sql):
    fields = new_fields(organization=str(workspace.organization_id))
    assert post(as_owner, "/workspaces/new", fields).status_code == 303
    found = sql("select organization_id from workspace where slug = %s", (fields["slug"],))
    assert found == [(workspace.organization_id,)]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Riverside Family Clinic", "riverside-family-clinic"),
        ("Köln & Bonn", "koln-and-bonn"),
        ("  St. John’s  ", "st-johns"),
        ("歯科", ""),
        ("x", ""),
        ("a" * 90, "a" * 63),
    ],
)
def test_slug_suggestion(name, slug):
    assert slugs.suggest(name) == slug


def test_suggestion_follows_the_name_until_a_slug_is_typed(as_viewer):
    def slug_for(**query):
        return text(as_viewer.get("/workspaces/slug", query_string=query))

    assert 'value="new-name"' in slug_for(name="New name", slug="new", suggested="new")
    assert 'id="slug" name="slug" value="mine"' in slug_for(name="N n", slug="mine", suggested="n")


@pytest.mark.parametrize("role", ROLES)
def test_overview_shows_steps_and_no_figures_before_the_first_call(request, workspace, role):
    page = request.getfixturevalue(f"as_{role}").get(f"/w/{workspace.slug}/")
    assert page.status_code == 200
    assert "No calls yet" in text(page) and "Calls per day" not in text(page)
    assert ("Set the voice" in text(page)) == (role in ("owner", "admin"))
    assert ("Send the first call" in text(page)) == (role != "viewer")


@pytest.mark.parametrize("role", ROLES)
def test_overview_shows_the_week_to_every_role(request, workspace, api, keys, role):
    now = datetime.now(UTC)
    for n, reason in enumerate(("completed", "completed", "transferred", "voicemail")):
        call = {"call_sid": f"W{n}", "completion_reason": reason,
                "started_at": (now - timedelta(days=8 if n == 1 else 0)).isoformat()}  # fmt: skip
        assert (
            api.post(f"/v1/{workspace.id}/calls", json=call, headers=keys.member).status_code == 201
        )
    page = text(request.getfixturevalue(f"as_{role}").get(f"/w/{workspace.slug}/"))
    assert "Calls per day" in page and "As many as before" in page
    assert page.count("1 more, none before") == 4
    assert page.count("outcome=unanswered") >= 3


def test_overview_of_a_quiet_week_says_so(as_viewer, workspace, api, keys):
    call = {"call_sid": "Q", "started_at": "2026-01-05T09:00:00Z"}
    api.post(f"/v1/{workspace.id}/calls", json=call, headers=keys.member)
    page = text(as_viewer.get(f"/w/{workspace.slug}/"))
    assert "No call has ended in the last seven days" in page and "Recent calls" in page


def test_stranger_gets_the_404_of_what_does_not_exist(as_stranger, workspace):
    def body(url):
        answer = as_stranger.get(url)
        assert answer.status_code == 404
        return text(answer).replace(answer.headers["X-Request-Id"], "")

    for rest in ("/", "/settings/workspace", "/members", "/roles"):
        assert body(f"/w/{workspace.slug}{rest}") == body(f"/w/no-such-place{rest}")


def test_everybody_reads_the_settings_and_only_the_owner_gets_forms(
    as_owner, as_admin, as_viewer, workspace
):
    assert "Name and records system" in text(as_owner.get(settings(workspace)))
    for client in (as_admin, as_viewer):
        page = text(client.get(settings(workspace)))
        assert workspace.slug in page and "Owner Person" in page
        assert "<input" not in page.split("<main")[1]


def version(sql, place):
    return sql("select version from workspace where id = %s", (place.id,))[0][0]


def test_owner_renames(as_owner, workspace, post, sql):
    fields = {"name": " New Name ", "version": version(sql, workspace)}
    assert post(as_owner, settings(workspace), fields).status_code == 303
    assert sql("select name from workspace where id = %s", (workspace.id,)) == [("New Name",)]
    found = sql(
        "select before, after from audit_event where workspace_id = %s"
        " and action = 'workspace.update'",
        (workspace.id,),
    )
    assert found == [({"name": workspace.name}, {"name": "New Name"})]


@pytest.mark.parametrize("name", ["", "x" * 121])
def test_bad_name_is_422_and_kept(as_owner, workspace, post, sql, name):
    answer = post(as_owner, settings(workspace), {"name": name, "version": 1})
    assert answer.status_code == 422 and 'aria-invalid="true"' in text(answer)
    assert sql("select name from workspace where id = %s", (workspace.id,)) == [(workspace.name,)]


def test_stale_rename_is_409_with_both_names(as_owner, workspace, post, sql):
    stale = version(sql, workspace)
    post(as_owner, settings(workspace), {"name": "First", "version": stale})
    answer = post(as_owner, settings(workspace), {"name": "Second", "version": stale})
    assert answer.status_code == 409
    assert "First" in text(answer) and "Second" in text(answer)
    assert sql("select name from workspace where id = %s", (workspace.id,)) == [("First",)]


def test_admin_can_neither_rename_nor_archive(as_admin, workspace, post, sql):
    assert post(as_admin, settings(workspace), {"name": "X", "version": 1}).status_code == 403
    answer = post(as_admin, settings(workspace, "/archive"), {"slug": workspace.slug})
    assert answer.status_code == 403
    state = "select name, archived_at from workspace where id = %s"
    assert sql(state, (workspace.id,)) == [(workspace.name, None)]


def test_archive_wants_the_slug(as_owner, workspace, post, sql):
    answer = post(as_owner, settings(workspace, "/archive"), {"slug": "something-else"})
    assert answer.status_code == 422 and "not the slug" in text(answer)
    assert as_owner.get(f"/w/{workspace.slug}/").status_code == 200


def test_class_15_archived_workspace_is_404_everywhere_and_its_keys_die(
    as_owner, as_viewer, as_both, workspace, keys, api, post
):
    done = post(as_owner, settings(workspace, "/archive"), {"slug": workspace.slug})
    assert done.status_code == 303
    for client in (as_owner, as_viewer, as_both):
        assert client.get(f"/w/{workspace.slug}/").status_code == 404
    for role in ROLES:
        assert api.get("/v1/workspaces", headers=keys[role]).status_code == 401
    assert workspace.slug not in text(as_both.get("/workspaces"))


def test_overview_lists_what_is_missing_until_it_is_there(as_admin, api, workspace, keys):
    page = text(as_admin.get(f"/w/{workspace.slug}/"))
    assert "Set the voice" in page and "Add an operator" in page
    content = {"name": "Nadia", "email": "nadia@riverside.example"}
    api.post(f"/v1/{workspace.id}/operators", json=content, headers=keys.admin)
    api.put(f"/v1/{workspace.id}/settings/voice", json={"tone": "calm"}, headers=keys.admin)
    page = text(as_admin.get(f"/w/{workspace.slug}/"))
    assert "Set the voice" not in page and "Add an operator" not in page
