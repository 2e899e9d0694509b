"""PyJWT, Debian's: a JSON array of calls by standard input, one of their outcomes by standard output.

pyjwt.py version | sign | verify
"""

import json
import sys
import time

# Debian's own folder goes first, because a pip in /usr/local may have brought another PyJWT.
DEBIAN = "/usr/lib/python3/dist-packages"
sys.path.insert(0, DEBIAN)
try:
    import jwt
except ImportError:
    sys.exit("missing: python3-jwt")
if not jwt.__file__.startswith(DEBIAN):
    sys.exit("missing: python3-jwt, Debian's package (there is another PyJWT in %s)" % jwt.__file__)


def sign(payload, secret, expires_in):
    issued_at = payload.get("iat", int(time.time()))
    claims = {**payload, "iat": issued_at, "exp": issued_at + expires_in}
    return {"token": jwt.encode(claims, secret, algorithm="HS256")}


def verify(token, secret):
    return {"payload": jwt.decode(token, secret, algorithms=["HS256"])}


def outcome(function, arguments):
    try:
        return function(*arguments)
    except Exception as error:  # not only PyJWTError: a KeyError refuses a token, too
        return {"error": repr(error)}


if sys.argv[1] == "version":
    print(jwt.__version__)
else:
    function = {"sign": sign, "verify": verify}[sys.argv[1]]
    json.dump([outcome(function, call) for call in json.load(sys.stdin.buffer)], sys.stdout)
