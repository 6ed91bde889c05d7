#!/usr/bin/env python3
"""Checks a file of evidence as docs/evidence.md describes it, with nothing but Python's standard library.

    verify.py FILE [FINGERPRINT]      exits 0 good, 3 problems found, 1 cannot be read, 2 usage
"""
import base64, datetime, hashlib, json, re, sys, uuid
from ed25519 import signed

DATA = r'<script type="application/json" id="daymark-evidence" data-signature="([^"]*)">(.*?)</script>'
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()

def need(holds, words):
    if not holds:
        raise ValueError(words)

def once(pairs):
    need(len(dict(pairs)) == len(pairs), "a field is there twice: %s" % [key for key, _ in pairs])
    return dict(pairs)

def unbase64(text, length=None):
    data = base64.b64decode(text)
    need(base64.b64encode(data).decode() == text and length in (None, len(data)), "bad base 64: " + text[:20])
    return data

def varint(n):  # prefix varint, docs/log.md
    size = max(1, (n.bit_length() + 6) // 7)
    return (n | 256 - (256 >> size - 1) << 8 * size - 8).to_bytes(size, "big")

def leb128(data, at):
    end = next(end for end in range(at + 1, at + 10) if data[end - 1] < 128)
    return sum((byte & 127) << 7 * place for place, byte in enumerate(data[at:end])), end

def name(document):
    kind, date, duty = document.split("/", 2)
    need(kind == "sheet", "it is no sheet")
    days = (datetime.date.fromisoformat(date) - datetime.date(2000, 1, 1)).days
    duty, _, rest = duty.partition(":")
    rest = uuid.UUID(rest).bytes if duty == "trip" else rest.encode()
    return b"\1" + days.to_bytes(2, "big") + bytes([["office", "gate", "class", "trip"].index(duty)]) + rest

def root_of(leaf, index, size, proof):  # RFC 9162, section 2.1.3.2, from the root downwards
    need(0 <= index < size and bool(proof) == (size > 1), "it is not in the log at this place")
    if size == 1:
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return sha(b"\1", root_of(leaf, index, left, proof[:-1]), proof[-1])
    return sha(b"\1", proof[-1], root_of(leaf, index - left, size - left, proof[:-1]))

def checkpoint(note, origin, key, key_id):  # C2SP signed-note and tlog-checkpoint
    text, lines = re.fullmatch("(.*\n)\n((?:— [^ \n]+ [^ \n]+\n)+)", note, re.S).groups()
    values = [unbase64(value) for value in re.findall("— %s (.*)\n" % origin, lines)]
    good = [signed(key, text.encode(), value[4:]) for value in values if value[:4] == key_id]
    first, size, root = re.match("(.*)\n(0|[1-9][0-9]{0,18})\n(.*)\n", text).groups()
    need(good and all(good) and first == origin, "not the school's")
    return int(size), unbase64(root, 32)

def check_change(change, school, keys, log, found):
    signature, chunk = unbase64(change["bytes"])[:64], unbase64(change["bytes"])[64:]
    digest, (length, body) = sha(chunk[8:]), leb128(chunk, 9)
    whole = chunk[:9] == b"\x85oJ\x83" + digest[:4] + b"\1" and body + length == len(chunk)
    need(whole, "the change was damaged")
    count, at = leb128(chunk, body)
    parents = [chunk[at + 32 * number :][:32].hex() for number in range(count)]
    size, at = leb128(chunk, at + 32 * count)
    device, document = int.from_bytes(chunk[at : at + 4], "big"), name(change["document"])
    here = found.setdefault(change["document"], {parents[0]} if parents else set())  # all begin with one first change
    need(parents and here.issuperset(parents), "what it was made on top of is not here")
    here.add(digest.hex())
    named = bytes([len(document)]) + document + digest
    need(size == 12 and device in keys, "the school has no device %d" % device)
    good = signed(keys[device], b"daymark change v1\0" + school + named, signature)
    need(good, "the signature is not that of device %d" % device)
    leaf = b"daymark leaf v1\0" + varint(int.from_bytes(school, "big")) + named + varint(device) + signature
    proof = [unbase64(part, 32) for part in change["proof"]]
    root = log and root_of(sha(b"\0", leaf), change["leaf"], log[0], proof)
    need(not log or root == log[1], "it is not in the log at this place")

def verify(page, expected):
    problems, bad, last, found, keys, digest = [], [], -1, {}, {}, bytes(32)
    check = lambda holds, words: None if holds else problems.append(words)
    places = re.findall(DATA, page, re.S)
    need(len(places) == 1, "evidence data are in it %d times and not once" % len(places))
    (signature, text), data = places[0], json.loads(places[0][1], object_pairs_hook=once)
    need(data["format"] == "daymark evidence v1", "another format: %r" % data["format"])
    number, (origin, key_id, typed) = data["school"]["number"], data["school"]["key"].split("+", 2)
    school, key_id, typed = number.to_bytes(4, "big"), bytes.fromhex(key_id), unbase64(typed, 33)
    key, fits = typed[1:], sha(origin.encode(), b"\n", typed)[:4] == key_id and typed[0] == 1
    check(fits and origin == "daymark/%d" % number, "the school's key does not fit its name and number")
    bits = int.from_bytes(sha(b"daymark school key v1\0", key), "big") >> 131
    letters = ["0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> 5 * at & 31] for at in reversed(range(25))]
    fingerprint = "-".join(re.findall(".{5}", "".join(letters)))
    compared = "as given" if expected == fingerprint else "not compared"
    print("school %d, key %s: %s" % (number, fingerprint, compared))
    check(expected in (None, fingerprint), "it is another school's key: the fingerprint is not %s" % expected)
    good = signed(key, b"daymark evidence v1\0" + school + sha(text.encode()), unbase64(signature, 64))
    check(good, "the school has not signed the data as they stand")
    try:
        log = checkpoint(data["checkpoint"], origin, key, key_id)
    except (AttributeError, ValueError):
        log = check(False, "the checkpoint is not signed by the school")
    for device, entry in [(entry["device"], entry) for entry in data["device_keys"]["keys"]]:
        check(device > max(keys, default=0), "the device keys are out of order at device %d" % device)
        keys[device] = unbase64(entry["key"], 32)
        digest = sha(digest, device.to_bytes(4, "big"), keys[device])
    good = signed(key, b"daymark keys v1\0" + school + digest, unbase64(data["device_keys"]["signature"], 64))
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
            sys.exit(verify(file.read().decode(), *sys.argv[2:] or [None]))
    except Exception as error:
        sys.exit(print("cannot read %s: %s" % (sys.argv[1], error), file=sys.stderr) or 1)
