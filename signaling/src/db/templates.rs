//! Table `meeting_templates`.

use shared::ids::{OrganisationId, TemplateId};
use shared::limits::MAX_TEMPLATES;
use shared::template::{Settings, Template};
use shared::units::UnixMs;

use super::pins::parse;
use super::{Db, DbError, sql};

const LIST: &str = "SELECT id, name, settings FROM meeting_templates WHERE organisation_id = $1 ORDER BY name, id";
// Only as many as an organisation may have; one of the same name makes room for itself.
const KEEP: &str = "INSERT INTO meeting_templates (id, organisation_id, name, settings, changed_at) \
     SELECT $1, $2, $3, $4, CAST($5 AS BIGINT) \
     WHERE (SELECT COUNT(*) FROM meeting_templates t WHERE t.organisation_id = $2 AND t.name <> $3) < $6 \
     ON CONFLICT (organisation_id, name) DO UPDATE SET settings = excluded.settings, changed_at = excluded.changed_at";
const REMOVE: &str = "DELETE FROM meeting_templates WHERE organisation_id = $1 AND id = $2";

/// An organisation's templates, by name.
pub async fn list(db: &Db, organisation: OrganisationId) -> Result<Vec<Template>, DbError> {
    let rows = sql::query(LIST).bind(organisation.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(template).collect()
}

/// Keeps one, in place of the one of the same name. `false`: the organisation has as many as it may.
pub async fn keep(
    db: &Db,
    organisation: OrganisationId,
    (id, name, settings): (TemplateId, &str, &Settings),
    now: UnixMs,
) -> Result<bool, DbError> {
    let done = sql::query(KEEP)
        .bind(id.to_string())
        .bind(organisation.to_string())
        .bind(name)
        .bind(serde_json::to_string(settings).unwrap_or_default())
        .bind(now.0)
        .bind(i64::try_from(MAX_TEMPLATES).unwrap_or(i64::MAX))
        .execute(db.write())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes one. `false`: it is not there.
pub async fn remove(db: &Db, organisation: OrganisationId, id: TemplateId) -> Result<bool, DbError> {
    let done = sql::query(REMOVE).bind(organisation.to_string()).bind(id.to_string()).execute(db.write()).await?;
    Ok(done.rows_affected() == 1)
}

fn template(row: &sql::Row) -> Result<Template, DbError> {
    let settings: String = row.try_get("settings")?;
    Ok(Template {
        id: parse(row, "id")?,
        name: row.try_get("name")?,
        settings: serde_json::from_str(&settings).map_err(|_| DbError::Corrupt { column: "settings" })?,
    })
}
