//! Answering a request, once its events are durable.

use std::collections::BTreeSet;

use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, DeviceNumber};
use minicbor::bytes::ByteVec;

use super::receive::Known;
use super::{Hub, HubDocument, Receipt};
use crate::brief::Brief;
use crate::frame::{Content, LogNews, News, SyncReply};
use crate::limits::{PUSH_BYTES_MAX, REPLY_BYTES_AIM};
use crate::message::OfficeMessage;

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
            keys,
            log,
            duties,
            places,
            ..
        } = receipt;
        let mut wanted = cursors;
        if let Some(window) = window {
            for id in self.within(device, window, now_ms) {
                wanted.entry(id).or_default();
            }
        }
        let mut reply = SyncReply {
            now_ms,
            acks,
            news: Vec::new(),
            more: false,
            brief: None,
            keys: self.keys.news(self.facts.school, &self.facts.key, keys),
            log: self.log_news(log, &places),
            duties: self.duty_list.news(self.facts.school, &self.facts.key, duties),
            message: self.message_for(device),
        };
        let mut bytes = 0;
        for (id, known) in wanted {
            if !self.may_read(device, &id, now_ms) {
                continue;
            }
            self.uses += 1;
            let uses = self.uses;
            let Some(document) = self.documents.get_mut(&id) else {
                if (known.cursor > 0 || known.heads.is_some()) && !self.index.contains_key(&id) {
                    // The device has what this hub has never heard of, or has lost: let it offer it again.
                    let mut empty = HubDocument::new(self.facts.school, id.clone());
                    reply
                        .news
                        .extend(news_of(&id, &mut empty, known, &offered).map(|(news, _)| news));
                }
                continue;
            };
            document.used(uses);
            if bytes > REPLY_BYTES_AIM {
                reply.more = true;
                break;
            }
            if let Some((news, size)) = news_of(&id, document, known, &offered) {
                bytes += size;
                reply.more |= news.to < self.documents.get(&id).map_or(0, HubDocument::durable);
                reply.news.push(news);
            }
        }
        if let Some(have) = brief
            && !reply.more
        {
            reply.brief = self.newer_brief(device, &have, window, now_ms);
        }
        reply
    }

    /// How the log goes on from what a device follows, and the receipts for what it offered; `None` where it has all.
    fn log_news(&mut self, follows: u64, places: &[(u16, u64)]) -> Option<LogNews> {
        if follows == self.log.durable() && places.is_empty() {
            return None;
        }
        let checkpoint = self.log.checkpoint(&self.facts)?.note().to_owned();
        let receipts = places.iter().filter_map(|(offer, leaf)| {
            Some(crate::frame::Receipt {
                offer: *offer,
                leaf: *leaf,
                inclusion: self.log.receipt(*leaf)?,
            })
        });
        Some(LogNews {
            checkpoint,
            consistency: self.log.consistency(follows),
            receipts: receipts.collect(),
        })
    }

    /// What the office wrote to a device, signed; `None` where nobody there has anything left to read.
    fn message_for(&self, device: DeviceNumber) -> Option<ByteVec> {
        let message = self.devices.get(&device)?.enrolment.message.as_ref()?;
        if message.heard_ms.is_some() {
            return None;
        }
        let writer = self.roster.staff.get(&message.by);
        let told = daymark_core::cbor::to_vec(&OfficeMessage {
            at_ms: message.at_ms,
            by: writer.map_or_else(|| message.by.to_string(), |member| member.name.clone()),
            text: message.text.clone(),
        });
        let signature = self.facts.key.sign_message(self.facts.school, device, &told);
        Some([&signature.0[..], &told].concat().into())
    }

    fn newer_brief(
        &mut self,
        device: DeviceNumber,
        have: &ByteVec,
        window: Option<crate::frame::Window>,
        now_ms: u64,
    ) -> Option<ByteVec> {
        let encoded = self.brief_for(device, window, now_ms)?.encode();
        let is_newer = Brief::digest(&encoded)[..] != have[..];
        is_newer.then(|| {
            let signature = self.facts.key.sign_brief(self.facts.school, device, &encoded);
            [&signature.0[..], &encoded].concat().into()
        })
    }
}

impl Hub {
    /// The last durable change of a document, ready to be pushed to whoever may read it; `None` where it is too long, or
    /// where several came at once. It follows on the cursor before it, and on no other.
    pub fn push_of(&self, id: &DocumentId, sequence: u64) -> Option<News> {
        let document = self
            .documents
            .get(id)
            .filter(|document| document.durable() >= sequence)?;
        let from = sequence.checked_sub(1)?;
        let (_, bytes) = document.after(from).next()?;
        // Who reads of a home visit asks for it, so that it is written down.
        let is_open = !matches!(id, DocumentId::Visit(_));
        (is_open && bytes.len() <= PUSH_BYTES_MAX).then(|| News {
            document: id.to_bytes().into(),
            from,
            to: sequence,
            heads: document.digest_at(sequence),
            content: Content::Changes(vec![bytes.clone()]),
        })
    }
}

/// What is new in a document for a device, and about how many bytes that takes.
fn news_of(
    id: &DocumentId,
    document: &mut HubDocument,
    known: Known,
    offered: &BTreeSet<ChangeHash>,
) -> Option<(News, usize)> {
    let to = document.durable();
    let heads = document.digest_at(to);
    let name: ByteVec = id.to_bytes().into();
    if known.cursor >= to {
        // A cursor beyond the hub's, or other heads at the same one: this hub was restored from an older copy, or
        // lost its memory. It is behind, never right; the device sees it by this, and offers again what is lacking.
        let agrees = known.cursor == to && known.heads.is_none_or(|theirs| theirs == heads);
        let content = Content::Changes(Vec::new());
        return (!agrees).then_some((
            News {
                document: name,
                from: to,
                to,
                heads,
                content,
            },
            0,
        ));
    }
    let cold = known.cursor == 0 && to >= SAVED_FROM_CHANGES;
    // What the device has just offered is not sent back, and in a home visit it has not read it here.
    let lacking = document
        .after(known.cursor)
        .filter(|(hash, _)| !offered.contains(hash));
    let raw: usize = lacking.map(|(_, bytes)| bytes.len()).sum();
    let size_of = |whole: &Content| match whole {
        Content::Saved(saved) => saved.size(),
        Content::Packed(packed) => packed.size(),
        Content::Changes(changes) => changes.iter().map(|change| change.len()).sum(),
    };
    let compact = |whole: &Content| size_of(whole) < raw && size_of(whole) <= REPLY_BYTES_AIM;
    if let Some(content) = if cold {
        document.whole().filter(compact)
    } else {
        None
    } {
        let size = size_of(&content);
        return Some((
            News {
                document: name,
                from: known.cursor,
                to,
                heads,
                content,
            },
            size,
        ));
    }
    // A long document comes in parts, each with the heads that it leads to.
    let mut size = 0;
    let mut reached = known.cursor;
    let mut changes = Vec::new();
    for (hash, bytes) in document.after(known.cursor) {
        if size > 0 && size + bytes.len() > REPLY_BYTES_AIM {
            break;
        }
        reached += 1;
        size += bytes.len();
        if !offered.contains(&hash) {
            changes.push(bytes.clone());
        }
    }
    let heads = document.digest_at(reached);
    let content = Content::Changes(changes);
    Some((
        News {
            document: name,
            from: known.cursor,
            to: reached,
            heads,
            content,
        },
        size,
    ))
}
