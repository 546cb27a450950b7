"""Write the HTTP reference from the OpenAPI document that the server itself gives out."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from stylemapgan.server.app import API, create_app
from stylemapgan.server.server_config import ServerConfig

METHODS = ("get", "post", "put", "delete")
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
}

Document = dict[str, Any]


def requests() -> str:
    """Describe every request, then every object that requests and responses hold."""
    app = create_app(ServerConfig())
    with closing(app.state.workspace):
        document = app.openapi()
    schemas = document["components"]["schemas"]
    return "\n\n".join([*_requests(document["paths"]), *_schemas(schemas)])


def _requests(paths: Document) -> Iterator[str]:
    seen: set[str] = set()
    for path, operations in paths.items():
        for method in METHODS:
            operation = operations.get(method)
            if operation is None:
                continue
            (group,) = operation.get("tags") or ["Health"]
            if group not in seen:
                seen.add(group)
                yield f"## {group}"
            yield from _request(f"{method.upper()} {path.removeprefix(API)}", operation)


def _request(title: str, operation: Document) -> Iterator[str]:
    yield f"### `{title}`"
    yield operation.get("description") or f"{operation['summary']}."
    rows = [
        (f"`{each['name']}`", each["in"], *_columns(each["schema"], each.get("required", False)))
        for each in operation.get("parameters", ())
    ]
    if rows:
        yield _table(("parameter", "in", "type", "default", "meaning"), rows)
    if "requestBody" in operation:
        yield f"**Request:** {_contents(operation['requestBody']['content'])}"
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            told = f"{response['description'].rstrip('.')}. ".replace("Successful Response. ", "")
            yield f"**Response {status}:** {told}{_contents(response.get('content', {}))}"


def _contents(contents: Document) -> str:
    return ", ".join(
        f"`{kind}`" + (f" ({_type(content['schema'])})" if content.get("schema") else "")
        for kind, content in contents.items()
    )


def _schemas(schemas: Document) -> Iterator[str]:
    yield "## Objects"
    for name, schema in schemas.items():
        yield f"### {name}"
        if schema.get("description"):
            yield schema["description"]
        required = schema.get("required", ())
        rows = [
            (f"`{field}`", *_columns(value, field in required))
            for field, value in schema.get("properties", {}).items()
        ]
        if rows:
            yield _table(("field", "type", "default", "meaning"), rows)
        else:
            yield _type(schema)
        if "example" in schema:
            yield f"```json\n{json.dumps(schema['example'], indent=2, ensure_ascii=False)}\n```"


def _columns(schema: Document, required: bool) -> tuple[str, str, str]:
    """Give a field's type, default and meaning."""
    default = "required" if required else _value(schema.get("default"))
    meaning = " ".join(schema.get("description", "").split())
    return _type(schema), default, meaning.replace("|", "\\|")


def _type(schema: Document) -> str:
    """Say what a value may be, limits included."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(map(_type, schema.get("anyOf") or schema["oneOf"]))
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum") or [schema["const"]])
    kind = schema.get("type", "any value")
    if kind == "array":
        kind = _array(schema)
    elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        kind = f"object of {_type(schema['additionalProperties'])}"
    limits = [text.format(_number(schema[key])) for key, text in LIMITS.items() if key in schema]
    if "prefixItems" in schema:
        limits = []
    return f"{kind}, {', '.join(limits)}" if limits else kind


def _array(schema: Document) -> str:
    if "prefixItems" in schema:
        items = list(map(_type, schema["prefixItems"]))
        if len(set(items)) == 1:
            return f"{len(items)} numbers, each {items[0]}"
        return f"[{', '.join(items)}]"
    return f"array of {_type(schema.get('items', {}))}"


def _number(value: float) -> str:
    return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:.4g}"


def _value(value: Any) -> str:
    return "" if value is None else f"`{json.dumps(value)}`"


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Draw a table without its empty columns."""
    filled = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    columns = tuple(columns[index] for index in filled)
    rows = [tuple(row[index] for index in filled) for row in rows]
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
