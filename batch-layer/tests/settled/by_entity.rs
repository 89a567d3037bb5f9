//! What is kept of each entity, whatever it is, in one table: as it is stored, made of the tables for people.

use model::{CUBES, Cube, Dimension, EntityKind, Measure};

const LEVELS: [(&str, EntityKind); 3] = [
    ("account", EntityKind::Account),
    ("campaign", EntityKind::Campaign),
    ("object", EntityKind::Link),
];

/// Names of the tables of a cube, with the column of their entities.
pub fn tables(cube: &Cube) -> Vec<(String, &'static str)> {
    let kept = LEVELS.into_iter().filter(|(_, kind)| cube.is_for(*kind));
    let table = |(level, _)| (format!("{level}_{}", cube.name), level);
    kept.map(table).collect()
}

/// The column that a cube splits by, as a text that is never null.
pub fn value(cube: &Cube) -> String {
    match cube.dimension {
        Dimension::Total => "''".to_owned(),
        _ => format!("COALESCE({}, '')", cube.name),
    }
}

/// A query of all its rows.
pub fn rows(cube: &str) -> String {
    let cube = CUBES.iter().find(|c| c.name == cube).expect("a cube");
    let value = value(cube);
    let measures = Measure::ALL.map(|measure| match measure {
        Measure::ValueMicros if !cube.sums_money() => format!("0 AS {}", measure.column()),
        _ => measure.column().to_owned(),
    });
    let only = match cube.dimension.counts_all() {
        true => String::new(),
        false => format!(" WHERE {value} <> ''"),
    };
    let part = |(table, entity): (String, &str)| {
        let columns = measures.join(", ");
        format!("SELECT {entity} AS entity, time, {value} AS value, {columns} FROM {table}{only}")
    };
    let parts: Vec<String> = tables(cube).into_iter().map(part).collect();
    parts.join(" UNION ALL ")
}

/// A query of who was there.
pub fn visits() -> String {
    let part = |(level, _)| {
        format!(
            "SELECT {level} AS entity, day, visitor, people_early, people_late, bots_early, bots_late \
             FROM {level}_visits"
        )
    };
    LEVELS.map(part).join(" UNION ALL ")
}
