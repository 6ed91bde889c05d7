//! Packed changes: smaller on the wire, and no bigger than they may be when they are unpacked.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::Dice;
use daymark_sync_protocol::frame::Packed;
use daymark_sync_protocol::limits::PARTS_MAX;
use daymark_sync_protocol::version::FrameError;
use minicbor::bytes::ByteVec;

#[test]
fn packed_changes_come_out_as_they_went_in_and_a_bomb_does_not_go_off() {
    let changes: Vec<ByteVec> = (0..60_u8).map(|number| vec![number; 300].into()).collect();
    let packed = Packed::of(&changes);
    assert!(packed.size() < 2000, "{}", packed.size());
    assert_eq!(packed.unpack().unwrap(), changes);
    let more: Vec<ByteVec> = (60..70_u8).map(|number| vec![number; 30].into()).collect();
    let longer = packed.with(&more);
    assert_eq!(longer.unpack().unwrap(), [&changes[..], &more].concat());
    let many = (0..PARTS_MAX).fold(packed.clone(), |packed, _| packed.with(&[]));
    assert!(matches!(many.unpack(), Err(FrameError::TooLarge { .. })));

    // Nine megabytes of nothing pack into a few kilobytes, and are over what a reply may hold.
    let bomb = Packed::of(&[vec![0; 9 * 1024 * 1024].into()]);
    assert!(bomb.size() < 20_000);
    assert!(matches!(bomb.unpack(), Err(FrameError::TooLarge { .. })));
    // What lies beyond that is not even unpacked: that its end is missing goes unnoticed.
    let mut parts: Vec<ByteVec> = minicbor::decode(&daymark_core::cbor::to_vec(&bomb)).unwrap();
    let length = parts[0].len();
    parts[0].truncate(length - 8);
    let bomb: Packed = minicbor::decode(&daymark_core::cbor::to_vec(&parts)).unwrap();
    assert!(matches!(bomb.unpack(), Err(FrameError::TooLarge { .. })));
    // No more do parts that are each below it.
    let five = [vec![0; 5 * 1024 * 1024].into()];
    let bomb = Packed::of(&five).with(&five);
    assert!(matches!(bomb.unpack(), Err(FrameError::TooLarge { .. })));

    // Cut short it is refused, and flipped nothing panics (a few bits of the format mean nothing).
    let whole = daymark_core::cbor::to_vec(&longer);
    let unpack = |bytes: &[u8]| minicbor::decode::<Packed>(bytes).ok()?.unpack().ok();
    assert!(unpack(&whole).is_some());
    let mut dice = Dice::new(3);
    for _ in 0..2_000 {
        let at = dice.below(whole.len());
        assert_eq!(unpack(&whole[..at]), None);
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << dice.below(8);
        let _ = unpack(&flipped);
    }
}
