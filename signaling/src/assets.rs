//! The built pages: read into memory once at start, compressed in the background, and served from there. What was
//! compressed is kept beside each file as `.br`, where the folder can be written, so that the next start has it at once.
//!
//! `/` and `/join` are the meeting app, `/console` and what is below it the console. Files with a hash in their name
//! never change and are kept by browsers for a year; pages are asked for anew each time.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use shared::text::tr;

use crate::state::AppState;

/// Brotli's best, because it runs once per file and start.
const BROTLI_QUALITY: i32 = 11;
/// Smaller files gain nothing.
const MIN_COMPRESSED_BYTES: usize = 512;

/// One file.
#[derive(Debug)]
struct Asset {
    file: PathBuf,
    content_type: &'static str,
    /// Its name has a hash of its content in it.
    immutable: bool,
    bytes: Bytes,
    /// Filled in by [`Assets::compress`].
    brotli: OnceLock<Bytes>,
}

/// All files, by URL path.
#[derive(Debug, Clone, Default)]
pub struct Assets(Arc<HashMap<String, Asset>>);

impl Assets {
    /// Reads `folder/meeting` and `folder/console`.
    ///
    /// # Errors
    /// A folder or a file in it cannot be read, or there is no page in it.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let mut files = HashMap::new();
        read_app(&folder.join("meeting"), "/", &mut files)?;
        read_app(&folder.join("console"), "/console/", &mut files)?;
        Ok(Self(Arc::new(files)))
    }

    /// Compresses what gains by it and is not compressed yet. Takes some seconds of one core after a new build;
    /// meanwhile files go out as they are.
    pub fn compress(&self) {
        for asset in self.0.values().filter(|asset| asset.is_worth_compressing()) {
            let small = asset.brotli.get_or_init(|| brotli(&asset.bytes).into());
            if let Err(error) = keep(&compressed_name(&asset.file), small) {
                tracing::debug!(%error, "compressed pages are not kept for the next start");
            }
        }
    }

    /// Total bytes and files, for the log.
    pub fn size(&self) -> (usize, usize) {
        (self.0.values().map(|asset| asset.bytes.len()).sum(), self.0.len())
    }

    fn find(&self, path: &str) -> Option<&Asset> {
        self.0.get(path).or_else(|| self.0.get(page_of(path)?))
    }
}

impl Asset {
    fn is_worth_compressing(&self) -> bool {
        let is_packed = matches!(self.content_type, "font/woff2" | "image/png" | "image/jpeg" | "image/webp");
        self.brotli.get().is_none() && !is_packed && self.bytes.len() >= MIN_COMPRESSED_BYTES
    }

    fn answer(&self, accepts_brotli: bool) -> Response {
        let cached = match (self.immutable, self.content_type.starts_with("text/html")) {
            (true, _) => "public, max-age=31536000, immutable",
            (false, true) => "no-store",
            (false, false) => "no-cache",
        };
        let fixed = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
        let headers = [
            fixed(header::CONTENT_TYPE, self.content_type),
            fixed(header::CACHE_CONTROL, cached),
            fixed(header::VARY, "accept-encoding"),
        ];
        match self.brotli.get().filter(|_| accepts_brotli) {
            Some(small) => (headers, [fixed(header::CONTENT_ENCODING, "br")], small.clone()).into_response(),
            None => (headers, self.bytes.clone()).into_response(),
        }
    }
}

/// Answers every path that is no call.
pub async fn serve(State(state): State<AppState>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    match (state.assets.find(path), path == "/" || page_of(path).is_some()) {
        (Some(asset), _) => asset.answer(accepts_brotli(&headers)),
        (None, true) => not_built(),
        (None, false) => plain(StatusCode::NOT_FOUND, tr("There is nothing here.\n")),
    }
}

/// The page that answers for a path which is no file. A path with a dot in its last part is a file that is not there.
fn page_of(path: &str) -> Option<&'static str> {
    let last = path.rsplit('/').next().unwrap_or_default();
    match path {
        "/join" => Some("/"),
        "/console" => Some("/console/"),
        _ if path.starts_with("/console/") && !last.contains('.') => Some("/console/"),
        _ => None,
    }
}

fn not_built() -> Response {
    let sentence =
        tr("The pages of this server are not built. Run `make run`, or name the folder they are in with --web.\n");
    plain(StatusCode::SERVICE_UNAVAILABLE, sentence)
}

fn plain(status: StatusCode, sentence: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], sentence).into_response()
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let mut codings = lines.flat_map(|line| line.split(',')).map(str::trim);
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("br") && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: BROTLI_QUALITY, ..Default::default() };
    let mut small = Vec::new();
    // Reading and writing memory does not fail; what is cut short would be larger than `bytes` claims, so it is dropped.
    match brotli::BrotliCompress(&mut &bytes[..], &mut small, &parameters) {
        Ok(_) => small,
        Err(_) => bytes.to_vec(),
    }
}

/// Reads a folder; its page, the only `.html` in it, answers for the folder itself.
fn read_app(folder: &Path, prefix: &str, files: &mut HashMap<String, Asset>) -> io::Result<()> {
    let mut page = false;
    for path in files_in(folder)? {
        let name = path.strip_prefix(folder).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        let Some(content_type) = content_type(&path) else { continue };
        let is_page = name == "index.html";
        page |= is_page;
        let url = if is_page { prefix.to_owned() } else { format!("{prefix}{name}") };
        let bytes = std::fs::read(&path)?.into();
        let brotli = kept(&path).map_or_else(OnceLock::new, |bytes| OnceLock::from(Bytes::from(bytes)));
        files.insert(url, Asset { file: path, content_type, immutable: has_hash(&name), bytes, brotli });
    }
    if page { Ok(()) } else { Err(io::Error::new(io::ErrorKind::NotFound, "no index.html in it")) }
}

fn compressed_name(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    name.into()
}

/// What an earlier start kept of this file, unless the file is newer.
fn kept(file: &Path) -> Option<Vec<u8>> {
    let name = compressed_name(file);
    let modified = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    if modified(&name)? < modified(file)? {
        return None;
    }
    std::fs::read(name).ok()
}

/// Whole or not at all: another server may read the same folder.
fn keep(name: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = name.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&unfinished, bytes)?;
    std::fs::rename(&unfinished, name)
}

fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    Ok(files)
}

/// `None`: not something a page loads; it is left out.
fn content_type(path: &Path) -> Option<&'static str> {
    Some(match path.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// Trunk's names: `web-0123456789abcdef.js`, `web-123456789abcdef_bg.wasm`; it leaves leading noughts out.
fn has_hash(name: &str) -> bool {
    let Some((_, tail)) = name.rsplit_once('-') else { return false };
    let hash = tail.split(['_', '.']).next().unwrap_or_default();
    (12..=16).contains(&hash.len()) && hash.bytes().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        assert!(has_hash("web-0123456789abcdef.js") && has_hash("web-b1e0a7714b17e06_bg.wasm"));
        assert!(!has_hash("boot.js") && !has_hash("index.html") && !has_hash("web-0123456789abcdeg.js"));
    }

    #[test]
    fn what_was_compressed_is_kept_until_the_file_changes() {
        let folder = crate::testing::folder();
        let file = folder.path().join("a.js");
        std::fs::write(&file, "a").unwrap();
        assert_eq!(kept(&file), None);
        keep(&compressed_name(&file), b"small").unwrap();
        assert_eq!(kept(&file).as_deref(), Some(&b"small"[..]));
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
        assert_eq!(kept(&file), None);
    }

    #[test]
    fn pages_answer_for_their_paths_and_files_do_not() {
        for (path, page) in [
            ("/join", Some("/")),
            ("/console", Some("/console/")),
            ("/console/meetings/12", Some("/console/")),
            ("/console/gone.js", None),
            ("/gone.js", None),
            ("/else", None),
            ("/consolex", None),
        ] {
            assert_eq!(page_of(path), page, "{path}");
        }
    }

    #[test]
    fn an_encoding_of_weight_nought_is_refused() {
        for (line, accepts) in [("gzip, br", true), ("br;q=0.5", true), ("br;q=0", false), ("gzip", false), ("", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, line.parse().unwrap());
            assert_eq!(accepts_brotli(&headers), accepts, "{line}");
        }
    }
}
