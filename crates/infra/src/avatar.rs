//! Pictures of people: decoded, cropped, resized and encoded again, so that nothing else of the file is kept.

use convoke_core::model::picture::Picture;
use convoke_core::model::picture::PictureError;
use std::io::Cursor;
use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

/// The largest file that is taken, in bytes.
pub const MAX_UPLOAD_BYTES: usize = 2 * 1024 * 1024;

/// The side of what is kept, in pixels, at most.
const OUTPUT_SIZE_PX: u32 = 512;

/// The longest side and the most pixels of what is read: photographs of 24 megapixels.
const MAX_SIDE_PX: u32 = 6_000;
const MAX_PIXELS: u64 = 24_000_000;

/// The most bytes that a picture's pixels take once it is read.
const MEMORY: u64 = 100 * 1024 * 1024;

/// How many pictures may be read or wait for it; more are rejected at once as busy.
const QUEUE_CAPACITY: usize = 16;

/// Why there is no resized picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeError {
    /// The file is not acceptable.
    Rejected(PictureError),
    /// More than [`QUEUE_CAPACITY`] others wait.
    Busy,
}

impl From<PictureError> for ResizeError {
    fn from(error: PictureError) -> Self {
        Self::Rejected(error)
    }
}

/// Resizes pictures, one at a time: decoding one needs a few hundred MB of memory at worst.
#[derive(Debug)]
pub struct ImageProcessor {
    queue: Semaphore,
    worker: Arc<Semaphore>,
}

impl Default for ImageProcessor {
    fn default() -> Self {
        Self {
            queue: Semaphore::new(QUEUE_CAPACITY),
            worker: Arc::new(Semaphore::new(1)),
        }
    }
}

impl ImageProcessor {
    /// Resizes a picture on a thread that serves no requests.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub async fn resize_in_pool(&self, file: Vec<u8>) -> Result<Picture, ResizeError> {
        let _queue_permit = self.queue.try_acquire().map_err(|_| ResizeError::Busy)?;
        let worker = Arc::clone(&self.worker).acquire_owned().await;
        let result = tokio::task::spawn_blocking(move || {
            // The work holds its permit, because it continues when the request was dropped.
            let _worker = worker;
            resize(&file)
        });
        // A panic of the decoder costs this file alone.
        let result = result.await;
        Ok(result.unwrap_or(Err(PictureError::Damaged))?)
    }
}

fn resize(file: &[u8]) -> Result<Picture, PictureError> {
    let format = image::guess_format(file).map_err(|_| PictureError::UnknownFormat)?;
    if !matches!(
        format,
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP
    ) {
        return Err(PictureError::UnknownFormat);
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader
        .into_decoder()
        .map_err(|error| picture_error(&error))?;
    // The decoder by itself does not check the limits for the whole picture.
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MEMORY {
        return Err(PictureError::TooLarge);
    }
    let orientation = decoder
        .orientation()
        .map_err(|error| picture_error(&error))?;
    let mut whole = DynamicImage::from_decoder(decoder).map_err(|error| picture_error(&error))?;
    // Cropped before rotating: fewer pixels to rotate.
    let side = whole.width().min(whole.height());
    let (x, y) = ((whole.width() - side) / 2, (whole.height() - side) / 2);
    whole = whole.crop_imm(x, y, side, side);
    if side > OUTPUT_SIZE_PX {
        whole = whole.resize_exact(OUTPUT_SIZE_PX, OUTPUT_SIZE_PX, FilterType::CatmullRom);
    }
    whole.apply_orientation(orientation);
    write(&whole)
}

fn picture_error(error: &image::ImageError) -> PictureError {
    match error {
        image::ImageError::Limits(_) => PictureError::TooLarge,
        _ => PictureError::Damaged,
    }
}

fn write(picture: &DynamicImage) -> Result<Picture, PictureError> {
    let mut content = Vec::new();
    let transparent = picture.color().has_alpha() && {
        let pixels = picture.to_rgba8();
        pixels.pixels().any(|pixel| pixel.0[3] < u8::MAX)
    };
    if transparent {
        let to = &mut Cursor::new(&mut content);
        DynamicImage::from(picture.to_rgba8())
            .write_to(to, ImageFormat::Png)
            .map_err(|error| picture_error(&error))?;
    } else {
        JpegEncoder::new_with_quality(&mut content, 85)
            .encode_image(&picture.to_rgb8())
            .map_err(|error| picture_error(&error))?;
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
    use futures_util::FutureExt as _;
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
        let result = resize(&png(wide)).unwrap();
        assert_eq!(result.media_type, "image/jpeg");
        let read = image::load_from_memory(&result.content).unwrap();
        assert_eq!((read.width(), read.height()), (512, 512));
        let small = RgbImage::from_pixel(40, 90, Rgb([1, 2, 3]));
        let result = resize(&png(small)).unwrap();
        let read = image::load_from_memory(&result.content).unwrap();
        assert_eq!((read.width(), read.height()), (40, 40));
    }

    #[test]
    fn transparent_parts_stay() {
        let mut picture = RgbaImage::from_pixel(64, 64, Rgba([9, 9, 9, 255]));
        assert_eq!(
            resize(&png(picture.clone())).unwrap().media_type,
            "image/jpeg"
        );
        picture.put_pixel(1, 1, Rgba([0, 0, 0, 0]));
        assert_eq!(resize(&png(picture)).unwrap().media_type, "image/png");
    }

    /// A JPEG with an EXIF block that rotates it by 90° and has a text.
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
    fn applies_the_exif_orientation_and_removes_metadata() {
        let result = resize(&turned()).unwrap();
        let read = image::load_from_memory(&result.content).unwrap().to_luma8();
        // The dark left half has become the upper one.
        assert!(read.get_pixel(50, 5).0[0] < 60 && read.get_pixel(50, 60).0[0] > 190);
        assert!(!result.content.windows(6).any(|part| part == b"secret"));
    }

    #[test]
    fn rejects_files_that_are_no_picture() {
        assert_eq!(
            resize(b"<svg onload=alert(1)>"),
            Err(PictureError::UnknownFormat)
        );
        assert_eq!(
            resize(b"GIF89a\x01\0\x01\0"),
            Err(PictureError::UnknownFormat)
        );
        assert_eq!(resize(&[]), Err(PictureError::UnknownFormat));
        let whole = png(RgbImage::new(200, 200));
        assert_eq!(
            resize(&whole[..whole.len() / 2]),
            Err(PictureError::Damaged)
        );
    }

    /// A PNG of one pixel whose header has a larger size, with so many bits to a channel.
    fn said_to_be(width: u32, height: u32, bits: u8) -> Vec<u8> {
        let mut file = png(RgbaImage::new(1, 1));
        file[16..20].copy_from_slice(&width.to_be_bytes());
        file[20..24].copy_from_slice(&height.to_be_bytes());
        file[24] = bits;
        let crc = crc(&file[12..29]).to_be_bytes();
        file[29..33].copy_from_slice(&crc);
        file
    }

    #[test]
    fn rejects_decompression_bombs_before_decoding() {
        for (width, height, bits) in [
            (30_000, 30_000, 8),
            (u32::MAX, 1, 8),
            (1, 6_001, 8),
            (6_000, 4_001, 8),
            (5_000, 4_000, 16),
        ] {
            let file = said_to_be(width, height, bits);
            assert_eq!(resize(&file), Err(PictureError::TooLarge), "{width}");
        }
        assert_eq!(
            resize(&said_to_be(6_000, 4_000, 8)),
            Err(PictureError::Damaged)
        );
        let mut jpeg = Vec::new();
        JpegEncoder::new(&mut jpeg)
            .encode_image(&RgbImage::new(8, 8))
            .unwrap();
        let frame = jpeg
            .windows(2)
            .position(|pair| pair == [0xff, 0xc0])
            .unwrap();
        jpeg[frame + 5..frame + 7].copy_from_slice(&5_000_u16.to_be_bytes());
        jpeg[frame + 7..frame + 9].copy_from_slice(&5_000_u16.to_be_bytes());
        assert_eq!(resize(&jpeg), Err(PictureError::TooLarge));
    }

    #[test]
    fn the_three_kinds_are_read_by_what_they_are() {
        let picture = DynamicImage::from(RgbImage::from_pixel(30, 20, Rgb([0, 90, 180])));
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let mut file = Vec::new();
            picture
                .write_to(&mut Cursor::new(&mut file), format)
                .unwrap();
            let result = resize(&file).unwrap();
            let read = image::load_from_memory(&result.content).unwrap();
            assert_eq!((read.width(), read.height()), (20, 20), "{format:?}");
        }
    }

    /// Every byte of a small file of each kind, turned over or cut off there, costs nothing but the file.
    #[test]
    fn damaged_files_are_rejected_or_decoded_without_panic() {
        let picture = DynamicImage::from(RgbaImage::from_pixel(9, 5, Rgba([0, 90, 180, 99])));
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let mut file = Vec::new();
            let picture = match format {
                ImageFormat::Jpeg => picture.to_rgb8().into(),
                _ => picture.clone(),
            };
            picture
                .write_to(&mut Cursor::new(&mut file), format)
                .unwrap();
            for at in 0..file.len() {
                let mut damaged = file.clone();
                damaged[at] ^= 0xff;
                let _ = resize(&damaged);
                let _ = resize(&file[..at]);
            }
        }
    }

    #[tokio::test]
    async fn only_so_many_wait_for_their_turn() {
        let pictures = ImageProcessor::default();
        let worker = Arc::clone(&pictures.worker).acquire_owned().await.unwrap();
        let file = png(RgbImage::new(8, 8));
        let mut waiting: Vec<_> = (0..QUEUE_CAPACITY)
            .map(|_| Box::pin(pictures.resize_in_pool(file.clone())))
            .collect();
        for one in &mut waiting {
            assert!(one.as_mut().now_or_never().is_none());
        }
        let result = pictures.resize_in_pool(file.clone()).await;
        assert_eq!(result, Err(ResizeError::Busy));
        drop(worker);
        for one in waiting {
            assert!(one.await.is_ok());
        }
        assert!(pictures.resize_in_pool(file).await.is_ok());
    }

    #[tokio::test]
    async fn cancelled_work_keeps_its_permit() {
        let pictures = ImageProcessor::default();
        let large = png(RgbImage::new(3_000, 3_000));
        let mut asked = Box::pin(pictures.resize_in_pool(large));
        assert!(asked.as_mut().now_or_never().is_none());
        drop(asked);
        assert_eq!(pictures.worker.available_permits(), 0);
        assert!(pictures.worker.acquire().await.is_ok());
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
            })
        })
    }
}
