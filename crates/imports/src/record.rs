//! A list that another tool exports, record by record: rows of a CSV file, or JSON in whatever wrapping.

use std::{
    collections::BTreeMap,
    io::{BufRead, Cursor, Read},
};

use anyhow::{Context, bail};
use replay::{Columns, Format, Records, Refusal, Said};
use serde_json::{Map, Value};

use replay::bare;

/// Largest list in JSON that is read, bytes unpacked: one document is held as a whole.
pub const MAX_JSON: u64 = 1 << 30;
/// Bytes that tell what a file is.
const HEAD: u64 = 16 << 10;
/// How deep lists may be wrapped in objects, and fields in fields.
const MAX_DEPTH: usize = 4;

/// One entry of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its line in a CSV file, its place in JSON; from 1.
    pub number: u64,
    /// Its fields by name (see `names`), those within others by both names.
    fields: BTreeMap<String, Value>,
    /// As it stands in the file, on one line if it is JSON.
    pub raw: Vec<u8>,
}

/// What is read of a list.
pub type Entry = Result<Record, (u64, Vec<u8>, Refusal)>;

impl Record {
    /// The text of the first of these fields that is not empty; numbers as they are written.
    pub fn text(&self, names: &[&str]) -> Option<String> {
        let text = |name: &&str| match self.fields.get(&bare(name))? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        };
        names.iter().filter_map(text).find(|text| !text.is_empty())
    }

    /// Whether one of these fields is true, `1`, `yes` or any text of a person's.
    pub fn flag(&self, names: &[&str]) -> bool {
        let no = ["false", "0", "no", "off", "null", "none"];
        let text = self.text(names).map(|text| text.to_ascii_lowercase());
        text.is_some_and(|text| !no.contains(&text.as_str()))
    }

    /// The texts of a list: of texts, of objects with a name, or of one text in which `|`, `;` or `,` stand between them.
    pub fn list(&self, names: &[&str]) -> Vec<String> {
        let values = names.iter().find_map(|name| self.fields.get(&bare(name)));
        let texts: Vec<String> = match values {
            Some(Value::Array(values)) => values.iter().filter_map(named).collect(),
            Some(Value::String(text)) => {
                let between = ['|', ';', ','].into_iter().find(|c| text.contains(*c));
                text.split(between.unwrap_or(','))
                    .map(str::to_owned)
                    .collect()
            }
            _ => Vec::new(),
        };
        let mut list: Vec<String> = Vec::new();
        for text in texts.iter().map(|text| text.trim()) {
            if !text.is_empty() && !list.iter().any(|known| known == text) {
                list.push(text.to_owned());
            }
        }
        list
    }

    /// An object's members whose values are texts.
    pub fn map(&self, name: &str) -> BTreeMap<String, String> {
        let object = match self.fields.get(&bare(name)) {
            Some(Value::Object(object)) => object.clone(),
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            _ => Map::new(),
        };
        let text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
        object.into_iter().filter_map(text).collect()
    }
}

/// A text, or what an object with a name is called.
fn named(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => object.get("name")?.as_str().map(str::to_owned),
        _ => None,
    }
}

/// Columns of any names; some are called otherwise.
struct Any<'a>(&'a BTreeMap<String, String>);

impl Columns for Any<'_> {
    fn is_known(&self, name: &str) -> bool {
        !name.trim().is_empty()
    }

    fn field(&self, _: usize, name: &str) -> anyhow::Result<Option<String>> {
        let mapped = self.0.get(&bare(name)).map(|field| bare(field));
        let field = mapped.unwrap_or_else(|| bare(name));
        Ok(Some(field).filter(|field| !field.is_empty()))
    }
}

/// Renames `column=field` by the bare name of the column.
///
/// # Errors
///
/// One of them is not written so.
pub fn renames(pairs: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let pair = |text: &String| match text.split_once('=') {
        Some((column, field)) if !bare(column).is_empty() && !field.trim().is_empty() => {
            Ok((bare(column), field.trim().to_owned()))
        }
        _ => bail!("`{text}`: --map takes COLUMN=FIELD, such as --map \"Short code=slug\""),
    };
    pairs.iter().map(pair).collect()
}

/// The entries of a list. `lists` are the names under which JSON has it, the outermost first; `renames` gives columns other
/// names.
///
/// # Errors
///
/// The file cannot be read, or is neither CSV nor JSON.
pub fn read(
    mut reader: impl BufRead,
    lists: &[&str],
    renames: &BTreeMap<String, String>,
    each: &mut dyn FnMut(Entry) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // Whoever unpacks the file may give a few bytes at first.
    let mut head = Vec::new();
    reader.by_ref().take(HEAD).read_to_end(&mut head)?;
    let begin = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&head)
        .trim_ascii_start();
    let is_json = begin.starts_with(b"{") || begin.starts_with(b"[") || of_json(begin);
    let reader = Cursor::new(head).chain(reader);
    match is_json {
        true => read_json(reader, lists, renames, each),
        false => read_csv(reader, renames, each),
    }
}

/// Whether these are refused rows of JSON: what follows the first two lines tells.
fn of_json(begin: &[u8]) -> bool {
    let is_ours = begin.starts_with(replay::IMPORT_HEAD.as_bytes());
    let mut lines = begin.split(|byte| *byte == b'\n');
    let first = lines
        .find(|line| !line.starts_with(b"#"))
        .unwrap_or_default();
    is_ours && first.trim_ascii_start().starts_with(b"{")
}

fn read_csv(
    reader: impl BufRead,
    renames: &BTreeMap<String, String>,
    each: &mut dyn FnMut(Entry) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut records = Records::of(reader, Format::Csv, &Any(renames))?;
    while let Some(row) = records.row()? {
        let entry = match row.said {
            Ok(Said::Fields(fields)) => Ok(Record {
                number: row.line,
                fields: fields.into_iter().collect(),
                raw: row.raw,
            }),
            Ok(_) => continue,
            Err(refusal) => Err((row.line, row.raw, refusal)),
        };
        each(entry)?;
    }
    Ok(())
}

fn read_json(
    reader: impl BufRead,
    lists: &[&str],
    renames: &BTreeMap<String, String>,
    each: &mut dyn FnMut(Entry) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut text = Vec::new();
    reader.take(MAX_JSON + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_JSON {
        bail!(
            "the list has more than {} MiB; cut it into several files",
            MAX_JSON >> 20
        );
    }
    if text.starts_with(b"#") {
        let lines = text.split(|byte| *byte == b'\n');
        let kept: Vec<&[u8]> = lines.filter(|line| !line.starts_with(b"#")).collect();
        text = kept.join(&b'\n');
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut number = 0;
    for value in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
        let value = value.with_context(|| format!("after entry {number} the file is no JSON"))?;
        for entry in entries(value, lists, 0) {
            number += 1;
            each(record(number, entry, renames))?;
        }
    }
    Ok(())
}

/// The entries of a document: those of an array, or of what an object has under one of these names, or it alone.
fn entries(value: Value, lists: &[&str], depth: usize) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        Value::Object(mut object) if depth < MAX_DEPTH => {
            let name = lists.iter().find(|name| {
                object
                    .get(**name)
                    .is_some_and(|v| v.is_array() || v.is_object())
            });
            match name.and_then(|name| object.remove(*name)) {
                Some(inner) => entries(inner, lists, depth + 1),
                // Of YOURLS, which counts its entries by their names.
                None if depth > 0
                    && !object.is_empty()
                    && object.values().all(Value::is_object) =>
                {
                    object.into_iter().map(|(_, value)| value).collect()
                }
                None => vec![Value::Object(object)],
            }
        }
        value => vec![value],
    }
}

fn record(number: u64, value: Value, renames: &BTreeMap<String, String>) -> Entry {
    let raw = value.to_string().into_bytes();
    let Value::Object(object) = value else {
        let refusal = Refusal::new("not_an_object", "an entry must be a JSON object");
        return Err((number, raw, refusal));
    };
    let mut fields = BTreeMap::new();
    flatten(&mut fields, "", object, renames, 0);
    Ok(Record {
        number,
        fields,
        raw,
    })
}

fn flatten(
    into: &mut BTreeMap<String, Value>,
    above: &str,
    object: Map<String, Value>,
    renames: &BTreeMap<String, String>,
    depth: usize,
) {
    for (name, value) in object {
        let name = format!("{above}{}", bare(&name));
        if let Value::Object(inner) = &value
            && depth < MAX_DEPTH
        {
            flatten(into, &name, inner.clone(), renames, depth + 1);
        }
        let name = renames.get(&name).map_or(name, |field| bare(field));
        into.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str, lists: &[&str]) -> Vec<Entry> {
        let mut all = Vec::new();
        let mut keep = |entry| {
            all.push(entry);
            Ok(())
        };
        read(text.as_bytes(), lists, &BTreeMap::new(), &mut keep).unwrap();
        all
    }

    fn ids(text: &str, lists: &[&str]) -> Vec<Option<String>> {
        let entries = read_all(text, lists).into_iter();
        entries.map(|entry| entry.ok()?.text(&["id"])).collect()
    }

    #[test]
    fn lists_are_found_in_whatever_wraps_them() {
        let both = [Some("a".to_owned()), Some("b".to_owned())];
        let entries = r#"{"id":"a"},{"id":"b"}"#;
        for (text, lists) in [
            (format!("[{entries}]"), &[][..]),
            (entries.replace("},", "}\n"), &[]),
            (format!(r#"{{"links":[{entries}]}}"#), &["links"]),
            (format!(r#"{{"x":{{"data":[{entries}]}}}}"#), &["x", "data"]),
            (
                r#"{"links":{"link_1":{"id":"a"},"link_2":{"id":"b"}}}"#.into(),
                &["links"],
            ),
            (
                r#"{"links":[{"id":"a"}]}{"links":[{"id":"b"}]}"#.into(),
                &["links"],
            ),
            ("Id,Other\na,1\nb,2\n".into(), &[]),
            ("\u{feff}id;other\na;1\nb;2\n".into(), &[]),
        ] {
            assert_eq!(ids(&text, lists), both, "{text}");
        }
    }

    #[test]
    fn fields_are_found_by_any_spelling_and_within_others() {
        let text = r#"{"Long_URL":" x ","meta":{"validUntil":null,"maxVisits":5},"tags":[{"name":"a"},"b","a"],"archived":false}"#;
        let record = read_all(text, &[]).remove(0).unwrap();
        assert_eq!(record.text(&["longUrl"]).as_deref(), Some("x"));
        assert_eq!(
            record
                .text(&["meta.validUntil", "meta.maxVisits"])
                .as_deref(),
            Some("5")
        );
        assert_eq!(record.list(&["tags"]), ["a", "b"]);
        assert!(!record.flag(&["archived"]) && !record.flag(&["missing"]));
        let record = read_all("tags,flag\n\"a|b , c\",1\n", &[])
            .remove(0)
            .unwrap();
        assert_eq!(record.list(&["tags"]), ["a", "b , c"]);
        assert!(record.flag(&["flag"]));
    }

    #[test]
    fn what_is_no_entry_is_told_and_the_next_is_read() {
        let entries = read_all("[1,{\"id\":\"a\"}]", &[]);
        assert_eq!(entries[0].as_ref().unwrap_err().2.code, "not_an_object");
        assert!(entries[1].is_ok());
        let entries = read_all("id,x\na,1,2\nb,2\n", &[]);
        assert_eq!(entries[0].as_ref().unwrap_err().0, 2);
        assert!(entries[1].is_ok());
        let mut none = |_| Ok(());
        read(&b"{\"id\":"[..], &[], &BTreeMap::new(), &mut none).unwrap_err();
    }

    #[test]
    fn columns_may_be_called_otherwise() {
        let renames = renames(&["Short code=slug".into()]).unwrap();
        let mut all = Vec::new();
        let mut keep = |entry: Entry| {
            all.push(entry.unwrap().text(&["slug"]));
            Ok(())
        };
        read(&b"short_code\na\n"[..], &[], &renames, &mut keep).unwrap();
        read(&b"[{\"short_code\":\"b\"}]"[..], &[], &renames, &mut keep).unwrap();
        assert_eq!(all, [Some("a".to_owned()), Some("b".to_owned())]);
        super::renames(&["x".into()]).unwrap_err();
    }
}
