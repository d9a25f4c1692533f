"""Find the closed shadow roots of a page, which scripts cannot reach, through the Chrome DevTools Protocol (CDP)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

Send = Callable[..., Awaitable[Any]]

MAX_ROOTS = 50


async def find_closed_shadow_roots(send: Send, context: int) -> list[str]:
    """Return the object ids of the closed shadow roots in the main frame, at most `MAX_ROOTS`.

    Those of frames are not among them: they belong to other contexts.

    Args:
        send: Sends a command of CDP with its parameters, and returns the answer.
        context: The id of the execution context that will use the roots.
    """
    tree = await send("DOM.getDocument", depth=-1, pierce=True)
    found = []
    for node, _ in zip(_closed_roots(tree["root"]), range(MAX_ROOTS), strict=False):
        answer = await send("DOM.resolveNode", backendNodeId=node, executionContextId=context)
        found.append(answer["object"]["objectId"])
    return found


def _closed_roots(root: dict[str, Any]) -> Iterator[int]:
    """Yield the ids of the closed shadow roots below *root*, without those in frames."""
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if node.get("shadowRootType") == "closed":
            yield node["backendNodeId"]
        inner = [shadow for shadow in node.get("shadowRoots", ()) if shadow["shadowRootType"] != "user-agent"]
        nodes += reversed([*inner, *node.get("children", ())])
