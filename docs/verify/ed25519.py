"""Checks an Ed25519 signature strictly (RFC 8032), slowly and with nothing but Python's integers."""
import hashlib

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, I = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
number_of = lambda data: int.from_bytes(data, "little")

def add(p, q):  # Ed25519, RFC 8032, section 6: points in extended coordinates
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P

def times(n, p):
    half = times(n >> 1, add(p, p)) if n else (0, 1, 1, 0)
    return add(half, p) if n & 1 else half

def point(data):  # None where it is none, or of small order
    y, sign = number_of(data) % 2**255, data[31] >> 7
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(x2, (P + 3) // 8, P)
    for x in (root, P - root, root * I % P, -root * I % P):
        if x * x % P == x2 and x & 1 == sign and y < P and times(8, (x, y, 1, x * y % P))[0]:
            return x, y, 1, x * y % P

BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

def signed(key, message, signature):
    a, s = point(key), number_of(signature[32:])
    if not a or s >= L:
        return False
    h = number_of(hashlib.sha512(signature[:32] + key + message).digest()) % L
    x, y, z, _ = r = add(times(s, BASE), times(8 * L - h, a))
    x, y = x * pow(z, -1, P) % P, y * pow(z, -1, P) % P
    expected = (y | (x & 1) << 255).to_bytes(32, "little") + s.to_bytes(32, "little")
    return signature == expected and times(8, r)[0] != 0
