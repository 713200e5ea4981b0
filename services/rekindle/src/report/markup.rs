//! Pieces of HTML, with every text escaped.

use std::fmt::Write as _;

/// How a page looks: plain, on paper too, and with lines that are told apart without colours.
const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:56rem;\
margin:2rem auto;padding:0 1rem}\
h1,h2{line-height:1.2}section{margin-top:3rem}figure{margin:1rem 0}\
svg{max-width:100%;height:auto}figcaption{color:#444}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:1rem 0}\
caption{text-align:left;font-weight:600;padding-bottom:.25rem}\
th,td{text-align:right;padding:.15rem .75rem;border-bottom:1px solid #ccc}";

/// The text with what HTML would read as markup escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            sign if sign.is_control() => safe.push(' '),
            sign => safe.push(sign),
        }
    }
    safe
}

/// A whole page with this title and body.
pub(super) fn page(title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         {body}</body>\n</html>\n"
    )
}

/// A table: its caption, its column heads, its rows of which the first cell names the row.
pub(super) fn table(caption: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut html = format!(
        "<table>\n<caption>{}</caption>\n<thead><tr>",
        escaped(caption)
    );
    for head in heads {
        // Writing to a string cannot fail.
        let _ = write!(html, "<th scope=\"col\">{}</th>", escaped(head));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (index, cell) in row.iter().enumerate() {
            let cell = escaped(cell);
            let _ = match index {
                0 => write!(html, "<th scope=\"row\">{cell}</th>"),
                _ => write!(html, "<td>{cell}</td>"),
            };
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n");
    html
}
