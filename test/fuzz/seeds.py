"""seeds.py VECTORS FOLDER: write into the folder the inputs that each fuzz target starts from, a file for each, whose name says
what it shows.

They come from the limits of what we read and from our vectors.  An input that broke a rule goes into BROKE.
"""

import base64
import json
import pathlib
import re
import struct
import sys

# Name: the input, as make fuzz prints it
BROKE = {
    "an id in EUC_JIS_2004 that UTF-8 lacks": b"{[{\xde\xdf\xa8\xe2",
    "an id in EUC_JIS_2004 that UTF-8 lacks, with a blank": b"{ {\xde\xdf\xa8\xe2",
    "a part of a leap second": b"2026-11-24T23:59:60.39Z",
}

HEADERS = {
    "header": '{"alg":"HS256"}',
    "header with crit": '{"alg":"HS256","crit":["exp"]}',
    "header with a crit that is null": '{"crit":null,"alg":"HS256"}',
    "header with a longer alg": '{"alg":"HS2567"}',
    "header with alg none": '{"alg":"none"}',
    "header with an array of algs": '{"alg":["HS256"]}',
    "header with alg twice": '{"alg":"none","alg":"HS256"}',
}


def payload(others="", apikey="key", permissions='"allow_join"'):
    """Of a token that is valid at the time of the checks of server.h"""
    return f'{{"apikey":"{apikey}","permissions":[{permissions}],"exp":1795003600{others}}}'


SERVER_PAYLOADS = {
    "payload": payload(),
    "payload of the previous key": payload(apikey="previous"),
    "payload of another apikey": payload(apikey="other"),
    "payload of several apikeys": payload().replace('"key"', '["key"]'),
    "payload, ask_join": payload(permissions='"ask_join"'),
    "payload, ask_join and allow_mod": payload(permissions='"ask_join","allow_mod"'),
    "payload, allow_mod": payload(permissions='"allow_mod"'),
    "payload, crawler": payload(',"roles":["crawler"]'),
    "payload, this room": payload(',"roomId":"r","participantId":"p"'),
    "payload, another room": payload(',"roomId":"s"'),
    "payload, another participant": payload(',"roomId":"r","participantId":"q"'),
    "payload, not revoked": payload(',"iat":1795000000'),
    "payload, revoked": payload(',"iat":1794999999.9999999'),
    "payload, expired": payload(',"exp":1795000060'),
    "payload, not yet valid": payload(',"nbf":1795000061'),
}

NUMBERS = ("0", "-0", "-1", "1795514400", "1795514400.5", "1795514400.000000", "1795514400.0000001", "1795514400123",
           "253402300799", "253402300799.0000001", "253402300800", "0.9999999", "1e10", "1e-10", "NaN", "Infinity")

# As time_read() reads them, or just not
TIMES = ("2026-11-24T12:00:00Z", "2026-11-24t12:00:00z", "2026-11-24 12:00:00+00", "2026-11-24T12:00:00.5+05:45",
         "2026-11-24T12:00:00.1234567Z", "2026-11-24T23:59:60Z", "2026-11-24T24:00:00Z", "2026-02-29T00:00:00Z",
         "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-15:59", "2026-11-24T12:00:00", "2026-11-24T12:00:00 UTC",
         "2026-11-24T12:00:00+5", "2026-11-24T12:00:00+01:02:03", "2026-11-24T12:00:00+01 BC", "24.11.2026 12:00:00+00",
         "2026-11-24T12:00:00.Z", "2026-11-24", "infinity")

# Months, days, microseconds
INTERVALS = {
    "a month": (1, 0, 0),
    "a month back": (-1, 0, 0),
    "a year less a day": (12, -1, 0),
    "a day less a microsecond": (0, 1, -1),
    "an hour": (0, 0, 3_600_000_000),
    "10000 years": (120_000, 0, 0),
}


def json_limits():
    """JSON at the limits and just beyond, and all that must be escaped"""
    for levels in (64, 65):
        yield f"{levels} levels", '{"a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"
    for digits in (1000, 1001):
        yield f"{digits} digits", '{"a":' + "1" * digits + "}"
    for number in ("1e999", "1e-999", "1e1000", "1e-1000", "-1e999"):
        yield f"number {number}", '{"a":' + number + "}"
    controls = "".join(f"\\u{code:04x}" for code in range(1, 32))
    yield "all escapes", '{"' + controls + '":"' + controls + '\\"\\\\\\/\\b\\f\\n\\r\\t\\u007f"}'
    yield "escaped and plain, not ASCII", '{"a":"' + "\\u00e9\\u20ac\\ud83d\\ude00" * 3 + '","é":"€😀"}'


def at_all_lengths(seeds):
    """Each at twelve lengths, which say to token_check.c, join_check.c and webhook.c what it is and who has signed it"""
    for name, seed in seeds.items():
        for blanks in range(12):
            yield f"{name}, {blanks} blanks", seed + " " * blanks


def payloads():
    """To be signed for an hour: with nbf a second before its end, and at its end; with all claims, in each way of token_sign.c"""
    for name, nbf in (("nbf before exp", 1795517999), ("nbf at exp", 1795518000)):
        yield name, f'{{"apikey":"k","permissions":["allow_join"],"iat":1795514400,"nbf":{nbf}}}'
    for way, start in (("to sign", ""), ("to issue", "\t"), ("to issue within limits", "\r"), ("with unknown values", "\n")):
        for permissions in ('"allow_join"', '"ask_join"', '"ask_join","allow_mod"', '"allow_mod"', '"allow_join","allow_mod"'):
            yield f"payload {way}, {permissions}", (
                f'{start}{{"apikey":"key","permissions":[{permissions}],"version":2,"roomId":"r","participantId":"p","roles":["rtc"],'
                '"jti":"j"}')


def intervals():
    """As numeric_date.c reads them: seconds, and PostgreSQL's interval, with months counted from -60000"""
    for time, seconds in (("1970", 0), ("2026", 1795514400)):
        for name, (months, days, microseconds) in INTERVALS.items():
            yield f"{time} plus {name}", struct.pack("<qqii", seconds, microseconds, days, months + 60_000)


def decode(segment):
    """The bytes of a segment; of a broken one, of as much as is base64url"""
    valid = "".join(c for c in segment if c.isascii() and (c.isalnum() or c in "-_"))
    valid = valid[:len(valid) - (len(valid) % 4 == 1)]
    return base64.urlsafe_b64decode(valid + "=" * (-len(valid) % 4))


def key_and_texts(secret, text, rest):
    """As hmac_sha256.c reads them: two lengths, a key, two texts"""
    first = text.encode()[:255]
    return bytes([len(secret), len(first)]) + secret.encode() + first + rest


def of_vectors(vectors):
    """Each token, its segments, and what they stand for"""
    for vector in vectors["tokens"]:
        token, name = vector["token"], f"vector, {vector['name']}"
        segments = token.split(".")
        yield name, token
        yield f"{name}, secret and texts", key_and_texts(vectors["secret"], token, decode(segments[-1]))
        for number, segment in enumerate(segments, 1):
            yield f"{name}, segment {number}", segment
            yield f"{name}, segment {number} decoded", decode(segment)


def der(tag, *contents):
    """A value in DER (X.690)"""
    content = b"".join(contents)
    length = len(content)
    if length >= 128:
        size = (length.bit_length() + 7) // 8
        return bytes([tag, 0x80 + size]) + length.to_bytes(size, "big") + content
    return bytes([tag, length]) + content


def der_integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def public_key(algorithm, key):
    """SubjectPublicKeyInfo (RFC 5280): the algorithm's identifier and parameters, and a key"""
    return der(0x30, der(0x30, algorithm), der(3, b"\0", key))


def pem(label, content):
    lines = re.findall(".{1,64}", base64.b64encode(content).decode())
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


RSA = bytes.fromhex("06092a864886f70d0101010500")
RSA_PSS = bytes.fromhex("06092a864886f70d01010a")
P256 = bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")
P256_POINT = bytes.fromhex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                           "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")

# Name: modulus and exponent, of which nobody knows, or needs, the factors
RSA_NUMBERS = {
    "2048 bits": (2**2047 + 4321, 65537),
    "8192 bits": (2**8191 + 4321, 3),
    "2047 bits": (2**2046 + 4321, 65537),
    "8193 bits": (2**8192 + 4321, 65537),
    "even modulus": (2**2047 + 4320, 65537),
    "exponent 1": (2**2047 + 4321, 1),
    "even exponent": (2**2047 + 4321, 65538),
    "large exponent": (2**2047 + 4321, 2**2046 + 1),
}


def public_keys():
    """DER behind the byte by which rsa_sha256.c takes it for one thing or the other"""
    for name, numbers in RSA_NUMBERS.items():
        key = der(0x30, *map(der_integer, numbers))
        yield f"public key, {name}", b"\x01" + public_key(RSA, key)
        yield f"RSA public key, {name}", b"\x02" + key
    yield "public key, RSA-PSS", b"\x01" + public_key(RSA_PSS, key)
    yield "public key, P-256", b"\x01" + public_key(P256, P256_POINT)


def pems():
    """Short keys, of which two fit into an input"""
    key = der(0x30, *map(der_integer, RSA_NUMBERS["2048 bits"]))
    spki, rsa = pem("PUBLIC KEY", public_key(RSA, key)), pem("RSA PUBLIC KEY", key)
    return {
        "PEM": spki,
        "PEM, RSA": rsa,
        "PEM, two": spki + rsa,
        "PEM, text before it": f"a key:\n{spki}",
        "PEM, begun twice": "-----BEGIN PUBLIC KEY-----\n" + spki,
        "PEM, other end": spki.replace("END PUBLIC", "END RSA PUBLIC"),
        "PEM, misspelt end": spki.replace("END PUBLIC", "END PU;LIC"),
        "PEM, the other label": pem("PUBLIC KEY", key),
        "PEM, encrypted": rsa.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233\n\n", 1),
        "PEM, in one line": spki.replace("\n", ""),
        "PEM, private": pem("PRIVATE KEY", key),
        "PEM, certificate": pem("CERTIFICATE", key),
    }


def signatures():
    """As long as a signature of 2048 bits, and one byte longer and shorter"""
    for length in (255, 256, 257):
        yield f"signature of {length} bytes", base64.b64encode(bytes(range(1, 255)) + bytes(length - 254))


WEBHOOKS = {
    "webhook": '{"webhookType":"participant-left","data":{"meetingId":"a-b-c","participantName":"é€😀"}}',
    "webhook, the fuzzer's own": '{"webhookType":"participant-left","data":{}}',
    "webhook, blanks and escapes": ' { "webhook\\u0054ype" : "x" , "x" : 1 , "x" : 2 }\n',
    "webhook, an array": '[{"webhookType":"participant-left"}]',
}


def all_seeds(vectors):
    yield from BROKE.items()
    yield from at_all_lengths(HEADERS)
    yield from at_all_lengths(SERVER_PAYLOADS)
    yield from payloads()
    yield from ((f"number {number}", number) for number in NUMBERS)
    yield from ((f"time {time}", time) for time in TIMES)
    yield from intervals()
    yield from json_limits()
    yield from public_keys()
    yield from at_all_lengths(pems())
    yield from signatures()
    yield from at_all_lengths(WEBHOOKS)
    yield from of_vectors(vectors)


def main(vectors, folder):
    names = set()
    for name, seed in all_seeds(json.loads(pathlib.Path(vectors).read_text(encoding="utf8"))):
        file_name = re.sub(r"[^\w.+-]+", "_", name)
        if file_name in names:
            sys.exit(f"seeds.py: two seeds are named {name}")
        names.add(file_name)
        pathlib.Path(folder, file_name).write_bytes(seed if isinstance(seed, bytes) else seed.encode())


main(*sys.argv[1:])
