//! Rust source, as far as the house test has to understand it: paths, texts and modules.
//!
//! No parser: comments and texts are told from code, paths are read out of the code, and items
//! under `#[cfg(test)]` are left out.

/// A piece of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A name or keyword.
    Word(String),
    /// The content of a text.
    Text(String),
    /// `::`
    PathSeparator,
    /// Any other sign.
    Sign(char),
}

/// A token and the line it stands on, from one.
pub type Placed = (usize, Token);

/// Splits source into tokens, without comments, and without items that are only compiled for tests.
pub fn tokens(source: &str) -> Vec<Placed> {
    without_tests(&Scanner::new(source).scan())
}

/// A path in the code, such as `crate::store::Store`, and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedPath {
    /// The line, from one.
    pub line: usize,
    /// Its parts.
    pub parts: Vec<String>,
}

/// Finds every path of at least two parts, in `use` declarations and in the code.
pub fn paths(tokens: &[Placed]) -> Vec<UsedPath> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).map(|before| &tokens[before].1);
        let begins = matches!(tokens[at].1, Token::Word(_))
            && !matches!(before, Some(Token::PathSeparator | Token::Sign('.')));
        if begins {
            at = read_tree(tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found.retain(|path| path.parts.len() > 1);
    found
}

/// Finds the names of the modules that are declared.
pub fn modules(tokens: &[Placed]) -> Vec<(usize, String)> {
    tokens
        .windows(2)
        .filter_map(|pair| match pair {
            [(line, Token::Word(keyword)), (_, Token::Word(name))] if keyword == "mod" => {
                Some((*line, name.clone()))
            }
            _ => None,
        })
        .collect()
}

/// Finds the texts.
pub fn texts(tokens: &[Placed]) -> Vec<(usize, String)> {
    tokens
        .iter()
        .filter_map(|(line, token)| match token {
            Token::Text(text) => Some((*line, text.clone())),
            _ => None,
        })
        .collect()
}

/// Reads `a::b`, `a::{b, c::d}` or a word on its own from `at` on; returns where it ends.
fn read_tree(
    tokens: &[Placed],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<UsedPath>,
) -> usize {
    let line = tokens[at].0;
    let mut parts = prefix.to_vec();
    while let Some((_, Token::Word(word))) = tokens.get(at) {
        parts.push(word.clone());
        at += 1;
        if !matches!(tokens.get(at), Some((_, Token::PathSeparator))) {
            break;
        }
        at += 1;
        if matches!(tokens.get(at), Some((_, Token::Sign('{')))) {
            return read_branches(tokens, at + 1, &parts, found);
        }
    }
    found.push(UsedPath { line, parts });
    // The name that it goes by here is no path.
    match tokens.get(at) {
        Some((_, Token::Word(word))) if word == "as" => at + 2,
        _ => at,
    }
}

fn read_branches(
    tokens: &[Placed],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<UsedPath>,
) -> usize {
    loop {
        match tokens.get(at) {
            None => return at,
            Some((_, Token::Sign('}'))) => return at + 1,
            Some((_, Token::Word(_))) => at = read_tree(tokens, at, prefix, found),
            Some(_) => at += 1,
        }
    }
}

/// Leaves out every item under `#[cfg(test)]`.
fn without_tests(tokens: &[Placed]) -> Vec<Placed> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) {
            at = end_of_item(tokens, at);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn is_test_attribute(tokens: &[Placed]) -> bool {
    let expected = [
        Token::Sign('#'),
        Token::Sign('['),
        Token::Word("cfg".into()),
        Token::Sign('('),
        Token::Word("test".into()),
        Token::Sign(')'),
        Token::Sign(']'),
    ];
    tokens.len() >= expected.len()
        && expected
            .iter()
            .zip(tokens)
            .all(|(expected, (_, token))| expected == token)
}

/// Goes past the item that begins at `at`: to its `;` or past its block, whichever comes first.
fn end_of_item(tokens: &[Placed], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < tokens.len() {
        match tokens[at].1 {
            Token::Sign(';') if depth == 0 => return at + 1,
            Token::Sign('{') => depth += 1,
            Token::Sign('}') if depth <= 1 => return at + 1,
            Token::Sign('}') => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    at
}

struct Scanner {
    signs: Vec<char>,
    at: usize,
    line: usize,
    found: Vec<Placed>,
}

impl Scanner {
    fn new(source: &str) -> Self {
        Self {
            signs: source.chars().collect(),
            at: 0,
            line: 1,
            found: Vec::new(),
        }
    }

    fn scan(mut self) -> Vec<Placed> {
        while let Some(sign) = self.peek(0) {
            match (sign, self.peek(1)) {
                ('/', Some('/')) => self.skip_line(),
                ('/', Some('*')) => self.skip_comment(),
                (':', Some(':')) => {
                    self.push(Token::PathSeparator);
                    self.step(2);
                }
                ('r', Some('"' | '#')) if self.is_raw_text() => self.raw_text(),
                ('b', Some('"')) => self.step(1),
                ('"', _) => self.text(),
                ('\'', _) => self.quote(),
                _ if sign.is_alphanumeric() || sign == '_' => self.word(),
                _ if sign.is_whitespace() => self.step(1),
                _ => {
                    self.push(Token::Sign(sign));
                    self.step(1);
                }
            }
        }
        self.found
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.signs.get(self.at + ahead).copied()
    }

    fn step(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek(0) == Some('\n') {
                self.line += 1;
            }
            self.at += 1;
        }
    }

    fn push(&mut self, token: Token) {
        self.found.push((self.line, token));
    }

    fn skip_line(&mut self) {
        while self.peek(0).is_some_and(|sign| sign != '\n') {
            self.step(1);
        }
    }

    fn skip_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(sign) = self.peek(0) {
            match (sign, self.peek(1)) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => {
                    self.step(1);
                    continue;
                }
            }
            self.step(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn word(&mut self) {
        let mut word = String::new();
        while let Some(sign) = self
            .peek(0)
            .filter(|sign| sign.is_alphanumeric() || *sign == '_')
        {
            word.push(sign);
            self.step(1);
        }
        self.push(Token::Word(word));
    }

    fn text(&mut self) {
        let line = self.line;
        let mut text = String::new();
        self.step(1);
        while let Some(sign) = self.peek(0).filter(|sign| *sign != '"') {
            if sign == '\\' {
                self.step(1);
            }
            text.extend(self.peek(0));
            self.step(1);
        }
        self.step(1);
        self.found.push((line, Token::Text(text)));
    }

    fn is_raw_text(&self) -> bool {
        let hashes = self.signs[self.at + 1..]
            .iter()
            .take_while(|sign| **sign == '#')
            .count();
        self.peek(1 + hashes) == Some('"')
    }

    fn raw_text(&mut self) {
        let line = self.line;
        let hashes = self.signs[self.at + 1..]
            .iter()
            .take_while(|sign| **sign == '#')
            .count();
        self.step(hashes + 2);
        let mut text = String::new();
        while let Some(sign) = self.peek(0) {
            let ends = sign == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#'));
            if ends {
                break;
            }
            text.push(sign);
            self.step(1);
        }
        self.step(hashes + 1);
        self.found.push((line, Token::Text(text)));
    }

    /// A character such as `'a'` or `'\n'`, or a lifetime.
    fn quote(&mut self) {
        if self.peek(1) == Some('\\') {
            self.step(3);
            while self.peek(0).is_some_and(|sign| sign != '\'') {
                self.step(1);
            }
            self.step(1);
        } else if self.peek(2) == Some('\'') {
            self.step(3);
        } else {
            self.step(1);
            self.word();
            self.found.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let found = paths(&tokens(source));
        found
            .into_iter()
            .map(|path| path.parts.join("::"))
            .collect()
    }

    #[test]
    fn paths_are_found_in_declarations_and_in_code() {
        let source = "use crate::store::{Store, session::{lock, State as Now}};\n\
                      fn f<'a>(x: &'a str) -> tonic::Status { super::go::<edge::Late>(x.y, '\"', b'c') }";
        assert_eq!(
            found(source),
            [
                "crate::store::Store",
                "crate::store::session::lock",
                "crate::store::session::State",
                "tonic::Status",
                "super::go",
                "edge::Late",
            ]
        );
    }

    #[test]
    fn comments_texts_and_tests_are_no_code() {
        let source = "// use sqlx::Pool;\n/* sqlx::a /* sqlx::b */ */\nfn f() { g(\"sqlx::c\", r#\"sqlx::\"d\"#); }\n\
                      #[cfg(test)]\nmod tests { use sqlx::Pool; fn g() { sqlx::query(); } }\nfn h() { std::fs::read(); }";
        assert_eq!(found(source), ["std::fs::read"]);
        let texts: Vec<String> = texts(&tokens(source))
            .into_iter()
            .map(|text| text.1)
            .collect();
        assert_eq!(texts, ["sqlx::c", "sqlx::\"d"]);
    }

    #[test]
    fn modules_are_found_with_their_lines() {
        let found = modules(&tokens("mod a;\n\npub mod b {}\n#[cfg(test)]\nmod tests;"));
        assert_eq!(found, [(1, "a".to_owned()), (3, "b".to_owned())]);
    }
}
