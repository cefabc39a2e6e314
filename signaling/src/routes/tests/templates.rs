//! Meeting templates, as the console keeps and removes them.

use serde_json::{Value, json};
use shared::api::{ApiError, Field, FieldError};
use shared::limits::MAX_TEMPLATES;
use shared::template::Template;

use super::meetings::eve_of_another_organisation;
use super::{Browser, Site};

const PATH: &str = "/api/v1/templates";

fn template(name: &str, minutes: u32) -> Value {
    let rules = json!({ "camera_required": true, "confirmations": 2, "checklist": [" The face in the passport "] });
    let settings = json!({
        "duration_minutes": minutes, "ask_password": false, "password_before_minutes": 15, "kind": "nothing_kept",
        "rules": rules,
    });
    json!({ "name": name, "settings": settings })
}

async fn all(browser: &Browser<'_>) -> Vec<Template> {
    browser.get(PATH).await.json()
}

/// Kept by name, trimmed and checked; the same name replaces, and another organisation sees and removes nothing.
#[tokio::test]
async fn a_template_is_kept_replaced_and_removed() {
    let site = Site::open().await;
    let ada = site.ada().await;
    assert_eq!(all(&ada).await, []);
    ada.post(PATH, template("Signing", 30)).await;
    ada.post(PATH, template("Board", 60)).await;
    let kept: Vec<Template> = ada.post(PATH, template(" Signing ", 45)).await.json();
    let names: Vec<_> = kept.iter().map(|it| (it.name.as_str(), it.settings.duration_minutes)).collect();
    assert_eq!(names, [("Board", 60), ("Signing", 45)]);
    assert_eq!(kept[1].settings.rules.checklist, ["The face in the passport"]);
    assert_eq!(all(&ada).await, kept);

    let eve = eve_of_another_organisation(&site).await;
    assert_eq!(all(&eve).await, []);
    let remove = format!("{PATH}/{}/remove", kept[1].id);
    assert_eq!(eve.post(&remove, Value::Null).await.error(), (404, ApiError::NotFound));
    let left: Vec<Template> = ada.post(&remove, Value::Null).await.json();
    assert_eq!(left.len(), 1);
    assert_eq!(ada.post(&remove, Value::Null).await.error(), (404, ApiError::NotFound));
    // Hers has the same name, and is her own.
    eve.post(PATH, template("Board", 5)).await;
    assert_eq!(all(&ada).await[0].settings.duration_minutes, 60);
}

#[tokio::test]
async fn a_template_has_what_a_meeting_may_have() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let answer = ada.post(PATH, template("Signing", 0)).await.error();
    let (status, ApiError::Field { field, reason }) = answer else { panic!("{answer:?}") };
    assert!(status == 422 && field == Field::Duration && matches!(reason, FieldError::OutOfRange { min: 1, .. }));
    let answer = ada.post(PATH, template("  ", 5)).await.error();
    assert!(matches!(answer, (422, ApiError::Field { field: Field::Name, .. })), "{answer:?}");
    assert_eq!(all(&ada).await, []);
}

/// As many as may be; one that is there is replaced all the same.
#[tokio::test]
async fn there_are_only_so_many() {
    let site = Site::open().await;
    let ada = site.ada().await;
    for number in 0..MAX_TEMPLATES {
        ada.post(PATH, template(&format!("Template {number}"), 5)).await;
    }
    assert_eq!(ada.post(PATH, template("One more", 5)).await.error(), (409, ApiError::TooManyTemplates));
    let kept: Vec<Template> = ada.post(PATH, template("Template 7", 9)).await.json();
    assert_eq!(kept.len(), MAX_TEMPLATES);
    assert!(kept.iter().any(|it| it.name == "Template 7" && it.settings.duration_minutes == 9));
}
