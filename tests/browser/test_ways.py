"""The ways people go, clicked through in a real browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.live import HOME, Product

from .conftest import sign_in

VOICE = f"/w/{HOME}/settings/voice"
Open = Callable[..., Page]


def test_sign_in_switch_workspace_and_sign_out(open_as: Open, product: Product) -> None:
    page = open_as(None)
    sign_in(page, product, "viewer@riverside.example")
    page.goto(f"/w/{HOME}/calls")
    page.get_by_role("button", name="Switch workspace").click()
    page.get_by_role("link", name="Staging").click()
    page.wait_for_url("**/w/riverside-family-staging/calls")
    page.get_by_role("button", name="Tom Becker").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in**")
    page.goto(f"/w/{HOME}/calls")
    assert "/sign-in" in page.url


def test_the_switcher_works_by_keyboard(open_as: Open) -> None:
    page = open_as("owner")
    page.goto(f"/w/{HOME}/calls")
    page.get_by_role("button", name="Switch workspace").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for _ in range(20):
        if "riverside-pediatrics" in (page.evaluate("document.activeElement.href") or ""):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/w/riverside-pediatrics/calls")


def test_admin_changes_the_voice_and_viewer_reads_it(open_as: Open) -> None:
    admin, viewer = open_as("admin"), open_as("viewer")
    admin.goto(VOICE)
    posts: list[str] = []
    admin.on("request", lambda r: posts.append(r.url) if r.method == "POST" else None)
    admin.get_by_label("Tone").fill("sympathetic")
    admin.locator(".savebar button.primary").dblclick()
    expect(admin.locator(".toast").first).to_be_visible()
    assert len(posts) == 1
    viewer.goto(VOICE)
    expect(viewer.get_by_text("sympathetic")).to_be_visible()
    assert viewer.locator("#settings-form, input:not([type=hidden]):disabled").count() == 0


def test_a_bad_value_is_told_beside_its_field_and_nothing_typed_is_lost(open_as: Open) -> None:
    page = open_as("admin")
    page.goto(VOICE)
    page.get_by_label("Tone").fill("a tone that is not saved")
    page.locator("#speed-figure").fill("9")
    page.locator(".savebar button.primary").click()
    expect(page.locator("#speed-figure")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Enter a number between 0.5 and 2").first).to_be_visible()
    expect(page.get_by_label("Tone")).to_have_value("a tone that is not saved")


def test_chips_work_without_script(open_as: Open) -> None:
    page = open_as("admin", java_script_enabled=False)
    page.goto(VOICE)
    page.get_by_label("Tone").fill("still typed")
    page.locator("[name=keyterms-new]").fill("Ozempic")
    page.locator("[name=add-keyterms]").click()
    expect(page.locator(".chip", has_text="Ozempic")).to_be_visible()
    expect(page.get_by_label("Tone")).to_have_value("still typed")


def test_a_new_key_is_shown_once(open_as: Open) -> None:
    page = open_as("member")
    page.goto(f"/w/{HOME}/api-keys/new")
    page.locator("[name=name]").fill("Night import")
    page.locator("main form button.primary").click()
    secret = page.locator("code").first.inner_text()
    assert secret.startswith("wkpm_")
    page.goto(f"/w/{HOME}/api-keys")
    expect(page.get_by_text("Night import").first).to_be_visible()
    assert secret not in page.content()


def test_the_theme_is_kept(open_as: Open) -> None:
    page = open_as("viewer", color_scheme="light")
    page.goto(f"/w/{HOME}/")
    page.get_by_role("button", name="Switch colour theme").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_nothing_of_a_patient_stays_in_the_browser(
    open_as: Open, addresses: dict[str, str]
) -> None:
    page = open_as("viewer")
    page.goto(addresses["calls-ident"])
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "htmx-history" not in kept.replace("htmx-current-path", "")
    assert page.locator(".bubble").first.inner_text() not in kept and len(kept) < 200, kept


def test_calls_filter_without_script(open_as: Open) -> None:
    page = open_as("viewer", java_script_enabled=False)
    page.goto(f"/w/{HOME}/calls")
    page.get_by_text("More filters").click()
    page.get_by_label("Direction").select_option("outbound")
    page.get_by_role("button", name="Search", exact=True).click()
    assert "direction=outbound" in page.url
    assert page.locator("tbody tr").count() > 0
    expect(page.locator("tbody")).not_to_contain_text("Incoming")
