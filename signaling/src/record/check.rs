//! `conclave record verify`: whether a record is as it was signed, from either file, without a server.

use super::content::{FORMAT, Record};
use super::jws::{BadSignature, Jws};
use super::page::{self, BEGIN, END};

/// A record that is as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub record: Record,
    /// The thumbprint of the key that signed it. Whose that is, the caller must know.
    pub key: String,
}

/// Why a file is not a record as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// Neither a signed record nor a page with one in it.
    #[error("this is not a meeting record: neither the signed JSON nor the page with it inside")]
    NoRecord,
    /// The signature does not hold.
    #[error("NOT VALID: {0}")]
    Signature(#[from] BadSignature),
    /// Signed, and of a layout that this version does not read.
    #[error("it is signed, but this version of Conclave does not read such a record: use a newer one")]
    Layout,
    /// The record inside a page is as it was signed, and the page around it is not what is written from it.
    #[error(
        "NOT VALID as a page: the signed record inside is intact, but the page says something else, or another version of Conclave wrote it. Trust the JSON file, not this page"
    )]
    Page,
}

/// Checks the text of a file.
///
/// # Errors
/// [`NotVerified`].
pub fn verify(text: &str) -> Result<Verified, NotVerified> {
    let inside = text.find(BEGIN).and_then(|at| text[at + BEGIN.len()..].split_once(END)).map(|(signed, _)| signed);
    let jws: Jws = serde_json::from_str(inside.unwrap_or(text)).map_err(|_| NotVerified::NoRecord)?;
    let (payload, key) = jws.verify()?;
    let record: Record = serde_json::from_str(&payload).map_err(|_| NotVerified::Layout)?;
    if record.format != FORMAT {
        return Err(NotVerified::Layout);
    }
    if inside.is_some() && page::write(&record, &jws, &key) != text {
        return Err(NotVerified::Page);
    }
    Ok(Verified { record, key })
}

#[cfg(test)]
mod tests {
    use super::super::content::tests::record;
    use super::super::jws::SigningKey;
    use super::*;

    fn files() -> (String, String, String) {
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let record = record();
        let jws = key.sign(&serde_json::to_string(&record).unwrap());
        let page = page::write(&record, &jws, &key.thumbprint());
        (serde_json::to_string_pretty(&jws).unwrap(), page, key.thumbprint())
    }

    #[test]
    fn both_files_verify() {
        let (json, page, key) = files();
        for file in [&json, &page] {
            assert_eq!(verify(file), Ok(Verified { record: record(), key: key.clone() }));
        }
    }

    /// A page that says something else than what was signed in it: one letter of it, anywhere.
    #[test]
    fn a_page_that_was_touched_is_noticed() {
        let (_, page, _) = files();
        let letters: Vec<usize> = page.char_indices().map(|(at, _)| at).collect();
        for at in letters.into_iter().step_by(7) {
            if !page.is_char_boundary(at + 1) {
                continue;
            }
            let other = if &page[at..=at] == "x" { "y" } else { "x" };
            let touched = format!("{}{other}{}", &page[..at], &page[at + 1..]);
            assert!(verify(&touched).is_err(), "letter {at}: {}", &page[at.saturating_sub(20)..at]);
        }
        let added = page.replace("</body>", "<p>And the king was there too.</p></body>");
        assert_eq!(verify(&added), Err(NotVerified::Page));
    }

    #[test]
    fn what_is_no_record_is_said_to_be_none() {
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let signed = |payload: &str| serde_json::to_string(&key.sign(payload)).unwrap();
        assert_eq!(verify("hello"), Err(NotVerified::NoRecord));
        assert_eq!(verify(&signed("{}")), Err(NotVerified::Layout));
        let newer = Record { format: "conclave meeting record 2".into(), ..record() };
        assert_eq!(verify(&signed(&serde_json::to_string(&newer).unwrap())), Err(NotVerified::Layout));
        assert_eq!(verify(&format!("<p>{BEGIN}nonsense{END}")), Err(NotVerified::NoRecord));
    }
}
