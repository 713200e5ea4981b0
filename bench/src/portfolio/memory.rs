//! The largest memory a process ever had, as /proc has it.

/// Reads the peak of the resident set in MiB; nothing where /proc does not say.
pub(crate) fn peak_rss_mib(process_id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process_id}/status")).ok()?;
    peak_of(&status)
}

fn peak_of(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib.div_ceil(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_high_water_mark() {
        let status = "VmPeak:\t  900000 kB\nVmHWM:\t    2049 kB\nVmRSS:\t 1024 kB\n";
        assert_eq!(peak_of(status), Some(3));
        assert_eq!(peak_of("VmRSS:\t 1024 kB\n"), None);
    }
}
