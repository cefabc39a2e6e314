//! The OpenAPI document beside the router: it has every route with every method, neither more nor less, and says of each
//! who may call it as `rights` does. What is answered is held to it by `e2e/tests/openapi.rs`.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;

use super::Site;
use super::rights::{Needs, table};
use crate::routes::openapi::whole;

/// Paths of the router, as its source has them.
fn routed() -> BTreeSet<String> {
    let source = include_str!("../mod.rs");
    let console = source.split(".route(\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let console = console.map(|(path, _)| format!("/api/v1{path}"));
    let devices = ["/whip", "/whep"].into_iter().flat_map(|path| [path.to_owned(), format!("{path}/{{resource}}")]);
    console.chain(devices).collect()
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

#[test]
fn every_route_is_in_the_document() {
    let document = whole();
    assert_eq!(document["openapi"], "3.1.0");
    let declared: BTreeSet<_> = operations(&document).map(|(path, ..)| path.to_owned()).collect();
    assert_eq!(declared, routed());
}

/// What a path takes it says itself, in `Allow` (RFC 9110 section 10.2.1).
#[tokio::test]
async fn every_method_is_in_the_document() {
    let document = whole();
    let site = Site::open().await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let answer = site.stranger().send(Method::TRACE, path, None).await;
        assert_eq!(answer.status.as_u16(), 405, "{path}");
        let allowed: BTreeSet<_> = answer.header("allow").split(',').filter(|method| *method != "HEAD").collect();
        let declared: Vec<_> = methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        assert_eq!(allowed, declared.iter().map(String::as_str).collect::<BTreeSet<_>>(), "{path}");
    }
}

#[test]
fn who_may_call_what_is_in_the_document() {
    let document = whole();
    for (method, path, _, needs) in table() {
        let path = format!("/api/v1{path}")
            .replace("{m}", "{meeting}")
            .replace("{i}", "{invitee}")
            .replace("{a}", "{account}");
        let operation = &document["paths"][&path][method.as_str().to_lowercase()];
        let wanted = operation["security"][0].get("session").is_some();
        assert_eq!(wanted, needs != Needs::Nothing, "{method} {path}: {operation}");
        let may_be_missing = ["/api/v1/outbox", "/api/v1/templates/{template}/remove"].contains(&path.as_str());
        assert_eq!(operation["responses"].get("404").is_some(), needs == Needs::Meeting || may_be_missing, "{path}");
        assert_eq!(operation["responses"].get("403").is_some(), method != Method::GET, "{method} {path}");
    }
}

/// Clients are generated from it: every name that it points to is there, and no two calls have the same.
#[test]
fn the_document_is_whole_in_itself() {
    let document = whole();
    let text = document.to_string();
    let names: BTreeSet<_> =
        text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let schemas: BTreeSet<_> =
        document["components"]["schemas"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(names.is_subset(&schemas) && names.len() > 20, "{:?}", names.difference(&schemas).collect::<Vec<_>>());
    let ids: Vec<_> = operations(&document).map(|(.., operation)| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    for (path, method, operation) in operations(&document) {
        for response in operation["responses"].as_object().unwrap().values() {
            for link in response["links"].as_object().into_iter().flat_map(|links| links.values()) {
                assert!(ids.contains(&link["operationId"].as_str().unwrap()), "{method} {path}: {link}");
            }
        }
    }
    assert!(!text.contains("[`") && !text.contains("crate::"), "a link into the source");
}

/// Anybody may read it, and it is what it says it is.
#[tokio::test]
async fn anybody_may_read_the_document() {
    let site = Site::open().await;
    let answer = site.stranger().get("/api/v1/openapi.json").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.json::<Value>(), whole());
}
