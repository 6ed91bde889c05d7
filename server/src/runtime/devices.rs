//! Devices: invited, enrolled, confirmed, lost, retired.

use std::sync::{Arc, PoisonError};

use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PersonId, hex};
use daymark_core::signature::{PublicKey, Signature, matching_code};
use daymark_sync_protocol::event::{Enrolment, Event, Given, Invitation, Message, Report, Standing};

use daymark_sync_protocol::hub::Hub;

use super::{DESK, Runtime, RuntimeError, Told, now_ms};
use crate::invitation;

#[cfg(test)]
mod tests;

impl Runtime {
    /// Whether a device is confirmed and not lost.
    pub fn may_speak(&self, device: DeviceNumber) -> bool {
        self.look(|hub| {
            let facts = hub.devices().get(&device);
            facts.is_some_and(|facts| facts.enrolment.standing == Standing::Confirmed)
        })
    }

    /// How a device was enrolled, and its standing.
    pub fn enrolment(&self, device: DeviceNumber) -> Option<Enrolment> {
        let memory = self.lock();
        memory
            .hub
            .devices()
            .get(&device)
            .map(|facts| facts.enrolment.clone())
    }

    /// Makes an invitation; returns its secret.
    ///
    /// # Errors
    /// It could not be made durable.
    pub async fn invite(&self, name: &str, grant: Grant) -> Result<(String, u64), RuntimeError> {
        let secret = invitation::random_secret().map_err(RuntimeError::Randomness)?;
        let expires_at = now_ms() + invitation::INVITATION_LIFE_MS;
        let invitation = Invitation {
            secret_hash: invitation::hash(&secret),
            name: name.to_owned(),
            grant,
            expires_at,
        };
        self.record(vec![Event::Invited(invitation.clone())], |memory| {
            memory.invitations.insert(invitation.secret_hash, invitation);
        })
        .await?;
        Ok((secret, expires_at))
    }

    /// Uses up an invitation for a device that has shown that it has the secret half of `key`. The device may speak once
    /// the office has confirmed it.
    ///
    /// # Errors
    /// [`RuntimeError::Invitation`], [`RuntimeError::NotItsKey`] (the invitation stays good), or it could not be made
    /// durable.
    pub async fn enrol(
        &self,
        secret: &str,
        key: PublicKey,
        proof: &Signature,
    ) -> Result<Enrolment, RuntimeError> {
        if !key.is_usable() || key.verify_enrolment(secret, proof).is_err() {
            return Err(RuntimeError::NotItsKey);
        }
        let now = now_ms();
        // One at a time: of two that use it at once one is too late, and no number or place is given twice.
        let _alone = self.standings.lock().await;
        let hash = invitation::hash(secret);
        let enrolment = {
            let memory = self.lock();
            let invitation = memory.invitations.get(&hash);
            let invitation = invitation.filter(|invitation| invitation.expires_at >= now);
            let invitation = invitation.ok_or(RuntimeError::Invitation)?;
            Enrolment {
                device: memory.hub.next_device(),
                name: invitation.name.clone(),
                given: Given::by_invitation(memory.hub.next_place(), invitation.grant.clone(), now),
                key,
                invitation: hash,
                enrolled_at: now,
                standing: Standing::Unconfirmed(matching_code(&self.facts.key.public(), &key, secret)),
                before: Vec::new(),
                message: None,
            }
        };
        self.record(vec![Event::Enrolled(enrolment.clone())], |memory| {
            memory.invitations.remove(&hash);
            memory.hub.enrolled(&enrolment);
        })
        .await?;
        Ok(enrolment)
    }

    /// Gives a device another duty from now on. What it recorded under the earlier one stays as good as it was.
    ///
    /// # Errors
    /// No such device, one that was reported lost or retired, the office's own desk, or it could not be made durable.
    pub async fn grant(&self, device: DeviceNumber, grant: Grant, by: PersonId) -> Result<(), RuntimeError> {
        if device == DESK {
            return Err(RuntimeError::IsTheDesk(device));
        }
        let _alone = self.standings.lock().await;
        let mut enrolment = self.enrolment(device).ok_or(RuntimeError::NoSuchDevice(device))?;
        match enrolment.standing {
            Standing::Lost(_) => return Err(RuntimeError::IsLost(device)),
            Standing::Retired(_) => return Err(RuntimeError::IsRetired(device)),
            Standing::Unconfirmed(_) | Standing::Confirmed => {}
        }
        let given = Given {
            place: self.look(Hub::next_place),
            grant,
            at_ms: now_ms(),
            by: Some(by),
        };
        enrolment
            .before
            .push(std::mem::replace(&mut enrolment.given, given));
        self.record(vec![Event::Enrolled(enrolment.clone())], |memory| {
            memory.hub.enrolled(&enrolment);
        })
        .await?;
        // It may read other documents now, and everybody judges by the new list.
        self.tell(vec![Told::Brief]);
        Ok(())
    }

    /// The office has compared the codes on both screens.
    ///
    /// # Errors
    /// No such device, one that was reported lost, another code, or it could not be made durable.
    pub async fn confirm(&self, device: DeviceNumber, code: &str) -> Result<(), RuntimeError> {
        let _alone = self.standings.lock().await;
        let enrolment = self.enrolment(device).ok_or(RuntimeError::NoSuchDevice(device))?;
        let expected = match enrolment.standing {
            Standing::Unconfirmed(expected) => expected,
            Standing::Confirmed => return Ok(()),
            Standing::Lost(_) => return Err(RuntimeError::IsLost(device)),
            Standing::Retired(_) => return Err(RuntimeError::IsRetired(device)),
        };
        if invitation::hash(&expected) != invitation::hash(code) {
            return Err(RuntimeError::OtherCode {
                device,
                given: code.to_owned(),
            });
        }
        self.stand(device, Standing::Confirmed).await
    }

    /// A device is lost: from now on nothing of it is taken. The first report stands: it says from when on. Gives whether this
    /// one is the first.
    ///
    /// # Errors
    /// No such device, the office's own desk, or it could not be made durable.
    pub async fn lost(
        &self,
        device: DeviceNumber,
        by: PersonId,
        reason: Option<String>,
    ) -> Result<bool, RuntimeError> {
        if device == DESK {
            return Err(RuntimeError::IsTheDesk(device));
        }
        let _alone = self.standings.lock().await;
        let known = self.enrolment(device).map(|enrolment| enrolment.standing);
        if matches!(known, Some(Standing::Lost(_))) {
            return Ok(false);
        }
        let at_ms = now_ms();
        let report = Report { at_ms, by, reason };
        self.stand(device, Standing::Lost(report)).await?;
        Ok(true)
    }

    /// Ends a device's duty for good. One that may still hold something needs a reason. The first report stands. Gives whether
    /// this one is the first.
    ///
    /// # Errors
    /// No such device, the office's own desk, one that was reported lost, [`RuntimeError::StillHolds`] without a reason, or it
    /// could not be made durable.
    pub async fn retire(
        &self,
        device: DeviceNumber,
        by: PersonId,
        reason: Option<String>,
    ) -> Result<bool, RuntimeError> {
        if device == DESK {
            return Err(RuntimeError::IsTheDesk(device));
        }
        let _alone = self.standings.lock().await;
        let known = self.look(|hub| {
            let facts = hub.devices().get(&device)?;
            let expected = facts.last_heard_ms.map(|_| facts.backlog);
            Some((facts.enrolment.standing.clone(), expected))
        });
        let (standing, expected) = known.ok_or(RuntimeError::NoSuchDevice(device))?;
        match standing {
            Standing::Lost(_) => return Err(RuntimeError::IsLost(device)),
            Standing::Retired(_) => return Ok(false),
            Standing::Unconfirmed(_) | Standing::Confirmed => {}
        }
        if expected != Some(0) && reason.is_none() {
            return Err(RuntimeError::StillHolds { device, expected });
        }
        let at_ms = now_ms();
        let report = Report { at_ms, by, reason };
        self.stand(device, Standing::Retired(report)).await?;
        Ok(true)
    }

    /// Writes a short text to a device, in the place of the one before.
    ///
    /// # Errors
    /// No such device, one that was reported lost or retired, the office's own desk, or it could not be made durable.
    pub async fn write_to(
        &self,
        device: DeviceNumber,
        by: PersonId,
        text: String,
    ) -> Result<u64, RuntimeError> {
        if device == DESK {
            return Err(RuntimeError::IsTheDesk(device));
        }
        let _alone = self.standings.lock().await;
        let mut enrolment = self.enrolment(device).ok_or(RuntimeError::NoSuchDevice(device))?;
        match enrolment.standing {
            Standing::Lost(_) => return Err(RuntimeError::IsLost(device)),
            Standing::Retired(_) => return Err(RuntimeError::IsRetired(device)),
            Standing::Unconfirmed(_) | Standing::Confirmed => {}
        }
        // No two have the same time: it is by that that a device says which one was read.
        let before = enrolment.message.as_ref().map_or(0, |message| message.at_ms);
        let at_ms = now_ms().max(before + 1);
        enrolment.message = Some(Message {
            at_ms,
            by,
            text,
            heard_ms: None,
        });
        self.record(vec![Event::Enrolled(enrolment.clone())], |memory| {
            memory.hub.enrolled(&enrolment);
        })
        .await?;
        // So that the device syncs now, where it listens.
        self.tell(vec![Told::Brief]);
        Ok(at_ms)
    }

    /// Somebody has read a message on the device, as the device tells. Of another message, or one that was read, nothing is
    /// noted.
    ///
    /// # Errors
    /// It could not be made durable.
    pub async fn message_heard(&self, device: DeviceNumber, at_ms: u64) -> Result<(), RuntimeError> {
        let _alone = self.standings.lock().await;
        let Some(mut enrolment) = self.enrolment(device) else {
            return Ok(());
        };
        let message = enrolment.message.as_mut();
        let Some(unread) = message.filter(|one| one.at_ms == at_ms && one.heard_ms.is_none()) else {
            return Ok(());
        };
        unread.heard_ms = Some(now_ms());
        self.record(vec![Event::Enrolled(enrolment.clone())], |memory| {
            memory.hub.enrolled(&enrolment);
        })
        .await
    }

    async fn stand(&self, device: DeviceNumber, standing: Standing) -> Result<(), RuntimeError> {
        let enrolment = self.enrolment(device).ok_or(RuntimeError::NoSuchDevice(device))?;
        let enrolment = Enrolment {
            standing,
            ..enrolment
        };
        self.record(vec![Event::Enrolled(enrolment.clone())], |memory| {
            memory.hub.enrolled(&enrolment);
        })
        .await?;
        // Wakes every open stream, so that a lost or retired device's ends at once.
        let _ = self.told.send(Arc::new(Vec::new()));
        Ok(())
    }

    /// Makes sure that the desk is enrolled: the office's own device at the server.
    ///
    /// # Errors
    /// The desk has another key than it was enrolled with, or it could not be made durable.
    pub async fn ensure_desk(&self) -> Result<(), RuntimeError> {
        let desk = self.enrolment(DESK);
        if desk
            .as_ref()
            .is_some_and(|desk| desk.key != self.desk_key.public())
        {
            return Err(RuntimeError::OtherDesk);
        }
        match desk.map(|desk| desk.standing) {
            Some(Standing::Confirmed) => return Ok(()),
            // The server stopped between the two steps below.
            Some(_) => return self.stand(DESK, Standing::Confirmed).await,
            None => {}
        }
        let grant = Grant::of(daymark_core::roster::Role::Office);
        let (secret, _) = self.invite("Office desk", grant).await?;
        let proof = self.desk_key.sign_enrolment(&secret);
        let desk = self.enrol(&secret, self.desk_key.public(), &proof).await?;
        self.stand(desk.device, Standing::Confirmed).await
    }

    /// The school's word to a lost device that it must lock itself: a signature, in hexadecimal.
    pub fn lost_notice(&self, device: DeviceNumber) -> String {
        hex(&self.facts.key.sign_lost(self.facts.school, device).0)
    }

    /// Notes that a lost device spoke just now.
    pub fn lost_spoke(&self, device: DeviceNumber) {
        let mut spoke = self.lost_spoke.lock().unwrap_or_else(PoisonError::into_inner);
        spoke.insert(device, now_ms());
    }

    /// When a lost device last spoke, since the start of the server: unix milliseconds.
    pub fn last_spoke(&self, device: DeviceNumber) -> Option<u64> {
        let spoke = self.lost_spoke.lock().unwrap_or_else(PoisonError::into_inner);
        spoke.get(&device).copied()
    }
}
