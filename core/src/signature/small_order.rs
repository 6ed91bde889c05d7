//! The points of the curve that add up to nothing after eight steps or fewer.

use super::KEY_BYTES;

/// All eight, in the one form that encoding a point gives (RFC 8032, section 5.1.2).
#[rustfmt::skip]
pub(super) const POINTS: [[u8; KEY_BYTES]; 8] = [
    [0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
    [0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
    [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80],
    [0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05],
    [0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x85],
    [0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a],
    [0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0xfa],
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use curve25519_dalek::edwards::EdwardsPoint;
    use curve25519_dalek::scalar::Scalar;
    use proptest::prelude::*;
    use sha2::{Digest, Sha512};

    use super::POINTS;
    use crate::signature::{SIGNATURE_BYTES, SecretKey, Signature};

    #[test]
    fn they_are_the_eight_of_the_curve() {
        let listed: BTreeSet<_> = POINTS.into_iter().collect();
        let found: BTreeSet<_> = EIGHT_TORSION
            .iter()
            .map(|point| point.compress().to_bytes())
            .collect();
        assert_eq!(listed, found);
    }

    /// What whoever has the key can make so that R is the given point of small order, or hides one.
    fn signed_with(key: &SecretKey, message: &[u8], nonce: Scalar, small: &EdwardsPoint) -> Signature {
        let secret = key.0.to_scalar();
        let point = (nonce * ED25519_BASEPOINT_POINT + small).compress();
        let hash = Sha512::new()
            .chain_update(point.as_bytes())
            .chain_update(key.public().0)
            .chain_update(message);
        let challenge = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        let mut bytes = [0; SIGNATURE_BYTES];
        bytes[..32].copy_from_slice(point.as_bytes());
        bytes[32..].copy_from_slice((nonce + challenge * secret).as_bytes());
        Signature(bytes)
    }

    #[test]
    fn a_point_of_small_order_in_the_signature_is_refused() {
        let key = SecretKey::from_seed(&[7; 32]);
        let verifier = key.public().verifier().expect("a good key");
        let honest = signed_with(&key, b"mark", Scalar::from(5_u8), &EIGHT_TORSION[0]);
        assert!(
            verifier.verify(b"mark", &honest).is_ok(),
            "this way of signing signs"
        );
        let nothing = signed_with(&key, b"mark", Scalar::ZERO, &EIGHT_TORSION[0]);
        let lax = ed25519_dalek::Verifier::verify(
            &verifier.0,
            b"mark",
            &ed25519_dalek::Signature::from_bytes(&nothing.0),
        );
        assert!(lax.is_ok(), "the plain check alone lets it pass");
        for small in EIGHT_TORSION {
            for nonce in [Scalar::ZERO, Scalar::from(5_u8)] {
                let signature = signed_with(&key, b"mark", nonce, &small);
                let is_honest = signature == honest;
                assert_eq!(verifier.verify(b"mark", &signature).is_ok(), is_honest);
            }
        }
    }

    proptest! {
        #[test]
        fn the_check_is_the_strict_one(
            seed: [u8; 32],
            message in prop::collection::vec(any::<u8>(), 0..80),
            at in 0_usize..SIGNATURE_BYTES,
            flip: u8,
            point in prop::option::of(0_usize..8),
        ) {
            let key = SecretKey::from_seed(&seed);
            let verifier = key.public().verifier().expect("a good key");
            let mut signature = key.sign(&message);
            signature.0[at] ^= flip;
            if let Some(point) = point {
                signature.0[..32].copy_from_slice(&POINTS[point]);
            }
            let strict = verifier
                .0
                .verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&signature.0));
            prop_assert_eq!(verifier.verify(&message, &signature).is_ok(), strict.is_ok());
        }
    }
}
