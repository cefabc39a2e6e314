//! The built pages: where they are, how long browsers keep them, and what is said when they are not there.

use std::path::Path;

use super::{Answer, Site};
use crate::assets::Assets;
use crate::config::Config;
use crate::routes::router;
use crate::testing::{Folder, folder, world_with_assets};

fn built() -> Folder {
    let folder = folder();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("meeting/index.html", "<!doctype html><title>Meeting</title>");
    write("meeting/boot.js", "boot()");
    write("meeting/web-0123456789abcdef_bg.wasm", &"wasm ".repeat(1_000));
    write("meeting/.secret", "not served");
    write("meeting/notes.md", "not served");
    write("console/index.html", "<!doctype html><title>Console</title>");
    write("console/console-0123456789abcdef.css", "body{}");
    folder
}

#[tokio::test]
async fn pages_are_found_under_their_addresses() {
    let folder = built();
    let assets = Assets::load(folder.path()).unwrap();
    let world = world_with_assets(|_: &mut Config| {}, assets.clone()).await;
    let site = Site { router: router(&world.state), world };
    let stranger = site.stranger();
    for (path, status, text) in [
        ("/", 200, "Meeting"),
        ("/join", 200, "Meeting"),
        ("/join?muted=1", 200, "Meeting"),
        ("/console", 200, "Console"),
        ("/console/", 200, "Console"),
        ("/console/meetings/12", 200, "Console"),
        ("/boot.js", 200, "boot()"),
        ("/console/console-0123456789abcdef.css", 200, "body{}"),
        ("/index.html", 404, ""),
        ("/.secret", 404, ""),
        ("/notes.md", 404, ""),
        ("/console/gone.js", 404, ""),
        ("/web-0123456789abcdef_bg.wasm.br", 404, ""),
        ("/../conclave.db", 404, ""),
        ("/%2e%2e/conclave.db", 404, ""),
        ("/api/v1/nothing", 404, "not_found"),
        ("/api/v2/site", 404, ""),
    ] {
        let answer = stranger.get(path).await;
        assert!(
            answer.status.as_u16() == status && answer.text.contains(text),
            "{path}: {} {}",
            answer.status,
            answer.text
        );
    }
    assert_eq!(stranger.get("/").await.header("cache-control"), "no-store");
    assert_eq!(stranger.get("/boot.js").await.header("cache-control"), "no-cache");
    let wasm = stranger.get("/web-0123456789abcdef_bg.wasm").await;
    assert_eq!(wasm.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!((wasm.header("content-type"), wasm.header("content-encoding")), ("application/wasm", ""));
    assert_eq!(stranger.send(axum::http::Method::POST, "/", None).await.status, 405);
    tokio::task::spawn_blocking(move || assets.compress()).await.unwrap();
    let small: Answer = site.stranger().with("accept-encoding", "gzip, br").get("/web-0123456789abcdef_bg.wasm").await;
    assert_eq!((small.header("content-encoding"), small.header("vary")), ("br", "accept-encoding"));
    assert!(small.text.len() < 200);
    assert_eq!(stranger.get("/web-0123456789abcdef_bg.wasm").await.text.len(), 5_000, "who does not ask gets it plain");
}

#[tokio::test]
async fn a_server_without_pages_says_what_to_do() {
    let site = Site::open().await;
    for path in ["/", "/join", "/console"] {
        let answer = site.stranger().get(path).await;
        assert!(
            answer.status == 503 && answer.text.contains("make run") && answer.text.contains("--web"),
            "{}",
            answer.text
        );
    }
    assert!(Assets::load(Path::new("/nowhere")).is_err());
    let empty = folder();
    std::fs::create_dir_all(empty.path().join("meeting")).unwrap();
    assert!(Assets::load(empty.path()).is_err());
}
