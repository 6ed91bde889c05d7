#!/usr/bin/env python3
"""Checks a file of evidence as docs/evidence.md describes it, with nothing but Python's standard library.

    verify.py FILE [FINGERPRINT]      exits 0 good, 3 problems found, 1 cannot be read, 2 usage
"""
import datetime, json, re, sys, uuid
from ed25519 import signed
from log import checkpoint, fingerprint, leaf_hash, need, root_of, sha, unbase64, verifier_key

DATA = r'<script type="application/json" id="daymark-evidence" data-signature="([^"]*)">(.*?)</script>'

def once(pairs):
    need(len(dict(pairs)) == len(pairs), "a field is there twice: %s" % [key for key, _ in pairs])
    return dict(pairs)

def leb128(data, at):  # the number, and where it ends
    end = next(end for end in range(at + 1, at + 10) if data[end - 1] < 128)
    return sum((byte & 127) << 7 * place for place, byte in enumerate(data[at:end])), end

def name(document):  # in bytes
    kind, date, duty = document.split("/", 2)
    need(kind == "sheet", "it is no sheet")
    days = (datetime.date.fromisoformat(date) - datetime.date(2000, 1, 1)).days
    duty, _, rest = duty.partition(":")
    rest = uuid.UUID(rest).bytes if duty == "trip" else rest.encode()
    return b"\1" + days.to_bytes(2, "big") + bytes([["office", "gate", "class", "trip"].index(duty)]) + rest

def check_change(change, school, keys, log, found):
    signature, chunk = unbase64(change["bytes"])[:64], unbase64(change["bytes"])[64:]
    digest, (length, body) = sha(chunk[8:]), leb128(chunk, 9)
    whole = chunk[:9] == b"\x85oJ\x83" + digest[:4] + b"\1" and body + length == len(chunk)
    need(whole, "the change was damaged")
    count, at = leb128(chunk, body)
    parents = [chunk[at + 32 * number :][:32].hex() for number in range(count)]
    size, at = leb128(chunk, at + 32 * count)
    device, document = int.from_bytes(chunk[at : at + 4], "big"), name(change["document"])
    here = found.setdefault(change["document"], set(parents[:1]))  # all begin with one first change
    need(parents and here.issuperset(parents), "what it was made on top of is not here")
    here.add(digest.hex())
    named = bytes([len(document)]) + document + digest
    need(size == 12 and device in keys, "the school has no device %d" % device)
    good = signed(keys[device], b"daymark change v1\0" + school.to_bytes(4, "big") + named, signature)
    need(good, "the signature is not that of device %d" % device)
    leaf = leaf_hash(school, named, device, signature)
    proof = [unbase64(part, 32) for part in change["proof"]]
    root = log and root_of(leaf, change["leaf"], log[0], proof)
    need(not log or root == log[1], "it is not in the log at this place")

def verify(page, expected=None):
    problems, bad, last, found, keys, digest = [], [], -1, {}, {}, bytes(32)
    check = lambda holds, words: None if holds else problems.append(words)
    places = re.findall(DATA, page, re.S)
    need(len(places) == 1, "evidence data are in it %d times and not once" % len(places))
    (signature, text), data = places[0], json.loads(places[0][1], object_pairs_hook=once)
    need(data["format"] == "daymark evidence v1", "another format: %r" % data["format"])
    school, (origin, key_id, key, fits) = data["school"]["number"], verifier_key(data["school"]["key"])
    check(fits and origin == "daymark/%d" % school, "the school's key does not fit its name and number")
    compared = "as given" if expected == fingerprint(key) else "not compared"
    print("school %d, key %s: %s" % (school, fingerprint(key), compared))
    check(expected in (None, fingerprint(key)), "another school's key: its fingerprint is not %s" % expected)
    by_school = lambda what, rest, by: signed(key, what + school.to_bytes(4, "big") + rest, unbase64(by, 64))
    good = by_school(b"daymark evidence v1\0", sha(text.encode()), signature)
    check(good, "the school has not signed the data as they stand")
    try:
        log = checkpoint(data["checkpoint"], origin, key_id, key)
    except (AttributeError, ValueError):
        log = check(False, "the checkpoint is not signed by the school")
    for device, entry in [(entry["device"], entry) for entry in data["device_keys"]["keys"]]:
        check(device > max(keys, default=0), "the device keys are out of order at device %d" % device)
        keys[device] = unbase64(entry["key"], 32)
        digest = sha(digest, device.to_bytes(4, "big"), keys[device])
    good = by_school(b"daymark keys v1\0", digest, data["device_keys"]["signature"])
    check(good, "the device keys are not those that the school signed")
    for change in data["changes"]:
        try:
            check_change(change, school, keys, log, found)
            need(change["leaf"] > last, "the leaf is there twice or out of order")
        except (IndexError, StopIteration, ValueError) as error:
            bad.append(change["leaf"])
            problems.append("leaf %d, %s: %s" % (change["leaf"], change["document"], error))
        last = change["leaf"]
    for sheet in data["documents"]:
        here = found.pop(sheet["document"], set())
        whole = here and here.issuperset(sheet["heads"])
        check(whole, "%s: its newest changes are not all here" % sheet["document"])
    check(not found, "sheets are here that the school does not list: %s" % sorted(found))
    print("%d changes, %d problems" % (len(data["changes"]), len(problems)), *problems, sep="\n- ")
    if bad:
        print("first bad leaf: %d" % min(bad))
    return 3 if problems else 0

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    try:
        with open(sys.argv[1], "rb") as file:
            sys.exit(verify(file.read().decode(), *sys.argv[2:]))
    except Exception as error:
        sys.exit(print("cannot read %s: %s" % (sys.argv[1], error), file=sys.stderr) or 1)
