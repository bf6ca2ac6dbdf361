"""What a browser finds against a page that somebody cannot see, or uses without a mouse. Standard library only.

axe-core is a program of Deque's, found in AXE (its axe.min.js) or in the Python package axe-playwright-python (`pip install
axe-playwright-python`; nothing of Playwright is used).
"""
import importlib.util
import json
import os
import pathlib

WIDTHS = {"desktop": 1280, "phone": 390}

# Whatever a keyboard must reach: what can be clicked, filled or scrolled, and is there to be seen.
CONTROLS = """[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(e =>
    e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true})
    && (e.tagName === 'SUMMARY' || !e.closest('details:not([open])') || e.closest('summary')))"""


def program():
    """The text of axe-core, or None."""
    if os.environ.get("AXE"):
        return pathlib.Path(os.environ["AXE"]).read_text()
    found = importlib.util.find_spec("axe_playwright_python")
    script = pathlib.Path(found.origin).parent / "axe.min.js" if found else None
    return script.read_text() if script and script.exists() else None


def look(tab, scheme, width):
    """The open page in a colour scheme, on a screen of a width."""
    tab.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    tab.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)


def axe_findings(tab, axe):
    """What axe finds on the page that is open, a sentence each."""
    tab.value(axe + ";0")
    result = tab.value("axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map(v => "
                       "({id: v.id, impact: v.impact, help: v.help, count: v.nodes.length, "
                       "nodes: v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' — ' + (n.any[0] || n.all[0] || n.none[0]"
                       " || {message: ''}).message)}))))")
    return [f"{one['id']} ({one['impact']}, {one['count']} places): {one['help']}"
            + "".join(f"\n    {node[:300]}" for node in one["nodes"]) for one in json.loads(result)]


def keyboard_findings(tab):
    """Controls that the Tab key does not reach, or that do not show that it has."""
    tab.value(f"{CONTROLS}.forEach((e, i) => {{ e.dataset.tabStop = i; }}); document.activeElement?.blur(); window.scrollTo(0, 0); 0")
    count = tab.value(f"{CONTROLS}.length")
    reached, unseen = set(), set()
    for _ in range(count + 40):
        if len(reached) == count:
            break
        tab.press("Tab")
        stop, is_shown = tab.value(
            "(e => [e?.dataset?.tabStop ?? null, e ? getComputedStyle(e).outlineStyle !== 'none' && "
            "parseFloat(getComputedStyle(e).outlineWidth) > 0 : true])(document.activeElement)")
        if stop is not None:
            reached.add(int(stop))
            if not is_shown:
                unseen.add(int(stop))
    name = "(n => { const e = document.querySelector(`[data-tab-stop=\"${n}\"]`); return e.outerHTML.slice(0, 120); })"
    findings = [f"the Tab key does not reach {tab.value(f'{name}({n})')}" for n in sorted(set(range(count)) - reached)]
    return findings + [f"focus cannot be seen on {tab.value(f'{name}({n})')}" for n in sorted(unseen)]


def findings(tab, axe):
    """What is found against the open page: light and dark, on a desktop and a phone, and by keyboard alone."""
    found = []
    for screen, width in WIDTHS.items():
        for scheme in ["light", "dark"]:
            look(tab, scheme, width)
            found += [f"{scheme}, {screen}: {one}" for one in (axe_findings(tab, axe) if axe else [])]
        wide = tab.value("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{screen}: the page is {wide} wide on a screen of {width}")
        found += [f"{screen}: {one}" for one in keyboard_findings(tab)]
    look(tab, "light", WIDTHS["desktop"])
    return found
