"""Logging in to X: a refresh token that is good for one use, or the app's own bearer token."""

from __future__ import annotations

import base64

from social_archive.errors import LoginExpired, ScopeLost
from social_archive.platforms import oauth
from social_archive.platforms.base import Problem, Scope, Target
from social_archive.platforms.http import Http


class Login:
    """The login of one account. After `begin` every request carries a token."""

    def __init__(self, target: Target, http: Http, scopes: tuple[Scope, ...]) -> None:
        self._target, self._http, self._scopes = target, http, scopes
        self._refresh = target.secrets.get("refresh_token") or ""
        self._grant: oauth.Grant | None = None
        self._lost: list[Problem] = []

    @property
    def is_owner(self) -> bool:
        """Does the account itself log in (and not only the app)?"""
        return bool(self._refresh)

    def begin(self) -> None:
        """Get a token that may see what it must. Raises `LoginExpired`, `ScopeLost`."""
        if not self.is_owner:
            self._as_app()
            return
        self._require_a_place_for_the_next()
        self._grant = self._renewed()
        missing = oauth.missing_scopes(self._scopes, self._grant.scopes)
        if missing:
            raise ScopeLost(
                f"The login of {self._target.name} lacks {missing[0].name}. {missing[0].why}",
                remedy="Give consent again for this scope; an empty list from this login would mean nothing.",
            )
        self._http.authorize(self._grant.access_token)

    def warnings(self) -> list[Problem]:
        expires_at = self._grant.refresh_expires_at if self._grant else None
        remedy = "Give consent again and put the new refresh token into the account's connection."
        return [*self._lost, *oauth.dies_soon(self._target.name, "refresh token", expires_at, remedy)]

    def _as_app(self) -> None:
        bearer = self._target.secrets.get("bearer_token")
        if not bearer:
            raise LoginExpired(
                f"The account {self._target.name} has neither a refresh token nor a bearer token.",
                remedy="Add `refresh_token` (or `bearer_token`) to its secrets in accounts.yaml.",
            )
        self._http.authorize(bearer)

    def _require_a_place_for_the_next(self) -> None:
        """X takes a refresh token once. Where its successor cannot be stored, using it would be the last login.

        Storing the present one again shows whether that works. The sandbox (`insecure_local`) takes one for ever.
        """
        if self._target.settings.get("insecure_local") or self._target.keep("refresh_token", self._refresh):
            return
        raise LoginExpired(
            f"X changes the refresh token of {self._target.name} when it is used, and where it stands now the new one "
            "could not be stored. It was not used, and is still good.",
            remedy="Move it to an Airflow connection (`connection:…`), or read with the app's `bearer_token`.",
        )

    def _renewed(self) -> oauth.Grant:
        grant = oauth.exchange(
            self._http, f"{self._http.base_url}/2/oauth2/token",
            {"grant_type": "refresh_token", "refresh_token": self._refresh, **self._client_in_form()},
            who=self._target.name, headers=self._client_in_header(),
        )  # fmt: skip
        renewed = grant.refresh_token
        if renewed and renewed != self._refresh:
            if not self._target.keep("refresh_token", renewed):
                self._lost.append(Problem(
                    f"X renewed the refresh token of {self._target.name}, and the new one could not be stored; the old "
                    "one is used up.",
                    "Before the next run give consent again, and put the token into an Airflow connection.",
                ))  # fmt: skip
            self._refresh = renewed
        return grant

    def _client_in_form(self) -> dict[str, str]:
        """A public client names itself in the form, a confidential one in the header."""
        if self._target.secrets.get("client_secret"):
            return {}
        return {"client_id": str(self._target.settings.get("client_id") or "")}

    def _client_in_header(self) -> dict[str, str]:
        secret = self._target.secrets.get("client_secret")
        if not secret:
            return {}
        client = str(self._target.settings.get("client_id") or "")
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
        self._http.hide(basic)
        return {"Authorization": f"Basic {basic}"}
