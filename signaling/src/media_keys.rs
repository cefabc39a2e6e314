//! `conclave media-keys`: an authority of this deployment's own, and a certificate for signaling and for each media node.
//!
//! ```text
//! DIR/authority   makes further certificates; belongs on none of the machines
//! DIR/signaling   for `conclave`
//! DIR/NODE        for the `conclave-sfu` of that name
//! ```
//! There is no revocation: when a machine was stolen, make a new folder and replace all of them.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::config::is_node_name;
use crate::tls::{days_from_today, write_private};

/// The folder of what makes the others.
pub const AUTHORITY: &str = "authority";
/// Signaling's folder.
pub const SIGNALING: &str = "signaling";

/// How long the certificates are good. They are between machines of one operator, who would otherwise have to remember a day
/// on which no meeting works any more.
const GOOD_FOR_DAYS: i64 = 20 * 365;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum MediaKeysError {
    /// A name that no certificate or folder of ours may have.
    #[error(
        "{0} cannot name a media node: use 1 to 63 letters a to z, digits and hyphens, and neither `authority` nor `signaling`"
    )]
    Name(String),
    /// It has its keys.
    #[error("{} is there already: choose another name, or remove the folder when its keys are used nowhere any more", .0.display())]
    Exists(PathBuf),
    /// The folder cannot be written, or what is in it cannot be read.
    #[error("the keys in {} cannot be made ({reason}): check that this user may read and write there", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Makes what is missing: authority and signaling's keys the first time, and each node's, which must be new.
///
/// # Errors
/// [`MediaKeysError`]. Nothing was made when a name is wrong or taken.
pub fn make(folder: &Path, nodes: &[String]) -> Result<(), MediaKeysError> {
    for (index, node) in nodes.iter().enumerate() {
        if !is_node_name(node) || [AUTHORITY, SIGNALING].contains(&node.as_str()) || nodes[..index].contains(node) {
            return Err(MediaKeysError::Name(node.clone()));
        }
        let own = folder.join(node);
        if own.exists() {
            return Err(MediaKeysError::Exists(own));
        }
    }
    make_all(folder, nodes)
        .map_err(|error| MediaKeysError::Folder { folder: folder.to_owned(), reason: error.to_string() })
}

fn make_all(folder: &Path, nodes: &[String]) -> io::Result<()> {
    let authority = Authority::open(&folder.join(AUTHORITY))?;
    if !folder.join(SIGNALING).exists() {
        authority.sign(&folder.join(SIGNALING), SIGNALING, ExtendedKeyUsagePurpose::ClientAuth)?;
    }
    nodes.iter().try_for_each(|node| authority.sign(&folder.join(node), node, ExtendedKeyUsagePurpose::ServerAuth))
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    /// The one that is there, or a new one.
    fn open(folder: &Path) -> io::Result<Self> {
        let (certificate, key) = (folder.join(sfu::keys::CERTIFICATE), folder.join(sfu::keys::KEY));
        if !folder.exists() {
            make_folder(folder)?;
            let pair = KeyPair::generate().map_err(io::Error::other)?;
            let made = authority_params()?.self_signed(&pair).map_err(io::Error::other)?;
            write_private(&key, &pair.serialize_pem())?;
            write_private(&certificate, &made.pem())?;
        }
        let pair = KeyPair::from_pem(&fs::read_to_string(key)?).map_err(io::Error::other)?;
        // Its name and key are all that a certificate says of who signed it, and the name is always the same.
        let issuer = Issuer::new(authority_params()?, pair);
        Ok(Self { issuer, certificate: fs::read_to_string(certificate)? })
    }

    fn sign(&self, folder: &Path, name: &str, good_for: ExtendedKeyUsagePurpose) -> io::Result<()> {
        let mut params = params(vec![name.to_owned()], name)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![good_for];
        let pair = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&pair, &self.issuer).map_err(io::Error::other)?;
        make_folder(folder)?;
        write_private(&folder.join(sfu::keys::AUTHORITY), &self.certificate)?;
        write_private(&folder.join(sfu::keys::CERTIFICATE), &certificate.pem())?;
        write_private(&folder.join(sfu::keys::KEY), &pair.serialize_pem())
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn authority_params() -> io::Result<CertificateParams> {
    let mut params = params(Vec::new(), "Conclave media authority")?;
    // It signs those who sign nothing.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params)
}

fn params(names: Vec<String>, common_name: &str) -> io::Result<CertificateParams> {
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    let (year, month, day) = days_from_today(-1);
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = days_from_today(GOOD_FOR_DAYS);
    params.not_after = rcgen::date_time_ymd(year, month, day);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(nodes: &[&str]) -> Vec<String> {
        nodes.iter().map(|node| (*node).to_owned()).collect()
    }

    #[test]
    fn keys_are_this_user_s_alone_and_more_can_be_made_later() {
        let folder = crate::testing::folder();
        make(folder.path(), &names(&["media-a", "media-b"])).unwrap();
        let signaling = fs::read(folder.path().join(SIGNALING).join(sfu::keys::KEY)).unwrap();
        make(folder.path(), &names(&["media-c"])).unwrap();
        assert_eq!(fs::read(folder.path().join(SIGNALING).join(sfu::keys::KEY)).unwrap(), signaling);
        for side in [AUTHORITY, SIGNALING, "media-a", "media-b", "media-c"] {
            let folder = folder.path().join(side);
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
            for file in fs::read_dir(folder).unwrap() {
                assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
            }
        }
        for side in [SIGNALING, "media-a", "media-c"] {
            sfu::keys::Keys::read(&folder.path().join(side)).unwrap().connector().unwrap();
        }
    }

    #[test]
    fn wrong_names_and_names_that_are_taken_make_nothing() {
        let folder = crate::testing::folder();
        let mut long = names(&["a"; 2]);
        long.push("x".repeat(64));
        for wrong in ["", "Media", "a b", "../x", "-a", "authority", "signaling", &long[2]] {
            let error = make(folder.path(), &names(&["media-a", wrong])).unwrap_err();
            assert!(matches!(error, MediaKeysError::Name(_)), "{wrong}: {error}");
        }
        assert!(matches!(make(folder.path(), &long), Err(MediaKeysError::Name(_))), "twice");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        make(folder.path(), &names(&["media-a"])).unwrap();
        let again = make(folder.path(), &names(&["media-b", "media-a"])).unwrap_err();
        assert!(again.to_string().contains("media-a") && !folder.path().join("media-b").exists());
    }
}
