"""The pages and routes that are measured, as patterns that `Spot.fill` completes."""

from .words import COMMON, ELSEWHERE, MIDDLING, MISSING, PHRASE, RARE

CALL_PAGES = {
    "overview": "/w/{slug}/",
    "call page": "/w/{slug}/calls/{call_id}",
    "call page, filtered": "/w/{slug}/calls/{call_id}?status=completed&direction=inbound",
    "call list": "/w/{slug}/calls",
    **{
        f"calls, {query.split('=')[0]}": f"/w/{{slug}}/calls?{query}"
        for query in (
            "period=30", "date_from=2026-01-01&date_to=2026-01-31", "direction=outbound",
            "status=no-answer", "outcome=transferred", "completion_reason=voicemail",
            "service_id={call_service_id}", "phone_number=%2B{phone_number}", "min_duration=600",
            "max_duration=20", "escalated=true", "reviewed=true", "assigned_to={account_id}",
            "tag=complaint", "channel_kind=sms", "has_recording=true", "hour=10",
            "include_simulated=true",
        )
    },
    "calls, caller: 7 digits": "/w/{slug}/calls?caller={ending}",
    "calls, caller: 3 digits": "/w/{slug}/calls?caller={digits}",
    "calls, unreviewed": "/w/{slug}/calls?reviewed=false",
    "calls, nobody’s": "/w/{slug}/calls?assigned_to=nobody",
    "calls, not escalated": "/w/{slug}/calls?escalated=false",
    "calls, running": "/w/{slug}/calls?outcome=running",
    "calls, test only": "/w/{slug}/calls?direction=test",
    "calls, by length": "/w/{slug}/calls?sort=-duration",
    "calls, worst first": "/w/{slug}/calls?sort=quality",
    **{
        f"search, {name}": f"/w/{{slug}}/calls?{query}"
        for name, query in {
            "rare word": f"q={RARE}",
            "common word": f"q={COMMON}",
            "two common words": f"q={COMMON}+doctor",
            "word of one in a hundred": f"q={MIDDLING}",
            "word common elsewhere": f"q={ELSEWHERE}",
            "phrase": f"q=%22{PHRASE.replace(' ', '+')}%22",
            "no match": f"q={MISSING}",
            "without": f"q={COMMON}+-doctor",
            "rare word of callers": f"q={RARE}&who=caller",
            "common word of agents": f"q={COMMON}&who=agent",
            "common word, filtered": f"q={COMMON}&status=completed&reviewed=false",
            "rare word, filtered": f"q={RARE}&status=completed",
        }.items()
    },
    "calls, three filters": "/w/{slug}/calls?status=completed&escalated=true&reviewed=false",
    "calls of a figure": "/w/{slug}/calls?outcome=ended&date_from=2026-01-01&date_to=2026-01-31",
    "figures, 7 days": "/w/{slug}/calls/figures",
    "figures, 90 days": "/w/{slug}/calls/figures?period=90",
    "live calls": "/w/{slug}/calls/live",
    "world": "/w/{slug}/world",
    "entity page": "/w/{slug}/world/{entity_id}",
    "entity as known then": "/w/{slug}/world/{entity_id}?at=2026-01-01T00:00",
    **{
        f"world search, {name}": f"/w/{{slug}}/world?q={query}"
        for name, query in {
            "name": "Mevesersa", "2 letters": "be", "number": "%2B1+212+5550100",
            "record": "MRN-0000100", "birth date": "1987-02-18", "no match": "Xylophone",
        }.items()
    },
    "GET figures, 30 days": "/v1/{workspace_id}/analytics/calls",
    "GET calls": "/v1/{workspace_id}/calls",
    "GET call": "/v1/{workspace_id}/calls/{call_id}",
}  # fmt: skip
OTHER_PAGES = {
    "voice settings": "/w/{slug}/settings/voice",
    "workspace settings": "/w/{slug}/settings/workspace",
    "members": "/w/{slug}/members",
    "operators": "/w/{slug}/operators",
    "on duty": "/w/{slug}/operators/on-duty",
    "phone numbers, 500": "/w/{slug}/phone-numbers",
    "routes, 500": "/w/{slug}/phone-numbers/routes",
    "services, 200": "/w/{slug}/services",
    "service page": "/w/{slug}/services/{service_id}",
    "concepts, 1000": "/w/{slug}/monitor-concepts",
    "context graphs": "/w/{slug}/context-graphs",
    "graph of 200 states": "/w/{slug}/context-graphs/{graph_id}/versions/1",
    "data sources": "/w/{slug}/data-sources",
    "safety": "/w/{slug}/safety",
    "escalation": "/w/{slug}/settings/escalation",
    "retention": "/w/{slug}/settings/retention",
    "find": "/w/{slug}/find?q=line",
    "API keys": "/w/{slug}/api-keys",
    "audit": "/w/{slug}/audit",
    "GET operators": "/v1/{workspace_id}/operators",
    "GET phone numbers": "/v1/{workspace_id}/phone-numbers",
    "GET services": "/v1/{workspace_id}/services",
    "GET concepts": "/v1/{workspace_id}/monitor-concepts",
    "GET graph version": "/v1/{workspace_id}/context-graphs/{graph_id}/versions/latest",
    "GET voice settings": "/v1/{workspace_id}/settings/voice",
}
