#!/usr/bin/env python3
"""Checks a file of evidence as docs/evidence.md describes it, with nothing but Python's standard library.

    verify.py FILE [FINGERPRINT]      exits 0 good, 3 problems found, 1 cannot be read, 2 usage
"""
import base64, datetime, hashlib, json, re, sys, uuid

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, I = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()


def unbase64(text, length=None):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text or length not in (None, len(data)):
        raise ValueError("not base 64, or of another length: " + text[:20])
    return data


# Ed25519, RFC 8032, section 6: points in extended coordinates.
def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        q, p, n = add(q, p) if n & 1 else q, add(p, p), n >> 1
    return q


def point(data):
    y, sign = int.from_bytes(data, "little") & (1 << 255) - 1, data[31] >> 7
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    x = x if (x * x - x2) % P == 0 else x * I % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    p = (x, y, 1, x * y % P)
    return p if times(8, p)[0] else None  # of small order: nothing


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(key, message, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or not a or not r or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    x, y, z, _ = add(times(s, BASE), times(L - h, a))
    return (x * r[2] - r[0] * z) % P == 0 and (y * r[2] - r[1] * z) % P == 0


def varint(n):  # prefix varint, docs/log.md
    size = next(size for size in range(1, 6) if n < 1 << 7 * size)
    return ((0xFF00 >> size - 1 & 0xFF) << 8 * (size - 1) | n).to_bytes(size, "big")


def leb128(data, at):
    n = shift = 0
    while True:
        n, shift, at = n | (data[at] & 127) << shift, shift + 7, at + 1
        if data[at - 1] < 128:
            return n, at


def name(document):
    _, date, duty = document.split("/", 2)
    days = (datetime.date.fromisoformat(date) - datetime.date(2000, 1, 1)).days.to_bytes(2, "big")
    kind, _, rest = duty.partition(":")
    tail = {"class": rest.encode, "trip": lambda: uuid.UUID(rest).bytes}.get(kind, bytes)()
    return b"\1" + days + bytes([["office", "gate", "class", "trip"].index(kind)]) + tail


def root_of(leaf, index, size, proof):  # RFC 9162, section 2.1.3.2
    place, last = index, size - 1
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            leaf = sha(b"\1", sibling, leaf)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            leaf = sha(b"\1", leaf, sibling)
        place, last = place >> 1, last >> 1
    return leaf if last == 0 and index < size else None


def checkpoint(note, origin, key, key_id):  # C2SP signed-note and tlog-checkpoint
    text, _, lines = note.rpartition("\n\n")
    text, good = text + "\n", False
    for line in lines.splitlines():
        _, who, value = line.split(" ")
        if who == origin and unbase64(value)[:4] == key_id:
            good = signed(key, text.encode(), unbase64(value)[4:])
            if not good:
                break
    if not good or text.split("\n")[0] != origin:
        return None
    return int(text.split("\n")[1]), unbase64(text.split("\n")[2], 32)


def change_problem(change, school, keys, log, found):
    signature, chunk = unbase64(change["bytes"])[:64], unbase64(change["bytes"])[64:]
    digest, (length, body) = sha(chunk[8:]), leb128(chunk, 9)
    if chunk[:4] + chunk[8:9] != b"\x85oJ\x83\1" or chunk[4:8] != digest[:4] or body + length != len(chunk):
        return "the change was damaged"
    parents, at = leb128(chunk, body)
    size, at = leb128(chunk, at + 32 * parents)
    device, document = int.from_bytes(chunk[at : at + 4], "big"), name(change["document"])
    found.setdefault(change["document"], set()).add(digest.hex())
    named = bytes([len(document)]) + document + digest
    if size != 12 or device not in keys:
        return "the school has no device %d" % device
    if not signed(keys[device], b"daymark change v1\0" + school + named, signature):
        return "the signature is not that of device %d" % device
    leaf = b"daymark leaf v1\0" + varint(int.from_bytes(school, "big")) + named + varint(device) + signature
    proof = [unbase64(part, 32) for part in change["proof"]]
    if log and root_of(sha(b"\0", leaf), change["leaf"], log[0], proof) != log[1]:
        return "it is not in the log at this place"


def verify(page, expected):
    problems, bad = [], []
    pattern = r'<script type="application/json" id="daymark-evidence" data-signature="([^"]*)">(.*?)</script>'
    found = re.findall(pattern, page, re.S)
    if len(found) != 1:
        raise ValueError("evidence data are in it %d times and not once" % len(found))
    signature, text = found[0]
    data = json.loads(text)
    if data["format"] != "daymark evidence v1":
        raise ValueError("another format: %r" % data["format"])
    number, (origin, key_id, typed) = data["school"]["number"], data["school"]["key"].split("+", 2)
    school, key_id, typed = number.to_bytes(4, "big"), bytes.fromhex(key_id), unbase64(typed, 33)
    key = typed[1:]
    if origin != "daymark/%d" % number or typed[0] != 1 or sha(origin.encode(), b"\n", typed)[:4] != key_id:
        problems.append("the school's key does not fit its name and number")
    bits = "".join(f"{byte:08b}" for byte in sha(b"daymark school key v1\0", key))
    letters = ["0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[at : at + 5], 2)] for at in range(0, 125, 5)]
    fingerprint = "-".join("".join(letters[at : at + 5]) for at in range(0, 25, 5))
    print("school %d, key %s: %s" % (number, fingerprint, "as given" if expected == fingerprint else "not compared"))
    if expected not in (None, fingerprint):
        problems.append("the fingerprint is not %s, which was given: it is another school's key" % expected)
    if not signed(key, b"daymark evidence v1\0" + school + sha(text.encode()), unbase64(signature, 64)):
        problems.append("the school has not signed the data as they stand")
    try:
        log = checkpoint(data["checkpoint"], origin, key, key_id)
    except ValueError:
        log = None
    if not log:
        problems.append("the checkpoint is not signed by the school")
    keys, digest = {}, bytes(32)
    for entry in data["device_keys"]["keys"]:
        if entry["device"] <= max(keys, default=0):
            problems.append("the device keys are out of order at device %d" % entry["device"])
        keys[entry["device"]] = unbase64(entry["key"], 32)
        digest = sha(digest, entry["device"].to_bytes(4, "big"), keys[entry["device"]])
    word = unbase64(data["device_keys"]["signature"], 64)
    if not signed(key, b"daymark keys v1\0" + school + digest, word):
        problems.append("the device keys are not those that the school signed")
    last, found = -1, {}
    for change in data["changes"]:
        try:
            why = change_problem(change, school, keys, log, found)
        except (IndexError, StopIteration, ValueError) as error:
            why = "the change was damaged: %s" % error
        if change["leaf"] <= last:
            why = "the leaf is there twice or out of order"
        last = change["leaf"]
        if why:
            bad.append(change["leaf"])
            problems.append("leaf %d, %s: %s" % (change["leaf"], change["document"], why))
    for sheet in data["documents"]:
        for head in set(sheet["heads"]) - found.get(sheet["document"], set()):
            problems.append("%s: change %s, one of the newest, is not here" % (sheet["document"], head))
    if not set(found) <= {sheet["document"] for sheet in data["documents"]}:
        problems.append("there is a sheet that the school does not list")
    print("%d changes, %d problems" % (len(data["changes"]), len(problems)), *problems, sep="\n- ")
    if bad:
        print("first bad leaf: %d" % min(bad))
    return 3 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    try:
        with open(sys.argv[1], encoding="utf-8", newline="") as file:
            sys.exit(verify(file.read(), *sys.argv[2:] or [None]))
    except (AttributeError, KeyError, OSError, OverflowError, TypeError, ValueError) as error:
        sys.exit(print("cannot read %s: %s" % (sys.argv[1], error), file=sys.stderr) or 1)
