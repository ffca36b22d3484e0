"""Recent figures of the `orders dev` on this machine, from its local page. Contract: ports/recent_figures.py."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import aiohttp

from orders.adapters.privacy.exceptions import safe_error_text
from orders.adapters.wire.overview_body import figures_in
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.recent_figures import Figures

PATH = "/local/top.json"
TIMEOUT_SECONDS = 4.0
_DEPENDENCY = "`orders dev`"


class ServiceFigures:
    """``RecentFigures`` that another process of this machine knows."""

    def __init__(self, session: aiohttp.ClientSession, find: Callable[[], str | None]) -> None:
        """``find`` returns the running service's address; ``None`` if none runs. It is called each time."""
        self._session = session
        self._find = find

    async def read(self) -> Figures:
        """See ``RecentFigures.read``."""
        url = self._find()
        if url is None:
            raise TransientPortError(_DEPENDENCY, "none runs on this data directory")
        try:
            document = await self._document(url)
            figures = figures_in(document)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise TransientPortError(_DEPENDENCY, f"{safe_error_text(error)} at {url}") from error
        except ValueError as error:
            raise PermanentPortError(_DEPENDENCY, f"{url}{PATH} is not as expected") from error
        if figures is None:
            raise TransientPortError(_DEPENDENCY, "it has no figures")
        return figures

    async def _document(self, url: str) -> Any:
        async with self._session.get(
            f"{url}{PATH}", timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS), allow_redirects=False
        ) as answer:
            if answer.status != HTTPStatus.OK:
                raise PermanentPortError(_DEPENDENCY, f"{url}{PATH} answers with status {answer.status}")
            return await answer.json()
