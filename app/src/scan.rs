//! Codes in a camera's picture.

use quircs::Quirc;

/// The bytes of the first code that is seen in a grey picture, a byte a pixel, row by row.
pub fn read(grey: &[u8], width: usize, height: usize) -> Option<Vec<u8>> {
    if width.checked_mul(height)? != grey.len() || grey.is_empty() {
        return None;
    }
    let mut reader = Quirc::default();
    reader
        .identify(width, height, grey)
        .find_map(|code| Some(code.ok()?.decode().ok()?.payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use qrcode::{Color, QrCode};

    #[test]
    fn a_code_that_was_drawn_is_read_and_a_wrong_size_is_not() {
        let said = [0_u8, 255, 1, 254, b'D'];
        let code = QrCode::new(said).expect("a code");
        let (module, quiet) = (4, 4);
        let side = (code.width() + 2 * quiet) * module;
        let mut grey = vec![255_u8; side * side];
        for y in 0..side {
            for x in 0..side {
                let at = (x / module)
                    .checked_sub(quiet)
                    .zip((y / module).checked_sub(quiet));
                let inside = at.filter(|(x, y)| *x < code.width() && *y < code.width());
                if inside.is_some_and(|at| code[at] == Color::Dark) {
                    grey[y * side + x] = 0;
                }
            }
        }
        assert_eq!(read(&grey, side, side).as_deref(), Some(&said[..]));
        assert_eq!(read(&grey, side, side + 1), None);
        assert_eq!(read(&[], 0, 0), None);
    }
}
