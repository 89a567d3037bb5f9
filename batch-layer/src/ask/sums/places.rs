//! The rows of an answer: buckets and groups, by number.

use std::sync::Arc;

use datafusion::{
    arrow::{array::AsArray, compute::cast, datatypes::DataType},
    error::DataFusionError,
};
use hashbrown::HashMap;

use super::classes::{Classes, Codes, Values};

/// What a place takes, about, bytes.
const PLACE: usize = 64;
/// Groups at most.
const GROUPS: usize = 2;

/// A bucket, and the texts of the groups.
pub(super) type Place = (u32, Vec<String>);

/// What one takes, about, bytes.
pub(super) fn bytes_of((_, groups): &Place) -> usize {
    let texts = groups.iter().map(|text| PLACE / 2 + text.len());
    PLACE + texts.sum::<usize>()
}

/// Where the rows of a batch are: their classes, and the place of each class.
pub(super) struct At {
    pub classes: Classes,
    numbers: Vec<u32>,
}

impl At {
    /// The number of a row's place.
    pub(super) fn place(&self, row: usize) -> u32 {
        self.numbers[self.classes.of_row[row] as usize]
    }
}

/// A bucket, and numbers of the groups' texts.
type Numbered = (u32, [u32; GROUPS]);

/// Places by number.
#[derive(Default)]
pub(super) struct Places {
    texts: Texts,
    known: HashMap<Numbered, u32>,
    all: Vec<Numbered>,
}

impl Places {
    /// The places of rows with these buckets and values of groups.
    pub(super) fn of(
        &mut self,
        buckets: Vec<u32>,
        groups: &[Values],
    ) -> Result<At, DataFusionError> {
        let mut classes = Classes::one(buckets.len());
        classes.part(&Codes::near(buckets.clone()));
        let mut texts = Vec::new();
        for values in groups {
            classes.part(&values.of_row);
            texts.push(self.texts.of(values)?);
        }
        let mut numbers = Vec::with_capacity(classes.first.len());
        for row in classes.first.iter().map(|row| *row as usize) {
            let mut of_groups = [0; GROUPS];
            for ((of_group, texts), values) in of_groups.iter_mut().zip(&texts).zip(groups) {
                *of_group = texts[values.of_row.of(row)];
            }
            numbers.push(self.number((buckets[row], of_groups)));
        }
        Ok(At { classes, numbers })
    }

    fn number(&mut self, place: Numbered) -> u32 {
        let next = self.all.len() as u32;
        let number = *self.known.entry(place).or_insert(next);
        if number == next {
            self.all.push(place);
        }
        number
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// What they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.all.len() * PLACE + self.texts.bytes
    }

    /// What the numbers stand for; of so many groups.
    pub(super) fn named(&self, groups: usize) -> Vec<Place> {
        let named = self.all.iter().map(|(bucket, texts)| {
            let texts = texts.iter().take(groups);
            let texts = texts.map(|text| self.texts.text(*text).to_owned());
            (*bucket, texts.collect())
        });
        named.collect()
    }
}

/// Texts by number.
#[derive(Default)]
struct Texts {
    known: HashMap<Arc<str>, u32>,
    all: Vec<Arc<str>>,
    /// What they take, about.
    bytes: usize,
}

impl Texts {
    /// Numbers of the values of a group.
    fn of(&mut self, values: &Values) -> Result<Vec<u32>, DataFusionError> {
        let Some(column) = values.columns.first() else {
            return Ok(vec![0; values.of_row.count]);
        };
        let texts = cast(column, &DataType::Utf8)?;
        let texts = texts.as_string::<i32>().iter();
        Ok(texts
            .map(|text| self.number(text.unwrap_or_default()))
            .collect())
    }

    fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let (number, text) = (self.all.len() as u32, Arc::<str>::from(text));
        self.bytes += text.len() + PLACE;
        self.all.push(Arc::clone(&text));
        self.known.insert(text, number);
        number
    }

    fn text(&self, number: u32) -> &str {
        self.all.get(number as usize).map_or("", |text| text)
    }
}
