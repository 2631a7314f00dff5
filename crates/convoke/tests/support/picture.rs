//! Files of pictures.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// A picture of one colour in a file of this format.
pub fn picture_file(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb([20, 90, 200]))
        .write_to(&mut file, format)
        .unwrap();
    file.into_inner()
}
