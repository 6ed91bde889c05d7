//! Answering a request, once its events are durable.

use std::collections::BTreeMap;

use daymark_core::document_id::DocumentId;
use daymark_core::ids::DeviceNumber;
use minicbor::bytes::ByteVec;

use super::{Hub, Receipt};
use crate::brief::Brief;
use crate::frame::{Content, News, SyncReply};
use crate::limits::REPLY_BYTES_AIM;

/// A cold replica gets the compacted document from this many changes on.
const SAVED_FROM_CHANGES: u64 = 4;

impl Hub {
    /// The reply to a request: its verdicts, what is new since its cursors, and a newer brief. Call it only when the
    /// receipt's events, and all events before them, are durable.
    pub fn reply(&mut self, receipt: Receipt) -> SyncReply {
        let Receipt {
            device,
            now_ms,
            acks,
            offered,
            cursors,
            window,
            brief,
            ..
        } = receipt;
        let mut wanted: BTreeMap<DocumentId, u64> = cursors.into_iter().collect();
        if let Some(window) = window {
            for id in self.within(device, window) {
                wanted.entry(id).or_insert(0);
            }
        }
        let mut reply = SyncReply {
            now_ms,
            acks,
            news: Vec::new(),
            more: false,
            brief: None,
        };
        let mut bytes = 0;
        for (id, cursor) in wanted {
            if !self.may_read(device, &id) {
                continue;
            }
            self.uses += 1;
            let uses = self.uses;
            let Some(document) = self.documents.get_mut(&id) else {
                continue;
            };
            document.used(uses);
            let to = document.sequence();
            if cursor >= to {
                // A cursor beyond the hub's is a hub that knows less than the tablet: it is behind, never right.
                // The tablet sees it by this answer, and offers again what the hub lacks.
                if cursor > to {
                    let content = Content::Changes(Vec::new());
                    let news = News {
                        document: id.to_bytes().into(),
                        from: to,
                        to,
                        heads: document.digest(),
                        content,
                    };
                    reply.news.push(news);
                }
                continue;
            }
            if bytes > REPLY_BYTES_AIM {
                reply.more = true;
                break;
            }
            let changes: Vec<ByteVec> = document
                .after(cursor)
                .filter(|(hash, _)| !offered.contains(hash))
                .map(|(_, bytes)| bytes.clone())
                .collect();
            let raw: usize = changes.iter().map(|change| change.len()).sum();
            let content = if cursor == 0 && to >= SAVED_FROM_CHANGES && document.saved().len() < raw {
                Content::Saved(document.saved().clone())
            } else {
                Content::Changes(changes)
            };
            bytes += match &content {
                Content::Changes(_) => raw,
                Content::Saved(saved) => saved.len(),
            };
            let heads = document.digest();
            reply.news.push(News {
                document: id.to_bytes().into(),
                from: cursor,
                to,
                heads,
                content,
            });
        }
        if let Some(have) = brief
            && !reply.more
        {
            reply.brief = self.newer_brief(device, &have, window);
        }
        reply
    }

    fn newer_brief(
        &mut self,
        device: DeviceNumber,
        have: &ByteVec,
        window: Option<crate::frame::Window>,
    ) -> Option<ByteVec> {
        let encoded = self.brief_for(device, window)?.encode();
        (Brief::digest(&encoded)[..] != have[..]).then(|| encoded.into())
    }
}
