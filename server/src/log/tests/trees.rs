//! The tree, proof by proof, against the verification in core, which shares nothing with it.

use daymark_core::ids::unhex;
use daymark_core::log::leaf::leaf_hash;
use daymark_core::log::proof::{LogHash, TreeHead, TreeSize, verify_consistency, verify_inclusion};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use daymark_sync_protocol::hub::tree::{NotContinued, Tree, TreeError};

fn leaf(seed: u64, number: u64) -> LogHash {
    leaf_hash(format!("{seed} {number}").as_bytes())
}

fn tree(seed: u64, size: u64) -> Tree {
    let mut tree = Tree::new();
    for number in 0..size {
        assert_eq!(tree.push(leaf(seed, number)), number);
    }
    tree
}

fn head_at(tree: &Tree, size: u64) -> TreeHead {
    let size = TreeSize(size);
    TreeHead {
        size,
        root: tree.root_at(size).unwrap(),
    }
}

/// The eight leaves that implementations of Certificate Transparency share, and the root of all.
#[test]
fn the_root_is_the_published_one() {
    let mut tree = Tree::new();
    assert_eq!(tree.root(), LogHash::EMPTY_ROOT);
    for text in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ] {
        tree.push(leaf_hash(&unhex(text).unwrap()));
    }
    let root = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
    assert_eq!(tree.root().to_string(), root);
}

/// MTH of RFC 6962, section 2.1, word for word.
fn slow_root(leaves: &[LogHash]) -> LogHash {
    match leaves {
        [] => LogHash(Sha256::digest(b"").into()),
        [leaf] => *leaf,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = leaves.split_at(k);
            LogHash(Sha256::digest([&[1][..], &slow_root(left).0, &slow_root(right).0].concat()).into())
        }
    }
}

#[test]
fn the_root_of_every_size_up_to_600_is_that_of_the_rfc_and_stays() {
    let full = tree(1, 600);
    let leaves: Vec<LogHash> = (0..600).map(|number| leaf(1, number)).collect();
    let mut growing = Tree::new();
    for size in 0..=600 {
        let expected = slow_root(&leaves[..size]);
        assert_eq!(growing.root(), expected, "{size}");
        assert_eq!(full.root_at(TreeSize(size as u64)), Ok(expected), "{size} later");
        if let Some(leaf) = leaves.get(size) {
            growing.push(*leaf);
        }
    }
}

#[test]
fn every_proof_of_every_tree_up_to_300_verifies_in_core() {
    let tree = tree(1, 300);
    let heads: Vec<TreeHead> = (0..=300).map(|size| head_at(&tree, size)).collect();
    for new in 0..=300 {
        let head = heads[usize::try_from(new).unwrap()];
        for old in 0..=new {
            let proof = tree.consistency(TreeSize(old), TreeSize(new)).unwrap();
            let old_head = heads[usize::try_from(old).unwrap()];
            assert_eq!(
                verify_consistency(old_head, head, &proof),
                Ok(()),
                "{old} to {new}"
            );
        }
        for index in 0..new {
            let proof = tree.inclusion(index, TreeSize(new)).unwrap();
            assert_eq!(
                verify_inclusion(leaf(1, index), index, head, &proof),
                Ok(()),
                "{index} in {new}"
            );
        }
    }
}

#[test]
fn questions_beyond_the_end_are_answered_with_an_error() {
    let tree = tree(1, 5);
    let (five, six) = (TreeSize(5), TreeSize(6));
    let beyond = TreeError::SizeBeyondEnd {
        asked: six,
        have: five,
    };
    assert_eq!(tree.root_at(six), Err(beyond));
    assert_eq!(tree.inclusion(0, six), Err(beyond));
    assert_eq!(tree.consistency(five, six), Err(beyond));
    assert_eq!(
        tree.inclusion(5, five),
        Err(TreeError::NoSuchLeaf { index: 5, size: five })
    );
    assert_eq!(
        tree.inclusion(0, TreeSize::EMPTY),
        Err(TreeError::NoSuchLeaf {
            index: 0,
            size: TreeSize::EMPTY
        })
    );
    assert_eq!(
        tree.consistency(five, TreeSize(4)),
        Err(TreeError::BackInTime {
            old: five,
            new: TreeSize(4)
        })
    );
}

#[test]
fn a_log_that_lost_its_end_or_was_rewritten_is_noticed_at_the_start() {
    let signed = tree(1, 40).head();
    assert_eq!(tree(1, 40).continues(signed), Ok(()));
    assert_eq!(tree(1, 41).continues(signed), Ok(()));
    assert_eq!(Tree::new().continues(TreeHead::EMPTY), Ok(()));
    assert_eq!(
        tree(1, 39).continues(signed),
        Err(NotContinued::Behind {
            have: TreeSize(39),
            signed: TreeSize(40)
        })
    );
    assert_eq!(
        tree(2, 50).continues(signed),
        Err(NotContinued::Rewritten(TreeSize(40)))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Far beyond the sizes that are tried one by one.
    #[test]
    fn proofs_of_large_trees_verify(size in 1_u64..5000, a: u64, b: u64) {
        let tree = tree(1, size);
        let new = 1 + a % size;
        let old = b % (new + 1);
        let head = head_at(&tree, new);
        let proof = tree.consistency(TreeSize(old), TreeSize(new)).unwrap();
        prop_assert_eq!(verify_consistency(head_at(&tree, old), head, &proof), Ok(()));
        let index = b % new;
        let proof = tree.inclusion(index, TreeSize(new)).unwrap();
        prop_assert_eq!(verify_inclusion(leaf(1, index), index, head, &proof), Ok(()));
    }

    /// A hub that rewrites one leaf cannot show anything that joins the two logs.
    #[test]
    fn a_hub_that_rewrites_a_leaf_has_no_proof(size in 1_u64..400, grown in 0_u64..100, at: u64) {
        let honest = tree(1, size);
        let at = at % size;
        let mut rewritten = Tree::new();
        for number in 0..size + grown {
            rewritten.push(if number == at { leaf(2, number) } else { leaf(1, number) });
        }
        let proof = rewritten.consistency(honest.size(), rewritten.size()).unwrap();
        prop_assert!(verify_consistency(honest.head(), rewritten.head(), &proof).is_err());
        let mut grew = tree(1, size + grown);
        let proof = grew.consistency(honest.size(), grew.size()).unwrap();
        prop_assert_eq!(verify_consistency(honest.head(), grew.head(), &proof), Ok(()));
        prop_assert!(verify_consistency(honest.head(), rewritten.head(), &proof).is_err());
        let before = grew.head();
        grew.push(leaf(3, 0));
        prop_assert_eq!(head_at(&grew, before.size.0), before, "a push changes no earlier root");
    }
}
