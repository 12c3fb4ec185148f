"""What was composed by another release is another document, whoever forgot to say so."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import NANCY, World

from app.sharing.composition import COMPOSITION, SHAPING, composition_of

ROOT = Path(__file__).parents[3]
OURS = ("app", "consent", "schemas")
COMPOSING = ("app.summary.compose", "app.summary.lines", "app.sharing.master", "app.unnaming", "app.sharing.summary")
TOLD_OTHERWISE: dict[str, str] = {
    "app.audit": "records, not documents",
    "app.context": "types",
    "app.errors": "types",
    "app.gate": "decides; what is left of the records is part of the tag",
    "app.identity": "who asks; the function is part of the tag",
    "app.records": "records, not documents",
    "app.runtime": "clock and ids",
    "app.sharing.composition": "is this digest",
    "app.sharing.look_up": "reading one record",
    "app.sharing.numbers": "who is asked about",
    "app.sharing.values": "types",
    "app.store": "what is stored; versions are part of the tag",
    "app.config": "settings; the two that shape a document are part of the tag",
    "app.reclassification": "writes versions, which are part of the tag",
    "app.search": "searching",
    "app.bridge": "messages",
    "consent": "what may be seen; its policy is part of the tag",
}
"""Modules that a document's making imports and that are not part of the digest, and why not."""


def _path(module: str) -> Path | None:
    base = ROOT / module.replace(".", "/")
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.exists():
            return path
    return None


def _imported(module: str, found: set[str]) -> None:
    path = _path(module)
    if path is None or module in found:
        return
    found.add(module)
    if not _is_within(module, SHAPING):
        return  # of what is left out nothing further shapes a document
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for name in _names(node):
            if name.partition(".")[0] in OURS:
                _imported(name, found)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{each.name}" for each in node.names)


def _is_within(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def test_whatever_shapes_a_document_is_part_of_its_tag() -> None:
    found: set[str] = set()
    for module in COMPOSING:
        assert _is_within(module, SHAPING), module
        _imported(module, found)
    assert len(found) > 50
    packages = {name.rpartition(".")[0] for name in SHAPING} | {"app", "app.sharing"}
    left_out = {module for module in found - packages if not _is_within(module, SHAPING)}
    assert {module for module in left_out if not _is_within(module, tuple(TOLD_OTHERWISE))} == set()


def test_a_changed_text_makes_another_composition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "composed_elsewhere"
    (made / "inner").mkdir(parents=True)
    for name in ("__init__.py", "words.py", "inner/__init__.py", "inner/line.py"):
        (made / name).write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    seen = {composition_of(["composed_elsewhere"])}
    for name in ("__init__.py", "words.py", "inner/__init__.py", "inner/line.py"):
        (made / name).write_text("A = 2\n")
        seen.add(composition_of(["composed_elsewhere"]))
    (made / "inner" / "another.py").write_text("")
    seen.add(composition_of(["composed_elsewhere"]))
    assert len(seen) == 6
    monkeypatch.delitem(sys.modules, "composed_elsewhere", raising=False)
    with pytest.raises(ModuleNotFoundError):
        composition_of(["no_such_module_here"])


def test_the_composition_is_that_of_the_files() -> None:
    assert composition_of(SHAPING) == COMPOSITION


@pytest.mark.anyio
async def test_after_an_upgrade_nobody_is_told_that_nothing_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gp = world.as_("gp")
    (found,) = (await gp.get("/Patient", params={"identifier": "|".join(NANCY)})).json()["entry"]
    path = f"/Patient/{found['resource']['id']}/$summary"
    before = await gp.get(path)
    assert (await gp.get(path, headers={"If-None-Match": before.headers["etag"]})).status_code == 304
    monkeypatch.setattr(sys.modules["app.sharing.summary"], "COMPOSITION", "the next release")
    world.service.decisions.clear()  # a release starts anew
    after = await gp.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert after.json()["identifier"] != before.json()["identifier"], "it was composed, not remembered"
