//! `GET /{slug}.svg` and `/{slug}.png`: a code that leads to the link, and says that it was scanned.

use std::{fmt::Write as _, io::Write as _, sync::Arc};

use axum::response::{IntoResponse, Response};
use catalog::Link;
use flate2::{Compression, Crc, write::ZlibEncoder};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use qrcode::{Color, EcLevel, QrCode};
use web::Problem;

use super::parameter;
use crate::recorder::EventRecorder;

/// Codes drawn at once: anybody may ask for one, and others wait for the same cores.
pub(crate) const DRAWN_AT_ONCE: usize = 2;
/// Pixels of a side, unless the request says otherwise, and at most.
const SIZE: usize = 300;
const MOST_SIZE: usize = 2_000;
/// Modules that stay empty around it (ISO/IEC 18004 asks for 4), and at most.
const MARGIN: usize = 4;
const MOST_MARGIN: usize = 40;

/// What the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Svg,
    Png,
}

impl Form {
    fn headers(self) -> [(HeaderName, HeaderValue); 2] {
        let kind = match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
        };
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (
                header::CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=3600"),
            ),
        ]
    }
}

/// The slug of a path that asks for a code, and its form.
pub(super) fn asked(slug: &str) -> Option<(&str, Form)> {
    let svg = slug.strip_suffix(".svg").map(|slug| (slug, Form::Svg));
    svg.or_else(|| slug.strip_suffix(".png").map(|slug| (slug, Form::Png)))
}

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    size: usize,
    margin: usize,
    dark: [u8; 3],
    light: [u8; 3],
}

/// Draws the code of a link. Drawing takes its time: not on a thread of the doors.
pub(super) async fn draw(
    recorder: &EventRecorder,
    link: &Link,
    form: Form,
    query: &[(String, String)],
    method: &Method,
) -> Response {
    let look = match Look::asked(query) {
        Ok(look) => look,
        Err(problem) => return problem.into_response(),
    };
    if method == Method::HEAD {
        return form.headers().into_response();
    }
    let Ok(turn) = Arc::clone(&recorder.drawings).try_acquire_owned() else {
        let busy = Problem::unavailable("busy", "too many codes are being drawn at once", 1);
        return busy.into_response();
    };
    let address = address(&recorder.public_url, &link.slug);
    let drawing = recorder.pool.spawn_blocking(move || {
        // It goes on where the client does not wait for it, and takes its turn until then.
        let _turn = turn;
        look.draw(&address, form)
    });
    match drawing.await {
        Ok(Some(image)) => (form.headers(), image).into_response(),
        Ok(None) => Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid_query",
            "the address of this link is too long for a code, or `size` is too small for its modules",
        )
        .into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

/// What is in the code.
fn address(public_url: &str, slug: &str) -> String {
    format!("{}/{slug}?qr=1", public_url.trim_end_matches('/'))
}

impl Look {
    fn asked(query: &[(String, String)]) -> Result<Self, Problem> {
        Ok(Self {
            size: number(query, "size", SIZE, MOST_SIZE)?,
            margin: number(query, "margin", MARGIN, MOST_MARGIN)?,
            dark: colour(query, "fg", [0, 0, 0])?,
            light: colour(query, "bg", [255, 255, 255])?,
        })
    }

    /// `None`: so much text has no code, or so few pixels have no room for it.
    fn draw(&self, address: &str, form: Form) -> Option<Vec<u8>> {
        let code = QrCode::with_error_correction_level(address, EcLevel::M).ok()?;
        let modules = Modules {
            width: code.width(),
            dark: code
                .to_colors()
                .iter()
                .map(|colour| *colour == Color::Dark)
                .collect(),
            margin: self.margin,
        };
        match form {
            Form::Svg => Some(self.svg(&modules).into_bytes()),
            Form::Png => self.png(&modules),
        }
    }

    fn svg(&self, modules: &Modules) -> String {
        let (size, side) = (self.size, modules.side());
        let hex = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        let (dark, light) = (hex(self.dark), hex(self.light));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
<rect width=\"{side}\" height=\"{side}\" fill=\"{light}\"/><path fill=\"{dark}\" d=\""
        );
        for y in 0..side {
            for x in (0..side).filter(|x| modules.is_dark(*x, y)) {
                // Writing to a text cannot fail.
                let _ = write!(svg, "M{x} {y}h1v1h-1z");
            }
        }
        svg + "\"/></svg>"
    }

    /// Each module is as many whole pixels as fit; what is left over is margin.
    fn png(&self, modules: &Modules) -> Option<Vec<u8>> {
        let scale = self.size / modules.side();
        if scale == 0 {
            return None;
        }
        let before = (self.size - scale * modules.side()) / 2;
        let at = |pixel: usize| pixel.checked_sub(before).map(|pixel| pixel / scale);
        let row = |y: Option<usize>| {
            let is_dark = |x| at(x).zip(y).is_some_and(|(x, y)| modules.is_dark(x, y));
            packed(self.size, is_dark)
        };
        // All rows of a module are the same.
        let (mut rows, mut last) = (Vec::new(), (None, row(None)));
        for y in (0..self.size).map(at) {
            if last.0 != y {
                last = (y, row(y));
            }
            rows.extend_from_slice(&last.1);
        }
        png(self.size, [self.light, self.dark], &rows)
    }
}

/// A row of an image of one bit a pixel; it begins with the name of its filter: none.
fn packed(side: usize, is_second: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut row = vec![0; 1 + side.div_ceil(8)];
    for x in (0..side).filter(|x| is_second(*x)) {
        row[1 + x / 8] |= 0x80 >> (x % 8);
    }
    row
}

/// What is dark, with the margin around it.
struct Modules {
    width: usize,
    dark: Vec<bool>,
    margin: usize,
}

impl Modules {
    fn side(&self) -> usize {
        self.width + 2 * self.margin
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(self.margin).filter(|at| *at < self.width);
        let place = inside(x).zip(inside(y)).map(|(x, y)| y * self.width + x);
        place
            .and_then(|place| self.dark.get(place))
            .is_some_and(|dark| *dark)
    }
}

/// An image of two colours, one bit a pixel (PNG, third edition, W3C 2025). A library for it would bring another copy of what
/// packs Parquet.
fn png(side: usize, colours: [[u8; 3]; 2], rows: &[u8]) -> Option<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(rows).ok()?;
    let side = u32::try_from(side).ok()?.to_be_bytes();
    // One bit of a palette, no interlacing.
    let header = [&side[..], &side[..], &[1, 3, 0, 0, 0]].concat();
    let mut image = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut image, *b"IHDR", &header);
    chunk(&mut image, *b"PLTE", colours.as_flattened());
    chunk(&mut image, *b"IDAT", &packer.finish().ok()?);
    chunk(&mut image, *b"IEND", &[]);
    Some(image)
}

fn chunk(image: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    let mut sum = Crc::new();
    sum.update(&kind);
    sum.update(content);
    image.extend((content.len() as u32).to_be_bytes());
    image.extend(kind);
    image.extend_from_slice(content);
    image.extend(sum.sum().to_be_bytes());
}

fn number(
    query: &[(String, String)],
    name: &str,
    usual: usize,
    most: usize,
) -> Result<usize, Problem> {
    let Some(text) = parameter(query, name) else {
        return Ok(usual);
    };
    let number = text.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| {
        Problem::bad_request(
            "invalid_query",
            format!("`{name}` must be a number up to {most}"),
        )
    })
}

/// Six hex digits, with or without `#`.
fn colour(query: &[(String, String)], name: &str, usual: [u8; 3]) -> Result<[u8; 3], Problem> {
    let Some(text) = parameter(query, name) else {
        return Ok(usual);
    };
    let digits = text.strip_prefix('#').unwrap_or(&text);
    let is_hex = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let number = is_hex
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten();
    let [_, red, green, blue] = number
        .ok_or_else(|| {
            let why = format!("`{name}` must be a colour of six hex digits such as 1a2b3c");
            Problem::bad_request("invalid_query", why)
        })?
        .to_be_bytes();
    Ok([red, green, blue])
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;
    use rqrr::PreparedImage;

    use super::*;

    const LOOK: Look = Look {
        size: 300,
        margin: 4,
        dark: [0x1a, 0x2b, 0x3c],
        light: [255, 255, 255],
    };

    fn scanned(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
        let grey = |x, y| if is_dark(x, y) { 0 } else { 255 };
        let mut image = PreparedImage::prepare_from_greyscale(side, side, grey);
        let codes = image.detect_grids();
        assert_eq!(codes.len(), 1);
        codes[0].decode().unwrap().1
    }

    /// The content of a kind of chunk.
    fn content(image: &[u8], wanted: &[u8; 4]) -> Vec<u8> {
        let mut rest = &image[8..];
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let (kind, body) = (&rest[4..8], &rest[8..8 + length]);
            if kind == wanted {
                return body.to_vec();
            }
            rest = &rest[12 + length..];
        }
        panic!("no chunk of that kind")
    }

    #[test]
    fn codes_are_read_again() {
        let long = "x".repeat(128);
        for (public_url, slug) in [
            ("https://go.example", "spring"),
            ("http://go.example:8080/", "a"),
            ("https://go.example", &*long),
        ] {
            let text = address(public_url, slug);
            let image = LOOK.draw(&text, Form::Png).unwrap();
            assert_eq!(content(&image, b"PLTE"), [255, 255, 255, 0x1a, 0x2b, 0x3c]);
            let mut rows = Vec::new();
            ZlibDecoder::new(&content(&image, b"IDAT")[..])
                .read_to_end(&mut rows)
                .unwrap();
            let width = 1 + 300usize.div_ceil(8);
            assert_eq!(rows.len(), 300 * width);
            let is_dark = |x: usize, y: usize| rows[y * width + 1 + x / 8] & 0x80 >> (x % 8) != 0;
            assert_eq!(scanned(300, is_dark), text);

            let svg = String::from_utf8(LOOK.draw(&text, Form::Svg).unwrap()).unwrap();
            let side: usize = svg
                .split("viewBox=\"0 0 ")
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let is_dark =
                |x: usize, y: usize| svg.contains(&format!("M{} {}h1v1h-1z", x / 4, y / 4));
            assert_eq!(scanned(4 * side, is_dark), text);
        }
        assert_eq!(
            address("https://go.example/", "a"),
            "https://go.example/a?qr=1"
        );
    }

    #[test]
    fn looks_are_asked_for_and_bounded() {
        let asked = |query: &[(&str, &str)]| {
            let query: Vec<(String, String)> = query
                .iter()
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect();
            Look::asked(&query)
        };
        let look = asked(&[
            ("size", "64"),
            ("margin", "0"),
            ("fg", "#1a2b3c"),
            ("bg", "FFFFFF"),
        ])
        .unwrap();
        assert_eq!(
            look,
            Look {
                size: 64,
                margin: 0,
                ..LOOK
            }
        );
        for bad in [
            ("size", "2001"),
            ("size", "-1"),
            ("margin", "x"),
            ("fg", "red"),
            ("bg", "12345"),
            ("fg", "+12345"),
        ] {
            asked(&[bad]).unwrap_err();
        }
        let tiny = Look { size: 20, ..LOOK };
        assert_eq!(tiny.draw("https://go.example/a", Form::Png), None);
        assert_eq!(LOOK.draw(&"x".repeat(5_000), Form::Svg), None);
    }

    #[test]
    fn the_end_of_a_path_asks_for_a_form() {
        assert_eq!(asked("a.svg"), Some(("a", Form::Svg)));
        assert_eq!(asked("a.b.png"), Some(("a.b", Form::Png)));
        assert_eq!(asked("a.jpg"), None);
    }
}
