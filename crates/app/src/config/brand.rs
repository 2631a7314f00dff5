//! How the installation presents itself: its name, a logo, one colour.

use serde::Deserialize;

use convoke_core::color::{Color, brand_style};
use convoke_core::secret::sha256;

/// The largest logo, in bytes.
const MAX_LOGO_BYTES: u64 = 64 * 1024;

/// How the installation presents itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brand {
    /// Shown in pages and mails.
    pub name: String,
    /// Path of a logo: SVG, PNG or WebP.
    pub logo: Option<String>,
    /// One colour, `#rrggbb`.
    pub colour: Option<String>,
    /// Where people get help.
    pub support_url: Option<String>,
    /// Terms of use.
    pub terms_url: Option<String>,
    /// Privacy notice.
    pub privacy_url: Option<String>,
    /// What of it is served: made by [`Brand::prepare`].
    #[serde(skip)]
    pub files: BrandFiles,
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            name: "Convoke".to_owned(),
            logo: None,
            colour: None,
            support_url: None,
            terms_url: None,
            privacy_url: None,
            files: BrandFiles::default(),
        }
    }
}

/// What is served of a brand.
#[derive(Clone, Debug, Default)]
pub struct BrandFiles {
    /// The colour's stylesheet.
    pub style: Option<BrandFile>,
    /// The logo.
    pub logo: Option<BrandFile>,
}

/// A file of a brand.
#[derive(Clone, Debug)]
pub struct BrandFile {
    /// Where it is served; it changes with the content.
    pub path: String,
    /// What it is.
    pub media_type: &'static str,
    /// The file.
    pub content: Vec<u8>,
}

impl BrandFile {
    fn new(name: &str, media_type: &'static str, content: Vec<u8>) -> Self {
        let hash = sha256(&content)
            .iter()
            .take(8)
            .fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
        Self {
            path: format!("/assets/{hash:016x}/{name}"),
            media_type,
            content,
        }
    }
}

impl Brand {
    /// Reads the logo and makes the colour's stylesheet.
    ///
    /// # Errors
    /// A sentence that names the setting and the remedy.
    pub fn prepare(&mut self) -> Result<(), String> {
        self.files = BrandFiles {
            style: self.colour.as_deref().map(style).transpose()?,
            logo: self.logo.as_deref().map(logo).transpose()?,
        };
        Ok(())
    }
}

fn style(text: &str) -> Result<BrandFile, String> {
    let colour = Color::parse(text).ok_or_else(|| {
        format!("brand.colour: \"{text}\" is not a colour. Write it as #rrggbb, such as #3451d1")
    })?;
    let style = brand_style(colour).map_err(|error| format!("brand.colour: {error}"))?;
    Ok(BrandFile::new(
        "brand.css",
        "text/css; charset=utf-8",
        style.into_bytes(),
    ))
}

fn logo(path: &str) -> Result<BrandFile, String> {
    let logo_error = |what: &str| format!("brand.logo: {path} {what}");
    let size = std::fs::metadata(path)
        .map_err(|error| logo_error(&format!("cannot be read: {error}")))?
        .len();
    if size > MAX_LOGO_BYTES {
        return Err(logo_error("is larger than 64 KiB. Make it smaller"));
    }
    let content =
        std::fs::read(path).map_err(|error| logo_error(&format!("cannot be read: {error}")))?;
    let (name, media_type) = if content.starts_with(b"\x89PNG") {
        ("logo.png", "image/png")
    } else if content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP") {
        ("logo.webp", "image/webp")
    } else if String::from_utf8_lossy(&content).contains("<svg") {
        ("logo.svg", "image/svg+xml")
    } else {
        return Err(logo_error(
            "is not a picture of a known kind. Use SVG, PNG or WebP",
        ));
    };
    Ok(BrandFile::new(name, media_type, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand(logo: Option<&str>, colour: Option<&str>) -> Result<Brand, String> {
        let mut brand = Brand {
            logo: logo.map(str::to_owned),
            colour: colour.map(str::to_owned),
            ..Brand::default()
        };
        brand.prepare().map(|()| brand)
    }

    #[test]
    fn errors_name_the_setting_and_the_remedy() {
        let error = |logo, colour| brand(logo, colour).unwrap_err();
        assert!(error(None, Some("blue")).starts_with("brand.colour: \"blue\" is not a colour."));
        assert!(error(None, Some("#ffff00")).contains("The nearest darker one"));
        assert!(error(Some("nowhere.svg"), None).starts_with("brand.logo: nowhere.svg cannot"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hello").unwrap();
        assert!(error(file.path().to_str(), None).contains("Use SVG, PNG or WebP"));
        std::fs::write(file.path(), vec![0; 70_000]).unwrap();
        assert!(error(file.path().to_str(), None).contains("64 KiB"));
    }

    #[test]
    fn files_are_served_under_a_path_that_changes_with_them() {
        let path = |colour| brand(None, Some(colour)).unwrap().files.style.unwrap().path;
        assert_eq!(path("#0a7d55"), path("#0a7d55"));
        assert_ne!(path("#0a7d55"), path("#0a7d56"));
    }
}
