//! Compression of responses.

use convoke_api::spreadsheet;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{
    DefaultPredicate, NotForContentType, Predicate, SizeAbove,
};

/// Compresses with gzip, but not responses that fit into one packet, nor fonts, images and spreadsheets, which are compressed
/// already.
pub(super) fn compression() -> CompressionLayer<impl Predicate> {
    let worth_compressing = DefaultPredicate::new()
        .and(SizeAbove::new(1_024))
        .and(NotForContentType::const_new("font/"))
        .and(NotForContentType::const_new(spreadsheet::MEDIA_TYPE));
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(4))
        .compress_when(worth_compressing)
}
