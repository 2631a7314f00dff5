//! Pictures of people: read, cut square, made small and written anew, so that nothing else of the file is kept.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

/// The largest file that is taken, in bytes.
pub const LARGEST: usize = 2 * 1024 * 1024;

/// The side of what is kept, in pixels, at most.
const SIDE: u32 = 512;

/// A picture as it is kept and served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`, or `image/png` where parts are transparent.
    pub media_type: &'static str,
    /// The file.
    pub content: Vec<u8>,
}

/// Why a file is not taken as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    /// It is none of the three kinds.
    #[error("This is not a PNG, JPEG or WebP file. Choose a picture of one of these kinds.")]
    Kind,
    /// It is one of them by its first bytes and cannot be read.
    #[error("The picture cannot be read; the file may be damaged. Choose another.")]
    Damaged,
    /// It would take too much memory.
    #[error(
        "The picture is larger than 6000 by 4000 pixels. Make it smaller, then choose it again."
    )]
    TooLarge,
}

/// Makes pictures small, one at a time: a picture takes up to 100 MB of memory while it is read.
#[derive(Debug)]
pub struct Pictures(Semaphore);

impl Default for Pictures {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Pictures {
    /// Makes a picture small, away from the threads that serve requests.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub async fn reduce(&self, file: Vec<u8>) -> Result<Picture, PictureFault> {
        let turn = self.0.acquire().await;
        let made = tokio::task::spawn_blocking(move || reduce(&file)).await;
        drop(turn);
        // A panic of the decoder costs this file alone.
        made.unwrap_or(Err(PictureFault::Damaged))
    }
}

fn reduce(file: &[u8]) -> Result<Picture, PictureFault> {
    let format = image::guess_format(file).map_err(|_| PictureFault::Kind)?;
    if !matches!(
        format,
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP
    ) {
        return Err(PictureFault::Kind);
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(6_000);
    limits.max_image_height = Some(6_000);
    limits.max_alloc = Some(100 * 1024 * 1024);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let orientation = decoder.orientation().map_err(fault)?;
    let mut whole = DynamicImage::from_decoder(decoder).map_err(fault)?;
    // Cut before turning: that turns less.
    let side = whole.width().min(whole.height());
    let (x, y) = ((whole.width() - side) / 2, (whole.height() - side) / 2);
    whole = whole.crop_imm(x, y, side, side);
    if side > SIDE {
        whole = whole.resize_exact(SIDE, SIDE, FilterType::CatmullRom);
    }
    whole.apply_orientation(orientation);
    write(&whole)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn fault(fault: image::ImageError) -> PictureFault {
    match fault {
        image::ImageError::Limits(_) => PictureFault::TooLarge,
        _ => PictureFault::Damaged,
    }
}

fn write(picture: &DynamicImage) -> Result<Picture, PictureFault> {
    let mut content = Vec::new();
    let transparent = picture.color().has_alpha() && {
        let pixels = picture.to_rgba8();
        pixels.pixels().any(|pixel| pixel.0[3] < u8::MAX)
    };
    if transparent {
        let to = &mut Cursor::new(&mut content);
        DynamicImage::from(picture.to_rgba8())
            .write_to(to, ImageFormat::Png)
            .map_err(fault)?;
    } else {
        JpegEncoder::new_with_quality(&mut content, 85)
            .encode_image(&picture.to_rgb8())
            .map_err(fault)?;
    }
    Ok(Picture {
        media_type: if transparent {
            "image/png"
        } else {
            "image/jpeg"
        },
        content,
    })
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut file = Vec::new();
        picture
            .into()
            .write_to(&mut Cursor::new(&mut file), ImageFormat::Png)
            .unwrap();
        file
    }

    #[test]
    fn a_picture_becomes_square_and_small() {
        let wide = RgbImage::from_pixel(1200, 700, Rgb([200, 30, 30]));
        let made = reduce(&png(wide)).unwrap();
        assert_eq!(made.media_type, "image/jpeg");
        let read = image::load_from_memory(&made.content).unwrap();
        assert_eq!((read.width(), read.height()), (512, 512));
        let small = RgbImage::from_pixel(40, 90, Rgb([1, 2, 3]));
        let made = reduce(&png(small)).unwrap();
        let read = image::load_from_memory(&made.content).unwrap();
        assert_eq!((read.width(), read.height()), (40, 40));
    }

    #[test]
    fn transparent_parts_stay() {
        let mut picture = RgbaImage::from_pixel(64, 64, Rgba([9, 9, 9, 255]));
        assert_eq!(
            reduce(&png(picture.clone())).unwrap().media_type,
            "image/jpeg"
        );
        picture.put_pixel(1, 1, Rgba([0, 0, 0, 0]));
        assert_eq!(reduce(&png(picture)).unwrap().media_type, "image/png");
    }

    /// A JPEG with an EXIF block that turns it by 90° and carries words.
    fn turned() -> Vec<u8> {
        let mut upright = RgbImage::from_pixel(64, 64, Rgb([255, 255, 255]));
        for y in 0..64 {
            for x in 0..32 {
                upright.put_pixel(x, y, Rgb([0, 0, 0]));
            }
        }
        let mut file = Vec::new();
        JpegEncoder::new(&mut file).encode_image(&upright).unwrap();
        let mut exif =
            b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"secret place");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let mut with = vec![0xff, 0xd8, 0xff, 0xe1, length[0], length[1]];
        with.extend_from_slice(&exif);
        with.extend_from_slice(&file[2..]);
        with
    }

    #[test]
    fn a_picture_is_turned_as_its_camera_was_held_and_keeps_none_of_its_words() {
        let made = reduce(&turned()).unwrap();
        let read = image::load_from_memory(&made.content).unwrap().to_luma8();
        // The dark left half has become the upper one.
        assert!(read.get_pixel(50, 5).0[0] < 60 && read.get_pixel(50, 60).0[0] > 190);
        assert!(!made.content.windows(6).any(|part| part == b"secret"));
    }

    #[test]
    fn whatever_is_no_picture_is_refused() {
        assert_eq!(reduce(b"<svg onload=alert(1)>"), Err(PictureFault::Kind));
        assert_eq!(reduce(b"GIF89a\x01\0\x01\0"), Err(PictureFault::Kind));
        assert_eq!(reduce(&[]), Err(PictureFault::Kind));
        let whole = png(RgbImage::new(200, 200));
        assert_eq!(
            reduce(&whole[..whole.len() / 2]),
            Err(PictureFault::Damaged)
        );
    }

    #[test]
    fn a_small_file_that_would_grow_huge_is_refused_before_it_does() {
        // 30,000 by 30,000 pixels of one colour: only the header counts.
        let mut file = png(RgbImage::new(8, 8));
        file[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
        file[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
        let mut crc = crc(&file[12..29]).to_be_bytes();
        file[29..33].swap_with_slice(&mut crc);
        assert_eq!(reduce(&file), Err(PictureFault::TooLarge));
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
            })
        })
    }
}
