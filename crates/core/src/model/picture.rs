//! Pictures of people.

/// A picture as it is stored and served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`, or `image/png` where parts are transparent.
    pub media_type: &'static str,
    /// The file.
    pub content: Vec<u8>,
}

/// Why a file is not accepted as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureError {
    /// Neither PNG, JPEG nor WebP.
    UnknownFormat,
    /// One of them by its first bytes, but it cannot be decoded.
    Damaged,
    /// More than 6000 by 4000 pixels.
    TooLarge,
}
