mod calendar;

use super::{CsvError, Summary, forecast_rows};

fn forecast(input: &str, horizon: usize, season: usize) -> Result<String, CsvError> {
    let mut output = Vec::new();
    forecast_rows(input.as_bytes(), &mut output, horizon, season)?;
    Ok(String::from_utf8(output).expect("UTF-8"))
}

fn lines(values: impl Iterator<Item = (String, f64)>) -> String {
    let rows = values.map(|(time, value)| format!("a,{time},{value}\n"));
    "series,time,value\n".to_owned() + &rows.collect::<String>()
}

fn weekly(time: impl Fn(usize) -> String) -> String {
    lines((0..70).map(|i| (time(i), [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 8.0][i % 7])))
}

#[test]
fn a_season_goes_on_from_the_last_time() {
    let output = forecast(&weekly(|i| (1000 + 60 * i).to_string()), 3, 7).expect("a forecast");
    let expected = "series,time,forecast,lower_80,upper_80,lower_95,upper_95,model\n\
        a,5200,1,1,1,1,1,seasonal naive 7\n\
        a,5260,2,2,2,2,2,seasonal naive 7\n\
        a,5320,3,3,3,3,3,seasonal naive 7\n";
    assert_eq!(output, expected);
}

#[test]
fn times_are_written_as_they_were_read() {
    let hour = |i: usize| format!("2026-03-{:02}", 1 + i / 24) + &format!("T{:02}:00:00", i % 24);
    let last = |input: String| {
        let output = forecast(&input, 1, 7).expect("a forecast");
        let line = output.lines().last().expect("a line").to_owned();
        line.split(',').nth(1).expect("a time").to_owned()
    };
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 31).expect("a date");
    let date = |i: usize| (first + chrono::Days::new(i as u64)).to_string();
    assert_eq!(last(weekly(date)), "2026-04-11");
    assert_eq!(last(weekly(hour)), "2026-03-03T22:00:00");
    assert_eq!(last(weekly(|i| hour(i) + "Z")), "2026-03-03T22:00:00Z");
    assert_eq!(
        last(weekly(|i| hour(i) + "+02:00")),
        "2026-03-03T22:00:00+02:00"
    );
    assert_eq!(
        last(weekly(|i| hour(i).replace('T', " "))),
        "2026-03-03 22:00:00"
    );
}

#[test]
fn order_does_not_matter_and_columns_may_be_anywhere() {
    let rows = |order: &mut dyn Iterator<Item = usize>| {
        let rows = order.map(|i| format!("{},x{i},{},b\n", (i * i) % 11, i * 10));
        "value,note,time,series\n".to_owned() + &rows.collect::<String>()
    };
    let sorted = forecast(&rows(&mut (0..40)), 5, 1).expect("a forecast");
    let shuffled = forecast(&rows(&mut (0..40).map(|i| i * 7 % 40)), 5, 1).expect("a forecast");
    assert_eq!(sorted, shuffled);
}

#[test]
fn gaps_are_interpolated_and_counted() {
    let rows = (0..40)
        .filter(|i| *i != 20)
        .map(|i| (i.to_string(), i as f64));
    let summary = forecast_rows(lines(rows).as_bytes(), Vec::new(), 2, 1).expect("a forecast");
    assert_eq!(
        (
            summary.rows,
            summary.filled,
            summary.series,
            summary.written
        ),
        (39, 1, 1, 2)
    );
    assert_eq!(summary.models.values().sum::<usize>(), 1);
}

#[test]
fn errors_name_the_line() {
    let message = |input: &str| forecast(input, 2, 7).expect_err(input).to_string();
    let ok = "series,time,value\na,1,1\na,2,2\n";
    for (input, part) in [
        ("series,time\na,1\n".to_owned(), "`value`"),
        ("series,time,value\n".to_owned(), "no rows"),
        (format!("{ok}a,3,many\n"), "line 4: the value `many`"),
        (format!("{ok}a,3,NaN\n"), "line 4: the value `NaN`"),
        (format!("{ok}a,3,\n"), "line 4: the value ``"),
        (
            format!("{ok}a,soon,3\n"),
            "line 4: the time `soon` is not one of the whole numbers",
        ),
        (
            format!("{ok}a,2026-01-01,3\n"),
            "line 4: the time `2026-01-01` is not one of the whole numbers",
        ),
        (
            format!("{ok}a,3,3,4\n"),
            "line 4: 4 fields under a header of 3",
        ),
        (format!("{ok}a,1,3\n"), "lines 2 and 4"),
        (
            format!("{ok}a,3,3\na,5,3\na,7,3\na,9,3\n"),
            "line 3: this time is not a whole number of steps (most rows are 2 apart)",
        ),
        (
            "series,time,value\nb,1,1\n".to_owned(),
            "line 2: the only row",
        ),
        (
            format!("{ok}a,3,3\na,99999999,1\n"),
            "line 5: 99999995 steps are missing and 4 are given, the longest gap has 99999995 steps between 3 (line 4) and 99999999 (line 5)",
        ),
    ] {
        assert!(
            message(&input).contains(part),
            "{part}: {}",
            message(&input)
        );
    }
}

/// What is written, by series and time, and what is said.
fn both(input: impl AsRef<[u8]>, horizon: usize, season: usize) -> (Vec<String>, Summary) {
    let mut output = Vec::new();
    let summary = forecast_rows(input.as_ref(), &mut output, horizon, season).expect("a forecast");
    let output = String::from_utf8(output).expect("UTF-8");
    let begin = |line: &str| line.split(',').take(2).collect::<Vec<_>>().join(" ");
    (output.lines().skip(1).map(begin).collect(), summary)
}

fn refused(input: impl AsRef<[u8]>, horizon: usize, season: usize) -> String {
    let mut output = Vec::new();
    let error = forecast_rows(input.as_ref(), &mut output, horizon, season).expect_err("refused");
    assert!(output.is_empty(), "nothing is written: {error}");
    // As the command prints it: with all its sources.
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

/// Two years of months, and what their times look like.
fn months(time: impl Fn(i32, u32) -> String) -> String {
    let time = |i: usize| time(2022 + i as i32 / 12, i as u32 % 12 + 1);
    lines((0..24).map(|i| (time(i), [1.0, 2.0, 3.0, 4.0, 9.0, 8.0][i % 6])))
}

#[test]
fn numbers_stay_numbers() {
    for (first, then) in [
        (1, "21"),
        (200_001, "200021"),
        (3000, "3020"),
        (-5, "15"),
        (1_000_000_000_000_000, "1000000000000020"),
    ] {
        let input = lines((0..20).map(|i: i64| ((first + i).to_string(), i as f64)));
        let (written, summary) = both(&input, 1, 1);
        assert_eq!(written, [format!("a {then}")]);
        assert_eq!(summary.times, "whole numbers");
    }
}

const GOOD: &str = "series,time,value\ngood,2024-01-01,1\ngood,2024-01-02,2\ngood,2024-01-03,3\ngood,2024-01-04,3\n";

#[test]
fn a_series_that_cannot_be_used_is_named_and_the_others_are_forecast() {
    for (rows, reason) in [
        (
            "bad,2024-01-01,many\n",
            "line 6: the value `many` is not a finite number",
        ),
        ("bad,2024-01-01,NaN\n", "line 6: the value `NaN`"),
        (
            "bad,2024-01-01,\n",
            "line 6: the value `` is not a finite number; leave out",
        ),
        (
            "bad,2024-01-01,N/A\n",
            "leave out the rows of missing values",
        ),
        ("bad,2024-01-01,inf\n", "up to 1e100"),
        ("bad,2024-01-01,1e101\n", "up to 1e100"),
        ("bad,2024-01-01,1e999\n", "up to 1e100"),
        ("bad,2024-01-01,\"1,234\"\n", "without thousands separators"),
        ("bad,2024-01-01,1.234.567\n", "without thousands separators"),
        ("bad,2024-01-01,1 234\n", "without thousands separators"),
        (
            "bad,2024-01-01,1\u{a0}234\n",
            "without thousands separators",
        ),
        ("bad,2024-01-01,1'234\n", "without thousands separators"),
        (
            "bad,2024-01-01,1,234\n",
            "line 6: 4 fields under a header of 3",
        ),
        ("bad,2024-01-01\n", "line 6: 2 fields under a header of 3"),
        ("bad,2024-01-01,1\n", "line 6: the only row"),
        ("bad,2024-01-01,1\nbad,2024-01-01,2\n", "lines 6 and 7"),
        (
            "bad,2024-01-01,1\nbad,soon,2\n",
            "line 7: the time `soon` is not one of the dates like 2026-01-31",
        ),
        (
            "bad,2024-01-01,1\nbad,2024-01-02 00:00,2\n",
            "line 7: the time `2024-01-02 00:00`",
        ),
        ("bad,2024-01-01,1\nbad,02.01.2024,2\n", "the year first"),
        (
            "bad,2024-01-01,1\nbad,10000-01-01,2\n",
            "line 7: the time `10000-01-01` is not one of the dates like 2026-01-31 of this file; years after 9999",
        ),
        ("bad,2024-01-01,1\nbad,,2\n", "give the row a time"),
        (
            "bad,9999-12-30,1\nbad,9999-12-31,2\n",
            "beyond the year 9999",
        ),
        (
            "bad,2000-01-01,1\nbad,2000-01-02,1\nbad,2024-01-01,1\n",
            "the longest gap has 8764 steps between 2000-01-02 (line 7) and 2024-01-01 (line 8)",
        ),
        (
            "bad,2024-01-01,1\nbad,2024-01-03,1\nbad,2024-01-05,1\nbad,2024-01-06,1\n",
            "line 9: this time is not a whole number of steps (most rows are 2 days apart)",
        ),
        (
            "bad,2024-01-01,1\nbad,2024-02-02,1\nbad,2024-03-01,1\n",
            "write them as 2026-01",
        ),
    ] {
        let (written, summary) = both(GOOD.to_owned() + rows, 2, 1);
        assert_eq!(written, ["good 2024-01-05", "good 2024-01-06"], "{rows}");
        assert_eq!((summary.series, summary.left_out.len()), (1, 1), "{rows}");
        let said = summary.to_string();
        assert!(said.contains("left out:\n  `bad`: "), "{said}");
        assert!(said.contains(reason), "{reason}: {said}");
        assert_eq!(said.matches(reason).count(), 1, "{said}");
    }
}

#[test]
fn a_constant_is_forecast_as_one() {
    for value in ["0", "7", "-3", "1e100"] {
        let rows: String = (1..=20)
            .map(|day| format!("a,2024-01-{day:02},{value}\n"))
            .collect();
        let output =
            forecast(&("series,time,value\n".to_owned() + &rows), 1, 7).expect("a forecast");
        let found = output
            .lines()
            .nth(1)
            .and_then(|line| line.split(',').nth(2));
        let (found, value): (f64, f64) = (
            found.expect("a value").parse().expect("a number"),
            value.parse().expect("a number"),
        );
        assert!((found - value).abs() <= value.abs() * 1e-9, "{output}");
    }
}

#[test]
fn the_most_frequent_way_to_write_times_is_the_files() {
    let (written, summary) = both(
        GOOD.replacen("2024-01-01", "1", 1) + "b,2024-01-01,1\nb,2024-01-02,1\n",
        1,
        1,
    );
    assert_eq!(written, ["b 2024-01-03"]);
    assert!(
        summary.to_string().contains("`good`: line 2: the time `1`"),
        "{summary}"
    );
    let input = months(|y, m| format!("{y}{m:02}")).replacen("202312", "202313", 1);
    assert!(refused(&input, 1, 1).contains("`202313` is not one of the months like 202601"));
}

#[test]
fn a_season_beyond_the_data_is_refused() {
    for season in [5, 1000, usize::MAX] {
        let text = refused(GOOD, 1, season);
        assert!(
            text.contains(&format!(
                "a season of {season} steps is longer than every series (the longest has 4)"
            )),
            "{text}"
        );
    }
    let rows: String = (1..=28)
        .map(|day| format!("long,2024-02-{day:02},{}\n", day % 7))
        .collect();
    let (written, summary) = both(GOOD.to_owned() + &rows, 1, 7);
    assert_eq!(written, ["long 2024-02-29"]);
    assert!(
        summary
            .to_string()
            .contains("`good`: 4 steps are too few for a season of 7"),
        "{summary}"
    );
    let (_, summary) = both(GOOD, 1, 3);
    assert!(
        summary
            .to_string()
            .contains("too short to learn the season, forecast without it:\n  `good`"),
        "{summary}"
    );
}

#[test]
fn a_gap_is_said_and_a_long_one_fills_no_memory() {
    let days = |year: i32| {
        (0..200).map(move |i| {
            let first = chrono::NaiveDate::from_ymd_opt(year, 1, 1).expect("a date");
            ((first + chrono::Days::new(i)).to_string(), 1.0)
        })
    };
    let (_, summary) = both(lines(days(2020).chain(days(2021))), 1, 7);
    assert_eq!(summary.filled, 166);
    assert!(
        summary.to_string().contains(
            "`a`: 166: 166 steps between 2020-07-18 (line 201) and 2021-01-01 (line 202)"
        ),
        "{summary}"
    );
    let text = refused(lines(days(2020).chain(days(2029))), 1, 7);
    assert!(
        text.contains("line 202: 3088 steps are missing and 400 are given"),
        "{text}"
    );
    for (last, part) in [
        (
            i64::MAX.to_string(),
            "9223372036854775804 steps are missing and 3 are given",
        ),
        (i64::MIN.to_string(), "too far apart"),
    ] {
        let text = refused(
            format!("series,time,value\na,1,1\na,2,2\na,{last},3\n"),
            1,
            1,
        );
        assert!(text.contains(part), "{text}");
    }
    let text = refused(
        format!("series,time,value\na,{},1\na,{},2\n", i64::MIN, i64::MAX),
        1,
        1,
    );
    assert!(text.contains("too far apart"), "{text}");
    let text = refused(
        format!(
            "series,time,value\na,{},1\na,{},2\n",
            i64::MAX - 1,
            i64::MAX
        ),
        1,
        1,
    );
    assert!(text.contains("beyond all numbers"), "{text}");
}

#[test]
fn nonsense_is_refused_before_a_file_is_read() {
    for (horizon, season, part) in [
        (0, 1, "horizon 0"),
        (10_001, 1, "horizon 10001"),
        (usize::MAX, 1, "1 to 10000"),
        (1, 0, "season 0"),
    ] {
        let text = refused(GOOD, horizon, season);
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn files_are_taken_as_programs_write_them() {
    let wanted = both(GOOD, 2, 1).0;
    let utf8 = |text: String| text.into_bytes();
    for input in [
        utf8(format!("\u{feff}{GOOD}")),
        utf8(GOOD.replace('\n', "\r\n")),
        utf8(GOOD.replace('\n', "\r")),
        utf8(GOOD.replace('\n', "\n\n")),
        utf8(GOOD.replace(',', ";")),
        utf8(GOOD.replace(',', "\t")),
        utf8(GOOD.replace(',', " | ")),
        utf8(format!("sep=;\r\n{}", GOOD.replace(',', ";"))),
        utf8(format!("\u{feff}sep=;\n{}", GOOD.replace(',', ";"))),
        utf8(GOOD.replace("series,time,value", "\"Series\", TIME ,Value")),
        utf8(format!("{GOOD},,\n   \n")),
        utf8(GOOD.trim_end().to_owned()),
    ] {
        let (written, _) = both(&input, 2, 1);
        assert_eq!(written, wanted, "{}", String::from_utf8_lossy(&input));
    }
    let order: Vec<&str> = GOOD.lines().rev().collect();
    let header = order.last().expect("a header");
    let decreasing = format!("{header}\n{}\n", order[..4].join("\n"));
    assert_eq!(both(decreasing, 2, 1).0, wanted);
}

#[test]
fn other_files_are_refused_in_words() {
    let latin = [GOOD.as_bytes(), b"caf\xe9,2024-01-01,1\n"].concat();
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(GOOD.bytes().flat_map(|b| [b, 0]))
        .collect();
    let mut gap = GOOD.as_bytes().to_vec();
    gap[30] = 0;
    for (input, part) in [
        (Vec::new(), "the file is empty"),
        ("\u{feff}".into(), "the file is empty"),
        (b"\r\n \n".to_vec(), "the file is empty"),
        (b"series,time,value\n".to_vec(), "no rows under the header"),
        (
            b"series,time,value\n,,\n".to_vec(),
            "no rows under the header",
        ),
        (
            b"name,time,value\na,1,1\n".to_vec(),
            "no column `series` in the header (name, time, value)",
        ),
        (b"a,1,1\na,2,2\n".to_vec(), "no column `series`"),
        (
            b"series,time,value,value\na,1,1,1\n".to_vec(),
            "`value` twice",
        ),
        (latin, "line 6: this is not UTF-8"),
        (utf16, "UTF-16"),
        (gap, "line 2: there is a byte 0"),
        (b"PK\x03\x04...".to_vec(), "a ZIP or Excel file"),
        (b"\x1f\x8b\x08\x00".to_vec(), "cannot be read to its end"),
        (
            format!("{GOOD}\"bad,2024-01-01,1\nbad,2024-01-02,1\n").into_bytes(),
            "line 6: a quote",
        ),
    ] {
        let text = refused(&input, 1, 1);
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn many_series_left_out_are_counted() {
    let bad: String = (0..30).map(|i| format!("bad{i},2024-01-01,x\n")).collect();
    let said = both(GOOD.to_owned() + &bad, 1, 1).1.to_string();
    assert!(
        said.contains("`bad19`") && !said.contains("`bad20`") && said.ends_with("and 10 more"),
        "{said}"
    );
    assert!(refused("series,time,value\n".to_owned() + &bad, 1, 1).ends_with("and 10 more"));
}
