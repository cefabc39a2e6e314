//! Table `invitees`, with what the console shows beside each: the PIN that works, the SMS password and the account.

use shared::ids::{AccountId, InviteeId, MeetingId, OrganisationId};
use shared::letter::{LetterKind, Way};
use shared::limits::MAX_INVITEES;
use shared::meeting::Role;
use shared::units::UnixMs;

use super::{Db, DbError, column, optional, sql};
use crate::meetings::invitees::{Invited, Listed};
use crate::meetings::passwords::Made;

const COUNT: &str = "SELECT COUNT(*) FROM invitees WHERE meeting_id = $1";
const LAST_POSITION: &str = "SELECT COALESCE(MAX(position), 0) FROM invitees WHERE meeting_id = $1";
const INSERT: &str = "INSERT INTO invitees (id, organisation_id, meeting_id, position, name, phone, email, role, \
     link_hash, created_at, account_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const OF_ACCOUNT: &str = "SELECT i.id, i.meeting_id FROM invitees i JOIN meetings m ON m.id = i.meeting_id \
     WHERE i.account_id = $1 AND m.ended_at IS NULL";
const ACCOUNT: &str = "SELECT account_id FROM invitees WHERE id = $1";
const HOLD_ACCOUNT: &str = "UPDATE accounts SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NULL";
const LIST: &str = "SELECT i.id, i.organisation_id, i.meeting_id, i.name, i.phone, i.email, i.role, \
     (SELECT MAX(p.issued_at) FROM pins p WHERE p.invitee_id = i.id AND p.revoked_at IS NULL) AS pin_issued_at, \
     w.tries_left, w.read_out, i.account_id, n.name AS account_name, \
     (SELECT COUNT(*) FROM door_codes c WHERE c.invitee_id = i.id AND c.tries_left > 0) AS takes_codes \
     FROM invitees i LEFT JOIN passwords w ON w.invitee_id = i.id LEFT JOIN accounts n ON n.id = i.account_id \
     WHERE i.organisation_id = $1 AND i.meeting_id = $2 ORDER BY i.position";

/// A new invitee, in the caller's transaction. `false`: the meeting has as many as it can.
pub async fn insert(
    connection: &mut sql::Connection,
    invitee: &Invited,
    link_hash: &str,
    now: UnixMs,
) -> Result<bool, DbError> {
    let meeting = invitee.meeting.to_string();
    let count: i64 = sql::query_scalar(COUNT).bind(&meeting).fetch_one(&mut *connection).await?;
    if usize::try_from(count).is_ok_and(|count| count >= MAX_INVITEES) {
        return Ok(false);
    }
    let last: i64 = sql::query_scalar(LAST_POSITION).bind(&meeting).fetch_one(&mut *connection).await?;
    sql::query(INSERT)
        .bind(invitee.id.to_string())
        .bind(invitee.organisation.to_string())
        .bind(&meeting)
        .bind(last + 1)
        .bind(&invitee.name)
        .bind(&invitee.phone)
        .bind(&invitee.email)
        .bind(invitee.role.as_str())
        .bind(link_hash)
        .bind(now.0)
        .bind(invitee.account.map(|account| account.to_string()))
        .execute(connection)
        .await?;
    Ok(true)
}

/// A meeting's invitees in order of invitation.
pub async fn list(db: &Db, organisation: OrganisationId, meeting: MeetingId) -> Result<Vec<Listed>, DbError> {
    let rows = sql::query(LIST).bind(organisation.to_string()).bind(meeting.to_string()).fetch_all(db.read()).await?;
    let mut newest = super::letters::newest(db, organisation, meeting).await?;
    let with_letters = |row: &sql::Row| {
        let mut listed = listed(row)?;
        let mut newest = |kind, way| newest.remove(&(listed.invited.id, kind, way));
        let sms = newest(LetterKind::Password, Way::Sms);
        let invitation = (newest(LetterKind::Invitation, Way::Email), newest(LetterKind::Invitation, Way::Sms));
        listed.password_sms = sms;
        (listed.invitation_email, listed.invitation_sms) = invitation;
        Ok(listed)
    };
    rows.iter().map(with_letters).collect()
}

/// One of them.
pub async fn find(
    db: &Db,
    organisation: OrganisationId,
    meeting: MeetingId,
    invitee: InviteeId,
) -> Result<Option<Listed>, DbError> {
    // A meeting has 50 invitees at most: one statement for both is worth more than reading fewer rows.
    Ok(list(db, organisation, meeting).await?.into_iter().find(|listed| listed.invited.id == invitee))
}

/// The invitations of an account, in meetings that were not ended.
pub async fn of_account(
    connection: &mut sql::Connection,
    account: AccountId,
) -> Result<Vec<(MeetingId, InviteeId)>, DbError> {
    let rows = sql::query(OF_ACCOUNT).bind(account.to_string()).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((column(row, "meeting_id")?, column(row, "id")?))).collect()
}

/// Whether the account that this invitation is for, if it is for one, may log in; and stays so until the caller's transaction
/// ends: whoever disables it waits for that (PostgreSQL locks the row that is written), and then finds what was made here.
pub async fn account_may_log_in(connection: &mut sql::Connection, invitee: InviteeId) -> Result<bool, DbError> {
    let account: Option<Option<String>> =
        sql::query_scalar(ACCOUNT).bind(invitee.to_string()).fetch_optional(&mut *connection).await?;
    let Some(account) = account.flatten() else { return Ok(true) };
    Ok(sql::query(HOLD_ACCOUNT).bind(account).execute(connection).await?.rows_affected() == 1)
}

/// Changes an invitee's role, if it is still what the caller thinks.
pub async fn set_role(
    connection: &mut sql::Connection,
    invitee: InviteeId,
    (from, to): (Role, Role),
) -> Result<bool, DbError> {
    let done = sql::query("UPDATE invitees SET role = $1 WHERE id = $2 AND role = $3")
        .bind(to.as_str())
        .bind(invitee.to_string())
        .bind(from.as_str())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

fn listed(row: &sql::Row) -> Result<Listed, DbError> {
    let invited = Invited {
        id: column(row, "id")?,
        organisation: column(row, "organisation_id")?,
        meeting: column(row, "meeting_id")?,
        name: row.try_get("name")?,
        phone: row.try_get("phone")?,
        email: row.try_get("email")?,
        role: Role::from_name(row.try_get("role")?).ok_or(DbError::Corrupt { column: "role" })?,
        account: optional(row, "account_id")?,
    };
    let pin_issued_at = row.try_get::<Option<i64>, _>("pin_issued_at")?.map(UnixMs);
    Ok(Listed {
        invited,
        pin_issued_at,
        account_name: row.try_get("account_name")?,
        takes_codes: row.try_get::<i64, _>("takes_codes")? > 0,
        password: password(row)?,
        password_sms: None,
        invitation_email: None,
        invitation_sms: None,
    })
}

/// The password that was made for them, if there is one.
fn password(row: &sql::Row) -> Result<Option<Made>, DbError> {
    let Some(tries_left) = row.try_get::<Option<i64>, _>("tries_left")? else { return Ok(None) };
    let read_out = row.try_get::<Option<bool>, _>("read_out")?.unwrap_or_default();
    Ok(Some(Made { tries_left, read_out }))
}
