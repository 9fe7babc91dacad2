"""The OpenAPI document as one page of HTML: no script, no other host, nothing to install."""

from __future__ import annotations

import json
from collections import defaultdict
from html import escape
from typing import Any, Final

Json = dict[str, Any]

_STYLE: Final = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: 13px/1.45 ui-monospace, monospace }
pre { padding: .75rem; overflow-x: auto; border: 1px solid #8885; border-radius: 6px }
details { border: 1px solid #8885; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem }
summary { cursor: pointer }
summary b { display: inline-block; width: 4.5rem }
summary span { float: right; opacity: .7 }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #8883 }
"""


def render_page(document: Json) -> str:
    """The page of a document that `build_document` made."""
    by_tag: dict[str, list[str]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag[operation["tags"][0]].append(_operation(method, path, operation))
    sections = "".join(f"<h2>{escape(tag['name'])}</h2>{''.join(by_tag[tag['name']])}" for tag in document["tags"])
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{title}</h1>{_paragraphs(document['info']['description'])}"
        f'<p>For programs: <a href="/openapi.json">/openapi.json</a></p>{sections}</body></html>'
    )


def _operation(method: str, path: str, operation: Json) -> str:
    request = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    (answer,) = operation["responses"]["200"]["content"].values()
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b> <code>{escape(path)}</code>'
        f"<span>{escape(operation['summary'])}</span></summary>{_paragraphs(operation['description'])}"
        f"{_parameters(operation['parameters'])}"
        f"{_sample('Request', request['example']) if request else ''}{_sample('Answer', answer['example'])}</details>"
    )


def _parameters(parameters: list[Json]) -> str:
    """A table of the operation's own parameters; those that every request has are left to the document."""
    rows = "".join(_parameter(one) for one in parameters if "$ref" not in one)
    return f"<table><tr><th>Parameter</th><th>In</th><th></th><th>Example</th></tr>{rows}</table>" if rows else ""


def _parameter(one: Json) -> str:
    cells = (f"<code>{escape(one['name'])}</code>", one["in"], "required" if one["required"] else "", _example(one))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _example(one: Json) -> str:
    return f"<code>{escape(str(one['example']))}</code>" if "example" in one else ""


def _sample(title: str, value: Any) -> str:
    return f"<h4>{title}</h4><pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.strip().split("\n\n"))
