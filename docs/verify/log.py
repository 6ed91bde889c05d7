"""Keys, leaves, proofs and checkpoints of a school's log, as docs/log.md describes them."""
import base64, hashlib, re
from ed25519 import signed

sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()

def need(holds, words):
    if not holds:
        raise ValueError(words)

def unbase64(text, length=None):
    data = base64.b64decode(text)
    need(base64.b64encode(data).decode() == text and length in (None, len(data)), "bad base 64: " + text[:20])
    return data

def varint(n):
    size = max(1, (n.bit_length() + 6) // 7)
    return (n | 256 - (256 >> size - 1) << 8 * size - 8).to_bytes(size, "big")

def verifier_key(text):  # NAME+ID+KEY: its name, its id, the key, and whether they fit each other
    origin, key_id, typed = text.split("+", 2)
    key_id, typed = bytes.fromhex(key_id), unbase64(typed, 33)
    return origin, key_id, typed[1:], sha(origin.encode(), b"\n", typed)[:4] == key_id and typed[0] == 1

def fingerprint(key):
    bits = int.from_bytes(sha(b"daymark school key v1\0", key), "big") >> 131
    letters = ["0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> 5 * at & 31] for at in reversed(range(25))]
    return "-".join(re.findall(".{5}", "".join(letters)))

def leaf_hash(school, named, device, signature):
    leaf = b"daymark leaf v1\0" + varint(school) + named + varint(device) + signature
    return sha(b"\0", leaf)

def root_of(leaf, index, size, proof):  # RFC 9162, section 2.1.3.2, from the root downwards
    need(0 <= index < size and bool(proof) == (size > 1), "it is not in the log at this place")
    if size == 1:
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return sha(b"\1", root_of(leaf, index, left, proof[:-1]), proof[-1])
    return sha(b"\1", proof[-1], root_of(leaf, index - left, size - left, proof[:-1]))

def checkpoint(note, origin, key_id, key):  # C2SP signed-note and tlog-checkpoint: its size and root
    text, lines = re.fullmatch("(.*\n)\n((?:— [^ \n]+ [^ \n]+\n)+)", note, re.S).groups()
    values = [unbase64(value) for value in re.findall("— %s (.*)\n" % origin, lines)]
    good = [signed(key, text.encode(), value[4:]) for value in values if value[:4] == key_id]
    first, size, root = re.match("(.*)\n(0|[1-9][0-9]{0,18})\n(.*)\n", text).groups()
    need(good and all(good) and first == origin, "it is not signed by the school")
    return int(size), unbase64(root, 32)
