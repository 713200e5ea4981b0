//! The paper that screens are drawn on: lines no wider than the terminal, styles only where it
//! shows them, and nothing in a text that could move the cursor.

use std::fmt::Write as _;

/// Narrower terminals get lines that run over.
const MIN_WIDTH: usize = 40;
/// Wider lines are hard to read.
const MAX_WIDTH: usize = 110;
/// Where the values of labelled lines begin.
const LABEL_WIDTH: usize = 13;

/// How a piece of text is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// A heading.
    Strong,
    /// Less important.
    Faint,
    /// Good news.
    Good,
    /// Mind this.
    Alert,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\u{1b}[1m",
            Self::Faint => "\u{1b}[2m",
            Self::Good => "\u{1b}[32m",
            Self::Alert => "\u{1b}[33m",
        }
    }
}

/// The size of the paper, and whether it takes styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    width: usize,
    has_styles: bool,
}

impl Paper {
    /// Paper of a given width without styles.
    pub fn plain(width: usize) -> Self {
        Self {
            width: width.clamp(MIN_WIDTH, MAX_WIDTH),
            has_styles: false,
        }
    }

    /// Paper as the terminal behind stdout has it; plain when there is none.
    pub fn of_stdout() -> Self {
        let terminal = console::Term::stdout();
        let width = terminal
            .size_checked()
            .map_or(100, |(_, columns)| usize::from(columns));
        Self {
            has_styles: console::colors_enabled(),
            ..Self::plain(width)
        }
    }

    /// The width in characters.
    pub fn width(self) -> usize {
        self.width
    }
}

/// A page that is being written.
#[derive(Debug)]
pub(crate) struct Page {
    paper: Paper,
    text: String,
}

impl Page {
    /// An empty page.
    pub(crate) fn on(paper: Paper) -> Self {
        Self {
            paper,
            text: String::new(),
        }
    }

    /// The finished text, without the last end-of-line.
    pub(crate) fn finish(self) -> String {
        self.text.trim_end().to_owned()
    }

    /// The heading of the whole page.
    pub(crate) fn title(&mut self, text: &str) {
        let text = printable(text);
        let rest = self.paper.width.saturating_sub(text.chars().count() + 4);
        self.push_line(Style::Strong, &format!("── {text} {}", "─".repeat(rest)));
    }

    /// The heading of a section, with an empty line before it.
    pub(crate) fn heading(&mut self, text: &str) {
        self.gap();
        self.push_line(Style::Strong, &printable(text));
    }

    /// An empty line, unless the page begins here.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// A paragraph, indented by `indent` characters.
    pub(crate) fn paragraph(&mut self, indent: usize, style: Style, text: &str) {
        let margin = " ".repeat(indent);
        for line in wrap(&printable(text), self.paper.width.saturating_sub(indent)) {
            self.push_line(style, &format!("{margin}{line}"));
        }
    }

    /// One line as it is, however long: for what programs and people search through.
    pub(crate) fn line(&mut self, style: Style, text: &str) {
        self.push_line(style, &printable(text));
    }

    /// A label and its value; further lines of the value stand below its first.
    pub(crate) fn labelled(&mut self, label: &str, value: &str) {
        self.labelled_in(2, Style::Plain, label, value);
    }

    /// The same, further in and set off.
    pub(crate) fn labelled_in(&mut self, indent: usize, style: Style, label: &str, value: &str) {
        let margin = " ".repeat(indent);
        let label_width = LABEL_WIDTH.max(label.chars().count() + 1);
        let room = self.paper.width.saturating_sub(indent + label_width);
        for (index, line) in wrap(&printable(value), room).into_iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let label = self.styled(Style::Faint, &format!("{label:label_width$}"));
            let line = self.styled(style, &line);
            self.push_line(Style::Plain, &format!("{margin}{label}{line}"));
        }
    }

    /// A list under a label, one item a line.
    pub(crate) fn list(&mut self, label: &str, items: &[String]) {
        for (index, item) in items.iter().enumerate() {
            self.labelled(if index == 0 { label } else { "" }, &format!("• {item}"));
        }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.paper.has_styles && style != Style::Plain && !text.trim().is_empty() {
            format!("{}{text}\u{1b}[0m", style.code())
        } else {
            text.to_owned()
        }
    }

    fn push_line(&mut self, style: Style, line: &str) {
        let line = self.styled(style, line.trim_end());
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{}", line.trim_end());
    }
}

/// The heading of a page of its own.
pub fn heading(text: &str, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title(text);
    page.finish()
}

/// The text without characters that could do more than be read.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect()
}

/// Breaks a text between words into lines of at most `width` characters; longer words stay whole,
/// so that ids can be copied.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let length = line.chars().count();
        if length == 0 {
            line.push_str(word);
        } else if length + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_paper() {
        let mut page = Page::on(Paper::plain(40));
        page.title("Save desk");
        page.labelled("label", &"seven letters and more ".repeat(9));
        page.paragraph(4, Style::Plain, &"words ".repeat(30));
        for line in page.finish().lines() {
            assert!(line.chars().count() <= 40, "{line}");
        }
    }

    #[test]
    fn values_hang_behind_their_label() {
        let mut page = Page::on(Paper::plain(40));
        page.labelled("price", "one two three four five six seven eight");
        let lines: Vec<String> = page.finish().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "  price        one two three four five");
        assert_eq!(lines[1], "               six seven eight");
    }

    #[test]
    fn styles_are_written_only_where_they_are_shown() {
        let styled = Paper {
            width: 60,
            has_styles: true,
        };
        for (paper, has_codes) in [(styled, true), (Paper::plain(60), false)] {
            let mut page = Page::on(paper);
            page.heading("WHO");
            page.labelled_in(2, Style::Alert, "mind", "an open incident");
            assert_eq!(page.finish().contains('\u{1b}'), has_codes);
        }
    }

    #[test]
    fn a_text_cannot_move_the_cursor() {
        let mut page = Page::on(Paper::plain(60));
        page.paragraph(0, Style::Plain, "a\u{1b}[2Jb\rc\nd\u{7}");
        assert_eq!(page.finish(), "a [2Jb c d");
    }
}
