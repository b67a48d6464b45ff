"""Safety: the grading's cross-field rules, concepts, templates, the switch per service."""

import pytest

from app.safety.templates import TEMPLATES, rules_of
from tests.setup import CONCEPT
from tests.support import post, text

BASELINE = "healthcare_baseline"


@pytest.fixture
def v1(workspace):
    return f"/v1/{workspace.id}"


@pytest.fixture
def home(workspace):
    return f"/w/{workspace.slug}"


def test_the_grading_is_partial_and_null_goes_back_to_the_default(api, v1, keys):
    url = f"{v1}/safety/config"
    assert api.get(url, headers=keys.viewer).json["applied_template_ids"] == []
    changed = api.put(url, json={"accumulation_window_size": 9}, headers=keys.admin).json
    assert changed["accumulation_window_size"] == 9 and changed["triage_timeout_s"] == 3.0
    back = api.put(url, json={"accumulation_window_size": None}, headers=keys.admin).json
    assert back["accumulation_window_size"] == 5
    assert api.put(url, json={}, headers=keys.member).status_code == 403


@pytest.mark.parametrize(("change", "field"), [
    ({"accumulation_mild_threshold": 3}, "accumulation_mild_threshold"),
    ({"accumulation_fast_track_level": 1}, "accumulation_single_turn_threshold"),
    ({"accumulation_cumulative_count": 6}, "accumulation_cumulative_count"),
    ({"accumulation_window_size": 2}, "accumulation_cumulative_count"),
    ({"accumulation_window_size": 51}, "accumulation_window_size"),
    ({"triage_timeout_s": 0}, "triage_timeout_s"),
])  # fmt: skip
def test_figures_that_contradict_each_other_are_refused_beside_the_field(api, v1, keys, as_admin,
                                                                        home, change, field):  # fmt: skip
    answer = api.put(f"{v1}/safety/config", json=change, headers=keys.admin)
    assert answer.status_code == 422
    assert answer.json["detail"][0]["loc"] == ["body", field]
    form = {"version": "0", "triage_enabled": "true", "accumulation_enabled": "true",
            **{name: str(value) for name, value in change.items()}}  # fmt: skip
    page = post(as_admin, f"{home}/safety/config", form)
    assert page.status_code == 422 and f'id="{field}-error-1"' in text(page)


def test_a_concept_has_its_defaults_and_its_order(api, v1, keys):
    made = api.post(f"{v1}/monitor-concepts", json=CONCEPT, headers=keys.admin).json
    assert (made["threshold"], made["standalone_threshold"]) == (0.4, 0.85)
    assert made["escalation"]["operator_type"] == "crisis_counselor"
    assert made["agent_config"]["timeout_s"] == 3.0 and made["has_embedding"] is False
    one = f"{v1}/monitor-concepts/{made['id']}"
    refused = api.patch(one, json={"threshold": 0.9}, headers=keys.admin)
    assert refused.status_code == 422 and refused.json["detail"][0]["loc"] == ["body", "threshold"]
    for bad in ({"threshold": 1.1}, {"description": ""}, {"description": "x" * 2001},
                {"escalation": {"operator_type": "wizard"}}, {"tags": ["x"] * 51}):  # fmt: skip
        assert api.patch(one, json=bad, headers=keys.admin).status_code == 422, bad


@pytest.mark.parametrize("ident", TEMPLATES)
def test_every_rule_of_a_template_is_a_careful_concept(ident):
    rules = rules_of(TEMPLATES[ident])
    assert len(rules) >= 5
    for rule in rules:
        assert len(set(rule.triage_hints)) >= 8, rule.name
        assert 0 < rule.threshold <= rule.standalone_threshold <= 1
        assert rule.escalation["operator_type"] in (
            "clinical",
            "administrative",
            "crisis_counselor",
        )
        assert rule.escalation["regulatory_basis"] and rule.escalation["reason"]
        assert "Not meant" in rule.description and len(rule.description) <= 2000


def test_no_phrase_and_no_name_stands_twice():
    rules = rules_of(TEMPLATES[BASELINE])
    phrases = [hint for rule in rules for hint in rule.triage_hints]
    assert len(phrases) == len(set(phrases))
    assert len({rule.name for rule in rules}) == len(rules) == 15


def test_the_templates_are_a_bare_list_of_the_published_shape(api, v1, keys):
    listed = api.get(f"{v1}/safety/templates", headers=keys.viewer).json
    assert isinstance(listed, list) and {t["id"] for t in listed} == set(TEMPLATES)
    one = api.get(f"{v1}/safety/templates/joint_commission_npsg15", headers=keys.viewer).json
    assert one["category"] == "crisis" and len(one["rules"][0]["triage_hints"]) >= 8
    baseline = api.get(f"{v1}/safety/templates/{BASELINE}", headers=keys.viewer).json
    assert baseline["is_composite"] and len(baseline["template_ids"]) == 3
    assert api.get(f"{v1}/safety/templates/none", headers=keys.viewer).status_code == 404


def test_applying_creates_skips_and_overrides(api, v1, keys, as_viewer, home):
    url = f"{v1}/safety/templates/{BASELINE}/apply"
    first = api.post(url, json={}, headers=keys.admin).json
    assert len(first["created_concepts"]) == 15 and first["skipped"] == []
    listed = api.get(f"{v1}/monitor-concepts?limit=100", headers=keys.viewer).json["items"]
    chosen = next(c for c in listed if c["name"] == "Self-harm")
    api.patch(f"{v1}/monitor-concepts/{chosen['id']}", json={"threshold": 0.1}, headers=keys.admin)
    again = api.post(url, json={}, headers=keys.admin).json
    assert again["created_concepts"] == [] and len(again["skipped"]) == 15
    kept = api.get(f"{v1}/monitor-concepts/{chosen['id']}", headers=keys.viewer).json
    assert kept["threshold"] == 0.1
    api.post(url, json={"override_existing": True}, headers=keys.admin)
    replaced = api.get(f"{v1}/monitor-concepts/{chosen['id']}", headers=keys.viewer).json
    assert replaced["threshold"] == chosen["threshold"] and replaced["version"] == 3
    config = api.get(f"{v1}/safety/config", headers=keys.viewer).json
    assert config["applied_template_ids"] == [BASELINE]
    assert api.post(url, json={}, headers=keys.member).status_code == 403
    assert "Replace those there" not in text(as_viewer.get(f"{home}/safety/templates/{BASELINE}"))


def test_the_page_previews_what_applying_would_create(
    as_admin, home, api, v1, keys, sql, workspace
):
    page = text(as_admin.get(f"{home}/safety/templates/{BASELINE}"))
    assert "Creates 15 of 15 concepts." in page and "8 example phrases" in page
    assert sql("select 1 from monitor_concept where workspace_id = %s", (workspace.id,)) == []
    assert post(as_admin, f"{home}/safety/templates/{BASELINE}/apply").status_code == 303
    page = text(as_admin.get(f"{home}/safety/templates/{BASELINE}"))
    assert "Creates 0 of 15" in page and "Replace those there" in page


def test_a_concept_explains_in_words_what_its_threshold_does(as_admin, home):
    page = text(as_admin.get(f"{home}/monitor-concepts/new"))
    assert "Lower figures catch more and are wrong more often." in page


def test_monitoring_is_switched_per_service(
    as_admin, as_viewer, as_member, home, maker, api, v1, keys
):
    service = maker.service()
    switch = f"{home}/safety/services/{service['id']}"
    assert "Switch off" not in text(as_viewer.get(f"{home}/safety"))
    assert post(as_member, switch, {"safety_filters_enabled": "false"}).status_code == 403
    assert post(as_admin, switch, {"safety_filters_enabled": "false"}).status_code == 303
    assert "Not monitored" in text(as_viewer.get(f"{home}/safety"))
    shown = api.get(f"{v1}/services/{service['id']}", headers=keys.viewer).json
    assert shown["safety_filters_enabled"] is False and shown["version"] == 2
