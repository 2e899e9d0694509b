"""pyjwt.py SAMPLE SECONDS: how long PyJWT, Debian's, takes to sign and to verify, in nanoseconds a token."""

import json
import sys
import time

EXPIRES_IN = 2 * 60 * 60

# Debian's own folder goes first, because a pip in /usr/local may have brought another PyJWT.
sys.path.insert(0, "/usr/lib/python3/dist-packages")
import jwt


def nanoseconds_each(call, values, seconds):
    for value in values:
        call(value)
    start = time.perf_counter_ns()
    end = start + int(seconds * 1e9)
    calls = 0
    while time.perf_counter_ns() < end:
        for value in values:
            call(value)
        calls += len(values)
    return (time.perf_counter_ns() - start) / calls


def main(sample_path, seconds):
    with open(sample_path, encoding="utf8") as file:
        sample = json.load(file)
    secret = sample["secret"]
    payloads = [each["payload"] for each in sample["tokens"]]
    tokens = [each["token"] for each in sample["tokens"]]

    def sign(payload):
        issued_at = int(time.time())
        return jwt.encode({**payload, "iat": issued_at, "exp": issued_at + EXPIRES_IN}, secret, algorithm="HS256")

    def verify(token):
        return jwt.decode(token, secret, algorithms=["HS256"])

    json.dump(
        {
            "sign": nanoseconds_each(sign, payloads, seconds),
            "verify": nanoseconds_each(verify, tokens, seconds),
            "sample": sign(payloads[0]),
            "version": jwt.__version__,
        },
        sys.stdout,
    )


main(sys.argv[1], float(sys.argv[2]))
