//! Tables: no borders, two spaces between columns, headings in capitals, numbers right-aligned.
//! Where the page is too narrow the rightmost columns go, and a last line names them.

use super::line::{Line, Page};
use super::style::Label;

/// Which side of its column a cell stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Left, as words do.
    Left,
    /// Right, as numbers do.
    Right,
}

/// A table in the making.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<Line>>,
}

impl Table {
    /// A table of these columns; headings are shown in capitals.
    pub fn new(columns: impl IntoIterator<Item = (&'static str, Align)>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells are empty, cells without a column are not shown.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Line>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes it.
    pub fn render(&self, page: &mut Page) {
        let widths = self.widths();
        let mut used = 0;
        let mut shown = 0;
        for width in &widths {
            let next = used + width + if shown == 0 { 0 } else { 2 };
            if next > page.width() && shown > 0 {
                break;
            }
            (used, shown) = (next, shown + 1);
        }
        let headings = self
            .columns
            .iter()
            .map(|(title, _)| Line::of(Label::Heading, title.to_uppercase()))
            .collect();
        for row in std::iter::once(&headings).chain(&self.rows) {
            page.line(&self.line(row, &widths, shown));
        }
        let left_out: Vec<&str> = self
            .columns
            .iter()
            .skip(shown)
            .map(|(title, _)| *title)
            .collect();
        if !left_out.is_empty() {
            page.wrapped(
                &Line::of(
                    Label::Unchanged,
                    format!("not shown here: {}", left_out.join(", ")),
                ),
                2,
            );
        }
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(title, _)| title.len()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        widths
    }

    fn line(&self, row: &[Line], widths: &[usize], shown: usize) -> Line {
        let mut line = Line::new();
        let mut column_end = 0;
        for ((cell, width), (_, align)) in row.iter().zip(widths).zip(&self.columns).take(shown) {
            let start = if column_end == 0 { 0 } else { column_end + 2 };
            column_end = start + width;
            if cell.is_empty() {
                continue;
            }
            line.pad_to(match align {
                Align::Left => start,
                Align::Right => column_end - cell.width(),
            });
            line.append(cell.clone());
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::style::Look;

    fn table() -> Table {
        let mut table = Table::new([
            ("environment", Align::Left),
            ("instances", Align::Right),
            ("drift", Align::Left),
        ]);
        table.row([
            Line::of(Label::Environment, "dev"),
            Line::plain("31"),
            Line::plain("none"),
        ]);
        table.row([
            Line::of(Label::Environment, "production"),
            Line::plain("1200"),
            Line::new(),
        ]);
        table
    }

    fn show(width: usize) -> String {
        let mut page = Page::new(Look::plain().wide(width));
        table().render(&mut page);
        page.finish() + "[EOF]"
    }

    #[test]
    fn numbers_stand_right() {
        insta::assert_snapshot!(show(60), @r"
        ENVIRONMENT  INSTANCES  DRIFT
        dev                 31  none
        production        1200
        [EOF]
        ");
    }

    #[test]
    fn what_has_no_room_is_named() {
        insta::assert_snapshot!(show(24), @r"
        ENVIRONMENT  INSTANCES
        dev                 31
        production        1200
        not shown here: drift
        [EOF]
        ");
    }
}
