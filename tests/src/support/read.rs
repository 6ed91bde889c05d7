//! What a reply says, unpacked: every byte that a device could make of it.

use std::collections::BTreeMap;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::ids::SchoolId;
use daymark_core::visit::{AccountPart, VISITORS_MAX};
use daymark_sync_protocol::frame::{Content, SyncReply};

/// The documents of a reply, each with its news as plain bytes: changes as they are, and whole documents item by item,
/// with the accounts behind them.
pub fn documents(school: SchoolId, reply: &SyncReply) -> BTreeMap<DocumentId, Vec<u8>> {
    let each = reply.news.iter().map(|news| {
        let id = DocumentId::from_bytes(&news.document).expect("a document that we know");
        let plain = match &news.content {
            Content::Changes(changes) => changes.iter().flat_map(|change| change.to_vec()).collect(),
            Content::Packed(packed) => {
                let changes = packed.unpack().expect("it unpacks");
                changes.iter().flat_map(|change| change.to_vec()).collect()
            }
            Content::Saved(saved) => {
                let document = Document::load(school, id.clone(), &saved.saved).expect("it loads");
                whole(&document)
            }
        };
        (id, plain)
    });
    each.collect()
}

/// Everything that a reply says, unpacked, with the reply's own bytes before it.
pub fn plain(school: SchoolId, reply: &SyncReply) -> Vec<u8> {
    let mut all = reply.encode();
    all.extend(documents(school, reply).into_values().flatten());
    all
}

fn whole(document: &Document) -> Vec<u8> {
    let items = document.items().into_iter().flat_map(|(bytes, _)| bytes);
    let mut all: Vec<u8> = items.collect();
    if matches!(document.id(), DocumentId::Visit(_)) {
        for slot in 0..VISITORS_MAX {
            for part in AccountPart::ALL {
                all.extend(document.account(slot, part).expect("an account").into_bytes());
            }
        }
    }
    all
}
