//! Files that are no files of ours.

use super::*;

#[test]
fn text_that_is_no_yaml_is_refused_with_its_line() {
    let problems = read_policy(&[file("p.yaml", "rows:\n  a: [1, 2\nb: }")]).unwrap_err();
    let syntax = problems
        .iter()
        .find(|problem| problem.code == Code::Syntax)
        .unwrap();
    assert_eq!((&*syntax.place.file, syntax.place.line), ("p.yaml", 3));
}

#[test]
fn what_makes_yaml_dangerous_or_ambiguous_is_refused() {
    let cases = [
        ("rows: &a {}\n", 1, Code::AliasNotAllowed),
        (
            "places:\n  EU: &x [DE]\n  BX: *x\n",
            3,
            Code::AliasNotAllowed,
        ),
        ("places:\n  BX: [BE]\n  BX: [NL]\n", 3, Code::DuplicateKey),
        ("places: {}\n---\nplaces: {}\n", 2, Code::Syntax),
        ("places: !secret {}\n", 1, Code::Syntax),
        ("places:\n  ? [a]\n  : b\n", 2, Code::WrongShape),
        ("places: {}\nrows: \0{}\n", 2, Code::Syntax),
        ("places: {}\n\u{1b}[2J: 1\n", 2, Code::Syntax),
        ("[]\n", 1, Code::WrongShape),
        ("", 1, Code::WrongShape),
        ("just words\n", 1, Code::WrongShape),
    ];
    for (text, line, code) in cases {
        let found = found(read_policy(&[file("p.yaml", text)]));
        assert!(found.contains(&(line, code)), "{text:?}: {found:?}");
    }
}

#[test]
fn size_depth_and_number_of_values_are_bounded() {
    let nested = |levels: usize| format!("rows: {}1{}", "[".repeat(levels), "]".repeat(levels));
    assert!(found(read_policy(&[file("deep.yaml", &nested(60))])).contains(&(1, Code::TooDeep)));
    // The parser itself gives up here.
    assert!(
        found(read_policy(&[file("deeper.yaml", &nested(50_000))])).contains(&(1, Code::Syntax))
    );
    let block: Vec<String> = (0..300)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    assert!(
        found(read_policy(&[file("block.yaml", &block.concat())])).contains(&(49, Code::TooDeep))
    );
    let large = format!("rows: {}", "x".repeat(SourceFile::MAX_BYTES));
    assert!(found(read_policy(&[file("large.yaml", &large)])).contains(&(1, Code::TooLarge)));
    let many = format!("rows: [{}1]", "1,".repeat(60_000));
    assert!(found(read_policy(&[file("many.yaml", &many)])).contains(&(1, Code::TooLarge)));
}

#[test]
fn no_files_and_two_files_of_one_name_are_refused() {
    assert_eq!(found(read_policy(&[])), [(1, Code::MissingDefaultRow)]);
    let twice = [file("p.yaml", "rows: {}"), file("p.yaml", "rows: {}")];
    assert!(found(read_policy(&twice)).contains(&(1, Code::DuplicateDefinition)));
}

#[test]
fn at_most_so_many_problems_are_listed() {
    let many: Vec<String> = (0..1_000)
        .map(|number| format!("  r{number}: 1\n"))
        .collect();
    let problems =
        read_policy(&[file("p.yaml", &format!("rows:\n{}", many.concat()))]).unwrap_err();
    assert_eq!(problems.len(), Problems::MAX);
}
