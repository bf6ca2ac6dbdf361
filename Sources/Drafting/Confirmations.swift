/// The lines of a task that were guessed and that nobody has confirmed: they carry a comment `# to be confirmed`.
public enum Confirmations {
    /// Their numbers, counted from 1.
    public static func lines(in yaml: String) -> [Int] {
        yaml.split(separator: "\n", omittingEmptySubsequences: false).enumerated().filter { _, line in
            guard let sign = line.firstIndex(of: "#") else { return false }
            return line[sign...].contains("to be confirmed")
        }.map { $0.offset + 1 }
    }
}
