//! Every proof that the RFC's own construction gives is taken, for all trees up to 130 leaves; whatever else is
//! offered is refused.

use daymark_core::log::proof::{
    LogHash, ProofError, TreeHead, TreeSize, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

use crate::reference::{head, leaves, path, proof};

const LEAVES_MAX: usize = 130;

#[test]
fn every_leaf_is_proved_in_every_tree() {
    let all = leaves(1, LEAVES_MAX);
    for size in 1..=LEAVES_MAX {
        let tree = head(&all, size);
        for index in 0..size {
            let proof = path(index, &all[..size]);
            assert_eq!(
                verify_inclusion(all[index], index as u64, tree, &proof),
                Ok(()),
                "{index} in {size}"
            );
        }
    }
}

#[test]
fn every_tree_continues_every_smaller_one() {
    let all = leaves(1, LEAVES_MAX);
    let heads: Vec<TreeHead> = (0..=LEAVES_MAX).map(|size| head(&all, size)).collect();
    for new in 0..=LEAVES_MAX {
        for old in 0..=new {
            let proof = proof(old, &all[..new]);
            assert_eq!(
                verify_consistency(heads[old], heads[new], &proof),
                Ok(()),
                "{old} to {new}"
            );
        }
    }
}

#[test]
fn a_proof_holds_for_its_own_place_only() {
    let all = leaves(1, 40);
    for size in 1..=40 {
        let tree = head(&all, size);
        for index in 0..size {
            let proof = path(index, &all[..size]);
            for other in 0..size {
                let held = verify_inclusion(all[index], other as u64, tree, &proof).is_ok();
                assert_eq!(held, other == index, "leaf {index} of {size} at {other}");
                let held = verify_inclusion(all[other], index as u64, tree, &proof).is_ok();
                assert_eq!(held, other == index, "leaf {other} of {size} at {index}");
            }
            for other in (1..=40).filter(|other| *other != size) {
                let verdict = verify_inclusion(all[index], index as u64, head(&all, other), &proof);
                assert!(verdict.is_err(), "leaf {index} of {size} in {other}");
            }
        }
    }
}

/// The older sizes too: heads are pairs, and a proof joins one pair with one other.
#[test]
fn a_consistency_proof_joins_its_own_two_trees_only() {
    let all = leaves(1, 24);
    let heads: Vec<TreeHead> = (0..=24).map(|size| head(&all, size)).collect();
    for new in 2..=24 {
        for old in 1..new {
            let proof = proof(old, &all[..new]);
            for (other_old, other_new) in (0..=24).flat_map(|a| (0..=24).map(move |b| (a, b))) {
                let held = verify_consistency(heads[other_old], heads[other_new], &proof).is_ok();
                assert_eq!(
                    held,
                    (other_old, other_new) == (old, new),
                    "{old} to {new} as {other_old} to {other_new}"
                );
            }
        }
    }
}

#[test]
fn a_leaf_beyond_the_end_and_a_log_that_shrank_are_named() {
    let all = leaves(1, 5);
    assert_eq!(
        verify_inclusion(all[0], 5, head(&all, 5), &[]),
        Err(ProofError::NotInTree {
            index: 5,
            size: TreeSize(5)
        })
    );
    assert_eq!(
        verify_inclusion(all[0], 0, TreeHead::EMPTY, &[]),
        Err(ProofError::NotInTree {
            index: 0,
            size: TreeSize::EMPTY
        })
    );
    assert_eq!(
        verify_consistency(head(&all, 5), head(&all, 4), &[]),
        Err(ProofError::Shrunk {
            old: TreeSize(5),
            new: TreeSize(4)
        })
    );
    let many = vec![all[0]; 65];
    assert_eq!(
        verify_inclusion(all[0], 0, head(&all, 5), &many),
        Err(ProofError::Length(65))
    );
}

#[test]
fn two_trees_of_one_size_are_one_tree_or_a_fork() {
    let (ours, theirs) = (head(&leaves(1, 9), 9), head(&leaves(2, 9), 9));
    assert_eq!(verify_consistency(ours, ours, &[]), Ok(()));
    assert_eq!(
        verify_consistency(ours, theirs, &[]),
        Err(ProofError::NotConsistent)
    );
    assert_eq!(
        verify_consistency(ours, ours, &[ours.root]),
        Err(ProofError::Length(1))
    );
    let not_empty = TreeHead {
        size: TreeSize::EMPTY,
        root: ours.root,
    };
    assert_eq!(
        verify_consistency(not_empty, ours, &[]),
        Err(ProofError::NotConsistent)
    );
}

/// One way to spoil a proof.
#[derive(Debug, Clone)]
enum Spoil {
    Flip(usize, u8),
    CutEnd,
    CutStart,
    AddEnd(LogHash),
    AddStart(LogHash),
    Double(usize),
    Swap(usize),
}

fn spoils() -> impl Strategy<Value = Spoil> {
    let any_hash = any::<[u8; 32]>().prop_map(LogHash);
    prop_oneof![
        8 => (any::<usize>(), any::<u8>()).prop_map(|(at, bit)| Spoil::Flip(at, bit)),
        1 => Just(Spoil::CutEnd),
        1 => Just(Spoil::CutStart),
        1 => any_hash.clone().prop_map(Spoil::AddEnd),
        1 => any_hash.prop_map(Spoil::AddStart),
        1 => any::<usize>().prop_map(Spoil::Double),
        1 => any::<usize>().prop_map(Spoil::Swap),
    ]
}

/// The spoiled proof; `None` where there is nothing to spoil in this way.
fn spoiled(proof: &[LogHash], spoil: &Spoil) -> Option<Vec<LogHash>> {
    let mut bad = proof.to_vec();
    match spoil {
        Spoil::AddEnd(hash) => bad.push(*hash),
        Spoil::AddStart(hash) => bad.insert(0, *hash),
        _ if bad.is_empty() => return None,
        Spoil::Flip(at, bit) => {
            let at = at % bad.len();
            bad[at].0[usize::from(bit / 8)] ^= 1 << (bit % 8);
        }
        Spoil::CutEnd => {
            bad.pop();
        }
        Spoil::CutStart => {
            bad.remove(0);
        }
        Spoil::Double(at) => {
            let at = at % bad.len();
            bad.insert(at, bad[at]);
        }
        Spoil::Swap(_) if bad.len() == 1 => return None,
        Spoil::Swap(at) => {
            let at = at % (bad.len() - 1);
            bad.swap(at, at + 1);
        }
    }
    Some(bad)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_spoiled_inclusion_proof_is_refused(size in 1_usize..300, at: usize, spoil in spoils()) {
        let all = leaves(1, size);
        let index = at % size;
        let tree = head(&all, size);
        let good = path(index, &all);
        prop_assert_eq!(verify_inclusion(all[index], index as u64, tree, &good), Ok(()));
        if let Some(bad) = spoiled(&good, &spoil) {
            prop_assert!(verify_inclusion(all[index], index as u64, tree, &bad).is_err());
        }
    }

    #[test]
    fn a_flipped_leaf_or_root_is_refused(size in 1_usize..300, at: usize, bit: u8) {
        let all = leaves(1, size);
        let index = at % size;
        let tree = head(&all, size);
        let proof = path(index, &all);
        let flip = |hash: LogHash| {
            let mut bytes = hash.0;
            bytes[usize::from(bit / 8)] ^= 1 << (bit % 8);
            LogHash(bytes)
        };
        let bad = TreeHead { root: flip(tree.root), ..tree };
        prop_assert!(verify_inclusion(all[index], index as u64, bad, &proof).is_err());
        prop_assert!(verify_inclusion(flip(all[index]), index as u64, tree, &proof).is_err());
    }

    #[test]
    fn a_spoiled_consistency_proof_is_refused(new in 2_usize..300, at: usize, spoil in spoils()) {
        let all = leaves(1, new);
        let old = 1 + at % (new - 1);
        let (before, after) = (head(&all, old), head(&all, new));
        let good = proof(old, &all);
        prop_assert_eq!(verify_consistency(before, after, &good), Ok(()));
        if let Some(bad) = spoiled(&good, &spoil) {
            prop_assert!(verify_consistency(before, after, &bad).is_err());
        }
    }

    /// Two logs that share their first leaves and then part: neither's proof joins it to the other.
    #[test]
    fn a_fork_is_refused(shared in 0_usize..100, ours in 1_usize..60, theirs in 1_usize..60) {
        let common = leaves(1, shared);
        let our_log = [&common[..], &leaves(2, ours)].concat();
        let their_log = [&common[..], &leaves(3, theirs.max(ours))].concat();
        let old = head(&our_log, our_log.len());
        let new = head(&their_log, their_log.len());
        let from_parting = proof(shared.max(1), &our_log);
        for proof in [proof(our_log.len(), &their_log), from_parting, Vec::new()] {
            prop_assert!(verify_consistency(old, new, &proof).is_err());
        }
        // The part that they do share is consistent with both.
        let at_parting = head(&common, shared);
        prop_assert_eq!(verify_consistency(at_parting, new, &proof(shared, &their_log)), Ok(()));
    }

    #[test]
    fn no_proof_makes_it_panic(index: u64, old: u64, new: u64, proof in proptest::collection::vec(any::<[u8; 32]>(), 0..70)) {
        let proof: Vec<LogHash> = proof.into_iter().map(LogHash).collect();
        let tree = |size| TreeHead { size: TreeSize(size), root: LogHash([0; 32]) };
        prop_assert!(verify_inclusion(LogHash([1; 32]), index, tree(new), &proof).is_err());
        if old != 0 && old != new {
            prop_assert!(verify_consistency(tree(old), tree(new), &proof).is_err());
        }
    }
}
