//! The telephone with the authenticator app, of parts that nobody here wrote: jsQR reads what is on the screen, and oathtool
//! makes the codes.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Url;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::clients::tools;

/// An app that was told a secret.
#[derive(Debug)]
pub struct Authenticator {
    /// In base32.
    pub secret: String,
    /// What it shows above the code: where the account is, and its name.
    pub label: String,
}

impl Authenticator {
    /// Photographs a part of the page, with a little around it, and reads the QR code there.
    pub async fn scan(browser: &Browser, test_id: &str) -> Self {
        let place = r#"const found = document.querySelector(`[data-testid="${arguments[0]}"]`).getBoundingClientRect();
            return { x: found.x + scrollX - 8, y: found.y + scrollY - 8, width: found.width + 16, height: found.height + 16, scale: 1 }"#;
        let clip = browser.run(place, vec![json!(test_id)]).await;
        let photograph = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let photograph = browser.devtools("Page.captureScreenshot", photograph).await["data"].take();
        // Into the page past its security policy, as the DevTools are.
        let library = std::fs::read_to_string(tools().join("node_modules/jsqr/dist/jsQR.js"));
        let library = library.expect("jsqr is installed: .tools/deps.sh tests");
        browser.devtools("Runtime.evaluate", json!({ "expression": library })).await;
        let read = "const bytes = Uint8Array.from(atob(arguments[0]), char => char.charCodeAt(0));
            return createImageBitmap(new Blob([bytes], { type: 'image/png' })).then(picture => {
                const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
                canvas.drawImage(picture, 0, 0);
                const { data, width, height } = canvas.getImageData(0, 0, picture.width, picture.height);
                return self.jsQR(data, width, height, { inversionAttempts: 'dontInvert' })?.data ?? null;
            })";
        match browser.run(read, vec![photograph]).await {
            Value::String(uri) => Self::told(&uri),
            other => panic!("no QR code in the picture of {test_id}: {other}"),
        }
    }

    /// Reads an `otpauth` address; what is not said is as every app takes it.
    pub fn told(uri: &str) -> Self {
        let uri = Url::parse(uri).unwrap();
        assert_eq!((uri.scheme(), uri.host_str()), ("otpauth", Some("totp")), "{uri}");
        let value = |key: &str| uri.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned());
        for (key, usual) in [("algorithm", "SHA1"), ("digits", "6"), ("period", "30")] {
            assert!(value(key).is_none_or(|value| value == usual), "{key} in {uri}");
        }
        let label = uri.path().trim_start_matches('/').replace("%20", " ");
        Self { secret: value("secret").unwrap(), label }
    }

    /// What it shows so many steps of half a minute from now. That of this step is taken for as long again after it is over, that
    /// of the next from now on (RFC 6238 section 5.2).
    pub fn shows(&self, steps: i64) -> String {
        let at = now_s().checked_add_signed(steps * 30).unwrap();
        let mut command = Command::new("oathtool");
        command.args(["--totp", "--base32", "--now", &format!("@{at}"), &self.secret]);
        let output = command.output().expect("oathtool runs: .tools/deps.sh tests");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
