"""seeds.py VECTORS FOLDER: make the first inputs of each fuzz target from our vectors and from the limits of JSON, a file for
each.  Committed are those from the limits, and what libFuzzer's -merge=1 kept of the others and of what it found since."""

import base64
import hashlib
import json
import pathlib
import struct
import sys


def decode(segment):
    """The bytes of a segment; of a broken one, of as much as is base64url."""
    valid = ''.join(c for c in segment if c.isascii() and (c.isalnum() or c in '-_'))
    valid = valid[:len(valid) - (len(valid) % 4 == 1)]
    return base64.urlsafe_b64decode(valid + '=' * (-len(valid) % 4))


def key_and_texts(secret, signing_input, rest):
    """The input of hmac_sha256.c: two lengths, a key, two texts."""
    first = signing_input.encode()[:255]
    return bytes([len(secret), len(first)]) + secret.encode() + first + rest


def edges():
    """JSON at the limits and just beyond, and all that must be escaped."""
    controls = ''.join(f'\\u{code:04x}' for code in range(1, 32))
    for levels in (64, 65):
        yield '{"a":' + '[' * (levels - 1) + ']' * (levels - 1) + '}'
    for digits in (1000, 1001):
        yield '{"a":' + '1' * digits + '}'
    for exponent in ('999', '-999', '1000', '-1000'):
        yield '{"a":1e' + exponent + '}'
    yield '{"a":-1e999}'
    yield '{"' + controls + '":"' + controls + '\\"\\\\\\/\\b\\f\\n\\r\\t\\u007f"}'
    yield '{"a":"' + '\\u00e9\\u20ac\\ud83d\\ude00' * 3 + '","é":"€😀"}'


HEADERS = ('{"alg":"HS256"}', '{"alg":"HS256","crit":["exp"]}', '{"crit":null,"alg":"HS256"}', '{"alg":"HS2567"}', '{"alg":"none"}',
           '{"alg":["HS256"]}', '{"alg":"none","alg":"HS256"}')

NUMBERS = ('0', '-0', '-1', '1795514400', '1795514400.5', '1795514400.000000', '1795514400.0000001', '1795514400123',
           '253402300799', '253402300799.0000001', '253402300800', '0.9999999', '1e10', '1e-10', 'NaN', 'Infinity')


def payloads():
    """A second before the end of the hour that they are signed for, and at the end."""
    for nbf in (1795517999, 1795518000):
        yield f'{{"apikey":"k","permissions":["allow_join"],"iat":1795514400,"nbf":{nbf}}}'


def headers():
    """Each at three lengths, one of which makes the target take it for a header."""
    for header in HEADERS:
        yield from (header + ' ' * blanks for blanks in range(3))


def intervals():
    """Seconds, and an interval as PostgreSQL has it; the target counts months from -60000."""
    for seconds in (0, 1795514400):
        for months, days, microseconds in ((1, 0, 0), (-1, 0, 0), (12, -1, 0), (0, 1, -1), (0, 0, 3_600_000_000), (120000, 0, 0)):
            yield struct.pack('<qqii', seconds, microseconds, days, months + 60000)


def seeds_from_limits():
    yield from (('token_check', header.encode()) for header in headers())
    yield from (('numeric_date', interval) for interval in intervals())
    yield from (('token_sign', payload.encode()) for payload in payloads())
    yield from (('numeric_date', number.encode()) for number in NUMBERS)
    for target in ('json_limits', 'json_reader', 'json_writer', 'token_sign', 'token_check'):
        yield from ((target, edge.encode()) for edge in edges())


def seeds_from_vectors(vectors):
    for vector in vectors['tokens']:
        token = vector['token']
        segments = token.split('.')
        decoded = [decode(segment) for segment in segments]
        texts = decoded[:2]
        yield from (('base64url', segment.encode()) for segment in segments)
        yield from (('base64url', bytes_) for bytes_ in decoded)
        yield 'jwt', token.encode()
        yield 'jwt', decoded[1] if len(decoded) > 1 else b''
        yield 'hmac_sha256', key_and_texts(vectors['secret'], token, decoded[-1])
        yield 'token_check', token.encode()
        for target in ('json_limits', 'json_reader', 'json_writer', 'token_sign', 'token_check'):
            yield from ((target, text) for text in texts)


def main():
    vectors = json.loads(pathlib.Path(sys.argv[1]).read_text())
    for target, seed in (*seeds_from_limits(), *seeds_from_vectors(vectors)):
        folder = pathlib.Path(sys.argv[2], target)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


main()
