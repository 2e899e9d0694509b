"""Webhooks like VideoSDK's, signed with a key of our own by the openssl command."""

import base64
import json
import subprocess
from pathlib import Path

COUNT = 100
BYTES = 1000  # of a body


def compact(value):
    """As JSON.stringify does it"""
    return json.dumps(value, separators=(",", ":"))


def make_body(number):
    """A participant-joined of BYTES bytes, most of them what an application says of the participant"""
    data = {
        "meetingId": f"{number:04}-gzay-64pg",
        "sessionId": f"65f1c0d2a4b7e9{number:010}",
        "participantId": f"participant-{number}",
        "participantName": f"Participant {number}",
        "start": "2026-11-24T10:00:00.000Z",
        "metaData": {f"key{n}": f"what an application says of a participant, {number}.{n}" for n in range(10)},
    }
    webhook = {"webhookType": "participant-joined", "data": data}
    data["metaData"]["rest"] = ""
    data["metaData"]["rest"] = "x" * (BYTES - len(compact(webhook)))
    return compact(webhook)


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def sign(body, folder):
    path = Path(folder, "body")
    path.write_text(body)
    return base64.b64encode(openssl("dgst", "-sha256", "-sign", str(folder / "private.pem"), str(path))).decode()


def make_webhooks(folder):
    """A public key and [(body, signature)]; a key of 2048 bits goes into the folder"""
    openssl("genrsa", "-out", str(folder / "private.pem"), "2048")
    openssl("rsa", "-in", str(folder / "private.pem"), "-pubout", "-out", str(folder / "public.pem"))
    bodies = [make_body(number) for number in range(COUNT)]
    return (folder / "public.pem").read_text(), [(body, sign(body, folder)) for body in bodies]
