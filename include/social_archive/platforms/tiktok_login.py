"""The login of a TikTok account: a refresh token of 365 days becomes an access token of 24 hours, in each run.

Source: TikTok API for Business, `tt_user/oauth2/refresh_token` and `tt_user/token_info/get` (v1.3). Credentials go in
the body; afterwards the token goes in the header `Access-Token`, without a scheme.
"""

from __future__ import annotations

from typing import Any, Final

from social_archive.errors import LoginExpired, Unintelligible
from social_archive.platforms import oauth, tiktok_records
from social_archive.platforms.base import Problem, Scope, Target
from social_archive.platforms.http import Answer, Http

_THEIR_FAULT: Final = 50_000  # codes from here on are TikTok's own troubles


class Login:
    """One account's login for this run. `prefix` is the API's path up to its version."""

    def __init__(self, target: Target, http: Http, prefix: str, scopes: tuple[Scope, ...]) -> None:
        self._target, self._http, self._prefix, self._wanted = target, http, prefix, scopes
        self._grant: oauth.Grant | None = None
        self._scopes: frozenset[str] | None = None
        self._homeless = False  # a new refresh token could not be stored
        self.business_id = ""

    def missing_scopes(self) -> list[Scope]:
        """The permissions that the consent lacks. Logs in first. Raises `LoginExpired`, `Unintelligible`."""
        if self._scopes is None:
            self._scopes = self._log_in()
        return oauth.missing_scopes(self._wanted, self._scopes)

    def _log_in(self) -> frozenset[str]:
        refresh = self._target.secrets.get("refresh_token") or ""
        secret = self._target.secrets.get("client_secret") or ""
        client = str(self._target.settings.get("client_id") or "")
        given = {"refresh_token": refresh, "client_secret": secret, "client_id": client}
        lacking = [name for name, value in given.items() if not value]
        if lacking:
            raise LoginExpired(
                f"The account {self._target.name} lacks {' and '.join(lacking)}.",
                remedy="Add it to the account's secrets (client_id: to its settings) in accounts.yaml.",
            )
        told = self._post("tt_user/oauth2/refresh_token", {**given, "grant_type": "refresh_token"})
        grant = oauth.granted(self._http, told)
        self._keep(grant.refresh_token, refresh)
        self._grant = grant
        scopes, owner = grant.scopes or frozenset(), told.get("open_id")
        if not scopes or not owner:
            seen = self._post("tt_user/token_info/get", {"app_id": client, "access_token": grant.access_token})
            scopes = scopes or frozenset(str(seen.get("scope") or "").replace(",", " ").split())
            owner = owner or seen.get("creator_id")
        if not isinstance(owner, str) or not owner:
            raise Unintelligible("TikTok gave a token without saying whose it is.")
        self.business_id = owner
        token = grant.access_token
        self._http.authorize_by(lambda method, url, parameters: ({}, {"Access-Token": token}))
        return scopes

    def _keep(self, given: str | None, had: str) -> None:
        """Store a new refresh token before anything else is done with it: the old one may be worth nothing now."""
        if given is not None and given != had:
            self._homeless = not self._target.keep("refresh_token", given)

    def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        """Ask one of the endpoints that take credentials in the body; the `data` of its answer."""
        answer = self._http.post(f"{self._prefix}{path}/", json=body, anonymous=True)
        code = tiktok_records.code_of(answer)
        if code is not None and 0 < code < _THEIR_FAULT:
            raise LoginExpired(
                f"The login of {self._target.name} is no longer accepted (code {code}).",
                remedy="Let the account's owner give consent again, and store the new refresh token; the harvest "
                "resumes by itself and the gap is recorded.",
            )
        return self._data(answer, code)

    @staticmethod
    def _data(answer: Answer, code: int | None) -> dict[str, Any]:
        body = answer.json()
        data = body.get("data") if isinstance(body, dict) else None
        if answer.status != 200 or code != 0 or not isinstance(data, dict):
            raise Unintelligible(f"{answer.url} answered HTTP {answer.status} (code {code}) when asked for a token.")
        return data

    def warnings(self) -> list[Problem]:
        who = self._target.name
        expires_at = self._grant.refresh_expires_at if self._grant else None
        remedy = "Let the account's owner give consent again, and store the new refresh token."
        soon = oauth.dies_soon(who, "refresh token", expires_at, remedy)
        if not self._homeless:
            return soon
        lost = Problem(
            f"TikTok replaced the refresh token of {who}, and the new one could not be stored.",
            "Keep this secret in an Airflow connection, which can be written to. If the next run cannot log in, let "
            "the account's owner give consent again.",
        )
        return [lost, *soon]
