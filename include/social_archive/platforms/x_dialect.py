"""How X wants its fields named when it is asked: `tweet` as its documentation says, `post` as its newer contract does.

Neither asks for more than a record needs: X bills by the post, and what is not asked for cannot be lost or leaked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from social_archive.errors import ConfigError
from social_archive.platforms.base import Target

_POST_FIELDS: Final = "attachments,conversation_id,created_at,edit_controls,entities,lang,possibly_sensitive,"
_COMMON: Final = "public_metrics,reply_settings,withheld"
_USER_FIELDS: Final = (
    "created_at,description,entities,location,name,profile_banner_url,profile_image_url,protected,public_metrics,url,"
    "username,verified"
)


@dataclass(frozen=True)
class Dialect:
    name: str
    post_fields: str
    expansions: str

    def posts(self) -> dict[str, str]:
        """Parameters of everything that answers posts. The same everywhere, so that a post always reads the same."""
        return {
            f"{self.name}.fields": self.post_fields,
            "expansions": self.expansions,
            "user.fields": "name,profile_image_url,username",
            "media.fields": "alt_text,media_key,preview_image_url,type,url,variants",
            "poll.fields": "id,options",
        }

    def user(self) -> dict[str, str]:
        return {"user.fields": _USER_FIELDS}


_DIALECTS: Final = {
    "tweet": Dialect(
        "tweet",
        f"{_POST_FIELDS}note_tweet,author_id,in_reply_to_user_id,referenced_tweets,{_COMMON}",
        "attachments.media_keys,attachments.poll_ids,author_id,referenced_tweets.id",
    ),
    "post": Dialect(
        "post",
        f"{_POST_FIELDS}note_post,{_COMMON}",
        "attachments.media_keys,attachments.poll_ids,author_id,in_reply_to_user_id,referenced_posts",
    ),
}


def dialect_of(target: Target) -> Dialect:
    wanted = str(target.settings.get("dialect") or "tweet")
    if wanted not in _DIALECTS:
        raise ConfigError(f"The account {target.name} has `dialect: {wanted}`.", remedy="Write `tweet` or `post`.")
    return _DIALECTS[wanted]
