"""seeds.py VECTORS FOLDER: make the first inputs of each fuzz target from our vectors, a file for each."""

import base64
import hashlib
import json
import pathlib
import sys


def decode(segment):
    """The bytes of a segment; of a broken one, as many as there are."""
    valid = ''.join(c for c in segment if c.isascii() and (c.isalnum() or c in '-_'))
    return base64.urlsafe_b64decode(valid[:len(valid) // 4 * 4 + (len(valid) % 4 > 1) * (len(valid) % 4)] + '=' * (-len(valid) % 4)
                                    if len(valid) % 4 != 1 else valid[:-1])


def key_and_texts(secret, signing_input, rest):
    """The input of hmac_sha256.c: two lengths, a key, two texts."""
    first = signing_input.encode()[:255]
    return bytes([len(secret), len(first)]) + secret.encode() + first + rest


def seeds(vectors):
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
        for target in ('json_limits', 'json_reader', 'json_times', 'json_writer', 'payload', 'token_check'):
            yield from ((target, text) for text in texts)


def main():
    vectors = json.loads(pathlib.Path(sys.argv[1]).read_text())
    for target, seed in seeds(vectors):
        folder = pathlib.Path(sys.argv[2], target)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


main()
