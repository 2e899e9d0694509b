"""What is measured: statements on the tables of setup.sql, and other people's libraries."""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
SECRET = "3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c"
APIKEY = "8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f"

# A column of tokens, and the table that has it alone, or behind those that are read with it
TABLES = {"payload": "payloads", "compact": "compact_texts", "printed": "printed_texts", "token": "issued",
          "participant_id": "joining"}

# Name: expression, and the column that it reads
STATEMENTS = {
    "payload::text": ("payload::text", "payload"),
    "sign": (f"videosdk_sign_token(payload, '{SECRET}', '2 hours')", "payload"),
    "issue": ("videosdk_issue_token(payload, '2 hours')", "payload"),
    "issue, all options": ("videosdk_issue_token(payload, '2 hours', 'limited')", "payload"),
    "text::jsonb": ("compact::jsonb", "compact"),
    "text::jsonb, text in jsonb's order": ("printed::jsonb", "printed"),
    "decode": ("videosdk_decode_token(token)", "token"),
    "verify": (f"videosdk_verify_token(token, '{SECRET}')", "token"),
    "validate": ("videosdk_validate_token(token)", "token"),
    "validate, all options": ("videosdk_validate_token(token, 'limited')", "token"),
    "inspect": (f"(videosdk_inspect_token(token, '{SECRET}')).status", "token"),
    "check": ("(videosdk_check_token(token)).status", "token"),
    "check_join": ("(videosdk_check_join(token, room_id, participant_id)).allowed", "participant_id"),
}

SDK = "@videosdk.live/server-sdk"

# Packages of package.json, and what else peers.js knows; with their titles
JAVASCRIPT_PEERS = {
    SDK: SDK,
    "fast-jwt": "fast-jwt",
    "@node-rs/jsonwebtoken": "@node-rs/jsonwebtoken (Rust)",
    "jsonwebtoken with a KeyObject": "jsonwebtoken, given a KeyObject",
    "jsonwebtoken": "jsonwebtoken, given a string",
}
PEERS = {
    "libjwt": "libjwt (C)",
    "PyJWT": "PyJWT",
    "pgcrypto": "plain SQL over pgcrypto",
    **JAVASCRIPT_PEERS,
}


def build(name, folder, *arguments):
    """The program of NAME.c"""
    program = str(Path(folder, name))
    subprocess.run(["gcc", "-O2", "-I", str(HERE / "../../src"), "-o", program, str(HERE / f"{name}.c"), *arguments], check=True)
    return program


def build_floor(folder):
    rooms = [str(HERE / f"../../src/bytes/{room}.c") for room in ("base64url", "base64url_simd", "hmac_sha256")]
    return build("floor", folder, *rooms, "-lcrypto")


def build_libjwt(folder):
    return build("libjwt", folder, "-ljwt")


def build_webhook_floor(folder):
    return build("webhook_floor", folder, "-lcrypto")
