//! Generates the contract from `proto/`: run `./dev generate` after each change to a proto file.
//!
//! The compiler is protox, so no protoc is needed. With an argument, writes into that folder
//! instead, so that the committed code can be compared with fresh code.

use std::{env, error::Error, fs, path::PathBuf};

/// The descriptor sets served by reflection: one per service, so that none claims another's.
const SERVICES: [&str; 3] = ["profiles", "lifecycle", "offers"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let proto = root.join("proto");
    let out = env::args()
        .nth(1)
        .map_or_else(|| root.join("shared/contract/src/generated"), PathBuf::from);
    fs::create_dir_all(&out)?;

    let mut all = files_of(&proto, "type")?;
    for service in SERVICES {
        let files = files_of(&proto, service)?;
        let mut compiler = protox::Compiler::new([&proto])?;
        compiler.include_imports(true).include_source_info(false);
        compiler.open_files(&files)?;
        fs::write(
            out.join(format!("{service}.bin")),
            compiler.encode_file_descriptor_set(),
        )?;
        all.extend(files);
    }

    let mut compiler = protox::Compiler::new([&proto])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(&all)?;
    tonic_prost_build::configure()
        .out_dir(&out)
        .include_file("mod.rs")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

fn files_of(proto: &std::path::Path, package: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(proto.join("rekindle").join(package).join("v1"))? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}
