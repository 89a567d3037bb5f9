//! How the version of a cell is stored: digits of fixed width, which compare as text.

use model::{Fence, FoldVersion};

use crate::cells::CellVersion;

pub(super) fn digits(number: u64) -> String {
    format!("{number:020}")
}

pub(super) fn encode_version((fence, fold, upto): CellVersion) -> String {
    let fold = match fold.is_first() {
        true => String::new(),
        false => digits(fold.0),
    };
    digits(Fence::number(fence)) + &digits(upto.0) + &fold
}

pub(super) fn decode_version(text: &[u8]) -> Option<CellVersion> {
    let text = std::str::from_utf8(text).ok()?;
    let (fence, upto) = (text.get(..20)?, text.get(20..40)?);
    let fold = match text.get(40..)? {
        "" => FoldVersion::FIRST,
        fold => FoldVersion(fold.parse().ok()?),
    };
    Some((Fence::of(fence.parse().ok()?), fold, upto.parse().ok()?))
}
