"""Which passwords are refused, where a sign-in may lead, and what a device is called.

password           user name    refused because
correct-horse-9    wang         -
short              wang         fewer than 12 characters
111111111111       wang         fewer than 5 different characters
abcdefghijkl       wang         one run along the alphabet, the digits or the keyboard
Password2022!      wang         a common word with digits and marks around it
wang-wang-2022     wang         the user name with digits and marks around it

next               leads to
/cycles/3/tally    /cycles/3/tally
(none)             the first page of the role
//host/x           the first page of the role: another host
/\\host/x           the first page of the role: browsers read it as //host
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from app.core.sentences import N_, Sentence, sentence

LEAST = 12
MOST = 200
DISTINCT = 5
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn")
_COMMON = frozenset(
    "password passw0rd passwort qwerty qwertyuiop letmein welcome admin administrator iloveyou monkey dragon master"
    " sunshine princess football baseball superman secret login changeme default guest root system office community"
    " woaini woaiwojia woaizhongguo wangyi taobao zhongguo china beijing shanghai hangzhou mima dearbook louda aini"
    " jiedao shequ louzhang wuzi xiaoqu asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx abc abcd".split()
)


def password_weakness(password: str, username: str) -> Sentence | None:
    """Why a password is refused, or None. Length counts characters; nothing is demanded of their kind."""
    if len(password) < LEAST:
        return sentence(N_("密码至少 %(least)s 个字符，可以用一句话。"), least=LEAST)
    if len(password) > MOST:
        return sentence(N_("密码最多 %(most)s 个字符。"), most=MOST)
    folded = password.lower()
    if len(set(folded)) < DISTINCT:
        return sentence(N_("密码里不同的字符太少，容易被猜到。"))
    if any(folded in run or folded in run[::-1] for run in _RUNS):
        return sentence(N_("密码是键盘或字母表上的一串，容易被猜到。"))
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])0(?=[a-z])", "o", folded.replace("@", "a")))
    known = _COMMON | {username.lower()}
    if words and all(word in known for word in words) and not re.search(r"[^\x00-\x7f]", folded):
        return sentence(N_("密码太常见，请换一个不容易猜到的。"))
    return None


def path_within(wanted: str | None) -> str | None:
    """`wanted` if it is a path of this site, else None, so that a sign-in never leads elsewhere."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or len(wanted) > 500:
        return None
    if any(ord(character) < 33 or character == "\\" for character in wanted):
        return None
    parts = urlsplit(wanted)
    return None if parts.scheme or parts.netloc else wanted


# In order: browsers and systems name those before them as well.
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("QQBrowser", "QQ 浏览器"),
    ("UCBrowser", "UC 浏览器"),
    ("HuaweiBrowser", "华为浏览器"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """What a browser says of itself, as its owner would call it: "微信 · Android". Empty where nothing is known.

    The whole line would tell one phone from another; the kind is enough to know one's own devices by.
    """
    said = agent[:1000]
    known = (next((name for mark, name in marks if mark in said), "") for marks in (_BROWSERS, _SYSTEMS))
    return " · ".join(filter(None, known))
