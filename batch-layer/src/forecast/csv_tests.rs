use super::{CsvError, forecast_rows};

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
        (format!("{ok}a,soon,3\n"), "line 4: `soon`"),
        (
            format!("{ok}a,2026-01-01,3\n"),
            "line 4: `2026-01-01` is not an integer",
        ),
        (format!("{ok}a,3,3,4\n"), "line: 4"),
        (format!("{ok}a,1,3\n"), "lines 2 and 4"),
        (
            format!("{ok}a,3,3\na,5,3\na,7,3\na,9,3\n"),
            "line 3: this time is not",
        ),
        (format!("{ok}b,1,1\n"), "line 4: the only row"),
        (
            format!("{ok}a,3,3\na,99999999,1\n"),
            "line 5: 99999995 steps",
        ),
    ] {
        assert!(
            message(&input).contains(part),
            "{part}: {}",
            message(&input)
        );
    }
}
