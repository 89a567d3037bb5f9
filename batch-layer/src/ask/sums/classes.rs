//! Rows by the values that some of their columns have. What follows from these values alone is worked out once for each class of
//! rows, and not for each row: of sixteen thousand events a handful differ in country and browser.

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array},
        compute::take,
        datatypes::{DataType, Int32Type, Schema},
    },
    error::DataFusionError,
    physical_expr::PhysicalExpr,
};

/// Pairs of classes and values for which a table is kept; beyond it a map of those that there are.
const MOST_PAIRS: usize = 1 << 16;
/// In a table: no class yet.
const NONE: u32 = u32::MAX;

/// Columns with texts as the numbers of their values, as files have them.
pub(super) fn coded(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8 => texts(),
            kind => kind.clone(),
        };
        field.as_ref().clone().with_data_type(kind)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn texts() -> DataType {
    DataType::Dictionary(DataType::Int32.into(), DataType::Utf8.into())
}

/// Expressions over columns of batches that all have the same.
pub(super) struct Worked {
    exprs: Vec<Arc<dyn PhysicalExpr>>,
    /// Places of the columns that they need.
    inputs: Vec<usize>,
}

/// What expressions are, and where in them the value of each row is.
pub(super) struct Values {
    /// A column for each expression: of a value for each class of rows, or for each row.
    pub columns: Vec<ArrayRef>,
    /// By row the place in the columns.
    pub of_row: Codes,
}

impl Worked {
    pub(super) fn new(exprs: Vec<Arc<dyn PhysicalExpr>>, inputs: Vec<usize>) -> Self {
        Self { exprs, inputs }
    }

    /// Works them out: once for each class where there are classes.
    pub(super) fn out(&self, batch: &RecordBatch) -> Result<Values, DataFusionError> {
        let Some(classes) = Classes::of(batch, &self.inputs) else {
            return Ok(Values {
                columns: self.evaluate(batch)?,
                of_row: Codes::each(batch.num_rows()),
            });
        };
        let first = UInt32Array::from(classes.first.clone());
        let columns = batch
            .columns()
            .iter()
            .map(|column| take(column, &first, None));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let one_each = RecordBatch::try_new(batch.schema(), columns)?;
        Ok(Values {
            columns: self.evaluate(&one_each)?,
            of_row: classes.into_codes(),
        })
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>, DataFusionError> {
        let values = self.exprs.iter().map(|expr| {
            let value = expr.evaluate(batch)?;
            value.into_array(batch.num_rows())
        });
        values.collect()
    }
}

/// The class of each row, and a row of each class.
#[derive(Clone)]
pub(super) struct Classes {
    pub of_row: Vec<u32>,
    pub first: Vec<u32>,
}

impl Classes {
    /// All rows in one.
    pub(super) fn one(rows: usize) -> Self {
        Self {
            of_row: vec![0; rows],
            first: vec![0; rows.min(1)],
        }
    }

    /// By the values of some columns; `None`: one of them has values that are not numbered.
    fn of(batch: &RecordBatch, columns: &[usize]) -> Option<Self> {
        let mut classes = Self::one(batch.num_rows());
        for column in columns {
            let column = batch.column(*column);
            if !is_one(column) {
                classes.part(&Codes::of_column(column)?);
            }
        }
        Some(classes)
    }

    /// The same as numbers of rows.
    fn into_codes(self) -> Codes {
        Codes {
            count: self.first.len(),
            of_row: self.of_row,
        }
    }

    /// Parts classes whose rows have several of these numbers.
    pub(super) fn part(&mut self, codes: &Codes) {
        if codes.count <= 1 {
            return;
        }
        let pairs = self.first.len().saturating_mul(codes.count);
        let mut parted = Vec::new();
        if pairs <= MOST_PAIRS {
            let mut known = vec![NONE; pairs];
            for (row, class) in self.of_row.iter_mut().enumerate() {
                let pair = *class as usize * codes.count + codes.of_row[row] as usize;
                *class = found(&mut known[pair], &mut parted, row);
            }
        } else {
            let mut known: HashMap<(u32, u32), u32> = HashMap::new();
            for (row, class) in self.of_row.iter_mut().enumerate() {
                let known = known.entry((*class, codes.of_row[row])).or_insert(NONE);
                *class = found(known, &mut parted, row);
            }
        }
        self.first = parted;
    }
}

/// The class that is known, or a new one that begins with a row.
fn found(known: &mut u32, first: &mut Vec<u32>, row: usize) -> u32 {
    if *known == NONE {
        *known = first.len() as u32;
        first.push(row as u32);
    }
    *known
}

/// Whether all rows have the same, as far as can be told at once.
fn is_one(column: &ArrayRef) -> bool {
    let nulls = column.null_count();
    if nulls > 0 {
        return nulls == column.len();
    }
    let texts = column.as_dictionary_opt::<Int32Type>();
    texts.is_some_and(|texts| texts.values().len() == 1)
}

/// A number for each row.
pub(super) struct Codes {
    of_row: Vec<u32>,
    /// All of them are less.
    pub count: usize,
}

impl Codes {
    /// Each row has its own.
    fn each(rows: usize) -> Self {
        Self {
            of_row: (0..rows as u32).collect(),
            count: rows,
        }
    }

    /// The number of a row.
    pub(super) fn of(&self, row: usize) -> usize {
        self.of_row[row] as usize
    }

    /// Numbers that are near each other.
    pub(super) fn near(mut of_row: Vec<u32>) -> Self {
        let least = of_row.iter().copied().min().unwrap_or_default();
        for number in &mut of_row {
            *number -= least;
        }
        let most = of_row.iter().copied().max();
        Self {
            of_row,
            count: most.map_or(0, |most| most as usize + 1),
        }
    }

    /// The values of a column by their numbers.
    fn of_column(column: &ArrayRef) -> Option<Self> {
        match column.data_type() {
            DataType::Dictionary(..) => {
                let column = column.as_dictionary_opt::<Int32Type>()?;
                let none = column.values().len() as u32;
                let keys = column.keys();
                let of_row = match keys.null_count() {
                    0 => keys.values().iter().map(|key| *key as u32).collect(),
                    _ => keys
                        .iter()
                        .map(|key| key.map_or(none, |key| key as u32))
                        .collect(),
                };
                Some(Self {
                    of_row,
                    count: none as usize + 1,
                })
            }
            DataType::Boolean => {
                let column = column.as_boolean();
                let of_row = column.iter().map(|truth| truth.map_or(2, u32::from));
                Some(Self {
                    of_row: of_row.collect(),
                    count: 3,
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{
        array::{BooleanArray, DictionaryArray},
        datatypes::Field,
    };

    use super::*;

    fn batch(values: Vec<Option<&str>>, truths: Vec<Option<bool>>) -> RecordBatch {
        let values: DictionaryArray<Int32Type> = values.into_iter().collect();
        let schema = Schema::new(vec![
            Field::new("text", texts(), true),
            Field::new("truth", DataType::Boolean, true),
        ]);
        let columns: Vec<ArrayRef> = vec![Arc::new(values), Arc::new(BooleanArray::from(truths))];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    #[test]
    fn rows_of_a_class_have_the_same_values() {
        let texts = vec![Some("a"), None, Some("a"), Some("b"), None];
        let truths = vec![Some(true), None, Some(true), Some(true), Some(false)];
        let classes = Classes::of(&batch(texts, truths), &[0, 1]).unwrap();
        assert_eq!(classes.of_row, [0, 1, 0, 2, 3]);
        assert_eq!(classes.first, [0, 1, 3, 4]);
    }

    #[test]
    fn many_values_are_parted_as_few_are() {
        let many: Vec<String> = (0..2_000).map(|n| n.to_string()).collect();
        let texts: Vec<Option<&str>> = many.iter().map(|text| Some(&**text)).collect();
        let truths = (0..2_000).map(|n| Some(n % 2 == 0)).collect();
        let batch = batch(texts, truths);
        // Two thousand classes, and two thousand values again.
        let classes = Classes::of(&batch, &[0, 1, 0]).unwrap();
        assert_eq!(classes.of_row, (0..2_000).collect::<Vec<u32>>());
        assert_eq!(Classes::of(&batch, &[]).unwrap().first, [0]);
    }

    #[test]
    fn no_rows_are_in_no_class() {
        let classes = Classes::of(&batch(vec![], vec![]), &[0]).unwrap();
        assert!(classes.of_row.is_empty() && classes.first.is_empty());
    }
}
